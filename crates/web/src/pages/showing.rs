//! What those who look at one page see alike. When an entry comes, everybody who looks at an incident asks for its page at
//! once, and for those of one role it is the same but for what seals their forms. It is drawn once for all of them, with marks
//! where each one's own seal goes, and kept until the log grows or a second is over: clocks go on. A page that asks for itself
//! again says which regions it has, and is given those that are others by now.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::HeaderMap;
use jiff::SignedDuration;
use kernel::{Digest, IncidentId, PracticeId, Role, Timestamp};
use maud::{Markup, PreEscaped, html};
use tokio::sync::Mutex as Turn;

use super::desk::{Desk, Seal};
use crate::error::Problem;

/// For so long what was drawn is as good as new.
const FRESH: SignedDuration = SignedDuration::from_secs(1);
/// Pages kept at once: a few roles at a few incidents. Each takes some 100 kB.
const MOST: usize = 64;
/// The header in which a page says what it has: `ID:DIGEST` of each region that may be renewed, with blanks between.
const HAS: &str = "tourniquet-has";

/// A part of a page that is renewed by itself.
pub(super) struct Region {
    id: &'static str,
    digest: String,
    html: String,
}

impl Region {
    /// A section with a heading.
    pub(super) fn section(id: &'static str, card: bool, heading: &str, content: &Markup) -> Self {
        Self::new(id, content, |digest, content| {
            html! {
                section.card[card] id=(id) data-live=(digest) aria-labelledby={ (id) "-h" } { h2 id={ (id) "-h" } { (heading) } (content) }
            }
        })
    }

    /// Content within an element of the caller's, which must bear `id` and `data-live`.
    pub(super) fn new(
        id: &'static str,
        content: &Markup,
        within: impl FnOnce(&str, &Markup) -> Markup,
    ) -> Self {
        let digest = Digest::of(content.0.as_bytes());
        let digest: String = digest.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { id, html: within(&digest, content).into_string(), digest }
    }
}

/// A page as it was drawn for all.
pub(super) struct Showing {
    pub(super) title: String,
    /// The log's size before it was drawn.
    pub(super) from: u64,
    regions: Vec<Region>,
    seal: Seal,
    made: Timestamp,
}

impl Showing {
    /// Of these regions, drawn on a desk of [`Showings::desk`].
    pub(super) fn new(desk: &Desk, title: String, from: u64, regions: Vec<Region>) -> Self {
        Self { title, from, regions, seal: desk.own_seal(), made: desk.web.app.edge().now() }
    }

    fn holds(&self, size: u64, now: Timestamp) -> bool {
        self.from >= size && now.duration_since(self.made).abs() < FRESH
    }

    /// A region, sealed for whoever sits at the desk.
    pub(super) fn region(&self, desk: &Desk, id: &str) -> Markup {
        let found = self.regions.iter().find(|region| region.id == id);
        PreEscaped(
            found.map_or_else(String::new, |region| desk.own_seal().instead_of(&self.seal, &region.html)),
        )
    }

    /// Whether the page says what it has.
    pub(super) fn is_asked_again(headers: &HeaderMap) -> bool {
        headers.contains_key(HAS)
    }

    /// The regions that are others than those which the page has; nothing where it does not say what it has.
    pub(super) fn news(&self, desk: &Desk, headers: &HeaderMap) -> Option<Markup> {
        let has = headers.get(HAS)?.to_str().ok()?;
        let seal = desk.own_seal();
        let mut news = String::new();
        for (id, digest) in has.split_ascii_whitespace().filter_map(|own| own.split_once(':')) {
            let found = self.regions.iter().find(|region| region.id == id && region.digest != digest);
            if let Some(region) = found {
                news.push_str(&seal.instead_of(&self.seal, &region.html));
            }
        }
        Some(PreEscaped(news))
    }
}

/// What a page depends on, beside the record: who looks, as far as rights go, and where the forms lead back to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Viewed {
    incident: IncidentId,
    role: Role,
    practice: Option<PracticeId>,
    writes: bool,
    here: String,
}

type Kept = Arc<Turn<Option<Arc<Showing>>>>;

/// The pages that are kept.
pub(crate) struct Showings {
    mark: Seal,
    kept: Mutex<HashMap<Viewed, Kept>>,
}

impl Showings {
    /// None yet. The random bytes make the marks, so that no text of anybody's can hold one.
    pub(crate) fn new(random: [u8; 16]) -> Self {
        Self { mark: Seal::mark(&random), kept: Mutex::default() }
    }

    /// A desk on which a page is drawn for all who have the rights of this one. It has nobody's name.
    pub(super) fn desk(&self, desk: &Desk) -> Desk {
        desk.alike(&self.mark)
    }

    /// The page as it stands at this size of the log, drawn anew where it must be. Whoever asks meanwhile waits for it.
    pub(super) async fn of(
        &self,
        desk: &Desk,
        incident: IncidentId,
        size: u64,
        draw: impl Future<Output = Result<Showing, Problem>>,
    ) -> Result<Arc<Showing>, Problem> {
        let place = self.place(desk, incident);
        let mut kept = place.lock().await;
        if let Some(showing) = kept.as_ref().filter(|showing| showing.holds(size, desk.web.app.edge().now()))
        {
            return Ok(Arc::clone(showing));
        }
        let showing = Arc::new(draw.await?);
        *kept = Some(Arc::clone(&showing));
        Ok(showing)
    }

    fn place(&self, desk: &Desk, incident: IncidentId) -> Kept {
        let viewed = Viewed {
            incident,
            role: desk.actor.role,
            practice: desk.actor.practice,
            writes: desk.caller.within("write"),
            here: desk.here.clone(),
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST && !kept.contains_key(&viewed) {
            kept.clear();
        }
        Arc::clone(kept.entry(viewed).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_given_the_regions_that_are_others_by_now() {
        let region = |id, text: &str| Region::section(id, false, "Heading", &html! { (text) });
        let (old, new) = (region("now", "one decision"), region("now", "two decisions"));
        assert_ne!(old.digest, new.digest);
        assert_eq!(region("now", "one decision").digest, old.digest);
        assert!(new.html.contains(&format!("id=\"now\" data-live=\"{}\"", new.digest)));
    }

    #[test]
    fn everybody_gets_a_seal_of_their_own() {
        let (mark, own) = (Seal::mark(&[7; 16]), Seal::mark(&[8; 16]));
        let drawn = format!("<i>{}0001</i><i>{}</i>", mark.word(), mark.token());
        let sealed = own.instead_of(&mark, &drawn);
        assert_eq!(sealed, format!("<i>{}0001</i><i>{}</i>", own.word(), own.token()));
    }
}
