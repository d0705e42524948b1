//! People sign in with what is theirs, and nobody else does.
#![cfg(test)]

use app::{
    AppError,
    accounts::{CameFrom, ChangedAccount, Credentials, NewAccount, SignedIn},
    edge::Edge,
    ports::{EntryQuery, Scope, TokenKind},
};
use kernel::{Actor, Role};
use testkit::app::{Program, actor};

const PASSWORD: &str = "seven quiet lanterns drift";

fn credentials(password: &str, code: Option<&str>) -> Credentials {
    Credentials {
        sign_in: " Dana@CedarHollow.example".to_owned(),
        password: password.to_owned(),
        code: code.map(str::to_owned),
    }
}

fn dana() -> NewAccount {
    NewAccount {
        sign_in: "dana@cedarhollow.example".to_owned(),
        name: "Dana Reyes".to_owned(),
        role: Role::Lead,
        practice: None,
    }
}

/// Another lead of the provider, who can sign in.
async fn another_lead(program: &Program, name: &str) -> (kernel::TokenId, Signed) {
    let new = NewAccount {
        sign_in: format!("{name}@mdr.example"),
        name: name.to_owned(),
        role: Role::Lead,
        practice: None,
    };
    let made = program.app.make_account(&actor(Role::Lead, None), new).await.unwrap();
    let there = follow(program, &made.token).await;
    program.app.set_password(&there.actor, there.session, None, PASSWORD.into()).await.unwrap();
    (made.id, there)
}

fn to(role: Role) -> ChangedAccount {
    ChangedAccount { role: Some(role), ..ChangedAccount::default() }
}

struct Signed {
    actor: Actor,
    session: kernel::TokenId,
}

/// Follows the link of an invitation.
async fn follow(program: &Program, link: &str) -> Signed {
    let session = program.app.use_link(link).await.unwrap().expect("the link is good");
    let caller = program.app.caller(&session.token).await.unwrap().unwrap();
    Signed { actor: caller.actor, session: session.id }
}

async fn is_in(program: &Program, given: Credentials) -> bool {
    matches!(program.app.sign_in(given, CameFrom::default()).await.unwrap(), SignedIn::Session(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_invited_chooses_a_password_signs_in_with_it_and_is_out_when_their_account_ends() {
    let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 5);
    let program = Program::start(edge).await.unwrap();
    let lead = actor(Role::Lead, None);
    let invitation = program.app.make_account(&lead, dana()).await.unwrap();
    assert!(!is_in(&program, credentials("", None)).await, "an account without a password lets nobody in");
    assert!(matches!(program.app.make_account(&lead, dana()).await, Err(AppError::Invalid { .. })));

    let mut there = follow(&program, &invitation.token).await;
    let weak = program.app.set_password(&there.actor, there.session, None, "password".into()).await;
    assert!(matches!(weak, Err(AppError::Invalid { .. })));
    program.app.set_password(&there.actor, there.session, None, PASSWORD.into()).await.unwrap();
    assert!(!is_in(&program, credentials("seven quiet lanterns drif", None)).await);
    let SignedIn::Session(session) =
        program.app.sign_in(credentials(PASSWORD, None), CameFrom::default()).await.unwrap()
    else {
        panic!("the right password signs in")
    };
    let caller = program.app.caller(&session.token).await.unwrap().unwrap();
    assert_eq!(caller.actor.id, there.actor.id);
    there.session = session.id;
    assert_eq!(program.app.sessions(&there.actor).await.unwrap().len(), 2);

    // Who sits down at a browser that was left open has no password to say.
    let taken =
        program.app.set_password(&there.actor, there.session, None, "a b c d e f g h i j k".into()).await;
    assert!(matches!(taken, Err(AppError::Invalid { .. })));

    another_lead(&program, "colleague").await;
    program.app.end_account(&lead, invitation.id).await.unwrap();
    assert!(program.app.caller(&session.token).await.unwrap().is_none());
    assert!(!is_in(&program, credentials(PASSWORD, None)).await);
    // They come back: a new invitation under the same name.
    let again = program.app.make_account(&lead, dana()).await.unwrap();
    let accounts = program.app.accounts(&lead).await.unwrap();
    assert!(accounts.iter().any(|own| own.id == again.id && !own.password));
    follow(&program, &again.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_its_codes_count_once_and_a_lost_telephone_is_no_end() {
    let (edge, hand) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 6);
    let program = Program::start(edge).await.unwrap();
    let lead = actor(Role::Lead, None);
    let invitation = program.app.make_account(&lead, dana()).await.unwrap();
    let there = follow(&program, &invitation.token).await;
    program.app.set_password(&there.actor, there.session, None, PASSWORD.into()).await.unwrap();
    let enrolment = program.app.begin_authenticator(&there.actor, Some(PASSWORD.into())).await.unwrap();
    assert!(enrolment.address.starts_with("otpauth://totp/"), "{}", enrolment.address);
    assert!(is_in(&program, credentials(PASSWORD, None)).await, "not asked for before it works");

    let code = |second: i64| {
        let totp = totp_rs::Totp::from_url(&enrolment.address).unwrap();
        totp.generate(u64::try_from(second).unwrap()).to_string()
    };
    let now = program.app.edge().now().as_second();
    let recovery = program.app.confirm_authenticator(&there.actor, &code(now)).await.unwrap();
    assert_eq!(recovery.codes.len(), 10);
    assert!(matches!(
        program.app.sign_in(credentials(PASSWORD, None), CameFrom::default()).await.unwrap(),
        SignedIn::MoreNeeded { app: true, passkey: false }
    ));
    assert!(!is_in(&program, credentials(PASSWORD, Some(&code(now)))).await, "that code was used");
    hand.set("2026-01-26T13:00:30Z".parse().unwrap());
    assert!(is_in(&program, credentials(PASSWORD, Some(&code(now + 30)))).await);
    assert!(!is_in(&program, credentials(PASSWORD, Some(&code(now + 30)))).await, "nor twice");
    assert!(is_in(&program, credentials(PASSWORD, Some(&recovery.codes[3]))).await);
    assert!(!is_in(&program, credentials(PASSWORD, Some(&recovery.codes[3]))).await);

    let reset = program.app.reset_account(&lead, invitation.id).await.unwrap();
    assert!(!is_in(&program, credentials(PASSWORD, Some(&recovery.codes[4]))).await);
    follow(&program, &reset.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_cannot_be_used_as_a_token_nor_its_password_guessed() {
    let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 7);
    let program = Program::start(edge).await.unwrap();
    let lead = actor(Role::Lead, None);
    let invitation = program.app.make_account(&lead, dana()).await.unwrap();
    let there = follow(&program, &invitation.token).await;
    program.app.set_password(&there.actor, there.session, None, PASSWORD.into()).await.unwrap();
    assert!(program.app.caller("account\u{0}dana@cedarhollow.example").await.unwrap().is_none());
    for role in [Role::Responder, Role::Practice, Role::Staff, Role::Attorney, Role::Auditor] {
        assert!(program.app.make_account(&actor(role, None), dana()).await.is_err(), "{role}");
        assert!(program.app.accounts(&actor(role, None)).await.is_err(), "{role}");
    }
    let desk = CameFrom { address: "192.0.2.7".parse().ok(), browser: None };
    assert!(matches!(
        program.app.sign_in(credentials(PASSWORD, None), desk.clone()).await.unwrap(),
        SignedIn::Session(_)
    ));
    let mut waits = 0;
    for n in 0..14u32 {
        let from = CameFrom {
            address: Some(std::net::IpAddr::from((0xC633_6400 + n).to_be_bytes())),
            browser: None,
        };
        let outcome = program.app.sign_in(credentials("seven loud lanterns sink", None), from).await.unwrap();
        waits += u32::from(matches!(outcome, SignedIn::Wait(_)));
    }
    assert_eq!(waits, 4);
    assert!(matches!(
        program.app.sign_in(credentials(PASSWORD, None), desk.clone()).await.unwrap(),
        SignedIn::Session(_)
    ));
    let tokens = program.app.tokens(&lead).await.unwrap();
    let account = tokens.iter().find(|row| row.kind == TokenKind::Account).unwrap();
    assert!(account.sealed.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leads_last_stays_even_where_two_take_each_other_away_at_once() {
    let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 8);
    let program = Program::start(edge).await.unwrap();
    let (app, terminal) = (&program.app, actor(Role::Lead, None));
    let (one, first) = another_lead(&program, "one").await;
    let only = |answer: Result<_, AppError>| match answer {
        Err(AppError::Invalid { what, .. }) => assert!(what.contains("make another lead first"), "{what}"),
        other => panic!("{other:?}"),
    };
    only(app.change_account(&terminal, one, to(Role::Responder)).await.map(drop));
    only(app.end_account(&terminal, one).await);
    // Somebody invited who never came in, and a lead of one practice alone, do not lead in their place.
    let invited = app.make_account(&terminal, dana()).await.unwrap();
    only(app.end_account(&terminal, one).await);
    let practice = NewAccount { sign_in: "p@p.example".into(), practice: Some(program.practice), ..dana() };
    let practice = app.make_account(&terminal, practice).await.unwrap();
    let there = follow(&program, &practice.token).await;
    app.set_password(&there.actor, there.session, None, PASSWORD.into()).await.unwrap();
    only(app.change_account(&terminal, one, to(Role::Staff)).await.map(drop));
    // The practice's own lead may go: the provider's leads it too.
    app.change_account(&terminal, practice.id, to(Role::Practice)).await.unwrap();
    app.end_account(&terminal, invited.id).await.unwrap();

    for round in 0..8 {
        let (two, second) = another_lead(&program, &format!("two{round}")).await;
        let (left, right) = tokio::join!(
            app.change_account(&first.actor, two, to(Role::Auditor)),
            app.change_account(&second.actor, one, to(Role::Auditor)),
        );
        assert!(left.is_ok() != right.is_ok(), "{left:?} {right:?}");
        let accounts = app.accounts(&terminal).await.unwrap();
        let leads: Vec<_> =
            accounts.iter().filter(|own| own.role == Role::Lead && own.ended_at.is_none()).collect();
        assert_eq!(leads.len(), 1, "nobody is left to lead");
        if left.is_err() {
            // The first lost: it is made lead again for the next round, and the second goes.
            app.change_account(&terminal, one, to(Role::Lead)).await.unwrap();
            app.change_account(&terminal, two, to(Role::Auditor)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_one_account_at_the_same_moment_all_stand_and_the_record_tells_each() {
    let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 9);
    let program = Program::start(edge).await.unwrap();
    let (app, lead) = (&program.app, actor(Role::Lead, None));
    let new = NewAccount { role: Role::Responder, practice: Some(program.practice), ..dana() };
    let id = app.make_account(&lead, new).await.unwrap().id;
    for round in 0..10 {
        let (name, role) = (format!("Dana {round}"), [Role::Auditor, Role::Responder][round % 2]);
        let renamed = ChangedAccount { name: Some(name.clone()), ..ChangedAccount::default() };
        let leave = ChangedAccount { elsewhere: Some(round % 2 == 0), ..ChangedAccount::default() };
        let (one, two, three) = tokio::join!(
            app.change_account(&lead, id, renamed),
            app.change_account(&lead, id, to(role)),
            app.change_account(&lead, id, leave),
        );
        for done in [one, two, three] {
            done.unwrap();
        }
        let account = app.accounts(&lead).await.unwrap().remove(0);
        assert_eq!(
            (account.name, account.role, account.elsewhere),
            (name, role, round % 2 == 0),
            "one is lost"
        );
    }
    let query = EntryQuery { kind: Some("account_changed".into()), limit: 100, ..EntryQuery::default() };
    assert_eq!(app.journal().entries(Scope::Provider, query).await.unwrap().items.len(), 30);
    // What was decided on another role than stands is not done.
    let blind = ChangedAccount { was: Some(Role::Auditor), ..to(Role::Attorney) };
    assert!(matches!(app.change_account(&lead, id, blind).await, Err(AppError::Overtaken)));
    let seen = ChangedAccount { was: Some(Role::Responder), ..to(Role::Attorney) };
    assert_eq!(app.change_account(&lead, id, seen).await.unwrap().role, Role::Attorney);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_who_signs_in_while_their_role_changes_keeps_the_old_one() {
    let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 10);
    let program = Program::start(edge).await.unwrap();
    let (app, lead) = (&program.app, actor(Role::Lead, None));
    another_lead(&program, "colleague").await;
    let invitation = app.make_account(&lead, dana()).await.unwrap();
    let there = follow(&program, &invitation.token).await;
    app.set_password(&there.actor, there.session, None, PASSWORD.into()).await.unwrap();
    let mut role = Role::Lead;
    for _ in 0..6 {
        let next = if role == Role::Lead { Role::Staff } else { Role::Lead };
        let (came, changed) = tokio::join!(
            app.sign_in(credentials(PASSWORD, None), CameFrom::default()),
            app.change_account(&lead, invitation.id, to(next)),
        );
        changed.unwrap();
        if let SignedIn::Session(session) = came.unwrap()
            && let Some(caller) = app.caller(&session.token).await.unwrap()
        {
            assert_eq!(caller.actor.role, next, "the old role is still there");
        }
        let standing = app.tokens(&lead).await.unwrap().into_iter().filter(|row| {
            row.kind == TokenKind::Session && row.person == there.actor.id && row.revoked_at.is_none()
        });
        assert!(standing.into_iter().all(|row| row.role == next));
        role = next;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_are_removed_after_a_week_and_the_record_keeps_that_they_were() {
    let (edge, hand) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 12);
    let program = Program::start(edge).await.unwrap();
    let (app, lead) = (&program.app, actor(Role::Lead, None));
    let (_, there) = another_lead(&program, "colleague").await;
    let api = app::access::NewToken {
        name: "poller".into(),
        role: Role::Service,
        practice: Some(program.practice),
        scopes: Vec::new(),
        kind: TokenKind::Api,
        expires_at: Some("2026-01-27T13:00:00Z".parse().unwrap()),
        secret: None,
        person: None,
    };
    app.make_token(&lead, api).await.unwrap();
    let count = async |kind: TokenKind| {
        app.tokens(&lead).await.unwrap().iter().filter(|row| row.kind == kind).count()
    };
    assert_eq!((count(TokenKind::Session).await, count(TokenKind::Link).await), (1, 1));
    assert_eq!(app.forget_ended_sessions().await.unwrap(), 0);
    // The link was used at once; the session ended by itself after twelve hours.
    hand.set("2026-02-02T13:00:01Z".parse().unwrap());
    assert_eq!(app.forget_ended_sessions().await.unwrap(), 1);
    assert_eq!((count(TokenKind::Session).await, count(TokenKind::Link).await), (1, 0));
    hand.set("2026-02-03T01:00:01Z".parse().unwrap());
    assert_eq!(app.forget_ended_sessions().await.unwrap(), 1);
    assert_eq!(app.forget_ended_sessions().await.unwrap(), 0);
    assert_eq!((count(TokenKind::Account).await, count(TokenKind::Api).await), (1, 1));
    let lines = app.sign_ins(&lead, 10).await.unwrap();
    assert!(lines.iter().any(|line| line.name == there.actor.name && line.refused.is_none()));
    let given = Credentials { sign_in: "colleague@mdr.example".into(), ..credentials(PASSWORD, None) };
    assert!(is_in(&program, given).await, "their account went with the session");
}
