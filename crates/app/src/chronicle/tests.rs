use kernel::{EvidenceId, Timestamp};

use super::{Chronicle, Filter, Level};

const DETECTIONS: &str = r#"{"rule_id":"r1","rule":"Shadow copies deleted","level":"high","time":"2026-01-26T10:00:30.000000Z","computer":"srv-file1.clinic.example","channel":"Security","event_id":4688,"record_id":7,"file":"a.evtx","techniques":["T1490"],"tactics":["impact"],"matched":{"CommandLine":"vssadmin delete shadows"}}
{"rule_id":"r2","rule":"Credentials read","level":"critical","time":"2026-01-26T09:00:00.000000Z","computer":"SRV-FILE1","channel":"x","event_id":10,"record_id":3,"file":"z.zip!logs/b.evtx","techniques":["T1003.001"],"tactics":["credential_access"],"matched":{}}
{"rule_id":"r3","rule":"Many sign-ins","level":"low","time":null,"computer":"WS-1","channel":"x","event_id":1,"record_id":1,"file":"a.evtx","techniques":[],"tactics":[],"matched":{},"events":[{"file":"a.evtx","record_id":1}]}
"#;

fn timeline(lines: u32) -> String {
    let mut text = "time,host,what,account,text,copies,file,record\n".to_owned();
    text.push_str("2026-01-26T09:00:00Z,SRV-FILE1,detection,CLINIC\\ann,Credentials read (critical),1,z.zip!logs/b.evtx,3\n");
    let begin: Timestamp = "2026-01-26T00:00:00Z".parse().unwrap();
    for number in 0..lines {
        let at = Timestamp::from_second(begin.as_second() + i64::from(number) * 60).unwrap();
        let host = number % 11;
        text.push_str(&format!(
            "{at},ws-{host}.clinic.example,logon,CLINIC\\user{host},'=LogonType,1,a.evtx,{number}\n"
        ));
    }
    text
}

fn chronicle(lines: u32) -> Chronicle {
    let items =
        vec![("a.evtx".to_owned(), EvidenceId::from_u128(1)), ("z.zip".to_owned(), EvidenceId::from_u128(2))];
    Chronicle::read(timeline(lines).as_bytes(), DETECTIONS.as_bytes(), items).unwrap()
}

#[test]
fn a_detection_has_its_account_its_place_and_its_evidence() {
    let chronicle = chronicle(100);
    assert_eq!((chronicle.len(), chronicle.undated()), (102, 1));
    let filter = Filter { level: Some(Level::Critical), ..Filter::default() };
    let found = chronicle.lines(&filter, None, 10, true);
    let [line] = found.items.as_slice() else { panic!("{found:?}") };
    assert_eq!((line.host.as_str(), line.account.as_str()), ("SRV-FILE1", "CLINIC\\ann"));
    assert_eq!((line.record, line.evidence), (3, Some(EvidenceId::from_u128(2))));
    assert_eq!(line.tactics, ["credential-access"]);
    // Nothing of a log may be a spreadsheet's formula in the file; here it is what it was.
    let all = chronicle.lines(&Filter::default(), None, 200, true);
    assert!(all.items.iter().any(|line| line.text == "=LogonType"));
}

#[test]
fn what_commands_say_is_kept_from_those_who_do_not_handle_evidence() {
    let chronicle = chronicle(5);
    for line in chronicle.lines(&Filter::default(), None, 10, false).items {
        assert!(line.matched.is_empty(), "{line:?}");
        assert!(line.level > Level::None || line.text.is_empty(), "{line:?}");
    }
}

#[test]
fn every_line_is_in_one_bin_whatever_the_zoom_and_a_figure_stays_small() {
    let chronicle = chronicle(5_000);
    let whole = chronicle.figure(&Filter::default());
    assert_eq!((whole.lines, whole.detections), (5_002, 2));
    assert_eq!(whole.overview.iter().map(|(lines, _)| lines).sum::<u64>(), 5_002);
    assert!(whole.lanes.iter().map(|lane| lane.bins.len()).sum::<usize>() <= 450);
    // The worst host stands first, and hosts without a lane share the last.
    assert_eq!(whole.lanes.first().unwrap().host.as_deref(), Some("SRV-FILE1"));
    assert_eq!(whole.lanes.last().unwrap().hosts, 5);
    let mut sum = 0;
    for hour in 0..24 * 4 {
        let at = |hours: i64| {
            let begin: Timestamp = "2026-01-26T00:00:00Z".parse().unwrap();
            Some(Timestamp::from_second(begin.as_second() + hours * 3_600).unwrap())
        };
        let part = Filter { from: at(hour), to: at(hour + 1), ..Filter::default() };
        let figure = chronicle.figure(&part);
        let binned: u64 = figure.lanes.iter().flat_map(|lane| &lane.bins).map(|bin| bin.lines).sum();
        assert_eq!(binned, figure.lines);
        sum += figure.lines;
    }
    assert_eq!(sum, 5_002);
}

#[test]
fn a_filter_narrows_and_one_that_names_nothing_finds_nothing() {
    let chronicle = chronicle(1_000);
    let host = Filter { host: Some("WS-3".to_owned()), ..Filter::default() };
    let figure = chronicle.figure(&host);
    assert_eq!((figure.lanes.len(), figure.lines), (1, 91));
    let tactic = Filter { tactic: Some("impact".to_owned()), ..Filter::default() };
    assert_eq!(chronicle.lines(&tactic, None, 10, true).total, 1);
    let nobody = Filter { account: Some("nobody".to_owned()), ..Filter::default() };
    assert_eq!((chronicle.figure(&nobody).lines, chronicle.lines(&nobody, None, 10, true).total), (0, 0));
}

#[test]
fn pages_follow_each_other_and_miss_no_line() {
    let chronicle = chronicle(333);
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = chronicle.lines(&Filter::default(), after, 50, true);
        assert_eq!(page.total, 335);
        seen.extend(page.items.iter().map(|line| line.number));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..335).collect::<Vec<_>>());
}
