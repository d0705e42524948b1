//! What the facts and the assessment answer of the form by themselves. What they do not say stays blank.

use std::collections::BTreeMap;

use super::{Answer, Origin};
use crate::{
    facts::{Element, EntityKind, EventKind, Facts, Medium},
    result::{Assessment, Duty, SubstituteSize},
};

type Answers = BTreeMap<String, (Answer, Origin)>;

pub(super) fn derive(facts: &Facts, assessment: &Assessment, part2: bool) -> Answers {
    let mut out = Answers::new();
    contact(&mut out, facts, part2);
    breach(&mut out, facts, assessment);
    information(&mut out, facts);
    notice(&mut out, facts, assessment);
    out
}

fn put(out: &mut Answers, id: &str, answer: Answer, origin: Origin) {
    out.insert(id.to_owned(), (answer, origin));
}

fn text(out: &mut Answers, id: &str, text: &str, origin: Origin) {
    put(out, id, Answer::Text(text.to_owned()), origin);
}

fn contact(out: &mut Answers, facts: &Facts, part2: bool) {
    text(out, "report_type", "Initial Breach Report", Origin::Facts);
    let role = match (facts.entity.kind, facts.business_associate.is_some(), part2) {
        (EntityKind::BusinessAssociate, _, false) => {
            "Business Associate that experienced a breach, filing on behalf of a Covered Entity"
        }
        (_, true, false) => "Covered Entity filing because your Business Associate experienced a breach",
        (_, false, false) => {
            "Covered Entity that experienced a breach, filing on behalf of your organization"
        }
        (EntityKind::BusinessAssociate, _, true) => {
            "Qualified Service Organization that experienced a breach, filing on behalf of a Part 2 Program"
        }
        (_, true, true) => {
            "Part 2 Program filing because your Qualified Service Organization experienced a breach"
        }
        (_, false, true) => "Part 2 Program that experienced a breach, filing on behalf of your organization",
    };
    text(out, "filer_role", role, Origin::Facts);
    if facts.entity.kind == EntityKind::CoveredEntity
        && let Some(name) = &facts.entity.name
    {
        text(out, "entity_name", name, Origin::Facts);
    }
    text(out, "state", facts.entity.state.name(), Origin::Facts);
}

fn breach(out: &mut Answers, facts: &Facts, assessment: &Assessment) {
    let total = assessment.counts.total;
    if total > 0 {
        let size = if total >= 500 { "500 or More Individuals" } else { "Fewer Than 500 Individuals" };
        text(out, "affecting", size, Origin::Assessment);
        put(out, "individuals", Answer::Number(total), Origin::Facts);
    }
    if let Some(day) = facts.knowledge.occurred_on {
        put(out, "breach_start", Answer::Date(day.date), Origin::Facts);
    }
    // Discovery is one day in law (45 CFR 164.404(a)(2)), though the form asks for two.
    for id in ["discovery_start", "discovery_end"] {
        put(out, id, Answer::Date(assessment.discovery.on), Origin::Assessment);
    }
    if let Some(kind) = breach_type(facts.event.kind) {
        put(out, "breach_type", Answer::Choices(vec![kind.to_owned()]), Origin::Facts);
    }
    let place = match (facts.event.kind, facts.event.medium) {
        (_, Some(Medium::Paper)) => Some("Paper/Films"),
        (EventKind::BusinessEmailCompromise, _) => Some("Email"),
        _ => None,
    };
    if let Some(place) = place {
        put(out, "location", Answer::Choices(vec![place.to_owned()]), Origin::Facts);
    }
}

/// The form's word for the kind of event; none where it does not follow from the kind alone.
const fn breach_type(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Ransomware
        | EventKind::Hacking
        | EventKind::BusinessEmailCompromise
        | EventKind::EpcsCompromise => Some("Hacking/IT Incident"),
        EventKind::Theft => Some("Theft"),
        EventKind::Loss => Some("Loss"),
        EventKind::ImproperDisposal => Some("Improper Disposal"),
        EventKind::Snooping | EventKind::Misdirected | EventKind::UnauthorizedAccess => {
            Some("Unauthorized Access/Disclosure")
        }
        EventKind::VendorBreach | EventKind::Other => None,
    }
}

fn information(out: &mut Answers, facts: &Facts) {
    let Some(elements) = &facts.individuals.elements else { return };
    let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for &element in elements {
        let (group, id, choice) = place(element);
        let list = groups.entry((group, id)).or_default();
        if !list.iter().any(|each| each == choice) {
            list.push(choice.to_owned());
        }
    }
    let types = groups.keys().map(|(group, _)| (*group).to_owned()).collect();
    put(out, "phi_type", Answer::Choices(types), Origin::Facts);
    for ((_, id), choices) in groups {
        let answer =
            if id == "phi_other" { Answer::Text(choices.join(", ")) } else { Answer::Choices(choices) };
        put(out, id, answer, Origin::Facts);
    }
}

/// Where the form puts an element: its group, the group's field, and the choice.
const fn place(element: Element) -> (&'static str, &'static str, &'static str) {
    match element {
        Element::Name => ("Demographic", "demographic", "Name"),
        Element::Address => ("Demographic", "demographic", "Address/ZIP"),
        Element::Dob => ("Demographic", "demographic", "Date of Birth"),
        Element::Ssn => ("Demographic", "demographic", "SSN"),
        Element::DriversLicense => ("Demographic", "demographic", "Drivers License"),
        Element::Passport | Element::Biometric | Element::MedicalRecordNumber | Element::HealthInsurance => {
            ("Demographic", "demographic", "Other Identifier")
        }
        Element::AccountNumber | Element::CardNumber => ("Financial", "financial", "Credit Card/Bank Acct #"),
        Element::Claim => ("Financial", "financial", "Claims Information"),
        Element::Diagnosis => ("Clinical", "clinical", "Diagnosis/Conditions"),
        Element::LabResult => ("Clinical", "clinical", "Lab Results"),
        Element::Medication => ("Clinical", "clinical", "Medications"),
        Element::Treatment => ("Clinical", "clinical", "Other Treatment Information"),
        Element::OnlineCredentials => ("Other", "phi_other", "online credentials"),
        Element::Other => ("Other", "phi_other", "other information"),
    }
}

fn notice(out: &mut Answers, facts: &Facts, assessment: &Assessment) {
    if let Some(day) = facts.sent.individuals_on {
        put(out, "notice_start", Answer::Date(day.date), Origin::Facts);
    }
    // Whether letters come back is known only once somebody has counted them.
    if facts.individuals.undeliverable_addresses.is_some() {
        let (required, size) = match assessment.counts.substitute_notice {
            SubstituteSize::None => ("No", None),
            SubstituteSize::FewerThan10 => ("Yes", Some("Fewer than 10")),
            SubstituteSize::TenOrMore => ("Yes", Some("10 or more")),
        };
        text(out, "substitute", required, Origin::Assessment);
        if let Some(size) = size {
            text(out, "substitute_size", size, Origin::Assessment);
        }
    }
    let states: Vec<String> = assessment
        .obligations
        .iter()
        .filter(|each| each.duty == Duty::MediaNotice)
        .filter_map(|each| each.jurisdiction.map(|state| state.name().to_owned()))
        .collect();
    text(out, "media", if states.is_empty() { "No" } else { "Yes" }, Origin::Assessment);
    if !states.is_empty() {
        put(out, "media_states", Answer::Choices(states), Origin::Assessment);
    }
}
