//! Whether a profile's references hold. Every problem is named with a path, so that whoever wrote the file finds the
//! line; nothing is repaired silently.

use std::{collections::BTreeSet, fmt};

use super::Practice;

/// Something in a profile that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where, as a JSON pointer: `/systems/3/depends_on/0`.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// A profile whose references do not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the practice profile does not hold together: {}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Invalid {
    /// Everything that is wrong with it, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Collects problems.
#[derive(Default)]
struct Findings(Vec<Problem>);

impl Findings {
    fn add(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Problem { path: path.into(), problem: problem.into() });
    }

    /// Refuses a key that was given before.
    fn unique<'a>(&mut self, list: &str, member: &str, keys: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for (index, key) in keys.enumerate() {
            let path = format!("/{list}/{index}/{member}");
            if key.trim().is_empty() {
                self.add(path, "is empty");
            } else if !seen.insert(key.to_lowercase()) {
                self.add(path, format!("`{key}` is there twice"));
            }
        }
    }
}

impl Practice {
    /// The profile, where its references hold.
    ///
    /// # Errors
    /// [`Invalid`] with every problem found.
    pub fn validated(self) -> Result<Self, Invalid> {
        let problems = self.problems();
        if problems.is_empty() { Ok(self) } else { Err(Invalid { problems }) }
    }

    /// Everything in the profile that does not hold.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Findings::default();
        if self.name.trim().is_empty() {
            found.add("/name", "is empty");
        }
        if self.state.len() != 2 || !self.state.bytes().all(|byte| byte.is_ascii_uppercase()) {
            found.add("/state", format!("`{}` is not a State's two letters", self.state));
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            found.add("/time_zone", format!("`{}` is not an IANA time zone", self.time_zone));
        }
        found.unique("sites", "key", self.sites.iter().map(|site| site.key.as_str()));
        found.unique("services", "key", self.services.iter().map(|service| service.key.as_str()));
        found.unique("systems", "key", self.systems.iter().map(|system| system.key.as_str()));
        found.unique("accounts", "account", self.accounts.iter().map(|account| account.account.as_str()));
        found.unique("vendors", "name", self.vendors.iter().map(|vendor| vendor.name.as_str()));
        self.check_services(&mut found);
        self.check_systems(&mut found);
        self.check_plan(&mut found);
        self.check_schedule(&mut found);
        found.0
    }

    fn check_services(&self, found: &mut Findings) {
        for (index, service) in self.services.iter().enumerate() {
            if !self.sites.iter().any(|site| site.key == service.site) {
                found.add(format!("/services/{index}/site"), format!("no site `{}`", service.site));
            }
        }
        for (index, account) in self.accounts.iter().enumerate() {
            self.known_services(&format!("/accounts/{index}/services"), &account.services, found);
        }
        for (index, vendor) in self.vendors.iter().enumerate() {
            self.known_services(&format!("/vendors/{index}/services"), &vendor.services, found);
        }
        for (index, person) in self.people.iter().enumerate() {
            if person.name.trim().is_empty() {
                found.add(format!("/people/{index}/name"), "is empty");
            }
        }
    }

    fn known_services(&self, path: &str, keys: &[String], found: &mut Findings) {
        for (index, key) in keys.iter().enumerate() {
            if self.service(key).is_none() {
                found.add(format!("{path}/{index}"), format!("no clinical service `{key}`"));
            }
        }
    }

    fn check_systems(&self, found: &mut Findings) {
        let mut hosts = BTreeSet::new();
        for (index, system) in self.systems.iter().enumerate() {
            let at = format!("/systems/{index}");
            if let Some(site) = &system.site
                && !self.sites.iter().any(|known| known.key == *site)
            {
                found.add(format!("{at}/site"), format!("no site `{site}`"));
            }
            if let Some(vendor) = &system.vendor
                && self.vendor(vendor).is_none()
            {
                found.add(format!("{at}/vendor"), format!("no vendor `{vendor}`"));
            }
            for (place, key) in system.depends_on.iter().enumerate() {
                if self.system(key).is_none() {
                    found.add(format!("{at}/depends_on/{place}"), format!("no system `{key}`"));
                }
            }
            for (place, dependence) in system.services.iter().enumerate() {
                if self.service(&dependence.service).is_none() {
                    found.add(
                        format!("{at}/services/{place}/service"),
                        format!("no clinical service `{}`", dependence.service),
                    );
                }
            }
            for (place, host) in system.hostnames.iter().enumerate() {
                if !hosts.insert(host.to_lowercase()) {
                    found.add(format!("{at}/hostnames/{place}"), format!("`{host}` names two systems"));
                }
            }
            if self.reaches_itself(index) {
                found.add(
                    format!("{at}/depends_on"),
                    format!("`{}` depends on itself in a circle", system.key),
                );
            }
        }
    }

    fn reaches_itself(&self, start: usize) -> bool {
        let Some(origin) = self.systems.get(start) else { return false };
        let mut seen = BTreeSet::new();
        let mut open: Vec<_> = origin.depends_on.iter().collect();
        while let Some(key) = open.pop() {
            if *key == origin.key {
                return true;
            }
            if seen.insert(key)
                && let Some(system) = self.system(key)
            {
                open.extend(&system.depends_on);
            }
        }
        false
    }

    fn check_plan(&self, found: &mut Findings) {
        for (index, approval) in self.plan.preapproved.iter().enumerate() {
            for (place, key) in approval.systems.iter().enumerate() {
                if self.system(key).is_none() {
                    found.add(
                        format!("/plan/preapproved/{index}/systems/{place}"),
                        format!("no system `{key}`"),
                    );
                }
            }
        }
        for (index, pattern) in self.plan.known_benign.iter().enumerate() {
            let at = format!("/plan/known_benign/{index}");
            if pattern.hosts.is_empty() && pattern.accounts.is_empty() && pattern.title_contains.is_empty() {
                found.add(&at, "names no host, account or title: it would dismiss every alert of its hours");
            }
            if let Some(window) = &pattern.window {
                if !(0..=23).contains(&window.from_hour) {
                    found.add(format!("{at}/window/from_hour"), "is not an hour from 0 to 23");
                }
                if !(1..=24).contains(&window.to_hour) {
                    found.add(format!("{at}/window/to_hour"), "is not an hour from 1 to 24");
                }
            }
        }
    }

    fn check_schedule(&self, found: &mut Findings) {
        let usual = self.schedule.usual.iter().map(|day| (&day.service, &day.hours));
        let days = self.schedule.days.iter().map(|day| (&day.service, &day.hours));
        for (list, entries) in [("usual", usual.collect::<Vec<_>>()), ("days", days.collect())] {
            for (index, (service, hours)) in entries.into_iter().enumerate() {
                let at = format!("/schedule/{list}/{index}");
                if self.service(service).is_none() {
                    found.add(format!("{at}/service"), format!("no clinical service `{service}`"));
                }
                for (place, load) in hours.iter().enumerate() {
                    if !(0..=23).contains(&load.hour) {
                        found.add(format!("{at}/hours/{place}/hour"), "is not an hour from 0 to 23");
                    }
                }
            }
        }
    }
}
