//! A correlation rule over hits in the order of time: of each group it keeps only what its window still covers, so that memory
//! does not grow with the number of hits.

use std::{
    borrow::Borrow,
    collections::{HashMap, VecDeque},
};

use super::{Correlation, Hit, of};

/// Hits that are kept before groups are looked through for what no window covers any more.
const FIRST: usize = 1024;

/// A correlation rule that is shown hits in the order of time.
#[derive(Debug)]
pub struct InOrder<'r, H> {
    rule: &'r Correlation,
    groups: HashMap<Vec<String>, VecDeque<H>>,
    held: usize,
    sweep_at: usize,
    most: usize,
    forgotten: u64,
}

impl<'r, H: Borrow<Hit>> InOrder<'r, H> {
    /// Before the first hit. No more than `most` are kept.
    #[must_use]
    pub fn new(rule: &'r Correlation, most: usize) -> Self {
        Self { rule, groups: HashMap::new(), held: 0, sweep_at: FIRST.min(most), most, forgotten: 0 }
    }

    /// Takes the next hit: the hits of a finding, in the order of time, if this makes one.
    pub fn take(&mut self, hit: H) -> Option<Vec<H>> {
        let key = self.rule.key(of(&hit))?.into_iter().map(str::to_owned).collect();
        if self.held >= self.sweep_at {
            self.sweep(of(&hit).time);
        }
        let group = self.groups.entry(key).or_default();
        let before = group.len();
        let found = self.rule.step(group, hit);
        self.held = self.held.saturating_sub(before) + group.len();
        found
    }

    /// How many hits were forgotten though a window covered them: there were more than may be kept.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn sweep(&mut self, now: i64) {
        self.drop_those(|rule, group| rule.forget(group, now));
        if self.held > self.most / 4 * 3 {
            let mut times: Vec<i64> = self.groups.values().flatten().map(|hit| of(hit).time).collect();
            let middle = times.len() / 2;
            let middle = *times.select_nth_unstable(middle).1;
            let before = self.held;
            self.drop_those(|_, group| {
                while group.front().is_some_and(|hit| of(hit).time <= middle) {
                    group.pop_front();
                }
            });
            self.forgotten += (before - self.held) as u64;
        }
        self.sweep_at = (self.held * 2).max(FIRST).min(self.most);
    }

    fn drop_those(&mut self, mut drop: impl FnMut(&Correlation, &mut VecDeque<H>)) {
        self.held = 0;
        self.groups.retain(|_, group| {
            drop(self.rule, group);
            self.held += group.len();
            !group.is_empty()
        });
    }
}
