//! The report's tables.

use incident::{ActionStage, Confidence, GateStanding, ObligationStanding, SystemStage};
use kernel::Timestamp;
use report::incident_report as view;

use super::{Filled, HOURS, capitalised};
use crate::hunt::place_apart;

impl Filled<'_> {
    pub(super) fn events(&self) -> Vec<view::Event> {
        let mut told: Vec<view::Event> = self
            .timeline
            .iter()
            .filter(|seen| seen.says != "Privileged.")
            .map(|seen| view::Event {
                at: seen.entry.at,
                lane: lane(&seen.entry.kind),
                text: seen.says.clone(),
                who: Some(seen.entry.actor.name.clone()),
                key: is_key(&seen.entry.kind),
            })
            .collect();
        for finding in self.state.findings.values() {
            if let Some(at) = finding.statement.at {
                told.push(view::Event {
                    at,
                    lane: view::Lane::Attacker,
                    text: place_apart(&finding.statement.text).0.to_owned(),
                    who: None,
                    key: true,
                });
            }
        }
        told
    }

    /// What works today, as the pages say it; and what still works on something that is suspected.
    pub(super) fn services(&self) -> Vec<view::Service> {
        let (today, stake) = (self.state.services(self.practice, self.now), self.at_stake());
        self.practice
            .services
            .iter()
            .map(|service| {
                let down = today.iter().find(|today| today.service == service.key && !today.works);
                let lost = stake.services.iter().find(|lost| lost.service == service.key);
                let site = self.practice.sites.iter().find(|site| site.key == service.site);
                let forms = down.map(|down| &down.downtime).or(lost.map(|lost| &lost.downtime));
                view::Service {
                    site: site.map_or_else(|| service.site.clone(), |site| site.name.clone()),
                    name: service.name.clone(),
                    status: match (down, lost) {
                        (Some(_), _) => view::ServiceStatus::Down,
                        (None, Some(_)) => view::ServiceStatus::AtRisk,
                        (None, None) => view::ServiceStatus::Works,
                    },
                    instead: forms.map(|forms| forms.join("; ")).filter(|text| !text.is_empty()),
                }
            })
            .collect()
    }

    pub(super) fn systems(&self) -> Vec<view::System> {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let touched = self.state.systems.iter().map(|(name, system)| {
            let profile = self.practice.system(name);
            let waivers = system.gates.iter().filter_map(|(gate, standing)| match standing {
                GateStanding::Waived { stamp, reason } => {
                    Some(format!("{} waived by {}: {reason}", capitalised(gate.plain()), stamp.name))
                }
                _ => None,
            });
            let passed = |standing: &&GateStanding| {
                matches!(standing, GateStanding::Held { .. } | GateStanding::Waived { .. })
            };
            view::System {
                name: profile.map_or_else(|| name.to_string(), |profile| profile.name.clone()),
                purpose: profile.map(|profile| profile.kind.plain().to_owned()),
                site: self.site_name(profile.and_then(|profile| profile.site.as_deref())),
                condition: condition(&system.stage, system.confirmed.is_some()),
                since: Some(system.stage.since().at),
                services: self.service_names(profile),
                gates_held: count(system.gates.values().filter(passed).count()),
                gates: count(incident::Gate::ALL.len()),
                waivers: waivers.collect(),
            }
        });
        // As on the pages: what stands on a suspected system works until somebody stops that one.
        let down = self.practice.impact(&self.state.systems_down(), self.now, HOURS).dependants;
        let touched_by =
            self.at_stake().dependants.into_iter().filter(|name| !self.state.systems.contains_key(name)).map(
                |name| {
                    let profile = self.practice.system(&name);
                    view::System {
                        name: profile.map_or_else(|| name.to_string(), |profile| profile.name.clone()),
                        purpose: profile.map(|profile| profile.kind.plain().to_owned()),
                        site: self.site_name(profile.and_then(|profile| profile.site.as_deref())),
                        condition: if down.contains(&name) {
                            view::Condition::Stopped
                        } else {
                            view::Condition::AtRisk
                        },
                        since: None,
                        services: self.service_names(profile),
                        gates_held: 0,
                        gates: 0,
                        waivers: Vec::new(),
                    }
                },
            );
        touched.chain(touched_by).collect()
    }

    fn site_name(&self, key: Option<&str>) -> Option<String> {
        let key = key?;
        Some(
            self.practice
                .sites
                .iter()
                .find(|site| site.key == key)
                .map_or_else(|| key.to_owned(), |s| s.name.clone()),
        )
    }

    fn service_names(&self, profile: Option<&incident::practice::SystemProfile>) -> Vec<String> {
        let services = profile.map(|profile| profile.services.as_slice()).unwrap_or_default();
        services
            .iter()
            .map(|on| {
                self.practice.service(&on.service).map_or_else(|| on.service.clone(), |s| s.name.clone())
            })
            .collect()
    }

    pub(super) fn actions(&self) -> Vec<view::Action> {
        let mut actions: Vec<_> = self.state.actions.values().collect();
        actions.sort_by_key(|action| (action.proposed.at, action.id));
        actions.into_iter().map(|action| self.action(action)).collect()
    }

    fn action(&self, action: &incident::Action) -> view::Action {
        let (status, since) = match &action.stage {
            ActionStage::Proposed if action.missing_approvals().is_empty() => {
                (view::ActionStatus::Approved, action.proposed.at)
            }
            ActionStage::Proposed => (view::ActionStatus::Proposed, action.proposed.at),
            ActionStage::Applied { stamp } => (view::ActionStatus::Applied, stamp.at),
            ActionStage::Verified { stamp, .. } => (view::ActionStatus::Verified, stamp.at),
            ActionStage::Failed { stamp, .. } => (view::ActionStatus::Failed, stamp.at),
            ActionStage::Undone { stamp, .. } => (view::ActionStatus::Undone, stamp.at),
            ActionStage::Withdrawn { stamp, .. } => (view::ActionStatus::Refused, stamp.at),
        };
        let mut approvals: Vec<_> = action
            .approvals
            .iter()
            .map(|approval| view::Approval {
                by: approval.stamp.name.clone(),
                role: approval.side.plain().to_owned(),
                at: Some(approval.stamp.at),
            })
            .collect();
        if action.preapproved {
            approvals.push(view::Approval {
                by: "The practice's plan".to_owned(),
                role: "pre-approved".to_owned(),
                at: None,
            });
        }
        let broken = self.state.glass_broken.iter().find(|broken| broken.action == action.id);
        view::Action {
            what: capitalised(action.measure.plain()),
            target: action.target.plain(),
            why: action.why.clone(),
            stops: action.stops.services.iter().map(|service| service.name.clone()).collect(),
            undo: action.undo.clone(),
            status,
            since,
            approvals,
            break_glass: broken.map(|broken| view::BreakGlass {
                by: broken.stamp.name.clone(),
                role: broken.stamp.role.to_string(),
                reason: broken.reason.clone(),
                at: broken.stamp.at,
            }),
        }
    }

    pub(super) fn obligations(&self) -> Vec<view::Obligation> {
        let undetermined = self.state.breach_decision().is_none();
        let today = self.now.to_zoned(self.practice.zone()).date();
        let standing = crate::case::duties(self.state, today);
        // A date that is near or missed says so, whatever counsel has yet to decide.
        let pressing = |id| {
            let view = standing.iter().find(|view| view.id == id)?;
            let days = view.days?;
            match view.stands {
                crate::case::Stands::Missed => {
                    Some(format!("MISSED: {} days past its last lawful day", -days))
                }
                crate::case::Stands::Near => {
                    Some(format!("NEAR: {days} days left; past its internal target"))
                }
                crate::case::Stands::NoLongerAsked => Some("the facts no longer ask for it".to_owned()),
                _ => None,
            }
        };
        self.state
            .obligations
            .values()
            .map(|obligation| {
                let (status, note) = match &obligation.standing {
                    ObligationStanding::Open if undetermined => {
                        (view::ObligationStatus::Undetermined, pressing(obligation.id))
                    }
                    ObligationStanding::Open => (view::ObligationStatus::Due, pressing(obligation.id)),
                    ObligationStanding::Met { on, note, .. } => {
                        (view::ObligationStatus::Met, Some(format!("{on}: {note}")))
                    }
                    ObligationStanding::NotDue { .. } => (view::ObligationStatus::NotDue, None),
                };
                view::Obligation {
                    duty: capitalised(&obligation.duty.duty.replace('_', " ")),
                    recipient: obligation
                        .duty
                        .recipient
                        .clone()
                        .unwrap_or_else(|| obligation.duty.regime.clone()),
                    citation: Some(obligation.duty.citation.clone()),
                    due: obligation.duty.due,
                    status,
                    note,
                }
            })
            .collect()
    }

    /// By question, in the questions' order.
    pub(super) fn findings(&self) -> Vec<view::Finding> {
        let name = |id: &kernel::EvidenceId| self.names.get(id).cloned().unwrap_or_else(|| id.to_string());
        let mut findings: Vec<_> = self.state.findings.values().map(|finding| &finding.statement).collect();
        findings.sort_by_key(|statement| (statement.question, statement.at.unwrap_or(Timestamp::MAX)));
        findings
            .into_iter()
            .map(|statement| {
                let (answer, place) = place_apart(&statement.text);
                let others = statement.evidence.iter().map(name);
                // The place names its item already.
                let others = others.filter(|item| !place.is_some_and(|place| place.starts_with(item)));
                view::Finding {
                    question: capitalised(statement.question.plain()),
                    answer: answer.to_owned(),
                    confidence: match statement.confidence {
                        Confidence::Observed => view::Confidence::Observed,
                        Confidence::Inferred => view::Confidence::Inferred,
                        Confidence::Unknown => view::Confidence::Unknown,
                    },
                    evidence: place.map(str::to_owned).into_iter().chain(others).collect(),
                }
            })
            .collect()
    }

    pub(super) fn evidence(&self) -> Vec<view::EvidenceItem> {
        let mut items: Vec<_> = self.state.evidence.values().collect();
        items.sort_by_key(|item| (item.taken.at, item.id));
        (1..)
            .zip(items)
            .map(|(number, item)| view::EvidenceItem {
                id: format!("E-{number:02}"),
                what: self.names.get(&item.id).map_or_else(
                    || item.source.clone(),
                    |name| {
                        if *name == item.source { name.clone() } else { format!("{name} ({})", item.source) }
                    },
                ),
                sha256: item.digest,
                bytes: item.bytes,
                taken_at: item.taken.at,
                taken_by: item.taken.name.clone(),
                custody: item
                    .chain
                    .iter()
                    .map(|event| view::CustodyEvent {
                        at: event.stamp.at,
                        what: event.what.clone(),
                        by: event.stamp.name.clone(),
                    })
                    .collect(),
            })
            .collect()
    }

    pub(super) fn remediation(&self) -> Vec<view::Remediation> {
        let items = self.state.remediation.values().map(|item| view::Remediation {
            what: item.what.clone(),
            owner: item.owner.clone(),
            due: Some(item.due),
            status: if item.done.is_some() { view::Progress::Done } else { view::Progress::Open },
        });
        items.collect()
    }

    pub(super) fn people(&self) -> Vec<view::Person> {
        let mut called: Vec<_> = self.state.engagements.values().collect();
        called.sort_by_key(|call| (call.called.at, call.id));
        called
            .into_iter()
            .map(|call| view::Person {
                name: call.name.clone(),
                role: capitalised(call.party.plain().trim_start_matches("the ")),
                organization: None,
                called_at: Some(call.called.at),
                answer_by: Some(call.due_at),
                answered_at: call.answer.as_ref().map(|answer| answer.at),
            })
            .collect()
    }
}

fn condition(stage: &SystemStage, confirmed: bool) -> view::Condition {
    match stage {
        SystemStage::Suspected { .. } if confirmed => view::Condition::Confirmed,
        SystemStage::Suspected { .. } => view::Condition::Suspected,
        SystemStage::Contained { .. } => view::Condition::Contained,
        SystemStage::Clean { .. } => view::Condition::Clean,
        SystemStage::Restored { .. } => view::Condition::Restored,
        SystemStage::InProduction { .. } => view::Condition::InProduction,
        SystemStage::Cleared { .. } => view::Condition::Cleared,
        SystemStage::Retired { .. } => view::Condition::Retired,
    }
}

/// The lane that an event's kind belongs to.
fn lane(kind: &str) -> view::Lane {
    match kind {
        "alert_attached" | "alert_detached" | "suspected" | "confirmed" | "suspicion_cleared" => {
            view::Lane::Detection
        }
        kind if kind.starts_with("containment_") || kind == "glass_broken" => view::Lane::Containment,
        kind if kind.starts_with("finding") || kind.contains("evidence") || kind == "copy_examined" => {
            view::Lane::Investigation
        }
        "system_work_done"
        | "account_work_done"
        | "system_cleaned"
        | "system_work_recorded"
        | "account_work_recorded" => view::Lane::Eradication,
        kind if kind.starts_with("restore_point")
            || kind.starts_with("gate_")
            || kind.starts_with("system_")
            || kind.starts_with("account_")
            || matches!(kind, "watch_set" | "observed" | "recurred") =>
        {
            view::Lane::Recovery
        }
        _ => view::Lane::Decision,
    }
}

/// Whether an event is one of those that tell the story.
fn is_key(kind: &str) -> bool {
    matches!(
        kind,
        "declared"
            | "glass_broken"
            | "system_returned"
            | "recurred"
            | "breach_decided"
            | "closed"
            | "reopened"
            | "root_cause_recorded"
    )
}

#[cfg(test)]
mod tests {
    use incident::{Event, Practice, State, Subject, SystemStage};
    use kernel::{IncidentId, PersonId, PracticeId, Role, SystemName, Timestamp, entry::EntryActor};
    use report::incident_report::Condition;

    use super::Filled;

    #[test]
    fn what_stands_on_a_suspected_system_is_at_risk_and_stops_when_that_is_taken_down() {
        let practice: Practice = serde_json::from_value(serde_json::json!({
            "name": "Cedar Hollow ENT", "state": "OH", "time_zone": "America/New_York",
            "systems": [
                {"key": "dc1", "name": "Domain controller", "kind": "identity"},
                {"key": "or-1", "name": "Operating room 1 computer", "kind": "workstation", "depends_on": ["dc1"]},
            ],
        }))
        .unwrap();
        let now: Timestamp = "2026-01-26T13:00:00Z".parse().unwrap();
        let actor = EntryActor { id: PersonId::from_u128(1), name: "Rae".into(), role: Role::Responder };
        let dc: SystemName = "dc1".parse().unwrap();
        let mut state = State::new(IncidentId::from_u128(1), PracticeId::from_u128(1));
        let subject = Subject::System { system: dc.clone() };
        state.apply(&Event::Suspected { subject, why: "a note".into(), seen_on: Vec::new() }, now, &actor);
        let names = std::collections::BTreeMap::new();
        let conditions = |state: &State| {
            let filled = Filled {
                state,
                practice: &practice,
                timeline: &[],
                names: &names,
                gaps: Vec::new(),
                now,
                prepared_by: "Rae",
            };
            filled.systems().into_iter().map(|system| (system.name, system.condition)).collect::<Vec<_>>()
        };
        let or = "Operating room 1 computer".to_owned();
        assert_eq!(conditions(&state)[1], (or.clone(), Condition::AtRisk));
        let since = state.systems[&dc].stage.since().clone();
        state.systems.get_mut(&dc).unwrap().stage = SystemStage::Clean { since };
        assert_eq!(conditions(&state)[1], (or, Condition::Stopped));
    }
}
