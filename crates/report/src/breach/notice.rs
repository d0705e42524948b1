//! Public notices: the substitute notice on the web site, for ten or more people whose address is not known (45 CFR
//! 164.404(d)(2)(ii)), and the notice to prominent media outlets of a State or jurisdiction in which more than 500
//! residents are affected (45 CFR 164.406). Their content is that of the letters.

use jiff::{ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    Template,
    breach::{
        Contact, Letterhead, NoticeText, Standing,
        blocks::{Block, Frame, NoticeFrame, Sheet},
        day, day_or, html, written,
    },
};

/// How long the posting stays and the toll-free number is answered, at least: 45 CFR 164.404(d)(2)(ii).
pub const POSTED_DAYS: i64 = 90;

/// The substitute notice on the web site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubstituteNotice {
    /// The practice.
    pub letterhead: Letterhead,
    /// What it says; counsel's.
    pub text: NoticeText,
    /// How to ask. The rule wants a toll-free number here, answered for as long as the posting stays.
    pub contact: Contact,
    /// The first day on the web site; `None` where it is not posted yet.
    pub posted: Option<Date>,
    /// Whether it is approved.
    pub standing: Standing,
}

impl SubstituteNotice {
    /// The last day on which it must still be there, the first day being day 1.
    #[must_use]
    pub fn through(&self) -> Option<Date> {
        self.posted.and_then(|first| first.checked_add((POSTED_DAYS - 1).days()).ok())
    }

    /// Why it cannot stand as it is; empty where it can.
    #[must_use]
    pub fn lacks(&self) -> Vec<String> {
        let mut out: Vec<String> = self
            .text
            .missing()
            .into_iter()
            .map(|element| format!("{} is missing", element.citation()))
            .collect();
        out.extend(self.text.gaps());
        if self.contact.toll_free.is_none() {
            out.push(
                "a toll-free number, active for at least 90 days (45 CFR 164.404(d)(2)(ii)(B))".to_owned(),
            );
        }
        out
    }

    /// The notice as a page for the web site: no script, no outside resource, readable by a screen reader.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::write(&self.sheet().for_editing())
    }

    fn sheet(&self) -> Sheet {
        let lines = self.posted.map(|posted| {
            let through = day_or(self.through(), "not known");
            vec![
                format!("Posted {}", day(posted)),
                format!("This notice stays here through {through} at least."),
            ]
        });
        let frame = Frame::Notice(NoticeFrame {
            letterhead: self.letterhead.clone(),
            kind: "Notice to our patients".to_owned(),
            title: self.text.subject.clone(),
            lines: lines.unwrap_or_default(),
        });
        let complete = self.lacks().is_empty();
        let mut blocks = self.text.blocks();
        if let Some(number) = &self.contact.toll_free {
            let until =
                self.through().map(|last| format!(" through {} at least", day(last))).unwrap_or_default();
            blocks.push(Block::text(format!(
                "You can call {number}, free of charge,{until} to learn whether your information was involved.",
                until = if until.is_empty() { until } else { format!("{until},") },
            )));
        }
        Sheet::notice(Template::SubstituteNotice, &self.standing, complete, frame, blocks)
    }
}

written!(SubstituteNotice, pdf, docx);

/// The notice to the media of one State or jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaNotice {
    /// The practice.
    pub letterhead: Letterhead,
    /// The State or jurisdiction whose residents are affected.
    pub jurisdiction: String,
    /// The outlets it goes to.
    pub outlets: Vec<String>,
    /// How many residents; `None` where it is not known yet.
    pub residents: Option<u64>,
    /// The day of release.
    pub released: Option<Date>,
    /// Where it is, such as `Cedar Hollow, Ohio`.
    pub place: Option<String>,
    /// What it says; counsel's.
    pub text: NoticeText,
    /// Whom journalists may ask: name, telephone, e-mail address.
    pub press_contact: Vec<String>,
    /// Whether it is approved.
    pub standing: Standing,
}

impl MediaNotice {
    fn sheet(&self) -> Sheet {
        let count = self.residents.map(|count| {
            let count = crate::when::count(count);
            format!("About {count} residents of {} are affected.", self.jurisdiction)
        });
        let place = self.place.as_ref().map(|place| format!("{place}, ")).unwrap_or_default();
        let mut lines = vec![format!("{place}{}", day_or(self.released, "[date of release]"))];
        if !self.outlets.is_empty() {
            lines.push(format!("To: {}", self.outlets.join("; ")));
        }
        let frame = Frame::Notice(NoticeFrame {
            letterhead: self.letterhead.clone(),
            kind: "For immediate release".to_owned(),
            title: format!("{} notifies patients of a data breach", self.letterhead.name),
            lines,
        });
        let mut blocks = self.text.blocks();
        if let Some(count) = count {
            // After the opening paragraph, before the first section.
            let at = blocks.iter().position(|block| matches!(block, Block::Heading { .. })).unwrap_or(0);
            blocks.insert(at, Block::text(count));
        }
        if !self.press_contact.is_empty() {
            blocks.push(Block::heading("Contact for the Media"));
            blocks.push(Block::text(self.press_contact.join("\n")));
        }
        Sheet::notice(Template::MediaNotice, &self.standing, self.text.complete(), frame, blocks)
    }
}

written!(MediaNotice, pdf, docx);
