//! The record of a law-enforcement delay, 45 CFR 164.412: what the official stated, in which form, who heard it, and what
//! it holds until when. An oral statement must be documented with the official's identity, and holds for 30 days at most.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Template,
    breach::{
        Matter,
        blocks::{Block, Sheet, Tone},
        day, day_or, written,
    },
};

/// In which form the statement came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementForm {
    /// In writing.
    Written,
    /// By word of mouth.
    Oral,
}

/// What the notice would do, in the official's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayGround {
    /// Impede a criminal investigation.
    ImpedeInvestigation,
    /// Damage national security.
    DamageNationalSecurity,
}

/// The official.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Official {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Agency and office.
    pub agency: String,
    /// Badge or credential number, where given.
    pub credential: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// How their identity was verified, such as `called back through the field office's published number`.
    pub verified: Option<String>,
}

/// A duty that the delay moves, or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDuty {
    /// The duty in words.
    pub duty: String,
    /// Its last lawful day without the delay.
    pub base_due: Option<Date>,
    /// Its last lawful day with it.
    pub due: Option<Date>,
    /// What a reader should know, such as that a State's law has no provision for it.
    pub note: Option<String>,
}

/// The record of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelayRecord {
    /// What it is about.
    pub matter: Matter,
    /// The form.
    pub form: StatementForm,
    /// The day of the statement.
    pub stated_on: Date,
    /// The time of day and how, such as `2:40 p.m., by telephone`.
    pub stated_how: Option<String>,
    /// Who made it.
    pub official: Official,
    /// What the notice would do.
    pub grounds: Vec<DelayGround>,
    /// The statement: its words where written, its sense where oral.
    pub statement: String,
    /// The time that a written statement names.
    pub until: Option<Date>,
    /// The last day on which it holds.
    pub holds_through: Date,
    /// Who received it.
    pub received_by: String,
    /// When a written statement was asked for, after an oral one.
    pub written_asked_on: Option<Date>,
    /// Where the writing or the note is kept: evidence id and digest.
    pub evidence: Option<String>,
    /// What it moves.
    pub duties: Vec<HeldDuty>,
}

impl DelayRecord {
    fn sheet(&self) -> Sheet {
        let mut blocks = vec![
            Block::facts(&[
                ("Statement", self.form_words().to_owned()),
                ("Made on", self.when()),
                ("Holds through", day(self.holds_through)),
                ("Received by", self.received_by.clone()),
                ("Kept as", self.evidence.clone().unwrap_or_else(|| "not in the evidence yet".to_owned())),
            ]),
            self.rule(),
        ];
        blocks.extend(self.lacking());
        blocks.push(Block::heading("The Official"));
        let or_not = |value: &Option<String>| value.clone().unwrap_or_else(|| "not recorded".to_owned());
        blocks.push(Block::facts(&[
            ("Name", self.official.name.clone()),
            ("Title", self.official.title.clone()),
            ("Agency and office", self.official.agency.clone()),
            ("Credential", or_not(&self.official.credential)),
            ("Contact", or_not(&self.official.contact)),
            ("Identity verified", or_not(&self.official.verified)),
        ]));
        blocks.push(Block::heading("The Statement"));
        blocks.push(Block::facts(&[("Ground", self.ground_words())]));
        blocks.push(Block::text(&self.statement));
        blocks.push(Block::heading("What It Moves"));
        let rows = self
            .duties
            .iter()
            .map(|duty| {
                let note = duty.note.clone().unwrap_or_default();
                vec![duty.duty.clone(), day_or(duty.base_due, "no date"), day_or(duty.due, "no date"), note]
            })
            .collect();
        blocks.push(Block::table(
            &[("Duty", 4), ("Without the delay", 3), ("With it", 3), ("Note", 4)],
            rows,
            "No duty has been computed yet.",
        ));
        blocks.push(Block::text(
            "The rule does not say how the 60 days go on after a delay. The dates above are the cautious reading: a duty falls due on the day after the delay ends, unless its own day is later. A statement that came after a notice was due cures nothing. A State's clock moves only where that State's law says so.",
        ));
        blocks.push(Block::heading("Signed"));
        blocks.push(Block::Sign {
            lines: vec![
                ("Received and documented by".to_owned(), self.received_by.clone()),
                ("Reviewed by counsel".to_owned(), String::new()),
            ],
        });
        Sheet::record(Template::DelayRecord, &self.matter, "Confidential: law-enforcement sensitive", blocks)
    }

    const fn form_words(&self) -> &'static str {
        match (self.form, self.until.is_some()) {
            (StatementForm::Written, true) => "in writing, naming the time",
            (StatementForm::Written, false) => "in writing, naming no time",
            (StatementForm::Oral, _) => "by word of mouth",
        }
    }

    fn when(&self) -> String {
        let how = self.stated_how.as_ref().map(|how| format!(", {how}")).unwrap_or_default();
        format!("{}{how}", day(self.stated_on))
    }

    fn rule(&self) -> Block {
        let text = match (self.form, self.until) {
            (StatementForm::Written, Some(until)) => format!(
                "45 CFR 164.412(a): a written statement that specifies the time holds for that time, here through {}.",
                day(until)
            ),
            (StatementForm::Written, None) => "45 CFR 164.412(a) wants the time in the writing. This one names none, and is read as an oral one: no longer than 30 days. Ask the official for a writing that names the time.".to_owned(),
            (StatementForm::Oral, _) => "45 CFR 164.412(b): the statement and the official's identity are documented here; it holds temporarily and no longer than 30 days from the day it was made, unless a written statement that names the time comes within them.".to_owned(),
        };
        let tone = if self.until.is_some() { Tone::Calm } else { Tone::Warn };
        Block::callout(tone, "What the rule says", text)
    }

    /// What the rule asks for and the record does not have.
    fn lacking(&self) -> Option<Block> {
        let mut lacks = Vec::new();
        if self.grounds.is_empty() {
            lacks.push("the official's statement that notice would impede a criminal investigation or damage national security");
        }
        if self.official.name.trim().is_empty() || self.official.agency.trim().is_empty() {
            lacks.push("the identity of the official");
        }
        if self.statement.trim().is_empty() {
            lacks.push("what was stated");
        }
        if self.until.is_none() && self.written_asked_on.is_none() {
            lacks.push("a request for a written statement that names the time");
        }
        let head = "Not in this record";
        (!lacks.is_empty()).then(|| Block::callout(Tone::Bad, head, format!("{}.", lacks.join("; "))))
    }

    fn ground_words(&self) -> String {
        let words: Vec<&str> = self
            .grounds
            .iter()
            .map(|ground| match ground {
                DelayGround::ImpedeInvestigation => "notice would impede a criminal investigation",
                DelayGround::DamageNationalSecurity => "notice would damage national security",
            })
            .collect();
        if words.is_empty() { "not stated".to_owned() } else { words.join("; ") }
    }
}

written!(DelayRecord, pdf);
