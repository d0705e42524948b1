//! Passkeys of an account: made, listed, removed by their owner; and the sign-in with one, alone or after the password.
//! A passkey asks its owner for a finger, a face or a PIN, so that it is both factors at once and cannot be given to a
//! page that only looks like ours.

use kernel::{Actor, Digest, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Secrets, SignedIn, secrets, ticket};
use crate::{
    App, AppError,
    access::actor_of,
    ports::{Claimed, Known, Owner, Site, TokenKind, TokenRow},
};

/// Passkeys an account may have: a telephone, two computers, two keys in a safe, and room.
const MOST: usize = 12;
/// How long a browser may take to answer, in minutes: the protocol's own limit, and a little.
const ANSWER: i64 = 6;
/// How fresh a session must be to change passkeys where there is no password to say again, in minutes.
const FRESH: i64 = 15;

const REGISTER: &str = "passkey to be made";
const PROVE: &str = "passkey to be used";

/// A passkey as it lies in its account's secrets.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Passkey {
    known: Known,
    name: String,
    site: String,
    created_at: Timestamp,
    used_at: Option<Timestamp>,
}

/// A passkey as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyView {
    /// What it is known by: the beginning of the digest of its credential's id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The site it is for: a passkey made at one address does not work at another.
    pub site: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last signed somebody in.
    pub used_at: Option<Timestamp>,
}

impl Passkey {
    fn id(&self) -> String {
        Digest::of(&self.known.credential)
            .as_bytes()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn view(&self) -> PasskeyView {
        let Self { name, site, created_at, used_at, .. } = self.clone();
        PasskeyView { id: self.id(), name, site, created_at, used_at }
    }
}

/// What a browser is asked, and the ticket that comes back with its answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasskeyChallenge {
    /// What `navigator.credentials` is given (`PublicKeyCredentialCreationOptionsJSON` to make one,
    /// `PublicKeyCredentialRequestOptionsJSON` to use one).
    #[schema(value_type = Object)]
    pub options: serde_json::Value,
    /// Comes back with the answer, within six minutes.
    pub ticket: String,
}

/// What a browser answered.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    /// The ticket of the challenge.
    pub ticket: String,
    /// `RegistrationResponseJSON`, as text.
    pub answer: String,
    /// What its owner calls it.
    pub name: String,
}

/// A passkey that was made; with the first way of proving oneself twice, recovery codes, shown once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MadePasskey {
    /// The passkey.
    pub passkey: PasskeyView,
    /// Ten codes for the day the device is lost; empty where the account had codes before.
    pub recovery_codes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    state: Vec<u8>,
    account: Option<Digest>,
    site: String,
}

impl App {
    /// Begins to make a passkey for one's own account.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where the password is wrong, or there is none and the session is not fresh.
    pub async fn begin_passkey(
        &self,
        actor: &Actor,
        session: &TokenRow,
        site: &Site,
        present: Option<String>,
    ) -> Result<PasskeyChallenge, AppError> {
        let row = self.need_own_row(actor).await?;
        let secrets = self.secrets(&row)?;
        self.check_fresh(&row, &secrets, session, present).await?;
        if secrets.passkeys.len() >= MOST {
            return Err(AppError::invalid(
                "/",
                format!("{MOST} passkeys are there: remove one that is not used any more"),
            ));
        }
        let owner = Owner { handle: row.hash, sign_in: secrets.sign_in.clone(), name: row.name.clone() };
        let known: Vec<Known> = secrets.passkeys.iter().map(|passkey| passkey.known.clone()).collect();
        let challenge = self.passkey_protocol().begin(site, &owner, &known)?;
        let pending = Pending { state: challenge.state, account: Some(row.hash), site: site.origin.clone() };
        Ok(PasskeyChallenge { options: challenge.options, ticket: self.ticket(REGISTER, ANSWER, pending)? })
    }

    /// Keeps the passkey that the browser made.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where the answer does not do, or its time is over.
    pub async fn add_passkey(
        &self,
        actor: &Actor,
        site: &Site,
        new: NewPasskey,
    ) -> Result<MadePasskey, AppError> {
        let row = self.need_own_row(actor).await?;
        let late = || AppError::invalid("/ticket", "that took too long, or was begun elsewhere: begin again");
        let opened = self.open_ticket::<Pending>(REGISTER, &new.ticket).ok_or_else(late)?;
        if opened.holds.account != Some(row.hash) || opened.holds.site != site.origin {
            return Err(late());
        }
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
            return Err(AppError::invalid(
                "/name",
                "call it something you will know again, such as “telephone”, in 60 letters",
            ));
        }
        let known = self
            .passkey_protocol()
            .registered(site, &opened.holds.state, &new.answer)
            .map_err(|why| AppError::invalid("/answer", why.0))?;
        let mut secrets = self.secrets(&row)?;
        if secrets.passkeys.iter().any(|own| own.known.credential == known.credential) {
            return Err(AppError::invalid("/answer", "this device has a passkey for the account already"));
        }
        let passkey = Passkey {
            known,
            name: name.to_owned(),
            site: site.origin.clone(),
            created_at: self.edge().now(),
            used_at: None,
        };
        let view = passkey.view();
        secrets.passkeys.push(passkey);
        let codes = if secrets.recovery.is_empty() { self.new_recovery(&mut secrets) } else { Vec::new() };
        let once = (format!("passkey {}", opened.digest), row.hash);
        if self.keep_secrets(actor, row, &secrets, "passkey_made", Some(once)).await?.repeated {
            return Err(late());
        }
        Ok(MadePasskey { passkey: view, recovery_codes: codes })
    }

    /// Recovery codes for an account that has none, or whose app was just set up.
    pub(super) fn new_recovery(&self, secrets: &mut Secrets) -> Vec<String> {
        let codes: Vec<String> =
            (0..secrets::RECOVERY).map(|_| secrets::recovery_code(self.edge().random())).collect();
        secrets.recovery = codes.iter().map(|code| secrets::recovery_hash(code)).collect();
        codes
    }

    /// One's own passkeys, the oldest first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn passkeys(&self, actor: &Actor) -> Result<Vec<PasskeyView>, AppError> {
        let row = self.own_row(actor).await?.ok_or_else(|| AppError::not_found("an account of yours"))?;
        Ok(self.secrets(&row)?.passkeys.iter().map(Passkey::view).collect())
    }

    /// Removes one of one's own passkeys.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is none of this id; [`AppError::Invalid`] where the password is wrong.
    pub async fn drop_passkey(
        &self,
        actor: &Actor,
        session: &TokenRow,
        id: &str,
        present: Option<String>,
    ) -> Result<(), AppError> {
        let row = self.need_own_row(actor).await?;
        let mut secrets = self.secrets(&row)?;
        let missing = || AppError::not_found(format!("passkey {id}"));
        let place = secrets.passkeys.iter().position(|own| own.id() == id).ok_or_else(missing)?;
        self.check_fresh(&row, &secrets, session, present).await?;
        let last = secrets.passkeys.len() == 1;
        if last && secrets.password.is_none() && secrets.identities.is_empty() {
            let what = "it is the only way into your account: choose a password first";
            return Err(AppError::invalid("/", what));
        }
        secrets.passkeys.remove(place);
        if last && secrets.authenticator.is_none() {
            // Recovery codes stand in for a second factor; without one there is nothing to stand in for.
            secrets.recovery.clear();
        }
        self.keep_secrets(actor, row, &secrets, "passkey_removed", None).await?;
        Ok(())
    }

    /// Asks whoever sits at a browser to prove themselves with a passkey.
    ///
    /// # Errors
    /// [`AppError`].
    pub fn ask_passkey(&self, site: &Site) -> Result<PasskeyChallenge, AppError> {
        let challenge = self.passkey_protocol().ask(site)?;
        let pending = Pending { state: challenge.state, account: None, site: site.origin.clone() };
        Ok(PasskeyChallenge { options: challenge.options, ticket: self.ticket(PROVE, ANSWER, pending)? })
    }

    /// Signs somebody in with a passkey: it has asked its owner for a finger, a face or a PIN, so nothing else is asked.
    ///
    /// # Errors
    /// [`AppError`] where something outside fails; a passkey that does not fit is an answer.
    pub async fn sign_in_with_passkey(
        &self,
        site: &Site,
        text: &str,
        answer: &str,
    ) -> Result<SignedIn, AppError> {
        let Some(opened) = self.open_ticket::<Pending>(PROVE, text) else { return Ok(SignedIn::No) };
        if opened.holds.site != site.origin {
            return Ok(SignedIn::No);
        }
        let Ok(claimed) = self.passkey_protocol().claimed(answer) else { return Ok(SignedIn::No) };
        loop {
            match self.proved_by_passkey(site, &opened, &claimed, answer).await {
                Ok(Some(row)) => {
                    let session = self.begin_session_once(&row, "passkey", None).await?;
                    return Ok(session.map_or(SignedIn::No, SignedIn::Session));
                }
                Ok(None) => return Ok(SignedIn::No),
                // Something about their account changed meanwhile: it is read again.
                Err(AppError::Overtaken) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The account of whoever proved themselves, with the use of the passkey written down; `None` where it does not fit.
    async fn proved_by_passkey(
        &self,
        site: &Site,
        opened: &ticket::Opened<Pending>,
        claimed: &Claimed,
        answer: &str,
    ) -> Result<Option<TokenRow>, AppError> {
        let row = self.journal().token(&claimed.owner).await?;
        let Some(row) = row.filter(|row| row.kind == TokenKind::Account && row.revoked_at.is_none()) else {
            tracing::warn!("a passkey of no account here");
            return Ok(None);
        };
        let mut secrets = self.secrets(&row)?;
        let owner = row.hash;
        let Some(passkey) =
            secrets.passkeys.iter_mut().find(|own| own.known.credential == claimed.credential)
        else {
            tracing::warn!(account = %owner, "a passkey that was removed");
            return Ok(None);
        };
        let state = &opened.holds.state;
        match self.passkey_protocol().proved(site, state, answer, owner, &passkey.known) {
            Ok(known) => passkey.known = known,
            Err(why) => {
                tracing::warn!(account = %owner, %why, "a passkey did not prove its owner");
                return Ok(None);
            }
        }
        passkey.used_at = Some(self.edge().now());
        // The key makes an answer count once, whichever server it is sent to again.
        let once = (format!("passkey {}", opened.digest), row.hash);
        let actor = actor_of(&row);
        let written = self.keep_secrets(&actor, row.clone(), &secrets, "passkey_used", Some(once)).await?;
        Ok((!written.repeated).then_some(row))
    }

    /// Whoever changes what guards an account says the password again; without one, the session must be new.
    pub(super) async fn check_fresh(
        &self,
        row: &TokenRow,
        secrets: &Secrets,
        session: &TokenRow,
        present: Option<String>,
    ) -> Result<(), AppError> {
        self.need_signed_in(row, secrets, session.id).await?;
        if secrets.password.is_some() {
            return self.check_present(row, secrets, present).await;
        }
        let end = session.created_at.checked_add(jiff::SignedDuration::from_mins(FRESH));
        if end.is_ok_and(|end| end > self.edge().now()) {
            return Ok(());
        }
        Err(AppError::invalid(
            "/present",
            "you signed in a while ago: sign out, sign in again, and do it then",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkeys_id_is_short_and_its_own() {
        let known = |byte| Known { credential: vec![byte; 16], key: vec![], state: vec![], transports: 0 };
        let passkey = |byte| Passkey {
            known: known(byte),
            name: "telephone".to_owned(),
            site: "http://localhost:1".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            used_at: None,
        };
        assert_eq!(passkey(1).id().len(), 16);
        assert_ne!(passkey(1).id(), passkey(2).id());
    }
}
