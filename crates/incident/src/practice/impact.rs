//! What stops working at the practice when systems are taken down: everything that depends on them, the clinical
//! services that go with it, what to do instead, and how many visits and procedures it touches.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{SystemName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Load, Practice, SiteKind};

/// What stops working.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Impact {
    /// The hours ahead that visits and procedures were counted for.
    pub hours: u16,
    /// What is taken down.
    pub systems: Vec<SystemName>,
    /// Systems that cannot work without them.
    pub dependants: Vec<SystemName>,
    /// Clinical services lost.
    pub services: Vec<ServiceImpact>,
    /// Visits touched.
    pub visits: u32,
    /// Procedures touched.
    pub procedures: u32,
    /// Electronic health records lost, by key: a clinic and its surgery centre may have one each.
    pub records: Vec<SystemName>,
}

/// A clinical service that stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceImpact {
    /// Its key.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Clinic or surgery centre.
    pub workflow: SiteKind,
    /// The site's key.
    pub site: String,
    /// The systems it misses.
    pub because: Vec<SystemName>,
    /// Paper forms and downtime procedures to use instead.
    pub downtime: Vec<String>,
    /// Visits booked.
    pub visits: u32,
    /// Procedures booked.
    pub procedures: u32,
}

impl Impact {
    /// Whether a clinical service stops.
    #[must_use]
    pub const fn stops_care(&self) -> bool {
        !self.services.is_empty()
    }

    /// One line for a person who has to approve it.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.services.is_empty() {
            return "No clinical service stops.".to_owned();
        }
        let names: Vec<_> = self.services.iter().map(|service| service.name.as_str()).collect();
        format!(
            "{} {}: {} visits and {} procedures in the next {} hours.",
            names.join(", "),
            if names.len() == 1 { "stops" } else { "stop" },
            self.visits,
            self.procedures,
            self.hours
        )
    }
}

impl Practice {
    /// What stops when `systems` are taken down at `now`, with what is booked in the `hours` hours from then.
    /// A system that the profile does not list stops nothing that the profile knows of.
    #[must_use]
    pub fn impact(&self, systems: &[SystemName], now: Timestamp, hours: u16) -> Impact {
        self.impact_of(systems, &[], now, hours)
    }

    /// As [`Practice::impact`], and these clinical services besides, whatever carries them.
    #[must_use]
    pub fn impact_of(
        &self,
        systems: &[SystemName],
        services: &[String],
        now: Timestamp,
        hours: u16,
    ) -> Impact {
        let (down, dependants) = self.taken_down(systems);
        let mut because: BTreeMap<&str, (Vec<SystemName>, Vec<String>)> =
            services.iter().map(|key| (key.as_str(), Default::default())).collect();
        let mut records = Vec::new();
        for profile in self.systems.iter().filter(|profile| down.contains(&profile.key)) {
            if profile.ehr {
                records.push(profile.key.clone());
            }
            for dependence in &profile.services {
                let lost = because.entry(&dependence.service).or_default();
                lost.0.push(profile.key.clone());
                if let Some(form) = &dependence.downtime
                    && !lost.1.contains(form)
                {
                    lost.1.push(form.clone());
                }
            }
        }
        self.assemble(systems, dependants, because, records, now, hours)
    }

    fn taken_down(&self, systems: &[SystemName]) -> (BTreeSet<SystemName>, Vec<SystemName>) {
        let mut down: BTreeSet<SystemName> = systems.iter().cloned().collect();
        let mut dependants = Vec::new();
        // Each round takes at least one system down or is the last, so that a circle in the profile cannot hang it.
        loop {
            let next: Vec<_> = self
                .systems
                .iter()
                .filter(|profile| {
                    !down.contains(&profile.key) && profile.depends_on.iter().any(|key| down.contains(key))
                })
                .map(|profile| profile.key.clone())
                .collect();
            if next.is_empty() {
                return (down, dependants);
            }
            down.extend(next.iter().cloned());
            dependants.extend(next);
        }
    }

    fn assemble(
        &self,
        systems: &[SystemName],
        dependants: Vec<SystemName>,
        mut because: BTreeMap<&str, (Vec<SystemName>, Vec<String>)>,
        records: Vec<SystemName>,
        now: Timestamp,
        hours: u16,
    ) -> Impact {
        let mut total = Load::default();
        let mut services = Vec::new();
        for service in &self.services {
            let Some((missing, mut downtime)) = because.remove(service.key.as_str()) else { continue };
            if downtime.is_empty() {
                downtime.extend(service.downtime.clone());
            }
            let load = self.load(&service.key, now, hours);
            total = total.plus(load);
            services.push(ServiceImpact {
                service: service.key.clone(),
                name: service.name.clone(),
                workflow: service.kind,
                site: service.site.clone(),
                because: missing,
                downtime,
                visits: load.visits,
                procedures: load.procedures,
            });
        }
        Impact {
            hours,
            systems: systems.to_vec(),
            dependants,
            services,
            visits: total.visits,
            procedures: total.procedures,
            records,
        }
    }
}
