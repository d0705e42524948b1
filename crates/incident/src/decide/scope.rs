//! Suspecting, confirming, clearing a suspicion, recurrence, accounts.

use kernel::AccountName;

use super::{Ask, Decided, refuse, said};
use crate::{
    Account, AccountStage, AccountWork, Event, IndicatorStage, Refusal, RefusalKind, Request, Subject,
    SystemStage, Target, indicator_key,
};

impl Ask<'_> {
    pub(super) fn scope(&self, request: &Request) -> Decided {
        match request {
            Request::Suspect { subject, why, seen_on } => {
                let why = said("why", why)?;
                self.sensible(subject)?;
                self.may_suspect(subject)?;
                Ok(vec![Event::Suspected { subject: subject.clone(), why, seen_on: seen_on.clone() }])
            }
            Request::Confirm { subject, why } => {
                let why = said("why", why)?;
                let (confirmed, settled) = self.standing(subject)?;
                if confirmed {
                    let reason = format!("{} is confirmed already", subject.plain());
                    return Err(refuse(RefusalKind::Already, reason, "nothing has to be done"));
                }
                if settled {
                    let reason = format!("{} is settled", subject.plain());
                    return Err(refuse(
                        RefusalKind::WrongStage,
                        reason,
                        "record a recurrence, or suspect it again",
                    ));
                }
                Ok(vec![Event::Confirmed { subject: subject.clone(), why }])
            }
            Request::ClearSuspicion { subject, why } => self.clear_suspicion(subject, &said("why", why)?),
            Request::RecordRecurrence { subject, what } => {
                let what = said("what", what)?;
                self.may_recur(subject)?;
                Ok(vec![Event::Recurred { subject: subject.clone(), what }])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Whether an indicator has a value.
    pub(super) fn sensible(&self, subject: &Subject) -> Result<(), Refusal> {
        match subject {
            Subject::Indicator { indicator } => said("indicator", &indicator.value).map(drop),
            Subject::System { .. } | Subject::Account { .. } => Ok(()),
        }
    }

    fn may_suspect(&self, subject: &Subject) -> Result<(), Refusal> {
        let again = match subject {
            Subject::System { system } => self
                .state
                .systems
                .get(system)
                .is_none_or(|it| matches!(it.stage, SystemStage::Cleared { unfounded: true, .. })),
            Subject::Account { account } => self
                .state
                .accounts
                .get(account)
                .is_none_or(|it| matches!(it.stage, AccountStage::Cleared { .. })),
            // Naming an indicator again adds the systems it was seen on.
            Subject::Indicator { .. } => true,
        };
        if again {
            return Ok(());
        }
        let reason = format!("{} is part of the incident already", subject.plain());
        Err(refuse(
            RefusalKind::Already,
            reason,
            "confirm it, or record a recurrence where it had been dealt with",
        ))
    }

    /// Whether it is confirmed, and whether it is settled.
    fn standing(&self, subject: &Subject) -> Result<(bool, bool), Refusal> {
        let found = match subject {
            Subject::System { system } => {
                self.state.systems.get(system).map(|it| (it.confirmed.is_some(), it.stage.is_settled()))
            }
            Subject::Account { account } => {
                self.state.accounts.get(account).map(|it| (it.confirmed.is_some(), it.stage.is_settled()))
            }
            Subject::Indicator { indicator } => self
                .state
                .indicators
                .get(&indicator_key(indicator))
                .map(|it| (it.confirmed.is_some(), matches!(it.stage, IndicatorStage::Cleared { .. }))),
        };
        found.ok_or_else(|| {
            let reason = format!("{} is not part of the incident", subject.plain());
            refuse(RefusalKind::Unknown, reason, "name it as suspected first")
        })
    }

    fn clear_suspicion(&self, subject: &Subject, why: &str) -> Decided {
        let (confirmed, settled) = self.standing(subject)?;
        if settled {
            let reason = format!("{} is settled already", subject.plain());
            return Err(refuse(RefusalKind::Already, reason, "nothing has to be done"));
        }
        if confirmed {
            let reason = format!("{} was confirmed as compromised", subject.plain());
            return Err(refuse(
                RefusalKind::WrongStage,
                reason,
                "take it through eradication and recovery, or retire it",
            ));
        }
        let target = match subject {
            Subject::System { system } => Target::System { system: system.clone() },
            Subject::Account { account } => Target::Account { account: account.clone() },
            Subject::Indicator { indicator } => Target::Indicator { indicator: indicator.clone() },
        };
        self.nothing_holds(&target)?;
        let early = match subject {
            Subject::System { system } => self
                .state
                .systems
                .get(system)
                .is_some_and(|it| matches!(it.stage, SystemStage::Suspected { .. })),
            Subject::Account { account } => self
                .state
                .accounts
                .get(account)
                .is_some_and(|it| matches!(it.stage, AccountStage::Suspected { .. })),
            Subject::Indicator { .. } => true,
        };
        if !early {
            let reason = format!("work on {} has begun", subject.plain());
            return Err(refuse(RefusalKind::WrongStage, reason, "bring it to its end, or retire it"));
        }
        Ok(vec![Event::SuspicionCleared { subject: subject.clone(), why: why.to_owned() }])
    }

    /// Refuses while a containment action is in force that keeps the target from working.
    pub(super) fn nothing_holds(&self, target: &Target) -> Result<(), Refusal> {
        let holding: Vec<_> = self
            .state
            .actions
            .values()
            .filter(|action| action.target == *target && action.in_force() && action.measure.holds(target))
            .filter(|action| action.undo.is_some())
            .map(|action| format!("undo {}: {}", action.id, action.measure.plain()))
            .collect();
        if holding.is_empty() {
            return Ok(());
        }
        let reason = format!("containment still holds {}", target.plain());
        Err(refuse(RefusalKind::WrongStage, reason, "undo the containment first").missing(holding))
    }

    fn may_recur(&self, subject: &Subject) -> Result<(), Refusal> {
        self.standing(subject)?;
        let dealt_with = match subject {
            Subject::System { system } => self.state.systems.get(system).is_some_and(|it| {
                !matches!(
                    it.stage,
                    SystemStage::Suspected { .. }
                        | SystemStage::Contained { .. }
                        | SystemStage::Retired { .. }
                )
            }),
            Subject::Account { account } => self.state.accounts.get(account).is_some_and(|it| {
                !matches!(
                    it.stage,
                    AccountStage::Suspected { .. }
                        | AccountStage::Disabled { .. }
                        | AccountStage::Retired { .. }
                )
            }),
            Subject::Indicator { indicator } => self
                .state
                .indicators
                .get(&indicator_key(indicator))
                .is_some_and(|it| !matches!(it.stage, IndicatorStage::Seen { .. })),
        };
        if dealt_with {
            return Ok(());
        }
        let reason = format!("{} had not been dealt with, or is retired", subject.plain());
        Err(refuse(RefusalKind::WrongStage, reason, "record what was seen as a finding"))
    }

    pub(super) fn account(&self, request: &Request) -> Decided {
        match request {
            Request::RecordAccountWork { account, work, what, evidence } => {
                let standing = self.account_in(account)?;
                let reset =
                    !matches!(standing.stage, AccountStage::Suspected { .. } | AccountStage::Disabled { .. });
                if *work == AccountWork::MfaReEnrolled && !reset {
                    return Err(refuse(
                        RefusalKind::WrongStage,
                        format!(
                            "the password of {account} has not been reset, so that whoever has it could enrol"
                        ),
                        "record the password reset first",
                    ));
                }
                Ok(vec![Event::AccountWorkDone {
                    account: account.clone(),
                    work: *work,
                    what: said("what", what)?,
                    evidence: self.known_evidence(evidence)?,
                }])
            }
            Request::ReturnAccount { account, without_mfa_because } => {
                let standing = self.account_in(account)?;
                match (&standing.stage, without_mfa_because) {
                    (AccountStage::MfaReEnrolled { .. }, _) => {}
                    (AccountStage::CredentialsReset { .. }, Some(because)) => {
                        said("without_mfa_because", because)?;
                    }
                    (stage, _) => {
                        let reason = format!("{account} is {}", stage.as_str().replace('_', " "));
                        let way_out =
                            "reset its password and enrol its second factor anew, or say why it has none";
                        return Err(refuse(RefusalKind::WrongStage, reason, way_out));
                    }
                }
                self.nothing_holds(&Target::Account { account: account.clone() })?;
                let without_mfa_because = without_mfa_because.clone();
                Ok(vec![Event::AccountReturned { account: account.clone(), without_mfa_because }])
            }
            Request::RetireAccount { account, reason } => {
                self.account_in(account)?;
                Ok(vec![Event::AccountRetired { account: account.clone(), reason: said("reason", reason)? }])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The account, where it is not settled.
    fn account_in(&self, name: &AccountName) -> Result<&Account, Refusal> {
        let account = self.state.accounts.get(name).ok_or_else(|| {
            let reason = format!("account {name} is not part of the incident");
            refuse(RefusalKind::Unknown, reason, "name it as suspected first")
        })?;
        if account.stage.is_settled() {
            let reason = format!("account {name} is {}", account.stage.as_str());
            return Err(refuse(
                RefusalKind::WrongStage,
                reason,
                "record a recurrence where misuse came back",
            ));
        }
        Ok(account)
    }
}
