//! Somebody signs in with a provider's word, and nobody does with a word that does not hold.
#![cfg(test)]

use app::{
    App, AppError,
    accounts::{Came, CameFrom, Credentials, NewAccount, NewIdentity, Returning, SignedIn},
    edge::{Edge, Hand},
    ports::TokenRow,
};
use kernel::{Actor, Role};
use tempfile::TempDir;
use testkit::{
    app::actor,
    provider::{IdProvider, Mischief},
};

const NOW: &str = "2026-01-26T13:00:00Z";
const PASSWORD: &str = "seven quiet lanterns drift";
const BACK: &str = "http://localhost:8787/signin/return";

struct Scene {
    app: App,
    hand: Hand,
    provider: IdProvider,
    account: kernel::TokenId,
    owner: Actor,
    session: TokenRow,
    _folder: TempDir,
}

/// Dana has an account; a provider knows them as `person-1`.
async fn scene(domains: &[&str], second_factor_here: bool) -> Scene {
    let provider = IdProvider::start().unwrap();
    provider.at(NOW.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let location = store::Location::File(folder.path().join("journal.sqlite"));
    let (edge, hand) = Edge::simulated(NOW.parse().unwrap(), 11);
    let configured = vec![provider.configured(domains, second_factor_here)];
    let app = testkit::app::open_with(folder.path(), &location, edge, configured).await.unwrap();
    let new = NewAccount {
        sign_in: "dana@cedarhollow.example".into(),
        name: "Dana Reyes".into(),
        role: Role::Lead,
        practice: None,
    };
    let invited = app.make_account(&actor(Role::Lead, None), new).await.unwrap();
    let session = app.use_link(&invited.token).await.unwrap().unwrap();
    let caller = app.caller(&session.token).await.unwrap().unwrap();
    app.set_password(&caller.actor, session.id, None, PASSWORD.into()).await.unwrap();
    Scene {
        app,
        hand,
        provider,
        account: invited.id,
        owner: caller.actor,
        session: caller.token,
        _folder: folder,
    }
}

impl Scene {
    async fn leave(&self, link: bool) -> (String, Returning) {
        let own = link.then_some((&self.owner, &self.session));
        let leaving = self.app.leave_for_provider("clinic", BACK.into(), own).await.unwrap().unwrap();
        let (code, state) = self.provider.visit(&leaving.address).unwrap();
        let ticket = Some(leaving.ticket.clone());
        (leaving.ticket, Returning { ticket, code: Some(code), state: Some(state), error: None })
    }

    async fn come(&self) -> Came {
        let (_, returning) = self.leave(false).await;
        self.app.return_from_provider(returning).await.unwrap()
    }

    async fn link(&self) {
        let (_, returning) = self.leave(true).await;
        assert!(matches!(self.app.return_from_provider(returning).await.unwrap(), Came::Linked));
    }

    /// The last refusal that the log of sign-ins shows.
    async fn refusal(&self) -> Option<String> {
        let lines = self.app.sign_ins(&actor(Role::Lead, None), 50).await.unwrap();
        lines.into_iter().find_map(|line| line.refused)
    }
}

fn said(came: &Came) -> &str {
    match came {
        Came::No(what) => what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_links_their_clinics_sign_in_and_comes_in_by_it() {
    let scene = scene(&[], false).await;
    let stranger = scene.come().await;
    assert!(said(&stranger).contains("no account here is linked"), "{stranger:?}");
    assert_eq!(scene.refusal().await.as_deref(), Some("not_linked"));

    scene.link().await;
    let Came::Session(session) = scene.come().await else { panic!("linked, and not let in") };
    let caller = scene.app.caller(&session.token).await.unwrap().unwrap();
    assert_eq!((caller.actor.id, caller.actor.role), (scene.owner.id, Role::Lead));
    let lines = scene.app.sign_ins(&scene.owner, 50).await.unwrap();
    assert!(lines.iter().any(|line| line.way == "Clinic sign-in" && line.refused.is_none()), "{lines:?}");
    // What a provider publishes is asked for once and not at every sign-in.
    assert_eq!(scene.provider.asked("/.well-known/openid-configuration"), 1);

    // The same person of the provider cannot stand for a second account.
    let lead = actor(Role::Lead, None);
    let other = NewAccount {
        sign_in: "o@cedarhollow.example".into(),
        name: "O".into(),
        role: Role::Staff,
        practice: None,
    };
    let other = scene.app.make_account(&lead, other).await.unwrap();
    let new = NewIdentity { provider: "clinic".into(), subject: "person-1".into() };
    let taken = scene.app.link_identity(&lead, other.id, new.clone()).await;
    assert!(matches!(taken, Err(AppError::Invalid { .. })), "{taken:?}");

    // Unlinked by an administrator, it lets nobody in; linked by one, it does.
    let accounts = scene.app.accounts(&lead).await.unwrap();
    let linked = accounts.iter().find(|own| own.id == scene.account).unwrap();
    let id = linked.identities[0].id.clone();
    scene.app.unlink_identity(&lead, scene.account, &id).await.unwrap();
    said(&scene.come().await);
    scene.app.link_identity(&lead, scene.account, new).await.unwrap();
    assert!(matches!(scene.come().await, Came::Session(_)));
    // Ended is ended, whoever vouches.
    let new = NewAccount {
        sign_in: "colleague@mdr.example".into(),
        name: "Colleague".into(),
        role: Role::Lead,
        practice: None,
    };
    let colleague = scene.app.make_account(&lead, new).await.unwrap();
    let session = scene.app.use_link(&colleague.token).await.unwrap().unwrap();
    let there = scene.app.caller(&session.token).await.unwrap().unwrap();
    scene.app.set_password(&there.actor, session.id, None, PASSWORD.into()).await.unwrap();
    scene.app.end_account(&lead, scene.account).await.unwrap();
    said(&scene.come().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_does_not_hold_lets_nobody_in_and_is_written_down() {
    let scene = scene(&[], false).await;
    scene.link().await;
    for (mischief, code) in [
        (Mischief::WrongNonce, "wrong_nonce"),
        (Mischief::WrongIssuer, "wrong_issuer"),
        (Mischief::WrongAudience, "wrong_audience"),
        (Mischief::Expired, "expired"),
        (Mischief::OtherKey, "bad_signature"),
        (Mischief::NoToken, "no_id_token"),
        (Mischief::Broken, "bad_provider"),
    ] {
        scene.provider.does(mischief);
        // Each a second later than the one before, so that the log says which is the last.
        scene.hand.set(scene.app.edge().now() + jiff::SignedDuration::from_secs(1));
        let came = scene.come().await;
        let what = said(&came);
        assert!(what.ends_with('.') && what.len() > 30, "{mischief:?}: {what}");
        assert_eq!(scene.refusal().await.as_deref(), Some(code), "{mischief:?}: {what}");
    }
    scene.provider.does(Mischief::None);
    assert!(matches!(scene.come().await, Came::Session(_)));
    // A provider that changed its key is asked for it again, after a while.
    scene.provider.changes_its_key();
    scene.hand.set(scene.app.edge().now() + jiff::SignedDuration::from_secs(60));
    assert!(matches!(scene.come().await, Came::Session(_)), "a new key keeps everybody out");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_and_in_the_browser_that_asked_for_it() {
    let mut scene = scene(&[], false).await;
    scene.link().await;
    let (ticket, first) = scene.leave(false).await;
    let (code, state) = (first.code.clone(), first.state.clone());
    let other_ticket = scene.leave(false).await.0;
    let crossed =
        Returning { ticket: Some(other_ticket), code: code.clone(), state: state.clone(), error: None };
    assert!(said(&scene.app.return_from_provider(crossed).await.unwrap()).contains("another sign-in"));
    let nothing = Returning { ticket: None, code: code.clone(), state: state.clone(), error: None };
    assert!(said(&scene.app.return_from_provider(nothing).await.unwrap()).contains("did not begin"));
    let refused = Returning {
        ticket: Some(ticket.clone()),
        code: None,
        state: state.clone(),
        error: Some("access_denied".into()),
    };
    assert!(said(&scene.app.return_from_provider(refused).await.unwrap()).contains("access_denied"));
    assert!(matches!(scene.app.return_from_provider(first).await.unwrap(), Came::Session(_)));
    let again = Returning { ticket: Some(ticket), code, state, error: None };
    assert!(said(&scene.app.return_from_provider(again).await.unwrap()).contains("does not take the code"));
    // After a quarter of an hour nobody comes back.
    let (_, late) = scene.leave(false).await;
    scene.hand.set("2026-01-26T13:20:00Z".parse().unwrap());
    said(&scene.app.return_from_provider(late).await.unwrap());

    // A provider that is away keeps nobody else out, and what it was asked is said.
    let (_, away) = scene.leave(false).await;
    scene.provider.end();
    assert!(said(&scene.app.return_from_provider(away).await.unwrap()).contains("does not answer"));
    scene.hand.set("2026-01-26T15:30:00Z".parse().unwrap());
    let gone = scene.app.leave_for_provider("clinic", BACK.into(), None).await.unwrap().unwrap_err();
    assert_eq!(gone.code, "provider_away");
    let password =
        Credentials { sign_in: "dana@cedarhollow.example".into(), password: PASSWORD.into(), code: None };
    let in_by_password = scene.app.sign_in(password, CameFrom::default()).await.unwrap();
    assert!(matches!(in_by_password, SignedIn::Session(_)));
    assert!(matches!(
        scene.app.leave_for_provider("nobody", BACK.into(), None).await,
        Err(AppError::NotFound { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_stands_for_an_account_only_where_the_configuration_says_so() {
    let scene = scene(&["cedarhollow.example"], false).await;
    scene.provider.knows("person-2", "dana@cedarhollow.example", false);
    said(&scene.come().await);
    scene.provider.knows("person-2", "nobody@cedarhollow.example", true);
    said(&scene.come().await);
    scene.provider.knows("person-2", "dana@elsewhere.example", true);
    said(&scene.come().await);
    scene.provider.knows("person-2", "Dana@CedarHollow.example", true);
    assert!(matches!(scene.come().await, Came::Session(_)));
    // From then on it is this person of the provider, and nobody who is given the address later.
    scene.provider.knows("person-3", "dana@cedarhollow.example", true);
    said(&scene.come().await);
    scene.provider.knows("person-2", "another@elsewhere.example", true);
    assert!(matches!(scene.come().await, Came::Session(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_second_factor_is_asked_here_a_providers_word_is_half() {
    let scene = scene(&[], true).await;
    scene.link().await;
    assert!(said(&scene.come().await).contains("second factor"));
    let enrolment = scene.app.begin_authenticator(&scene.owner, Some(PASSWORD.into())).await.unwrap();
    let totp = totp_rs::Totp::from_url(&enrolment.address).unwrap();
    let code = |second: i64| totp.generate(u64::try_from(second).unwrap()).to_string();
    let now = scene.app.edge().now().as_second();
    scene.app.confirm_authenticator(&scene.owner, &code(now)).await.unwrap();
    let Came::More(ticket) = scene.come().await else { panic!("let in without the second factor") };
    assert!(matches!(scene.app.second_after_provider(&ticket, "000000").await.unwrap(), Came::More(_)));
    scene.hand.set("2026-01-26T13:00:30Z".parse().unwrap());
    let came = scene.app.second_after_provider(&ticket, &code(now + 30)).await.unwrap();
    assert!(matches!(came, Came::Session(_)), "{came:?}");
    scene.hand.set("2026-01-26T13:01:00Z".parse().unwrap());
    let again = scene.app.second_after_provider(&ticket, &code(now + 60)).await.unwrap();
    assert!(matches!(again, Came::No(_)), "a word that was used: {again:?}");
}
