//! Who may do what. A role is a set of capabilities; a request says which one it needs; [`authorise`] is the only
//! way to an [`Authorised`] request, and the use cases take nothing else. A forgotten check does not compile.
//!
//! The division of labour is the regulation's and the field's: the attorney decides law and the content of notices,
//! responders decide technology, the practice decides what may stop in the clinic. None can act for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{PersonId, PracticeId};

/// What somebody is, in an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works on the systems.
    Responder,
    /// Leads the response; everything a responder may do, and declare, close, reopen, administer.
    Lead,
    /// Owner or administrator of the practice.
    Practice,
    /// Front desk, nurse, physician.
    Staff,
    /// Healthcare attorney.
    Attorney,
    /// Reads, and nothing else.
    Auditor,
    /// A program that sends alerts.
    Service,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::Responder,
        Self::Lead,
        Self::Practice,
        Self::Staff,
        Self::Attorney,
        Self::Auditor,
        Self::Service,
    ];

    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Responder => "responder",
            Self::Lead => "lead",
            Self::Practice => "practice",
            Self::Staff => "staff",
            Self::Attorney => "attorney",
            Self::Auditor => "auditor",
            Self::Service => "service",
        }
    }

    /// Whether this role has the capability.
    #[must_use]
    pub const fn may(self, capability: Capability) -> bool {
        use Capability as C;
        match self {
            Self::Responder => matches!(
                capability,
                C::Report
                    | C::Status
                    | C::Intake
                    | C::Triage
                    | C::Read
                    | C::Write
                    | C::Respond
                    | C::Evidence
                    | C::Export
            ),
            Self::Lead => matches!(
                capability,
                C::Report
                    | C::Status
                    | C::Intake
                    | C::Triage
                    | C::Read
                    | C::Write
                    | C::Respond
                    | C::Evidence
                    | C::Export
                    | C::Lead
                    | C::Administer
                    | C::Destroy
            ),
            Self::Practice => matches!(
                capability,
                C::Report | C::Status | C::Read | C::Write | C::Approve | C::Destroy | C::Export
            ),
            Self::Staff => matches!(capability, C::Report | C::Status),
            Self::Attorney => matches!(
                capability,
                C::Report
                    | C::Status
                    | C::Read
                    | C::Privileged
                    | C::Write
                    | C::Counsel
                    | C::Destroy
                    | C::Export
            ),
            Self::Auditor => matches!(capability, C::Status | C::Read),
            Self::Service => matches!(capability, C::Status | C::Intake),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is not a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role: responder, lead, practice, staff, attorney, auditor or service")]
pub struct BadRole(pub String);

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| BadRole(text.to_owned()))
    }
}

/// Something a role may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Say that something is wrong (the staff form).
    Report,
    /// See which clinical services work today.
    Status,
    /// Send alerts.
    Intake,
    /// Judge and group alerts.
    Triage,
    /// Read alerts, incidents and the journal, but for what is privileged.
    Read,
    /// Read what is privileged.
    Privileged,
    /// Write notes.
    Write,
    /// Decide technology: containment, investigation, eradication, recovery.
    Respond,
    /// Lead: declare, close, reopen, break glass.
    Lead,
    /// Decide for the practice: approve what stops a clinical service, sign gates.
    Approve,
    /// Decide law: the breach question, whether an obligation is due, legal hold.
    Counsel,
    /// Take evidence in, hand it over, examine it.
    Evidence,
    /// Ask for or confirm the destruction of evidence; two different people.
    Destroy,
    /// Export a package.
    Export,
    /// Profiles, people, tokens.
    Administer,
}

/// A person or program that acts, as the edge has established it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// The one practice they may act for; `None` for those who serve all practices of the provider.
    pub practice: Option<PracticeId>,
}

impl Actor {
    /// Whether this actor may act for the practice at all.
    #[must_use]
    pub fn serves(&self, practice: PracticeId) -> bool {
        self.practice.is_none_or(|own| own == practice)
    }
}

/// A request that needs a capability.
pub trait Requires {
    /// The capability it needs.
    fn requires(&self) -> Capability;
}

/// A request together with the actor who may make it. Only [`authorise`] makes one.
#[derive(Debug, Clone)]
pub struct Authorised<T> {
    actor: Actor,
    request: T,
}

impl<T> Authorised<T> {
    /// Who asks.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What they ask.
    pub const fn request(&self) -> &T {
        &self.request
    }

    /// Both.
    pub fn into_parts(self) -> (Actor, T) {
        (self.actor, self.request)
    }
}

/// The role may not do this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the role {role} may not {}; {}", needs.verb(), needs.who())]
pub struct Forbidden {
    /// The role that asked.
    pub role: Role,
    /// What it would have needed.
    pub needs: Capability,
}

/// Checks the actor's role against what the request needs.
///
/// # Errors
/// [`Forbidden`] where the role lacks the capability. Whether the actor serves the practice is the caller's to
/// check with [`Actor::serves`], as the answer to that is "not found", not "forbidden".
pub fn authorise<T: Requires>(actor: &Actor, request: T) -> Result<Authorised<T>, Forbidden> {
    let needs = request.requires();
    if actor.role.may(needs) {
        Ok(Authorised { actor: actor.clone(), request })
    } else {
        Err(Forbidden { role: actor.role, needs })
    }
}

impl Capability {
    /// All capabilities.
    pub const ALL: [Self; 15] = [
        Self::Report,
        Self::Status,
        Self::Intake,
        Self::Triage,
        Self::Read,
        Self::Privileged,
        Self::Write,
        Self::Respond,
        Self::Lead,
        Self::Approve,
        Self::Counsel,
        Self::Evidence,
        Self::Destroy,
        Self::Export,
        Self::Administer,
    ];

    /// What it allows, as a verb phrase.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Report => "report trouble",
            Self::Status => "see what works today",
            Self::Intake => "send alerts",
            Self::Triage => "judge alerts",
            Self::Read => "read incidents",
            Self::Privileged => "read what is privileged",
            Self::Write => "write notes",
            Self::Respond => "decide technical work",
            Self::Lead => "lead an incident",
            Self::Approve => "decide for the practice",
            Self::Counsel => "decide a question of law",
            Self::Evidence => "handle evidence",
            Self::Destroy => "have evidence destroyed",
            Self::Export => "export a package",
            Self::Administer => "administer",
        }
    }

    /// Who has it, as a sentence for a refusal.
    #[must_use]
    pub fn who(self) -> String {
        let roles: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(self)).map(Role::as_str).collect();
        format!("that is for: {}", roles.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_decides_both_law_and_technology() {
        for role in Role::ALL {
            let domains = [Capability::Counsel, Capability::Respond, Capability::Approve];
            let held = domains.into_iter().filter(|&capability| role.may(capability)).count();
            assert!(held <= 1, "{role} holds {held} of law, technology and the practice's word");
        }
    }

    #[test]
    fn an_attorneys_privileged_note_is_read_by_the_attorney_alone() {
        let readers: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(Capability::Privileged)).collect();
        assert_eq!(readers, [Role::Attorney]);
    }

    #[test]
    fn every_capability_has_a_holder() {
        for capability in Capability::ALL {
            assert!(Role::ALL.into_iter().any(|role| role.may(capability)), "{capability:?}");
        }
    }
}
