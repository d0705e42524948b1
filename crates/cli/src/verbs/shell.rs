//! Completions and manual pages.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Command};
use clap_complete::Shell;

use crate::{failure::Failure, overview, terminal::say};

/// `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tourniquet completions bash > /etc/bash_completion.d/tourniquet")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet man > tourniquet.1\n  tourniquet man /usr/local/share/man/man1"
)]
pub(crate) struct ManArgs {
    /// The folder for a page of every verb; the main page to standard output where absent
    folder: Option<PathBuf>,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut overview::command(), "tourniquet", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}

fn page(command: &Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let outcome: io::Result<()> = clap_mangen::Man::new(command.clone()).title(name).render(&mut page);
    outcome.map_err(|error| Failure::outside(format!("the manual page: {error}")))?;
    Ok(page)
}

fn pages(command: &Command, name: &str, folder: &Path, count: &mut usize) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    fs::write(&path, page(command, name)?).map_err(|error| Failure::writing(&path, &error))?;
    *count += 1;
    for verb in command.get_subcommands() {
        pages(verb, &format!("{name}-{}", verb.get_name()), folder, count)?;
    }
    Ok(())
}

pub(crate) fn man(args: &ManArgs) -> Result<(), Failure> {
    let mut command = overview::command();
    command.build();
    match &args.folder {
        None => {
            say(String::from_utf8_lossy(&page(&command, "tourniquet")?).trim_end());
            Ok(())
        }
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
            let mut count = 0;
            pages(&command, "tourniquet", folder, &mut count)?;
            say(&format!("{count} pages in {}", folder.display()));
            Ok(())
        }
    }
}
