//! The law as data. A rule is a typed expression: when a duty arises, which clock it runs on, what a law-enforcement
//! statement does to that clock, between which dates it is in force, and what becomes of it where HIPAA already covers
//! the data. The rules live in `content/law`, one file per jurisdiction, and are compiled into the program; reading
//! and validating them happens once ([`Law::embedded`]). How to amend a rule is told in `docs/law.md`.

mod embedded;
mod rule;
mod validate;

use std::{collections::BTreeMap, sync::OnceLock};

use jiff::civil::Date;
use serde::Deserialize;

pub use self::{
    rule::{
        After, Alongside, Anchor, Clock, Condition, Contract, Count, HoldRule, Hours, NextDay, Order, Resume,
        ResumeAfter, Threshold, YearEnd,
    },
    validate::LawError,
};
use crate::{
    day::{BusinessDays, Holiday},
    facts::{DataKind, Element, EventKind, Facts},
    result::{Confidence, Duty, Regime},
    state::State,
    words::words,
    worksheet::Form,
};

/// All tables: federal rules, jurisdictions, other duties, the HHS form.
#[derive(Debug)]
pub struct Law {
    /// The day the tables were last checked.
    pub as_of: Date,
    /// How far the checking reached.
    pub checked_to: String,
    /// Federal rules, in order.
    pub federal: Vec<FederalRule>,
    /// Jurisdictions with a breach statute.
    pub jurisdictions: BTreeMap<State, Jurisdiction>,
    /// Duties that the engine does not compute.
    pub other: Vec<OtherDuty>,
    /// The HHS form.
    pub form: Form,
    /// Which elements a statute means by medical or health-insurance information.
    pub groups: BTreeMap<ElementGroup, Vec<Element>>,
    /// Business days.
    pub business: BusinessDays,
}

/// The texts of the tables, as they lie in `content/law`.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// `tables.toml`.
    pub tables: &'a str,
    /// `federal.toml`.
    pub federal: &'a str,
    /// `other.toml`.
    pub other: &'a str,
    /// `hhs-form.toml`.
    pub form: &'a str,
    /// `states/XX.toml`: file name and text.
    pub states: &'a [(&'a str, &'a str)],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tables {
    pub(crate) as_of: Date,
    pub(crate) checked_to: String,
    #[serde(rename = "holiday")]
    pub(crate) holidays: Vec<Holiday>,
    pub(crate) groups: BTreeMap<ElementGroup, Vec<Element>>,
}

words! {
    /// A group of elements that statutes name together.
    ElementGroup {
        /// Medical information.
        Medical = "medical",
        /// Health-insurance information.
        HealthInsurance = "health_insurance",
    }
}

words! {
    /// How a jurisdiction's file was checked.
    Checked {
        /// The statute's text was read.
        PrimaryText = "primary_text",
        /// The regulator's page was read.
        OfficialAgency = "official_agency",
        /// A law firm's or derived chart was read.
        Secondary = "secondary",
        /// Not checked.
        Knowledge = "knowledge",
    }
}

words! {
    /// Why access to data counts as a breach in a State.
    BreachEvent {
        /// Access.
        Access = "access",
        /// Acquisition.
        Acquisition = "acquisition",
        /// Both are needed.
        AccessAndAcquisition = "access_and_acquisition",
        /// Use.
        Use = "use",
    }
}

/// One State's or territory's law.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    /// Its code.
    pub code: State,
    /// Its name.
    pub name: String,
    /// The statute.
    pub statute: String,
    /// How it was checked.
    pub checked: Checked,
    /// Where it was read.
    pub sources: Vec<String>,
    /// Whether paper records are covered.
    pub paper: bool,
    /// What counts as a breach.
    pub event: Vec<BreachEvent>,
    /// Days a vendor has to tell the data's owner.
    pub vendor_days: Option<u16>,
    /// What a reader should know.
    pub note: Option<String>,
    /// What HIPAA changes.
    pub hipaa: HipaaClause,
    /// The State's own no-harm exception.
    pub harm_test: Option<HarmTest>,
    /// What counts as personal information, and since when.
    pub personal_information: Vec<PersonalInformation>,
    /// The rules; notice to individuals first, as others run from it.
    #[serde(rename = "rule")]
    pub rules: Vec<StateRule>,
}

/// A State's clause on entities under HIPAA.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HipaaClause {
    /// How far it reaches.
    pub mode: ExemptionMode,
    /// On what condition.
    pub condition: ExemptionCondition,
    /// Where it stands.
    pub citation: String,
    /// What it says, in our words.
    pub text: String,
    /// Where readings differ.
    pub counsel: Option<String>,
}

words! {
    /// How far a State's HIPAA clause reaches.
    ExemptionMode {
        /// Neither individual nor agency notice is owed separately.
        Full = "full",
        /// The HIPAA letter is enough for individuals; agencies are still told.
        IndividualNoticeOnly = "individual_notice_only",
        /// Only the letter's content is deemed enough.
        ContentOnly = "content_only",
        /// For part of the data only.
        Partial = "partial",
        /// No clause.
        None = "none",
    }
}

words! {
    /// On what the clause depends.
    ExemptionCondition {
        /// Being subject to HIPAA is enough.
        Subject = "subject",
        /// The entity complies with HIPAA: a late letter loses it.
        Complies = "complies",
        /// The entity notifies under HIPAA: without a timely letter it is lost.
        Notifies = "notifies",
        /// There is no clause.
        None = "none",
    }
}

/// A State's own no-harm exception; shown, never applied by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmTest {
    /// The test.
    pub test: String,
    /// How many years the record of it is kept.
    pub keep_years: Option<u8>,
}

/// What counts as personal information between two dates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalInformation {
    /// Elements by name.
    pub elements: Vec<Element>,
    /// Groups of elements.
    #[serde(default)]
    pub groups: Vec<ElementGroup>,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
}

/// A rule of a State.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRule {
    /// Its name in the tables.
    pub id: String,
    /// The duty.
    pub duty: Duty,
    /// Who is told.
    pub recipient: String,
    /// When it arises.
    pub when: Condition,
    /// Its clock.
    pub clock: Clock,
    /// What becomes of it where HIPAA covers the data.
    pub phi: UnderHipaa,
    /// Arises whether or not the State's personal information or medium is involved.
    #[serde(default)]
    pub always: bool,
    /// Its law-enforcement provision; without one a statement does not move it.
    pub hold: Option<HoldRule>,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
    /// Which day decides whether it is in force.
    #[serde(default)]
    pub judged_by: JudgedBy,
    /// What the law says of the time, in words.
    pub standard: String,
    /// Where it stands.
    pub citation: String,
    /// How sure the table is.
    pub confidence: Confidence,
    /// Where readings differ.
    pub note: Option<String>,
    /// What the agency asks for besides the event's particulars.
    #[serde(default)]
    pub asks: Vec<String>,
}

/// A federal rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederalRule {
    /// Its name in the tables.
    pub id: String,
    /// Whose rule it is.
    pub regime: Regime,
    /// The duty.
    pub duty: Duty,
    /// Who is told.
    pub recipient: String,
    /// Asked once for every State or territory.
    #[serde(default)]
    pub per_jurisdiction: bool,
    /// When it arises.
    pub when: Condition,
    /// Its clock.
    pub clock: Clock,
    /// What a statement under 164.412 does to it.
    pub hold: Option<HoldRule>,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
    /// What the law says of the time, in words.
    pub standard: String,
    /// Where it stands.
    pub citation: String,
    /// How sure the table is.
    pub confidence: Confidence,
    /// Where it was read.
    pub source: String,
    /// Where readings differ.
    pub note: Option<String>,
}

words! {
    /// Which day decides whether a rule is in force.
    #[derive(Default)]
    JudgedBy {
        /// The day of discovery.
        #[default]
        Discovery = "discovery",
        /// The day of the determination.
        Determination = "determination",
    }
}

words! {
    /// What becomes of a State rule where the data are PHI of an entity under HIPAA that keeps to it.
    UnderHipaa {
        /// It stands beside HIPAA.
        Stands = "stands",
        /// Keeping to HIPAA satisfies it.
        Satisfied = "satisfied",
        /// Satisfied too, but a copy is advisable.
        Advised = "advised",
        /// Satisfied where the State's information involved is medical or health-insurance information only.
        HealthOnly = "health_only",
        /// Takes the place of another rule for the same recipient.
        Only = "only",
        /// Exists for entities under HIPAA, besides the general rules.
        Also = "also",
    }
}

/// A duty or call that the engine does not compute.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherDuty {
    /// Its name in the tables.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whom it concerns.
    pub who: String,
    /// What it asks.
    pub what: String,
    /// By when.
    pub limit: String,
    /// Where it stands.
    pub citation: String,
    /// The kinds of event it is for; all where empty.
    #[serde(default)]
    pub kinds: Vec<EventKind>,
    /// The data it is for; all where empty.
    #[serde(default)]
    pub data: Vec<DataKind>,
    /// The States whose entities it is for; all where empty.
    #[serde(default)]
    pub states: Vec<State>,
    /// Whether it binds.
    pub status: OtherStatus,
    /// How sure the table is.
    pub confidence: Confidence,
}

words! {
    /// Whether another duty binds.
    OtherStatus {
        /// Law in force.
        InForce = "in_force",
        /// Proposed only: not law.
        Proposed = "proposed",
        /// A call that may be made.
        Voluntary = "voluntary",
        /// By contract.
        Contract = "contract",
    }
}

impl Law {
    /// The tables compiled into the program; read and validated at the first call.
    ///
    /// # Errors
    /// [`LawError`] where a table does not parse or does not hold together; a test keeps that from being released.
    pub fn embedded() -> Result<&'static Self, LawError> {
        static LAW: OnceLock<Result<Law, LawError>> = OnceLock::new();
        LAW.get_or_init(|| Self::read(&embedded::SOURCES)).as_ref().map_err(Clone::clone)
    }

    /// Reads and validates tables from their texts.
    ///
    /// # Errors
    /// [`LawError`] naming the file, and the rule where it is one.
    pub fn read(sources: &Sources<'_>) -> Result<Self, LawError> {
        validate::law(sources)
    }
}

impl OtherDuty {
    /// Whether it may concern this event.
    #[must_use]
    pub fn concerns(&self, facts: &Facts) -> bool {
        let event = &facts.event;
        (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && (self.data.is_empty() || self.data.iter().any(|&kind| event.has(kind)))
            && (self.states.is_empty() || self.states.contains(&facts.entity.state))
    }
}

impl Jurisdiction {
    /// The elements that are this State's personal information on the day, and whether only medical or
    /// health-insurance information is among them. `None` where the tables do not reach back that far.
    pub(crate) fn personal_information(
        &self,
        on: Date,
        groups: &BTreeMap<ElementGroup, Vec<Element>>,
        involved: Option<&[Element]>,
    ) -> Option<Hits> {
        let in_force = self.personal_information.iter().find(|each| covers(each.from, each.until, on))?;
        let health: Vec<Element> =
            in_force.groups.iter().filter_map(|group| groups.get(group)).flatten().copied().collect();
        let Some(involved) = involved else {
            return Some(Hits { elements: in_force.elements.clone(), health_only: false });
        };
        let elements: Vec<_> = involved
            .iter()
            .copied()
            .filter(|element| health.contains(element) || in_force.elements.contains(element))
            .collect();
        let health_only = elements.iter().all(|element| health.contains(element));
        Some(Hits { elements, health_only })
    }
}

/// The elements involved that are a State's personal information.
#[derive(Debug, Clone)]
pub(crate) struct Hits {
    pub(crate) elements: Vec<Element>,
    pub(crate) health_only: bool,
}

/// Whether `on` lies between the two dates, the second excluded.
pub(crate) fn covers(from: Date, until: Option<Date>, on: Date) -> bool {
    from <= on && until.is_none_or(|until| on < until)
}
