//! What is written is what the `evtx` crate reads, record by record and checksum by checksum.
#![cfg(test)]

use evtx::{EvtxParser, ParserSettings};
use evtx_writer::{Body, Log, Record, Value, WriteError};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn read(bytes: Vec<u8>) -> Vec<Json> {
    let settings = ParserSettings::new().validate_checksums(true);
    let mut parser = EvtxParser::from_buffer(bytes).unwrap().with_configuration(settings);
    assert!(parser.header().validate_checksum());
    parser.records_json_value().map(|record| record.unwrap().data).collect()
}

fn logon(number: u32) -> Record {
    let time =
        jiff::Timestamp::from_microsecond(1_788_000_000_123_456 + i64::from(number) * 1_000_000).unwrap();
    let mut record =
        Record::new(time, "SRV-1.example", "Security", "Microsoft-Windows-Security-Auditing", 4624);
    record.provider_guid = Some(0x5484_9625_5478_4994_a5ba_3e3b_0328_c30d);
    record.user =
        number.is_multiple_of(2).then(|| "S-1-5-21-1004336348-1177238915-682003330-1138".to_owned());
    record.body = Body::Named(vec![
        ("TargetUserName".into(), format!("user{number}").into()),
        ("TargetUserSid".into(), Value::Sid("S-1-5-18".into())),
        ("TargetLogonId".into(), Value::Hex64(u64::from(number) * 7919)),
        ("LogonType".into(), Value::U32(3)),
        ("Elevated".into(), Value::Bool(number.is_multiple_of(3))),
        ("LogonGuid".into(), Value::Guid(u128::from(number) << 64)),
        ("IpPort".into(), Value::U16(4000)),
        ("Empty".into(), Value::Null),
    ]);
    record
}

#[test]
fn every_record_of_many_chunks_is_read_with_its_number_time_and_data() {
    let mut log = Log::new(154_588);
    for number in 0..2000 {
        assert_eq!(log.push(&logon(number)).unwrap(), 154_588 + u64::from(number));
    }
    let bytes = log.into_bytes().unwrap();
    assert_eq!(bytes.len() % 0x1_0000, 4096);
    assert!(bytes.len() > 5 * 0x1_0000);
    let read = read(bytes);
    assert_eq!(read.len(), 2000);
    for (number, event) in read.iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        let (system, data) = (&event["Event"]["System"], &event["Event"]["EventData"]);
        assert_eq!(system["EventRecordID"], json!(154_588 + number));
        assert_eq!(system["EventID"], json!(4624));
        assert_eq!(system["Channel"], "Security");
        assert_eq!(system["Computer"], "SRV-1.example");
        assert_eq!(system["Keywords"], "0x8000000000000000");
        assert_eq!(system["Provider"]["#attributes"]["Guid"], "{54849625-5478-4994-a5ba-3e3b0328c30d}");
        let time: jiff::Timestamp =
            system["TimeCreated"]["#attributes"]["SystemTime"].as_str().unwrap().parse().unwrap();
        assert_eq!(time, logon(number).time);
        assert_eq!(data["TargetUserName"], json!(format!("user{number}")));
        assert_eq!(data["TargetUserSid"], "S-1-5-18");
        assert_eq!(data["TargetLogonId"], json!(format!("0x{:x}", u64::from(number) * 7919)));
        assert_eq!(data["LogonType"], json!(3));
        assert_eq!(data["IpPort"], json!(4000));
        let user = &system["Security"]["#attributes"]["UserID"];
        assert_eq!(user.is_string(), number % 2 == 0, "{system}");
    }
}

#[test]
fn user_data_and_nameless_values_are_read_too() {
    let mut log = Log::new(1);
    let mut cleared = logon(1);
    cleared.event_id = 1102;
    cleared.body = Body::User {
        element: "LogFileCleared".into(),
        namespace: "http://manifests.microsoft.com/win/2004/08/windows/eventlog".into(),
        fields: vec![("SubjectUserName".into(), "svc".into())],
    };
    log.push(&cleared).unwrap();
    log.skip(40);
    let mut old = logon(2);
    old.body = Body::Unnamed(vec!["a".into(), "b".into()]);
    assert_eq!(log.push(&old).unwrap(), 42);
    let read = read(log.into_bytes().unwrap());
    assert_eq!(read[0]["Event"]["UserData"]["LogFileCleared"]["SubjectUserName"], "svc");
    assert_eq!(read[1]["Event"]["EventData"]["Data"]["#text"], json!(["a", "b"]));
    assert_eq!(read[1]["Event"]["System"]["EventRecordID"], json!(42));
}

#[test]
fn an_empty_log_is_a_log_and_what_no_chunk_holds_is_refused() {
    assert!(read(Log::new(1).into_bytes().unwrap()).is_empty());
    let mut log = Log::new(1);
    let mut large = logon(1);
    large.body = Body::Named(vec![("Script".into(), "x".repeat(40_000).into())]);
    assert!(matches!(log.push(&large), Err(WriteError::TooLarge { id: 1 })));
    assert_eq!(log.push(&logon(1)).unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_text_comes_back(fields in prop::collection::vec(("[A-Za-z]{1,20}", "[^\\p{Cc}\\p{Cn}\\p{Co}]{1,300}"), 1..40)) {
        let mut log = Log::new(7);
        let mut record = logon(1);
        let mut named: Vec<(String, Value)> = Vec::new();
        for (name, text) in &fields {
            if !named.iter().any(|(known, _)| known == name) {
                named.push((name.clone(), text.as_str().into()));
            }
        }
        record.body = Body::Named(named.clone());
        for _ in 0..20 {
            log.push(&record).unwrap();
        }
        let read = read(log.into_bytes().unwrap());
        prop_assert_eq!(read.len(), 20);
        for event in &read {
            for (name, value) in &named {
                let Value::Text(text) = value else { continue };
                prop_assert_eq!(event["Event"]["EventData"][name].as_str(), Some(text.as_str()));
            }
        }
    }
}
