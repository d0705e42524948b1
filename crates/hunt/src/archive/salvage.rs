//! What is left of a ZIP without its directory: each member has a header of its own before its bytes (APPNOTE 4.3.7), and packed
//! bytes say themselves where they end. So everything before a cut is read, and what was cut as far as it goes.

use std::{
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom},
    sync::Arc,
};

use flate2::bufread::DeflateDecoder;

use super::{
    Listing, Member,
    place::{At, Slice},
};
use crate::artefact::{ReadAt, fill};

const HEADER: usize = 30;
const SIGNATURE: &[u8] = b"PK\x03\x04";

/// A member's own header.
struct Local {
    name: String,
    method: u16,
    encrypted: bool,
    /// Packed size; 0 where it is told only after the bytes.
    packed: u64,
    /// Where its bytes begin.
    data: u64,
}

fn u16_of(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_of(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn local(file: &dyn ReadAt, at: u64) -> Option<Local> {
    let mut head = vec![0; HEADER];
    if fill(file, at, &mut head).ok()? < HEADER || !head.starts_with(SIGNATURE) {
        return None;
    }
    let (named, more) = (u64::from(u16_of(&head, 26)), u64::from(u16_of(&head, 28)));
    let mut name = vec![0; usize::from(u16_of(&head, 26))];
    fill(file, at + HEADER as u64, &mut name).ok()?;
    let flags = u16_of(&head, 6);
    let packed = u32_of(&head, 18);
    Some(Local {
        name: String::from_utf8_lossy(&name).into_owned(),
        method: u16_of(&head, 8),
        encrypted: flags & 1 != 0,
        // Bit 3: the sizes come after the bytes; all ones: they stand in the ZIP64 extra field.
        packed: if flags & 8 != 0 || packed == u32::MAX { 0 } else { u64::from(packed) },
        data: at + HEADER as u64 + named + more,
    })
}

/// The next header from a place on.
fn next(file: &Arc<dyn ReadAt>, from: u64) -> Option<u64> {
    let mut stream = At::new(Arc::clone(file));
    stream.seek(SeekFrom::Start(from)).ok()?;
    let mut reader = BufReader::with_capacity(1 << 16, stream);
    let mut at = from;
    loop {
        let held = reader.fill_buf().ok()?;
        if held.len() < SIGNATURE.len() {
            return None;
        }
        if let Some(found) = held.windows(SIGNATURE.len()).position(|window| window == SIGNATURE) {
            return Some(at + found as u64);
        }
        // The last bytes may be the begin of a signature: they are looked at again from their own place.
        let step = held.len() - (SIGNATURE.len() - 1);
        at += step as u64;
        let mut stream = reader.into_inner();
        stream.seek(SeekFrom::Start(at)).ok()?;
        reader = BufReader::with_capacity(1 << 16, stream);
    }
}

pub(super) fn list(file: &Arc<dyn ReadAt>, listing: &mut Listing<'_, '_>) {
    let mut at = 0;
    while let Some(found) = next(file, at) {
        let Some(local) = local(&**file, found) else { return };
        at = found + SIGNATURE.len() as u64;
        if local.name.ends_with('/') {
            continue;
        }
        match unpacked(file, &local, listing) {
            Ok(Some(end)) => at = end.max(at),
            Ok(None) => {}
            Err(error) => listing.refuse(&local.name, error.to_string()),
        }
        if listing.opening.members == 0 {
            return;
        }
    }
}

/// Takes a member out; where it ends, if that is known.
fn unpacked(file: &Arc<dyn ReadAt>, local: &Local, listing: &mut Listing<'_, '_>) -> io::Result<Option<u64>> {
    if local.encrypted {
        listing.refuse(&local.name, "is encrypted; unpack it with its password first".to_owned());
        return Ok(None);
    }
    let left = file.size().saturating_sub(local.data);
    match local.method {
        // Stored: where its size is not known it cannot be told from what follows.
        0 if local.packed > 0 => {
            let size = local.packed.min(left);
            if listing.admits(&local.name, size, None) {
                let fault = (size < local.packed)
                    .then(|| format!("is cut off: {size} of {} bytes are there", local.packed));
                let slice = Slice { of: Arc::clone(file), start: local.data, size, fault };
                let slice: Arc<dyn ReadAt> = Arc::new(slice);
                let open = move || Ok(Arc::clone(&slice));
                listing.member(Member {
                    name: local.name.clone(),
                    size,
                    modified: None,
                    open: Box::new(open),
                });
            }
            Ok(Some(local.data + size))
        }
        8 => {
            let mut stream = At::new(Arc::clone(file));
            stream.seek(SeekFrom::Start(local.data))?;
            let mut decoder = DeflateDecoder::new(BufReader::new(stream));
            let room = listing.room(if local.packed > 0 { local.packed } else { left });
            let spooled = listing.opening.disk.take(&mut decoder, room)?;
            let end = local.data + decoder.total_in();
            let size = spooled.size();
            if listing.admits(&local.name, size, None) {
                let spooled: Arc<dyn ReadAt> = Arc::new(spooled);
                let open = move || Ok(Arc::clone(&spooled));
                listing.member(Member {
                    name: local.name.clone(),
                    size,
                    modified: None,
                    open: Box::new(open),
                });
            }
            Ok(Some(end))
        }
        method => {
            listing.refuse(
                &local.name,
                format!("is packed by method {method}, which is read only with the directory"),
            );
            Ok(None)
        }
    }
}
