//! State duties. A State's law is asked about its own residents and about its own personal information; then what its
//! HIPAA clause leaves of each rule; then the rule's condition and clock. Data that are not PHI get no HIPAA clause,
//! and a clause that depends on keeping to HIPAA is lost with a late letter.

use super::{
    Engine, Of,
    federal::{joined, residents_in_words},
};
use crate::{
    determination::{self, Ground},
    facts::{DataKind, EntityKind, Medium},
    law::{Condition, ExemptionCondition, Hits, Jurisdiction, StateRule, UnderHipaa, covers},
    reckon::Act,
    result::{Confidence, Duty, Obligation, Regime},
    state::State,
};

/// How far HIPAA covers the data of this event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cover {
    /// Not at all: not PHI, or not an entity under HIPAA.
    None,
    /// PHI alone.
    Phi,
    /// PHI and other data together.
    Mixed,
}

/// What is known of one State.
struct Asked<'l> {
    law: &'l Jurisdiction,
    state: State,
    residents: u64,
    cover: Cover,
    /// The State's HIPAA clause holds.
    exempt: bool,
    /// Why it does not, where it might have.
    lost: Option<&'static str>,
    /// Which of its personal information is involved; `None` where the tables do not reach back.
    hits: Option<Hits>,
}

/// What becomes of a rule.
enum Fate {
    Due,
    /// Satisfied under HIPAA; whether a copy is advisable.
    Satisfied {
        advise: bool,
    },
    /// Replaced by another rule, or not for this entity: nothing to say.
    Silent,
}

impl Engine<'_> {
    pub(super) fn states(&mut self) {
        if self.facts.event.data == [DataKind::None] {
            return;
        }
        let mut states: Vec<(State, u64)> = self
            .facts
            .individuals
            .by_state
            .iter()
            .flat_map(|counts| counts.states.iter().map(|(&state, &count)| (state, count)))
            .filter(|&(_, count)| count > 0)
            .collect();
        let own = self.facts.entity.state;
        if !states.iter().any(|&(state, _)| state == own) {
            // A licensed facility reports to its own State whoever its patients are.
            states.push((own, 0));
            states.sort_unstable();
        }
        for (state, residents) in states {
            self.state(state, residents);
        }
    }

    fn state(&mut self, state: State, residents: u64) {
        let regime = Regime::State(state);
        let Some(law) = self.law.jurisdictions.get(&state) else {
            if residents > 0 {
                let reason = "the law tables hold no breach statute for this territory";
                self.excuse(Duty::StateIndividualNotice, regime, Some(state), reason, "45 CFR 160.103");
            }
            return;
        };
        if let Some((reason, citation)) = self.untouched() {
            if residents > 0 {
                self.excuse(Duty::StateIndividualNotice, regime, Some(state), reason, citation);
            }
            return;
        }
        let asked = self.ask_state(law, state, residents);
        if asked.cover == Cover::Phi && self.facts.entity.kind == EntityKind::BusinessAssociate {
            if residents > 0 {
                let reason =
                    "the owner of the data gives State notices; the associate tells the owner at once";
                self.excuse(Duty::StateIndividualNotice, regime, Some(state), reason, &law.statute);
            }
            return;
        }
        if residents > 0 && self.gap(&asked) {
            return;
        }
        let letters = self.letters;
        self.clocks.individual = letters;
        for rule in &law.rules {
            self.rule(&asked, rule);
        }
        self.clocks.individual = letters;
    }

    /// Nobody got at the data without permission: State laws leave out encrypted data, permitted use and acquisition
    /// in good faith by the entity's own people.
    fn untouched(&self) -> Option<(&'static str, &'static str)> {
        let event = &self.facts.event;
        if event.protection.as_ref().is_some_and(determination::secured) {
            Some((
                "secured: State breach laws leave out data that were encrypted or destroyed",
                "45 CFR 164.402; State encryption safe harbours",
            ))
        } else if event.permitted_use == Some(true) {
            Some(("permitted use: no unauthorized access or acquisition", "45 CFR 164.402"))
        } else if event.exception.as_ref().is_some_and(determination::holds) {
            Some((
                "good faith: State breach laws leave out such acquisition by the entity's own people, or by nobody",
                "45 CFR 164.402(1)",
            ))
        } else {
            None
        }
    }

    fn ask_state<'l>(&self, law: &'l Jurisdiction, state: State, residents: u64) -> Asked<'l> {
        let event = &self.facts.event;
        let phi = determination::phi(self.facts);
        let other =
            [DataKind::Employee, DataKind::PaymentCard, DataKind::Phr].iter().any(|&kind| event.has(kind));
        let cover = match (phi, other) {
            (false, _) => Cover::None,
            (true, false) => Cover::Phi,
            (true, true) => Cover::Mixed,
        };
        let late = self.obligations.iter().any(|each| {
            each.regime == Regime::Hipaa && each.duty == Duty::IndividualNotice && each.late_by_days.is_some()
        });
        let notified = self.ground.breach();
        let (exempt, lost) = match law.hipaa.condition {
            ExemptionCondition::None => (false, None),
            ExemptionCondition::Subject => (true, None),
            _ if late => {
                (false, Some("the HIPAA letters were late, so the State's HIPAA clause is not relied on"))
            }
            ExemptionCondition::Complies => (true, None),
            ExemptionCondition::Notifies if notified => (true, None),
            ExemptionCondition::Notifies => {
                (false, Some("no HIPAA notice is given, so it cannot stand in for the State's"))
            }
        };
        let lost = lost.filter(|_| cover == Cover::Phi);
        let on = self.facts.discovered.day.date;
        let involved = self.facts.individuals.elements.as_deref();
        let hits = law.personal_information(on, &self.law.groups, involved);
        Asked { law, state, residents, cover, exempt, lost, hits }
    }

    /// The tables begin after the event: say so and ask counsel.
    fn gap(&mut self, asked: &Asked<'_>) -> bool {
        let on = self.facts.discovered.day.date;
        if asked.hits.is_some() {
            return false;
        }
        let from = asked.law.personal_information.iter().map(|each| each.from).min();
        let from = from.map_or_else(String::new, |from| from.to_string());
        let reason = format!("the tables hold this law from {from}; the law in force on {on} is for counsel");
        let statute = asked.law.statute.clone();
        self.excuse(
            Duty::StateIndividualNotice,
            Regime::State(asked.state),
            Some(asked.state),
            reason,
            &statute,
        );
        let why = format!("{} in force on {on} is not in the tables", statute);
        self.ask("/individuals/by_state", why, "no State duty computed");
        true
    }

    /// Whether the rule's State information and medium are involved; if not, why.
    fn untriggered(&mut self, asked: &Asked<'_>) -> Option<&'static str> {
        let none = asked.hits.as_ref().is_none_or(|hits| hits.elements.is_empty());
        if none {
            return Some("none of the elements involved is personal information under this statute");
        }
        match self.facts.event.medium {
            Some(Medium::Oral) => Some("the statute covers records, not the spoken word"),
            Some(Medium::Paper) if !asked.law.paper => {
                Some("the statute covers computerized data, not paper")
            }
            None if !asked.law.paper => {
                self.medium_decides = true;
                None
            }
            _ => None,
        }
    }

    fn fate(&self, asked: &Asked<'_>, rule: &StateRule) -> Fate {
        let health_only = asked.hits.as_ref().is_some_and(|hits| hits.health_only);
        if rule.always && matches!(rule.when, Condition::LicensedFacility) {
            return Fate::Due;
        }
        match (asked.cover, rule.phi) {
            (Cover::None, UnderHipaa::Only | UnderHipaa::Also) | (Cover::Mixed, UnderHipaa::Only) => {
                Fate::Silent
            }
            (Cover::None | Cover::Mixed, _) => Fate::Due,
            (Cover::Phi, UnderHipaa::Stands | UnderHipaa::Also) => Fate::Due,
            (Cover::Phi, UnderHipaa::Only) if asked.exempt && self.ground.breach() => Fate::Due,
            (Cover::Phi, UnderHipaa::Only) => Fate::Silent,
            (Cover::Phi, UnderHipaa::Satisfied) if asked.exempt => Fate::Satisfied { advise: false },
            (Cover::Phi, UnderHipaa::Advised) if asked.exempt => Fate::Satisfied { advise: true },
            (Cover::Phi, UnderHipaa::HealthOnly) if asked.exempt && health_only => {
                Fate::Satisfied { advise: rule.duty == Duty::StateAgencyNotice }
            }
            (Cover::Phi, _) => Fate::Due,
        }
    }

    fn rule(&mut self, asked: &Asked<'_>, rule: &StateRule) {
        let facility = matches!(rule.when, Condition::LicensedFacility);
        if facility && !self.patients_of(asked.state) || !facility && asked.residents == 0 {
            return;
        }
        let judged = match rule.judged_by {
            crate::law::JudgedBy::Discovery => self.facts.discovered.day.date,
            crate::law::JudgedBy::Determination => {
                self.clocks.determined.unwrap_or(self.facts.discovered.day.date)
            }
        };
        if !covers(rule.from, rule.until, judged) {
            return;
        }
        if !rule.always
            && let Some(reason) = self.untriggered(asked)
        {
            return self.excuse(
                rule.duty,
                Regime::State(asked.state),
                Some(asked.state),
                reason,
                &rule.citation,
            );
        }
        match self.fate(asked, rule) {
            Fate::Silent => {}
            Fate::Satisfied { advise } => self.satisfied(asked, rule, advise),
            Fate::Due if !self.meets(&rule.when, asked.residents) => {
                let reason = unmet(rule, asked.residents);
                self.excuse(rule.duty, Regime::State(asked.state), Some(asked.state), reason, &rule.citation);
            }
            Fate::Due => self.owe_state(asked, rule),
        }
    }

    /// Patients' information of a facility in this State.
    fn patients_of(&self, state: State) -> bool {
        let event = &self.facts.event;
        self.facts.entity.state == state
            && self.facts.entity.kind != EntityKind::BusinessAssociate
            && (event.has(DataKind::Phi) || event.has(DataKind::Part2))
    }

    fn satisfied(&mut self, asked: &Asked<'_>, rule: &StateRule, advise: bool) {
        let clause = &asked.law.hipaa;
        let met = self.meets(&rule.when, asked.residents);
        let reason = if met { clause.text.clone() } else { unmet(rule, asked.residents) };
        let citation = if met { clause.citation.clone() } else { rule.citation.clone() };
        self.excuse(rule.duty, Regime::State(asked.state), Some(asked.state), reason, &citation);
        let counsel = clause.counsel.as_deref();
        if met && (advise || counsel.is_some()) {
            let copy = advise.then(|| format!("A copy to the {} is advisable all the same.", rule.recipient));
            if let Some(last) = self.not_due.last_mut() {
                last.advice = joined(copy.as_deref(), counsel.map(str::to_owned));
            }
        }
    }

    fn owe_state(&mut self, asked: &Asked<'_>, rule: &StateRule) {
        if self.clocks.determined.is_none() && rule.clock.runs_from_determination() {
            self.determination_assumed = true;
        }
        let reckoned = self.clocks.reckon(&rule.clock, rule.hold.as_ref());
        let (due, base) = (reckoned.due, reckoned.base);
        let mut confidence = rule.confidence;
        let mut note = rule.note.clone();
        if let Some(lost) =
            asked.lost.filter(|_| rule.phi != UnderHipaa::Stands && rule.phi != UnderHipaa::Also)
        {
            confidence = confidence.max(Confidence::Interpretation);
            note = joined(note.as_deref(), Some(format!("Due as {lost}.")));
        }
        if self.ground == Ground::LowProbability {
            confidence = confidence.max(Confidence::Interpretation);
            let test = asked.law.harm_test.as_ref().map_or("it has none", |own| own.test.as_str());
            let told = format!(
                "HIPAA's low probability is not the State's own no-harm test ({test}); counsel decides."
            );
            note = joined(note.as_deref(), Some(told));
        }
        if let Some(hold) = self.held_elsewhere(rule) {
            note = joined(note.as_deref(), Some(hold));
        }
        let of = Of {
            duty: rule.duty,
            regime: Regime::State(asked.state),
            jurisdiction: Some(asked.state),
            recipient: &rule.recipient,
            standard: &rule.standard,
            citation: &rule.citation,
            confidence,
            note,
        };
        let met = self.met_on(&of);
        self.owe(of, reckoned);
        if rule.duty == Duty::StateIndividualNotice {
            self.clocks.individual = match met {
                Some(on) => Act { on: Some(on), base: Some(on), done: true },
                None => Act {
                    on: earlier(due, self.letters.on),
                    base: earlier(base, self.letters.base),
                    done: false,
                },
            };
        }
    }

    /// A hold is on, but this State's table has no provision for it.
    fn held_elsewhere(&self, rule: &StateRule) -> Option<String> {
        let dated = rule.clock.has_own_days();
        (dated && rule.hold.is_none() && !self.facts.law_enforcement_holds.is_empty()).then(|| {
            "The table has no law-enforcement provision for this clock, so the hold does not move it: ask the official and counsel.".to_owned()
        })
    }
}

fn earlier(one: Option<jiff::civil::Date>, other: Option<jiff::civil::Date>) -> Option<jiff::civil::Date> {
    [one, other].into_iter().flatten().min()
}

/// Why a condition is not met.
fn unmet(rule: &StateRule, residents: u64) -> String {
    match &rule.when {
        Condition::Residents(threshold) => {
            format!("{}; the duty starts at {threshold}", residents_in_words(residents))
        }
        Condition::HhsNotified => "HHS is not notified of this event".to_owned(),
        Condition::NoHarmReliedOn => {
            "only where the practice relies on the State's no-harm exception".to_owned()
        }
        Condition::LicensedFacility => "the entity is not a facility licensed by the State".to_owned(),
        _ => "no resident is affected".to_owned(),
    }
}

/// Whether an obligation of this list is the State's own letter.
pub(super) fn own_letter(obligation: &Obligation) -> bool {
    obligation.duty == Duty::StateIndividualNotice
}
