//! The four factors, recommended and determined, and the conditions of exceptions and safe harbours. Anybody who may
//! write prepares the facts known, their grounds and what is unknown; the reasoning and the signature are the
//! attorney's (45 CFR 164.402). What was signed flows into the facts, and so into every date, in the same write.

use breach::{
    decision::{
        ConditionKind, Determine, FactorKind, Factors, Ground, conditions_of, conditions_of_safe_harbour,
    },
    facts::{ExceptionKind, Probability, ProtectionMethod},
};
use incident::{Likelihood, Opinion, Request, Stamp, State};
use kernel::{Actor, Capability, Digest, EvidenceId, FindingId, IncidentId, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, asked, canonical};
use crate::{App, AppError, Done, command::How, ports::Scope, read::Look};

/// A version of the four factors.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorsGiven {
    /// All four, whole. Where a factor's reasoning is blank, somebody other than the attorney leaves it as it was.
    pub factors: Factors,
}

/// What somebody recommends.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    /// On which version, which must be the newest.
    pub version: u32,
    /// What.
    pub probability: Likelihood,
    /// Why.
    pub because: String,
}

/// What the attorney determines.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProbabilityDetermined)]
pub struct Determination {
    /// On which version, which must be the newest: one signs what one has read.
    pub version: u32,
    /// What.
    pub probability: Likelihood,
}

/// A condition of an exception or a safe harbour, as the attorney states it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionGiven {
    /// `good_faith_workforce`, `inadvertent_internal` or `not_retained`; `encryption` or `destruction`.
    pub about: String,
    /// The condition, such as `good_faith` or `key_safe`.
    pub condition: String,
    /// Whether it is met; absent is not known.
    #[serde(default)]
    pub met: Option<bool>,
    /// Why. No PHI.
    pub because: String,
    /// Evidence it rests on.
    #[serde(default)]
    pub evidence: Vec<EvidenceId>,
}

/// The four-factor record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FactorsView {
    /// The question that each factor asks, and what is missing in the newest version.
    pub guide: Vec<Guide>,
    /// Findings that a factor may rest on.
    pub findings: Vec<FindingBrief>,
    /// Versions, oldest first.
    pub versions: Vec<VersionView>,
    /// Recommendations, oldest first; they bind nobody.
    pub recommendations: Vec<OpinionView>,
    /// Determinations, oldest first.
    pub determinations: Vec<OpinionView>,
    /// The determination in force: the last one, where no newer version was written. Until there is one, and without a
    /// reasoning of each factor, the breach is presumed.
    pub in_force: Option<OpinionView>,
    /// What was stated of the conditions of exceptions and safe harbours, oldest first.
    pub conditions: Vec<incident::ConditionStated>,
    /// Every exception and safe harbour with its conditions.
    pub could_be_stated: Vec<Conditions>,
}

/// A factor's question.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Guide {
    /// The factor.
    pub factor: FactorKind,
    /// What it asks.
    pub question: String,
    /// Where the law asks it.
    pub citation: String,
    /// Whether the attorney's reasoning is there.
    pub reasoned: bool,
    /// What is not known.
    pub unknown: Vec<String>,
    /// Facts that rest on nothing: assertions.
    pub without_grounds: usize,
}

/// A finding that a factor may rest on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FindingBrief {
    /// Its id.
    pub id: FindingId,
    /// The question it answers.
    pub question: incident::Question,
    /// Its answer.
    pub text: String,
}

/// A version of the four factors.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FactorsVersionView)]
pub struct VersionView {
    /// 1, 2, ….
    pub number: u32,
    /// SHA-256 of the text.
    pub sha256: Digest,
    /// Who and when.
    pub stamp: Stamp,
    /// The factors; the reasoning only for those who may read what is privileged.
    pub factors: Factors,
}

/// A recommendation or determination.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OpinionView {
    /// On which version.
    pub version: u32,
    /// What.
    pub probability: Likelihood,
    /// Why, where it is a recommendation.
    pub because: Option<String>,
    /// Who and when.
    pub stamp: Stamp,
}

/// What can be stated of an exception or a safe harbour.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Conditions {
    /// Its word.
    pub about: String,
    /// Its conditions, all of which must be met.
    pub conditions: Vec<ConditionKind>,
}

impl From<&Opinion> for OpinionView {
    fn from(opinion: &Opinion) -> Self {
        Self {
            version: opinion.version,
            probability: opinion.probability,
            because: opinion.because.clone(),
            stamp: opinion.stamp.clone(),
        }
    }
}

const fn engine(probability: Likelihood) -> Probability {
    match probability {
        Likelihood::Low => Probability::Low,
        Likelihood::MoreThanLow => Probability::MoreThanLow,
    }
}

impl App {
    /// Writes a version of the four factors.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where a ground is not of this incident; [`AppError::Forbidden`] where somebody other than
    /// the attorney changes the reasoning.
    pub async fn prepare_factors(
        &self,
        actor: &Actor,
        incident: IncidentId,
        given: FactorsGiven,
        how: How,
    ) -> Result<Done, AppError> {
        let input = serde_json::to_value(&given).map_err(AppError::json("the four factors"))?;
        let asked = asked("factors", incident, &input)?;
        self.in_case(actor, incident, how, asked, |state, _, drawn| {
            let mut factors = given.factors.clone();
            grounded(state, &factors)?;
            let nothing = Factors::default();
            let before = drawn.record.versions().last().map_or(&nothing, |version| &version.factors);
            let mut reasoned = false;
            for kind in FactorKind::ALL {
                let old = &before.get(*kind).reasoning;
                let factor = factor_mut(&mut factors, *kind);
                if !actor.role.may(Capability::Counsel)
                    && (factor.reasoning.trim().is_empty() || factor.reasoning == HIDDEN)
                {
                    factor.reasoning.clone_from(old);
                }
                reasoned |= factor.reasoning != *old;
            }
            let text =
                canonical(&serde_json::to_value(&factors).map_err(AppError::json("the four factors"))?)?;
            let digest = Digest::of(&text);
            let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
            let request = Request::PrepareFactors { digest, bytes, reasoned };
            Ok(Made { request, texts: vec![(digest, text)], strict: false })
        })
        .await
    }

    /// Recommends what the attorney should determine.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn recommend(
        &self,
        actor: &Actor,
        incident: IncidentId,
        given: Recommendation,
        how: How,
    ) -> Result<Done, AppError> {
        let input = serde_json::to_value(&given).map_err(AppError::json("the recommendation"))?;
        let asked = asked("recommend", incident, &input)?;
        self.in_case(actor, incident, how, asked, |_, _, _| {
            let Recommendation { version, probability, because } = given.clone();
            let request = Request::RecommendProbability { version, probability, because };
            Ok(Made { request, texts: Vec::new(), strict: false })
        })
        .await
    }

    /// Signs the newest version: the attorney's alone, and only with all four factors reasoned.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for every other role; [`AppError::Invalid`] where a factor has no reasoning.
    pub async fn determine(
        &self,
        actor: &Actor,
        incident: IncidentId,
        given: Determination,
        how: How,
    ) -> Result<Done, AppError> {
        let input = serde_json::to_value(&given).map_err(AppError::json("the determination"))?;
        let asked = asked("determine", incident, &input)?;
        let now = self.edge().now();
        self.in_case(actor, incident, how, asked, |_, _, drawn| {
            let Determination { version, probability } = given;
            // The engine's own rule first: its type takes an attorney's request alone, and all four reasonings.
            let signed = authorise(actor, Determine { version, probability: engine(probability) })?;
            let signed = drawn.record.clone().determine(signed, now);
            let _ = signed.map_err(|refused| AppError::invalid("/version", refused.to_string()))?;
            let request = Request::DetermineProbability { version, probability };
            Ok(Made { request, texts: Vec::new(), strict: false })
        })
        .await
    }

    /// States a condition of an exception or a safe harbour: the attorney's alone.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn state_condition(
        &self,
        actor: &Actor,
        incident: IncidentId,
        given: ConditionGiven,
        how: How,
    ) -> Result<Done, AppError> {
        let input = serde_json::to_value(&given).map_err(AppError::json("the condition"))?;
        let asked = asked("condition", incident, &input)?;
        self.in_case(actor, incident, how, asked, |_, _, _| {
            let all = could_be_stated();
            let known = all.iter().find(|each| each.about == given.about).ok_or_else(|| {
                let words: Vec<_> = all.iter().map(|each| each.about.as_str()).collect();
                let what = format!("`{}` is none of: {}", given.about, words.join(", "));
                AppError::invalid("/about", what)
            })?;
            if !known.conditions.iter().any(|condition| condition.as_str() == given.condition) {
                let words: Vec<_> = known.conditions.iter().map(|each| each.as_str()).collect();
                let what = format!("`{}` is none of its conditions: {}", given.condition, words.join(", "));
                return Err(AppError::invalid("/condition", what));
            }
            let ConditionGiven { about, condition, met, because, evidence } = given.clone();
            let request = Request::StateCondition { about, condition, met, because, evidence };
            Ok(Made { request, texts: Vec::new(), strict: false })
        })
        .await
    }

    /// The four-factor record, with what it may rest on.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn factors(&self, actor: &Actor, incident: IncidentId) -> Result<FactorsView, AppError> {
        let _ = authorise(actor, Look)?;
        let state = self.load(Scope::of(actor), incident).await?;
        let profile = self.profile(actor, state.practice).await?;
        let drawn = self.drawn(&state, &profile.practice, &[]).await?;
        let privileged = actor.role.may(Capability::Privileged);
        let versions: Vec<VersionView> = drawn
            .record
            .versions()
            .iter()
            .zip(&state.case.factors)
            .map(|(version, written)| {
                let mut factors = version.factors.clone();
                for kind in FactorKind::ALL.iter().filter(|_| !privileged) {
                    let factor = factor_mut(&mut factors, *kind);
                    if !factor.reasoning.is_empty() {
                        HIDDEN.clone_into(&mut factor.reasoning);
                    }
                }
                VersionView {
                    number: version.number,
                    sha256: written.digest,
                    stamp: written.stamp.clone(),
                    factors,
                }
            })
            .collect();
        let nothing = Factors::default();
        let newest = drawn.record.versions().last().map_or(&nothing, |version| &version.factors);
        let shown = if privileged { (*state).clone() } else { state.without_privileged() };
        let findings = state.findings.iter().map(|(id, finding)| FindingBrief {
            id: *id,
            question: finding.statement.question,
            text: finding.statement.text.clone(),
        });
        Ok(FactorsView {
            guide: FactorKind::ALL.iter().map(|kind| guide(*kind, newest)).collect(),
            findings: findings.collect(),
            versions,
            recommendations: state.case.recommendations.iter().map(OpinionView::from).collect(),
            determinations: state.case.determinations.iter().map(OpinionView::from).collect(),
            in_force: state.case.in_force().map(OpinionView::from),
            conditions: shown.case.conditions,
            could_be_stated: could_be_stated(),
        })
    }
}

/// What stands for a reasoning that the reader may not read.
const HIDDEN: &str = "(privileged)";

fn guide(kind: FactorKind, newest: &Factors) -> Guide {
    let factor = newest.get(kind);
    Guide {
        factor: kind,
        question: kind.question().to_owned(),
        citation: kind.citation().to_owned(),
        reasoned: !factor.reasoning.trim().is_empty(),
        unknown: factor.unknown.clone(),
        without_grounds: factor.known.iter().filter(|known| known.grounds.is_empty()).count(),
    }
}

fn factor_mut(factors: &mut Factors, kind: FactorKind) -> &mut breach::decision::Factor {
    match kind {
        FactorKind::NatureOfPhi => &mut factors.nature_of_phi,
        FactorKind::UnauthorizedPerson => &mut factors.unauthorized_person,
        FactorKind::AcquiredOrViewed => &mut factors.acquired_or_viewed,
        FactorKind::Mitigation => &mut factors.mitigation,
    }
}

/// Every exception and safe harbour, with its conditions.
fn could_be_stated() -> Vec<Conditions> {
    let exceptions = ExceptionKind::ALL.iter().map(|kind| Conditions {
        about: kind.as_str().to_owned(),
        conditions: conditions_of(*kind).to_vec(),
    });
    let harbours = ProtectionMethod::ALL.iter().map(|method| Conditions {
        about: method.as_str().to_owned(),
        conditions: conditions_of_safe_harbour(*method).to_vec(),
    });
    exceptions.chain(harbours).filter(|each| !each.conditions.is_empty()).collect()
}

/// What a factor rests on is of this incident, and is what it was.
fn grounded(state: &State, factors: &Factors) -> Result<(), AppError> {
    for kind in FactorKind::ALL {
        for (at, known) in factors.get(*kind).known.iter().enumerate() {
            for (nth, ground) in known.grounds.iter().enumerate() {
                let wrong = match ground {
                    Ground::Finding { id } if !state.findings.contains_key(id) => {
                        Some(format!("the incident has no finding {id}"))
                    }
                    Ground::Evidence { id, digest } => match state.evidence.get(id) {
                        None => Some(format!("the incident has no evidence {id}")),
                        Some(item) if item.digest != *digest => {
                            Some(format!("evidence {id} has another digest: {}", item.digest))
                        }
                        Some(_) => None,
                    },
                    _ => None,
                };
                if let Some(what) = wrong {
                    let at = format!("/factors/{}/known/{at}/grounds/{nth}", kind.as_str());
                    return Err(AppError::invalid(at, what));
                }
            }
        }
    }
    let blank = |text: &String| text.trim().is_empty();
    for kind in FactorKind::ALL {
        let factor = factors.get(*kind);
        if factor.known.iter().any(|known| blank(&known.fact)) || factor.unknown.iter().any(blank) {
            let at = format!("/factors/{}", kind.as_str());
            return Err(AppError::invalid(at, "a fact or an unknown is blank: say it, or leave it out"));
        }
    }
    Ok(())
}
