//! Files and folders of this machine as evidence. A folder is walked in the order of its names, links are not
//! followed, and what cannot be opened is told, never fatal.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{artefact::ReadAt, evidence::Item};

impl ReadAt for File {
    fn size(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn modified(&self) -> Option<Timestamp> {
        Timestamp::try_from(self.metadata().ok()?.modified().ok()?).ok()
    }

    #[cfg(unix)]
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, into, at)
    }

    #[cfg(windows)]
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, into, at)
    }
}

/// All files of a piece of evidence (a file or a folder), and what could not be looked into.
///
/// # Errors
/// When the evidence itself is not there.
pub fn files(evidence: &Path) -> io::Result<(Vec<Item>, Vec<String>)> {
    let metadata = std::fs::metadata(evidence)?;
    let (mut items, mut faults) = (Vec::new(), Vec::new());
    if metadata.is_dir() {
        folder(evidence, evidence, &mut items, &mut faults);
    } else {
        let name = evidence.file_name().unwrap_or(evidence.as_os_str()).to_string_lossy();
        items.push(item(evidence.to_owned(), &name, metadata.len()));
    }
    items.sort_by(|one, other| one.path.cmp(&other.path));
    Ok((items, faults))
}

fn item(path: PathBuf, name: &str, size: u64) -> Item {
    let open = move || File::open(&path).map(|file| Arc::new(file) as Arc<dyn ReadAt>);
    Item::new(name.into(), size, Box::new(open))
}

fn folder(root: &Path, first: &Path, items: &mut Vec<Item>, faults: &mut Vec<String>) {
    let mut waiting = vec![first.to_owned()];
    while let Some(folder) = waiting.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                faults.push(format!("{}: {error}", folder.display()));
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(path),
                Ok(kind) if kind.is_file() => {
                    let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                    let size = entry.metadata().map_or(0, |metadata| metadata.len());
                    items.push(item(path, &name, size));
                }
                Ok(_) => {}
                Err(error) => faults.push(format!("{}: {error}", path.display())),
            }
        }
    }
}
