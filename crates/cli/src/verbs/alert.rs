//! Alerts: listed, shown, judged, grouped.

use std::{fs, io::Write as _, path::PathBuf};

use app::ports::{AlertRow, Verdict as Shown};
use clap::{Args, Subcommand};
use incident::{AlertRequest, IncidentKind, Proposal, Verdict};
use kernel::{Channel, GroupId, Severity, Timestamp};

use super::{Bench, ask::Papers};
use crate::{
    desk::{AlertFilter, How},
    failure::Failure,
    pick::short,
    terminal::{Ink, Paper, clean, plain, say, say_json},
    word::word,
};

/// `alert …`
#[derive(Debug, Subcommand)]
pub(crate) enum AlertVerb {
    /// Lists alerts, newest first
    #[command(
        after_help = "Examples:\n  tourniquet alert list --unjudged --severity high\n  tourniquet alert list --text rclone --json"
    )]
    List(Box<ListArgs>),
    /// Shows an alert, with what triage proposes and why
    #[command(after_help = "Example:\n  tourniquet alert show 7K3M9Q")]
    Show {
        /// The alert: its id or the end of it
        alert: String,
    },
    /// Writes an alert's bytes as they were received
    #[command(after_help = "Example:\n  tourniquet alert raw 7K3M9Q --out alert.json")]
    Raw {
        /// The alert
        alert: String,
        /// The file; standard output where absent
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Judges an alert: a true positive, a false positive, or undetermined
    #[command(
        after_help = "Example:\n  tourniquet alert judge 7K3M9Q false_positive --reason 'the vulnerability scanner, every Monday'"
    )]
    Judge {
        /// The alert
        alert: String,
        /// The verdict
        #[arg(value_parser = word::<Verdict>())]
        verdict: Verdict,
        /// Why (may be repeated)
        #[arg(long, required = true)]
        reason: Vec<String>,
        /// What kind of incident it points to
        #[arg(long, value_parser = word::<IncidentKind>())]
        kind: Option<IncidentKind>,
        /// How bad it is
        #[arg(long, value_parser = word::<Severity>())]
        severity: Option<Severity>,
    },
    /// Puts an alert into another alert's group
    #[command(
        after_help = "Example:\n  tourniquet alert group 7K3M9Q --with 4XJ9K2 --reason 'the same sign-in'"
    )]
    Group {
        /// The alert
        alert: String,
        /// An alert of the group, or the group's id
        #[arg(long, value_name = "ALERT|GROUP")]
        with: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Takes an alert out of its group
    #[command(
        after_help = "Example:\n  tourniquet alert ungroup 7K3M9Q --reason 'another host of that name'"
    )]
    Ungroup {
        /// The alert
        alert: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Takes the verdict back that stands; the one before it stands again
    #[command(
        after_help = "Example:\n  tourniquet alert withdraw 7K3M9Q --reason 'another machine was meant'"
    )]
    Withdraw {
        /// The alert
        alert: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Lists the photos that came with a staff report, or saves them
    #[command(after_help = "Example:\n  tourniquet alert photos 7K3M9Q --out photos/")]
    Photos {
        /// The alert
        alert: String,
        /// The folder to save them in
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// How often people agreed with what triage proposed
    #[command(after_help = "Example:\n  tourniquet alert agreement")]
    Agreement,
}

/// `alert list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Words that must all occur
    #[arg(long)]
    text: Option<String>,
    /// Not yet judged by a person
    #[arg(long, conflicts_with = "verdict")]
    unjudged: bool,
    /// Judged so
    #[arg(long, value_parser = word::<Verdict>())]
    verdict: Option<Verdict>,
    /// At least this severe
    #[arg(long, value_parser = word::<Severity>())]
    severity: Option<Severity>,
    /// The adapter, such as microsoft-defender
    #[arg(long)]
    source: Option<String>,
    /// mdr, staff or vendor
    #[arg(long, value_parser = word::<Channel>())]
    channel: Option<Channel>,
    /// Of this incident
    #[arg(long)]
    incident: Option<String>,
    /// Received at or after, RFC 3339
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// The `next` of an earlier page
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Rows, 1 to 500
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
}

const fn shown(verdict: Verdict) -> Shown {
    match verdict {
        Verdict::TruePositive => Shown::True,
        Verdict::FalsePositive => Shown::False,
        Verdict::Undetermined => Shown::Undetermined,
    }
}

pub(crate) async fn run(bench: &Bench, verb: AlertVerb) -> Result<(), Failure> {
    let desk = &bench.desk;
    match verb {
        AlertVerb::List(args) => list(bench, *args).await,
        AlertVerb::Show { alert } => {
            let row = desk.alert(desk.find_alert(&alert).await?).await?;
            if bench.json() { say_json(&row) } else { show(&Papers::of(bench).await.at(row.practice), &row) }
        }
        AlertVerb::Raw { alert, out } => {
            let bytes = desk.raw_alert(desk.find_alert(&alert).await?).await?;
            match out {
                Some(out) => fs::write(&out, bytes).map_err(|error| Failure::writing(&out, &error)),
                None => std::io::stdout()
                    .write_all(&bytes)
                    .map_err(|error| Failure::outside(format!("standard output: {error}"))),
            }
        }
        AlertVerb::Judge { alert, verdict, reason, kind, severity } => {
            let request = AlertRequest::Judge { verdict, reasons: reason, incident_kind: kind, severity };
            triage(bench, &alert, request).await
        }
        AlertVerb::Group { alert, with, reason } => {
            let group = match with.parse::<GroupId>() {
                // An id may be a group's or an alert's: an alert's is looked up.
                Ok(group) => match desk.alert(kernel::AlertId::from_u128(group.as_u128())).await {
                    Ok(row) => row.group,
                    Err(_) => group,
                },
                Err(_) => desk.alert(desk.find_alert(&with).await?).await?.group,
            };
            triage(bench, &alert, AlertRequest::Group { group, reason }).await
        }
        AlertVerb::Ungroup { alert, reason } => triage(bench, &alert, AlertRequest::Ungroup { reason }).await,
        AlertVerb::Withdraw { alert, reason } => {
            triage(bench, &alert, AlertRequest::WithdrawVerdict { reason }).await
        }
        AlertVerb::Photos { alert, out } => photos(bench, &alert, out).await,
        AlertVerb::Agreement => {
            let agreement = desk.agreement().await?;
            if bench.json() {
                return say_json(&agreement);
            }
            let number =
                |name: &str| agreement.get(name).and_then(serde_json::Value::as_u64).unwrap_or_default();
            let (judged, agreed) = (number("judged"), number("agreed"));
            let share =
                (agreed * 100).checked_div(judged).map(|share| format!(" ({share} %)")).unwrap_or_default();
            say(&format!("{judged} alerts judged by people; {agreed} as triage had proposed{share}"));
            Ok(())
        }
    }
}

async fn photos(bench: &Bench, alert: &str, out: Option<PathBuf>) -> Result<(), Failure> {
    let id = bench.desk.find_alert(alert).await?;
    let photos = bench.desk.photos(id).await?;
    if bench.json() && out.is_none() {
        return say_json(&photos);
    }
    for (place, photo) in (1..).zip(&photos) {
        let kind = photo.media.rsplit('/').next().unwrap_or("bin");
        match &out {
            None => say(&format!("{} {} bytes, {}", photo.sha256, photo.bytes, photo.media)),
            Some(folder) => {
                fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
                let file = folder.join(format!("photo-{place}.{kind}"));
                let bytes = bench.desk.photo(id, &photo.sha256).await?;
                fs::write(&file, bytes).map_err(|error| Failure::writing(&file, &error))?;
                say(&file.display().to_string());
            }
        }
    }
    if photos.is_empty() {
        say("No photo came with it.");
    }
    Ok(())
}

async fn triage(bench: &Bench, alert: &str, request: AlertRequest) -> Result<(), Failure> {
    let id = bench.desk.find_alert(alert).await?;
    let row = bench.desk.triage(id, request, &How::default()).await?;
    if bench.json() { say_json(&row) } else { show(&Papers::of(bench).await.at(row.practice), &row) }
}

async fn list(bench: &Bench, args: ListArgs) -> Result<(), Failure> {
    let incident = match &args.incident {
        Some(text) => Some(bench.desk.find_incident(text).await?),
        None => None,
    };
    let filter = AlertFilter {
        text: args.text,
        verdict: if args.unjudged { Some(None) } else { args.verdict.map(|verdict| Some(shown(verdict))) },
        severity: args.severity,
        source: args.source,
        channel: args.channel,
        incident,
        since: args.since,
        after: args.after,
        limit: args.limit,
    };
    let page = bench.desk.alerts(&filter).await?;
    if bench.json() {
        return say_json(&page);
    }
    let (paper, papers) = (&bench.paper, Papers::of(bench).await);
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|row| {
            let verdict = match row.verdict {
                Some(verdict) => plain(verdict.as_str()),
                None => (Ink::Faint, format!("{}?", row.proposed_verdict.as_str())),
            };
            vec![
                plain(short(row.id)),
                (Ink::of(row.severity), row.severity.to_string()),
                verdict,
                plain(papers.at(row.practice).at(row.received_at)),
                plain(&row.alert.source),
                plain(row.alert.title.as_deref().unwrap_or("(no title)")),
                plain(row.alert.hosts.join(" ")),
                plain(row.incident.map(short).unwrap_or_default()),
            ]
        })
        .collect();
    if rows.is_empty() {
        say("No alert.");
    }
    paper.table(&["alert", "severity", "true?", "received", "source", "title", "hosts", "incident"], rows);
    if let Some(next) = &page.next {
        say(&format!("more: --after {next}"));
    }
    Ok(())
}

fn show(paper: &Paper, row: &AlertRow) -> Result<(), Failure> {
    let alert = &row.alert;
    say(&paper.ink(Ink::Strong, alert.title.as_deref().unwrap_or("(no title)")));
    let judged = row.verdict.map_or_else(
        || "not judged by a person yet".to_owned(),
        |verdict| format!("judged {}", verdict.as_str()),
    );
    say(&format!(
        "{}  {judged}  {}",
        paper.ink(Ink::of(row.severity), &row.severity.to_string()),
        paper.ink(Ink::Faint, &format!("id {} version {}", row.id, row.version))
    ));
    let list = |items: &[String]| items.join(", ");
    // The practice's time for the person, and the instant as logs have it.
    let moment = |at: kernel::Moment| format!("{} ({at})", paper.at(at.at()));
    let indicators: Vec<_> =
        alert.indicators.iter().map(|found| format!("{}:{}", found.kind.as_str(), found.value)).collect();
    for (name, value) in [
        ("source", format!("{} ({})", alert.source, alert.channel.as_str())),
        ("its id", alert.source_id.clone().unwrap_or_default()),
        ("occurred", alert.occurred_at.map(moment).unwrap_or_default()),
        ("reported", alert.reported_at.map(moment).unwrap_or_default()),
        ("received", moment(row.received_at.into())),
        ("hosts", list(&alert.hosts)),
        ("accounts", list(&alert.accounts)),
        ("indicators", list(&indicators)),
        ("techniques", list(&alert.techniques)),
        ("group", row.group.to_string()),
        ("incident", row.incident.map(|id| id.to_string()).unwrap_or_default()),
        ("sha-256", alert.raw_sha256.to_string()),
    ] {
        if !value.is_empty() {
            say(&format!("{name:<11} {}", clean(&value)));
        }
    }
    if let Some(text) = &alert.description {
        say("");
        text.lines().take(40).for_each(|line| say(&format!("  {}", clean(line))));
    }
    let Ok(proposal) = serde_json::from_value::<Proposal>(row.proposal.clone()) else { return Ok(()) };
    paper.heading(&format!(
        "Triage proposes: {}, {}, {}",
        proposal.verdict.plain(),
        proposal.kind.plain(),
        proposal.severity
    ));
    for reason in &proposal.reasons {
        say(&format!("  · {}", clean(&reason.text)));
    }
    Ok(())
}
