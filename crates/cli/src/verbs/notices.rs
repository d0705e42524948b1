//! The documents of a breach, from a facts file (`contracts/breach.md`) and a notice file: letters, worksheets, notices
//! and records. They open no data directory. A document is a draft until `--sign` is given by an attorney.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use app::{
    edge::Edge,
    notices::{self, Case, Check, Document, Format, Kind, Notice, Paper, People, SUPPORTS, Sign, TEMPLATE},
};
use breach::state::State;
use clap::{Args, Subcommand};
use kernel::authorise;
use serde::Serialize;

use super::{breach::read_facts, practice::read_profile};
use crate::{
    arguments::Globals,
    desk,
    failure::Failure,
    terminal::{clean, say, say_json, tell, warn},
    word::word,
};

/// The largest file of people.
const LARGEST: u64 = 256 << 20;

/// What every document is made from.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The facts (contracts/breach.md), or `-` for standard input
    facts: String,
    /// What the notices say (`tourniquet breach notice init` writes a commented file); gaps for counsel where absent
    #[arg(long, value_name = "FILE")]
    notice: Option<PathBuf>,
    /// The practice's profile: its name, who signs, the insurer, counsel
    #[arg(long, value_name = "FILE")]
    practice: Option<PathBuf>,
    /// Where the documents go; as text on standard output where absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// In which form (may be repeated): pdf, docx, text, html or merge, as far as the document comes in it
    #[arg(long, value_name = "FORMAT", value_parser = word::<Format>())]
    format: Vec<Format>,
    /// Signs the content (the attorney's alone: --as attorney:NAME); without it every page says DRAFT
    #[arg(long)]
    sign: bool,
}

/// `breach letters`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet breach letters facts.json --notice notice.toml --out drafts\n  tourniquet breach letters facts.json --notice notice.toml --recipients people.csv --out mailing --sign --as 'attorney:A. Counsel'\n\n\
    Checks each letter for the five elements of 45 CFR 164.404(c) and shows its reading grade. The list of people is CSV with\n\
    the columns letter, template, method, addressee, individual, address_1, address_2, city, state, zip (template: individual,\n\
    parent_or_guardian, minor, next_of_kin, personal_representative), or individuals.csv of the census. A row whose individual\n\
    is somebody else than its given_name and family_name is refused with its line. The PDF fits a number 10 window envelope. What a letter says is the attorney's; this supports counsel and does not replace counsel."
)]
pub(crate) struct LettersArgs {
    #[command(flatten)]
    source: Source,
    /// The people (CSV); specimens where absent
    #[arg(long, value_name = "FILE")]
    recipients: Option<PathBuf>,
}

/// `breach worksheet`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet breach worksheet facts.json\n  tourniquet breach worksheet facts.json --form hhs --notice notice.toml --out worksheets\n  tourniquet breach worksheet facts.json --form TX --out worksheets\n\n\
    A worksheet has the form's own fields and choices in the form's order. Nothing is filed from here. It supports counsel and\n\
    does not replace counsel."
)]
pub(crate) struct WorksheetArgs {
    #[command(flatten)]
    source: Source,
    /// hhs, part2, states, or a State's two letters; every one that is due where absent
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
}

/// `breach document`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet breach document substitute facts.json --notice notice.toml --out web --format html\n  tourniquet breach document insurer facts.json --practice practice.toml --notice notice.toml --out papers\n  tourniquet breach document memorandum facts.json --notice notice.toml --out papers --format docx\n\n\
    Documents support counsel and do not replace counsel: every page says DRAFT until an attorney signs (--sign)."
)]
pub(crate) struct DocumentArgs {
    /// Which
    #[arg(value_parser = word::<Kind>())]
    kind: Kind,
    #[command(flatten)]
    source: Source,
}

/// `breach notice …`
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeVerb {
    /// Writes a commented notice file to fill in
    #[command(
        after_help = "Examples:\n  tourniquet breach notice init notice.toml\n  tourniquet breach notice init > notice.toml"
    )]
    Init {
        /// The file, which must not be there yet; standard output where absent
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Serialize)]
struct Written<'a> {
    files: Vec<String>,
    #[serde(skip_serializing_if = "<[Check]>::is_empty")]
    letters: &'a [Check],
    #[serde(skip_serializing_if = "Option::is_none")]
    without_address: Option<u64>,
    draft: bool,
    note: &'static str,
}

impl Source {
    fn case(&self, globals: &Globals) -> Result<Case, Failure> {
        let (facts, _) = read_facts(&self.facts)?;
        let notice = match &self.notice {
            Some(path) => {
                let text = read(path, 8 << 20)?;
                let text = String::from_utf8(text).map_err(|error| {
                    let at = error.utf8_error().valid_up_to();
                    Failure::usage(format!(
                        "{}: byte {at} is not UTF-8; save the file as UTF-8",
                        path.display()
                    ))
                })?;
                let json = path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("json"));
                let notice = if json {
                    serde_json::from_str(&text)
                        .map_err(|error| format!("line {}, column {}: {error}", error.line(), error.column()))
                } else {
                    Notice::from_toml(&text)
                };
                notice.map_err(|what| Failure::usage(format!("{}: {what}", path.display())))?
            }
            None => Notice::default(),
        };
        let practice = self.practice.as_deref().map(read_profile).transpose()?;
        let mut case = Case::new(facts, notice, practice, Edge::machine().now())?;
        let actor = desk::actor(&globals.acting);
        if self.sign {
            let signed = authorise(&actor, Sign).map_err(app::AppError::from)?;
            case.approval = Some(notices::approval(signed, case.today()));
        }
        case.prepared_by = globals.acting.name.clone();
        Ok(case)
    }

    /// The formats to write; `usual` where none was asked for.
    fn formats(&self, usual: &[Format]) -> Vec<Format> {
        if self.format.is_empty() { usual.to_vec() } else { self.format.clone() }
    }

    /// Writes papers to the folder, or as text to standard output. The files' names.
    fn write(&self, case: &Case, papers: &[Paper]) -> Result<Vec<String>, Failure> {
        let Some(out) = &self.out else {
            for document in documents(papers, &[Format::Text], case)? {
                say(String::from_utf8_lossy(document.bytes.reveal()).trim_end());
            }
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        for paper in papers {
            let formats: Vec<Format> = self
                .formats(paper.formats())
                .into_iter()
                .filter(|&format| format != Format::Merge)
                .filter(|format| papers.len() == 1 || paper.formats().contains(format))
                .collect();
            for document in documents(std::slice::from_ref(paper), &formats, case)? {
                names.push(keep(out, &document)?);
            }
        }
        Ok(names)
    }

    fn tell(&self, globals: &Globals, written: &Written<'_>) -> Result<(), Failure> {
        if globals.json {
            return say_json(written);
        }
        if let Some(out) = &self.out {
            say(&format!("{}: {}", out.display(), written.files.join(", ")));
            if written.draft {
                say("Drafts for counsel: the attorney signs them with --sign --as attorney:NAME.");
            }
            say(SUPPORTS);
        }
        Ok(())
    }
}

impl LettersArgs {
    pub(crate) fn run(self, globals: &Globals) -> Result<(), Failure> {
        let case = self.source.case(globals)?;
        let people = self.recipients.as_deref().map(read_people).transpose()?;
        let (papers, checks) = case.letters(people.as_ref())?;
        let mut files = self.source.write(&case, &papers)?;
        let merge = self.source.formats(&[Format::Merge]).contains(&Format::Merge);
        match (&people, &self.source.out) {
            (Some(people), Some(out)) if merge => {
                let bytes = breach::mailing::merge_file(&people.recipients).into_revealed().into_bytes();
                let name = "mail-merge.csv".to_owned();
                let document =
                    Document { name, format: Format::Merge, phi: true, bytes: kernel::Phi::new(bytes) };
                files.push(keep(out, &document)?);
            }
            _ => {}
        }
        let without_address = people.as_ref().map(|people| people.without_address);
        if !globals.json {
            checks.iter().for_each(tell_check);
            if let Some(without) = without_address.filter(|&without| without > 0) {
                warn(&format!(
                    "{without} of the people have no address: they are for the substitute notice (45 CFR 164.404(d)(2))"
                ));
            }
        }
        let draft = case.approval.is_none();
        let written = Written { files, letters: &checks, without_address, draft, note: SUPPORTS };
        self.source.tell(globals, &written)
    }
}

impl WorksheetArgs {
    pub(crate) fn run(self, globals: &Globals) -> Result<(), Failure> {
        let case = self.source.case(globals)?;
        let of = |kind: Kind| case.papers(kind, None);
        let papers = match self.form.as_deref() {
            None => {
                let mut papers = Vec::new();
                for kind in notices::due(&case) {
                    if matches!(kind, Kind::Hhs | Kind::Part2 | Kind::States) {
                        papers.extend(of(kind)?);
                    }
                }
                papers
            }
            Some("hhs") => of(Kind::Hhs)?,
            Some("part2") => of(Kind::Part2)?,
            Some("states") => of(Kind::States)?,
            Some(code) => {
                let state = code.to_ascii_uppercase().parse::<State>().map_err(|_| {
                    Failure::usage(format!(
                        "--form {code}: neither hhs, part2, states nor a jurisdiction's two letters"
                    ))
                })?;
                case.state(state)?
            }
        };
        if papers.is_empty() {
            let place = self.form.as_deref().map(|form| format!(" for {form}")).unwrap_or_default();
            return Err(Failure::no(
                "not_due",
                format!("no filing is due{place} on these facts; `tourniquet breach explain` says why"),
            ));
        }
        finish(&self.source, globals, &case, &papers)
    }
}

impl DocumentArgs {
    pub(crate) fn run(self, globals: &Globals) -> Result<(), Failure> {
        let case = self.source.case(globals)?;
        let papers = case.papers(self.kind, None)?;
        if papers.is_empty() {
            let what = match self.kind {
                Kind::Delay => "the facts have no `law_enforcement_holds`: record the statement there first",
                _ => "nothing of this kind is due on these facts; `tourniquet breach explain` says why",
            };
            return Err(Failure::no("not_due", what));
        }
        finish(&self.source, globals, &case, &papers)
    }
}

fn finish(source: &Source, globals: &Globals, case: &Case, papers: &[Paper]) -> Result<(), Failure> {
    let files = source.write(case, papers)?;
    let draft = case.approval.is_none();
    source.tell(globals, &Written { files, letters: &[], without_address: None, draft, note: SUPPORTS })
}

impl NoticeVerb {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let Self::Init { file } = self;
        let Some(path) = file else {
            say(TEMPLATE.trim_end());
            return Ok(());
        };
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| {
            if error.kind() == std::io::ErrorKind::AlreadyExists {
                Failure::usage(format!("{}: is there already; name another file", path.display()))
            } else {
                Failure::writing(&path, &error)
            }
        })?;
        file.write_all(TEMPLATE.as_bytes()).map_err(|error| Failure::writing(&path, &error))?;
        say(&format!(
            "{0}: fill it in, then `tourniquet breach letters facts.json --notice {0}`",
            path.display()
        ));
        Ok(())
    }
}

fn documents(papers: &[Paper], formats: &[Format], case: &Case) -> Result<Vec<Document>, Failure> {
    let mut out = Vec::new();
    for paper in papers {
        for &format in formats {
            out.extend(paper.write(format, case.created)?);
        }
    }
    Ok(out)
}

/// Writes a document into the folder; one that names patients is for its owner's eyes alone.
fn keep(out: &Path, document: &Document) -> Result<String, Failure> {
    fs::create_dir_all(out).map_err(|error| Failure::writing(out, &error))?;
    let path = out.join(&document.name);
    let failed = |error: std::io::Error| Failure::writing(&path, &error);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if document.phi {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&path).map_err(failed)?;
    file.write_all(document.bytes.reveal()).map_err(failed)?;
    Ok(document.name.clone())
}

fn read(path: &Path, largest: u64) -> Result<Vec<u8>, Failure> {
    let file = fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes).map_err(|error| Failure::reading(path, &error))?;
    if bytes.len() as u64 > largest {
        return Err(Failure::usage(format!("{}: larger than {largest} bytes", path.display())));
    }
    Ok(bytes)
}

fn read_people(path: &Path) -> Result<People, Failure> {
    let bytes = read(path, LARGEST)?;
    let people = notices::people::read(&bytes)
        .map_err(|what| Failure::usage(format!("{}: {what}", path.display())))?;
    if !people.unknown_columns.is_empty() {
        warn(&format!("{}: columns not used: {}", path.display(), people.unknown_columns.join(", ")));
    }
    Ok(people)
}

/// What was found in a letter, on standard error: what stands on standard output is the letter.
fn tell_check(check: &Check) {
    let people = match check.people {
        0 => "specimen".to_owned(),
        1 => "1 person".to_owned(),
        many => format!("{many} people"),
    };
    let grade = check.reading_grade.map_or_else(|| "none".to_owned(), |grade| format!("{grade:.1}"));
    let missing = check.elements.iter().filter(|remark| remark.missing).count();
    tell(&format!(
        "{} ({people}): {} of 5 elements present; reading grade {grade}; {}",
        check.to.replace('_', " "),
        5 - missing.min(5),
        if check.may_go_out { "may go out" } else { "may not go out yet" }
    ));
    for remark in &check.elements {
        let word = if remark.missing { "missing" } else { "advice" };
        tell(&format!("  {word}: {} ({})", clean(&remark.what), remark.citation));
    }
    check.gaps.iter().for_each(|gap| tell(&format!("  to fill in: {}", clean(gap))));
    check.remarks.iter().for_each(|remark| tell(&format!("  note: {}", clean(remark))));
}
