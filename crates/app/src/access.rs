//! Who is there: API tokens, one-time links, browser sessions, and the secrets of alert sources. Of a token only the
//! hash is kept; a source's secret is kept sealed, as some senders sign with it.

use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, PoisonError},
};

use kernel::{
    Actor, Capability, Digest, Entry, PersonId, PracticeId, Requires, Role, Stream, Timestamp, TokenId,
    authorise,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    ports::{Append, Appended, JournalError, Row, Scope, TokenKind, TokenRow},
    write::Fact,
};

/// In whose name the provider's own tokens stand: the id of no practice.
pub(crate) const NOBODY: PracticeId = PracticeId::from_u128(0);

/// The words that a token's scopes may be.
pub const SCOPES: [&str; 5] = ["read", "write", "intake", "export", "administer"];

/// A token to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Whose it is, or what it is called; for a source, the adapter's name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// For one practice; `None` for all of the provider's.
    #[serde(default)]
    pub practice: Option<PracticeId>,
    /// Narrower than the role where not empty: `read`, `write`, `intake`, `export`, `administer`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What it is for.
    #[serde(default = "api")]
    pub kind: TokenKind,
    /// When it ends by itself.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// For a source: the secret that its sender has, where it is theirs to choose.
    #[serde(default)]
    pub secret: Option<String>,
    /// The person it stands for; a new one where absent.
    #[serde(default)]
    pub person: Option<PersonId>,
}

const fn api() -> TokenKind {
    TokenKind::Api
}

/// A token that was made. This is the only time that its text is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MadeToken {
    /// Its id, with which it can be revoked.
    pub id: TokenId,
    /// The token.
    pub token: String,
}

/// A token that was made once, however often it was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenOnce {
    /// Its id, with which it can be revoked.
    pub id: TokenId,
    /// The token; `null` where the same request with the same idempotency key made it before: its text is kept nowhere.
    /// Where the first answer was lost, revoke it and make another with a new key.
    pub token: Option<String>,
    /// Whether the same request with the same key had been taken before; then nothing was made now.
    pub repeated: bool,
}

/// A caller whose token was found good.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The token.
    pub token: TokenRow,
}

impl Caller {
    /// Whether the token's scopes, where it has any, hold this one.
    #[must_use]
    pub fn within(&self, scope: &str) -> bool {
        self.token.scopes.is_empty() || self.token.scopes.iter().any(|own| own == scope)
    }
}

/// Tokens that were found good, so that a sender of a thousand alerts a second is not looked up a thousand times. Every
/// change of a token by this process empties it at once; one by another process is seen when
/// [`App::forget_profiles`] is next called.
#[derive(Default)]
pub(crate) struct Callers {
    rows: HashMap<Digest, TokenRow>,
    /// Sessions that came in past the usual way, and roles at further practices, where they were read: pages ask at each
    /// showing.
    few: Option<Arc<Vec<TokenRow>>>,
    /// How often it was emptied: what was read before a change must not be kept after it.
    changes: u64,
}

impl Callers {
    /// Tokens kept at once.
    const MOST: usize = 1_024;

    fn look(&self, hash: &Digest) -> (Option<TokenRow>, u64) {
        (self.rows.get(hash).cloned(), self.changes)
    }

    fn keep(&mut self, row: &TokenRow, changes: u64) {
        if changes == self.changes {
            if self.rows.len() >= Self::MOST {
                self.rows.clear();
            }
            self.rows.insert(row.hash, row.clone());
        }
    }

    fn keep_few(&mut self, rows: &Arc<Vec<TokenRow>>, changes: u64) {
        if changes == self.changes {
            self.few = Some(Arc::clone(rows));
        }
    }

    /// Forgets all of them.
    pub(crate) fn empty(&mut self) {
        self.rows.clear();
        self.few = None;
        self.changes += 1;
    }
}

/// What only an administrator may ask for.
pub(crate) struct Administer;

impl Requires for Administer {
    fn requires(&self) -> Capability {
        Capability::Administer
    }
}

impl App {
    /// Makes a token.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn make_token(&self, actor: &Actor, new: NewToken) -> Result<MadeToken, AppError> {
        let TokenOnce { id, token, .. } = self.make_token_once(actor, new, None).await?;
        let token = token.ok_or_else(|| AppError::not_found("the token's text"))?;
        Ok(MadeToken { id, token })
    }

    /// Makes a token. With a key the same request makes one token; a key counts within its practice.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn make_token_once(
        &self,
        actor: &Actor,
        new: NewToken,
        key: Option<String>,
    ) -> Result<TokenOnce, AppError> {
        let _ = authorise(actor, Administer)?;
        if actor.practice.is_some() && new.practice != actor.practice {
            return Err(AppError::invalid("/practice", "a token for your own practice only"));
        }
        if let Some(unknown) = new.scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(AppError::invalid(
                "/scopes",
                format!("`{unknown}` is not a scope: {}", SCOPES.join(", ")),
            ));
        }
        if matches!(new.kind, TokenKind::Account | TokenKind::Identity | TokenKind::Membership) {
            return Err(AppError::invalid(
                "/kind",
                "an account is made as an account, so that its owner is asked",
            ));
        }
        if new.name.trim().is_empty() {
            return Err(AppError::invalid(
                "/name",
                "a token needs a name, so that it can be recognised later",
            ));
        }
        if let Some(practice) = new.practice {
            let _ = self.profile(actor, practice).await?;
        }
        let asked = serde_json::to_vec(&("token", &new)).map_err(AppError::json("the request"))?;
        let key = key.map(|key| (key, Digest::of(&asked)));
        let home = new.practice.unwrap_or(NOBODY);
        if let Some((key, asked)) = &key
            && let Some(first) = self.journal().repeated(home, key, asked).await?
        {
            return self.made_before(home, first.first).await;
        }
        let random: [u8; 32] = self.edge().random();
        let token = match (&new.secret, new.kind) {
            (Some(secret), TokenKind::Source) => secret.clone(),
            (Some(_), _) => return Err(AppError::invalid("/secret", "only a source's secret can be chosen")),
            (None, _) => token_text(&random),
        };
        let hash = Digest::of(token.as_bytes());
        let sealed = match new.kind {
            TokenKind::Source => Some(self.store().seal(&hash, token.as_bytes(), self.edge().random())?),
            _ => None,
        };
        let row = TokenRow {
            id: self.edge().id(TokenId::new),
            kind: new.kind,
            hash,
            person: new.person.unwrap_or_else(|| self.edge().id(PersonId::new)),
            name: new.name,
            role: new.role,
            practice: new.practice,
            scopes: new.scopes,
            sealed,
            created_at: self.edge().now(),
            expires_at: new.expires_at,
            revoked_at: None,
            glass: None,
            account: None,
        };
        let id = row.id;
        let written = self.write_token(actor, row, "token_made", key).await?;
        if written.repeated {
            return self.made_before(home, written.first).await;
        }
        Ok(TokenOnce { id, token: Some(token), repeated: false })
    }

    /// The token that an entry says was made.
    async fn made_before(&self, practice: PracticeId, index: u64) -> Result<TokenOnce, AppError> {
        let lost = || AppError::not_found("what the first request with this key made");
        let found = self.journal().tail(Scope::Practice(practice), index, 1).await?;
        let found = found.first().filter(|recorded| recorded.index == index).ok_or_else(lost)?;
        let entry: Entry = serde_json::from_slice(&found.canonical).map_err(AppError::json("an entry"))?;
        let id = entry.body.get("token").cloned().unwrap_or_default();
        let id = serde_json::from_value(id).map_err(|_| lost())?;
        Ok(TokenOnce { id, token: None, repeated: true })
    }

    /// Ends a token; an account or a role at a further practice as what it is, with its sessions.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn revoke_token(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        let _ = authorise(actor, Administer)?;
        let tokens = self.journal().tokens(Scope::of(actor)).await?;
        let mut row = tokens
            .into_iter()
            .find(|row| row.id == id)
            .ok_or_else(|| AppError::not_found(format!("token {id}")))?;
        if row.revoked_at.is_none() {
            match row.kind {
                TokenKind::Account => return self.end_account(actor, id).await,
                TokenKind::Membership => return self.end_membership(actor, id).await,
                _ => {}
            }
            row.revoked_at = Some(self.edge().now());
            self.write_token(actor, row, "token_revoked", None).await?;
        }
        Ok(())
    }

    /// The tokens that an administrator may see, without hashes or secrets.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn tokens(&self, actor: &Actor) -> Result<Vec<TokenRow>, AppError> {
        let _ = authorise(actor, Administer)?;
        let mut rows = self.journal().tokens(Scope::of(actor)).await?;
        for row in &mut rows {
            (row.sealed, row.account) = (None, None);
            row.hash = Digest::from_bytes([0; 32]);
        }
        Ok(rows)
    }

    /// Who a token stands for; `None` where it is unknown, revoked or past its end.
    ///
    /// # Errors
    /// [`AppError`] where the database fails.
    pub async fn caller(&self, token: &str) -> Result<Option<Caller>, AppError> {
        let hash = Digest::of(token.as_bytes());
        let (known, changes) = self.callers().look(&hash);
        let found = match known {
            Some(row) => Some(row),
            None => {
                let found = self.journal().token(&hash).await?;
                if let Some(row) =
                    found.as_ref().filter(|row| row.kind != TokenKind::Link && self.is_good(row))
                {
                    self.callers().keep(row, changes);
                }
                found
            }
        };
        // An account lies under a key that no token hashes to; the kind is looked at all the same.
        let none = |row: &TokenRow| {
            matches!(row.kind, TokenKind::Account | TokenKind::Identity | TokenKind::Membership)
        };
        let found = found.filter(|row| !none(row) && self.is_good(row));
        Ok(found.map(|token| Caller { actor: actor_of(&token), token }))
    }

    /// Sessions that came in past the usual way, and roles at further practices, that nobody has ended.
    pub(crate) async fn few_tokens(&self) -> Result<Arc<Vec<TokenRow>>, AppError> {
        let (known, changes) = {
            let callers = self.callers();
            (callers.few.clone(), callers.changes)
        };
        if let Some(rows) = known {
            return Ok(rows);
        }
        let mut rows = self.journal().tokens(Scope::Provider).await?;
        rows.retain(|row| {
            let broken = row.kind == TokenKind::Session && row.glass.is_some();
            row.revoked_at.is_none() && (broken || row.kind == TokenKind::Membership)
        });
        let rows = Arc::new(rows);
        self.callers().keep_few(&rows, changes);
        Ok(rows)
    }

    /// The callers that are remembered.
    pub(crate) fn callers(&self) -> MutexGuard<'_, Callers> {
        self.0.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, row: &TokenRow) -> bool {
        row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > self.edge().now())
    }

    /// Uses up a one-time link: it signs one browser in, once.
    ///
    /// # Errors
    /// [`AppError`] where the database fails; `Ok(None)` where the link is no good (any more).
    pub async fn use_link(&self, token: &str) -> Result<Option<MadeToken>, AppError> {
        let found = self.journal().token(&Digest::of(token.as_bytes())).await?;
        let Some(mut row) = found.filter(|row| row.kind == TokenKind::Link && self.is_good(row)) else {
            return Ok(None);
        };
        let actor = actor_of(&row);
        let (way, hours) = match row.glass {
            Some(_) => ("emergency", crate::accounts::EMERGENCY),
            None => ("link", crate::accounts::SESSION),
        };
        row.revoked_at = Some(self.edge().now());
        let random: [u8; 32] = self.edge().random();
        let token = token_text(&random);
        let session = TokenRow {
            id: self.edge().id(TokenId::new),
            kind: TokenKind::Session,
            hash: Digest::of(token.as_bytes()),
            created_at: self.edge().now(),
            expires_at: self.edge().now().checked_add(jiff::SignedDuration::from_hours(hours)).ok(),
            revoked_at: None,
            ..row.clone()
        };
        let id = session.id;
        // The key makes the second of two browsers that open the link at once find it used.
        let once = (format!("link {}", row.id), row.hash);
        if self.write_token(&actor, row, "link_used", Some(once)).await?.repeated {
            return Ok(None);
        }
        self.write_token_saying(&actor, session.clone(), "session_begun", None, &[("way", way.into())])
            .await?;
        Ok(self.still_theirs(session, None).await?.then_some(MadeToken { id, token }))
    }

    /// The secrets with which a source's deliveries may be signed, and the practice each is for.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn source_secrets(&self, source: &str) -> Result<Vec<(TokenRow, Vec<u8>)>, AppError> {
        let rows = self.journal().tokens(Scope::Provider).await?;
        let mut secrets = Vec::new();
        for row in rows {
            let ours = row.kind == TokenKind::Source && row.name == source && self.is_good(&row);
            if let Some(sealed) = row.sealed.as_ref().filter(|_| ours) {
                let secret = self.store().unseal(&row.hash, sealed)?;
                secrets.push((row, secret));
            }
        }
        Ok(secrets)
    }

    /// Writes a token's row and entry; nothing is written where the key had been used before.
    pub(crate) async fn write_token(
        &self,
        actor: &Actor,
        row: TokenRow,
        kind: &str,
        key: Option<(String, Digest)>,
    ) -> Result<Appended, AppError> {
        self.write_token_saying(actor, row, kind, key, &[]).await
    }

    /// The same, with more said in the entry.
    pub(crate) async fn write_token_saying(
        &self,
        actor: &Actor,
        row: TokenRow,
        kind: &str,
        key: Option<(String, Digest)>,
        more: &[(&str, serde_json::Value)],
    ) -> Result<Appended, AppError> {
        self.write_token_over(None, actor, row, kind, key, more).await
    }

    /// The same, in place of the row that was read: where somebody else changed that one meanwhile, nothing is written.
    ///
    /// Every write of a row is an entry of the same stream. The row is looked at after the stream's end is known and
    /// before an append at exactly that end, so that no change falls between the two.
    pub(crate) async fn write_token_over(
        &self,
        before: Option<&TokenRow>,
        actor: &Actor,
        row: TokenRow,
        kind: &str,
        key: Option<(String, Digest)>,
        more: &[(&str, serde_json::Value)],
    ) -> Result<Appended, AppError> {
        // A token for all practices belongs to none; its history stands in the stream of the provider's own id.
        let practice = row.practice.unwrap_or(NOBODY);
        let stream = Stream::practice(practice);
        let mut body = serde_json::json!({
            "token": row.id, "kind": row.kind, "name": row.name, "role": row.role, "person": row.person,
            "scopes": row.scopes,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            if let Some(glass) = &row.glass {
                members.insert(
                    "glass".to_owned(),
                    serde_json::json!({
                        "reason": glass.reason, "by": glass.by, "home": glass.home, "until": row.expires_at,
                    }),
                );
            }
        }
        // Where the stream ends is learnt from being told; reading all of it would cost more with every sign-in.
        let mut expected = 0;
        loop {
            let fact = Fact { kind: kind.to_owned(), privileged: false, body: body.clone() };
            let append = Append {
                practice,
                key: key.clone(),
                parts: vec![self.part(practice, stream, expected, actor, self.edge().now(), [fact])?],
                rows: vec![Row::Token(Box::new(row.clone()))],
                payloads: Vec::new(),
            };
            let outcome = self.journal().append(append).await;
            // Whatever the outcome: a write whose answer was lost may stand.
            self.callers().empty();
            match outcome {
                Ok(appended) => return Ok(appended),
                Err(JournalError::Stale { current, .. }) => expected = current,
                Err(error) => return Err(error.into()),
            }
            if let Some(before) = before {
                if self.journal().token(&before.hash).await?.as_ref() != Some(before) {
                    return Err(AppError::Overtaken);
                }
                self.keep_a_lead(before, &row).await?;
            }
        }
    }
}

/// The text of a token: 256 random bits.
pub(crate) fn token_text(random: &[u8; 32]) -> String {
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("tq_{text}")
}

/// What stands behind the name of whoever broke the glass to come in.
pub(crate) const BROKEN: &str = " (emergency access)";

/// Who a token stands for. Whoever broke the glass to come in bears it in their name, in every entry that they make.
pub(crate) fn actor_of(row: &TokenRow) -> Actor {
    let name = match &row.glass {
        Some(_) => format!("{}{BROKEN}", row.name),
        None => row.name.clone(),
    };
    Actor { id: row.person, name, role: row.role, practice: row.practice }
}
