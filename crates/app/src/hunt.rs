//! The hunt through an incident's sealed evidence: what it finds becomes findings with their evidence, suspicions of hosts,
//! accounts and indicators, and proposals for containment. Its result is sealed beside the evidence it came from, so that
//! it is in custody and in the package. Hunting again adds what is new and nothing twice.

mod running;

use std::sync::Arc;

use incident::{Practice, Question, Request, State, Statement, Subject};
use kernel::{
    AccountName, Actor, Capability, EvidenceId, IncidentId, Indicator, Requires, SystemName, Timestamp,
    authorise,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    command::How,
    evidence::Provenance,
    ports::{
        Caught, EvidenceQuery, EvidenceRow, HuntAnswer, HuntFile, HuntProgress, Hunted, MoreRules, Quarry,
        Scope, SealedFile,
    },
};

pub use running::HuntStanding;
pub(crate) use running::Running;

/// By what an item is known to be a hunt's result.
pub(crate) const SOURCE: &str = "tourniquet hunt";
/// What the result itself is called; the files that go with it have names of their own.
const RESULT: &str = "hunt.json";
/// Between a file and the number of the record in it.
const RECORD: &str = ", record ";
/// Findings recorded for one scope question; the story holds the others.
const MOST_PER_QUESTION: usize = 12;
/// The largest result that is read back.
const LARGEST: u64 = 256 << 20;

/// Searching an incident's evidence.
pub(crate) struct Search;

impl Requires for Search {
    fn requires(&self) -> Capability {
        Capability::Evidence
    }
}

/// What came of a hunt.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HuntDone {
    /// The sealed result.
    pub result: EvidenceId,
    /// What was found.
    pub found: Hunted,
}

impl App {
    /// Hunts through an incident's evidence.
    ///
    /// # Errors
    /// [`AppError`]. What was recorded before a failure stays recorded.
    pub async fn hunt(
        &self,
        actor: &Actor,
        incident: IncidentId,
        rules: MoreRules,
    ) -> Result<HuntDone, AppError> {
        self.hunt_telling(actor, incident, rules, Arc::default()).await
    }

    pub(crate) async fn hunt_telling(
        &self,
        actor: &Actor,
        incident: IncidentId,
        rules: MoreRules,
        progress: Arc<HuntProgress>,
    ) -> Result<HuntDone, AppError> {
        let _ = authorise(actor, Search)?;
        let state = self.load(Scope::of(actor), incident).await?;
        let mut items = Vec::new();
        for row in self.held(actor, incident).await? {
            if row.source == SOURCE {
                continue;
            }
            let (store, digest) = (self.store().clone(), row.sha256);
            let open = move || store.open(&digest);
            items.push(Quarry { evidence: row.id, name: row.name, bytes: row.bytes, open: Box::new(open) });
        }
        let hunter = self.hunter().clone();
        let caught = self.blocking(move || Ok(hunter.hunt(items, &rules, &progress)?)).await?;
        let Caught { mut found, files } = caught;
        for HuntFile { name, bytes } in files {
            let why = "what the hunt through the evidence found, event by event";
            let row = self.seal_result(actor, incident, bytes, name, why).await?;
            found.sealed.push(row);
        }
        let bytes = serde_json::to_vec(&found).map_err(AppError::json("the hunt's result"))?;
        let why = "what the hunt through the evidence found";
        let bytes = Box::new(std::io::Cursor::new(bytes));
        let result = self.seal_result(actor, incident, bytes, RESULT, why).await?.evidence;
        let profile = self.profile(actor, state.practice).await?;
        for request in requests(&state, &profile.practice, &found, self.edge().now()) {
            self.command(actor, incident, request, How::default()).await?;
        }
        self.propose_measures(actor, incident).await?;
        Ok(HuntDone { result, found })
    }

    /// The result of the latest hunt through an incident's evidence.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where none was made.
    pub async fn hunt_result(&self, actor: &Actor, incident: IncidentId) -> Result<HuntDone, AppError> {
        let _ = authorise(actor, Search)?;
        let latest = self.latest_result(actor, incident).await?.ok_or_else(|| {
            AppError::not_found(format!("a hunt through the evidence of incident {incident}"))
        })?;
        let (row, reader) = self.open_evidence(actor, latest.id).await?;
        let found = self
            .blocking(move || {
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut std::io::Read::take(reader, LARGEST), &mut bytes).map_err(
                    |error| {
                        AppError::Outside(crate::ports::Outside::later(
                            "cannot read the hunt's result",
                            error,
                        ))
                    },
                )?;
                serde_json::from_slice(&bytes).map_err(AppError::json("the hunt's result"))
            })
            .await?;
        Ok(HuntDone { result: row.id, found })
    }

    /// The item that holds the latest hunt's result.
    pub(crate) async fn latest_result(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<Option<EvidenceRow>, AppError> {
        let _ = self.load(Scope::of(actor), incident).await?;
        let held = self.held(actor, incident).await?.into_iter();
        Ok(held
            .filter(|row| row.source == SOURCE && row.name == RESULT)
            .max_by_key(|row| (row.taken_at, row.id)))
    }

    /// The items of an incident that are still held.
    pub(crate) async fn held(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<Vec<EvidenceRow>, AppError> {
        let mut rows = Vec::new();
        let mut query = EvidenceQuery { incident: Some(incident), limit: 500, ..EvidenceQuery::default() };
        loop {
            let page = self.journal().evidence(Scope::of(actor), query.clone()).await?;
            rows.extend(page.items.into_iter().filter(|row| row.state != "destroyed"));
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        rows.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        Ok(rows)
    }

    /// Seals a file of the result; what is held already is not taken twice.
    async fn seal_result(
        &self,
        actor: &Actor,
        incident: IncidentId,
        bytes: Box<dyn std::io::Read + Send>,
        name: &str,
        why: &str,
    ) -> Result<SealedFile, AppError> {
        let store = self.store().clone();
        let stored = self
            .blocking(move || {
                let mut bytes = bytes;
                Ok(store.put(&mut bytes)?)
            })
            .await?;
        let sealed = |evidence| SealedFile { evidence, name: name.to_owned(), sha256: stored.sha256 };
        let known = self
            .held(actor, incident)
            .await?
            .into_iter()
            .find(|row| row.source == SOURCE && row.name == name && row.sha256 == stored.sha256);
        if let Some(known) = known {
            return Ok(sealed(known.id));
        }
        let from = Provenance { name: name.to_owned(), source: SOURCE.to_owned(), why: why.to_owned() };
        let done = self.record_evidence(actor, incident, &stored, from, How::default()).await?;
        let taken = done.entries.iter().find_map(|entry| match incident::Event::from_entry(entry) {
            Ok(incident::Event::EvidenceTaken { evidence, .. }) => Some(evidence),
            _ => None,
        });
        taken.map(sealed).ok_or_else(|| AppError::not_found("the sealed result of the hunt".to_owned()))
    }
}

/// What a hunt's result asks to be recorded, but for what the incident knows already.
fn requests(state: &State, practice: &Practice, found: &Hunted, now: Timestamp) -> Vec<Request> {
    let mut requests = Vec::new();
    for question in Question::ALL {
        let answers: Vec<&HuntAnswer> = found
            .answers
            .iter()
            .filter(|answer| {
                answer.question == *question && answer.confidence != incident::Confidence::Unknown
            })
            .collect();
        for answer in answers.iter().take(MOST_PER_QUESTION) {
            let statement = statement(answer, practice, now);
            let known = state.findings.values().any(|finding| {
                finding.statement.question == statement.question
                    && (finding.statement.text == statement.text
                        || finding.earlier.iter().any(|earlier| earlier.statement.text == statement.text))
            });
            if !known {
                requests.push(Request::RecordFinding { statement });
            }
        }
    }
    let mut suspect = |subject: Subject, since: Option<Timestamp>| {
        if !crate::respond::known(state, &subject) {
            let local = |at: Timestamp| at.to_zoned(practice.zone()).strftime("%b %-d, %-I:%M %p %Z");
            let since = since.map_or_else(String::new, |since| format!(" since {}", local(since)));
            let why = format!("part of the story that the hunt found in the evidence{since}");
            requests.push(Request::Suspect { subject, why, seen_on: Vec::new() });
        }
    };
    for (host, since) in &found.hosts {
        if let Some(system) = practice.system_name(host) {
            suspect(Subject::System { system }, Some(*since));
        }
    }
    for (account, since) in &found.accounts {
        if let Ok(account) = AccountName::new(account) {
            suspect(Subject::Account { account }, Some(*since));
        }
    }
    for indicator in &found.indicators {
        suspect(Subject::Indicator { indicator: Indicator::clone(indicator) }, None);
    }
    requests
}

/// A finding's text with the record that shows it.
#[must_use]
pub fn with_place(text: &str, file: &str, record: u64) -> String {
    format!("{text} ({file}{RECORD}{record})")
}

/// A finding's text and the record that shows it, where it ends with one.
pub(crate) fn place_apart(text: &str) -> (&str, Option<&str>) {
    let parts = text.strip_suffix(')').and_then(|text| {
        let (before, number) = text.rsplit_once(RECORD)?;
        let numbered = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
        if !numbered {
            return None;
        }
        let start = opening(before)?;
        Some((text.get(..start)?, text.get(start + 2..)?))
    });
    parts.map_or((text, None), |(text, place)| (text, Some(place)))
}

/// Where the ` (` stands that nothing after it closes. A file's own name may hold a pair: `Security (2).evtx`.
fn opening(text: &str) -> Option<usize> {
    let mut closed = 0_usize;
    for (at, letter) in text.char_indices().rev() {
        match letter {
            ')' => closed += 1,
            '(' if closed > 0 => closed -= 1,
            '(' => {
                return at
                    .checked_sub(1)
                    .filter(|&at| text.get(at..).is_some_and(|rest| rest.starts_with(' ')));
            }
            _ => {}
        }
    }
    None
}

fn statement(answer: &HuntAnswer, practice: &Practice, now: Timestamp) -> Statement {
    let mut evidence: Vec<EvidenceId> = Vec::new();
    for origin in &answer.rests_on {
        if !evidence.contains(&origin.evidence) {
            evidence.push(origin.evidence);
        }
    }
    let text = answer
        .rests_on
        .first()
        .map_or_else(|| answer.text.clone(), |origin| with_place(&answer.text, &origin.file, origin.record));
    // What is said to be observed has to rest on evidence; the record is made with a clock that may be behind the log's.
    let confidence = if evidence.is_empty() && answer.confidence == incident::Confidence::Observed {
        incident::Confidence::Inferred
    } else {
        answer.confidence
    };
    Statement {
        question: answer.question,
        text,
        confidence,
        at: answer.at.map(|at| at.min(now)),
        evidence,
        systems: answer
            .hosts
            .iter()
            .filter_map(|host| practice.system_name(host))
            .collect::<Vec<SystemName>>(),
        accounts: answer.accounts.iter().filter_map(|account| AccountName::new(account).ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_parted_from_its_record_whatever_the_file_is_called() {
        let text = "a service was installed (PSEXESVC)";
        for file in ["Security.evtx", "Security (2).evtx", "C/logs (old) (1)/a.evtx", "no space(3).evtx"] {
            let whole = with_place(text, file, 17);
            let (said, place) = place_apart(&whole);
            assert_eq!((said, place), (text, Some(format!("{file}, record 17").as_str())));
        }
        for whole in
            ["nothing is known", "seen (twice)", "seen (a.evtx, record x)", "a), record 5)", "(a, record 5)"]
        {
            assert_eq!(place_apart(whole), (whole, None));
        }
    }
}
