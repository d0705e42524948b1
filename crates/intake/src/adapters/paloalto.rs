//! PAN-OS logs over syslog: comma-separated values whose places the log's type gives.
//! (<https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions>)

use kernel::{Channel, IndicatorKind as K, Moment};

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    format::{csv, observables},
    severity, when,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "paloalto",
    vendor: "Palo Alto Networks",
    product: "PAN-OS",
    reads: "syslog: THREAT, TRAFFIC, SYSTEM, CONFIG, CORRELATION, GLOBALPROTECT, HIPMATCH, USERID",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

const TYPES: [&str; 12] = [
    "THREAT",
    "TRAFFIC",
    "SYSTEM",
    "CONFIG",
    "CORRELATION",
    "GLOBALPROTECT",
    "HIPMATCH",
    "HIP-MATCH",
    "USERID",
    "AUTHENTICATION",
    "DECRYPTION",
    "GTP",
];

/// The words of PAN-OS for how bad something is.
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "informational"];

fn recognise(item: &Item<'_>) -> Confidence {
    Confidence::Certain.when(item.line().is_some_and(|line| fields(line).is_some()))
}

/// The fields from the first that is reserved, without the syslog header before it.
fn fields(line: &str) -> Option<Vec<String>> {
    let start = match line.split_once(',')?.0.rsplit_once(' ') {
        Some((before, _)) => before.len() + 1,
        None => 0,
    };
    let text = line.get(start..)?;
    let known = text.split(',').nth(3).is_some_and(|kind| TYPES.contains(&kind));
    let (_, after) = text.split_once(',')?;
    let dated = after.get(..19).is_some_and(|time| when::read(time).is_some());
    (known && dated).then(|| csv::fields(text))
}

/// A log's fields by their places.
struct Log(Vec<String>);

impl Log {
    fn at(&self, place: usize) -> Option<&str> {
        self.0.get(place).map(|field| field.trim()).filter(|field| !field.is_empty())
    }

    /// The word for the severity, wherever a version of PAN-OS has it.
    fn severity(&self, places: std::ops::Range<usize>) -> Option<usize> {
        places.into_iter().find(|place| self.at(*place).is_some_and(|field| SEVERITIES.contains(&field)))
    }

    /// The sequence number is unique for a type of log on a device, so it needs both.
    fn id(&self, place: usize) -> Option<String> {
        let number = self
            .at(place)
            .filter(|number| *number != "0" && number.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some(format!("{}/{}/{number}", self.at(2)?, self.at(3)?))
    }

    /// The time with its zone, which newer versions append, or else the device's own.
    fn time(&self) -> Option<Moment> {
        let exact = self.0.iter().skip(30).find(|field| {
            field.len() >= 25 && field.as_bytes().get(10) == Some(&b'T') && field.parse::<Moment>().is_ok()
        });
        exact.and_then(|time| when::read(time)).or_else(|| self.at(6).and_then(when::read))
    }
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let log = Log(item.line().and_then(fields).ok_or(NotMine)?);
    let kind = log.at(3).unwrap_or_default();
    let mut draft =
        Draft { occurred_at: log.time(), reported_at: log.at(1).and_then(when::read), ..Draft::default() };
    draft.title = Some([Some(kind), log.at(4)].into_iter().flatten().collect::<Vec<_>>().join(" "));
    match kind {
        "THREAT" => threat(&log, &mut draft),
        "TRAFFIC" => traffic(&log, &mut draft),
        "SYSTEM" => system(&log, &mut draft),
        "CONFIG" => {
            draft.account(log.at(10));
            draft.address(log.at(7));
            let said: Vec<&str> = [log.at(9), log.at(12), log.at(13)].into_iter().flatten().collect();
            draft.description = Some(said.join(" "));
            draft.title = log.at(9).map(|command| format!("CONFIG {command}"));
        }
        "CORRELATION" => {
            draft.address(log.at(7));
            draft.account(log.at(8));
            word(&mut draft, log.severity(9..13).and_then(|place| log.at(place)));
            draft.title = log.at(19).or(log.at(10)).map(str::to_owned).or(draft.title.take());
            draft.description = log.0.iter().skip(20).rfind(|field| field.contains(' ')).cloned();
        }
        "GLOBALPROTECT" => {
            draft.title = log.at(8).map(|event| format!("GLOBALPROTECT {event}")).or(draft.title.take());
            draft.account(log.at(12));
            draft.host(log.at(14));
            (15..19).for_each(|place| draft.address(log.at(place)));
        }
        "HIPMATCH" | "HIP-MATCH" => {
            draft.account(log.at(7));
            draft.host(log.at(9));
            draft.address(log.at(11));
            draft.title = log.at(12).map(|name| format!("HIPMATCH {name}")).or(draft.title.take());
        }
        _ => {
            word(&mut draft, log.severity(7..40).and_then(|place| log.at(place)));
            log.0.iter().skip(7).for_each(|field| draft.address(field.as_str()));
        }
    }
    Ok(vec![draft])
}

fn word(draft: &mut Draft, word: Option<&str>) {
    draft.severity = word.and_then(severity::of_word);
    draft.source_severity = word.map(str::to_owned);
}

/// What traffic and threat logs share.
fn session(log: &Log, draft: &mut Draft) {
    (7..11).for_each(|place| draft.address(log.at(place)));
    draft.account(log.at(12));
    draft.account(log.at(13));
}

fn threat(log: &Log, draft: &mut Draft) {
    session(log, draft);
    word(draft, log.severity(32..37).and_then(|place| log.at(place)));
    draft.source_id = log.id(36);
    // `Name(number)`, or the number alone where PAN-OS has no name for it.
    if let Some(name) = log.at(32).filter(|name| !name.starts_with('(')) {
        draft.title = Some(name.to_owned());
    }
    draft.description =
        Some([log.at(30), log.at(33), log.at(14)].into_iter().flatten().collect::<Vec<_>>().join(" "));
    let named = log.at(31);
    if log.at(4) == Some("url") {
        draft.indicator(K::Url, named);
        let host = named.and_then(|url| observables::host_of(url).or_else(|| url.split('/').next()));
        observables::host_name(draft, host);
    } else {
        draft.file(None, named);
    }
    draft.indicator(K::Sha256, log.at(43));
    observables::mailbox(draft, log.at(50));
    observables::cves(draft, log.at(32).unwrap_or_default());
}

fn traffic(log: &Log, draft: &mut Draft) {
    session(log, draft);
    draft.source_id = log.id(39);
    draft.description =
        Some([log.at(30), log.at(14), log.at(11)].into_iter().flatten().collect::<Vec<_>>().join(" "));
}

fn system(log: &Log, draft: &mut Draft) {
    let place = log.severity(10..15);
    word(draft, place.and_then(|place| log.at(place)));
    draft.title = log
        .0
        .get(7..10)
        .into_iter()
        .flatten()
        .find(|field| field.contains('-'))
        .cloned()
        .or(draft.title.take());
    draft.description = place.and_then(|place| log.at(place + 1)).map(str::to_owned);
    draft.source_id = place.and_then(|place| log.id(place + 2));
    if let Some(said) = draft.description.clone() {
        observables::in_text(draft, &said);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts_of;
    use serde_json::json;

    #[test]
    fn a_threat_log_is_read_by_its_places() {
        let line = b"<14>Mar  2 08:14:16 fw01 1,2026/03/02 08:14:16,0011,THREAT,vulnerability,2305,2026/03/02 08:14:15,203.0.113.9,10.0.4.12,0.0.0.0,0.0.0.0,Inbound,,cedar\\frontdesk2,web-browsing,vsys1,Untrust,Trust,ae1,ae2,Log,2026/03/02 08:14:15,54,1,58102,80,0,0,0x408000,tcp,reset-both,\"a,b.php\",Log4j CVE-2021-44228(91991),code-execution,critical,client-to-server,7001,0x0,United States,10.0.0.0-10.255.255.255,0,,0,,,0,,,";
        assert_eq!(
            alerts_of(line),
            [json!({
                "channel": "mdr", "source": "paloalto", "source_id": "0011/THREAT/7001", "title": "Log4j CVE-2021-44228(91991)",
                "description": "reset-both code-execution web-browsing", "severity": "critical", "source_severity": "critical",
                "status": null, "occurred_at": "2026-03-02T08:14:15Z", "reported_at": "2026-03-02T08:14:16Z", "hosts": [],
                "accounts": ["cedar\\frontdesk2"],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "ipv4", "value": "10.0.4.12"},
                    {"kind": "file_path", "value": "a,b.php"}, {"kind": "cve", "value": "CVE-2021-44228"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn a_system_log_keeps_its_severity_where_a_version_moved_it() {
        for line in [
            "1,2026/03/02 08:14:16,0011,SYSTEM,vpn,0,2026/03/02 08:14:15,,ike-failed,,0,0,general,high,IKE phase-1 failed,9,0x0",
            "1,2026/03/02 08:14:16,0011,SYSTEM,vpn,0,2026/03/02 08:14:15,ike-failed,,0,0,general,high,IKE phase-1 failed,9,0x0",
        ] {
            let found = alerts_of(line.as_bytes());
            assert_eq!(
                (&found[0]["severity"], &found[0]["title"]),
                (&json!("high"), &json!("ike-failed")),
                "{line}"
            );
            assert_eq!(found[0]["source_id"], "0011/SYSTEM/9");
        }
    }
}
