//! Which clinical services work today, and what to do where one does not: the page that the front desk sees.

use kernel::{SystemName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Practice, State, SystemStage, Target, decide::IMPACT_HOURS, practice::SiteKind};

/// Whether a clinical service works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceStatus {
    /// Its key.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Clinic or surgery centre.
    pub workflow: SiteKind,
    /// Whether it works.
    pub works: bool,
    /// Systems it misses.
    pub because: Vec<SystemName>,
    /// Paper forms and downtime procedures to use instead.
    pub downtime: Vec<String>,
    /// Visits booked in the next twelve hours.
    pub visits: u32,
    /// Procedures booked in the next twelve hours.
    pub procedures: u32,
}

/// Whether a system of the practice can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SystemStatus {
    /// Its key.
    pub system: SystemName,
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub works: bool,
    /// Where it stands, in words a nurse understands.
    pub why: String,
}

impl State {
    /// Systems that are out of use: held by containment, or not yet back in production.
    #[must_use]
    pub fn systems_down(&self) -> Vec<SystemName> {
        let mut down: Vec<SystemName> = self
            .systems
            .iter()
            .filter(|(_, system)| {
                matches!(
                    system.stage,
                    SystemStage::Contained { .. }
                        | SystemStage::Clean { .. }
                        | SystemStage::Restored { .. }
                        | SystemStage::Retired { .. }
                )
            })
            .map(|(name, _)| name.clone())
            .collect();
        for action in self.actions.values().filter(|action| action.in_force() && action.measure.takes_down())
        {
            if let Target::System { system } = &action.target {
                down.push(system.clone());
            }
        }
        down.sort_unstable();
        down.dedup();
        down
    }

    /// Every clinical service of the practice, and whether it works as things stand.
    #[must_use]
    pub fn services(&self, practice: &Practice, now: Timestamp) -> Vec<ServiceStatus> {
        let in_force = || self.actions.values().filter(|action| action.in_force());
        // What an action on an account, a vendor or a service stops was computed when it was proposed.
        let stopped: Vec<String> = in_force()
            .filter(|action| !matches!(action.target, Target::System { .. }))
            .flat_map(|action| action.stops.services.iter().map(|service| service.service.clone()))
            .collect();
        let lost = practice.impact_of(&self.systems_down(), &stopped, now, IMPACT_HOURS);
        practice
            .services
            .iter()
            .map(|service| {
                let impact = lost.services.iter().find(|lost| lost.service == service.key);
                let load = practice.load(&service.key, now, IMPACT_HOURS);
                ServiceStatus {
                    service: service.key.clone(),
                    name: service.name.clone(),
                    workflow: service.kind,
                    works: impact.is_none(),
                    because: impact.map(|impact| impact.because.clone()).unwrap_or_default(),
                    downtime: impact.map(|impact| impact.downtime.clone()).unwrap_or_default(),
                    visits: load.visits,
                    procedures: load.procedures,
                }
            })
            .collect()
    }

    /// Every system of the practice, and whether it can be used as things stand.
    #[must_use]
    pub fn systems_today(&self, practice: &Practice, now: Timestamp) -> Vec<SystemStatus> {
        let down = self.systems_down();
        let lost = practice.impact(&down, now, 1);
        practice
            .systems
            .iter()
            .map(|profile| {
                let stage = self.systems.get(&profile.key).map(|system| &system.stage);
                let (works, why) = if down.contains(&profile.key) {
                    (false, "taken out of use for everybody's safety; do not switch it on or plug it in")
                } else if lost.dependants.contains(&profile.key) {
                    (false, "not available because another system it needs is out of use")
                } else if matches!(stage, Some(SystemStage::Suspected { .. })) {
                    (false, "may be affected; do not use it until somebody says so")
                } else {
                    (true, "works")
                };
                SystemStatus {
                    system: profile.key.clone(),
                    name: profile.name.clone(),
                    works,
                    why: why.to_owned(),
                }
            })
            .collect()
    }
}
