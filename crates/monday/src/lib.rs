#![doc = include_str!("../README.md")]

mod attack;
mod events;
mod hosts;
mod ordinary;

use std::collections::BTreeMap;

use evtx_writer::{Log, Record, WriteError};
use hosts::Host;

/// A log of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Journal {
    Security,
    System,
    Sysmon,
    PowerShell,
    Tasks,
}

impl Journal {
    const fn channel(self) -> &'static str {
        match self {
            Self::Security => "Security",
            Self::System => "System",
            Self::Sysmon => "Microsoft-Windows-Sysmon/Operational",
            Self::PowerShell => "Microsoft-Windows-PowerShell/Operational",
            Self::Tasks => "Microsoft-Windows-TaskScheduler/Operational",
        }
    }

    /// The file's name: Windows writes `%4` for the slash in a channel's name.
    fn file(self) -> String {
        format!("{}.evtx", self.channel().replace('/', "%4"))
    }

    /// The number of the first record that is still in the log, so that each host's differs.
    const fn first(self, host: &Host) -> u64 {
        let of_log = match self {
            Self::Security => 151_852,
            Self::System => 24_588,
            Self::Sysmon => 88_031,
            Self::PowerShell => 3_107,
            Self::Tasks => 9_240,
        };
        of_log + host.address as u64 * 1_931
    }
}

/// What happens: a record in a log of a host.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) host: &'static Host,
    pub(crate) journal: Journal,
    pub(crate) record: Record,
}

/// A file of the evidence.
#[derive(Debug, Clone)]
pub struct LogFile {
    /// `HOST/CHANNEL.evtx`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The logs of the eight hosts, ordered by path.
///
/// # Errors
/// [`WriteError`] where a record could not be written, which the crate's test rules out.
pub fn logs() -> Result<Vec<LogFile>, WriteError> {
    let mut planned = ordinary::days();
    planned.extend(attack::attack());
    planned.sort_by_key(|event| event.record.time);
    let mut logs: BTreeMap<(&str, Journal), Log> = BTreeMap::new();
    for event in &planned {
        let key = (event.host.name, event.journal);
        let log = logs.entry(key).or_insert_with(|| Log::new(event.journal.first(event.host)));
        // Clearing a log takes what was in it; numbering goes on.
        if event.record.event_id == 1102 {
            *log = Log::new(log.next_id());
        }
        log.push(&event.record)?;
    }
    logs.into_iter()
        .map(|((host, journal), log)| {
            Ok(LogFile { path: format!("{host}/{}", journal.file()), bytes: log.into_bytes()? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn read(bytes: Vec<u8>) -> Vec<serde_json::Value> {
        let settings = evtx::ParserSettings::new().validate_checksums(true);
        let mut parser = evtx::EvtxParser::from_buffer(bytes).unwrap().with_configuration(settings);
        parser.records_json_value().map(|record| record.unwrap().data["Event"].clone()).collect()
    }

    #[test]
    fn eight_hosts_have_logs_that_read_whole_and_in_order() {
        let logs = logs().unwrap();
        let hosts: BTreeSet<&str> = logs.iter().filter_map(|log| log.path.split('/').next()).collect();
        assert_eq!(hosts.len(), 8, "{hosts:?}");
        let (mut records, mut bytes) = (0, 0);
        for log in &logs {
            let events = read(log.bytes.clone());
            assert!(!events.is_empty(), "{}", log.path);
            let numbers: Vec<u64> =
                events.iter().map(|event| event["System"]["EventRecordID"].as_u64().unwrap()).collect();
            assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{}", log.path);
            let computer = events[0]["System"]["Computer"].as_str().unwrap();
            assert!(log.path.starts_with(computer.split('.').next().unwrap()), "{}: {computer}", log.path);
            records += events.len();
            bytes += log.bytes.len();
        }
        assert!(records > 8_000 && bytes < 16 << 20, "{records} records, {bytes} bytes");
    }

    #[test]
    fn the_same_bytes_come_out_each_time() {
        let (one, two) = (logs().unwrap(), logs().unwrap());
        assert!(one.iter().zip(&two).all(|(a, b)| a.path == b.path && a.bytes == b.bytes));
    }

    #[test]
    fn the_domain_controllers_security_log_begins_where_it_was_cleared() {
        let logs = logs().unwrap();
        let log = logs.iter().find(|log| log.path == "SRV-DC1/Security.evtx").unwrap();
        let events = read(log.bytes.clone());
        assert_eq!(events[0]["System"]["EventID"], 1102);
        assert!(events.len() > 5);
    }
}
