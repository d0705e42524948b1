//! Looking at a breach case: the facts and their versions, what is due and how near it is, what changed and why, what
//! would change, and what shows that notices were made. Nothing here writes.

use breach::{
    Assessment, Facts,
    changes::Changes,
    proof::{LedgerLine, Proof, ProofKind, beyond, ledger},
    result::{Duty as Word, ObligationKey},
};
use incident::{Event, FactsRealm, MailStep, Obligation, ObligationStanding, Practice, Stamp, State};
use jiff::civil::Date;
use kernel::{Actor, Capability, Digest, Entry, IncidentId, ItemId, Stream, Timestamp, authorise};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{MailView, Source, drawn::Standing, facts::merge, law, mail, pointer, without_privileged};
use crate::{App, AppError, ports::Scope, read::Look};

/// The facts that stand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FactsView {
    /// How many versions were stated; with 0 they are what the incident shows by itself.
    pub version: usize,
    /// The version of the incident, for `If-Match`.
    pub incident_version: u64,
    /// The facts (`contracts/breach.md`). The attorney's texts only for those who may read what is privileged.
    #[schema(value_type = Facts)]
    pub facts: Value,
    /// Members that are drawn from the record and cannot be stated otherwise.
    pub drawn: Vec<Source>,
    /// Members of the record that contradict the stated facts.
    pub left_out: Vec<Source>,
    /// What contradicts, where the facts do not hold together any more: nothing is computed until it is mended.
    pub contradiction: Option<String>,
}

/// A version of the facts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VersionOfFacts {
    /// 1, 2, ….
    pub version: usize,
    /// SHA-256 of the document.
    pub sha256: Digest,
    /// Whose change it was.
    pub realm: FactsRealm,
    /// JSON pointers of what changed.
    pub changed: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who and when.
    pub stamp: Stamp,
    /// The document as it was stated.
    #[schema(value_type = Object)]
    pub facts: Value,
}

/// How an obligation stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// Its last lawful day is past, and it is not met.
    Missed,
    /// Its internal target is past, and its last lawful day is not.
    Near,
    /// Its internal target lies ahead.
    Ahead,
    /// The law names no number of days, and the internal target lies ahead.
    NoFixedLimit,
    /// The facts no longer ask for it; counsel has not said that it is not due.
    NoLongerAsked,
    /// Met.
    Met,
    /// The attorney determined that it is not due.
    NotDue,
    /// Nothing to send: a file to keep.
    Keep,
}

/// An obligation, with how near its day is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DutyView {
    /// Its id.
    pub id: ItemId,
    /// The duty in plain English.
    pub duty: String,
    /// How it stands today.
    pub stands: Stands,
    /// The last lawful day.
    pub due: Option<Date>,
    /// The internal target: never a legal date.
    pub target: Option<Date>,
    /// Days to the last lawful day, or to the target where the law names none; negative once it is past.
    pub days: Option<i64>,
    /// Where the law says it.
    pub citation: String,
}

/// A breach case whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseView {
    /// The facts.
    pub facts: FactsView,
    /// What they amount to; absent while they contradict each other.
    pub assessment: Option<Assessment>,
    /// Every obligation there ever was, the nearest first. What was met stays.
    pub duties: Vec<DutyView>,
    /// The mailing, where one was begun.
    pub mailing: Option<MailView>,
    /// It supports counsel and does not replace them.
    pub note: &'static str,
}

/// A time at which obligations changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Change {
    /// The incident's version.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Who changed the facts.
    pub by: String,
    /// What changed, as it was journalled.
    pub said: Vec<String>,
    /// The same, member by member; absent where the facts before or after were not kept.
    pub compared: Option<Changes>,
}

/// What would change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhatIf {
    /// In words, one line a change; empty where nothing would.
    pub said: Vec<String>,
    /// Member by member.
    pub changes: Changes,
    /// What would be due.
    pub assessment: Assessment,
}

/// What shows that notices were made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProofView {
    /// A line a duty.
    pub lines: Vec<LedgerLine>,
    /// Proofs of duties that the facts no longer ask for: they stay.
    pub beyond: Vec<Proof>,
}

const NOTE: &str = "Tourniquet supports counsel and does not replace them: whether it is a breach, and what is due, is the \
                    attorney's to decide.";

impl App {
    /// The facts that stand.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn facts(&self, actor: &Actor, incident: IncidentId) -> Result<FactsView, AppError> {
        Ok(self.case_of(actor, incident).await?.0)
    }

    async fn case_of(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<(FactsView, Option<Standing>, std::sync::Arc<State>, Practice), AppError> {
        let _ = authorise(actor, Look)?;
        let state = self.load(Scope::of(actor), incident).await?;
        let profile = self.profile(actor, state.practice).await?;
        let drawn = self.drawn(&state, &profile.practice, &[]).await?;
        let stands = drawn.standing(&state, &profile.practice);
        let shown = |value: Value| {
            if actor.role.may(Capability::Privileged) { value } else { without_privileged(value) }
        };
        let (version, incident_version) = (state.case.facts.len(), state.version);
        let (view, standing) = match stands {
            Ok(standing) => {
                let view = FactsView {
                    version,
                    incident_version,
                    facts: shown(standing.value.clone()),
                    drawn: standing.drawn.clone(),
                    left_out: standing.left_out.clone(),
                    contradiction: None,
                };
                (view, Some(standing))
            }
            Err(error) => {
                let view = FactsView {
                    version,
                    incident_version,
                    facts: shown(drawn.base),
                    drawn: Vec::new(),
                    left_out: Vec::new(),
                    contradiction: Some(error.to_string()),
                };
                (view, None)
            }
        };
        Ok((view, standing, state, profile.practice.clone()))
    }

    /// Every version of the facts, oldest first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn facts_versions(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<Vec<VersionOfFacts>, AppError> {
        let _ = authorise(actor, Look)?;
        let state = self.load(Scope::of(actor), incident).await?;
        let mut versions = Vec::new();
        for (version, stated) in (1..).zip(&state.case.facts) {
            let bytes = self.unsealed(state.practice, &stated.digest, "this version of the facts").await?;
            let facts = serde_json::from_slice(&bytes).map_err(AppError::json("the facts"))?;
            versions.push(VersionOfFacts {
                version,
                sha256: stated.digest,
                realm: stated.realm,
                changed: stated.changed.clone(),
                reason: stated.reason.clone(),
                stamp: stated.stamp.clone(),
                facts,
            });
        }
        Ok(versions)
    }

    /// The breach case whole.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn case(&self, actor: &Actor, incident: IncidentId) -> Result<CaseView, AppError> {
        let (facts, standing, state, practice) = self.case_of(actor, incident).await?;
        let law = law()?;
        let today = self.edge().now().to_zoned(practice.zone()).date();
        let mut assessment = standing.map(|standing| breach::assess(&standing.facts, law));
        if let Some(assessment) = &mut assessment {
            let met = met(&state, assessment);
            assessment.obligations = breach::changes::with_met(assessment, &met);
        }
        Ok(CaseView {
            facts,
            assessment,
            duties: duties(&state, today),
            mailing: state.case.mailing.as_ref().map(mail::view),
            note: NOTE,
        })
    }

    /// Every time that obligations changed, newest first: what changed, and why.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn changes(&self, actor: &Actor, incident: IncidentId) -> Result<Vec<Change>, AppError> {
        let _ = authorise(actor, Look)?;
        let state = self.load(Scope::of(actor), incident).await?;
        let law = law()?;
        let (mut found, mut before) = (Vec::new(), None);
        for recorded in self.whole_stream(state.practice, Stream::incident(incident)).await? {
            let entry: Entry =
                serde_json::from_slice(&recorded.canonical).map_err(AppError::json("an entry"))?;
            let Ok(Event::ObligationsSet { changes, facts, .. }) = Event::from_entry(&entry) else {
                continue;
            };
            let after = match facts {
                Some(digest) => self.assessed(&state, &digest, law).await?,
                None => None,
            };
            let compared = match (&before, &after) {
                (Some(before), Some(after)) => Some(breach::compare(before, after)),
                _ => None,
            };
            found.push(Change {
                version: entry.version,
                at: entry.at,
                by: format!("{}, {}", entry.actor.name, entry.actor.role),
                said: changes,
                compared,
            });
            before = after;
        }
        found.reverse();
        Ok(found)
    }

    /// What sealed facts amount to; `None` where they were not kept, or not by us.
    async fn assessed(
        &self,
        state: &State,
        digest: &Digest,
        law: &breach::Law,
    ) -> Result<Option<Assessment>, AppError> {
        match self.unsealed(state.practice, digest, "the facts").await {
            Ok(bytes) => Ok(Facts::from_json(&bytes).ok().map(|facts| breach::assess(&facts, law))),
            Err(AppError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What would change if the facts were patched so. Nothing is recorded.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the JSON pointer of what would contradict.
    pub async fn what_if(
        &self,
        actor: &Actor,
        incident: IncidentId,
        patch: &Value,
    ) -> Result<WhatIf, AppError> {
        let (view, standing, ..) = self.case_of(actor, incident).await?;
        let standing = standing.ok_or_else(|| {
            AppError::invalid("/", view.contradiction.unwrap_or_else(|| "no facts".to_owned()))
        })?;
        let law = law()?;
        let would = Facts::from_value(&merge(standing.value, patch))
            .map_err(|error| AppError::invalid(pointer(&error), error.what))?;
        let before = breach::assess(&standing.facts, law);
        let assessment = breach::assess(&would, law);
        let changes = breach::compare(&before, &assessment);
        Ok(WhatIf { said: said(&changes), changes, assessment })
    }

    /// What shows that notices were made (45 CFR 164.414(b)).
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn proof_of_notice(&self, actor: &Actor, incident: IncidentId) -> Result<ProofView, AppError> {
        let (view, standing, state, _) = self.case_of(actor, incident).await?;
        let standing = standing.ok_or_else(|| {
            AppError::invalid("/", view.contradiction.unwrap_or_else(|| "no facts".to_owned()))
        })?;
        let assessment = breach::assess(&standing.facts, law()?);
        let proofs = proofs(&state);
        let beyond = beyond(&assessment, &proofs).into_iter().cloned().collect();
        Ok(ProofView { lines: ledger(&assessment, &proofs), beyond })
    }
}

fn key(duty: &incident::Duty) -> Option<ObligationKey> {
    Some(ObligationKey {
        duty: Word::from_word(&duty.duty)?,
        regime: serde_json::from_value(Value::String(duty.regime.clone())).ok()?,
        jurisdiction: duty.jurisdiction.as_deref().and_then(|code| code.parse().ok()),
        recipient: duty.recipient.clone().unwrap_or_default(),
    })
}

/// What was done, with what shows it: duties recorded as met, and letters recorded as sent.
fn proofs(state: &State) -> Vec<Proof> {
    let mut found: Vec<Proof> = Vec::new();
    for obligation in state.obligations.values() {
        let Some(of) = key(&obligation.duty) else { continue };
        if let ObligationStanding::Met { on, proof, note, stamp } = &obligation.standing {
            found.push(Proof {
                of: of.clone(),
                done_on: *on,
                count: None,
                kind: ProofKind::Other,
                digest: *proof,
                reference: Some(note.clone()),
                by: stamp.by,
                at: stamp.at,
            });
        }
        let Some(record) = &state.case.mailing else { continue };
        if of.duty != Word::IndividualNotice || of.regime != breach::result::Regime::Hipaa {
            continue;
        }
        let list = state.evidence.get(&record.evidence).map(|item| item.digest);
        for sent in record.happened.iter().filter(|happened| happened.step == MailStep::Sent) {
            let count = sent.letters.iter().map(|span| u64::from(span.count())).sum();
            found.extend(list.map(|digest| Proof {
                of: of.clone(),
                done_on: sent.on,
                count: Some(count),
                kind: ProofKind::Other,
                digest,
                reference: Some("the list of recipients, marked as sent".to_owned()),
                by: sent.stamp.by,
                at: sent.stamp.at,
            }));
        }
    }
    found
}

/// The duties that were met, as the engine has them.
fn met(state: &State, assessment: &Assessment) -> Vec<breach::result::Obligation> {
    let met = state.obligations.values().filter_map(|obligation| {
        let ObligationStanding::Met { on, .. } = &obligation.standing else { return None };
        let key = key(&obligation.duty)?;
        let mut known = match assessment.obligations.iter().find(|each| each.key() == key) {
            Some(known) => known.clone(),
            None => {
                let duty = &obligation.duty;
                serde_json::from_value(serde_json::json!({
                    "duty": duty.duty, "regime": duty.regime, "jurisdiction": duty.jurisdiction,
                    "recipient": duty.recipient.clone().unwrap_or_default(), "due": duty.due, "due_at": null,
                    "base_due": duty.due, "held_until": null, "standard": duty.standard.clone().unwrap_or_default(),
                    "arithmetic": "met; the facts no longer ask for it", "citation": duty.citation,
                    "confidence": duty.confidence.clone().unwrap_or_else(|| "unverified".to_owned()), "late_by_days": null,
                }))
                .ok()?
            }
        };
        known.met_on = Some(*on);
        Some(known)
    });
    met.collect()
}

/// Every obligation with how it stands on the day, the most pressing first.
#[must_use]
pub fn duties(state: &State, today: Date) -> Vec<DutyView> {
    let mut found: Vec<DutyView> = state.obligations.values().map(|each| duty(each, today)).collect();
    let rank = |view: &DutyView| match view.stands {
        Stands::Missed => 0,
        Stands::Near => 1,
        Stands::Ahead | Stands::NoFixedLimit => 2,
        Stands::NoLongerAsked => 3,
        _ => 4,
    };
    found.sort_by_key(|view| (rank(view), view.days.is_none(), view.days, view.id));
    found
}

fn duty(obligation: &Obligation, today: Date) -> DutyView {
    let duty = &obligation.duty;
    let left = |day: Option<Date>| day.map(|day| breach::day::between(today, day));
    let (stands, days) = match &obligation.standing {
        ObligationStanding::Met { .. } => (Stands::Met, None),
        ObligationStanding::NotDue { .. } => (Stands::NotDue, None),
        ObligationStanding::Open if duty.duty == Word::RecordRetention.as_str() => (Stands::Keep, None),
        ObligationStanding::Open if !obligation.computed => (Stands::NoLongerAsked, left(duty.due)),
        ObligationStanding::Open => match left(duty.due) {
            Some(days) if days < 0 => (Stands::Missed, Some(days)),
            Some(days) if duty.target.is_some_and(|target| target <= today) => (Stands::Near, Some(days)),
            Some(days) => (Stands::Ahead, Some(days)),
            None if duty.target.is_some_and(|target| target <= today) => (Stands::Near, left(duty.target)),
            None => (Stands::NoFixedLimit, left(duty.target)),
        },
    };
    DutyView {
        id: obligation.id,
        duty: duty.plain(),
        stands,
        due: duty.due,
        target: duty.target,
        days,
        citation: duty.citation.clone(),
    }
}

/// What changed, one line each.
fn said(changes: &Changes) -> Vec<String> {
    let mut lines = Vec::new();
    let date =
        |day: Option<Date>| day.map_or_else(|| "without a fixed day".to_owned(), |day| day.to_string());
    if let Some((before, after)) = changes.discovery {
        lines.push(format!("discovery: {after}, was {before}"));
    }
    if let Some((_, after)) = changes.breach {
        lines.push(if after { "a breach, which it was not" } else { "no breach any more" }.to_owned());
    }
    if let Some((before, after)) = changes.total {
        lines.push(format!("people: {after}, were {before}"));
    }
    for new in &changes.appeared {
        let title = new.duty.title();
        lines.push(format!("new: {title} ({}), due {} ({})", new.regime, date(new.due), new.arithmetic));
    }
    for moved in &changes.moved {
        let (title, regime) = (moved.key.duty.title(), moved.key.regime);
        let (before, after) = (date(moved.before), date(moved.after));
        lines.push(format!("{title} ({regime}): due {after}, was {before} ({})", moved.arithmetic));
    }
    for gone in &changes.vanished {
        let why = gone.reason.as_deref().unwrap_or("the facts no longer ask for it");
        let (title, regime) = (gone.obligation.duty.title(), gone.obligation.regime);
        lines.push(format!("no longer due: {title} ({regime}): {why}"));
    }
    for kept in &changes.kept {
        lines.push(format!(
            "no longer due, and met: {} ({}) stays on the record",
            kept.duty.title(),
            kept.regime
        ));
    }
    for met in &changes.met {
        lines.push(format!("met: {} ({})", met.duty.title(), met.regime));
    }
    lines
}
