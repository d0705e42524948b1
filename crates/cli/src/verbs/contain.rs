//! Containment: plan, then apply.

use clap::Subcommand;
use incident::{ActionStage, ContainmentKind, Request, Side};

use super::{
    Bench,
    ask::{About, Ask, On, TargetArgs, give, paper_of},
};
use crate::{
    desk::side_of,
    failure::Failure,
    pick::{pick, short},
    terminal::{Ink, plain, say, say_json},
    word::word,
};

/// `contain …`
#[derive(Debug, Subcommand)]
pub(crate) enum ContainVerb {
    /// Proposes a measure; what stops at the practice is computed from its profile
    #[command(
        after_help = "Examples:\n  tourniquet contain propose open isolate_host --system ws-bill2 --why 'encryption is running'\n  \
        tourniquet contain propose open block-address --indicator ipv4:198.51.100.23 --why 'upload target'"
    )]
    Propose {
        #[command(flatten)]
        on: On,
        /// The measure
        #[arg(value_parser = word::<ContainmentKind>())]
        measure: ContainmentKind,
        #[command(flatten)]
        target: TargetArgs,
        /// Why
        #[arg(long)]
        why: String,
        /// How it is undone, where the measure does not say
        #[arg(long)]
        undo: Option<String>,
    },
    /// Approves an action for one side; where a clinical service stops, both sides are needed
    #[command(after_help = "Examples:\n  tourniquet contain approve open 7K3M9Q\n  \
        tourniquet contain approve open 7K3M9Q --as 'practice:Dr. Ruiz'")]
    Approve {
        #[command(flatten)]
        on: On,
        /// The action
        action: String,
        /// For which side; your role's own where absent
        #[arg(long, value_parser = word::<Side>())]
        side: Option<Side>,
    },
    /// Withdraws an action that was not applied
    #[command(
        after_help = "Example:\n  tourniquet contain withdraw open 7K3M9Q --reason 'the host is rebuilt already'"
    )]
    Withdraw {
        #[command(flatten)]
        on: On,
        /// The action
        action: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Records that an approved action was applied
    #[command(after_help = "Example:\n  tourniquet contain apply open 7K3M9Q --receipt 'EDR job 4711'")]
    Apply {
        #[command(flatten)]
        on: On,
        /// The action
        action: String,
        /// The tool's own receipt
        #[arg(long)]
        receipt: Option<String>,
    },
    /// Applies an action without its approvals: named, with a reason, and loud
    #[command(
        after_help = "Example:\n  tourniquet contain break-glass open 7K3M9Q --reason 'files vanish; nobody of the practice answers'"
    )]
    BreakGlass {
        #[command(flatten)]
        on: On,
        /// The action
        action: String,
        /// Why it could not wait
        #[arg(long)]
        reason: String,
        /// The tool's own receipt
        #[arg(long)]
        receipt: Option<String>,
    },
    /// Records that an applied action holds, seen by looking again
    #[command(
        after_help = "Example:\n  tourniquet contain verify open 7K3M9Q --how 'no traffic from the host for ten minutes'"
    )]
    Verify {
        #[command(flatten)]
        on: On,
        /// The action
        action: String,
        /// How it was seen
        #[arg(long)]
        how: String,
    },
    /// Records that an applied action had no effect
    #[command(
        after_help = "Example:\n  tourniquet contain fail open 7K3M9Q --reason 'the host is off the network; the job timed out'"
    )]
    Fail {
        #[command(flatten)]
        on: On,
        /// The action
        action: String,
        /// What went wrong
        #[arg(long)]
        reason: String,
    },
    /// Records that an applied action was undone
    #[command(after_help = "Example:\n  tourniquet contain undo open 7K3M9Q --reason 'the host was rebuilt'")]
    Undo {
        #[command(flatten)]
        on: On,
        /// The action
        action: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Lists the actions, those that wait first
    #[command(after_help = "Example:\n  tourniquet contain list open")]
    List {
        #[command(flatten)]
        on: On,
    },
}

impl ContainVerb {
    /// The command; `None` for the list.
    pub(crate) fn ask(self) -> Option<Ask> {
        let with = |on, action: String, make: fn(kernel::ActionId, Words) -> Request, words: Words| {
            Ask::with(on, move |about| Ok(make(action_of(&action, about)?, words)))
        };
        Some(match self {
            Self::List { .. } => return None,
            Self::Propose { on, measure, target, why, undo } => Ask::with(on, move |_| {
                Ok(Request::ProposeContainment { measure, target: target.target()?, why, undo })
            }),
            Self::Approve { on, action, side } => Ask::with(on, move |about| {
                let side = side.unwrap_or_else(|| side_of(about.role));
                Ok(Request::ApproveContainment { action: action_of(&action, about)?, side })
            }),
            Self::Withdraw { on, action, reason } => with(
                on,
                action,
                |action, (reason, _)| Request::WithdrawContainment { action, reason },
                (reason, None),
            ),
            Self::Apply { on, action, receipt } => {
                let make = |action, (_, receipt): Words| Request::ApplyContainment { action, receipt };
                with(on, action, make, (String::new(), receipt))
            }
            Self::BreakGlass { on, action, reason, receipt } => {
                let make = |action, (reason, receipt): Words| Request::BreakGlass { action, reason, receipt };
                with(on, action, make, (reason, receipt))
            }
            Self::Verify { on, action, how } => {
                with(on, action, |action, (how, _)| Request::VerifyContainment { action, how }, (how, None))
            }
            Self::Fail { on, action, reason } => with(
                on,
                action,
                |action, (reason, _)| Request::FailContainment { action, reason },
                (reason, None),
            ),
            Self::Undo { on, action, reason } => with(
                on,
                action,
                |action, (reason, _)| Request::UndoContainment { action, reason },
                (reason, None),
            ),
        })
    }
}

/// A reason, and a receipt.
type Words = (String, Option<String>);

fn action_of(text: &str, about: &About<'_>) -> Result<kernel::ActionId, Failure> {
    pick(text, about.state.actions.keys().copied(), "action")
}

pub(crate) async fn run(bench: &Bench, verb: ContainVerb) -> Result<(), Failure> {
    let on = match verb {
        ContainVerb::List { on } => on,
        verb => match verb.ask() {
            Some(ask) => return give(bench, ask).await,
            None => return Ok(()),
        },
    };
    let id = bench.desk.find_incident(&on.incident).await?;
    let seen = bench.desk.incident(id).await?;
    let mut actions: Vec<_> = seen.state.actions.values().collect();
    actions.sort_by_key(|action| (!action.is_open(), action.id));
    if bench.json() {
        return say_json(&actions);
    }
    let paper = paper_of(bench, &seen).await;
    let rows = actions.into_iter().map(|action| {
        let ink = match action.stage {
            ActionStage::Verified { .. } => Ink::Good,
            ActionStage::Proposed | ActionStage::Failed { .. } => Ink::Caution,
            ActionStage::Applied { .. } => Ink::Plain,
            ActionStage::Undone { .. } | ActionStage::Withdrawn { .. } => Ink::Faint,
        };
        let waits = if action.is_open() {
            action.missing_approvals().iter().map(|side| side.plain()).collect::<Vec<_>>().join(", ")
        } else {
            String::new()
        };
        let stops = if action.stops.stops_care() { action.stops.sentence() } else { "–".to_owned() };
        vec![
            plain(short(action.id)),
            plain(format!("{}: {}", action.measure.plain(), action.target.plain())),
            (ink, action.stage.plain().to_owned()),
            plain(paper.at(action.moved().at)),
            plain(waits),
            plain(stops),
        ]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        say("No containment action has been proposed.");
    }
    paper.table(&["action", "what", "stands", "since", "waits for", "stops"], rows);
    Ok(())
}
