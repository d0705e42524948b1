//! Finding a page of rows among millions: which way of looking finds it soonest. Every database can walk its newest rows,
//! which finds what is common, and has an index of words that gives rows newest first, which finds what is rare.

use app::ports::Cursor;
use kernel::Timestamp;

use crate::{
    backend::{Backend, Fault, Since, Stretch, Tenant},
    find::{self, Kind, Needles, Tag},
    records::whole,
};

/// A search first walks this many of the newest rows: what one in five holds is found among them.
const SAMPLE: i64 = 250;
/// A word that a quarter of this many rows hold does not lead a search: most rows that the other needles find hold it.
const GLIMPSE: i64 = 60;
/// No more words than these lead a search, and no more are glimpsed for; the others are looked for in what these find.
const LEADERS: usize = 4;
const GLIMPSES: usize = 8;
/// Up to this many rows since an instant are read one and all.
const RECENT: i64 = 5000;

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
        let Some(floor) = backend.floor(stretch, SAMPLE).await? else {
            return backend.walk(stretch, &like).await;
        };
        let near = backend.walk(Stretch { floor, ..stretch }, &like).await?;
        if whole(near.len() as u64) >= stretch.limit {
            return Ok(near);
        }
        let newest = backend.floor(stretch, 0).await?.unwrap_or(floor);
        let lead = self.leaders(backend).await?;
        // Where the index was asked for everything, its answer needs no second look.
        let like = if lead.covers(&self.needles) { "%" } else { like.as_str() };
        backend.search(Stretch { below: newest + 1, ..stretch }, &lead, like).await
    }

    /// What the index of words is asked for: the tags, and the rarest words, by a glimpse at the newest rows. Each row that it
    /// gives is looked at for what is not among it.
    async fn leaders(&self, backend: &impl Backend) -> Result<Needles, Fault> {
        let stretch = self.stretch;
        let (mut lead, words) = self.needles.apart();
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
        rare.into_iter().take(LEADERS).for_each(|(_, word)| lead.join(word));
        if lead.is_empty() {
            lead = self.needles.clone();
        }
        if !stretch.tenant.every {
            lead.tag(Tag::Practice, &find::id(stretch.tenant.practice.as_u128()));
        }
        Ok(lead)
    }
}

/// Cuts the one row too many off and says where the next page starts.
pub(crate) fn cut(kind: Kind, mut keys: Vec<i64>, limit: usize) -> (Vec<i64>, Option<Cursor>) {
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = if more { keys.last().map(|&key| Cursor(kind.order(key))) } else { None };
    (keys, next)
}
