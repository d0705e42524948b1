//! A worksheet for each State agency and facility report that is due: the particulars that agencies ask for, filled
//! from the facts, and what this one asks for besides, from the law tables. The agencies' own forms and portals change;
//! this is what one has at hand when filling them in.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    facts::{Element, EventKind, Facts, ProtectionMethod},
    law::Law,
    result::{Assessment, Confidence, Duty, Obligation},
    state::State,
};

/// The worksheet for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencySheet {
    /// The State.
    pub jurisdiction: State,
    /// The agency.
    pub recipient: String,
    /// The last lawful day.
    pub due: Option<Date>,
    /// What the law says of the time.
    pub standard: String,
    /// Where that stands.
    pub citation: String,
    /// How sure the table is.
    pub confidence: Confidence,
    /// What this agency asks for besides.
    pub asks: Vec<String>,
    /// The particulars, in order.
    pub lines: Vec<AgencyLine>,
}

/// One particular.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyLine {
    /// What is asked.
    pub label: String,
    /// The answer; `None` is for the practice to fill in.
    pub answer: Option<String>,
}

/// The worksheets of all State agency and facility reports that are due.
#[must_use]
pub fn sheets(facts: &Facts, assessment: &Assessment, law: &Law) -> Vec<AgencySheet> {
    assessment
        .obligations
        .iter()
        .filter(|each| matches!(each.duty, Duty::StateAgencyNotice | Duty::StateFacilityNotice))
        .filter_map(|each| sheet(each, each.jurisdiction?, facts, assessment, law))
        .collect()
}

fn sheet(
    of: &Obligation,
    state: State,
    facts: &Facts,
    assessment: &Assessment,
    law: &Law,
) -> Option<AgencySheet> {
    let rules = &law.jurisdictions.get(&state)?.rules;
    let rule = rules.iter().find(|rule| {
        rule.duty == of.duty && rule.recipient == of.recipient && rule.standard == of.standard
    })?;
    Some(AgencySheet {
        jurisdiction: state,
        recipient: of.recipient.clone(),
        due: of.due,
        standard: of.standard.clone(),
        citation: of.citation.clone(),
        confidence: of.confidence,
        asks: rule.asks.clone(),
        lines: lines(state, facts, assessment),
    })
}

fn lines(state: State, facts: &Facts, assessment: &Assessment) -> Vec<AgencyLine> {
    let day = |day: Option<crate::day::Day>| day.map(|day| day.date.to_string());
    let residents = facts.individuals.by_state.as_ref().and_then(|counts| counts.states.get(&state));
    let elements = facts
        .individuals
        .elements
        .as_ref()
        .map(|list| list.iter().map(|&element| plain(element)).collect::<Vec<_>>().join(", "));
    let protected = facts.event.protection.as_ref().map(|protection| {
        let encrypted = protection.method == ProtectionMethod::Encryption;
        if encrypted { "encrypted; see the facts for the key" } else { "not encrypted" }.to_owned()
    });
    let held = match facts.law_enforcement_holds.last() {
        Some(hold) => format!("yes, {} statement of {}", hold.form, hold.stated_on.date),
        None => "no".to_owned(),
    };
    [
        ("Name of the entity", facts.entity.name.clone()),
        ("Address and point of contact", None),
        ("State of the entity", Some(facts.entity.state.name().to_owned())),
        ("What happened", Some(what(facts.event.kind).to_owned())),
        ("Where it happened: at the entity or a vendor", Some(place(facts).to_owned())),
        ("Date of the breach", day(facts.knowledge.occurred_on)),
        ("Date of discovery", Some(assessment.discovery.on.to_string())),
        ("Date of the determination", day(facts.knowledge.determined_on)),
        ("Residents affected", residents.map(u64::to_string)),
        ("People affected in all", Some(assessment.counts.total).filter(|&n| n > 0).map(|n| n.to_string())),
        ("Kinds of information", elements),
        ("Protection of the information", protected),
        ("Date of the notice to individuals", day(facts.sent.individuals_on)),
        ("Delayed at the request of law enforcement", Some(held)),
        ("Steps taken and planned", None),
        ("Services offered to individuals, such as credit monitoring, and for how long", None),
        ("Copy of the notice to individuals attached", None),
    ]
    .into_iter()
    .map(|(label, answer)| AgencyLine { label: label.to_owned(), answer })
    .collect()
}

const fn what(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Ransomware => "ransomware",
        EventKind::Hacking => "intrusion into computer systems",
        EventKind::BusinessEmailCompromise => "a mailbox was taken over",
        EventKind::Theft => "theft",
        EventKind::Loss => "loss",
        EventKind::Snooping => "access by somebody inside without a reason",
        EventKind::Misdirected => "sent to the wrong recipient",
        EventKind::ImproperDisposal => "improper disposal",
        EventKind::UnauthorizedAccess => "unauthorized access or disclosure",
        EventKind::VendorBreach => "breach at a vendor",
        EventKind::EpcsCompromise => "electronic prescribing was compromised",
        EventKind::Other => "see the description",
    }
}

fn place(facts: &Facts) -> &'static str {
    let vendor = facts.business_associate.is_some() || facts.event.kind == EventKind::VendorBreach;
    if vendor { "at a vendor (business associate)" } else { "at the entity" }
}

/// An element in plain words, for a form and for a letter.
#[must_use]
pub const fn plain(element: Element) -> &'static str {
    match element {
        Element::Name => "name",
        Element::Address => "address",
        Element::Dob => "date of birth",
        Element::Ssn => "Social Security number",
        Element::DriversLicense => "driver's license or State identification number",
        Element::Passport => "passport number",
        Element::AccountNumber => "bank account number",
        Element::CardNumber => "payment card number",
        Element::Biometric => "biometric data",
        Element::MedicalRecordNumber => "medical record number",
        Element::Diagnosis => "diagnosis",
        Element::Treatment => "treatment",
        Element::Medication => "medication",
        Element::LabResult => "laboratory results",
        Element::HealthInsurance => "health insurance information",
        Element::Claim => "claims information",
        Element::OnlineCredentials => "user name or e-mail address with password",
        Element::Other => "other information",
    }
}
