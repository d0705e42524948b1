//! FortiOS logs as key=value, with or without a syslog header.
//! (<https://docs.fortinet.com/document/fortigate/7.4.0/fortios-log-message-reference>)

use kernel::{Channel, IndicatorKind as K, Severity};

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    format::{observables, pairs::pairs},
    severity, when,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "fortinet",
    vendor: "Fortinet",
    product: "FortiGate",
    reads: "FortiOS traffic, event and UTM logs (key=value)",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(line) = item.line() else { return Confidence::No };
    let has = |name: &str| line.contains(name);
    Confidence::Certain.when(
        has("logid=")
            && has("type=")
            && has("subtype=")
            && (has("date=") || has("eventtime=") || has("devid=")),
    )
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let line = item.line().ok_or(NotMine)?;
    let members = pairs(line);
    let get = |names: &[&str]| {
        names.iter().find_map(|name| {
            let found = members.iter().find(|(key, value)| key == name && !value.trim().is_empty());
            found.map(|(_, value)| value.as_str())
        })
    };
    get(&["logid", "type"]).ok_or(NotMine)?;
    let mut draft = Draft {
        // Of the ids in a log, only this one is of the event and not of its kind or its session.
        source_id: get(&["incidentserialno"]).map(str::to_owned),
        title: get(&["attack", "virus", "logdesc", "msg"]).map(str::to_owned).or_else(|| {
            let kind: Vec<&str> =
                [get(&["type"]), get(&["subtype"]), get(&["action"])].into_iter().flatten().collect();
            Some(kind.join(" "))
        }),
        description: get(&["msg", "catdesc", "app", "service"]).map(str::to_owned),
        // With the device's clock and zone where the exact time is left out; without a zone it is taken as UTC.
        occurred_at: get(&["eventtime"]).and_then(when::read).or_else(|| {
            let (date, time) = (get(&["date"])?, get(&["time"])?);
            when::read(&format!("{date}T{time}{}", get(&["tz"]).unwrap_or_default()))
        }),
        link: get(&["ref"]).map(str::to_owned),
        ..Draft::default()
    };
    (draft.severity, draft.source_severity) = level(get(&["severity"]), get(&["level"]));
    for name in ["srcname", "dstname", "srchost", "dsthost", "devhost"] {
        draft.host(get(&[name]));
    }
    for name in ["user", "unauthuser", "dstuser", "xauthuser", "remoteuser"] {
        draft.account(get(&[name]));
    }
    for name in ["srcip", "dstip", "remip", "tunnelip", "locip", "ip"] {
        draft.address(get(&[name]));
    }
    url(&mut draft, get(&["url"]), get(&["hostname"]));
    observables::host_name(&mut draft, get(&["hostname"]));
    observables::host_name(&mut draft, get(&["qname"]));
    for name in ["filehash", "analyticscksum"] {
        draft.indicator(K::Sha256, get(&[name]));
    }
    draft.file(None, get(&["filename"]));
    for name in ["from", "sender"] {
        observables::mailbox(&mut draft, get(&[name]));
    }
    for name in ["attack", "cve", "msg"] {
        observables::cves(&mut draft, get(&[name]).unwrap_or_default());
    }
    Ok(vec![draft])
}

/// A web address that is whole, or the path of one on a host.
fn url(draft: &mut Draft, url: Option<&str>, host: Option<&str>) {
    match (url, host) {
        (Some(url), _) if url.contains("://") => observables::web(draft, url),
        (Some(path), Some(host)) if path.starts_with('/') && path.len() > 1 => {
            draft.indicator(K::Url, format!("{host}{path}").as_str());
        }
        _ => {}
    }
}

/// The signature's severity, or else the log's level.
fn level(severity: Option<&str>, level: Option<&str>) -> (Option<Severity>, Option<String>) {
    if let Some(word) = severity {
        return (severity::of_word(word), Some(word.to_owned()));
    }
    let step = match level.unwrap_or_default() {
        "emergency" | "alert" | "critical" => Some(Severity::Critical),
        "error" => Some(Severity::High),
        "warning" => Some(Severity::Medium),
        "notice" => Some(Severity::Low),
        "information" | "debug" => Some(Severity::Informational),
        _ => None,
    };
    (step, level.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts_of;
    use serde_json::json;

    #[test]
    fn an_intrusion_that_was_dropped() {
        let line = br#"date=2026-03-02 time=03:14:15 devname="fw01" devid="FG1" eventtime=1772439255003000001 tz="-0500" logid="0419016384" type="utm" subtype="ips" eventtype="signature" level="alert" vd="root" severity="critical" srcip=203.0.113.9 dstip=10.0.4.12 action="dropped" attack="Log4j (CVE-2021-44228)" hostname="portal.cedarhollow.example" url="/a?b=1" user="frontdesk2" ref="http://www.fortinet.com/ids/VID51006" incidentserialno=167 msg="applications: Log4j""#;
        assert_eq!(
            alerts_of(line),
            [json!({
                "channel": "mdr", "source": "fortinet", "source_id": "167", "title": "Log4j (CVE-2021-44228)",
                "description": "applications: Log4j", "severity": "critical", "source_severity": "critical", "status": null,
                "occurred_at": "2026-03-02T08:14:15.003000001Z", "reported_at": null, "hosts": [], "accounts": ["frontdesk2"],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "ipv4", "value": "10.0.4.12"},
                    {"kind": "url", "value": "portal.cedarhollow.example/a?b=1"},
                    {"kind": "domain", "value": "portal.cedarhollow.example"}, {"kind": "cve", "value": "CVE-2021-44228"}],
                "techniques": [], "link": "http://www.fortinet.com/ids/VID51006"
            })]
        );
    }

    #[test]
    fn the_devices_own_zone_counts_where_the_exact_time_is_missing() {
        let found = alerts_of(b"date=2026-03-02 time=03:14:15 tz=\"-0500\" devid=F logid=1 type=event subtype=system level=warning logdesc=\"Disk full\"");
        assert_eq!(found[0]["occurred_at"], "2026-03-02T08:14:15Z");
        assert_eq!((&found[0]["title"], &found[0]["severity"]), (&json!("Disk full"), &json!("medium")));
    }
}
