//! Severity, computed from facts, each step with its reason in words. The same facts on a packed Monday and on an
//! empty Sunday give different answers, as what is at stake in the next hours differs.

use kernel::{Severity, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AccountStage, Confidence, IncidentKind, Practice, Question, State, SystemStage,
    decide::IMPACT_HOURS,
    engagement_minutes,
    practice::{Impact, SiteKind},
};

/// The facts that a severity rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facts {
    /// What kind of incident.
    pub kind: IncidentKind,
    /// Systems suspected or compromised and not settled.
    pub systems: usize,
    /// Of these, how many are confirmed.
    pub confirmed_systems: usize,
    /// Accounts suspected and not settled.
    pub accounts: usize,
    /// Of these, how many have administrative rights.
    pub privileged_accounts: usize,
    /// Whether PHI is on, or reachable from, what is affected.
    pub phi_in_reach: bool,
    /// Whether data is known or thought to have left.
    pub exfiltration: bool,
    /// Whether what is affected is held by containment.
    pub contained: bool,
    /// What stops when everything affected is lost, with what the next hours hold.
    pub at_stake: Impact,
    /// How bad the worst alert says it is.
    pub alerts_say: Option<Severity>,
}

/// A severity and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    /// The severity.
    pub severity: Severity,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// Minutes within which those called have to answer.
    pub engage_within_minutes: u32,
}

/// The facts of an incident as it stands, with what the practice's next hours hold.
#[must_use]
pub fn facts(state: &State, practice: &Practice, now: Timestamp) -> Facts {
    let systems: Vec<_> = state.systems.iter().filter(|(_, system)| !system.stage.is_settled()).collect();
    let accounts: Vec<_> = state.accounts.iter().filter(|(_, account)| !account.stage.is_settled()).collect();
    let kind = state.kind.unwrap_or(IncidentKind::Other);
    let names: Vec<_> = systems.iter().map(|(name, _)| (*name).clone()).collect();
    let profile = |name| practice.account(name);
    let loose = systems.iter().any(|(_, system)| matches!(system.stage, SystemStage::Suspected { .. }))
        || accounts.iter().any(|(_, account)| matches!(account.stage, AccountStage::Suspected { .. }));
    Facts {
        kind,
        systems: systems.len(),
        confirmed_systems: systems.iter().filter(|(_, system)| system.confirmed.is_some()).count(),
        accounts: accounts.len(),
        privileged_accounts: accounts
            .iter()
            .filter(|(name, _)| profile(name).is_some_and(|it| it.privileged))
            .count(),
        phi_in_reach: names.iter().any(|name| practice.system(name).is_some_and(|it| it.holds_phi || it.ehr))
            || accounts.iter().any(|(name, _)| profile(name).is_some_and(|it| it.reaches_phi))
            || kind.is_about_phi(),
        exfiltration: state.findings.values().any(|finding| {
            finding.statement.question == Question::Exfiltration
                && finding.statement.confidence != Confidence::Unknown
        }),
        contained: !(loose || systems.is_empty() && accounts.is_empty()),
        at_stake: practice.impact(&names, now, IMPACT_HOURS),
        alerts_say: None,
    }
}

impl IncidentKind {
    /// Whether PHI is what such an incident is about.
    pub(crate) const fn is_about_phi(self) -> bool {
        matches!(self, Self::MisdirectedPhi | Self::InsiderSnooping | Self::VendorBreach)
    }

    /// What the kind of threat weighs by itself.
    const fn weight(self) -> i32 {
        match self {
            Self::Ransomware => 3,
            Self::BusinessEmailCompromise | Self::Malware | Self::VendorBreach => 2,
            Self::Outage | Self::LostOrStolenDevice | Self::InsiderSnooping | Self::MisdirectedPhi => 1,
            Self::Other => 0,
        }
    }
}

/// Points, each with its reason.
#[derive(Default)]
struct Scale {
    points: i32,
    reasons: Vec<String>,
}

impl Scale {
    fn add(&mut self, points: i32, reason: String) {
        self.points = self.points.saturating_add(points);
        self.reasons.push(reason);
    }
}

/// The severity of these facts, with its reasons.
#[must_use]
pub fn assess(facts: &Facts) -> Assessment {
    let mut scale = Scale::default();
    scale.add(facts.kind.weight(), format!("kind of threat: {}", facts.kind.plain()));
    weigh_spread(facts, &mut scale);
    weigh_data(facts, &mut scale);
    weigh_care(facts, &mut scale);
    if facts.contained {
        scale.add(-1, "everything known to be affected is contained".to_owned());
    }
    let mut severity = match scale.points {
        ..=0 => Severity::Informational,
        1 => Severity::Low,
        2 | 3 => Severity::Medium,
        4 | 5 => Severity::High,
        _ => Severity::Critical,
    };
    let mut at_least = |floor: Severity, reason: &str| {
        if severity < floor {
            severity = floor;
            scale.reasons.push(format!("never below {floor}: {reason}"));
        }
    };
    if facts.kind == IncidentKind::Ransomware {
        at_least(Severity::High, "ransomware that is seen on one system is on its way to others");
    }
    if facts.exfiltration {
        at_least(Severity::High, "data has left, or is thought to have left");
    }
    match facts.alerts_say {
        Some(Severity::Critical) => at_least(Severity::High, "its source calls it critical"),
        Some(Severity::High) => at_least(Severity::Medium, "its source calls it high"),
        Some(Severity::Medium) => at_least(Severity::Low, "its source calls it medium"),
        _ => {}
    }
    Assessment { severity, reasons: scale.reasons, engage_within_minutes: engagement_minutes(severity) }
}

fn weigh_spread(facts: &Facts, scale: &mut Scale) {
    if facts.systems >= 5 || facts.confirmed_systems >= 3 {
        let text = format!(
            "spread: {} systems affected, {} of them confirmed",
            facts.systems, facts.confirmed_systems
        );
        scale.add(1, text);
    } else if facts.systems > 0 || facts.accounts > 0 {
        let text = format!("spread so far: {} systems and {} accounts", facts.systems, facts.accounts);
        scale.add(0, text);
    }
    if facts.privileged_accounts > 0 {
        let have = if facts.privileged_accounts == 1 { "has" } else { "have" };
        let reason = format!("{} of the accounts {have} administrative rights", facts.privileged_accounts);
        scale.add(1, reason);
    }
}

fn weigh_data(facts: &Facts, scale: &mut Scale) {
    if facts.phi_in_reach {
        scale.add(1, "PHI is in reach of what is affected".to_owned());
    }
    if facts.exfiltration {
        scale.add(1, "data has left, or is thought to have left".to_owned());
    }
}

fn weigh_care(facts: &Facts, scale: &mut Scale) {
    let stake = &facts.at_stake;
    if stake.services.is_empty() {
        return;
    }
    let names: Vec<_> = stake.services.iter().map(|service| service.name.as_str()).collect();
    let names = names.join(", ");
    if stake.visits == 0 && stake.procedures == 0 {
        scale.add(0, format!("at risk: {names}, but nothing is booked in the next {} hours", stake.hours));
        return;
    }
    let much = stake.visits >= 20 || stake.procedures > 0;
    let booked = format!(
        "at risk: {names}, with {} visits and {} procedures in the next {} hours",
        stake.visits, stake.procedures, stake.hours
    );
    scale.add(if much { 2 } else { 1 }, booked);
    let touched = |kind| {
        stake
            .services
            .iter()
            .any(|service| service.workflow == kind && (service.visits > 0 || service.procedures > 0))
    };
    if touched(SiteKind::Clinic) && touched(SiteKind::SurgeryCentre) {
        scale.add(1, "both the clinic and the surgery center are at risk".to_owned());
    }
    if !stake.records.is_empty() {
        let records: Vec<_> = stake.records.iter().map(ToString::to_string).collect();
        scale.add(1, format!("the health record is at risk: {}", records.join(", ")));
    }
}
