//! In which order systems come back: nothing before what it stands on, and of what could come back next, first what the
//! most visits and procedures wait for.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use kernel::{SystemName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Practice, State, SystemStage, decide::IMPACT_HOURS};

/// A system that is to come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RestoreStep {
    /// Its place in the order, from 1.
    pub number: usize,
    /// The system.
    pub system: SystemName,
    /// The systems that are not back yet and that it cannot work without, those of theirs among them.
    pub waits_for: Vec<SystemName>,
    /// Visits of the next hours that need it, or what stands on it.
    pub visits: u32,
    /// Procedures of the next hours that need it, or what stands on it.
    pub procedures: u32,
    /// The hours ahead that they were counted for.
    pub hours: u16,
}

impl SystemStage {
    /// Whether a system at this stage is not back in use, and is meant to be.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        !matches!(self, Self::InProduction { .. } | Self::Cleared { .. } | Self::Retired { .. })
    }
}

impl State {
    /// The systems that are not back, in the order in which they should come.
    #[must_use]
    pub fn restore_order(&self, practice: &Practice, now: Timestamp) -> Vec<RestoreStep> {
        let away = self.systems.iter().filter(|(_, system)| system.stage.is_away());
        practice.restore_order(away.map(|(name, _)| name), now)
    }
}

impl Practice {
    /// These systems in the order in which they should come back. A circle in the profile is begun where the most waits.
    #[must_use]
    pub fn restore_order<'n>(
        &self,
        systems: impl Iterator<Item = &'n SystemName>,
        now: Timestamp,
    ) -> Vec<RestoreStep> {
        let away: BTreeSet<&SystemName> = systems.collect();
        let mut waiting: BTreeMap<&SystemName, (RestoreStep, usize)> = BTreeMap::new();
        for name in &away {
            let below = self.below(name);
            let impact = self.impact(std::slice::from_ref(*name), now, IMPACT_HOURS);
            let step = RestoreStep {
                number: 0,
                system: (*name).clone(),
                waits_for: below.into_iter().filter(|on| away.contains(on)).cloned().collect(),
                visits: impact.visits,
                procedures: impact.procedures,
                hours: IMPACT_HOURS,
            };
            waiting.insert(name, (step, impact.dependants.len()));
        }
        let mut order = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let rank = |(step, dependants): &(RestoreStep, usize)| {
                let blocked = step.waits_for.iter().any(|on| waiting.contains_key(on));
                (blocked, Reverse(step.visits.saturating_add(step.procedures)), Reverse(*dependants))
            };
            let next = waiting.iter().min_by_key(|(_, waits)| rank(waits)).map(|(name, _)| *name);
            let Some((step, _)) = next.and_then(|name| waiting.remove(name)) else { break };
            order.push(RestoreStep { number: order.len() + 1, ..step });
        }
        order
    }

    /// What a system cannot work without, near and far; not itself, whatever circle it is in.
    fn below(&self, name: &SystemName) -> BTreeSet<&SystemName> {
        let mut below = BTreeSet::new();
        let mut look = vec![name];
        while let Some(next) = look.pop() {
            for on in self.system(next).map(|own| own.depends_on.as_slice()).unwrap_or_default() {
                if on != name && below.insert(on) {
                    look.push(on);
                }
            }
        }
        below
    }
}
