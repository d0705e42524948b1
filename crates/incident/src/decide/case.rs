//! The breach case: what a change of it has to bring. Who may change what was settled when the request was authorised:
//! technical facts are the responders', law is the attorney's, and a recommendation is no determination.

use std::collections::BTreeSet;

use super::{Ask, Decided, refuse, said};
use crate::{Event, LetterSpan, MailReturn, MailStep, Refusal, RefusalKind, Request};

/// What a step of the mailing has to say besides its day: why letters came back, how somebody was reached otherwise.
fn particulars(
    step: MailStep,
    reason: Option<MailReturn>,
    how: Option<&str>,
) -> Result<(Option<MailReturn>, Option<String>), Refusal> {
    let bare = |member: &str| {
        let way_out = format!("say it in `{member}`");
        refuse(RefusalKind::Invalid, format!("`{member}` is missing"), way_out)
    };
    match step {
        MailStep::Returned => Ok((Some(reason.ok_or_else(|| bare("reason"))?), None)),
        MailStep::Reached => Ok((None, Some(said("how", how.ok_or_else(|| bare("how"))?)?))),
        MailStep::Sent => Ok((None, None)),
    }
}

impl Ask<'_> {
    pub(super) fn case(&self, request: &Request) -> Decided {
        match request {
            Request::StateFacts { digest, bytes, realm, changed, reason } => {
                if changed.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(vec![Event::FactsStated {
                    digest: *digest,
                    bytes: *bytes,
                    realm: *realm,
                    changed: changed.clone(),
                    reason: said("reason", reason)?,
                }])
            }
            Request::PrepareFactors { digest, bytes, .. } => {
                if self.state.case.factors.last().is_some_and(|last| last.digest == *digest) {
                    return Ok(Vec::new());
                }
                Ok(vec![Event::FactorsPrepared { digest: *digest, bytes: *bytes }])
            }
            Request::RecommendProbability { version, probability, because } => {
                self.newest_factors(*version)?;
                Ok(vec![Event::ProbabilityRecommended {
                    version: *version,
                    probability: *probability,
                    because: said("because", because)?,
                }])
            }
            Request::DetermineProbability { version, probability } => {
                self.newest_factors(*version)?;
                Ok(vec![Event::ProbabilityDetermined { version: *version, probability: *probability }])
            }
            Request::StateCondition { about, condition, met, because, evidence } => {
                Ok(vec![Event::ConditionStated {
                    about: said("about", about)?,
                    condition: said("condition", condition)?,
                    met: *met,
                    because: said("because", because)?,
                    evidence: self.known_evidence(evidence)?,
                }])
            }
            Request::BeginMailing { evidence, letters } => {
                self.known_evidence(&[*evidence])?;
                if *letters == 0 {
                    return Err(refuse(
                        RefusalKind::Invalid,
                        "the list names nobody",
                        "import a list with recipients",
                    ));
                }
                if let Some(mailing) = &self.state.case.mailing
                    && !mailing.happened.is_empty()
                {
                    return Err(refuse(
                        RefusalKind::Already,
                        "letters of the mailing were sent already, and their numbers stand in the record",
                        "go on with that mailing; letters to more people are recorded as met duties with their proof",
                    ));
                }
                Ok(vec![Event::MailingBegun { evidence: *evidence, letters: *letters }])
            }
            Request::RecordMail { step, letters, on, reason, how } => {
                self.mail(*step, letters)?;
                if *on > self.today() {
                    let reason = format!("{on} lies in the future");
                    return Err(refuse(RefusalKind::Invalid, reason, "give the day on which it happened"));
                }
                let (reason, how) = particulars(*step, *reason, how.as_deref())?;
                Ok(vec![Event::MailRecorded { step: *step, letters: letters.clone(), on: *on, reason, how }])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// One signs what one has read: the newest version.
    fn newest_factors(&self, version: u32) -> Result<(), Refusal> {
        let newest = u32::try_from(self.state.case.factors.len()).unwrap_or(u32::MAX);
        if newest == 0 {
            return Err(refuse(
                RefusalKind::Unknown,
                "no version of the four-factor assessment has been written",
                "write one first",
            ));
        }
        if version != newest {
            return Err(refuse(
                RefusalKind::WrongStage,
                format!("version {version} is not the newest, {newest}"),
                "read that one and decide on it",
            ));
        }
        Ok(())
    }

    /// The letters are of the mailing, and what comes back or is reached has gone out.
    fn mail(&self, step: MailStep, letters: &[LetterSpan]) -> Result<(), Refusal> {
        let Some(mailing) = &self.state.case.mailing else {
            return Err(refuse(
                RefusalKind::Unknown,
                "no mailing was begun",
                "import the list of recipients first",
            ));
        };
        if letters.is_empty() {
            return Err(refuse(RefusalKind::Invalid, "no letter is named", "name letters by their numbers"));
        }
        let wrong = |span: &&LetterSpan| span.from == 0 || span.from > span.to || span.to > mailing.letters;
        if let Some(span) = letters.iter().find(wrong) {
            return Err(refuse(
                RefusalKind::Unknown,
                format!("letters {} to {} are not in the mailing", span.from, span.to),
                format!("letters have numbers from 1 to {}", mailing.letters),
            ));
        }
        if step == MailStep::Returned {
            let sent: BTreeSet<u32> = mailing
                .happened
                .iter()
                .filter(|happened| happened.step == MailStep::Sent)
                .flat_map(|happened| happened.letters.iter().flat_map(|span| span.from..=span.to))
                .collect();
            let unsent =
                letters.iter().flat_map(|span| span.from..=span.to).find(|letter| !sent.contains(letter));
            if let Some(letter) = unsent {
                return Err(refuse(
                    RefusalKind::WrongStage,
                    format!("letter {letter} was not sent"),
                    "record first that it was sent",
                ));
            }
        }
        Ok(())
    }
}
