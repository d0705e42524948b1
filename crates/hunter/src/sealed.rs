//! Sealed items as the engine reads them: at any place. Opening one checks every byte of it, since it is read to its end before
//! the engine sees the first; one that was changed is an error and never a shorter file.

use std::{
    io::{self, Read as _, Seek as _, Write as _},
    sync::Arc,
};

use app::ports::Quarry;
use hunt::{artefact::ReadAt, evidence::Item};

/// Items up to this length are held in memory, 32 MiB; larger ones in an unnamed temporary file.
const IN_MEMORY: u64 = 32 << 20;

/// An item as evidence of a hunt.
pub(crate) fn item(path: Arc<str>, quarry: Quarry) -> Item {
    let size = quarry.bytes;
    Item::new(path, size, Box::new(move || unsealed(&quarry)))
}

fn unsealed(quarry: &Quarry) -> io::Result<Arc<dyn ReadAt>> {
    let mut reader = (quarry.open)().map_err(|error| io::Error::other(error.to_string()))?;
    if quarry.bytes <= IN_MEMORY {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        return Ok(Arc::new(bytes));
    }
    let mut file = tempfile::tempfile()?;
    io::copy(&mut reader, &mut file)?;
    file.flush()?;
    file.rewind()?;
    Ok(Arc::new(file))
}
