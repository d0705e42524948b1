//! Containment: plan, then apply. An action is first a value (what, where, why, what stops at the practice, how to
//! undo), is approved, applied once, verified by looking again, and can be undone. Nothing here waits for findings.

use kernel::{AccountName, ActionId, Indicator, SystemName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{practice::Impact, stamp::Stamp, word::words};

words! {
    /// A containment measure.
    ContainmentKind, "a containment measure":
    IsolateHost = "isolate_host", "isolate the host";
    QuarantineSystem = "quarantine_system", "quarantine the system's network segment";
    TakeServiceOffline = "take_service_offline", "take the service offline";
    DisconnectVendor = "disconnect_vendor", "disconnect the vendor";
    DisableAccount = "disable_account", "disable the account";
    RevokeSessions = "revoke_sessions", "revoke the account's sessions";
    BlockAddress = "block_address", "block the address";
    BlockDomain = "block_domain", "block the domain";
    BlockHash = "block_hash", "block the file hash";
    QuarantineMail = "quarantine_mail", "quarantine the mail";
    RemoveMailRule = "remove_mail_rule", "remove the mailbox rule";
    RemoteWipe = "remote_wipe", "wipe the device remotely";
    Other = "other", "take another measure";
}

impl ContainmentKind {
    /// Whether the measure takes the thing it is applied to out of work.
    #[must_use]
    pub const fn takes_down(self) -> bool {
        matches!(
            self,
            Self::IsolateHost
                | Self::QuarantineSystem
                | Self::TakeServiceOffline
                | Self::DisconnectVendor
                | Self::DisableAccount
                | Self::RemoteWipe
                | Self::Other
        )
    }

    /// How it is undone; `None` where it cannot be.
    #[must_use]
    pub const fn undo(self) -> Option<&'static str> {
        match self {
            Self::IsolateHost => Some("release the host from isolation"),
            Self::QuarantineSystem => Some("put the segment back on the network"),
            Self::TakeServiceOffline => Some("start the service again"),
            Self::DisconnectVendor => Some("open the vendor's connection again"),
            Self::DisableAccount => Some("enable the account with a new password"),
            Self::BlockAddress | Self::BlockDomain | Self::BlockHash => Some("remove the block"),
            Self::QuarantineMail => Some("release the mail from quarantine"),
            Self::RemoveMailRule => Some("put the rule back from its recorded copy"),
            Self::Other => Some("as the action's description says"),
            Self::RevokeSessions | Self::RemoteWipe => None,
        }
    }

    /// Whether the measure can be applied to such a target.
    #[must_use]
    pub const fn fits(self, target: &Target) -> bool {
        match self {
            Self::IsolateHost | Self::QuarantineSystem | Self::RemoteWipe => {
                matches!(target, Target::System { .. })
            }
            Self::TakeServiceOffline => matches!(target, Target::System { .. } | Target::Service { .. }),
            Self::DisconnectVendor => matches!(target, Target::Vendor { .. }),
            Self::DisableAccount | Self::RevokeSessions | Self::RemoveMailRule => {
                matches!(target, Target::Account { .. })
            }
            Self::BlockAddress | Self::BlockDomain | Self::BlockHash => {
                matches!(target, Target::Indicator { .. })
            }
            Self::QuarantineMail => matches!(target, Target::Indicator { .. } | Target::Account { .. }),
            Self::Other => true,
        }
    }
}

/// What a containment action is applied to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// A system.
    System {
        /// Its name.
        system: SystemName,
    },
    /// An account.
    Account {
        /// Its name.
        account: AccountName,
    },
    /// An indicator.
    Indicator {
        /// The indicator.
        indicator: Indicator,
    },
    /// A vendor.
    Vendor {
        /// Its name in the profile.
        vendor: String,
    },
    /// A clinical service.
    Service {
        /// Its key in the profile.
        service: String,
    },
}

impl Target {
    /// The target in plain English.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::System { system } => system.to_string(),
            Self::Account { account } => format!("account {account}"),
            Self::Indicator { indicator } => format!("{} {}", indicator.kind.as_str(), indicator.value),
            Self::Vendor { vendor } => format!("vendor {vendor}"),
            Self::Service { service } => format!("service {service}"),
        }
    }
}

words! {
    /// Who approves or signs: technology or the practice. Neither can act for the other.
    Side, "a side":
    Responder = "responder", "the responder";
    Practice = "practice", "the practice";
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// For which side.
    pub side: Side,
    /// Who and when.
    pub stamp: Stamp,
}

/// How far an action is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum ActionStage {
    /// Proposed; not applied.
    Proposed,
    /// Applied; nobody has looked again yet.
    Applied {
        /// Who and when.
        stamp: Stamp,
    },
    /// Applied, and somebody or something saw that it holds.
    Verified {
        /// Who and when.
        stamp: Stamp,
        /// How it was seen.
        how: String,
    },
    /// Applied without effect; can be applied again.
    Failed {
        /// Who and when.
        stamp: Stamp,
        /// What went wrong.
        reason: String,
    },
    /// Undone.
    Undone {
        /// Who and when.
        stamp: Stamp,
        /// Why.
        reason: String,
    },
    /// Given up before it was applied.
    Withdrawn {
        /// Who and when.
        stamp: Stamp,
        /// Why.
        reason: String,
    },
}

impl ActionStage {
    /// The stage as a participle.
    #[must_use]
    pub const fn plain(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Applied { .. } => "applied",
            Self::Verified { .. } => "verified",
            Self::Failed { .. } => "tried without effect",
            Self::Undone { .. } => "undone",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// A containment action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// The measure.
    pub measure: ContainmentKind,
    /// What it is applied to.
    pub target: Target,
    /// Why.
    pub why: String,
    /// What stops working at the practice, as computed when it was proposed.
    pub stops: Impact,
    /// How it is undone; `None` where it cannot be.
    pub undo: Option<String>,
    /// Whether the practice's plan approves it for this kind of incident.
    pub preapproved: bool,
    /// Who proposed it, and when.
    pub proposed: Stamp,
    /// Approvals so far.
    pub approvals: Vec<Approval>,
    /// Who broke glass for it, where somebody did.
    pub glass_broken: Option<Stamp>,
    /// How far it is.
    pub stage: ActionStage,
}

impl Action {
    /// Whether it is in force.
    #[must_use]
    pub const fn in_force(&self) -> bool {
        matches!(self.stage, ActionStage::Applied { .. } | ActionStage::Verified { .. })
    }

    /// Since when it is in force, where it is.
    #[must_use]
    pub const fn in_force_since(&self) -> Option<&Stamp> {
        match &self.stage {
            ActionStage::Applied { stamp } | ActionStage::Verified { stamp, .. } => Some(stamp),
            _ => None,
        }
    }

    /// Who moved it where it is, and when.
    #[must_use]
    pub const fn moved(&self) -> &Stamp {
        match &self.stage {
            ActionStage::Proposed => &self.proposed,
            ActionStage::Applied { stamp }
            | ActionStage::Verified { stamp, .. }
            | ActionStage::Failed { stamp, .. }
            | ActionStage::Undone { stamp, .. }
            | ActionStage::Withdrawn { stamp, .. } => stamp,
        }
    }

    /// Whether it still waits to be applied.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, ActionStage::Proposed | ActionStage::Failed { .. })
    }

    /// The sides whose approval is still missing. Two people where a clinical service stops, unless the plan
    /// approved it beforehand; a responder's otherwise. Broken glass needs nobody's.
    #[must_use]
    pub fn missing_approvals(&self) -> Vec<Side> {
        if self.preapproved || self.glass_broken.is_some() {
            return Vec::new();
        }
        let needed: &[Side] =
            if self.stops.stops_care() { &[Side::Responder, Side::Practice] } else { &[Side::Responder] };
        let has = |side: Side| self.approvals.iter().any(|approval| approval.side == side);
        needed.iter().copied().filter(|&side| !has(side)).collect()
    }
}
