//! How long the record and its evidence have to be kept, and what may be done after.

use app::retention::{AHEAD_DAYS, Kept, RetentionQuery, Standing};
use clap::{Args, Subcommand};
use incident::Request;
use jiff::civil::Date;

use super::{
    Bench,
    ask::{Ask, On, give},
};
use crate::{
    failure::Failure,
    pick::short,
    terminal::{Ink, day, plain, say, say_json},
};

/// `retention …`
#[derive(Debug, Subcommand)]
pub(crate) enum RetentionVerb {
    /// Lists evidence whose retention ends, what is on hold, what somebody asked to destroy and what was found altered
    #[command(
        after_help = "Examples:\n  tourniquet retention list\n  tourniquet retention list --within 365 --practice 'Cedar Hollow'\n\n\
        Each line says what may be done next, and by whom. Evidence is destroyed by two people, after its retention and\n\
        without a legal hold: `evidence destroy request`, then `evidence destroy confirm` by another person."
    )]
    List(ListArgs),
    /// Sets the last day the record has to be kept; it can be moved later, never earlier than the law says
    #[command(
        after_help = "Example:\n  tourniquet retention set open 2033-03-31 --reason 'six years after the last letter'"
    )]
    Set {
        #[command(flatten)]
        on: On,
        /// The last day, YYYY-MM-DD
        until: Date,
        /// Why this day
        #[arg(long)]
        reason: String,
    },
}

/// `retention list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Retention that ends within so many days
    #[arg(long, value_name = "DAYS", default_value_t = AHEAD_DAYS)]
    within: u32,
    /// Only what this practice keeps: its id, its name or the beginning of it
    #[arg(long, value_name = "PRACTICE")]
    practice: Option<String>,
    /// Only the items of this incident: its id, the end of it, or `open`
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<String>,
}

impl RetentionVerb {
    pub(crate) fn ask(self) -> Result<Ask, ListArgs> {
        match self {
            Self::List(args) => Err(args),
            Self::Set { on, until, reason } => Ok(Ask::of(on, Request::SetRetention { until, reason })),
        }
    }
}

pub(crate) async fn run(bench: &Bench, verb: RetentionVerb) -> Result<(), Failure> {
    match verb.ask() {
        Ok(ask) => give(bench, ask).await,
        Err(args) => list(bench, args).await,
    }
}

async fn list(bench: &Bench, args: ListArgs) -> Result<(), Failure> {
    let practice = match &args.practice {
        Some(named) => Some(bench.desk.find_practice(Some(named)).await?),
        None => None,
    };
    let incident = match &args.incident {
        Some(named) => Some(bench.desk.find_incident(named).await?),
        None => None,
    };
    let query = RetentionQuery { practice, incident, within_days: Some(args.within) };
    let kept = bench.desk.retention(query).await?;
    if bench.json() {
        return say_json(&kept);
    }
    if kept.is_empty() {
        say(&format!(
            "Nothing within {} days: no retention ends, nothing is on hold, nothing was found altered.",
            args.within
        ));
        return Ok(());
    }
    bench
        .paper
        .table(&["item", "name", "kept until", "standing", "what next"], kept.iter().map(row).collect());
    Ok(())
}

fn row(kept: &Kept) -> Vec<(Ink, String)> {
    let standing = match kept.standing {
        Standing::Altered => (Ink::Alarm, "ALTERED"),
        Standing::DestructionAsked => (Ink::Caution, "destruction asked for"),
        Standing::Ended => (Ink::Caution, "retention ended"),
        Standing::EndsSoon => (Ink::Strong, "ends soon"),
        Standing::OnHold => (Ink::Plain, "on hold"),
    };
    vec![
        plain(short(kept.evidence)),
        plain(&kept.name),
        plain(day(kept.retain_until)),
        (standing.0, standing.1.to_owned()),
        plain(&kept.next),
    ]
}
