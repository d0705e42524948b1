//! Documents over the API: what somebody asks for, and what they get. Without a format the answer lists what there is;
//! with one it is the document itself.

use breach::{mailing::merge_file, state::State};
use kernel::{Actor, Capability, Forbidden, IncidentId, Phi, PracticeId, authorise};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Case, Check, Document, Format, Kind, Notice, Paper, People, SUPPORTS, Sign, approval, people};
use crate::{App, AppError, command::How, notes::NewNote, ports::Scope};

/// What documents are to be made from.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The facts (`contracts/breach.md`). Of an incident, those of its breach case where absent.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub facts: Option<Value>,
    /// What the notices say.
    #[serde(default)]
    pub notice: Notice,
    /// The practice whose profile names it, its insurer and its counsel; an incident's own where absent.
    #[serde(default)]
    pub practice: Option<PracticeId>,
    /// For letters: the people, as CSV.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub people: Option<Hidden>,
    /// Signs the content: the attorney's alone.
    #[serde(default)]
    pub sign: bool,
}

/// Text that holds patients' names: it is read, and never shown.
#[derive(Debug, Clone)]
pub struct Hidden(Phi<String>);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Phi::new(text)))
    }
}

/// Which of the documents of a kind.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// In which form; a list of what there is where absent.
    pub format: Option<Format>,
    /// Which, where there are several.
    pub name: Option<String>,
    /// One State's, for worksheets of State agencies.
    pub state: Option<String>,
}

/// What there is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Listing {
    /// The documents.
    pub documents: Vec<Listed>,
    /// What was found in the letters.
    pub letters: Vec<Check>,
    /// How many people have no address: they are for the substitute notice.
    pub without_address: u64,
    /// What was signed or was not.
    pub draft: bool,
    /// What the documents say of themselves.
    pub note: String,
}

/// A document that there is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Listed {
    /// Its name, by which it can be asked for.
    pub name: String,
    /// The forms that it comes in.
    pub formats: Vec<Format>,
}

/// An answer.
#[derive(Debug)]
pub enum Answer {
    /// What there is.
    Listing(Listing),
    /// The document.
    Document(Document),
}

impl App {
    /// Makes the documents of a kind from facts that the caller gives.
    ///
    /// # Errors
    /// [`AppError`], with the JSON pointer of what makes no sense.
    pub async fn breach_documents(
        &self,
        actor: &Actor,
        wanted: Wanted,
        kind: Kind,
        choice: Choice,
    ) -> Result<Answer, AppError> {
        let facts =
            wanted.facts.clone().ok_or_else(|| AppError::invalid("/facts", "the facts are missing"))?;
        let practice = match wanted.practice {
            Some(id) => Some(self.profile(actor, id).await?.practice.clone()),
            None => None,
        };
        self.answered(actor, &facts, practice, wanted, kind, choice).await
    }

    /// Makes the documents of an incident. A signature is written down as a note of the incident.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn incident_documents(
        &self,
        actor: &Actor,
        incident: IncidentId,
        wanted: Wanted,
        kind: Kind,
        choice: Choice,
    ) -> Result<Answer, AppError> {
        let state = self.load(Scope::of(actor), incident).await?;
        if kind.privileged() && !actor.role.may(Capability::Privileged) {
            return Err(Forbidden { role: actor.role, needs: Capability::Privileged }.into());
        }
        let practice = self.profile(actor, state.practice).await?.practice.clone();
        let facts = match &wanted.facts {
            Some(facts) => facts.clone(),
            None => self.facts(actor, incident).await?.facts,
        };
        let mut wanted = wanted;
        if wanted.notice.reference.is_none() {
            wanted.notice.reference = Some(crate::leadership::spoken_number(&state, &practice));
        }
        wanted.notice.exercise |= state.exercise;
        let sign = wanted.sign;
        let answer = self.answered(actor, &facts, Some(practice), wanted, kind, choice).await?;
        if let Answer::Document(document) = &answer
            && sign
        {
            let digest = kernel::Digest::of(document.bytes.reveal());
            let text = format!(
                "Signed the content of {}: {}, SHA-256 {digest}. What it says is approved; sending it is the practice's.",
                kind.plain(),
                document.name
            );
            let note = NewNote { text, about: None, privileged: false };
            self.write_note(actor, incident, note, How::default()).await?;
        }
        Ok(answer)
    }

    async fn answered(
        &self,
        actor: &Actor,
        facts: &Value,
        practice: Option<incident::Practice>,
        wanted: Wanted,
        kind: Kind,
        choice: Choice,
    ) -> Result<Answer, AppError> {
        let facts = super::facts(facts, "/facts")?;
        let people = match &wanted.people {
            Some(Hidden(csv)) => Some(
                people::read(csv.reveal().as_bytes()).map_err(|what| AppError::invalid("/people", what))?,
            ),
            None => None,
        };
        let mut case = Case::new(facts, wanted.notice, practice, self.edge().now())?;
        if wanted.sign {
            let signed = authorise(actor, Sign)?;
            case.approval = Some(approval(signed, case.today()));
        }
        case.prepared_by = Some(actor.name.clone());
        // Typesetting is work for a thread of its own.
        self.blocking(move || answer(&case, kind, people.as_ref(), &choice)).await
    }
}

fn answer(case: &Case, kind: Kind, people: Option<&People>, choice: &Choice) -> Result<Answer, AppError> {
    let (papers, checks) = match (kind, &choice.state) {
        (Kind::Letters, _) => case.letters(people)?,
        (Kind::States, Some(code)) => {
            let state: State = code.to_ascii_uppercase().parse().map_err(|_| {
                AppError::invalid("state", format!("`{code}` is no jurisdiction's two letters"))
            })?;
            (case.state(state)?, Vec::new())
        }
        _ => (case.papers(kind, people)?, Vec::new()),
    };
    let Some(format) = choice.format else {
        let listed = |paper: &Paper| Listed { name: paper.name.clone(), formats: paper.formats().to_vec() };
        return Ok(Answer::Listing(Listing {
            documents: papers.iter().map(listed).collect(),
            letters: checks,
            without_address: people.map_or(0, |people| people.without_address),
            draft: case.approval.is_none(),
            note: SUPPORTS.to_owned(),
        }));
    };
    if let (Format::Merge, Kind::Letters, Some(people)) = (format, kind, people) {
        let bytes = merge_file(&people.recipients).into_revealed().into_bytes();
        let name = "mail-merge.csv".to_owned();
        return Ok(Answer::Document(Document { name, format, phi: true, bytes: Phi::new(bytes) }));
    }
    let mut all = Vec::new();
    for paper in &papers {
        let asked =
            choice.name.as_ref().is_none_or(|name| name.starts_with(&paper.name) || name.contains('.'));
        if asked {
            all.extend(paper.write(format, case.created)?);
        }
    }
    if let Some(name) = &choice.name {
        all.retain(|document| {
            document.name == *name || document.name.rsplit_once('.').is_some_and(|(stem, _)| stem == name)
        });
    }
    match all.len() {
        0 => Err(AppError::not_found(format!(
            "such a document: {} is not due on these facts, or it",
            kind.plain()
        ))),
        1 => all.pop().map(Answer::Document).ok_or_else(|| AppError::not_found("the document")),
        _ => {
            let names: Vec<&str> = all.iter().map(|document| document.name.as_str()).collect();
            Err(AppError::invalid("name", format!("there are several; name one: {}", names.join(", "))))
        }
    }
}
