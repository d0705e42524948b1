//! Lists: filters, words, pages.

use app::ports::{
    AlertKey, AlertQuery, AlertRow, Ask, EntryQuery, EvidenceQuery, EvidenceRow, IncidentQuery, IncidentRow,
    Journal, JournalError, NearAlert, Row, Scope, Verdict,
};
use kernel::{Channel, Digest, EvidenceId, GroupId, IncidentId, Severity, Stream};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

use crate::{
    ground::{alert, at, entries, grounds, intake, practice},
    migrating::run,
};

async fn pages(journal: &dyn Journal, scope: Scope, query: &AlertQuery) -> Vec<AlertRow> {
    let mut query = query.clone();
    let mut all = Vec::new();
    loop {
        let page = journal.alerts(scope, query.clone()).await.unwrap();
        assert!(page.items.len() <= query.limit as usize);
        all.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

const WORDS: [&str; 8] = [
    "ransom",
    "ransomware",
    "beacon",
    "Élan",
    "login from 10.0.0.5",
    "WS-EXAM3",
    "o'brien@clinic",
    "\u{0}null",
];

/// The `number`th alert of a varied lot.
fn varied(number: u128) -> AlertRow {
    let pick = |n: u128| WORDS[usize::try_from(n % 8).unwrap()];
    let mut row = alert(practice(1 + number % 2), number, &format!("{} {}", pick(number), pick(number / 3)));
    row.verdict = [None, Some(Verdict::True), Some(Verdict::False)][usize::try_from(number % 3).unwrap()];
    row.severity = Severity::ALL[usize::try_from(number % 5).unwrap()];
    row.alert.channel = [Channel::Mdr, Channel::Staff][usize::try_from(number / 7 % 2).unwrap()];
    row.incident = number.is_multiple_of(4).then(|| IncidentId::from_u128(number % 8));
    row
}

fn wanted(query: &AlertQuery, scope: Scope, row: &AlertRow) -> bool {
    let words = |text: &str| -> Vec<String> {
        let text = text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let alert = &row.alert;
    let mut have = words(alert.title.as_deref().unwrap_or(""));
    have.extend(words(&alert.source));
    alert.hosts.iter().for_each(|host| have.extend(words(host)));
    alert.indicators.iter().for_each(|indicator| have.extend(words(&indicator.value)));
    let text = query.text.as_deref().unwrap_or("");
    (match scope {
        Scope::Practice(id) => row.practice == id,
        Scope::Provider => true,
    }) && words(text).iter().all(|word| have.iter().any(|other| other.starts_with(word)))
        && query.verdict.is_none_or(|verdict| row.verdict == verdict)
        && query.severity.is_none_or(|severity| row.severity >= severity)
        && query.channel.is_none_or(|channel| alert.channel == channel)
        && query.incident.is_none_or(|incident| row.incident == Some(incident))
        && query.group.is_none_or(|group| row.group == group)
        && query.source.as_ref().is_none_or(|source| alert.source == *source)
        && query.received_since.is_none_or(|since| row.received_at >= since)
        && query.updated_since.is_none_or(|since| row.updated_at >= since)
}

fn queries() -> impl Strategy<Value = (AlertQuery, Scope)> {
    let text = prop_oneof![
        Just(None),
        proptest::sample::select(WORDS.to_vec()).prop_map(|word| Some(word.to_owned())),
        "(ran|be|\"|\\*|AND|NOT \\(|10|5|wing|:|é|-){1,3}".prop_map(Some),
        any::<String>().prop_map(Some),
    ];
    let verdict = proptest::option::of(proptest::sample::select(vec![
        None,
        Some(Verdict::True),
        Some(Verdict::Undetermined),
    ]));
    let severity = proptest::option::of(proptest::sample::select(Severity::ALL.to_vec()));
    let incident = proptest::option::weighted(0.2, (0_u128..8).prop_map(IncidentId::from_u128));
    let group = proptest::option::weighted(0.2, (0_u128..6).prop_map(GroupId::from_u128));
    let channel =
        proptest::option::weighted(0.3, proptest::sample::select(vec![Channel::Mdr, Channel::Vendor]));
    let since = (proptest::option::weighted(0.3, 0_i64..300), proptest::option::weighted(0.3, 0_i64..300));
    let scope = proptest::sample::select(vec![
        Scope::Provider,
        Scope::Practice(practice(1)),
        Scope::Practice(practice(9)),
    ]);
    (text, verdict, severity, incident, group, channel, since, scope, 1_u32..60).prop_map(
        |(text, verdict, severity, incident, group, channel, since, scope, limit)| {
            let query = AlertQuery {
                text,
                verdict,
                severity,
                source: (limit % 9 == 0).then(|| "generic".to_owned()),
                channel,
                incident,
                group,
                updated_since: since.0.map(at),
                received_since: since.1.map(at),
                after: None,
                limit,
            };
            (query, scope)
        },
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_joined_are_exactly_what_the_filter_says_newest_first() {
    for ground in grounds() {
        let journal = ground.open().await;
        let rows: Vec<_> = (0..700).map(varied).collect();
        for row in &rows {
            journal.append(intake(row.clone())).await.unwrap();
        }
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            let mut runner = TestRunner::new(ProptestConfig::with_cases(64));
            runner
                .run(&queries(), |(query, scope)| {
                    let found = runtime.block_on(pages(&*journal, scope, &query));
                    let expected: Vec<_> = rows
                        .iter()
                        .rev()
                        .filter(|row| wanted(&query, scope, row))
                        .map(|row| row.id)
                        .collect();
                    prop_assert_eq!(
                        found.iter().map(|row| row.id).collect::<Vec<_>>(),
                        expected,
                        "{}",
                        ground.name
                    );
                    Ok(())
                })
                .unwrap();
        });
        journal.close().await;
    }
}

/// Beyond the stretch that is walked, the index of words takes over; what is found must be the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rare_word_far_back_is_found_and_no_longer_where_the_row_lost_it() {
    for ground in grounds() {
        let journal = ground.open().await;
        let mut old = alert(practice(1), 1, "cryptolocker on the old server");
        journal.append(intake(old.clone())).await.unwrap();
        let mut writes = tokio::task::JoinSet::new();
        for number in 2..2600 {
            let journal = journal.clone();
            writes.spawn(async move {
                journal.append(intake(alert(practice(1), number, "beacon"))).await.unwrap()
            });
        }
        writes.join_all().await;
        let query =
            |text: &str| AlertQuery { text: Some(text.to_owned()), limit: 50, ..AlertQuery::default() };
        for scope in [Scope::Provider, Scope::Practice(practice(1))] {
            let found = pages(&*journal, scope, &query("crypto server")).await;
            assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [old.id], "{}", ground.name);
            let judged = AlertQuery { verdict: Some(Some(Verdict::True)), ..query("beacon") };
            assert!(pages(&*journal, scope, &judged).await.is_empty());
        }
        assert!(pages(&*journal, Scope::Practice(practice(2)), &query("crypto")).await.is_empty());
        assert_eq!(pages(&*journal, Scope::Provider, &query("beac 203.0.113")).await.len(), 2598);
        old.version = 2;
        old.alert.title = Some("renamed".to_owned());
        old.verdict = Some(Verdict::True);
        journal.append(intake(old.clone())).await.unwrap();
        assert!(pages(&*journal, Scope::Provider, &query("crypto")).await.is_empty());
        let judged = AlertQuery { verdict: Some(Some(Verdict::True)), ..query("renamed") };
        assert_eq!(pages(&*journal, Scope::Provider, &judged).await, [old]);
        journal.close().await;
    }
}

#[tokio::test]
async fn alerts_that_share_a_host_or_an_indicator_are_related() {
    for ground in grounds() {
        let journal = ground.open().await;
        for number in 0..20 {
            journal.append(intake(alert(practice(1), number, "beacon"))).await.unwrap();
        }
        journal.append(intake(alert(practice(2), 21, "beacon"))).await.unwrap();
        let key = |kind: &str, value: &str| AlertKey { kind: kind.to_owned(), value: value.to_owned() };
        let numbers = |rows: Vec<NearAlert>| -> Vec<u128> {
            rows.iter().map(|row| row.id.as_u128() & 0xFFFF).collect()
        };
        let keys = [key("host", "ws-3"), key("ipv4", "203.0.113.10")];
        let related =
            journal.related_alerts(practice(1), &keys, at(0), 10, Ask::Memory).await.unwrap().alerts;
        assert_eq!(numbers(related), [17, 10, 3], "{}", ground.name);
        let related = journal.related_alerts(practice(1), &keys, at(5), 1, Ask::Memory).await.unwrap().alerts;
        assert_eq!(numbers(related), [17]);
        assert!(
            journal
                .related_alerts(practice(1), &[key("account", "ws-3")], at(0), 10, Ask::Memory)
                .await
                .unwrap()
                .alerts
                .is_empty()
        );
        journal.close().await;
    }
}

/// Two programs may write to one record: what one of them holds in memory then lacks what the other wrote, and a write that
/// rests on it is not taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_rests_on_memory_is_refused_once_another_program_has_written() {
    for ground in grounds() {
        let (one, other) = (ground.open().await, ground.open().await);
        let keys = [AlertKey { kind: "host".to_owned(), value: "ws-3".to_owned() }];
        let related = |ask: Ask| one.related_alerts(practice(1), &keys, at(0), 10, ask);
        one.append(intake(alert(practice(1), 3, "beacon"))).await.unwrap();
        let seen = loop {
            let found = related(Ask::Memory).await.unwrap();
            assert_eq!(found.alerts.len(), 1, "{}", ground.name);
            if found.seen.is_some() {
                break found.seen;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        };
        one.append_after(intake(alert(practice(1), 4, "beacon")), seen).await.unwrap();
        other.append(intake(alert(practice(1), 10, "beacon"))).await.unwrap();
        let overtaken = one.append_after(intake(alert(practice(1), 17, "beacon")), seen).await;
        assert!(matches!(overtaken, Err(JournalError::Overtaken)), "{}: {overtaken:?}", ground.name);
        let found = related(Ask::Memory).await.unwrap();
        assert_eq!((found.alerts.len(), found.seen), (2, None), "{}: the database is asked", ground.name);
        one.append_after(intake(alert(practice(1), 17, "beacon")), None).await.unwrap();
        assert_eq!(related(Ask::Database).await.unwrap().alerts.len(), 3, "{}", ground.name);
        one.close().await;
        other.close().await;
    }
}

/// The newest alerts may be held in memory: what is found must be what a list of all of them says, while it grows, after a
/// start, and after an alert went to another group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn related_alerts_are_the_same_from_memory_and_after_a_start() {
    for ground in grounds() {
        let mut all: Vec<AlertRow> = Vec::new();
        let mut journal = ground.open().await;
        for number in 0..240_u128 {
            if number.is_multiple_of(80) {
                journal.close().await;
                journal = ground.open().await;
            }
            let row = alert(practice(1 + number % 2), number, "beacon");
            journal.append(intake(row.clone())).await.unwrap();
            all.push(row);
            if number.is_multiple_of(9) {
                let moved = &mut all[usize::try_from(number / 2).unwrap()];
                (moved.version, moved.group) = (moved.version + 1, GroupId::from_u128(900 + number));
                journal.append(intake(moved.clone())).await.unwrap();
            }
            let host = format!("ws-{}", number % 5);
            let address = format!("203.0.113.{}", number % 50);
            let keys = [("host", host.clone()), ("ipv4", address.clone())]
                .map(|(kind, value)| AlertKey { kind: kind.to_owned(), value });
            let (since, limit) = (at(i64::try_from(number / 3).unwrap()), 1 + number % 40);
            let wanted = all.iter().rev().filter(|row| {
                row.practice == practice(1)
                    && row.received_at >= since
                    && (row.alert.hosts.iter().any(|own| own.to_lowercase() == host)
                        || row.alert.indicators.iter().any(|own| own.value == address))
            });
            let limit = u32::try_from(limit).unwrap();
            let wanted: Vec<_> = wanted.take(limit as usize).map(|row| (row.id, row.group)).collect();
            for ask in [Ask::Memory, Ask::Database] {
                let found = journal.related_alerts(practice(1), &keys, since, limit, ask).await.unwrap();
                let found: Vec<_> = found.alerts.iter().map(|row| (row.id, row.group)).collect();
                assert_eq!(found, wanted, "{} {number}", ground.name);
            }
        }
        journal.close().await;
    }
}

#[tokio::test]
async fn incidents_and_evidence_are_listed_by_what_they_are_filtered_by() {
    for ground in grounds() {
        let journal = ground.open().await;
        let mut write = entries(practice(1), Stream::incident(IncidentId::from_u128(1)), 0, 1, 1);
        for number in 1..=9_u128 {
            write.rows.push(Row::Incident(Box::new(IncidentRow {
                id: IncidentId::from_u128(number),
                practice: practice(1),
                title: format!("Ransomware at desk {number}"),
                kind: "ransomware".to_owned(),
                severity: Severity::ALL[usize::try_from(number % 5).unwrap()],
                status: if number % 2 == 0 { "open" } else { "closed" }.to_owned(),
                phase: "containment".to_owned(),
                version: 1,
                declared_at: at(0),
                updated_at: at(i64::try_from(number).unwrap()),
                next_due: Some(at(9)),
                counts: json!({ "systems": number }),
            })));
            write.rows.push(Row::Evidence(Box::new(EvidenceRow {
                id: EvidenceId::from_u128(number),
                practice: practice(1),
                incident: IncidentId::from_u128(number % 3),
                name: format!("disk-{number}.e01"),
                sha256: Digest::of(&number.to_be_bytes()),
                bytes: 5,
                source: "responder's laptop".to_owned(),
                state: "held".to_owned(),
                taken_at: at(1),
                rehashed: None,
                retain_until: None,
                held: None,
                destruction_asked_by: None,
            })));
        }
        journal.append(write).await.unwrap();
        let scope = Scope::Practice(practice(1));
        let open = IncidentQuery {
            status: Some("open".to_owned()),
            text: Some("desk ransom".to_owned()),
            ..Default::default()
        };
        assert_eq!(journal.incidents(scope, open.clone()).await.unwrap().items.len(), 4);
        assert!(journal.incidents(Scope::Practice(practice(2)), open).await.unwrap().items.is_empty());
        let changed = IncidentQuery { updated_since: Some(at(8)), ..Default::default() };
        assert_eq!(journal.incidents(scope, changed).await.unwrap().items.len(), 2);
        let severe = IncidentQuery { severity: Some(Severity::High), limit: 2, ..Default::default() };
        let page = journal.incidents(scope, severe.clone()).await.unwrap();
        assert_eq!(page.items.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>(), [9, 8]);
        let page = journal.incidents(scope, IncidentQuery { after: page.next, ..severe }).await.unwrap();
        assert_eq!((page.items.len(), page.next), (2, None), "{}", ground.name);
        assert_eq!(
            journal.incident(scope, IncidentId::from_u128(4)).await.unwrap().unwrap().counts["systems"],
            4
        );
        assert_eq!(
            journal.incident(Scope::Practice(practice(2)), IncidentId::from_u128(4)).await.unwrap(),
            None
        );

        let of = EvidenceQuery { incident: Some(IncidentId::from_u128(1)), ..Default::default() };
        assert_eq!(journal.evidence(scope, of).await.unwrap().items.len(), 3);
        let digest = Digest::of(&7_u128.to_be_bytes());
        let same =
            EvidenceQuery { sha256: Some(digest), text: Some("E01 lap".to_owned()), ..Default::default() };
        let found = journal.evidence(Scope::Provider, same).await.unwrap().items;
        assert_eq!(found.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>(), [7]);
        assert_eq!(
            journal.evidence_item(scope, EvidenceId::from_u128(7)).await.unwrap(),
            found.into_iter().next()
        );
        journal.close().await;
    }
}

#[tokio::test]
async fn privileged_entries_stay_out_where_they_must() {
    for ground in grounds() {
        let journal = ground.open().await;
        let (one, two) = (IncidentId::from_u128(1), IncidentId::from_u128(2));
        for (n, incident) in [(1, one), (2, two)] {
            let mut write = entries(practice(1), Stream::incident(incident), 0, 4, n);
            let body = json!({ "text": "counsel's advice", "privileged": true });
            write.parts[0].entries[2] =
                crate::ground::leaf(practice(1), Stream::incident(incident), 3, n * 1000 + 3, body);
            journal.append(write).await.unwrap();
        }
        let scope = Scope::Practice(practice(1));
        let all = journal.entries(scope, EntryQuery::default()).await.unwrap().items;
        assert_eq!(all.iter().map(|entry| entry.index).collect::<Vec<_>>(), [7, 6, 5, 4, 3, 2, 1, 0]);
        let open = EntryQuery {
            without_privileged: true,
            stream: Some(Stream::incident(two)),
            ..Default::default()
        };
        let open = journal.entries(scope, open).await.unwrap().items;
        assert_eq!(open.iter().map(|entry| entry.index).collect::<Vec<_>>(), [7, 5, 4], "{}", ground.name);
        let query = EntryQuery {
            text: Some("couns ada".to_owned()),
            kind: Some("noted".to_owned()),
            limit: 1,
            ..Default::default()
        };
        let page = journal.entries(scope, query.clone()).await.unwrap();
        assert_eq!(page.items[0].index, 6);
        let page = journal.entries(scope, EntryQuery { after: page.next, ..query }).await.unwrap();
        assert_eq!((page.items[0].index, page.next), (2, None));
        assert!(
            journal
                .entries(Scope::Practice(practice(2)), EntryQuery::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
        journal.close().await;
    }
}

#[tokio::test]
async fn what_is_rare_is_found_newest_first_however_far_apart_it_lies() {
    // Orders of arrival on both sides of the ends of blocks of PostgreSQL's index, and far away.
    let starts = [0_u64, 16_380, 32_766, 300_000, 900_000];
    for ground in grounds() {
        let mut expected = Vec::new();
        let mut number = 0;
        for start in starts {
            ground.open().await.close().await;
            run(&ground, &format!("UPDATE log_head SET listed = {start}")).await;
            let journal = ground.open().await;
            for _ in 0..8 {
                let rare = alert(practice(1), number, "beacon rarely");
                expected.insert(0, rare.id);
                journal.append(intake(rare)).await.unwrap();
                journal.append(intake(alert(practice(2), number + 1, "noise"))).await.unwrap();
                number += 2;
            }
            journal.close().await;
        }
        let journal = ground.open().await;
        // So many newer ones that a walk through the newest does not meet them.
        for _ in 0..300 {
            journal.append(intake(alert(practice(2), number, "noise"))).await.unwrap();
            number += 1;
        }
        let query =
            |text: &str| AlertQuery { text: Some(text.to_owned()), limit: 7, ..AlertQuery::default() };
        for (scope, text) in [
            (Scope::Provider, "rarely"),
            (Scope::Practice(practice(1)), "rarel"),
            (Scope::Provider, "beacon rarely"),
        ] {
            let found: Vec<_> =
                pages(&*journal, scope, &query(text)).await.into_iter().map(|row| row.id).collect();
            assert_eq!(found, expected, "{} {text}", ground.name);
        }
        assert!(pages(&*journal, Scope::Practice(practice(2)), &query("rarely")).await.is_empty());
        // A row that changes is found by what it says now, and stands where it stood.
        let mut changed = alert(practice(1), 0, "beacon rarely");
        changed.version = 2;
        changed.alert.title = Some("something else".to_owned());
        journal.append(intake(changed)).await.unwrap();
        let found = pages(&*journal, Scope::Provider, &query("rarely")).await;
        assert_eq!(found.len(), expected.len() - 1, "{}", ground.name);
        journal.close().await;
    }
}
