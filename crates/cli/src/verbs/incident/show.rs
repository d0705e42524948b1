//! An incident on one page for a person at a terminal.

use incident::{AccountStage, IndicatorStage, PhaseStatus, SystemStage};

use crate::{
    desk::Seen,
    failure::Failure,
    pick::short,
    terminal::{Ink, Paper, plain, say},
    verbs::{Bench, ask::paper_of},
};

/// Decisions shown on the page; the verb `decisions` shows them all.
const DECISIONS: usize = 7;
/// Indicators shown on the page.
const INDICATORS: usize = 12;

pub(super) async fn incident(bench: &Bench, seen: &Seen) -> Result<(), Failure> {
    let paper = paper_of(bench, seen).await;
    let state = &seen.state;
    let year = state.declared.as_ref().map(|stamp| paper.at(stamp.at)).unwrap_or_default();
    say(&format!(
        "{}  {}",
        paper.ink(Ink::Strong, &state.title),
        if state.exercise { paper.ink(Ink::Caution, "EXERCISE") } else { String::new() }
    ));
    let severity = state.severity.as_ref();
    let word = severity
        .map_or_else(|| "no severity".to_owned(), |standing| standing.severity.to_string().to_uppercase());
    let ink = severity.map_or(Ink::Faint, |standing| Ink::of(standing.severity));
    let kind = state.kind.map_or("unknown kind", incident::IncidentKind::plain);
    say(&format!(
        "{}  {}, {kind}, declared {year}  {}",
        paper.ink(ink, &word),
        state.status.as_str(),
        paper.ink(Ink::Faint, &format!("id {} version {}", state.incident, state.version))
    ));
    for reason in severity.into_iter().flat_map(|standing| &standing.reasons) {
        say(&format!("  · {}", crate::terminal::clean(reason)));
    }
    for broken in &state.glass_broken {
        let by = format!("glass broken by {}: {}", broken.stamp.name, broken.reason);
        say(&format!("  {}", paper.ink(Ink::Alarm, &by)));
    }
    paper.heading("Phases");
    for view in &seen.phases {
        let (mark, ink) = match view.status {
            PhaseStatus::NotStarted => ("○", Ink::Faint),
            PhaseStatus::Running => ("◐", Ink::Caution),
            PhaseStatus::Done => ("●", Ink::Good),
        };
        let count = format!("{}/{}", view.done, view.total);
        say(&format!("  {} {:<34} {count:>7}", paper.ink(ink, mark), view.phase.plain()));
    }
    decisions(&paper, seen, DECISIONS);
    clocks(&paper, seen, false);
    scope(&paper, seen);
    let open = state.obligations.values().filter(|obligation| !obligation.standing.is_settled()).count();
    paper.heading("The record");
    say(&format!(
        "  {} alerts, {} items of evidence, {} findings, {} notes, {} obligations ({open} open), {} entries",
        state.alerts.len(),
        state.evidence.len(),
        state.findings.len(),
        state.notes.len(),
        state.obligations.len(),
        state.version
    ));
    Ok(())
}

/// The decisions that wait, at most `most`.
pub(super) fn decisions(paper: &Paper, seen: &Seen, most: usize) {
    if seen.decisions.is_empty() {
        paper.heading("Nothing waits for a decision");
        return;
    }
    paper.heading("Decide next");
    let rows = seen
        .decisions
        .iter()
        .take(most)
        .map(|decision| {
            vec![
                plain(decision.number),
                plain(decision.owner),
                plain(match decision.stops.as_ref().filter(|stops| stops.stops_care()) {
                    Some(stops) => format!("{} {}", decision.what, stops.sentence()),
                    None => decision.what.clone(),
                }),
                plain(paper.maybe(decision.due_at)),
            ]
        })
        .collect();
    paper.table(&["", "whose", "what", "by"], rows);
    if seen.decisions.len() > most {
        say(&paper
            .ink(Ink::Faint, &format!("  and {} more: incident decisions", seen.decisions.len() - most)));
    }
}

/// The clocks: those that run, or all.
pub(super) fn clocks(paper: &Paper, seen: &Seen, all: bool) {
    let mut clocks: Vec<_> = seen.clocks.iter().filter(|clock| all || clock.stopped_at.is_none()).collect();
    if clocks.is_empty() {
        return;
    }
    clocks.sort_by_key(|clock| (clock.stopped_at.is_some(), clock.due_at.is_none(), clock.due_at));
    paper.heading("Clocks");
    let rows = clocks
        .into_iter()
        .map(|clock| {
            let stands = match (clock.stopped_at, clock.late) {
                (Some(at), false) => (Ink::Good, format!("met {}", paper.at(at))),
                (Some(at), true) => (Ink::Caution, format!("met late, {}", paper.at(at))),
                (None, true) => (Ink::Alarm, "LATE".to_owned()),
                (None, false) if clock.near => (Ink::Caution, "near; internal target passed".to_owned()),
                (None, false) => plain("runs"),
            };
            let due = clock.due_at.map_or_else(|| "no fixed limit".to_owned(), |due| paper.at(due));
            vec![plain(due), stands, plain(clock.owner), plain(&clock.what)]
        })
        .collect();
    paper.table(&["by", "", "whose", "what"], rows);
}

fn scope(paper: &Paper, seen: &Seen) {
    let state = &seen.state;
    if !state.systems.is_empty() {
        paper.heading("Systems");
        let rows = state
            .systems
            .iter()
            .map(|(name, system)| {
                let ink = match system.stage {
                    SystemStage::Suspected { .. } => Ink::Alarm,
                    SystemStage::Contained { .. } => Ink::Caution,
                    SystemStage::Clean { .. } | SystemStage::Restored { .. } => Ink::Plain,
                    SystemStage::InProduction { .. } | SystemStage::Cleared { .. } => Ink::Good,
                    SystemStage::Retired { .. } => Ink::Faint,
                };
                let confirmed = if system.confirmed.is_some() { "confirmed" } else { "" };
                vec![
                    plain(name),
                    (ink, system.stage.as_str().replace('_', " ")),
                    plain(confirmed),
                    plain(paper.at(system.stage.since().at)),
                    plain(&system.why),
                ]
            })
            .collect();
        paper.table(&["system", "stage", "", "since", "why"], rows);
    }
    if !state.accounts.is_empty() {
        paper.heading("Accounts");
        let rows = state
            .accounts
            .iter()
            .map(|(name, account)| {
                let ink = match account.stage {
                    AccountStage::Suspected { .. } => Ink::Alarm,
                    AccountStage::Disabled { .. } => Ink::Caution,
                    AccountStage::Returned { .. } | AccountStage::Cleared { .. } => Ink::Good,
                    AccountStage::Retired { .. } => Ink::Faint,
                    AccountStage::CredentialsReset { .. } | AccountStage::MfaReEnrolled { .. } => Ink::Plain,
                };
                vec![plain(name), (ink, account.stage.as_str().replace('_', " ")), plain(&account.why)]
            })
            .collect();
        paper.table(&["account", "stage", "why"], rows);
    }
    if !state.indicators.is_empty() {
        paper.heading("Indicators");
        let rows = state
            .indicators
            .iter()
            .take(INDICATORS)
            .map(|(key, standing)| {
                let ink = if matches!(standing.stage, IndicatorStage::Seen { .. }) {
                    Ink::Alarm
                } else {
                    Ink::Good
                };
                let on = standing.systems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                vec![plain(key), (ink, standing.stage.as_str().to_owned()), plain(on)]
            })
            .collect();
        paper.table(&["indicator", "stage", "seen on"], rows);
        if state.indicators.len() > INDICATORS {
            say(&paper.ink(Ink::Faint, &format!("  and {} more", state.indicators.len() - INDICATORS)));
        }
    }
    let open: Vec<_> =
        state.actions.values().filter(|action| action.is_open()).map(|action| short(action.id)).collect();
    if !open.is_empty() {
        say("");
        say(&format!("{} containment actions wait ({}): contain list", open.len(), open.join(" ")));
    }
}
