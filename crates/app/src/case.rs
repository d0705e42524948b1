//! The breach case of an incident: its facts, the four factors, the conditions of exceptions, the mailing. Whatever
//! changes it computes the obligations anew in the same write, so that no fact stands beside duties that were computed
//! from another. Documents are sealed; entries hold their digests, pointers and counts.

pub(crate) mod drawn;
mod factors;
pub mod facts;
mod mail;
mod small;
mod views;

use std::sync::Arc;

use breach::{Assessment, Facts, Law, decision::FourFactorRecord};
use incident::{Duty, DutyGround, Practice, Request, State};
use kernel::{Actor, Capability, Digest, IncidentId, authorise};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

pub use drawn::Source;
pub use factors::{
    ConditionGiven, Determination, FactorsGiven, FactorsView, OpinionView, Recommendation, VersionView,
};
pub use mail::{Imported, LONGEST, MailGiven, MailView};
pub use small::{SmallBreaches, csv};
pub use views::{CaseView, Change, DutyView, FactsView, ProofView, Stands, VersionOfFacts, WhatIf, duties};

use self::drawn::{Drawn, Standing};
use crate::{
    App, AppError, Done,
    command::{Along, How, TRIES, damaged},
    law::facts_of,
    ports::Scope,
    practices::Profile,
};

/// A change of facts.
#[derive(Debug, Clone)]
pub enum FactsChange {
    /// The whole document.
    Whole(Value),
    /// A JSON merge patch (RFC 7396).
    Patch(Value),
}

/// Facts as they are sent, whole or as a patch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactsGiven {
    /// The facts (`contracts/breach.md`), or the members that change. No names: counts, dates and kinds.
    #[schema(value_type = Object)]
    pub facts: Value,
    /// Why they change.
    pub reason: String,
}

/// The law, or that the program is broken.
pub(crate) fn law() -> Result<&'static Law, AppError> {
    Law::embedded().map_err(|error| damaged("the law tables", error))
}

/// What a request and the sealed texts that go with it are.
pub(crate) struct Made {
    pub(crate) request: Request,
    pub(crate) texts: Vec<(Digest, Vec<u8>)>,
    /// Whether the facts that follow have to hold together: so where facts are stated, while a signature or a returned
    /// letter is recorded whatever else does not fit.
    pub(crate) strict: bool,
}

impl App {
    /// States facts: whole, or as a patch of those that stand. Obligations are computed anew in the same write.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the JSON pointer of what contradicts, of what is drawn from the record, or of law in a
    /// change of technology; [`AppError::Forbidden`] where the change is another role's.
    pub async fn state_facts(
        &self,
        actor: &Actor,
        incident: IncidentId,
        change: FactsChange,
        reason: &str,
        how: How,
    ) -> Result<Done, AppError> {
        let (word, given) = match &change {
            FactsChange::Whole(given) => ("whole", given),
            FactsChange::Patch(given) => ("patch", given),
        };
        let asked = asked("facts", incident, &json!([word, given, reason]))?;
        self.in_case(actor, incident, how, asked, |state, practice, drawn| {
            facts_made(state, practice, drawn, &change, reason)
        })
        .await
    }

    /// Makes a request of the case from what stands, decides it, computes what follows, and writes both at once.
    pub(crate) async fn in_case(
        &self,
        actor: &Actor,
        incident: IncidentId,
        how: How,
        asked: Digest,
        make: impl Fn(&State, &Practice, &Drawn) -> Result<Made, AppError> + Send + Sync,
    ) -> Result<Done, AppError> {
        if !actor.role.may(Capability::Write) {
            return Err(kernel::Forbidden { role: actor.role, needs: Capability::Write }.into());
        }
        let key = how.key.map(|key| (key, asked));
        for attempt in 1.. {
            let state = self.load(Scope::of(actor), incident).await?;
            if let Some(first) = self.first_time(actor, state.practice, key.as_ref()).await? {
                return Ok(first);
            }
            self.as_expected(&state, how.expected).await?;
            let profile = self.profile(actor, state.practice).await?;
            let drawn = self.drawn(&state, &profile.practice, &[]).await?;
            let made = make(&state, &profile.practice, &drawn)?;
            let mut payloads = Vec::new();
            for (digest, text) in &made.texts {
                payloads.push(self.payload(*digest, text)?);
            }
            let after = self.imagined(actor, &profile, &state, &made.request)?;
            let mut requests = vec![made.request];
            if self.is_living(&state, &after).await? {
                let drawn = self.drawn(&after, &profile.practice, &made.texts).await?;
                match drawn.standing(&after, &profile.practice) {
                    Ok(standing) => {
                        let (request, digest, text) = computed(&standing)?;
                        requests.push(request);
                        payloads.push(self.payload(digest, &text)?);
                    }
                    Err(error) if made.strict => return Err(AppError::invalid(pointer(&error), error.what)),
                    Err(_) => {}
                }
            }
            let along = Along { payloads, ..Along::default() };
            match self.together(actor, &profile, &state, &requests, key.clone(), along).await {
                Err(AppError::Stale { .. }) if how.expected.is_none() && attempt < TRIES => {}
                other => return other,
            }
        }
        Err(AppError::invalid("", "the incident changes too fast; try again"))
    }

    /// Computes the obligations from what stands, where that gives anything new.
    pub(crate) async fn recompute(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<Assessment, AppError> {
        for attempt in 1.. {
            let state = self.load(Scope::of(actor), incident).await?;
            let profile = self.profile(actor, state.practice).await?;
            let drawn = self.drawn(&state, &profile.practice, &[]).await?;
            let standing = drawn
                .standing(&state, &profile.practice)
                .map_err(|error| AppError::invalid(pointer(&error), error.what))?;
            let assessment = breach::assess(&standing.facts, law()?);
            if assessment.obligations.is_empty() && state.obligations.is_empty() {
                return Ok(assessment);
            }
            let (request, digest, text) = computed(&standing)?;
            let along = Along { payloads: vec![self.payload(digest, &text)?], ..Along::default() };
            match self.together(actor, &profile, &state, &[request], None, along).await {
                Err(AppError::Stale { .. }) if attempt < TRIES => {}
                other => return other.map(|_| assessment),
            }
        }
        Err(AppError::invalid("", "the incident changes too fast; try again"))
    }

    /// A command whose outcome is a fact as well: a duty met, the breach question answered.
    pub(crate) async fn command_in_case(
        &self,
        actor: &Actor,
        incident: IncidentId,
        request: Request,
        how: How,
    ) -> Result<Done, AppError> {
        let given = serde_json::to_value(&request).map_err(AppError::json("the request"))?;
        let asked = asked("command", incident, &given)?;
        self.in_case(actor, incident, how, asked, |_, _, _| {
            Ok(Made { request: request.clone(), texts: Vec::new(), strict: false })
        })
        .await
    }

    /// Whether obligations follow from the facts: always once somebody stated facts, and until then where this program
    /// computed them itself. Duties that somebody gave by hand stay as given.
    async fn is_living(&self, before: &State, after: &State) -> Result<bool, AppError> {
        if !after.case.facts.is_empty() || before.obligations.is_empty() {
            return Ok(!after.case.facts.is_empty());
        }
        match before.case.computed_from {
            Some(digest) => Ok(self.journal().payload(before.practice, &digest).await?.is_some()),
            None => Ok(false),
        }
    }

    /// The document and the record of this state; `fresh` are texts that are not sealed yet.
    pub(crate) async fn drawn(
        &self,
        state: &State,
        practice: &Practice,
        fresh: &[(Digest, Vec<u8>)],
    ) -> Result<Drawn, AppError> {
        let base = match state.case.facts.last() {
            Some(version) => self.sealed_json(state, &version.digest, fresh, "the facts").await?,
            None => facts_of(state, practice),
        };
        let mut versions = Vec::new();
        for (number, version) in (1_u32..).zip(&state.case.factors) {
            let factors = self.sealed_json(state, &version.digest, fresh, "the four factors").await?;
            versions.push(json!({
                "number": number, "by": version.stamp.by, "at": version.stamp.at, "factors": factors,
            }));
        }
        let signed: Vec<Value> = state
            .case
            .determinations
            .iter()
            .map(|opinion| {
                json!({
                    "version": opinion.version, "probability": opinion.probability, "by": opinion.stamp.by,
                    "name": opinion.stamp.name, "at": opinion.stamp.at,
                })
            })
            .collect();
        let recommended: Vec<Value> = state
            .case
            .recommendations
            .iter()
            .map(|opinion| {
                json!({
                    "version": opinion.version, "probability": opinion.probability,
                    "because": opinion.because.clone().unwrap_or_default(), "by": opinion.stamp.by, "at": opinion.stamp.at,
                })
            })
            .collect();
        let record =
            json!({ "versions": versions, "recommendations": recommended, "determinations": signed });
        let record: FourFactorRecord =
            serde_json::from_value(record).map_err(AppError::json("the four-factor record"))?;
        Ok(Drawn { base, record })
    }

    async fn sealed_json(
        &self,
        state: &State,
        digest: &Digest,
        fresh: &[(Digest, Vec<u8>)],
        what: &str,
    ) -> Result<Value, AppError> {
        let bytes = match fresh.iter().find(|(known, _)| known == digest) {
            Some((_, bytes)) => bytes.clone(),
            None => self.unsealed(state.practice, digest, what).await?,
        };
        serde_json::from_slice(&bytes).map_err(AppError::json(what))
    }

    /// The state after a request, without writing it.
    fn imagined(
        &self,
        actor: &Actor,
        profile: &Profile,
        state: &Arc<State>,
        request: &Request,
    ) -> Result<State, AppError> {
        let authorised = authorise(actor, request.clone())?;
        let now = self.edge().now();
        let by = crate::write::entry_actor(actor);
        let events = incident::decide(state, &authorised, &profile.practice, now)?;
        Ok(events.iter().fold((**state).clone(), |state, event| incident::evolve(state, event, now, &by)))
    }
}

/// The digest by which a repeated request of the case is known.
pub(crate) fn asked(what: &str, incident: IncidentId, given: &Value) -> Result<Digest, AppError> {
    let bytes = serde_json::to_vec(&json!([what, incident, given])).map_err(AppError::json("the request"))?;
    Ok(Digest::of(&bytes))
}

/// A pointer as a problem shows it.
pub(crate) fn pointer(error: &breach::FactsError) -> String {
    if error.pointer.is_empty() { "/".to_owned() } else { error.pointer.clone() }
}

fn canonical(value: &Value) -> Result<Vec<u8>, AppError> {
    ledger::canonical::to_vec(value).map_err(|error| damaged("a document", error))
}

/// The facts document without the attorney's texts, for those who may not read what is privileged.
#[must_use]
pub fn without_privileged(mut facts: Value) -> Value {
    if let Some(Value::Object(assessment)) = facts.pointer_mut("/event/risk_assessment") {
        for text in ["nature_of_phi", "unauthorized_person", "acquired_or_viewed", "mitigation"] {
            if assessment.contains_key(text) {
                assessment.insert(text.to_owned(), json!("(privileged)"));
            }
        }
    }
    facts
}

fn facts_made(
    state: &State,
    practice: &Practice,
    drawn: &Drawn,
    change: &FactsChange,
    reason: &str,
) -> Result<Made, AppError> {
    // Facts that do not hold together any more can still be mended: then what was stated is what is changed.
    let (before, sources) = match drawn.standing(state, practice) {
        Ok(Standing { value, drawn, .. }) => (value, drawn),
        Err(_) => (drawn.base.clone(), Vec::new()),
    };
    let mut given = match change {
        FactsChange::Whole(given) => given.clone(),
        FactsChange::Patch(patch) => facts::merge(before.clone(), patch),
    };
    let of =
        |value: &Value| value.pointer("/event/risk_assessment").filter(|value| !value.is_null()).cloned();
    // What a reader was not shown, or left alone, they do not change.
    if of(&given).is_none() || of(&given) == of(&without_privileged(before.clone())) {
        let kept = of(&before);
        if kept.is_some() || of(&given).is_some() {
            facts::put(&mut given, "/event/risk_assessment", kept);
        }
    }
    for source in &sources {
        // Whoever sends the whole facts need not repeat what the record itself shows.
        let left_out = given.pointer(&source.pointer).is_none_or(Value::is_null);
        if left_out && matches!(change, FactsChange::Whole(_)) {
            facts::put(&mut given, &source.pointer, before.pointer(&source.pointer).cloned());
        }
    }
    Facts::from_value(&given).map_err(|error| AppError::invalid(pointer(&error), error.what))?;
    let mut changed = facts::changed(&before, &given);
    if let Some(pointer) = changed.iter().find(|pointer| facts::within(pointer, "/event/risk_assessment")) {
        return Err(AppError::invalid(
            pointer,
            "a risk assessment counts only as a signed record: write its four factors, and have the attorney determine it",
        ));
    }
    for source in &sources {
        if let Some(pointer) = changed.iter().find(|pointer| facts::within(pointer, &source.pointer)) {
            return Err(AppError::invalid(pointer, format!("this is drawn from {}", source.from)));
        }
    }
    let realm = facts::realm_of(&changed).map_err(|legal| {
        AppError::invalid(
            legal,
            "this is law, which the attorney states, and the change holds technical facts as well, which responders state: \
             send the two apart",
        )
    })?;
    if changed.is_empty() && state.case.facts.is_empty() {
        // Somebody stands for what the incident showed by itself.
        changed.push("/".to_owned());
    }
    for source in &sources {
        facts::put(&mut given, &source.pointer, drawn.base.pointer(&source.pointer).cloned());
    }
    let text = canonical(&given)?;
    let digest = Digest::of(&text);
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let request = Request::StateFacts { digest, bytes, realm, changed, reason: reason.to_owned() };
    Ok(Made { request, texts: vec![(digest, text)], strict: true })
}

/// The request that records what the facts that stand ask for, with the digest and bytes of those facts.
pub(crate) fn computed(standing: &Standing) -> Result<(Request, Digest, Vec<u8>), AppError> {
    let assessment = breach::assess(&standing.facts, law()?);
    let text = canonical(&standing.value)?;
    let digest = Digest::of(&text);
    let request = Request::SetObligations {
        duties: duties_of(&assessment),
        law_tables_as_of: assessment.law_tables_as_of,
        facts: Some(digest),
        grounds: grounds_of(&assessment),
    };
    Ok((request, digest, text))
}

/// The duties of an assessment, as an incident carries them.
#[must_use]
pub fn duties_of(assessment: &Assessment) -> Vec<Duty> {
    let duty = |each: &breach::result::Obligation| Duty {
        duty: each.duty.as_str().to_owned(),
        regime: each.regime.to_string(),
        jurisdiction: each.jurisdiction.map(|state| state.code().to_owned()),
        recipient: Some(each.recipient.clone()),
        due: each.due,
        due_at: each.due_at.map(|instant| instant.at),
        standard: Some(each.standard.clone()),
        citation: each.citation.clone(),
        confidence: Some(each.confidence.as_str().to_owned()),
        target: breach::clock::target(each, assessment),
    };
    assessment.obligations.iter().map(duty).collect()
}

/// Why each duty is due on its day, and why others are not due.
fn grounds_of(assessment: &Assessment) -> Vec<DutyGround> {
    let due = assessment.obligations.iter().map(|each| DutyGround {
        duty: each.duty.as_str().to_owned(),
        regime: each.regime.to_string(),
        jurisdiction: each.jurisdiction.map(|state| state.code().to_owned()),
        recipient: Some(each.recipient.clone()),
        why: each.arithmetic.clone(),
    });
    let not_due = assessment.not_due.iter().map(|each| DutyGround {
        duty: each.duty.as_str().to_owned(),
        regime: each.regime.to_string(),
        jurisdiction: each.jurisdiction.map(|state| state.code().to_owned()),
        recipient: None,
        why: each.reason.clone(),
    });
    due.chain(not_due).collect()
}
