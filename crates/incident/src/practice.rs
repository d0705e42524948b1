//! The practice profile: what the practice is made of, who is called, what stops when a system is taken down, and
//! what its plan allows beforehand. It is the one input that an incident needs besides its own events. Counts only:
//! a schedule entry says how many visits an hour holds, never whose.

mod check;
mod impact;
mod schedule;

use jiff::civil::Date;
use kernel::{PersonId, Role, Severity, SystemName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use check::{Invalid, Problem};
pub use impact::{Impact, ServiceImpact};
pub use schedule::{HourLoad, Load, Schedule, ScheduledDay, UsualDay};

use crate::{ContainmentKind, IncidentKind, Party, word::words};

/// A medical practice, as its profile describes it.
///
/// Read it with serde (TOML or JSON), then call [`Practice::validated`]: the functions below take a profile whose
/// references hold, and treat one that does not hold as absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    /// Its name.
    pub name: String,
    /// The State it is in, as two letters.
    pub state: String,
    /// IANA name of its time zone, such as `America/New_York`.
    pub time_zone: String,
    /// Places.
    #[serde(default)]
    pub sites: Vec<Site>,
    /// What is done for patients.
    #[serde(default)]
    pub services: Vec<ClinicalService>,
    /// Systems.
    #[serde(default)]
    pub systems: Vec<SystemProfile>,
    /// Accounts worth a word: administrators, shared accounts, service accounts.
    #[serde(default)]
    pub accounts: Vec<AccountProfile>,
    /// People of the practice and of its IT or MDR company.
    #[serde(default)]
    pub people: Vec<Person>,
    /// Its healthcare attorney.
    #[serde(default)]
    pub counsel: Option<Contact>,
    /// Its cyber insurer.
    #[serde(default)]
    pub insurer: Option<Insurer>,
    /// Vendors and business associates.
    #[serde(default)]
    pub vendors: Vec<Vendor>,
    /// How many visits and procedures the hours hold.
    #[serde(default)]
    pub schedule: Schedule,
    /// What the practice agreed to before anything happened.
    #[serde(default)]
    pub plan: Plan,
}

/// A place where the practice works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Short key, such as `main`.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SiteKind,
}

words! {
    /// What a site is. Clinic and surgery centre are two workflows with two records: losing either must show.
    SiteKind, "a kind of site":
    Clinic = "clinic", "clinic";
    SurgeryCentre = "surgery_centre", "surgery center";
    Office = "office", "office";
    DataCentre = "data_centre", "data centre or cloud";
}

/// Something the practice does for patients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClinicalService {
    /// Short key, such as `clinic-visits`.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The site's key.
    pub site: String,
    /// Which workflow it belongs to.
    pub kind: SiteKind,
    /// The paper form or downtime procedure used when no system names a better one.
    #[serde(default)]
    pub downtime: Option<String>,
}

/// A system of the practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemProfile {
    /// Short key, such as `ehr-clinic`.
    pub key: SystemName,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SystemKind,
    /// Host names and other names it goes by in alerts.
    #[serde(default)]
    pub hostnames: Vec<String>,
    /// The site's key.
    #[serde(default)]
    pub site: Option<String>,
    /// Keys of the systems it cannot work without.
    #[serde(default)]
    pub depends_on: Vec<SystemName>,
    /// Whether PHI is on it or reachable through it.
    #[serde(default)]
    pub holds_phi: bool,
    /// Whether it is an electronic health record.
    #[serde(default)]
    pub ehr: bool,
    /// Clinical services that stop without it, each with what to do instead.
    #[serde(default)]
    pub services: Vec<Dependence>,
    /// The vendor's name, where a vendor runs it.
    #[serde(default)]
    pub vendor: Option<String>,
}

words! {
    /// What a system is.
    SystemKind, "a kind of system":
    Ehr = "ehr", "electronic health record";
    Server = "server", "server";
    Workstation = "workstation", "workstation";
    Laptop = "laptop", "laptop";
    Mobile = "mobile", "phone or tablet";
    MedicalDevice = "medical_device", "medical device";
    Imaging = "imaging", "imaging";
    Network = "network", "network equipment";
    Identity = "identity", "identity provider";
    Mail = "mail", "mail";
    FileShare = "file_share", "file share";
    Backup = "backup", "backup";
    Cloud = "cloud", "cloud service";
    Telephony = "telephony", "telephony";
    Other = "other", "other";
}

/// That a clinical service stops without a system, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependence {
    /// The clinical service's key.
    pub service: String,
    /// The paper form or downtime procedure.
    #[serde(default)]
    pub downtime: Option<String>,
}

/// An account worth a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountProfile {
    /// The account, as tools write it.
    pub account: kernel::AccountName,
    /// What it is for.
    pub purpose: String,
    /// Whether it has administrative rights.
    #[serde(default)]
    pub privileged: bool,
    /// Whether it can reach PHI.
    #[serde(default)]
    pub reaches_phi: bool,
    /// Keys of the clinical services that stop when it is disabled.
    #[serde(default)]
    pub services: Vec<String>,
}

/// A person who may be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their id, where they sign in.
    #[serde(default)]
    pub id: Option<PersonId>,
    /// Their name.
    pub name: String,
    /// Their role in an incident.
    pub role: Role,
    /// What they are at the practice or company.
    #[serde(default)]
    pub title: Option<String>,
    /// Telephone.
    #[serde(default)]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<String>,
    /// Who is called first: 1, then 2 …; nobody calls a person without one unless named.
    #[serde(default)]
    pub on_call: Option<u32>,
}

/// A person or firm outside the practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Firm.
    #[serde(default)]
    pub firm: Option<String>,
    /// Telephone.
    #[serde(default)]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<String>,
}

/// The cyber insurer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Insurer {
    /// Name.
    pub name: String,
    /// Number of the policy.
    pub policy_number: String,
    /// Claims or breach hotline.
    #[serde(default)]
    pub hotline: Option<String>,
    /// Hours from knowledge of the incident within which the policy wants notice.
    #[serde(default)]
    pub notice_hours: Option<u32>,
}

/// A vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// Name.
    pub name: String,
    /// What they do for the practice.
    pub what: String,
    /// Whether a business associate agreement is in force.
    #[serde(default)]
    pub baa: bool,
    /// Who to call.
    #[serde(default)]
    pub contact: Option<Contact>,
    /// Calendar days the agreement gives the vendor to report a breach.
    #[serde(default)]
    pub contract_days: Option<u32>,
    /// Domains the vendor's mail and services come from.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Keys of the clinical services that stop when the vendor is disconnected.
    #[serde(default)]
    pub services: Vec<String>,
}

/// What the practice agreed to before anything happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Containment that needs no further approval.
    #[serde(default)]
    pub preapproved: Vec<PreApproval>,
    /// Who is called at which severity.
    #[serde(default)]
    pub engage: Vec<EngageRule>,
    /// What looks bad and is known to be harmless.
    #[serde(default)]
    pub known_benign: Vec<BenignPattern>,
}

/// Containment that the practice approved in its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreApproval {
    /// In these kinds of incident.
    pub incidents: Vec<IncidentKind>,
    /// These measures.
    pub measures: Vec<ContainmentKind>,
    /// On these systems; empty means any.
    #[serde(default)]
    pub systems: Vec<SystemName>,
    /// Who agreed and when.
    #[serde(default)]
    pub agreed: Option<String>,
}

/// Who is called at a severity and above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EngageRule {
    /// From this severity up.
    pub from: Severity,
    /// Whom.
    pub parties: Vec<Party>,
    /// Only in these kinds of incident; empty means any.
    #[serde(default)]
    pub incidents: Vec<IncidentKind>,
}

/// What looks bad and is known to be harmless. Every member that is given has to match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BenignPattern {
    /// Its name, shown in the reasons.
    pub name: String,
    /// What it is.
    pub kind: BenignKind,
    /// Hosts it is seen on.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Accounts it runs as.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Words of the alert's title, any one of them.
    #[serde(default)]
    pub title_contains: Vec<String>,
    /// When, in the practice's time.
    #[serde(default)]
    pub window: Option<Window>,
    /// Alerts above this severity are never dismissed by it.
    #[serde(default = "medium")]
    pub up_to: Severity,
    /// The last day it holds.
    #[serde(default)]
    pub until: Option<Date>,
}

const fn medium() -> Severity {
    Severity::Medium
}

words! {
    /// What a benign pattern is.
    BenignKind, "a kind of benign pattern":
    Scanner = "scanner", "vulnerability scanner";
    PatchWindow = "patch_window", "patch window";
    AdminTool = "admin_tool", "administrators' tool";
    Exercise = "exercise", "announced test or exercise";
    Other = "other", "other";
}

/// A weekly window of hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// On these days; empty means every day.
    #[serde(default)]
    pub weekdays: Vec<Weekday>,
    /// First hour, 0 to 23.
    pub from_hour: i8,
    /// Hour it ends before, 1 to 24; less than or equal to `from_hour` means past midnight.
    pub to_hour: i8,
}

words! {
    /// A day of the week.
    Weekday, "a weekday":
    Monday = "monday", "Monday";
    Tuesday = "tuesday", "Tuesday";
    Wednesday = "wednesday", "Wednesday";
    Thursday = "thursday", "Thursday";
    Friday = "friday", "Friday";
    Saturday = "saturday", "Saturday";
    Sunday = "sunday", "Sunday";
}

impl From<jiff::civil::Weekday> for Weekday {
    fn from(day: jiff::civil::Weekday) -> Self {
        use jiff::civil::Weekday as W;
        match day {
            W::Monday => Self::Monday,
            W::Tuesday => Self::Tuesday,
            W::Wednesday => Self::Wednesday,
            W::Thursday => Self::Thursday,
            W::Friday => Self::Friday,
            W::Saturday => Self::Saturday,
            W::Sunday => Self::Sunday,
        }
    }
}

impl Practice {
    /// A practice of which only the name, the State and the time zone are known.
    #[must_use]
    pub fn named(name: &str, state: &str, time_zone: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: state.to_owned(),
            time_zone: time_zone.to_owned(),
            sites: Vec::new(),
            services: Vec::new(),
            systems: Vec::new(),
            accounts: Vec::new(),
            people: Vec::new(),
            counsel: None,
            insurer: None,
            vendors: Vec::new(),
            schedule: Schedule::default(),
            plan: Plan::default(),
        }
    }

    /// The practice's time zone; UTC where the name is unknown.
    #[must_use]
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// The system with this key.
    #[must_use]
    pub fn system(&self, key: &SystemName) -> Option<&SystemProfile> {
        self.systems.iter().find(|system| system.key == *key)
    }

    /// The system that an alert's host name means: by key, by host name, or by the first label of a full name.
    #[must_use]
    pub fn system_of_host(&self, host: &str) -> Option<&SystemProfile> {
        let host = host.trim();
        let short = host.split('.').next().unwrap_or(host);
        let is = |name: &str| {
            name.eq_ignore_ascii_case(host)
                || (host.parse::<std::net::IpAddr>().is_err()
                    && name.split('.').next().is_some_and(|label| label.eq_ignore_ascii_case(short))
                    && (!name.contains('.') || !host.contains('.')))
        };
        self.systems
            .iter()
            .find(|system| is(system.key.as_str()) || system.hostnames.iter().any(|name| is(name)))
    }

    /// The name that a host goes by in the journal: the profile's key where it is listed, else its own name.
    #[must_use]
    pub fn system_name(&self, host: &str) -> Option<SystemName> {
        self.system_of_host(host).map(|system| system.key.clone()).or_else(|| SystemName::new(host).ok())
    }

    /// The account's profile.
    #[must_use]
    pub fn account(&self, name: &kernel::AccountName) -> Option<&AccountProfile> {
        self.accounts.iter().find(|account| account.account == *name)
    }

    /// The clinical service with this key.
    #[must_use]
    pub fn service(&self, key: &str) -> Option<&ClinicalService> {
        self.services.iter().find(|service| service.key == key)
    }

    /// The vendor of this name.
    #[must_use]
    pub fn vendor(&self, name: &str) -> Option<&Vendor> {
        self.vendors.iter().find(|vendor| vendor.name.eq_ignore_ascii_case(name))
    }

    /// People with this role, those on call first and in their order.
    #[must_use]
    pub fn on_call(&self, role: Role) -> Vec<&Person> {
        let mut people: Vec<_> = self.people.iter().filter(|person| person.role == role).collect();
        people.sort_by_key(|person| person.on_call.unwrap_or(u32::MAX));
        people
    }
}
