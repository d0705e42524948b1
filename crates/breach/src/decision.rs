//! The decision, as a guided record. For each of the four factors of 45 CFR 164.402(2): what is known, the evidence it
//! rests on, what is unknown, and the attorney's reasoning. Anybody who may write can prepare and recommend; only an
//! attorney determines, which the type of [`Authorised`] enforces. Every version is kept. Exceptions and safe harbours
//! are recorded the same way, with each condition stated and its ground.

use jiff::tz::TimeZone;
use kernel::{Authorised, Capability, Digest, EvidenceId, FindingId, PersonId, Requires, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    day::Day,
    facts::{Exception, ExceptionKind, Probability, Protection, ProtectionMethod, RiskAssessment},
    words::words,
};

words! {
    /// A factor of 45 CFR 164.402(2).
    FactorKind {
        /// (i).
        NatureOfPhi = "nature_of_phi",
        /// (ii).
        UnauthorizedPerson = "unauthorized_person",
        /// (iii).
        AcquiredOrViewed = "acquired_or_viewed",
        /// (iv).
        Mitigation = "mitigation",
    }
}

impl FactorKind {
    /// The question that the factor asks.
    #[must_use]
    pub const fn question(self) -> &'static str {
        match self {
            Self::NatureOfPhi => {
                "What information, with which identifiers, and how easily could people be identified again?"
            }
            Self::UnauthorizedPerson => {
                "Who used it or received it: somebody bound to protect it, or somebody who would misuse it?"
            }
            Self::AcquiredOrViewed => {
                "Was it actually acquired or viewed, and what can and cannot the logs show of that?"
            }
            Self::Mitigation => {
                "How far has the risk been mitigated: returned, destroyed, assured in writing?"
            }
        }
    }

    /// The paragraph.
    #[must_use]
    pub const fn citation(self) -> &'static str {
        match self {
            Self::NatureOfPhi => "45 CFR 164.402(2)(i)",
            Self::UnauthorizedPerson => "45 CFR 164.402(2)(ii)",
            Self::AcquiredOrViewed => "45 CFR 164.402(2)(iii)",
            Self::Mitigation => "45 CFR 164.402(2)(iv)",
        }
    }
}

/// What a statement rests on. No PHI: ids, digests and counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachGround)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Ground {
    /// A finding of the investigation.
    Finding {
        /// Which.
        id: FindingId,
    },
    /// An item of evidence.
    Evidence {
        /// Which.
        id: EvidenceId,
        /// Its digest.
        digest: Digest,
    },
    /// What the logs of a source can show, and over which time.
    LogCoverage {
        /// The source.
        source: String,
        /// From when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
        /// Whether there are gaps in it.
        gaps: bool,
    },
    /// A count of the census.
    Census {
        /// The digest of the census that was counted.
        digest: Digest,
        /// How many people.
        people: u64,
    },
}

/// A fact known, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachKnown)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The fact.
    pub fact: String,
    /// Its grounds; a fact without any is an assertion and is shown as one.
    pub grounds: Vec<Ground>,
}

/// One factor, prepared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachFactor)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// What is known.
    pub known: Vec<Known>,
    /// What is not known.
    pub unknown: Vec<String>,
    /// The attorney's reasoning.
    pub reasoning: String,
}

/// The four factors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachFactors)]
#[serde(deny_unknown_fields)]
pub struct Factors {
    /// (i).
    pub nature_of_phi: Factor,
    /// (ii).
    pub unauthorized_person: Factor,
    /// (iii).
    pub acquired_or_viewed: Factor,
    /// (iv).
    pub mitigation: Factor,
}

impl Factors {
    /// The factor.
    #[must_use]
    pub const fn get(&self, kind: FactorKind) -> &Factor {
        match kind {
            FactorKind::NatureOfPhi => &self.nature_of_phi,
            FactorKind::UnauthorizedPerson => &self.unauthorized_person,
            FactorKind::AcquiredOrViewed => &self.acquired_or_viewed,
            FactorKind::Mitigation => &self.mitigation,
        }
    }

    /// Factors without reasoning.
    #[must_use]
    pub fn unreasoned(&self) -> Vec<FactorKind> {
        let empty = |kind: &FactorKind| self.get(*kind).reasoning.trim().is_empty();
        FactorKind::ALL.iter().copied().filter(empty).collect()
    }

    /// Factors in which something is not known.
    #[must_use]
    pub fn unsettled(&self) -> Vec<FactorKind> {
        let open = |kind: &FactorKind| !self.get(*kind).unknown.is_empty();
        FactorKind::ALL.iter().copied().filter(open).collect()
    }
}

/// A version of the assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachVersion)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// 1, 2, ….
    pub number: u32,
    /// Who wrote it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// The factors.
    pub factors: Factors,
}

/// A recommendation: anybody's who may write, binding nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachRecommendation)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    /// On which version.
    pub version: u32,
    /// What is recommended.
    pub probability: Probability,
    /// Why.
    pub because: String,
    /// Whose.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// A determination: an attorney's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachDetermined)]
#[serde(deny_unknown_fields)]
pub struct Determined {
    /// On which version.
    pub version: u32,
    /// What was found.
    pub probability: Probability,
    /// The attorney.
    pub by: PersonId,
    /// The attorney's name, as signed.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// The record with all its versions, recommendations and determinations. Nothing is ever taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachFourFactorRecord)]
#[serde(deny_unknown_fields)]
pub struct FourFactorRecord {
    versions: Vec<Version>,
    recommendations: Vec<Recommendation>,
    determinations: Vec<Determined>,
}

/// A request to write a version.
#[derive(Debug, Clone)]
pub struct Prepare {
    /// The factors.
    pub factors: Factors,
}

/// A request to recommend.
#[derive(Debug, Clone)]
pub struct Recommend {
    /// What.
    pub probability: Probability,
    /// Why.
    pub because: String,
}

/// A request to determine: [`Capability::Counsel`], so the attorney's alone.
#[derive(Debug, Clone)]
pub struct Determine {
    /// On which version, which must be the newest: one signs what one has read.
    pub version: u32,
    /// What.
    pub probability: Probability,
}

impl Requires for Prepare {
    fn requires(&self) -> Capability {
        Capability::Write
    }
}

impl Requires for Recommend {
    fn requires(&self) -> Capability {
        Capability::Write
    }
}

impl Requires for Determine {
    fn requires(&self) -> Capability {
        Capability::Counsel
    }
}

/// Why a recommendation or determination was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionRefused {
    /// There is nothing to decide on.
    #[error("no version of the four-factor assessment has been written; write one first")]
    NothingWritten,
    /// A newer version exists.
    #[error("version {given} is not the newest, {newest}; read that one and decide on it")]
    Outdated {
        /// The version given.
        given: u32,
        /// The newest.
        newest: u32,
    },
    /// Factors without reasoning.
    #[error("no reasoning for {}; all four are mandatory (45 CFR 164.402(2))", list(.0))]
    Unreasoned(Vec<FactorKind>),
    /// No reason was given.
    #[error("a recommendation says why")]
    NoReason,
}

fn list(factors: &[FactorKind]) -> String {
    factors.iter().map(|factor| factor.as_str()).collect::<Vec<_>>().join(", ")
}

impl FourFactorRecord {
    /// All versions, oldest first.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// All recommendations, oldest first.
    #[must_use]
    pub fn recommendations(&self) -> &[Recommendation] {
        &self.recommendations
    }

    /// All determinations, oldest first.
    #[must_use]
    pub fn determinations(&self) -> &[Determined] {
        &self.determinations
    }

    /// The determination in force: the last one, as long as it was made on the newest version. New facts in a newer
    /// version bring the presumption back until the attorney signs again.
    #[must_use]
    pub fn in_force(&self) -> Option<&Determined> {
        let newest = self.versions.last()?.number;
        self.determinations.last().filter(|determined| determined.version == newest)
    }

    /// Adds a version.
    #[must_use]
    pub fn prepare(mut self, request: Authorised<Prepare>, at: Timestamp) -> Self {
        let (actor, Prepare { factors }) = request.into_parts();
        let number = self.versions.last().map_or(1, |last| last.number.saturating_add(1));
        self.versions.push(Version { number, by: actor.id, at, factors });
        self
    }

    /// Adds a recommendation on the newest version.
    ///
    /// # Errors
    /// [`DecisionRefused`] where there is no version or no reason.
    pub fn recommend(
        mut self,
        request: Authorised<Recommend>,
        at: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        let (actor, Recommend { probability, because }) = request.into_parts();
        let version = self.versions.last().ok_or(DecisionRefused::NothingWritten)?.number;
        if because.trim().is_empty() {
            return Err(DecisionRefused::NoReason);
        }
        self.recommendations.push(Recommendation { version, probability, because, by: actor.id, at });
        Ok(self)
    }

    /// Signs the newest version.
    ///
    /// # Errors
    /// [`DecisionRefused`] where there is none, where it is not the newest, or where a factor has no reasoning.
    pub fn determine(
        mut self,
        request: Authorised<Determine>,
        at: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        let (actor, Determine { version, probability }) = request.into_parts();
        let newest = self.versions.last().ok_or(DecisionRefused::NothingWritten)?;
        if newest.number != version {
            return Err(DecisionRefused::Outdated { given: version, newest: newest.number });
        }
        let unreasoned = newest.factors.unreasoned();
        if !unreasoned.is_empty() {
            return Err(DecisionRefused::Unreasoned(unreasoned));
        }
        self.determinations.push(Determined { version, probability, by: actor.id, name: actor.name, at });
        Ok(self)
    }

    /// The member `/event/risk_assessment` of the facts: what is in force, or the newest version unsigned.
    #[must_use]
    pub fn facts(&self, zone: &TimeZone) -> Option<RiskAssessment> {
        let factors = &self.versions.last()?.factors;
        let text = |kind| Some(factors.get(kind).reasoning.trim().to_owned()).filter(|text| !text.is_empty());
        let signed = self.in_force();
        Some(RiskAssessment {
            nature_of_phi: text(FactorKind::NatureOfPhi),
            unauthorized_person: text(FactorKind::UnauthorizedPerson),
            acquired_or_viewed: text(FactorKind::AcquiredOrViewed),
            mitigation: text(FactorKind::Mitigation),
            probability: signed.map(|signed| signed.probability),
            decided_by: signed.map(|signed| signed.name.clone()),
            decided_on: signed.map(|signed| Day::at(signed.at, zone)),
        })
    }
}

words! {
    /// A condition of an exception or a safe harbour.
    ConditionKind {
        /// In good faith.
        GoodFaith = "good_faith",
        /// Within the scope of authority, or between persons authorised at the same entity.
        WithinAuthority = "within_authority",
        /// Not used or disclosed further.
        NotFurtherDisclosed = "not_further_disclosed",
        /// The recipient could not have kept it.
        NotRetainable = "not_retainable",
        /// The method meets the HHS guidance.
        MeetsGuidance = "meets_guidance",
        /// The key was not compromised.
        KeySafe = "key_safe",
        /// The data were not decrypted, mounted or open when it happened.
        ClosedAtTheTime = "closed_at_the_time",
    }
}

/// A condition as somebody states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachStated)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// Which condition.
    pub condition: ConditionKind,
    /// Whether it is met; `None` is not known.
    pub met: Option<bool>,
    /// Why, in words.
    pub because: String,
    /// What that rests on.
    pub grounds: Vec<Ground>,
    /// Who states it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// The last word on a condition; earlier statements stay in the list.
fn last(stated: &[Stated], condition: ConditionKind) -> Option<bool> {
    stated.iter().rev().find(|each| each.condition == condition).and_then(|each| each.met)
}

/// The conditions of an exception of 45 CFR 164.402(1), in order.
#[must_use]
pub const fn conditions_of(kind: ExceptionKind) -> &'static [ConditionKind] {
    match kind {
        ExceptionKind::GoodFaithWorkforce | ExceptionKind::InadvertentInternal => {
            &[ConditionKind::GoodFaith, ConditionKind::WithinAuthority, ConditionKind::NotFurtherDisclosed]
        }
        ExceptionKind::NotRetained => &[ConditionKind::GoodFaith, ConditionKind::NotRetainable],
    }
}

/// The conditions of a safe harbour; none where the method is no safe harbour.
#[must_use]
pub const fn conditions_of_safe_harbour(method: ProtectionMethod) -> &'static [ConditionKind] {
    match method {
        ProtectionMethod::Encryption => {
            &[ConditionKind::MeetsGuidance, ConditionKind::KeySafe, ConditionKind::ClosedAtTheTime]
        }
        ProtectionMethod::Destruction => &[ConditionKind::MeetsGuidance],
        ProtectionMethod::Redaction | ProtectionMethod::None => &[],
    }
}

/// The member `/event/exception` of the facts, from the statements.
#[must_use]
pub fn exception_from(kind: ExceptionKind, stated: &[Stated]) -> Exception {
    Exception {
        kind,
        good_faith: last(stated, ConditionKind::GoodFaith),
        within_authority: last(stated, ConditionKind::WithinAuthority),
        further_disclosure: last(stated, ConditionKind::NotFurtherDisclosed).map(|met| !met),
        could_retain: last(stated, ConditionKind::NotRetainable).map(|met| !met),
    }
}

/// The member `/event/protection` of the facts, from the statements.
#[must_use]
pub fn protection_from(method: ProtectionMethod, stated: &[Stated]) -> Protection {
    Protection {
        method,
        meets_hhs_guidance: last(stated, ConditionKind::MeetsGuidance),
        key_compromised: last(stated, ConditionKind::KeySafe).map(|met| !met),
        open_at_the_time: last(stated, ConditionKind::ClosedAtTheTime).map(|met| !met),
    }
}
