//! Facts and law in, the whole answer out. Federal duties first, as State clocks may run from the letters or from the
//! notice to HHS; then every State with residents; then what is open, what is first, and how long to keep the file.
//! The work is one pass over the rules and takes no input but its arguments.

mod federal;
mod letters;
mod questions;
mod retention;
mod state;

use jiff::civil::Date;

use crate::{
    day::{between, plus},
    determination::{self, Ground},
    facts::{EntityKind, Facts},
    law::{Condition, Law},
    reckon::{Act, Clocks, Reckoning},
    result::{
        Assessment, Confidence, Counts, Discovery, Duty, FirstDue, NotDue, Obligation, OpenQuestion, Regime,
        SubstituteSize,
    },
    state::State,
};

/// Assesses the facts under the law in force on their dates. Pure; well under a millisecond.
#[must_use]
pub fn assess(facts: &Facts, law: &Law) -> Assessment {
    let mut engine = Engine::new(facts, law);
    engine.federal();
    engine.states();
    engine.open_questions();
    engine.finish()
}

/// What a rule contributes to an obligation, federal or State.
struct Of<'r> {
    duty: Duty,
    regime: Regime,
    jurisdiction: Option<State>,
    recipient: &'r str,
    standard: &'r str,
    citation: &'r str,
    confidence: Confidence,
    note: Option<String>,
}

struct Engine<'a> {
    facts: &'a Facts,
    law: &'a Law,
    ground: Ground,
    clocks: Clocks<'a>,
    /// A clock from the determination was used without one.
    determination_assumed: bool,
    /// A State whose law does not reach paper would be out of it on paper.
    medium_decides: bool,
    /// Somewhere the letters have a date: the federal ones.
    letters: Act,
    obligations: Vec<Obligation>,
    not_due: Vec<NotDue>,
    questions: Vec<OpenQuestion>,
}

impl<'a> Engine<'a> {
    fn new(facts: &'a Facts, law: &'a Law) -> Self {
        let associate = facts.business_associate.as_ref();
        let own = facts.entity.kind == EntityKind::BusinessAssociate;
        let discovery = facts.discovered.day;
        let ba_discovery = if own {
            Some(discovery.date)
        } else {
            associate.and_then(|ba| ba.discovery()).map(|day| day.date)
        };
        Self {
            facts,
            law,
            ground: determination::ground(facts),
            clocks: Clocks {
                business: &law.business,
                zone: &facts.entity.time_zone,
                holds: &facts.law_enforcement_holds,
                discovery,
                determined: facts.knowledge.determined_on.map(|day| day.date),
                associate: ba_discovery,
                subcontractor: associate.and_then(|ba| ba.subcontractor_discovered_on).map(|day| day.date),
                contract_days: associate.and_then(|ba| ba.contract_days),
                individual: Act::default(),
                hhs: Act::default(),
            },
            determination_assumed: false,
            medium_decides: false,
            letters: Act::default(),
            obligations: Vec::new(),
            not_due: Vec::new(),
            questions: Vec::new(),
        }
    }

    /// People in all; until somebody is counted, 500, the cautious reading.
    fn people(&self) -> u64 {
        match self.facts.individuals.total() {
            0 => 500,
            total => total,
        }
    }

    fn undeliverable(&self) -> u64 {
        self.facts.individuals.undeliverable_addresses.unwrap_or(0)
    }

    /// Whether the duty's condition is met; residents are those of the jurisdiction asked about.
    fn meets(&self, when: &Condition, residents: u64) -> bool {
        let people = &self.facts.individuals;
        let associate = self.facts.business_associate.as_ref();
        match when {
            Condition::AnyPerson => true,
            Condition::AnyResident => residents > 0,
            Condition::Residents(threshold) => threshold.met_by(residents),
            Condition::Total(threshold) => threshold.met_by(self.people()),
            Condition::HhsNotified => self.clocks.hhs.on.is_some(),
            Condition::NoHarmReliedOn => self.ground == Ground::LowProbability && residents > 0,
            Condition::LicensedFacility => self.facts.entity.state_licensed_facility != Some(false),
            Condition::AtBusinessAssociate => {
                associate.is_some() || self.facts.entity.kind == EntityKind::BusinessAssociate
            }
            Condition::AtSubcontractor => associate.is_some_and(|ba| {
                ba.subcontractor_discovered_on.is_some() || ba.subcontractor_told_ba_on.is_some()
            }),
            Condition::Undeliverable => self.undeliverable() > 0,
            Condition::KinAddressKnown => people.deceased.is_some_and(|dead| dead.kin_address_known > 0),
            Condition::ImminentMisuse => people.imminent_misuse == Some(true),
            Condition::EpcsCompromise => self.facts.entity.dea_registrant != Some(false),
        }
    }

    /// The day on which the facts say the duty was met.
    fn met_on(&self, of: &Of<'_>) -> Option<Date> {
        let sent = &self.facts.sent;
        let ba = self.facts.business_associate.as_ref();
        // One filing with HHS is the HIPAA one where both are due.
        let part2_alone = of.regime == Regime::Part2 && !determination::phi(self.facts);
        let small = sent.small_breach_report_on.or(sent.hhs_on);
        let day = match of.duty {
            Duty::IndividualNotice | Duty::StateIndividualNotice | Duty::NextOfKinNotice => {
                sent.individuals_on
            }
            Duty::StateFacilityNotice if of.recipient == "patients" => sent.individuals_on,
            Duty::MediaNotice => sent.media_on,
            Duty::HhsNotice => sent.hhs_on,
            Duty::HhsAnnualReport => small,
            Duty::Part2Notice if part2_alone => sent.hhs_on,
            Duty::Part2AnnualReport if part2_alone => small,
            Duty::SubstituteNotice => sent.substitute_posted_on,
            Duty::BaNoticeToCoveredEntity => ba.and_then(|ba| ba.notice_reached_entity_on),
            Duty::SubcontractorNoticeToBa => ba.and_then(|ba| ba.subcontractor_told_ba_on),
            _ => None,
        };
        day.map(|day| day.date)
    }

    fn owe(&mut self, of: Of<'_>, reckoned: Reckoning) {
        let met_on = self.met_on(&of);
        let late = met_on.zip(reckoned.due).map(|(met, due)| between(due, met)).filter(|&days| days > 0);
        // How a hold resumes the clock is nowhere settled.
        let confidence = if reckoned.held_until.is_some() {
            of.confidence.max(Confidence::Interpretation)
        } else {
            of.confidence
        };
        let letters = (of.duty == Duty::IndividualNotice).then(|| letters::plan(&self.facts.individuals));
        let posted = self.facts.sent.substitute_posted_on.filter(|_| of.duty == Duty::SubstituteNotice);
        self.obligations.push(Obligation {
            duty: of.duty,
            regime: of.regime,
            jurisdiction: of.jurisdiction,
            recipient: of.recipient.to_owned(),
            due: reckoned.due,
            due_at: reckoned.at,
            base_due: reckoned.base,
            held_until: reckoned.held_until,
            standard: of.standard.to_owned(),
            arithmetic: reckoned.arithmetic,
            citation: of.citation.to_owned(),
            confidence,
            late_by_days: late,
            projected: reckoned.projected,
            met_on,
            letters,
            post_through: posted.map(|day| plus(day.date, 89)),
            note: of.note,
        });
    }

    fn excuse(
        &mut self,
        duty: Duty,
        regime: Regime,
        jurisdiction: Option<State>,
        reason: impl Into<String>,
        citation: &str,
    ) {
        let reason = reason.into();
        let citation = citation.to_owned();
        self.not_due.push(NotDue { duty, regime, jurisdiction, reason, citation, advice: None });
    }

    fn ask(&mut self, fact: &str, why: impl Into<String>, assumed: impl Into<String>) {
        self.questions.push(OpenQuestion { fact: fact.to_owned(), why: why.into(), assumed: assumed.into() });
    }

    fn counts(&self) -> Counts {
        let people = &self.facts.individuals;
        let mut by_state = std::collections::BTreeMap::new();
        if let Some(given) = &people.by_state {
            by_state.extend(given.states.iter().map(|(state, &count)| (state.code().to_owned(), count)));
            by_state.extend(given.unknown.map(|count| ("unknown".to_owned(), count)));
        }
        let substitute_notice = match self.undeliverable() {
            0 => SubstituteSize::None,
            1..=9 => SubstituteSize::FewerThan10,
            _ => SubstituteSize::TenOrMore,
        };
        Counts { total: people.total(), by_state, substitute_notice }
    }

    fn finish(mut self) -> Assessment {
        let retain_until = self.retention();
        let first_due = self
            .obligations
            .iter()
            .filter(|each| each.duty != Duty::RecordRetention)
            .filter_map(|each| Some((each.due?, each)))
            .min_by_key(|(due, _)| *due)
            .map(|(on, each)| FirstDue {
                on,
                duty: each.duty,
                regime: each.regime,
                jurisdiction: each.jurisdiction,
            });
        Assessment {
            discovery: Discovery {
                on: self.facts.discovered.day.date,
                because: self.facts.discovered.because.to_owned(),
                citation: self.facts.discovered.citation.to_owned(),
            },
            determination: self.determination(),
            counts: self.counts(),
            obligations: self.obligations,
            not_due: self.not_due,
            open_questions: self.questions,
            first_due,
            retain_until,
            law_tables_as_of: self.law.as_of,
        }
    }
}
