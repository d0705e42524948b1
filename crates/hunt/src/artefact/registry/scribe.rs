//! Who writes down what a hive tells: which hive it is, whose it is, how its keys are called, and where the current control set is.

use jiff::Timestamp;

use super::{
    super::row::Row,
    hive::{Hive, Key, Value},
};
use crate::event::Event;

/// Which hive it is, by the keys at its root: names of files are a matter of who copied them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    System,
    Software,
    Sam,
    Security,
    User,
    Classes,
    Amcache,
    Other,
}

fn kind(root: &Key<'_>) -> Kind {
    let names: Vec<String> = root.keys().iter().map(|key| key.name().to_lowercase()).collect();
    let has = |name: &str| names.iter().any(|is| is == name);
    if has("select") || has("controlset001") {
        Kind::System
    } else if has("software") && !has("sam") {
        Kind::User
    } else if has("microsoft") && (has("classes") || has("policies") || has("wow6432node")) {
        Kind::Software
    } else if has("sam") {
        Kind::Sam
    } else if has("policy") {
        Kind::Security
    } else if has("local settings") {
        Kind::Classes
    } else if root.below("Root\\InventoryApplicationFile").or_else(|| root.below("Root\\File")).is_some() {
        Kind::Amcache
    } else if root.below("Microsoft\\Windows\\CurrentVersion").is_some() {
        Kind::Software
    } else {
        Kind::Other
    }
}

/// The name of the control set that the machine starts with.
pub(super) fn current(root: &Key<'_>) -> String {
    let number = root.below("Select").and_then(|select| select.number("Current")).unwrap_or(1);
    format!("ControlSet{number:03}")
}

/// The computer's name, of a SYSTEM hive.
pub(super) fn computer(root: &Key<'_>) -> Option<String> {
    let set = root.below(&current(root))?;
    set.below("Control\\ComputerName\\ComputerName")?.text("ComputerName")
}

/// Whose hive it is: the folder of the user, or where the user's desktop is.
fn owner(root: &Key<'_>, kind: Kind, path: &str, file: &str) -> Option<String> {
    if !matches!(kind, Kind::User | Kind::Classes) {
        return None;
    }
    let after = |path: &str, folder: &str| -> Option<String> {
        let at = path.to_ascii_lowercase().rfind(folder)? + folder.len();
        let name = path.get(at..)?.split(['/', '\\']).next()?;
        (!name.is_empty() && name.len() < path.len() - at).then(|| name.to_owned())
    };
    let folders = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\Shell Folders";
    let desktop = || root.below(folders)?.text("Desktop");
    let path = path.replace('\\', "/");
    after(&path, "/users/")
        .or_else(|| {
            path.to_ascii_lowercase().starts_with("users/").then(|| after(&format!("/{path}"), "/users/"))?
        })
        .or_else(|| after(&desktop()?, "\\users\\"))
        .or_else(|| after(file, "\\users\\"))
}

/// Writes events.
pub(super) struct Scribe<'s> {
    pub(super) kind: Kind,
    /// The control set in use, of a SYSTEM hive.
    pub(super) current: String,
    host: String,
    account: Option<String>,
    prefix: String,
    each: &'s mut dyn FnMut(&Event<'_>),
}

impl<'s> Scribe<'s> {
    pub(super) fn new(hive: &Hive, root: &Key<'_>, path: &str, each: &'s mut dyn FnMut(&Event<'_>)) -> Self {
        let kind = kind(root);
        let account = owner(root, kind, path, &hive.file());
        let user = account.as_deref().unwrap_or("user");
        let prefix = match kind {
            Kind::System => "HKLM\\System".to_owned(),
            Kind::Software => "HKLM\\SOFTWARE".to_owned(),
            Kind::Sam => "HKLM\\SAM".to_owned(),
            Kind::Security => "HKLM\\SECURITY".to_owned(),
            Kind::User => format!("HKU\\{user}"),
            Kind::Classes => format!("HKU\\{user}_Classes"),
            Kind::Amcache => "Amcache".to_owned(),
            Kind::Other => "hive".to_owned(),
        };
        let host = (kind == Kind::System).then(|| computer(root)).flatten().unwrap_or_default();
        Self { kind, current: current(root), host, account, prefix, each }
    }

    /// A key's path as the registry of the machine knows it.
    pub(super) fn path(&self, within: &str) -> String {
        let set = format!("{}\\", self.current);
        match within.strip_prefix(&set).filter(|_| self.kind == Kind::System) {
            Some(rest) => format!("{}\\CurrentControlSet\\{rest}", self.prefix),
            None => format!("{}\\{within}", self.prefix),
        }
    }

    /// An event of this log (`windows/registry` …) that begins with its key.
    pub(super) fn row(&self, log: &str, within: &str) -> Row {
        let mut row = Row {
            channel: format!("windows/{log}"),
            host: self.host.clone(),
            account: self.account.clone(),
            ..Row::default()
        };
        row.push("Key", self.path(within));
        row
    }

    /// An event of a value as Sysmon tells of one that is set, so that rules for its events see it, and of what kind it is.
    pub(super) fn set(&self, within: &str, value: &str, details: String, kind: &str) -> Row {
        let mut row = self.row("registry", within);
        row.push("EventType", "SetValue");
        row.push("TargetObject", format!("{}\\{value}", self.path(within)));
        row.push("Details", details);
        row.push("ValueName", value);
        row.push("Kind", kind);
        row
    }

    pub(super) fn tell(&mut self, mut row: Row, time: Option<Timestamp>, at: u64) {
        row.time = time;
        row.emit(at, self.each);
    }
}

/// What a default value is called.
pub(super) fn called<'v>(value: &'v Value<'_>) -> &'v str {
    if value.name.is_empty() { "(Default)" } else { &value.name }
}

/// Calls with every key that a path leads to, in which `*` is any name, and with that key's own path.
pub(super) fn matching<'h>(root: &Key<'h>, path: &str, each: &mut dyn FnMut(&str, &Key<'h>)) {
    walk(*root, &mut path.split('\\').collect::<Vec<_>>(), &mut String::new(), each);
}

fn walk<'h>(key: Key<'h>, path: &mut [&str], trail: &mut String, each: &mut dyn FnMut(&str, &Key<'h>)) {
    let Some((name, rest)) = path.split_first_mut() else { return each(trail, &key) };
    for below in key.keys() {
        let is = below.name();
        if *name == "*" || is.eq_ignore_ascii_case(name) {
            let before = trail.len();
            if before > 0 {
                trail.push('\\');
            }
            trail.push_str(&is);
            walk(below, rest, trail, each);
            trail.truncate(before);
            if *name != "*" {
                break;
            }
        }
    }
}
