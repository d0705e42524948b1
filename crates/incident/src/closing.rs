//! Whether an incident can be closed, and what is missing.

use crate::{BreachAnswer, Place, State};

impl State {
    /// Everything that keeps the incident from being closed, in words, all of it: each system cleared or retired, each
    /// account returned, cleared or retired, the breach question decided, each obligation met or determined not due,
    /// root cause and remediation recorded, evidence accounted for, retention date set.
    #[must_use]
    pub fn missing_for_closing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (name, system) in self.systems.iter().filter(|(_, system)| !system.stage.is_settled()) {
            let stage = system.stage.as_str().replace('_', " ");
            missing.push(format!("system {name} is {stage}, not cleared or retired"));
        }
        for (name, account) in self.accounts.iter().filter(|(_, account)| !account.stage.is_settled()) {
            let stage = account.stage.as_str().replace('_', " ");
            missing.push(format!("account {name} is {stage}, not returned, cleared or retired"));
        }
        match self.breach_decision().map(|decision| decision.answer) {
            None => missing.push("the attorney has not decided the breach question".to_owned()),
            Some(BreachAnswer::Undetermined) => {
                missing.push("the attorney left the breach question undetermined".to_owned());
            }
            Some(BreachAnswer::Breach | BreachAnswer::NotABreach) => {}
        }
        for obligation in self.obligations.values().filter(|obligation| !obligation.standing.is_settled()) {
            let duty = obligation.duty.plain();
            missing.push(format!("obligation neither met nor determined not due: {duty}"));
        }
        if self.root_cause.is_none() {
            missing.push("no root cause is recorded".to_owned());
        }
        if self.remediation.is_empty() {
            missing.push("no remediation is recorded".to_owned());
        }
        for item in self.evidence.values() {
            if let Place::HandedOver { to, .. } = &item.place {
                missing.push(format!("evidence {} is with {to} and has not come back", item.id));
            }
        }
        if self.retain_until.is_none() {
            missing.push("no retention date is set".to_owned());
        }
        missing
    }
}
