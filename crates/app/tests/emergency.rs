//! The glass is broken by name, with a reason, for a while, and before everybody's eyes.
#![cfg(test)]

use app::{
    AppError,
    accounts::{CameFrom, ChangedAccount, Credentials, Enter, LetIn, NewAccount, SignedIn},
    edge::Edge,
    ports::{EntryQuery, Scope},
    practices::SetProfile,
};
use incident::Practice;
use kernel::{Actor, PracticeId, Role, TokenId};
use testkit::app::{Program, actor};

const WHY: &str = "Her telephone is broken; I see her on the screen.";

async fn account(
    program: &Program,
    name: &str,
    role: Role,
    practice: Option<PracticeId>,
) -> (TokenId, Actor) {
    let new =
        NewAccount { sign_in: format!("{name}@cedarhollow.example"), name: name.into(), role, practice };
    let made = program.app.make_account(&actor(Role::Lead, None), new).await.unwrap();
    let session = program.app.use_link(&made.token).await.unwrap().unwrap();
    let caller = program.app.caller(&session.token).await.unwrap().unwrap();
    program
        .app
        .set_password(&caller.actor, session.id, None, "seven quiet lanterns drift".into())
        .await
        .unwrap();
    (made.id, caller.actor)
}

fn let_in(reason: &str) -> LetIn {
    LetIn { reason: reason.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_is_let_in_for_four_hours_and_everybody_sees_it() {
    let (edge, hand) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 21);
    let program = Program::start(edge).await.unwrap();
    let app = &program.app;
    let (nurse, _) = account(&program, "nurse", Role::Staff, Some(program.practice)).await;
    let (owner_id, owner) = account(&program, "owner", Role::Practice, Some(program.practice)).await;
    let (lead_id, lead) = account(&program, "lead", Role::Lead, Some(program.practice)).await;
    let (_, responder) = account(&program, "responder", Role::Responder, Some(program.practice)).await;

    // Not without a reason, not for oneself, not by those who watch over nobody, not upwards.
    assert!(matches!(app.let_in(&owner, nurse, let_in(" . ")).await, Err(AppError::Invalid { .. })));
    assert!(matches!(app.let_in(&lead, lead_id, let_in(WHY)).await, Err(AppError::Invalid { .. })));
    assert!(matches!(app.let_in(&responder, nurse, let_in(WHY)).await, Err(AppError::Forbidden(_))));
    assert!(matches!(app.let_in(&owner, lead_id, let_in(WHY)).await, Err(AppError::Forbidden(_))));
    let elsewhere = actor(Role::Lead, Some(PracticeId::from_u128(9)));
    assert!(matches!(app.let_in(&elsewhere, nurse, let_in(WHY)).await, Err(AppError::NotFound { .. })));

    let link = app.let_in(&owner, nurse, let_in(WHY)).await.unwrap();
    let session = app.use_link(&link.token).await.unwrap().expect("the link is good");
    assert!(app.use_link(&link.token).await.unwrap().is_none(), "the link is good once");
    let caller = app.caller(&session.token).await.unwrap().unwrap();
    assert_eq!((caller.actor.role, caller.actor.practice), (Role::Staff, Some(program.practice)));
    assert_eq!(caller.actor.name, "nurse (emergency access)");
    assert_eq!(caller.token.glass.as_ref().map(|glass| glass.reason.as_str()), Some(WHY));

    // Nothing that they change would outlast it.
    let kept = app.set_password(&caller.actor, session.id, None, "a b c d e f g h i j k l".into()).await;
    assert!(matches!(kept, Err(AppError::Invalid { .. })), "{kept:?}");

    for who in [&lead, &owner, &actor(Role::Lead, None)] {
        let seen = app.emergencies(who).await.unwrap();
        assert_eq!(
            seen.iter().map(|one| (one.name.as_str(), one.by.as_str())).collect::<Vec<_>>(),
            [("nurse", "owner")]
        );
    }
    for who in [&responder, &elsewhere] {
        assert!(app.emergencies(who).await.unwrap().is_empty());
    }
    let query = EntryQuery { kind: Some("session_begun".into()), limit: 1, ..EntryQuery::default() };
    let entry = app.journal().entries(Scope::Provider, query).await.unwrap().items.remove(0);
    let text = String::from_utf8(entry.canonical).unwrap();
    assert!(text.contains(WHY) && text.contains("\"way\":\"emergency\""), "{text}");

    // It ends by itself, or by a lead's hand.
    let second = app.let_in(&lead, nurse, let_in(WHY)).await.unwrap();
    let second = app.use_link(&second.token).await.unwrap().unwrap();
    assert!(matches!(app.end_emergency(&responder, second.id).await, Err(AppError::Forbidden(_))));
    assert!(matches!(app.end_emergency(&elsewhere, second.id).await, Err(AppError::NotFound { .. })));
    app.end_emergency(&owner, second.id).await.unwrap();
    assert!(app.caller(&second.token).await.unwrap().is_none());
    hand.set("2026-01-26T16:59:00Z".parse().unwrap());
    assert!(app.caller(&session.token).await.unwrap().is_some());
    hand.set("2026-01-26T17:01:00Z".parse().unwrap());
    assert!(app.caller(&session.token).await.unwrap().is_none());
    assert!(app.emergencies(&lead).await.unwrap().is_empty());
    // A link that nobody used is good for half an hour.
    let unused = app.let_in(&lead, owner_id, let_in(WHY)).await.unwrap();
    hand.set("2026-01-26T17:32:00Z".parse().unwrap());
    assert!(app.use_link(&unused.token).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_enters_another_practice_only_with_the_providers_leave_and_as_what_they_are() {
    let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 22);
    let program = Program::start(edge).await.unwrap();
    let (app, provider) = (&program.app, actor(Role::Lead, None));
    let practice = Practice::named("Elsewhere Family Medicine", "OH", "America/New_York");
    let other = app.set_profile(&provider, SetProfile { id: None, practice }).await.unwrap().id;
    let (id, responder) = account(&program, "responder", Role::Responder, Some(program.practice)).await;
    let (nurse, staff) = account(&program, "nurse", Role::Staff, Some(program.practice)).await;
    let enter = |practice: &str| Enter {
        practice: practice.into(),
        reason: "Their own responder does not answer.".into(),
    };
    let name = "elsewhere family medicine";
    assert!(matches!(app.enter_practice(&responder, enter(name)).await, Err(AppError::NotFound { .. })));
    // The practice's own lead cannot give the leave.
    let leave = ChangedAccount { elsewhere: Some(true), ..ChangedAccount::default() };
    let own_lead = actor(Role::Lead, Some(program.practice));
    assert!(matches!(app.change_account(&own_lead, id, leave.clone()).await, Err(AppError::Invalid { .. })));
    app.change_account(&provider, id, leave.clone()).await.unwrap();
    app.change_account(&provider, nurse, leave).await.unwrap();
    assert!(matches!(app.enter_practice(&staff, enter(name)).await, Err(AppError::Forbidden(_))));
    assert!(matches!(
        app.enter_practice(&responder, enter("No Such Practice")).await,
        Err(AppError::NotFound { .. })
    ));
    let session = app.enter_practice(&responder, enter(name)).await.unwrap();
    let caller = app.caller(&session.token).await.unwrap().unwrap();
    assert_eq!((caller.actor.role, caller.actor.practice), (Role::Responder, Some(other)));
    assert!(caller.token.glass.is_some());
    let theirs = actor(Role::Lead, Some(other));
    assert_eq!(app.emergencies(&theirs).await.unwrap().len(), 1, "the practice's own lead does not see it");
    assert!(app.emergencies(&own_lead).await.unwrap().is_empty());
    app.end_emergency(&theirs, session.id).await.unwrap();
    assert!(app.caller(&session.token).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_changes_ends_every_session_of_the_old_one() {
    let (edge, _) = Edge::simulated("2026-01-26T13:00:00Z".parse().unwrap(), 23);
    let program = Program::start(edge).await.unwrap();
    let (app, lead) = (&program.app, actor(Role::Lead, None));
    account(&program, "colleague", Role::Lead, Some(program.practice)).await;
    let (id, _) = account(&program, "dana", Role::Lead, Some(program.practice)).await;
    let given = || Credentials {
        sign_in: "dana@cedarhollow.example".into(),
        password: "seven quiet lanterns drift".into(),
        code: None,
    };
    let SignedIn::Session(session) = app.sign_in(given(), CameFrom::default()).await.unwrap() else {
        panic!()
    };
    let renamed = ChangedAccount { name: Some("Dana Reyes".into()), ..ChangedAccount::default() };
    app.change_account(&lead, id, renamed).await.unwrap();
    assert!(app.caller(&session.token).await.unwrap().is_some(), "a name alone signs nobody out");
    let caller = app.caller(&session.token).await.unwrap().unwrap();
    let own = ChangedAccount { role: Some(Role::Staff), ..ChangedAccount::default() };
    assert!(matches!(
        app.change_account(&caller.actor, id, own.clone()).await,
        Err(AppError::Invalid { .. })
    ));
    let changed = app.change_account(&lead, id, own).await.unwrap();
    assert_eq!((changed.role, changed.name.as_str()), (Role::Staff, "Dana Reyes"));
    assert!(app.caller(&session.token).await.unwrap().is_none(), "the old role is still there");
    let SignedIn::Session(session) = app.sign_in(given(), CameFrom::default()).await.unwrap() else {
        panic!()
    };
    assert_eq!(app.caller(&session.token).await.unwrap().unwrap().actor.role, Role::Staff);
}
