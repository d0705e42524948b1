//! What is promised to whoever writes.

use std::collections::BTreeSet;

use app::ports::{JournalError, Outside, Retry, Row, Scope, Verdict};
use kernel::{AlertId, Digest, IncidentId, Stream};
use serde_json::json;

use crate::{
    acts::verified,
    ground::{alert, entries, grounds, intake, leaf, leaf_at, practice},
};

#[tokio::test]
async fn what_was_written_is_read_back_as_it_was() {
    for ground in grounds() {
        let journal = ground.open().await;
        let stream = Stream::incident(IncidentId::from_u128(5));
        let write = entries(practice(1), stream, 0, 3, 1);
        let canonical: Vec<_> = write.parts[0].entries.iter().map(|leaf| leaf.canonical.clone()).collect();
        let appended = journal.append(write).await.unwrap();
        assert_eq!((appended.first, appended.last, appended.repeated), (0, 2, false));
        let read = journal.stream(practice(1), stream, 0, 100).await.unwrap();
        assert_eq!(read.iter().map(|entry| entry.canonical.clone()).collect::<Vec<_>>(), canonical);
        assert_eq!(journal.stream(practice(1), stream, 2, 100).await.unwrap().len(), 1);
        assert!(
            journal.stream(practice(2), stream, 0, 100).await.unwrap().is_empty(),
            "another tenant reads it"
        );
        assert_eq!(verified(&*journal).await.len(), 3, "{}", ground.name);
        journal.close().await;
    }
}

#[tokio::test]
async fn a_stale_write_is_told_what_changed_and_leaves_nothing() {
    for ground in grounds() {
        let journal = ground.open().await;
        let stream = Stream::incident(IncidentId::from_u128(5));
        journal.append(entries(practice(1), stream, 0, 3, 1)).await.unwrap();
        let mut write = entries(practice(1), stream, 1, 1, 2);
        write.rows.push(Row::Alert(Box::new(alert(practice(1), 9, "lost"))));
        match journal.append(write).await {
            Err(JournalError::Stale { expected: 1, current: 3, since, .. }) => {
                assert_eq!(since.iter().map(|entry| entry.version).collect::<Vec<_>>(), [2, 3]);
            }
            other => panic!("{}: {other:?}", ground.name),
        }
        assert_eq!(journal.alert(Scope::Provider, alert(practice(1), 9, "").id).await.unwrap(), None);
        assert_eq!(verified(&*journal).await.len(), 3);
        journal.close().await;
    }
}

#[tokio::test]
async fn another_practice_cannot_write_to_a_stream() {
    for ground in grounds() {
        let journal = ground.open().await;
        let stream = Stream::incident(IncidentId::from_u128(5));
        journal.append(entries(practice(1), stream, 0, 1, 1)).await.unwrap();
        let refused = journal.append(entries(practice(2), stream, 1, 1, 2)).await;
        assert!(
            matches!(refused, Err(JournalError::Outside(Outside { retry: Retry::Never, .. }))),
            "{refused:?}"
        );
        journal.close().await;
    }
}

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer_and_a_different_one_is_refused() {
    for ground in grounds() {
        let journal = ground.open().await;
        let stream = Stream::incident(IncidentId::from_u128(5));
        let keyed = |request: &[u8]| {
            let mut write = entries(practice(1), stream, 0, 2, 1);
            write.key = Some(("key \u{0} one".to_owned(), Digest::of(request)));
            write
        };
        let first = journal.append(keyed(b"a")).await.unwrap();
        let again = journal.append(keyed(b"a")).await.unwrap();
        assert_eq!((again.first, again.last, again.repeated), (first.first, first.last, true));
        assert!(matches!(journal.append(keyed(b"b")).await, Err(JournalError::KeyReused)));
        let digest = Digest::of(b"a");
        assert_eq!(journal.repeated(practice(1), "key \u{0} one", &digest).await.unwrap(), Some(again));
        assert_eq!(journal.repeated(practice(2), "key \u{0} one", &digest).await.unwrap(), None);
        let reused = journal.repeated(practice(1), "key \u{0} one", &Digest::of(b"b")).await;
        assert!(matches!(reused, Err(JournalError::KeyReused)));
        assert_eq!(verified(&*journal).await.len(), 2);
        journal.close().await;
    }
}

#[tokio::test]
async fn an_alert_that_is_there_already_is_not_taken_twice() {
    for ground in grounds() {
        let journal = ground.open().await;
        let first = alert(practice(1), 1, "ransom note");
        journal.append(intake(first.clone())).await.unwrap();
        let mut second = alert(practice(1), 2, "ransom note");
        second.dedup_key.clone_from(&first.dedup_key);
        match journal.append(intake(second.clone())).await {
            Err(JournalError::Duplicate(id)) => assert_eq!(id, first.id),
            other => panic!("{}: {other:?}", ground.name),
        }
        assert_eq!(journal.alert_by_key(practice(1), &first.dedup_key).await.unwrap(), Some(first.id));
        assert_eq!(journal.alert_by_key(practice(2), &first.dedup_key).await.unwrap(), None);
        // The same key of another practice's source is another alert.
        second.practice = practice(2);
        journal.append(intake(second)).await.unwrap();
        assert_eq!(verified(&*journal).await.len(), 2);
        journal.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_the_same_time_lose_and_double_nothing() {
    const TASKS: u128 = 32;
    const WRITES: u64 = 12;
    for ground in grounds() {
        let journal = ground.open().await;
        let shared = Stream::incident(IncidentId::from_u128(1));
        let mut tasks = Vec::new();
        for task in 0..TASKS {
            let journal = journal.clone();
            tasks.push(tokio::spawn(async move {
                let own = Stream::incident(IncidentId::from_u128(100 + task));
                let mut taken = Vec::new();
                let mut seen = 0;
                for n in 0..WRITES {
                    // Everybody gives the same alert; one of them is first.
                    let mut row = alert(practice(1), 1000 * (task + 1) + u128::from(n), "the same");
                    row.dedup_key = format!("same:{n}");
                    match journal.append(intake(row)).await {
                        Ok(appended) => taken.push(appended.first),
                        Err(JournalError::Duplicate(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                    let id = task * 1000 + u128::from(n) + 1;
                    taken.push(journal.append(entries(practice(1), own, n, 1, id)).await.unwrap().first);
                    loop {
                        match journal.append(entries(practice(1), shared, seen, 1, 1_000_000 + id)).await {
                            Ok(appended) => {
                                taken.push(appended.first);
                                seen += 1;
                                break;
                            }
                            Err(JournalError::Stale { current, .. }) => seen = current,
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
                taken
            }));
        }
        let mut indices = BTreeSet::new();
        let mut count = 0;
        for task in tasks {
            let taken = task.await.unwrap();
            count += taken.len();
            indices.extend(taken);
        }
        assert_eq!(indices.len(), count, "two writes were given one index");
        let log = verified(&*journal).await;
        assert_eq!(log.len(), count, "{}", ground.name);
        assert_eq!(count as u64, u64::try_from(TASKS).unwrap() * WRITES * 2 + WRITES);
        journal.close().await;
    }
}

#[tokio::test]
async fn one_write_that_the_database_refuses_does_not_take_others_with_it() {
    for ground in grounds() {
        let journal = ground.open().await;
        let token = |id: u128| {
            let mut write = entries(practice(1), Stream::alert(AlertId::from_u128(id)), 0, 1, id);
            write.rows.push(Row::Token(Box::new(super::keeping::token(id, b"one secret", None))));
            write
        };
        // Two tokens with one hash cannot be; the innocent write beside them can.
        let (first, second, innocent) = tokio::join!(
            journal.append(token(1)),
            journal.append(token(2)),
            journal.append(entries(practice(1), Stream::alert(AlertId::from_u128(3)), 0, 1, 3)),
        );
        assert!(innocent.is_ok(), "{}: {innocent:?}", ground.name);
        assert!(first.is_ok() != second.is_ok(), "{}: {first:?} {second:?}", ground.name);
        assert_eq!(verified(&*journal).await.len(), 2);
        journal.close().await;
    }
}

#[tokio::test]
async fn hostile_and_extreme_content_is_kept_as_it_is() {
    for ground in grounds() {
        let journal = ground.open().await;
        let hostile = "NUL \u{0} quote ' \" $1 %s \\u0000 \u{202e} 🩹 ); DROP TABLE entry; --";
        let mut row = alert(practice(1), 1, hostile);
        row.alert.description = Some("x".repeat(1_000_000));
        row.dedup_key = hostile.to_owned();
        row.alert.hosts = vec![hostile.to_owned()];
        row.received_at = "9999-12-30T22:00:00.999999Z".parse().unwrap();
        journal.append(intake(row.clone())).await.unwrap();
        assert_eq!(journal.alert(Scope::Practice(practice(1)), row.id).await.unwrap(), Some(row.clone()));
        assert_eq!(journal.alert_by_key(practice(1), hostile).await.unwrap(), Some(row.id));

        let stream = Stream::incident(IncidentId::from_u128(u128::MAX));
        let mut write = entries(practice(1), stream, 0, 0, 1);
        let ends = ["-009999-01-02T01:59:59Z", "1970-01-01T00:00:00Z", "9999-12-30T22:00:00.999999Z"];
        write.parts[0].entries = ends
            .iter()
            .zip(1_u64..)
            .map(|(at, n)| {
                let body = json!({ "text": hostile, "much": "y".repeat(500_000) });
                leaf_at(practice(1), stream, n, u128::from(n), body, at.parse().unwrap())
            })
            .collect();
        journal.append(write).await.unwrap();
        assert_eq!(verified(&*journal).await.len(), 4, "{}", ground.name);
        journal.close().await;
    }
}

#[tokio::test]
async fn an_alert_changes_with_its_history() {
    for ground in grounds() {
        let journal = ground.open().await;
        let mut row = alert(practice(1), 1, "beacon");
        journal.append(intake(row.clone())).await.unwrap();
        assert_eq!(journal.verdict_agreement(Scope::Provider).await.unwrap(), (0, 0));
        row.version = 2;
        row.verdict = Some(Verdict::False);
        row.updated_at = super::ground::at(99);
        journal.append(intake(row.clone())).await.unwrap();
        assert_eq!(journal.alert(Scope::Provider, row.id).await.unwrap(), Some(row.clone()));
        assert_eq!(journal.verdict_agreement(Scope::Provider).await.unwrap(), (1, 0));
        row.version = 3;
        row.verdict = Some(Verdict::True);
        journal.append(intake(row)).await.unwrap();
        assert_eq!(journal.verdict_agreement(Scope::Practice(practice(1))).await.unwrap(), (1, 1));
        assert_eq!(journal.verdict_agreement(Scope::Practice(practice(2))).await.unwrap(), (0, 0));
        let _ = leaf;
        journal.close().await;
    }
}
