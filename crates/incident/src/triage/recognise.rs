//! What kind of incident an alert would be, by its words, its techniques (MITRE ATT&CK) and its source. Each kind's
//! signs are a row of one table; the first row that matches decides, worst kinds first.

use kernel::{Alert, Channel};

use super::{About, Reasons};
use crate::{IncidentKind, Practice};

/// The signs of a kind.
struct Signs {
    kind: IncidentKind,
    /// Words of the title or description, lower case; those that end in `-` or a letter match inside longer words.
    words: &'static [&'static str],
    /// Technique ids; a parent matches its sub-techniques.
    techniques: &'static [&'static str],
}

/// T1486 Data Encrypted for Impact, T1490 Inhibit System Recovery, T1114 Email Collection, T1566 Phishing,
/// T1078.004 Cloud Accounts, T1528 Steal Application Access Token, T1556.006 MFA, T1564.008 Email Hiding Rules,
/// T1498 and T1499 Denial of Service, T1489 Service Stop.
const TABLE: &[Signs] = &[
    Signs {
        kind: IncidentKind::Ransomware,
        words: &[
            "ransom",
            "encrypted files",
            "files are encrypted",
            "mass encryption",
            "file encryption",
            "shadow cop",
            "lockbit",
            "decryptor",
            "can't open any files",
            "cannot open any files",
            "strange file extension",
            // As the front desk says it.
            "files won't open",
            "files will not open",
            "names all end in",
            "note on the screen",
            "wants money",
            "asks for money",
        ],
        techniques: &["T1486", "T1490"],
    },
    Signs {
        kind: IncidentKind::LostOrStolenDevice,
        words: &[
            "stolen laptop",
            "stolen phone",
            "stolen device",
            "stolen tablet",
            "lost laptop",
            "lost phone",
            "lost device",
            "lost tablet",
            "missing laptop",
            "laptop is missing",
            "laptop was stolen",
            "phone was stolen",
            "left in a taxi",
            "car was broken into",
            "lost usb",
            "stolen usb",
            "lost my phone",
            "lost my laptop",
        ],
        techniques: &[],
    },
    Signs {
        kind: IncidentKind::MisdirectedPhi,
        words: &[
            "wrong patient",
            "wrong recipient",
            "wrong fax",
            "misdirected",
            "faxed to the wrong",
            "sent to the wrong",
            "mailed to the wrong",
            "someone else's results",
            "another patient's",
        ],
        techniques: &[],
    },
    Signs {
        kind: IncidentKind::InsiderSnooping,
        words: &[
            "snoop",
            "unauthorized chart access",
            "chart access",
            "looked at the chart",
            "vip record",
            "break-the-glass",
            "break the glass",
            "co-worker's chart",
            "family member's chart",
            "inappropriate access",
        ],
        techniques: &[],
    },
    Signs {
        kind: IncidentKind::BusinessEmailCompromise,
        words: &[
            "business email compromise",
            "business e-mail compromise",
            "inbox rule",
            "mailbox rule",
            "forwarding rule",
            "impossible travel",
            "unfamiliar sign-in",
            "suspicious sign-in",
            "risky sign-in",
            "atypical travel",
            "anonymous ip",
            "phish",
            "credential harvest",
            "account takeover",
            "account compromise",
            "token theft",
            "mfa fatigue",
            "oauth consent",
            "password spray",
            "payment redirect",
            "changed bank details",
            "wire transfer",
        ],
        techniques: &[
            "T1114",
            "T1566",
            "T1078.004",
            "T1528",
            "T1556.006",
            "T1564.008",
            "T1621",
            "T1110",
            "T1534",
        ],
    },
    Signs {
        kind: IncidentKind::Malware,
        words: &[
            "malware",
            "trojan",
            "backdoor",
            "beacon",
            "cobalt strike",
            "infostealer",
            "stealer",
            "worm",
            "rootkit",
            "virus",
            "mimikatz",
            "credential dump",
            "lsass",
            "powershell",
            "remote access tool",
            "lateral movement",
            "cryptominer",
            "coin miner",
            "command and control",
            "c2 ",
            "exploit",
            "webshell",
            "web shell",
        ],
        techniques: &[
            "T1059", "T1003", "T1021", "T1055", "T1071", "T1105", "T1204", "T1218", "T1547", "T1562",
            "T1569", "T1570", "T1190", "T1505", "T1053", "T1027", "T1219", "T1068", "T1543", "T1496",
        ],
    },
    Signs {
        kind: IncidentKind::Outage,
        words: &[
            "outage",
            "service degradation",
            "service disruption",
            "major incident",
            "degraded performance",
            "is down",
            "are down",
            "unreachable",
            "no internet",
            "can't log in to the ehr",
            "ehr down",
            "not responding",
            "connectivity issue",
            "system unavailable",
        ],
        techniques: &["T1498", "T1499", "T1489"],
    },
];

/// Whether a technique is of the tactic Exfiltration (TA0010).
pub(super) fn is_exfiltration(technique: &str) -> bool {
    ["T1020", "T1030", "T1041", "T1048", "T1052", "T1537", "T1567"].iter().any(|id| is_of(technique, id))
}

/// Whether `technique` is `id` or a sub-technique of it.
fn is_of(technique: &str, id: &str) -> bool {
    technique.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The kind of incident this alert would be.
pub(super) fn kind(alert: &Alert, practice: &Practice, reasons: &mut Reasons) -> IncidentKind {
    let mut text = String::new();
    for part in [&alert.title, &alert.description].into_iter().flatten() {
        // Sources write megabytes at times; what an alert is about stands at its beginning.
        text.extend(part.chars().take(4_000).flat_map(char::to_lowercase));
        text.push('\n');
    }
    if alert.channel == Channel::Vendor {
        return vendors_kind(alert, &text, practice, reasons);
    }
    for signs in TABLE {
        if let Some(word) = signs.words.iter().find(|word| text.contains(*word)) {
            reasons.add(About::Kind, format!("{}: the alert says \"{}\"", signs.kind.plain(), word.trim()));
            return signs.kind;
        }
        let technique =
            alert.techniques.iter().find(|given| signs.techniques.iter().any(|id| is_of(given, id)));
        if let Some(technique) = technique {
            reasons.add(About::Kind, format!("{}: technique {technique}", signs.kind.plain()));
            return signs.kind;
        }
    }
    reasons.add(About::Kind, "other: neither its words nor its techniques point to one kind");
    IncidentKind::Other
}

/// A vendor's notice is about the vendor: an outage, or a breach at the vendor.
fn vendors_kind(alert: &Alert, text: &str, practice: &Practice, reasons: &mut Reasons) -> IncidentKind {
    const BREACH: [&str; 9] = [
        "breach",
        "unauthorized access",
        "unauthorised access",
        "security incident",
        "compromised",
        "data incident",
        "ransom",
        "exfiltrat",
        "stolen",
    ];
    if let Some(vendor) = practice.vendors.iter().find(|vendor| text.contains(&vendor.name.to_lowercase())) {
        let agreement =
            if vendor.baa { "a business associate agreement is in force" } else { "no agreement is on file" };
        reasons
            .add(About::Kind, format!("it is about {}, a vendor of the practice; {agreement}", vendor.name));
    }
    if let Some(word) = BREACH.into_iter().find(|word| text.contains(word)) {
        reasons.add(About::Kind, format!("breach at a vendor: its notice says \"{word}\""));
        return IncidentKind::VendorBreach;
    }
    let outage =
        TABLE.iter().filter(|signs| signs.kind == IncidentKind::Outage).flat_map(|signs| signs.words);
    if let Some(word) = outage.into_iter().find(|word| text.contains(*word)) {
        reasons.add(About::Kind, format!("outage: the vendor's notice says \"{word}\""));
        return IncidentKind::Outage;
    }
    reasons.add(
        About::Kind,
        format!("other: a notice of {} that speaks of neither a breach nor an outage", alert.source),
    );
    IncidentKind::Other
}
