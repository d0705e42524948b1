//! Evidence as the hunt sees it: named things that can be opened and read at any place. Files and folders of this
//! machine are in [`crate::walk`]; the vault's sealed objects and archives' members come in through the same door.

use std::{
    io,
    sync::{Arc, OnceLock},
};

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
    /// The machine that it is of, where another file of the evidence says so: for records that name none themselves.
    pub host: Option<Arc<Host>>,
}

/// The name of a machine, looked up when it is first asked for.
pub struct Host {
    name: OnceLock<String>,
    find: Box<dyn Fn() -> Option<String> + Send + Sync>,
}

impl Host {
    /// A name that is found so.
    #[must_use]
    pub fn new(find: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self { name: OnceLock::new(), find: Box::new(find) }
    }

    /// The name; empty where it cannot be found.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.get_or_init(|| (self.find)().unwrap_or_default())
    }
}

impl Item {
    /// An item that is opened so.
    #[must_use]
    pub fn new(path: Arc<str>, size: u64, open: Open) -> Self {
        Self { path, size, open, reader: None, host: None }
    }

    /// A second way to open it, for a reader of another file that needs this one as well.
    pub fn shared(&mut self) -> Open {
        let none: Open = Box::new(|| Err(io::ErrorKind::NotFound.into()));
        let open = Arc::new(std::mem::replace(&mut self.open, none));
        let other = Arc::clone(&open);
        self.open = Box::new(move || open());
        Box::new(move || other())
    }

    /// An item whose bytes are here already.
    #[must_use]
    pub fn of_bytes(path: &str, bytes: Vec<u8>) -> Self {
        let (size, bytes) = (bytes.len() as u64, Arc::new(bytes));
        Self::new(path.into(), size, Box::new(move || Ok(Arc::clone(&bytes) as Arc<dyn ReadAt>)))
    }
}
