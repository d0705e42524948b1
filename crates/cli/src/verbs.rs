//! The verbs. Each file holds a verb's arguments, with an example of each, and what it does.

pub(crate) mod account;
pub(crate) mod alert;
pub(crate) mod ask;
pub(crate) mod backup;
pub(crate) mod binder;
pub(crate) mod breach;
pub(crate) mod case;
pub(crate) mod contain;
pub(crate) mod demo;
pub(crate) mod engage;
pub(crate) mod eradicate;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod finding;
pub(crate) mod hunt;
pub(crate) mod incident;
pub(crate) mod intake;
pub(crate) mod learn;
pub(crate) mod log;
pub(crate) mod note;
pub(crate) mod notices;
pub(crate) mod practice;
#[cfg(test)]
mod reach;
pub(crate) mod recover;
pub(crate) mod respond;
pub(crate) mod retention;
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod situation;
pub(crate) mod source;
pub(crate) mod suspicion;
pub(crate) mod token;
pub(crate) mod verify;

use crate::{
    arguments::{Globals, Tourniquet, Verb},
    desk::Desk,
    failure::Failure,
    terminal::{Paper, say_json},
};

/// What a verb works with.
pub(crate) struct Bench {
    pub(crate) globals: Globals,
    pub(crate) desk: Desk,
    pub(crate) paper: Paper,
}

impl Bench {
    /// Whether to print JSON.
    pub(crate) fn json(&self) -> bool {
        self.globals.json
    }
}

/// Does what was asked.
pub(crate) async fn run(tourniquet: Tourniquet) -> Result<(), Failure> {
    let Tourniquet { globals, verb } = tourniquet;
    let json = globals.json;
    let outcome = route(globals, verb).await;
    if let Err(failure @ Failure::No { .. }) = &outcome
        && json
    {
        say_json(&failure.json())?;
    }
    outcome
}

async fn route(globals: Globals, verb: Verb) -> Result<(), Failure> {
    // Verbs that open the directory in their own way, or need none.
    let verb = match verb {
        Verb::Demo(args) => return demo::run(globals, args).await,
        Verb::Serve(args) => return serve::run(globals, args).await,
        Verb::Verify(args) => return verify::run(globals, args).await,
        Verb::Hunt(args) => return hunt::run(&args),
        Verb::Restore(args) => return backup::restore(globals, args).await,
        Verb::RestoreTest(args) => return backup::restore_test(globals, args).await,
        Verb::Completions(args) => return shell::completions(&args),
        Verb::Man(args) => return shell::man(&args),
        Verb::Intake(args) if args.needs_no_record() => {
            return intake::without_record(&args.with_json(globals.json));
        }
        Verb::Practice(verb) if verb.needs_no_record() => return practice::without_record(&verb),
        Verb::Breach(verb) if verb.needs_no_record() => return breach::without_record(&globals, verb),
        verb => verb,
    };
    let paper = Paper::new();
    let desk = Desk::open(&globals).await?;
    let bench = Bench { globals, desk, paper };
    let outcome = on_bench(&bench, verb).await;
    bench.desk.close().await;
    outcome
}

async fn on_bench(bench: &Bench, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Respond(args) => respond::run(bench, args).await,
        Verb::Intake(args) => intake::run(bench, args).await,
        Verb::Alert(verb) => alert::run(bench, verb).await,
        Verb::Incident(verb) => incident::run(bench, verb).await,
        Verb::Engage(verb) => engage::run(bench, verb).await,
        Verb::Suspect(args) => ask::give(bench, args.ask()).await,
        Verb::Confirm(args) => ask::give(bench, args.confirm()).await,
        Verb::Clear(args) => ask::give(bench, args.clear()).await,
        Verb::Contain(verb) => contain::run(bench, verb).await,
        Verb::Finding(verb) => finding::run(bench, verb).await,
        Verb::Evidence(verb) => evidence::run(bench, verb).await,
        Verb::Eradicate(verb) => ask::give(bench, verb.ask()).await,
        Verb::Recover(verb) => recover::run(bench, verb).await,
        Verb::Breach(verb) => breach::run(bench, verb).await,
        Verb::Learn(verb) => learn::run(bench, verb).await,
        Verb::Situation(verb) => situation::run(bench, verb).await,
        Verb::Note(verb) => note::run(bench, verb).await,
        Verb::Retention(verb) => retention::run(bench, verb).await,
        Verb::Export(args) => export::run(bench, args).await,
        Verb::Log(verb) => log::run(bench, verb).await,
        Verb::Backup(args) => backup::run(bench, args).await,
        Verb::Practice(verb) => practice::run(bench, verb).await,
        Verb::Binder(args) => binder::run(bench, args).await,
        Verb::Account(verb) => account::run(bench, verb).await,
        Verb::Token(verb) => token::run(bench, verb).await,
        Verb::Source(verb) => source::run(bench, verb).await,
        Verb::Demo(_)
        | Verb::Serve(_)
        | Verb::Verify(_)
        | Verb::Hunt(_)
        | Verb::Restore(_)
        | Verb::RestoreTest(_)
        | Verb::Completions(_)
        | Verb::Man(_) => Ok(()),
    }
}
