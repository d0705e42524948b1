//! People sign in with what is theirs, and nobody else does.
#![cfg(test)]

use app::{
    AppError,
    accounts::{CameFrom, Credentials, NewAccount, SignedIn},
    edge::Edge,
    ports::TokenKind,
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

    program.app.end_account(&lead, invitation.id).await.unwrap();
    assert!(program.app.caller(&session.token).await.unwrap().is_none());
    assert!(!is_in(&program, credentials(PASSWORD, None)).await);
    // They come back: a new invitation under the same name.
    let again = program.app.make_account(&lead, dana()).await.unwrap();
    assert!(!program.app.accounts(&lead).await.unwrap()[0].password);
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
