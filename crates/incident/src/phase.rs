//! The six phases, as a view of how far systems, accounts and indicators are. Nobody sets a phase.

use kernel::{Indicator, IndicatorKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AccountStage, BreachAnswer, ContainmentKind, IndicatorStage, Question, State, Status, SystemStage,
    word::words,
};

words! {
    /// A phase of the response.
    Phase, "a phase":
    Identify = "identify", "identification and declaration";
    Contain = "contain", "containment";
    Investigate = "investigate", "investigation";
    Eradicate = "eradicate", "eradication";
    Recover = "recover", "recovery";
    Learn = "learn", "notification, lessons and closing";
}

/// Where a phase stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhaseView {
    /// The phase.
    pub phase: Phase,
    /// Where it stands.
    pub status: PhaseStatus,
    /// How many things are done.
    pub done: usize,
    /// Out of how many.
    pub total: usize,
    /// What is open, in words.
    pub open: Vec<String>,
}

/// Where a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseStatus {
    /// Nothing done.
    NotStarted,
    /// Something done, something open.
    Running,
    /// Nothing open.
    Done,
}

/// Done and open things of one phase.
#[derive(Default)]
struct Tally {
    done: usize,
    open: Vec<String>,
}

impl Tally {
    fn count(&mut self, done: bool, open: impl FnOnce() -> String) {
        if done {
            self.done += 1;
        } else {
            self.open.push(open());
        }
    }

    fn view(self, phase: Phase) -> PhaseView {
        let total = self.done + self.open.len();
        let status = match (self.done, self.open.len()) {
            (0, _) => PhaseStatus::NotStarted,
            (_, 0) => PhaseStatus::Done,
            _ => PhaseStatus::Running,
        };
        PhaseView { phase, status, done: self.done, total, open: self.open }
    }
}

impl State {
    /// The six phases, in their order, as they follow from where things stand.
    #[must_use]
    pub fn phases(&self) -> [PhaseView; 6] {
        [self.identify(), self.contain(), self.investigate(), self.eradicate(), self.recover(), self.learn()]
    }

    fn identify(&self) -> PhaseView {
        let mut tally = Tally::default();
        tally.count(self.declared.is_some(), || "the incident is not declared".to_owned());
        tally.count(self.severity.is_some(), || "no severity is set".to_owned());
        for call in self.engagements.values() {
            tally.count(call.answer.is_some(), || format!("{} has not answered", call.name));
        }
        tally.view(Phase::Identify)
    }

    fn contain(&self) -> PhaseView {
        let mut tally = Tally::default();
        for (name, system) in &self.systems {
            tally.count(!matches!(system.stage, SystemStage::Suspected { .. }), || {
                format!("{name} is not contained")
            });
        }
        for (name, account) in &self.accounts {
            let held = !matches!(account.stage, AccountStage::Suspected { .. });
            tally.count(held, || format!("account {name} is not disabled"));
        }
        for standing in self.indicators.values().filter(|standing| can_be_blocked(&standing.indicator)) {
            let held = !matches!(standing.stage, IndicatorStage::Seen { .. });
            let indicator = &standing.indicator;
            tally.count(held, || format!("{} {} is not blocked", indicator.kind.as_str(), indicator.value));
        }
        tally.view(Phase::Contain)
    }

    fn investigate(&self) -> PhaseView {
        let mut tally = Tally::default();
        for question in Question::ALL {
            let answered = self.findings.values().any(|finding| finding.statement.question == *question);
            tally.count(answered, || format!("no finding on {}", question.plain()));
        }
        tally.view(Phase::Investigate)
    }

    fn eradicate(&self) -> PhaseView {
        let mut tally = Tally::default();
        for (name, system) in &self.systems {
            let clean =
                !matches!(system.stage, SystemStage::Suspected { .. } | SystemStage::Contained { .. });
            tally.count(clean, || format!("{name} is not clean"));
        }
        for (name, account) in &self.accounts {
            let reset =
                !matches!(account.stage, AccountStage::Suspected { .. } | AccountStage::Disabled { .. });
            tally.count(reset, || format!("the credentials of {name} are not reset"));
        }
        tally.view(Phase::Eradicate)
    }

    fn recover(&self) -> PhaseView {
        let mut tally = Tally::default();
        for (name, system) in &self.systems {
            let stage = || format!("{name} is {}", system.stage.as_str().replace('_', " "));
            tally.count(system.stage.is_settled(), stage);
        }
        for (name, account) in &self.accounts {
            let stage = || format!("account {name} is {}", account.stage.as_str().replace('_', " "));
            tally.count(account.stage.is_settled(), stage);
        }
        tally.view(Phase::Recover)
    }

    fn learn(&self) -> PhaseView {
        let mut tally = Tally::default();
        let decided =
            self.breach_decision().is_some_and(|decision| decision.answer != BreachAnswer::Undetermined);
        tally.count(decided, || "the breach question is not decided".to_owned());
        for obligation in self.obligations.values() {
            tally.count(obligation.standing.is_settled(), || format!("open: {}", obligation.duty.plain()));
        }
        tally.count(self.root_cause.is_some(), || "no root cause is recorded".to_owned());
        tally.count(!self.remediation.is_empty(), || "no remediation is recorded".to_owned());
        tally.count(self.retain_until.is_some(), || "no retention date is set".to_owned());
        for item in self.evidence.values().filter(|item| !item.is_accounted_for()) {
            tally.count(false, || format!("evidence {} has not come back", item.id));
        }
        tally.count(self.status == Status::Closed, || "the incident is not closed".to_owned());
        tally.view(Phase::Learn)
    }
}

/// Whether there is a measure that blocks such an indicator.
pub(crate) const fn can_be_blocked(indicator: &Indicator) -> bool {
    blocking_measure(indicator).is_some()
}

/// The measure that blocks such an indicator.
pub(crate) const fn blocking_measure(indicator: &Indicator) -> Option<ContainmentKind> {
    match indicator.kind {
        IndicatorKind::Ipv4 | IndicatorKind::Ipv6 => Some(ContainmentKind::BlockAddress),
        IndicatorKind::Domain | IndicatorKind::Url => Some(ContainmentKind::BlockDomain),
        IndicatorKind::Md5 | IndicatorKind::Sha1 | IndicatorKind::Sha256 => Some(ContainmentKind::BlockHash),
        IndicatorKind::Email => Some(ContainmentKind::QuarantineMail),
        IndicatorKind::FilePath
        | IndicatorKind::Process
        | IndicatorKind::RegistryKey
        | IndicatorKind::Mutex
        | IndicatorKind::Cve => None,
    }
}
