//! Collections read in place: ZIP, 7z, tar, tar.gz and gz as KAPE, CyLR and Velociraptor write them, and archives in archives.
//! Nothing is unpacked under a name of its own: a ZIP's and a tar's members are read where they lie, what can only be read from
//! front to back (7z, gz) goes to an unnamed temporary file once. Whatever an archive says about itself is a claim: depth, number,
//! size and ratio are limited, and what is refused, encrypted or broken is told with its reason and is never the end of a run.

mod place;
mod salvage;
mod sevenz;
mod spool;
mod tarball;
mod zipped;

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    artefact::{ReadAt, fill},
    evidence::Item,
};
use place::Slice;

/// How far archives are followed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Archives within archives: 1 is an archive that lies in the evidence itself.
    pub depth: u32,
    /// Members of all archives together.
    pub members: u64,
    /// Bytes of all members together, unpacked.
    pub total: u64,
    /// How many times its packed size a member, and an archive as a whole, may become. Event logs that are nearly empty reach a
    /// hundred; what is smaller than [`Limits::free`] is not measured.
    pub ratio: u64,
    /// Bytes below which the ratio is not looked at.
    pub free: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 4, members: 500_000, total: 64 << 30, ratio: 250, free: 64 << 20 }
    }
}

/// What an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Zip,
    SevenZip,
    Gzip,
    Tar,
}

/// Endings of files that are no archive, or one that is none to a responder: they are not even opened here.
const NEVER: [&str; 22] = [
    "evtx", "json", "jsonl", "ndjson", "csv", "tsv", "log", "txt", "xml", "yml", "yaml", "docx", "xlsx",
    "pptx", "jar", "apk", "odt", "ods", "pf", "lnk", "dll", "exe",
];
/// Endings of archives; within an archive no other member is opened to see.
const ARCHIVES: [&str; 6] = ["zip", "7z", "tar", "tgz", "gz", "taz"];

fn ending(path: &str) -> String {
    let name = path.rsplit(['/', '!']).next().unwrap_or(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_lowercase())
}

fn kind_of(file: &dyn ReadAt) -> Option<Kind> {
    let mut head = vec![0; 512];
    let count = fill(file, 0, &mut head).unwrap_or(0);
    head.truncate(count);
    of_head(&head)
}

fn of_head(head: &[u8]) -> Option<Kind> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(Kind::Zip)
    } else if head.starts_with(b"7z\xbc\xaf\x27\x1c") {
        Some(Kind::SevenZip)
    } else if head.starts_with(b"\x1f\x8b\x08") {
        Some(Kind::Gzip)
    } else if head.get(257..262) == Some(b"ustar") {
        Some(Kind::Tar)
    } else {
        None
    }
}

/// The items with those in archives in the place of the archives, in the order of their paths. What could not be read of an archive
/// is an item that says why when it is opened, so that it is counted like any other damage.
#[must_use]
pub fn expand(items: Vec<Item>, limits: &Limits) -> Vec<Item> {
    let mut opening = Opening {
        limits,
        members: limits.members,
        bytes: limits.total,
        disk: spool::Disk::default(),
        out: Vec::new(),
    };
    for item in items {
        opening.item(item, 0);
    }
    let mut items = opening.out;
    items.sort_by(|one, other| one.path.cmp(&other.path));
    items
}

/// Whether a file with this name may be an archive, before it is opened.
fn may_be(path: &str, depth: u32) -> bool {
    let ending = ending(path);
    if depth == 0 { !NEVER.contains(&ending.as_str()) } else { ARCHIVES.contains(&ending.as_str()) }
}

/// Archives while they are opened.
struct Opening<'l> {
    limits: &'l Limits,
    members: u64,
    bytes: u64,
    disk: spool::Disk,
    out: Vec<Item>,
}

/// A member before it is an item.
struct Member {
    /// As the archive writes it.
    name: String,
    /// Unpacked, as the archive says.
    size: u64,
    /// When it was last written, as the archive says.
    modified: Option<Timestamp>,
    open: crate::evidence::Open,
}

/// An archive while its members are listed.
struct Listing<'o, 'l> {
    opening: &'o mut Opening<'l>,
    path: Arc<str>,
    depth: u32,
    /// Bytes that may still come out of this archive before its ratio is that of a bomb.
    allowed: u64,
    /// Names that were given, and how often.
    names: HashMap<String, u32>,
    faults: Vec<String>,
    told: HashSet<String>,
}

impl Opening<'_> {
    fn item(&mut self, item: Item, depth: u32) {
        if !may_be(&item.path, depth) {
            return self.out.push(item);
        }
        // Whatever is wrong with opening it, the hunt will find and tell.
        let Ok(file) = (item.open)() else { return self.out.push(item) };
        let Some(kind) = kind_of(&*file) else { return self.out.push(item) };
        if depth >= self.limits.depth {
            let reason = format!("an archive more than {} deep in others was not opened", self.limits.depth);
            return self.out.push(refused(&item.path, reason));
        }
        // An archive stays open as long as its members are asked for; one in another would stay in memory.
        let file = match depth {
            0 => file,
            _ => match self.disk.take(&mut place::At::new(Arc::clone(&file)), file.size()) {
                Ok(slice) => Arc::new(Slice { fault: file.fault(), ..slice }) as Arc<dyn ReadAt>,
                Err(error) => return self.out.push(refused(&item.path, error.to_string())),
            },
        };
        let size = file.size();
        let allowed = size.saturating_mul(self.limits.ratio).max(self.limits.free.saturating_mul(4));
        let mut listing = Listing {
            opening: self,
            path: Arc::clone(&item.path),
            depth,
            allowed,
            names: HashMap::new(),
            faults: Vec::new(),
            told: HashSet::new(),
        };
        // A decoder's fault is an archive's damage.
        let listed = catch_unwind(AssertUnwindSafe(|| match kind {
            Kind::Zip => zipped::list(&file, &mut listing),
            Kind::SevenZip => sevenz::list(&file, &mut listing),
            Kind::Gzip => tarball::unzip(&file, &mut listing),
            Kind::Tar => tarball::list(&file, &mut listing),
        }));
        if listed.is_err() {
            listing.fault("is broken in a way that its decoder does not survive");
        }
        if let Some(fault) = file.fault() {
            listing.fault(&fault);
        }
        let faults = listing.faults;
        if !faults.is_empty() {
            self.out.push(refused(&item.path, faults.join("; ")));
        }
    }
}

impl Listing<'_, '_> {
    /// Something is wrong with the archive.
    fn fault(&mut self, reason: &str) {
        if self.faults.len() < 8 && self.told.insert(reason.to_owned()) {
            self.faults.push(reason.to_owned());
        }
    }

    /// Whether one more member may come out, of this size where it is packed into so many bytes.
    fn admits(&mut self, name: &str, size: u64, packed: Option<u64>) -> bool {
        let limits = self.opening.limits;
        if self.opening.members == 0 {
            self.fault(&format!("holds more than the {} members that are opened in a run", limits.members));
            return false;
        }
        self.opening.members -= 1;
        let bomb =
            packed.is_some_and(|packed| size > limits.free && size / limits.ratio.max(1) > packed.max(1));
        if bomb {
            let reason = format!(
                "says of itself to become {size} bytes out of {}: more than {} times, as a bomb does; it was not opened",
                packed.unwrap_or_default(),
                limits.ratio
            );
            self.refuse(name, reason);
            return false;
        }
        if size > self.allowed {
            self.fault(&format!(
                "becomes more than {} times its size; the rest was not opened",
                limits.ratio
            ));
            return false;
        }
        if size > self.opening.bytes {
            self.fault(&format!("brings more than the {} bytes that are unpacked in a run", limits.total));
            return false;
        }
        self.allowed -= size;
        self.opening.bytes -= size;
        true
    }

    /// How many bytes a member may become whose size nobody says.
    fn room(&self, packed: u64) -> u64 {
        let limits = self.opening.limits;
        packed.saturating_mul(limits.ratio).max(limits.free).min(self.allowed).min(self.opening.bytes)
    }

    /// The path of a member: without what leads out of the archive or confuses a terminal, once each.
    fn path_of(&mut self, name: &str) -> (Arc<str>, Option<String>) {
        let mut leads_out = name.starts_with(['/', '\\']);
        let mut parts = Vec::new();
        for part in name.split(['/', '\\']) {
            match part {
                "" | "." => {}
                ".." => leads_out = true,
                part => parts.push(part.replace(char::is_control, "\u{fffd}")),
            }
        }
        let mut inner: String = parts.join("/");
        if inner.is_empty() {
            "unnamed".clone_into(&mut inner);
        }
        let same = self.names.entry(inner.clone()).or_default();
        *same += 1;
        if *same > 1 {
            inner = format!("{inner} ({same})");
        }
        let fault = leads_out.then(|| "its name in the archive leads out of the archive".to_owned());
        (Arc::from(format!("{}!{inner}", self.path)), fault)
    }

    /// A member that was admitted: an item, or an archive of its own.
    fn member(&mut self, member: Member) {
        let (path, fault) = self.path_of(&member.name);
        let modified = member.modified;
        let open: crate::evidence::Open = if fault.is_none() && modified.is_none() {
            member.open
        } else {
            Box::new(move || {
                let file = (member.open)()?;
                Ok(Arc::new(spool::Told { file, fault: fault.clone(), modified }) as Arc<dyn ReadAt>)
            })
        };
        let item = Item::new(path, member.size, open);
        let depth = self.depth + 1;
        self.opening.item(item, depth);
    }

    /// A member that cannot be read, and why.
    fn refuse(&mut self, name: &str, reason: String) {
        let (path, _) = self.path_of(name);
        self.opening.out.push(refused(&path, reason));
    }
}

/// An item that cannot be opened, and why.
fn refused(path: &str, reason: String) -> Item {
    let open = move || Err(io::Error::new(io::ErrorKind::InvalidData, reason.clone()));
    Item::new(path.into(), 0, Box::new(open))
}

/// The whole of a small file, such as a rule in an archive of rules.
///
/// # Errors
/// What the medium says.
pub fn whole(file: Arc<dyn ReadAt>, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    place::At::new(file).take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_an_archive_is_opened_to_see() {
        assert_eq!(ending("a/b.zip!C/Windows/x.EVTX"), "evtx");
        assert!(may_be("upload", 0) && !may_be("Security.evtx", 0) && !may_be("upload", 1));
    }
}
