//! To which streams the newest entries belong: who follows an incident asks that of each entry, and hundreds may follow. One of
//! them reads it for all.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use app::ports::{Journal, Outside, Scope};
use kernel::Stream;
use tokio::sync::Mutex as Turn;

/// Entries kept.
const MOST: usize = 4_096;
/// Entries read at once.
const CHUNK: u32 = 500;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    turn: Turn<()>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The index of the first.
    start: u64,
    streams: VecDeque<Stream>,
}

impl Kept {
    fn end(&self) -> u64 {
        self.start + self.streams.len() as u64
    }

    /// The index of the newest entry of a stream from an index on, if it is known of all of them up to `size`.
    fn newest(&self, stream: Stream, from: u64, size: u64) -> Option<Option<u64>> {
        if from < self.start || size > self.end() {
            return None;
        }
        let wanted = usize::try_from(self.end().saturating_sub(from)).unwrap_or(usize::MAX);
        let back = self.streams.iter().rev().take(wanted).position(|own| *own == stream);
        Some(back.map(|back| self.end() - 1 - back as u64))
    }

    /// Where to read on, so that all of `from` to `size` is kept; nothing where that is so or would be too much.
    fn wanted(&self, from: u64, size: u64) -> Option<u64> {
        let next = self.end().max(from);
        (from >= self.start && next < size && size - next <= MOST as u64).then_some(next)
    }

    fn put(&mut self, index: u64, stream: Stream) {
        if index != self.end() {
            *self = Self { start: index, streams: VecDeque::new() };
        }
        self.streams.push_back(stream);
        if self.streams.len() > MOST {
            self.streams.pop_front();
            self.start += 1;
        }
    }
}

impl Recent {
    /// The index of the newest entry of a stream from an index on, and how far was looked: at least to `size`.
    ///
    /// # Errors
    /// [`Outside`] where the record cannot be read.
    pub(crate) async fn newest(
        &self,
        journal: &dyn Journal,
        stream: Stream,
        from: u64,
        size: u64,
    ) -> Result<(Option<u64>, u64), Outside> {
        let look = || {
            let kept = self.kept();
            kept.newest(stream, from, size).map(|found| (found, kept.end().max(from)))
        };
        if let Some(found) = look() {
            return Ok(found);
        }
        {
            let _turn = self.turn.lock().await;
            loop {
                let wanted = self.kept().wanted(from, size);
                let Some(next) = wanted else { break };
                let found = journal.tail(Scope::Provider, next, CHUNK).await?;
                if found.is_empty() {
                    break;
                }
                let mut kept = self.kept();
                found.iter().for_each(|entry| kept.put(entry.index, entry.stream));
            }
        }
        if let Some(found) = look() {
            return Ok(found);
        }
        // Who comes back after long reads for themselves.
        let (mut next, mut newest) = (from, None);
        loop {
            let found = journal.tail(Scope::Provider, next, CHUNK).await?;
            let Some(last) = found.last() else { return Ok((newest, next)) };
            next = last.index + 1;
            newest =
                found.iter().rev().find(|entry| entry.stream == stream).map(|entry| entry.index).or(newest);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use kernel::IncidentId;

    use super::*;

    #[test]
    fn what_is_kept_answers_for_that_and_for_nothing_else() {
        let stream = |number: u128| Stream::incident(IncidentId::from_u128(number));
        let mut kept = Kept::default();
        assert_eq!(kept.wanted(10, 12), Some(10));
        kept.put(10, stream(1));
        kept.put(11, stream(2));
        assert_eq!(kept.newest(stream(1), 10, 12), Some(Some(10)));
        assert_eq!(kept.newest(stream(1), 11, 12), Some(None));
        assert_eq!(kept.newest(stream(1), 9, 12), None, "what came before is not known");
        assert_eq!(kept.newest(stream(1), 10, 13), None, "there is more");
        assert_eq!(kept.wanted(10, 13), Some(12));
        // A gap: what was kept does not join on.
        kept.put(20, stream(1));
        assert_eq!(kept.newest(stream(1), 12, 21), None);
        assert_eq!(kept.newest(stream(1), 20, 21), Some(Some(20)));
        for index in 21..30_000 {
            kept.put(index, stream(2));
        }
        assert_eq!(kept.streams.len(), MOST);
        assert_eq!(kept.newest(stream(1), 20, 30_000), None);
        assert_eq!(kept.wanted(29_000, 99_000), None, "too much to be read for all");
    }
}
