//! Counted events that wait on disk, in the order of time.

use std::{borrow::Borrow, io, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sigma::correlation::{Correlation, Hit};
use story::timeline::{Line, Sorter};

use super::Counted;
use crate::detect::Place;

/// Memory that they may take before they go to disk.
const HELD: usize = 8 << 20;

/// A hit with its event, as it comes back.
#[derive(Debug, Clone)]
pub(super) struct Waited {
    hit: Arc<Hit>,
    event: Arc<Counted>,
    /// The only correlation that it is for, by its place among them: others have counted it.
    only: Option<u32>,
}

impl Borrow<Hit> for Waited {
    fn borrow(&self) -> &Hit {
        &self.hit
    }
}

impl Waited {
    pub(super) fn hit(&self) -> &Hit {
        &self.hit
    }

    pub(super) fn event(&self) -> &Counted {
        &self.event
    }

    pub(super) fn is_for(&self, own: u32, rule: &Correlation) -> bool {
        self.only.is_none_or(|only| only == own) && rule.rules.contains(&self.hit.rule)
    }

    /// Another hit of the same event.
    pub(super) fn with(&self, hit: Hit) -> Self {
        Self { hit: Arc::new(hit), event: Arc::clone(&self.event), only: None }
    }
}

/// What goes to disk besides time and place.
#[derive(Serialize, Deserialize)]
struct Row<'r> {
    rule: u32,
    micros: i64,
    values: Vec<(Arc<str>, Box<str>)>,
    only: Option<u32>,
    time: Option<Timestamp>,
    #[serde(borrow)]
    host: std::borrow::Cow<'r, str>,
    #[serde(borrow)]
    channel: std::borrow::Cow<'r, str>,
    event_id: u32,
}

/// Counted events outside of memory.
#[derive(Debug)]
pub(crate) struct Waiting {
    sorter: Sorter,
    fault: Option<io::Error>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { sorter: Sorter::new(&std::env::temp_dir(), HELD), fault: None }
    }
}

impl Waiting {
    pub(crate) fn push(&mut self, event: &Counted) {
        event.hits.iter().for_each(|hit| self.push_hit(event, hit, None));
    }

    pub(super) fn push_hit(&mut self, event: &Counted, hit: &Hit, only: Option<u32>) {
        let row = Row {
            rule: hit.rule,
            micros: hit.time,
            values: hit.values.clone(),
            only,
            time: event.time,
            host: event.host.as_ref().into(),
            channel: event.channel.as_ref().into(),
            event_id: event.event_id,
        };
        let text = serde_json::to_string(&row).map_err(io::Error::from);
        // Of events at one time the contract's order decides.
        let pushed = text.and_then(|text| {
            self.sorter.push(Line {
                time: Timestamp::from_microsecond(hit.time).unwrap_or_default(),
                host: event.place.file.to_string(),
                what: format!("{:020}", event.place.record_id),
                text,
                account: String::new(),
                file: String::new(),
                record: 0,
            })
        });
        if let Err(error) = pushed {
            self.fault.get_or_insert(error);
        }
    }

    /// Takes over what waits elsewhere.
    pub(super) fn take(&mut self, other: Self) {
        let (fault, sorter) = (other.fault, &mut self.sorter);
        let moved = other.sorter.finish(|line, _| sorter.push(line.clone()));
        self.fault = self.fault.take().or(fault).or(moved.err());
    }

    /// Gives them all in the order of time; says what was lost, if the disk failed.
    pub(super) fn each(self, mut each: impl FnMut(Waited)) -> Option<String> {
        let (mut number, mut last) = (0, None);
        let given = self.sorter.finish(|line, _| {
            let row: Row<'_> = serde_json::from_str(&line.text)?;
            let place = Place {
                file: Arc::from(line.host.as_str()),
                record_id: line.what.parse().map_err(io::Error::other)?,
            };
            number += u64::from(last.as_ref() != Some(&place));
            last = Some(place.clone());
            let event = Counted {
                place,
                time: row.time,
                host: Arc::from(&*row.host),
                channel: Arc::from(&*row.channel),
                event_id: row.event_id,
                hits: Vec::new(),
            };
            let hit = Hit { rule: row.rule, time: row.micros, values: row.values, event: number };
            each(Waited { hit: Arc::new(hit), event: Arc::new(event), only: row.only });
            Ok(())
        });
        let fault = self.fault.or(given.err())?;
        Some(format!("correlation rules could not count everything, as it could not be kept: {fault}"))
    }
}
