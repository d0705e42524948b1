//! The law tables: complete, and refused where they do not hold together.

use breach::{
    Law,
    law::{ExemptionMode, Sources},
    state::State,
};

use crate::law;

#[test]
fn fifty_four_jurisdictions_have_their_law_and_two_territories_have_none() {
    let without: Vec<_> = State::all().filter(|state| !law().jurisdictions.contains_key(state)).collect();
    assert_eq!(without.iter().map(|state| state.code()).collect::<Vec<_>>(), ["AS", "MP"]);
    assert_eq!(law().jurisdictions.len(), 54);
    assert_eq!(law().as_of.to_string(), "2026-11-22");
    assert!(law().other.iter().any(|duty| duty.id == "insurer"));
}

#[test]
fn every_hipaa_clause_says_where_it_stands_and_on_what_it_depends() {
    for jurisdiction in law().jurisdictions.values() {
        let clause = &jurisdiction.hipaa;
        assert!(!clause.citation.is_empty() && clause.text.ends_with('.'), "{}", jurisdiction.code);
        let excuses = !matches!(clause.mode, ExemptionMode::None | ExemptionMode::ContentOnly);
        // Maine's clause is there, and is not relied on.
        let relied_on = clause.condition.as_str() != "none";
        assert_eq!(excuses, relied_on || jurisdiction.code.code() == "ME", "{}", jurisdiction.code);
    }
}

const OHIO: &str = include_str!("../../../../content/law/states/OH.toml");

fn read(ohio: &str) -> Result<Law, String> {
    let own = [("states/OH.toml", ohio)];
    let sources = Sources {
        tables: include_str!("../../../../content/law/tables.toml"),
        federal: include_str!("../../../../content/law/federal.toml"),
        other: include_str!("../../../../content/law/other.toml"),
        form: include_str!("../../../../content/law/hhs-form.toml"),
        states: &own,
    };
    Law::read(&sources).map_err(|error| error.to_string())
}

#[test]
fn an_amendment_with_a_slip_is_refused_by_file_and_rule() {
    assert!(read(OHIO).is_ok());
    for (from, to, says) in [
        ("code = \"OH\"", "code = \"KY\"", "holds the law of KY"),
        ("name = \"Ohio\"", "name = \"Iowa\"", "is Ohio, not Iowa"),
        ("id = \"oh-credit-bureaus\"", "id = \"oh-individual\"", "the id is taken"),
        ("id = \"oh-individual\"", "id = \"ohio\"", ""),
        ("more_than = 1000", "more_then = 1000", "more_then"),
        ("from = \"discovery\" } }", "from = \"dicsovery\" } }", "dicsovery"),
        ("days = 45", "days = 0", "a clock of no days"),
        ("condition = \"subject\"", "condition = \"none\"", "no HIPAA clause"),
        ("duty = \"consumer_reporting_agency_notice\"", "duty = \"hhs_notice\"", "not a State's duty"),
        ("confidence = \"settled\"", "confidence = \"sure\"", "sure"),
        ("paper = false", "paper = false\npapers = true", "papers"),
    ] {
        assert!(OHIO.contains(from), "{from}");
        let amended = OHIO.replacen(from, to, 1);
        match read(&amended) {
            Ok(_) => assert!(says.is_empty(), "{to} was taken"),
            Err(error) => {
                assert!(error.contains("states/OH.toml") && error.contains(says), "{error}");
            }
        }
    }
}

#[test]
fn a_rule_that_ends_hands_over_to_the_next_on_that_day() {
    let amended = OHIO.replacen(
        "from = \"2007-03-30\"\nstandard",
        "from = \"2007-03-30\"\nuntil = \"2007-03-30\"\nstandard",
        1,
    );
    assert_ne!(amended, OHIO);
    assert!(read(&amended).unwrap_err().contains("ends before it begins"));
}
