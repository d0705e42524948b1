//! What a program that runs for long puts in order now and then.

use jiff::SignedDuration;

use crate::{App, AppError};

/// How long an idempotency key is known after it was used. A request that is repeated later is a new one.
pub const KEYS_LAST: SignedDuration = SignedDuration::from_hours(7 * 24);

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
}
