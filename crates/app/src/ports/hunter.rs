//! The hunt as the use cases see it: evidence goes in, what happened and what the logs cannot show come out. Which rules
//! and which readers there are is the adapter's.

use std::{io::Read, path::PathBuf, sync::atomic::AtomicU64};

use incident::{Confidence, Question};
use kernel::{Digest, EvidenceId, Indicator, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{EvidenceError, Outside};

/// Opens sealed bytes.
pub type OpenSealed = Box<dyn Fn() -> Result<Box<dyn Read + Send>, EvidenceError> + Send + Sync>;

/// An item of evidence to be searched.
pub struct Quarry {
    /// Its id.
    pub evidence: EvidenceId,
    /// What it is called, with `/` where it came out of a folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Opens it; a changed item ends in an error.
    pub open: OpenSealed,
}

/// What a hunt found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hunted {
    /// Detections of the rules.
    pub detections: usize,
    /// Records read.
    pub records: u64,
    /// Items that hold records.
    pub files: usize,
    /// Rules that were loaded; without any there are no detections, and the story rests on the records themselves.
    pub rules: usize,
    /// What a person should know besides, a sentence each.
    pub notes: Vec<String>,
    /// The answers to the scope questions, in order of time.
    pub answers: Vec<HuntAnswer>,
    /// Hosts of the story, each with since when.
    pub hosts: Vec<(String, Timestamp)>,
    /// Accounts of the story, each with since when.
    pub accounts: Vec<(String, Timestamp)>,
    /// Indicators of the story.
    pub indicators: Vec<Indicator>,
    /// The story, as `contracts/hunt.md` writes it.
    #[schema(value_type = Object)]
    pub story: serde_json::Value,
    /// What the logs cannot show, as `contracts/hunt.md` writes it.
    #[schema(value_type = Object)]
    pub coverage: serde_json::Value,
    /// The files that say it event by event, sealed beside this result.
    #[serde(default)]
    pub sealed: Vec<SealedFile>,
}

/// A sealed file of a hunt's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SealedFile {
    /// The item of evidence.
    pub evidence: EvidenceId,
    /// What it is called.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// What came of searching: the result, and the files that go with it.
pub struct Caught {
    /// What was found.
    pub found: Hunted,
    /// It event by event.
    pub files: Vec<HuntFile>,
}

/// A file of a result, before it is sealed.
pub struct HuntFile {
    /// What it is called: `hunt-detections.jsonl`, `hunt-timeline.csv`.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Box<dyn Read + Send>,
}

/// How far a hunt is; it may be read from any thread while it runs.
#[derive(Debug, Default)]
pub struct HuntProgress {
    /// Bytes to be read.
    pub total: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Records read.
    pub records: AtomicU64,
    /// Detections made.
    pub detections: AtomicU64,
}

/// An answer to a scope question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HuntAnswer {
    /// The question.
    pub question: Question,
    /// How sure.
    pub confidence: Confidence,
    /// In words, without what commands and paths may hold of patients' names.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Hosts it is about.
    pub hosts: Vec<String>,
    /// Accounts it is about.
    pub accounts: Vec<String>,
    /// Where it stands: the item and the record in it.
    pub rests_on: Vec<HuntOrigin>,
}

/// A record of an item of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HuntOrigin {
    /// The item.
    pub evidence: EvidenceId,
    /// The file in it where it is an archive, else its name.
    pub file: String,
    /// The record's number.
    pub record: u64,
}

/// A detection rule as it was sent: Sigma in YAML, one or several documents; or a text of YARA rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleText {
    /// What it is called in what is said about it, such as its file's name.
    pub name: String,
    /// The rule.
    pub text: String,
}

/// Detection rules beside those that ship with the program.
#[derive(Debug, Clone, Default)]
pub struct MoreRules {
    /// Files, folders and archives of this machine.
    pub paths: Vec<PathBuf>,
    /// Rules that were sent.
    pub texts: Vec<RuleText>,
    /// YARA rules over every file: files, folders and archives of this machine.
    pub yara_paths: Vec<PathBuf>,
    /// YARA rules that were sent.
    pub yara: Vec<RuleText>,
}

/// Searches evidence.
pub trait Hunter: Send + Sync {
    /// Searches items. A damaged item is no error: what can be read of it is. It blocks for as long as the bytes take.
    ///
    /// # Errors
    /// [`Outside`] where rules cannot be read or there is no room to work.
    fn hunt(&self, items: Vec<Quarry>, rules: &MoreRules, progress: &HuntProgress)
    -> Result<Caught, Outside>;
}
