//! Alerts as a vendor would send them: Microsoft Graph `security/alerts_v2` of about 2 kB, one device, two indicators
//! (a file's SHA-256 and an address), and an id that nobody else has. Everything in them is made up.

use serde_json::{Value, json};

use crate::random::Random;

/// How many bytes a made alert has, at least.
pub const SIZE: usize = 2_000;

/// The alert with this id, on one of `hosts` devices.
#[must_use]
pub fn defender(id: &str, random: &mut Random, hosts: u64) -> Value {
    let host = random.below(hosts);
    let hash: String = (0..4).map(|_| format!("{:016x}", random.next())).collect();
    let (third, fourth) = (random.below(256), random.below(256));
    let minute = random.below(60);
    let severity = match random.below(3) {
        0 => "low",
        1 => "medium",
        _ => "high",
    };
    let mut alert = json!({
        "@odata.type": "#microsoft.graph.security.alert",
        "id": id,
        "providerAlertId": id,
        "status": "new",
        "severity": severity,
        "classification": null,
        "serviceSource": "microsoftDefenderForEndpoint",
        "detectionSource": "antivirus",
        "detectorId": "e0da400f-affd-43ef-b1d5-afc2eb6f2756",
        "tenantId": "b3c1b5fc-828c-45fa-a1e1-10d74f6d6e9c",
        "title": "Suspicious PowerShell command line with a hidden window",
        "category": "Execution",
        "alertWebUrl": format!("https://security.microsoft.com/alerts/{id}?tid=b3c1b5fc-828c-45fa-a1e1-10d74f6d6e9c"),
        "mitreTechniques": ["T1059.001"],
        "createdDateTime": format!("2026-01-26T13:{minute:02}:07.4533333Z"),
        "lastUpdateDateTime": format!("2026-01-26T13:{minute:02}:41.57Z"),
        "firstActivityDateTime": format!("2026-01-26T12:{minute:02}:19.3966667Z"),
        "lastActivityDateTime": format!("2026-01-26T12:{minute:02}:55.1Z"),
        "evidence": [
            {
                "@odata.type": "#microsoft.graph.security.deviceEvidence",
                "createdDateTime": format!("2026-01-26T13:{minute:02}:07.51Z"),
                "verdict": "unknown",
                "remediationStatus": "none",
                "deviceDnsName": format!("ws-{host:04}.cedarhollow.example"),
                "osPlatform": "Windows11",
                "riskScore": "medium",
                "healthStatus": "active",
                "onboardingStatus": "onboarded"
            },
            {
                "@odata.type": "#microsoft.graph.security.fileEvidence",
                "verdict": "suspicious",
                "detectionStatus": "detected",
                "fileDetails": { "sha256": hash, "fileSize": 448_512 }
            },
            {
                "@odata.type": "#microsoft.graph.security.ipEvidence",
                "verdict": "suspicious",
                "ipAddress": format!("198.51.{third}.{fourth}"),
                "countryLetterCode": "ZZ"
            }
        ]
    });
    let filler = SIZE.saturating_sub(alert.to_string().len() + 17);
    let sentence =
        "A process of the office suite started PowerShell with an encoded command and a hidden window. ";
    if let Value::Object(members) = &mut alert {
        members.insert(
            "description".to_owned(),
            sentence.chars().cycle().take(filler).collect::<String>().into(),
        );
    }
    alert
}
