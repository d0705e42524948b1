//! 7z: members lie packed together and come out from front to back, so each is unpacked once, when the archive is opened.

use std::{
    io::{self, Read},
    sync::Arc,
};

use sevenz_rust2::{ArchiveEntry, ArchiveReader, EntryDecision, Error, Password};

use super::{Listing, Member, place::At};
use crate::artefact::ReadAt;

/// Memory that an archive may ask for its dictionary, in KiB: what 7-Zip's strongest setting needs to unpack (64 MiB), twice over.
const MEMORY: usize = 128 << 10;

pub(super) fn list(file: &Arc<dyn ReadAt>, listing: &mut Listing<'_, '_>) {
    let password = Password::empty();
    let opened = ArchiveReader::new_with_memory_limit(At::new(Arc::clone(file)), password, MEMORY);
    let mut archive = match opened {
        Ok(archive) => archive,
        Err(error) => return listing.fault(&reason(&error)),
    };
    archive.set_thread_count(1);
    let size = archive.archive().files.iter().map(|file| file.size).fold(0_u64, u64::saturating_add);
    if size > listing.allowed {
        let told = format!("says of itself to become {size} bytes out of {}, as a bomb does", file.size());
        return listing.fault(&told);
    }
    let ended = archive.for_each_entries_with_decision(|entry, reader| {
        if entry.is_directory() || entry.is_anti_item() {
            return Ok(EntryDecision::Continue);
        }
        if listing.opening.members == 0 {
            return Ok(EntryDecision::Stop);
        }
        member(entry, reader, listing)?;
        Ok(EntryDecision::Continue)
    });
    if let Err(error) = ended {
        listing.fault(&reason(&error));
    }
}

fn member(entry: &ArchiveEntry, reader: &mut dyn Read, listing: &mut Listing<'_, '_>) -> Result<(), Error> {
    let name = entry.name();
    if !listing.admits(name, entry.size(), None) {
        // What follows in the same block cannot be had without it.
        io::copy(&mut reader.take(entry.size()), &mut io::sink())?;
        return Ok(());
    }
    let spooled = listing.opening.disk.take(reader, entry.size())?;
    let size = spooled.size();
    let fault = spooled.fault();
    let spooled: Arc<dyn ReadAt> = Arc::new(spooled);
    let open = move || Ok(Arc::clone(&spooled));
    listing.member(Member { name: name.to_owned(), size, modified: None, open: Box::new(open) });
    match fault {
        Some(fault) => Err(Error::from(io::Error::new(io::ErrorKind::InvalidData, fault))),
        None => Ok(()),
    }
}

/// Why it cannot be read, in words.
fn reason(error: &Error) -> String {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => {
            "is encrypted; unpack it with its password first".to_owned()
        }
        Error::MaxMemLimited { .. } => {
            "asks for more memory to be unpacked than any archive needs".to_owned()
        }
        other => format!("cannot be unpacked further: {other}"),
    }
}
