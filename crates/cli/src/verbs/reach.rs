//! Proof that a person at a terminal can give every command there is: each line below is parsed as a shell would hand it
//! over and its request built; the commands are counted against the description of `incident::Request` itself.

use std::collections::BTreeSet;

use clap::Parser as _;
use incident::{Request, State};
use kernel::{IncidentId, PracticeId, Role};
use utoipa::PartialSchema as _;

use super::ask::{About, Ask};
use crate::arguments::{Tourniquet, Verb};

const ID: &str = "01JQ3V5T8Z6F0M2N4P7R9S1WXY";
const SHA: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A line for each command that one verb gives in one step. `ID` and `SHA` stand for an id and a digest.
const LINES: &[&str] = &[
    "incident detach x ID --reason r",
    "incident kind x outage --reason r",
    "incident severity x high --reason r",
    "engage call x counsel --name n --means telephone",
    "engage answer x ID",
    "suspect x --system s --why w",
    "confirm x --account a --why w",
    "clear x --indicator md5:00 --why w",
    "contain propose x isolate-host --system s --why w",
    "contain approve x ID",
    "contain withdraw x ID --reason r",
    "contain apply x ID",
    "contain break-glass x ID --reason r",
    "contain verify x ID --how h",
    "contain fail x ID --reason r",
    "contain undo x ID --reason r",
    "finding record x impact --text t",
    "finding revise x ID impact --text t --reason r",
    "evidence hand-over x ID --to t --why w",
    "evidence receive x ID --from f --file SHA",
    "evidence examine x ID --purpose p",
    "evidence release x ID --to t --why w",
    "evidence hold x --reason r",
    "evidence lift-hold x ID --reason r",
    "evidence retain x ID --until 2033-01-01 --reason r",
    "evidence destroy request x ID --reason r",
    "evidence destroy confirm x ID",
    "evidence destroy withdraw x ID --reason r",
    "eradicate system x s patched --what w",
    "eradicate account x a password_reset --what w",
    "eradicate clean x s",
    "recover restore-point x s --name n --source s --taken-at 2026-09-10T01:30:00Z",
    "recover verify-point x s --how h",
    "recover restored x s",
    "recover gate x s monitored --how h",
    "recover sign x s --statement t",
    "recover waive x s patched --reason r",
    "recover return x s",
    "recover watch x s --until 2026-10-10T01:30:00Z --what w",
    "recover observe x s --text t",
    "recover clear x s --why w",
    "recover recurrence x --system s --what w",
    "recover retire x s --reason r",
    "recover return-account x a",
    "recover retire-account x a --reason r",
    "breach decide x breach --reason r",
    "breach met x ID --on 2026-10-02 --proof SHA --note n",
    "breach not-due x ID --reason r",
    "learn root-cause x --text t",
    "learn remediate x --what w --owner o --due 2026-10-01",
    "learn done x ID --how h",
    "learn runbook x ransomware --change c",
    "learn report x --what w --to t --file SHA",
    "retention set x 2033-03-31 --reason r",
    "incident close x",
    "incident reopen x --reason r",
];

/// Commands whose verbs do more than one step: they read bytes, compute, or look an alert up first.
const ELSEWHERE: &[(&str, &str)] = &[
    ("declare", "incident declare --title t --kind outage --reason r"),
    ("attach_alert", "incident attach x ID --reason r"),
    ("take_evidence", "evidence take x file --source s --why w"),
    ("write_note", "note write x text"),
    ("revise_note", "note revise x ID text --reason r"),
    ("send_situation_report", "situation send x text --to t"),
    ("set_obligations", "breach obligations x --facts facts.json"),
    ("state_facts", "breach facts set x facts.json --reason r"),
    ("prepare_factors", "breach factors x --write factors.json"),
    ("recommend_probability", "breach recommend x low --because b"),
    ("determine_probability", "breach determine x more-than-low"),
    ("state_condition", "breach condition x not_retained good_faith --met yes --because b"),
    ("begin_mailing", "breach mail import x recipients.csv"),
    ("record_mail", "breach mail sent x all --on 2026-05-01"),
];

fn parse(line: &str) -> Verb {
    let words = line.split(' ').map(|word| match word {
        "ID" => ID,
        "SHA" => SHA,
        word => word,
    });
    let parsed = Tourniquet::try_parse_from(std::iter::once("tourniquet").chain(words));
    parsed.unwrap_or_else(|error| panic!("{line}: {error}")).verb
}

fn ask(verb: Verb) -> Option<Ask> {
    match verb {
        Verb::Incident(verb) => verb.ask().ok(),
        Verb::Engage(verb) => verb.ask(),
        Verb::Suspect(args) => Some(args.ask()),
        Verb::Confirm(args) => Some(args.confirm()),
        Verb::Clear(args) => Some(args.clear()),
        Verb::Contain(verb) => verb.ask(),
        Verb::Finding(verb) => verb.ask(),
        Verb::Evidence(verb) => verb.ask().ok(),
        Verb::Eradicate(verb) => Some(verb.ask()),
        Verb::Recover(verb) => verb.ask(),
        Verb::Breach(verb) => verb.ask().ok(),
        Verb::Learn(verb) => verb.ask(),
        Verb::Retention(verb) => verb.ask().ok(),
        _ => None,
    }
}

fn word(request: &Request) -> String {
    serde_json::to_value(request).unwrap()["command"].as_str().unwrap().to_owned()
}

/// The words of `command` in the description of the request.
fn commands() -> BTreeSet<String> {
    fn walk(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(members) => {
                if let Some(words) = members.get("command").and_then(|command| command.get("enum")) {
                    found.extend(
                        words.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()),
                    );
                }
                members.values().for_each(|value| walk(value, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(&serde_json::to_value(Request::schema()).unwrap(), &mut found);
    found
}

#[test]
fn every_command_of_an_incident_can_be_given_at_the_terminal() {
    let state = State::new(IncidentId::from_u128(1), PracticeId::from_u128(1));
    let about = About { state: &state, role: Role::Lead };
    let mut reached = BTreeSet::new();
    for line in LINES {
        let ask = ask(parse(line)).unwrap_or_else(|| panic!("{line} gives no command"));
        let request = (ask.build)(&about).unwrap_or_else(|failure| panic!("{line}: {failure:?}"));
        assert!(reached.insert(word(&request)), "{line} gives what another line gives");
    }
    for (command, line) in ELSEWHERE {
        parse(line);
        assert!(reached.insert((*command).to_owned()), "{command} is reached twice");
    }
    let all = commands();
    assert!(all.len() > 60, "{all:?}");
    assert_eq!(reached, all);
}

#[test]
fn any_command_can_be_given_as_json() {
    let state = State::new(IncidentId::from_u128(1), PracticeId::from_u128(1));
    let line = r#"{"command":"declare_clean","system":"WS-1"}"#;
    let parsed = Tourniquet::try_parse_from(["tourniquet", "incident", "command", "open", line]).unwrap();
    let request = (ask(parsed.verb).unwrap().build)(&About { state: &state, role: Role::Lead }).unwrap();
    assert_eq!(word(&request), "declare_clean");
    for bad in [
        r#"{"command":"declare_clean"}"#,
        r#"{"command":"no_such"}"#,
        r#"{"command":"close","x":1}"#,
        "{",
        "",
    ] {
        let parsed = Tourniquet::try_parse_from(["tourniquet", "incident", "command", "open", bad]).unwrap();
        let built = (ask(parsed.verb).unwrap().build)(&About { state: &state, role: Role::Lead });
        assert!(matches!(built, Err(crate::failure::Failure::Usage(_))), "{bad}");
    }
}
