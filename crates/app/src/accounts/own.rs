//! One's own account: what its owner may change about it, and where they are signed in.

use kernel::{Actor, Digest, TokenId};

use super::{AccountView, Authenticator, Enrolment, RecoveryCodes, secrets};
use crate::{App, AppError, ports::TokenRow};

impl App {
    /// The account of the person who asks; `None` where they came by a link or token alone.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn own_account(&self, actor: &Actor) -> Result<Option<AccountView>, AppError> {
        self.own_row(actor).await?.map(|row| self.view(&row)).transpose()
    }

    /// Sets one's own password. Who has one says it again, so that a browser left open is not enough; other sessions end.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where the present one is wrong, or the new one is too short or too easily guessed.
    pub async fn set_password(
        &self,
        actor: &Actor,
        session: TokenId,
        present: Option<String>,
        new: String,
    ) -> Result<(), AppError> {
        let row = self.need_own_row(actor).await?;
        let mut secrets = self.secrets(&row)?;
        self.need_signed_in(&row, &secrets, session).await?;
        self.check_present(&row, &secrets, present).await?;
        secrets::judge(&new, &[&secrets.sign_in, &row.name])
            .map_err(|what| AppError::invalid("/new", what))?;
        let salt = self.edge().random();
        let phc = self.blocking(move || secrets::hash(&new, &salt)).await?;
        secrets.password = Some(phc);
        let person = row.person;
        self.keep_secrets(actor, row, &secrets, "password_set", None).await?;
        self.end_sessions(actor, person, |row| row.id != session).await
    }

    /// Begins to set up an authenticator app; it counts once a code of it has been given.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn begin_authenticator(
        &self,
        actor: &Actor,
        present: Option<String>,
    ) -> Result<Enrolment, AppError> {
        let row = self.need_own_row(actor).await?;
        let mut secrets = self.secrets(&row)?;
        self.check_present(&row, &secrets, present).await?;
        let pending = Authenticator::new(self.edge().random::<20>().to_vec());
        let enrolment = pending.enrolment(&secrets.sign_in)?;
        secrets.pending = Some(pending);
        self.keep_secrets(actor, row, &secrets, "authenticator_begun", None).await?;
        Ok(enrolment)
    }

    /// Ends the setting up with a code of the app, and gives recovery codes for the day the telephone is lost.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where the code is wrong, or nothing was begun.
    pub async fn confirm_authenticator(&self, actor: &Actor, code: &str) -> Result<RecoveryCodes, AppError> {
        let row = self.need_own_row(actor).await?;
        let mut secrets = self.secrets(&row)?;
        let Some(mut pending) = secrets.pending.take() else {
            return Err(AppError::invalid("/code", "nothing is being set up: begin with the app's secret"));
        };
        let Some(step) = pending.check(code, self.edge().now()) else {
            let what =
                "that is not the app's code now: check that the telephone's clock is right, and try the next";
            return Err(AppError::invalid("/code", what));
        };
        pending.last_step = step;
        let codes = self.new_recovery(&mut secrets);
        secrets.authenticator = Some(pending);
        self.keep_secrets(actor, row, &secrets, "authenticator_set", None).await?;
        Ok(RecoveryCodes { codes })
    }

    /// Takes one's own authenticator app away.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where the password is wrong.
    pub async fn drop_authenticator(&self, actor: &Actor, present: Option<String>) -> Result<(), AppError> {
        let row = self.need_own_row(actor).await?;
        let mut secrets = self.secrets(&row)?;
        self.check_present(&row, &secrets, present).await?;
        (secrets.authenticator, secrets.pending) = (None, None);
        if secrets.passkeys.is_empty() {
            // Recovery codes stand in for a second factor; without one there is nothing to stand in for.
            secrets.recovery.clear();
        }
        self.keep_secrets(actor, row, &secrets, "authenticator_dropped", None).await?;
        Ok(())
    }

    /// The actor's own sessions that have not ended, the latest first, without hashes; those at further practices as well.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<TokenRow>, AppError> {
        let now = self.edge().now();
        let mut rows = self.own_sessions(actor).await?;
        rows.retain(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now));
        for row in &mut rows {
            (row.hash, row.account) = (Digest::from_bytes([0; 32]), None);
        }
        rows.reverse();
        Ok(rows)
    }
}
