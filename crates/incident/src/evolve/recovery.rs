//! Eradication and recovery of systems.

use kernel::SystemName;

use crate::{
    Event, Gate, GateStanding, Observation, RestorePoint, Stamp, State, System, SystemStage, Watch, Work,
};

impl State {
    pub(super) fn apply_recovery(&mut self, event: &Event, stamp: Stamp) {
        if let Some(system) = subject(event).and_then(|name| self.systems.get_mut(name)) {
            system.recover(event, stamp);
        }
    }
}

impl System {
    fn recover(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::SystemWorkDone { work, what, evidence, .. } => {
                self.work.push(Work { kind: *work, what: what.clone(), evidence: evidence.clone(), stamp });
            }
            Event::SystemCleaned { .. } => self.stage = SystemStage::Clean { since: stamp },
            Event::RestorePointChosen { name, source, taken_at, .. } => {
                self.fall(Gate::CleanSource, "another restore point was chosen", &stamp);
                if matches!(self.stage, SystemStage::Restored { .. }) {
                    self.stage = SystemStage::Clean { since: stamp.clone() };
                }
                self.restore_point = Some(RestorePoint {
                    name: name.clone(),
                    source: source.clone(),
                    taken_at: *taken_at,
                    chosen: stamp,
                    verified: None,
                });
            }
            Event::RestorePointVerified { how, .. } => {
                if let Some(point) = &mut self.restore_point {
                    point.verified = Some((stamp, how.clone()));
                }
            }
            Event::SystemRestored { .. } => self.stage = SystemStage::Restored { since: stamp },
            Event::GateHeld { gate, how, evidence, .. } => {
                let held = GateStanding::Held { stamp, how: how.clone(), evidence: evidence.clone() };
                self.gates.insert(*gate, held);
            }
            Event::GateWaived { gate, reason, .. } => {
                self.gates.insert(*gate, GateStanding::Waived { stamp, reason: reason.clone() });
            }
            Event::SystemReturned { .. } => {
                self.stage = SystemStage::InProduction { since: stamp, watch: None };
            }
            Event::WatchSet { until, what, .. } => {
                if let SystemStage::InProduction { watch, .. } = &mut self.stage {
                    let observations = watch.take().map(|watch| watch.observations).unwrap_or_default();
                    *watch = Some(Watch { until: *until, what: what.clone(), observations });
                }
            }
            Event::Observed { text, quiet, .. } => {
                if let SystemStage::InProduction { watch: Some(watch), .. } = &mut self.stage {
                    watch.observations.push(Observation { stamp, text: text.clone(), quiet: *quiet });
                }
            }
            Event::SystemCleared { why, .. } => {
                self.stage = SystemStage::Cleared { since: stamp, why: why.clone(), unfounded: false };
            }
            Event::SystemRetired { reason, .. } => {
                self.stage = SystemStage::Retired { since: stamp, reason: reason.clone() };
            }
            _ => {}
        }
    }
}

const fn subject(event: &Event) -> Option<&SystemName> {
    match event {
        Event::SystemWorkDone { system, .. }
        | Event::SystemCleaned { system, .. }
        | Event::RestorePointChosen { system, .. }
        | Event::RestorePointVerified { system, .. }
        | Event::SystemRestored { system }
        | Event::GateHeld { system, .. }
        | Event::GateWaived { system, .. }
        | Event::SystemReturned { system }
        | Event::WatchSet { system, .. }
        | Event::Observed { system, .. }
        | Event::SystemCleared { system, .. }
        | Event::SystemRetired { system, .. } => Some(system),
        _ => None,
    }
}
