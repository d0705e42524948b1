//! Who may ask what, and how requests and events look on the wire.

use incident::{Event, Request, Side};
use kernel::{Capability, EvidenceId, Requires as _, Role};
use serde_json::json;

use crate::world::{MONDAY, No, World};

const ID: &str = "01JQ3V5T8Z6F0M2N4P7R9S1WXY";

fn request(json: serde_json::Value) -> Request {
    serde_json::from_value(json).unwrap()
}

#[test]
fn law_is_the_attorneys_technology_the_responders_and_the_practices_word_its_own() {
    let approve = |side| request(json!({"command": "approve_containment", "action": ID, "side": side}));
    let sign = |side| request(json!({"command": "sign_gate", "system": "a", "side": side, "statement": "s"}));
    for (asked, capability) in [
        (
            request(json!({"command": "decide_breach", "answer": "breach", "reasons": ["r"]})),
            Capability::Counsel,
        ),
        (
            request(json!({"command": "determine_not_due", "obligation": ID, "reasons": ["r"]})),
            Capability::Counsel,
        ),
        (request(json!({"command": "place_hold", "reason": "r"})), Capability::Counsel),
        (request(json!({"command": "lift_hold", "reason": "r"})), Capability::Counsel),
        (approve("practice"), Capability::Approve),
        (approve("responder"), Capability::Respond),
        (sign("practice"), Capability::Approve),
        (sign("responder"), Capability::Respond),
        (request(json!({"command": "break_glass", "action": ID, "reason": "r"})), Capability::Lead),
        (
            request(json!({"command": "waive_gate", "system": "a", "gate": "patched", "reason": "r"})),
            Capability::Lead,
        ),
        (request(json!({"command": "close"})), Capability::Lead),
        (request(json!({"command": "confirm_destruction", "evidence": ID})), Capability::Destroy),
    ] {
        assert_eq!(asked.requires(), capability, "{asked:?}");
    }
}

#[test]
fn a_member_that_a_command_does_not_know_is_refused() {
    for bad in [
        json!({"command": "close", "force": true}),
        json!({"command": "apply_containment", "action": ID, "skip_approval": true}),
        json!({"command": "no_such_command"}),
        json!({"command": "suspect", "subject": {"what": "system", "system": "  "}, "why": "w"}),
        json!({"command": "suspect", "subject": {"what": "system", "system": "a", "x": 1}, "why": "w"}),
        json!({"action": ID}),
    ] {
        assert!(serde_json::from_value::<Request>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn an_event_is_its_entrys_kind_and_body() {
    let event = Event::ContainmentApproved { action: ID.parse().unwrap(), side: Side::Practice };
    assert_eq!(serde_json::to_value(&event).unwrap(), json!({"kind": event.kind(), "body": event.body()}));
    assert_eq!(Event::from_parts(event.kind(), &event.body()).unwrap(), event);
    assert!(Event::from_parts("no_such_kind", &event.body()).is_err());
    assert!(Event::from_parts(event.kind(), &json!({"side": "practice"})).is_err());
    assert!(Event::from_parts(event.kind(), &json!(null)).is_err());
    assert!(Event::KINDS.contains(&"containment_applied"));
}

fn open() -> World {
    let mut world = World::new(MONDAY);
    let declare = json!({"command": "declare", "title": "t", "incident_kind": "malware", "reason": "r"});
    world.ask(Role::Lead, request(declare)).unwrap();
    world
}

#[test]
fn evidence_is_destroyed_by_two_people_after_retention_without_a_hold() {
    let mut world = open();
    let id = EvidenceId::from_u128(3).to_string();
    let item = |command: &str| request(json!({"command": command, "evidence": id, "reason": "r"}));
    let confirm = || request(json!({"command": "confirm_destruction", "evidence": id}));
    let take = json!({"command": "take_evidence", "evidence": id, "digest": "00".repeat(32), "bytes": 1, "source": "s", "why": "w"});
    world.ask(Role::Responder, request(take)).unwrap();
    let code = |no: No| no.refusal().code();
    assert_eq!(world.ask(Role::Practice, item("request_destruction")).map_err(code), Err("kept"));
    world.ask(Role::Attorney, request(json!({"command": "place_hold", "reason": "a claim"}))).unwrap();
    world.pass_minutes(7 * 366 * 1_440);
    assert_eq!(world.ask(Role::Practice, item("request_destruction")).map_err(code), Err("kept"), "held");
    world.ask(Role::Attorney, request(json!({"command": "lift_hold", "reason": "settled"}))).unwrap();
    world.ask(Role::Practice, item("request_destruction")).unwrap();
    assert_eq!(world.ask(Role::Practice, confirm()).map_err(code), Err("same_person"));
    world.ask(Role::Attorney, item("place_hold")).unwrap();
    assert_eq!(world.ask(Role::Lead, confirm()).map_err(code), Err("kept"), "a hold in between counts");
    world.ask(Role::Attorney, item("lift_hold")).unwrap();
    world.ask(Role::Lead, confirm()).unwrap();
    assert!(world.state.evidence.values().all(incident::Evidence::is_destroyed));
    assert!(world.ask(Role::Practice, item("request_destruction")).is_err());
}

#[test]
fn changed_evidence_that_comes_back_is_recorded_as_changed() {
    let mut world = open();
    let id = EvidenceId::from_u128(3).to_string();
    for step in [
        json!({"command": "take_evidence", "evidence": id, "digest": "00".repeat(32), "bytes": 1, "source": "s", "why": "w"}),
        json!({"command": "hand_over_evidence", "evidence": id, "to": "lab", "why": "w"}),
    ] {
        world.ask(Role::Responder, request(step)).unwrap();
    }
    assert!(world.state.missing_for_closing().iter().any(|missing| missing.contains("with lab")));
    let back =
        json!({"command": "receive_evidence_back", "evidence": id, "from": "lab", "digest": "11".repeat(32)});
    let events = world.ask(Role::Responder, request(back)).unwrap();
    assert!(events[0].describe(&world.state).contains("CHANGED"));
}

#[test]
fn what_is_privileged_is_not_in_the_state_of_those_who_may_not_read_it() {
    let mut world = open();
    let note = json!({"command": "write_note", "digest": "00".repeat(32), "bytes": 5, "privileged": true});
    let events = world.ask(Role::Attorney, request(note)).unwrap();
    let Event::NoteWritten { note, .. } = events[0] else { panic!() };
    assert!(events[0].privileged());
    let decide = json!({"command": "decide_breach", "answer": "undetermined", "reasons": ["secret"], "privileged": true});
    world.ask(Role::Attorney, request(decide)).unwrap();
    let seen = world.state.without_privileged();
    assert!(seen.notes.is_empty() && !serde_json::to_string(&seen).unwrap().contains("secret"));
    assert!(seen.breach_decision().is_some(), "that it was decided is no secret");
    let revise =
        json!({"command": "revise_note", "note": note, "digest": "11".repeat(32), "bytes": 6, "reason": "r"});
    let refused = world.ask(Role::Responder, request(revise.clone())).unwrap_err().refusal();
    assert_eq!(refused.code(), "unknown", "whoever may not read it is not told that it exists");
    let events = world.ask(Role::Attorney, request(revise)).unwrap();
    assert!(events[0].privileged(), "a revision is as privileged as the note");
}

#[test]
fn blank_and_endless_texts_are_refused() {
    let mut world = open();
    for text in [String::new(), " \n".into(), "x".repeat(8_001)] {
        let finding =
            json!({"command": "suspect", "subject": {"what": "system", "system": "a"}, "why": text});
        assert_eq!(world.ask(Role::Responder, request(finding)).unwrap_err().refusal().code(), "invalid");
    }
}

#[test]
fn approval_beforehand_holds_only_for_the_kind_of_incident_it_was_given_for() {
    let mut world = open();
    let propose = json!({"command": "propose_containment", "measure": "isolate_host", "why": "w",
        "target": {"on": "system", "system": "files"}});
    let events = world.ask(Role::Responder, request(propose)).unwrap();
    let Event::ContainmentProposed { action, preapproved, .. } = &events[0] else { panic!() };
    assert!(!preapproved, "malware is not in the plan");
    let apply = json!({"command": "apply_containment", "action": action});
    assert_eq!(
        world.ask(Role::Responder, request(apply.clone())).unwrap_err().refusal().code(),
        "needs_approval"
    );
    let revise = json!({"command": "revise_kind", "incident_kind": "ransomware", "reason": "the note"});
    world.ask(Role::Responder, request(revise)).unwrap();
    let events = world.ask(Role::Responder, request(apply)).unwrap();
    assert!(matches!(events[0], Event::ContainmentApplied { preapproved: true, .. }));
}

#[test]
fn obligations_computed_again_without_a_change_leave_no_entry() {
    let mut world = open();
    let set = |due: &str| {
        request(json!({"command": "set_obligations", "law_tables_as_of": "2026-01-01", "duties": [
            {"duty": "individual_notice", "regime": "hipaa", "due": due, "citation": "45 CFR 164.404(b)"}]}))
    };
    assert_eq!(world.ask(Role::Lead, set("2026-03-01")).unwrap().len(), 1);
    assert_eq!(world.ask(Role::Lead, set("2026-03-01")).unwrap().len(), 0);
    let events = world.ask(Role::Lead, set("2026-02-01")).unwrap();
    assert!(events[0].describe(&world.state).contains("due 2026-02-01, was 2026-03-01"));
    assert_eq!(world.state.obligations.len(), 1);
    let clocks = world.state.clocks(&world.practice, crate::world::at("2026-02-02T05:00:00Z"));
    let clock = clocks.iter().find(|clock| clock.what.contains("individual notice")).unwrap();
    assert!(clock.late, "the day ended at midnight in Ohio");
    assert_eq!(clock.due_at, Some(crate::world::at("2026-02-02T04:59:59Z")));
}
