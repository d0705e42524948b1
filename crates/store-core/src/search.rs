//! Finding a page of rows among millions: which way of looking finds it soonest. Every database can walk its newest rows,
//! and has an index of words; a glimpse at the newest rows says how rare what is asked for is, and with that which of the two
//! is quicker and how far back a page's worth lies.

use app::ports::Cursor;
use kernel::Timestamp;

use crate::{
    backend::{Backend, Fault, Since, Stretch, Tenant},
    find::{self, Kind, Needles, Tag},
    records::whole,
};

/// A word that a quarter of this many rows hold does not lead a search: most rows that the other needles find hold it.
const GLIMPSE: i64 = 60;
/// No more words than these lead a search, and no more are glimpsed for; the others are looked for in what these find.
const LEADERS: usize = 4;
const GLIMPSES: usize = 8;
/// Up to this many rows since an instant are read one and all.
const RECENT: i64 = 5000;

/// What a database is good at.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// For the rows of all tenants.
    pub all: Walks,
    /// For those of a single tenant, which lie apart from each other.
    pub one: Walks,
    /// Where the index of words gathers every row before it gives the newest: lengths of stretches, in keys, that it can keep
    /// to, the shortest first.
    pub windows: &'static [i64],
}

/// How far rows are walked.
#[derive(Debug, Clone, Copy)]
pub struct Walks {
    /// A search first walks this many of the newest rows: what is common is found among them.
    pub sample: i64,
    /// Walking this many is quicker than asking the index of words.
    pub most: i64,
}

/// What a page is searched by.
pub(crate) struct Search {
    needles: Needles,
    stretch: Stretch,
}

impl Search {
    pub(crate) fn new(kind: Kind, tenant: Tenant, after: Option<Cursor>, limit: u32) -> Self {
        let below = after.map_or(kind.floor() + (1 << 56), |cursor| kind.key(cursor.0));
        let limit = i64::from(if limit == 0 { 50 } else { limit.min(500) }) + 1;
        let floor = kind.floor();
        let stretch = Stretch { tenant, below, floor, received: i64::MIN, updated: i64::MIN, limit };
        Self { needles: Needles::new(kind), stretch }
    }

    /// What kind of row is looked for.
    pub(crate) const fn kind(&self) -> Kind {
        self.needles.kind()
    }

    /// How many rows the page holds.
    pub(crate) fn limit(&self) -> usize {
        usize::try_from(self.stretch.limit - 1).unwrap_or(0)
    }

    pub(crate) fn words(&mut self, text: Option<&String>) {
        if let Some(text) = text {
            self.needles.words(text);
        }
    }

    pub(crate) fn tag(&mut self, tag: Tag, value: Option<&str>) {
        if let Some(value) = value {
            self.needles.tag(tag, value);
        }
    }

    pub(crate) fn received_since(&mut self, at: Option<Timestamp>) {
        self.stretch.received = at.map_or(i64::MIN, Timestamp::as_microsecond);
    }

    pub(crate) fn updated_since(&mut self, at: Option<Timestamp>) {
        self.stretch.updated = at.map_or(i64::MIN, Timestamp::as_microsecond);
    }

    /// Keys of a page, newest first, one more than the page holds where there is more.
    pub(crate) async fn find(&self, backend: &impl Backend) -> Result<Vec<i64>, Fault> {
        let (kind, stretch) = (self.kind(), self.stretch);
        let like = self.needles.like();
        for (since, asked) in [(Since::Updated, stretch.updated), (Since::Received, stretch.received)] {
            let counted = Stretch { limit: RECENT + 1, ..stretch };
            if asked > i64::MIN && backend.count_since(kind.number(), since, counted).await? <= RECENT {
                return backend.recent(kind.number(), since, stretch, &like).await;
            }
        }
        if self.needles.is_empty() {
            return backend.walk(stretch, &like).await;
        }
        let habits = backend.habits();
        let walks = if stretch.tenant.every { habits.all } else { habits.one };
        let Some(floor) = backend.floor(stretch, walks.sample).await? else {
            return backend.walk(stretch, &like).await;
        };
        let near = backend.walk(Stretch { floor, ..stretch }, &like).await?;
        let (found, wanted) = (whole(near.len() as u64), stretch.limit);
        if found >= wanted {
            return Ok(near);
        }
        let top = backend.floor(stretch, 0).await?.unwrap_or(floor);
        let reach = Reach { found, wanted, sample: walks.sample, keys: top - floor };
        if reach.rows() <= walks.most {
            let floor = top.saturating_sub(reach.span()).max(stretch.floor);
            let keys = backend.walk(Stretch { floor, ..stretch }, &like).await?;
            if whole(keys.len() as u64) >= wanted || floor == stretch.floor {
                return Ok(keys);
            }
        }
        let (tags, words) = self.leaders(backend).await?;
        // A stretch that is too short for what is asked would be looked through in vain. In a short one the rarest word is enough
        // of a lead: each word more costs the index as much as looking at what it gives.
        let first = self.lead(&tags, words.first());
        // For several words the whole index takes so long that a stretch is worth a try even where it may be too short.
        let span = if words.len() > 1 { reach.likely_span() / 4 } else { reach.likely_span() };
        for window in habits.windows.iter().filter(|&&window| span <= window) {
            let floor = top.saturating_sub(*window).max(stretch.floor);
            let like = self.like(&first);
            let keys = backend.search(Stretch { floor, below: top + 1, ..stretch }, &first, &like).await?;
            if whole(keys.len() as u64) >= wanted || floor == stretch.floor {
                return Ok(keys);
            }
        }
        let lead = self.lead(&tags, words.iter().take(LEADERS));
        let like = self.like(&lead);
        backend.search(stretch, &lead, &like).await
    }

    /// What the index of words may be asked for: the tags, and the words that are not common by a glimpse at the newest rows,
    /// the rarest first.
    async fn leaders(&self, backend: &impl Backend) -> Result<(Needles, Vec<Needles>), Fault> {
        let stretch = self.stretch;
        let (tags, words) = self.needles.apart();
        let floor = backend.floor(stretch, GLIMPSE).await?.unwrap_or(stretch.floor);
        let glimpse = Stretch { floor, limit: GLIMPSE / 4, ..stretch };
        let mut rare = Vec::new();
        for word in words.into_iter().take(GLIMPSES) {
            let found = whole(backend.walk(glimpse, &word.like()).await?.len() as u64);
            if found < glimpse.limit {
                rare.push((found, word));
            }
        }
        rare.sort_by_key(|(found, _)| *found);
        Ok((tags, rare.into_iter().map(|(_, word)| word).collect()))
    }

    /// What the index of words is asked for. Each row that it gives is looked at for what is not among it.
    fn lead<'n>(&self, tags: &Needles, words: impl IntoIterator<Item = &'n Needles>) -> Needles {
        let mut lead = tags.clone();
        words.into_iter().for_each(|word| lead.join(word.clone()));
        if lead.is_empty() {
            lead = self.needles.clone();
        }
        if !self.stretch.tenant.every {
            lead.tag(Tag::Practice, &find::id(self.stretch.tenant.practice.as_u128()));
        }
        lead
    }

    /// Where the index was asked for everything, its answer needs no second look.
    fn like(&self, lead: &Needles) -> String {
        if lead.covers(&self.needles) { "%".to_owned() } else { self.needles.like() }
    }
}

/// How far back a page's worth should lie, by what a sample held.
#[derive(Debug, Clone, Copy)]
struct Reach {
    found: i64,
    wanted: i64,
    /// The rows of the sample, and how many keys they stretch over.
    sample: i64,
    keys: i64,
}

impl Reach {
    /// Half as far again as the sample says, since it says so roughly; where it held none, as if it had held half of one.
    const fn times(self, length: i64) -> i64 {
        let twice = if self.found > 0 { self.found.saturating_mul(2) } else { 1 };
        length.saturating_mul(self.wanted).saturating_mul(3) / twice
    }

    /// In rows.
    const fn rows(self) -> i64 {
        self.times(self.sample)
    }

    /// In keys.
    const fn span(self) -> i64 {
        self.times(self.keys)
    }

    /// In keys, without the half as far again.
    const fn likely_span(self) -> i64 {
        self.span() / 3 * 2
    }
}

/// Cuts the one row too many off and says where the next page starts.
pub(crate) fn cut(kind: Kind, mut keys: Vec<i64>, limit: usize) -> (Vec<i64>, Option<Cursor>) {
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = if more { keys.last().map(|&key| Cursor(kind.order(key))) } else { None };
    (keys, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_to_look_follows_from_how_many_the_newest_rows_held() {
        let reach = |found| Reach { found, wanted: 51, sample: 1000, keys: 2000 };
        assert_eq!((reach(50).rows(), reach(50).span()), (1530, 3060));
        assert_eq!(reach(10).rows(), 7650);
        assert_eq!(reach(1).rows(), 76_500);
        assert_eq!(reach(0).rows(), 153_000);
    }
}
