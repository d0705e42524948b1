//! Accounts: people who sign in with a name and a password of their own, and with a second factor where they have set
//! one up. An account is kept as one more kind of token whose secrets are sealed, so that lists, backups and the record
//! treat it like any other way in. Nobody ever chooses a password for somebody else: an account begins with a link that
//! signs its owner in once, and ends up there again when they are locked out.

mod attempts;
mod change;
mod glass;
mod log;
mod memberships;
mod own;
mod passkeys;
mod secrets;
mod single;
mod ticket;

use std::net::IpAddr;

use kernel::{Actor, Digest, PersonId, PracticeId, Role, Timestamp, TokenId, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    access::{Administer, MadeToken, actor_of},
    ports::{Outside, Scope, TokenKind, TokenRow},
};

pub(crate) use attempts::{Attempts, Whence};
pub use change::ChangedAccount;
pub(crate) use glass::HOURS as EMERGENCY;
pub use glass::{Emergency, Enter, LetIn};
pub(crate) use log::Refusals;
pub use log::SignInLine;
pub use memberships::{ActAt, MembershipView, NewMembership, Standing};
pub use passkeys::{MadePasskey, NewPasskey, PasskeyChallenge, PasskeyView};
use secrets::{Authenticator, Secrets};
pub use single::{Came, IdentityView, Leaving, NewIdentity, Returning};

/// How long an invitation can be used, in hours.
const INVITED: i64 = 72;
/// How long a browser stays signed in, in hours.
pub(crate) const SESSION: i64 = 12;

/// What a browser keeps after a sign-in, and for how long, in minutes: ninety days.
const KNOWN: &str = "known browser";
const KNOWN_FOR: i64 = 90 * 24 * 60;

/// An account to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The name they sign in with: their e-mail address. Upper and lower case are the same.
    pub sign_in: String,
    /// Their name, as the record shows it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// For one practice; `None` for all of the provider's.
    #[serde(default)]
    pub practice: Option<PracticeId>,
}

/// An account with the link that lets its owner in the first time. The link is shown here alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Invitation {
    /// The account's id.
    pub id: TokenId,
    /// The token of `/signin/TOKEN`: it signs one browser in, once, within 72 hours.
    pub token: String,
}

/// An account as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Its id.
    pub id: TokenId,
    /// The name they sign in with.
    pub sign_in: String,
    /// Their name.
    pub name: String,
    /// The person.
    pub person: PersonId,
    /// What they may do.
    pub role: Role,
    /// For one practice, or for all.
    pub practice: Option<PracticeId>,
    /// Whether they have chosen a password.
    pub password: bool,
    /// Whether an authenticator app is asked for as well.
    pub authenticator: bool,
    /// How many passkeys there are.
    #[serde(default)]
    pub passkeys: usize,
    /// Names that providers have for them, by which they may sign in as well.
    #[serde(default)]
    pub identities: Vec<IdentityView>,
    /// Whether they may enter practices that are not theirs in an emergency.
    #[serde(default)]
    pub elsewhere: bool,
    /// Recovery codes that are left.
    pub recovery_codes: usize,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

/// What somebody types to sign in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The name they sign in with.
    pub sign_in: String,
    /// Their password.
    pub password: String,
    /// The code of their authenticator app, or one of their recovery codes.
    #[serde(default)]
    pub code: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Whence somebody signs in.
#[derive(Debug, Clone, Default)]
pub struct CameFrom {
    /// The address, where there is a connection.
    pub address: Option<IpAddr>,
    /// What the browser kept from an earlier sign-in ([`App::known_browser`]).
    pub browser: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub enum SignedIn {
    /// A session has begun.
    Session(MadeToken),
    /// The password is right; the account asks for more, and none came.
    MoreNeeded {
        /// The code of an app, or a recovery code.
        app: bool,
        /// One of its passkeys.
        passkey: bool,
    },
    /// Name, password or code are wrong. Which of them, nobody is told.
    No,
    /// Too many attempts: seconds to wait.
    Wait(u32),
}

/// What an authenticator app has to be told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Enrolment {
    /// The secret in base 32 (RFC 4648), to be typed.
    pub secret: String,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    pub address: String,
}

/// Recovery codes, shown once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each signs in once in place of the app's code.
    pub codes: Vec<String>,
}

/// The key under which an account lies: no token hashes to it, as it is the hash of another kind of text.
fn key_of(sign_in: &str) -> Digest {
    Digest::of(format!("account\u{0}{}", sign_in.trim().to_lowercase()).as_bytes())
}

impl App {
    /// Makes an account and a link for its owner.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where the name is taken or is none.
    pub async fn make_account(&self, actor: &Actor, new: NewAccount) -> Result<Invitation, AppError> {
        let _ = authorise(actor, Administer)?;
        if actor.practice.is_some() && new.practice != actor.practice {
            return Err(AppError::invalid("/practice", "an account for your own practice only"));
        }
        let sign_in = new.sign_in.trim();
        if !sign_in.contains('@') || sign_in.len() > 254 || sign_in.chars().any(char::is_whitespace) {
            return Err(AppError::invalid("/sign_in", "people sign in with their e-mail address"));
        }
        if new.name.trim().is_empty() {
            return Err(AppError::invalid("/name", "the record shows who did what: a name is needed"));
        }
        if new.role == Role::Service {
            return Err(AppError::invalid("/role", "a program has no account: make a token for it"));
        }
        if let Some(practice) = new.practice {
            let _ = self.profile(actor, practice).await?;
        }
        let hash = key_of(sign_in);
        let there = self.journal().token(&hash).await?;
        if there.as_ref().is_some_and(|row| row.revoked_at.is_none()) {
            return Err(AppError::invalid("/sign_in", "somebody signs in with this name already"));
        }
        let secrets = Secrets { sign_in: sign_in.to_owned(), ..Secrets::default() };
        let row = TokenRow {
            // One who comes back has the same account as before: a name lies under one key.
            id: there.as_ref().map_or_else(|| self.edge().id(TokenId::new), |row| row.id),
            kind: TokenKind::Account,
            hash,
            person: self.edge().id(PersonId::new),
            name: new.name.trim().to_owned(),
            role: new.role,
            practice: new.practice,
            scopes: Vec::new(),
            sealed: Some(self.sealed_secrets(&secrets)?),
            created_at: self.edge().now(),
            expires_at: None,
            revoked_at: None,
            glass: None,
            account: None,
        };
        self.write_token_over(there.as_ref(), actor, row.clone(), "account_made", None, &[]).await?;
        self.invitation(actor, &row).await
    }

    /// The accounts that an administrator may see.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn accounts(&self, actor: &Actor) -> Result<Vec<AccountView>, AppError> {
        let _ = authorise(actor, Administer)?;
        let rows = self.journal().tokens(Scope::of(actor)).await?;
        rows.into_iter().filter(|row| row.kind == TokenKind::Account).map(|row| self.view(&row)).collect()
    }

    /// Takes password and second factor of somebody who is locked out away, ends their sessions, and makes a new link.
    /// Where a practice's own administrator does so, roles at further practices end as well.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn reset_account(&self, actor: &Actor, id: TokenId) -> Result<Invitation, AppError> {
        let _ = authorise(actor, Administer)?;
        let row = self
            .change_row(actor, id, "account_reset", |row, _| {
                let Secrets { sign_in, elsewhere, .. } = self.secrets(row)?;
                let secrets = Secrets { sign_in, elsewhere, ..Secrets::default() };
                row.sealed = Some(self.sealed_secrets(&secrets)?);
                Ok(Vec::new())
            })
            .await?;
        self.end_sessions(actor, row.person, |_| true).await?;
        if actor.practice.is_some() {
            // Whoever gives the link could come in by it: no farther than to their own practice.
            self.end_memberships(actor, row.person).await?;
        }
        self.invitation(actor, &row).await
    }

    /// Ends an account and its sessions. The last lead of a practice or of the provider stays.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where nobody would be left to lead.
    pub async fn end_account(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        let _ = authorise(actor, Administer)?;
        let row = self
            .change_row(actor, id, "account_ended", |row, now| {
                row.revoked_at = Some(now);
                Ok(Vec::new())
            })
            .await?;
        self.end_memberships(actor, row.person).await?;
        self.end_sessions(actor, row.person, |_| true).await
    }

    /// What a browser keeps after a sign-in, so that its owner is let in while somebody else guesses their password. It
    /// signs nobody in.
    ///
    /// # Errors
    /// [`AppError`] where it cannot be sealed.
    pub fn known_browser(&self, sign_in: &str) -> Result<String, AppError> {
        let random: [u8; 16] = self.edge().random();
        self.ticket(KNOWN, KNOWN_FOR, (key_of(sign_in), random))
    }

    fn whence(&self, account: Digest, from: CameFrom) -> Whence {
        let opened = from.browser.and_then(|text| self.open_ticket::<(Digest, [u8; 16])>(KNOWN, &text));
        let browser = opened.filter(|opened| opened.holds.0 == account).map(|opened| opened.digest);
        Whence { address: from.address, browser }
    }

    /// Signs somebody in.
    ///
    /// # Errors
    /// [`AppError`] where something outside fails; a wrong password is an answer.
    pub async fn sign_in(&self, given: Credentials, from: CameFrom) -> Result<SignedIn, AppError> {
        let hash = key_of(&given.sign_in);
        let now = self.edge().now();
        let from = self.whence(hash, from);
        let row = self.journal().token(&hash).await?;
        let row = row.filter(|row| row.kind == TokenKind::Account && row.revoked_at.is_none());
        if let Err(seconds) = self.attempts().take(hash, from, now) {
            if let Some(row) = &row {
                self.refused_sign_in("password", "too_many_attempts", Some(row)).await;
            }
            return Ok(SignedIn::Wait(seconds));
        }
        let secrets = row.as_ref().map(|row| self.secrets(row)).transpose()?;
        let phc = secrets.as_ref().and_then(|secrets| secrets.password.clone());
        // An unknown name costs as much time as a wrong password, so that names cannot be found out.
        let right = self.blocking(move || Ok(secrets::matches(&given.password, phc.as_deref()))).await?;
        let (Some(row), Some(secrets), true) = (row, secrets, right) else {
            tracing::warn!(account = %hash, "a wrong name or password");
            return Ok(SignedIn::No);
        };
        let mut way = "password";
        if secrets.second_factor() {
            way = "password and code";
            let code = given.code.as_deref().map(str::trim).filter(|code| !code.is_empty());
            let Some(code) = code else {
                self.attempts().give_back(hash, from);
                let (app, passkey) = (secrets.authenticator.is_some(), !secrets.passkeys.is_empty());
                return Ok(SignedIn::MoreNeeded { app, passkey });
            };
            if !self.use_code(&row, code).await? {
                tracing::warn!(account = %hash, "a wrong code");
                return Ok(SignedIn::No);
            }
        }
        self.attempts().succeeded(hash, from, now);
        let session = self.begin_session_once(&row, way, None).await?;
        Ok(session.map_or(SignedIn::No, SignedIn::Session))
    }

    /// Ends those sessions of a person that are to end, in practices that are not the actor's as well.
    async fn end_sessions(
        &self,
        actor: &Actor,
        person: PersonId,
        ends: impl Fn(&TokenRow) -> bool + Send,
    ) -> Result<(), AppError> {
        let rows = self.journal().tokens(Scope::Provider).await?;
        for mut row in rows {
            let theirs = row.person == person
                && matches!(row.kind, TokenKind::Session | TokenKind::Link)
                && row.revoked_at.is_none();
            if theirs && ends(&row) {
                row.revoked_at = Some(self.edge().now());
                self.write_token(actor, row, "session_ended", None).await?;
            }
        }
        Ok(())
    }

    async fn invitation(&self, actor: &Actor, row: &TokenRow) -> Result<Invitation, AppError> {
        let new = crate::access::NewToken {
            name: row.name.clone(),
            role: row.role,
            practice: row.practice,
            scopes: Vec::new(),
            kind: TokenKind::Link,
            expires_at: self.edge().now().checked_add(jiff::SignedDuration::from_hours(INVITED)).ok(),
            secret: None,
            person: Some(row.person),
        };
        let link = self.make_token(actor, new).await?;
        Ok(Invitation { id: row.id, token: link.token })
    }

    /// Begins a session; `None` where the same key began one before, or the account was changed at this moment.
    async fn begin_session_once(
        &self,
        row: &TokenRow,
        way: &str,
        once: Option<(String, Digest)>,
    ) -> Result<Option<MadeToken>, AppError> {
        let random: [u8; 32] = self.edge().random();
        let token = crate::access::token_text(&random);
        let now = self.edge().now();
        let session = TokenRow {
            id: self.edge().id(TokenId::new),
            kind: TokenKind::Session,
            hash: Digest::of(token.as_bytes()),
            sealed: None,
            created_at: now,
            expires_at: now.checked_add(jiff::SignedDuration::from_hours(SESSION)).ok(),
            revoked_at: None,
            account: Some(row.hash),
            ..row.clone()
        };
        let id = session.id;
        let said = [("way", way.into())];
        let actor = actor_of(row);
        let written = self.write_token_saying(&actor, session.clone(), "session_begun", once, &said).await?;
        Ok((!written.repeated && self.still_theirs(session, Some(&row.hash)).await?)
            .then_some(MadeToken { id, token }))
    }

    /// Uses up a code, of the app or of the recovery codes; false where it is wrong or was used.
    async fn use_code(&self, account: &TokenRow, code: &str) -> Result<bool, AppError> {
        loop {
            let row = self.journal().token(&account.hash).await?.filter(|row| row.revoked_at.is_none());
            let Some(row) = row else { return Ok(false) };
            match self.use_code_of(row, code).await {
                // Another browser of theirs came in meanwhile: which codes are left is read again.
                Err(AppError::Overtaken) => {}
                other => return other,
            }
        }
    }

    async fn use_code_of(&self, before: TokenRow, code: &str) -> Result<bool, AppError> {
        let now = self.edge().now();
        let mut secrets = self.secrets(&before)?;
        let step = secrets.authenticator.as_mut().and_then(|app| {
            let step = app.check(code, now)?;
            app.last_step = step;
            Some(step)
        });
        let once = if let Some(step) = step {
            format!("code {} {step}", before.id)
        } else {
            let used = secrets::recovery_hash(code);
            let left = secrets.recovery.len();
            secrets.recovery.retain(|known| *known != used);
            if secrets.recovery.len() == left {
                return Ok(false);
            }
            format!("recovery {} {used}", before.id)
        };
        let row = TokenRow { sealed: Some(self.sealed_secrets(&secrets)?), ..before.clone() };
        let once = (once, row.hash);
        // The key makes the second of two browsers that send the same code at once find it used (RFC 6238 section 5.2).
        let actor = actor_of(&row);
        let written = self.write_token_over(Some(&before), &actor, row, "code_used", Some(once), &[]).await?;
        Ok(!written.repeated)
    }

    async fn check_present(
        &self,
        row: &TokenRow,
        secrets: &Secrets,
        present: Option<String>,
    ) -> Result<(), AppError> {
        let Some(phc) = secrets.password.clone() else { return Ok(()) };
        if let Err(seconds) = self.attempts().take(row.hash, Whence::default(), self.edge().now()) {
            let what = format!("too many wrong passwords: wait {seconds} seconds");
            return Err(AppError::invalid("/present", what));
        }
        let present = present.unwrap_or_default();
        let right = self.blocking(move || Ok(secrets::matches(&present, Some(&phc)))).await?;
        if right {
            self.attempts().give_back(row.hash, Whence::default());
            Ok(())
        } else {
            Err(AppError::invalid("/present", "that is not your present password"))
        }
    }

    async fn account_of_id(&self, actor: &Actor, id: TokenId) -> Result<TokenRow, AppError> {
        let rows = self.journal().tokens(Scope::of(actor)).await?;
        rows.into_iter()
            .find(|row| row.id == id && row.kind == TokenKind::Account && row.revoked_at.is_none())
            .ok_or_else(|| AppError::not_found(format!("account {id}")))
    }

    async fn own_row(&self, actor: &Actor) -> Result<Option<TokenRow>, AppError> {
        let rows = self.journal().tokens(Scope::of(actor)).await?;
        Ok(rows
            .into_iter()
            .find(|row| row.kind == TokenKind::Account && row.person == actor.id && row.revoked_at.is_none()))
    }

    /// The actor's account, to change what guards it. Whoever broke the glass to come in changes nothing that would
    /// outlast it.
    async fn need_own_row(&self, actor: &Actor) -> Result<TokenRow, AppError> {
        if actor.name.ends_with(crate::access::BROKEN) {
            let what = "you are here by emergency access: what guards your account is changed after an ordinary sign-in, \
                        or after an administrator has made you a new link";
            return Err(AppError::invalid("/", what));
        }
        self.own_row(actor).await?.ok_or_else(|| {
            AppError::not_found(
                "an account of yours (you came by a link or token: ask an administrator for one)",
            )
        })
    }

    fn secrets(&self, row: &TokenRow) -> Result<Secrets, AppError> {
        let damaged =
            |what: &str| AppError::Outside(Outside::never("an account cannot be read", what.to_owned()));
        let (digest, sealed) = row
            .sealed
            .as_deref()
            .and_then(<[u8]>::split_first_chunk::<32>)
            .ok_or_else(|| damaged("it holds no secrets"))?;
        let bytes = self.store().unseal(&Digest::from_bytes(*digest), sealed)?;
        let secrets: Secrets =
            serde_json::from_slice(&bytes).map_err(AppError::json("an account's secrets cannot be read"))?;
        // Whoever may write the database could put one person's secrets into another's row.
        if key_of(&secrets.sign_in) == row.hash {
            Ok(secrets)
        } else {
            Err(damaged("its secrets belong to another account"))
        }
    }

    /// The secrets as the row holds them: their digest, then their sealed bytes.
    fn sealed_secrets(&self, secrets: &Secrets) -> Result<Vec<u8>, AppError> {
        let bytes =
            serde_json::to_vec(secrets).map_err(AppError::json("an account's secrets cannot be written"))?;
        let digest = Digest::of(&bytes);
        let sealed = self.store().seal(&digest, &bytes, self.edge().random())?;
        Ok([digest.as_bytes().as_slice(), &sealed].concat())
    }

    fn view(&self, row: &TokenRow) -> Result<AccountView, AppError> {
        let secrets = self.secrets(row)?;
        Ok(AccountView {
            id: row.id,
            sign_in: secrets.sign_in,
            name: row.name.clone(),
            person: row.person,
            role: row.role,
            practice: row.practice,
            password: secrets.password.is_some(),
            authenticator: secrets.authenticator.is_some(),
            passkeys: secrets.passkeys.len(),
            identities: secrets.identities.iter().map(single::Identity::view).collect(),
            elsewhere: secrets.elsewhere,
            recovery_codes: secrets.recovery.len(),
            created_at: row.created_at,
            ended_at: row.revoked_at,
        })
    }
}
