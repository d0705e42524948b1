//! Where a verb's question goes: to the use cases on the data directory that this process opened, or to a server that
//! has it open. Each question is one method with both answers in it, so that the two cannot drift apart unseen.

mod administration;
mod alerts;
pub(crate) mod case;
mod evidence;
mod incidents;
mod there;

use app::{App, AppError, ports::Scope};
use incident::{Clock, Decision, PhaseView, Practice, State};
use kernel::{Actor, Entry, IncidentId, PersonId, PracticeId, Role};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub(crate) use self::{administration::Given, alerts::AlertFilter, there::There};
use crate::{
    arguments::{Acting, Globals},
    failure::Failure,
    pick::pick,
    wiring,
};

/// See the module.
pub(crate) enum Desk {
    /// The use cases, in this process.
    Here(Box<Here>),
    /// A server.
    There(Box<There>),
}

/// The use cases, and who asks them.
pub(crate) struct Here {
    pub(crate) app: App,
    pub(crate) actor: Actor,
}

/// A page of rows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// Where the next page starts.
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// An incident as the actor may see it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// What stands.
    pub(crate) state: State,
    /// The six phases.
    pub(crate) phases: Vec<PhaseView>,
    /// What has to be decided next.
    pub(crate) decisions: Vec<Decision>,
    /// The clocks.
    pub(crate) clocks: Vec<Clock>,
}

/// An entry, told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Its index in the log.
    pub(crate) index: u64,
    /// Its leaf hash.
    pub(crate) leaf: kernel::Digest,
    /// One sentence.
    pub(crate) says: String,
    /// The entry.
    pub(crate) entry: Entry,
}

/// What came of a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// The incident.
    pub(crate) incident: IncidentId,
    /// The version it stands at.
    pub(crate) version: u64,
    /// The entries that were made.
    #[serde(default)]
    pub(crate) entries: Vec<Entry>,
    /// Whether the same command with the same key had been taken before.
    #[serde(default)]
    pub(crate) repeated: bool,
}

impl From<app::Done> for Answered {
    fn from(done: app::Done) -> Self {
        Self {
            incident: done.incident,
            version: done.version,
            entries: done.entries,
            repeated: done.repeated,
        }
    }
}

/// How a command is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct How {
    /// The version that the person saw.
    pub(crate) expected: Option<u64>,
    /// The idempotency key.
    pub(crate) key: Option<String>,
}

impl How {
    pub(crate) fn of_app(&self) -> app::command::How {
        app::command::How { expected: self.expected, key: self.key.clone() }
    }
}

/// The same value as its JSON says it: what a server sends, so that both ways print the same.
pub(crate) fn as_sent<T: DeserializeOwned>(value: &impl Serialize) -> Result<T, Failure> {
    serde_json::to_value(value).and_then(serde_json::from_value).map_err(|error| {
        Failure::outside(format!("the record holds something that this version cannot read: {error}"))
    })
}

/// Who sits at the terminal. The same name is the same person, whatever part they act in: the rule of two people is
/// about people.
pub(crate) fn actor(acting: &Acting) -> Actor {
    let name = acting.name.clone().unwrap_or_else(|| {
        let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        user.map(|user| user.trim().to_owned())
            .filter(|user| !user.is_empty())
            .unwrap_or_else(|| "operator".to_owned())
    });
    let digest =
        kernel::Digest::of(format!("tourniquet terminal\n{}", name.trim().to_lowercase()).as_bytes());
    let bits = digest.as_bytes().first_chunk::<16>().map_or(0, |bits| u128::from_be_bytes(*bits));
    Actor { id: PersonId::from_u128(bits), name, role: acting.role, practice: None }
}

impl Desk {
    /// Opens the data directory, or finds the server.
    pub(crate) async fn open(globals: &Globals) -> Result<Self, Failure> {
        match &globals.server {
            Some(url) => Ok(Self::There(Box::new(There::new(url, globals.token.as_deref())?))),
            None => {
                let app = wiring::open(
                    &globals.data,
                    globals.database_url.as_deref(),
                    wiring::edge_of(&globals.data),
                )
                .await?;
                Ok(Self::Here(Box::new(Here { app, actor: actor(&globals.acting) })))
            }
        }
    }

    /// Finishes what was acknowledged.
    pub(crate) async fn close(self) {
        if let Self::Here(here) = self {
            here.app.journal().close().await;
        }
    }

    /// The use cases, for a verb that works on the data directory itself.
    pub(crate) fn here(&self, verb: &str) -> Result<&Here, Failure> {
        match self {
            Self::Here(here) => Ok(here),
            Self::There(_) => Err(Failure::usage(format!(
                "`{verb}` works on the data directory itself: run it where the directory is, without --server"
            ))),
        }
    }

    /// The incident that a person means: a whole id, the end of one, or `open` for the only open one.
    pub(crate) async fn find_incident(&self, text: &str) -> Result<IncidentId, Failure> {
        if let Ok(id) = text.trim().parse() {
            return Ok(id);
        }
        let only_open = text.trim() == "open";
        let mut known = Vec::new();
        let mut after = None;
        loop {
            let page = self.incidents(None, only_open.then_some("open"), None, after, 500).await?;
            known.extend(page.items.iter().map(|row| row.id));
            after = page.next;
            if after.is_none() || known.len() > 20_000 {
                break;
            }
        }
        match (only_open, known.as_slice()) {
            (false, _) => pick(text, known, "incident"),
            (true, [only]) => Ok(*only),
            (true, []) => {
                Err(Failure::usage("no incident is open; `tourniquet incident list` shows those there are"))
            }
            (true, many) => Err(Failure::usage(format!(
                "{} incidents are open: name one by its id (`tourniquet incident list`)",
                many.len()
            ))),
        }
    }

    /// The practice that a person means by id, name or the beginning of a name; the only one where none is named.
    pub(crate) async fn find_practice(&self, named: Option<&str>) -> Result<PracticeId, Failure> {
        match self.known_practice(named).await? {
            Some(id) => Ok(id),
            None => Err(Failure::usage(
                "there is no practice yet: write a profile with `tourniquet practice init`, then `practice set FILE`",
            )),
        }
    }

    /// As [`Desk::find_practice`]; `None` where there is no practice at all.
    pub(crate) async fn known_practice(&self, named: Option<&str>) -> Result<Option<PracticeId>, Failure> {
        let rows = match self {
            // Whoever has the directory before them knows whose it is, in whatever part they act: the front desk and a
            // source of alerts may not read the record, and must be able to say for whom they report.
            Self::Here(here) => {
                here.app.journal().practices(Scope::of(&here.actor)).await.map_err(AppError::from)?
            }
            Self::There(_) => self.practices().await?,
        };
        let Some(named) = named.map(str::trim) else {
            return match rows.as_slice() {
                [] => Ok(None),
                [only] => Ok(Some(only.id)),
                several => {
                    let names: Vec<_> = several.iter().take(5).map(|row| row.name.as_str()).collect();
                    Err(Failure::usage(format!(
                        "there are several practices: say --practice NAME ({} …)",
                        names.join(", ")
                    )))
                }
            };
        };
        if let Ok(id) = named.parse::<PracticeId>() {
            return Ok(Some(id));
        }
        let lower = named.to_lowercase();
        if let Some(row) = rows.iter().find(|row| row.name.to_lowercase() == lower) {
            return Ok(Some(row.id));
        }
        let mut begins = rows.iter().filter(|row| row.name.to_lowercase().starts_with(&lower));
        match (begins.next(), begins.next()) {
            (Some(row), None) => Ok(Some(row.id)),
            (Some(_), Some(_)) => {
                Err(Failure::usage(format!("`{named}` begins the name of more than one practice")))
            }
            (None, _) => {
                Err(Failure::usage(format!("there is no practice `{named}`: see `tourniquet practice list`")))
            }
        }
    }

    /// The practice where the record has one; otherwise one that says of itself that nothing is known of it.
    pub(crate) async fn practice_or_unnamed(&self, named: Option<&str>) -> Result<PracticeId, Failure> {
        if let Some(id) = self.known_practice(named).await? {
            return Ok(id);
        }
        crate::terminal::warn(
            "no practice is set up: the record is begun for an `Unnamed practice` whose State and time zone are unknown, so \
             that times are UTC, no impact on care can be computed and no law can be applied. \
             Write a profile with `tourniquet practice init practice.toml` and give it with `practice set practice.toml`",
        );
        let (id, _) = self.set_practice(None, Practice::named(UNNAMED, UNKNOWN_STATE, "UTC")).await?;
        Ok(id)
    }
}

/// The practice of which nothing is known.
pub(crate) const UNNAMED: &str = "Unnamed practice";
/// Two letters that are no State's: the law tables refuse them, and say so.
const UNKNOWN_STATE: &str = "ZZ";

/// The side that a role approves and signs for.
pub(crate) const fn side_of(role: Role) -> incident::Side {
    match role {
        Role::Practice => incident::Side::Practice,
        _ => incident::Side::Responder,
    }
}
