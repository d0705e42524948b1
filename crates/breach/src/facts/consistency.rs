//! Facts that cannot all be true. The complaint points at the later of the two, or at the one that a person would
//! correct first; nothing is repaired silently.

use super::{Facts, FactsError};
use crate::{day::Day, determination};

pub(super) fn check(facts: &Facts) -> Result<(), FactsError> {
    time(facts)?;
    associate(facts)?;
    holds(facts)?;
    people(facts)?;
    after_discovery(facts, facts.discovered.day)?;
    if facts.individuals.by_state.is_none() && determination::notices_may_be_due(facts) {
        return Err(FactsError::at("/individuals/by_state", "missing; notices may be due"));
    }
    Ok(())
}

fn not_before(pointer: &str, later: Option<Day>, earlier: Option<Day>, what: &str) -> Result<(), FactsError> {
    match (later, earlier) {
        (Some(later), Some(earlier)) if later.date < earlier.date => {
            Err(FactsError::at(pointer, format!("{} is before {what} ({})", later.date, earlier.date)))
        }
        _ => Ok(()),
    }
}

/// Nobody knows of an event before it happened.
fn time(facts: &Facts) -> Result<(), FactsError> {
    let known = &facts.knowledge;
    let occurred = known.occurred_on;
    let what = "the event itself";
    for (pointer, day) in [
        ("/knowledge/known_on", known.known_on),
        ("/knowledge/workforce_known_on", known.workforce_known_on),
        ("/knowledge/diligence_on", known.diligence_on),
        ("/knowledge/agent_known_on", known.agent_known_on),
        ("/knowledge/determined_on", known.determined_on),
    ] {
        not_before(pointer, day, occurred, what)?;
    }
    // What an associate says of its own dates counts here only where it makes the entity's discovery.
    let because = facts.discovered.because;
    let pointer = format!("/{}", because.replace('.', "/"));
    let counts = because.starts_with("business_associate.").then_some(facts.discovered.day);
    not_before(&pointer, counts, occurred, what)
}

fn associate(facts: &Facts) -> Result<(), FactsError> {
    let Some(ba) = &facts.business_associate else { return Ok(()) };
    not_before(
        "/business_associate/subcontractor_told_ba_on",
        ba.subcontractor_told_ba_on,
        ba.subcontractor_discovered_on,
        "the subcontractor's discovery",
    )?;
    not_before(
        "/business_associate/notice_reached_entity_on",
        ba.notice_reached_entity_on,
        ba.discovery(),
        "the business associate's discovery",
    )
}

fn holds(facts: &Facts) -> Result<(), FactsError> {
    for (at, hold) in facts.law_enforcement_holds.iter().enumerate() {
        let pointer = format!("/law_enforcement_holds/{at}/until");
        not_before(&pointer, hold.until, Some(hold.stated_on), "the statement")?;
    }
    Ok(())
}

/// Subsets are no larger than their set.
fn people(facts: &Facts) -> Result<(), FactsError> {
    let people = &facts.individuals;
    let total = people.total();
    let dead = people.deceased.unwrap_or_default();
    let more = |name: &str, count: u64, most: u64, of: &str| {
        if count > most {
            let pointer = format!("/individuals/{name}");
            return Err(FactsError::at(pointer, format!("{count} is more than the {most} {of}")));
        }
        Ok(())
    };
    let all = "people in by_state";
    let minors = people.minors.unwrap_or(0);
    more("minors", minors, total, all)?;
    more("minors_consented_alone", people.minors_consented_alone.unwrap_or(0), minors, "minors")?;
    more("email_agreed", people.email_agreed.unwrap_or(0), total, all)?;
    more("deceased/kin_address_known", dead.kin_address_known, total, all)?;
    more("deceased/kin_address_unknown", dead.kin_address_unknown, total, all)?;
    more("deceased", dead.kin_address_known + dead.kin_address_unknown, total, all)?;
    let living = total - dead.kin_address_known - dead.kin_address_unknown;
    more("undeliverable_addresses", people.undeliverable_addresses.unwrap_or(0), living, "living people")
}

/// Nothing is decided or sent before the breach is discovered.
fn after_discovery(facts: &Facts, discovered: Day) -> Result<(), FactsError> {
    let sent = &facts.sent;
    let decided = facts.event.risk_assessment.as_ref().and_then(|record| record.decided_on);
    for (pointer, day) in [
        ("/knowledge/determined_on", facts.knowledge.determined_on),
        ("/event/risk_assessment/decided_on", decided),
        ("/sent/individuals_on", sent.individuals_on),
        ("/sent/hhs_on", sent.hhs_on),
        ("/sent/media_on", sent.media_on),
        ("/sent/substitute_posted_on", sent.substitute_posted_on),
        ("/sent/small_breach_report_on", sent.small_breach_report_on),
    ] {
        not_before(pointer, day, Some(discovered), "the discovery")?;
    }
    Ok(())
}
