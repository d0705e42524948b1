//! Proof that what the help, the README and the documents tell a person to type is understood: every verb has an example,
//! and each is parsed as a shell would hand it over.

use std::{fs, path::Path};

use clap::{Command, Parser as _, error::ErrorKind};

use crate::{arguments::Tourniquet, overview};

/// The words of a line as a shell splits them, up to where it pipes or redirects.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_with(String::new);
            }
            ('\\', None) => word.get_or_insert_with(String::new).extend(letters.next()),
            ('<' | '>' | '|' | ';' | '#' | '&', None) if word.is_none() => break,
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, _) => word.get_or_insert_with(String::new).push(letter),
        }
    }
    words.extend(word);
    words
}

/// What is wrong with a line, if anything is. One that is told in passing (`tourniquet backup`) need not be whole.
fn wrong(line: &str, passing: bool) -> Option<String> {
    let error = Tourniquet::try_parse_from(words(line)).err()?;
    let fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => passing,
        _ => false,
    };
    (!fine).then(|| format!("{line}\n{error}"))
}

fn leaves<'c>(command: &'c Command, name: &str, found: &mut Vec<(String, &'c Command)>) {
    let mut verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help").peekable();
    if verbs.peek().is_none() {
        found.push((name.to_owned(), command));
    }
    for verb in verbs {
        leaves(verb, &format!("{name} {}", verb.get_name()), found);
    }
}

#[test]
fn every_verb_has_an_example_of_itself_that_works() {
    let mut command = overview::command();
    command.build();
    let mut verbs = Vec::new();
    leaves(&command, "tourniquet", &mut verbs);
    assert!(verbs.len() > 100, "{}", verbs.len());
    let mut trouble = Vec::new();
    for (name, verb) in verbs {
        let help = verb.get_after_help().or(verb.get_after_long_help()).map(ToString::to_string);
        let lines = help.unwrap_or_default();
        let examples: Vec<&str> =
            lines.lines().map(str::trim).filter(|line| line.contains("tourniquet ")).collect();
        let examples: Vec<&str> = examples
            .into_iter()
            .filter_map(|line| line.find("tourniquet ").and_then(|at| line.get(at..)))
            .collect();
        if !examples.iter().any(|line| format!("{line} ").starts_with(&format!("{name} "))) {
            trouble.push(format!("{name} has no example of itself"));
        }
        trouble.extend(examples.iter().filter_map(|line| wrong(line, false)));
    }
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

#[test]
fn what_the_documents_say_to_type_is_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![root.join("README.md"), root.join("CONTRIBUTING.md"), root.join("ARCHITECTURE.md")];
    files.push(root.join("CHANGELOG.md"));
    for folder in ["docs", "docs/decisions"] {
        files.extend(fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path()));
    }
    files.retain(|file| file.extension().is_some_and(|kind| kind == "md"));
    let (mut trouble, mut count) = (Vec::new(), 0);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut fenced = false;
        let mut prose = String::new();
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if fenced {
                if line.starts_with("tourniquet ") {
                    count += 1;
                    trouble.extend(wrong(line, false).map(|what| format!("{}: {what}", file.display())));
                }
            } else {
                prose.push_str(line);
                prose.push('\n');
            }
        }
        for span in prose.split('`').skip(1).step_by(2).filter(|span| span.starts_with("tourniquet ")) {
            // A span broken over two lines is one.
            let line = span.split_whitespace().collect::<Vec<_>>().join(" ");
            let named = line.split(['[', '…', '|']).next().unwrap_or_default();
            count += 1;
            trouble.extend(wrong(named, true).map(|what| format!("{}: {what}", file.display())));
        }
    }
    assert!(count > 30, "only {count} lines were found");
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

#[test]
fn a_line_is_split_as_a_shell_does() {
    assert_eq!(words("a 'b c' \"d e\"f \\\\g < in > out"), ["a", "b c", "d ef", "\\g"]);
    assert_eq!(words("a '' # a remark"), ["a", ""]);
}
