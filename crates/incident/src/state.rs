//! Where an incident stands: the fold of its events. It can be serialised as a snapshot and folded on from there.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::{
    AccountName, ActionId, AlertId, EvidenceId, FindingId, IncidentId, ItemId, NoteId, PersonId, PracticeId,
    Severity, SystemName, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Account, Action, BreachDecision, Engagement, Evidence, Finding, IncidentKind, IndicatorStanding, Note,
    Obligation, Remediation, Report, RootCause, RunbookChange, System, stamp::Stamp,
};

/// Where an incident stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct State {
    /// The incident.
    pub incident: IncidentId,
    /// The practice it is at.
    pub practice: PracticeId,
    /// How many events made this state: the version of the last entry.
    pub version: u64,
    /// When the last event was.
    pub changed_at: Option<Timestamp>,
    /// Not declared, open or closed.
    pub status: Status,
    /// Its title.
    pub title: String,
    /// What kind of incident.
    pub kind: Option<IncidentKind>,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// Who declared it, and when.
    pub declared: Option<Stamp>,
    /// Its severity.
    pub severity: Option<SeverityStanding>,
    /// Its alerts, each with who put it here.
    #[schema(value_type = BTreeMap<String, Stamp>)]
    pub alerts: BTreeMap<AlertId, Stamp>,
    /// Who was called.
    #[schema(value_type = BTreeMap<String, Engagement>)]
    pub engagements: BTreeMap<ItemId, Engagement>,
    /// Who has worked on it: the last thing that each person did. Programs are not among them.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Stamp>)]
    pub acted: BTreeMap<PersonId, Stamp>,
    /// Its systems.
    #[schema(value_type = BTreeMap<String, System>)]
    pub systems: BTreeMap<SystemName, System>,
    /// Its accounts.
    #[schema(value_type = BTreeMap<String, Account>)]
    pub accounts: BTreeMap<AccountName, Account>,
    /// Its indicators, by [`indicator_key`](crate::indicator_key).
    pub indicators: BTreeMap<String, IndicatorStanding>,
    /// Its containment actions.
    #[schema(value_type = BTreeMap<String, Action>)]
    pub actions: BTreeMap<ActionId, Action>,
    /// Its findings.
    #[schema(value_type = BTreeMap<String, Finding>)]
    pub findings: BTreeMap<FindingId, Finding>,
    /// Its evidence.
    #[schema(value_type = BTreeMap<String, Evidence>)]
    pub evidence: BTreeMap<EvidenceId, Evidence>,
    /// The legal hold on everything of the incident, where there is one.
    pub hold: Option<crate::Hold>,
    /// The attorney's answers to the breach question, oldest first; the last one stands.
    pub breach: Vec<BreachDecision>,
    /// Its obligations.
    #[schema(value_type = BTreeMap<String, Obligation>)]
    pub obligations: BTreeMap<ItemId, Obligation>,
    /// The breach case: facts, the four factors, conditions, the mailing.
    #[serde(default)]
    pub case: crate::BreachCase,
    /// The version of the law tables that they were computed from.
    pub law_tables_as_of: Option<Date>,
    /// Why it could happen.
    pub root_cause: Option<RootCause>,
    /// What has to change.
    #[schema(value_type = BTreeMap<String, Remediation>)]
    pub remediation: BTreeMap<ItemId, Remediation>,
    /// Changes to runbooks.
    pub runbook_changes: Vec<RunbookChange>,
    /// Reports delivered and situation reports sent.
    pub reports: Vec<Report>,
    /// Notes.
    #[schema(value_type = BTreeMap<String, Note>)]
    pub notes: BTreeMap<NoteId, Note>,
    /// Every time somebody broke glass: never emptied.
    pub glass_broken: Vec<GlassBroken>,
    /// The last day the record has to be kept.
    pub retain_until: Option<Date>,
    /// Every closing and reopening.
    pub closings: Vec<Closing>,
}

/// Whether an incident is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has declared it.
    Undeclared,
    /// It is open.
    Open,
    /// It is closed.
    Closed,
}

impl Status {
    /// The word used in JSON and in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undeclared => "undeclared",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// The severity as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeverityStanding {
    /// The severity.
    pub severity: Severity,
    /// What the facts alone gave when it was set.
    pub computed: Severity,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// Minutes within which those called have to answer.
    pub engage_within_minutes: u32,
    /// Who set it, and when.
    pub stamp: Stamp,
}

/// That somebody broke glass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GlassBroken {
    /// For which action.
    pub action: ActionId,
    /// Why.
    pub reason: String,
    /// Whose approval it went without.
    pub without: Vec<crate::Side>,
    /// Who and when.
    pub stamp: Stamp,
}

/// A closing, and the reopening that may have followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Closing {
    /// Who closed it, and when.
    pub closed: Stamp,
    /// What they said.
    pub summary: Option<String>,
    /// Who opened it again, when and why.
    pub reopened: Option<(Stamp, String)>,
}

impl State {
    /// Who is on it at `now`: whoever was called and joined, and whoever did something in the last twelve hours, the latest
    /// first.
    #[must_use]
    pub fn on_it(&self, now: Timestamp) -> Vec<&str> {
        let joined = self.engagements.values().filter_map(|call| {
            let answer = call.answer.as_ref().filter(|answer| answer.joins)?;
            Some((answer.at, call.name.as_str()))
        });
        let recent = |stamp: &&Stamp| now.duration_since(stamp.at) < jiff::SignedDuration::from_hours(12);
        let acted = self.acted.values().filter(recent).map(|stamp| (stamp.at, stamp.name.as_str()));
        let mut people: Vec<_> = joined.chain(acted).collect();
        people.sort_by_key(|(at, name)| (std::cmp::Reverse(*at), *name));
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in people {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// An incident of which nothing is recorded yet.
    #[must_use]
    pub const fn new(incident: IncidentId, practice: PracticeId) -> Self {
        Self {
            incident,
            practice,
            version: 0,
            changed_at: None,
            status: Status::Undeclared,
            title: String::new(),
            kind: None,
            exercise: false,
            declared: None,
            severity: None,
            alerts: BTreeMap::new(),
            engagements: BTreeMap::new(),
            acted: BTreeMap::new(),
            systems: BTreeMap::new(),
            accounts: BTreeMap::new(),
            indicators: BTreeMap::new(),
            actions: BTreeMap::new(),
            findings: BTreeMap::new(),
            evidence: BTreeMap::new(),
            hold: None,
            breach: Vec::new(),
            obligations: BTreeMap::new(),
            case: crate::BreachCase {
                facts: Vec::new(),
                factors: Vec::new(),
                recommendations: Vec::new(),
                determinations: Vec::new(),
                conditions: Vec::new(),
                mailing: None,
                computed_from: None,
            },
            law_tables_as_of: None,
            root_cause: None,
            remediation: BTreeMap::new(),
            runbook_changes: Vec::new(),
            reports: Vec::new(),
            notes: BTreeMap::new(),
            glass_broken: Vec::new(),
            retain_until: None,
            closings: Vec::new(),
        }
    }

    /// The attorney's answer as it stands.
    #[must_use]
    pub fn breach_decision(&self) -> Option<&BreachDecision> {
        self.breach.last()
    }

    /// The earliest sign of the attacker that findings name.
    #[must_use]
    pub fn earliest_compromise(&self) -> Option<Timestamp> {
        self.moments(crate::Question::Earliest).min()
    }

    /// The latest sign of the attacker that findings name.
    #[must_use]
    pub fn latest_compromise(&self) -> Option<Timestamp> {
        self.moments(crate::Question::Latest).max()
    }

    fn moments(&self, question: crate::Question) -> impl Iterator<Item = Timestamp> {
        self.findings
            .values()
            .filter(move |finding| finding.statement.question == question)
            .filter_map(|finding| finding.statement.at)
    }

    /// The state as somebody may see it who may not read what is privileged: that something was decided stays, why
    /// does not, and privileged notes and reports are gone.
    #[must_use]
    pub fn without_privileged(&self) -> Self {
        let mut state = self.clone();
        state.notes.retain(|_, note| !note.privileged);
        state.reports.retain(|report| !report.privileged);
        for decision in state.breach.iter_mut().filter(|decision| decision.privileged) {
            decision.reasons.clear();
            decision.document = None;
        }
        for stated in &mut state.case.conditions {
            stated.because.clear();
        }
        for obligation in state.obligations.values_mut() {
            if let crate::ObligationStanding::NotDue { reasons, privileged: true, .. } =
                &mut obligation.standing
            {
                reasons.clear();
            }
        }
        state
    }
}
