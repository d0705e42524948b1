//! What is known of the messages within syslog, by who wrote them: sshd and sudo, pfSense's packets, Cisco ASA, Palo Alto, Ivanti
//! Connect Secure, Citrix NetScaler. Each adds the named values that rules and the story look at; the message stays as it is.

use super::row::{Row, instant};

/// Names the log by its writer and takes the values out of a message.
pub(super) fn known(message: &str, row: &mut Row) {
    if let Some(at) = message.find("%ASA-").or_else(|| message.find("%FTD-")) {
        return asa(message.get(at..).unwrap_or_default(), row);
    }
    if row.channel == "pfsense/filterlog" {
        return filterlog(message, row);
    }
    if palo_alto(message, row) {
        return;
    }
    if message.contains("SSLVPN ") && message.contains("Context ") || message.contains(" : default AAA ") {
        return netscaler(message, row);
    }
    let app = row.get("app").unwrap_or_default();
    if app == "PulseSecure" || app == "IvantiConnectSecure" || message.contains(" - ive - [") {
        return ivanti(message, row);
    }
    match row.channel.as_str() {
        "linux/sshd" => sshd(message, row),
        "linux/sudo" => sudo(message, row),
        _ => {}
    }
}

fn after<'w>(words: &[&'w str], word: &str) -> Option<&'w str> {
    words.iter().position(|is| *is == word).and_then(|at| words.get(at + 1)).copied()
}

/// Who was let in, and who not.
fn sshd(message: &str, row: &mut Row) {
    let words: Vec<&str> = message.split_whitespace().collect();
    let outcome = match words.first() {
        Some(&"Accepted") => "accepted",
        Some(&"Failed") => "failed",
        _ => return,
    };
    row.push("action", outcome);
    if let Some(method) = words.get(1) {
        row.push("method", *method);
    }
    if let Some(address) = after(&words, "from") {
        row.push("src_ip", address);
    }
    if let Some(user) = after(&words, "user").or_else(|| after(&words, "for")) {
        row.push("user", user);
        row.account = Some(user.to_owned());
    }
}

/// `mk : TTY=pts/0 ; PWD=/home/mk ; USER=root ; COMMAND=/bin/sh`.
fn sudo(message: &str, row: &mut Row) {
    let Some((user, rest)) = message.split_once(" : ") else { return };
    let user = user.trim();
    row.account = Some(user.to_owned());
    row.push("user", user);
    for part in rest.split(" ; ") {
        if let Some((name, value)) = part.split_once('=') {
            row.push(name.trim().to_lowercase(), value.trim());
        }
    }
}

/// pfSense and OPNsense: `rule,…,interface,reason,action,direction,4,…,protocol,length,source,destination,ports…`.
fn filterlog(message: &str, row: &mut Row) {
    let parts: Vec<&str> = message.split(',').collect();
    let at = |index: usize| parts.get(index).copied().unwrap_or_default();
    row.push("interface", at(4));
    row.push("action", at(6));
    row.push("direction", at(7));
    let (protocol, source) = if at(8) == "6" { (12, 15) } else { (16, 18) };
    row.push("protocol", at(protocol));
    row.push("src_ip", at(source));
    row.push("dst_ip", at(source + 1));
    // What follows of other protocols are no ports.
    if ["tcp", "udp", "sctp"].iter().any(|own| at(protocol).eq_ignore_ascii_case(own)) {
        row.push("src_port", at(source + 2));
        row.push("dst_port", at(source + 3));
    }
}

/// `%ASA-6-113039: Group <g> User <mk> IP <203.0.113.7> …`, or `name = value` between colons.
fn asa(message: &str, row: &mut Row) {
    "cisco/asa".clone_into(&mut row.channel);
    let Some((head, text)) = message.split_once(": ") else { return };
    let mut parts = head.split('-').skip(1);
    row.push("severity", parts.next().unwrap_or_default());
    row.push("message_id", parts.next().unwrap_or_default());
    let within = |name: &str| {
        let (_, rest) = text.split_once(&format!("{name} <"))?;
        rest.split_once('>').map(|(value, _)| value.to_owned())
    };
    let said = |name: &str| {
        let (_, rest) = text.split_once(&format!("{name} = "))?;
        rest.split(" : ").next().map(|value| value.trim().to_owned())
    };
    if let Some(user) = within("User").or_else(|| said(": user")) {
        row.account = Some(user.clone());
        row.push("user", user);
    }
    if let Some(address) = within("IP").or_else(|| said("user IP")) {
        row.push("src_ip", address);
    }
    if let Some(inside) = within("IPv4 Address") {
        row.push("tunnelip", inside);
    }
    connection(text, row);
}

/// `… for outside:198.51.100.23/443 to inside:10.0.0.4/5001 duration 0:00:10 bytes 12345 …`, and `src … dst …`.
fn connection(text: &str, row: &mut Row) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let end = |word: &str| {
        let (_, place) = after(&words, word)?.split_once(':')?;
        let (address, port) = place.split_once('/')?;
        Some((address.to_owned(), port.to_owned()))
    };
    let (one, other) = match (end("src"), end("dst")) {
        (Some(one), Some(other)) => (Some(one), Some(other)),
        // The first that is named is the far one where the connection goes out.
        _ if text.contains(" outbound ") || text.contains("Teardown") => (end("to"), end("for")),
        _ => (end("for"), end("to")),
    };
    if let (Some((from, from_port)), Some((to, to_port))) = (one, other) {
        row.push("src_ip", from);
        row.push("src_port", from_port);
        row.push("dst_ip", to);
        row.push("dst_port", to_port);
    }
    if let Some(bytes) = after(&words, "bytes") {
        row.push("bytes", bytes);
    }
    if text.starts_with("Deny") {
        row.push("action", "deny");
    }
}

/// PAN-OS's places in its lines of comma-separated values; a name that is empty is of no use here.
const TRAFFIC: &str = ",Receive Time,Serial #,Type,Threat/Content Type,,Generate Time,Source address,Destination address,\
    NAT Source IP,NAT Destination IP,Rule,Source User,Destination User,Application,Virtual System,Source Zone,Destination Zone,\
    Inbound Interface,Outbound Interface,Log Action,,Session ID,Repeat Count,Source Port,Destination Port,NAT Source Port,\
    NAT Destination Port,Flags,IP Protocol,Action,Bytes,Bytes Sent,Bytes Received,Packets,Start Time,Elapsed Time,Category";
const THREAT: &str = ",Receive Time,Serial #,Type,Threat/Content Type,,Generate Time,Source address,Destination address,\
    NAT Source IP,NAT Destination IP,Rule,Source User,Destination User,Application,Virtual System,Source Zone,Destination Zone,\
    Inbound Interface,Outbound Interface,Log Action,,Session ID,Repeat Count,Source Port,Destination Port,NAT Source Port,\
    NAT Destination Port,Flags,IP Protocol,Action,URL/Filename,Threat/Content Name,Category,Severity,Direction";
const GLOBALPROTECT: &str = ",Receive Time,Serial #,Type,Threat/Content Type,,Generate Time,Virtual System,Event ID,Stage,\
    Authentication Method,Tunnel Type,Source User,Source Region,Machine Name,Public IP,Public IPv6,Private IP,Private IPv6,\
    Host ID,Serial Number,Client Version,Client OS,Client OS Version,Repeat Count,Reason,Error,Description,Status,Location";
const SYSTEM: &str = ",Receive Time,Serial #,Type,Threat/Content Type,,Generate Time,Virtual System,Event ID,Object,,,Module,Severity,Description";

/// Whether the message is one of Palo Alto's: `1,2026/09/11 02:41:09,serial,TRAFFIC,…`.
fn palo_alto(message: &str, row: &mut Row) -> bool {
    let Some(kind) = message.split(',').nth(3) else { return false };
    let names = match kind {
        "TRAFFIC" => TRAFFIC,
        "THREAT" => THREAT,
        "GLOBALPROTECT" => GLOBALPROTECT,
        "SYSTEM" => SYSTEM,
        _ => return false,
    };
    let mut cells = csv::StringRecord::new();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(message.as_bytes());
    if !reader.read_record(&mut cells).unwrap_or(false) {
        return false;
    }
    row.channel = format!("paloalto/{}", kind.to_lowercase());
    for (name, cell) in names.split(',').zip(&cells) {
        if !name.is_empty() && !cell.is_empty() {
            row.push(name, cell);
        }
    }
    row.time = row.get("Generate Time").or_else(|| row.get("Receive Time")).and_then(instant).or(row.time);
    row.account = row.get("Source User").map(str::to_owned);
    true
}

/// `… : default SSLVPN TCPCONNSTAT 12 0 :  Context mk@203.0.113.7 - SessionId: 33012 - User mk - Client_ip 203.0.113.7 - …`.
fn netscaler(message: &str, row: &mut Row) {
    "citrix/netscaler".clone_into(&mut row.channel);
    let mut parts = message.split(" : ");
    let event = parts.find_map(|part| part.trim().strip_prefix("default "));
    if let Some(event) = event {
        row.push("event", event.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    }
    for part in message.split(" - ") {
        let Some((name, value)) = part.trim().split_once(' ') else { continue };
        let name = match name.trim_end_matches(':') {
            "Client_ip" => "ClientIp",
            "Nat_ip" => "NatIp",
            "Total_bytes_send" => "sent_bytes",
            "Total_bytes_recv" => "received_bytes",
            name @ ("SessionId" | "User" | "Vserver" | "Source" | "Destination" | "Duration") => name,
            _ => continue,
        };
        row.push(name, value.trim().trim_matches('"'));
    }
    if let Some(user) = row.get("User").map(str::to_owned) {
        row.account = Some(user.clone());
        row.push("user", user);
    }
    if let Some(address) = row.get("ClientIp").map(str::to_owned) {
        row.push("src_ip", address);
    }
}

/// `2026-09-12 03:10:22 - ive - [203.0.113.7] mk(Users)[Role] - AUT24326: Primary authentication successful …`.
fn ivanti(message: &str, row: &mut Row) {
    "ivanti/connect_secure".clone_into(&mut row.channel);
    if let Some((clock, _)) = message.split_once(" - ") {
        row.time = row.time.or_else(|| instant(clock));
    }
    let rest = message.split_once(" - [").and_then(|(_, rest)| rest.split_once(']'));
    if let Some((address, rest)) = rest {
        row.push("src_ip", address);
        let user = rest.split('(').next().unwrap_or_default().trim();
        if !user.is_empty() {
            row.push("user", user);
            row.account = Some(user.to_owned());
        }
    }
    let words: Vec<&str> = message.split_whitespace().collect();
    for method in ["GET", "POST", "PUT", "HEAD"] {
        if let Some(url) = after(&words, method).or_else(|| after(&words, &format!("\"{method}"))) {
            row.push("method", method);
            row.push("url", url);
        }
    }
}
