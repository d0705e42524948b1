//! What is damaged, hostile or enormous: a fault with its byte offset, nothing of it taken, everything else taken.

use std::io::{Read, Write};

use intake::{Fault, IntakeError, Taken, read};

fn all(input: &[u8]) -> (Vec<Taken>, Vec<IntakeError>) {
    from(input)
}

fn from(input: impl Read) -> (Vec<Taken>, Vec<IntakeError>) {
    let (mut taken, mut faults) = (Vec::new(), Vec::new());
    for result in read(None, input) {
        match result {
            Ok(one) => taken.push(one),
            Err(fault) => faults.push(fault),
        }
    }
    (taken, faults)
}

fn titles(taken: &[Taken]) -> Vec<&str> {
    taken.iter().map(|one| one.alert.title.as_deref().unwrap_or_default()).collect()
}

fn alert(title: &str) -> String {
    format!("{{\"title\": \"{title}\"}}")
}

#[test]
fn damaged_lines_among_good_ones_are_named_by_their_offset_and_the_good_ones_are_taken() {
    let good = |name: &str| alert(name) + "\n";
    for bad in [
        "{\"title\": \"cut of\n",
        "{\"title\": {\n",
        "{\"title\": \"x\",\n",
        "{\"title\": nope}\n",
        "{\"title\" \"x\"}\n",
        "{\"title\": [1, 2}\n",
        "not json at all\n",
        "\"just a text\"\n",
        "{\"a\":1e9999}\n",
        "}\n",
        "\u{0}\u{0}\u{0}\n",
    ] {
        let input = good("a") + bad + &good("b") + &good("c");
        let (taken, faults) = all(input.as_bytes());
        assert_eq!(titles(&taken), ["a", "b", "c"], "{bad:?}");
        assert_eq!(faults.len(), 1, "{bad:?}: {faults:?}");
        let line = good("a").len() as u64..=(good("a").len() + bad.len()) as u64;
        assert!(line.contains(&faults[0].offset), "{bad:?}: {faults:?}");
        assert!(faults[0].to_string().contains("byte "), "{}", faults[0]);
    }
}

#[test]
fn a_truncated_file_loses_only_its_last_alert() {
    let whole = format!("[{}, {}, {}]", alert("a"), alert("b"), alert("c"));
    let (taken, faults) = all(&whole.as_bytes()[..whole.len() - 6]);
    assert_eq!(titles(&taken), ["a", "b"]);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].fault, Fault::Truncated);
    assert_eq!(faults[0].offset, whole.len() as u64 - 6);

    let envelope = format!("{{\"value\": [{}, {}, {{\"title\": \"c", alert("a"), alert("b"));
    let (taken, faults) = all(envelope.as_bytes());
    assert_eq!(titles(&taken), ["a", "b"]);
    assert_eq!(faults.len(), 1, "{faults:?}");

    let (taken, faults) = all(b"{\"title\": \"x\"");
    assert!(taken.is_empty());
    assert_eq!((faults[0].offset, &faults[0].fault), (13, &Fault::Truncated));
}

#[test]
fn two_hundred_megabytes_of_zeros_are_refused_at_once() {
    let (taken, faults) = from(std::io::repeat(0).take(200 << 20));
    assert!(taken.is_empty());
    assert_eq!(faults, [IntakeError { offset: 0, fault: Fault::Binary }]);
    let after = alert("a").into_bytes();
    let (taken, faults) = from(after.chain(&b"\n"[..]).chain(std::io::repeat(0).take(20 << 20)));
    assert_eq!(titles(&taken), ["a"]);
    assert_eq!(faults.len(), 1);
}

#[test]
fn archives_and_bombs_are_refused_and_a_plain_gzip_is_read() {
    for (magic, kind) in
        [(&b"PK\x03\x04rest"[..], "ZIP"), (b"7z\xBC\xAF\x27\x1C", "7z"), (b"Rar!\x1A\x07\x00", "RAR")]
    {
        let (taken, faults) = all(magic);
        assert!(taken.is_empty());
        assert_eq!(faults, [IntakeError { offset: 0, fault: Fault::Archive(kind) }]);
    }
    let pack = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let packed = pack(alert("a").as_bytes());
    assert_eq!(titles(&all(&packed).0), ["a"]);
    let (taken, faults) = all(&packed[..packed.len() - 12]);
    assert!(taken.is_empty() && !faults.is_empty(), "{faults:?}");
    // A bomb that begins as an alert.
    let mut bomb = b"{\"title\": \"".to_vec();
    bomb.resize(60 << 20, b'a');
    let (taken, faults) = all(&pack(&bomb));
    assert!(taken.is_empty());
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].fault, Fault::Bomb);
    let (taken, faults) = all(&pack(&packed));
    assert!(taken.is_empty());
    assert_eq!(faults[0].fault, Fault::Bomb, "gzip in gzip");
}

#[test]
fn nesting_without_end_is_refused_without_a_crash() {
    for bracket in ["[", "{\"a\":"] {
        let deep = bracket.repeat(1_000_000);
        let (taken, faults) = all((deep + "\n" + &alert("after") + "\n").as_bytes());
        assert_eq!(titles(&taken), ["after"]);
        assert!(faults.iter().any(|fault| fault.fault == Fault::TooDeep), "{faults:?}");
        assert!(faults.len() <= 2, "{}", faults.len());
    }
}

#[test]
fn an_alert_of_more_than_the_limit_is_refused_and_its_neighbours_are_taken() {
    let huge = format!("{{\"title\": \"{}\"}}", "x".repeat(intake::error::MAX_ALERT));
    let (taken, faults) = all((alert("a") + "\n" + &huge + "\n" + &alert("b")).as_bytes());
    assert_eq!(titles(&taken), ["a", "b"]);
    assert!(matches!(faults[..], [IntakeError { offset: 15, fault: Fault::TooLarge(_) }]), "{faults:?}");
}

#[test]
fn an_envelope_larger_than_one_alert_may_be_is_still_opened() {
    let one = format!("{{\"title\": \"a\", \"x\": \"{}\"}}", "y".repeat(1 << 20));
    let list = vec![one; 20].join(",");
    let (taken, faults) = all(format!("{{\"value\": [{list}]}}").as_bytes());
    assert_eq!((taken.len(), faults.len()), (20, 0));
}

#[test]
fn the_charset_is_found_out_and_the_bytes_are_kept_as_received() {
    let text = "{\"title\": \"Zoë – Grüße\"}";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide_big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cases: [(Vec<u8>, usize); 5] = [
        (text.into(), 0),
        ([&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat(), 3),
        ([&b"\xFF\xFE"[..], &wide].concat(), 2),
        ([&b"\xFE\xFF"[..], &wide_big].concat(), 2),
        (b"{\"title\": \"Zo\xEB \x96 Gr\xFC\xDFe\"}".to_vec(), 0),
    ];
    for (input, mark) in cases {
        let (taken, faults) = all(&input);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(titles(&taken), ["Zoë – Grüße"]);
        assert_eq!(taken[0].raw, &input[mark..]);
        assert_eq!(taken[0].offset, mark as u64);
        assert_eq!(taken[0].alert.raw_sha256, kernel::Digest::of(&input[mark..]));
    }
}

#[test]
fn what_is_no_alert_in_a_list_is_named() {
    let (taken, faults) = all(format!("[1, \"x\", null, {}, [{}], true]", alert("a"), alert("b")).as_bytes());
    assert_eq!(titles(&taken), ["a", "b"]);
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(faults.iter().all(|fault| matches!(fault.fault, Fault::NotAnAlert(_))));
    assert_eq!(all(b"  \n ").1[0].fault, Fault::Empty);
    assert!(all(b"[]").0.is_empty() && all(b"[]").1.is_empty());
    assert!(all(b"{\"value\":[]}").1.is_empty());
}

#[test]
fn an_unknown_alert_with_an_empty_list_in_it_is_not_taken_for_an_empty_answer() {
    let (taken, faults) = all(br#"{"message": "Malware", "computer": "ws1", "events": []}"#);
    assert!(faults.is_empty());
    assert_eq!(titles(&taken), ["Malware"]);
    assert!(all(br#"{"message": "success", "count": 0, "data": []}"#).0.is_empty());
}

#[test]
fn an_alert_that_nobody_knows_is_taken_with_its_bytes() {
    let input = b"Something odd is on the screen of reception.\nIt asks for money.";
    let (taken, faults) = all(input);
    assert!(faults.is_empty());
    assert_eq!(taken[0].alert.source, "generic");
    assert_eq!(taken[0].raw, input);
}

#[test]
fn a_feed_without_end_gives_its_alerts_as_they_come() {
    /// Gives the same line for ever; nothing of it is kept.
    struct Lines(usize, Vec<u8>);
    impl Read for Lines {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            for byte in buffer.iter_mut() {
                *byte = self.1[self.0 % self.1.len()];
                self.0 += 1;
            }
            Ok(buffer.len())
        }
    }
    let line = (alert(&"a".repeat(100)) + "\n").into_bytes();
    assert!(read(None, Lines(0, line)).take(5_000).all(|taken| taken.is_ok()));
}
