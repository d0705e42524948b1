//! The watcher that tells the story: shows every event and every detection of a hunt to `story`. What a Windows log says it says
//! by event id; what firewalls, VPNs and cloud services say by the names of their values, which differ from maker to maker.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use jiff::Timestamp;
use story::{Collector, Coverage, Detected, Fields, Flow, Keeps, Kept, Origin, Seen, SignIn, Story};

use crate::{artefact::Damage, detect::Detection, event::Event, machine, run::Watcher};

/// Names of a connection's ends and sizes: Fortinet, Suricata, Zeek, Sigma's own, CEF, Palo Alto.
const FROM: [&str; 7] = ["srcip", "src_ip", "id.orig_h", "src", "Source address", "source.ip", "SourceIp"];
const TO: [&str; 7] =
    ["dstip", "dest_ip", "id.resp_h", "dst", "Destination address", "dst_ip", "destination.ip"];
const PORT: [&str; 7] =
    ["dstport", "dest_port", "id.resp_p", "dpt", "Destination Port", "dst_port", "destination.port"];
const SENT: [&str; 6] = ["sentbyte", "flow.bytes_toserver", "orig_bytes", "out", "Bytes Sent", "sent_bytes"];
const RECEIVED: [&str; 6] =
    ["rcvdbyte", "flow.bytes_toclient", "resp_bytes", "in", "Bytes Received", "received_bytes"];
/// Names of who signs in and from where.
const USER: [&str; 7] =
    ["user", "actor.alternateId", "UserId", "userPrincipalName", "suser", "actor.email", "Source User"];
const REMOTE: [&str; 9] = [
    "remip",
    "Public IP",
    "src_ip",
    "client.ipAddress",
    "ClientIP",
    "ActorIpAddress",
    "ipAddress",
    "src",
    "srcip",
];
/// Words by which a log says that a sign-in from outside succeeded: name and value.
const SIGNED_IN: [(&str, &str); 10] = [
    ("message_id", "113039"),
    ("message_id", "722051"),
    ("message_id", "716001"),
    ("Event ID", "gateway-connected"),
    ("action", "tunnel-up"),
    ("action", "ssl-new-con"),
    ("eventType", "user.session.start"),
    ("eventType", "user.authentication.sso"),
    ("Operation", "UserLoggedIn"),
    ("events.name", "login_success"),
];

/// Watches a hunt for the story.
#[derive(Debug, Default)]
pub struct Teller {
    collector: Collector,
}

struct Values<'a, 'e>(&'a Event<'e>);

impl Fields for Values<'_, '_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name)
    }
}

impl Teller {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What several saw, as if one had seen it all.
    #[must_use]
    pub fn join(tellers: impl IntoIterator<Item = Self>) -> Self {
        let mut joined = Self::new();
        for teller in tellers {
            joined.collector.merge(teller.collector);
        }
        joined
    }

    /// The story, and what the logs cannot show.
    #[must_use]
    pub fn finish(self) -> (Story, Coverage) {
        self.collector.finish()
    }

    /// Sees what correlation rules found in the whole.
    pub fn correlated(&mut self, detections: &[Detection]) {
        detections.iter().for_each(|detection| self.detected(detection, None));
    }

    /// Sees what of a file could not be read, once for the whole file.
    pub fn could_not_read(&mut self, file: &Arc<str>, damage: &Damage) {
        let (parts, what) = ((damage.chunks + damage.records).max(1), damage.notes.join("; "));
        self.collector.damaged(file, parts, if what.is_empty() { "damaged" } else { &what });
    }

    fn detected(&mut self, detection: &Detection, account: Option<String>) {
        let Some(time) = detection.time else { return };
        self.collector.detect(Detected {
            time,
            computer: detection.computer.clone(),
            account,
            rule: Arc::from(detection.rule.as_str()),
            rule_id: Arc::from(detection.rule_id.as_str()),
            level: Arc::from(detection.level.as_str()),
            techniques: detection.techniques.iter().map(|text| Arc::from(text.as_str())).collect(),
            tactics: detection.tactics.iter().map(|text| Arc::from(text.as_str())).collect(),
            origin: Origin { file: Arc::clone(&detection.file), record: detection.record_id },
        });
    }

    /// What a machine keeps of itself.
    fn kept(&mut self, file: &Arc<str>, event: &Event<'_>, time: Timestamp) {
        let text = |name: &str| event.get(name).unwrap_or_default();
        let (image, details, place) = (text("Image"), text("Details"), text("TargetObject"));
        let (name, meaning, url) = (text("ServiceName"), text("Meaning"), text("Url"));
        let (path, browser, task) = (text("TargetFilename"), text("Browser"), text("TaskName"));
        let kind = text("Kind");
        let library = text("ServiceDll");
        let command =
            if library.is_empty() { details.clone() } else { format!("{details} ({library})").into() };
        let keeps = match (event.channel, kind.as_ref()) {
            ("windows/registry", "service") => Keeps::Service { name: &name, path: &command },
            ("windows/registry", "task") => {
                Keeps::Task { name: &task, command: &details, hidden: text("Hidden") == "true" }
            }
            ("windows/registry", "protection") if !meaning.is_empty() => Keeps::Off {
                meaning: &meaning,
                credentials: place.contains("\\WDigest\\") || place.contains("\\Control\\Lsa\\"),
            },
            ("windows/registry", "protection" | "deleted key") => return,
            ("windows/registry", kind) => Keeps::Start { kind, place: &place, command: &details },
            ("windows/userassist", _) => Keeps::Ran { image: &image, by: "UserAssist" },
            ("windows/bam", _) => Keeps::Ran { image: &image, by: "the background activity moderator" },
            ("windows/prefetch", _) => Keeps::Ran { image: &image, by: "prefetch" },
            ("browser/downloads", _) => Keeps::Download { url: &url, path: &path, browser: &browser },
            _ => return,
        };
        self.collector.keep(&Kept {
            time,
            computer: event.host,
            account: event.account,
            origin: Origin { file: Arc::clone(file), record: event.record },
            keeps,
        });
    }

    fn network(&mut self, file: &Arc<str>, event: &Event<'_>) {
        let Some(time) = event.time else { return };
        // A sensor counts a flow in its own record; its alerts and lookups tell of the same bytes.
        if event.get("event_type").is_some_and(|kind| kind != "flow") {
            return;
        }
        let origin = Origin { file: Arc::clone(file), record: event.record };
        let address = |names: &[&str]| -> Option<IpAddr> {
            let text = names.iter().find_map(|name| event.get(name))?;
            text.trim_start_matches("::ffff:").parse().ok()
        };
        if let Some((to, user, from)) = signed_in(event).and_then(|to| {
            let user = USER.iter().find_map(|name| event.get(name))?;
            Some((to, user, address(&REMOTE)?))
        }) {
            let single = event
                .get("authenticationRequirement")
                .is_some_and(|value| value == "singleFactorAuthentication");
            self.collector.sign_in(SignIn {
                time,
                to,
                user: user.into_owned(),
                from,
                inside: event.get("tunnelip").and_then(|text| text.parse().ok()),
                second_factor: single.then_some(false),
                origin,
            });
            return;
        }
        let number = |names: &[&str]| {
            names.iter().find_map(|name| event.number(name)).and_then(|number| u64::try_from(number).ok())
        };
        if let (Some(from), Some(to), Some(sent)) = (address(&FROM), address(&TO), number(&SENT)) {
            self.collector.flow(Flow {
                time,
                observer: event.host.to_owned(),
                from,
                to,
                port: number(&PORT).and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
                sent,
                received: number(&RECEIVED).unwrap_or(0),
                origin,
            });
        }
    }
}

/// What a successful sign-in was to; nothing for every other event.
fn signed_in(event: &Event<'_>) -> Option<String> {
    let is = |name: &str, value: &str| event.get(name).is_some_and(|is| is.eq_ignore_ascii_case(value));
    let entra = event.channel == "azure/signinlogs" && is("status.errorCode", "0");
    if !entra && !SIGNED_IN.iter().any(|(name, value)| is(name, value)) || is("outcome.result", "FAILURE") {
        return None;
    }
    let product = event.channel.split('/').next().unwrap_or(event.channel);
    Some(match product {
        "fortigate" | "firewall" | "sonicwall" | "paloalto" | "cisco" | "citrix" | "ivanti" => {
            "VPN".to_owned()
        }
        "okta" => "Okta".to_owned(),
        "m365" => "Microsoft 365".to_owned(),
        "azure" => "Entra ID".to_owned(),
        "gcp" => "Google Workspace".to_owned(),
        other => other.to_owned(),
    })
}

fn account(event: &Event<'_>) -> Option<String> {
    if let Some(user) = event.get("User").filter(|user| user.contains('\\')) {
        return Some(user.into_owned());
    }
    [("SubjectDomainName", "SubjectUserName"), ("TargetDomainName", "TargetUserName")].iter().find_map(
        |(domain, name)| {
            let name = event.get(name).filter(|name| name != "-")?;
            Some(
                event
                    .get(domain)
                    .filter(|domain| domain != "-")
                    .map_or_else(|| name.to_string(), |domain| format!("{domain}\\{name}")),
            )
        },
    )
}

impl Watcher for Teller {
    fn event(&mut self, file: &Arc<str>, event: &Event<'_>, detections: &[Detection]) {
        if !detections.is_empty() {
            let account = account(event);
            detections.iter().for_each(|detection| self.detected(detection, account.clone()));
        }
        let Some(time) = event.time else { return };
        if event.event_id == 0 {
            if machine::is_of_machine(event.channel) {
                return self.kept(file, event, time);
            }
            return self.network(file, event);
        }
        self.collector.see(&Seen {
            time,
            computer: event.host,
            channel: event.channel,
            event_id: event.event_id,
            file,
            record: event.record,
            fields: &Values(event),
        });
    }
}
