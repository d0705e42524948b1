//! Containment: proposed with what stops, approved, applied once, verified, undone. Nothing here asks for findings.

use kernel::{ActionId, SystemName};

use super::{Ask, Decided, IMPACT_HOURS, bounded, refuse, said};
use crate::{
    Action, ActionStage, ContainmentKind, Event, IncidentKind, Practice, Refusal, RefusalKind, Request, Side,
    Target, practice::Impact,
};

impl Practice {
    /// Whether the plan approves a measure beforehand, in this kind of incident, on this target.
    #[must_use]
    pub fn preapproves(&self, kind: Option<IncidentKind>, measure: ContainmentKind, target: &Target) -> bool {
        let Some(kind) = kind else { return false };
        self.plan.preapproved.iter().any(|approval| {
            approval.incidents.contains(&kind)
                && approval.measures.contains(&measure)
                && match target {
                    _ if approval.systems.is_empty() => true,
                    Target::System { system } => approval.systems.contains(system),
                    _ => false,
                }
        })
    }

    /// What stops working when a measure is applied to a target, in the hours from `now`.
    #[must_use]
    pub fn stops(
        &self,
        measure: ContainmentKind,
        target: &Target,
        now: kernel::Timestamp,
        hours: u16,
    ) -> Impact {
        let vendor_of = |vendor: &str| -> (Vec<SystemName>, Vec<String>) {
            let is = |name: &String| name.eq_ignore_ascii_case(vendor);
            let runs = self.systems.iter().filter(|system| system.vendor.as_ref().is_some_and(is));
            let services = self.vendor(vendor).map(|vendor| vendor.services.clone()).unwrap_or_default();
            (runs.map(|system| system.key.clone()).collect(), services)
        };
        let (systems, services) = match target {
            Target::System { system } if measure.takes_down() => (vec![system.clone()], Vec::new()),
            Target::Account { account } if measure.takes_down() => (
                Vec::new(),
                self.account(account).map(|profile| profile.services.clone()).unwrap_or_default(),
            ),
            Target::Vendor { vendor } if measure.takes_down() => vendor_of(vendor),
            Target::Service { service } if measure.takes_down() => (Vec::new(), vec![service.clone()]),
            Target::Indicator { indicator } if measure == ContainmentKind::BlockDomain => {
                let blocked = indicator.value.to_lowercase();
                let under = |domain: &String| {
                    let domain = domain.to_lowercase();
                    domain == blocked || domain.strip_suffix(&blocked).is_some_and(|rest| rest.ends_with('.'))
                };
                let vendor = self.vendors.iter().find(|vendor| vendor.domains.iter().any(under));
                vendor.map(|vendor| vendor_of(&vendor.name)).unwrap_or_default()
            }
            _ => (Vec::new(), Vec::new()),
        };
        self.impact_of(&systems, &services, now, hours)
    }
}

impl Ask<'_> {
    pub(super) fn containment(&self, request: &Request) -> Decided {
        match request {
            Request::ProposeContainment { measure, target, why, undo } => {
                self.propose(*measure, target, &said("why", why)?, undo.as_deref())
            }
            Request::ApproveContainment { action, side } => self.approve(*action, *side),
            Request::WithdrawContainment { action, reason } => {
                self.open_action(*action)?;
                Ok(vec![Event::ContainmentWithdrawn { action: *action, reason: said("reason", reason)? }])
            }
            Request::ApplyContainment { action, receipt } => self.apply(*action, receipt.as_deref(), None),
            Request::BreakGlass { action, reason, receipt } => {
                self.apply(*action, receipt.as_deref(), Some(&said("reason", reason)?))
            }
            Request::VerifyContainment { action, how } => {
                let found = self.action_in_force(*action)?;
                if matches!(found.stage, ActionStage::Verified { .. }) {
                    return Err(refuse(
                        RefusalKind::Already,
                        "it is verified already",
                        "nothing has to be done",
                    ));
                }
                Ok(vec![Event::ContainmentVerified { action: *action, how: said("how", how)? }])
            }
            Request::FailContainment { action, reason } => {
                self.action_in_force(*action)?;
                Ok(vec![Event::ContainmentFailed { action: *action, reason: said("reason", reason)? }])
            }
            Request::UndoContainment { action, reason } => {
                let found = self.action_in_force(*action)?;
                if found.undo.is_none() {
                    return Err(refuse(
                        RefusalKind::WrongStage,
                        format!("there is no way to undo \"{}\"", found.measure.plain()),
                        "record what was done about it as a note",
                    ));
                }
                Ok(vec![Event::ContainmentUndone { action: *action, reason: said("reason", reason)? }])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn propose(&self, measure: ContainmentKind, target: &Target, why: &str, undo: Option<&str>) -> Decided {
        if !measure.fits(target) {
            let reason = format!("one cannot {} where the target is {}", measure.plain(), target.plain());
            return Err(refuse(RefusalKind::Invalid, reason, "name a target that fits the measure"));
        }
        match target {
            Target::Service { service } if self.practice.service(service).is_none() => {
                let reason = format!("the profile has no clinical service `{service}`");
                return Err(refuse(RefusalKind::Unknown, reason, "name one of the profile's services"));
            }
            Target::Indicator { indicator } => drop(said("target", &indicator.value)?),
            Target::Vendor { vendor } => drop(said("target", vendor)?),
            _ => {}
        }
        let same = |action: &&Action| {
            action.measure == measure && action.target == *target && (action.in_force() || action.is_open())
        };
        if let Some(there) = self.state.actions.values().find(same) {
            let reason = format!("action {} does that already", there.id);
            return Err(refuse(RefusalKind::Already, reason, "go on with that action"));
        }
        let undo = undo.map(|text| bounded("undo", text)).transpose()?;
        Ok(vec![Event::ContainmentProposed {
            action: ActionId::new(self.now, self.bits()),
            measure,
            target: target.clone(),
            why: why.to_owned(),
            stops: self.practice.stops(measure, target, self.now, IMPACT_HOURS),
            undo: undo.or_else(|| measure.undo().map(str::to_owned)),
            preapproved: self.practice.preapproves(self.state.kind, measure, target),
        }])
    }

    fn approve(&self, id: ActionId, side: Side) -> Decided {
        let action = self.open_action(id)?;
        if action.approvals.iter().any(|approval| approval.side == side) {
            let reason = format!("{} has approved it already", side.plain());
            return Err(refuse(RefusalKind::Already, reason, "nothing has to be done"));
        }
        if action.approvals.iter().any(|approval| approval.stamp.by == self.actor.id) {
            return Err(refuse(
                RefusalKind::SamePerson,
                "the same person approved it for the other side",
                "have another person approve it",
            ));
        }
        Ok(vec![Event::ContainmentApproved { action: id, side }])
    }

    fn apply(&self, id: ActionId, receipt: Option<&str>, glass: Option<&str>) -> Decided {
        let action = self.open_action(id)?;
        let receipt = receipt.map(|text| bounded("receipt", text)).transpose()?;
        // The kind of incident and the profile may have changed since it was proposed; what counts is now.
        let preapproved = self.practice.preapproves(self.state.kind, action.measure, &action.target);
        let mut today = action.clone();
        today.preapproved = preapproved;
        if !today.stops.stops_care() {
            today.stops = self.practice.stops(action.measure, &action.target, self.now, IMPACT_HOURS);
        }
        let without = today.missing_approvals();
        let applied = Event::ContainmentApplied { action: id, receipt, preapproved };
        match (without.is_empty(), glass) {
            (true, _) => Ok(vec![applied]),
            (false, Some(reason)) => {
                Ok(vec![Event::GlassBroken { action: id, reason: reason.to_owned(), without }, applied])
            }
            (false, None) => {
                let missing: Vec<_> =
                    without.iter().map(|side| format!("approval by {}", side.plain())).collect();
                let reason = {
                    let stops = today.stops.sentence();
                    format!("missing: {}; {}", missing.join(" and "), stops.trim_end_matches('.'))
                };
                let way_out = "have it approved, or break glass as the lead with a reason";
                Err(refuse(RefusalKind::NeedsApproval, reason, way_out).missing(missing))
            }
        }
    }

    fn found(&self, id: ActionId) -> Result<&Action, Refusal> {
        let none = || refuse(RefusalKind::Unknown, format!("no containment action {id}"), "propose it first");
        self.state.actions.get(&id).ok_or_else(none)
    }

    fn open_action(&self, id: ActionId) -> Result<&Action, Refusal> {
        let action = self.found(id)?;
        if action.is_open() {
            return Ok(action);
        }
        let reason = format!("action {id} was {} already", action.stage.plain());
        Err(refuse(RefusalKind::WrongStage, reason, "propose it anew where it is needed again"))
    }

    fn action_in_force(&self, id: ActionId) -> Result<&Action, Refusal> {
        let action = self.found(id)?;
        if action.in_force() {
            return Ok(action);
        }
        let reason = format!("action {id} is not in force: it was {}", action.stage.plain());
        Err(refuse(RefusalKind::WrongStage, reason, "apply it first"))
    }
}
