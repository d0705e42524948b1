//! Worksheets of forms that are filed elsewhere: the HHS breach portal (45 CFR 164.408), with the form's own fields and
//! choices in its order, and a State agency's notice. One copies from them; nothing is filed from here.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Template,
    breach::{
        Matter,
        blocks::{Block, Choice, Field, Sheet, Tone},
        day, day_or, written,
    },
    when::count,
};

/// The worksheet of the HHS breach portal. Its members but the matter have the names of the breach engine's own
/// worksheet, so that the one reads the other's JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalWorksheet {
    /// What it is about.
    pub matter: Matter,
    /// The form, filled.
    pub worksheet: PortalForm,
}

/// The form, filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalForm {
    /// The form.
    pub form: String,
    /// Its version.
    pub form_version: String,
    /// Where it is filed.
    pub address: String,
    /// Whether it is the Part 2 form.
    pub part2: bool,
    /// The last lawful day.
    pub file_by: Option<Date>,
    /// Its sections in the form's order.
    pub sections: Vec<FormSection>,
}

/// A section of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormSection {
    /// Its number.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Its fields in the form's order.
    pub lines: Vec<FormLine>,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A line.
    Text,
    /// A paragraph.
    LongText,
    /// A date.
    Date,
    /// A whole number.
    Integer,
    /// One of the choices.
    One,
    /// Any of the choices.
    Many,
    /// A State or territory.
    State,
    /// States or territories.
    States,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A line or paragraph, or the one choice.
    Text(String),
    /// A date.
    Date(Date),
    /// A whole number.
    Number(u64),
    /// Choices, or States.
    Choices(Vec<String>),
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The practice said so.
    Given,
    /// From the facts.
    Facts,
    /// From the assessment.
    Assessment,
}

/// How it was established that the form has the field so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// On the form.
    Form,
    /// On the parallel Part 2 form.
    Sibling,
    /// In a secondary source.
    Reported,
    /// Not checked.
    Knowledge,
}

/// A field of the form, filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormLine {
    /// Its number on our map of the form.
    pub number: String,
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// What the form says about it.
    pub help: Option<String>,
    /// What it takes.
    pub kind: FieldKind,
    /// Its choices.
    pub choices: Vec<String>,
    /// Whether it must be filled.
    pub required: bool,
    /// The answer.
    pub answer: Option<Answer>,
    /// Where the answer comes from.
    pub origin: Option<Origin>,
    /// What is wrong with the answer.
    pub remark: Option<String>,
    /// How the field was established.
    pub seen: Seen,
}

impl PortalForm {
    /// Required fields without an answer, and fields with a wrong one.
    pub fn open(&self) -> impl Iterator<Item = &FormLine> {
        self.sections
            .iter()
            .flat_map(|section| &section.lines)
            .filter(|line| (line.required && line.answer.is_none()) || line.remark.is_some())
    }
}

impl PortalWorksheet {
    fn sheet(&self) -> Sheet {
        let form = &self.worksheet;
        let open: Vec<String> = form.open().map(|line| format!("{} {}", line.number, line.label)).collect();
        let mut blocks = vec![
            Block::facts(&[
                ("Form", format!("{}{}", form.form, if form.part2 { " (42 CFR Part 2)" } else { "" })),
                ("Version", form.form_version.clone()),
                ("File at", form.address.clone()),
                ("File by", day_or(form.file_by, "no date: see the assessment")),
            ]),
            Block::callout(
                Tone::Calm,
                "Filed by hand",
                "The portal takes notices only on its own pages; nothing is filed from here. No screen of it can be passed while a required field is empty, so have every answer ready. Keep the tracking number and the receipt with the proof of notice.",
            ),
        ];
        blocks.push(if open.is_empty() {
            Block::callout(Tone::Good, "Ready to copy", "Every required field has an answer.")
        } else {
            let head = format!("{} open", crate::when::counted(count_of(&open), "field is", "fields are"));
            Block::callout(Tone::Warn, &head, format!("{}.", open.join("; ")))
        });
        for section in &form.sections {
            blocks.push(Block::heading(&format!("{}. {}", section.number, section.title)));
            blocks.extend(section.lines.iter().map(FormLine::block));
        }
        Sheet::record(Template::PortalWorksheet, &self.matter, "Confidential: prepared for counsel", blocks)
    }
}

written!(PortalWorksheet, pdf);

fn count_of(list: &[String]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

impl FormLine {
    fn block(&self) -> Block {
        let chosen: Vec<&str> = match &self.answer {
            Some(Answer::Text(text)) => vec![text],
            Some(Answer::Choices(list)) => list.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let choices: Vec<Choice> = self
            .choices
            .iter()
            .map(|text| Choice { text: text.clone(), ticked: chosen.contains(&text.as_str()) })
            .collect();
        // What was answered and the form does not offer must be seen as well.
        let stray: Vec<&str> =
            chosen.iter().copied().filter(|each| !self.choices.iter().any(|choice| choice == each)).collect();
        let answer = match &self.answer {
            None => None,
            Some(Answer::Date(date)) => Some(day(*date)),
            Some(Answer::Number(number)) => Some(count(*number)),
            Some(_) if choices.is_empty() => Some(chosen.join("; ")),
            Some(_) => (!stray.is_empty()).then(|| stray.join("; ")),
        };
        let origin = self.origin.map(|origin| match origin {
            Origin::Given => "given by the practice",
            Origin::Facts => "from the facts",
            Origin::Assessment => "from the assessment",
        });
        let seen = match self.seen {
            Seen::Form => None,
            Seen::Sibling => Some("field as on the Part 2 form"),
            Seen::Reported => Some("field as reported in secondary sources"),
            Seen::Knowledge => Some("field not checked against the form"),
        };
        let notes: Vec<&str> = origin.into_iter().chain(seen).collect();
        Block::Field(Field {
            number: self.number.clone(),
            label: self.label.clone(),
            help: self.help.clone(),
            required: self.required,
            choices,
            single: self.kind == FieldKind::One,
            answer,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            remark: self.remark.clone(),
        })
    }
}

/// How sure the law table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The text or the regulator says so.
    Settled,
    /// A reading.
    Interpretation,
    /// Not checked against the text.
    Unverified,
}

impl Confidence {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Interpretation => "a reading; counsel should confirm it",
            Self::Unverified => "not checked against the text; counsel must confirm it",
        }
    }
}

/// The worksheet of a State agency's notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyWorksheet {
    /// What it is about.
    pub matter: Matter,
    /// The State or territory.
    pub jurisdiction: String,
    /// The agency, such as `Office of the Attorney General`.
    pub agency: String,
    /// Where and how it is filed, as far as known.
    pub file_at: Option<String>,
    /// What the law says of the time.
    pub standard: String,
    /// The last lawful day; `None` where the law names no number of days.
    pub due: Option<Date>,
    /// How the date was counted.
    pub arithmetic: String,
    /// Where the duty stands.
    pub citation: String,
    /// How sure the table is.
    pub confidence: Confidence,
    /// What a reader should know.
    pub note: Option<String>,
    /// How many residents are affected.
    pub residents: Option<u64>,
    /// What the agency asks, in its order.
    pub fields: Vec<AgencyField>,
    /// What goes with it, such as `A copy of the letter`.
    pub attachments: Vec<String>,
}

/// Something that a State agency asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyField {
    /// The question.
    pub label: String,
    /// The answer.
    pub answer: Option<String>,
    /// Whether it must be answered.
    pub required: bool,
    /// Where the answer comes from, or what to heed.
    pub note: Option<String>,
}

impl AgencyWorksheet {
    fn sheet(&self) -> Sheet {
        let mut blocks = vec![Block::facts(&[
            ("State or territory", self.jurisdiction.clone()),
            ("Agency", self.agency.clone()),
            ("File at", self.file_at.clone().unwrap_or_else(|| "to be confirmed with the agency".to_owned())),
            ("File by", day_or(self.due, "the law names no number of days")),
            ("The law says", self.standard.clone()),
            ("Counted", self.arithmetic.clone()),
            ("Source", self.citation.clone()),
            ("How sure", self.confidence.words().to_owned()),
            ("Residents affected", self.residents.map_or_else(|| "not known yet".to_owned(), count)),
        ])];
        if let Some(note) = &self.note {
            blocks.push(Block::callout(Tone::Warn, "To heed", note));
        }
        blocks.push(Block::callout(
            Tone::Calm,
            "Filed by hand",
            "Agencies change their forms. Compare this worksheet with the agency's own form before filing; nothing is filed from here.",
        ));
        blocks.push(Block::heading("What the Agency Asks"));
        for (index, field) in self.fields.iter().enumerate() {
            blocks.push(Block::Field(Field {
                number: (index + 1).to_string(),
                label: field.label.clone(),
                help: None,
                required: field.required,
                choices: Vec::new(),
                single: false,
                answer: field.answer.clone(),
                note: field.note.clone(),
                remark: None,
            }));
        }
        blocks.push(Block::heading("What Goes With It"));
        blocks.push(if self.attachments.is_empty() {
            Block::text("Nothing is recorded as required.")
        } else {
            Block::List { items: self.attachments.clone() }
        });
        Sheet::record(Template::AgencyWorksheet, &self.matter, "Confidential: prepared for counsel", blocks)
    }
}

written!(AgencyWorksheet, pdf);
