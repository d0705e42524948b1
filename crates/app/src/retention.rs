//! What has to be kept, until when, and what may be done after: evidence whose retention ends, what is under legal hold,
//! what somebody asked to destroy, and what was found altered when it was hashed again.

use jiff::{ToSpan as _, civil::Date};
use kernel::{Actor, Digest, EvidenceId, IncidentId, PracticeId, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    command::Shown,
    ports::{EvidenceQuery, EvidenceRow, Scope},
    read::Look,
};

/// How far ahead the list looks where nobody says: long enough to ask counsel before a date passes.
pub const AHEAD_DAYS: u32 = 90;

/// What is listed.
#[derive(Debug, Clone, Default)]
pub struct RetentionQuery {
    /// Of one practice.
    pub practice: Option<PracticeId>,
    /// Of one incident.
    pub incident: Option<IncidentId>,
    /// Retention that ends within so many days; [`AHEAD_DAYS`] where absent.
    pub within_days: Option<u32>,
}

/// Where an item stands; the order is that of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Hashed again, it was not what was taken in, or it was not there.
    Altered,
    /// Somebody asked for its destruction, and nobody has confirmed.
    DestructionAsked,
    /// Its retention has ended: it may be destroyed.
    Ended,
    /// Its retention ends soon.
    EndsSoon,
    /// It is under legal hold, whatever its retention says.
    OnHold,
}

/// An item of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Kept {
    /// The item.
    pub evidence: EvidenceId,
    /// What it is called.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// The practice.
    pub practice: PracticeId,
    /// The incident it belongs to.
    pub incident: IncidentId,
    /// Where it stands.
    pub standing: Standing,
    /// The last day it has to be kept.
    pub retain_until: Option<Date>,
    /// Why it is under legal hold.
    pub held: Option<String>,
    /// Who asked for its destruction.
    pub destruction_asked_by: Option<String>,
    /// What may be done next, and by whom.
    pub next: String,
}

impl App {
    /// What is to be watched: most urgent first, then by the day that retention ends.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn retention(&self, actor: &Actor, query: RetentionQuery) -> Result<Vec<Kept>, AppError> {
        let _ = authorise(actor, Look)?;
        let scope = match query.practice {
            Some(practice) if actor.serves(practice) => Scope::Practice(practice),
            Some(practice) => return Err(AppError::not_found(format!("practice {practice}"))),
            None => Scope::of(actor),
        };
        if let Some(incident) = query.incident {
            let _ = self.load(scope, incident).await?;
        }
        let ahead = i64::from(query.within_days.unwrap_or(AHEAD_DAYS));
        let mut kept = Vec::new();
        let mut page = EvidenceQuery { incident: query.incident, limit: 500, ..EvidenceQuery::default() };
        loop {
            let found = self.journal().evidence(scope, page.clone()).await?;
            for row in found.items {
                let zone = self.profile(actor, row.practice).await?.practice.zone();
                let today = self.edge().now().to_zoned(zone).date();
                let row = self.with_retention(row).await?;
                let soon = today.checked_add(ahead.days()).unwrap_or(Date::MAX);
                kept.extend(listed(row, today, soon));
            }
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        kept.sort_by(|a, b| {
            (a.standing, a.retain_until, a.evidence).cmp(&(b.standing, b.retain_until, b.evidence))
        });
        Ok(kept)
    }

    /// A row of version 1 with what its incident says of its retention.
    async fn with_retention(&self, row: EvidenceRow) -> Result<EvidenceRow, AppError> {
        if row.retain_until.is_some() || row.state == "destroyed" {
            return Ok(row);
        }
        let state = self.load(Scope::Practice(row.practice), row.incident).await?;
        Ok(match state.evidence.get(&row.id) {
            Some(item) => Shown::of(&state, item).on(row),
            None => row,
        })
    }
}

fn listed(row: EvidenceRow, today: Date, soon: Date) -> Option<Kept> {
    if matches!(row.state.as_str(), "destroyed" | "released") {
        return None;
    }
    let altered =
        row.rehashed.as_ref().map(|(_, outcome)| outcome.as_str()).filter(|&outcome| outcome != "ok");
    let standing = if altered.is_some() {
        Standing::Altered
    } else if row.held.is_some() {
        Standing::OnHold
    } else if row.destruction_asked_by.is_some() {
        Standing::DestructionAsked
    } else if row.retain_until.is_some_and(|until| until < today) {
        Standing::Ended
    } else if row.retain_until.is_some_and(|until| until <= soon) {
        Standing::EndsSoon
    } else {
        return None;
    };
    let next = next(standing, &row, altered);
    Some(Kept {
        evidence: row.id,
        name: row.name,
        sha256: row.sha256,
        practice: row.practice,
        incident: row.incident,
        standing,
        retain_until: row.retain_until,
        held: row.held,
        destruction_asked_by: row.destruction_asked_by,
        next,
    })
}

/// Who may destroy, in words; `kernel::Capability::Destroy` decides.
const WHO: &str = "a lead, the practice or the attorney";

fn next(standing: Standing, row: &EvidenceRow, altered: Option<&str>) -> String {
    let until = row.retain_until.map_or_else(|| "its date".to_owned(), |date| date.to_string());
    let held = row.held.as_deref().map_or_else(String::new, |why| {
        format!(" It is under legal hold ({why}); only the attorney lifts that.")
    });
    match standing {
        Standing::Altered => format!(
            "Hashed again, its bytes were {}. Restore them from a backup, and find out who changed them.{held}",
            if altered == Some("missing") { "not there" } else { "not what was taken in" },
        ),
        Standing::OnHold => format!("Keep it, also after {until}.{held}"),
        Standing::DestructionAsked => format!(
            "{} asked for its destruction. Another person confirms it ({WHO}), or it is taken back.",
            row.destruction_asked_by.as_deref().unwrap_or("Somebody"),
        ),
        Standing::Ended => format!(
            "It had to be kept until {until}. It may be destroyed now by two people: one asks, another confirms ({WHO})."
        ),
        Standing::EndsSoon => {
            format!("Keep it until {until}. From the next day on it may be destroyed by two people ({WHO}).")
        }
    }
}
