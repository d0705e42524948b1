//! Which machine a file of a collection is of. Prefetch, `$MFT`, a user's hive or a browser's history do not say it; the SYSTEM hive of
//! the same collection does. It stands below `Windows/System32/config`, and all that stands below the same disk is of its machine;
//! where it was copied to a folder without that path, it speaks for the files beside it.

use std::sync::Arc;

use crate::{
    artefact::{browser, registry},
    evidence::{Host, Item},
};

const SYSTEM: &str = "windows/system32/config/system";

/// The part of an event's log that says that it is of a machine and may not name it.
#[must_use]
pub fn is_of_machine(channel: &str) -> bool {
    channel.starts_with("windows/") || channel.starts_with("browser/")
}

/// What one SYSTEM hive speaks for.
struct Place {
    /// What the paths begin with.
    start: String,
    /// Whether no further folder may follow.
    flat: bool,
    host: Arc<Host>,
}

impl Place {
    fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.start.as_str()).is_some_and(|rest| !self.flat || !rest.contains(['/', '!']))
    }
}

/// Tells each item whose machine is known through a SYSTEM hive of the evidence, and joins hives and histories with their logs.
pub fn told(items: &mut [Item]) {
    registry::with_logs(items);
    browser::with_logs(items);
    let mut places = Vec::new();
    for item in items.iter_mut() {
        let path = item.path.to_lowercase();
        let parts = |path: &str| path.ends_with(['/', '!']) || path.is_empty();
        let disk = path.strip_suffix(SYSTEM).filter(|before| parts(before));
        let folder =
            path.strip_suffix("system").filter(|before| parts(before) && !before.ends_with("regback/"));
        let Some(start) = disk.or(folder) else { continue };
        let open = item.shared();
        let find = move || registry::computer(&*open().ok()?);
        places.push(Place { start: start.to_owned(), flat: disk.is_none(), host: Arc::new(Host::new(find)) });
    }
    // The longest beginning speaks for a file: collections may lie in collections.
    places.sort_by_key(|place| std::cmp::Reverse(place.start.len()));
    if places.is_empty() {
        return;
    }
    for item in items {
        let path = item.path.to_lowercase();
        item.host = places.iter().find(|place| place.holds(&path)).map(|place| Arc::clone(&place.host));
    }
}
