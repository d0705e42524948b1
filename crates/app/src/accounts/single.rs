//! Signing in with somebody else's sign-in page (OpenID Connect). A provider's word stands for an account only where the
//! two were linked: by the account's owner while signed in, by an administrator, or, the first time, by an address in a
//! domain that the configuration says the provider has verified. Nobody gets an account by coming from a provider.

use kernel::{Actor, Digest, Timestamp, TokenId, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Secrets, Whence, key_of, ticket};
use crate::{
    App, AppError,
    access::{Administer, MadeToken, actor_of},
    ports::{NotVouched, Provider, RoundTrip, TokenKind, TokenRow, Vouched},
};

/// How long somebody may take at the provider, in minutes.
const AWAY: i64 = 15;
/// How long somebody may take to type a code afterwards, in minutes.
const CODE: i64 = 10;

const ROUND_TRIP: &str = "round trip to a provider";
const SECOND: &str = "second factor after a provider";

/// A provider's name for somebody, as the account's secrets hold it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    issuer: String,
    subject: String,
    linked_at: Timestamp,
}

/// A provider's name for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentityView {
    /// What it is known by here.
    pub id: String,
    /// The issuer.
    pub issuer: String,
    /// The issuer's lasting name for them (`sub`).
    pub subject: String,
    /// When the two were linked.
    pub linked_at: Timestamp,
}

/// An identity to be linked by an administrator.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIdentity {
    /// The provider's key, as the configuration names it.
    pub provider: String,
    /// The provider's lasting name for the person (`sub`).
    pub subject: String,
}

/// A round trip that began.
#[derive(Debug)]
pub struct Leaving {
    /// Where to send the browser.
    pub address: String,
    /// What the browser keeps until it comes back.
    pub ticket: String,
}

/// What a browser came back with.
#[derive(Debug, Default)]
pub struct Returning {
    /// What the browser had kept.
    pub ticket: Option<String>,
    /// The provider's code.
    pub code: Option<String>,
    /// The round trip's own word.
    pub state: Option<String>,
    /// The provider's refusal, a word of RFC 6749 section 4.1.2.1.
    pub error: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub enum Came {
    /// A session has begun.
    Session(MadeToken),
    /// The provider is linked to the account from now on.
    Linked,
    /// The account's own second factor is asked for; the ticket comes back with a code.
    More(String),
    /// It did not do: a sentence.
    No(String),
}

#[derive(Serialize, Deserialize)]
struct Away {
    trip: RoundTrip,
    /// The account to link, and the session from which its owner asked for it.
    link: Option<(Digest, TokenId)>,
}

fn identity_key(issuer: &str, subject: &str) -> Digest {
    Digest::of(format!("identity\u{0}{issuer}\u{0}{subject}").as_bytes())
}

impl Identity {
    fn key(&self) -> Digest {
        identity_key(&self.issuer, &self.subject)
    }

    fn id(&self) -> String {
        ticket::hex(self.key().as_bytes().get(..8).unwrap_or_default())
    }

    pub(super) fn view(&self) -> IdentityView {
        let Self { issuer, subject, linked_at } = self.clone();
        IdentityView { id: self.id(), issuer, subject, linked_at }
    }
}

impl App {
    /// The providers with whom people may sign in.
    #[must_use]
    pub fn providers(&self) -> Vec<Provider> {
        self.single_sign_on().providers()
    }

    fn provider(&self, key: &str) -> Result<Provider, AppError> {
        let unknown = || AppError::not_found(format!("a provider `{key}`"));
        self.providers().into_iter().find(|provider| provider.key == key).ok_or_else(unknown)
    }

    /// Sends a browser to a provider; to sign somebody in, or to link the provider to the account of whoever asks.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is no such provider; [`AppError::Outside`] where it does not answer.
    pub async fn leave_for_provider(
        &self,
        key: &str,
        redirect: String,
        link: Option<(&Actor, &TokenRow)>,
    ) -> Result<Result<Leaving, NotVouched>, AppError> {
        let provider = self.provider(key)?;
        let link = match link {
            Some((actor, session)) => {
                let row = self.need_own_row(actor).await?;
                self.need_signed_in(&row, &self.secrets(&row)?, session.id).await?;
                Some((row.hash, session.id))
            }
            None => None,
        };
        let word = || ticket::hex(&self.edge().random::<32>());
        let trip =
            RoundTrip { provider: provider.key, state: word(), nonce: word(), verifier: word(), redirect };
        match self.single_sign_on().begin(&trip, self.edge().now()).await {
            Ok(address) => {
                let ticket = self.ticket(ROUND_TRIP, AWAY, Away { trip, link })?;
                Ok(Ok(Leaving { address, ticket }))
            }
            Err(why) => {
                self.refused_sign_in(&provider.name, why.code, None).await;
                Ok(Err(why))
            }
        }
    }

    /// Takes a browser back from a provider.
    ///
    /// # Errors
    /// [`AppError`] where something here fails; what a provider's word lacks is an answer.
    pub async fn return_from_provider(&self, came: Returning) -> Result<Came, AppError> {
        match self.returned(came).await? {
            Ok(came) => Ok(came),
            Err((way, why)) => {
                self.refused_sign_in(&way, why.code, None).await;
                Ok(Came::No(why.what))
            }
        }
    }

    async fn returned(&self, came: Returning) -> Result<Result<Came, (String, NotVouched)>, AppError> {
        let no = |way: &str, code, what: &str| {
            Ok(Err((way.to_owned(), NotVouched { code, what: what.to_owned() })))
        };
        let Some(opened) = came.ticket.as_deref().and_then(|text| self.open_ticket::<Away>(ROUND_TRIP, text))
        else {
            return no(
                "provider",
                "not_begun_here",
                "This browser did not begin that sign-in here, or it took longer than 15 minutes. Begin again.",
            );
        };
        let Away { trip, link } = opened.holds;
        let provider = self.provider(&trip.provider)?;
        let way = provider.name.clone();
        if came.state.as_deref() != Some(trip.state.as_str()) {
            return no(
                &way,
                "other_state",
                "The answer belongs to another sign-in than the one begun in this browser. Begin again.",
            );
        }
        if let Some(error) = came.error {
            let refused =
                if error == "access_denied" { "You were not let in there" } else { "The provider refused" };
            let word: String =
                error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
            return no(
                &way,
                "refused_there",
                &format!("{refused} ({word}). Try again, or ask whoever runs {way}."),
            );
        }
        let Some(code) = came.code.filter(|code| code.len() <= 4_096) else {
            return no(&way, "no_code", "The provider sent no code. Begin again.");
        };
        let vouched = match self.single_sign_on().finish(&trip, code, self.edge().now()).await {
            Ok(vouched) => vouched,
            Err(why) => return Ok(Err((way, why))),
        };
        let once = format!("round trip {}", opened.digest);
        let outcome = match link {
            Some((account, session)) => self.link_own(&provider, &vouched, account, session, once).await?,
            None => self.vouched_for(&provider, vouched, once).await?,
        };
        Ok(outcome.map_err(|why| (way, why)))
    }

    async fn vouched_for(
        &self,
        provider: &Provider,
        vouched: Vouched,
        once: String,
    ) -> Result<Result<Came, NotVouched>, AppError> {
        let no = |code, what: String| Ok(Err(NotVouched { code, what }));
        let Some((row, secrets)) = self.account_of(provider, &vouched).await? else {
            let what = format!(
                "{} knows you, but no account here is linked to that sign-in. Sign in another way and link it on the page \
                 Your account, or ask whoever leads the response.",
                provider.name
            );
            return no("not_linked", what);
        };
        if provider.second_factor_here {
            if !secrets.second_factor() {
                let what = "Your account asks for a second factor of its own and has none yet. Sign in with your \
                            password or a link, and set up a passkey or an app.";
                return no("no_second_factor", what.to_owned());
            }
            return Ok(Ok(Came::More(self.ticket(SECOND, CODE, (row.hash, once))?)));
        }
        let key = (once, row.hash);
        match self.begin_session_once(&row, &provider.name, Some(key)).await? {
            Some(session) => Ok(Ok(Came::Session(session))),
            None => no("used_twice", "That sign-in was used before. Begin again.".to_owned()),
        }
    }

    /// Ends a sign-in by a provider with the account's own code.
    ///
    /// # Errors
    /// [`AppError`] where something here fails.
    pub async fn second_after_provider(&self, text: &str, code: &str) -> Result<Came, AppError> {
        let again = || Ok(Came::No("That took too long. Begin again.".to_owned()));
        let Some(opened) = self.open_ticket::<(Digest, String)>(SECOND, text) else { return again() };
        let (hash, once) = opened.holds;
        if let Err(seconds) = self.attempts().take(hash, Whence::default(), self.edge().now()) {
            return Ok(Came::No(format!("Too many attempts. Wait {seconds} seconds and begin again.")));
        }
        let row = self.journal().token(&hash).await?;
        let Some(row) = row.filter(|row| row.kind == TokenKind::Account && row.revoked_at.is_none()) else {
            return again();
        };
        if !self.use_code(&row, code).await? {
            self.refused_sign_in("provider", "wrong_code", Some(&row)).await;
            return Ok(Came::More(text.to_owned()));
        }
        self.attempts().give_back(hash, Whence::default());
        // The code was kept in the row: what is copied into the session is the account as it was, which is the same.
        match self.begin_session_once(&row, "provider and code", Some((once, row.hash))).await? {
            Some(session) => Ok(Came::Session(session)),
            None => again(),
        }
    }

    /// The account that a provider's word stands for.
    async fn account_of(
        &self,
        provider: &Provider,
        vouched: &Vouched,
    ) -> Result<Option<(TokenRow, Secrets)>, AppError> {
        let standing = |row: &TokenRow| row.kind == TokenKind::Account && row.revoked_at.is_none();
        let key = identity_key(&vouched.issuer, &vouched.subject);
        let index = self.journal().token(&key).await?.filter(|row| row.kind == TokenKind::Identity);
        if let Some(account) =
            index.and_then(|row| row.sealed).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            && let Some(row) = self.journal().token(&Digest::from_bytes(account)).await?.filter(standing)
        {
            // The row only leads here; what counts is what the account's sealed secrets say.
            let secrets = self.secrets(&row)?;
            if secrets.identities.iter().any(|identity| identity.key() == key) {
                return Ok(Some((row, secrets)));
            }
        }
        let Some(email) = &vouched.email else { return Ok(None) };
        let domain = email.rsplit('@').next().unwrap_or_default();
        if !provider.domains.iter().any(|own| own.eq_ignore_ascii_case(domain)) {
            return Ok(None);
        }
        let Some(row) = self.journal().token(&key_of(email)).await?.filter(standing) else { return Ok(None) };
        let secrets = self.secrets(&row)?;
        // An account that knows this provider under another name is not taken over by its address.
        if secrets.identities.iter().any(|identity| identity.issuer == vouched.issuer) {
            return Ok(None);
        }
        let actor = actor_of(&row);
        let row = self.link(&actor, row, &vouched.issuer, &vouched.subject, None).await?;
        let secrets = self.secrets(&row)?;
        Ok(Some((row, secrets)))
    }

    async fn link_own(
        &self,
        provider: &Provider,
        vouched: &Vouched,
        account: Digest,
        session: TokenId,
        once: String,
    ) -> Result<Result<Came, NotVouched>, AppError> {
        let no = |code, what: &str| Ok(Err(NotVouched { code, what: what.to_owned() }));
        let row = self.journal().token(&account).await?;
        let Some(row) = row.filter(|row| row.kind == TokenKind::Account && row.revoked_at.is_none()) else {
            return no("account_ended", "The account is ended.");
        };
        // The browser comes back from another site and cannot show its session; the session must still stand.
        let own = self.sessions(&actor_of(&row)).await?;
        if !own.iter().any(|own| own.id == session) {
            return no("session_ended", "You were signed out in the meantime. Sign in and link it again.");
        }
        if self.taken(&vouched.issuer, &vouched.subject, &row).await? {
            let what = format!("That sign-in at {} belongs to another account here.", provider.name);
            return no("taken", &what);
        }
        let actor = actor_of(&row);
        self.link(&actor, row, &vouched.issuer, &vouched.subject, Some(once)).await?;
        Ok(Ok(Came::Linked))
    }

    /// Whether a provider's name for somebody stands for another account.
    async fn taken(&self, issuer: &str, subject: &str, row: &TokenRow) -> Result<bool, AppError> {
        let key = identity_key(issuer, subject);
        let Some(index) = self.journal().token(&key).await? else { return Ok(false) };
        let Some(account) = index.sealed.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else {
            return Ok(false);
        };
        let account = Digest::from_bytes(account);
        if account == row.hash {
            return Ok(false);
        }
        let Some(other) = self.journal().token(&account).await?.filter(|row| row.revoked_at.is_none()) else {
            return Ok(false);
        };
        Ok(self.secrets(&other)?.identities.iter().any(|identity| identity.key() == key))
    }

    async fn link(
        &self,
        actor: &Actor,
        row: TokenRow,
        issuer: &str,
        subject: &str,
        once: Option<String>,
    ) -> Result<TokenRow, AppError> {
        let mut secrets = self.secrets(&row)?;
        let identity =
            Identity { issuer: issuer.to_owned(), subject: subject.to_owned(), linked_at: self.edge().now() };
        let key = identity.key();
        secrets.identities.retain(|own| own.key() != key);
        secrets.identities.push(identity);
        let there = self.journal().token(&key).await?;
        let index = TokenRow {
            id: there.map_or_else(|| self.edge().id(TokenId::new), |row| row.id),
            kind: TokenKind::Identity,
            hash: key,
            sealed: Some(row.hash.as_bytes().to_vec()),
            created_at: self.edge().now(),
            expires_at: None,
            ..row.clone()
        };
        self.write_token(actor, index, "identity_linked", None).await?;
        let (hash, once) = (row.hash, once.map(|once| (once, row.hash)));
        self.keep_secrets(actor, row, &secrets, "account_linked", once).await?;
        self.journal().token(&hash).await?.ok_or_else(|| AppError::not_found("the account"))
    }

    /// Links a provider's name for somebody to their account, by an administrator.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is no such account or provider; [`AppError::Invalid`] where it is taken, or where
    /// whoever links it would come in at practices that are not theirs.
    pub async fn link_identity(
        &self,
        actor: &Actor,
        id: TokenId,
        new: NewIdentity,
    ) -> Result<IdentityView, AppError> {
        let _ = authorise(actor, Administer)?;
        let row = self.account_of_id(actor, id).await?;
        if actor.practice.is_some() && !self.memberships_of(row.person).await?.is_empty() {
            let what = "they have roles at other practices as well: they link it themselves on the page Your account";
            return Err(AppError::invalid("/", what));
        }
        let provider = self.provider(&new.provider)?;
        let subject = new.subject.trim();
        if subject.is_empty() || subject.len() > 255 || subject.chars().any(char::is_control) {
            return Err(AppError::invalid(
                "/subject",
                "the provider's `sub` of the person, at most 255 characters",
            ));
        }
        if self.taken(&provider.issuer, subject, &row).await? {
            return Err(AppError::invalid(
                "/subject",
                "it belongs to another account: unlink it there first",
            ));
        }
        let row = self.link(actor, row, &provider.issuer, subject, None).await?;
        let key = identity_key(&provider.issuer, subject);
        let secrets = self.secrets(&row)?;
        let made = secrets.identities.iter().find(|identity| identity.key() == key);
        made.map(Identity::view).ok_or_else(|| AppError::not_found("the identity"))
    }

    /// Unlinks one from an account, by an administrator.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is no such account or identity.
    pub async fn unlink_identity(&self, actor: &Actor, id: TokenId, identity: &str) -> Result<(), AppError> {
        let _ = authorise(actor, Administer)?;
        let row = self.account_of_id(actor, id).await?;
        self.unlink(actor, row, identity).await
    }

    /// Unlinks one from one's own account.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is no such identity; [`AppError::Invalid`] where the password is wrong, or it
    /// is the only way in.
    pub async fn unlink_own_identity(
        &self,
        actor: &Actor,
        session: &TokenRow,
        identity: &str,
        present: Option<String>,
    ) -> Result<(), AppError> {
        let row = self.need_own_row(actor).await?;
        let secrets = self.secrets(&row)?;
        self.check_fresh(&row, &secrets, session, present).await?;
        if secrets.password.is_none() && secrets.passkeys.is_empty() && secrets.identities.len() == 1 {
            return Err(AppError::invalid(
                "/",
                "it is the only way into your account: choose a password first",
            ));
        }
        self.unlink(actor, row, identity).await
    }

    async fn unlink(&self, actor: &Actor, row: TokenRow, identity: &str) -> Result<(), AppError> {
        let mut secrets = self.secrets(&row)?;
        let before = secrets.identities.len();
        secrets.identities.retain(|own| own.id() != identity);
        if secrets.identities.len() == before {
            return Err(AppError::not_found(format!("identity {identity}")));
        }
        self.keep_secrets(actor, row, &secrets, "account_unlinked", None).await?;
        Ok(())
    }
}
