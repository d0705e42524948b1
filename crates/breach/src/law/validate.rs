//! Reads the tables and checks that they hold together: what a lawyer who amends a rule would want to be told before
//! it is released.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Anchor, Clock, Condition, ExemptionCondition, ExemptionMode, FederalRule, Jurisdiction, Law, OtherDuty,
    Sources, StateRule, Tables, UnderHipaa,
};
use crate::{
    day::BusinessDays,
    result::{Duty, Regime},
    worksheet::Form,
};

/// A table that cannot be read or does not hold together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("content/law/{file}: {what}")]
pub struct LawError {
    /// The file, relative to `content/law`.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

fn fault<T>(file: &str, what: impl Into<String>) -> Result<T, LawError> {
    Err(LawError { file: file.to_owned(), what: what.into() })
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, LawError> {
    toml::from_str(text).map_err(|error| LawError { file: file.to_owned(), what: error.to_string() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Federal {
    rule: Vec<FederalRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    duty: Vec<OtherDuty>,
}

pub(super) fn law(sources: &Sources<'_>) -> Result<Law, LawError> {
    let tables: Tables = parse("tables.toml", sources.tables)?;
    let Federal { rule: federal } = parse("federal.toml", sources.federal)?;
    let Other { duty: other } = parse("other.toml", sources.other)?;
    let form: Form = parse("hhs-form.toml", sources.form)?;
    let mut ids = BTreeSet::new();
    check_federal(&federal, &mut ids)?;
    let mut jurisdictions = BTreeMap::new();
    for (file, text) in sources.states {
        let jurisdiction: Jurisdiction = parse(file, text)?;
        check_jurisdiction(file, &jurisdiction, &mut ids)?;
        jurisdictions.insert(jurisdiction.code, jurisdiction);
    }
    form.check().or_else(|what| fault("hhs-form.toml", what))?;
    if other.iter().any(|duty| duty.title.is_empty() || duty.citation.is_empty()) {
        return fault("other.toml", "a duty without title or citation");
    }
    Ok(Law {
        as_of: tables.as_of,
        checked_to: tables.checked_to,
        federal,
        jurisdictions,
        other,
        form,
        groups: tables.groups,
        business: BusinessDays::new(tables.holidays),
    })
}

fn check_federal(rules: &[FederalRule], ids: &mut BTreeSet<String>) -> Result<(), LawError> {
    let file = "federal.toml";
    for rule in rules {
        let name = |what: &str| format!("rule {}: {what}", rule.id);
        if !ids.insert(rule.id.clone()) {
            return fault(file, name("the id is taken"));
        }
        if matches!(rule.regime, Regime::State(_)) {
            return fault(file, name("a State's rule belongs in its own file"));
        }
        if rule.citation.is_empty() || rule.standard.is_empty() || rule.source.is_empty() {
            return fault(file, name("citation, standard and source are needed"));
        }
        check_dates(file, &rule.id, rule.from, rule.until)?;
        check_clock(file, &rule.id, &rule.clock)?;
    }
    Ok(())
}

fn check_jurisdiction(file: &str, law: &Jurisdiction, ids: &mut BTreeSet<String>) -> Result<(), LawError> {
    if !file.ends_with(&format!("/{}.toml", law.code)) {
        return fault(file, format!("holds the law of {}", law.code));
    }
    if law.name != law.code.name() {
        return fault(file, format!("{} is {}, not {}", law.code, law.code.name(), law.name));
    }
    if law.rules.first().is_none_or(|rule| rule.duty != Duty::StateIndividualNotice) {
        return fault(file, "notice to individuals comes first; other clocks run from it");
    }
    if law.personal_information.is_empty() {
        return fault(file, "nothing counts as personal information");
    }
    for pair in law.personal_information.windows(2) {
        if let [earlier, later] = pair
            && earlier.until != Some(later.from)
        {
            return fault(file, "personal_information: one version ends on the day the next begins");
        }
    }
    let no_clause = law.hipaa.condition == ExemptionCondition::None;
    if matches!(law.hipaa.mode, ExemptionMode::None | ExemptionMode::ContentOnly) && !no_clause {
        return fault(file, "hipaa: a clause that excuses from nothing has no condition");
    }
    for rule in &law.rules {
        check_rule(file, law, rule, ids)?;
    }
    Ok(())
}

fn check_rule(
    file: &str,
    law: &Jurisdiction,
    rule: &StateRule,
    ids: &mut BTreeSet<String>,
) -> Result<(), LawError> {
    let fault = |what: &str| fault(file, format!("rule {}: {what}", rule.id));
    if !ids.insert(rule.id.clone()) {
        return fault("the id is taken");
    }
    if !rule.id.starts_with(&law.code.code().to_ascii_lowercase()) {
        return fault("the id starts with the jurisdiction's code");
    }
    if rule.citation.is_empty() || rule.standard.is_empty() || rule.recipient.is_empty() {
        return fault("citation, standard and recipient are needed");
    }
    let of_a_state = matches!(
        rule.duty,
        Duty::StateIndividualNotice
            | Duty::StateAgencyNotice
            | Duty::StateFacilityNotice
            | Duty::ConsumerReportingAgencyNotice
    );
    if !of_a_state {
        return fault("not a State's duty");
    }
    let no_clause = law.hipaa.condition == ExemptionCondition::None;
    let excused = matches!(rule.phi, UnderHipaa::Satisfied | UnderHipaa::Advised | UnderHipaa::HealthOnly);
    if no_clause && excused && rule.until.is_none() {
        return fault("excused under HIPAA, but the State has no HIPAA clause");
    }
    if matches!(rule.when, Condition::Total(_) | Condition::AnyPerson) {
        return fault("a State counts its residents");
    }
    check_dates(file, &rule.id, rule.from, rule.until)?;
    check_clock(file, &rule.id, &rule.clock)
}

fn check_dates(file: &str, id: &str, from: Date, until: Option<Date>) -> Result<(), LawError> {
    match until {
        Some(until) if until <= from => fault(file, format!("rule {id}: ends before it begins")),
        _ => Ok(()),
    }
}

fn check_clock(file: &str, id: &str, clock: &Clock) -> Result<(), LawError> {
    let bad = match clock {
        Clock::After(after) => (after.days == 0).then_some("a clock of no days"),
        Clock::Hours(hours) => (hours.hours == 0 || hours.from != Anchor::Discovery)
            .then_some("a clock of hours runs from discovery"),
        Clock::Alongside(with) => {
            let act = matches!(with.act, Anchor::IndividualNotice | Anchor::HhsNotice);
            (!act).then_some("alongside needs an act: individual_notice or hhs_notice")
        }
        Clock::EarlierOf(clocks) => {
            for each in clocks {
                check_clock(file, id, each)?;
            }
            (clocks.len() < 2).then_some("earlier_of needs two clocks")
        }
        Clock::NoFixedLimit | Clock::YearEnd(_) | Clock::Contract(_) => None,
    };
    bad.map_or(Ok(()), |what| fault(file, format!("rule {id}: {what}")))
}
