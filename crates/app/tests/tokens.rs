//! Tokens are remembered for speed, and end at once all the same.
#![cfg(test)]

use app::{access::NewToken, edge::Edge, ports::TokenKind};
use kernel::{Actor, Role};
use testkit::app::{Program, actor};

fn token(name: &str, kind: TokenKind) -> NewToken {
    NewToken {
        name: name.to_owned(),
        role: Role::Responder,
        practice: None,
        scopes: vec![],
        kind,
        expires_at: None,
        secret: None,
        person: None,
    }
}

async fn stands_for(program: &Program, token: &str) -> Option<Actor> {
    program.app.caller(token).await.unwrap().map(|caller| caller.actor)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_used_a_moment_ago_is_no_good_once_it_is_revoked_or_past_its_end() {
    let start = "2026-01-26T13:00:00Z".parse().unwrap();
    let (edge, hand) = Edge::simulated(start, 3);
    let program = Program::start(edge).await.unwrap();
    let lead = actor(Role::Lead, None);
    let revoked = program.app.make_token(&lead, token("revoked", TokenKind::Api)).await.unwrap();
    let expires_at = "2026-01-26T14:00:00Z".parse().ok();
    let expiring = NewToken { expires_at, ..token("expiring", TokenKind::Api) };
    let expiring = program.app.make_token(&lead, expiring).await.unwrap();
    for _ in 0..2 {
        assert!(stands_for(&program, &revoked.token).await.is_some());
        assert!(stands_for(&program, &expiring.token).await.is_some());
    }
    program.app.revoke_token(&lead, revoked.id).await.unwrap();
    assert!(stands_for(&program, &revoked.token).await.is_none());
    assert!(stands_for(&program, &expiring.token).await.is_some());
    hand.set("2026-01-26T14:00:00Z".parse().unwrap());
    assert!(stands_for(&program, &expiring.token).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_one_browser_in_and_a_session_that_ended_is_over() {
    let start = "2026-01-26T13:00:00Z".parse().unwrap();
    let (edge, _) = Edge::simulated(start, 4);
    let program = Program::start(edge).await.unwrap();
    let link =
        program.app.make_token(&actor(Role::Lead, None), token("link", TokenKind::Link)).await.unwrap();
    let session = program.app.use_link(&link.token).await.unwrap().unwrap();
    assert!(program.app.use_link(&link.token).await.unwrap().is_none());
    let person = stands_for(&program, &session.token).await.unwrap();
    program.app.end_session(&person, session.id).await.unwrap();
    assert!(stands_for(&program, &session.token).await.is_none());
}
