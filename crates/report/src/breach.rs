//! The documents of a breach: letters, public notices, the business associate's and the insurer's notices, worksheets
//! of the forms that are filed elsewhere, and the records that prove what was decided and done. Views are plain
//! values, filled in by whoever knows the facts; every document is composed once, as a list of blocks, and written
//! from there as PDF/A, as DOCX where a lawyer edits, and as plain text, so that the three say the same.
//!
//! What a notice says is counsel's. [`draft`] writes a first text from the facts with the wording in
//! `content/wording/breach-notices.toml`; nothing loses the mark DRAFT until somebody has approved it by name.

mod blocks;
pub mod correspondence;
pub mod delay;
mod docx;
mod html;
pub mod letter;
pub mod memorandum;
pub mod notice;
mod plain;
pub mod proof;
pub mod text;
pub mod wording;
pub mod worksheet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use correspondence::{BusinessAssociateNotice, InsurerNotice};
pub use delay::DelayRecord;
pub use letter::{Letter, Recipient};
pub use memorandum::FourFactorMemorandum;
pub use notice::{MediaNotice, SubstituteNotice};
pub use proof::ProofOfNotice;
pub use text::{ContentElement, NoticeText, Section};
pub use wording::{Audience, NoticeFacts, draft};
pub use worksheet::{AgencyWorksheet, PortalWorksheet};

/// What every worksheet, record and memorandum says of itself.
pub const SUPPORTS_COUNSEL: &str =
    "This document supports counsel and does not replace counsel. It is not legal advice.";

/// Whose letter it is, as at its head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letterhead {
    /// The practice's name.
    pub name: String,
    /// A line under it, such as `Ear, Nose and Throat`; `None` where that would say too much about the care.
    pub tagline: Option<String>,
    /// Street, and city with State and ZIP code.
    pub address: Vec<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Web site.
    pub website: Option<String>,
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    /// Their name.
    pub name: String,
    /// What they are, such as `Practice Administrator`.
    pub title: String,
}

/// Who approved a document, and when. Without one it is a draft and says so on every page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The attorney.
    pub by: String,
    /// In which role, such as `healthcare attorney`.
    pub role: String,
    /// On which day.
    pub on: Date,
}

/// What a notice needs to know of its own state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The incident's number, such as `2026-014`.
    pub incident: String,
    /// Whether this is a drill; every page then says so, and nothing may go out.
    pub exercise: bool,
    /// Who approved it; `None` is a draft.
    pub approval: Option<Approval>,
}

/// What a worksheet, record or memorandum is about, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// The practice.
    pub practice: String,
    /// The incident's number, such as `2026-014`.
    pub incident: String,
    /// The incident in a line.
    pub title: String,
    /// Whether this is a drill.
    pub exercise: bool,
    /// The day that the document describes, in the practice's time zone.
    pub as_of: Date,
    /// The day the law tables were last checked; `None` where no verdict of theirs is in the document.
    pub law_tables_as_of: Option<Date>,
    /// Who prepared it.
    pub prepared_by: Option<String>,
    /// A marking for every page; `None` prints the document's own.
    pub marking: Option<String>,
    /// Who approved it; `None` is a draft.
    pub approval: Option<Approval>,
}

/// When it happened, as far as is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurred {
    /// The first day.
    pub from: Option<Date>,
    /// The last day, where it was more than one.
    pub through: Option<Date>,
}

/// How to ask, 45 CFR 164.404(c)(1)(E).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// A toll-free telephone number.
    pub toll_free: Option<String>,
    /// When it is answered, such as `Monday to Friday, 8 a.m. to 6 p.m. Eastern time`.
    pub hours: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A web site.
    pub website: Option<String>,
    /// A postal address, on one line.
    pub postal: Option<String>,
    /// Help in other languages or for people who do not hear well.
    pub assistance: Option<String>,
}

impl Contact {
    /// The ways of contact as lines for a letter; empty where there is none.
    pub(crate) fn lines(&self) -> Vec<String> {
        let hours = self.hours.as_ref().map(|hours| format!(" ({hours})")).unwrap_or_default();
        [
            self.toll_free.as_ref().map(|number| format!("Call toll-free: {number}{hours}")),
            self.email.as_ref().map(|email| format!("E-mail: {email}")),
            self.website.as_ref().map(|site| format!("Web site: {site}")),
            self.postal.as_ref().map(|postal| format!("Write to: {postal}")),
            self.assistance.clone(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// `March 10, 2026`, as letters write a day.
pub(crate) fn day(date: Date) -> String {
    date.strftime("%B %-d, %Y").to_string()
}

/// `March 10, 2026`, or what to print where the day is not known.
pub(crate) fn day_or(date: Option<Date>, otherwise: &str) -> String {
    date.map_or_else(|| otherwise.to_owned(), day)
}

/// When it happened, as a cell of a table says it.
pub(crate) fn span(occurred: Occurred) -> String {
    match (occurred.from, occurred.through) {
        (Some(from), Some(through)) if from != through => format!("{} to {}", day(from), day(through)),
        (Some(only), _) | (None, Some(only)) => day(only),
        (None, None) => "not known yet".to_owned(),
    }
}

/// Makes the methods that write a document from its composed sheet.
macro_rules! written {
    ($view:ty, pdf $(, $more:ident)*) => {
        impl $view {
            /// The document as PDF/A, dated `created`.
            ///
            /// # Errors
            /// [`ReportError`](crate::ReportError) of [`render`](crate::render()).
            pub fn to_pdf(
                &self,
                created: jiff::Timestamp,
            ) -> Result<Vec<u8>, crate::ReportError> {
                self.sheet().to_pdf(created)
            }

            /// The document as plain text.
            #[must_use]
            pub fn to_text(&self) -> String {
                $crate::breach::plain::write(&self.sheet().for_editing())
            }

            $($crate::breach::written!(@$more);)*
        }
    };
    (@docx) => {
        /// The document as DOCX, for editing, dated `created`.
        ///
        /// # Errors
        /// [`ReportError::Docx`](crate::ReportError::Docx).
        pub fn to_docx(
            &self,
            created: jiff::Timestamp,
        ) -> Result<Vec<u8>, crate::ReportError> {
            $crate::breach::docx::write(&self.sheet().for_editing(), created)
        }
    };
}
pub(crate) use written;
