//! The breach case: versions are added, nothing is taken out.

use crate::{
    ConditionStated, Event, FactorsVersion, FactsVersion, MailHappened, MailRecord, Opinion, Stamp, State,
};

impl State {
    pub(super) fn apply_case(&mut self, event: &Event, stamp: Stamp) {
        let case = &mut self.case;
        match event {
            Event::FactsStated { digest, bytes, realm, changed, reason } => case.facts.push(FactsVersion {
                digest: *digest,
                bytes: *bytes,
                realm: *realm,
                changed: changed.clone(),
                reason: reason.clone(),
                stamp,
            }),
            Event::FactorsPrepared { digest, bytes } => {
                case.factors.push(FactorsVersion { digest: *digest, bytes: *bytes, stamp });
            }
            Event::ProbabilityRecommended { version, probability, because } => {
                let because = Some(because.clone());
                case.recommendations.push(Opinion {
                    version: *version,
                    probability: *probability,
                    because,
                    stamp,
                });
            }
            Event::ProbabilityDetermined { version, probability } => {
                case.determinations.push(Opinion {
                    version: *version,
                    probability: *probability,
                    because: None,
                    stamp,
                });
            }
            Event::ConditionStated { about, condition, met, because, evidence } => {
                case.conditions.push(ConditionStated {
                    about: about.clone(),
                    condition: condition.clone(),
                    met: *met,
                    because: because.clone(),
                    evidence: evidence.clone(),
                    stamp,
                });
            }
            Event::MailingBegun { evidence, letters } => {
                case.mailing =
                    Some(MailRecord { evidence: *evidence, letters: *letters, stamp, happened: Vec::new() });
            }
            Event::MailRecorded { step, letters, on, reason, how } => {
                if let Some(mailing) = &mut case.mailing {
                    mailing.happened.push(MailHappened {
                        step: *step,
                        letters: letters.clone(),
                        on: *on,
                        reason: *reason,
                        how: how.clone(),
                        stamp,
                    });
                }
            }
            _ => {}
        }
    }
}
