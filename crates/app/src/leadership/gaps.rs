//! What the logs cannot show, for the report: who reads that nothing was found must read where nothing could have been.

use kernel::Timestamp;
use report::incident_report::CoverageGap;

use crate::chronicle::{Blind, CoverageTold, RecordedTold};

/// Rows of the table; what is beyond stands in the investigation.
const MOST: usize = 40;

/// What a host may have recorded, and what nobody knows where it has not.
type Band = (fn(&RecordedTold) -> bool, &'static str);

const BANDS: [Band; 4] = [
    (|own| own.files, "which files were opened or read: that information was viewed cannot be ruled out"),
    (|own| own.network, "what it connected to"),
    (|own| own.programs, "which programs ran on it"),
    (|own| own.sign_ins, "who signed in to it"),
];

/// The gaps of what the hunt has read, the gravest for the breach question first.
pub(super) fn gaps(told: &CoverageTold) -> Vec<CoverageGap> {
    let gap = |source: &str, cannot_show: String, from, to| CoverageGap {
        source: source.to_owned(),
        cannot_show,
        from,
        to,
    };
    let mut gaps = Vec::new();
    let outward = "how much left the practice: that information was taken cannot be ruled out";
    for (from, to) in
        stretches(told.hours.iter().map(|hours| (hours.from, hours.to, hours.flows == Some(false))))
    {
        gaps.push(gap("Edge of the network", outward.to_owned(), Some(from), Some(to)));
    }
    let by = |blind: &Blind| blind.account.as_ref().map_or_else(String::new, |name| format!(" by {name}"));
    for blind in &told.cleared {
        let what = format!("what it held before: it was cleared{}", by(blind));
        gaps.push(gap(&format!("{} of {}", blind.what, blind.host), what, None, Some(blind.time)));
    }
    for blind in &told.audit_off {
        let what = format!("{}: recording it was turned off{}", blind.what, by(blind));
        gaps.push(gap(&blind.host, what, Some(blind.time), None));
    }
    let mut hosts: Vec<&str> = Vec::new();
    for own in told.hours.iter().flat_map(|hours| &hours.hosts) {
        if !hosts.contains(&own.host.as_str()) {
            hosts.push(&own.host);
        }
    }
    for (was, cannot_show) in BANDS {
        for host in &hosts {
            let own = told.hours.iter().filter_map(|hours| {
                let own = hours.hosts.iter().find(|own| own.host == **host)?;
                Some((hours.from, hours.to, !was(own)))
            });
            for (from, to) in stretches(own) {
                gaps.push(gap(host, cannot_show.to_owned(), Some(from), Some(to)));
            }
        }
    }
    for log in &told.logs {
        for missing in log.gaps.iter().filter(|gap| gap.missing_records > 0) {
            let what = format!("{} records that are missing between two others", missing.missing_records);
            gaps.push(gap(
                &format!("{} of {}", log.log, log.host),
                what,
                Some(missing.from),
                Some(missing.to),
            ));
        }
    }
    let more = gaps.len().saturating_sub(MOST);
    if more > 0 {
        gaps.truncate(MOST);
        gaps.push(gap("Others", format!("{more} more gaps, which the investigation lists"), None, None));
    }
    gaps
}

/// The times for which it is so, each as long as it lasts.
fn stretches(hours: impl Iterator<Item = (Timestamp, Timestamp, bool)>) -> Vec<(Timestamp, Timestamp)> {
    let mut found: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to, _) in hours.filter(|(_, _, is)| *is) {
        match found.last_mut() {
            Some((_, end)) if *end == from => *end = to,
            _ => found.push((from, to)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_could_have_been_seen_the_report_says_so() {
        let hour = |from: &str, to: &str, flows: bool, files: bool| {
            serde_json::json!({
                "from": format!("2026-09-13T{from}:00:00Z"), "to": format!("2026-09-13T{to}:00:00Z"), "flows": flows, "says": "",
                "hosts": [{"host": "SRV-FILE1", "programs": true, "files": files, "network": true, "sign_ins": true}],
            })
        };
        let told: CoverageTold = serde_json::from_value(serde_json::json!({
            "hours": [hour("02", "03", true, false), hour("03", "05", false, false), hour("05", "06", true, true)],
            "cleared": [{"time": "2026-09-14T10:49:55Z", "host": "SRV-DC1", "log": "Security", "account": "CEDAR\\svc-backup"}],
            "audit_off": [{"time": "2026-09-13T06:15:30Z", "host": "SRV-ASC1", "what": "access to shares"}],
            "logs": [{
                "host": "FW", "log": "traffic", "first": "2026-09-13T00:00:00Z", "last": "2026-09-14T00:00:00Z",
                "gaps": [
                    {"from": "2026-09-13T08:00:00Z", "to": "2026-09-13T09:00:00Z", "missing_records": 7},
                    {"from": "2026-09-13T10:00:00Z", "to": "2026-09-13T11:00:00Z"},
                ],
            }],
        }))
        .unwrap();
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let found = gaps(&told);
        let rows: Vec<_> = found.iter().map(|gap| (gap.source.as_str(), gap.from, gap.to)).collect();
        assert_eq!(
            rows,
            [
                ("Edge of the network", at("2026-09-13T03:00:00Z"), at("2026-09-13T05:00:00Z")),
                ("Security of SRV-DC1", None, at("2026-09-14T10:49:55Z")),
                ("SRV-ASC1", at("2026-09-13T06:15:30Z"), None),
                ("SRV-FILE1", at("2026-09-13T02:00:00Z"), at("2026-09-13T05:00:00Z")),
                ("traffic of FW", at("2026-09-13T08:00:00Z"), at("2026-09-13T09:00:00Z")),
            ]
        );
        assert!(found[1].cannot_show.ends_with("cleared by CEDAR\\svc-backup"), "{}", found[1].cannot_show);
        assert!(found[4].cannot_show.starts_with("7 records"), "{}", found[4].cannot_show);

        let mut long = told;
        long.audit_off = vec![long.audit_off[0].clone(); 60];
        let found = gaps(&long);
        assert_eq!(found.len(), 41);
        assert!(found[40].cannot_show.starts_with("24 more gaps"), "{}", found[40].cannot_show);
    }
}
