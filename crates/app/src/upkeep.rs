//! What a program that runs for long puts in order now and then.

use jiff::SignedDuration;
use kernel::{Timestamp, TokenId};

use crate::{
    App, AppError,
    ports::{Scope, TokenKind, TokenRow},
};

/// How long an idempotency key is known after it was used. A request that is repeated later is a new one.
pub const KEYS_LAST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a browser's session, or a link that signed one in, is listed after it has ended. That it began and ended, and
/// who it was, stands in the journal for good.
pub const ENDED_LAST: SignedDuration = SignedDuration::from_hours(7 * 24);

impl App {
    /// Forgets the idempotency keys that were used longer than [`KEYS_LAST`] ago, and says how many.
    ///
    /// # Errors
    /// [`AppError`] where the database fails.
    pub async fn forget_old_keys(&self) -> Result<u64, AppError> {
        let now = self.edge().now();
        let before = now.checked_sub(KEYS_LAST).unwrap_or(now);
        Ok(self.journal().forget_keys(before).await?)
    }

    /// Removes sessions and links that ended longer than [`ENDED_LAST`] ago, and says how many. Accounts, tokens of
    /// programs and secrets of sources stay, ended or not.
    ///
    /// # Errors
    /// [`AppError`] where the database fails.
    pub async fn forget_ended_sessions(&self) -> Result<u64, AppError> {
        let now = self.edge().now();
        let before = now.checked_sub(ENDED_LAST).unwrap_or(now);
        let rows = self.journal().tokens(Scope::Provider).await?;
        let old: Vec<TokenId> =
            rows.iter().filter(|row| ended(row).is_some_and(|end| end < before)).map(|row| row.id).collect();
        if old.is_empty() {
            return Ok(0);
        }
        let forgotten = self.journal().forget_tokens(&old).await?;
        self.callers().empty();
        Ok(forgotten)
    }
}

/// When a session or a link ended, by itself or by somebody's hand, whichever was first.
fn ended(row: &TokenRow) -> Option<Timestamp> {
    if !matches!(row.kind, TokenKind::Session | TokenKind::Link) {
        return None;
    }
    [row.revoked_at, row.expires_at].into_iter().flatten().min()
}
