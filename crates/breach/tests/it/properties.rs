//! What must hold for any facts: more people never lessen duties, an earlier discovery never gives a later date, a
//! hold never shortens one, and dates agree with a day count of our own.

use breach::{
    Assessment,
    result::{Duty, Obligation, Regime},
};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{assessed, facts, law};

const STATES: [&str; 12] = ["OH", "CA", "TX", "NY", "FL", "CO", "IL", "VT", "MN", "WA", "LA", "unknown"];
const COUNTS: [u64; 12] = [0, 1, 49, 249, 250, 499, 500, 501, 1000, 1001, 5001, 10_001];
const ELEMENTS: [&str; 5] = ["name", "ssn", "diagnosis", "health_insurance", "dob"];

fn day(offset: i64) -> Date {
    date(2026, 3, 1).saturating_add(jiff::Span::new().days(offset))
}

#[derive(Debug, Clone)]
struct Case {
    known: i64,
    determined: Option<i64>,
    residents: Vec<(usize, u64)>,
    elements: Vec<usize>,
    data: Vec<&'static str>,
    holds: Vec<(bool, i64, Option<i64>)>,
    sent: Option<i64>,
    undeliverable: u64,
}

impl Case {
    fn json(&self) -> Value {
        let mut by_state = serde_json::Map::new();
        for &(state, count) in &self.residents {
            by_state.insert(STATES[state].to_owned(), json!(count));
        }
        let total: u64 = by_state.values().filter_map(Value::as_u64).sum();
        let mut knowledge = json!({"known_on": day(self.known).to_string()});
        if let Some(after) = self.determined {
            knowledge["determined_on"] = json!(day(self.known + after).to_string());
        }
        let holds: Vec<Value> = self
            .holds
            .iter()
            .map(|&(written, stated, length)| {
                let stated_on = day(stated);
                let until = length.map(|length| day(stated + length).to_string());
                let form = if written { "written" } else { "oral" };
                json!({"form": form, "stated_on": stated_on.to_string(), "until": until})
            })
            .collect();
        json!({
            "entity": {
                "kind": "covered_entity", "state": "CA", "time_zone": "America/Los_Angeles",
                "state_licensed_facility": true, "part2_program": true, "phr_vendor": true,
            },
            "event": {"kind": "hacking", "data": self.data, "permitted_use": false, "medium": "electronic"},
            "knowledge": knowledge,
            "law_enforcement_holds": holds,
            "individuals": {
                "by_state": by_state,
                "elements": self.elements.iter().map(|&at| ELEMENTS[at]).collect::<Vec<_>>(),
                "undeliverable_addresses": self.undeliverable.min(total),
            },
            "sent": {"individuals_on": self.sent.map(|after| day(self.known + after).to_string())},
        })
    }
}

prop_compose! {
    fn case()(
        known in 0..1500_i64,
        determined in prop::option::of(0..90_i64),
        residents in prop::collection::vec((0..STATES.len(), prop::sample::select(&COUNTS[..])), 1..5),
        elements in prop::collection::vec(0..ELEMENTS.len(), 1..4),
        data in prop::sample::select(vec![
            vec!["phi"], vec!["employee"], vec!["phi", "employee"], vec!["phi", "part2"], vec!["part2"], vec!["phr"],
        ]),
        holds in prop::collection::vec((any::<bool>(), 0..1600_i64, prop::option::of(0..200_i64)), 0..3),
        sent in prop::option::of(0..120_i64),
        undeliverable in 0..20_u64,
    ) -> Case {
        Case { known, determined, residents, elements, data, holds, sent, undeliverable }
    }
}

/// The same duty in another assessment. Reports to one authority are one duty, whether yearly or at once.
fn class(of: &Obligation) -> (Duty, Regime, Option<&'static str>, &str) {
    let duty = match of.duty {
        Duty::HhsAnnualReport => Duty::HhsNotice,
        Duty::Part2AnnualReport => Duty::Part2Notice,
        duty => duty,
    };
    let one_authority = matches!(duty, Duty::HhsNotice | Duty::Part2Notice | Duty::FtcNotice);
    let recipient = if one_authority { "" } else { of.recipient.as_str() };
    (duty, of.regime, of.jurisdiction.map(|state| state.code()), recipient)
}

fn pairs<'a>(one: &'a Assessment, other: &'a Assessment) -> Vec<(&'a Obligation, Option<&'a Obligation>)> {
    one.obligations
        .iter()
        .filter(|each| each.duty != Duty::RecordRetention)
        .map(|each| (each, other.obligations.iter().find(|that| class(that) == class(each))))
        .collect()
}

/// No date is the latest of all.
fn due(of: &Obligation) -> Date {
    of.due.unwrap_or(Date::MAX)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn more_residents_never_lessen_duties(case in case(), which in any::<prop::sample::Index>(), more in 1..6000_u64) {
        let before = assessed(&case.json());
        let mut grown = case.clone();
        let at = which.index(grown.residents.len());
        let (state, count) = grown.residents[at];
        grown.residents.retain(|&(other, _)| other != state);
        let last = case.residents.iter().rev().find(|&&(other, _)| other == state).map_or(count, |&(_, count)| count);
        // Nobody counted is read as 500 or more; the first count may be less than that.
        prop_assume!(before.counts.total > 0);
        grown.residents.push((state, last + more));
        let after = assessed(&grown.json());
        for (old, new) in pairs(&before, &after) {
            let new = new.ok_or_else(|| TestCaseError::fail(format!("{:?} is gone", class(old))))?;
            prop_assert!(due(new) <= due(old), "{:?}: {:?} became {:?}", class(old), old.due, new.due);
        }
    }

    #[test]
    fn an_earlier_discovery_never_gives_a_later_date(case in case(), earlier in 1..200_i64) {
        let before = assessed(&case.json());
        let mut moved = case.clone();
        // Determination and letters stay on their days.
        moved.known = case.known - earlier.min(case.known);
        let back = case.known - moved.known;
        moved.determined = case.determined.map(|after| after + back);
        moved.sent = case.sent.map(|after| after + back);
        let after = assessed(&moved.json());
        for (old, new) in pairs(&before, &after) {
            let new = new.ok_or_else(|| TestCaseError::fail(format!("{:?} is gone", class(old))))?;
            prop_assert!(due(new) <= due(old), "{:?}: {:?} became {:?}", class(old), old.due, new.due);
        }
    }

    #[test]
    fn a_hold_never_shortens(case in case(), written in any::<bool>(), stated in 0..1600_i64, length in prop::option::of(0..200_i64)) {
        let before = assessed(&case.json());
        let mut held = case.clone();
        held.holds.push((written, stated, length));
        let after = assessed(&held.json());
        for (old, new) in pairs(&before, &after) {
            if let Some(new) = new {
                prop_assert!(due(new) >= due(old), "{:?}: {:?} became {:?}", class(old), old.due, new.due);
            } else {
                // A letter that a hold makes timely brings a State's HIPAA clause back; no federal duty goes.
                prop_assert!(matches!(old.regime, Regime::State(_)), "{:?} is gone", class(old));
            }
        }
    }

    #[test]
    fn nothing_that_was_met_disappears_however_the_facts_change(
        cases in prop::collection::vec((case(), any::<prop::sample::Index>()), 2..7),
    ) {
        let mut met: Vec<Obligation> = Vec::new();
        for (case, which) in cases {
            let answer = assessed(&case.json());
            let shown = breach::changes::with_met(&answer, &met);
            for known in &met {
                let there = shown.iter().find(|each| each.key() == known.key());
                prop_assert!(there.is_some_and(|each| each.met_on.is_some()), "{:?} is gone", known.key());
            }
            if shown.is_empty() {
                continue;
            }
            let mut done = shown[which.index(shown.len())].clone();
            done.met_on.get_or_insert(answer.discovery.on);
            met.retain(|known| known.key() != done.key());
            met.push(done);
        }
    }

    #[test]
    fn an_assessment_is_the_same_again_from_its_json(case in case()) {
        let answer = assessed(&case.json());
        let text = serde_json::to_string(&answer).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Assessment>(&text).unwrap(), &answer);
        prop_assert_eq!(&assessed(&case.json()), &answer);
        let given = facts(&case.json());
        let again = breach::Facts::from_value(&serde_json::to_value(&given).unwrap()).unwrap();
        prop_assert_eq!(&breach::assess(&again, law()), &answer);
        let told = breach::explain(&answer, &given);
        prop_assert!(told.contains("does not replace counsel") && told.lines().all(|line| line.chars().count() <= 110));
    }
}

/// Days since 1970 by the civil calendar's own rules (Fliegel and Van Flandern's Julian day number).
fn number(year: i64, month: i64, day: i64) -> i64 {
    let a = (month - 14) / 12;
    (1461 * (year + 4800 + a)) / 4 + (367 * (month - 2 - 12 * a)) / 12 - (3 * ((year + 4900 + a) / 100)) / 4
        + day
        - 32075
}

fn days(date: Date) -> i64 {
    number(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()))
}

#[test]
fn every_day_of_2024_to_2032_as_discovery_agrees_with_a_count_of_our_own() {
    let mut on = date(2024, 1, 1);
    while on < date(2033, 1, 1) {
        let answer = assessed(&json!({
            "entity": {"kind": "covered_entity", "state": "OH", "time_zone": "America/New_York"},
            "event": {"kind": "epcs_compromise", "data": ["phi"], "permitted_use": false, "medium": "electronic"},
            "knowledge": {"known_on": on.to_string()},
            "individuals": {"by_state": {"OH": 3, "IN": 3}, "elements": ["name", "diagnosis"]},
        }));
        let due = |duty| {
            answer.obligations.iter().find(|each| each.duty == duty).and_then(|each| each.due).unwrap()
        };
        assert_eq!(days(due(Duty::IndividualNotice)) - days(on), 60, "{on}");
        assert_eq!(days(due(Duty::HhsAnnualReport)) - number(i64::from(on.year()), 12, 31), 60, "{on}");
        assert_eq!(days(due(Duty::DeaNotice)), next_business_day(days(on)), "{on}");
        on = on.tomorrow().unwrap();
    }
}

/// The next business day by weekday arithmetic and a list of the holidays of each year, worked out by hand.
fn next_business_day(from: i64) -> i64 {
    let mut on = from + 1;
    // Julian day 0 was a Monday.
    while on % 7 >= 5 || holiday(on) {
        on += 1;
    }
    on
}

fn holiday(on: i64) -> bool {
    (2024..=2033).any(|year| {
        let nth = |month: i64, weekday: i64, nth: i64| {
            let first = number(year, month, 1);
            first + (weekday - first % 7).rem_euclid(7) + 7 * (nth - 1)
        };
        let memorial = (25..=31).map(|day| number(year, 5, day)).find(|day| day % 7 == 0).unwrap();
        [
            number(year, 1, 1),
            nth(1, 0, 3),
            nth(2, 0, 3),
            memorial,
            number(year, 7, 4),
            nth(9, 0, 1),
            number(year, 11, 11),
            nth(11, 3, 4),
            number(year, 12, 25),
        ]
        .contains(&on)
    })
}
