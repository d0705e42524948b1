//! What a machine itself keeps of what was done on it: its registry, its lists of programs that ran, its browsers' histories. Unlike a
//! log it says only the last time, so that what ordinary software does as well is told only beside something certain.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    backwards::Trace,
    collector::Collector,
    observation::{Observation, Origin, What, account_name, file_name, host_name},
    signs::{Question, REMOTE_TOOLS, Sign, is_dropped, shortened},
};

/// A record of a machine's own keeping.
#[derive(Debug, Clone)]
pub struct Kept<'a> {
    /// When; for a key of the registry when it was last written.
    pub time: Timestamp,
    /// The host.
    pub computer: &'a str,
    /// Whose it is, where that is known.
    pub account: Option<&'a str>,
    /// Where it stands.
    pub origin: Origin,
    /// What it keeps.
    pub keeps: Keeps<'a>,
}

/// What it is.
#[derive(Debug, Clone)]
pub enum Keeps<'a> {
    /// A service.
    Service {
        /// Its name.
        name: &'a str,
        /// What it starts.
        path: &'a str,
    },
    /// A scheduled task.
    Task {
        /// Its name.
        name: &'a str,
        /// What it starts.
        command: &'a str,
        /// Whether it was taken out of what Windows shows.
        hidden: bool,
    },
    /// Another way to be started by Windows.
    Start {
        /// Which: `run key`, `winlogon`, `image file execution options` ….
        kind: &'a str,
        /// The registry's key and value.
        place: &'a str,
        /// What is started.
        command: &'a str,
    },
    /// A protection that is off.
    Off {
        /// In words, the host left out.
        meaning: &'a str,
        /// Whether it is one that guards credentials.
        credentials: bool,
    },
    /// A program that was run.
    Ran {
        /// Its path.
        image: &'a str,
        /// Who says so: `UserAssist`, `prefetch`.
        by: &'static str,
    },
    /// A file that a browser fetched.
    Download {
        /// From where.
        url: &'a str,
        /// To where.
        path: &'a str,
        /// By which browser.
        browser: &'a str,
    },
}

/// A download that may be how they got in.
#[derive(Debug, Clone)]
pub(crate) struct Download {
    pub(crate) time: Timestamp,
    pub(crate) host: Arc<str>,
    pub(crate) account: Option<Arc<str>>,
    pub(crate) url: String,
    pub(crate) path: String,
    pub(crate) browser: String,
    pub(crate) origin: Origin,
}

/// A program that was started out of a folder for downloads. By itself it is ordinary work.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    time: Timestamp,
    host: Arc<str>,
    /// The file's name, in small letters.
    name: String,
    origin: Origin,
}

impl Opened {
    pub(crate) fn of(seen: &Observation) -> Option<Self> {
        let What::Process { image, .. } = &seen.what else { return None };
        let image = image.to_lowercase();
        image.contains("\\downloads\\").then(|| Self {
            time: seen.time,
            host: seen.host.clone(),
            name: file_name(&image).to_owned(),
            origin: seen.origin.clone(),
        })
    }

    pub(crate) fn order(&self) -> impl Ord + use<> {
        (self.time, self.origin.clone())
    }
}

/// Programs that start before anybody signs in, and what gives a shell in their place.
const AT_SIGN_IN: [&str; 7] = [
    "sethc.exe",
    "utilman.exe",
    "osk.exe",
    "magnify.exe",
    "narrator.exe",
    "displayswitch.exe",
    "atbroker.exe",
];
/// Programs that start others, which a line of an autostart needs only where it hides something.
const SCRIPT_HOSTS: [&str; 8] =
    ["powershell", "pwsh", "mshta", "wscript", "cscript", "rundll32", "regsvr32", "cmd.exe /c"];
/// Tools that public reports of intrusions name again and again, by the beginning of their file's name.
const TOOLS: [&str; 12] = [
    "rclone",
    "mimikatz",
    "psexec",
    "procdump",
    "advanced_ip_scanner",
    "advanced_port_scanner",
    "adfind",
    "netscan",
    "megasync",
    "winscp",
    "ngrok",
    "lazagne",
];
/// How long after a download what was fetched is started, where one led to the other.
const SOON: SignedDuration = SignedDuration::from_hours(24);

fn is_tool(path: &str) -> bool {
    let name = file_name(path).to_lowercase();
    TOOLS.iter().any(|tool| name.starts_with(tool))
}

fn is_remote(text: &str) -> bool {
    let text = text.to_lowercase().replace(' ', "");
    REMOTE_TOOLS.iter().any(|tool| text.contains(tool))
}

/// What a command that starts by itself would have to explain.
fn odd(command: &str) -> Option<&'static str> {
    let lower = command.to_lowercase();
    if is_remote(command) {
        Some("a remote management tool")
    } else if is_dropped(command) {
        Some("a program from a place where programs do not belong")
    } else if SCRIPT_HOSTS.iter().any(|host| lower.contains(host)) {
        Some("a script host")
    } else if lower.contains("\\appdata\\") || lower.contains("%appdata%") {
        Some("a program from a user's own folder")
    } else {
        None
    }
}

/// Whether Windows' own word stands there: the shell, what runs at sign-in.
fn is_usual(place: &str, command: &str) -> bool {
    let place = place.to_lowercase();
    let is = |names: &[&str]| {
        command
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .all(|part| names.contains(&file_name(part).to_lowercase().as_str()))
    };
    (place.ends_with("\\shell") && is(&["explorer.exe"]))
        || (place.ends_with("\\userinit") && is(&["userinit.exe"]))
        || (place.ends_with("\\vmapplet"))
}

impl Kept<'_> {
    fn host(&self) -> Arc<str> {
        host_name(self.computer)
    }

    fn account(&self) -> Option<Arc<str>> {
        let account = self.account.filter(|account| !account.starts_with("S-1-"))?;
        let (domain, name) = account.split_once('\\').unwrap_or(("", account));
        account_name(domain, name)
    }

    /// The download, where it is one of a program, script or archive.
    pub(crate) fn download(&self) -> Option<Download> {
        let Keeps::Download { url, path, browser } = &self.keeps else { return None };
        Some(Download {
            time: self.time,
            host: self.host(),
            account: self.account(),
            url: (*url).to_owned(),
            path: (*path).to_owned(),
            browser: (*browser).to_owned(),
            origin: self.origin.clone(),
        })
    }

    /// What it says; nothing for ordinary work.
    pub(crate) fn sign(&self) -> Option<Sign> {
        let host = self.host();
        let (question, certain, text) = match &self.keeps {
            Keeps::Service { name, path } => {
                let kind = odd(path).or_else(|| is_remote(name).then_some("a remote management tool"))?;
                let text = format!(
                    "the registry of {host} holds the service \"{name}\" ({kind}): {}",
                    shortened(path)
                );
                (Question::Persistence, false, text)
            }
            Keeps::Task { name, command, hidden } => {
                let kind = if *hidden { "taken out of the list that Windows shows" } else { odd(command)? };
                let text = format!(
                    "the registry of {host} holds the scheduled task {name} ({kind}): {}",
                    shortened(command)
                );
                (Question::Persistence, false, text)
            }
            Keeps::Start { kind, place, command } => started(&host, kind, place, command)?,
            Keeps::Off { meaning, credentials } => {
                let question = if *credentials { Question::CredentialTheft } else { Question::Execution };
                (question, false, format!("{meaning} on {host}"))
            }
            Keeps::Ran { image, by } => {
                let why = if is_dropped(image) {
                    " from a place where programs do not belong"
                } else if is_tool(image) {
                    ""
                } else {
                    return None;
                };
                (
                    Question::Execution,
                    false,
                    format!("{} was run on {host}{why}, as {by} says: {image}", file_name(image)),
                )
            }
            Keeps::Download { url, path, browser } => {
                let name = file_name(path);
                if !is_tool(path) && !is_remote(name) {
                    return None;
                }
                (Question::Execution, false, format!("{name} was downloaded on {host} with {browser}: {url}"))
            }
        };
        let (account, origins) = (self.account(), vec![self.origin.clone()]);
        Some(Sign {
            question,
            certain,
            time: self.time,
            host,
            account,
            text,
            origins,
            indicators: Vec::new(),
        })
    }
}

fn started(host: &str, kind: &str, place: &str, command: &str) -> Option<(Question, bool, String)> {
    let names: Vec<&str> = place.rsplit('\\').take(2).collect();
    let text = format!("the registry of {host} starts a program by itself ({place}): {}", shortened(command));
    let program = names.last().map(|name| name.to_lowercase()).unwrap_or_default();
    let (question, certain) = match kind {
        "image file execution options" if AT_SIGN_IN.contains(&program.as_str()) => {
            let text = format!(
                "{program} of {host}, which starts before anybody signs in, was made to start another program: {}",
                shortened(command)
            );
            return Some((Question::Persistence, true, text));
        }
        "winlogon" if is_usual(place, command) => return None,
        "winlogon" => (Question::Persistence, is_dropped(command)),
        _ => {
            odd(command)?;
            (Question::Persistence, false)
        }
    };
    Some((question, certain, text))
}

/// The downloads that were started within a day on a host of theirs, as far as signs or started programs have the same name.
pub(crate) fn way_in<'c>(all: &'c Collector, trace: &Trace<'_>) -> Vec<(&'c Download, Origin)> {
    let Some(earliest) = trace.earliest() else { return Vec::new() };
    let started = |download: &Download| {
        let name = file_name(&download.path).to_lowercase();
        if name.len() <= 4 {
            return None;
        }
        let soon = |host: &Arc<str>, time: Timestamp| {
            *host == download.host && time >= download.time && time.duration_since(download.time) <= SOON
        };
        let sign = all.signs.iter().find(|sign| {
            soon(&sign.host, sign.time)
                && sign.question == Question::Execution
                && !sign.origins.contains(&download.origin)
                && sign.text.to_lowercase().contains(&name)
        });
        let opened = || all.opened.iter().find(|start| soon(&start.host, start.time) && start.name == name);
        sign.and_then(|sign| sign.origins.first().cloned()).or_else(|| Some(opened()?.origin.clone()))
    };
    all.downloads
        .iter()
        .filter(|download| {
            trace.hosts.contains_key(&download.host)
                && (download.time <= earliest || download.time.duration_since(earliest) <= SOON)
        })
        .filter_map(|download| Some((download, started(download)?)))
        .collect()
}
