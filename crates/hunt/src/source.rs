//! Which rules look at which log. A rule names a log source; for Windows `content/sigma/logsources.json` says which
//! channels and event ids that means, and by which names rules know the fields of logs that name them otherwise. Any
//! other log is called by `product/service` or `product/category` and is looked at by the rules that name it so.

use std::collections::BTreeMap;

use serde::Deserialize;
use sigma::LogSource;

/// The log sources of Windows.
#[derive(Debug, Deserialize)]
pub struct Sources {
    categories: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
    services: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
    fields: Vec<Fields>,
}

#[derive(Debug, Deserialize)]
struct Fields {
    channel: String,
    event_id: Option<u32>,
    names: BTreeMap<String, String>,
}

/// Services of `windows` that are no event logs: what a machine keeps of itself.
const KEPT: [&str; 13] = [
    "mft",
    "lnk",
    "prefetch",
    "registry",
    "userassist",
    "bam",
    "shimcache",
    "amcache",
    "rdp_client",
    "usb",
    "mounted",
    "network",
    "account",
];

const CONTENT: &str = include_str!("../../../content/sigma/logsources.json");

fn is(pattern: &str, channel: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => channel.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)),
        None => pattern.eq_ignore_ascii_case(channel),
    }
}

fn means(map: &BTreeMap<String, Vec<u32>>, channel: &str, id: u32) -> bool {
    map.iter().any(|(pattern, ids)| is(pattern, channel) && (ids.is_empty() || ids.contains(&id)))
}

impl Sources {
    /// The mapping that ships with the program.
    ///
    /// # Errors
    /// Where the content is broken, which a test would have found.
    pub fn builtin() -> Result<Self, serde_json::Error> {
        serde_json::from_str(CONTENT)
    }

    /// Whether rules of this source look at this kind of event. `windows`: whether it is of a Windows event log.
    #[must_use]
    pub fn looks(&self, source: &LogSource, windows: bool, channel: &str, id: u32) -> bool {
        let LogSource { product, category, service } = source;
        if !windows {
            let mut words = channel.split('/');
            let (first, second) = (words.next().unwrap_or_default(), words.next());
            let one = |name: &Option<String>| {
                name.as_deref().is_none_or(|name| Some(name) == second || name == first)
            };
            let product = product.as_deref().is_none_or(|product| product == first);
            // A value of a hive is told as one that was set, and rules for those see it.
            if channel == "windows/registry"
                && matches!(category.as_deref(), Some("registry_set" | "registry_event"))
            {
                return product && one(service);
            }
            return product && one(service) && one(category);
        }
        if product.as_deref().is_some_and(|product| product != "windows") {
            return false;
        }
        let by = |map: &BTreeMap<String, BTreeMap<String, Vec<u32>>>, name: &Option<String>| {
            name.as_ref().is_none_or(|name| map.get(name).is_some_and(|map| means(map, channel, id)))
        };
        by(&self.categories, category) && by(&self.services, service)
    }

    /// Whether a Windows source is known here at all; other products always are.
    #[must_use]
    pub fn knows(&self, source: &LogSource) -> bool {
        source.product.as_deref() != Some("windows")
            || source.category.as_ref().is_none_or(|name| self.categories.contains_key(name))
                && source
                    .service
                    .as_ref()
                    .is_none_or(|name| self.services.contains_key(name) || KEPT.contains(&name.as_str()))
    }

    /// The further names of the values of an event: the name and the value's place.
    #[must_use]
    pub fn aliases(&self, channel: &str, id: u32, names: &[Box<str>]) -> Vec<(Box<str>, u16)> {
        let mut aliases = Vec::new();
        for fields in &self.fields {
            if !is(&fields.channel, channel) || fields.event_id.is_some_and(|of| of != id) {
                continue;
            }
            for (at, name) in (0_u16..).zip(names) {
                if let Some(alias) = fields.names.get(name.as_ref()) {
                    aliases.push((alias.as_str().into(), at));
                }
            }
        }
        aliases
    }
}
