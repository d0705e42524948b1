//! The facts of one event, as the people who were there can state them. Reading is strict: an unknown member, a word
//! outside the vocabulary or a contradiction is refused with the JSON pointer at fault. What is merely absent stays
//! absent here; the assessment turns it into an open question and computes the cautious reading.

mod consistency;
mod json;
mod parse;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::{day::Day, discovery::Discovered, state::State, words::words};

words! {
    /// What the entity is under 45 CFR 160.103.
    EntityKind {
        /// A health care provider, plan or clearinghouse under HIPAA.
        CoveredEntity = "covered_entity",
        /// Somebody who handles PHI for a covered entity, or for another business associate.
        BusinessAssociate = "business_associate",
        /// Neither, for instance the maker of a consumer health app.
        Neither = "neither",
    }
}

words! {
    /// What happened.
    EventKind {
        /// Files encrypted for ransom.
        Ransomware = "ransomware",
        /// Another intrusion.
        Hacking = "hacking",
        /// A mailbox taken over.
        BusinessEmailCompromise = "business_email_compromise",
        /// Something stolen.
        Theft = "theft",
        /// Something lost.
        Loss = "loss",
        /// Somebody inside looked at what they had no reason to.
        Snooping = "snooping",
        /// Sent to the wrong person.
        Misdirected = "misdirected",
        /// Thrown away without being destroyed.
        ImproperDisposal = "improper_disposal",
        /// Another access or disclosure without permission.
        UnauthorizedAccess = "unauthorized_access",
        /// It happened at a vendor.
        VendorBreach = "vendor_breach",
        /// Electronic prescribing of controlled substances was compromised.
        EpcsCompromise = "epcs_compromise",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Whose data they are, by the law that protects them.
    DataKind {
        /// Protected health information.
        Phi = "phi",
        /// Records of a federally assisted substance use disorder program, 42 CFR part 2.
        Part2 = "part2",
        /// Employment records held as employer; not PHI.
        Employee = "employee",
        /// Payment card data.
        PaymentCard = "payment_card",
        /// Personal health records under the FTC rule, 16 CFR part 318.
        Phr = "phr",
        /// No personal data.
        None = "none",
    }
}

words! {
    /// The medium of the data.
    Medium {
        /// Electronic.
        Electronic = "electronic",
        /// Paper or film.
        Paper = "paper",
        /// Spoken.
        Oral = "oral",
    }
}

words! {
    /// How the data were protected.
    ProtectionMethod {
        /// Encrypted.
        Encryption = "encryption",
        /// Destroyed.
        Destruction = "destruction",
        /// Blacked out; not destruction under the HHS guidance.
        Redaction = "redaction",
        /// Not protected.
        None = "none",
    }
}

words! {
    /// An exception of 45 CFR 164.402(1).
    ExceptionKind {
        /// (i): acquisition in good faith by the workforce, within authority.
        GoodFaithWorkforce = "good_faith_workforce",
        /// (ii): inadvertent disclosure between authorised persons of the same entity.
        InadvertentInternal = "inadvertent_internal",
        /// (iii): the recipient could not have kept it.
        NotRetained = "not_retained",
    }
}

words! {
    /// What a four-factor assessment found.
    Probability {
        /// A low probability that the information was compromised.
        Low = "low",
        /// More than a low probability.
        MoreThanLow = "more_than_low",
    }
}

words! {
    /// A business associate's standing under the federal common law of agency.
    AssociateRole {
        /// An independent contractor: the entity's clock starts when it is told.
        Independent = "independent",
        /// An agent: its discovery is the entity's.
        Agent = "agent",
    }
}

words! {
    /// The form of a law-enforcement statement, 45 CFR 164.412.
    HoldForm {
        /// Spoken: 30 days at most.
        Oral = "oral",
        /// In writing: for the time it states.
        Written = "written",
    }
}

words! {
    /// A kind of data element.
    Element {
        /// Name.
        Name = "name",
        /// Address or ZIP code.
        Address = "address",
        /// Date of birth.
        Dob = "dob",
        /// Social Security number.
        Ssn = "ssn",
        /// Driver's licence or State identity card.
        DriversLicense = "drivers_license",
        /// Passport number.
        Passport = "passport",
        /// Bank account number.
        AccountNumber = "account_number",
        /// Payment card number.
        CardNumber = "card_number",
        /// Biometric data.
        Biometric = "biometric",
        /// Medical record number.
        MedicalRecordNumber = "medical_record_number",
        /// Diagnosis.
        Diagnosis = "diagnosis",
        /// Treatment.
        Treatment = "treatment",
        /// Medication.
        Medication = "medication",
        /// Laboratory result.
        LabResult = "lab_result",
        /// Health insurance number or policy.
        HealthInsurance = "health_insurance",
        /// Claim.
        Claim = "claim",
        /// User name or e-mail address with password.
        OnlineCredentials = "online_credentials",
        /// Something else.
        Other = "other",
    }
}

/// The facts of one event. [`Facts::from_json`] and [`Facts::from_value`] are the ways to one.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachFacts)]
pub struct Facts {
    /// Who is asked.
    pub entity: Entity,
    /// What happened.
    pub event: Event,
    /// Who knew what when.
    pub knowledge: Knowledge,
    /// Present where the breach happened at a business associate or below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_associate: Option<Associate>,
    /// Statements of law enforcement, 45 CFR 164.412.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub law_enforcement_holds: Vec<Hold>,
    /// Who is affected.
    pub individuals: Individuals,
    /// What has been done.
    pub sent: Sent,
    /// The discovery that the facts amount to.
    #[serde(skip)]
    pub(crate) discovered: Discovered,
}

/// Who is asked.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachEntity)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    pub state: State,
    /// Its time zone, which turns instants into civil dates.
    #[serde(serialize_with = "zone_name")]
    #[schema(value_type = String)]
    pub time_zone: TimeZone,
    /// Licensed by its State as a facility (California: CDPH).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_licensed_facility: Option<bool>,
    /// A federally assisted program under 42 CFR part 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part2_program: Option<bool>,
    /// Registered with the DEA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dea_registrant: Option<bool>,
    /// A vendor of personal health records under the FTC rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phr_vendor: Option<bool>,
}

fn zone_name<S: serde::Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
}

/// What happened.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachEvent)]
pub struct Event {
    /// The kind of event.
    pub kind: EventKind,
    /// Which data; at least one, and `none` alone.
    pub data: Vec<DataKind>,
    /// Permitted by subpart E of 45 CFR part 164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permitted_use: Option<bool>,
    /// The medium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// How the data were protected; absent is unsecured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// The exception relied on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<Exception>,
    /// The four-factor assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk_assessment: Option<RiskAssessment>,
}

impl Event {
    /// Whether the data are (also) of this kind.
    #[must_use]
    pub fn has(&self, kind: DataKind) -> bool {
        self.data.contains(&kind)
    }
}

/// How the data were protected (74 FR 19006, reissued 74 FR 42741).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachProtection)]
pub struct Protection {
    /// The method.
    pub method: ProtectionMethod,
    /// To the HHS guidance: NIST SP 800-111 at rest, FIPS 140 in motion, SP 800-88 for destruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meets_hhs_guidance: Option<bool>,
    /// The key went along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_compromised: Option<bool>,
    /// Decrypted, mounted or in a logged-in session when it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_at_the_time: Option<bool>,
}

/// An exception of 45 CFR 164.402(1) with its conditions, each stated or not.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachException)]
pub struct Exception {
    /// Which one.
    pub kind: ExceptionKind,
    /// In good faith.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub good_faith: Option<bool>,
    /// Within the scope of authority; for (ii), between persons authorised at the same entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_authority: Option<bool>,
    /// Used or disclosed further without permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub further_disclosure: Option<bool>,
    /// The recipient could have kept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub could_retain: Option<bool>,
}

/// A four-factor assessment, 45 CFR 164.402(2)(i)-(iv).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachRiskAssessment)]
pub struct RiskAssessment {
    /// (i): nature and extent of the PHI, identifiers, likelihood of re-identification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nature_of_phi: Option<String>,
    /// (ii): who used it or to whom it was disclosed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unauthorized_person: Option<String>,
    /// (iii): whether it was actually acquired or viewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquired_or_viewed: Option<String>,
    /// (iv): how far the risk has been mitigated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mitigation: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<Probability>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Day>,
}

/// Who knew what when.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
#[schema(as = BreachKnowledge)]
pub struct Knowledge {
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_on: Option<Day>,
    /// When the entity knew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_on: Option<Day>,
    /// When any workforce member, volunteer or trainee knew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workforce_known_on: Option<Day>,
    /// When the person who committed it knew: never counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrongdoer_known_on: Option<Day>,
    /// When reasonable diligence would have shown it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diligence_on: Option<Day>,
    /// When an agent other than a business associate knew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_known_on: Option<Day>,
    /// When it was determined to be a breach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determined_on: Option<Day>,
}

/// The business associate at which, or below which, it happened.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachAssociate)]
pub struct Associate {
    /// Agent or independent contractor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<AssociateRole>,
    /// When the associate discovered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovered_on: Option<Day>,
    /// When its notice reached the entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_reached_entity_on: Option<Day>,
    /// The contract's own limit, in calendar days from the associate's discovery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_days: Option<u16>,
    /// When a subcontractor discovered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subcontractor_discovered_on: Option<Day>,
    /// When the subcontractor told the associate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subcontractor_told_ba_on: Option<Day>,
}

impl Associate {
    /// The associate's discovery: its own, or its subcontractor's word, whichever came first.
    #[must_use]
    pub fn discovery(&self) -> Option<Day> {
        [self.discovered_on, self.subcontractor_told_ba_on].into_iter().flatten().min_by_key(|day| day.date)
    }
}

/// A statement of law enforcement that notice would impede an investigation or damage national security.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = BreachHold)]
pub struct Hold {
    /// Spoken or written.
    pub form: HoldForm,
    /// The day of the statement.
    pub stated_on: Day,
    /// The last day of the time it states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

/// Who is affected. `None` is not known; zero is known to be none.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
#[schema(as = BreachIndividuals)]
pub struct Individuals {
    /// Residents at the time of notice, by State.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_state: Option<ByState>,
    /// Which elements were involved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elements: Option<Vec<Element>>,
    /// Living people whose letters came back or whose address is out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undeliverable_addresses: Option<u64>,
    /// The dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deceased: Option<Deceased>,
    /// Minors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minors: Option<u64>,
    /// Minors who alone consented to the care, 45 CFR 164.502(g)(3)(i).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minors_consented_alone: Option<u64>,
    /// People who agreed to e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_agreed: Option<u64>,
    /// Misuse is imminent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imminent_misuse: Option<bool>,
}

impl Individuals {
    /// All people, those of unknown residence among them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_state.as_ref().map_or(0, ByState::total)
    }
}

/// Residents by State.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByState {
    /// Known residences.
    pub states: BTreeMap<State, u64>,
    /// People whose State is not known.
    pub unknown: Option<u64>,
}

impl ByState {
    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.states.values().sum::<u64>() + self.unknown.unwrap_or(0)
    }
}

impl utoipa::PartialSchema for ByState {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <BTreeMap<String, u64> as utoipa::PartialSchema>::schema()
    }
}

impl utoipa::ToSchema for ByState {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("BreachByState")
    }
}

impl Serialize for ByState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = self.states.iter().map(|(state, &count)| (state.code(), count));
        serializer.collect_map(known.chain(self.unknown.map(|count| ("unknown", count))))
    }
}

/// The dead.
#[derive(Debug, Clone, Copy, Default, Serialize, utoipa::ToSchema)]
#[schema(as = BreachDeceased)]
pub struct Deceased {
    /// The address of the next of kin or personal representative is known.
    pub kin_address_known: u64,
    /// It is not known.
    pub kin_address_unknown: u64,
    /// Dead for over 50 years: not PHI, and not among the people counted by State.
    pub over_50_years: u64,
}

/// What has been done.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
#[schema(as = BreachSent)]
pub struct Sent {
    /// The letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub individuals_on: Option<Day>,
    /// The notice to HHS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hhs_on: Option<Day>,
    /// The media notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_on: Option<Day>,
    /// The substitute notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute_posted_on: Option<Day>,
    /// The yearly report of a small breach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_breach_report_on: Option<Day>,
}

/// Facts that cannot be read or contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", if pointer.is_empty() { "/" } else { pointer })]
pub struct FactsError {
    /// The JSON pointer (RFC 6901) at fault; empty for the document itself.
    pub pointer: String,
    /// What is wrong, in one line.
    pub what: String,
}

impl FactsError {
    pub(crate) fn at(pointer: impl Into<String>, what: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), what: what.into() }
    }
}

impl Facts {
    /// Reads the facts from JSON text of at most one mebibyte.
    ///
    /// # Errors
    /// [`FactsError`] where the text is no JSON, has a member twice, or says what [`Facts::from_value`] refuses.
    pub fn from_json(text: &[u8]) -> Result<Self, FactsError> {
        Self::from_value(&json::read(text)?)
    }

    /// Reads the facts from a JSON value.
    ///
    /// # Errors
    /// [`FactsError`] with the pointer of the unknown or missing member, the word that is not in its vocabulary, the
    /// value of the wrong type, or the fact that contradicts another.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, FactsError> {
        let facts = parse::facts(value)?;
        consistency::check(&facts)?;
        Ok(facts)
    }
}
