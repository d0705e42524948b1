//! Recovery: restore points, gates, return to production, watch.

use clap::Subcommand;
use incident::{Gate, GateStanding, Request, Side};
use kernel::{AccountName, SystemName, Timestamp};

use super::{
    Bench,
    ask::{Ask, On, SubjectArgs, give, paper_of},
};
use crate::{
    desk::side_of,
    failure::Failure,
    pick::pick_all,
    terminal::{Ink, plain, say, say_json},
    word::word,
};

/// `recover …`
#[derive(Debug, Subcommand)]
pub(crate) enum RecoverVerb {
    /// Chooses the backup that a system is restored from
    #[command(
        after_help = "Example:\n  tourniquet recover restore-point open srv-file1 --name 'nightly 2026-09-09' --source 'offline disk B' --taken-at 2026-09-10T01:30:00-04:00"
    )]
    RestorePoint {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// Its name in the backup product
        #[arg(long)]
        name: String,
        /// Where it is kept
        #[arg(long)]
        source: String,
        /// When the backup was taken, RFC 3339
        #[arg(long, value_name = "TIME")]
        taken_at: Timestamp,
    },
    /// Records that the chosen restore point was verified
    #[command(
        after_help = "Example:\n  tourniquet recover verify-point open srv-file1 --how 'mounted read-only, swept for every indicator'"
    )]
    VerifyPoint {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// How
        #[arg(long)]
        how: String,
    },
    /// Records that a system was restored
    #[command(after_help = "Example:\n  tourniquet recover restored open srv-file1")]
    Restored {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
    },
    /// Records that a gate holds
    #[command(
        after_help = "Example:\n  tourniquet recover gate open srv-file1 swept_clean --how 'EDR sweep 88, nothing found' --evidence 7K3M9Q"
    )]
    Gate {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// The gate
        #[arg(value_parser = word::<Gate>())]
        gate: Gate,
        /// How it was established
        #[arg(long)]
        how: String,
        /// Evidence of it (may be repeated)
        #[arg(long)]
        evidence: Vec<String>,
    },
    /// Signs for a system's return, for one side
    #[command(
        after_help = "Example:\n  tourniquet recover sign open srv-file1 --statement 'we can work with it' --as 'practice:Dr. Ruiz'"
    )]
    Sign {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// For which side; your role's own where absent
        #[arg(long, value_parser = word::<Side>())]
        side: Option<Side>,
        /// What is signed
        #[arg(long)]
        statement: String,
    },
    /// Does without a gate, with a name and a reason; signatures cannot be waived
    #[command(
        after_help = "Example:\n  tourniquet recover waive open srv-file1 patched --reason 'vendor has no patch; port closed at the firewall'"
    )]
    Waive {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// The gate
        #[arg(value_parser = word::<Gate>())]
        gate: Gate,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Lists the systems that are not back, in the order in which they should come
    #[command(after_help = "Example:\n  tourniquet recover order open")]
    Order {
        #[command(flatten)]
        on: On,
    },
    /// Lists the systems with their gates
    #[command(after_help = "Example:\n  tourniquet recover gates open")]
    Gates {
        #[command(flatten)]
        on: On,
    },
    /// Returns a system to production; refused while a gate is open
    #[command(after_help = "Example:\n  tourniquet recover return open srv-file1")]
    Return {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
    },
    /// Sets what is watched for on a returned system, and until when
    #[command(
        after_help = "Example:\n  tourniquet recover watch open srv-file1 --until 2026-10-14T00:00:00-04:00 --what 'any sign-in of svc-backup, any new service'"
    )]
    Watch {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// Until when, RFC 3339
        #[arg(long, value_name = "TIME")]
        until: Timestamp,
        /// What is watched for
        #[arg(long)]
        what: String,
    },
    /// Records what was seen while watching
    #[command(
        after_help = "Examples:\n  tourniquet recover observe open srv-file1 --text 'nothing in a week of logs'\n  \
        tourniquet recover observe open srv-file1 --text 'an odd sign-in at 03:10' --not-quiet"
    )]
    Observe {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// What was seen
        #[arg(long)]
        text: String,
        /// Something bad was seen
        #[arg(long)]
        not_quiet: bool,
    },
    /// Clears a system after its watch
    #[command(
        after_help = "Example:\n  tourniquet recover clear open srv-file1 --why 'thirty days without a sign'"
    )]
    Clear {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Records that the compromise is back; reopens what it must
    #[command(
        after_help = "Example:\n  tourniquet recover recurrence open --system srv-file1 --what 'the beacon is back'"
    )]
    Recurrence {
        #[command(flatten)]
        on: On,
        #[command(flatten)]
        subject: SubjectArgs,
        /// What was seen
        #[arg(long)]
        what: String,
    },
    /// Takes a system out of use for good
    #[command(
        after_help = "Example:\n  tourniquet recover retire open ws-bill2 --reason 'replaced by a new machine'"
    )]
    Retire {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Gives an account back to its owner
    #[command(after_help = "Example:\n  tourniquet recover return-account open 'CEDAR\\frontdesk2'")]
    ReturnAccount {
        #[command(flatten)]
        on: On,
        /// The account
        account: AccountName,
        /// Why it has no second factor, where that is so
        #[arg(long, value_name = "WHY")]
        without_mfa_because: Option<String>,
    },
    /// Removes an account for good
    #[command(
        after_help = "Example:\n  tourniquet recover retire-account open 'CEDAR\\mkessler' --reason 'the contract ended'"
    )]
    RetireAccount {
        #[command(flatten)]
        on: On,
        /// The account
        account: AccountName,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

impl RecoverVerb {
    pub(crate) fn ask(self) -> Option<Ask> {
        Some(match self {
            Self::Gates { .. } | Self::Order { .. } => return None,
            Self::RestorePoint { on, system, name, source, taken_at } => {
                Ask::of(on, Request::ChooseRestorePoint { system, name, source, taken_at })
            }
            Self::VerifyPoint { on, system, how } => Ask::of(on, Request::VerifyRestorePoint { system, how }),
            Self::Restored { on, system } => Ask::of(on, Request::RecordRestored { system }),
            Self::Gate { on, system, gate, how, evidence } => Ask::with(on, move |about| {
                let evidence = pick_all(&evidence, about.state.evidence.keys().copied(), "evidence")?;
                Ok(Request::HoldGate { system, gate, how, evidence })
            }),
            Self::Sign { on, system, side, statement } => Ask::with(on, move |about| {
                Ok(Request::SignGate { system, side: side.unwrap_or_else(|| side_of(about.role)), statement })
            }),
            Self::Waive { on, system, gate, reason } => {
                Ask::of(on, Request::WaiveGate { system, gate, reason })
            }
            Self::Return { on, system } => Ask::of(on, Request::ReturnToProduction { system }),
            Self::Watch { on, system, until, what } => Ask::of(on, Request::SetWatch { system, until, what }),
            Self::Observe { on, system, text, not_quiet } => {
                Ask::of(on, Request::RecordObservation { system, text, quiet: !not_quiet })
            }
            Self::Clear { on, system, why } => Ask::of(on, Request::ClearSystem { system, why }),
            Self::Recurrence { on, subject, what } => {
                Ask::with(on, move |_| Ok(Request::RecordRecurrence { subject: subject.subject()?, what }))
            }
            Self::Retire { on, system, reason } => Ask::of(on, Request::RetireSystem { system, reason }),
            Self::ReturnAccount { on, account, without_mfa_because } => {
                Ask::of(on, Request::ReturnAccount { account, without_mfa_because })
            }
            Self::RetireAccount { on, account, reason } => {
                Ask::of(on, Request::RetireAccount { account, reason })
            }
        })
    }
}

async fn order(bench: &Bench, on: &On) -> Result<(), Failure> {
    let order = bench.desk.restore_order(bench.desk.find_incident(&on.incident).await?).await?;
    if bench.json() {
        return say_json(&order);
    }
    if order.is_empty() {
        say("No system waits to come back.");
        return Ok(());
    }
    let rows = order
        .into_iter()
        .map(|step| {
            let waits: Vec<_> = step.waits_for.iter().map(ToString::to_string).collect();
            let waits = if waits.is_empty() { plain("") } else { (Ink::Caution, waits.join(", ")) };
            vec![
                plain(step.number.to_string()),
                plain(step.system),
                plain(step.visits.to_string()),
                plain(step.procedures.to_string()),
                waits,
            ]
        })
        .collect();
    bench.paper.table(&["", "system", "visits", "procedures", "not before"], rows);
    Ok(())
}

pub(crate) async fn run(bench: &Bench, verb: RecoverVerb) -> Result<(), Failure> {
    let on = match verb {
        RecoverVerb::Gates { on } => on,
        RecoverVerb::Order { on } => return order(bench, &on).await,
        verb => match verb.ask() {
            Some(ask) => return give(bench, ask).await,
            None => return Ok(()),
        },
    };
    let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
    if bench.json() {
        let gates: Vec<_> = seen
            .state
            .systems
            .iter()
            .map(|(name, system)| {
                serde_json::json!({ "system": name, "stage": system.stage.as_str(), "gates": system.gates, "open": system.open_gates() })
            })
            .collect();
        return say_json(&gates);
    }
    let paper = paper_of(bench, &seen).await;
    let mut rows = Vec::new();
    for (name, system) in &seen.state.systems {
        for gate in Gate::ALL {
            let (ink, stands) = match system.gates.get(gate) {
                Some(GateStanding::Held { stamp, how, .. }) => {
                    (Ink::Good, format!("holds, {}: {how}", paper.at(stamp.at)))
                }
                Some(GateStanding::Waived { reason, .. }) => (Ink::Caution, format!("waived: {reason}")),
                Some(GateStanding::Fallen { why, .. }) => (Ink::Alarm, format!("fell: {why}")),
                None => (Ink::Faint, "open".to_owned()),
            };
            rows.push(vec![plain(name), plain(system.stage.as_str()), plain(gate.as_str()), (ink, stands)]);
        }
    }
    if rows.is_empty() {
        say("No system is in this incident.");
    }
    paper.table(&["system", "stage", "gate", "stands"], rows);
    Ok(())
}
