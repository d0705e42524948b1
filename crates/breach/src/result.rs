//! What an assessment says, in the contract's own shape: these types serialise to the `Result` of
//! `tourniquet breach assess`.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use crate::determination::Determination;
use crate::{state::State, words::words};

words! {
    /// A duty.
    #[schema(as = BreachDuty)]
    Duty {
        /// Letters, 45 CFR 164.404.
        IndividualNotice = "individual_notice",
        /// Media, 45 CFR 164.406.
        MediaNotice = "media_notice",
        /// HHS, 500 or more, 45 CFR 164.408(b).
        HhsNotice = "hhs_notice",
        /// HHS, fewer than 500, 45 CFR 164.408(c).
        HhsAnnualReport = "hhs_annual_report",
        /// HHS under Part 2, 500 or more.
        Part2Notice = "part2_notice",
        /// HHS under Part 2, fewer than 500.
        Part2AnnualReport = "part2_annual_report",
        /// Business associate to covered entity, 45 CFR 164.410.
        BaNoticeToCoveredEntity = "ba_notice_to_covered_entity",
        /// Subcontractor to business associate.
        SubcontractorNoticeToBa = "subcontractor_notice_to_ba",
        /// A State's notice to residents.
        StateIndividualNotice = "state_individual_notice",
        /// A State's notice to an agency.
        StateAgencyNotice = "state_agency_notice",
        /// A State's notice by a licensed facility.
        StateFacilityNotice = "state_facility_notice",
        /// Consumer reporting agencies.
        ConsumerReportingAgencyNotice = "consumer_reporting_agency_notice",
        /// FTC.
        FtcNotice = "ftc_notice",
        /// DEA.
        DeaNotice = "dea_notice",
        /// Substitute notice, 45 CFR 164.404(d)(2).
        SubstituteNotice = "substitute_notice",
        /// Next of kin, 45 CFR 164.404(d)(1)(ii).
        NextOfKinNotice = "next_of_kin_notice",
        /// Telephone besides the letter, 45 CFR 164.404(d)(3).
        UrgentTelephoneNotice = "urgent_telephone_notice",
        /// Keeping the file, 45 CFR 164.414(b), 164.530(j).
        RecordRetention = "record_retention",
    }
}

impl Duty {
    /// The duty as a person would say it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::IndividualNotice => "Letters to the affected individuals",
            Self::MediaNotice => "Media notice",
            Self::HhsNotice => "Notice to HHS (500 or more)",
            Self::HhsAnnualReport => "Yearly report to HHS (fewer than 500)",
            Self::Part2Notice => "Part 2 notice to HHS (500 or more)",
            Self::Part2AnnualReport => "Yearly Part 2 report to HHS (fewer than 500)",
            Self::BaNoticeToCoveredEntity => "Business associate's notice to the covered entity",
            Self::SubcontractorNoticeToBa => "Subcontractor's notice to the business associate",
            Self::StateIndividualNotice => "State notice to residents",
            Self::StateAgencyNotice => "State agency notice",
            Self::StateFacilityNotice => "Licensed facility's report",
            Self::ConsumerReportingAgencyNotice => "Notice to the consumer reporting agencies",
            Self::FtcNotice => "Notice to the Federal Trade Commission",
            Self::DeaNotice => "Notice to DEA",
            Self::SubstituteNotice => "Substitute notice",
            Self::NextOfKinNotice => "Letters to next of kin",
            Self::UrgentTelephoneNotice => "Telephone calls, as misuse is imminent",
            Self::RecordRetention => "Keep the breach file",
        }
    }
}

/// Whose law a duty is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Regime {
    /// 45 CFR part 164 subpart D.
    Hipaa,
    /// 42 CFR part 2.
    Part2,
    /// 16 CFR part 318.
    Ftc,
    /// 21 CFR part 1311.
    Dea,
    /// A State's.
    State(State),
}

crate::words::text!(Regime, "BreachRegime", "`hipaa`, `part2`, `ftc`, `dea` or `state:XX`");
crate::words::text!(Instant, "BreachInstant", "An instant (RFC 3339) with the offset of the entity's zone");

impl std::fmt::Display for Regime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hipaa => f.write_str("hipaa"),
            Self::Part2 => f.write_str("part2"),
            Self::Ftc => f.write_str("ftc"),
            Self::Dea => f.write_str("dea"),
            Self::State(state) => write!(f, "state:{state}"),
        }
    }
}

impl Serialize for Regime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Regime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        match text.as_ref() {
            "hipaa" => Ok(Self::Hipaa),
            "part2" => Ok(Self::Part2),
            "ftc" => Ok(Self::Ftc),
            "dea" => Ok(Self::Dea),
            other => other
                .strip_prefix("state:")
                .and_then(|code| code.parse().ok())
                .map(Self::State)
                .ok_or_else(|| serde::de::Error::custom(format!("`{other}` is no regime"))),
        }
    }
}

words! {
    /// How sure the table is.
    #[schema(as = BreachConfidence)]
    Confidence {
        /// The text or the regulator says so.
        Settled = "settled",
        /// A reading; the note says which.
        Interpretation = "interpretation",
        /// Not checked against the text.
        Unverified = "unverified",
    }
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// When the federal clocks start.
    pub discovery: Discovery,
    /// Whether it is a breach.
    pub determination: Determination,
    /// How many people.
    pub counts: Counts,
    /// What is due.
    pub obligations: Vec<Obligation>,
    /// What is not due, and why.
    pub not_due: Vec<NotDue>,
    /// What should be found out.
    pub open_questions: Vec<OpenQuestion>,
    /// The earliest date of all; `None` where nothing has a date.
    pub first_due: Option<FirstDue>,
    /// The last day on which the file must be kept.
    pub retain_until: Date,
    /// The day the law tables were last checked.
    pub law_tables_as_of: Date,
}

/// When the federal clocks start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachDiscovery)]
#[serde(deny_unknown_fields)]
pub struct Discovery {
    /// The day.
    pub on: Date,
    /// The fact that set it.
    pub because: String,
    /// The paragraph.
    pub citation: String,
}

/// How many people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachCounts)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// In all.
    pub total: u64,
    /// By State; `unknown` for people whose State is not known.
    pub by_state: BTreeMap<String, u64>,
    /// Which substitute notice.
    pub substitute_notice: SubstituteSize,
}

words! {
    /// Which substitute notice, 45 CFR 164.404(d)(2).
    SubstituteSize {
        /// None.
        None = "none",
        /// Fewer than 10 people: by other means.
        FewerThan10 = "fewer_than_10",
        /// 10 or more: posting or media, and a toll-free number.
        TenOrMore = "ten_or_more",
    }
}

/// A duty with its date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachObligation)]
#[serde(deny_unknown_fields)]
pub struct Obligation {
    /// The duty.
    pub duty: Duty,
    /// Whose law.
    pub regime: Regime,
    /// The State or territory it belongs to.
    pub jurisdiction: Option<State>,
    /// Who is told.
    pub recipient: String,
    /// The last lawful day; `None` where the law names no number of days.
    pub due: Option<Date>,
    /// The instant, where a statute counts hours.
    #[serde(with = "instant")]
    pub due_at: Option<Instant>,
    /// Before law-enforcement holds.
    pub base_due: Option<Date>,
    /// The last day of the hold that applies.
    pub held_until: Option<Date>,
    /// What the law says of the time.
    pub standard: String,
    /// How the date was counted.
    pub arithmetic: String,
    /// Where it stands.
    pub citation: String,
    /// How sure the table is.
    pub confidence: Confidence,
    /// Days late, where what was sent shows it.
    pub late_by_days: Option<i64>,
    /// The act it runs from is not done yet and was taken on its own last lawful day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub projected: bool,
    /// When it was met, as far as the facts say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met_on: Option<Date>,
    /// Which letters (the notice to individuals).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letters: Option<Vec<Letters>>,
    /// Day 90 of the posting (substitute notice).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_through: Option<Date>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An instant with the offset of the entity's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// When.
    pub at: Timestamp,
    /// The zone's offset then.
    pub offset: jiff::tz::Offset,
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.at.display_with_offset(self.offset))
    }
}

mod instant {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Instant;

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Instant>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(instant) => serializer.collect_str(instant),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Instant>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let pieces =
            jiff::fmt::temporal::DateTimeParser::new().parse_pieces(&text).map_err(D::Error::custom)?;
        let offset = pieces.to_numeric_offset().unwrap_or(jiff::tz::Offset::UTC);
        let at = text.parse().map_err(D::Error::custom)?;
        Ok(Some(Instant { at, offset }))
    }
}

/// A batch of letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachLetters)]
#[serde(deny_unknown_fields)]
pub struct Letters {
    /// To whom they are addressed.
    pub to: Addressee,
    /// How many.
    pub count: u64,
    /// How they go.
    pub method: LetterMethod,
}

words! {
    /// To whom a letter is addressed.
    Addressee {
        /// The individual.
        Individual = "individual",
        /// The parent or guardian of a minor.
        ParentOrGuardian = "parent_or_guardian",
        /// A minor who alone consented to the care.
        Minor = "minor",
        /// The next of kin of somebody who has died.
        NextOfKin = "next_of_kin",
        /// A personal representative.
        PersonalRepresentative = "personal_representative",
    }
}

words! {
    /// How a letter goes.
    LetterMethod {
        /// First-class mail.
        FirstClassMail = "first_class_mail",
        /// E-mail, where the individual agreed.
        Email = "email",
    }
}

/// A duty that is not due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachNotDue)]
#[serde(deny_unknown_fields)]
pub struct NotDue {
    /// The duty.
    pub duty: Duty,
    /// Whose law.
    pub regime: Regime,
    /// The State or territory.
    pub jurisdiction: Option<State>,
    /// Why not.
    pub reason: String,
    /// Where that stands.
    pub citation: String,
    /// What is advisable all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// A fact that is absent and would decide something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachOpenQuestion)]
#[serde(deny_unknown_fields)]
pub struct OpenQuestion {
    /// Its JSON pointer.
    pub fact: String,
    /// What hangs on it.
    pub why: String,
    /// What was assumed meanwhile.
    pub assumed: String,
}

/// The earliest date of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachFirstDue)]
#[serde(deny_unknown_fields)]
pub struct FirstDue {
    /// The day.
    pub on: Date,
    /// The duty.
    pub duty: Duty,
    /// Whose law.
    pub regime: Regime,
    /// The State or territory.
    pub jurisdiction: Option<State>,
}

/// What makes two obligations of two assessments the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachObligationKey)]
#[serde(deny_unknown_fields)]
pub struct ObligationKey {
    /// The duty.
    pub duty: Duty,
    /// Whose law.
    pub regime: Regime,
    /// The State or territory.
    pub jurisdiction: Option<State>,
    /// Who is told.
    pub recipient: String,
}

impl Obligation {
    /// What makes it the same in another assessment.
    #[must_use]
    pub fn key(&self) -> ObligationKey {
        ObligationKey {
            duty: self.duty,
            regime: self.regime,
            jurisdiction: self.jurisdiction,
            recipient: self.recipient.clone(),
        }
    }
}
