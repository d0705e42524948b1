//! What should be found out. A question is asked only where the absent fact decides something in this event, and says
//! what was assumed meanwhile: the breach, the larger number, the earlier date.

use super::{Engine, state::own_letter};
use crate::{
    determination::{self, Ground},
    facts::{DataKind, Element, EntityKind, EventKind, Exception, ExceptionKind, ProtectionMethod},
    law::Condition,
    result::Regime,
};

impl Engine<'_> {
    pub(super) fn open_questions(&mut self) {
        self.ask_about_the_event();
        self.ask_about_the_entity();
        self.ask_about_time();
        self.ask_about_people();
    }

    /// Somebody may have to be told.
    fn open(&self) -> bool {
        self.facts.event.data != [DataKind::None]
            && !self.ground.harmless()
            && determination::notices_may_be_due(self.facts)
    }

    fn ask_about_the_event(&mut self) {
        if !self.open() {
            return;
        }
        let event = &self.facts.event;
        if event.permitted_use.is_none() {
            self.ask("/event/permitted_use", "a use that subpart E permits is no breach", "not permitted");
        }
        match &event.protection {
            None => self.ask(
                "/event/protection",
                "data encrypted or destroyed to the HHS guidance need no notice",
                "unsecured",
            ),
            Some(protection) => {
                for (fact, given, encryption_only) in [
                    ("/event/protection/meets_hhs_guidance", protection.meets_hhs_guidance, false),
                    ("/event/protection/key_compromised", protection.key_compromised, true),
                    ("/event/protection/open_at_the_time", protection.open_at_the_time, true),
                ] {
                    let asked = match protection.method {
                        ProtectionMethod::Encryption => true,
                        ProtectionMethod::Destruction => !encryption_only,
                        ProtectionMethod::Redaction | ProtectionMethod::None => false,
                    };
                    if asked && given.is_none() {
                        self.ask(fact, "a condition of the safe harbour", "not met: unsecured");
                    }
                }
            }
        }
        self.ask_about_the_decision();
        if self.medium_decides {
            self.ask(
                "/event/medium",
                "some State statutes leave out paper and the spoken word",
                "electronic",
            );
        }
    }

    fn ask_about_the_decision(&mut self) {
        let event = &self.facts.event;
        if let Some(exception) = &event.exception
            && !determination::holds(exception)
        {
            for fact in unstated(exception) {
                let pointer = format!("/event/exception/{fact}");
                self.ask(&pointer, "a condition of the exception", "not met: the exception does not hold");
            }
        }
        if self.ground != Ground::Presumed {
            return;
        }
        match &event.risk_assessment {
            None => self.ask(
                "/event/risk_assessment",
                "a signed four-factor assessment may show a low probability of compromise",
                "breach presumed",
            ),
            Some(record) => {
                for name in determination::missing(record) {
                    let pointer = format!("/event/risk_assessment/{name}");
                    self.ask(
                        &pointer,
                        "the assessment counts only when complete and signed",
                        "breach presumed",
                    );
                }
            }
        }
    }

    fn ask_about_the_entity(&mut self) {
        let (entity, event) = (&self.facts.entity, &self.facts.event);
        let open = self.open();
        if open && event.has(DataKind::Part2) && entity.part2_program.is_none() {
            self.ask(
                "/entity/part2_program",
                "only a Part 2 program owes the Part 2 notices",
                "a Part 2 program",
            );
        }
        let covered = entity.kind == EntityKind::CoveredEntity;
        if open && event.has(DataKind::Part2) && !event.has(DataKind::Phi) && covered {
            let why = "a covered entity's Part 2 records are PHI nearly always; HIPAA's own filings would be due too";
            self.ask("/event/data", why, "not PHI, as only part2 is listed");
        }
        if open && event.has(DataKind::Phr) && entity.phr_vendor.is_none() {
            self.ask(
                "/entity/phr_vendor",
                "the FTC rule binds vendors of personal health records",
                "a vendor",
            );
        }
        if event.kind == EventKind::EpcsCompromise && entity.dea_registrant.is_none() {
            self.ask(
                "/entity/dea_registrant",
                "a registrant tells DEA within one business day",
                "a registrant",
            );
        }
        let facility =
            self.law.jurisdictions.get(&entity.state).is_some_and(|law| {
                law.rules.iter().any(|rule| matches!(rule.when, Condition::LicensedFacility))
            });
        if open && facility && event.has(DataKind::Phi) && entity.state_licensed_facility.is_none() {
            let why = "a facility licensed by its State reports to the State and to patients in days";
            self.ask("/entity/state_licensed_facility", why, "licensed");
        }
        let Some(ba) = &self.facts.business_associate else { return };
        if covered && ba.role.is_none() {
            let why = "an agent's discovery is the entity's own; an independent contractor's is not";
            self.ask("/business_associate/role", why, "agent: the earlier date");
        }
        if covered && ba.discovery().is_none() {
            self.ask(
                "/business_associate/discovered_on",
                "the associate's own clock runs from it",
                "no date",
            );
        }
    }

    fn ask_about_time(&mut self) {
        if self.determination_assumed {
            let why = "some State clocks run from the determination that it is a breach";
            self.ask("/knowledge/determined_on", why, "the day of discovery: the earlier date");
        }
        let hours = self.obligations.iter().any(|each| each.due_at.is_some());
        if hours && self.facts.discovered.day.at.is_none() {
            self.ask(
                "/knowledge/known_on",
                "a statute counts hours from the discovery",
                "the first hour of the day",
            );
        }
    }

    fn ask_about_people(&mut self) {
        if !self.open() {
            return;
        }
        let people = &self.facts.individuals;
        let federal = self.breach();
        if people.total() == 0 {
            let why = "how many people are affected decides who is told and when";
            self.ask("/individuals/by_state", why, "500 or more");
        }
        if people.by_state.as_ref().is_some_and(|counts| counts.unknown.unwrap_or(0) > 0) {
            let why = "residence decides media notice and State duties";
            self.ask("/individuals/by_state/unknown", why, "counted in the total, in no State");
        }
        let state_law = self.obligations.iter().any(|each| matches!(each.regime, Regime::State(_)));
        match &people.elements {
            None => self.ask(
                "/individuals/elements",
                "State statutes name the elements they protect",
                "every element they name is involved",
            ),
            Some(list) => {
                if list.contains(&Element::Other) {
                    let why =
                        "an element listed as `other` may be personal information under a State statute";
                    self.ask("/individuals/elements", why, "not personal information under State law");
                }
                if !list.contains(&Element::Name) && state_law {
                    let why = "most State statutes ask for a name with the element";
                    self.ask("/individuals/elements", why, "the elements can be linked to a person");
                }
            }
        }
        if federal {
            self.ask_about_letters();
        }
        let event = &self.facts.event;
        let mixed =
            event.has(DataKind::Phi) && (event.has(DataKind::Employee) || event.has(DataKind::PaymentCard));
        if mixed && self.obligations.iter().any(own_letter) {
            let why = "State HIPAA clauses cover PHI alone, and the people are not counted by kind of data";
            self.ask("/event/data", why, "everybody's data were of both kinds");
        }
    }

    fn ask_about_letters(&mut self) {
        let people = &self.facts.individuals;
        if people.undeliverable_addresses.is_none() {
            let why =
                "letters that come back call for substitute notice; 10 or more for a posting of 90 days";
            self.ask("/individuals/undeliverable_addresses", why, "none so far");
        }
        if people.deceased.is_none() {
            let why = "letters for the dead go to their next of kin where the address is known";
            self.ask("/individuals/deceased", why, "none known");
        }
        if people.minors.is_none() {
            let why = "letters for minors go to a parent or guardian, unless the minor alone consented";
            self.ask("/individuals/minors", why, "none known");
        }
        if people.imminent_misuse.is_none() {
            self.ask(
                "/individuals/imminent_misuse",
                "imminent misuse calls for the telephone",
                "not imminent",
            );
        }
    }
}

/// The conditions of the named exception that are not stated.
fn unstated(exception: &Exception) -> Vec<&'static str> {
    let named: &[(&str, Option<bool>)] = match exception.kind {
        ExceptionKind::GoodFaithWorkforce | ExceptionKind::InadvertentInternal => &[
            ("good_faith", exception.good_faith),
            ("within_authority", exception.within_authority),
            ("further_disclosure", exception.further_disclosure),
        ],
        ExceptionKind::NotRetained => {
            &[("good_faith", exception.good_faith), ("could_retain", exception.could_retain)]
        }
    };
    named.iter().filter(|(_, given)| given.is_none()).map(|&(name, _)| name).collect()
}
