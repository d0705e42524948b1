//! Backups: from one kind of database into either.

use app::ports::{Payload, PracticeRow, Row, Scope, ShelfKind, ShelfQuery, Verdict};
use kernel::{Digest, IncidentId, Stream};
use serde_json::json;

use crate::{
    acts::verified,
    ground::{alert, entries, grounds, intake, practice},
    keeping::{shelved, token},
};

#[tokio::test]
async fn a_backup_of_either_database_fits_both_and_brings_everything_back() {
    let folder = tempfile::tempdir().unwrap();
    for source in grounds() {
        let journal = source.open().await;
        for number in 0..40 {
            let mut row = alert(practice(1), number, "beacon \u{0} é");
            row.verdict = match number % 8 {
                0 => Some(Verdict::True),
                4 => Some(Verdict::False),
                _ => None,
            };
            let mut write = intake(row);
            write.key = Some((format!("key {number}"), Digest::of(b"request")));
            write
                .payloads
                .push(Payload { digest: Digest::of(&number.to_be_bytes()), sealed: vec![0, 255, 1] });
            journal.append(write).await.unwrap();
        }
        let mut write = entries(practice(1), Stream::practice(practice(1)), 0, 700, 9);
        write.rows.push(Row::Token(Box::new(token(1, b"a", Some(practice(1))))));
        let profile = json!({ "zone": "UTC" });
        let row = PracticeRow { id: practice(1), name: "Cedar".to_owned(), version: 1, profile };
        write.rows.push(Row::Practice(Box::new(row)));
        journal.append(write).await.unwrap();
        let draft = shelved(practice(1), 3, ShelfKind::Draft, b"\0 half a word");
        journal.shelve(draft.clone()).await.unwrap();
        let first = journal.checkpoint_at(1).await.unwrap();
        let before = (verified(&*journal).await, journal.head().await.unwrap());
        let file = folder.path().join(format!("{}.backup", source.name));
        journal.dump(&file).await.unwrap();
        assert!(journal.dump(&file).await.is_err(), "a backup replaced another");
        assert!(journal.load(&file).await.is_err(), "a record was loaded over another");
        journal.close().await;

        for target in grounds() {
            let journal = target.open().await;
            journal.load(&file).await.unwrap();
            assert_eq!((verified(&*journal).await, journal.head().await.unwrap()), before, "{}", target.name);
            assert_eq!(journal.checkpoint_at(1).await.unwrap(), first);
            let query =
                app::ports::AlertQuery { text: Some("beac".to_owned()), limit: 500, ..Default::default() };
            assert_eq!(journal.alerts(Scope::Practice(practice(1)), query).await.unwrap().items.len(), 40);
            assert_eq!(journal.practices(Scope::Provider).await.unwrap().len(), 1);
            assert_eq!(journal.verdict_agreement(Scope::Provider).await.unwrap(), (10, 5), "{}", target.name);
            assert_eq!(
                journal.token(&Digest::of(b"a")).await.unwrap(),
                Some(token(1, b"a", Some(practice(1))))
            );
            let mine = ShelfQuery { practice: practice(1), kind: ShelfKind::Draft, person: None, name: None };
            assert_eq!(journal.shelf(mine).await.unwrap(), std::slice::from_ref(&draft));
            let sealed = journal.payload(practice(1), &Digest::of(&7_u128.to_be_bytes())).await.unwrap();
            assert_eq!(sealed, Some(vec![0, 255, 1]));
            let repeated = journal.repeated(practice(1), "key 7", &Digest::of(b"request")).await.unwrap();
            assert_eq!(repeated.map(|first| first.first), Some(7));
            // And life goes on.
            journal.append(intake(alert(practice(1), 1000, "after"))).await.unwrap();
            let stale = journal.append(intake(alert(practice(1), 7, "again"))).await;
            assert!(stale.is_err(), "an alert of the backup was forgotten");
            assert_eq!(verified(&*journal).await.len(), 741);
            journal.close().await;
        }
    }
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_the_database_empty() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    for ground in grounds() {
        let journal = ground.open().await;
        journal
            .append(entries(practice(1), Stream::incident(IncidentId::from_u128(1)), 0, 5, 1))
            .await
            .unwrap();
        let whole = folder.path().join(format!("{}.whole", ground.name));
        journal.dump(&whole).await.unwrap();
        journal.close().await;
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(std::fs::File::open(&whole).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        let lines: Vec<_> = text.lines().collect();
        let damaged = [
            lines[..4].join("\n"),
            text.replace("\\\"n\\\":3", "\\\"n\\\":4"),
            lines.iter().filter(|line| !line.contains("\\\"n\\\":5")).copied().collect::<Vec<_>>().join("\n"),
            "hello".to_owned(),
            String::new(),
        ];
        let target = grounds().into_iter().find(|target| target.name == ground.name).unwrap();
        let journal = target.open().await;
        for (n, text) in damaged.iter().enumerate() {
            let file = folder.path().join(format!("{}.{n}", ground.name));
            let mut gz = flate2::write::GzEncoder::new(
                std::fs::File::create(&file).unwrap(),
                flate2::Compression::fast(),
            );
            gz.write_all(text.as_bytes()).unwrap();
            gz.finish().unwrap();
            assert!(journal.load(&file).await.is_err(), "{}: damage {n} was loaded", ground.name);
            assert_eq!(journal.head().await.unwrap().size, 0);
        }
        journal.load(&whole).await.unwrap();
        assert_eq!(verified(&*journal).await.len(), 5);
        journal.close().await;
    }
}
