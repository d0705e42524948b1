//! Is it a breach? In the order of the regulation: are they PHI (or Part 2 or personal health records), were they
//! unsecured, was the use permitted, does an exception of 164.402(1) hold with every condition stated, does a signed
//! four-factor assessment show a low probability. Until it does, the breach is presumed.

use serde::{Deserialize, Serialize};

use crate::facts::{
    DataKind, EntityKind, Exception, ExceptionKind, Facts, Probability, Protection, ProtectionMethod,
    RiskAssessment,
};

/// The answer to the breach question, with its ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachDetermination)]
#[serde(deny_unknown_fields)]
pub struct Determination {
    /// PHI in the hands of a covered entity or business associate.
    pub phi: bool,
    /// Not secured by a method of the HHS guidance.
    pub unsecured: bool,
    /// A breach under 45 CFR 164.402, 42 CFR 2.11 or 16 CFR 318.2.
    pub breach: bool,
    /// Presumed: no low-probability assessment overrides it.
    pub presumed: bool,
    /// Why, in words.
    pub basis: String,
    /// The paragraph.
    pub citation: String,
}

/// The first ground on which the event is no breach, or the presumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// No PHI, no Part 2 record, no personal health record.
    NoProtectedData,
    /// PHI only by name: the entity is neither covered entity nor business associate.
    NotSubject,
    /// Secured.
    Secured,
    /// Permitted by subpart E.
    Permitted,
    /// An exception holds.
    Excepted,
    /// A signed assessment shows a low probability.
    LowProbability,
    /// A signed assessment shows more than a low probability.
    MoreThanLow,
    /// Presumed.
    Presumed,
}

impl Ground {
    /// Whether the event is a breach.
    pub(crate) const fn breach(self) -> bool {
        matches!(self, Self::MoreThanLow | Self::Presumed)
    }

    /// Whether nobody got at the data without permission, under State law too: secured, permitted or excepted.
    pub(crate) const fn harmless(self) -> bool {
        matches!(self, Self::Secured | Self::Permitted | Self::Excepted)
    }
}

/// PHI exist only in the hands of covered entities and business associates (45 CFR 160.103).
pub(crate) fn phi(facts: &Facts) -> bool {
    facts.event.has(DataKind::Phi) && facts.entity.kind != EntityKind::Neither
}

/// Personal health records under the FTC rule: tagged so, or tagged PHI by a vendor who is not subject to HIPAA.
pub(crate) fn phr(facts: &Facts) -> bool {
    let vendor = facts.entity.phr_vendor;
    (facts.event.has(DataKind::Phr) && vendor != Some(false))
        || (facts.entity.kind == EntityKind::Neither
            && facts.event.has(DataKind::Phi)
            && vendor == Some(true))
}

/// Part 2 records in a Part 2 program; whether the rule is in force that day is the assessment's to ask.
pub(crate) fn part2(facts: &Facts) -> bool {
    facts.event.has(DataKind::Part2) && facts.entity.part2_program != Some(false)
}

pub(crate) fn ground(facts: &Facts) -> Ground {
    let protected = [DataKind::Phi, DataKind::Part2, DataKind::Phr].iter().any(|&kind| facts.event.has(kind));
    if facts.event.protection.as_ref().is_some_and(secured) {
        return if protected { Ground::Secured } else { Ground::NoProtectedData };
    }
    match (protected, phi(facts) || part2(facts) || phr(facts)) {
        (false, _) => Ground::NoProtectedData,
        (true, false) => Ground::NotSubject,
        (true, true) => on_the_merits(facts),
    }
}

/// What remains of the question once protected data were involved and unsecured.
fn on_the_merits(facts: &Facts) -> Ground {
    if facts.event.permitted_use == Some(true) {
        return Ground::Permitted;
    }
    if facts.event.exception.as_ref().is_some_and(holds) {
        return Ground::Excepted;
    }
    match facts.event.risk_assessment.as_ref().filter(|record| complete(record)).and_then(|r| r.probability) {
        Some(Probability::Low) => Ground::LowProbability,
        Some(Probability::MoreThanLow) => Ground::MoreThanLow,
        None => Ground::Presumed,
    }
}

/// Whether State or federal notices may be due at all, so that people must be counted.
pub(crate) fn notices_may_be_due(facts: &Facts) -> bool {
    if facts.event.data == [DataKind::None] {
        return false;
    }
    let untouched = facts.event.permitted_use == Some(true)
        || facts.event.protection.as_ref().is_some_and(secured)
        || facts.event.exception.as_ref().is_some_and(holds);
    !untouched
}

/// The safe harbour, every condition stated (74 FR 19006): encryption to the guidance with the key safe and the data
/// closed, or destruction to the guidance. Redaction is neither.
pub(crate) fn secured(protection: &Protection) -> bool {
    match protection.method {
        ProtectionMethod::Encryption => {
            protection.meets_hhs_guidance == Some(true)
                && protection.key_compromised == Some(false)
                && protection.open_at_the_time == Some(false)
        }
        ProtectionMethod::Destruction => protection.meets_hhs_guidance == Some(true),
        ProtectionMethod::Redaction | ProtectionMethod::None => false,
    }
}

/// Every condition of the named exception is stated and met.
pub(crate) fn holds(exception: &Exception) -> bool {
    let not_further = exception.further_disclosure == Some(false);
    match exception.kind {
        ExceptionKind::GoodFaithWorkforce | ExceptionKind::InadvertentInternal => {
            exception.good_faith == Some(true) && exception.within_authority == Some(true) && not_further
        }
        ExceptionKind::NotRetained => {
            exception.good_faith == Some(true)
                && exception.could_retain == Some(false)
                && exception.further_disclosure != Some(true)
        }
    }
}

/// The members of an assessment that are still missing; it counts only without any.
pub(crate) fn missing(record: &RiskAssessment) -> Vec<&'static str> {
    let empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    let mut out = Vec::new();
    for (name, text) in [
        ("nature_of_phi", &record.nature_of_phi),
        ("unauthorized_person", &record.unauthorized_person),
        ("acquired_or_viewed", &record.acquired_or_viewed),
        ("mitigation", &record.mitigation),
        ("decided_by", &record.decided_by),
    ] {
        if empty(text) {
            out.push(name);
        }
    }
    if record.probability.is_none() {
        out.push("probability");
    }
    if record.decided_on.is_none() {
        out.push("decided_on");
    }
    out
}

fn complete(record: &RiskAssessment) -> bool {
    missing(record).is_empty()
}

/// The determination in the contract's words.
pub(crate) fn determine(facts: &Facts) -> Determination {
    let ground = ground(facts);
    let (basis, citation) = basis(facts, ground);
    let protected = phi(facts) || part2(facts) || phr(facts);
    Determination {
        phi: phi(facts),
        unsecured: protected && ground != Ground::Secured,
        breach: ground.breach(),
        presumed: ground.breach(),
        basis,
        citation: citation.to_owned(),
    }
}

fn basis(facts: &Facts, ground: Ground) -> (String, &'static str) {
    match ground {
        Ground::NoProtectedData => ("no PHI".to_owned(), "45 CFR 160.103"),
        Ground::NotSubject => (not_subject(facts), "45 CFR 160.103"),
        Ground::Secured => (secured_how(facts), "45 CFR 164.402 (unsecured PHI); 74 FR 19006"),
        Ground::Permitted => ("permitted by subpart E of 45 CFR part 164".to_owned(), "45 CFR 164.402"),
        Ground::Excepted => excepted(facts),
        Ground::LowProbability => (assessed(facts, "a low probability of compromise"), "45 CFR 164.402(2)"),
        Ground::MoreThanLow => {
            (assessed(facts, "more than a low probability of compromise"), "45 CFR 164.402(2)")
        }
        Ground::Presumed => ("presumed: no signed low-probability assessment".to_owned(), "45 CFR 164.402"),
    }
}

fn not_subject(facts: &Facts) -> String {
    if facts.event.has(DataKind::Phi) {
        "no PHI: the entity is neither a covered entity nor a business associate".to_owned()
    } else if facts.event.has(DataKind::Part2) {
        "no PHI, and Part 2 records at an entity that is not a Part 2 program".to_owned()
    } else {
        "no PHI, and health records at an entity that is not a vendor under the FTC rule".to_owned()
    }
}

fn secured_how(facts: &Facts) -> String {
    match facts.event.protection.as_ref().map(|protection| protection.method) {
        Some(ProtectionMethod::Destruction) => "secured: destroyed to the HHS guidance".to_owned(),
        _ => "secured: encrypted to the HHS guidance, key not compromised, not open at the time".to_owned(),
    }
}

fn excepted(facts: &Facts) -> (String, &'static str) {
    match facts.event.exception.as_ref().map(|exception| exception.kind) {
        Some(ExceptionKind::GoodFaithWorkforce) => (
            "exception: good-faith access by the workforce, within authority, nothing passed on".to_owned(),
            "45 CFR 164.402(1)(i)",
        ),
        Some(ExceptionKind::InadvertentInternal) => (
            "exception: inadvertent disclosure between authorised persons of the same entity, nothing passed on"
                .to_owned(),
            "45 CFR 164.402(1)(ii)",
        ),
        Some(ExceptionKind::NotRetained) | None => (
            "exception: good-faith belief that the recipient could not have kept it".to_owned(),
            "45 CFR 164.402(1)(iii)",
        ),
    }
}

fn assessed(facts: &Facts, found: &str) -> String {
    let record = facts.event.risk_assessment.as_ref();
    let by = record.and_then(|record| record.decided_by.as_deref()).unwrap_or("the attorney").trim();
    let on = record.and_then(|record| record.decided_on).map_or_else(String::new, |day| day.date.to_string());
    format!("four-factor assessment signed by {by} on {on}: {found}")
}
