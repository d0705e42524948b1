//! Practices, tokens, snapshots and sealed bytes.

use app::ports::{
    Payload, PracticeRow, Row, Scope, ShelfKind, ShelfPlace, ShelfQuery, Shelved, Snapshot, TokenKind,
    TokenRow,
};
use kernel::{Digest, IncidentId, PersonId, PracticeId, Role, Stream, TokenId};
use serde_json::json;

use crate::ground::{at, entries, grounds, practice};

pub(crate) fn token(id: u128, secret: &[u8], practice: Option<PracticeId>) -> TokenRow {
    TokenRow {
        id: TokenId::from_u128(id),
        kind: TokenKind::Api,
        hash: Digest::of(secret),
        person: PersonId::from_u128(3),
        name: "laptop".to_owned(),
        role: Role::Lead,
        practice,
        scopes: vec!["read".to_owned()],
        sealed: Some(vec![0, 1, 255]),
        created_at: at(0),
        expires_at: None,
        revoked_at: None,
        glass: None,
        account: None,
    }
}

#[tokio::test]
async fn practices_and_tokens_are_kept_per_tenant() {
    for ground in grounds() {
        let journal = ground.open().await;
        let mut write = entries(practice(1), Stream::practice(practice(1)), 0, 1, 1);
        for (id, name) in [(1, "Cedar Hollow \u{0}"), (2, "Aspen")] {
            write.rows.push(Row::Practice(Box::new(PracticeRow {
                id: practice(id),
                name: name.to_owned(),
                version: 1,
                profile: json!({ "zone": "America/New_York" }),
            })));
        }
        write.rows.push(Row::Token(Box::new(token(1, b"a", Some(practice(1))))));
        write.rows.push(Row::Token(Box::new(token(2, b"b", None))));
        journal.append(write).await.unwrap();
        let names = |rows: Vec<PracticeRow>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
        assert_eq!(names(journal.practices(Scope::Provider).await.unwrap()), ["Aspen", "Cedar Hollow \u{0}"]);
        assert_eq!(names(journal.practices(Scope::Practice(practice(2))).await.unwrap()), ["Aspen"]);
        assert_eq!(journal.token(&Digest::of(b"a")).await.unwrap(), Some(token(1, b"a", Some(practice(1)))));
        assert_eq!(journal.token(&Digest::of(b"c")).await.unwrap(), None);
        assert_eq!(journal.tokens(Scope::Provider).await.unwrap().len(), 2);
        assert_eq!(journal.tokens(Scope::Practice(practice(1))).await.unwrap().len(), 1, "{}", ground.name);

        // A change without an entry: the last use of a link, for example.
        let mut ended = token(2, b"b", None);
        ended.revoked_at = Some(at(5));
        let mut write = entries(practice(1), Stream::practice(practice(1)), 1, 0, 1);
        write.parts.clear();
        write.rows.push(Row::Token(Box::new(ended.clone())));
        journal.append(write).await.unwrap();
        assert_eq!(journal.token(&Digest::of(b"b")).await.unwrap(), Some(ended));
        assert_eq!(journal.head().await.unwrap().size, 1);

        // What has ended long ago goes; what is not there is no trouble, and nothing else goes with it.
        let (gone, unknown) = (TokenId::from_u128(2), TokenId::from_u128(9));
        assert_eq!(journal.forget_tokens(&[gone, unknown]).await.unwrap(), 1, "{}", ground.name);
        assert_eq!(journal.token(&Digest::of(b"b")).await.unwrap(), None);
        assert_eq!(journal.tokens(Scope::Provider).await.unwrap().len(), 1);
        assert_eq!(journal.head().await.unwrap().size, 1);
        journal.close().await;
    }
}

#[tokio::test]
async fn a_newer_snapshot_replaces_an_older_one_and_not_the_other_way_round() {
    for ground in grounds() {
        let journal = ground.open().await;
        let stream = Stream::incident(IncidentId::from_u128(1));
        let snapshot = |version| Snapshot {
            stream,
            version,
            form: 3,
            state: format!("{{\"at\":{version}}}\0").into_bytes(),
        };
        assert_eq!(journal.snapshot(practice(1), stream).await.unwrap(), None);
        for version in [100, 300, 200] {
            journal.keep_snapshot(practice(1), snapshot(version)).await.unwrap();
        }
        assert_eq!(
            journal.snapshot(practice(1), stream).await.unwrap(),
            Some(snapshot(300)),
            "{}",
            ground.name
        );
        assert_eq!(journal.snapshot(practice(2), stream).await.unwrap(), None);
        journal.close().await;
    }
}

#[tokio::test]
async fn sealed_bytes_are_kept_once_and_can_be_destroyed() {
    for ground in grounds() {
        let journal = ground.open().await;
        let stream = Stream::incident(IncidentId::from_u128(1));
        let digest = Digest::of(b"plain");
        for (n, sealed) in [(0, vec![1, 0, 2]), (1, vec![9])] {
            let mut write = entries(practice(1), stream, n, 1, u128::from(n) + 1);
            write.payloads.push(Payload { digest, sealed });
            journal.append(write).await.unwrap();
        }
        assert_eq!(journal.payload(practice(1), &digest).await.unwrap(), Some(vec![1, 0, 2]));
        assert_eq!(journal.payload(practice(2), &digest).await.unwrap(), None, "{}", ground.name);
        journal.destroy_payload(practice(2), &digest).await.unwrap();
        journal.destroy_payload(practice(1), &digest).await.unwrap();
        assert_eq!(journal.payload(practice(1), &digest).await.unwrap(), None);
        assert_eq!(journal.head().await.unwrap().size, 2);
        journal.close().await;
    }
}

pub(crate) fn shelved(practice: PracticeId, person: u128, kind: ShelfKind, bytes: &[u8]) -> Shelved {
    let name = Digest::of(b"what it is about");
    Shelved {
        place: ShelfPlace { practice, person: PersonId::from_u128(person), kind, name },
        at: at(7),
        digest: Digest::of(bytes),
        sealed: bytes.to_vec(),
    }
}

#[tokio::test]
async fn a_draft_is_its_writers_alone_and_written_over_in_its_place() {
    for ground in grounds() {
        let journal = ground.open().await;
        let mine = shelved(practice(1), 3, ShelfKind::Draft, b"one");
        for thing in [
            mine.clone(),
            shelved(practice(1), 4, ShelfKind::Draft, b"another person"),
            shelved(practice(2), 3, ShelfKind::Draft, b"another practice"),
            shelved(practice(1), 3, ShelfKind::View, b"a view"),
            shelved(practice(1), 3, ShelfKind::Draft, b"two"),
        ] {
            journal.shelve(thing).await.unwrap();
        }
        let all = ShelfQuery { practice: practice(1), kind: ShelfKind::Draft, person: None, name: None };
        let own = ShelfQuery { person: Some(mine.place.person), name: Some(mine.place.name), ..all };
        let found = journal.shelf(own).await.unwrap();
        assert_eq!(found, [shelved(practice(1), 3, ShelfKind::Draft, b"two")], "{}", ground.name);
        assert_eq!(journal.shelf(all).await.unwrap().len(), 2);
        let other = ShelfQuery { name: Some(Digest::of(b"something else")), ..own };
        assert!(journal.shelf(other).await.unwrap().is_empty());
        journal.unshelve(mine.place).await.unwrap();
        journal.unshelve(mine.place).await.unwrap();
        assert!(journal.shelf(own).await.unwrap().is_empty());
        assert_eq!(journal.shelf(all).await.unwrap().len(), 1);
        assert_eq!(journal.head().await.unwrap().size, 0, "a draft is an entry");
        journal.close().await;
    }
}
