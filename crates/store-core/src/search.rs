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
/// No more words than these lead a search; the others are looked for in what they find.
const LEADERS: usize = 4;
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
        let lead = self.lead(backend).await?;
        // Where the index was asked for everything, its answer needs no second look.
        let like = if lead.covers(&self.needles) { "%" } else { &like };
        // A stretch that is too short for what is asked would be looked through in vain.
        for window in habits.windows.iter().filter(|&&window| reach.span() <= window) {
            let floor = top.saturating_sub(*window).max(stretch.floor);
            let keys = backend.search(Stretch { floor, below: top + 1, ..stretch }, &lead, like).await?;
            if whole(keys.len() as u64) >= wanted || floor == stretch.floor {
                return Ok(keys);
            }
        }
        backend.search(stretch, &lead, like).await
    }

    /// What the index of words is asked for: the tags, and the words that are not common by a glimpse at the newest rows.
    /// Each row that it gives is looked at for the others.
    async fn lead(&self, backend: &impl Backend) -> Result<Needles, Fault> {
        let stretch = self.stretch;
        let (mut lead, words) = self.needles.apart();
        let floor = backend.floor(stretch, GLIMPSE).await?.unwrap_or(stretch.floor);
        let glimpse = Stretch { floor, limit: GLIMPSE / 4, ..stretch };
        let mut leaders = 0;
        for word in words {
            if leaders == LEADERS {
                break;
            }
            let found = backend.walk(glimpse, &word.like()).await?;
            if whole(found.len() as u64) < glimpse.limit {
                lead.join(word);
                leaders += 1;
            }
        }
        if lead.is_empty() {
            lead = self.needles.clone();
        }
        if !stretch.tenant.every {
            lead.tag(Tag::Practice, &find::id(stretch.tenant.practice.as_u128()));
        }
        Ok(lead)
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
