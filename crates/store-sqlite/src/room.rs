//! How long the write-ahead log may grow, by how much room the disk has. What stands in the log can be moved into the file
//! only while the file can grow: a log that had taken the last of a disk could never be moved, and nothing more be recorded
//! until somebody freed as much again.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicI64, Ordering},
};

/// A page of the file, in bytes; SQLite's own default since version 3.12.
const PAGE: i64 = 4096;
/// The log may take this part of what is free.
const PART: i64 = 8;
/// Pages: the log is moved at 1 MiB at the least, as each time forces the disk, and at 64 MiB at the most.
const LEAST: i64 = 256;
pub(crate) const MOST: i64 = 16_384;

/// See the module.
#[derive(Debug)]
pub(crate) struct Room {
    folder: PathBuf,
    /// In pages: what fits the disk, and what the writer goes by.
    fits: AtomicI64,
    told: AtomicI64,
}

impl Room {
    /// On the disk of this database file.
    pub(crate) fn of(file: &Path) -> Self {
        let folder = file.parent().unwrap_or(file).to_owned();
        let room = Self { folder, fits: AtomicI64::new(MOST), told: AtomicI64::new(MOST) };
        room.look();
        room
    }

    /// Looks how much is free.
    pub(crate) fn look(&self) {
        // Where the disk does not say, it goes on as it was.
        if let Ok(disk) = rustix::fs::statvfs(&self.folder) {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let free = i64::try_from(free).unwrap_or(i64::MAX);
            self.fits.store(pages(free), Ordering::Relaxed);
        }
    }

    /// What the writer is to be told, where it is not what it was told last. A little more or less is not worth a call.
    pub(crate) fn news(&self) -> Option<i64> {
        let (fits, told) = (self.fits.load(Ordering::Relaxed), self.told.load(Ordering::Relaxed));
        let much = fits.abs_diff(told) > told.unsigned_abs() / 4;
        (much || (fits == MOST && told != MOST)).then_some(fits)
    }

    /// Whether a log of so many pages is nearly as long as it may grow.
    pub(crate) fn is_nearly_full(&self, pages: i64) -> bool {
        pages >= self.fits.load(Ordering::Relaxed) / 4 * 3
    }

    /// The writer was told.
    pub(crate) fn told(&self, pages: i64) {
        self.told.store(pages, Ordering::Relaxed);
    }
}

/// How many pages the log may have, with so many bytes free.
fn pages(free: i64) -> i64 {
    (free / PART / PAGE).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_disk_with_little_room_the_log_stays_short() {
        assert_eq!(pages(0), LEAST);
        assert_eq!(pages(6 << 20), LEAST);
        assert_eq!(pages(100 << 20), 3_200);
        assert_eq!(pages(i64::MAX), MOST);
    }

    #[test]
    fn the_writer_is_told_once() {
        let room = Room::of(Path::new("/"));
        room.fits.store(LEAST, Ordering::Relaxed);
        assert_eq!(room.news(), Some(LEAST));
        room.told(LEAST);
        assert_eq!(room.news(), None);
        room.fits.store(MOST, Ordering::Relaxed);
        assert_eq!(room.news(), Some(MOST));
    }
}
