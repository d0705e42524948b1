//! The HHS breach portal's form as a worksheet: fields and choices in the form's order, filled from the facts, the
//! assessment and what the practice adds. The portal is electronic only; nothing is ever submitted from here.

use serde::{Deserialize, Serialize};

use crate::words::words;

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
