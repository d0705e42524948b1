//! Letters, and the text that public notices share with them: drafted from the facts, with counsel's own words in place
//! of the draft where they were given; the five elements checked, and the reading grade taken.

use std::collections::BTreeMap;

use breach::{
    letter::{self, Passage},
    result::{Addressee, LetterMethod},
};
use report::breach::{Audience, ContentElement, Letter, NoticeText, draft};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Case, Paper, People, Says, case::addressed};
use crate::AppError;

/// Patients' letters at most at this grade: what is commonly taken as plain language.
pub(super) const PLAIN_GRADE: f64 = 8.0;

/// What was found in a letter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Check {
    /// To whom the letter is.
    pub to: String,
    /// How many people get it; zero is a specimen.
    pub people: u64,
    /// The five elements of 45 CFR 164.404(c)(1): what is missing or could be better. Empty is all there.
    pub elements: Vec<LetterRemark>,
    /// What counsel has still to fill in.
    pub gaps: Vec<String>,
    /// The reading grade (Flesch-Kincaid).
    pub reading_grade: Option<f64>,
    /// Whether the grade is 8 or below.
    pub plain: bool,
    /// Whether it may go out: signed by the attorney, complete, and no drill.
    pub may_go_out: bool,
    /// What else somebody should know.
    pub remarks: Vec<String>,
}

/// A remark on one element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LetterRemark {
    /// The paragraph.
    pub citation: String,
    /// Whether the letter may not go out so; otherwise it is advice.
    pub missing: bool,
    /// What was found.
    pub what: String,
}

impl Case {
    /// A notice's text for an audience: the draft, with counsel's sections in place of its own.
    pub(super) fn text(&self, audience: Audience) -> Result<NoticeText, AppError> {
        let mut text = draft(audience, &self.notice_facts()?).map_err(super::unwritten)?;
        let notice = &self.notice;
        for (section, own) in [
            (&mut text.what_happened, &notice.what_happened.text),
            (&mut text.types_of_information, &notice.information.text),
            (&mut text.what_you_can_do, &notice.what_you_can_do.text),
            (&mut text.what_we_are_doing, &notice.what_we_are_doing.text),
            (&mut text.how_to_reach_us, &notice.contact.text),
        ] {
            if let Some(own) = own {
                section.text = own.trim().to_owned();
            }
        }
        Ok(text)
    }

    /// The letters, one for each kind of addressee, and what was found in each. With people, the kinds that they are;
    /// without, specimens of the kinds that the assessment counts.
    ///
    /// # Errors
    /// [`AppError`].
    pub fn letters(&self, people: Option<&People>) -> Result<(Vec<Paper>, Vec<Check>), AppError> {
        let expected = self.expected();
        let mut kinds: Vec<Addressee> = match people {
            Some(people) => people.recipients.iter().map(|each| each.to).collect(),
            None => expected.keys().copied().collect(),
        };
        if kinds.is_empty() && people.is_none() {
            kinds.push(Addressee::Individual);
        }
        kinds.sort_unstable();
        kinds.dedup();
        let (mut papers, mut checks) = (Vec::new(), Vec::new());
        for to in kinds {
            let letter = self.letter(to)?;
            let own =
                || people.iter().flat_map(|people| &people.recipients).filter(move |each| each.to == to);
            let by = |method: LetterMethod| {
                own().filter(move |each| each.method == method).map(addressed).collect::<Vec<_>>()
            };
            let (by_mail, by_email) = (by(LetterMethod::FirstClassMail), by(LetterMethod::Email));
            let written = count(by_mail.len() + by_email.len());
            let mut check = self.check(to, &letter, written);
            if people.is_some()
                && let Some(due) = expected.get(&to).filter(|due| **due != written)
            {
                check.remarks.push(format!(
                    "the facts count {due} of these letters and the list has {written}: find out which is right"
                ));
            }
            checks.push(check);
            let name = format!("letter-{}", to.as_str().replace('_', "-"));
            papers.push(Paper::new(name, Says::Letter { letter: Box::new(letter), by_mail, by_email }));
        }
        Ok((papers, checks))
    }

    fn letter(&self, to: Addressee) -> Result<Letter, AppError> {
        let text = self.text(audience(to))?;
        let reading_grade = letter::reading(&text.whole()).map(|reading| reading.grade);
        Ok(Letter {
            letterhead: self.letterhead(),
            dated: self.notice.dated,
            text,
            signatory: self.signatory(),
            standing: self.standing(),
            reading_grade,
        })
    }

    fn check(&self, to: Addressee, letter: &Letter, people: u64) -> Check {
        let passages: Vec<Passage> = letter
            .text
            .sections()
            .into_iter()
            .map(|(element, section)| Passage { element: in_law(element), text: section.text.clone() })
            .collect();
        let elements = letter::check(&passages)
            .into_iter()
            .map(|remark| LetterRemark {
                citation: remark.citation,
                missing: remark.missing,
                what: remark.what,
            })
            .collect();
        let mut gaps = letter.text.gaps();
        gaps.extend(self.open().into_iter().map(str::to_owned));
        let reading_grade = letter.reading_grade;
        let plain = reading_grade.is_none_or(|grade| grade <= PLAIN_GRADE);
        let mut remarks = Vec::new();
        if !plain {
            remarks.push(
                "the rule asks for plain language (45 CFR 164.404(c)(2)): use shorter sentences and words"
                    .to_owned(),
            );
        }
        if self.approval.is_none() {
            remarks.push("a draft: the attorney has not signed it".to_owned());
        }
        Check {
            to: to.as_str().to_owned(),
            people,
            elements,
            gaps,
            reading_grade,
            plain,
            may_go_out: letter.may_go_out(),
            remarks,
        }
    }

    /// How many letters of each kind the assessment counts.
    fn expected(&self) -> BTreeMap<Addressee, u64> {
        let mut out = BTreeMap::new();
        let batches = self.assessment.obligations.iter().filter_map(|each| each.letters.as_ref());
        for letters in batches.take(1).flatten() {
            *out.entry(letters.to).or_insert(0) += letters.count;
        }
        out.retain(|_, count| *count > 0);
        out
    }
}

const fn audience(to: Addressee) -> Audience {
    match to {
        Addressee::Individual => Audience::Individual,
        Addressee::ParentOrGuardian => Audience::ParentOrGuardian,
        Addressee::Minor => Audience::Minor,
        Addressee::NextOfKin => Audience::NextOfKin,
        Addressee::PersonalRepresentative => Audience::PersonalRepresentative,
    }
}

const fn in_law(element: ContentElement) -> letter::ContentElement {
    match element {
        ContentElement::WhatHappened => letter::ContentElement::WhatHappened,
        ContentElement::TypesOfInformation => letter::ContentElement::TypesOfInformation,
        ContentElement::WhatYouCanDo => letter::ContentElement::WhatYouCanDo,
        ContentElement::WhatWeAreDoing => letter::ContentElement::WhatWeAreDoing,
        ContentElement::HowToReachUs => letter::ContentElement::HowToReachUs,
    }
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}
