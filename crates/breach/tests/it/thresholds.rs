//! Every jurisdiction's thresholds at one below, at, and one above. "More than 500" and "500 or more" are different
//! laws; the table here was written by itself and is not read from the law files.

use breach::{
    law::Threshold::{self, AtLeast, MoreThan},
    result::Duty,
};
use serde_json::json;

use crate::assessed;

/// Agencies and consumer reporting agencies, for data that no HIPAA clause reaches.
const THRESHOLDS: [(&str, &[Threshold], Option<Threshold>); 54] = [
    ("AL", &[MoreThan(1000)], Some(MoreThan(1000))),
    ("AK", &[], Some(MoreThan(1000))),
    ("AZ", &[MoreThan(1000), MoreThan(1000)], Some(MoreThan(1000))),
    ("AR", &[MoreThan(1000)], None),
    ("CA", &[MoreThan(500)], None),
    ("CO", &[AtLeast(500)], Some(MoreThan(1000))),
    ("CT", &[AtLeast(1)], None),
    ("DE", &[MoreThan(500)], None),
    ("DC", &[AtLeast(50)], Some(MoreThan(1000))),
    ("FL", &[AtLeast(500)], Some(MoreThan(1000))),
    ("GA", &[], Some(MoreThan(10000))),
    ("GU", &[], None),
    ("HI", &[MoreThan(1000)], Some(MoreThan(1000))),
    ("ID", &[], None),
    ("IL", &[MoreThan(500)], None),
    ("IN", &[AtLeast(1)], Some(MoreThan(1000))),
    ("IA", &[MoreThan(500)], None),
    ("KS", &[], Some(MoreThan(1000))),
    ("KY", &[], Some(MoreThan(1000))),
    ("LA", &[AtLeast(1)], None),
    ("ME", &[AtLeast(1)], Some(MoreThan(1000))),
    ("MD", &[AtLeast(1)], Some(AtLeast(1000))),
    ("MA", &[AtLeast(1), AtLeast(1)], Some(AtLeast(1))),
    ("MI", &[], Some(MoreThan(1000))),
    ("MN", &[], Some(MoreThan(500))),
    ("MS", &[], None),
    ("MO", &[MoreThan(1000)], Some(MoreThan(1000))),
    ("MT", &[AtLeast(1)], Some(AtLeast(1))),
    ("NE", &[AtLeast(1)], None),
    ("NV", &[], Some(MoreThan(1000))),
    ("NH", &[AtLeast(1)], Some(MoreThan(1000))),
    ("NJ", &[AtLeast(1)], Some(MoreThan(1000))),
    ("NM", &[MoreThan(1000)], Some(MoreThan(1000))),
    ("NY", &[AtLeast(1)], Some(MoreThan(5000))),
    ("NC", &[AtLeast(1)], Some(MoreThan(1000))),
    ("ND", &[MoreThan(250)], None),
    ("OH", &[], Some(MoreThan(1000))),
    ("OK", &[AtLeast(500)], None),
    ("OR", &[MoreThan(250)], Some(MoreThan(1000))),
    ("PA", &[MoreThan(500)], Some(MoreThan(500))),
    ("PR", &[AtLeast(1)], None),
    ("RI", &[MoreThan(500)], Some(MoreThan(500))),
    ("SC", &[MoreThan(1000)], Some(MoreThan(1000))),
    ("SD", &[MoreThan(250)], Some(AtLeast(1))),
    ("TN", &[], Some(MoreThan(1000))),
    ("TX", &[AtLeast(250)], Some(MoreThan(10000))),
    ("VI", &[], None),
    ("UT", &[AtLeast(500)], Some(AtLeast(1000))),
    ("VT", &[AtLeast(1)], Some(MoreThan(1000))),
    ("VA", &[AtLeast(1)], Some(MoreThan(1000))),
    ("WA", &[MoreThan(500)], None),
    ("WV", &[], Some(MoreThan(1000))),
    ("WI", &[], Some(AtLeast(1000))),
    ("WY", &[], None),
];

fn number(threshold: Threshold) -> u64 {
    match threshold {
        MoreThan(n) | AtLeast(n) | Threshold::FewerThan(n) => n,
    }
}

fn duties(state: &str, residents: u64, duty: Duty) -> usize {
    let answer = assessed(&json!({
        "entity": {"kind": "covered_entity", "state": "OH", "time_zone": "America/New_York"},
        "event": {"kind": "hacking", "data": ["employee"], "permitted_use": false, "medium": "electronic"},
        "knowledge": {"known_on": "2026-06-01", "determined_on": "2026-06-10"},
        "individuals": {"by_state": {state: residents}, "elements": ["name", "ssn"]},
    }));
    answer.obligations.iter().filter(|each| each.duty == duty).count()
}

#[test]
fn agencies_and_credit_bureaus_are_told_from_the_right_number_on() {
    for (state, agencies, bureaus) in THRESHOLDS {
        let mut around: Vec<u64> = agencies.iter().chain(&bureaus).copied().map(number).collect();
        around.extend([1, 500, 1000]);
        for n in around {
            for residents in [n.saturating_sub(1), n, n + 1] {
                let counted = |threshold: &&Threshold| residents > 0 && threshold.met_by(residents);
                let want = agencies.iter().filter(counted).count();
                assert_eq!(
                    duties(state, residents, Duty::StateAgencyNotice),
                    want,
                    "{state} agencies at {residents}"
                );
                let want = bureaus.iter().filter(counted).count();
                let duty = Duty::ConsumerReportingAgencyNotice;
                assert_eq!(duties(state, residents, duty), want, "{state} bureaus at {residents}");
                let letters = duties(state, residents, Duty::StateIndividualNotice);
                assert_eq!(letters, usize::from(residents > 0), "{state} letters at {residents}");
            }
        }
    }
}

#[test]
fn media_are_told_from_501_residents_on_in_all_56_jurisdictions() {
    for state in breach::state::State::all() {
        for (residents, media) in [(499, 0), (500, 0), (501, 1)] {
            let answer = assessed(&json!({
                "entity": {"kind": "covered_entity", "state": "OH", "time_zone": "America/New_York"},
                "event": {"kind": "hacking", "data": ["phi"], "permitted_use": false},
                "knowledge": {"known_on": "2026-06-01"},
                "individuals": {"by_state": {state.code(): residents}, "elements": ["name", "diagnosis"]},
            }));
            let told = answer.obligations.iter().filter(|each| each.duty == Duty::MediaNotice).count();
            assert_eq!(told, media, "{state} at {residents}");
            let at_once = answer.obligations.iter().any(|each| each.duty == Duty::HhsNotice);
            assert_eq!(at_once, residents >= 500, "HHS, {state} at {residents}");
        }
    }
}
