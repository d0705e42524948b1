//! The port itself, over any database: what to read in which order, and patience with a database that is away.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, PoisonError},
    time::Duration,
};

use app::ports::{
    AlertKey, AlertQuery, AlertRow, Append, Appended, Ask, EntryQuery, EvidenceQuery, EvidenceRow,
    IncidentQuery, IncidentRow, Journal, JournalError, LogHead, Outside, Page, PracticeRow, Recorded,
    Related, Scope, ShelfPlace, ShelfQuery, Shelved, Snapshot, TokenRow, Verdict,
};
use async_trait::async_trait;
use kernel::{AlertId, Digest, EvidenceId, IncidentId, PracticeId, Severity, Stream, Timestamp, TokenId};
use ledger::{
    checkpoint::Signer,
    tree::{self, NodeId},
};
use sqlx::types::Uuid;
use tokio::{
    sync::{Mutex, mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::{
    backend::{Backend, Fault, Options, Tenant, Trouble},
    dump::{Lines, Restored},
    find::{self, Kind, Tag},
    outside::outside,
    prepare::{self, Prepared},
    records::{ShelfAsked, ShelfRow, SnapshotRow, count, hash, node_id, node_key, read, whole},
    search::{Search, cut},
    writer::{Waiting, Writer, send, trouble},
};

/// How often the size of the log is read, to see what other processes wrote.
const GLANCE: Duration = Duration::from_millis(500);
/// A stale write is told at most this many entries that it had not seen.
pub const SINCE: i64 = 100;
/// Idempotency keys forgotten in one statement.
const FORGET: i64 = 1000;
/// Drafts or views read at once.
const SHELF: i64 = 500;
const QUEUE: usize = 1024;

/// The journal.
pub struct Store<B> {
    backend: Arc<B>,
    queue: Mutex<Option<mpsc::Sender<Waiting>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    glance: JoinHandle<()>,
    /// What reads the newest alerts into memory.
    filling: std::sync::Mutex<Option<JoinHandle<()>>>,
    size: watch::Receiver<u64>,
    options: Options,
}

impl<B> Drop for Store<B> {
    fn drop(&mut self) {
        self.glance.abort();
        self.stop_filling();
    }
}

impl<B> Store<B> {
    fn stop_filling(&self) {
        let filling = self.filling.lock().unwrap_or_else(PoisonError::into_inner).take();
        filling.into_iter().for_each(|filling| filling.abort());
    }
}

impl<B: Backend> Store<B> {
    /// Starts the writer (where there is a signer; without one the journal only reads) over an open database.
    ///
    /// # Errors
    /// [`Outside`] where the database does not answer.
    pub async fn start(backend: B, signer: Option<Signer>, options: Options) -> Result<Self, Outside> {
        let backend = Arc::new(backend);
        let head = patiently(&*backend, options, "opening the record", || backend.head()).await?;
        let (told, size) = watch::channel(count(head.size));
        let glance = tokio::spawn(glance(Arc::clone(&backend), told.clone()));
        let mut tasks = Vec::new();
        let queue = signer.map(|signer| {
            let (queue, waiting) = mpsc::channel(QUEUE);
            let writer = Writer { backend: Arc::clone(&backend), signer, size: told, options };
            tasks.push(writer.start(waiting));
            queue
        });
        let (queue, tasks, filling) = (Mutex::new(queue), Mutex::new(tasks), std::sync::Mutex::default());
        Ok(Self { backend, queue, tasks, glance, filling, size, options })
    }

    /// Reads the newest alerts into memory, beside what else goes on.
    fn remember(&self) {
        let backend = Arc::clone(&self.backend);
        let filling = tokio::spawn(async move {
            let Some(near) = backend.near() else { return };
            if let Err(fault) = near.fill(&*backend).await {
                tracing::debug!(%fault, "each alert asks the database for those it belongs with, for now");
            }
        });
        let before = self.filling.lock().unwrap_or_else(PoisonError::into_inner).replace(filling);
        before.into_iter().for_each(|before| before.abort());
    }

    async fn patiently<T, F: Future<Output = Result<T, Fault>>>(
        &self,
        doing: &str,
        attempt: impl Fn() -> F,
    ) -> Result<T, Outside> {
        patiently(&*self.backend, self.options, doing, attempt).await
    }

    /// Keys of a page, newest first, one more than the page holds where there is more.
    async fn find(&self, search: Search) -> Result<Vec<i64>, Outside> {
        self.patiently("searching the record", || search.find(&*self.backend)).await
    }

    async fn page<T: serde::de::DeserializeOwned>(&self, search: Search) -> Result<Page<T>, Outside> {
        let (kind, limit) = (search.kind(), search.limit());
        let keys = self.find(search).await?;
        let (keys, next) = cut(kind, keys, limit);
        let rows = self.patiently("reading a page of the record", || self.backend.listed(&keys)).await?;
        let items = rows.iter().map(|row| read(&row.row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    async fn by_id<T: serde::de::DeserializeOwned>(
        &self,
        kind: Kind,
        id: u128,
        scope: Scope,
    ) -> Result<Option<T>, Outside> {
        let id = Uuid::from_u128(id);
        let row = self
            .patiently("reading the record", || self.backend.listed_by_id(id, kind.number(), tenant(scope)))
            .await?;
        row.map(|row| read(&row.row)).transpose()
    }

    /// The nodes that a proof needs, in one query.
    async fn nodes(&self, needs: &[NodeId]) -> Result<HashMap<NodeId, tree::Hash>, Outside> {
        let mut keys: Vec<_> = needs.iter().map(|&node| node_key(node)).collect();
        keys.sort_unstable();
        keys.dedup();
        let nodes = self.patiently("reading the log's tree", || self.backend.nodes(&keys)).await?;
        Ok(nodes.into_iter().map(|node| (node_id(node.key), hash(&node.hash))).collect())
    }
}

fn tenant(scope: Scope) -> Tenant {
    match scope {
        Scope::Practice(id) => Tenant { every: false, practice: Uuid::from_u128(id.as_u128()) },
        Scope::Provider => Tenant { every: true, practice: Uuid::nil() },
    }
}

fn stream_key(stream: Stream) -> (Uuid, i16) {
    (Uuid::from_u128(stream.id), prepare::stream_kind(stream.kind))
}

/// Tries until it works or patience ends.
async fn patiently<B: Backend, T, F: Future<Output = Result<T, Fault>>>(
    backend: &B,
    options: Options,
    doing: &str,
    attempt: impl Fn() -> F,
) -> Result<T, Outside> {
    let until = Instant::now() + options.patience;
    let mut pause = Duration::from_millis(20);
    let mut again = false;
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(fault) => {
                let trouble = trouble(backend, &fault);
                // A connection that fell silent may have used the patience up; another one may answer at once.
                let over = Instant::now() + pause > until && (again || !matches!(fault, Fault::Silent(_)));
                again = true;
                if trouble != Trouble::Away || over {
                    return Err(outside(doing, trouble, fault));
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(500));
            }
        }
    }
}

/// Tells when the log has grown by another process.
async fn glance<B: Backend>(backend: Arc<B>, told: watch::Sender<u64>) {
    loop {
        sleep(GLANCE).await;
        if let Ok(head) = backend.head().await {
            let size = count(head.size);
            told.send_if_modified(|told| {
                let grown = size > *told;
                *told = size.max(*told);
                grown
            });
        }
    }
}

/// What a list of names needs of a practice's row.
#[derive(serde::Deserialize)]
struct Named {
    id: PracticeId,
    name: String,
}

#[async_trait]
impl<B: Backend> Journal for Store<B> {
    async fn append(&self, append: Append) -> Result<Appended, JournalError> {
        self.append_after(append, None).await
    }

    async fn append_after(&self, append: Append, seen: Option<u64>) -> Result<Appended, JournalError> {
        let queue = self.queue.lock().await.clone();
        let Some(queue) = queue else {
            let why = "the journal is closed or was opened for reading";
            return Err(Outside::never("writing to the record", why).into());
        };
        send(&queue, Prepared { state: seen, ..prepare::prepare(append)? }).await
    }

    async fn repeated(
        &self,
        practice: PracticeId,
        key: &str,
        request: &Digest,
    ) -> Result<Option<Appended>, JournalError> {
        let practice = Uuid::from_u128(practice.as_u128());
        let key = Digest::of(key.as_bytes());
        let used = self
            .patiently("looking up an idempotency key", || self.backend.used_key(practice, key.as_bytes()))
            .await?;
        match used {
            None => Ok(None),
            Some(used) if used.request == request.as_bytes() => {
                Ok(Some(Appended { first: count(used.first), last: count(used.last), repeated: true }))
            }
            Some(_) => Err(JournalError::KeyReused),
        }
    }

    async fn stream(
        &self,
        practice: PracticeId,
        stream: Stream,
        after_version: u64,
        limit: u32,
    ) -> Result<Vec<Recorded>, Outside> {
        let practice = Uuid::from_u128(practice.as_u128());
        let rows = self.patiently("reading a history", || {
            self.backend.stream(practice, stream_key(stream), whole(after_version), limit.into())
        });
        Ok(rows.await?.into_iter().map(Recorded::from).collect())
    }

    async fn snapshot(&self, practice: PracticeId, stream: Stream) -> Result<Option<Snapshot>, Outside> {
        let practice = Uuid::from_u128(practice.as_u128());
        let row = self
            .patiently("reading a snapshot", || self.backend.snapshot(practice, stream_key(stream)))
            .await?;
        Ok(row.map(|row| Snapshot {
            stream,
            version: count(row.version),
            form: u32::try_from(row.form).unwrap_or(u32::MAX),
            state: row.state,
        }))
    }

    async fn keep_snapshot(&self, practice: PracticeId, snapshot: Snapshot) -> Result<(), Outside> {
        let practice = Uuid::from_u128(practice.as_u128());
        let row = SnapshotRow {
            version: whole(snapshot.version),
            form: snapshot.form.into(),
            state: snapshot.state,
        };
        let stream = stream_key(snapshot.stream);
        self.patiently("keeping a snapshot", || self.backend.keep_snapshot(practice, stream, &row)).await
    }

    async fn tail(&self, scope: Scope, from: u64, limit: u32) -> Result<Vec<Recorded>, Outside> {
        let rows = self
            .patiently("reading the journal", || self.backend.tail(tenant(scope), whole(from), limit.into()))
            .await?;
        Ok(rows.into_iter().map(Recorded::from).collect())
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.size.clone()
    }

    async fn entries(&self, scope: Scope, query: EntryQuery) -> Result<Page<Recorded>, Outside> {
        let mut search = Search::new(Kind::Entry, tenant(scope), query.after, query.limit);
        search.words(query.text.as_ref());
        search.tag(Tag::Stream, query.stream.map(prepare::stream_tag).as_deref());
        search.tag(Tag::EntryKind, query.kind.as_deref().map(find::text).as_deref());
        search.tag(Tag::Open, query.without_privileged.then_some(""));
        search.received_since(query.since);
        let limit = search.limit();
        let (keys, next) = cut(Kind::Entry, self.find(search).await?, limit);
        let rows = self.patiently("reading a page of the journal", || self.backend.entries(&keys)).await?;
        Ok(Page { items: rows.into_iter().map(Recorded::from).collect(), next })
    }

    async fn alerts(&self, scope: Scope, query: AlertQuery) -> Result<Page<AlertRow>, Outside> {
        let mut search = Search::new(Kind::Alert, tenant(scope), query.after, query.limit);
        search.words(query.text.as_ref());
        search.tag(Tag::Verdict, query.verdict.map(|verdict| verdict.map_or("none", Verdict::as_str)));
        search.tag(Tag::Severity, query.severity.map(Severity::as_str));
        search.tag(Tag::Source, query.source.as_deref().map(find::text).as_deref());
        search.tag(Tag::Channel, query.channel.map(kernel::Channel::as_str));
        search.tag(Tag::Incident, query.incident.map(|id| find::id(id.as_u128())).as_deref());
        search.tag(Tag::Group, query.group.map(|id| find::id(id.as_u128())).as_deref());
        search.received_since(query.received_since);
        search.updated_since(query.updated_since);
        self.page(search).await
    }

    async fn alert(&self, scope: Scope, id: AlertId) -> Result<Option<AlertRow>, Outside> {
        self.by_id(Kind::Alert, id.as_u128(), scope).await
    }

    async fn alert_by_key(&self, practice: PracticeId, dedup_key: &str) -> Result<Option<AlertId>, Outside> {
        let key = prepare::dedup(dedup_key);
        let practice = Uuid::from_u128(practice.as_u128());
        let found = self.patiently("looking for an alert", || self.backend.dedup(practice, &key)).await?;
        Ok(found.map(|id| AlertId::from_u128(id.as_u128())))
    }

    async fn related_alerts(
        &self,
        practice: PracticeId,
        keys: &[AlertKey],
        since: Timestamp,
        limit: u32,
        ask: Ask,
    ) -> Result<Related, Outside> {
        let practice = Uuid::from_u128(practice.as_u128());
        let hashes: Vec<_> = keys.iter().map(prepare::alert_key).collect();
        if hashes.is_empty() || limit == 0 {
            return Ok(Related::default());
        }
        let since = since.as_microsecond();
        if ask == Ask::Memory
            && let Some(near) = self.backend.near()
        {
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            if let Some((alerts, state)) = near.related(practice, &hashes, since, most) {
                return Ok(Related { alerts, seen: Some(state) });
            }
            if near.wants_filling() {
                self.remember();
            }
        }
        let doing = "looking for related alerts";
        let rows = self.patiently(doing, || self.backend.related(practice, &hashes, since, limit.into()));
        Ok(Related { alerts: read(&rows.await?)?, seen: None })
    }

    async fn verdict_agreement(&self, scope: Scope) -> Result<(u64, u64), Outside> {
        let row = self.patiently("counting verdicts", || self.backend.agreement(tenant(scope))).await?;
        Ok((count(row.judged), count(row.agreed)))
    }

    async fn incidents(&self, scope: Scope, query: IncidentQuery) -> Result<Page<IncidentRow>, Outside> {
        let mut search = Search::new(Kind::Incident, tenant(scope), query.after, query.limit);
        search.words(query.text.as_ref());
        search.tag(Tag::Status, query.status.as_deref().map(find::text).as_deref());
        search.tag(Tag::Severity, query.severity.map(Severity::as_str));
        search.updated_since(query.updated_since);
        self.page(search).await
    }

    async fn incident(&self, scope: Scope, id: IncidentId) -> Result<Option<IncidentRow>, Outside> {
        self.by_id(Kind::Incident, id.as_u128(), scope).await
    }

    async fn evidence(&self, scope: Scope, query: EvidenceQuery) -> Result<Page<EvidenceRow>, Outside> {
        let mut search = Search::new(Kind::Evidence, tenant(scope), query.after, query.limit);
        search.words(query.text.as_ref());
        search.tag(Tag::Incident, query.incident.map(|id| find::id(id.as_u128())).as_deref());
        search.tag(Tag::Sha256, query.sha256.map(|digest| digest.to_string()).as_deref());
        self.page(search).await
    }

    async fn evidence_item(&self, scope: Scope, id: EvidenceId) -> Result<Option<EvidenceRow>, Outside> {
        self.by_id(Kind::Evidence, id.as_u128(), scope).await
    }

    async fn practices(&self, scope: Scope) -> Result<Vec<PracticeRow>, Outside> {
        let rows = self.patiently("reading the practices", || self.backend.profiles(tenant(scope))).await?;
        let mut rows: Vec<PracticeRow> = rows.iter().map(|row| read(row)).collect::<Result<_, _>>()?;
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(rows)
    }

    async fn practice_names(&self, scope: Scope) -> Result<Vec<(PracticeId, String)>, Outside> {
        let rows = self.patiently("reading the practices", || self.backend.profiles(tenant(scope))).await?;
        let rows = rows.iter().map(|row| read::<Named>(row)).collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<_> = rows.into_iter().map(|row| (row.name, row.id)).collect();
        names.sort();
        Ok(names.into_iter().map(|(name, id)| (id, name)).collect())
    }

    async fn token(&self, hash: &Digest) -> Result<Option<TokenRow>, Outside> {
        let row = self.patiently("looking up a token", || self.backend.token(hash.as_bytes())).await?;
        row.map(|row| read(&row)).transpose()
    }

    async fn tokens(&self, scope: Scope) -> Result<Vec<TokenRow>, Outside> {
        let rows = self.patiently("reading the tokens", || self.backend.tokens(tenant(scope))).await?;
        rows.iter().map(|row| read(row)).collect()
    }

    async fn payload(&self, practice: PracticeId, digest: &Digest) -> Result<Option<Vec<u8>>, Outside> {
        let practice = Uuid::from_u128(practice.as_u128());
        self.patiently("reading sealed bytes", || self.backend.payload(practice, digest.as_bytes())).await
    }

    async fn destroy_payload(&self, practice: PracticeId, digest: &Digest) -> Result<(), Outside> {
        let practice = Uuid::from_u128(practice.as_u128());
        let doing = "destroying sealed bytes";
        self.patiently(doing, || self.backend.destroy_payload(practice, digest.as_bytes())).await
    }

    async fn shelve(&self, thing: Shelved) -> Result<(), Outside> {
        let row = ShelfRow::from(thing);
        self.patiently("keeping a draft or a view", || self.backend.shelve(&row)).await
    }

    async fn shelf(&self, query: ShelfQuery) -> Result<Vec<Shelved>, Outside> {
        let asked = ShelfAsked {
            practice: Uuid::from_u128(query.practice.as_u128()),
            kind: query.kind.number(),
            person: query.person.map(|person| Uuid::from_u128(person.as_u128())),
            name: query.name.map(|name| name.as_bytes().to_vec()),
        };
        let rows = self.patiently("reading drafts or views", || self.backend.shelf(&asked, SHELF)).await?;
        Ok(rows.into_iter().filter_map(ShelfRow::thing).collect())
    }

    async fn unshelve(&self, place: ShelfPlace) -> Result<(), Outside> {
        let practice = Uuid::from_u128(place.practice.as_u128());
        let person = Uuid::from_u128(place.person.as_u128());
        let (kind, name) = (place.kind.number(), place.name);
        let doing = "taking a draft or a view away";
        self.patiently(doing, || self.backend.unshelve(practice, person, kind, name.as_bytes())).await
    }

    async fn head(&self) -> Result<LogHead, Outside> {
        Ok(self.patiently("reading the head of the log", || self.backend.head()).await?.head())
    }

    async fn checkpoint_at(&self, size: u64) -> Result<Option<String>, Outside> {
        self.patiently("reading a checkpoint", || self.backend.checkpoint_at(whole(size))).await
    }

    async fn inclusion(&self, indices: &[u64], size: u64) -> Result<Vec<Vec<[u8; 32]>>, Outside> {
        let needs: Vec<_> = indices.iter().flat_map(|&index| tree::inclusion_needs(index, size)).collect();
        let nodes = self.nodes(&needs).await?;
        let prove = |&index| tree::inclusion(index, size, &|node| nodes.get(&node).copied());
        let proofs: Result<_, _> = indices.iter().map(prove).collect();
        proofs.map_err(|error| Outside::never("proving that an entry is in the log", error))
    }

    async fn consistency(&self, old: u64, new: u64) -> Result<Vec<[u8; 32]>, Outside> {
        let nodes = self.nodes(&tree::consistency_needs(old, new)).await?;
        tree::consistency(old, new, &|node| nodes.get(&node).copied())
            .map_err(|error| Outside::never("proving that the log only grew", error))
    }

    async fn forget_keys(&self, before: Timestamp) -> Result<u64, Outside> {
        let doing = "forgetting old idempotency keys";
        let at = before.as_microsecond();
        let below = match self.patiently(doing, || self.backend.first_since(at)).await? {
            Some(first) => first,
            // Nothing was written since: all of them are older.
            None => self.patiently(doing, || self.backend.head()).await?.size,
        };
        let mut forgotten = 0;
        loop {
            // A few at a time: writers wait meanwhile.
            let now = self.patiently(doing, || self.backend.forget_keys(below, FORGET)).await?;
            forgotten += now;
            if now < FORGET.unsigned_abs() {
                return Ok(forgotten);
            }
        }
    }

    async fn forget_tokens(&self, ids: &[TokenId]) -> Result<u64, Outside> {
        let mut forgotten = 0;
        for id in ids {
            let id = Uuid::from_u128(id.as_u128());
            let doing = "forgetting ended sessions";
            forgotten += u64::from(self.patiently(doing, || self.backend.forget_token(id)).await?);
        }
        Ok(forgotten)
    }

    async fn ready(&self) -> Result<(), Outside> {
        let mut answer = self.backend.head().await;
        if matches!(answer, Err(Fault::Database(sqlx::Error::Io(_)))) {
            // That may have been the end of an old connection and say nothing of the database.
            answer = self.backend.head().await;
        }
        answer.map(drop).map_err(|fault| {
            outside("asking whether the database answers", trouble(&*self.backend, &fault), fault)
        })
    }

    async fn dump(&self, path: &Path) -> Result<(), Outside> {
        let doing = || format!("writing the backup {}", path.display());
        let file = |error: std::io::Error| {
            let fault = Fault::File(error);
            outside(&doing(), trouble(&*self.backend, &fault), fault)
        };
        let mut lines = Lines::create(path).map_err(file)?;
        if let Err(fault) = self.backend.dump(&mut lines).await {
            drop(lines);
            // Half a backup is worse than none.
            let _ = std::fs::remove_file(path);
            return Err(outside(&doing(), trouble(&*self.backend, &fault), fault));
        }
        lines.finish().map_err(file)
    }

    async fn load(&self, path: &Path) -> Result<(), Outside> {
        let doing = format!("loading the backup {}", path.display());
        let failed = |fault| outside(&doing, trouble(&*self.backend, &fault), fault);
        let restored = Restored::open(path).map_err(|error| failed(Fault::File(error)))?;
        self.backend.restore(restored).await.map_err(failed)
    }

    async fn close(&self) {
        self.queue.lock().await.take();
        let tasks = std::mem::take(&mut *self.tasks.lock().await);
        for task in tasks {
            let _ = task.await;
        }
        self.glance.abort();
        self.stop_filling();
        self.backend.close().await;
    }
}
