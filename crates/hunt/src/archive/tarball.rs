//! tar, whose members are read where they lie, and gz, which is unpacked once to where tar's members can be read.

use std::{io::BufReader, sync::Arc};

use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use tar::{Archive, EntryType};

use super::{
    Kind, Listing, Member, kind_of,
    place::{At, Slice},
};
use crate::artefact::ReadAt;

pub(super) fn unzip(file: &Arc<dyn ReadAt>, listing: &mut Listing<'_, '_>) {
    let room = listing.room(file.size());
    let mut decoder = MultiGzDecoder::new(BufReader::new(At::new(Arc::clone(file))));
    let spooled = match listing.opening.disk.take(&mut decoder, room) {
        Ok(spooled) => spooled,
        Err(error) => return listing.fault(&format!("cannot be unpacked: {error}")),
    };
    let fault = spooled.fault();
    let spooled: Arc<dyn ReadAt> = Arc::new(spooled);
    if kind_of(&*spooled) == Some(Kind::Tar) {
        if let Some(fault) = fault {
            listing.fault(&fault);
        }
        return list(&spooled, listing);
    }
    let size = spooled.size();
    let name = inner_name(&listing.path);
    if listing.admits(&name, size, None) {
        let open = move || Ok(Arc::clone(&spooled));
        listing.member(Member { name, size, modified: file.modified(), open: Box::new(open) });
    }
}

/// `auth.log.1.gz` holds `auth.log.1`.
fn inner_name(path: &str) -> String {
    let name = path.rsplit(['/', '!']).next().unwrap_or(path);
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    match ending.to_lowercase().as_str() {
        "gz" => stem.to_owned(),
        "tgz" | "taz" => format!("{stem}.tar"),
        _ => name.to_owned(),
    }
}

pub(super) fn list(file: &Arc<dyn ReadAt>, listing: &mut Listing<'_, '_>) {
    let mut archive = Archive::new(At::new(Arc::clone(file)));
    let entries = match archive.entries_with_seek() {
        Ok(entries) => entries,
        Err(error) => return listing.fault(&format!("cannot be read as tar: {error}")),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return listing.fault(&format!("cannot be read further: {error}")),
        };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::GNUSparse => {
                listing.refuse(&name, "is stored with holes, which are not filled here".to_owned());
                continue;
            }
            _ => continue,
        }
        let (start, said) = (entry.raw_file_position(), entry.size());
        let size = said.min(file.size().saturating_sub(start));
        if !listing.admits(&name, size, None) {
            if listing.opening.members == 0 {
                return;
            }
            continue;
        }
        let modified = entry.header().mtime().ok().and_then(|second| i64::try_from(second).ok());
        let modified = modified.and_then(|second| Timestamp::from_second(second).ok());
        let fault = (size < said).then(|| format!("is cut off: {size} of {said} bytes are there"));
        let slice: Arc<dyn ReadAt> = Arc::new(Slice { of: Arc::clone(file), start, size, fault });
        let open = move || Ok(Arc::clone(&slice));
        listing.member(Member { name, size, modified, open: Box::new(open) });
    }
}
