//! What was run: UserAssist (started from the desktop, with counts), BAM and DAM (last run, by account), and what Windows remembers
//! of programs that were there: the shim cache, and Amcache with SHA-1.

use super::{
    super::little::{size_at, slice, u16_at, u32_at, u64_at, wide},
    hive::Key,
    scribe::{Kind, Scribe, matching},
};
use crate::event::filetime;

/// Folders that UserAssist writes as numbers.
const FOLDERS: [(&str, &str); 7] = [
    ("{6D809377-6AF0-444B-8957-A3773F02200E}", "%ProgramFiles%"),
    ("{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}", "%ProgramFiles(x86)%"),
    ("{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}", "%windir%\\system32"),
    ("{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}", "%windir%\\SysWOW64"),
    ("{F38BF404-1D43-42F2-9305-67DE0B28FC23}", "%windir%"),
    ("{0139D44E-6AFE-49F2-8690-3DAFCAE6FFB8}", "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs"),
    ("{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}", "%APPDATA%\\Microsoft\\Windows\\Start Menu\\Programs"),
];
/// More entries than the shim cache keeps.
const MOST_SHIMS: usize = 4096;

pub(super) fn told(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    match scribe.kind {
        Kind::User => assisted(root, scribe),
        Kind::System => {
            shims(root, scribe);
            moderated(root, scribe);
        }
        Kind::Amcache => {
            inventory(root, scribe);
            files(root, scribe);
        }
        _ => {}
    }
}

/// Each letter thirteen places on: how UserAssist hides names.
fn turned(text: &str) -> String {
    let turn = |letter: char, from: u8| {
        let place = (u8::try_from(letter).unwrap_or(from) - from + 13) % 26;
        char::from(from + place)
    };
    let letters = text.chars().map(|letter| match letter {
        'a'..='z' => turn(letter, b'a'),
        'A'..='Z' => turn(letter, b'A'),
        other => other,
    });
    letters.collect()
}

fn named(name: &str) -> String {
    let name = turned(name);
    // Windows XP put before each name what it was.
    let name = name.strip_prefix("UEME_RUNPATH:").map(str::to_owned).unwrap_or(name);
    for (id, folder) in FOLDERS {
        if let Some(rest) = name
            .get(id.len()..)
            .filter(|_| name.get(..id.len()).is_some_and(|is| is.eq_ignore_ascii_case(id)))
        {
            return format!("{folder}{rest}");
        }
    }
    name
}

fn assisted(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let path = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist\\*\\Count";
    matching(root, path, &mut |path, key| {
        for value in key.values() {
            let name = named(&value.name);
            // The session's own counters are no programs.
            if name.starts_with("UEME_") && !name.contains(':') {
                continue;
            }
            let (count, last) = match value.bytes.len() {
                68.. => (u32_at(&value.bytes, 4), u64_at(&value.bytes, 60)),
                16 => (u32_at(&value.bytes, 4).map(|count| count.saturating_sub(5)), u64_at(&value.bytes, 8)),
                _ => continue,
            };
            let mut row = scribe.row("userassist", path);
            row.push("Image", name);
            row.push("RunCount", count.unwrap_or(0).to_string());
            let focus = u32_at(&value.bytes, 12).filter(|_| value.bytes.len() >= 68);
            row.push("FocusSeconds", (focus.unwrap_or(0) / 1000).to_string());
            scribe.tell(row, last.filter(|ticks| *ticks > 0).and_then(filetime), value.at);
        }
    });
}

/// The background activity moderators: the last run of a program by each account.
fn moderated(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    for service in ["bam", "dam"] {
        for folder in ["State\\UserSettings", "UserSettings"] {
            let path = format!("{}\\Services\\{service}\\{folder}\\*", scribe.current);
            matching(root, &path, &mut |path, key| {
                for value in key.values() {
                    let last = u64_at(&value.bytes, 0).filter(|ticks| *ticks > 0 && value.kind == 3);
                    let Some(last) = last.and_then(filetime) else { continue };
                    let mut row = scribe.row("bam", path);
                    row.push("Image", value.name.as_str());
                    row.push("UserSid", key.name());
                    row.account = Some(key.name());
                    scribe.tell(row, Some(last), value.at);
                }
            });
        }
    }
}

/// The shim cache: programs that Windows has looked at for compatibility, the latest first, with when each file was last written.
fn shims(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let path = format!("{}\\Control\\Session Manager\\AppCompatCache", scribe.current);
    let Some(value) = root.below(&path).and_then(|key| key.value("AppCompatCache")) else { return };
    let bytes: &[u8] = &value.bytes;
    let entries = match u32_at(bytes, 0) {
        // Windows 7 and Server 2008 R2, 64 bits: paths stand apart.
        Some(0xBADC_0FEE) => old_shims(bytes),
        // Windows 10 and 11: the header's length comes first; before, it was 128 bytes.
        Some(header @ (0x30 | 0x34)) => new_shims(bytes, header as usize),
        _ => new_shims(bytes, 128),
    };
    for (number, (image, ticks)) in (1..).zip(entries) {
        let mut row = scribe.row("shimcache", &path);
        row.push("Image", image);
        row.push("Position", i32::to_string(&number));
        let modified = (ticks > 0).then(|| filetime(ticks)).flatten();
        row.push("Modified", modified.map_or_else(String::new, |time| time.to_string()));
        scribe.tell(row, modified, value.at);
    }
}

fn new_shims(bytes: &[u8], header: usize) -> Vec<(String, u64)> {
    let mut rest = bytes.get(header..).unwrap_or_default();
    let mut found = Vec::new();
    while let Some((entry, size)) = shim(rest).filter(|_| found.len() < MOST_SHIMS) {
        found.push(entry);
        rest = rest.get(size..).unwrap_or_default();
    }
    found
}

fn shim(bytes: &[u8]) -> Option<((String, u64), usize)> {
    let signature = bytes.get(..4)?;
    let size = size_at(bytes, 8)?.checked_add(12)?;
    let entry = bytes.get(..size)?;
    let length = usize::from(u16_at(entry, 12)?);
    let path = wide(slice(entry, 14, length)?);
    let mut at = 14 + length;
    if signature == b"00ts" || signature == b"10ts" {
        // Windows 8 has a package's name and flags between path and time, Windows 10 has not: the size of what follows tells.
        let left = size.checked_sub(at)?;
        let follows = size_at(entry, at + 8).filter(|data| data + 12 == left);
        if follows.is_none() {
            at += 2 + usize::from(u16_at(entry, at)?) + 8;
        }
        return Some(((path, u64_at(entry, at)?), size));
    }
    None
}

fn old_shims(bytes: &[u8]) -> Vec<(String, u64)> {
    let count = size_at(bytes, 4).unwrap_or(0).min(MOST_SHIMS);
    let entry = |number: usize| {
        let at = 128 + number * 48;
        let length = usize::from(u16_at(bytes, at)?);
        let place = usize::try_from(u64_at(bytes, at + 8)?).ok()?;
        Some((wide(slice(bytes, place, length)?), u64_at(bytes, at + 16)?))
    };
    (0..count).map_while(entry).collect()
}

/// A digest as Amcache writes it, with four zeros before it.
fn sha1(text: &str) -> String {
    let digest = text.strip_prefix("0000").unwrap_or(text);
    if digest.len() == 40 { digest.to_lowercase() } else { String::new() }
}

fn inventory(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    matching(root, "Root\\InventoryApplicationFile\\*", &mut |path, key| {
        let text = |name: &str| key.text(name).unwrap_or_default();
        let image = text("LowerCaseLongPath");
        if image.is_empty() {
            return;
        }
        let mut row = scribe.row("amcache", path);
        row.push("Image", image);
        row.push("Sha1", sha1(&text("FileId")));
        row.push("Product", text("ProductName"));
        row.push("Company", text("Publisher"));
        row.push("FileVersion", text("Version"));
        row.push("LinkDate", text("LinkDate"));
        row.push("OriginalFileName", text("OriginalFileName"));
        scribe.tell(row, key.written(), key.at);
    });
}

/// Amcache of Windows 8: values have numbers for names.
fn files(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    matching(root, "Root\\File\\*\\*", &mut |path, key| {
        let text = |name: &str| key.text(name).unwrap_or_default();
        let image = text("15");
        if image.is_empty() {
            return;
        }
        let mut row = scribe.row("amcache", path);
        row.push("Image", image);
        row.push("Sha1", sha1(&text("101")));
        row.push("Product", text("0"));
        row.push("Company", text("1"));
        scribe.tell(row, key.written(), key.at);
    });
}
