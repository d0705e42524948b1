//! The help of `tourniquet` itself: the verbs by phase of an incident, drawn from the verbs' own one-line descriptions.

use clap::{Command, CommandFactory as _};

use crate::arguments::Tourniquet;

/// The verbs in the order of an incident. A test holds this table to the verbs that there are.
const GROUPS: [(&str, &[&str]); 9] = [
    ("The main job", &["respond", "demo"]),
    ("Identify and declare", &["intake", "alert", "incident", "engage", "suspect", "confirm", "clear"]),
    ("Contain", &["contain"]),
    ("Investigate", &["hunt", "finding", "evidence"]),
    ("Eradicate", &["eradicate"]),
    ("Recover", &["recover"]),
    ("Notify, learn, close", &["breach", "situation", "learn", "note", "retention"]),
    ("The record", &["export", "verify", "log", "backup", "restore", "restore-test"]),
    ("Setting up", &["practice", "binder", "serve", "account", "token", "source", "completions", "man"]),
];

/// The command line, with the overview in its help.
pub(crate) fn command() -> Command {
    let command = flowing(Tourniquet::command());
    let mut text = String::new();
    for (title, verbs) in GROUPS {
        text.push_str(&format!("\n{title}:\n"));
        for verb in verbs {
            let about = command.find_subcommand(verb).and_then(Command::get_about).map(ToString::to_string);
            text.push_str(&format!("  {verb:<13} {}\n", about.unwrap_or_default()));
        }
    }
    let template =
        format!("{{about}}\n\n{{usage-heading}} {{usage}}\n{text}\nOptions:\n{{options}}{{after-help}}");
    command.help_template(template).after_help(
        "\nExamples:\n  tourniquet demo\n  tourniquet respond --practice practice.toml --alert defender.json --evidence ./logs\n  \
         tourniquet incident show open\n  tourniquet contain approve open 7K3M9Q --side practice --as 'practice:Dr. Ruiz'\n\n\
         `tourniquet VERB --help` tells all of a verb. Exit status: 0 done, 1 the answer is no, 2 the input or usage is \
         wrong, 3 something outside failed.",
    )
}

/// Every verb with what stands after its help in paragraphs that flow: the terminal says how wide a line is, not the source.
fn flowing(command: Command) -> Command {
    let after = command.get_after_help().map(|help| joined(&help.to_string()));
    let command = command.mut_subcommands(flowing);
    match after {
        Some(text) => command.after_help(text),
        None => command,
    }
}

/// Joins the lines of each paragraph of prose. A paragraph with a line that is set in (examples, lists) stays as it is.
fn joined(text: &str) -> String {
    let paragraph = |text: &str| {
        let set = text.lines().any(|line| line.starts_with([' ', '\t']));
        if set { text.to_owned() } else { text.lines().collect::<Vec<_>>().join(" ") }
    };
    text.split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n\n")
}

/// What clap says of a wrong usage, on one line.
pub(crate) fn usage_line(error: &clap::Error) -> String {
    use clap::error::ErrorKind as K;
    if error.kind() == K::DisplayHelpOnMissingArgumentOrSubcommand {
        return "no verb was given; `tourniquet --help` shows them all".to_owned();
    }
    let rendered = error.render().to_string();
    let mut parts = Vec::new();
    for line in rendered.lines().map(str::trim) {
        if line.is_empty() || line.starts_with("Usage:") || line.starts_with("For more information") {
            continue;
        }
        parts.push(line.trim_start_matches("error: "));
    }
    format!("{}; see `--help` of the verb", parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn leaves<'c>(command: &'c Command, path: &str, found: &mut Vec<(String, &'c Command)>) {
        for verb in command.get_subcommands() {
            let path = format!("{path} {}", verb.get_name());
            if verb.has_subcommands() {
                leaves(verb, &path, found);
            } else {
                found.push((path, verb));
            }
        }
    }

    /// Splits an example as a shell would: spaces, and quotes around words.
    pub(crate) fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for letter in line.chars() {
            match (quote, letter) {
                (Some(open), letter) if letter == open => quote = None,
                (None, '\'' | '"') => {
                    quote = Some(letter);
                    word.get_or_insert_default();
                }
                (None, ' ') => words.extend(word.take()),
                (_, letter) => word.get_or_insert_default().push(letter),
            }
        }
        words.extend(word);
        words
    }

    #[test]
    fn the_command_line_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn every_verb_stands_in_the_overview_once() {
        let command = command();
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
        let mut there: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        listed.sort_unstable();
        there.sort_unstable();
        assert_eq!(listed, there);
    }

    #[test]
    fn every_verb_has_an_example_and_every_example_is_accepted() {
        let command = command();
        let mut found = Vec::new();
        leaves(&command, "tourniquet", &mut found);
        assert!(found.len() > 80, "{}", found.len());
        for (path, verb) in found {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> =
                help.lines().map(str::trim).filter(|line| line.starts_with("tourniquet ")).collect();
            assert!(!examples.is_empty(), "{path} has no example");
            assert!(examples.iter().any(|line| line.contains(path.as_str())), "{path}: no example of itself");
            for example in examples {
                if let Some(what) = refused(example, false) {
                    panic!("{path}: {what}");
                }
            }
            assert!(verb.get_about().is_some(), "{path} does not say what it does");
        }
    }

    /// What is wrong with a line, if anything is. One that is told in passing (`tourniquet backup`) need not be whole.
    fn refused(line: &str, passing: bool) -> Option<String> {
        use clap::error::ErrorKind as K;
        let ends = [" | ", " > ", " < ", " #"];
        let line = ends.iter().fold(line, |line, end| line.split(end).next().unwrap());
        let error = Tourniquet::try_parse_from(words(line.trim())).err()?;
        let fine = match error.kind() {
            K::DisplayHelp | K::DisplayVersion => true,
            K::MissingRequiredArgument
            | K::MissingSubcommand
            | K::DisplayHelpOnMissingArgumentOrSubcommand => passing,
            _ => false,
        };
        (!fine).then(|| format!("`{line}`: {error}"))
    }

    #[test]
    fn what_the_documents_say_to_type_is_accepted() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let named = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
        let mut files: Vec<_> = named.map(|name| root.join(name)).into();
        for folder in ["docs", "docs/decisions"] {
            files.extend(std::fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path()));
        }
        files.retain(|file| file.extension().is_some_and(|kind| kind == "md"));
        let (mut wrong, mut count) = (Vec::new(), 0);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let mut told = |line: &str, passing| {
                count += 1;
                wrong.extend(refused(line, passing).map(|what| format!("{}: {what}", file.display())));
            };
            let (mut fenced, mut prose) = (false, String::new());
            for line in text.lines() {
                if line.trim_start().starts_with("```") {
                    fenced = !fenced;
                } else if !fenced {
                    prose.push_str(line);
                    prose.push('\n');
                } else if line.starts_with("tourniquet ") {
                    told(line, false);
                }
            }
            // A span broken over two lines is one; what is left open (`…`, `[…]`) ends it.
            for span in prose.split('`').skip(1).step_by(2).filter(|span| span.starts_with("tourniquet ")) {
                let line = span.split_whitespace().collect::<Vec<_>>().join(" ");
                told(line.split(['[', '…', '|']).next().unwrap_or_default(), true);
            }
        }
        assert!(count > 30, "only {count} lines were found");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn prose_after_the_help_flows_and_examples_stay_as_they_are() {
        let text = "Examples:\n  tourniquet a\n  tourniquet b\n\nOne line\nand another.";
        assert_eq!(joined(text), "Examples:\n  tourniquet a\n  tourniquet b\n\nOne line and another.");
    }
}
