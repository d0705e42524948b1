//! Mail: a vendor's notice, or a message that somebody at the practice reports, forwarded or dragged into a file
//! (RFC 5322, or Outlook's `.msg`). Nothing in it is ever fetched.

use kernel::{AlertStatus, Channel, IndicatorKind as K};

use crate::{
    adapter::{Adapter, Body, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    format::{
        mail::{self, Mail},
        observables, outlook,
    },
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "email",
    vendor: "any",
    product: "e-mail",
    reads: "messages of RFC 5322 and Outlook .msg files: vendors' notices and reported phishing",
    channel: Channel::Staff,
    authentication: Authentication::Bearer,
    recognise: |item| Confidence::Certain.when(item.body == Body::Mail),
    parse,
};

/// The description keeps so many characters of the body.
const BODY: usize = 4000;

/// What a vendor or business associate writes when it has to tell its customers something. Two of them make a notice.
const NOTICE: [&str; 20] = [
    "security incident",
    "cybersecurity event",
    "data breach",
    "breach notification",
    "notice of data",
    "notice of security",
    "unauthorized access",
    "unauthorised access",
    "protected health information",
    "business associate",
    "we are writing to inform",
    "we are writing to notify",
    "your patients",
    "service disruption",
    "outage",
    "security advisory",
    "security notice",
    "we have identified",
    "we recently discovered",
    "affected customers",
];

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    if item.body != Body::Mail {
        return Err(NotMine);
    }
    let mut outer = if outlook::is_compound_file(item.raw) {
        // Word and Excel keep their files in the same container.
        outlook::read(item.raw).ok_or(NotMine)?
    } else if let Some(mail) = mail::read(item.raw) {
        mail
    } else {
        // A blank draft is read again as plain text: a mail that no parser can take apart is still reported.
        return Ok(vec![Draft::default()]);
    };
    let mut draft = Draft::default();
    match outer.attached.take() {
        Some(attached) => forwarded(&outer, &attached, &mut draft),
        None if is_notice(&outer) => notice(&outer, &mut draft),
        None => reported(&outer, &mut draft),
    }
    Ok(vec![draft])
}

/// Whether a vendor says something of its own. Mail that failed authentication says nothing for anybody.
fn is_notice(mail: &Mail) -> bool {
    let checked = mail.authentication.as_deref().unwrap_or_default().to_ascii_lowercase();
    if checked.contains("dmarc=fail")
        || checked.contains("dkim=fail")
        || checked.contains("spf=fail")
        || is_forward(mail)
    {
        return false;
    }
    let said = format!("{} {}", mail.subject.as_deref().unwrap_or_default(), mail.text).to_ascii_lowercase();
    NOTICE.iter().filter(|words| said.contains(*words)).count() >= 2
}

/// Whether somebody passed the message on in the text of their own.
fn is_forward(mail: &Mail) -> bool {
    let subject = mail.subject.as_deref().unwrap_or_default().trim_start().to_ascii_lowercase();
    ["fw:", "fwd:", "wg:"].iter().any(|mark| subject.starts_with(mark))
        || mail.text.contains("---------- Forwarded message")
        || mail.text.contains("Begin forwarded message:")
}

fn described(mail: &Mail) -> Option<String> {
    Some(mail.text.chars().take(BODY).collect::<String>()).filter(|text| !text.trim().is_empty())
}

fn notice(mail: &Mail, draft: &mut Draft) {
    draft.channel = Some(Channel::Vendor);
    draft.source_id = mail.message_id.clone();
    draft.title = mail.subject.clone();
    draft.description = described(mail);
    draft.reported_at = mail.date;
    // A status page's mail says so in its subject.
    let subject = mail.subject.as_deref().unwrap_or_default().to_ascii_lowercase();
    draft.status = subject.starts_with("[resolved]").then_some(AlertStatus::Resolved);
    observables::cves(draft, &format!("{subject} {}", mail.text));
    draft.technique(mail.text.as_str());
    contents(mail, draft);
}

/// A suspicious message as it came. Who got it are the accounts it was aimed at.
fn reported(mail: &Mail, draft: &mut Draft) {
    draft.source_id = mail.message_id.clone();
    draft.title = mail.subject.clone();
    draft.description = described(mail);
    if is_forward(mail) {
        draft.reported_at = mail.date;
        mail.from.iter().for_each(|address| draft.account(address.as_str()));
        observables::in_text(draft, &mail.text);
        contents(mail, draft);
        return;
    }
    draft.occurred_at = mail.date;
    let got = if mail.delivered_to.is_empty() { &mail.recipients } else { &mail.delivered_to };
    got.iter().for_each(|address| draft.account(address.as_str()));
    sender(mail, draft);
    contents(mail, draft);
}

/// A report that carries the suspicious message as an attachment: the message is what counts, the reporter is staff.
fn forwarded(outer: &Mail, inner: &Mail, draft: &mut Draft) {
    draft.source_id = inner.message_id.clone().or_else(|| outer.message_id.clone());
    draft.title = inner.subject.clone().or_else(|| outer.subject.clone());
    draft.description = described(outer).or_else(|| described(inner));
    draft.occurred_at = inner.date;
    draft.reported_at = outer.date;
    outer.from.iter().chain(&inner.recipients).for_each(|address| draft.account(address.as_str()));
    sender(inner, draft);
    contents(inner, draft);
}

/// By what the sender can be recognised.
fn sender(mail: &Mail, draft: &mut Draft) {
    let stated = mail.from.iter().chain(&mail.reply_to).chain(&mail.envelope_from);
    for address in stated {
        observables::mailbox(draft, address.as_str());
        if let Some((_, domain)) = address.rsplit_once('@') {
            observables::host_name(draft, domain);
        }
    }
    mail.origins.iter().for_each(|address| draft.address(address.to_string().as_str()));
}

/// What the body and the attachments name.
fn contents(mail: &Mail, draft: &mut Draft) {
    mail.links.iter().for_each(|link| observables::web(draft, link.as_str()));
    if draft.channel != Some(Channel::Vendor) {
        observables::in_text(draft, &mail.text);
    }
    for file in &mail.attachments {
        draft.indicator(K::Sha256, file.sha256.to_string().as_str());
        draft.file(None, file.name.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts_of;
    use serde_json::json;

    #[test]
    fn a_phish_dragged_out_of_the_mailbox() {
        let mail = b"Delivered-To: desk@cedarhollow.example\r\nReceived: from mx.evil.example ([203.0.113.9]) by mx.cedarhollow.example; Mon, 2 Mar 2026 08:14:16 +0000\r\n\
            From: \"IT Desk\" <it@evil.example>\r\nReply-To: other@bad.example\r\nTo: desk@cedarhollow.example\r\nSubject: Password expires\r\n\
            Date: Mon, 2 Mar 2026 03:14:15 -0500\r\nMessage-ID: <m1@evil.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/html\r\n\r\n<p>Renew <a href=\"https://evil.example/renew?u=1\">here</a></p>\r\n\
            --b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"renew.html\"\r\n\r\nabc\r\n--b--\r\n";
        assert_eq!(
            alerts_of(mail),
            [json!({
                "channel": "staff", "source": "email", "source_id": "m1@evil.example", "title": "Password expires",
                "description": "Renew here", "severity": null, "source_severity": null, "status": null,
                "occurred_at": "2026-03-02T08:14:15Z", "reported_at": null, "hosts": [],
                "accounts": ["desk@cedarhollow.example"],
                "indicators": [{"kind": "email", "value": "it@evil.example"}, {"kind": "domain", "value": "evil.example"},
                    {"kind": "email", "value": "other@bad.example"}, {"kind": "domain", "value": "bad.example"},
                    {"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "url", "value": "https://evil.example/renew?u=1"},
                    {"kind": "sha256", "value": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                    {"kind": "file_path", "value": "renew.html"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn a_business_associates_notice_is_the_vendors_and_not_an_attack() {
        let found = alerts_of(b"From: privacy@clearinghouse.example\r\nTo: owner@cedarhollow.example\r\nSubject: Notice of Security Incident\r\n\
            Date: Mon, 2 Mar 2026 08:14:15 +0000\r\nMessage-ID: <n1@clearinghouse.example>\r\n\r\n\
            As your business associate we are writing to inform you of unauthorized access. CVE-2026-1000 was used.\r\n");
        assert_eq!(found[0]["channel"], "vendor");
        assert_eq!(
            (&found[0]["occurred_at"], &found[0]["reported_at"]),
            (&json!(null), &json!("2026-03-02T08:14:15Z"))
        );
        assert_eq!(found[0]["indicators"], json!([{"kind": "cve", "value": "CVE-2026-1000"}]));
        assert_eq!(found[0]["accounts"], json!([]));
    }

    #[test]
    fn a_report_with_the_message_attached_is_about_that_message() {
        let found = alerts_of(b"From: Desk <desk@cedarhollow.example>\r\nTo: help@msp.example\r\nSubject: is this real?\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nPlease look.\r\n\
            --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@evil.example\r\nTo: desk@cedarhollow.example\r\nSubject: Pay now\r\nMessage-ID: <p@evil.example>\r\n\
            Date: Mon, 2 Mar 2026 08:14:15 +0000\r\n\r\nhttps://evil.example/pay\r\n--b--\r\n");
        assert_eq!(
            (&found[0]["title"], &found[0]["source_id"]),
            (&json!("Pay now"), &json!("p@evil.example"))
        );
        assert_eq!(found[0]["accounts"], json!(["desk@cedarhollow.example"]));
        assert_eq!(
            (&found[0]["occurred_at"], &found[0]["reported_at"]),
            (&json!("2026-03-02T08:14:15Z"), &json!("2026-03-02T09:00:00Z"))
        );
        assert_eq!(found[0]["indicators"][2], json!({"kind": "url", "value": "https://evil.example/pay"}));
    }
}
