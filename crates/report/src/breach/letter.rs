//! The letter to an individual, to a parent or guardian, to a minor who alone consented, to next of kin or to a personal
//! representative (45 CFR 164.404(c), (d)(1)). The letter is one value, without any patient in it; the recipients come
//! beside it and are PHI. One PDF holds the letters of a whole batch, set for a number 10 window envelope with nothing
//! but the address in its window. The DOCX is the same letter with the merge fields of the mailing's own file.

use jiff::{Timestamp, civil::Date};
use kernel::Phi;
use serde::{Deserialize, Serialize};

use crate::{
    ReportError, Template,
    breach::{
        Letterhead, NoticeText, Signatory, Standing,
        blocks::{DRAFT, Frame, LetterFrame, Row, Sheet, merged, review, signature},
        day, docx, plain,
    },
};

/// A letter, the same for everybody in a batch. For each [`Audience`](crate::breach::Audience) one writes another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The practice's letterhead.
    pub letterhead: Letterhead,
    /// The day on it: the day it goes out. `None` leaves it open.
    pub dated: Option<Date>,
    /// What it says; counsel's.
    pub text: NoticeText,
    /// Who signs.
    pub signatory: Signatory,
    /// Whether it is approved. An approved letter with a missing element or a gap still says that it is a draft.
    pub standing: Standing,
    /// The text's reading grade, shown to counsel with a draft.
    pub reading_grade: Option<f64>,
}

/// Somebody to be written to. Its parts but the number are PHI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Its number in the mailing; printed at the foot, so that returned mail finds its record.
    pub number: u32,
    /// The name on the envelope: the individual's, `Parent or guardian of …`, or another person's.
    pub addressee: Phi<String>,
    /// Whose information it is.
    pub individual: Phi<String>,
    /// Address lines, and the last one with city, State and ZIP code.
    pub address: Phi<Vec<String>>,
}

impl Letter {
    /// The letters of a batch in one PDF/A, a new page each, in the order given. Without recipients it is a specimen.
    ///
    /// # Errors
    /// [`ReportError`] of [`render`](crate::render()).
    pub fn to_pdf(&self, recipients: &[Recipient], created: Timestamp) -> Result<Vec<u8>, ReportError> {
        self.sheet(recipients).to_pdf(created)
    }

    /// The letter as DOCX, with Word's merge fields for the columns of the mail-merge file: `addressee`, `individual`,
    /// `address_1`, `address_2`, `city`, `state`, `zip` and `letter`.
    ///
    /// # Errors
    /// [`ReportError::Docx`].
    pub fn to_docx(&self, created: Timestamp) -> Result<Vec<u8>, ReportError> {
        let mut sheet = self.sheet(&[]);
        if let Frame::Letter(letter) = &mut sheet.frame {
            letter.merge = true;
            letter.rows = vec![Row {
                reference: format!("{}-{{letter}}", self.standing.incident),
                address: vec!["{address_1}".into(), "{address_2}".into(), "{city}, {state} {zip}".into()],
                addressee: "{addressee}".into(),
                individual: "{individual}".into(),
            }];
        }
        docx::write(&sheet.for_editing(), created)
    }

    /// The letter as plain text, with `{addressee}` and `{individual}` where the names go.
    #[must_use]
    pub fn to_text(&self) -> String {
        plain::write(&self.sheet(&[]).for_editing())
    }

    /// One recipient's letter as plain text, as for those who agreed to e-mail (45 CFR 164.404(d)(1)(i)).
    #[must_use]
    pub fn to_email(&self, recipient: &Recipient) -> Phi<String> {
        Phi::new(plain::write(&self.sheet(std::slice::from_ref(recipient)).for_editing()))
    }

    /// Whether it may go out: approved, complete, and no drill.
    #[must_use]
    pub fn may_go_out(&self) -> bool {
        self.standing.approval.is_some() && self.text.complete() && !self.standing.exercise
    }

    fn sheet(&self, recipients: &[Recipient]) -> Sheet {
        let rows = if recipients.is_empty() { vec![self.specimen()] } else { self.rows(recipients) };
        let frame = Frame::Letter(LetterFrame {
            letterhead: self.letterhead.clone(),
            dated: self.dated.map_or_else(|| "[date of mailing]".to_owned(), day),
            delivery: None,
            subject: self.text.subject.clone(),
            salutation: self.text.salutation.clone(),
            signature: signature(&self.signatory, &self.letterhead),
            enclosures: Vec::new(),
            rows,
            merge: false,
            review: None,
        });
        let mut sheet = Sheet::notice(
            Template::IndividualLetter,
            &self.standing,
            self.text.complete(),
            frame,
            self.text.blocks(),
        );
        let draft = sheet.stamps.iter().any(|stamp| stamp == DRAFT);
        if let Frame::Letter(letter) = &mut sheet.frame {
            letter.review = draft.then(|| review(&self.text, self.reading_grade));
        }
        sheet
    }

    fn rows(&self, recipients: &[Recipient]) -> Vec<Row> {
        let incident = &self.standing.incident;
        recipients
            .iter()
            .map(|each| Row {
                reference: format!("{incident}-{}", each.number),
                address: in_window(each.address.reveal()),
                addressee: each.addressee.reveal().clone(),
                individual: each.individual.reveal().clone(),
            })
            .collect()
    }

    fn specimen(&self) -> Row {
        Row {
            reference: format!("{}-specimen", self.standing.incident),
            address: vec!["{address}".into(), "{city, State ZIP}".into()],
            addressee: "{addressee}".into(),
            individual: "{individual}".into(),
        }
    }
}

/// The salutation of a row.
pub(crate) fn greeting(letter: &LetterFrame, row: &Row) -> String {
    merged(&letter.salutation, row)
}

/// The lines that the envelope's window can show. More of them, or longer ones, are no address that a carrier reads,
/// and would only be clipped; that something was cut is seen.
fn in_window(lines: &[String]) -> Vec<String> {
    const LINES: usize = 6;
    const LETTERS: usize = 120;
    lines
        .iter()
        .take(LINES)
        .map(|line| match line.char_indices().nth(LETTERS) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{breach::Audience, breach_sample as sample, engine::set_texts};

    #[test]
    fn the_window_of_the_envelope_shows_the_address_and_nothing_else() {
        let letter = sample::letter(Audience::Individual, true);
        let mut long = sample::recipients(1).remove(0);
        long.address = Phi::new(vec!["W".repeat(300); 12]);
        let mut wide = letter.clone();
        wide.letterhead.name = "Cedar Hollow Associates in Ear, Nose, Throat and Sleep ".repeat(3);
        for (letter, recipients) in
            [(&letter, sample::recipients(1)), (&letter, vec![long]), (&wide, sample::recipients(1))]
        {
            let data = serde_json::to_value(letter.sheet(&recipients)).unwrap();
            let pages = set_texts(Template::IndividualLetter, data, sample::created());
            // Wherever the letter slides, the window lies between these edges of the paper.
            let seen: Vec<&str> = pages[0]
                .iter()
                .filter(|(_, from, to, at)| {
                    let (from, to, at) = (from.to_inches(), to.to_inches(), at.to_inches());
                    at > 2.04 && at < 3.63 && from < 5.375 && to > 0.0
                })
                .map(|(text, ..)| text.as_str())
                .collect();
            let shown = seen.join(" ");
            let allowed = |word: &str| {
                // An address that was cut ends in an ellipsis.
                let word = word.trim_end_matches('…');
                let address = recipients[0].address.reveal().join(" ");
                address.contains(word) || recipients[0].addressee.reveal().contains(word)
            };
            assert!(!seen.is_empty());
            assert!(shown.split_whitespace().all(allowed), "in the window: {shown}");
        }
    }

    #[test]
    fn a_batch_begins_each_letter_on_its_own_page_one() {
        let letter = sample::letter(Audience::Individual, true);
        let data = serde_json::to_value(letter.sheet(&sample::recipients(3))).unwrap();
        let pages = set_texts(Template::IndividualLetter, data, sample::created());
        for number in 1..=3 {
            let of_this: Vec<String> = pages
                .iter()
                .map(|page| page.iter().map(|(text, ..)| text.as_str()).collect::<String>())
                .filter(|page| page.contains(&format!("2026-014-{number}Page")))
                .collect();
            assert!(!of_this.is_empty() && of_this[0].contains(&format!("Dear Ann Example-{number}:")));
            assert!(of_this[0].contains("Page 1"), "{}", of_this[0]);
            assert!(of_this.iter().all(|page| !page.contains("DRAFT") && !page.contains("counsel")));
        }
    }

    #[test]
    fn a_draft_says_so_on_every_page_and_shows_counsel_the_check() {
        let letter = sample::letter(Audience::ParentOrGuardian, false);
        let data = serde_json::to_value(letter.sheet(&[])).unwrap();
        let pages = set_texts(Template::IndividualLetter, data, sample::created());
        let pages: Vec<String> =
            pages.iter().map(|page| page.iter().map(|(text, ..)| text.as_str()).collect()).collect();
        assert!(pages.iter().all(|page| page.contains("DRAFT FOR COUNSEL")));
        let check = pages.last().unwrap();
        assert!(check.contains("164.404(c)(1)(A)") && check.contains("7.4"), "{check}");
    }
}
