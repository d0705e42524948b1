//! Signs: what a single observation says about a scope question, in plain words. A sign is certain where no ordinary work of a
//! practice looks like it, likely where it is telling only beside a certain one. Commands and paths are those that public
//! reports of ransomware cases name again and again (CISA's #StopRansomware advisories, MITRE ATT&CK).

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::observation::{Observation, Origin, What, bare, file_name};

/// The scope questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of contracts/hunt.md")]
pub enum Question {
    InitialAccess,
    Execution,
    Persistence,
    PrivilegeEscalation,
    CredentialTheft,
    LateralMovement,
    Collection,
    Exfiltration,
    Impact,
}

/// How sure an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A record says so.
    Observed,
    /// It follows from records together.
    Inferred,
    /// Nothing shows it.
    Unknown,
}

/// What one observation says.
#[derive(Debug, Clone)]
pub(crate) struct Sign {
    pub(crate) question: Question,
    pub(crate) certain: bool,
    pub(crate) time: Timestamp,
    pub(crate) host: Arc<str>,
    pub(crate) account: Option<Arc<str>>,
    pub(crate) text: String,
    pub(crate) origins: Vec<Origin>,
    /// What of it can be looked for and blocked elsewhere: kind and value.
    pub(crate) indicators: Vec<(&'static str, String)>,
}

/// Remote management tools and the names of their services, which a practice either knows or does not.
pub(crate) const REMOTE_TOOLS: [&str; 14] = [
    "anydesk",
    "screenconnect",
    "connectwise",
    "splashtop",
    "atera",
    "rustdesk",
    "teamviewer",
    "simplehelp",
    "meshagent",
    "netsupport",
    "remoteutilities",
    "action1",
    "remoteassist",
    "ultraviewer",
];

/// Whether programs that are started from here were put there by somebody's hand.
pub(crate) fn is_dropped(path: &str) -> bool {
    let path = path.to_lowercase();
    let parts = path.trim_start_matches('"').matches('\\').count();
    let below_program_data =
        path.contains(":\\programdata\\") && parts <= 3 && !path.contains("\\microsoft\\");
    below_program_data
        || [
            "\\users\\public\\",
            "\\windows\\temp\\",
            "\\appdata\\local\\temp\\",
            "\\perflogs\\",
            "\\admin$\\",
            "$recycle.bin",
        ]
        .iter()
        .any(|place| path.contains(place))
}

/// What an observation says; nothing for ordinary work.
pub(crate) fn signs(seen: &Observation) -> Vec<Sign> {
    match &seen.what {
        What::Process { image, original, command, sha256 } => {
            process(seen, image, original, command, sha256.as_deref())
        }
        What::Service { name, path } => service(seen, name, path),
        What::Task { name, command } if is_dropped(command) => {
            let text = format!("the scheduled task {name} was created on {} and starts {command}", seen.host);
            vec![sign(seen, Question::Persistence, false, text)]
        }
        What::Member { group, member } if is_privileged(group) => {
            let text = format!("{member} was added to the group {group}");
            vec![sign(seen, Question::PrivilegeEscalation, false, text)]
        }
        What::Cleared { log } => {
            let text = format!("the {log} log of {} was cleared{}", seen.host, by(seen));
            vec![sign(seen, Question::Execution, false, text)]
        }
        What::MemoryRead { image, target } => {
            let text = format!(
                "{} read the memory of {}, where credentials are, on {}{}",
                file_name(image),
                file_name(target),
                seen.host,
                by(seen)
            );
            // Endpoint protection reads it too; it does not live in these places under these names.
            let telling = is_dropped(image)
                || ["rundll32.exe", "powershell.exe", "procdump.exe", "procdump64.exe", "taskmgr.exe"]
                    .contains(&file_name(&image.to_lowercase()));
            if telling { vec![sign(seen, Question::CredentialTheft, true, text)] } else { Vec::new() }
        }
        What::Connection { image, to, name, .. } if is_dropped(image) || is_shell(image) => {
            if crate::observation::is_inside(to) {
                return Vec::new();
            }
            let known = if name.is_empty() { to.to_string() } else { format!("{name} ({to})") };
            let text = format!("{} on {} connected to {known}", file_name(image), seen.host);
            let mut sign = sign(seen, Question::Execution, false, text);
            sign.indicators = vec![(ip_kind(to), to.to_string())];
            if !name.is_empty() {
                sign.indicators.push(("domain", name.to_lowercase()));
            }
            vec![sign]
        }
        What::Script { text } => script(seen, text),
        _ => Vec::new(),
    }
}

pub(crate) const fn ip_kind(address: &std::net::IpAddr) -> &'static str {
    if address.is_ipv4() { "ipv4" } else { "ipv6" }
}

fn sign(seen: &Observation, question: Question, certain: bool, text: String) -> Sign {
    Sign {
        question,
        certain,
        time: seen.time,
        host: seen.host.clone(),
        account: seen.account.clone(),
        text,
        origins: vec![seen.origin.clone()],
        indicators: Vec::new(),
    }
}

fn by(seen: &Observation) -> String {
    seen.account.as_ref().map_or_else(String::new, |account| format!(" by {account}"))
}

fn is_privileged(group: &str) -> bool {
    let group = group.to_lowercase();
    ["domain admins", "enterprise admins", "schema admins", "administrators", "backup operators"]
        .iter()
        .any(|name| group.contains(name))
}

fn is_shell(image: &str) -> bool {
    matches!(
        file_name(&image.to_lowercase()),
        "powershell.exe" | "pwsh.exe" | "rundll32.exe" | "mshta.exe" | "certutil.exe"
    )
}

fn process(
    seen: &Observation,
    image: &str,
    original: &str,
    command: &str,
    sha256: Option<&str>,
) -> Vec<Sign> {
    let line = command.to_lowercase();
    let words: Vec<&str> = line.split_whitespace().collect();
    let has = |parts: &[&str]| all_in(&line, parts);
    let name = file_name(image).to_lowercase();
    let mut found = Vec::new();
    let mut say = |question: Question, certain: bool, what: &str| {
        let text = format!("{what} on {}{}: {}", seen.host, by(seen), shortened(command));
        found.push(sign(seen, question, certain, text));
    };
    if let Some(what) = damage(&name, &line) {
        say(Question::Impact, true, what);
    }
    if let Some(what) = credentials(&line) {
        say(Question::CredentialTheft, true, what);
    }
    if (name == "net.exe" || name == "net1.exe") && has(&["group", "/add"]) && is_privileged(&line) {
        say(Question::PrivilegeEscalation, true, "an account was added to an administrators' group");
    }
    let renamed = original.eq_ignore_ascii_case("rclone.exe") && name != "rclone.exe";
    let copies = words
        .get(1..)
        .unwrap_or_default()
        .first()
        .is_some_and(|verb| matches!(*verb, "copy" | "sync" | "move"));
    let to_remote =
        words.iter().skip(3).any(|word| word.split_once(':').is_some_and(|(remote, _)| remote.len() > 1));
    if copies
        && to_remote
        && (renamed
            || original.eq_ignore_ascii_case("rclone.exe")
            || name == "rclone.exe"
            || is_dropped(image))
    {
        let what = if renamed {
            "rclone under another name copied files to a remote store"
        } else {
            "a tool copied files to a remote store"
        };
        say(Question::Exfiltration, true, what);
        let from = command.split_whitespace().nth(2).unwrap_or("a folder");
        say(Question::Collection, false, &format!("{from} was read for copying"));
    }
    if (name == "7z.exe" || name == "7za.exe" || name == "rar.exe" || name == "winrar.exe")
        && words.get(1) == Some(&"a")
    {
        say(Question::Collection, false, "files were packed into an archive");
    }
    if has(&["dir ", "/s", ">"]) {
        say(Question::Collection, false, "a list of files was written");
    }
    if name == "cmdkey.exe" && has(&["/delete"]) {
        say(Question::Impact, false, "a stored credential was removed");
    }
    if is_download(&line) {
        say(Question::Execution, false, "a program was fetched from the internet");
    }
    if is_dropped(image) {
        say(
            Question::Execution,
            false,
            &format!("{} was started from a place where programs do not belong", file_name(image)),
        );
    }
    if let Some(sha256) = sha256.filter(|_| is_dropped(image)) {
        for sign in &mut found {
            sign.indicators.push(("sha256", sha256.to_owned()));
        }
    }
    for sign in &mut found {
        sign.indicators.extend(domains(&line).map(|domain| ("domain", domain)));
    }
    found
}

fn all_in(line: &str, parts: &[&str]) -> bool {
    parts.iter().all(|part| line.contains(part))
}

/// What keeps a practice from restoring.
fn damage(name: &str, line: &str) -> Option<&'static str> {
    let has = |parts: &[&str]| all_in(line, parts);
    if (name == "vssadmin.exe" && has(&["delete", "shadows"]))
        || (name == "wmic.exe" && has(&["shadowcopy", "delete"]))
        || has(&["win32_shadowcopy", "delete"])
    {
        Some("the shadow copies were deleted")
    } else if name == "wbadmin.exe" && has(&["delete"]) {
        Some("the backup catalog or a backup was deleted")
    } else if name == "bcdedit.exe" && has(&["recoveryenabled", "no"]) {
        Some("Windows was told not to repair itself")
    } else {
        None
    }
}

/// What takes credentials.
fn credentials(line: &str) -> Option<&'static str> {
    let has = |parts: &[&str]| all_in(line, parts);
    if has(&["comsvcs", "minidump"]) || has(&["procdump", "lsass"]) || has(&["sekurlsa"]) {
        Some("the memory that holds credentials was written to a file")
    } else if has(&["ntdsutil", "ifm"]) || has(&["reg", "save", "hklm\\sam"]) {
        Some("the store of passwords was copied")
    } else {
        None
    }
}

fn is_download(line: &str) -> bool {
    let fetches = [
        "invoke-webrequest",
        "downloadfile",
        "downloadstring",
        "start-bitstransfer",
        "certutil -urlcache",
        "curl ",
    ];
    (line.contains("http://") || line.contains("https://")) && fetches.iter().any(|way| line.contains(way))
}

/// The hosts of the web addresses in a text.
fn domains(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("://").skip(1).filter_map(|rest| {
        let host: String = rest
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'))
            .collect();
        (host.contains('.') && host.parse::<std::net::IpAddr>().is_err()).then_some(host)
    })
}

fn service(seen: &Observation, name: &str, path: &str) -> Vec<Sign> {
    let lower = format!("{name} {path}").to_lowercase().replace(' ', "");
    let tool = REMOTE_TOOLS.iter().any(|tool| lower.contains(tool));
    if !tool && !is_dropped(path) && !lower.contains("psexesvc") {
        return Vec::new();
    }
    let kind =
        if tool { "a remote management tool" } else { "a program from a place where programs do not belong" };
    let text = format!(
        "the service \"{name}\" ({kind}: {}) was installed on {}{}",
        shortened(path),
        seen.host,
        by(seen)
    );
    vec![sign(seen, Question::Persistence, false, text)]
}

fn script(seen: &Observation, text: &str) -> Vec<Sign> {
    let lower = text.to_lowercase();
    if !is_download(&lower) {
        return Vec::new();
    }
    let what = format!("PowerShell on {} fetched a program: {}", seen.host, shortened(text));
    let mut sign = sign(seen, Question::Execution, false, what);
    sign.indicators = domains(&lower).map(|domain| ("domain", domain)).collect();
    vec![sign]
}

/// A command on one line, at most 200 letters of it.
pub(crate) fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 200 { line } else { line.chars().take(199).chain(['…']).collect() }
}

/// Files that one program wrote with one ending, counted.
#[derive(Debug, Clone)]
pub(crate) struct Writes {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) count: u64,
    pub(crate) account: Option<Arc<str>>,
    pub(crate) origin: Origin,
}

/// Endings that programs write in number without harm.
const USUAL: [&str; 24] = [
    "tmp", "log", "txt", "dat", "db", "json", "xml", "js", "css", "png", "jpg", "gif", "html", "dll", "exe",
    "mui", "pf", "etl", "lnk", "ini", "cab", "msi", "pdf", "bak",
];

/// Whether so many files in so short a time with this ending are encryption: at least 100, a minute's mean of at least 20.
pub(crate) fn encrypted(host: &Arc<str>, image: &str, ending: &str, writes: &Writes) -> Option<Sign> {
    let minutes = (writes.last.duration_since(writes.first).as_secs_f64() / 60.0).max(1.0);
    let many =
        writes.count >= 100 && f64::from(u32::try_from(writes.count).unwrap_or(u32::MAX)) / minutes >= 20.0;
    if !many || USUAL.contains(&ending) {
        return None;
    }
    let account = writes.account.as_deref().map_or_else(String::new, |account| format!(" as {account}"));
    let text = format!(
        "{} wrote {} files ending in .{ending} on {host} in {} minutes{account}: files were encrypted",
        file_name(image),
        writes.count,
        minutes.ceil()
    );
    Some(Sign {
        question: Question::Impact,
        certain: true,
        time: writes.first,
        host: host.clone(),
        account: writes.account.clone(),
        text,
        origins: vec![writes.origin.clone()],
        indicators: Vec::new(),
    })
}

/// Whether two names are the same account, with or without a domain.
pub(crate) fn same_account(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || ((!one.contains('\\') || !other.contains('\\')) && bare(one).eq_ignore_ascii_case(bare(other)))
}
