//! The log of sign-ins: who came in, by which way, and who was turned away and why. It is the journal itself; a stranger
//! cannot fill it, as refusals are written no faster than one a minute once sixty stand.

use std::sync::{Mutex, PoisonError};

use kernel::{Actor, PersonId, PracticeId, Role, Stream, Timestamp, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    access::{Administer, NOBODY},
    ports::{Append, EntryQuery, JournalError, Scope, TokenRow},
    write::Fact,
};

/// Refusals written at once, and how many more an hour.
const BURST: f64 = 60.0;
const PER_HOUR: f64 = 60.0;

/// Refusals that may still be written.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Option<(f64, Timestamp)>>);

impl Refusals {
    fn take(&self, now: Timestamp) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, at) = state.unwrap_or((BURST, now));
        let hours = now.duration_since(at).as_secs_f64().max(0.0) / 3600.0;
        let left = hours.mul_add(PER_HOUR, left).min(BURST);
        let may = left >= 1.0;
        *state = Some((if may { left - 1.0 } else { left }, now));
        may
    }
}

/// A line of the log of sign-ins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SignInLine {
    /// When.
    pub at: Timestamp,
    /// Who; for somebody who was turned away, the account's name where it is known.
    pub name: String,
    /// By which way: `password`, `passkey`, `link`, `recovery`, `emergency`, a provider's name, or `membership` for who
    /// went on from another practice.
    pub way: String,
    /// Why they were turned away, one word; absent for who came in.
    pub refused: Option<String>,
    /// The practice; `None` for all.
    pub practice: Option<PracticeId>,
}

impl App {
    /// Writes down that somebody was turned away. Where it cannot be written, the program's own log says so.
    pub(crate) async fn refused_sign_in(&self, way: &str, why: &str, account: Option<&TokenRow>) {
        tracing::warn!(way, why, "a sign-in was refused");
        if !self.0.refusals.take(self.edge().now()) {
            return;
        }
        if let Err(error) = self.write_refusal(way, why, account).await {
            tracing::error!(%error, "a refused sign-in could not be written down");
        }
    }

    async fn write_refusal(&self, way: &str, why: &str, account: Option<&TokenRow>) -> Result<(), AppError> {
        let practice = account.and_then(|row| row.practice).unwrap_or(NOBODY);
        let stream = Stream::practice(practice);
        let actor = Actor {
            id: PersonId::from_u128(0),
            name: "sign-in".to_owned(),
            role: Role::Service,
            practice: None,
        };
        let mut expected = 0;
        loop {
            let body = serde_json::json!({
                "way": way, "why": why, "token": account.map(|row| row.id), "name": account.map(|row| &row.name),
            });
            let fact = Fact { kind: "sign_in_refused".to_owned(), privileged: false, body };
            let append = Append {
                practice,
                key: None,
                parts: vec![self.part(practice, stream, expected, &actor, self.edge().now(), [fact])?],
                rows: Vec::new(),
                payloads: Vec::new(),
            };
            match self.journal().append(append).await {
                Ok(_) => return Ok(()),
                Err(JournalError::Stale { current, .. }) => expected = current,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Who signed in and who was turned away, the latest first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn sign_ins(&self, actor: &Actor, limit: u32) -> Result<Vec<SignInLine>, AppError> {
        let _ = authorise(actor, Administer)?;
        let mut lines = Vec::new();
        for kind in ["session_begun", "sign_in_refused"] {
            let query = EntryQuery { kind: Some(kind.to_owned()), limit, ..EntryQuery::default() };
            let page = self.journal().entries(Scope::of(actor), query).await?;
            for recorded in page.items {
                let entry: kernel::Entry =
                    serde_json::from_slice(&recorded.canonical).map_err(AppError::json("an entry"))?;
                let text =
                    |name: &str| entry.body.get(name).and_then(|value| value.as_str()).map(str::to_owned);
                lines.push(SignInLine {
                    at: entry.at,
                    name: text("name").unwrap_or_default(),
                    way: text("way").unwrap_or_else(|| "link".to_owned()),
                    refused: text("why"),
                    practice: (entry.practice != NOBODY).then_some(entry.practice),
                });
            }
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines.truncate(limit as usize);
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_cannot_fill_the_record_with_refusals() {
        let refusals = Refusals::default();
        let now: Timestamp = "2026-01-26T13:00:00Z".parse().unwrap();
        assert_eq!((0..10_000).filter(|_| refusals.take(now)).count(), 60);
        let later = "2026-01-26T13:10:00Z".parse().unwrap();
        assert_eq!((0..10_000).filter(|_| refusals.take(later)).count(), 10);
    }
}
