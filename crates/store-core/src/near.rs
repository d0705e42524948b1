//! The newest alerts in memory, by what they are grouped by. Every alert that comes in asks which earlier ones share a host,
//! an account or an indicator with it; the process that writes the record has seen them go by, and need not ask the database
//! for each. What it does not hold, the database is asked for. Where another process writes beside it, the next batch finds
//! the log longer than this process left it: all of it is thrown away then, and what rested on it is asked for anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use app::ports::{NearAlert, NearFacts};
use kernel::{AlertId, GroupId, PracticeId, Timestamp};
use serde::Deserialize;
use sqlx::types::Uuid;

use crate::{
    backend::{Backend, Fault, Stretch, Tenant},
    find::Kind,
    plan::Batch,
    prepare,
    records::{count, read, whole},
};

/// What is held at the most: alerts and the keys that they are grouped by, together. About 35 MB.
const MOST: usize = 300_000;
/// Alerts read at once to begin with, and in all.
const PAGE: i64 = 500;
const FILL: usize = 20_000;
/// Alerts are numbered when they are recorded and dated a little before: by so much, in microseconds, two may be the other
/// way around.
const SLACK: i64 = 60_000_000;
/// For so long after another process has written the database is asked, and twice as long each time that it happens again soon,
/// up to the second: two that write in turn would fill their memories for nothing.
const REST: Duration = Duration::from_secs(10);
const LONG_REST: Duration = Duration::from_secs(640);

/// See the module.
#[derive(Debug, Default)]
pub struct Near(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    rows: BTreeMap<i64, Row>,
    /// Practice and what is grouped by, in one number, with the row's key.
    by: BTreeSet<(u128, i64)>,
    weight: usize,
    /// Every alert from this key on is held; where it is absent, nobody knows which are.
    floor: Option<i64>,
    /// No alert below the floor was taken in after this instant.
    below: i64,
    /// Of what was let go of, nothing stands from this key on.
    gone: i64,
    filling: bool,
    /// The size of the log that all of it is of.
    at: Option<u64>,
    /// Batches of this process that were committed while it is filled: the size of the log before and after.
    passed: BTreeMap<u64, u64>,
    /// How often all of it was thrown away.
    doubts: u64,
    rest: Rest,
}

/// When it is not to be filled.
#[derive(Debug, Clone, Copy, Default)]
struct Rest {
    until: Option<Instant>,
    lasting: Duration,
}

impl Rest {
    /// The next one, from now on.
    fn next(self, now: Instant) -> Self {
        let soon = self.until.is_some_and(|until| now.saturating_duration_since(until) < self.lasting);
        let lasting = if soon { (self.lasting * 2).min(LONG_REST) } else { REST };
        Self { until: now.checked_add(lasting), lasting }
    }

    fn holds(self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

#[derive(Debug)]
struct Row {
    practice: Uuid,
    keys: Vec<u128>,
    alert: NearAlert,
}

fn mixed(practice: Uuid, key: Uuid) -> u128 {
    practice.as_u128() ^ key.as_u128()
}

impl Held {
    fn put(&mut self, key: i64, row: Row) {
        self.take(key);
        self.weight += row.weight();
        self.by.extend(row.keys.iter().map(|&by| (by, key)));
        self.rows.insert(key, row);
        while self.weight > MOST
            && let Some(first) = self.rows.keys().next().copied()
            && let Some(row) = self.take(first)
        {
            self.gone = self.gone.max(first + 1);
            self.end_at(first + 1, &row.alert);
        }
    }

    fn take(&mut self, key: i64) -> Option<Row> {
        let row = self.rows.remove(&key)?;
        self.weight -= row.weight();
        row.keys.iter().for_each(|&by| {
            self.by.remove(&(by, key));
        });
        Some(row)
    }

    /// Nothing is known below this key, and this is the newest alert there.
    fn end_at(&mut self, floor: i64, newest: &NearAlert) {
        self.floor = self.floor.map(|known| known.max(floor));
        self.below = self.below.max(newest.received_at.as_microsecond().saturating_add(SLACK));
    }

    /// It was filled down to a key, and no older alert was taken in after this instant: but what was let go of meanwhile may
    /// be newer.
    fn settle(&mut self, end: i64, oldest: i64, size: u64) {
        self.floor = Some(end.max(self.gone));
        self.below = self.below.max(oldest);
        let mut at = size;
        while let Some(after) = self.passed.remove(&at) {
            at = after;
        }
        self.passed.clear();
        self.at = Some(at);
    }

    /// Throws all of it away.
    fn doubt(&mut self, rest: Rest) {
        *self = Self { doubts: self.doubts + 1, rest, ..Self::default() };
    }
}

impl Row {
    fn weight(&self) -> usize {
        1 + self.keys.len()
    }
}

impl Near {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a batch that was committed.
    pub fn keep(&self, batch: &Batch<'_>) {
        let mut held = self.held();
        let before = batch.size - batch.entries.len() as u64;
        if batch.size > before {
            if held.at == Some(before) {
                held.at = Some(batch.size);
            } else if held.filling {
                held.passed.insert(before, batch.size);
            }
        }
        for kept in &batch.listed {
            if let Some(alert) = &kept.row.near {
                let practice = kept.row.practice;
                let keys = kept.row.keys.iter().map(|&key| mixed(practice, key)).collect();
                held.put(kept.key, Row { practice, keys, alert: alert.clone() });
            }
        }
    }

    /// The newest alerts of a practice that share one of these keys, if it is certain that the database knows no others, and
    /// which state of this memory they are of, see [`Near::state`].
    #[must_use]
    pub fn related(
        &self,
        practice: Uuid,
        keys: &[Uuid],
        since: i64,
        limit: usize,
    ) -> Option<(Vec<NearAlert>, u64)> {
        let held = self.held();
        let floor = held.floor?;
        let mut found = BTreeSet::new();
        for &key in keys {
            let by = mixed(practice, key);
            found.extend(held.by.range((by, floor)..=(by, i64::MAX)).rev().take(limit).map(|&(_, key)| key));
        }
        let rows = found.iter().rev().filter_map(|key| held.rows.get(key));
        let own = rows.filter(|row| row.practice == practice);
        let recent = own.filter(|row| row.alert.received_at.as_microsecond() >= since);
        let alerts: Vec<_> = recent.take(limit).map(|row| row.alert.clone()).collect();
        let whole = alerts.len() >= limit || floor == Kind::Alert.floor() || held.below < since;
        whole.then_some((alerts, held.doubts))
    }

    /// Called by the one who writes, with the size of the log that nobody can change meanwhile: what was given out with another
    /// number than this one may lack what another process has written.
    #[must_use]
    pub fn state(&self, size: u64) -> u64 {
        let mut held = self.held();
        if held.at.is_some_and(|at| at != size) {
            let rest = held.rest.next(Instant::now());
            held.doubt(rest);
        }
        held.doubts
    }

    /// What the record holds is not certain any more: a write failed half way, or another way than by batches was taken.
    pub fn doubt(&self) {
        let mut held = self.held();
        let rest = held.rest;
        held.doubt(rest);
    }

    /// Whether somebody should fill it; says so once.
    pub fn wants_filling(&self) -> bool {
        let mut held = self.held();
        held.floor.is_none()
            && !held.rest.holds(Instant::now())
            && !std::mem::replace(&mut held.filling, true)
    }

    /// Reads the newest alerts of the record, those of all practices. What was committed meanwhile is newer and stays.
    ///
    /// # Errors
    /// [`Fault`] where the database does not give them; it may be tried again.
    pub async fn fill(&self, backend: &impl Backend) -> Result<(), Fault> {
        let filled = self.read(backend).await;
        if filled.is_err() {
            self.held().filling = false;
        }
        filled
    }

    async fn read(&self, backend: &impl Backend) -> Result<(), Fault> {
        let (tenant, floor) = (Tenant { every: true, practice: Uuid::nil() }, Kind::Alert.floor());
        let (received, updated) = (i64::MIN, i64::MIN);
        let mut below = floor + (1 << 56);
        let (mut read_so_far, mut oldest) = (0, 0);
        let doubts = self.held().doubts;
        // What comes later is of a batch of ours, or found out by the size of the log.
        let size = count(backend.head().await?.size);
        loop {
            let stretch = Stretch { tenant, below, floor, received, updated, limit: PAGE };
            let keys = backend.walk(stretch, "%").await?;
            let rows = backend.listed(&keys).await?;
            let mut held = self.held();
            if held.doubts != doubts {
                return Ok(());
            }
            for row in &rows {
                let filed: Filed = read(&row.row).map_err(|error| Fault::Damaged(error.to_string()))?;
                let practice = Uuid::from_u128(filed.practice.as_u128());
                let alert = filed.near();
                below = row.key;
                oldest = alert.received_at.as_microsecond().saturating_add(SLACK);
                if !held.rows.contains_key(&row.key) {
                    let keys = prepare::near_keys(&alert.alert);
                    let keys = keys.iter().map(|&key| mixed(practice, key)).collect();
                    held.put(row.key, Row { practice, keys, alert });
                }
            }
            read_so_far += keys.len();
            let all = whole(keys.len() as u64) < PAGE;
            if all || read_so_far >= FILL || held.gone > floor {
                let end = if all { floor } else { below };
                held.settle(end, oldest, size);
                return Ok(());
            }
        }
    }
}

/// What is read of an alert's row.
#[derive(Deserialize)]
struct Filed {
    practice: PracticeId,
    id: AlertId,
    alert: NearFacts,
    received_at: Timestamp,
    group: GroupId,
}

impl Filed {
    fn near(self) -> NearAlert {
        let Self { id, alert, received_at, group, .. } = self;
        NearAlert { id, alert, received_at, group }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{plan::NewEntry, prepare::PreparedEntry};

    #[test]
    fn an_alert_let_go_of_while_memory_is_filled_is_not_taken_for_one_that_never_came() {
        let (practice, key) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let row = |second: i64, keys: usize| Row {
            practice,
            keys: vec![mixed(practice, key); keys],
            alert: NearAlert {
                id: AlertId::from_u128(3),
                alert: serde_json::from_str("{}").unwrap(),
                received_at: Timestamp::from_second(second).unwrap(),
                group: GroupId::from_u128(4),
            },
        };
        let near = Near::default();
        let start = Kind::Alert.floor();
        {
            let mut held = near.held();
            held.put(start + 9, row(5000, 1));
            // So many keys that the older ones must go, among them one that is newer than what is read last.
            held.put(start + 7, row(4000, MOST));
            held.settle(start + 5, 1_000_000_000, 0);
            assert_eq!(held.floor, Some(start + 8));
        }
        let since = |second: i64| near.related(practice, &[key], second * 1_000_000, 10);
        assert!(since(3000).is_none(), "the one of second 4000 is not here, and the database is to be asked");
        assert_eq!(since(4500).map(|(found, _)| found.len()), Some(1));
    }

    #[test]
    fn what_another_process_wrote_is_noticed_by_the_size_of_the_log() {
        let near = Near::default();
        let related = || near.related(Uuid::nil(), &[Uuid::nil()], 0, 10);
        assert!(related().is_none(), "nothing is known before it is filled");
        assert!(near.wants_filling());
        let batch = |size: u64| Batch { size, entries: vec![entry(size - 1)], ..Batch::default() };
        // While it is filled from a log of 4 leaves, two batches of this process go by.
        near.keep(&batch(5));
        near.keep(&batch(6));
        near.held().settle(Kind::Alert.floor(), 0, 4);
        let (_, state) = related().expect("filled");
        assert_eq!(near.state(6), state);
        near.keep(&batch(7));
        assert_eq!(near.state(7), state);
        // Somebody else's entry is the eighth.
        assert_ne!(near.state(8), state);
        assert!(related().is_none());
        assert!(!near.wants_filling(), "it rests");
    }

    #[test]
    fn it_rests_longer_where_others_write_again_and_again() {
        let start = Instant::now();
        let first = Rest::default().next(start);
        assert!(first.holds(start) && !first.holds(start + REST));
        let again = first.next(start + REST + REST / 2);
        assert_eq!(again.lasting, REST * 2);
        let mut rest = again;
        for _ in 0..20 {
            rest = rest.next(rest.until.unwrap());
        }
        assert_eq!(rest.lasting, LONG_REST);
        assert_eq!(rest.next(rest.until.unwrap() + LONG_REST).lasting, REST, "all was quiet for long");
    }

    fn entry(index: u64) -> NewEntry<'static> {
        static ENTRY: PreparedEntry =
            PreparedEntry { canonical: Vec::new(), leaf: [0; 32], at: 0, doc: String::new() };
        let idx = whole(index);
        NewEntry { idx, practice: Uuid::nil(), stream: (Uuid::nil(), 1), version: 1, entry: &ENTRY }
    }
}
