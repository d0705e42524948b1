//! CSAF 2.0 security advisories and VEX documents, from the vendors of the practice's devices and software.
//! (<https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>)

use kernel::{Channel, IndicatorKind as K, Severity};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{first_moment, has, list, text, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "csaf",
    vendor: "OASIS",
    product: "Common Security Advisory Framework",
    reads: "CSAF 2.0 advisories and VEX documents",
    channel: Channel::Vendor,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    Confidence::Certain.when(
        has(value, "document/csaf_version")
            || has(value, "document/tracking/id") && has(value, "document/publisher"),
    )
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, read)
}

fn read(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "document/tracking/id");
    // A document of the same id with a higher version takes the earlier one's place (section 3.2.1.12).
    draft.revision = word(value, "document/tracking/version")
        .or_else(|| word(value, "document/tracking/current_release_date"));
    draft.title = text(value, "document/title").map(str::to_owned);
    let note = |wanted: &str| {
        list(value, "document/notes")
            .chain(list(value, "vulnerabilities/0/notes"))
            .find(|note| text(note, "category") == Some(wanted))
            .and_then(|note| text(note, "text"))
    };
    draft.description =
        note("summary").or_else(|| note("description")).or_else(|| note("details")).map(str::to_owned);
    draft.reported_at = first_moment(
        value,
        &["document/tracking/current_release_date", "document/tracking/initial_release_date"],
    );
    draft.severity_word(word(value, "document/aggregate_severity/text").or_else(|| worst(value)));
    for vulnerability in list(value, "vulnerabilities") {
        draft.indicator(K::Cve, text(vulnerability, "cve"));
    }
    // The page for people comes after the document itself, which is the one that ends in `.json`.
    let own: Vec<&str> = list(value, "document/references")
        .filter(|reference| text(reference, "category") == Some("self"))
        .filter_map(|reference| text(reference, "url"))
        .collect();
    draft.link = own.iter().find(|url| !url.ends_with(".json")).or(own.first()).map(|url| (*url).to_owned());
}

/// The word of the highest CVSS score: base severity, version 3 or 4.
fn worst(value: &Value) -> Option<String> {
    let scores = list(value, "vulnerabilities")
        .flat_map(|vulnerability| list(vulnerability, "scores").chain(list(vulnerability, "metrics")))
        .filter_map(|score| {
            [
                "cvss_v4/baseSeverity",
                "cvss_v3/baseSeverity",
                "content/cvss_v4/baseSeverity",
                "content/cvss_v3/baseSeverity",
            ]
            .iter()
            .find_map(|path| text(score, path))
        });
    let step = |word: &&str| severity::of_word(word).unwrap_or(Severity::Informational);
    scores.max_by_key(step).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn an_advisory_has_the_worst_of_its_scores() {
        let input = json!({"document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": "Pump gateway",
            "notes": [{"category": "general", "text": "x"}, {"category": "summary", "text": "Anyone can log in."}],
            "publisher": {"name": "Acme"}, "references": [{"category": "self", "url": "https://a.example/a.json"}, {"category": "self", "url": "https://a.example/a"}],
            "tracking": {"id": "ACME-1", "status": "final", "current_release_date": "2026-03-02T08:14:15.000000Z", "initial_release_date": "2026-03-01T00:00:00Z"}},
            "vulnerabilities": [{"cve": "CVE-2026-1000", "scores": [{"cvss_v3": {"baseSeverity": "MEDIUM"}}]},
                {"cve": "CVE-2026-1001", "scores": [{"cvss_v3": {"baseSeverity": "CRITICAL"}}]}]});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "vendor", "source": "csaf", "source_id": "ACME-1", "title": "Pump gateway",
                "description": "Anyone can log in.", "severity": "critical", "source_severity": "CRITICAL", "status": null,
                "occurred_at": null, "reported_at": "2026-03-02T08:14:15.000000Z", "hosts": [], "accounts": [],
                "indicators": [{"kind": "cve", "value": "CVE-2026-1000"}, {"kind": "cve", "value": "CVE-2026-1001"}],
                "techniques": [], "link": "https://a.example/a"
            })]
        );
    }
}
