//! Registry hives of Windows (`regf`): how somebody stays on a machine (programs that start by themselves, services, tasks), what was
//! run on it, where it was connected to, and which of its protections were switched off. Each event's time is when its key was last
//! written, unless the value says better; its record is the place of the value's cell in the hive. A hive of a running machine is
//! brought up to date by its transaction logs where they lie beside it ([`with_logs`]). `docs/decisions/0004-artefacts.md` says why
//! this is read here.

mod hive;
mod journal;
mod places;
mod programs;
mod removed;
mod scribe;
mod settings;
mod starts;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Artefact, Damage, Head, ReadAt, fill, little::u32_at};
use crate::{
    event::Event,
    evidence::{Item, Open},
};
use hive::{BASE, Hive};
use scribe::Scribe;

/// The largest hive that is read as a whole, 384 MiB; what is longer is read as far.
const LARGEST: u64 = 384 << 20;
/// The largest transaction log.
const LARGEST_LOG: u64 = 64 << 20;

/// The reader of hives without their logs.
#[derive(Debug)]
pub struct Registry;

/// The reader of transaction logs that belong to no hive of the evidence: there is nothing in them to tell by themselves.
#[derive(Debug)]
pub struct Log;

/// The reader of a hive whose logs lie beside it.
struct Logged {
    logs: Vec<Open>,
    path: Arc<str>,
}

/// The reader of a log that is replayed with its hive.
struct Replayed;

/// What kind of file this is: 0 a hive, 1, 2 and 6 logs; none where it is no part of the registry.
fn kind(head: &[u8]) -> Option<u32> {
    head.starts_with(b"regf").then(|| u32_at(head, 28))?
}

fn is_log(head: &Head<'_>) -> bool {
    matches!(kind(head.bytes), Some(1 | 2 | 6))
}

impl Artefact for Registry {
    fn name(&self) -> &'static str {
        "registry"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        kind(head.bytes) == Some(0)
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        read(file, None, &mut damage, each);
        damage
    }
}

impl Artefact for Logged {
    fn name(&self) -> &'static str {
        "registry"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        kind(head.bytes) == Some(0)
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        read(file, Some(self), &mut damage, each);
        damage
    }
}

impl Artefact for Log {
    fn name(&self) -> &'static str {
        "registry log"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        is_log(head)
    }

    fn read(&self, _: &dyn ReadAt, _: u64, _: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        damage.note("a transaction log without the hive that it belongs to: what it holds was not read");
        damage
    }
}

impl Artefact for Replayed {
    fn name(&self) -> &'static str {
        "registry log"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        is_log(head)
    }

    fn read(&self, _: &dyn ReadAt, _: u64, _: &mut dyn FnMut(&Event<'_>)) -> Damage {
        Damage::default()
    }
}

fn bytes(file: &dyn ReadAt, most: u64, damage: &mut Damage) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.size().min(most)).unwrap_or(0)];
    match fill(file, 0, &mut bytes) {
        Ok(count) => bytes.truncate(count),
        Err(error) => {
            damage.note(error.to_string());
            bytes.clear();
        }
    }
    bytes
}

fn read(file: &dyn ReadAt, beside: Option<&Logged>, damage: &mut Damage, each: &mut dyn FnMut(&Event<'_>)) {
    if file.size() > LARGEST {
        damage.note(format!("the hive is {} bytes long; its first {LARGEST} were read", file.size()));
    }
    let mut hive = Hive::new(bytes(file, LARGEST, damage));
    let cut = u32_at(&hive.bytes, 40).is_some_and(|length| hive.bytes.len() < BASE + length as usize);
    if hive.is_dirty() {
        caught_up(&mut hive, beside, damage);
    }
    if cut && file.size() <= LARGEST {
        damage.note("the hive is cut off; what stands before that was read");
    }
    let Some(root) = hive.root() else {
        damage.records += 1;
        return damage.note("the hive's root key cannot be read");
    };
    let path = beside.map_or("", |beside| &beside.path);
    let mut scribe = Scribe::new(&hive, &root, path, each);
    starts::told(&root, &mut scribe);
    settings::told(&root, &mut scribe);
    programs::told(&root, &mut scribe);
    places::told(&root, &mut scribe);
    removed::told(&hive, &mut scribe);
    let (broken, more) = hive.damage();
    damage.records += broken;
    if broken > 0 {
        damage.note("keys or values of the hive are broken; those beside them were read");
    }
    if more {
        damage.note("the hive names more keys than a hive can hold; the rest was left out");
    }
}

/// Replays the logs of a hive that is not up to date, and says what came of it.
fn caught_up(hive: &mut Hive, beside: Option<&Logged>, damage: &mut Damage) {
    let mut logs = Vec::new();
    for open in beside.iter().flat_map(|beside| &beside.logs) {
        match open() {
            Ok(log) => logs.push(bytes(&*log, LARGEST_LOG, damage)),
            Err(error) => damage.note(error.to_string()),
        }
    }
    let most = usize::try_from(LARGEST).unwrap_or(usize::MAX);
    damage.note(match (logs.is_empty(), journal::replay(hive, &logs, most)) {
        (_, 1..) => "the hive was in use when it was copied: its transaction logs were replayed",
        (true, 0) => {
            "the hive was in use when it was copied and its transaction logs are not beside it: its last changes are missing"
        }
        (false, 0) => {
            "the hive was in use when it was copied and nothing in its transaction logs fits it: its last changes are missing"
        }
    });
}

/// The computer's name, where this is the hive that holds it.
pub(crate) fn computer(file: &dyn ReadAt) -> Option<String> {
    let hive = Hive::new(bytes(file, LARGEST, &mut Damage::default()));
    scribe::computer(&hive.root()?)
}

/// Gives each hive that has transaction logs beside it (`NAME.LOG`, `NAME.LOG1`, `NAME.LOG2`) a reader that replays them, and every
/// other one a reader that knows its path, by which a user's hive is told.
pub fn with_logs(items: &mut [Item]) {
    let lower: Vec<String> = items.iter().map(|item| item.path.to_lowercase()).collect();
    let is_hive = |path: &str| {
        let name = path.rsplit(['/', '!']).next().unwrap_or(path);
        ["system", "software", "sam", "security", "ntuser.dat", "usrclass.dat", "amcache.hve", "default"]
            .contains(&name)
    };
    let by_path: std::collections::HashMap<&str, usize> =
        lower.iter().enumerate().map(|(at, path)| (path.as_str(), at)).collect();
    let hives = lower.iter().enumerate().filter(|(_, path)| is_hive(path));
    let beside = |path: &str| -> Vec<usize> {
        let endings = [".log", ".log1", ".log2"].iter();
        endings.filter_map(|ending| by_path.get(format!("{path}{ending}").as_str()).copied()).collect()
    };
    let pairs: Vec<(usize, Vec<usize>)> = hives.map(|(at, path)| (at, beside(path))).collect();
    for (at, logs) in pairs {
        let mut opens: Vec<Open> = Vec::new();
        for log in logs {
            let Some(log) = items.get_mut(log) else { continue };
            log.reader = Some(Arc::new(Replayed));
            opens.push(log.shared());
        }
        if let Some(item) = items.get_mut(at) {
            item.reader = Some(Arc::new(Logged { logs: opens, path: Arc::clone(&item.path) }));
        }
    }
}
