//! What the front desk sees and says: which clinical services work today, which paper form stands in for those that do
//! not, and the form for "something is wrong". No jargon, and nothing that only those who read incidents may know.

use std::collections::BTreeMap;

use incident::{IncidentKind, ServiceStatus, State, SystemStatus};
use kernel::{
    Actor, Capability, Digest, IncidentId, Moment, PracticeId, Requires, Role, Timestamp, authorise,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, AppError,
    intake::{Intake, StaffReport},
    ports::{IncidentQuery, Outside, Scope},
};

struct SeeStatus;

impl Requires for SeeStatus {
    fn requires(&self) -> Capability {
        Capability::Status
    }
}

struct Report;

impl Requires for Report {
    fn requires(&self) -> Capability {
        Capability::Report
    }
}

/// What works at a practice as of now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Today {
    /// The practice.
    pub practice: PracticeId,
    /// Its name.
    pub name: String,
    /// As of when.
    pub as_of: Timestamp,
    /// Whether everything works.
    pub all_works: bool,
    /// What is going on, a sentence for each open incident.
    pub happening: Vec<Happening>,
    /// Every clinical service.
    pub services: Vec<ServiceToday>,
    /// Systems that must not be used.
    pub do_not_use: Vec<SystemStatus>,
    /// What everybody should do and leave alone now.
    pub advice: Vec<String>,
}

/// An open incident, in words for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Happening {
    /// Its id, to be named on the telephone.
    pub incident: IncidentId,
    /// One sentence.
    pub what: String,
    /// Whether it is an exercise.
    pub exercise: bool,
}

/// Whether a clinical service can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// As always.
    Works,
    /// With a downtime procedure, on paper.
    OnPaper,
    /// Not at all: there is nothing to do it with.
    Stopped,
}

/// A clinical service today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceToday {
    /// How it runs.
    pub running: Running,
    /// The service, what it misses and what to use instead.
    #[serde(flatten)]
    pub service: ServiceStatus,
}

impl App {
    /// What works today at the practices that the actor serves, or at one of them.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn today(&self, actor: &Actor, practice: Option<PracticeId>) -> Result<Vec<Today>, AppError> {
        let _ = authorise(actor, SeeStatus)?;
        let served = match practice.or(actor.practice) {
            Some(one) => vec![one],
            None => self.journal().practices(Scope::Provider).await?.into_iter().map(|row| row.id).collect(),
        };
        let mut all = Vec::with_capacity(served.len());
        for practice in served {
            all.push(self.today_at(actor, practice).await?);
        }
        Ok(all)
    }

    async fn today_at(&self, actor: &Actor, practice: PracticeId) -> Result<Today, AppError> {
        let profile = self.profile(actor, practice).await?;
        let now = self.edge().now();
        // The services of a state in which nothing happened: what works where there is no incident.
        let mut services: BTreeMap<String, ServiceStatus> = BTreeMap::new();
        let quiet = State::new(IncidentId::from_u128(0), practice);
        let order: Vec<String> =
            profile.practice.services.iter().map(|service| service.key.clone()).collect();
        for service in quiet.services(&profile.practice, now) {
            services.insert(service.service.clone(), service);
        }
        let mut systems: BTreeMap<String, SystemStatus> = BTreeMap::new();
        let mut happening = Vec::new();
        for state in self.open_incidents(practice).await? {
            let kind = state.kind.unwrap_or(IncidentKind::Other);
            // Everybody reads this page, whoever is being looked at for snooping included.
            if kind != IncidentKind::InsiderSnooping {
                let what = in_plain_words(kind);
                happening.push(Happening { incident: state.incident, what, exercise: state.exercise });
            }
            // An exercise stops nothing: saying so would send patients home.
            if state.exercise {
                continue;
            }
            for service in state.services(&profile.practice, now) {
                if let Some(known) = services.get_mut(&service.service) {
                    join(known, service);
                }
            }
            for system in
                state.systems_today(&profile.practice, now).into_iter().filter(|system| !system.works)
            {
                systems.entry(system.system.to_string()).or_insert(system);
            }
        }
        let services: Vec<ServiceToday> =
            order.iter().filter_map(|key| services.remove(key)).map(ServiceToday::from).collect();
        let advice = advice(happening.iter().any(|open| !open.exercise));
        Ok(Today {
            practice,
            name: profile.practice.name.clone(),
            as_of: now,
            all_works: systems.is_empty() && services.iter().all(|service| service.running == Running::Works),
            happening,
            services,
            do_not_use: systems.into_values().collect(),
            advice,
        })
    }

    async fn open_incidents(&self, practice: PracticeId) -> Result<Vec<std::sync::Arc<State>>, AppError> {
        let scope = Scope::Practice(practice);
        let mut query =
            IncidentQuery { status: Some("open".to_owned()), limit: 500, ..IncidentQuery::default() };
        let mut open = Vec::new();
        loop {
            let page = self.journal().incidents(scope, query.clone()).await?;
            // Each for itself, so that those that are not in memory yet are read side by side.
            let load = |id| {
                let app = self.clone();
                tokio::spawn(async move { app.load(scope, id).await })
            };
            let loads: Vec<_> = page.items.into_iter().map(|row| load(row.id)).collect();
            for load in loads {
                let ended = |error| AppError::Outside(Outside::never("a background task ended early", error));
                open.push(load.await.map_err(ended)??);
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(open),
            }
        }
    }

    /// Takes in what somebody at the practice says in the staff form: an alert of the channel `staff`.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn report_trouble(
        &self,
        actor: &Actor,
        practice: PracticeId,
        report: StaffReport,
    ) -> Result<Intake, AppError> {
        self.report_trouble_once(actor, practice, report, None).await
    }

    /// As [`App::report_trouble`]; with a key the same report is taken once, however often it is sent.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn report_trouble_once(
        &self,
        actor: &Actor,
        practice: PracticeId,
        report: StaffReport,
        key: Option<String>,
    ) -> Result<Intake, AppError> {
        let _ = authorise(actor, Report)?;
        let asked = serde_json::to_vec(&("report", &report)).map_err(AppError::json("the form"))?;
        let key = key.map(|key| (key, Digest::of(&asked)));
        if report.what.trim().is_empty() {
            return Err(AppError::invalid("/what", "say in a few words what is wrong"));
        }
        let now = Moment::from(self.edge().now());
        let form = serde_json::json!({
            "what_happened": report.what,
            "where": report.place,
            "who": report.who.unwrap_or_else(|| actor.name.clone()),
            "when_noticed": report.when.unwrap_or(now),
            "what_do_you_see": report.screen,
            "contact": report.contact,
            "sent_at": now,
        });
        let bytes = serde_json::to_vec(&form).map_err(AppError::json("the form"))?;
        let read = self.readers().read(Some("staff"), &bytes).into_iter().next();
        let taken = match read {
            Some(Ok(taken)) => taken,
            Some(Err(error)) => return Err(AppError::invalid("", error.to_string())),
            None => return Err(AppError::invalid("", "the form holds nothing that can be read")),
        };
        // The form is a program that sends alerts; the entry names the person who filled it in.
        let form = Actor { role: Role::Service, ..actor.clone() };
        self.take_alert_once(&form, practice, taken, key).await
    }
}

impl From<ServiceStatus> for ServiceToday {
    fn from(service: ServiceStatus) -> Self {
        let running = match (service.works, service.downtime.is_empty()) {
            (true, _) => Running::Works,
            (false, false) => Running::OnPaper,
            (false, true) => Running::Stopped,
        };
        Self { running, service }
    }
}

/// A service works only where no incident stops it.
fn join(known: &mut ServiceStatus, other: ServiceStatus) {
    known.works &= other.works;
    for system in other.because {
        if !known.because.contains(&system) {
            known.because.push(system);
        }
    }
    for procedure in other.downtime {
        if !known.downtime.contains(&procedure) {
            known.downtime.push(procedure);
        }
    }
}

/// What is going on, without a word that only a technician knows.
fn in_plain_words(kind: IncidentKind) -> String {
    let what = match kind {
        IncidentKind::Ransomware => "Somebody from outside may be locking our files.",
        IncidentKind::BusinessEmailCompromise => "Somebody may be using one of our e-mail accounts.",
        IncidentKind::LostOrStolenDevice => "A device is missing.",
        IncidentKind::VendorBreach => "A company that works for us has a problem with its computers.",
        IncidentKind::MisdirectedPhi => "Something was sent to the wrong place.",
        IncidentKind::Outage => "Some of our systems or lines are down.",
        IncidentKind::Malware => "A harmful program was found on one of our computers.",
        IncidentKind::InsiderSnooping | IncidentKind::Other => {
            "Something is wrong with the computers and is being looked at."
        }
    };
    what.to_owned()
}

fn advice(trouble: bool) -> Vec<String> {
    let lines: &[&str] = if trouble {
        &[
            "Do not switch off, restart or unplug a computer unless you were asked to: what is in its memory may be needed.",
            "Do not use what is listed as out of use, and do not plug in USB sticks or telephones.",
            "Do not answer or forward odd e-mails or calls. Write down who called and what they wanted.",
            "Use the paper forms named here, and keep them: they are entered into the record later.",
            "Say at once what looks odd, to the practice's manager or with the form. It is never too small.",
            "Leave questions of patients, press and police to the practice's manager.",
        ]
    } else {
        &["If something looks odd, say so at once. It is never too small."]
    };
    lines.iter().map(|&line| line.to_owned()).collect()
}
