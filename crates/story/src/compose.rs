//! The story: the scope questions of `contracts/hunt.md`, each answer with the records that it rests on and how sure it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    backwards::{self, Trace, belongs, host_of, is_public},
    collector::{Collector, LogonKey, Logons},
    kept,
    observation::{Flow, Origin, is_inside},
    signs::{Confidence, Question, Sign, ip_kind, same_account},
};

/// What happened, as far as the evidence shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    /// How they got in.
    pub initial_access: Vec<Answer>,
    /// What they ran.
    pub execution: Vec<Answer>,
    /// How they stayed.
    pub persistence: Vec<Answer>,
    /// How they gained rights.
    pub privilege_escalation: Vec<Answer>,
    /// Which credentials they took.
    pub credential_theft: Vec<Answer>,
    /// How they went from host to host.
    pub lateral_movement: Vec<Edge>,
    /// What they gathered.
    pub collection: Vec<Answer>,
    /// What left.
    pub exfiltration: Vec<Answer>,
    /// What they damaged.
    pub impact: Vec<Answer>,
    /// The earliest sign of them.
    pub earliest: Answer,
    /// The latest sign of them.
    pub latest: Answer,
    /// The hosts that were in their hands, or that they damaged.
    pub hosts: Vec<HostSeen>,
    /// The accounts that they used.
    pub accounts: Vec<Account>,
    /// What to look for and to block elsewhere.
    pub indicators: Vec<IndicatorSeen>,
}

/// An answer to a scope question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// How sure.
    pub confidence: Confidence,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// On which host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Arc<str>>,
    /// Under which account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Arc<str>>,
    /// Where data went: address or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// How many bytes went there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The records that it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<Origin>,
    /// The rules that matched those records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Arc<str>>,
}

/// A step from one host to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The host it came from; its address where no record says which host that is.
    pub from: String,
    /// The host it went to.
    pub to: Arc<str>,
    /// Under which account.
    pub account: Arc<str>,
    /// By what means.
    pub means: String,
    /// When first.
    pub time: Timestamp,
    /// How sure.
    pub confidence: Confidence,
    /// The records that it rests on.
    pub rests_on: Vec<Origin>,
}

/// A host of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostSeen {
    /// Its short name in capitals.
    pub host: Arc<str>,
    /// Since when it was in their hands, as far as is known.
    pub since: Timestamp,
    /// The last sign of them on it.
    pub until: Timestamp,
}

/// An account of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// `DOMAIN\name`.
    pub account: Arc<str>,
    /// Since when they used it, as far as is known.
    pub since: Timestamp,
}

/// An indicator of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndicatorSeen {
    /// `ipv4`, `ipv6`, `domain` or `sha256`.
    pub kind: &'static str,
    /// Its value.
    pub value: String,
    /// When it was first seen.
    pub first: Timestamp,
    /// The record that it stands in.
    pub rests_on: Origin,
}

impl Answer {
    /// That nothing shows it.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            confidence: Confidence::Unknown,
            text: String::new(),
            time: None,
            host: None,
            account: None,
            destination: None,
            bytes: None,
            rests_on: Vec::new(),
            rules: Vec::new(),
        }
    }

    fn of(sign: &Sign, rules: &Rules<'_>) -> Self {
        Self {
            confidence: Confidence::Observed,
            text: sentence(&sign.text),
            time: Some(sign.time),
            host: Some(sign.host.clone()),
            account: sign.account.clone(),
            rests_on: sign.origins.clone(),
            rules: sign.origins.iter().flat_map(|origin| rules.of(origin)).collect(),
            ..Self::unknown()
        }
    }
}

/// Which rules matched a record.
struct Rules<'a>(BTreeMap<&'a Origin, BTreeSet<Arc<str>>>);

impl<'a> Rules<'a> {
    fn new(all: &'a Collector) -> Self {
        let mut rules: BTreeMap<&Origin, BTreeSet<Arc<str>>> = BTreeMap::new();
        for detected in &all.detections {
            rules.entry(&detected.origin).or_default().insert(detected.rule.clone());
        }
        Self(rules)
    }

    fn of(&self, origin: &Origin) -> impl Iterator<Item = Arc<str>> + '_ {
        self.0.get(origin).into_iter().flatten().cloned()
    }
}

fn sentence(text: &str) -> String {
    // A program's name stays as it is written.
    if text.split_whitespace().next().is_some_and(|word| word.contains('.')) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Composes the story of all that was collected.
pub(crate) fn story(all: &Collector) -> Story {
    let rules = Rules::new(all);
    let trace = backwards::trace(all);
    let told = tell(all, &trace);
    let edges = edges(all, &trace);
    let answers = |question: Question| -> Vec<Answer> {
        let of_question = told.iter().filter(|sign| sign.question == question);
        or_unknown(joined(of_question.map(|sign| Answer::of(sign, &rules)).collect()))
    };
    let exfiltration = exfiltration(all, &trace, &told, &rules);
    let hosts = hosts(&trace, &told, &edges);
    let way_in = initial_access(all, &trace);
    Story {
        earliest: earliest(&trace, &told, &way_in),
        initial_access: or_unknown(way_in),
        execution: answers(Question::Execution),
        persistence: answers(Question::Persistence),
        privilege_escalation: answers(Question::PrivilegeEscalation),
        credential_theft: answers(Question::CredentialTheft),
        collection: answers(Question::Collection),
        impact: answers(Question::Impact),
        latest: latest(&told, &exfiltration),
        accounts: accounts(&trace),
        indicators: indicators(&trace, &told, &exfiltration),
        lateral_movement: edges,
        exfiltration,
        hosts,
    }
}

fn or_unknown(answers: Vec<Answer>) -> Vec<Answer> {
    if answers.is_empty() { vec![Answer::unknown()] } else { answers }
}

/// The signs that belong to the story, those that the rules alone saw among them.
fn tell(all: &Collector, trace: &Trace<'_>) -> Vec<Sign> {
    let mut told: Vec<Sign> = all.signs.iter().filter(|sign| belongs(trace, sign)).cloned().collect();
    let known: BTreeSet<Origin> = told.iter().flat_map(|sign| sign.origins.iter().cloned()).collect();
    let mut said = BTreeSet::new();
    for detected in &all.detections {
        let Some(question) = detected.question().filter(|_| matches!(&*detected.level, "critical" | "high"))
        else {
            continue;
        };
        let host = crate::observation::host_name(&detected.computer);
        if known.contains(&detected.origin) || !said.insert((host.clone(), detected.rule_id.clone())) {
            continue;
        }
        let sign = Sign {
            question,
            certain: false,
            time: detected.time,
            text: format!("a rule matched on {host}: {}", detected.rule),
            host,
            account: detected.account.as_deref().map(Arc::from),
            origins: vec![detected.origin.clone()],
            indicators: Vec::new(),
        };
        if belongs(trace, &sign) {
            told.push(sign);
        }
    }
    told.sort_by(|a, b| (a.time, &a.host, &a.text, &a.origins).cmp(&(b.time, &b.host, &b.text, &b.origins)));
    told
}

/// Whether two texts tell of the same thing: one says more than the other, or the command after the colon is the same.
fn alike(one: &str, other: &str) -> bool {
    let command = |text: &str| text.split_once(": ").map(|(_, command)| command.to_owned());
    one.starts_with(other)
        || other.starts_with(one)
        || command(one).is_some_and(|command_of_one| Some(command_of_one) == command(other))
}

/// The same thing in two logs (a process in Security and in Sysmon) is one answer that rests on both.
fn joined(answers: Vec<Answer>) -> Vec<Answer> {
    let mut joined: Vec<Answer> = Vec::new();
    for answer in answers {
        let same = joined.iter_mut().rev().take(16).find(|known| {
            let near = known
                .time
                .zip(answer.time)
                .is_some_and(|(a, b)| b.duration_since(a).abs() <= SignedDuration::from_secs(5));
            near && known.host == answer.host && alike(&known.text, &answer.text)
        });
        match same {
            Some(known) => {
                known.rests_on.extend(answer.rests_on);
                let more: Vec<_> =
                    answer.rules.into_iter().filter(|rule| !known.rules.contains(rule)).collect();
                known.rules.extend(more);
                known.account = known.account.take().or(answer.account);
                if answer.text.len() > known.text.len() {
                    known.text = answer.text;
                }
            }
            None => joined.push(answer),
        }
    }
    joined
}

fn initial_access(all: &Collector, trace: &Trace<'_>) -> Vec<Answer> {
    if !trace.outside.is_empty() {
        return trace
            .outside
            .iter()
            .map(|sign_in| Answer {
                // That this session led to the rest follows from the account and the address; no record says it.
                confidence: Confidence::Inferred,
                text: format!(
                    "{} signed in to {} from {}{}",
                    sign_in.user,
                    sign_in.to,
                    sign_in.from,
                    if sign_in.second_factor == Some(false) { ", without a second factor" } else { "" }
                ),
                time: Some(sign_in.time),
                account: Some(Arc::from(sign_in.user.as_str())),
                rests_on: vec![sign_in.origin.clone()],
                ..Answer::unknown()
            })
            .collect();
    }
    let Some(entry) = &trace.entry else { return downloaded(all, trace) };
    let public = is_public(&entry.key.from);
    let whose = if public {
        "an address outside"
    } else {
        "an address that is none of the hosts seen; how they came there is not known"
    };
    vec![Answer {
        confidence: if public { Confidence::Observed } else { Confidence::Inferred },
        text: format!(
            "{} signed in to {} by remote desktop from {}, {whose}",
            entry.key.account, entry.key.host, entry.key.from
        ),
        time: Some(entry.logons.first),
        host: Some(entry.key.host.clone()),
        account: Some(entry.key.account.clone()),
        rests_on: vec![entry.logons.origin.clone()],
        ..Answer::unknown()
    }]
}

/// What a browser fetched and somebody started soon after, where no sign-in from elsewhere was found.
fn downloaded(all: &Collector, trace: &Trace<'_>) -> Vec<Answer> {
    let found = kept::way_in(all, trace);
    let answer = |(download, started): (&kept::Download, Origin)| Answer {
        // That it was this file which was started follows from its name and the time; no record says it.
        confidence: Confidence::Inferred,
        text: format!(
            "{} was downloaded on {} with {} and started soon after: {}",
            crate::observation::file_name(&download.path),
            download.host,
            download.browser,
            download.url
        ),
        time: Some(download.time),
        host: Some(download.host.clone()),
        account: download.account.clone(),
        rests_on: vec![download.origin.clone(), started],
        ..Answer::unknown()
    };
    found.into_iter().map(answer).collect()
}

/// Every remote desktop session of an account in the attacker's hands since it was, a step each.
fn edges(all: &Collector, trace: &Trace<'_>) -> Vec<Edge> {
    let Some(earliest) = trace.earliest() else { return Vec::new() };
    let theirs = |key: &LogonKey, logons: &Logons| {
        key.kind == 10
            && logons.last >= earliest
            && trace
                .accounts
                .iter()
                .any(|(known, since)| same_account(known, &key.account) && logons.last >= *since)
    };
    let mut edges: Vec<Edge> = Vec::new();
    let mut logons: Vec<_> = all.logons.iter().filter(|(key, logons)| theirs(key, logons)).collect();
    logons.sort_by_key(|(_, logons)| logons.first);
    for (key, logons) in logons {
        let from = host_of(all, &key.from).map_or_else(|| key.from.clone(), |host| host.to_string());
        if from == *key.host {
            continue;
        }
        let known = edges
            .iter_mut()
            .find(|edge| edge.from == from && edge.to == key.host && edge.account == key.account);
        match known {
            Some(edge) => edge.rests_on.push(logons.origin.clone()),
            None => edges.push(Edge {
                from,
                to: key.host.clone(),
                account: key.account.clone(),
                means: "remote desktop".to_owned(),
                time: logons.first,
                confidence: Confidence::Observed,
                rests_on: vec![logons.origin.clone()],
            }),
        }
    }
    edges
}

/// Flows to one address, together: bytes, the first, and where they stand.
type Sum<'a> = (u64, &'a Flow, Vec<Origin>);

/// Large flows outward from the story's hosts since the beginning, and what the tools' commands say.
fn exfiltration(all: &Collector, trace: &Trace<'_>, told: &[Sign], rules: &Rules<'_>) -> Vec<Answer> {
    let of_signs = told.iter().filter(|sign| sign.question == Question::Exfiltration);
    let mut answers = joined(of_signs.map(|sign| Answer::of(sign, rules)).collect());
    let Some(earliest) = trace.earliest() else { return or_unknown(answers) };
    let contacted: BTreeSet<&str> =
        told.iter().flat_map(|sign| &sign.indicators).map(|(_, value)| value.as_str()).collect();
    let mut sums: BTreeMap<(Arc<str>, IpAddr), Sum<'_>> = BTreeMap::new();
    for flow in all.flows.iter().filter(|flow| flow.time >= earliest && !is_inside(&flow.to)) {
        let host = host_of(all, &flow.from.to_string()).unwrap_or_else(|| Arc::from(flow.from.to_string()));
        let known = trace.hosts.get(&host).is_some_and(|since| flow.time >= *since);
        let to_theirs = contacted.contains(flow.to.to_string().as_str());
        if !(to_theirs || known && flow.sent >= 500_000_000) {
            continue;
        }
        let entry = sums.entry((host, flow.to)).or_insert((0, flow, Vec::new()));
        entry.0 += flow.sent;
        entry.2.push(flow.origin.clone());
    }
    for ((host, to), (bytes, flow, origins)) in sums {
        answers.push(Answer {
            confidence: Confidence::Observed,
            text: format!(
                "{} left {host} for {to} port {}, as {} counted",
                size(bytes),
                flow.port,
                flow.observer
            ),
            time: Some(flow.time),
            host: Some(host),
            destination: Some(to.to_string()),
            bytes: Some(bytes),
            rests_on: origins,
            ..Answer::unknown()
        });
    }
    answers.sort_by_key(|answer| answer.time);
    or_unknown(answers)
}

/// Bytes as people say them: decimal, one place.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

fn earliest(trace: &Trace<'_>, told: &[Sign], way_in: &[Answer]) -> Answer {
    let Some(time) = trace.earliest() else { return Answer::unknown() };
    // An inferred way in may lie before everything that is certain.
    let before = way_in.iter().filter(|answer| answer.time.is_some_and(|since| since < time));
    if let Some(first) = before.min_by_key(|answer| answer.time) {
        return first.clone();
    }
    if let Some(sign_in) = trace.outside.first().filter(|sign_in| sign_in.time == time) {
        return Answer {
            confidence: Confidence::Inferred,
            text: format!(
                "The first sign-in to {} from {}, from where the attack came later",
                sign_in.to, sign_in.from
            ),
            time: Some(time),
            rests_on: vec![sign_in.origin.clone()],
            ..Answer::unknown()
        };
    }
    let hop = trace.hops.iter().find(|hop| hop.logons.first == time);
    let sign = told.iter().find(|sign| sign.time == time);
    let (text, rests_on) = match (hop, sign) {
        (Some(hop), _) => (
            format!("{} signed in to {} from {}", hop.key.account, hop.key.host, hop.key.from),
            vec![hop.logons.origin.clone()],
        ),
        (None, Some(sign)) => (sentence(&sign.text), sign.origins.clone()),
        (None, None) => (String::new(), Vec::new()),
    };
    // Without the way in, what came before is not known: this is the earliest sign, and not surely the beginning.
    let confidence = if trace.entry.is_some() { Confidence::Observed } else { Confidence::Inferred };
    Answer { confidence, text, time: Some(time), rests_on, ..Answer::unknown() }
}

fn latest(told: &[Sign], exfiltration: &[Answer]) -> Answer {
    let flow = exfiltration.iter().filter(|answer| answer.time.is_some()).max_by_key(|answer| answer.time);
    let sign = told.iter().max_by_key(|sign| sign.time);
    match (sign, flow) {
        (Some(sign), flow) if flow.is_none_or(|flow| flow.time.is_none_or(|time| time <= sign.time)) => {
            Answer {
                confidence: Confidence::Observed,
                text: sentence(&sign.text),
                time: Some(sign.time),
                host: Some(sign.host.clone()),
                rests_on: sign.origins.clone(),
                ..Answer::unknown()
            }
        }
        (_, Some(flow)) => flow.clone(),
        _ => Answer::unknown(),
    }
}

fn hosts(trace: &Trace<'_>, told: &[Sign], edges: &[Edge]) -> Vec<HostSeen> {
    let mut seen: BTreeMap<Arc<str>, (Timestamp, Timestamp)> =
        trace.hosts.iter().map(|(host, since)| (host.clone(), (*since, *since))).collect();
    let moments =
        told.iter().map(|sign| (&sign.host, sign.time)).chain(edges.iter().map(|edge| (&edge.to, edge.time)));
    for (host, time) in moments {
        let known = seen.entry(host.clone()).or_insert((time, time));
        *known = (known.0.min(time), known.1.max(time));
    }
    let mut hosts: Vec<_> =
        seen.into_iter().map(|(host, (since, until))| HostSeen { host, since, until }).collect();
    hosts.sort_by(|a, b| (a.since, &a.host).cmp(&(b.since, &b.host)));
    hosts
}

fn accounts(trace: &Trace<'_>) -> Vec<Account> {
    let mut accounts: Vec<_> = trace
        .accounts
        .iter()
        .map(|(account, since)| Account { account: account.clone(), since: *since })
        .collect();
    // A sign-in from outside under the same account is when it was first theirs.
    for account in &mut accounts {
        let outside = trace.outside.iter().filter(|sign_in| {
            crate::observation::bare(&sign_in.user)
                .eq_ignore_ascii_case(crate::observation::bare(&account.account))
        });
        account.since =
            outside.map(|sign_in| sign_in.time).chain([account.since]).min().unwrap_or(account.since);
    }
    accounts.sort_by(|a, b| (a.since, &a.account).cmp(&(b.since, &b.account)));
    accounts
}

fn indicators(trace: &Trace<'_>, told: &[Sign], exfiltration: &[Answer]) -> Vec<IndicatorSeen> {
    let mut seen: BTreeMap<(&'static str, String), (Timestamp, Origin)> = BTreeMap::new();
    let mut add = |kind: &'static str, value: String, time: Timestamp, origin: &Origin| {
        let known = seen.entry((kind, value)).or_insert_with(|| (time, origin.clone()));
        if time < known.0 {
            *known = (time, origin.clone());
        }
    };
    for sign_in in &trace.outside {
        add(ip_kind(&sign_in.from), sign_in.from.to_string(), sign_in.time, &sign_in.origin);
    }
    for sign in told {
        for ((kind, value), origin) in sign.indicators.iter().zip(sign.origins.iter().cycle()) {
            add(kind, value.clone(), sign.time, origin);
        }
    }
    for answer in exfiltration {
        let to = answer.destination.as_ref().and_then(|to| to.parse::<IpAddr>().ok());
        if let (Some(to), Some(time), Some(origin)) = (to, answer.time, answer.rests_on.first()) {
            add(ip_kind(&to), to.to_string(), time, origin);
        }
    }
    let mut indicators: Vec<_> = seen
        .into_iter()
        .map(|((kind, value), (first, rests_on))| IndicatorSeen { kind, value, first, rests_on })
        .collect();
    indicators.sort_by(|a, b| (a.first, a.kind, &a.value).cmp(&(b.first, b.kind, &b.value)));
    indicators
}
