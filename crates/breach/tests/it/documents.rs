//! What goes to people: the calendar, the explanation, the letter's content, the mail merge, the portal worksheet.

use std::collections::BTreeMap;

use breach::{
    letter::{ContentElement, Passage, check, reading},
    mailing::{LetterState, MailEvent, Mailing, Recipient, ReturnReason, merge_file},
    result::{Addressee, LetterMethod, SubstituteSize},
    worksheet::{Answer, Portal, fill},
};
use jiff::{Timestamp, civil::date};
use kernel::Phi;
use serde_json::{Value, json};

use crate::{assessed, facts, law};

fn event() -> Value {
    json!({
        "entity": {
            "kind": "covered_entity", "name": "Cedar Hollow, ENT; \"Main\"\nStreet", "state": "OH",
            "time_zone": "America/New_York", "part2_program": true,
        },
        "event": {"kind": "ransomware", "data": ["phi", "part2"], "permitted_use": false, "medium": "electronic"},
        "knowledge": {"known_on": "2026-06-01T09:00:00-04:00", "occurred_on": "2026-05-20"},
        "individuals": {
            "by_state": {"OH": 600, "MN": 501, "NJ": 3},
            "elements": ["name", "dob", "ssn", "diagnosis", "claim", "other"],
            "undeliverable_addresses": 12, "minors": 40, "minors_consented_alone": 3, "email_agreed": 30,
            "deceased": {"kin_address_known": 2, "kin_address_unknown": 1},
        },
    })
}

const STAMP: i64 = 1_780_300_800;

#[test]
fn the_calendar_is_read_by_another_program_and_keeps_its_identifiers() {
    let stamp = Timestamp::from_second(STAMP).unwrap();
    let answer = assessed(&event());
    let text = breach::calendar(&answer, "incident 7", stamp);
    for line in text.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\n', '\r']), "{line}");
    }
    let unfolded = icalendar::parser::unfold(&text);
    let read = icalendar::parser::read_calendar(&unfolded).expect("RFC 5545");
    let uids = |text: &str| -> Vec<String> {
        let unfolded = icalendar::parser::unfold(text);
        let read = icalendar::parser::read_calendar(&unfolded).unwrap();
        read.components.iter().map(|each| each.find_prop("UID").unwrap().val.to_string()).collect()
    };
    assert_eq!(read.components.len(), answer.obligations.len());
    let mut single = uids(&text);
    single.sort();
    single.dedup();
    assert_eq!(single.len(), answer.obligations.len(), "each event has its own identifier");
    let letters = read.components.iter().find(|each| {
        each.find_prop("SUMMARY").unwrap().val.to_string().contains("Letters to the affected individuals")
    });
    assert_eq!(letters.unwrap().find_prop("DTSTART").unwrap().val.to_string(), "20260731");
    assert!(text.contains("DTSTART:20260603T130000Z"), "Minnesota's 48 hours are an instant");
    // The discovery turns out to be earlier: the same events on other days.
    let mut moved = event();
    moved["knowledge"]["workforce_known_on"] = json!("2026-05-25");
    assert_eq!(uids(&breach::calendar(&assessed(&moved), "incident 7", stamp)), uids(&text));
    assert_ne!(uids(&breach::calendar(&answer, "incident 8", stamp)), uids(&text));
}

#[test]
fn the_explanation_gives_every_duty_its_count_and_citation() {
    let value = event();
    let answer = assessed(&value);
    let text = breach::explain(&answer, &facts(&value));
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("does not replace counsel"));
    for each in answer.obligations.iter().filter(|each| each.duty != breach::result::Duty::RecordRetention) {
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&squeeze(&each.arithmetic)), "{}", each.arithmetic);
        assert!(flat.contains(&each.citation), "{}", each.citation);
    }
    assert!(flat.contains("for Cedar Hollow, ENT; \"Main\" Street"), "a name cannot break the page");
}

#[test]
fn letters_go_to_the_right_people_by_the_right_way() {
    let answer = assessed(&event());
    let letters = answer.obligations[0].letters.as_ref().unwrap();
    let of = |to, method| {
        letters.iter().find(|each| each.to == to && each.method == method).map(|each| each.count)
    };
    // 1,104 people: 40 minors (3 alone), 3 dead; 30 agreed to e-mail.
    assert_eq!(of(Addressee::Individual, LetterMethod::Email), Some(30));
    assert_eq!(of(Addressee::Individual, LetterMethod::FirstClassMail), Some(1104 - 40 - 3 - 30));
    assert_eq!(of(Addressee::ParentOrGuardian, LetterMethod::FirstClassMail), Some(37));
    assert_eq!(of(Addressee::Minor, LetterMethod::FirstClassMail), Some(3));
    assert_eq!(of(Addressee::NextOfKin, LetterMethod::FirstClassMail), Some(2));
    assert_eq!(letters.iter().map(|each| each.count).sum::<u64>(), 1104 - 1);
}

fn passage(element: ContentElement, text: &str) -> Passage {
    Passage { element, text: text.to_owned() }
}

#[test]
fn a_letter_without_one_of_the_five_elements_is_not_ready() {
    let mut letter = vec![
        passage(
            ContentElement::WhatHappened,
            "On May 20, 2026 somebody copied files. We found out on June 1, 2026.",
        ),
        passage(ContentElement::TypesOfInformation, "Your name, date of birth and diagnosis."),
        passage(ContentElement::WhatYouCanDo, "Watch your statements. Place a fraud alert."),
        passage(ContentElement::WhatWeAreDoing, "We closed the way in and called the police."),
        passage(ContentElement::HowToReachUs, "Call (833) 555-0134 or write to privacy@cedar.example."),
    ];
    assert_eq!(check(&letter), []);
    letter[4].text = "Call 614-555-0134.".to_owned();
    assert!(check(&letter)[0].missing, "a number that is not toll-free is none of the four ways");
    letter[4].text = "Write to us at 1 Main Street, Columbus, OH 43004.".to_owned();
    let remarks = check(&letter);
    assert!(remarks.len() == 1 && !remarks[0].missing && remarks[0].what.contains("toll-free"));
    for at in 0..5 {
        let mut short = letter.clone();
        short.remove(at);
        assert!(check(&short).iter().any(|remark| remark.missing), "element {at}");
    }
}

#[test]
fn the_reading_grade_tells_plain_words_from_a_lawyers() {
    let plain = reading("We are sorry. A thief took a laptop. Your name was on it. Please call us.").unwrap();
    assert_eq!((plain.words, plain.sentences), (16, 4));
    assert!(plain.grade < 4.0, "{plain:?}");
    let heavy = reading(
        "Notwithstanding the aforementioned unauthorized acquisition, individually identifiable information \
         pertaining to beneficiaries may potentially have been inadvertently compromised.",
    )
    .unwrap();
    assert!(heavy.grade > 18.0, "{heavy:?}");
    // By hand: 11 words, 1 sentence, 13 syllables: 0.39 * 11 + 11.8 * 13 / 11 - 15.59 = 2.6.
    let known = reading("The quick brown fox jumps over the lazy dog near Bob.").unwrap();
    assert_eq!((known.words, known.syllables), (11, 13));
    assert!((known.grade - 2.6).abs() < 0.05, "{known:?}");
    assert_eq!(reading("  …  "), None);
}

#[test]
fn returned_letters_call_for_the_right_substitute_notice() {
    let mut mailing = Mailing::new(30);
    for letter in 1..=30 {
        mailing = mailing.after(&MailEvent::Sent { letter, on: date(2026, 4, 1) });
    }
    let back = |letter, reason| MailEvent::Returned { letter, on: date(2026, 4, 9), reason };
    for letter in 1..=9 {
        mailing = mailing.after(&back(letter, ReturnReason::Moved));
    }
    mailing = mailing.after(&back(20, ReturnReason::Refused)).after(&back(21, ReturnReason::Deceased));
    assert_eq!((mailing.undeliverable(), mailing.substitute()), (9, SubstituteSize::FewerThan10));
    mailing = mailing.after(&back(10, ReturnReason::NoSuchAddress));
    assert_eq!((mailing.undeliverable(), mailing.substitute()), (10, SubstituteSize::TenOrMore));
    mailing = mailing.after(&MailEvent::Sent { letter: 10, on: date(2026, 4, 12) });
    assert_eq!(mailing.substitute(), SubstituteSize::FewerThan10);
    assert_eq!(mailing.sent_between(), Some((date(2026, 4, 1), date(2026, 4, 12))));
    assert_eq!(mailing.letters()[&20], LetterState::Sent(date(2026, 4, 1)));
    let other = mailing.clone().after(&back(99, ReturnReason::Moved));
    assert_eq!(other, mailing);
}

#[test]
fn a_name_is_text_in_the_mail_merge_and_never_in_a_log() {
    let person = |number, to, name: &str| Recipient {
        number,
        to,
        method: LetterMethod::FirstClassMail,
        individual: Phi::new(name.to_owned()),
        addressed_to: None,
        address: Phi::new(vec!["1 Main Street".to_owned(), "Apt 4".to_owned()]),
        city: Phi::new("Columbus".to_owned()),
        state: "OH".to_owned(),
        zip: Phi::new("43004".to_owned()),
    };
    let people = [
        person(1, Addressee::Individual, "=HYPERLINK(\"x\")"),
        person(2, Addressee::ParentOrGuardian, "O\"Neil, Ann"),
    ];
    let file = merge_file(&people);
    assert!(!format!("{people:?} {file:?}").contains("Neil"));
    let lines: Vec<&str> = file.reveal().split("\r\n").collect();
    assert_eq!(lines[0], "letter,template,method,addressee,individual,address_1,address_2,city,state,zip");
    assert!(lines[1].starts_with("1,individual,first_class_mail,\"'=HYPERLINK(\"\"x\"\")\""), "{}", lines[1]);
    assert!(
        lines[2].contains("\"Parent or guardian of O\"\"Neil, Ann\",\"O\"\"Neil, Ann\",1 Main Street,Apt 4")
    );
}

#[test]
fn the_worksheet_follows_the_form_and_says_what_is_still_open() {
    let value = event();
    let (given, answer) = (facts(&value), assessed(&value));
    let sheet = fill(&law().form, Portal::Hipaa, &given, &answer, &BTreeMap::new());
    let line = |id: &str| {
        sheet.sections.iter().flat_map(|section| &section.lines).find(|line| line.id == id).unwrap().clone()
    };
    assert_eq!(sheet.file_by, Some(date(2026, 7, 31)));
    assert_eq!(line("affecting").answer, Some(Answer::Text("500 or More Individuals".to_owned())));
    assert_eq!(line("individuals").answer, Some(Answer::Number(1104)));
    assert_eq!(line("breach_type").answer, Some(Answer::Choices(vec!["Hacking/IT Incident".to_owned()])));
    let states = vec!["Minnesota".to_owned(), "Ohio".to_owned()];
    assert_eq!(line("media_states").answer, Some(Answer::Choices(states)));
    assert_eq!(line("substitute_size").answer, Some(Answer::Text("10 or more".to_owned())));
    assert!(line("clinical").required && line("phi_other").required && !line("associate").required);
    let open: Vec<_> = sheet.open().map(|line| line.id.clone()).collect();
    assert!(open.contains(&"description".to_owned()) && !open.contains(&"individuals".to_owned()));
    let derived =
        sheet.sections.iter().flat_map(|section| &section.lines).filter(|line| line.answer.is_some());
    for line in derived {
        assert_eq!(line.remark, None, "{}: the form has no such choice", line.id);
    }
    let mut own = BTreeMap::new();
    own.insert("location".to_owned(), Answer::Choices(vec!["Mainframe".to_owned()]));
    own.insert("description".to_owned(), Answer::Text("x".repeat(4001)));
    let wrong = fill(&law().form, Portal::Hipaa, &given, &answer, &own);
    let remarks: Vec<_> =
        wrong.open().filter(|line| line.remark.is_some()).map(|line| line.id.clone()).collect();
    assert_eq!(remarks, ["location", "description"]);
    let part2 = fill(&law().form, Portal::Part2, &given, &answer, &BTreeMap::new());
    assert!(part2.open().all(|line| line.remark.is_none()));
    assert!(part2.sections[1].lines[1].label.contains("Part 2 Program"));
}

#[test]
fn each_agency_that_is_due_has_its_worksheet_with_what_it_asks() {
    let mut value = event();
    value["individuals"]["by_state"] = json!({"LA": 20, "MT": 4, "NY": 9});
    value["individuals"]["minors"] = json!(0);
    value["individuals"]["minors_consented_alone"] = json!(0);
    let answer = assessed(&value);
    let sheets = breach::agency::sheets(&facts(&value), &answer, law());
    let recipients: Vec<_> = sheets.iter().map(|sheet| sheet.jurisdiction.code()).collect();
    assert_eq!(recipients, ["LA", "MT", "NY", "NY"]);
    assert!(sheets[0].asks[0].contains("names of all affected"));
    let answer_to = |at: usize, label: &str| {
        sheets[at].lines.iter().find(|line| line.label == label).and_then(|line| line.answer.clone())
    };
    assert_eq!(answer_to(0, "Residents affected").as_deref(), Some("20"));
    assert_eq!(answer_to(1, "Residents affected").as_deref(), Some("4"));
    assert_eq!(answer_to(1, "Date of discovery").as_deref(), Some("2026-06-01"));
    assert_eq!(answer_to(1, "Steps taken and planned"), None);
}
