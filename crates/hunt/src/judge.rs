//! Rules over events: each thread has a bench with its own scratch space; the rules themselves are shared and never
//! change.

use std::sync::Arc;

use crate::{detect::Detection, event::Event};

/// Compiled rules, ready for events.
#[derive(Debug, Default)]
pub struct Judge {}

/// A thread's place to judge at.
#[derive(Debug)]
pub struct Bench {}

impl Judge {
    /// A place for one thread.
    #[must_use]
    pub fn bench(&self) -> Bench {
        Bench {}
    }
}

impl Bench {
    /// Adds what the rules find in an event.
    pub fn judge(&mut self, _file: &Arc<str>, _event: &Event<'_>, _found: &mut Vec<Detection>) {}
}
