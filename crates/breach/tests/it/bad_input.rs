//! What cannot be read or cannot be true is refused, with the pointer at fault.

use breach::Facts;
use proptest::prelude::*;
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "entity": {"kind": "covered_entity", "state": "OH", "time_zone": "America/New_York"},
        "event": {"kind": "hacking", "data": ["phi"], "permitted_use": false, "medium": "electronic"},
        "knowledge": {"known_on": "2026-03-10"},
        "individuals": {"by_state": {"OH": 300}, "elements": ["name", "dob"]},
    })
}

/// The good facts with one member set, made where it is not there.
fn with(pointer: &str, value: Value) -> Value {
    let mut facts = good();
    let mut at = &mut facts;
    for name in pointer.split('/').skip(1) {
        let object = at.as_object_mut().expect("an object");
        at = object.entry(name).or_insert_with(|| json!({}));
    }
    *at = value;
    facts
}

fn fault(facts: &Value) -> (String, String) {
    let error = Facts::from_value(facts).expect_err("refused");
    assert!(!error.to_string().contains('\n'), "{error}");
    (error.pointer, error.what)
}

#[test]
fn a_slip_in_the_facts_is_named_by_its_pointer() {
    for (pointer, value, at, says) in [
        ("/individuals/by_state/ZZ", json!(3), "/individuals/by_state/ZZ", "no such jurisdiction"),
        ("/individuals/by_state/oh", json!(3), "/individuals/by_state/oh", "no such jurisdiction"),
        ("/individuals/by_state/OH", json!(-3), "/individuals/by_state/OH", "whole number"),
        ("/individuals/by_state/OH", json!(3.5), "/individuals/by_state/OH", "whole number"),
        ("/individuals/by_state/OH", json!("3"), "/individuals/by_state/OH", "whole number"),
        ("/individuals/by_state/OH", json!(9_000_000_000_u64), "/individuals/by_state/OH", "more than"),
        ("/individuals/minors", json!(301), "/individuals/minors", "more than the 300"),
        ("/individuals/minors_consented_alone", json!(1), "/individuals/minors_consented_alone", "minors"),
        ("/individuals/email_agreed", json!(301), "/individuals/email_agreed", "300"),
        (
            "/individuals/undeliverable_addresses",
            json!(301),
            "/individuals/undeliverable_addresses",
            "living",
        ),
        (
            "/individuals/deceased",
            json!({"kin_address_known": 301}),
            "/individuals/deceased/kin_address_known",
            "300",
        ),
        (
            "/individuals/deceased",
            json!({"kin_address_known": 200, "kin_address_unknown": 200}),
            "/individuals/deceased",
            "300",
        ),
        ("/individuals/elements", json!(["name", "shoe_size"]), "/individuals/elements/1", "shoe_size"),
        ("/individuals/residents", json!(3), "/individuals/residents", "no such member"),
        ("/entity/state", json!("ZZ"), "/entity/state", "no such jurisdiction"),
        ("/entity/time_zone", json!("Ohio"), "/entity/time_zone", "IANA"),
        ("/entity/kind", json!("hospital"), "/entity/kind", "covered_entity"),
        ("/event/data", json!([]), "/event/data", "empty"),
        ("/event/data", json!(["phi", "none"]), "/event/data", "contradicts"),
        ("/event/data", json!(["phi", "phi"]), "/event/data/1", "twice"),
        ("/event/kind", json!("fire"), "/event/kind", "ransomware"),
        ("/event/kind", Value::Null, "/event/kind", "missing"),
        ("/knowledge/occurred_on", json!("2026-03-11"), "/knowledge/known_on", "before the event"),
        ("/knowledge/known_on", Value::Null, "/knowledge/known_on", "missing"),
        ("/knowledge/known_on", json!("10.3.2026"), "/knowledge/known_on", "neither"),
        ("/knowledge/known_on", json!("2026-02-30"), "/knowledge/known_on", "neither"),
        ("/knowledge/known_on", json!("20260310"), "/knowledge/known_on", "neither"),
        ("/knowledge/known_on", json!("2026-03-10T12:00:00"), "/knowledge/known_on", "neither"),
        ("/knowledge/known_on", json!("0001-01-01"), "/knowledge/known_on", "out of range"),
        ("/knowledge/determined_on", json!("2026-03-09"), "/knowledge/determined_on", "before the discovery"),
        ("/sent/individuals_on", json!("2026-03-09"), "/sent/individuals_on", "before the discovery"),
        (
            "/law_enforcement_holds",
            json!([{"form": "oral"}]),
            "/law_enforcement_holds/0/stated_on",
            "missing",
        ),
        (
            "/law_enforcement_holds",
            json!([{"form": "written", "stated_on": "2026-04-20", "until": "2026-04-19"}]),
            "/law_enforcement_holds/0/until",
            "before the statement",
        ),
        (
            "/business_associate",
            json!({"discovered_on": "2026-03-05", "notice_reached_entity_on": "2026-03-01"}),
            "/business_associate/notice_reached_entity_on",
            "before",
        ),
        (
            "/business_associate",
            json!({"subcontractor_discovered_on": "2026-02-05", "subcontractor_told_ba_on": "2026-02-01"}),
            "/business_associate/subcontractor_told_ba_on",
            "before",
        ),
        ("/surprise", json!(1), "/surprise", "no such member"),
        ("/a~1b", json!(1), "/a~01b", "no such member"),
    ] {
        let (pointer, what) = fault(&with(pointer, value));
        assert_eq!(pointer, at, "{what}");
        assert!(what.contains(says), "{at}: {what}");
    }
}

#[test]
fn an_agent_cannot_have_discovered_the_event_before_it_happened() {
    let mut facts = good();
    facts["knowledge"]["occurred_on"] = json!("2026-03-01");
    facts["business_associate"] = json!({"role": "agent", "discovered_on": "2026-02-01"});
    assert_eq!(fault(&facts).0, "/business_associate/discovered_on");
    // An independent contractor's date is not the entity's discovery.
    facts["business_associate"]["role"] = json!("independent");
    assert!(Facts::from_value(&facts).is_ok());
}

#[test]
fn people_must_be_counted_where_notices_may_be_due() {
    let mut facts = good();
    facts["individuals"] = json!({"elements": ["name"]});
    assert_eq!(fault(&facts).0, "/individuals/by_state");
    facts["event"]["permitted_use"] = json!(true);
    assert!(Facts::from_value(&facts).is_ok());
}

#[test]
fn text_that_is_no_facts_is_refused_in_one_line() {
    for text in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"{\"entity\":1}", b"{} {}", &[b'['; 5000]] {
        let error = Facts::from_json(text).expect_err("refused");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    let twice = good().to_string().replacen("\"known_on\"", "\"known_on\":\"2026-04-01\",\"known_on\"", 1);
    let error = Facts::from_json(twice.as_bytes()).expect_err("a member given twice");
    assert_eq!((error.pointer.as_str(), error.what.as_str()), ("/knowledge/known_on", "given twice"));
    let huge = vec![b' '; 2 << 20];
    assert!(Facts::from_json(&huge).is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!("2026-03-10")),
        Just(json!("9999-12-31")),
        Just(json!("2026-03-10T23:59:60Z")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

const MEMBERS: [&str; 14] = [
    "/entity",
    "/entity/state",
    "/entity/time_zone",
    "/event",
    "/event/data",
    "/event/protection",
    "/event/exception",
    "/event/risk_assessment",
    "/knowledge",
    "/knowledge/known_on",
    "/business_associate",
    "/law_enforcement_holds",
    "/individuals",
    "/individuals/by_state",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_put_into_the_facts_stops_the_program(at in 0..MEMBERS.len(), value in any_json()) {
        let facts = with(MEMBERS[at], value);
        match Facts::from_value(&facts) {
            Ok(facts) => drop(breach::assess(&facts, crate::law())),
            Err(error) => prop_assert!(error.pointer.is_empty() || error.pointer.starts_with('/')),
        }
    }
}
