//! A case and what all its papers share: who the practice is, how the matter is called, and what is still open.

use breach::{Assessment, Facts, Law, result::Duty};
use incident::Practice;
use jiff::civil::Date;
use kernel::{Phi, Role, Timestamp};
use report::breach::{
    Contact, Letterhead, Matter, NoticeFacts, Occurred, Signatory, Standing,
    wording::{EventKind, Information, Monitoring},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Case, Kind, Notice};
use crate::AppError;

/// What stands where nobody is named to sign.
const NO_SIGNATORY: &str = "[Counsel: who signs]";
/// What stands where the practice has no address.
const NO_ADDRESS: &str = "[Counsel: the practice's address]";

/// Reads facts from JSON, with the pointer of what is wrong.
///
/// # Errors
/// [`AppError::Invalid`] with `under` and the JSON pointer.
pub fn facts(value: &Value, under: &str) -> Result<Facts, AppError> {
    Facts::from_value(value)
        .map_err(|error| AppError::invalid(format!("{under}{}", error.pointer), error.what))
}

impl Case {
    /// Assesses the facts and puts the case together.
    ///
    /// # Errors
    /// [`AppError::Document`] where the embedded law tables do not hold together, which the tests rule out.
    pub fn new(
        facts: Facts,
        notice: Notice,
        practice: Option<Practice>,
        created: Timestamp,
    ) -> Result<Self, AppError> {
        let law = Law::embedded().map_err(|error| AppError::Document(error.to_string()))?;
        let assessment: Assessment = breach::assess(&facts, law);
        Ok(Self { facts, assessment, law, notice, practice, approval: None, prepared_by: None, created })
    }

    /// The day in the practice's zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.created.to_zoned(self.facts.entity.time_zone.clone()).date()
    }

    pub(super) fn name(&self) -> String {
        let profile = self.practice.as_ref().map(|practice| practice.name.clone());
        let given = self.notice.sender.name.clone().or(profile).or_else(|| self.facts.entity.name.clone());
        given.unwrap_or_else(|| "[Counsel: the practice's name]".to_owned())
    }

    pub(super) fn letterhead(&self) -> Letterhead {
        let sender = &self.notice.sender;
        let address =
            if sender.address.is_empty() { vec![NO_ADDRESS.to_owned()] } else { sender.address.clone() };
        Letterhead {
            name: self.name(),
            tagline: sender.tagline.clone(),
            address,
            telephone: sender.telephone.clone(),
            email: sender.email.clone(),
            website: sender.website.clone(),
        }
    }

    pub(super) fn signatory(&self) -> Signatory {
        if let Some(signs) = &self.notice.signatory {
            return Signatory { name: signs.name.clone(), title: signs.title.clone() };
        }
        let people = self.practice.iter().flat_map(|practice| &practice.people);
        let head = people.filter(|person| person.role == Role::Practice).min_by_key(|person| person.on_call);
        match head {
            Some(person) => {
                Signatory { name: person.name.clone(), title: person.title.clone().unwrap_or_default() }
            }
            None => Signatory { name: NO_SIGNATORY.to_owned(), title: String::new() },
        }
    }

    pub(super) fn reference(&self) -> String {
        self.notice.reference.clone().unwrap_or_else(|| format!("breach of {}", self.assessment.discovery.on))
    }

    /// The standing of a letter or notice. What has a gap in its furniture is a draft whoever signed.
    pub(super) fn standing(&self) -> Standing {
        let whole = self.open().is_empty();
        Standing {
            incident: self.reference(),
            exercise: self.notice.exercise,
            approval: self.approval.clone().filter(|_| whole),
        }
    }

    /// What every letter lacks: its text apart.
    pub(super) fn open(&self) -> Vec<&'static str> {
        let mut out = Vec::new();
        if self.notice.sender.address.is_empty() {
            out.push("the practice's postal address ([sender] address)");
        }
        if self.signatory().name == NO_SIGNATORY {
            out.push("who signs ([signatory])");
        }
        if self.name().starts_with("[Counsel:") {
            out.push("the practice's name ([sender] name)");
        }
        if self.notice.dated.is_none() {
            out.push("the day of mailing (dated)");
        }
        out
    }

    pub(super) fn matter(&self) -> Matter {
        let kind = self.facts.event.kind.as_str().replace('_', " ");
        let title = format!("{kind}, discovered {}", report_day(self.assessment.discovery.on));
        Matter {
            practice: self.name(),
            incident: self.reference(),
            title: self.notice.title.clone().unwrap_or_else(|| capital(&title)),
            exercise: self.notice.exercise,
            as_of: self.today(),
            law_tables_as_of: Some(self.assessment.law_tables_as_of),
            prepared_by: self.prepared_by.clone(),
            marking: None,
            approval: self.approval.clone(),
        }
    }

    pub(super) fn occurred(&self) -> Occurred {
        let happened = &self.notice.what_happened;
        Occurred {
            from: happened.from.or_else(|| self.facts.knowledge.occurred_on.map(|day| day.date)),
            through: happened.through,
        }
    }

    /// What the drafts are written from.
    pub(super) fn notice_facts(&self) -> Result<NoticeFacts, AppError> {
        let notice = &self.notice;
        let mut information: Vec<Information> = Vec::new();
        for element in self.facts.individuals.elements.iter().flatten() {
            information.push(same(element.as_str(), "/individuals/elements")?);
        }
        let mut not_involved = Vec::new();
        for (at, word) in notice.information.not_involved.iter().enumerate() {
            not_involved.push(same(word, &format!("/notice/information/not_involved/{at}"))?);
        }
        let event: EventKind = same(self.facts.event.kind.as_str(), "/event/kind")?;
        Ok(NoticeFacts {
            practice: self.name(),
            event,
            account: notice.what_happened.account.clone(),
            discovered: Some(self.assessment.discovery.on),
            occurred: self.occurred(),
            information,
            not_involved,
            steps: notice.what_you_can_do.steps.clone(),
            measures: notice.what_we_are_doing.measures.clone(),
            monitoring: notice.monitoring.as_ref().map(|offer| Monitoring {
                provider: offer.provider.clone(),
                service: offer.service.clone(),
                months: offer.months,
                how: offer.how.clone(),
                enroll_by: offer.enroll_by,
            }),
            contact: self.contact(),
            delayed_by_law_enforcement: !self.facts.law_enforcement_holds.is_empty(),
        })
    }

    pub(super) fn contact(&self) -> Contact {
        let ways = &self.notice.contact;
        Contact {
            toll_free: ways.toll_free.clone(),
            hours: ways.hours.clone(),
            email: ways.email.clone(),
            website: ways.website.clone(),
            postal: ways.postal.clone(),
            assistance: ways.assistance.clone(),
        }
    }

    /// How many people, where that is known.
    pub(super) fn people(&self) -> Option<u64> {
        Some(self.assessment.counts.total).filter(|&total| total > 0)
    }

    pub(super) fn owes(&self, duties: &[Duty]) -> bool {
        self.assessment.obligations.iter().any(|each| duties.contains(&each.duty))
    }
}

/// The documents that the assessment calls for, in the order in which somebody works on them.
#[must_use]
pub fn due(case: &Case) -> Vec<Kind> {
    let facts = &case.facts;
    let breach = &case.assessment.determination;
    let mut out = Vec::new();
    let mut when = |holds: bool, kind: Kind| {
        if holds {
            out.push(kind);
        }
    };
    when(breach.phi && breach.unsecured, Kind::Memorandum);
    let letters = [
        Duty::IndividualNotice,
        Duty::StateIndividualNotice,
        Duty::StateFacilityNotice,
        Duty::NextOfKinNotice,
    ];
    when(case.owes(&letters), Kind::Letters);
    when(case.owes(&[Duty::SubstituteNotice]), Kind::Substitute);
    when(case.owes(&[Duty::MediaNotice]), Kind::Media);
    when(case.owes(&[Duty::HhsNotice, Duty::HhsAnnualReport]), Kind::Hhs);
    when(case.owes(&[Duty::Part2Notice, Duty::Part2AnnualReport]), Kind::Part2);
    when(case.owes(&[Duty::StateAgencyNotice, Duty::StateFacilityNotice]), Kind::States);
    when(case.owes(&[Duty::BaNoticeToCoveredEntity, Duty::SubcontractorNoticeToBa]), Kind::BusinessAssociate);
    let insured = case.practice.as_ref().is_some_and(|practice| practice.insurer.is_some());
    when(insured || case.notice.insurer.is_some(), Kind::Insurer);
    when(!facts.law_enforcement_holds.is_empty(), Kind::Delay);
    when(breach.phi || !case.assessment.obligations.is_empty(), Kind::Proof);
    out
}

/// The same word in the other crate's vocabulary: the facts' words are the notices' words.
pub(super) fn same<T: DeserializeOwned>(word: &str, at: &str) -> Result<T, AppError> {
    serde_json::from_value(Value::from(word)).map_err(|_| {
        AppError::invalid(at, format!("`{word}` is not one of the words of the facts' `elements`"))
    })
}

pub(super) fn report_day(date: Date) -> String {
    date.strftime("%B %-d, %Y").to_string()
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The report's recipients of the mailing's.
pub(super) fn addressed(recipient: &breach::mailing::Recipient) -> report::breach::Recipient {
    let mut lines = recipient.address.reveal().clone();
    let (city, zip) = (recipient.city.reveal(), recipient.zip.reveal());
    let place = [recipient.state.as_str(), zip.as_str()].join(" ");
    let place = place.trim();
    let last = match (city.is_empty(), place.is_empty()) {
        (false, false) => format!("{city}, {place}"),
        _ => format!("{city}{place}"),
    };
    if !last.is_empty() {
        lines.push(last);
    }
    report::breach::Recipient {
        number: recipient.number,
        addressee: recipient.addressee(),
        individual: recipient.individual.clone(),
        address: Phi::new(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_facts_is_a_word_of_the_notices() {
        for kind in breach::facts::EventKind::ALL {
            assert!(same::<EventKind>(kind.as_str(), "").is_ok(), "{kind}");
        }
        for element in breach::facts::Element::ALL {
            assert!(same::<Information>(element.as_str(), "").is_ok(), "{element}");
        }
    }
}
