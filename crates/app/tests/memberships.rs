//! One person, several practices: a role at each, given and taken by those who administer it, and a browser that acts at one
//! of them at a time.
#![cfg(test)]

use app::{
    App, AppError,
    accounts::{
        ActAt, CameFrom, ChangedAccount, Credentials, Enter, LetIn, NewAccount, NewIdentity, NewMembership,
        SignedIn,
    },
    edge::Edge,
    ports::{EntryQuery, Scope, TokenKind, TokenRow},
    practices::SetProfile,
};
use incident::Practice;
use kernel::{Actor, PracticeId, Role, TokenId};
use testkit::app::{Program, actor};

const PASSWORD: &str = "seven quiet lanterns drift";

/// A practice, another, and somebody whose account is for the first.
struct Town {
    program: Program,
    home: PracticeId,
    away: PracticeId,
    account: TokenId,
}

impl Town {
    async fn new(seed: u64, role: Role) -> Self {
        let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), seed);
        let program = Program::start(edge).await.unwrap();
        let practice = Practice::named("Larch Street Surgery", "OH", "America/New_York");
        let lead = actor(Role::Lead, None);
        let away = program.app.set_profile(&lead, SetProfile { id: None, practice }).await.unwrap().id;
        let home = program.practice;
        let new = NewAccount {
            sign_in: "okafor@lawfirm.example".into(),
            name: "J. Okafor".into(),
            role,
            practice: Some(home),
        };
        let made = program.app.make_account(&lead, new).await.unwrap();
        let session = program.app.use_link(&made.token).await.unwrap().unwrap();
        let caller = program.app.caller(&session.token).await.unwrap().unwrap();
        program.app.set_password(&caller.actor, session.id, None, PASSWORD.into()).await.unwrap();
        Self { program, home, away, account: made.id }
    }

    fn app(&self) -> &App {
        &self.program.app
    }

    async fn sign_in(&self) -> TokenRow {
        let given =
            Credentials { sign_in: "okafor@lawfirm.example".into(), password: PASSWORD.into(), code: None };
        match self.app().sign_in(given, CameFrom::default()).await.unwrap() {
            SignedIn::Session(made) => self.session(&made.token).await.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    async fn session(&self, token: &str) -> Option<TokenRow> {
        self.app().caller(token).await.unwrap().map(|caller| caller.token)
    }

    async fn stands(&self, session: &TokenRow) -> bool {
        let rows = self.app().journal().tokens(Scope::Provider).await.unwrap();
        rows.iter().any(|row| row.id == session.id && row.revoked_at.is_none())
    }

    fn role(&self, role: Role) -> NewMembership {
        NewMembership { sign_in: "Okafor@lawfirm.example".into(), role, practice: self.away }
    }

    async fn go(&self, from: &TokenRow, to: PracticeId) -> Result<TokenRow, AppError> {
        let made = self.app().act_at(from, ActAt { practice: to }).await?;
        Ok(self.session(&made.token).await.expect("the session is no good"))
    }
}

fn lead_at(practice: PracticeId) -> Actor {
    Actor { name: "their lead".into(), ..actor(Role::Lead, Some(practice)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn counsel_of_one_practice_is_a_responder_at_another_and_never_both_at_once() {
    let town = Town::new(31, Role::Attorney).await;
    let app = town.app();
    let at_home = town.sign_in().await;
    assert!(app.standings(&at_home).await.unwrap().is_empty(), "there is nothing to choose yet");
    assert!(matches!(town.go(&at_home, town.away).await, Err(AppError::NotFound { .. })));

    let given = app.give_membership(&lead_at(town.away), town.role(Role::Responder)).await.unwrap();
    assert_eq!((given.name.as_str(), given.role, given.practice), ("J. Okafor", Role::Responder, town.away));
    assert!(town.stands(&at_home).await, "a role elsewhere signs them out at home");
    let standings = app.standings(&at_home).await.unwrap();
    let seen: Vec<_> = standings.iter().map(|own| (own.practice, own.role, own.home, own.here)).collect();
    assert_eq!(seen, [(town.home, Role::Attorney, true, true), (town.away, Role::Responder, false, false)]);

    let away = town.go(&at_home, town.away).await.unwrap();
    assert!(!town.stands(&at_home).await, "the session at home goes on");
    assert_eq!((away.role, away.practice), (Role::Responder, Some(town.away)));
    assert_eq!((away.person, away.name.as_str()), (at_home.person, "J. Okafor"));
    // It is no newer and lasts no longer: going to and fro keeps nobody signed in.
    assert_eq!((away.created_at, away.expires_at), (at_home.created_at, at_home.expires_at));
    let actor = Actor { id: away.person, name: away.name.clone(), role: away.role, practice: away.practice };
    assert!(app.profile(&actor, town.home).await.is_err(), "they see their home from away");
    assert!(app.own_account(&actor).await.unwrap().is_none(), "what guards the account is changed from away");
    let changed =
        app.set_password(&actor, away.id, Some(PASSWORD.into()), "eight quiet lanterns drift".into()).await;
    assert!(changed.is_err());
    let back = town.go(&away, town.home).await.unwrap();
    assert_eq!((back.role, back.practice), (Role::Attorney, Some(town.home)));
    assert!(!town.stands(&away).await);

    // The record of each practice says what happened there, and of each that alone.
    for (practice, given, begun) in [(town.home, 0, 3), (town.away, 1, 1)] {
        let count = async |kind: &str| {
            let query = EntryQuery { kind: Some(kind.into()), limit: 100, ..EntryQuery::default() };
            app.journal().entries(Scope::Practice(practice), query).await.unwrap().items.len()
        };
        assert_eq!((count("membership_given").await, count("session_begun").await), (given, begun));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_elsewhere_is_given_by_those_who_administer_there_alone() {
    let town = Town::new(32, Role::Attorney).await;
    let app = town.app();
    let refused =
        async |by: &Actor, new: NewMembership| app.give_membership(by, new).await.map(drop).unwrap_err();
    for role in [Role::Responder, Role::Practice, Role::Attorney, Role::Staff, Role::Auditor] {
        let by = actor(role, Some(town.away));
        assert!(matches!(refused(&by, town.role(Role::Auditor)).await, AppError::Forbidden(_)), "{role}");
    }
    let invalid = |error: AppError| assert!(matches!(error, AppError::Invalid { .. }), "{error:?}");
    invalid(refused(&lead_at(town.home), town.role(Role::Auditor)).await);
    invalid(refused(&lead_at(town.away), town.role(Role::Service)).await);
    let nobody = NewMembership { sign_in: "nobody@lawfirm.example".into(), ..town.role(Role::Auditor) };
    invalid(refused(&lead_at(town.away), nobody).await);
    // At home there is the account's own role: one person, one role at a practice.
    let at_home = NewMembership { practice: town.home, ..town.role(Role::Responder) };
    invalid(refused(&lead_at(town.home), at_home).await);
    let everywhere = NewAccount {
        sign_in: "all@mdr.example".into(),
        name: "All".into(),
        role: Role::Responder,
        practice: None,
    };
    app.make_account(&actor(Role::Lead, None), everywhere).await.unwrap();
    let all = NewMembership { sign_in: "all@mdr.example".into(), ..town.role(Role::Attorney) };
    invalid(refused(&actor(Role::Lead, None), all).await);

    // A role given anew takes the place of the first, and ends what was begun with it.
    let first = app.give_membership(&lead_at(town.away), town.role(Role::Lead)).await.unwrap();
    let there = town.go(&town.sign_in().await, town.away).await.unwrap();
    let own = Actor { id: there.person, ..lead_at(town.away) };
    invalid(refused(&own, town.role(Role::Auditor)).await);
    let second = app.give_membership(&lead_at(town.away), town.role(Role::Staff)).await.unwrap();
    assert_eq!((second.id, second.role), (first.id, Role::Staff));
    assert!(!town.stands(&there).await, "the role of before is still signed in");
    assert_eq!(app.memberships(&lead_at(town.away)).await.unwrap(), std::slice::from_ref(&second));
    assert!(app.memberships(&lead_at(town.home)).await.unwrap().is_empty(), "home sees who serves elsewhere");
    let ended = app.end_membership(&lead_at(town.home), second.id).await;
    assert!(matches!(ended, Err(AppError::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_ends_ends_what_was_begun_with_it_and_nothing_else() {
    let town = Town::new(33, Role::Attorney).await;
    let app = town.app();
    let given = app.give_membership(&lead_at(town.away), town.role(Role::Responder)).await.unwrap();
    let home = town.sign_in().await;
    let there = town.go(&town.sign_in().await, town.away).await.unwrap();
    // From home one sees the browser that is away, and may sign it out.
    let own = Actor { id: home.person, name: home.name.clone(), role: home.role, practice: home.practice };
    let sessions = app.sessions(&own).await.unwrap();
    assert!(sessions.iter().any(|row| row.id == there.id), "a lost computer cannot be signed out");
    app.end_membership(&lead_at(town.away), given.id).await.unwrap();
    assert!(!town.stands(&there).await && town.stands(&home).await);
    assert!(app.memberships(&actor(Role::Lead, None)).await.unwrap().is_empty());
    assert!(matches!(town.go(&home, town.away).await, Err(AppError::NotFound { .. })));
    // Ended as a token, by whoever lists those, it is the same.
    let again = app.give_membership(&lead_at(town.away), town.role(Role::Responder)).await.unwrap();
    let there = town.go(&home, town.away).await.unwrap();
    app.revoke_token(&lead_at(town.away), again.id).await.unwrap();
    assert!(!town.stands(&there).await);
    // With the account everything ends.
    app.give_membership(&lead_at(town.away), town.role(Role::Responder)).await.unwrap();
    let there = town.go(&town.sign_in().await, town.away).await.unwrap();
    app.revoke_token(&actor(Role::Lead, None), town.account).await.unwrap();
    assert!(!town.stands(&there).await);
    assert!(app.memberships(&actor(Role::Lead, None)).await.unwrap().is_empty());
}

/// Whoever administers one practice could make themselves somebody's link, token or sign-in. None of them leads to another.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_to_another_practice_by_what_one_practice_hands_out() {
    let town = Town::new(34, Role::Responder).await;
    let app = town.app();
    app.give_membership(&lead_at(town.away), town.role(Role::Attorney)).await.unwrap();
    let person = town.sign_in().await.person;
    for (practice, other) in [(town.home, town.away), (town.away, town.home)] {
        for kind in [TokenKind::Link, TokenKind::Api] {
            let new = app::access::NewToken {
                name: "J. Okafor".into(),
                role: Role::Lead,
                practice: Some(practice),
                scopes: Vec::new(),
                kind,
                expires_at: None,
                secret: None,
                person: Some(person),
            };
            let made = app.make_token(&lead_at(practice), new).await.unwrap();
            let token = match kind {
                TokenKind::Link => app.use_link(&made.token).await.unwrap().map(|session| session.token),
                _ => Some(made.token),
            };
            let Some(session) = (match token {
                Some(token) => town.session(&token).await,
                None => None,
            }) else {
                continue;
            };
            assert!(app.standings(&session).await.unwrap().is_empty());
            // Not even with the password: one who knows that signs in with it.
            let theirs =
                Actor { id: person, name: "J. Okafor".into(), role: Role::Lead, practice: Some(practice) };
            let changed = app
                .set_password(&theirs, session.id, Some(PASSWORD.into()), "eight quiet lanterns drift".into())
                .await;
            assert!(changed.is_err(), "{kind:?}");
            let gone = town.go(&session, other).await;
            assert!(matches!(gone, Err(AppError::NotFound { .. })), "{kind:?} {gone:?}");
        }
    }
    let (lead, why) = (lead_at(town.home), LetIn { reason: "Her telephone is broken.".into() });
    let in_past = app.let_in(&lead, town.account, why).await.unwrap();
    let in_past = app.use_link(&in_past.token).await.unwrap().unwrap();
    let in_past = town.session(&in_past.token).await.unwrap();
    assert!(matches!(town.go(&in_past, town.away).await, Err(AppError::NotFound { .. })));
    // Who signed in changes it as before.
    let home = town.sign_in().await;
    let own = Actor { id: person, name: home.name.clone(), role: home.role, practice: home.practice };
    app.set_password(&own, home.id, Some(PASSWORD.into()), "eight quiet lanterns drift".into())
        .await
        .unwrap();
    // Nor by a provider's name of their own choosing, nor by a new password.
    let linked = NewIdentity { provider: "nowhere".into(), subject: "the lead's own".into() };
    let linked = app.link_identity(&lead_at(town.home), town.account, linked).await;
    assert!(matches!(linked, Err(AppError::Invalid { .. })), "{linked:?}");
    assert_eq!(app.memberships(&lead_at(town.away)).await.unwrap().len(), 1);
    app.reset_account(&lead_at(town.home), town.account).await.unwrap();
    assert!(app.memberships(&lead_at(town.away)).await.unwrap().is_empty(), "a reset leads elsewhere");
    // The provider's own administrators are in charge of all practices.
    app.give_membership(&lead_at(town.away), town.role(Role::Attorney)).await.unwrap();
    app.reset_account(&actor(Role::Lead, None), town.account).await.unwrap();
    assert_eq!(app.memberships(&lead_at(town.away)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn emergency_access_gives_nobody_a_second_role_at_a_practice() {
    let town = Town::new(35, Role::Responder).await;
    let app = town.app();
    let leave = ChangedAccount { elsewhere: Some(true), ..ChangedAccount::default() };
    app.change_account(&actor(Role::Lead, None), town.account, leave).await.unwrap();
    let home = town.sign_in().await;
    let own = Actor { id: home.person, name: home.name.clone(), role: home.role, practice: home.practice };
    let enter = || Enter {
        practice: "Larch Street Surgery".into(),
        reason: "Their own responder does not answer.".into(),
    };
    let entered = app.enter_practice(&own, enter()).await.unwrap();
    let entered = town.session(&entered.token).await.unwrap();
    app.give_membership(&lead_at(town.away), town.role(Role::Practice)).await.unwrap();
    assert!(!town.stands(&entered).await, "they act for both sides of one decision");
    assert!(matches!(app.enter_practice(&own, enter()).await, Err(AppError::Invalid { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_role_that_ends_while_somebody_goes_there_no_session_is_left() {
    let town = Town::new(36, Role::Responder).await;
    let app = town.app();
    for _ in 0..20 {
        let given = app.give_membership(&lead_at(town.away), town.role(Role::Auditor)).await.unwrap();
        let home = town.sign_in().await;
        let lead = lead_at(town.away);
        let (_, ended) = tokio::join!(town.go_quietly(&home), app.end_membership(&lead, given.id));
        ended.unwrap();
        let rows = app.journal().tokens(Scope::Provider).await.unwrap();
        let left = rows.iter().filter(|row| {
            row.kind == TokenKind::Session && row.practice == Some(town.away) && row.revoked_at.is_none()
        });
        assert_eq!(left.count(), 0);
    }
}

impl Town {
    /// Goes away, or is told that there is nothing there.
    async fn go_quietly(&self, from: &TokenRow) {
        let _ = self.app().act_at(from, ActAt { practice: self.away }).await;
    }
}
