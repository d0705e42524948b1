//! What moves through an incident: each system, each account and each indicator. The six phases are a view of how
//! far these are; nobody sets a phase.

use std::collections::BTreeMap;

use kernel::{ActionId, EvidenceId, Indicator, SystemName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Side, stamp::Stamp, word::words};

/// A system in the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct System {
    /// Why it was suspected.
    pub why: String,
    /// When the compromise was confirmed, where it was.
    pub confirmed: Option<Stamp>,
    /// How far it is.
    pub stage: SystemStage,
    /// Eradication work done since it was last suspected.
    pub work: Vec<Work<SystemWork>>,
    /// The restore point chosen.
    pub restore_point: Option<RestorePoint>,
    /// Where its gates stand; one that is absent is open.
    pub gates: BTreeMap<Gate, GateStanding>,
    /// How often the compromise came back.
    pub recurrences: Vec<Recurrence>,
}

impl System {
    /// A system that is suspected from now on.
    pub(crate) fn suspected(why: &str, since: Stamp) -> Self {
        Self {
            why: why.to_owned(),
            confirmed: None,
            stage: SystemStage::Suspected { since },
            work: Vec::new(),
            restore_point: None,
            gates: BTreeMap::new(),
            recurrences: Vec::new(),
        }
    }

    /// Whether it was rebuilt from a known clean source.
    #[must_use]
    pub fn is_rebuilt(&self) -> bool {
        self.did(SystemWork::RebuiltFromCleanSource)
    }

    /// Whether such work was done on it.
    #[must_use]
    pub fn did(&self, kind: SystemWork) -> bool {
        self.work.iter().any(|work| work.kind == kind)
    }

    /// The gates that do not let it pass.
    #[must_use]
    pub fn open_gates(&self) -> Vec<Gate> {
        let passes = |gate: &Gate| self.gates.get(gate).is_some_and(GateStanding::passes);
        Gate::ALL.iter().copied().filter(|gate| !passes(gate)).collect()
    }
}

/// How far a system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum SystemStage {
    /// It may be compromised, and nothing holds it.
    Suspected {
        /// Since when.
        since: Stamp,
    },
    /// A containment action holds it.
    Contained {
        /// Since when.
        since: Stamp,
        /// The action.
        action: ActionId,
    },
    /// The compromise is removed.
    Clean {
        /// Since when.
        since: Stamp,
    },
    /// Its data and programs are back.
    Restored {
        /// Since when.
        since: Stamp,
    },
    /// It works for the practice again.
    InProduction {
        /// Since when.
        since: Stamp,
        /// What is watched, and until when, once that is set.
        watch: Option<Watch>,
    },
    /// Done: nothing came back, or the suspicion was unfounded.
    Cleared {
        /// Since when.
        since: Stamp,
        /// Why.
        why: String,
        /// Whether it had never been compromised.
        unfounded: bool,
    },
    /// Taken out of use for good.
    Retired {
        /// Since when.
        since: Stamp,
        /// Why.
        reason: String,
    },
}

impl SystemStage {
    /// The stage's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Suspected { .. } => "suspected",
            Self::Contained { .. } => "contained",
            Self::Clean { .. } => "clean",
            Self::Restored { .. } => "restored",
            Self::InProduction { .. } => "in_production",
            Self::Cleared { .. } => "cleared",
            Self::Retired { .. } => "retired",
        }
    }

    /// Since when.
    #[must_use]
    pub const fn since(&self) -> &Stamp {
        match self {
            Self::Suspected { since }
            | Self::Contained { since, .. }
            | Self::Clean { since }
            | Self::Restored { since }
            | Self::InProduction { since, .. }
            | Self::Cleared { since, .. }
            | Self::Retired { since, .. } => since,
        }
    }

    /// Whether nothing more has to be done.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Cleared { .. } | Self::Retired { .. })
    }
}

/// The watch on a system that is back in production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Watch {
    /// Until when.
    pub until: Timestamp,
    /// What is watched for.
    pub what: String,
    /// What was seen.
    pub observations: Vec<Observation>,
}

/// What somebody saw while watching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Observation {
    /// Who and when.
    pub stamp: Stamp,
    /// What.
    pub text: String,
    /// Whether nothing bad was seen.
    pub quiet: bool,
}

/// That a compromise came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recurrence {
    /// Who saw it, and when.
    pub stamp: Stamp,
    /// What was seen.
    pub what: String,
}

words! {
    /// Eradication work on a system.
    SystemWork, "eradication work on a system":
    ArtefactRemoved = "artefact_removed", "artefact removed";
    Patched = "patched", "patched";
    AttackPathClosed = "attack_path_closed", "attack path closed";
    CredentialsReplaced = "credentials_replaced", "credentials replaced";
    RebuiltFromCleanSource = "rebuilt_from_clean_source", "rebuilt from a known clean source";
    SweptClean = "swept_clean", "swept, nothing found";
}

words! {
    /// Eradication work on an account.
    AccountWork, "eradication work on an account":
    PasswordReset = "password_reset", "password reset";
    MfaReEnrolled = "mfa_re_enrolled", "MFA re-enrolled";
    SessionsRevoked = "sessions_revoked", "sessions revoked";
    GrantsRemoved = "grants_removed", "application grants and forwarding rules removed";
}

/// A piece of eradication work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Work<K> {
    /// What kind.
    pub kind: K,
    /// What was done.
    pub what: String,
    /// Evidence it rests on.
    pub evidence: Vec<EvidenceId>,
    /// Who and when.
    pub stamp: Stamp,
}

/// A backup to restore from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RestorePoint {
    /// Its name in the backup product.
    pub name: String,
    /// Where it is kept.
    pub source: String,
    /// When the backup was taken.
    pub taken_at: Timestamp,
    /// Who chose it, and when.
    pub chosen: Stamp,
    /// Who verified it, when and how.
    pub verified: Option<(Stamp, String)>,
}

words! {
    /// What has to hold before a system returns to production.
    Gate, "a gate":
    CleanSource = "clean_source", "restored from a verified backup older than the earliest compromise, or rebuilt from a known clean source";
    SweptClean = "swept_clean", "swept clean for every indicator";
    Patched = "patched", "patched against the way in";
    Monitored = "monitored", "monitored";
    SignedByResponder = "signed_by_responder", "signed by a responder";
    SignedByPractice = "signed_by_practice", "signed by the practice";
}

impl Gate {
    /// The gate that this side signs.
    #[must_use]
    pub const fn signature(side: Side) -> Self {
        match side {
            Side::Responder => Self::SignedByResponder,
            Side::Practice => Self::SignedByPractice,
        }
    }

    /// Whether it is a signature.
    #[must_use]
    pub const fn is_signature(self) -> bool {
        matches!(self, Self::SignedByResponder | Self::SignedByPractice)
    }
}

/// Where a gate stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum GateStanding {
    /// It holds.
    Held {
        /// Who found so, and when.
        stamp: Stamp,
        /// How it was established.
        how: String,
        /// Evidence it rests on.
        evidence: Vec<EvidenceId>,
    },
    /// Somebody took it on themselves to do without it.
    Waived {
        /// Who, and when.
        stamp: Stamp,
        /// Why.
        reason: String,
    },
    /// It held, and does not any more.
    Fallen {
        /// When, and by whose entry.
        stamp: Stamp,
        /// Why.
        why: String,
    },
}

impl GateStanding {
    /// Whether the gate lets a system pass.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::Waived { .. })
    }
}

/// An account in the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Why it was suspected.
    pub why: String,
    /// When misuse was confirmed, where it was.
    pub confirmed: Option<Stamp>,
    /// How far it is.
    pub stage: AccountStage,
    /// Work done since it was last suspected.
    pub work: Vec<Work<AccountWork>>,
    /// How often misuse came back.
    pub recurrences: Vec<Recurrence>,
}

/// How far an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum AccountStage {
    /// Somebody else may be using it.
    Suspected {
        /// Since when.
        since: Stamp,
    },
    /// Nobody can use it.
    Disabled {
        /// Since when.
        since: Stamp,
        /// The action.
        action: ActionId,
    },
    /// Its credentials are new.
    CredentialsReset {
        /// Since when.
        since: Stamp,
    },
    /// Its second factor is enrolled anew.
    MfaReEnrolled {
        /// Since when.
        since: Stamp,
    },
    /// Its owner has it back.
    Returned {
        /// Since when.
        since: Stamp,
        /// Why without a second factor, where that was so.
        without_mfa_because: Option<String>,
    },
    /// The suspicion was unfounded.
    Cleared {
        /// Since when.
        since: Stamp,
        /// Why.
        why: String,
    },
    /// Removed for good.
    Retired {
        /// Since when.
        since: Stamp,
        /// Why.
        reason: String,
    },
}

impl AccountStage {
    /// The stage's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Suspected { .. } => "suspected",
            Self::Disabled { .. } => "disabled",
            Self::CredentialsReset { .. } => "credentials_reset",
            Self::MfaReEnrolled { .. } => "mfa_re_enrolled",
            Self::Returned { .. } => "returned",
            Self::Cleared { .. } => "cleared",
            Self::Retired { .. } => "retired",
        }
    }

    /// Whether nothing more has to be done.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Returned { .. } | Self::Cleared { .. } | Self::Retired { .. })
    }
}

/// An indicator in the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IndicatorStanding {
    /// The indicator.
    pub indicator: Indicator,
    /// Why it counts as the attacker's.
    pub why: String,
    /// Systems it was seen on.
    pub systems: Vec<SystemName>,
    /// When it was confirmed, where it was.
    pub confirmed: Option<Stamp>,
    /// How far it is.
    pub stage: IndicatorStage,
}

/// How far an indicator is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum IndicatorStage {
    /// Seen, and nothing stops it.
    Seen {
        /// Since when.
        since: Stamp,
    },
    /// Blocked.
    Blocked {
        /// Since when.
        since: Stamp,
        /// The action.
        action: ActionId,
    },
    /// It turned out to be nobody's bad doing.
    Cleared {
        /// Since when.
        since: Stamp,
        /// Why.
        why: String,
    },
}

impl IndicatorStage {
    /// The stage's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Seen { .. } => "seen",
            Self::Blocked { .. } => "blocked",
            Self::Cleared { .. } => "cleared",
        }
    }
}

/// The key of an indicator in the state: `sha256:ab12…`.
#[must_use]
pub fn indicator_key(indicator: &Indicator) -> String {
    format!("{}:{}", indicator.kind.as_str(), indicator.value)
}

/// A system, an account or an indicator: what is suspected, confirmed or found unfounded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// A system.
    System {
        /// Its name.
        system: SystemName,
    },
    /// An account.
    Account {
        /// Its name.
        account: kernel::AccountName,
    },
    /// An indicator.
    Indicator {
        /// The indicator.
        indicator: Indicator,
    },
}

impl Subject {
    /// The subject in plain English.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::System { system } => system.to_string(),
            Self::Account { account } => format!("account {account}"),
            Self::Indicator { indicator } => format!("{} {}", indicator.kind.as_str(), indicator.value),
        }
    }
}
