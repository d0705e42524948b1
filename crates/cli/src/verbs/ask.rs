//! Giving an incident a command from the terminal: find the incident, read what stands, build the request, give it, and
//! say what was recorded and what has to be decided next.

use std::collections::BTreeMap;

use clap::Args;
use incident::{Request, State, Subject, Target};
use jiff::tz::TimeZone;
use kernel::{AccountName, Indicator, PracticeId, Role, SystemName};

use super::Bench;
use crate::{
    desk::{Answered, How, Seen},
    failure::Failure,
    terminal::{Ink, Paper, say, say_json},
    word::indicator,
};

/// Which incident, and how the command is given.
#[derive(Debug, Clone, Args)]
pub(crate) struct On {
    /// The incident: its id, the end of its id, or `open` for the only open one
    #[arg(value_name = "INCIDENT")]
    pub(crate) incident: String,
    /// Gives the command once, however often it is repeated with this key
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    idempotency_key: Option<String>,
    /// Gives the command only if the incident stands at this version
    #[arg(long, value_name = "VERSION", hide_short_help = true)]
    if_version: Option<u64>,
}

impl On {
    pub(crate) fn how(&self) -> How {
        How { expected: self.if_version, key: self.idempotency_key.clone() }
    }
}

/// What a request is built with.
pub(crate) struct About<'a> {
    /// What stands.
    pub(crate) state: &'a State,
    /// The role at the terminal.
    pub(crate) role: Role,
}

/// Builds the request.
pub(crate) type Build = Box<dyn FnOnce(&About<'_>) -> Result<Request, Failure>>;

/// A command and the incident it is for.
pub(crate) struct Ask {
    pub(crate) on: On,
    pub(crate) build: Build,
}

impl Ask {
    /// A request that needs nothing of the incident.
    pub(crate) fn of(on: On, request: Request) -> Self {
        Self { on, build: Box::new(move |_| Ok(request)) }
    }

    /// A request that is built from what stands.
    pub(crate) fn with(on: On, build: impl FnOnce(&About<'_>) -> Result<Request, Failure> + 'static) -> Self {
        Self { on, build: Box::new(build) }
    }
}

/// Gives a command and tells what came of it.
pub(crate) async fn give(bench: &Bench, ask: Ask) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&ask.on.incident).await?;
    let before = bench.desk.incident(id).await?;
    let request = (ask.build)(&About { state: &before.state, role: bench.globals.acting.role })?;
    let answered = bench.desk.command(id, request, &ask.on.how()).await?;
    told(bench, &answered).await
}

/// Tells what came of a command.
pub(crate) async fn told(bench: &Bench, answered: &Answered) -> Result<(), Failure> {
    if bench.json() {
        return say_json(answered);
    }
    let seen = bench.desk.incident(answered.incident).await?;
    let paper = paper_of(bench, &seen).await;
    for entry in &answered.entries {
        let says = app::read::says(entry, Some(&seen.state));
        say(&format!("{} {}", paper.ink(Ink::Good, "recorded"), crate::terminal::clean(&says)));
    }
    if answered.repeated {
        say("This key was used before: nothing was done again.");
    }
    if let Some(next) = seen.decisions.first() {
        let due = next.due_at.map(|due| format!(", by {}", paper.at(due))).unwrap_or_default();
        say(&format!(
            "{} {} ({}{due})",
            paper.ink(Ink::Faint, "next:"),
            crate::terminal::clean(&next.what),
            next.owner
        ));
    }
    Ok(())
}

/// Paper in the time of the incident's practice; in UTC where the profile may not be read.
pub(crate) async fn paper_of(bench: &Bench, seen: &Seen) -> Paper {
    match bench.desk.practice(seen.state.practice).await {
        Ok(practice) => bench.paper.in_zone(practice.zone()),
        Err(_) => bench.paper.clone(),
    }
}

/// Papers for rows of several practices, each in its own practice's time.
pub(crate) struct Papers {
    any: Paper,
    zones: BTreeMap<PracticeId, TimeZone>,
}

impl Papers {
    /// Reads the zones of the practices that may be seen; others are written in UTC.
    pub(crate) async fn of(bench: &Bench) -> Self {
        let rows = bench.desk.practices().await.unwrap_or_default();
        let zone = |row: &app::ports::PracticeRow| {
            let name = row.profile.get("time_zone")?.as_str()?;
            Some((row.id, TimeZone::get(name).ok()?))
        };
        Self { any: bench.paper.clone(), zones: rows.iter().filter_map(zone).collect() }
    }

    /// Paper in this practice's time.
    pub(crate) fn at(&self, practice: PracticeId) -> Paper {
        self.zones.get(&practice).map_or_else(|| self.any.clone(), |zone| self.any.in_zone(zone.clone()))
    }
}

/// A system, an account or an indicator.
#[derive(Debug, Clone, Args)]
#[group(id = "subject", required = true, multiple = false)]
pub(crate) struct SubjectArgs {
    /// A system, by the profile's key or its host name
    #[arg(long, group = "subject", value_name = "NAME")]
    system: Option<SystemName>,
    /// An account, as tools write it
    #[arg(long, group = "subject", value_name = "NAME")]
    account: Option<AccountName>,
    /// An indicator, such as ipv4:203.0.113.77
    #[arg(long, group = "subject", value_name = "KIND:VALUE", value_parser = indicator)]
    indicator: Option<Indicator>,
}

impl SubjectArgs {
    pub(crate) fn subject(self) -> Result<Subject, Failure> {
        match (self.system, self.account, self.indicator) {
            (Some(system), ..) => Ok(Subject::System { system }),
            (_, Some(account), _) => Ok(Subject::Account { account }),
            (.., Some(indicator)) => Ok(Subject::Indicator { indicator }),
            (None, None, None) => Err(Failure::usage("name one of --system, --account, --indicator")),
        }
    }
}

/// What a containment measure is applied to.
#[derive(Debug, Clone, Args)]
#[group(id = "target", required = true, multiple = false)]
pub(crate) struct TargetArgs {
    /// A system, by the profile's key or its host name
    #[arg(long, group = "target", value_name = "NAME")]
    system: Option<SystemName>,
    /// An account, as tools write it
    #[arg(long, group = "target", value_name = "NAME")]
    account: Option<AccountName>,
    /// An indicator, such as ipv4:203.0.113.77
    #[arg(long, group = "target", value_name = "KIND:VALUE", value_parser = indicator)]
    indicator: Option<Indicator>,
    /// A vendor of the profile
    #[arg(long, group = "target", value_name = "NAME")]
    vendor: Option<String>,
    /// A clinical service of the profile
    #[arg(long, group = "target", value_name = "KEY")]
    service: Option<String>,
}

impl TargetArgs {
    pub(crate) fn target(self) -> Result<Target, Failure> {
        match (self.system, self.account, self.indicator, self.vendor, self.service) {
            (Some(system), ..) => Ok(Target::System { system }),
            (_, Some(account), ..) => Ok(Target::Account { account }),
            (_, _, Some(indicator), ..) => Ok(Target::Indicator { indicator }),
            (.., Some(vendor), _) => Ok(Target::Vendor { vendor }),
            (.., Some(service)) => Ok(Target::Service { service }),
            _ => Err(Failure::usage("name one of --system, --account, --indicator, --vendor, --service")),
        }
    }
}
