//! OpenIOC 1.0 and 1.1: one alert for a file, with what its terms name.
//! (<https://github.com/fireeye/OpenIOC_1.1>)

use kernel::{Channel, IndicatorKind as K};
use roxmltree::{Document, Node};

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    format::observables,
    when,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "openioc",
    vendor: "Mandiant",
    product: "OpenIOC",
    reads: "OpenIOC 1.0 and 1.1 (XML)",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(text) = item.text() else { return Confidence::No };
    let root = text.contains("<ioc ") || text.contains("<OpenIOC ") || text.contains("<ioc>");
    Confidence::Certain
        .when(root && (text.contains("IndicatorItem") || text.contains("schemas.mandiant.com")))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let text = item.text().ok_or(NotMine)?;
    // A document type is refused, and with it every expansion of entities.
    let document = Document::parse(text).map_err(|_| NotMine)?;
    let root = document.root_element();
    if !["ioc", "OpenIOC"].contains(&root.tag_name().name()) {
        return Err(NotMine);
    }
    let mut draft = Draft {
        source_id: root.attribute("id").map(str::to_owned),
        title: said(root, "short_description"),
        description: said(root, "description"),
        reported_at: said(root, "authored_date").as_deref().and_then(when::read).or_else(|| {
            ["last-modified", "published-date"].iter().find_map(|name| when::read(root.attribute(*name)?))
        }),
        ..Draft::default()
    };
    for link in root.descendants().filter(|node| node.has_tag_name_local("link")) {
        draft.technique(link.text());
        draft.technique(link.attribute("href"));
    }
    for term in root.descendants().filter(|node| node.has_tag_name_local("IndicatorItem")) {
        let negated = term.attribute("negate") == Some("true")
            || term.attribute("condition").is_some_and(|condition| condition.ends_with("not"));
        if !negated {
            read(term, &mut draft);
        }
    }
    Ok(vec![draft])
}

/// Names without regard to the two versions' namespaces.
trait Local {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl Local for Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

fn said(root: Node<'_, '_>, name: &str) -> Option<String> {
    let node = root.descendants().find(|node| node.has_tag_name_local(name))?;
    node.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn read(term: Node<'_, '_>, draft: &mut Draft) {
    let search = term
        .children()
        .find(|node| node.has_tag_name_local("Context"))
        .and_then(|context| context.attribute("search"))
        .unwrap_or_default();
    let Some(value) =
        term.children().find(|node| node.has_tag_name_local("Content")).and_then(|node| node.text())
    else {
        return;
    };
    let last = search.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    match (search.split('/').next().unwrap_or_default(), last.as_str()) {
        (_, "md5sum" | "sha1sum" | "sha256sum") => draft.indicator(K::Sha256, value),
        ("FileItem", "filename" | "fullpath" | "filepath") => draft.indicator(K::FilePath, value),
        ("DnsEntryItem", "host" | "recordname") | ("Network", "dns") => {
            observables::host_name(draft, value.trim())
        }
        ("PortItem" | "RouteEntryItem", "remoteip" | "localip") | (_, "ip") => draft.address(value),
        ("Network" | "UrlHistoryItem" | "FileDownloadHistoryItem", "uri" | "url" | "sourceurl") => {
            draft.indicator(K::Url, value);
        }
        ("Email", "from" | "replyto" | "sender") => observables::mailbox(draft, value),
        ("ProcessItem", "name") if search.contains("/HandleList/") => draft.indicator(K::Mutex, value),
        ("ProcessItem", "name" | "path" | "arguments") if !search.contains("/MemorySection/") => {
            draft.indicator(K::Process, value);
        }
        ("RegistryItem", "path" | "keypath") => draft.indicator(K::RegistryKey, value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts_of;
    use serde_json::json;

    #[test]
    fn terms_become_indicators_and_negated_ones_do_not() {
        let ioc = r#"<?xml version="1.0" encoding="utf-8"?>
<ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="i-1" last-modified="2026-03-02T08:14:15">
  <short_description>STEALER</short_description><description>Takes passwords.</description>
  <authored_date>2026-03-01T08:14:15Z</authored_date>
  <definition><Indicator operator="OR">
    <IndicatorItem condition="is"><Context document="FileItem" search="FileItem/Md5sum"/><Content type="md5">64A17F5177157BB8C4199D38C46EC93B</Content></IndicatorItem>
    <IndicatorItem condition="contains"><Context search="PortItem/remoteIP"/><Content type="IP">203.0.113.9</Content></IndicatorItem>
    <IndicatorItem condition="is"><Context search="DnsEntryItem/Host"/><Content>evil.example</Content></IndicatorItem>
    <IndicatorItem condition="containsnot"><Context search="DnsEntryItem/Host"/><Content>good.example</Content></IndicatorItem>
    <IndicatorItem condition="is"><Context search="RegistryItem/Path"/><Content>Software\Run\x</Content></IndicatorItem>
  </Indicator></definition>
</ioc>"#;
        assert_eq!(
            alerts_of(ioc.as_bytes()),
            [json!({
                "channel": "mdr", "source": "openioc", "source_id": "i-1", "title": "STEALER", "description": "Takes passwords.",
                "severity": null, "source_severity": null, "status": null, "occurred_at": null,
                "reported_at": "2026-03-01T08:14:15Z", "hosts": [], "accounts": [],
                "indicators": [{"kind": "md5", "value": "64a17f5177157bb8c4199d38c46ec93b"}, {"kind": "ipv4", "value": "203.0.113.9"},
                    {"kind": "domain", "value": "evil.example"}, {"kind": "registry_key", "value": "Software\\Run\\x"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn a_bomb_of_entities_or_of_depth_is_refused() {
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><ioc id=\"1\">IndicatorItem &b;</ioc>";
        assert!(crate::read(None, bomb.as_bytes()).all(|result| result.is_err()));
        let deep = format!("<ioc id=\"1\">IndicatorItem{}", "<a>".repeat(200_000));
        assert!(crate::read(None, deep.as_bytes()).all(|result| result.is_err()));
    }
}
