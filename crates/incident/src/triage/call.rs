//! Whom to call. The practice's plan says; where it is silent, the kind of incident and its severity do.

use kernel::{Role, Severity};

use super::{About, Call, Reasons};
use crate::{IncidentKind, Party, Practice, Verdict, engagement_minutes};

pub(super) fn whom(
    kind: IncidentKind,
    verdict: Verdict,
    severity: Severity,
    practice: &Practice,
    reasons: &mut Reasons,
) -> Vec<Call> {
    if verdict == Verdict::FalsePositive {
        reasons.add(About::Engage, "nobody: it is taken for a false positive");
        return Vec::new();
    }
    let calls = practice.calls(kind, severity);
    let names: Vec<_> = calls.iter().map(|call| call.party.plain()).collect();
    let minutes = engagement_minutes(severity);
    reasons.add(About::Engage, format!("{severity}: {} within {minutes} minutes", names.join(", ")));
    calls
}

impl Practice {
    /// Whom to call for an incident of this kind and severity.
    #[must_use]
    pub fn calls(&self, kind: IncidentKind, severity: Severity) -> Vec<Call> {
        let mut calls: Vec<Call> = Vec::new();
        let mut add = |party: Party, why: &str| {
            if calls.iter().all(|call| call.party != party) {
                calls.push(Call {
                    party,
                    name: self.name_of(party),
                    within_minutes: engagement_minutes(severity),
                    why: why.to_owned(),
                });
            }
        };
        let rules = self.plan.engage.iter().filter(|rule| severity >= rule.from);
        for rule in rules.filter(|rule| rule.incidents.is_empty() || rule.incidents.contains(&kind)) {
            for party in &rule.parties {
                add(*party, &format!("the practice's plan, from {} up", rule.from));
            }
        }
        if self.plan.engage.is_empty() {
            add(Party::Responder, "somebody has to look");
            if severity >= Severity::Medium {
                add(Party::Lead, "medium and above has a lead");
            }
            if severity >= Severity::High {
                add(Party::Practice, "care at the practice is touched");
                add(Party::Counsel, "the breach question may arise");
            }
            if severity == Severity::Critical {
                add(Party::Insurer, "the policy wants early notice");
            }
        }
        if kind.is_about_phi() || kind == IncidentKind::LostOrStolenDevice {
            add(Party::Counsel, "PHI may have been disclosed");
        }
        calls
    }

    fn name_of(&self, party: Party) -> Option<String> {
        let first = |role| self.on_call(role).first().map(|person| person.name.clone());
        match party {
            Party::Responder => first(Role::Responder),
            Party::Lead => first(Role::Lead),
            Party::Practice => first(Role::Practice),
            Party::Staff => first(Role::Staff),
            Party::Counsel => {
                first(Role::Attorney).or_else(|| self.counsel.as_ref().map(|counsel| counsel.name.clone()))
            }
            Party::Insurer => self.insurer.as_ref().map(|insurer| insurer.name.clone()),
            Party::Vendor | Party::LawEnforcement => None,
        }
    }
}
