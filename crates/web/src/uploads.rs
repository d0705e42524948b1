//! What is being taken in just now: how much of each file has come, so that anybody who looks at the evidence sees it
//! grow, with scripts and without. It lives in memory alone; what breaks off is gone from it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use kernel::{IncidentId, Timestamp};

/// A file on its way.
#[derive(Debug, Clone)]
pub(crate) struct Underway {
    /// The incident it is for.
    pub(crate) incident: IncidentId,
    /// What it is called.
    pub(crate) name: String,
    /// Who sends it.
    pub(crate) by: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// The bytes of the whole form, where the sender said.
    pub(crate) of: Option<u64>,
    come: Arc<AtomicU64>,
}

impl Underway {
    /// Bytes that have come.
    pub(crate) fn come(&self) -> u64 {
        self.come.load(Ordering::Relaxed)
    }
}

/// Files on their way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uploads(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    next: u64,
    files: BTreeMap<u64, Underway>,
}

/// One of them; it is forgotten when this goes.
pub(crate) struct Upload {
    uploads: Uploads,
    id: u64,
    come: Arc<AtomicU64>,
}

impl Uploads {
    /// A file begins to come.
    pub(crate) fn begin(
        &self,
        incident: IncidentId,
        name: &str,
        by: &str,
        since: Timestamp,
        of: Option<u64>,
    ) -> Upload {
        let come = Arc::new(AtomicU64::new(0));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.next += 1;
        let id = known.next;
        let (name, by) = (name.to_owned(), by.to_owned());
        known.files.insert(id, Underway { incident, name, by, since, of, come: come.clone() });
        Upload { uploads: self.clone(), id, come }
    }

    /// Those of an incident, oldest first.
    pub(crate) fn of(&self, incident: IncidentId) -> Vec<Underway> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.files.values().filter(|file| file.incident == incident).cloned().collect()
    }
}

impl Upload {
    /// More of it has come.
    pub(crate) fn came(&self, bytes: u64) {
        self.come.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner).files.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_seen_to_grow_and_is_gone_when_it_ends_or_breaks_off() {
        let (uploads, incident) = (Uploads::default(), IncidentId::from_u128(1));
        let one = uploads.begin(incident, "disk.img", "Ada", Timestamp::UNIX_EPOCH, Some(10));
        one.came(4);
        assert_eq!(uploads.of(incident).first().map(Underway::come), Some(4));
        assert!(uploads.of(IncidentId::from_u128(2)).is_empty());
        drop(one);
        assert!(uploads.of(incident).is_empty());
    }
}
