//! Every document of two breaches, one of 500 people and more and one of fewer: what a law firm would find wrong.

use kernel::{Actor, PersonId, Role, authorise};
use serde_json::{Value, json};

use super::*;

fn created() -> Timestamp {
    "2026-04-02T14:00:00Z".parse().unwrap()
}

fn event(people: u64, kind: &str) -> Value {
    json!({
        "entity": {"kind": "covered_entity", "name": "Cedar Hollow ENT", "state": "OH", "time_zone": "America/New_York"},
        "event": {"kind": kind, "data": ["phi"], "permitted_use": false, "medium": "electronic"},
        "knowledge": {"occurred_on": "2026-03-04", "known_on": "2026-03-10"},
        "law_enforcement_holds": [{"form": "oral", "stated_on": "2026-04-01"}],
        "individuals": {
            "by_state": {"OH": people, "TX": 300}, "elements": ["name", "dob", "ssn", "diagnosis", "health_insurance"],
            "minors": 9, "minors_consented_alone": 2, "undeliverable_addresses": 3, "email_agreed": 4,
            "deceased": {"kin_address_known": 2, "kin_address_unknown": 0, "over_50_years": 0},
        },
    })
}

fn case_of(facts: &Value, notice: &Notice) -> Case {
    Case::new(super::facts(facts, "").unwrap(), notice.clone(), None, created()).unwrap()
}

fn filled() -> Notice {
    let mut notice = Notice::from_toml(&notice::tests::filled()).unwrap();
    // The example of counsel's own section is cut short on purpose.
    notice.what_happened.text = None;
    for (id, value) in [
        ("attested_by", json!("Dana Whitfield")),
        ("attested_on", json!("2026-04-02")),
        ("entity_type", json!("Healthcare Provider")),
    ] {
        notice.portal.insert(id.to_owned(), value);
    }
    notice
}

fn signed(mut case: Case) -> Case {
    let counsel = Actor {
        id: PersonId::from_u128(7),
        name: "Ruth Okafor".into(),
        role: Role::Attorney,
        practice: None,
    };
    let on = case.today();
    case.approval = Some(approval(authorise(&counsel, Sign).unwrap(), on));
    case
}

fn text(paper: &Paper) -> String {
    let document = paper.write(Format::Text, created()).unwrap().remove(0);
    String::from_utf8(document.bytes.into_revealed()).unwrap()
}

#[test]
fn the_portals_worksheet_says_what_the_engine_filled_in_for_500_and_for_fewer() {
    for (people, size, duty) in
        [(612, "500 or More Individuals", "media: Ohio"), (120, "Fewer Than 500 Individuals", "no media")]
    {
        let case = case_of(&event(people, "ransomware"), &filled());
        let paper = case.papers(Kind::Hhs, None).unwrap().remove(0);
        let Says::Portal(sheet) = &paper.says else { panic!("{paper:?}") };
        // The engine's own worksheet, as JSON: nothing was lost or renamed on the way.
        let given = case.answers().unwrap();
        let own = breach::worksheet::fill(
            &case.law.form,
            breach::worksheet::Portal::Hipaa,
            &case.facts,
            &case.assessment,
            &given,
        );
        assert_eq!(serde_json::to_value(&own).unwrap(), serde_json::to_value(&sheet.worksheet).unwrap());
        let open: Vec<_> = sheet.worksheet.open().map(|line| (&line.id, &line.remark)).collect();
        assert!(open.is_empty(), "{people}: still open: {open:?}");
        // Fields in the form's order, each with its choices, and what was answered.
        let ids: Vec<&str> = sheet
            .worksheet
            .sections
            .iter()
            .flat_map(|part| &part.lines)
            .map(|line| line.id.as_str())
            .collect();
        let of_form: Vec<&str> = case
            .law
            .form
            .sections
            .iter()
            .flat_map(|part| &part.fields)
            .map(|field| field.id.as_str())
            .collect();
        assert_eq!(ids, of_form);
        let text = text(&paper);
        assert!(text.contains(size) && text.contains("does not replace counsel"), "{text}");
        assert!(text.contains(&(people + 300).to_string()), "{text}");
        let media =
            sheet.worksheet.sections.iter().flat_map(|part| &part.lines).find(|line| line.id == "media");
        let word = serde_json::to_value(media.unwrap()).unwrap()["answer"]["text"].clone();
        assert_eq!(word, if people > 500 { "Yes" } else { "No" }, "{duty}");
        assert!(paper.write(Format::Pdf, created()).unwrap()[0].bytes.reveal().starts_with(b"%PDF-"));
        assert!(sheet.worksheet.file_by.is_some());
    }
}

#[test]
fn every_document_comes_in_each_of_its_forms_and_says_that_it_is_a_draft() {
    let case = case_of(&event(612, "ransomware"), &filled());
    for kind in Kind::ALL {
        let papers = case.papers(kind, None).unwrap();
        assert!(!papers.is_empty(), "{kind:?}");
        for paper in papers {
            let text = text(&paper);
            assert!(text.to_uppercase().contains("DRAFT FOR COUNSEL"), "{}: {text}", paper.name);
            assert!(text.contains("does not replace counsel"), "{}", paper.name);
            for format in paper.formats().iter().filter(|format| **format != Format::Pdf) {
                for document in paper.write(*format, created()).unwrap() {
                    assert!(
                        document.bytes.reveal().len() > 400 && document.name.contains('.'),
                        "{document:?}"
                    );
                }
            }
            assert!(paper.write(Format::Merge, created()).is_err());
        }
    }
}

#[test]
fn a_signed_notice_is_no_draft_and_one_with_a_gap_stays_one() {
    let whole = signed(case_of(&event(612, "ransomware"), &filled()));
    for kind in [Kind::Letters, Kind::Substitute, Kind::Media, Kind::BusinessAssociate, Kind::Insurer] {
        for paper in whole.papers(kind, None).unwrap() {
            assert!(!text(&paper).to_uppercase().contains("DRAFT"), "{}: {}", paper.name, text(&paper));
        }
    }
    let checks = whole.letters(None).unwrap().1;
    assert_eq!(checks.len(), 4, "{checks:?}");
    assert!(checks.iter().all(|check| check.may_go_out && check.gaps.is_empty()), "{checks:?}");
    for spoil in [
        (|notice: &mut Notice| notice.sender.address.clear()) as fn(&mut Notice),
        |notice| notice.signatory = None,
        |notice| notice.dated = None,
        |notice| notice.what_we_are_doing.measures.clear(),
        |notice| notice.contact = notice::Ways::default(),
        |notice| notice.contact.text = Some("  ".into()),
        |notice| notice.exercise = true,
    ] {
        let mut notice = filled();
        spoil(&mut notice);
        let case = signed(case_of(&event(612, "ransomware"), &notice));
        let checks = case.letters(None).unwrap().1;
        assert!(checks.iter().all(|check| !check.may_go_out), "{checks:?}");
    }
}

#[test]
fn a_patient_can_read_every_letter() {
    let mut highest: f64 = 0.0;
    for kind in breach::facts::EventKind::ALL {
        let case = case_of(&event(612, kind.as_str()), &filled());
        for check in case.letters(None).unwrap().1 {
            let grade = check.reading_grade.unwrap();
            assert!(check.plain && check.elements.iter().all(|remark| !remark.missing), "{kind}: {check:?}");
            highest = highest.max(grade);
        }
    }
    assert!(highest <= letters::PLAIN_GRADE, "{highest}");
}

#[test]
fn each_person_gets_the_letter_for_them_and_nobody_elses_name() {
    let csv = "individual,template,method,address_1,city,state,zip,addressee\n\
               Ann Example,individual,first_class_mail,1 Orchard Lane,Mill Run,OH,44998,\n\
               Ben Example,parent_or_guardian,first_class_mail,2 Orchard Lane,Mill Run,OH,44998,Cara Example\n\
               Dot Example,next_of_kin,first_class_mail,3 Orchard Lane,Mill Run,OH,44998,\n\
               Eve Example,individual,email,eve@mail.example,,,,\n";
    let people = people::read(csv.as_bytes()).unwrap();
    let case = signed(case_of(&event(612, "ransomware"), &filled()));
    let (papers, checks) = case.letters(Some(&people)).unwrap();
    let names: Vec<&str> = papers.iter().map(|paper| paper.name.as_str()).collect();
    assert_eq!(names, ["letter-individual", "letter-parent-or-guardian", "letter-next-of-kin"]);
    // The facts count others: somebody should find out which is right.
    assert!(checks[0].remarks.iter().any(|remark| remark.contains("the list has 2")), "{checks:?}");
    let Says::Letter { by_mail, by_email, .. } = &papers[0].says else { panic!() };
    assert_eq!((by_mail.len(), by_email.len()), (1, 1));
    let texts = papers[0].write(Format::Text, created()).unwrap();
    let mail = String::from_utf8(texts[1].bytes.reveal().clone()).unwrap();
    assert!(texts[1].phi && texts[1].name == "email-00004.txt", "{texts:?}");
    assert!(mail.contains("Dear Eve Example:") && !mail.contains("Ann"), "{mail}");
    // Debug, and so every log, shows none of them.
    assert!(!format!("{papers:?} {texts:?} {people:?}").contains("Example"));
}

#[test]
fn what_is_due_is_what_the_assessment_says() {
    let all = due(&case_of(&event(612, "ransomware"), &filled()));
    for kind in
        [Kind::Letters, Kind::Media, Kind::Hhs, Kind::States, Kind::Insurer, Kind::Delay, Kind::Memorandum]
    {
        assert!(all.contains(&kind), "{kind:?} of {all:?}");
    }
    assert!(!all.contains(&Kind::Part2) && !all.contains(&Kind::BusinessAssociate), "{all:?}");
    let none = json!({
        "entity": {"kind": "covered_entity", "state": "OH", "time_zone": "America/New_York"},
        "event": {"kind": "theft", "data": ["none"]},
        "knowledge": {"known_on": "2026-03-10"},
        "individuals": {"by_state": {}},
    });
    let none = due(&case_of(&none, &Notice::default()));
    assert!(!none.contains(&Kind::Letters) && !none.contains(&Kind::Hhs), "{none:?}");
}

#[test]
fn a_mistake_in_the_notice_is_refused_with_its_pointer() {
    let facts = event(612, "ransomware");
    for (spoil, kind, at) in [
        (
            (|notice: &mut Notice| {
                notice.portal.insert("colour".into(), json!("red"));
            }) as fn(&mut Notice),
            Kind::Hhs,
            "/notice/portal/colour",
        ),
        (
            |notice| {
                notice.portal.insert("breach_start".into(), json!("March"));
            },
            Kind::Hhs,
            "/notice/portal/breach_start",
        ),
        (
            |notice| notice.information.not_involved.push("shoe_size".into()),
            Kind::Letters,
            "/notice/information/not_involved/3",
        ),
        (|notice| notice.proof[0].duty = "letter".into(), Kind::Proof, "/notice/proof/0"),
        (
            |notice| {
                notice.agency.insert("ZZ".into(), std::collections::BTreeMap::new());
            },
            Kind::States,
            "/notice/agency/ZZ",
        ),
    ] {
        let mut notice = filled();
        spoil(&mut notice);
        match case_of(&facts, &notice).papers(kind, None) {
            Err(AppError::Invalid { at: found, .. }) => assert_eq!(found, at),
            other => panic!("{at}: {other:?}"),
        }
    }
    assert!(matches!(
        super::facts(&json!({"entity": 1}), "/facts"),
        Err(AppError::Invalid { at, .. }) if at.starts_with("/facts/")
    ));
}
