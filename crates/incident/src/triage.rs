//! Triage proposes; people decide. A proposal says which alerts belong together, whether this one means what it says,
//! what kind of incident it would be, how bad, and whom to call: each with its reasons in words. Pure and quick: it is
//! run on every alert that comes in.

mod benign;
mod call;
mod group;
mod recognise;

use kernel::{
    AccountName, Alert, AlertId, AlertStatus, GroupId, Indicator, Moment, Severity, SystemName, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use group::{WINDOW_HOURS, group};

use crate::{IncidentKind, Party, Practice, Verdict, decide::IMPACT_HOURS, severity, word::words};

/// What triage proposes for one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// Whether it means what it says.
    pub verdict: Verdict,
    /// What kind of incident it would be.
    pub kind: IncidentKind,
    /// How bad.
    pub severity: Severity,
    /// Alerts that belong to the same event.
    pub with: Vec<AlertId>,
    /// The group that those are in already, where they are in one.
    pub group: Option<GroupId>,
    /// Whom to call.
    pub engage: Vec<Call>,
    /// Why, in words.
    pub reasons: Vec<Reason>,
    /// The systems it is about, by the profile's keys where listed there.
    pub systems: Vec<SystemName>,
    /// The accounts it is about.
    pub accounts: Vec<AccountName>,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    /// Who, by part.
    pub party: Party,
    /// Who, by name, where the profile says.
    pub name: Option<String>,
    /// Minutes within which they have to answer.
    pub within_minutes: u32,
    /// Why.
    pub why: String,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// What it is a reason for.
    pub about: About,
    /// The reason.
    pub text: String,
}

words! {
    /// What a reason is about.
    About, "a subject of a reason":
    Verdict = "verdict", "whether it is true";
    Kind = "kind", "what kind of incident";
    Severity = "severity", "how bad";
    Group = "group", "what it belongs to";
    Engage = "engage", "whom to call";
}

/// What triage needs to know of an earlier alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RelatedAlert {
    /// Its id.
    pub id: AlertId,
    /// When it happened, or was received where the source does not say.
    pub at: Timestamp,
    /// Its group.
    pub group: Option<GroupId>,
    /// Hosts, as the source wrote them.
    pub hosts: Vec<String>,
    /// Accounts, as the source wrote them.
    pub accounts: Vec<String>,
    /// Indicators.
    pub indicators: Vec<Indicator>,
}

impl RelatedAlert {
    /// What triage needs of an alert that was received at `received`.
    #[must_use]
    pub fn of(id: AlertId, alert: &Alert, received: Timestamp, group: Option<GroupId>) -> Self {
        Self {
            id,
            at: alert.occurred_at.or(alert.reported_at).map_or(received, kernel::Moment::at),
            group,
            hosts: alert.hosts.clone(),
            accounts: alert.accounts.clone(),
            indicators: alert.indicators.clone(),
        }
    }
}

/// What triage proposes for `alert`, given earlier alerts that share a host, an account or an indicator with it.
/// Alerts that turn out not to belong to it are left aside, so that the caller may hand over too many.
#[must_use]
pub fn propose(alert: &Alert, related: &[RelatedAlert], practice: &Practice, now: Timestamp) -> Proposal {
    let mut reasons = Reasons::default();
    let at = alert.occurred_at.or(alert.reported_at).map_or(now, Moment::at);
    let mut systems: Vec<_> = alert.hosts.iter().filter_map(|host| practice.system_name(host)).collect();
    systems.sort_unstable();
    systems.dedup();
    let mut accounts: Vec<_> = alert.accounts.iter().filter_map(|name| AccountName::new(name).ok()).collect();
    accounts.sort_unstable();
    accounts.dedup();

    let (with, group) = group::belonging(alert, at, related, practice, &mut reasons);
    let kind = recognise::kind(alert, practice, &mut reasons);
    let verdict = benign::verdict(alert, kind, with.len(), at, practice, &mut reasons);
    let severity = weigh(alert, kind, verdict, &systems, &accounts, practice, now, &mut reasons);
    let engage = call::whom(kind, verdict, severity, practice, &mut reasons);
    Proposal { verdict, kind, severity, with, group, engage, reasons: reasons.0, systems, accounts }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the steps of one proposal, named; a struct would only rename them"
)]
fn weigh(
    alert: &Alert,
    kind: IncidentKind,
    verdict: Verdict,
    systems: &[SystemName],
    accounts: &[AccountName],
    practice: &Practice,
    now: Timestamp,
    reasons: &mut Reasons,
) -> Severity {
    if verdict == Verdict::FalsePositive {
        reasons.add(About::Severity, "nothing to do where it is a false positive");
        return Severity::Informational;
    }
    let profile = |name: &AccountName| practice.account(name);
    let assessed = severity::assess(&severity::Facts {
        kind,
        systems: systems.len(),
        confirmed_systems: 0,
        accounts: accounts.len(),
        privileged_accounts: accounts
            .iter()
            .filter(|name| profile(name).is_some_and(|it| it.privileged))
            .count(),
        phi_in_reach: kind.is_about_phi()
            || systems.iter().any(|name| practice.system(name).is_some_and(|it| it.holds_phi || it.ehr))
            || accounts.iter().any(|name| profile(name).is_some_and(|it| it.reaches_phi)),
        exfiltration: alert.techniques.iter().any(|technique| recognise::is_exfiltration(technique)),
        contained: false,
        at_stake: practice.impact(systems, now, IMPACT_HOURS),
        alerts_say: alert.severity,
    });
    for reason in assessed.reasons {
        reasons.add(About::Severity, reason);
    }
    if alert.status == Some(AlertStatus::Resolved) && assessed.severity > Severity::Low {
        let lower = match assessed.severity {
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            _ => Severity::Low,
        };
        reasons.add(About::Severity, "one step lower: its source says that it is resolved");
        return lower;
    }
    assessed.severity
}

/// Reasons, as they are found.
#[derive(Default)]
pub(crate) struct Reasons(Vec<Reason>);

impl Reasons {
    pub(crate) fn add(&mut self, about: About, text: impl Into<String>) {
        self.0.push(Reason { about, text: text.into() });
    }
}
