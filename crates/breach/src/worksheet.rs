//! The HHS breach portal's form as a worksheet: fields and choices in the form's order, filled from the facts, the
//! assessment and what the practice adds. The portal is electronic only; nothing is ever submitted from here.

mod fill;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    facts::{EntityKind, Facts},
    result::{Assessment, Duty},
    state::State,
    words::words,
};

/// The form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its name.
    pub form: String,
    /// Which version it is.
    pub form_version: String,
    /// Where it is filed.
    pub address: String,
    /// The Part 2 form's version.
    pub part2_form_version: String,
    /// Its sections.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

/// A section.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its number.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Its fields.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// A field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its number on our map of the form.
    pub number: String,
    /// Its name here.
    pub id: String,
    /// Its label.
    pub label: String,
    /// Its label on the Part 2 form, where it differs.
    pub part2_label: Option<String>,
    /// What the form says about it.
    pub help: Option<String>,
    /// What it takes.
    pub kind: FieldKind,
    /// When it must be filled.
    pub required: Required,
    /// Its choices.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Its choices on the Part 2 form, where they differ.
    #[serde(default)]
    pub part2_choices: Vec<String>,
    /// The most characters it takes.
    pub limit: Option<usize>,
    /// How it was established.
    pub seen: Seen,
}

words! {
    /// What a field takes.
    FieldKind {
        /// A line.
        Text = "text",
        /// A paragraph.
        LongText = "long_text",
        /// A date.
        Date = "date",
        /// A whole number.
        Integer = "integer",
        /// One of the choices.
        One = "one",
        /// Any of the choices.
        Many = "many",
        /// A State or territory.
        State = "state",
        /// States or territories.
        States = "states",
    }
}

words! {
    /// How a field was established.
    Seen {
        /// On the form.
        Form = "form",
        /// On the parallel Part 2 form.
        Sibling = "sibling",
        /// In a secondary source.
        Reported = "reported",
        /// Not checked.
        Knowledge = "knowledge",
    }
}

/// When a field must be filled.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// Always.
    Always,
    /// Never.
    Never,
    /// Where the breach happened at or by a business associate.
    AtBusinessAssociate,
    /// Where a business associate files.
    FiledByBusinessAssociate,
    /// Where another field has this answer.
    When(When),
}

/// Another field's answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The other field.
    pub field: String,
    /// Its answer.
    pub is: String,
}

impl Form {
    /// Checks that the form holds together: ids are single, choices are there where they are asked for, and a field
    /// that depends on another depends on one of its choices.
    pub(crate) fn check(&self) -> Result<(), String> {
        let fields: Vec<&Field> = self.sections.iter().flat_map(|section| &section.fields).collect();
        for (at, field) in fields.iter().enumerate() {
            if fields.iter().take(at).any(|earlier| earlier.id == field.id) {
                return Err(format!("field {}: the id is taken", field.id));
            }
            let choice = matches!(field.kind, FieldKind::One | FieldKind::Many);
            if choice == field.choices.is_empty() {
                return Err(format!("field {}: choices and kind do not fit", field.id));
            }
            if let Required::When(when) = &field.required {
                let other = fields.iter().find(|other| other.id == when.field);
                if !other.is_some_and(|other| other.choices.contains(&when.is)) {
                    return Err(format!("field {}: depends on a choice that is not there", field.id));
                }
            }
        }
        Ok(())
    }
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

/// A filled line of the worksheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The field's number.
    pub number: String,
    /// Its id.
    pub id: String,
    /// Its label on this form.
    pub label: String,
    /// What the form says about it.
    pub help: Option<String>,
    /// What it takes.
    pub kind: FieldKind,
    /// Its choices on this form.
    pub choices: Vec<String>,
    /// Whether it must be filled, the other answers being what they are.
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

/// A section of the worksheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Its number.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// The worksheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worksheet {
    /// The form.
    pub form: String,
    /// Its version.
    pub form_version: String,
    /// Where it is filed; never from here.
    pub address: String,
    /// Whether it is the Part 2 form.
    pub part2: bool,
    /// The last lawful day of the filing, where one is due.
    pub file_by: Option<Date>,
    /// The sections in the form's order.
    pub sections: Vec<Sheet>,
}

impl Worksheet {
    /// Required lines without an answer, and lines with a wrong one: the portal's wizard passes no screen with either.
    pub fn open(&self) -> impl Iterator<Item = &Line> {
        self.sections
            .iter()
            .flat_map(|section| &section.lines)
            .filter(|line| (line.required && line.answer.is_none()) || line.remark.is_some())
    }
}

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portal {
    /// The HIPAA form.
    Hipaa,
    /// The Part 2 form.
    Part2,
}

/// Fills the form. `given` are the practice's own answers by field id; they win over what the facts say.
#[must_use]
pub fn fill(
    form: &Form,
    portal: Portal,
    facts: &Facts,
    assessment: &Assessment,
    given: &BTreeMap<String, Answer>,
) -> Worksheet {
    let part2 = portal == Portal::Part2;
    let derived = fill::derive(facts, assessment, part2);
    let answer = |id: &str| -> Option<(Answer, Origin)> {
        given.get(id).map(|answer| (answer.clone(), Origin::Given)).or_else(|| derived.get(id).cloned())
    };
    let sections = form
        .sections
        .iter()
        .map(|section| Sheet {
            number: section.number,
            title: section.title.clone(),
            lines: section.fields.iter().map(|field| line(field, part2, facts, &answer)).collect(),
        })
        .collect();
    let filing = if part2 {
        [Duty::Part2Notice, Duty::Part2AnnualReport]
    } else {
        [Duty::HhsNotice, Duty::HhsAnnualReport]
    };
    Worksheet {
        form: form.form.clone(),
        form_version: if part2 { form.part2_form_version.clone() } else { form.form_version.clone() },
        address: form.address.clone(),
        part2,
        file_by: assessment
            .obligations
            .iter()
            .find(|each| filing.contains(&each.duty))
            .and_then(|each| each.due),
        sections,
    }
}

fn line(
    field: &Field,
    part2: bool,
    facts: &Facts,
    answer: &dyn Fn(&str) -> Option<(Answer, Origin)>,
) -> Line {
    let own = |ours: &Vec<String>, theirs: &Vec<String>| {
        if part2 && !theirs.is_empty() { theirs.clone() } else { ours.clone() }
    };
    let required = match &field.required {
        Required::Always => true,
        Required::Never => false,
        Required::AtBusinessAssociate => facts.business_associate.is_some(),
        Required::FiledByBusinessAssociate => facts.entity.kind == EntityKind::BusinessAssociate,
        Required::When(when) => match answer(&when.field) {
            Some((Answer::Text(text), _)) => text == when.is,
            Some((Answer::Choices(list), _)) => list.contains(&when.is),
            _ => false,
        },
    };
    let choices = own(&field.choices, &field.part2_choices);
    let (answer, origin) = answer(&field.id).unzip();
    Line {
        number: field.number.clone(),
        id: field.id.clone(),
        label: field.part2_label.as_ref().filter(|_| part2).unwrap_or(&field.label).clone(),
        help: field.help.clone(),
        kind: field.kind,
        remark: answer.as_ref().and_then(|answer| wrong(field, &choices, answer)),
        choices,
        required,
        answer,
        origin,
        seen: field.seen,
    }
}

/// What is wrong with an answer, if anything.
fn wrong(field: &Field, choices: &[String], answer: &Answer) -> Option<String> {
    let a_state = |name: &String| State::all().any(|state| state.code() == name || state.name() == name);
    let fits = match (field.kind, answer) {
        (FieldKind::Text | FieldKind::LongText, Answer::Text(text)) => {
            let length = text.chars().count();
            return field
                .limit
                .filter(|&limit| length > limit)
                .map(|limit| format!("{length} characters; the form takes {limit}"));
        }
        (FieldKind::Date, Answer::Date(_)) | (FieldKind::Integer, Answer::Number(_)) => true,
        (FieldKind::One, Answer::Text(text)) => choices.contains(text),
        (FieldKind::Many, Answer::Choices(list)) => {
            !list.is_empty() && list.iter().all(|each| choices.contains(each))
        }
        (FieldKind::State, Answer::Text(text)) => a_state(text),
        (FieldKind::States, Answer::Choices(list)) => !list.is_empty() && list.iter().all(a_state),
        _ => false,
    };
    (!fits).then(|| "not one of the form's choices".to_owned())
}
