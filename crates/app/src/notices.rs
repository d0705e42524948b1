//! The documents of a breach: from the facts of one event (`contracts/breach.md`), the practice's profile and a notice
//! file to letters, public notices, worksheets and records, each in the formats in which somebody needs it. Nothing here
//! reads a clock, a file or a database: a [`Case`] is a value, and what comes out of it are bytes.
//!
//! What a notice says is the attorney's. A paper is a draft, and says so on every page, until an attorney has signed it:
//! [`approval`] takes nothing but an authorised [`Sign`], and a paper with a gap or a missing element stays a draft even
//! then. Sending it is the practice's.

mod answer;
mod case;
mod letters;
pub mod notice;
mod papers;
pub mod people;
mod records;
mod sheets;
#[cfg(test)]
mod tests;

use breach::{Assessment, Facts, Law, state::State};
use incident::Practice;
use jiff::civil::Date;
use kernel::{Actor, Authorised, Capability, Phi, Requires, Timestamp};
use report::{
    ReportError,
    breach::{
        AgencyWorksheet, Approval, BusinessAssociateNotice, DelayRecord, FourFactorMemorandum, InsurerNotice,
        Letter, MediaNotice, PortalWorksheet, ProofOfNotice, Recipient, SubstituteNotice,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use answer::{Answer, Choice, Listed, Listing, Wanted};
pub use case::{due, facts};
pub use letters::{Check, LetterRemark};
pub use notice::Notice;
pub use people::People;

use crate::AppError;

/// What every answer says of itself.
pub const SUPPORTS: &str = "These documents support counsel and do not replace counsel: the attorney decides what a \
notice says and whether it is due; the practice sends it.";

/// The commented notice file that `tourniquet breach notice` writes.
pub const TEMPLATE: &str = include_str!("../../../content/templates/notice.toml");

/// One breach, ready to be written about.
#[derive(Debug)]
pub struct Case {
    /// The facts.
    pub facts: Facts,
    /// What follows from them.
    pub assessment: Assessment,
    /// The law tables.
    pub law: &'static Law,
    /// What the notices say.
    pub notice: Notice,
    /// The practice's profile, where there is one.
    pub practice: Option<Practice>,
    /// Who approved the content; `None` is a draft.
    pub approval: Option<Approval>,
    /// Who prepared the papers.
    pub prepared_by: Option<String>,
    /// When they are made.
    pub created: Timestamp,
}

/// A request to sign the content of notices: the attorney's alone.
#[derive(Debug, Clone, Copy)]
pub struct Sign;

impl Requires for Sign {
    fn requires(&self) -> Capability {
        Capability::Counsel
    }
}

/// The approval that an attorney's signature is, on the day of the signature in the practice's zone.
#[must_use]
pub fn approval(signed: Authorised<Sign>, on: Date) -> Approval {
    let (Actor { name, .. }, Sign) = signed.into_parts();
    Approval { by: name, role: "healthcare attorney".to_owned(), on }
}

/// Which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Letters to individuals, parents or guardians, minors who alone consented, next of kin, personal representatives.
    Letters,
    /// The substitute notice for the web site.
    Substitute,
    /// The notice to the media of each State or jurisdiction that has more than 500 affected residents.
    Media,
    /// The worksheet of the HHS breach portal.
    Hhs,
    /// The worksheet of HHS's form for 42 CFR Part 2.
    Part2,
    /// The worksheets of State agencies.
    States,
    /// A business associate's notice to its covered entity.
    BusinessAssociate,
    /// The notice of circumstances to the insurer.
    Insurer,
    /// The records of law-enforcement delays.
    Delay,
    /// The four-factor memorandum.
    Memorandum,
    /// The proof-of-notice ledger.
    Proof,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Letters,
        Self::Substitute,
        Self::Media,
        Self::Hhs,
        Self::Part2,
        Self::States,
        Self::BusinessAssociate,
        Self::Insurer,
        Self::Delay,
        Self::Memorandum,
        Self::Proof,
    ];

    /// The word used in JSON, in paths and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Letters => "letters",
            Self::Substitute => "substitute",
            Self::Media => "media",
            Self::Hhs => "hhs",
            Self::Part2 => "part2",
            Self::States => "states",
            Self::BusinessAssociate => "business_associate",
            Self::Insurer => "insurer",
            Self::Delay => "delay",
            Self::Memorandum => "memorandum",
            Self::Proof => "proof",
        }
    }

    /// In plain English.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Letters => "letters to the people affected",
            Self::Substitute => "substitute notice for the web site",
            Self::Media => "notice to the media",
            Self::Hhs => "worksheet of the HHS breach portal",
            Self::Part2 => "worksheet of HHS's form for 42 CFR Part 2",
            Self::States => "worksheets of State agencies",
            Self::BusinessAssociate => "business associate's notice to its covered entity",
            Self::Insurer => "insurer's notice of circumstances",
            Self::Delay => "record of a law-enforcement delay",
            Self::Memorandum => "four-factor memorandum",
            Self::Proof => "proof-of-notice ledger",
        }
    }

    /// Whether it holds what is privileged: the attorney's reasoning.
    #[must_use]
    pub const fn privileged(self) -> bool {
        matches!(self, Self::Memorandum)
    }
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// PDF/A, as it is sent or filed.
    Pdf,
    /// DOCX, where a lawyer edits.
    Docx,
    /// Plain text.
    Text,
    /// A page for a web site.
    Html,
    /// The mail-merge file (CSV), for a print house.
    Merge,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pdf, Self::Docx, Self::Text, Self::Html, Self::Merge];

    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Text => "text",
            Self::Html => "html",
            Self::Merge => "merge",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Text => "text/plain; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Merge => "text/csv; charset=utf-8",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Text => "txt",
            Self::Html => "html",
            Self::Merge => "csv",
        }
    }
}

/// A document as a file. It may hold names and addresses of patients.
#[derive(Debug)]
pub struct Document {
    /// The file's name.
    pub name: String,
    /// In which form.
    pub format: Format,
    /// Whether it holds patients' names and addresses.
    pub phi: bool,
    /// Its bytes.
    pub bytes: Phi<Vec<u8>>,
}

/// A paper: what a document says, before it has a form.
#[derive(Debug)]
pub struct Paper {
    /// The file's name without its extension.
    pub name: String,
    /// What it says.
    pub says: Says,
}

/// What a paper says.
#[derive(Debug)]
pub enum Says {
    /// A letter and the people it goes to; without any it is a specimen.
    Letter {
        /// The letter.
        letter: Box<Letter>,
        /// Those who get it by mail.
        by_mail: Vec<Recipient>,
        /// Those who agreed to e-mail.
        by_email: Vec<Recipient>,
    },
    /// The substitute notice.
    Substitute(Box<SubstituteNotice>),
    /// The media notice.
    Media(Box<MediaNotice>),
    /// The portal's worksheet.
    Portal(Box<PortalWorksheet>),
    /// A State agency's worksheet.
    Agency(Box<AgencyWorksheet>),
    /// The business associate's notice.
    BusinessAssociate(Box<BusinessAssociateNotice>),
    /// The insurer's notice.
    Insurer(Box<InsurerNotice>),
    /// The delay record.
    Delay(Box<DelayRecord>),
    /// The memorandum.
    Memorandum(Box<FourFactorMemorandum>),
    /// The ledger.
    Proof(Box<ProofOfNotice>),
}

impl Paper {
    fn new(name: impl Into<String>, says: Says) -> Self {
        Self { name: name.into(), says }
    }

    /// The forms that it comes in, the usual one first. A mail-merge file is of a mailing and not of a paper.
    #[must_use]
    pub const fn formats(&self) -> &'static [Format] {
        match self.says {
            Says::Substitute(_) => &[Format::Html, Format::Text, Format::Pdf, Format::Docx],
            Says::Letter { .. }
            | Says::Media(_)
            | Says::BusinessAssociate(_)
            | Says::Insurer(_)
            | Says::Memorandum(_) => &[Format::Pdf, Format::Docx, Format::Text],
            Says::Portal(_) | Says::Agency(_) | Says::Delay(_) | Says::Proof(_) => {
                &[Format::Pdf, Format::Text]
            }
        }
    }

    /// Writes it. Letters to people who agreed to e-mail are a text each.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where it does not come in this form, [`AppError::Document`] where it cannot be set.
    pub fn write(&self, format: Format, created: Timestamp) -> Result<Vec<Document>, AppError> {
        if !self.formats().contains(&format) {
            let known: Vec<&str> = self.formats().iter().map(|format| format.as_str()).collect();
            let what = format!("{} does not come as {}: {}", self.name, format.as_str(), known.join(", "));
            return Err(AppError::invalid("/format", what));
        }
        let one = |bytes: Vec<u8>, phi: bool| {
            let name = format!("{}.{}", self.name, format.extension());
            Document { name, format, phi, bytes: Phi::new(bytes) }
        };
        let bytes = match (&self.says, format) {
            (Says::Letter { letter, by_mail, by_email }, _) => {
                return self.letters(letter, by_mail, by_email, format, created);
            }
            (Says::Substitute(notice), Format::Pdf) => notice.to_pdf(created),
            (Says::Substitute(notice), Format::Docx) => notice.to_docx(created),
            (Says::Substitute(notice), Format::Html) => Ok(notice.to_html().into_bytes()),
            (Says::Substitute(notice), _) => Ok(notice.to_text().into_bytes()),
            (Says::Media(notice), Format::Pdf) => notice.to_pdf(created),
            (Says::Media(notice), Format::Docx) => notice.to_docx(created),
            (Says::Media(notice), _) => Ok(notice.to_text().into_bytes()),
            (Says::BusinessAssociate(notice), Format::Pdf) => notice.to_pdf(created),
            (Says::BusinessAssociate(notice), Format::Docx) => notice.to_docx(created),
            (Says::BusinessAssociate(notice), _) => Ok(notice.to_text().into_bytes()),
            (Says::Insurer(notice), Format::Pdf) => notice.to_pdf(created),
            (Says::Insurer(notice), Format::Docx) => notice.to_docx(created),
            (Says::Insurer(notice), _) => Ok(notice.to_text().into_bytes()),
            (Says::Memorandum(memorandum), Format::Pdf) => memorandum.to_pdf(created),
            (Says::Memorandum(memorandum), Format::Docx) => memorandum.to_docx(created),
            (Says::Memorandum(memorandum), _) => Ok(memorandum.to_text().into_bytes()),
            (Says::Portal(sheet), Format::Pdf) => sheet.to_pdf(created),
            (Says::Portal(sheet), _) => Ok(sheet.to_text().into_bytes()),
            (Says::Agency(sheet), Format::Pdf) => sheet.to_pdf(created),
            (Says::Agency(sheet), _) => Ok(sheet.to_text().into_bytes()),
            (Says::Delay(record), Format::Pdf) => record.to_pdf(created),
            (Says::Delay(record), _) => Ok(record.to_text().into_bytes()),
            (Says::Proof(ledger), Format::Pdf) => ledger.to_pdf(created),
            (Says::Proof(ledger), _) => Ok(ledger.to_text().into_bytes()),
        };
        Ok(vec![one(bytes.map_err(unwritten)?, false)])
    }

    fn letters(
        &self,
        letter: &Letter,
        by_mail: &[Recipient],
        by_email: &[Recipient],
        format: Format,
        created: Timestamp,
    ) -> Result<Vec<Document>, AppError> {
        let named = |name: String, phi, bytes| Document { name, format, phi, bytes: Phi::new(bytes) };
        let whole = format!("{}.{}", self.name, format.extension());
        Ok(match format {
            // Where everybody agreed to e-mail, nothing is printed.
            Format::Pdf if by_mail.is_empty() && !by_email.is_empty() => Vec::new(),
            Format::Pdf => {
                vec![named(whole, !by_mail.is_empty(), letter.to_pdf(by_mail, created).map_err(unwritten)?)]
            }
            Format::Docx => vec![named(whole, false, letter.to_docx(created).map_err(unwritten)?)],
            _ => {
                let mut out = vec![named(whole, false, letter.to_text().into_bytes())];
                out.extend(by_email.iter().map(|recipient| {
                    let name = format!("email-{:05}.txt", recipient.number);
                    named(name, true, letter.to_email(recipient).into_revealed().into_bytes())
                }));
                out
            }
        })
    }
}

fn unwritten(error: ReportError) -> AppError {
    AppError::Document(error.to_string())
}

impl Case {
    /// The papers of a kind. An empty list is no mistake: nothing of the kind is due on these facts, and nothing else
    /// asks for it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the JSON pointer of the notice's member that makes no sense.
    pub fn papers(&self, kind: Kind, people: Option<&People>) -> Result<Vec<Paper>, AppError> {
        match kind {
            Kind::Letters => Ok(self.letters(people)?.0),
            Kind::Substitute => self.substitute().map(|paper| vec![paper]),
            Kind::Media => self.media(),
            Kind::Hhs => self.portal(false).map(|paper| vec![paper]),
            Kind::Part2 => self.portal(true).map(|paper| vec![paper]),
            Kind::States => self.agencies(None),
            Kind::BusinessAssociate => self.business_associate().map(|paper| vec![paper]),
            Kind::Insurer => Ok(vec![self.insurer()?]),
            Kind::Delay => Ok(self.delays()),
            Kind::Memorandum => Ok(vec![self.memorandum()]),
            Kind::Proof => self.proof().map(|paper| vec![paper]),
        }
    }

    /// The worksheets of one State's agencies.
    ///
    /// # Errors
    /// As [`Case::papers`].
    pub fn state(&self, state: State) -> Result<Vec<Paper>, AppError> {
        self.agencies(Some(state))
    }
}
