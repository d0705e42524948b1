//! What is found in a file until its turn to be told comes: in memory, and beyond a bound on disk, by record.

use std::io;

use jiff::Timestamp;
use story::timeline::{Line, Sorter};

use crate::{
    correlate::{Counted, Waiting},
    detect::Detection,
};

/// Detections of one file that are held in memory; counted events of one file as well.
const MOST: usize = 20_000;
/// Memory for sorting those that are not.
const HELD: usize = 8 << 20;

/// Detections of a file.
#[derive(Default)]
pub(super) struct Found {
    held: Vec<Detection>,
    kept: Option<Sorter>,
    fault: Option<io::Error>,
}

impl Found {
    pub(super) fn append(&mut self, more: &mut Vec<Detection>) {
        self.held.append(more);
        if self.held.len() > MOST {
            let kept = self.kept.get_or_insert_with(|| Sorter::new(&std::env::temp_dir(), HELD));
            for detection in self.held.drain(..) {
                let pushed = line(&detection).and_then(|line| kept.push(line));
                if let Err(error) = pushed {
                    self.fault.get_or_insert(error);
                }
            }
        }
    }

    /// Gives them by record; says what was lost, if the disk failed. A log that wraps holds its oldest chunk in the middle, and a
    /// part may have been done before the one ahead of it.
    pub(super) fn each(mut self, each: &mut dyn FnMut(Detection)) -> Option<String> {
        self.held.sort_by(|one, other| (one.record_id, &one.rule_id).cmp(&(other.record_id, &other.rule_id)));
        let Some(mut kept) = self.kept else {
            self.held.into_iter().for_each(each);
            return None;
        };
        let rest =
            self.held.iter().try_for_each(|detection| line(detection).and_then(|line| kept.push(line)));
        let given = rest.and_then(|()| {
            kept.finish(|line, copies| {
                for _ in 0..copies {
                    each(serde_json::from_str(&line.text)?);
                }
                Ok(())
            })
        });
        let fault = self.fault.or(given.err())?;
        Some(format!("detections were lost, as they could not be kept: {fault}"))
    }
}

fn line(detection: &Detection) -> io::Result<Line> {
    Ok(Line {
        time: Timestamp::UNIX_EPOCH,
        host: format!("{:020}", detection.record_id),
        what: detection.rule_id.clone(),
        text: serde_json::to_string(detection)?,
        account: String::new(),
        file: String::new(),
        record: 0,
    })
}

/// What correlation rules count of a file.
#[derive(Default)]
pub(super) struct Tally {
    held: Vec<Counted>,
    kept: Option<Waiting>,
}

impl Tally {
    pub(super) fn append(&mut self, mut more: Vec<Counted>) {
        self.held.append(&mut more);
        if self.held.len() > MOST {
            let kept = self.kept.get_or_insert_default();
            self.held.drain(..).for_each(|event| kept.push(&event));
        }
    }

    /// All of it: either what memory held, or what it could not.
    pub(super) fn done(mut self) -> Result<Vec<Counted>, Waiting> {
        match self.kept.take() {
            None => Ok(self.held),
            Some(mut kept) => {
                self.held.iter().for_each(|event| kept.push(event));
                Err(kept)
            }
        }
    }
}
