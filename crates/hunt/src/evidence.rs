//! Evidence as the hunt sees it: named things that can be opened and read at any place. Files and folders of this
//! machine are in [`crate::walk`]; the vault's sealed objects and archives' members come in through the same door.

use std::{io, sync::Arc};

use crate::artefact::{Artefact, ReadAt};

/// Opens an item.
pub type Open = Box<dyn Fn() -> io::Result<Arc<dyn ReadAt>> + Send + Sync>;

/// One file of the evidence.
pub struct Item {
    /// Its path relative to the evidence that held it, with `/`; inside an archive `archive.zip!inner/path`.
    pub path: Arc<str>,
    /// How many bytes, as far as known before it is opened (for the progress bar and for sharing work).
    pub size: u64,
    /// Opens it, when a thread first needs it.
    pub open: Open,
    /// A reader that is asked before all others, such as one with the mapping of a product's own table.
    pub reader: Option<Arc<dyn Artefact>>,
}

impl Item {
    /// An item that is opened so.
    #[must_use]
    pub fn new(path: Arc<str>, size: u64, open: Open) -> Self {
        Self { path, size, open, reader: None }
    }

    /// An item whose bytes are here already.
    #[must_use]
    pub fn of_bytes(path: &str, bytes: Vec<u8>) -> Self {
        let (size, bytes) = (bytes.len() as u64, Arc::new(bytes));
        Self::new(path.into(), size, Box::new(move || Ok(Arc::clone(&bytes) as Arc<dyn ReadAt>)))
    }
}
