//! The sources that are no JSON, cut off, with bytes changed, and put together wrongly: there is an answer, and what is
//! whole of it is still taken.

use proptest::prelude::*;

use super::never_panics::drain;

/// One input of each text format, as its vendor writes it.
const WHOLE: [&[u8]; 11] = [
    b"<134>Mar  2 08:14:15 fw01 CEF:0|Acme|Threat\\|Wall|1.0|100|Worm \\\\ stopped|9|externalId=42 rt=1772439255003 src=203.0.113.9 suser=CEDAR\\\\fd2 request=https://evil.example/a?b\\=1 cs1Label=MITRE technique cs1=T1059.001 msg=Seen\n",
    b"LEEF:2.0|Acme|Shield|1|Malware|x5E|devTime=Mar 02 2026 08:14:15^sev=8^src=203.0.113.9^usrName=fd2^url=https://evil.example/a\n",
    b"<34>1 2026-03-02T08:14:15.003Z ehr-db sshd 42 ID1 [a@1 from=\"203.0.113.9\" q=\"]\\\"\"] Failed password for root\n",
    b"<38>Mar  2 08:14:16 ehr-db sshd[42]: Accepted password for backup from 198.51.100.7 port 22\n",
    b"Mar  2 08:14:15 fw01 date=2026-03-02 time=03:14:15 devid=\"FG1\" eventtime=1772439255003000001 tz=\"-0500\" logid=\"0419016384\" type=\"utm\" subtype=\"ips\" level=\"alert\" severity=\"critical\" srcip=203.0.113.9 attack=\"Log4j (CVE-2021-44228)\" msg=\"a \\\"b\\\"\"\n",
    b"<14>Mar  2 08:14:16 fw01 1,2026/03/02 08:14:16,0011,THREAT,vulnerability,2305,2026/03/02 08:14:15,203.0.113.9,10.0.4.12,0.0.0.0,0.0.0.0,In,,cedar\\fd2,web,vsys1,U,T,ae1,ae2,Log,2026/03/02 08:14:15,54,1,58102,80,0,0,0x4,tcp,reset-both,\"a,b.php\",Log4j(91991),code-execution,critical,client-to-server,7001,0x0\n",
    b"#separator \\x09\n#path\tnotice\n#fields\tts\tuid\tid.orig_h\tnote\tmsg\tsrc\tactions\n#types\ttime\tstring\taddr\tenum\tstring\taddr\tset[enum]\n1772439255.003000\tC1\t203.0.113.9\tFTP::Bruteforcing\t20 failed\\x09logins\t203.0.113.9\tNotice::ACTION_LOG\n",
    b"\"RecordType\",\"CreationDate\",\"UserIds\",\"Operations\",\"AuditData\"\r\n\"ExchangeAdmin\",\"3/2/2026 8:14:15 AM\",\"b@cedarhollow.example\",\"New-InboxRule\",\"{\"\"Id\"\":\"\"r-1\"\",\"\"Operation\"\":\"\"New-InboxRule\"\",\"\"RecordType\"\":1,\"\"CreationTime\"\":\"\"2026-03-02T08:14:15\"\",\n \"\"UserId\"\":\"\"b@cedarhollow.example\"\"}\"\r\n",
    b"From: Desk <desk@cedarhollow.example>\r\nTo: help@msp.example\r\nSubject: =?UTF-8?B?aXMgdGhpcyByZWFsPw==?=\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a href=3D\"https://evil.example/?a=3D1\">go</a>\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@evil.example\r\nSubject: Pay\r\nReceived: from evil.example ([203.0.113.9]) by mx; Mon, 2 Mar 2026 08:00:00 +0000\r\n\r\nhxxps://evil[.]example/pay\r\n--b--\r\n",
    b"<?xml version=\"1.0\"?><ioc xmlns=\"http://schemas.mandiant.com/2010/ioc\" id=\"i-1\"><short_description>STEALER</short_description><definition><Indicator operator=\"OR\"><IndicatorItem condition=\"is\"><Context search=\"FileItem/Md5sum\"/><Content>64a17f5177157bb8c4199d38c46ec93b</Content></IndicatorItem></Indicator></definition></ioc>",
    b"{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":\"[file:hashes.'SHA-256' = 'aa' OR ipv4-addr:value IN ('203.0.113.9', 'it\\\\'s')] FOLLOWEDBY [url:value MATCHES 'x']\"}]}",
];

fn pick() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(WHOLE.to_vec()).prop_map(<[u8]>::to_vec)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cut_off_anywhere(mut bytes in pick(), place: prop::sample::Index) {
        bytes.truncate(place.index(bytes.len()));
        drain(None, &bytes)?;
    }

    #[test]
    fn with_bytes_changed_and_stretches_lost_or_doubled(
        mut bytes in pick(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        from: prop::sample::Index, length in 0_usize..40, twice: bool,
    ) {
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        let start = from.index(bytes.len());
        let end = (start + length).min(bytes.len());
        let stretch = if twice { bytes[start..end].repeat(2) } else { Vec::new() };
        bytes.splice(start..end, stretch);
        drain(None, &bytes)?;
    }

    #[test]
    fn given_to_the_wrong_adapter(bytes in pick(), which: prop::sample::Index) {
        let all: Vec<_> = intake::adapters().collect();
        drain(Some(all[which.index(all.len())]), &bytes)?;
    }

    #[test]
    fn two_formats_in_one_file(mut first in pick(), second in pick()) {
        first.extend(second);
        drain(None, &first)?;
    }
}

#[test]
fn each_of_them_whole_is_one_alert_of_its_own_source() {
    let sources = WHOLE.map(|bytes| {
        let mut read: Vec<_> = intake::read(None, bytes).map(|result| result.unwrap().alert.source).collect();
        assert_eq!(read.len(), 1, "{}", String::from_utf8_lossy(bytes));
        read.remove(0)
    });
    assert_eq!(
        sources,
        [
            "cef",
            "leef",
            "syslog",
            "syslog",
            "fortinet",
            "paloalto",
            "zeek-notice",
            "m365-unified-audit",
            "email",
            "openioc",
            "stix21"
        ]
    );
}

/// Lines made to take a careless parser minutes.
#[test]
fn a_line_of_megabytes_is_read_in_its_length() {
    for (head, part) in [
        ("CEF:0|A|B|1|2|N|5|", "a="),
        ("CEF:0|A|B|1|2|N|5|", "a=b "),
        ("LEEF:1.0|A|B|1|2|", "a=b\t"),
        ("logid=1 type=a subtype=b date=2026-03-02 ", "a=\"b "),
        ("<34>1 - - - - - ", "[a b=\"c\"]"),
        ("1,2026/03/02 08:14:16,0011,THREAT,url,1,2026/03/02 08:14:15,", "a,"),
        ("From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n\r\n", "http://e.example/a "),
        ("time,host,user\n", "\"a\n"),
    ] {
        let line = format!("{head}{}", part.repeat(400_000));
        let started = std::time::Instant::now();
        let _ = intake::read(None, line.as_bytes()).count();
        let took = started.elapsed().as_secs();
        assert!(took < 20, "{head}: {took} s");
    }
}

/// A responder pastes a whole day's log: one damaged line must not take the others with it.
#[test]
fn a_damaged_line_does_not_take_its_neighbours_with_it() {
    let cef = |name: &str| format!("CEF:0|Acme|Wall|1|100|{name}|5|src=203.0.113.9\n");
    let log = format!("{}CEF:0|Acme|Wa\n{}", cef("first"), cef("last"));
    let read: Vec<_> = intake::read(None, log.as_bytes()).collect();
    let titles: Vec<_> = read.iter().flatten().filter_map(|taken| taken.alert.title.as_deref()).collect();
    assert_eq!((titles.first(), titles.last()), (Some(&"first"), Some(&"last")));
    let table = "time,host,user\n2026-03-02T08:14:15Z,ws-1,a\n2026-03-02T08:14:15Z,ws-2\n2026-03-02T08:14:16Z,ws-3,c\n";
    let read: Vec<_> = intake::read(None, table.as_bytes()).collect();
    assert_eq!(read.iter().filter(|result| result.is_ok()).count(), 2);
    assert_eq!(read.iter().filter(|result| result.is_err()).count(), 1);
}
