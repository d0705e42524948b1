//! Only the attorney determines, on the newest version, with all four factors reasoned; nothing is lost.

use breach::{
    decision::{
        ConditionKind, DecisionRefused, Determine, FactorKind, Factors, FourFactorRecord, Ground, Known,
        Prepare, Recommend, Stated, exception_from, protection_from,
    },
    facts::{ExceptionKind, Probability, ProtectionMethod},
};
use jiff::tz::TimeZone;
use kernel::{Actor, Authorised, FindingId, PersonId, Requires, Role, Timestamp, authorise};

fn actor(role: Role) -> Actor {
    Actor { id: PersonId::from_u128(role as u128 + 1), name: format!("A {role}"), role, practice: None }
}

fn by<T: Requires>(role: Role, request: T) -> Authorised<T> {
    authorise(&actor(role), request).expect("the role may")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_774_000_000 + second).unwrap()
}

fn reasoned() -> Factors {
    let mut factors = Factors::default();
    for (factor, text) in [
        (&mut factors.nature_of_phi, "names and visit dates of nine patients"),
        (&mut factors.unauthorized_person, "a nurse of another covered entity"),
        (&mut factors.acquired_or_viewed, "opened once, for four minutes"),
        (&mut factors.mitigation, "attested deletion"),
    ] {
        factor.reasoning = text.to_owned();
    }
    factors.acquired_or_viewed.known.push(Known {
        fact: "the mailbox log shows one session".to_owned(),
        grounds: vec![Ground::Finding { id: FindingId::from_u128(7) }],
    });
    factors
}

#[test]
fn nobody_but_the_attorney_determines() {
    for role in Role::ALL {
        let request = Determine { version: 1, probability: Probability::Low };
        assert_eq!(authorise(&actor(role), request).is_ok(), role == Role::Attorney, "{role}");
    }
}

#[test]
fn a_recommendation_decides_nothing_and_a_determination_does() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let record =
        FourFactorRecord::default().prepare(by(Role::Responder, Prepare { factors: reasoned() }), at(0));
    let request = Recommend { probability: Probability::Low, because: "the logs are complete".to_owned() };
    let record = record.recommend(by(Role::Responder, request), at(1)).unwrap();
    assert!(record.in_force().is_none());
    assert_eq!(record.facts(&zone).unwrap().probability, None);
    let request = Determine { version: 1, probability: Probability::Low };
    let record = record.determine(by(Role::Attorney, request), at(2)).unwrap();
    let given = record.facts(&zone).unwrap();
    assert_eq!(
        (given.probability, given.decided_by.as_deref()),
        (Some(Probability::Low), Some("A attorney"))
    );
    // A new fact brings the presumption back until the attorney has read it.
    let mut newer = reasoned();
    newer.mitigation.unknown.push("whether a copy was printed".to_owned());
    assert_eq!(newer.unsettled(), [FactorKind::Mitigation]);
    let record = record.prepare(by(Role::Responder, Prepare { factors: newer }), at(3));
    assert!(record.in_force().is_none());
    let stale = Determine { version: 1, probability: Probability::Low };
    let refused = record.clone().determine(by(Role::Attorney, stale), at(4)).unwrap_err();
    assert_eq!(refused, DecisionRefused::Outdated { given: 1, newest: 2 });
    let counts = (record.versions().len(), record.recommendations().len(), record.determinations().len());
    assert_eq!(counts, (2, 1, 1));
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<FourFactorRecord>(&text).unwrap(), record);
}

#[test]
fn a_factor_without_reasoning_cannot_be_signed() {
    let empty = FourFactorRecord::default();
    let request = || by(Role::Attorney, Determine { version: 1, probability: Probability::Low });
    assert_eq!(empty.clone().determine(request(), at(0)).unwrap_err(), DecisionRefused::NothingWritten);
    let mut factors = reasoned();
    factors.mitigation.reasoning = "  ".to_owned();
    let record = empty.prepare(by(Role::Attorney, Prepare { factors }), at(0));
    let refused = record.determine(request(), at(1)).unwrap_err();
    assert_eq!(refused, DecisionRefused::Unreasoned(vec![FactorKind::Mitigation]));
    assert!(refused.to_string().contains("all four are mandatory"));
}

#[test]
fn conditions_are_stated_one_by_one_and_the_last_word_counts() {
    let stated = |condition, met| Stated {
        condition,
        met,
        because: "as told".to_owned(),
        grounds: Vec::new(),
        by: PersonId::from_u128(1),
        at: at(0),
    };
    let list = [
        stated(ConditionKind::GoodFaith, Some(true)),
        stated(ConditionKind::NotRetainable, Some(true)),
        stated(ConditionKind::NotRetainable, Some(false)),
    ];
    let exception = exception_from(ExceptionKind::NotRetained, &list);
    assert_eq!((exception.good_faith, exception.could_retain), (Some(true), Some(true)));
    let list = [stated(ConditionKind::MeetsGuidance, Some(true)), stated(ConditionKind::KeySafe, None)];
    let protection = protection_from(ProtectionMethod::Encryption, &list);
    assert_eq!((protection.meets_hhs_guidance, protection.key_compromised), (Some(true), None));
}
