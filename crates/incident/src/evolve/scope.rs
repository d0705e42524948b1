//! Suspicion, confirmation, recurrence, and accounts.

use kernel::{AccountName, Indicator, SystemName};

use crate::{
    Account, AccountStage, AccountWork, Event, Gate, GateStanding, IndicatorStage, IndicatorStanding,
    Recurrence, Stamp, State, Subject, System, SystemStage, Target, Work, indicator_key,
};

impl State {
    pub(super) fn apply_scope(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::Suspected { subject, why, seen_on } => match subject {
                Subject::System { system } => self.suspect_system(system, why, stamp),
                Subject::Account { account } => self.suspect_account(account, why, stamp),
                Subject::Indicator { indicator } => self.see_indicator(indicator, why, seen_on, stamp),
            },
            Event::Confirmed { subject, .. } => {
                let confirmed = match subject {
                    Subject::System { system } => self.systems.get_mut(system).map(|it| &mut it.confirmed),
                    Subject::Account { account } => {
                        self.accounts.get_mut(account).map(|it| &mut it.confirmed)
                    }
                    Subject::Indicator { indicator } => {
                        self.indicators.get_mut(&indicator_key(indicator)).map(|it| &mut it.confirmed)
                    }
                };
                if let Some(confirmed) = confirmed {
                    *confirmed = Some(stamp);
                }
            }
            Event::SuspicionCleared { subject, why } => self.clear_suspicion(subject, why, stamp),
            Event::Recurred { subject, what } => self.recur(subject, what, stamp),
            _ => {}
        }
    }

    fn suspect_system(&mut self, name: &SystemName, why: &str, since: Stamp) {
        let mut system = System::suspected(why, since);
        if let Some(earlier) = self.systems.remove(name) {
            system.recurrences = earlier.recurrences;
        }
        self.systems.insert(name.clone(), system);
        self.hold_again(&Target::System { system: name.clone() });
    }

    fn suspect_account(&mut self, name: &AccountName, why: &str, since: Stamp) {
        let recurrences = self.accounts.remove(name).map(|earlier| earlier.recurrences).unwrap_or_default();
        let account = Account {
            why: why.to_owned(),
            confirmed: None,
            stage: AccountStage::Suspected { since },
            work: Vec::new(),
            recurrences,
        };
        self.accounts.insert(name.clone(), account);
        self.hold_again(&Target::Account { account: name.clone() });
    }

    fn see_indicator(&mut self, indicator: &Indicator, why: &str, seen_on: &[SystemName], since: Stamp) {
        let key = indicator_key(indicator);
        if let Some(known) = self.indicators.get_mut(&key)
            && !matches!(known.stage, IndicatorStage::Cleared { .. })
        {
            known.systems.extend_from_slice(seen_on);
            known.systems.sort_unstable();
            known.systems.dedup();
            return;
        }
        let why_fallen = format!("{} {} was named after the sweep", indicator.kind.as_str(), indicator.value);
        let standing = IndicatorStanding {
            indicator: indicator.clone(),
            why: why.to_owned(),
            systems: seen_on.to_vec(),
            confirmed: None,
            stage: IndicatorStage::Seen { since: since.clone() },
        };
        self.indicators.insert(key, standing);
        for system in self.systems.values_mut() {
            system.fall(Gate::SweptClean, &why_fallen, &since);
        }
        self.hold_again(&Target::Indicator { indicator: indicator.clone() });
    }

    fn clear_suspicion(&mut self, subject: &Subject, why: &str, since: Stamp) {
        let why = why.to_owned();
        match subject {
            Subject::System { system } => {
                if let Some(system) = self.systems.get_mut(system) {
                    system.stage = SystemStage::Cleared { since, why, unfounded: true };
                }
            }
            Subject::Account { account } => {
                if let Some(account) = self.accounts.get_mut(account) {
                    account.stage = AccountStage::Cleared { since, why };
                }
            }
            Subject::Indicator { indicator } => {
                if let Some(indicator) = self.indicators.get_mut(&indicator_key(indicator)) {
                    indicator.stage = IndicatorStage::Cleared { since, why };
                }
            }
        }
    }

    fn recur(&mut self, subject: &Subject, what: &str, stamp: Stamp) {
        let recurrence = Recurrence { stamp: stamp.clone(), what: what.to_owned() };
        match subject {
            Subject::System { system: name } => {
                let Some(system) = self.systems.get_mut(name) else { return };
                system.recurrences.push(recurrence);
                system.confirmed = Some(stamp.clone());
                system.work.clear();
                system.restore_point = None;
                for gate in Gate::ALL {
                    system.fall_whatever(*gate, "the compromise came back", &stamp);
                }
                system.stage = SystemStage::Suspected { since: stamp };
                self.hold_again(&Target::System { system: name.clone() });
            }
            Subject::Account { account: name } => {
                let Some(account) = self.accounts.get_mut(name) else { return };
                account.recurrences.push(recurrence);
                account.confirmed = Some(stamp.clone());
                account.work.clear();
                account.stage = AccountStage::Suspected { since: stamp };
                self.hold_again(&Target::Account { account: name.clone() });
            }
            Subject::Indicator { indicator } => {
                let why = format!("{} {} was seen again", indicator.kind.as_str(), indicator.value);
                let Some(standing) = self.indicators.get_mut(&indicator_key(indicator)) else { return };
                standing.stage = IndicatorStage::Seen { since: stamp.clone() };
                for system in self.systems.values_mut() {
                    system.fall(Gate::SweptClean, &why, &stamp);
                }
            }
        }
    }

    pub(super) fn apply_account(&mut self, event: &Event, since: Stamp) {
        match event {
            Event::AccountWorkDone { account, work, what, evidence } => {
                let Some(account) = self.accounts.get_mut(account) else { return };
                match (work, &account.stage) {
                    (
                        AccountWork::PasswordReset,
                        AccountStage::Suspected { .. } | AccountStage::Disabled { .. },
                    ) => {
                        account.stage = AccountStage::CredentialsReset { since: since.clone() };
                    }
                    (AccountWork::MfaReEnrolled, AccountStage::CredentialsReset { .. }) => {
                        account.stage = AccountStage::MfaReEnrolled { since: since.clone() };
                    }
                    _ => {}
                }
                let evidence = evidence.clone();
                account.work.push(Work { kind: *work, what: what.clone(), evidence, stamp: since });
            }
            Event::AccountReturned { account, without_mfa_because } => {
                if let Some(account) = self.accounts.get_mut(account) {
                    let without_mfa_because = without_mfa_because.clone();
                    account.stage = AccountStage::Returned { since, without_mfa_because };
                }
            }
            Event::AccountRetired { account, reason } => {
                if let Some(account) = self.accounts.get_mut(account) {
                    account.stage = AccountStage::Retired { since, reason: reason.clone() };
                }
            }
            _ => {}
        }
    }
}

impl System {
    /// A gate that held does not any more. A waived one stays waived: a person took it on themselves. The signatures
    /// were given for what has changed, so they fall too, until the system is back in production.
    pub(super) fn fall(&mut self, gate: Gate, why: &str, stamp: &Stamp) {
        if self.stage.is_settled() || !matches!(self.gates.get(&gate), Some(GateStanding::Held { .. })) {
            return;
        }
        self.fall_whatever(gate, why, stamp);
        if !matches!(self.stage, SystemStage::InProduction { .. }) {
            self.fall_whatever(Gate::SignedByResponder, why, stamp);
            self.fall_whatever(Gate::SignedByPractice, why, stamp);
        }
    }

    pub(super) fn fall_whatever(&mut self, gate: Gate, why: &str, stamp: &Stamp) {
        if let Some(standing) = self.gates.get_mut(&gate)
            && standing.passes()
        {
            *standing = GateStanding::Fallen { stamp: stamp.clone(), why: why.to_owned() };
        }
    }
}
