//! Containment actions, and what they do to the system, account or indicator they are applied to.

use kernel::ActionId;

use crate::{
    AccountStage, Action, ActionStage, Approval, ContainmentKind, Event, GlassBroken, IndicatorStage, Stamp,
    State, SystemStage, Target, indicator_key,
};

impl ContainmentKind {
    /// Whether the measure, in force on its target, holds the attacker there.
    pub(crate) const fn holds(self, target: &Target) -> bool {
        match target {
            Target::System { .. } => self.takes_down(),
            Target::Account { .. } => matches!(self, Self::DisableAccount),
            Target::Indicator { .. } => {
                matches!(
                    self,
                    Self::BlockAddress | Self::BlockDomain | Self::BlockHash | Self::QuarantineMail
                )
            }
            Target::Vendor { .. } | Target::Service { .. } => false,
        }
    }
}

impl State {
    pub(super) fn apply_containment(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::ContainmentProposed { action, measure, target, why, stops, undo, preapproved } => {
                let proposed = Action {
                    id: *action,
                    measure: *measure,
                    target: target.clone(),
                    why: why.clone(),
                    stops: stops.clone(),
                    undo: undo.clone(),
                    preapproved: *preapproved,
                    proposed: stamp,
                    approvals: Vec::new(),
                    glass_broken: None,
                    stage: ActionStage::Proposed,
                };
                self.actions.insert(*action, proposed);
            }
            Event::ContainmentApproved { action, side } => {
                if let Some(action) = self.actions.get_mut(action) {
                    action.approvals.push(Approval { side: *side, stamp });
                }
            }
            Event::GlassBroken { action, reason, without } => {
                if let Some(action) = self.actions.get_mut(action) {
                    action.glass_broken = Some(stamp.clone());
                }
                let without = without.clone();
                self.glass_broken.push(GlassBroken {
                    action: *action,
                    reason: reason.clone(),
                    without,
                    stamp,
                });
            }
            Event::ContainmentApplied { action, preapproved, .. } => {
                if let Some(action) = self.actions.get_mut(action) {
                    action.preapproved = *preapproved;
                }
                self.move_action(*action, ActionStage::Applied { stamp });
            }
            Event::ContainmentVerified { action, how } => {
                self.move_action(*action, ActionStage::Verified { stamp, how: how.clone() });
            }
            Event::ContainmentFailed { action, reason } => {
                self.move_action(*action, ActionStage::Failed { stamp, reason: reason.clone() });
            }
            Event::ContainmentUndone { action, reason } => {
                self.move_action(*action, ActionStage::Undone { stamp, reason: reason.clone() });
            }
            Event::ContainmentWithdrawn { action, reason } => {
                self.move_action(*action, ActionStage::Withdrawn { stamp, reason: reason.clone() });
            }
            _ => {}
        }
    }

    fn move_action(&mut self, id: ActionId, stage: ActionStage) {
        let Some(action) = self.actions.get_mut(&id) else { return };
        action.stage = stage;
        if !action.measure.holds(&action.target) {
            return;
        }
        let target = action.target.clone();
        if !action.in_force() {
            let since = action.moved().clone();
            self.let_go(&target, id, since);
        }
        self.hold_again(&target);
    }

    /// Takes back what an action did to its target.
    fn let_go(&mut self, target: &Target, id: ActionId, since: Stamp) {
        match target {
            Target::System { system } => {
                if let Some(system) = self.systems.get_mut(system)
                    && matches!(system.stage, SystemStage::Contained { action, .. } if action == id)
                {
                    system.stage = SystemStage::Suspected { since };
                }
            }
            Target::Account { account } => {
                if let Some(account) = self.accounts.get_mut(account)
                    && matches!(account.stage, AccountStage::Disabled { action, .. } if action == id)
                {
                    account.stage = AccountStage::Suspected { since };
                }
            }
            Target::Indicator { indicator } => {
                if let Some(indicator) = self.indicators.get_mut(&indicator_key(indicator))
                    && matches!(indicator.stage, IndicatorStage::Blocked { action, .. } if action == id)
                {
                    indicator.stage = IndicatorStage::Seen { since };
                }
            }
            Target::Vendor { .. } | Target::Service { .. } => {}
        }
    }

    /// Where an action in force holds the target, and the target is still loose, it is held from now on.
    pub(super) fn hold_again(&mut self, target: &Target) {
        let loose = match target {
            Target::System { system } => {
                self.systems.get(system).is_some_and(|it| matches!(it.stage, SystemStage::Suspected { .. }))
            }
            Target::Account { account } => self
                .accounts
                .get(account)
                .is_some_and(|it| matches!(it.stage, AccountStage::Suspected { .. })),
            Target::Indicator { indicator } => self
                .indicators
                .get(&indicator_key(indicator))
                .is_some_and(|it| matches!(it.stage, IndicatorStage::Seen { .. })),
            Target::Vendor { .. } | Target::Service { .. } => false,
        };
        if !loose {
            return;
        }
        let holding = self
            .actions
            .values()
            .find(|action| action.target == *target && action.in_force() && action.measure.holds(target));
        let Some((action, since)) =
            holding.and_then(|action| Some((action.id, action.in_force_since()?.clone())))
        else {
            return;
        };
        match target {
            Target::System { system } => {
                if let Some(system) = self.systems.get_mut(system) {
                    system.stage = SystemStage::Contained { since, action };
                }
            }
            Target::Account { account } => {
                if let Some(account) = self.accounts.get_mut(account) {
                    account.stage = AccountStage::Disabled { since, action };
                }
            }
            Target::Indicator { indicator } => {
                if let Some(indicator) = self.indicators.get_mut(&indicator_key(indicator)) {
                    indicator.stage = IndicatorStage::Blocked { since, action };
                }
            }
            Target::Vendor { .. } | Target::Service { .. } => {}
        }
    }
}
