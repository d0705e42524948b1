//! A hunt: every part of every file goes to the next free thread, each event to the rules and to the watchers, and the
//! detections come out in the contract's order (by file path, then by record) as soon as all before them are done.

mod found;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
};

use found::{Found, Tally};

use crate::{
    artefact::{ARTEFACTS, Artefact, Damage, Head, ReadAt, fill},
    correlate::Correlator,
    detect::Detection,
    event::Event,
    evidence::Item,
    judge::{Bench, Judge},
    machine,
};

/// What else looks at the events of a hunt (coverage, timeline, story). There is one for each thread; it sees a file's
/// parts in any order, and the one who asked for the hunt gets all of them back and joins them.
pub trait Watcher: Send {
    /// An event, and what the rules found in it.
    fn event(&mut self, file: &Arc<str>, event: &Event<'_>, detections: &[Detection]);

    /// A part of a file is done; what of it could not be read.
    fn part(&mut self, _file: &Arc<str>, _artefact: &'static str, _damage: &Damage) {}
}

/// Nobody watches.
impl Watcher for () {
    fn event(&mut self, _: &Arc<str>, _: &Event<'_>, _: &[Detection]) {}
}

/// How far a hunt is; it may be read from any thread while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Records read.
    pub records: AtomicU64,
    /// Detections made.
    pub detections: AtomicU64,
}

/// What a hunt went through.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Outcome {
    /// Files that a reader took.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// Records read.
    pub records: u64,
    /// Detections made, those of correlation rules among them.
    pub detections: u64,
    /// Of those, how many correlation rules made.
    pub correlations: u64,
    /// What correlation rules found, as far as memory goes: the first [`TOLD`] of what was called back with, and all that was not.
    #[serde(skip)]
    pub correlated: Vec<Detection>,
    /// How many of these, the last of them, only the end could tell: they were not called back with.
    #[serde(skip)]
    pub late: usize,
    /// Files that no reader knows.
    pub unread: Vec<Arc<str>>,
    /// Files with damage, and what it is.
    pub damage: BTreeMap<Arc<str>, Damage>,
    /// What has to be known of how detections were made, such as limits that were reached.
    pub notes: Vec<String>,
}

/// A hunt's settings.
#[derive(Clone, Copy)]
pub struct Hunt<'h> {
    /// The rules; none for events alone.
    pub rules: Option<&'h Judge>,
    /// How many threads work; at least 1.
    pub threads: usize,
    /// Where to say how far it is.
    pub progress: &'h Progress,
}

struct Opened<'i> {
    artefact: &'i dyn Artefact,
    /// None again when all parts are done: what was unsealed or unpacked for the reading need not stay.
    file: Mutex<Option<Arc<dyn ReadAt>>>,
    size: u64,
    fault: Option<String>,
}

/// A file while it is read.
struct Desk<'i> {
    opened: OnceLock<Result<Opened<'i>, String>>,
    state: Mutex<State>,
}

struct State {
    parts: Option<u64>,
    next: u64,
    done: u64,
    found: Found,
    counted: Tally,
    damage: Damage,
    records: u64,
}

/// Findings of correlation rules that stay in memory for the story once they were told.
pub const TOLD: usize = 100_000;

/// What a thread holds of a part before it hands it on.
const AT_ONCE: usize = 4096;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(item: &Item) -> Result<Opened<'_>, String> {
    let file = (item.open)().map_err(|error| error.to_string())?;
    let mut head = vec![0; 4096];
    let count = fill(&*file, 0, &mut head).map_err(|error| error.to_string())?;
    head.truncate(count);
    let head = Head { path: &item.path, bytes: &head, size: file.size() };
    let (size, fault) = (file.size(), file.fault());
    let own = item.reader.as_deref().filter(|reader| reader.recognises(&head));
    let known = || ARTEFACTS.iter().copied().find(|artefact| artefact.recognises(&head));
    let artefact = own.or_else(known).ok_or_else(|| fault.clone().unwrap_or_default())?;
    Ok(Opened { artefact, file: Mutex::new(Some(file)), size, fault })
}

/// The event with the machine that the evidence knows it to be of, where it names none itself.
fn of_machine<'e>(item: &'e Item, event: &Event<'e>) -> Event<'e> {
    match &item.host {
        Some(host) if event.host.is_empty() && machine::is_of_machine(event.channel) => {
            Event { host: host.name(), ..*event }
        }
        _ => *event,
    }
}

impl Hunt<'_> {
    /// Reads the items (in the order of their paths), calls back with each detection in the contract's order, and
    /// gives the outcome and the threads' watchers back.
    pub fn run<W: Watcher>(
        &self,
        items: &[Item],
        watcher: impl Fn() -> W + Sync,
        each: &mut dyn FnMut(Detection),
    ) -> (Outcome, Vec<W>) {
        let desks: Vec<Desk<'_>> = items
            .iter()
            .map(|_| Desk {
                opened: OnceLock::new(),
                state: Mutex::new(State {
                    parts: None,
                    next: 0,
                    done: 0,
                    found: Found::default(),
                    counted: Tally::default(),
                    damage: Damage::default(),
                    records: 0,
                }),
            })
            .collect();
        let first = AtomicUsize::new(0);
        let (send, receive) = mpsc::channel::<usize>();
        let mut outcome = Outcome::default();
        let mut correlator = self.rules.map(Judge::correlator);
        let watchers = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads.max(1))
                .map(|_| {
                    let (send, desks, first, watcher) = (send.clone(), &desks, &first, &watcher);
                    scope.spawn(move || self.work(items, desks, first, watcher(), &send))
                })
                .collect();
            drop(send);
            let (mut ready, mut next) = (vec![false; items.len()], 0);
            for done in receive {
                if let Some(ready) = ready.get_mut(done) {
                    *ready = true;
                }
                while ready.get(next) == Some(&true) {
                    if let (Some(item), Some(desk)) = (items.get(next), desks.get(next)) {
                        self.tell(item, desk, &mut correlator, &mut outcome, each);
                    }
                    next += 1;
                }
            }
            workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
        });
        if let Some(correlator) = &mut correlator {
            let mut late = correlator.finish();
            outcome.late = late.len();
            outcome.detections += late.len() as u64;
            outcome.correlations += late.len() as u64;
            outcome.correlated.append(&mut late);
            outcome.notes.extend_from_slice(correlator.notes());
        }
        (outcome, watchers)
    }

    fn work<'i, W: Watcher>(
        &self,
        items: &'i [Item],
        desks: &[Desk<'i>],
        first: &AtomicUsize,
        mut watcher: W,
        send: &mpsc::Sender<usize>,
    ) -> W {
        let mut bench = self.rules.map(Judge::bench);
        let mut index = first.load(Ordering::Relaxed);
        while let (Some(item), Some(desk)) = (items.get(index), desks.get(index)) {
            let opened = desk.opened.get_or_init(|| open(item));
            let file = opened.as_ref().ok().and_then(|opened| lock(&opened.file).clone());
            let part = {
                let mut state = lock(&desk.state);
                let parts = *state.parts.get_or_insert_with(|| match (opened, &file) {
                    (Ok(opened), Some(file)) => opened.artefact.parts(&**file).max(1),
                    _ => 1,
                });
                let part = state.next;
                state.next += 1;
                (part < parts).then_some((part, parts))
            };
            let Some((part, parts)) = part else {
                index += 1;
                first.fetch_max(index, Ordering::Relaxed);
                continue;
            };
            let (mut found, mut records, mut damage) = (Vec::new(), 0, Damage::default());
            let mut detections = 0;
            if let (Ok(opened), Some(file)) = (opened, &file) {
                damage = opened.artefact.read(&**file, part, &mut |event| {
                    let event = &of_machine(item, event);
                    records += 1;
                    let before = found.len();
                    if let Some(bench) = &mut bench {
                        bench.judge(&item.path, event, &mut found);
                        if bench.holds() >= AT_ONCE {
                            lock(&desk.state).counted.append(bench.counted());
                        }
                    }
                    detections += found.len() - before;
                    watcher.event(&item.path, event, found.get(before..).unwrap_or_default());
                    if found.len() >= AT_ONCE {
                        lock(&desk.state).found.append(&mut found);
                    }
                });
                watcher.part(&item.path, opened.artefact.name(), &damage);
                let share = opened.size / parts;
                self.progress.bytes.fetch_add(share, Ordering::Relaxed);
            }
            self.progress.records.fetch_add(records, Ordering::Relaxed);
            self.progress.detections.fetch_add(detections as u64, Ordering::Relaxed);
            let counted = bench.as_mut().map(Bench::counted).unwrap_or_default();
            let mut state = lock(&desk.state);
            state.found.append(&mut found);
            state.counted.append(counted);
            state.damage.add(damage);
            state.records += records;
            state.done += 1;
            if Some(state.done) == state.parts {
                if let Ok(opened) = opened {
                    *lock(&opened.file) = None;
                }
                let _ = send.send(index);
            }
        }
        watcher
    }

    /// A file is done and all before it are told.
    fn tell(
        &self,
        item: &Item,
        desk: &Desk<'_>,
        correlator: &mut Option<Correlator<'_>>,
        outcome: &mut Outcome,
        each: &mut dyn FnMut(Detection),
    ) {
        let mut state = lock(&desk.state);
        match desk.opened.get() {
            Some(Ok(opened)) => {
                outcome.files += 1;
                outcome.bytes += opened.size;
                if let Some(fault) = &opened.fault {
                    state.damage.note(fault.as_str());
                }
            }
            Some(Err(fault)) if !fault.is_empty() => state.damage.note(fault.as_str()),
            _ => outcome.unread.push(Arc::clone(&item.path)),
        }
        outcome.records += state.records;
        if !state.damage.is_none() {
            outcome.damage.insert(Arc::clone(&item.path), std::mem::take(&mut state.damage));
        }
        let (mut found, counted) = (std::mem::take(&mut state.found), std::mem::take(&mut state.counted));
        if let Some(correlator) = correlator {
            let mut correlated = match counted.done() {
                Ok(counted) => correlator.take(counted),
                Err(waiting) => {
                    correlator.take_waiting(waiting);
                    Vec::new()
                }
            };
            self.progress.detections.fetch_add(correlated.len() as u64, Ordering::Relaxed);
            let (before, most) = (outcome.correlations, TOLD as u64);
            outcome.correlations += correlated.len() as u64;
            let room = TOLD.saturating_sub(outcome.correlated.len());
            if before <= most && outcome.correlations > most {
                outcome.notes.push(format!(
                    "correlation rules found more than {TOLD} times something: the story and the timeline hold the first of these, up to {}",
                    item.path
                ));
            }
            outcome.correlated.extend(correlated.iter().take(room).cloned());
            found.append(&mut correlated);
        }
        let mut told = 0;
        let fault = found.each(&mut |detection| {
            told += 1;
            each(detection);
        });
        outcome.detections += told;
        outcome.notes.extend(fault.map(|fault| format!("{}: {fault}", item.path)));
    }
}
