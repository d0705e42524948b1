//! Decides what becomes of a batch of writes, given what the database knows: which are taken and which refused, what
//! is written for them, and how the log grows. Pure, so that the rules are the same for both databases and each
//! write of a batch sees those before it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use app::ports::{Appended, Payload};
use kernel::{AlertId, Stream};
use ledger::tree::{Hash, MissingNode, NodeId};
use sqlx::types::Uuid;

use crate::{
    find::Kind,
    near::Near,
    prepare::{Prepared, PreparedEntry, PreparedRow, PreparedToken, stream_kind},
    records::{AgreementRow, KnownFact, NodeRow, count, hash, node_id, node_key, whole},
};

type Keyed = (Uuid, [u8; 32]);

/// What has to be looked up for a batch.
#[derive(Debug, Default)]
pub struct Asked {
    /// Idempotency keys, by tenant.
    pub keys: Vec<Keyed>,
    /// Streams: id and kind.
    pub streams: Vec<(Uuid, i16)>,
    /// Alerts' keys, by tenant.
    pub dedups: Vec<Keyed>,
    /// Rows of lists: id and kind.
    pub listed: Vec<(Uuid, i16)>,
}

impl Asked {
    /// What has to be looked up for these writes.
    #[must_use]
    pub fn of(batch: &[&Prepared]) -> Self {
        let mut asked = Self::default();
        for write in batch {
            asked.keys.extend(write.key.map(|(key, _)| (write.practice, key)));
            asked.streams.extend(write.parts.iter().map(|part| stream_key(part.stream)));
            for row in &write.listed {
                asked.dedups.extend(row.dedup.map(|key| (row.practice, key)));
                asked.listed.push((row.id, row.kind.number()));
            }
        }
        asked
    }
}

fn stream_key(stream: Stream) -> (Uuid, i16) {
    (Uuid::from_u128(stream.id), stream_kind(stream.kind))
}

/// What the database knows.
#[derive(Debug, Default)]
pub struct Known {
    size: u64,
    arrived: u64,
    root: Hash,
    keys: HashMap<Keyed, ([u8; 32], u64, u64)>,
    streams: HashMap<(Uuid, i16), (Uuid, u64)>,
    dedups: HashMap<Keyed, Uuid>,
    /// A row's key, and how it was judged, where it was.
    listed: HashMap<(Uuid, i16), (i64, Option<i64>)>,
    edge: Edge,
    /// The state of the alerts in memory, see [`Near::state`].
    memory: u64,
}

/// The right edge of the tree: the nodes that the next leaves are put behind.
pub type Edge = HashMap<NodeId, Hash>;

impl Known {
    /// Puts questions and answers together.
    #[must_use]
    pub fn new(asked: &Asked, facts: Vec<KnownFact>) -> Self {
        let mut known = Self::default();
        for fact in facts {
            known.learn(asked, &fact);
        }
        known
    }

    fn learn(&mut self, asked: &Asked, fact: &KnownFact) -> Option<()> {
        let at = usize::try_from(fact.at).ok()?;
        let bytes = || fact.bytes.as_deref();
        let (first, last) = (fact.first.map(count), fact.last.map(count));
        let id = || Uuid::from_slice(bytes()?).ok();
        match fact.what {
            KnownFact::HEAD => (self.root, self.size, self.arrived) = (hash(bytes()?), first?, last?),
            KnownFact::KEY => {
                self.keys.insert(*asked.keys.get(at)?, (hash(bytes()?), first?, last?));
            }
            KnownFact::STREAM => {
                self.streams.insert(*asked.streams.get(at)?, (id()?, first?));
            }
            KnownFact::DEDUP => {
                self.dedups.insert(*asked.dedups.get(at)?, id()?);
            }
            KnownFact::LISTED => {
                self.listed.insert(*asked.listed.get(at)?, (fact.first?, fact.last));
            }
            _ => {}
        }
        Some(())
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Compares the log with the alerts in memory.
    #[must_use]
    pub fn with_memory(self, kept: &Kept) -> Self {
        let memory = kept.near().map_or(0, |near| near.state(self.size));
        Self { memory, ..self }
    }

    /// Gives it the tree's edge from the database.
    #[must_use]
    pub fn with_nodes(self, nodes: &[NodeRow]) -> Self {
        let edge = nodes.iter().map(|row| (node_id(row.key), hash(&row.hash))).collect();
        Self { edge, ..self }
    }

    /// Gives it the edge that the last batch of this process left, unless somebody else has written since.
    ///
    /// # Errors
    /// What is known, where it is another tree.
    pub fn with_edge(self, kept: &Kept) -> Result<Self, Self> {
        let kept = kept.edge.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((size, root, edge)) if (*size, *root) == (self.size, self.root) => {
                Ok(Self { edge: edge.clone(), ..self })
            }
            _ => Err(self),
        }
    }
}

/// What this process keeps in memory of the batches that it committed.
#[derive(Debug, Default)]
pub struct Kept {
    /// The edge of the tree as the last batch left it, with the size and the root that it belongs to: one writer at a time
    /// need not read back what it has just written.
    edge: Mutex<Option<(u64, Hash, Edge)>>,
    /// The newest alerts, where this process writes.
    near: Option<Near>,
}

impl Kept {
    /// Where this process writes.
    #[must_use]
    pub fn writing() -> Self {
        Self { edge: Mutex::default(), near: Some(Near::default()) }
    }

    /// The newest alerts, where this process writes.
    #[must_use]
    pub const fn near(&self) -> Option<&Near> {
        self.near.as_ref()
    }

    /// Keeps what a batch leaves, once it is committed.
    pub fn keep(&self, batch: &Batch<'_>) {
        if let Some(root) = batch.root {
            let mut kept = self.edge.lock().unwrap_or_else(PoisonError::into_inner);
            *kept = Some((batch.size, root, batch.edge.clone()));
        }
        if let Some(near) = &self.near {
            near.keep(batch);
        }
    }
}

/// What becomes of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken, or was before.
    Taken(Appended),
    /// Somebody else was first.
    Stale {
        /// Which stream.
        stream: Stream,
        /// What the writer had seen.
        expected: u64,
        /// Where it stands.
        current: u64,
    },
    /// The alert is there already.
    Duplicate(AlertId),
    /// The idempotency key was used for another request.
    KeyReused,
    /// The stream belongs to another tenant.
    Foreign(Stream),
    /// It rests on alerts in memory, and another process has written since.
    Overtaken,
}

/// An entry and where it goes.
#[derive(Debug)]
pub struct NewEntry<'a> {
    /// Its leaf index.
    pub idx: i64,
    /// The tenant.
    pub practice: Uuid,
    /// The stream's id and the number of its kind.
    pub stream: (Uuid, i16),
    /// Its version.
    pub version: i64,
    /// The entry.
    pub entry: &'a PreparedEntry,
}

/// A row and where it goes.
#[derive(Debug)]
pub struct KeptRow<'a> {
    /// Its key.
    pub key: i64,
    /// Whether it was not there before.
    pub new: bool,
    /// The row.
    pub row: &'a PreparedRow,
}

/// A used idempotency key.
#[derive(Debug)]
pub struct NewKey {
    /// The tenant.
    pub practice: Uuid,
    /// The key's digest.
    pub key: [u8; 32],
    /// The request's digest.
    pub request: [u8; 32],
    /// First entry.
    pub first: i64,
    /// Last entry.
    pub last: i64,
}

/// What is written for a batch.
#[derive(Debug, Default)]
pub struct Batch<'a> {
    /// The number of leaves afterwards.
    pub size: u64,
    /// The number of rows that ever arrived, afterwards.
    pub arrived: u64,
    /// The root afterwards; `None` where no entry comes.
    pub root: Option<Hash>,
    /// New nodes of the tree.
    pub nodes: Vec<(i64, Hash)>,
    /// The tree's right edge afterwards.
    pub edge: Edge,
    /// New entries.
    pub entries: Vec<NewEntry<'a>>,
    /// Rows of lists, each once.
    pub listed: Vec<KeptRow<'a>>,
    /// By how much the numbers of judged alerts change, by tenant.
    pub judged: BTreeMap<Uuid, AgreementRow>,
    /// New idempotency keys.
    pub keys: Vec<NewKey>,
    /// Sealed bytes with their tenants.
    pub payloads: Vec<(Uuid, &'a Payload)>,
    /// Practices.
    pub profiles: Vec<(Uuid, &'a [u8])>,
    /// Tokens.
    pub tokens: Vec<&'a PreparedToken>,
}

impl<'a> Batch<'a> {
    /// Writes these rows, of which `before` says how each was judged until now.
    pub fn keep_rows(&mut self, rows: Vec<KeptRow<'a>>, before: impl Fn(&KeptRow<'a>) -> Option<i64>) {
        for kept in &rows {
            let now = Some(i64::from(kept.row.judged)).filter(|judged| *judged >= 0);
            let was = before(kept);
            if now != was {
                let change = self.judged.entry(kept.row.practice).or_default();
                change.judged += i64::from(now.is_some()) - i64::from(was.is_some());
                change.agreed += now.unwrap_or(0) - was.unwrap_or(0);
            }
        }
        self.listed = rows;
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.listed.is_empty()
            && self.keys.is_empty()
            && self.payloads.is_empty()
            && self.profiles.is_empty()
            && self.tokens.is_empty()
    }
}

/// Decides a batch. `landed` says for each write where its first entry stands in the log already, because an
/// earlier attempt had been committed without our learning of it.
///
/// # Errors
/// [`MissingNode`] where the database lacks a part of the tree: it is damaged.
pub fn plan<'a>(
    batch: &[&'a Prepared],
    known: Known,
    landed: &[Option<u64>],
) -> Result<(Vec<Verdict>, Batch<'a>), MissingNode> {
    let mut planner = Planner { known, batch: Batch::default(), places: HashMap::new(), leaves: Vec::new() };
    let mut verdicts = Vec::with_capacity(batch.len());
    for (at, write) in batch.iter().enumerate() {
        verdicts.push(match landed.get(at).copied().flatten() {
            Some(first) => {
                let entries = write.parts.iter().map(|part| part.entries.len() as u64).sum::<u64>();
                Verdict::Taken(Appended { first, last: first + entries.max(1) - 1, repeated: false })
            }
            None => planner.judge(write).unwrap_or_else(|| planner.take(write)),
        });
    }
    Ok((verdicts, planner.finish()?))
}

struct Planner<'a> {
    known: Known,
    batch: Batch<'a>,
    /// Where a row of this batch stands in `batch.listed`.
    places: HashMap<(Uuid, i16), usize>,
    leaves: Vec<Hash>,
}

impl<'a> Planner<'a> {
    fn size(&self) -> u64 {
        self.known.size + self.leaves.len() as u64
    }

    /// Why a write is not taken now, if it is not.
    fn judge(&self, write: &Prepared) -> Option<Verdict> {
        if let Some((key, request)) = write.key
            && let Some((before, first, last)) = self.known.keys.get(&(write.practice, key))
        {
            let same = Verdict::Taken(Appended { first: *first, last: *last, repeated: true });
            return Some(if *before == request { same } else { Verdict::KeyReused });
        }
        let mut own: Vec<(Keyed, Uuid)> = Vec::new();
        for row in &write.listed {
            let Some(dedup) = row.dedup else { continue };
            let key = (row.practice, dedup);
            let holder = self
                .known
                .dedups
                .get(&key)
                .or_else(|| own.iter().find(|(taken, _)| *taken == key).map(|(_, holder)| holder));
            match holder {
                Some(holder) if *holder != row.id => {
                    return Some(Verdict::Duplicate(AlertId::from_u128(holder.as_u128())));
                }
                Some(_) => {}
                None => own.push((key, row.id)),
            }
        }
        let mut grown: Vec<(Stream, u64)> = Vec::new();
        for part in &write.parts {
            let known = self.known.streams.get(&stream_key(part.stream));
            if known.is_some_and(|(practice, _)| *practice != write.practice) {
                return Some(Verdict::Foreign(part.stream));
            }
            let earlier = grown.iter().rev().find(|(stream, _)| *stream == part.stream);
            let current =
                earlier.map_or_else(|| known.map_or(0, |(_, version)| *version), |(_, version)| *version);
            if current != part.expected {
                return Some(Verdict::Stale { stream: part.stream, expected: part.expected, current });
            }
            grown.push((part.stream, current + part.entries.len() as u64));
        }
        if write.state.is_some_and(|state| state != self.known.memory) {
            return Some(Verdict::Overtaken);
        }
        None
    }

    fn take(&mut self, write: &'a Prepared) -> Verdict {
        let first = self.size();
        for part in &write.parts {
            let stream = stream_key(part.stream);
            let mut version = part.expected;
            for entry in &part.entries {
                version += 1;
                self.batch.entries.push(NewEntry {
                    idx: whole(self.size()),
                    practice: write.practice,
                    stream,
                    version: whole(version),
                    entry,
                });
                self.leaves.push(entry.leaf);
            }
            self.known.streams.insert(stream, (write.practice, version));
        }
        let last = self.size().max(first + 1) - 1;
        for row in &write.listed {
            self.keep(row);
        }
        if let Some((key, request)) = write.key {
            self.known.keys.insert((write.practice, key), (request, first, last));
            let (first, last) = (whole(first), whole(last));
            self.batch.keys.push(NewKey { practice: write.practice, key, request, first, last });
        }
        self.batch.payloads.extend(write.payloads.iter().map(|payload| (write.practice, payload)));
        self.batch.profiles.extend(write.profiles.iter().map(|(id, row)| (*id, row.as_slice())));
        self.batch.tokens.extend(&write.tokens);
        Verdict::Taken(Appended { first, last, repeated: false })
    }

    fn keep(&mut self, row: &'a PreparedRow) {
        let id = (row.id, row.kind.number());
        if let Some(dedup) = row.dedup {
            self.known.dedups.entry((row.practice, dedup)).or_insert(row.id);
        }
        if let Some(kept) = self.places.get(&id).and_then(|&place| self.batch.listed.get_mut(place)) {
            kept.row = row;
            return;
        }
        let (key, new) = match self.known.listed.get(&id) {
            Some(&(key, _)) => (key, false),
            None => {
                let order = self.known.arrived + self.batch.arrived;
                self.batch.arrived += 1;
                (row.kind.key(order), true)
            }
        };
        self.places.insert(id, self.batch.listed.len());
        self.batch.listed.push(KeptRow { key, new, row });
    }

    fn finish(mut self) -> Result<Batch<'a>, MissingNode> {
        self.batch.arrived += self.known.arrived;
        let rows = std::mem::take(&mut self.batch.listed);
        let known = &self.known.listed;
        self.batch.keep_rows(rows, |kept| known.get(&(kept.row.id, kept.row.kind.number()))?.1);
        self.batch.size = self.size();
        if !self.leaves.is_empty() {
            let edge = &self.known.edge;
            let grown =
                ledger::tree::append(self.known.size, &|node| edge.get(&node).copied(), &self.leaves)?;
            let needs = ledger::tree::append_needs(grown.size);
            self.batch.root = Some(grown.root);
            let all = edge.iter().map(|(node, hash)| (*node, *hash)).chain(grown.nodes.iter().copied());
            self.batch.edge = all.filter(|(node, _)| needs.contains(node)).collect();
            self.batch.nodes = grown.nodes.into_iter().map(|(node, hash)| (node_key(node), hash)).collect();
        }
        Ok(self.batch)
    }
}

/// The key of an entry among what is found: its index.
#[must_use]
pub fn entry_key(idx: i64) -> i64 {
    Kind::Entry.floor() + idx
}
