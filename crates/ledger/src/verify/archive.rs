//! The one ZIP layout that a package may have, read from front to back. After the manifest, which says what follows, each
//! byte of the container is known before it is read: nothing can hide between files, behind the end, in a comment, in an
//! extra field or in a compressed bomb.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::{Failure, FailureKind, Hash, hex, shown};

/// A file as the manifest names it.
pub(super) struct Named<'a> {
    pub(super) path: &'a str,
    pub(super) size: u64,
    pub(super) sha256: Hash,
}

/// The container, read so far.
pub(super) struct Container<R> {
    reader: R,
    offset: u64,
    files: u64,
    directory: Vec<u8>,
    buffer: Vec<u8>,
}

/// The fixed part of a local header, in bytes.
const HEADER: usize = 30;
const ONES32: u64 = 0xFFFF_FFFF;

fn put<const N: usize>(out: &mut Vec<u8>, fields: [&[u8]; N]) {
    fields.iter().for_each(|field| out.extend_from_slice(field));
}

fn low32(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn low16(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

/// The fields that a file's local and central header share, from the version to the lengths.
fn shared(path: &str, size: u64, crc: [u8; 4], zip64: bool, extra: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let version: u16 = if zip64 { 45 } else { 10 };
    put(&mut out, [&version.to_le_bytes(), &[0x00, 0x08], &[0, 0], &[0, 0, 0x21, 0], &crc]);
    put(&mut out, [&low32(size), &low32(size), &low16(path.len()), &low16(extra)]);
    out
}

fn local_header(path: &str, size: u64, crc: [u8; 4]) -> Vec<u8> {
    let mut extra = Vec::new();
    if size >= ONES32 {
        put(&mut extra, [&[1, 0, 16, 0], &size.to_le_bytes(), &size.to_le_bytes()]);
    }
    let mut out = Vec::new();
    let fields = shared(path, size, crc, !extra.is_empty(), extra.len());
    put(&mut out, [b"PK\x03\x04", &fields, path.as_bytes(), &extra]);
    out
}

fn directory_header(path: &str, size: u64, crc: [u8; 4], offset: u64) -> Vec<u8> {
    let mut numbers = Vec::new();
    if size >= ONES32 {
        put(&mut numbers, [&size.to_le_bytes(), &size.to_le_bytes()]);
    }
    if offset >= ONES32 {
        put(&mut numbers, [&offset.to_le_bytes()]);
    }
    let mut extra = Vec::new();
    if !numbers.is_empty() {
        put(&mut extra, [&[1, 0], &low16(numbers.len()), &numbers]);
    }
    let mut out = Vec::new();
    let fields = shared(path, size, crc, !extra.is_empty(), extra.len());
    put(&mut out, [b"PK\x01\x02", &[0x2D, 3], &fields, &[0; 6], &[0, 0, 0xA4, 0x81], &low32(offset)]);
    put(&mut out, [path.as_bytes(), &extra]);
    out
}

fn end_of_directory(files: u64, start: u64, size: u64) -> Vec<u8> {
    let mut out = Vec::new();
    if files >= 0xFFFF || start >= ONES32 || size >= ONES32 {
        let end = start.saturating_add(size);
        put(&mut out, [b"PK\x06\x06", &44_u64.to_le_bytes(), &[0x2D, 3, 45, 0], &[0; 8]]);
        put(
            &mut out,
            [&files.to_le_bytes(), &files.to_le_bytes(), &size.to_le_bytes(), &start.to_le_bytes()],
        );
        put(&mut out, [b"PK\x06\x07", &[0; 4], &end.to_le_bytes(), &[1, 0, 0, 0]]);
    }
    let count = low16(usize::try_from(files).unwrap_or(usize::MAX));
    put(&mut out, [b"PK\x05\x06", &[0; 4], &count, &count, &low32(size), &low32(start), &[0, 0]]);
    out
}

fn container(what: impl Into<String>, why: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Container, what, why)
}

impl<R: Read> Container<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, offset: 0, files: 0, directory: Vec::new(), buffer: vec![0; 256 << 10] }
    }

    /// Reads exactly `length` bytes; fewer where the container ends before.
    fn up_to(&mut self, length: usize, during: &str) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        (&mut self.reader).take(limit).read_to_end(&mut bytes).map_err(|error| unreadable(during, &error))?;
        self.offset = self.offset.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(bytes)
    }

    /// Reads a file that no manifest has named yet: the manifest and its signature. It must be called `path`.
    pub(super) fn unnamed(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        let start = self.offset;
        let header = self.up_to(HEADER + path.len(), path)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(container(path, "not there: this is not a package, or it was cut or changed"));
        }
        let number = |at: usize| {
            let field = header.get(at..at + 4).and_then(|field| <[u8; 4]>::try_from(field).ok());
            field.unwrap_or_default()
        };
        let (crc, size) = (number(14), u64::from(u32::from_le_bytes(number(18))));
        if header != local_header(path, size, crc) {
            return Err(self.mismatch(path, header));
        }
        if size > limit {
            return Err(container(path, format!("it claims {size} bytes; {limit} are the most")));
        }
        let mut bytes = Vec::new();
        let found = self.data(path, size, &mut |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        })?;
        self.filed(path, size, crc, start, found.crc)?;
        Ok(bytes)
    }

    /// Reads a file that the manifest names, handing its bytes on. Gives whether they have its SHA-256; all else that can
    /// be wrong is a failure.
    pub(super) fn named(
        &mut self,
        file: &Named<'_>,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let start = self.offset;
        let mut expected = local_header(file.path, file.size, [0; 4]);
        let mut header = self.up_to(expected.len(), file.path)?;
        let mut crc = [0; 4];
        if let (Some(from), Some(to)) = (header.get_mut(14..18), expected.get_mut(14..18)) {
            crc.copy_from_slice(from);
            to.copy_from_slice(from);
        }
        if header != expected {
            return Err(self.mismatch(file.path, header));
        }
        let found = self.data(file.path, file.size, sink)?;
        if found.sha256 != file.sha256 {
            return Ok(false);
        }
        self.filed(file.path, file.size, crc, start, found.crc)?;
        Ok(true)
    }

    fn filed(
        &mut self,
        path: &str,
        size: u64,
        crc: [u8; 4],
        start: u64,
        found: [u8; 4],
    ) -> Result<(), Failure> {
        if crc != found {
            return Err(Failure::new(
                FailureKind::File,
                shown(path),
                "its CRC-32 in the archive was changed",
            ));
        }
        self.directory.extend(directory_header(path, size, crc, start));
        self.files += 1;
        Ok(())
    }

    fn data(
        &mut self,
        path: &str,
        size: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<Found, Failure> {
        let (mut left, mut sha256, mut crc32) = (size, Sha256::new(), crc32fast::Hasher::new());
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            let window = self.buffer.get_mut(..most).unwrap_or_default();
            let count = match self.reader.read(window) {
                Ok(0) => return Err(cut(path)),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(path, &error)),
            };
            let chunk = window.get(..count).unwrap_or_default();
            sha256.update(chunk);
            crc32.update(chunk);
            sink(chunk)?;
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            left = left.saturating_sub(count);
            self.offset = self.offset.saturating_add(count);
        }
        Ok(Found { sha256: sha256.finalize().into(), crc: crc32.finalize().to_le_bytes() })
    }

    /// Why what stands here is not the local header of the file `path`.
    fn mismatch(&mut self, path: &str, mut header: Vec<u8>) -> Failure {
        let file = |why: String| Failure::new(FailureKind::File, shown(path), why);
        if header.len() < HEADER {
            return container(shown(path), "missing: the package ends before it");
        }
        if !header.starts_with(b"PK\x03\x04") {
            return file("missing, or of another size than the manifest says".to_owned());
        }
        // The name that stands here may be longer than the one that was expected.
        match self.up_to(512, path) {
            Ok(more) => header.extend(more),
            Err(failure) => return failure,
        }
        let name = name_of(&header);
        if name != shown(path) {
            return file(format!(
                "missing: `{name}` stands in its place; a file was renamed, added, removed or moved"
            ));
        }
        let size = header.get(18..22).map(hex).unwrap_or_default();
        file(format!("its header in the archive was changed (size field {size})"))
    }

    /// The directory and the end: exactly what the files make it, and nothing behind.
    pub(super) fn finish(mut self) -> Result<u64, Failure> {
        const WHAT: &str = "the archive's directory";
        let start = self.offset;
        let mut expected = std::mem::take(&mut self.directory);
        let size = u64::try_from(expected.len()).unwrap_or(u64::MAX);
        expected.extend(end_of_directory(self.files, start, size));
        let found = self.up_to(expected.len(), WHAT)?;
        if found.starts_with(b"PK\x03\x04") {
            let name = name_of(&found);
            return Err(Failure::new(FailureKind::File, name, "was added: the manifest does not name it"));
        }
        if found.len() < expected.len() {
            return Err(container(WHAT, "the package ends in the middle of it"));
        }
        if found != expected {
            let at = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
            return Err(container(WHAT, format!("changed at byte {at} of it")));
        }
        match self.up_to(1, WHAT)?.as_slice() {
            [] => Ok(self.files),
            _ => Err(container("the end of the package", "something follows it")),
        }
    }
}

struct Found {
    sha256: Hash,
    crc: [u8; 4],
}

fn unreadable(what: &str, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Unreadable, shown(what), error.to_string())
}

fn cut(path: &str) -> Failure {
    container(shown(path), "the package ends in the middle of it")
}

/// The file name in the bytes of a local header.
fn name_of(header: &[u8]) -> String {
    let length = header.get(26..28).and_then(|field| <[u8; 2]>::try_from(field).ok()).unwrap_or_default();
    let end = HEADER + usize::from(u16::from_le_bytes(length));
    let name = header.get(HEADER..end.min(header.len())).unwrap_or_default();
    shown(&String::from_utf8_lossy(name))
}
