//! Federal duties: HIPAA, Part 2, the FTC rule and DEA.

use super::{Engine, Of};
use crate::{
    determination::{self, Determination, Ground},
    facts::{DataKind, EntityKind, EventKind},
    law::{Condition, FederalRule, covers},
    reckon::Act,
    result::{Confidence, Duty, Regime},
    state::State,
};

/// The compliance date of 42 CFR 2.16(b) as the tables have it is each rule's own; this says why it is not due.
const PART2: &str = "42 CFR 2.16(b)";

impl Engine<'_> {
    /// The determination, with Part 2's compliance date taken into account.
    pub(super) fn determination(&self) -> Determination {
        let mut out = determination::determine(self.facts);
        if out.breach && !self.breach() {
            out.breach = false;
            out.presumed = false;
            out.unsecured = self.ground != Ground::Secured;
            out.basis =
                "no PHI, and the breach rule for Part 2 records was not yet in force at discovery".to_owned();
            PART2.clone_into(&mut out.citation);
        }
        out
    }

    /// Whether HIPAA is asked at all.
    fn hipaa(&self) -> bool {
        determination::phi(self.facts)
    }

    fn part2_in_force(&self) -> bool {
        let rule = self.law.federal.iter().find(|rule| rule.regime == Regime::Part2);
        rule.is_some_and(|rule| covers(rule.from, rule.until, self.facts.discovered.day.date))
    }

    /// A breach under a federal rule in force.
    pub(super) fn breach(&self) -> bool {
        let facts = self.facts;
        let under_a_rule = self.hipaa()
            || (determination::part2(facts) && self.part2_in_force())
            || determination::phr(facts);
        self.ground.breach() && under_a_rule
    }

    /// A breach of PHI of which the entity itself owes the notices.
    pub(super) fn notifies_under_hipaa(&self) -> bool {
        self.hipaa() && self.ground.breach() && self.facts.entity.kind == EntityKind::CoveredEntity
    }

    pub(super) fn federal(&mut self) {
        self.hipaa_duties();
        self.part2_duties();
        self.ftc_duties();
        if self.facts.event.kind == EventKind::EpcsCompromise {
            self.dea_duties();
        }
    }

    fn hipaa_duties(&mut self) {
        let headline = [Duty::IndividualNotice, Duty::MediaNotice, Duty::HhsNotice, Duty::HhsAnnualReport];
        if !self.hipaa() || !self.ground.breach() {
            let mut what = determination::determine(self.facts);
            if !self.hipaa() && self.ground.breach() {
                // Another rule's breach: HIPAA is silent, whatever that rule presumes.
                what.basis = "HIPAA's rule does not ask: no PHI of an entity under it is involved".to_owned();
                "45 CFR 160.103".clone_into(&mut what.citation);
            }
            for duty in headline {
                self.excuse(duty, Regime::Hipaa, None, what.basis.clone(), &what.citation);
            }
            return;
        }
        let associate = self.facts.entity.kind == EntityKind::BusinessAssociate;
        if associate {
            for duty in headline {
                let reason = "the covered entity gives this notice; the associate tells the covered entity";
                self.excuse(duty, Regime::Hipaa, None, reason, "45 CFR 164.410");
            }
        }
        for rule in &self.law.federal {
            let chain = matches!(rule.duty, Duty::BaNoticeToCoveredEntity | Duty::SubcontractorNoticeToBa);
            if rule.regime == Regime::Hipaa && (chain || !associate) {
                let note = match rule.duty {
                    Duty::IndividualNotice => self.serves(),
                    Duty::BaNoticeToCoveredEntity => self.vendor_days(),
                    _ => None,
                };
                self.apply(rule, note);
            }
        }
    }

    /// What the HIPAA letters serve besides.
    fn serves(&self) -> Option<String> {
        let part2 = determination::part2(self.facts) && self.part2_in_force();
        let also = match (part2, determination::phr(self.facts)) {
            (true, true) => "42 CFR part 2 and the FTC rule",
            (true, false) => "42 CFR part 2",
            (false, true) => "the FTC rule",
            (false, false) => return None,
        };
        Some(format!(
            "The same letters serve {also} where the data are PHI too; only the filings are separate."
        ))
    }

    /// State law may give the vendor fewer days.
    fn vendor_days(&self) -> Option<String> {
        let counts = self.facts.individuals.by_state.as_ref()?;
        let days: Vec<_> = counts
            .states
            .keys()
            .filter_map(|state| self.law.jurisdictions.get(state))
            .filter_map(|law| law.vendor_days.map(|days| format!("{} {days} days", law.name)))
            .collect();
        (!days.is_empty()).then(|| format!("State law may give a vendor less time: {}.", days.join(", ")))
    }

    fn part2_duties(&mut self) {
        if !self.facts.event.has(DataKind::Part2) {
            return;
        }
        let filing = if self.people() >= 500 { Duty::Part2Notice } else { Duty::Part2AnnualReport };
        if !determination::part2(self.facts) {
            let reason = "records received by a lawful holder that is not a Part 2 program";
            return self.excuse(filing, Regime::Part2, None, reason, PART2);
        }
        if !self.part2_in_force() {
            let from =
                self.law.federal.iter().find(|rule| rule.regime == Regime::Part2).map(|rule| rule.from);
            let from = from.map_or_else(String::new, |from| from.to_string());
            let reason = format!("discovered before the compliance date, {from}");
            return self.excuse(filing, Regime::Part2, None, reason, PART2);
        }
        if !self.ground.breach() {
            let what = determination::determine(self.facts);
            return self.excuse(filing, Regime::Part2, None, what.basis, &what.citation);
        }
        let hipaa = self.notifies_under_hipaa();
        for rule in &self.law.federal {
            let filing = matches!(rule.duty, Duty::Part2Notice | Duty::Part2AnnualReport);
            if rule.regime == Regime::Part2 && (filing || !hipaa) {
                self.apply(rule, None);
            }
        }
    }

    fn ftc_duties(&mut self) {
        let facts = self.facts;
        if !determination::phr(facts) {
            if facts.event.has(DataKind::Phr) {
                let reason = "the entity is not a vendor of personal health records";
                self.excuse(Duty::FtcNotice, Regime::Ftc, None, reason, "16 CFR 318.1, 318.2");
            }
            return;
        }
        if !self.ground.breach() {
            let what = determination::determine(facts);
            return self.excuse(Duty::FtcNotice, Regime::Ftc, None, what.basis, &what.citation);
        }
        let hipaa = self.notifies_under_hipaa();
        for rule in &self.law.federal {
            if rule.regime == Regime::Ftc && (rule.duty == Duty::FtcNotice || !hipaa) {
                let note = (facts.entity.kind != EntityKind::Neither).then(|| {
                    "The FTC rule leaves out entities under HIPAA; it is computed for an app outside HIPAA.".to_owned()
                });
                self.apply(rule, note);
            }
        }
    }

    fn dea_duties(&mut self) {
        if self.facts.entity.dea_registrant == Some(false) {
            let reason = "the entity is not a DEA registrant";
            return self.excuse(Duty::DeaNotice, Regime::Dea, None, reason, "21 CFR 1311.150(c)");
        }
        for rule in &self.law.federal {
            if rule.regime == Regime::Dea {
                self.apply(rule, None);
            }
        }
    }

    /// Asks one rule, once or for each State.
    fn apply(&mut self, rule: &FederalRule, note: Option<String>) {
        if !covers(rule.from, rule.until, self.facts.discovered.day.date) {
            return;
        }
        if !rule.per_jurisdiction {
            return if self.meets(&rule.when, 0) {
                self.owe_federal(rule, None, note);
            } else {
                self.excuse_federal(rule, None, 0);
            };
        }
        let Some(counts) = &self.facts.individuals.by_state else { return };
        for (&state, &residents) in &counts.states {
            if self.meets(&rule.when, residents) {
                self.owe_federal(rule, Some(state), note.clone());
            } else if residents > 0 {
                self.excuse_federal(rule, Some(state), residents);
            }
        }
    }

    fn owe_federal(&mut self, rule: &FederalRule, jurisdiction: Option<State>, note: Option<String>) {
        let reckoned = self.clocks.reckon(&rule.clock, rule.hold.as_ref());
        let (due, base) = (reckoned.due, reckoned.base);
        let of = Of {
            duty: rule.duty,
            regime: rule.regime,
            jurisdiction,
            recipient: &rule.recipient,
            standard: &rule.standard,
            citation: &rule.citation,
            confidence: match (rule.regime, self.facts.entity.kind) {
                (Regime::Ftc, EntityKind::CoveredEntity) => rule.confidence.max(Confidence::Interpretation),
                _ => rule.confidence,
            },
            note: joined(rule.note.as_deref(), note),
        };
        let met = self.met_on(&of);
        self.owe(of, reckoned);
        let act = Act { on: met.or(due), base: met.or(base), done: met.is_some() };
        match (rule.duty, rule.regime) {
            (Duty::IndividualNotice, _) => {
                self.letters = act;
                self.clocks.individual = act;
            }
            (Duty::HhsNotice | Duty::HhsAnnualReport, Regime::Hipaa) => self.clocks.hhs = act,
            _ => {}
        }
    }

    fn excuse_federal(&mut self, rule: &FederalRule, jurisdiction: Option<State>, residents: u64) {
        let reason = match &rule.when {
            Condition::Residents(threshold) => {
                format!("{}; the duty starts at {threshold}", residents_in_words(residents))
            }
            Condition::Total(threshold) if self.facts.individuals.total() == 0 => {
                format!("nobody is counted yet, so 500 or more are assumed; the duty is for {threshold}")
            }
            Condition::Total(threshold) => {
                let people = self.people();
                let people = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
                format!("{people} in all; the duty is for {threshold}")
            }
            Condition::Undeliverable => {
                "no letter has come back and no address is known to be out of date".to_owned()
            }
            Condition::KinAddressKnown => "no deceased patient with a known address of kin".to_owned(),
            Condition::ImminentMisuse => "misuse is not said to be imminent".to_owned(),
            // The chain below the entity is nobody's question where there is none.
            _ => return,
        };
        self.excuse(rule.duty, rule.regime, jurisdiction, reason, &rule.citation);
    }
}

/// Two notes as one.
pub(super) fn joined(first: Option<&str>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first} {second}")),
        (Some(first), None) => Some(first.to_owned()),
        (None, second) => second,
    }
}

/// "1 resident", "450 residents".
pub(super) fn residents_in_words(residents: u64) -> String {
    if residents == 1 { "1 resident".to_owned() } else { format!("{residents} residents") }
}
