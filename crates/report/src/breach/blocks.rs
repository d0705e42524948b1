//! A document before it is a file: who speaks, how it stands, and a list of blocks. PDF, DOCX, HTML and plain text are
//! written from this one value.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ReportError, Template,
    breach::{
        Approval, Letterhead, Matter, SUPPORTS_COUNSEL, Signatory, Standing, day, text::ContentElement,
    },
    legible::{Script, legible_value},
    render,
};

/// What stands over a draft.
pub(crate) const DRAFT: &str = "DRAFT for counsel";
/// What stands over a drill.
pub(crate) const EXERCISE: &str = "EXERCISE: made-up events";

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Block {
    /// A heading: 1 for a section, 2 below it.
    Heading {
        level: u8,
        text: String,
    },
    /// A line under a heading that says what the section is for.
    Lead {
        text: String,
    },
    Text {
        text: String,
    },
    List {
        items: Vec<String>,
    },
    /// Names and values.
    Facts {
        rows: Vec<(String, String)>,
    },
    Table(Table),
    Field(Field),
    /// A notice that must not be overlooked.
    Callout {
        tone: Tone,
        head: String,
        text: String,
    },
    /// Lines to sign on, or who signed.
    Sign {
        lines: Vec<(String, String)>,
    },
}

impl Block {
    pub(crate) fn heading(text: &str) -> Self {
        Self::Heading { level: 1, text: text.to_owned() }
    }

    pub(crate) fn below(text: &str) -> Self {
        Self::Heading { level: 2, text: text.to_owned() }
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    pub(crate) fn lead(text: impl Into<String>) -> Self {
        Self::Lead { text: text.into() }
    }

    pub(crate) fn facts(rows: &[(&str, String)]) -> Self {
        Self::Facts { rows: rows.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect() }
    }

    pub(crate) fn callout(tone: Tone, head: &str, text: impl Into<String>) -> Self {
        Self::Callout { tone, head: head.to_owned(), text: text.into() }
    }

    /// A table; `columns` are headings with their shares of the width, `none` is what an empty one says.
    pub(crate) fn table(columns: &[(&str, u32)], rows: Vec<Vec<String>>, none: &str) -> Self {
        let columns =
            columns.iter().map(|(head, share)| Column { head: (*head).to_owned(), share: *share }).collect();
        Self::Table(Table { columns, rows, none: none.to_owned() })
    }
}

/// How a callout looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tone {
    Good,
    Warn,
    Bad,
    Calm,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) none: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) head: String,
    pub(crate) share: u32,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Field {
    pub(crate) number: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
    pub(crate) required: bool,
    /// What the form offers; empty where one writes.
    pub(crate) choices: Vec<Choice>,
    /// Whether one of the choices is asked for, or any of them.
    pub(crate) single: bool,
    /// What is written; `None` leaves it open.
    pub(crate) answer: Option<String>,
    /// Where the answer comes from, or how the field was established.
    pub(crate) note: Option<String>,
    /// What is wrong.
    pub(crate) remark: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) text: String,
    pub(crate) ticked: bool,
}

/// The furniture around the blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Frame {
    /// A letter on the practice's paper, once for each row.
    Letter(LetterFrame),
    /// A public notice.
    Notice(NoticeFrame),
    /// A worksheet, record or memorandum.
    Record(RecordFrame),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LetterFrame {
    pub(crate) letterhead: Letterhead,
    pub(crate) dated: String,
    /// How it is sent, such as `By certified mail`.
    pub(crate) delivery: Option<String>,
    pub(crate) subject: String,
    pub(crate) salutation: String,
    pub(crate) signature: Vec<String>,
    pub(crate) enclosures: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// Whether the rows are merge fields that a word processor fills in.
    pub(crate) merge: bool,
    /// What counsel should see before approving; printed with drafts alone.
    pub(crate) review: Option<Review>,
}

/// One letter's own words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Printed at the foot of each page, so that a letter that comes back finds its record.
    pub(crate) reference: String,
    pub(crate) address: Vec<String>,
    pub(crate) addressee: String,
    pub(crate) individual: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Review {
    pub(crate) rows: Vec<(String, String, String)>,
    pub(crate) gaps: Vec<String>,
    pub(crate) grade: Option<String>,
    pub(crate) statement: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NoticeFrame {
    pub(crate) letterhead: Letterhead,
    /// What it is, over the title: `For immediate release`.
    pub(crate) kind: String,
    pub(crate) title: String,
    /// What stands under the title, a line each.
    pub(crate) lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RecordFrame {
    pub(crate) practice: String,
    pub(crate) incident: String,
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) as_of: String,
    pub(crate) law: Option<String>,
    pub(crate) prepared_by: Option<String>,
    pub(crate) approved: Option<String>,
    pub(crate) supports: String,
}

/// A document, composed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sheet {
    #[serde(skip, default = "any_template")]
    pub(crate) template: Template,
    /// As in the file's metadata.
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) marking: Option<String>,
    /// What stands across every page; empty once it is approved.
    pub(crate) stamps: Vec<String>,
    pub(crate) frame: Frame,
    pub(crate) blocks: Vec<Block>,
}

const fn any_template() -> Template {
    Template::FourFactorMemorandum
}

/// The stamps of a document in this state.
pub(crate) fn stamps(exercise: bool, draft: bool) -> Vec<String> {
    let draft = draft.then(|| DRAFT.to_owned());
    exercise.then(|| EXERCISE.to_owned()).into_iter().chain(draft).collect()
}

impl Sheet {
    /// The document of a matter.
    pub(crate) fn record(template: Template, matter: &Matter, marking: &str, blocks: Vec<Block>) -> Self {
        Self {
            template,
            title: format!("{}, incident {}", template.title(), matter.incident),
            author: matter.practice.clone(),
            marking: Some(matter.marking.clone().unwrap_or_else(|| marking.to_owned())),
            stamps: stamps(matter.exercise, matter.approval.is_none()),
            frame: Frame::Record(RecordFrame {
                practice: matter.practice.clone(),
                incident: matter.incident.clone(),
                kind: template.title().to_owned(),
                title: template.title().to_owned(),
                subtitle: matter.title.clone(),
                as_of: day(matter.as_of),
                law: matter.law_tables_as_of.map(day),
                prepared_by: matter.prepared_by.clone(),
                approved: matter.approval.as_ref().map(approved),
                supports: SUPPORTS_COUNSEL.to_owned(),
            }),
            blocks,
        }
    }

    /// A letter or notice.
    pub(crate) fn notice(
        template: Template,
        standing: &Standing,
        complete: bool,
        frame: Frame,
        blocks: Vec<Block>,
    ) -> Self {
        let (author, subject) = match &frame {
            Frame::Letter(letter) => (letter.letterhead.name.clone(), letter.subject.clone()),
            Frame::Notice(notice) => (notice.letterhead.name.clone(), notice.title.clone()),
            Frame::Record(record) => (record.practice.clone(), record.title.clone()),
        };
        Self {
            template,
            title: format!("{subject}, {author}"),
            author,
            marking: None,
            stamps: stamps(standing.exercise, standing.approval.is_none() || !complete),
            frame,
            blocks,
        }
    }

    /// Whether it may not go out yet.
    pub(crate) fn draft(&self) -> bool {
        self.stamps.iter().any(|stamp| stamp == DRAFT)
    }

    pub(crate) fn to_pdf(&self, created: Timestamp) -> Result<Vec<u8>, ReportError> {
        render(self.template, self, created)
    }

    /// The same with every text fit for an editor: what would hide or reorder text is written as its code point.
    pub(crate) fn for_editing(&self) -> Self {
        let value = serde_json::to_value(self).map(|value| legible_value(value, Script::Every));
        let read: Option<Self> = value.ok().and_then(|value| serde_json::from_value(value).ok());
        read.map(|sheet| Self { template: self.template, ..sheet }).unwrap_or_else(|| self.clone())
    }
}

/// What counsel should see before approving a notice.
pub(crate) fn review(text: &crate::breach::NoticeText, grade: Option<f64>) -> Review {
    let missing = text.missing();
    let order = [
        ContentElement::WhatHappened,
        ContentElement::TypesOfInformation,
        ContentElement::WhatYouCanDo,
        ContentElement::WhatWeAreDoing,
        ContentElement::HowToReachUs,
    ];
    let rows = order.into_iter().map(|element| {
        let found = if missing.contains(&element) { "missing" } else { "present" };
        (element.asks().to_owned(), element.citation().to_owned(), found.to_owned())
    });
    Review {
        rows: rows.collect(),
        gaps: text.gaps(),
        grade: grade.map(|grade| format!("{grade:.1}")),
        statement: SUPPORTS_COUNSEL.to_owned(),
    }
}

/// The lines under a letter.
pub(crate) fn signature(signatory: &Signatory, letterhead: &Letterhead) -> Vec<String> {
    vec![signatory.name.clone(), signatory.title.clone(), letterhead.name.clone()]
}

pub(crate) fn approved(approval: &Approval) -> String {
    format!("Approved by {}, {}, on {}", approval.by, approval.role, day(approval.on))
}

/// Fills `{addressee}` and `{individual}` in, once: what a name holds is never filled in again.
pub(crate) fn merged(text: &str, row: &Row) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let found = [("{addressee}", &row.addressee), ("{individual}", &row.individual)]
            .into_iter()
            .find_map(|(token, value)| from.strip_prefix(token).map(|after| (value, after)));
        rest = match found {
            Some((value, after)) => {
                out.push_str(value);
                after
            }
            None => {
                out.push('{');
                from.get(1..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_a_field_is_only_a_name() {
        let row = Row {
            reference: String::new(),
            address: Vec::new(),
            addressee: "{individual}".into(),
            individual: "Ann {addressee}".into(),
        };
        assert_eq!(
            merged("Dear {addressee}: {individual} {x} {", &row),
            "Dear {individual}: Ann {addressee} {x} {"
        );
    }

    #[test]
    fn a_composed_document_survives_being_made_legible() {
        let standing = Standing { incident: "1".into(), exercise: true, approval: None };
        let letterhead = Letterhead {
            name: "A\u{202E}B".into(),
            tagline: None,
            address: Vec::new(),
            telephone: None,
            email: None,
            website: None,
        };
        let frame = Frame::Notice(NoticeFrame {
            letterhead,
            kind: "k".into(),
            title: "t".into(),
            lines: vec!["中\u{0}".into()],
        });
        let sheet = Sheet::notice(Template::MediaNotice, &standing, true, frame, vec![Block::text("x")]);
        let clean = sheet.for_editing();
        assert_eq!(clean.template, Template::MediaNotice);
        assert_eq!(clean.author, "A<U+202E>B");
        let Frame::Notice(notice) = &clean.frame else { panic!("not a notice") };
        assert_eq!(notice.lines, ["中<U+0000>"]);
        assert_eq!(clean.stamps, [EXERCISE, DRAFT]);
    }
}
