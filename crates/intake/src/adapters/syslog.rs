//! Syslog lines of RFC 5424 and RFC 3164 that no other adapter knows: the line is the alert.

use kernel::Channel;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    format::{observables, syslog},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "syslog",
    vendor: "any",
    product: "syslog",
    reads: "RFC 5424 and RFC 3164 lines",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    Confidence::Possible.when(item.line().is_some_and(|line| syslog::line(line).is_some()))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let line = item.line().and_then(syslog::line).ok_or(NotMine)?;
    let mut draft = Draft {
        title: Some(line.message.to_owned()),
        severity: line.priority.map(syslog::severity),
        source_severity: line.priority.map(|priority| syslog::keyword(priority).to_owned()),
        occurred_at: line.at,
        description: line.app.or(line.message_id).map(str::to_owned),
        ..Draft::default()
    };
    draft.host(line.host);
    observables::in_text(&mut draft, line.message);
    draft.technique(line.message);
    for (_, value) in &line.structured {
        draft.observe(value.as_str());
    }
    Ok(vec![draft])
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts_of;
    use serde_json::json;

    #[test]
    fn lines_of_both_rfcs() {
        let found = alerts_of(
            b"<34>1 2026-03-02T08:14:15.003Z ehr-db.cedarhollow.example sshd 42 - [a@1 from=\"203.0.113.9\"] Failed password for root\n\
              <38>Mar  2 08:14:16 ehr-db sshd[42]: Accepted password for backup from 198.51.100.7 port 22\n",
        );
        assert_eq!(
            found[0],
            json!({
                "channel": "mdr", "source": "syslog", "source_id": null, "title": "Failed password for root",
                "description": "sshd", "severity": "critical", "source_severity": "crit", "status": null,
                "occurred_at": "2026-03-02T08:14:15.003Z", "reported_at": null, "hosts": ["ehr-db.cedarhollow.example"],
                "accounts": [], "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}], "techniques": [], "link": null
            })
        );
        assert_eq!(found[1]["hosts"], json!(["ehr-db"]));
        assert_eq!(found[1]["occurred_at"], json!(null), "a time without a year is no instant");
        assert_eq!(found[1]["indicators"][0]["value"], "198.51.100.7");
    }
}
