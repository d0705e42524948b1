//! Services and scheduled tasks (ATT&CK T1543.003, T1053.005).

use std::collections::HashSet;

use super::{
    super::little::{size_at, slice, u16_at, u64_at, wide},
    hive::Key,
    scribe::{Kind, Scribe, matching},
};
use crate::event::filetime;

/// How deep folders of tasks are followed.
const DEEPEST: usize = 24;

const TASKS: &str = "Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache";

pub(super) fn told(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    match scribe.kind {
        Kind::System => services(root, scribe),
        Kind::Software => tasks(root, scribe),
        _ => {}
    }
}

fn services(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let path = format!("{}\\Services\\*", scribe.current);
    matching(root, &path, &mut |path, key| {
        let parameters = key.below("Parameters");
        let library =
            parameters.and_then(|below| below.text("ServiceDll")).or_else(|| key.text("ServiceDll"));
        let image = key.value("ImagePath");
        let command = image.as_ref().map(super::hive::Value::text).unwrap_or_default();
        if command.is_empty() && library.is_none() {
            return;
        }
        let mut row = scribe.set(path, "ImagePath", command.clone(), "service");
        row.push("ServiceName", key.name());
        row.push("ImagePath", command);
        row.push("ServiceDll", library.unwrap_or_default());
        row.push("DisplayName", key.text("DisplayName").unwrap_or_default());
        row.push("ObjectName", key.text("ObjectName").unwrap_or_default());
        let start = match key.number("Start") {
            Some(0) => "boot",
            Some(1) => "system",
            Some(2) => "auto",
            Some(3) => "demand",
            Some(4) => "disabled",
            _ => "",
        };
        row.push("Start", start);
        row.push("ServiceType", key.number("Type").map_or_else(String::new, |kind| format!("{kind:#x}")));
        scribe.tell(row, key.written(), image.map_or(key.at, |image| image.at));
    });
}

/// A counted string of a task's actions, and where it ends.
fn counted(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let length = size_at(bytes, at)?;
    Some((wide(slice(bytes, at + 4, length)?), at + 4 + length))
}

/// The commands of a task.
fn actions(bytes: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut read = || -> Option<()> {
        let version = u16_at(bytes, 0)?;
        let mut at = if version >= 2 { counted(bytes, 2)?.1 } else { 2 };
        loop {
            let kind = u16_at(bytes, at)?;
            let (_, after) = counted(bytes, at + 2)?;
            match kind {
                0x6666 => {
                    let (command, after) = counted(bytes, after)?;
                    let (arguments, after) = counted(bytes, after)?;
                    let (_, after) = counted(bytes, after)?;
                    found.push((command, arguments));
                    at = if version >= 3 { after + 2 } else { after };
                }
                // A class that is called: its id, and its data.
                0x7777 => at = counted(bytes, after + 16)?.1,
                _ => return None,
            }
        }
    };
    let _ = read();
    found
}

/// Ids of tasks whose entry in the tree has no security descriptor: no tool of Windows shows those.
fn hidden(key: &Key<'_>, deep: usize, into: &mut HashSet<String>) {
    for below in key.keys() {
        if let Some(id) = below.text("Id").filter(|_| below.value("SD").is_none()) {
            into.insert(id.to_lowercase());
        }
        if deep < DEEPEST {
            hidden(&below, deep + 1, into);
        }
    }
}

fn tasks(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let mut unseen = HashSet::new();
    if let Some(tree) = root.below(&format!("{TASKS}\\Tree")) {
        hidden(&tree, 0, &mut unseen);
    }
    matching(root, &format!("{TASKS}\\Tasks\\*"), &mut |path, key| {
        let Some(value) = key.value("Actions") else { return };
        let name = key.text("Path").unwrap_or_else(|| key.name());
        let times = key.value("DynamicInfo");
        let time = |at: usize| {
            let ticks =
                times.as_ref().and_then(|times| u64_at(&times.bytes, at)).filter(|ticks| *ticks > 0)?;
            filetime(ticks)
        };
        for (command, arguments) in actions(&value.bytes) {
            let line = format!("{command} {arguments}");
            let mut row = scribe.set(path, "Actions", line.trim().to_owned(), "task");
            row.push("TaskName", name.as_str());
            row.push("Command", command);
            row.push("Arguments", arguments);
            row.push("Author", key.text("Author").unwrap_or_default());
            for (name, at) in [("Created", 4), ("LastRun", 12)] {
                row.push(name, time(at).map_or_else(String::new, |time| time.to_string()));
            }
            let is_hidden = unseen.contains(&key.name().to_lowercase());
            row.push("Hidden", if is_hidden { "true" } else { "false" });
            scribe.tell(row, key.written(), value.at);
        }
    });
}
