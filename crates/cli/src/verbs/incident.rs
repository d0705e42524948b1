//! Incidents: declared, looked at, closed, reopened; and the command that any request can be given with.

mod show;

use std::{fs, path::PathBuf};

use clap::Subcommand;
use incident::{IncidentKind, Request, Subject};
use kernel::{AccountName, Indicator, Severity, SystemName, Timestamp};

use super::{
    Bench,
    ask::{Ask, On, Papers, give, paper_of, told},
};
use crate::{
    desk::How,
    failure::Failure,
    pick::{pick, short},
    terminal::{Ink, plain, say, say_json},
    word::{indicator, word},
};

/// `incident …`
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentVerb {
    /// Opens an incident; the severity is computed from the facts
    #[command(
        after_help = "Example:\n  tourniquet incident declare --title 'Ransomware on the file server' --kind ransomware --reason 'note on two screens' --system srv-file1 --account 'CEDAR\\svc-backup'"
    )]
    Declare(Box<DeclareArgs>),
    /// Lists incidents, newest first
    #[command(
        after_help = "Examples:\n  tourniquet incident list\n  tourniquet incident list --status open --json"
    )]
    List {
        /// Words in title or kind
        #[arg(long)]
        text: Option<String>,
        /// `open` or `closed`
        #[arg(long, value_parser = ["open", "closed"])]
        status: Option<String>,
        /// At least this severe
        #[arg(long, value_parser = word::<Severity>())]
        severity: Option<Severity>,
        /// The `next` of an earlier page
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
        /// Rows, 1 to 500
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
    /// Shows where an incident stands: severity and why, phases, systems, accounts, decisions, clocks
    #[command(
        after_help = "Examples:\n  tourniquet incident show open\n  tourniquet incident show 7K3M9Q --json"
    )]
    Show {
        #[command(flatten)]
        on: On,
    },
    /// Shows everything that happened, oldest first
    #[command(after_help = "Example:\n  tourniquet incident timeline open")]
    Timeline {
        #[command(flatten)]
        on: On,
    },
    /// Lists what has to be decided, containment first, each with its owner
    #[command(after_help = "Example:\n  tourniquet incident decisions open")]
    Decisions {
        #[command(flatten)]
        on: On,
    },
    /// Lists the clocks
    #[command(after_help = "Example:\n  tourniquet incident clocks open")]
    Clocks {
        #[command(flatten)]
        on: On,
    },
    /// Says that it is another kind of incident than thought
    #[command(
        after_help = "Example:\n  tourniquet incident kind open business_email_compromise --reason 'mailbox rule found; no encryption'"
    )]
    Kind {
        #[command(flatten)]
        on: On,
        /// The kind
        #[arg(value_parser = word::<IncidentKind>())]
        kind: IncidentKind,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Sets the severity; without one it is computed anew from the facts
    #[command(
        after_help = "Examples:\n  tourniquet incident severity open critical --reason 'the surgery centre stands'\n  \
        tourniquet incident severity open --reason 'the schedule changed'"
    )]
    Severity {
        #[command(flatten)]
        on: On,
        /// The severity; computed where absent
        #[arg(value_parser = word::<Severity>())]
        severity: Option<Severity>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Puts an alert to the incident
    #[command(
        after_help = "Example:\n  tourniquet incident attach open 7K3M9Q --reason 'same host, same hour'"
    )]
    Attach {
        #[command(flatten)]
        on: On,
        /// The alert
        alert: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Takes an alert off the incident
    #[command(
        after_help = "Example:\n  tourniquet incident detach open 7K3M9Q --reason 'the vulnerability scanner'"
    )]
    Detach {
        #[command(flatten)]
        on: On,
        /// The alert
        alert: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Writes the report for the practice's leadership (PDF/A)
    #[command(after_help = "Example:\n  tourniquet incident report open --out report.pdf")]
    Report {
        #[command(flatten)]
        on: On,
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Closes the incident; a refusal lists what is missing
    #[command(
        after_help = "Example:\n  tourniquet incident close open --summary 'contained within the hour; all systems back'"
    )]
    Close {
        #[command(flatten)]
        on: On,
        /// One paragraph for those who come later
        #[arg(long)]
        summary: Option<String>,
    },
    /// Opens a closed incident again
    #[command(
        after_help = "Example:\n  tourniquet incident reopen 7K3M9Q --reason 'the beacon is back on srv-file1'"
    )]
    Reopen {
        #[command(flatten)]
        on: On,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Gives any command as JSON (a value, or `@FILE`, or `-` for standard input)
    #[command(
        after_help = "Example:\n  tourniquet incident command open '{\"command\":\"declare_clean\",\"system\":\"ws-bill2\"}'"
    )]
    Command {
        #[command(flatten)]
        on: On,
        /// The command
        #[arg(value_name = "JSON")]
        request: String,
    },
}

/// `incident declare`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeclareArgs {
    /// One line, for people. No PHI
    #[arg(long)]
    title: String,
    /// What kind it is
    #[arg(long, value_parser = word::<IncidentKind>())]
    kind: IncidentKind,
    /// Why it is declared
    #[arg(long)]
    reason: String,
    /// The practice, by name or id; the only one where absent
    #[arg(long, value_name = "NAME|ID")]
    practice: Option<String>,
    /// An alert that belongs to it (may be repeated)
    #[arg(long, value_name = "ALERT")]
    alert: Vec<String>,
    /// A suspected system (may be repeated)
    #[arg(long, value_name = "NAME")]
    system: Vec<SystemName>,
    /// A suspected account (may be repeated)
    #[arg(long, value_name = "NAME")]
    account: Vec<AccountName>,
    /// An indicator (may be repeated)
    #[arg(long, value_name = "KIND:VALUE", value_parser = indicator)]
    indicator: Vec<Indicator>,
    /// Sets the severity instead of having it computed
    #[arg(long, value_parser = word::<Severity>())]
    severity: Option<Severity>,
    /// It is an exercise
    #[arg(long)]
    exercise: bool,
    /// Declares once, however often it is repeated with this key
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    idempotency_key: Option<String>,
}

impl DeclareArgs {
    /// The request; alerts are added by whoever can find them.
    pub(crate) fn request(&self, alerts: Vec<kernel::AlertId>) -> Request {
        let systems = self.system.iter().cloned().map(|system| Subject::System { system });
        let accounts = self.account.iter().cloned().map(|account| Subject::Account { account });
        let indicators = self.indicator.iter().cloned().map(|indicator| Subject::Indicator { indicator });
        Request::Declare {
            title: self.title.clone(),
            incident_kind: self.kind,
            reason: self.reason.clone(),
            alerts,
            subjects: systems.chain(accounts).chain(indicators).collect(),
            severity: self.severity,
            exercise: self.exercise,
        }
    }
}

impl IncidentVerb {
    /// The command; the verb itself where it is not one command.
    pub(crate) fn ask(self) -> Result<Ask, Self> {
        Ok(match self {
            Self::Kind { on, kind, reason } => {
                Ask::of(on, Request::ReviseKind { incident_kind: kind, reason })
            }
            Self::Severity { on, severity, reason } => Ask::of(on, Request::SetSeverity { severity, reason }),
            Self::Detach { on, alert, reason } => Ask::with(on, move |about| {
                let alert = pick(&alert, about.state.alerts.keys().copied(), "alert of this incident")?;
                Ok(Request::DetachAlert { alert, reason })
            }),
            Self::Close { on, summary } => Ask::of(on, Request::Close { summary }),
            Self::Reopen { on, reason } => Ask::of(on, Request::Reopen { reason }),
            Self::Command { on, request } => Ask::with(on, move |_| {
                let (name, text) = read_json(&request)?;
                serde_json::from_slice(&text).map_err(|error| {
                    Failure::usage(format!(
                        "{name}: line {}, column {}: {error}",
                        error.line(),
                        error.column()
                    ))
                })
            }),
            other => return Err(other),
        })
    }
}

/// JSON from the command line, a file or standard input: its name and its bytes.
pub(crate) fn read_json(given: &str) -> Result<(String, Vec<u8>), Failure> {
    use std::io::Read as _;
    const MOST: u64 = 16 << 20;
    if given == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(MOST).read_to_end(&mut bytes);
        read.map_err(|error| Failure::outside(format!("standard input: {error}")))?;
        return Ok(("standard input".to_owned(), bytes));
    }
    match given.strip_prefix('@') {
        Some(path) => {
            let path = std::path::Path::new(path);
            let bytes = fs::read(path).map_err(|error| Failure::reading(path, &error))?;
            Ok((path.display().to_string(), bytes))
        }
        None => Ok(("the command".to_owned(), given.as_bytes().to_vec())),
    }
}

pub(crate) async fn run(bench: &Bench, verb: IncidentVerb) -> Result<(), Failure> {
    let desk = &bench.desk;
    match verb.ask() {
        Ok(ask) => give(bench, ask).await,
        Err(IncidentVerb::Declare(args)) => declare(bench, &args).await,
        Err(IncidentVerb::List { text, status, severity, after, limit }) => {
            let page = desk.incidents(text.as_deref(), status.as_deref(), severity, after, limit).await?;
            if bench.json() { say_json(&page) } else { list(bench, &page).await }
        }
        Err(IncidentVerb::Show { on }) => {
            let seen = desk.incident(desk.find_incident(&on.incident).await?).await?;
            if bench.json() { say_json(&seen) } else { show::incident(bench, &seen).await }
        }
        Err(IncidentVerb::Timeline { on }) => timeline(bench, &on).await,
        Err(IncidentVerb::Decisions { on }) => {
            let seen = desk.incident(desk.find_incident(&on.incident).await?).await?;
            if bench.json() {
                return say_json(&seen.decisions);
            }
            let paper = paper_of(bench, &seen).await;
            show::decisions(&paper, &seen, usize::MAX);
            Ok(())
        }
        Err(IncidentVerb::Clocks { on }) => {
            let seen = desk.incident(desk.find_incident(&on.incident).await?).await?;
            if bench.json() {
                return say_json(&seen.clocks);
            }
            let paper = paper_of(bench, &seen).await;
            show::clocks(&paper, &seen, true);
            Ok(())
        }
        Err(IncidentVerb::Attach { on, alert, reason }) => {
            let alert = desk.find_alert(&alert).await?;
            give(bench, Ask::of(on, Request::AttachAlert { alert, reason })).await
        }
        Err(IncidentVerb::Report { on, out }) => {
            let id = desk.find_incident(&on.incident).await?;
            let pdf = desk.report_pdf(id).await?;
            fs::write(&out, &pdf).map_err(|error| Failure::writing(&out, &error))?;
            if bench.json() {
                return say_json(
                    &serde_json::json!({ "file": out, "bytes": pdf.len(), "sha256": kernel::Digest::of(&pdf) }),
                );
            }
            say(&format!("{} ({})", out.display(), crate::terminal::size(pdf.len() as u64)));
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

async fn declare(bench: &Bench, args: &DeclareArgs) -> Result<(), Failure> {
    let practice = bench.desk.find_practice(args.practice.as_deref()).await?;
    let mut alerts = Vec::new();
    for alert in &args.alert {
        alerts.push(bench.desk.find_alert(alert).await?);
    }
    let how = How { expected: None, key: args.idempotency_key.clone() };
    let answered = bench.desk.declare(practice, args.request(alerts), &how).await?;
    if !bench.json() {
        say(&format!("incident {}", answered.incident));
    }
    told(bench, &answered).await
}

async fn list(bench: &Bench, page: &crate::desk::Listed<app::ports::IncidentRow>) -> Result<(), Failure> {
    let (paper, papers) = (&bench.paper, Papers::of(bench).await);
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|row| {
            vec![
                plain(short(row.id)),
                (Ink::of(row.severity), row.severity.to_string()),
                plain(&row.status),
                plain(&row.phase),
                plain(&row.title),
                plain(papers.at(row.practice).at(row.declared_at)),
                plain(papers.at(row.practice).maybe(row.next_due)),
                legal_days(&row.counts),
                on_it(&row.counts),
            ]
        })
        .collect();
    if rows.is_empty() {
        say("No incident.");
    }
    paper.table(
        &[
            "incident",
            "severity",
            "status",
            "phase",
            "title",
            "declared",
            "next clock",
            "legal dates",
            "on it",
        ],
        rows,
    );
    if let Some(next) = &page.next {
        say(&format!("more: --after {next}"));
    }
    Ok(())
}

/// Who is on it, as far as the list names them.
fn on_it(counts: &serde_json::Value) -> (Ink, String) {
    let named = counts.get("on_it").and_then(serde_json::Value::as_array).map(Vec::as_slice);
    let named: Vec<_> = named.unwrap_or_default().iter().filter_map(serde_json::Value::as_str).collect();
    if named.is_empty() { (Ink::Caution, "nobody".to_owned()) } else { plain(named.join(", ")) }
}

/// How many legal dates are missed or near.
fn legal_days(counts: &serde_json::Value) -> (Ink, String) {
    let count = |name: &str| counts.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
    match (count("duties_missed"), count("duties_near"), count("duties_open")) {
        (0, 0, 0) => plain("–"),
        (0, 0, open) => plain(format!("{open} open")),
        (0, near, _) => (Ink::Caution, format!("{near} near")),
        (missed, near, _) => (Ink::Alarm, format!("{missed} MISSED, {near} near")),
    }
}

async fn timeline(bench: &Bench, on: &On) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&on.incident).await?;
    let told = bench.desk.timeline(id).await?;
    if bench.json() {
        return told.iter().try_for_each(say_json);
    }
    let seen = bench.desk.incident(id).await?;
    let paper = paper_of(bench, &seen).await;
    let at = |at: Timestamp| paper.at(at);
    let rows = told
        .iter()
        .map(|told| {
            let ink = if told.entry.kind == "glass_broken" { Ink::Alarm } else { Ink::Plain };
            vec![
                plain(told.entry.version),
                plain(at(told.entry.at)),
                (ink, told.says.clone()),
                plain(format!("{} ({})", told.entry.actor.name, told.entry.actor.role)),
            ]
        })
        .collect();
    paper.table(&["", "when", "what", "who"], rows);
    Ok(())
}
