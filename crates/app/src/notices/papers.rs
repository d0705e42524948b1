//! Public notices, and letters between businesses: their content is that of the letters, for other readers.

use breach::result::Duty;
use report::breach::{
    Audience, BusinessAssociateNotice, InsurerNotice, MediaNotice, SubstituteNotice,
    correspondence::{ConsentRequest, IndividualsList, Policy},
};

use super::{Case, Paper, Says, case::report_day, notice::ToInsurer};
use crate::AppError;

impl Case {
    pub(super) fn substitute(&self) -> Result<Paper, AppError> {
        let sent = self.facts.sent.substitute_posted_on.map(|day| day.date);
        let mut standing = self.standing();
        // A posting has no day of mailing and nobody signs under it: the letters' gaps are not its own.
        standing.approval = self.approval.clone();
        let notice = SubstituteNotice {
            letterhead: self.letterhead(),
            text: self.text(Audience::Public)?,
            contact: self.contact(),
            posted: self.notice.substitute.posted_on.or(sent),
            standing,
        };
        Ok(Paper::new("substitute-notice", Says::Substitute(Box::new(notice))))
    }

    /// One for each State or jurisdiction that the assessment names; the practice's own where it names none, so that a
    /// draft can be had beforehand.
    pub(super) fn media(&self) -> Result<Vec<Paper>, AppError> {
        let due = self.assessment.obligations.iter().filter(|each| each.duty == Duty::MediaNotice);
        let mut states: Vec<_> = due.filter_map(|each| each.jurisdiction).collect();
        if states.is_empty() {
            states.push(self.facts.entity.state);
        }
        states.sort_unstable_by_key(|state| state.code());
        states.dedup();
        let release = &self.notice.media;
        if let Some(unknown) =
            release.outlets.keys().find(|code| code.parse::<breach::state::State>().is_err())
        {
            let at = format!("/notice/media/outlets/{unknown}");
            return Err(AppError::invalid(at, "no such jurisdiction: a two-letter code"));
        }
        let text = self.text(Audience::Media)?;
        let mut standing = self.standing();
        standing.approval = self.approval.clone().filter(|_| release.released_on.is_some());
        Ok(states
            .into_iter()
            .map(|state| {
                let notice = MediaNotice {
                    letterhead: self.letterhead(),
                    jurisdiction: state.name().to_owned(),
                    outlets: release.outlets.get(state.code()).cloned().unwrap_or_default(),
                    residents: self.assessment.counts.by_state.get(state.code()).copied(),
                    released: release.released_on,
                    place: release.place.clone(),
                    text: text.clone(),
                    press_contact: release.press_contact.clone(),
                    standing: standing.clone(),
                };
                let name = format!("media-notice-{}", state.code().to_ascii_lowercase());
                Paper::new(name, Says::Media(Box::new(notice)))
            })
            .collect())
    }

    pub(super) fn business_associate(&self) -> Result<Paper, AppError> {
        let to = self.notice.business_associate.clone().unwrap_or_default();
        let list = match to.list.as_deref().map(str::trim) {
            Some("enclosed") => IndividualsList::Enclosed,
            Some(how) if !how.is_empty() => IndividualsList::SentApart { how: how.to_owned() },
            _ => IndividualsList::ToFollow { by: to.list_by },
        };
        let mut standing = self.standing();
        if to.to.is_empty() {
            standing.approval = None;
        }
        // The associate's own discovery is what it reports, not the day the entity counts from.
        let own = self.facts.business_associate.as_ref().and_then(breach::facts::Associate::discovery);
        let notice = BusinessAssociateNotice {
            letterhead: self.letterhead(),
            to: or_gap(to.to, "[Counsel: the covered entity and its address]"),
            dated: self.notice.dated,
            delivery: to.delivery,
            agreement: to.agreement,
            discovered: own.map_or(self.assessment.discovery.on, |day| day.date),
            occurred: self.occurred(),
            subcontractor: to.subcontractor,
            individuals: self.people(),
            list,
            text: self.text(Audience::CoveredEntity)?,
            signatory: self.signatory(),
            standing,
        };
        Ok(Paper::new("business-associate-notice", Says::BusinessAssociate(Box::new(notice))))
    }

    pub(super) fn insurer(&self) -> Result<Paper, AppError> {
        let given = self.notice.insurer.clone().unwrap_or_default();
        let profile = self.practice.as_ref().and_then(|practice| practice.insurer.as_ref());
        let number = given.policy_number.clone().or_else(|| profile.map(|each| each.policy_number.clone()));
        let to = if given.to.is_empty() {
            profile.map(|each| vec![each.name.clone(), "Claims department".to_owned()]).unwrap_or_default()
        } else {
            given.to.clone()
        };
        let mut standing = self.standing();
        if number.is_none() || to.is_empty() {
            standing.approval = None;
        }
        let notice = InsurerNotice {
            letterhead: self.letterhead(),
            to: or_gap(to, "[Counsel: the insurer's claims department and its address]"),
            dated: self.notice.dated,
            delivery: given.delivery.clone(),
            policy: Policy {
                number: number.unwrap_or_else(|| "[Counsel: the policy's number]".to_owned()),
                kind: given.policy_kind.clone().unwrap_or_else(|| "cyber liability".to_owned()),
                insured: self.name(),
                from: given.policy_from,
                through: given.policy_through,
            },
            first_aware: Some(self.assessment.discovery.on),
            how_aware: given
                .how_aware
                .clone()
                .unwrap_or_else(|| "[Counsel: how the insured became aware]".to_owned()),
            occurred: self.occurred(),
            circumstances: self.circumstances(&given)?,
            individuals: self.people(),
            anticipated: given.anticipated,
            received: given.received,
            losses: given.losses,
            mitigation: self.notice.what_we_are_doing.measures.clone(),
            consent: given
                .consent
                .into_iter()
                .map(|each| ConsentRequest { what: each.what, whom: each.whom, since: each.since })
                .collect(),
            contacts: given.contacts,
            signatory: self.signatory(),
            standing,
        };
        Ok(Paper::new("insurer-notice", Says::Insurer(Box::new(notice))))
    }

    /// The circumstances as given; else as the notice to people tells them.
    fn circumstances(&self, given: &ToInsurer) -> Result<String, AppError> {
        match &given.circumstances {
            Some(text) => Ok(text.clone()),
            None => {
                let told = self.text(Audience::CoveredEntity)?.what_happened.text;
                let discovery = report_day(self.assessment.discovery.on);
                Ok(if told.trim().is_empty() { format!("Discovered on {discovery}.") } else { told })
            }
        }
    }
}

fn or_gap(lines: Vec<String>, gap: &str) -> Vec<String> {
    if lines.is_empty() { vec![gap.to_owned()] } else { lines }
}
