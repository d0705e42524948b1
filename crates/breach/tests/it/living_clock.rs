//! As facts change, dates move and duties come and go; what was met stays.

use breach::{
    changes::with_met,
    clock::{Standing, standing, target},
    compare,
    facts::HoldForm,
    proof::{DelayRecord, Proof, ProofKind, beyond, ledger},
    result::Duty,
    small,
};
use jiff::civil::date;
use kernel::IncidentId;
use serde_json::{Value, json};

use crate::{assessed, facts};

fn event(people: u64, known: &str) -> Value {
    json!({
        "entity": {"kind": "covered_entity", "state": "OH", "time_zone": "America/New_York"},
        "event": {"kind": "hacking", "data": ["phi"], "permitted_use": false, "medium": "electronic"},
        "knowledge": {"known_on": known},
        "individuals": {"by_state": {"OH": people}, "elements": ["name", "diagnosis"]},
    })
}

#[test]
fn growing_from_480_to_520_calls_for_hhs_and_media_and_drops_the_yearly_report() {
    let changes = compare(&assessed(&event(480, "2026-03-10")), &assessed(&event(520, "2026-03-10")));
    let appeared: Vec<_> = changes.appeared.iter().map(|each| each.duty).collect();
    assert_eq!(appeared, [Duty::MediaNotice, Duty::HhsNotice]);
    assert_eq!(changes.vanished[0].obligation.duty, Duty::HhsAnnualReport);
    assert!(changes.vanished[0].reason.as_ref().unwrap().contains("520"));
    assert_eq!(changes.total, Some((480, 520)));
    let moved: Vec<_> = changes.moved.iter().map(|each| each.key.duty).collect();
    assert_eq!(moved, [Duty::RecordRetention]);
}

#[test]
fn an_earlier_discovery_and_a_hold_move_the_letters_and_say_by_how_much() {
    let before = assessed(&event(480, "2026-03-10"));
    let changes = compare(&before, &assessed(&event(480, "2026-03-01")));
    assert_eq!(changes.discovery, Some((date(2026, 3, 10), date(2026, 3, 1))));
    assert_eq!(changes.moved[0].by_days, Some(-9));
    let mut held = event(480, "2026-03-10");
    held["law_enforcement_holds"] =
        json!([{"form": "written", "stated_on": "2026-04-01", "until": "2026-06-30"}]);
    let changes = compare(&before, &assessed(&held));
    assert_eq!(changes.moved[0].after, Some(date(2026, 7, 1)));
    assert!(compare(&before, &before).is_empty());
}

#[test]
fn a_duty_that_was_met_never_disappears() {
    let mut done = event(520, "2026-03-10");
    done["sent"] = json!({"individuals_on": "2026-04-01", "hhs_on": "2026-04-01", "media_on": "2026-04-02"});
    let before = assessed(&done);
    // The count is corrected to 430: HHS and media would no longer be asked.
    let mut corrected = done.clone();
    corrected["individuals"]["by_state"]["OH"] = json!(430);
    corrected["sent"] = json!({"individuals_on": "2026-04-01"});
    let after = assessed(&corrected);
    let changes = compare(&before, &after);
    let kept: Vec<_> = changes.kept.iter().map(|each| each.duty).collect();
    assert_eq!(kept, [Duty::MediaNotice, Duty::HhsNotice]);
    let met: Vec<_> = before.obligations.iter().filter(|each| each.met_on.is_some()).cloned().collect();
    let all = with_met(&after, &met);
    for old in &met {
        assert!(all.iter().any(|each| each.key() == old.key() && each.met_on.is_some()), "{:?}", old.duty);
    }
}

#[test]
fn each_duty_says_how_it_stands_today() {
    let answer = assessed(&event(20, "2026-03-10"));
    let letters = &answer.obligations[0];
    assert_eq!(target(letters, &answer), Some(date(2026, 4, 24)));
    for (today, want) in [
        (date(2026, 4, 23), Standing::Ahead { days: 16 }),
        (date(2026, 4, 24), Standing::Near { days: 15 }),
        (date(2026, 5, 9), Standing::Near { days: 0 }),
        (date(2026, 5, 10), Standing::Missed { days: 1 }),
    ] {
        assert_eq!(standing(letters, &answer, today), want);
    }
    let mut done = event(20, "2026-03-10");
    done["sent"] = json!({"individuals_on": "2026-05-12"});
    let answer = assessed(&done);
    assert_eq!(standing(&answer.obligations[0], &answer, date(2026, 6, 1)), Standing::Met { late_by: 3 });
    let keep = answer.obligations.last().unwrap();
    assert_eq!(standing(keep, &answer, date(2026, 6, 1)), Standing::Keep);
}

#[test]
fn the_yearly_log_knows_its_filing_date_and_what_is_not_filed() {
    let mut entries = Vec::new();
    for (number, known) in [(1_u128, "2026-12-31"), (2, "2027-01-01"), (3, "2026-02-01")] {
        let value = event(7, known);
        let entry =
            small::SmallBreach::of(IncidentId::from_u128(number), &facts(&value), &assessed(&value)).unwrap();
        entries.push(entry);
    }
    let large = event(700, "2026-02-01");
    assert!(small::SmallBreach::of(IncidentId::from_u128(4), &facts(&large), &assessed(&large)).is_none());
    let log = small::log(entries);
    assert_eq!(log.len(), 2);
    assert_eq!((log[0].year, log[0].file_by), (2026, date(2027, 3, 1)));
    assert_eq!((log[1].year, log[1].file_by), (2027, date(2028, 2, 29)));
    assert_eq!(log[0].breaches[0].discovered_on, date(2026, 2, 1));
    assert_eq!(log[0].unfiled().count(), 2);
    assert_eq!(log[0].days_left(date(2027, 2, 27)), 2);
}

#[test]
fn a_notice_said_to_be_made_without_proof_is_shown_as_unproven() {
    let mut done = event(520, "2026-03-10");
    done["sent"] = json!({"individuals_on": "2026-04-01", "hhs_on": "2026-04-01"});
    let answer = assessed(&done);
    let letters = answer.obligations[0].key();
    let proof = |of, done_on| Proof {
        of,
        done_on,
        count: Some(260),
        kind: ProofKind::MailingReceipt,
        digest: kernel::Digest::of(b"receipt"),
        reference: None,
        by: kernel::PersonId::from_u128(1),
        at: kernel::Timestamp::UNIX_EPOCH,
    };
    let stray = breach::result::ObligationKey { duty: Duty::FtcNotice, ..letters.clone() };
    // Two batches: the second is past day 60.
    let proofs = [
        proof(letters.clone(), date(2026, 5, 11)),
        proof(letters, date(2026, 4, 1)),
        proof(stray, date(2026, 4, 1)),
    ];
    let lines = ledger(&answer, &proofs);
    let line = |duty| lines.iter().find(|line| line.obligation.duty == duty).unwrap();
    let letters = line(Duty::IndividualNotice);
    assert_eq!(
        (letters.proofs.len(), letters.done_on, letters.late_by_days),
        (2, Some(date(2026, 5, 11)), Some(2))
    );
    assert!(!letters.unproven && line(Duty::HhsNotice).unproven && !line(Duty::MediaNotice).unproven);
    assert_eq!(beyond(&answer, &proofs).len(), 1);
}

#[test]
fn an_oral_statement_is_not_relied_on_before_the_official_is_named() {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let mut record = DelayRecord {
        form: HoldForm::Oral,
        official: " ".to_owned(),
        agency: "FBI Columbus".to_owned(),
        statement: "notice would impede the investigation".to_owned(),
        stated_at: "2026-04-21T02:30:00Z".parse().unwrap(),
        until: None,
        document: None,
        by: kernel::PersonId::from_u128(1),
        at: kernel::Timestamp::UNIX_EPOCH,
    };
    assert!(record.missing()[0].contains("official's name"));
    record.official = "Special Agent Example".to_owned();
    assert!(record.missing().is_empty());
    assert_eq!(record.hold(&zone).stated_on.date, date(2026, 4, 20));
    record.form = HoldForm::Written;
    assert_eq!(record.missing().len(), 2);
}
