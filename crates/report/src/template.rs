//! The documents that can be made. A template is typst source in `content/templates`, compiled in, so that a document
//! can be made without a file system and its version is known. To add one: put the `.typ` file there, add a variant
//! and its line in [`Template::files`], and raise [`CONTENT_VERSION`].

use std::fmt;

use kernel::Digest;
use serde::Serialize;

/// The version of the templates as a whole; raised whenever one of them changes what a reader sees.
pub const CONTENT_VERSION: &str = "2026.2";

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Template {
    /// The incident for the practice's leadership; its data is [`crate::IncidentReport`].
    IncidentReport,
    /// The binder for when nothing works; its data is [`crate::binder::Binder`].
    Binder,
    /// Notice to an individual: a letter to somebody affected; its data is [`crate::breach::Letter`].
    IndividualLetter,
    /// Substitute notice for the web site: the notice for people whose address is not known; [`crate::breach::SubstituteNotice`].
    SubstituteNotice,
    /// Notice to the media; its data is [`crate::breach::MediaNotice`].
    MediaNotice,
    /// Worksheet for the HHS breach portal; its data is [`crate::breach::PortalWorksheet`].
    PortalWorksheet,
    /// Worksheet for a State agency notice; its data is [`crate::breach::AgencyWorksheet`].
    AgencyWorksheet,
    /// Business associate's notice to the covered entity; its data is [`crate::breach::BusinessAssociateNotice`].
    BusinessAssociateNotice,
    /// Notice of circumstances to the insurer; its data is [`crate::breach::InsurerNotice`].
    InsurerNotice,
    /// Record of a law-enforcement delay; its data is [`crate::breach::DelayRecord`].
    DelayRecord,
    /// Four-factor memorandum; its data is [`crate::breach::FourFactorMemorandum`].
    FourFactorMemorandum,
    /// Proof-of-notice ledger; its data is [`crate::breach::ProofOfNotice`].
    ProofOfNotice,
}

/// One template as a list shows it, and as a document names its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateVersion {
    /// Its name, such as `incident-report`.
    pub name: &'static str,
    /// What it makes, in a few words.
    pub title: &'static str,
    /// [`CONTENT_VERSION`].
    pub version: &'static str,
    /// SHA-256 over the names and sources of the template and of what it imports.
    pub sha256: Digest,
}

/// A file that templates may import, and nothing else is within their reach.
pub(crate) struct SourceFile {
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! source {
    ($name:literal) => {
        SourceFile {
            path: concat!("/", $name),
            text: include_str!(concat!("../../../content/templates/", $name)),
        }
    };
}

const HOUSE: SourceFile = source!("house.typ");
const TIMELINE: SourceFile = source!("timeline.typ");
const BINDER: SourceFile = source!("binder.typ");
const INCIDENT_REPORT: SourceFile = source!("incident-report.typ");
const BREACH_BLOCKS: SourceFile = source!("breach-blocks.typ");
const BREACH_LETTER: SourceFile = source!("breach-letter.typ");
const BREACH_NOTICE: SourceFile = source!("breach-notice.typ");
const BREACH_RECORD: SourceFile = source!("breach-record.typ");

impl Template {
    /// All templates.
    pub const ALL: [Self; 12] = [
        Self::IncidentReport,
        Self::Binder,
        Self::IndividualLetter,
        Self::SubstituteNotice,
        Self::MediaNotice,
        Self::PortalWorksheet,
        Self::AgencyWorksheet,
        Self::BusinessAssociateNotice,
        Self::InsurerNotice,
        Self::DelayRecord,
        Self::FourFactorMemorandum,
        Self::ProofOfNotice,
    ];

    /// The name, as in `content/templates` and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IncidentReport => "incident-report",
            Self::Binder => "binder",
            Self::IndividualLetter => "individual-letter",
            Self::SubstituteNotice => "substitute-notice",
            Self::MediaNotice => "media-notice",
            Self::PortalWorksheet => "portal-worksheet",
            Self::AgencyWorksheet => "agency-worksheet",
            Self::BusinessAssociateNotice => "business-associate-notice",
            Self::InsurerNotice => "insurer-notice",
            Self::DelayRecord => "delay-record",
            Self::FourFactorMemorandum => "four-factor-memorandum",
            Self::ProofOfNotice => "proof-of-notice",
        }
    }

    /// What it makes, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::IncidentReport => "Incident report for the practice's leadership",
            Self::Binder => "Binder for when nothing works",
            Self::IndividualLetter => "Notice to an individual",
            Self::SubstituteNotice => "Substitute notice for the web site",
            Self::MediaNotice => "Notice to the media",
            Self::PortalWorksheet => "Worksheet for the HHS breach portal",
            Self::AgencyWorksheet => "Worksheet for a State agency notice",
            Self::BusinessAssociateNotice => "Business associate's notice to the covered entity",
            Self::InsurerNotice => "Notice of circumstances to the insurer",
            Self::DelayRecord => "Record of a law-enforcement delay",
            Self::FourFactorMemorandum => "Four-factor memorandum",
            Self::ProofOfNotice => "Proof-of-notice ledger",
        }
    }

    /// The sources; the first is the one that is set.
    pub(crate) const fn files(self) -> &'static [SourceFile] {
        match self {
            Self::IncidentReport => &[INCIDENT_REPORT, TIMELINE, HOUSE],
            Self::Binder => &[BINDER, HOUSE],
            Self::IndividualLetter | Self::BusinessAssociateNotice | Self::InsurerNotice => {
                &[BREACH_LETTER, BREACH_BLOCKS, HOUSE]
            }
            Self::SubstituteNotice | Self::MediaNotice => &[BREACH_NOTICE, BREACH_BLOCKS, HOUSE],
            Self::PortalWorksheet
            | Self::AgencyWorksheet
            | Self::DelayRecord
            | Self::FourFactorMemorandum
            | Self::ProofOfNotice => &[BREACH_RECORD, BREACH_BLOCKS, HOUSE],
        }
    }

    /// Name, version and digest.
    #[must_use]
    pub fn version(self) -> TemplateVersion {
        let mut bytes = Vec::new();
        for file in self.files() {
            for part in [file.path, file.text] {
                bytes.extend_from_slice(part.as_bytes());
                bytes.push(0);
            }
        }
        TemplateVersion {
            name: self.name(),
            title: self.title(),
            version: CONTENT_VERSION,
            sha256: Digest::of(&bytes),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
