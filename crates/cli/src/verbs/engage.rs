//! Who was called, and who answered.

use clap::Subcommand;
use incident::{Party, Request};
use kernel::Timestamp;

use super::{
    Bench,
    ask::{Ask, On, give, paper_of},
};
use crate::{
    failure::Failure,
    pick::{pick, short},
    terminal::{Ink, plain, say, say_json},
    word::word,
};

/// `engage …`
#[derive(Debug, Subcommand)]
pub(crate) enum EngageVerb {
    /// Records that somebody was called; the clock of the severity runs
    #[command(
        after_help = "Example:\n  tourniquet engage call open counsel --name 'A. Attorney' --means telephone"
    )]
    Call {
        #[command(flatten)]
        on: On,
        /// Who, by part
        #[arg(value_parser = word::<Party>())]
        party: Party,
        /// Who, by name
        #[arg(long)]
        name: String,
        /// How: telephone, page, e-mail
        #[arg(long)]
        means: String,
        /// Minutes to answer in; the severity's own where absent
        #[arg(long, value_name = "MINUTES")]
        within: Option<u32>,
    },
    /// Records what somebody who was called answered
    #[command(
        after_help = "Examples:\n  tourniquet engage answer open 7K3M9Q --text 'on the way, twenty minutes'\n  \
        tourniquet engage answer open 7K3M9Q --declines --text 'in surgery until noon'"
    )]
    Answer {
        #[command(flatten)]
        on: On,
        /// The call
        call: String,
        /// They do not take part
        #[arg(long)]
        declines: bool,
        /// What they said
        #[arg(long, default_value = "")]
        text: String,
        /// When they answered, RFC 3339; now where absent
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Lists the calls, with who is late
    #[command(after_help = "Example:\n  tourniquet engage list open")]
    List {
        #[command(flatten)]
        on: On,
    },
}

impl EngageVerb {
    pub(crate) fn ask(self) -> Option<Ask> {
        Some(match self {
            Self::List { .. } => return None,
            Self::Call { on, party, name, means, within } => {
                Ask::of(on, Request::Engage { party, name, means, within_minutes: within })
            }
            Self::Answer { on, call, declines, text, at } => Ask::with(on, move |about| {
                let engagement = pick(&call, about.state.engagements.keys().copied(), "call")?;
                Ok(Request::RecordAnswer { engagement, joins: !declines, text, answered_at: at })
            }),
        })
    }
}

pub(crate) async fn run(bench: &Bench, verb: EngageVerb) -> Result<(), Failure> {
    let on = match verb {
        EngageVerb::List { on } => on,
        verb => match verb.ask() {
            Some(ask) => return give(bench, ask).await,
            None => return Ok(()),
        },
    };
    let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
    let calls: Vec<_> = seen.state.engagements.values().collect();
    if bench.json() {
        return say_json(&calls);
    }
    let paper = paper_of(bench, &seen).await;
    let rows: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let answer = match &call.answer {
                Some(answer) if answer.joins => {
                    (Ink::Good, format!("joins, {}. {}", paper.at(answer.at), answer.text))
                }
                Some(answer) => (Ink::Caution, format!("declines, {}. {}", paper.at(answer.at), answer.text)),
                None => (Ink::Caution, "no answer yet".to_owned()),
            };
            vec![
                plain(short(call.id)),
                plain(call.party.plain()),
                plain(&call.name),
                plain(&call.means),
                plain(paper.at(call.due_at)),
                answer,
            ]
        })
        .collect();
    if rows.is_empty() {
        say("Nobody has been called.");
    }
    paper.table(&["call", "part", "name", "means", "by", "answer"], rows);
    Ok(())
}
