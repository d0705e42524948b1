//! The one writer: collects the writes that arrive while it is busy and commits them together, so that many share
//! one `fsync`. A writer answers nobody before the commit is durable.
//!
//! Who waits for an answer sends nothing more, so that a writer who waits for everybody lets nothing go on beside a
//! commit, and a commit lets nothing go on beside the preparing. It waits for half of them: while one half is
//! committed, the other is read, triaged and sealed. Where a commit takes much longer than that, on a slow disk, it waits for
//! all: each commit then carries twice as many.

use std::{sync::Arc, time::Duration};

use app::ports::{Appended, JournalError, Outside};
use ledger::checkpoint::Signer;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use crate::{
    backend::{Answer, Backend, Fault, Options, Trouble},
    outside::outside,
    prepare::Prepared,
};

/// No more writes than these go into one transaction, and no more bytes.
const BATCH: usize = 512;
const WEIGHT: usize = 16 << 20;
/// How long a batch waits for the writers who were there a moment ago and have just been answered.
const GATHER: Duration = Duration::from_micros(1500);
/// A commit that takes longer than a crowd takes to prepare: in this process, where both share the processors, and on a server.
const SLOW_WITHIN: Duration = Duration::from_millis(15);
const SLOW: Duration = Duration::from_millis(4);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A write that waits for its answer.
#[derive(Debug)]
pub struct Waiting {
    /// The write.
    pub write: Prepared,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// The writer's side.
pub struct Writer<B> {
    /// The database.
    pub backend: Arc<B>,
    /// What signs checkpoints.
    pub signer: Signer,
    /// Where the size of the log is told.
    pub size: watch::Sender<u64>,
    /// How long it waits for a database that is away.
    pub options: Options,
}

impl<B: Backend> Writer<B> {
    /// Starts it; what is given ends when it does.
    ///
    /// A database in this process answers within a fraction of a millisecond, several times for each batch. The writer then has
    /// a thread of its own: as one task among others it would stand in line behind requests that are being read at each of these
    /// answers, while all the others wait for its commit.
    pub fn start(self, queue: mpsc::Receiver<Waiting>) -> JoinHandle<()> {
        if !self.backend.is_within() {
            return tokio::spawn(self.run(queue));
        }
        let (ended, end) = oneshot::channel::<()>();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            match runtime {
                Ok(runtime) => runtime.block_on(self.run(queue)),
                // Nobody can be answered; whoever writes is told so.
                Err(error) => tracing::error!(%error, "nothing can be recorded: the writer does not start"),
            }
            drop(ended);
        };
        if let Err(error) = std::thread::Builder::new().name("journal".to_owned()).spawn(work) {
            tracing::error!(%error, "nothing can be recorded: the writer does not start");
        }
        tokio::spawn(async move {
            let _ = end.await;
        })
    }

    /// Works until nobody can send any more.
    pub async fn run(self, mut queue: mpsc::Receiver<Waiting>) {
        let mut crowd = 1_usize;
        let mut slow = false;
        let slow_from = if self.backend.is_within() { SLOW_WITHIN } else { SLOW };
        let mut held = None;
        loop {
            let first = match held.take() {
                Some(first) => first,
                None => match queue.recv().await {
                    Some(first) => first,
                    None => return,
                },
            };
            let mut batch = vec![first];
            let enough = if slow { crowd } else { crowd.div_ceil(2) };
            held = gather(&mut queue, &mut batch, enough).await;
            let taken = batch.len();
            let begun = Instant::now();
            self.commit(batch).await;
            slow = begun.elapsed() > slow_from;
            // Whoever was answered just now may come back; whoever waits is there already. Who is busy preparing is not seen,
            // but was a moment ago.
            crowd = (crowd - crowd.div_ceil(8)).max(taken + queue.len() + usize::from(held.is_some()));
        }
    }

    /// Commits a batch and answers.
    async fn commit(&self, batch: Vec<Waiting>) {
        let writes: Vec<_> = batch.iter().map(|waiting| &waiting.write).collect();
        let answers = match self.attempt(&writes).await {
            Ok(answers) => answers,
            // One write that the database refuses must not take the others with it.
            Err((Trouble::Lasting, _)) if writes.len() > 1 => {
                let mut answers = Vec::with_capacity(writes.len());
                for write in &writes {
                    answers.push(match self.attempt(&[write]).await {
                        Ok(mut alone) => alone.pop().unwrap_or_else(|| Err(lost())),
                        Err((trouble, fault)) => Err(outside("writing to the record", trouble, fault).into()),
                    });
                }
                answers
            }
            Err((trouble, fault)) => {
                let text = fault.to_string();
                let mut answers = vec![Err(outside("writing to the record", trouble, fault).into())];
                answers.resize_with(writes.len(), || {
                    Err(outside("writing to the record", trouble, Fault::Damaged(text.clone())).into())
                });
                answers
            }
        };
        for (waiting, answer) in batch.into_iter().zip(answers) {
            // A client that went away needs no answer; what it wrote stands.
            let _ = waiting.answer.send(answer);
        }
    }

    /// Tries until the database takes it or patience ends.
    async fn attempt(&self, writes: &[&Prepared]) -> Result<Vec<Answer>, (Trouble, Fault)> {
        let until = Instant::now() + self.options.patience;
        let mut pause = FIRST_PAUSE;
        let mut again = false;
        loop {
            match self.backend.take(writes, again, &self.signer).await {
                Ok((answers, size)) => {
                    self.size.send_if_modified(|told| std::mem::replace(told, size) != size);
                    return Ok(answers);
                }
                Err(fault) => {
                    let trouble = trouble(&*self.backend, &fault);
                    // A connection that fell silent may have used the patience up; another one may answer at once.
                    let over =
                        Instant::now() + pause > until && (again || !matches!(fault, Fault::Silent(_)));
                    if trouble != Trouble::Away || over {
                        return Err((trouble, fault));
                    }
                    tracing::warn!(%fault, "the database does not answer; trying again");
                    again = true;
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}

/// What kind of failure a fault is.
pub fn trouble<B: Backend>(backend: &B, fault: &Fault) -> Trouble {
    match fault {
        Fault::Database(error) => backend.trouble(error),
        Fault::File(error) if error.kind() == std::io::ErrorKind::StorageFull => Trouble::Full,
        Fault::Silent(_) => Trouble::Away,
        Fault::Damaged(_) | Fault::File(_) => Trouble::Lasting,
    }
}

fn lost() -> JournalError {
    JournalError::Outside(Outside::later("writing to the record", "the writer gave no answer"))
}

/// Takes what waits; where fewer than `enough` are there, waits a little for more. Gives back a write that would make the
/// batch too heavy.
async fn gather(
    queue: &mut mpsc::Receiver<Waiting>,
    batch: &mut Vec<Waiting>,
    enough: usize,
) -> Option<Waiting> {
    let mut weight: usize = batch.iter().map(|waiting| waiting.write.weight()).sum();
    let until = Instant::now() + GATHER;
    while batch.len() < BATCH {
        let next = match queue.try_recv() {
            Ok(next) => next,
            Err(_) if batch.len() >= enough => return None,
            Err(_) => match timeout_at(until, queue.recv()).await {
                Ok(Some(next)) => next,
                Ok(None) | Err(_) => return None,
            },
        };
        weight += next.write.weight();
        if weight > WEIGHT {
            return Some(next);
        }
        batch.push(next);
    }
    None
}

/// Sends a write to the writer and waits for its answer.
///
/// # Errors
/// See [`app::ports::Journal::append`].
pub async fn send(queue: &mpsc::Sender<Waiting>, write: Prepared) -> Result<Appended, JournalError> {
    let (answer, answered) = oneshot::channel();
    let closed = || Outside::later("writing to the record", "the journal is closed: the program is stopping");
    queue.send(Waiting { write, answer }).await.map_err(|_| closed())?;
    answered.await.map_err(|_| closed())?
}
