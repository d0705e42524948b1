//! Roles at further practices. An account is for one practice, or for all of the provider's; somebody who serves three of
//! a thousand, or is counsel at one and a responder at another, is given a role at each of the others. A browser acts at
//! one of them at a time, in the role that its owner has there: the record of each practice names who did what as what.
//!
//! A role is given and taken by those who administer the practice that it is at, stands in that practice's record, and is
//! one for each person: nobody is on two sides of one decision. Only a browser in which somebody signed in by themselves
//! goes from one practice to another; a link, a token and emergency access stay where they are.

use kernel::{
    Actor, Capability, Digest, PersonId, PracticeId, Role, Severity, Timestamp, TokenId, authorise,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{key_of, secrets::Secrets};
use crate::{
    App, AppError,
    access::{Administer, MadeToken, actor_of, token_text},
    ports::{AlertQuery, IncidentQuery, Scope, TokenKind, TokenRow},
};

/// Incidents and alerts counted for somebody who looks from another practice; of more it is said that there are more.
const COUNTED: u32 = 50;

/// A role at a further practice, to be given.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMembership {
    /// The name they sign in with.
    pub sign_in: String,
    /// What they may do there.
    pub role: Role,
    /// Where.
    pub practice: PracticeId,
}

/// Somebody's role at a practice that their account is not for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembershipView {
    /// Its id.
    pub id: TokenId,
    /// The name they sign in with.
    pub sign_in: String,
    /// Their name.
    pub name: String,
    /// The person.
    pub person: PersonId,
    /// What they may do there.
    pub role: Role,
    /// Where.
    pub practice: PracticeId,
    /// Since when.
    pub since: Timestamp,
}

/// A practice at which the person who asks has a role, and what waits there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// The practice.
    pub practice: PracticeId,
    /// Its name.
    pub name: String,
    /// What they may do there.
    pub role: Role,
    /// Whether their account is for it.
    pub home: bool,
    /// Whether the session that asks acts there.
    pub here: bool,
    /// Open incidents, where the role reads them; 50 stands for 50 or more.
    pub open_incidents: usize,
    /// The severity of the worst of them.
    pub worst: Option<Severity>,
    /// Alerts that nobody has judged, where the role reads them; 50 stands for 50 or more.
    pub alerts_waiting: usize,
}

/// A practice at which to act from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActAt {
    /// The practice.
    pub practice: PracticeId,
}

/// The key under which somebody's role at a practice lies: no token hashes to it, as it is the hash of another kind of text.
fn membership_key(person: PersonId, practice: PracticeId) -> Digest {
    Digest::of(format!("membership\u{0}{person}\u{0}{practice}").as_bytes())
}

fn stands(row: &TokenRow) -> bool {
    row.kind == TokenKind::Membership && row.revoked_at.is_none()
}

impl App {
    /// Gives somebody who has an account a role at a further practice, in place of one that they have there. What they
    /// were signed in to there ends.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where nobody signs in with that name, or their account is for this practice or for all;
    /// [`AppError::NotFound`] where there is no such practice.
    pub async fn give_membership(
        &self,
        actor: &Actor,
        new: NewMembership,
    ) -> Result<MembershipView, AppError> {
        let _ = authorise(actor, Administer)?;
        if actor.practice.is_some_and(|own| own != new.practice) {
            return Err(AppError::invalid("/practice", "a role at your own practice only"));
        }
        if new.role == Role::Service {
            return Err(AppError::invalid("/role", "a program has no account: make a token for it"));
        }
        let _ = self.profile(actor, new.practice).await?;
        loop {
            match self.give_membership_once(actor, &new).await {
                // Somebody else gave or ended it at this moment: what stands now is looked at again.
                Err(AppError::Overtaken) => {}
                other => return other,
            }
        }
    }

    async fn give_membership_once(
        &self,
        actor: &Actor,
        new: &NewMembership,
    ) -> Result<MembershipView, AppError> {
        let account = self.journal().token(&key_of(&new.sign_in)).await?;
        let account = account.filter(|row| row.kind == TokenKind::Account && row.revoked_at.is_none());
        let account = account.ok_or_else(|| {
            AppError::invalid("/sign_in", "nobody signs in with this name: make them an account instead")
        })?;
        let refused = match account.practice {
            None => Some("they serve every practice already: their account is for all of them"),
            Some(own) if own == new.practice => Some("their account is for this practice: change its role"),
            Some(_) if account.person == actor.id => {
                Some("nobody gives a role to themselves: ask another administrator")
            }
            Some(_) => None,
        };
        if let Some(what) = refused {
            return Err(AppError::invalid("/sign_in", what));
        }
        let key = membership_key(account.person, new.practice);
        let there = self.journal().token(&key).await?;
        let before = there.as_ref().filter(|row| stands(row)).map(|row| row.role);
        let row = TokenRow {
            id: there.as_ref().map_or_else(|| self.edge().id(TokenId::new), |row| row.id),
            kind: TokenKind::Membership,
            hash: key,
            role: new.role,
            practice: Some(new.practice),
            sealed: None,
            created_at: self.edge().now(),
            ..account.clone()
        };
        if before != Some(new.role) {
            let from = before.map_or(serde_json::Value::Null, |role| role.as_str().into());
            let said = [("account", serde_json::json!(account.id)), ("from", from)];
            self.write_token_over(there.as_ref(), actor, row.clone(), "membership_given", None, &said)
                .await?;
            // One who was there by emergency access would have two roles there.
            self.end_sessions(actor, account.person, |session| session.practice == Some(new.practice))
                .await?;
        }
        let row = there.filter(|_| before == Some(new.role)).unwrap_or(row);
        Ok(member(&row, &account, self.secrets(&account)?))
    }

    /// The roles at further practices that an administrator may see: those at the practices in their care.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn memberships(&self, actor: &Actor) -> Result<Vec<MembershipView>, AppError> {
        let _ = authorise(actor, Administer)?;
        // Whose they are says an account, which is for another practice.
        let rows = self.journal().tokens(Scope::Provider).await?;
        let accounts: std::collections::HashMap<PersonId, &TokenRow> = rows
            .iter()
            .filter(|row| row.kind == TokenKind::Account && row.revoked_at.is_none())
            .map(|row| (row.person, row))
            .collect();
        let theirs = |row: &&TokenRow| stands(row) && row.practice.is_some_and(|own| actor.serves(own));
        let mut views = Vec::new();
        for row in rows.iter().filter(theirs) {
            if let Some(account) = accounts.get(&row.person) {
                views.push(member(row, account, self.secrets(account)?));
            }
        }
        Ok(views)
    }

    /// Takes somebody's role at a further practice away. Their sessions there end.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub async fn end_membership(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        let _ = authorise(actor, Administer)?;
        loop {
            let rows = self.journal().tokens(Scope::of(actor)).await?;
            let row = rows.into_iter().find(|row| row.id == id && stands(row));
            let before = row.ok_or_else(|| AppError::not_found(format!("membership {id}")))?;
            match self.end_membership_of(actor, &before).await {
                Err(AppError::Overtaken) => {}
                other => return other,
            }
        }
    }

    async fn end_membership_of(&self, actor: &Actor, before: &TokenRow) -> Result<(), AppError> {
        let row = TokenRow { revoked_at: Some(self.edge().now()), ..before.clone() };
        let (person, practice) = (row.person, row.practice);
        self.write_token_over(Some(before), actor, row, "membership_ended", None, &[]).await?;
        self.end_sessions(actor, person, |session| session.practice == practice).await
    }

    /// Takes every role at a further practice away that somebody has.
    pub(super) async fn end_memberships(&self, actor: &Actor, person: PersonId) -> Result<(), AppError> {
        for row in self.memberships_of(person).await? {
            match self.end_membership_of(actor, &row).await {
                // Given anew or ended at this moment: by the one who administers it.
                Err(AppError::Overtaken) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The roles that somebody has at further practices.
    pub(super) async fn memberships_of(&self, person: PersonId) -> Result<Vec<TokenRow>, AppError> {
        let mut rows = self.journal().tokens(Scope::Provider).await?;
        rows.retain(|row| stands(row) && row.person == person);
        Ok(rows)
    }

    /// The role that somebody has at a practice that their account is not for.
    pub(super) async fn role_at(
        &self,
        person: PersonId,
        practice: PracticeId,
    ) -> Result<Option<Role>, AppError> {
        let row = self.journal().token(&membership_key(person, practice)).await?;
        Ok(row.filter(stands).map(|row| row.role))
    }

    /// Refuses to change how somebody comes in from a session that did not begin by signing in, where they have roles at
    /// further practices: whoever administers one practice could make themselves such a session in anybody's name there, and
    /// with a password or passkey of their own choosing go on to the others. Somebody who has no way in yet came by the link
    /// of their invitation.
    pub(super) async fn need_signed_in(
        &self,
        account: &TokenRow,
        secrets: &Secrets,
        session: TokenId,
    ) -> Result<(), AppError> {
        if !secrets.comes_in() || self.memberships_of(account.person).await?.is_empty() {
            return Ok(());
        }
        let rows = self.journal().tokens(Scope::Provider).await?;
        let began = |row: &TokenRow| row.kind == TokenKind::Session && row.account == Some(account.hash);
        if rows.iter().any(|row| row.id == session && began(row)) {
            return Ok(());
        }
        let what = "you have roles at several practices and came by a link or token: sign in the usual way to change how you \
                    come in, or ask the provider's administrators for a reset";
        Err(AppError::invalid("/", what))
    }

    /// The account whose owner began a session by signing in; `None` where they came by a link, a token or past the usual
    /// way, or the account has ended.
    async fn account_behind(&self, session: &TokenRow) -> Result<Option<TokenRow>, AppError> {
        let began = session.account.filter(|_| session.kind == TokenKind::Session && session.glass.is_none());
        let Some(key) = began else { return Ok(None) };
        let account = self.journal().token(&key).await?;
        Ok(account.filter(|row| {
            row.kind == TokenKind::Account && row.person == session.person && row.revoked_at.is_none()
        }))
    }

    /// The practices at which the owner of a session may act, their own first, and what waits at each. Empty where there
    /// is nothing to choose.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn standings(&self, session: &TokenRow) -> Result<Vec<Standing>, AppError> {
        let Some(account) = self.account_behind(session).await? else { return Ok(Vec::new()) };
        let Some(home) = account.practice else { return Ok(Vec::new()) };
        let mut roles = vec![(home, account.role)];
        let few = self.few_tokens().await?;
        let further = few.iter().filter(|row| stands(row) && row.person == account.person);
        roles.extend(further.filter_map(|row| Some((row.practice?, row.role))));
        if roles.len() < 2 {
            return Ok(Vec::new());
        }
        let mut standings = Vec::with_capacity(roles.len());
        for (practice, role) in roles {
            let there = Actor { role, practice: Some(practice), ..actor_of(&account) };
            let profile = self.profile(&there, practice).await?;
            let mut standing = Standing {
                practice,
                name: profile.practice.name.clone(),
                role,
                home: practice == home,
                here: session.practice == Some(practice),
                open_incidents: 0,
                worst: None,
                alerts_waiting: 0,
            };
            if role.may(Capability::Read) {
                let open = IncidentQuery {
                    status: Some("open".to_owned()),
                    limit: COUNTED,
                    ..IncidentQuery::default()
                };
                let open = self.incidents(&there, open).await?.items;
                let waiting = AlertQuery { verdict: Some(None), limit: COUNTED, ..AlertQuery::default() };
                standing.open_incidents = open.len();
                standing.worst = open.iter().map(|row| row.severity).max();
                standing.alerts_waiting = self.alerts(&there, waiting).await?.items.len();
            }
            standings.push(standing);
        }
        if let Some(further) = standings.get_mut(1..) {
            further.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(standings)
    }

    /// Goes on at another practice, in the role that the session's owner has there: the session ends, and one there takes
    /// its place. It lasts no longer than the first would have, and is no newer.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where they have no role there, or came by a link, a token or past the usual way.
    pub async fn act_at(&self, session: &TokenRow, given: ActAt) -> Result<MadeToken, AppError> {
        let missing = || {
            AppError::not_found(
                "a practice at which you have a role (sign in with your own account to act at another)",
            )
        };
        let practice = given.practice;
        let account = self.account_behind(session).await?.ok_or_else(missing)?;
        let home = account.practice.ok_or_else(missing)?;
        if session.practice == Some(practice) {
            return Err(AppError::invalid("/practice", "you act there now"));
        }
        let role = if practice == home {
            account.role
        } else {
            self.role_at(account.person, practice).await?.ok_or_else(missing)?
        };
        let token = token_text(&self.edge().random());
        let own = account.hash;
        let next = TokenRow {
            id: self.edge().id(TokenId::new),
            kind: TokenKind::Session,
            hash: Digest::of(token.as_bytes()),
            role,
            practice: Some(practice),
            sealed: None,
            created_at: session.created_at,
            expires_at: session.expires_at,
            account: Some(own),
            ..account
        };
        let (id, actor) = (next.id, actor_of(&next));
        // Two presses at once go there once.
        let once = (format!("act at {practice} from {}", session.id), session.hash);
        let said = [("way", "membership".into())];
        let written =
            self.write_token_saying(&actor, next.clone(), "session_begun", Some(once), &said).await?;
        if written.repeated || !self.still_theirs(next, Some(&own)).await? {
            return Err(missing());
        }
        self.end_session(&actor_of(session), session.id).await?;
        Ok(MadeToken { id, token })
    }
}

fn member(row: &TokenRow, account: &TokenRow, secrets: Secrets) -> MembershipView {
    MembershipView {
        id: row.id,
        sign_in: secrets.sign_in,
        name: account.name.clone(),
        person: row.person,
        role: row.role,
        practice: row.practice.unwrap_or(crate::access::NOBODY),
        since: row.created_at,
    }
}
