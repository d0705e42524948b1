//! The chain of custody: every item of evidence from the moment it was taken in until it is destroyed, and who had it.
//! The bytes are sealed elsewhere; here are digests and people. Retention is six years from the later of creation and
//! last effect (45 CFR 164.316(b)(2)(i)).

use jiff::civil::Date;
use kernel::{Digest, EvidenceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::stamp::Stamp;

/// An item of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// Where it came from. No PHI.
    pub source: String,
    /// Why it was taken.
    pub why: String,
    /// Who took it in, and when.
    pub taken: Stamp,
    /// Where it is.
    pub place: Place,
    /// Its custody events, oldest first.
    pub chain: Vec<CustodyEvent>,
    /// The legal hold on it, where there is one.
    pub hold: Option<Hold>,
    /// The last day it has to be kept.
    pub retain_until: Option<Date>,
    /// Who asked for its destruction, and when, while nobody has confirmed.
    pub destruction: Option<DestructionAsked>,
}

impl Evidence {
    /// Whether somebody can say where it is: in the vault, released or destroyed, and not out on loan.
    #[must_use]
    pub const fn is_accounted_for(&self) -> bool {
        !matches!(self.place, Place::HandedOver { .. })
    }

    /// Whether its bytes are gone.
    #[must_use]
    pub const fn is_destroyed(&self) -> bool {
        matches!(self.place, Place::Destroyed { .. })
    }
}

/// Where an item of evidence is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    /// In the vault.
    Vault,
    /// With somebody who has to give it back.
    HandedOver {
        /// Whom.
        to: String,
        /// Since when.
        since: Stamp,
    },
    /// Given away for good.
    Released {
        /// To whom.
        to: String,
        /// Since when.
        since: Stamp,
    },
    /// Destroyed; the digest stays.
    Destroyed {
        /// By whom, and when.
        since: Stamp,
    },
}

/// One line of the chain of custody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustodyEvent {
    /// What was done.
    pub what: String,
    /// Who and when.
    pub stamp: Stamp,
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// Why.
    pub reason: String,
    /// Who placed it, and when.
    pub stamp: Stamp,
}

/// A request for destruction that nobody has confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DestructionAsked {
    /// Why.
    pub reason: String,
    /// Who asked, and when.
    pub stamp: Stamp,
}
