//! ZIP: members are listed from the directory at the end and unpacked when a thread comes to them. Where the directory is missing,
//! as in a collection whose copying was cut off, the members are looked for one by one ([`super::salvage`]).

use std::{io, sync::Arc};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use zip::ZipArchive;

use super::{Listing, Member, place::At, salvage, spool::Spooled};
use crate::artefact::ReadAt;

pub(super) fn list(file: &Arc<dyn ReadAt>, listing: &mut Listing<'_, '_>) {
    let mut archive = match ZipArchive::new(At::new(Arc::clone(file))) {
        Ok(archive) => archive,
        Err(error) => {
            listing.fault(&format!(
                "has no readable directory ({error}); its members were looked for one by one"
            ));
            return salvage::list(file, listing);
        }
    };
    for index in 0..archive.len() {
        let named = archive.name_for_index(index).unwrap_or("unnamed").to_owned();
        let (name, size, packed, encrypted, modified) = match archive.by_index_raw(index) {
            Ok(member) if member.is_dir() || member.is_symlink() => continue,
            Ok(member) => (
                named,
                member.size(),
                member.compressed_size(),
                member.encrypted(),
                member.last_modified().and_then(written),
            ),
            Err(error) => {
                listing.refuse(&named, error.to_string());
                continue;
            }
        };
        if !listing.admits(&name, size, Some(packed)) {
            continue;
        }
        if encrypted {
            listing.refuse(&name, "is encrypted; unpack it with its password first".to_owned());
            continue;
        }
        let of = archive.clone();
        let open = move || {
            let mut of = of.clone();
            let mut member = of.by_index(index).map_err(io::Error::other)?;
            Ok(Arc::new(Spooled::new(&mut member, size)?) as Arc<dyn ReadAt>)
        };
        listing.member(Member { name, size, modified, open: Box::new(open) });
    }
}

/// ZIP keeps the clock of the machine that packed, without its zone; a year is what is wanted of it.
fn written(time: zip::DateTime) -> Option<Timestamp> {
    let part = |number: u8| i8::try_from(number).ok();
    let (month, day) = (part(time.month())?, part(time.day())?);
    let (hour, minute, second) = (part(time.hour())?, part(time.minute())?, part(time.second())?);
    let civil = DateTime::new(i16::try_from(time.year()).ok()?, month, day, hour, minute, second, 0).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}
