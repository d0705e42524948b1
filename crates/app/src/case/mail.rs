//! The mailing: a list of recipients taken in as sealed evidence, and what happened to each letter by its number. What
//! comes back is counted into the facts, and so decides on substitute notice: fewer than 10, or 10 and more (45 CFR
//! 164.404(d)(2)). No name and no address leaves the sealed list, not even in a complaint about it.

use std::collections::BTreeSet;

use breach::{mailing::LetterState, result::SubstituteSize};
use incident::{LetterSpan, MailHappened, MailReturn, MailStep, Request};
use jiff::civil::Date;
use kernel::{Actor, Digest, EvidenceId, IncidentId, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, asked, drawn};
use crate::{App, AppError, Done, command::How, evidence::Provenance, ports::Scope, read::Look};

/// The longest list of recipients, in bytes.
pub const LONGEST: usize = 32 << 20;

/// What happened to letters.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailGiven {
    /// What.
    pub step: MailStep,
    /// Which: `all`, or numbers and spans such as `1-480, 483`.
    pub letters: String,
    /// On which day.
    pub on: Date,
    /// Why they came back.
    #[serde(default)]
    pub reason: Option<MailReturn>,
    /// How people were reached otherwise. No PHI.
    #[serde(default)]
    pub how: Option<String>,
}

/// A list that was imported.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The list, as evidence.
    pub evidence: EvidenceId,
    /// How many letters it has.
    pub letters: u32,
    /// What was recorded.
    pub done: Done,
}

/// How a mailing stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MailView {
    /// The list of recipients, as evidence.
    pub evidence: EvidenceId,
    /// How many letters.
    pub letters: u32,
    /// Not sent yet.
    pub waiting: u32,
    /// Sent, and not come back.
    pub sent: u32,
    /// Came back: no letter reaches them.
    pub undeliverable: u32,
    /// Came back, as the addressee has died.
    pub deceased: u32,
    /// Reached by other means.
    pub reached: u32,
    /// The numbers of letters that came back and reach nobody.
    pub returned: Vec<u32>,
    /// Which substitute notice that calls for.
    pub substitute_notice: SubstituteSize,
    /// The day on which the last of them first went out; absent while one has not.
    pub completed_on: Option<Date>,
    /// What happened, in the order in which it was recorded.
    pub happened: Vec<MailHappened>,
}

impl App {
    /// Takes a list of recipients in as sealed evidence and begins the mailing of a letter to each.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the line of what cannot be read, never with what stands there.
    pub async fn import_recipients(
        &self,
        actor: &Actor,
        incident: IncidentId,
        list: Vec<u8>,
        how: How,
    ) -> Result<Imported, AppError> {
        let letters = count(&list)?;
        let state = self.load(Scope::of(actor), incident).await?;
        let digest = Digest::of(&list);
        let held = state.evidence.values().find(|item| item.digest == digest && !item.is_destroyed());
        let evidence = match held.map(|item| item.id) {
            Some(evidence) => evidence,
            None => {
                let from = Provenance {
                    name: "recipients.csv".to_owned(),
                    source: "mailing list".to_owned(),
                    why: "the recipients of the breach letters".to_owned(),
                };
                let expected = How { expected: how.expected, key: None };
                let reader = Box::new(std::io::Cursor::new(list));
                let done = self.take_evidence(actor, incident, reader, from, expected).await?;
                let taken = done.state.evidence.values().find(|item| item.digest == digest);
                taken.map(|item| item.id).ok_or_else(|| AppError::not_found("the list that was taken in"))?
            }
        };
        let input = serde_json::json!([evidence, letters]);
        let asked = asked("mailing", incident, &input)?;
        let how = How { expected: None, key: how.key };
        let done = self
            .in_case(actor, incident, how, asked, |_, _, _| {
                let request = Request::BeginMailing { evidence, letters };
                Ok(Made { request, texts: Vec::new(), strict: false })
            })
            .await?;
        Ok(Imported { evidence, letters, done })
    }

    /// Records what happened to letters.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn record_mail(
        &self,
        actor: &Actor,
        incident: IncidentId,
        given: MailGiven,
        how: How,
    ) -> Result<Done, AppError> {
        let input = serde_json::to_value(&given).map_err(AppError::json("what happened"))?;
        let asked = asked("mail", incident, &input)?;
        self.in_case(actor, incident, how, asked, |state, _, _| {
            let MailGiven { step, letters, on, reason, how } = given.clone();
            let all = state.case.mailing.as_ref().map_or(0, |mailing| mailing.letters);
            let letters = spans(&letters, all)?;
            let request = Request::RecordMail { step, letters, on, reason, how };
            Ok(Made { request, texts: Vec::new(), strict: false })
        })
        .await
    }

    /// How the mailing stands; `None` where none was begun.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn mailing(&self, actor: &Actor, incident: IncidentId) -> Result<Option<MailView>, AppError> {
        let _ = authorise(actor, Look)?;
        let state = self.load(Scope::of(actor), incident).await?;
        Ok(state.case.mailing.as_ref().map(view))
    }
}

pub(super) fn view(record: &incident::MailRecord) -> MailView {
    let mailing = drawn::mailing(record);
    let number = |wanted: fn(&LetterState) -> bool| {
        u32::try_from(mailing.letters().values().filter(|state| wanted(state)).count()).unwrap_or(u32::MAX)
    };
    let back = |state: &LetterState| matches!(state, LetterState::Undeliverable(_));
    MailView {
        evidence: record.evidence,
        letters: record.letters,
        waiting: number(|state| matches!(state, LetterState::Waiting)),
        sent: number(|state| matches!(state, LetterState::Sent(_))),
        undeliverable: number(back),
        deceased: number(|state| matches!(state, LetterState::Deceased(_))),
        reached: number(|state| matches!(state, LetterState::Reached(_))),
        returned: mailing.letters().iter().filter(|(_, state)| back(state)).map(|(n, _)| *n).collect(),
        substitute_notice: mailing.substitute(),
        completed_on: drawn::completed(record),
        happened: record.happened.clone(),
    }
}

/// Spans of letter numbers, from `all` or a list such as `1-480, 483`.
fn spans(text: &str, all: u32) -> Result<Vec<LetterSpan>, AppError> {
    if text.trim() == "all" {
        return Ok(vec![LetterSpan { from: 1, to: all }]);
    }
    let wrong = |part: &str| {
        let part: String = part.chars().take(40).collect();
        let what = format!("`{part}` is no number of a letter and no span: write `all`, or `1-480, 483`");
        AppError::invalid("/letters", what)
    };
    let parts = text.split(',').map(str::trim);
    parts
        .map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            match (from.trim().parse(), to.trim().parse()) {
                (Ok(from), Ok(to)) => Ok(LetterSpan { from, to }),
                _ => Err(wrong(part)),
            }
        })
        .collect()
}

/// How many recipients a list has: CSV (RFC 4180) with a header that names at least `individual` and `address_1`. Where
/// it has a column `letter`, its numbers are 1 to the last, each once; otherwise letters have the order of the rows.
fn count(list: &[u8]) -> Result<u32, AppError> {
    let wrong = |what: String| AppError::invalid("the list of recipients", what);
    if list.len() > LONGEST {
        return Err(wrong(format!("longer than {LONGEST} bytes: split the mailing")));
    }
    let text = std::str::from_utf8(list).map_err(|_| wrong("not UTF-8: save it as CSV UTF-8".to_owned()))?;
    let rows = records(text.trim_start_matches('\u{feff}')).map_err(wrong)?;
    let Some(((_, header), rows)) = rows.split_first() else {
        return Err(wrong("empty: a header and a row a letter are needed".to_owned()));
    };
    let column = |name: &str| header.iter().position(|own| own.trim().eq_ignore_ascii_case(name));
    for needed in ["individual", "address_1"] {
        if column(needed).is_none() {
            let what = format!("the header has no column `{needed}`; a mail-merge file has them all");
            return Err(wrong(what));
        }
    }
    let letter = column("letter");
    let mut numbers = BTreeSet::new();
    for (nth, (line, row)) in (1_u32..).zip(rows) {
        if row.len() != header.len() {
            let what = format!("line {line} has {} columns, and the header {}", row.len(), header.len());
            return Err(wrong(what));
        }
        let number = match letter.and_then(|at| row.get(at)) {
            None => nth,
            Some(text) => {
                text.trim().parse().map_err(|_| wrong(format!("line {line}: `letter` is no number")))?
            }
        };
        if !numbers.insert(number) {
            return Err(wrong(format!("line {line}: the letter's number is there twice")));
        }
    }
    let letters = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    if numbers.first() != Some(&1) || numbers.last() != Some(&letters) {
        return Err(wrong(format!("letters must be numbered from 1 to {letters}, each once")));
    }
    Ok(letters)
}

type Record = (u64, Vec<String>);

/// The records of a CSV text, each with the line it begins on; blank lines are none.
fn records(text: &str) -> Result<Vec<Record>, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut all = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| format!("cannot be read as CSV after its record {}", all.len()))?;
        if record.iter().any(|field| !field.trim().is_empty()) {
            let line = record.position().map_or(0, csv::Position::line);
            all.push((line, record.iter().map(str::to_owned).collect()));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_counted_and_a_complaint_about_it_names_nobody() {
        let head = "letter,individual,address_1\r\n";
        assert_eq!(
            count(format!("{head}1,\"Doe, Jo\",\"1 A St\nApt 2\"\r\n2,X,Y\r\n\r\n").as_bytes()).unwrap(),
            2
        );
        assert_eq!(count(b"individual,address_1\nA,B\nC,D\nE,F").unwrap(), 3);
        for (bad, says) in [
            (String::new(), "empty"),
            ("name,street\nSecret,B".to_owned(), "no column `individual`"),
            (format!("{head}1,Secret,B\n1,C,D"), "twice"),
            (format!("{head}1,Secret,B\n3,C,D"), "numbered from 1 to 2"),
            (format!("{head}1,Secret"), "2 columns"),
            (format!("{head}x,Secret,B"), "no number"),
            (format!("{head}1,\"Secret,B"), "2 columns"),
            (head.to_owned(), "numbered"),
        ] {
            let error = count(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
            assert!(!error.contains("Secret"), "{error}");
        }
    }

    #[test]
    fn letters_are_named_as_people_name_them() {
        let read =
            |text| spans(text, 480).map(|spans| spans.iter().map(|s| (s.from, s.to)).collect::<Vec<_>>());
        assert_eq!(read("all").unwrap(), [(1, 480)]);
        assert_eq!(read("1-3, 7,9 - 10").unwrap(), [(1, 3), (7, 7), (9, 10)]);
        for bad in ["", "x", "1-", "1;2", "-3"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
