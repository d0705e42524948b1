//! What patients, counsel and the practice would lose if the documents of a breach were wrong.

use std::{io::Read as _, time::Instant};

use kernel::Phi;
use proptest::prelude::*;
use report::breach::{wording::EventKind, *};

use crate::{breach_papers as papers, breach_sample as sample};

fn says(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn archival(pdf: &[u8]) -> bool {
    pdf.starts_with(b"%PDF-1.7") && says(pdf, "<pdfaid:part>2</pdfaid:part>")
}

/// Every part of a DOCX, each well-formed, and the words of its body.
fn opened(docx: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(docx)).expect("a DOCX is a zip archive");
    let mut words = String::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut xml = String::new();
        part.read_to_string(&mut xml).unwrap();
        let body = part.name() == "word/document.xml" || part.name().starts_with("word/header");
        if !part.name().ends_with('/') {
            let mut reader = quick_xml::Reader::from_str(&xml);
            loop {
                match reader.read_event().unwrap_or_else(|error| panic!("{}: {error}", part.name())) {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Text(text) if body => words.push_str(&text),
                    quick_xml::events::Event::GeneralRef(entity) if body => {
                        words.push_str(match &*entity {
                            "lt" => "<",
                            "gt" => ">",
                            "amp" => "&",
                            "quot" => "\"",
                            "apos" => "'",
                            other => panic!("&{other};"),
                        });
                    }
                    quick_xml::events::Event::End(end) if end.name().as_ref() == "w:p" => words.push('\n'),
                    _ => {}
                }
            }
        }
    }
    words
}

struct Made {
    name: &'static str,
    pdf: Vec<u8>,
    text: String,
    docx: Option<Vec<u8>>,
}

/// Every document, as a draft or approved.
fn all(approved: bool) -> Vec<Made> {
    let at = sample::created();
    let mut out = Vec::new();
    for (name, audience) in [
        ("individual", Audience::Individual),
        ("parent", Audience::ParentOrGuardian),
        ("minor", Audience::Minor),
        ("kin", Audience::NextOfKin),
        ("representative", Audience::PersonalRepresentative),
    ] {
        let letter = sample::letter(audience, approved);
        out.push(Made {
            name,
            pdf: letter.to_pdf(&sample::recipients(1), at).unwrap(),
            text: letter.to_text(),
            docx: Some(letter.to_docx(at).unwrap()),
        });
    }
    macro_rules! made {
        ($name:literal, $view:expr, docx) => {{
            let view = $view;
            let docx = Some(view.to_docx(at).unwrap());
            out.push(Made { name: $name, pdf: view.to_pdf(at).unwrap(), text: view.to_text(), docx });
        }};
        ($name:literal, $view:expr) => {{
            let view = $view;
            out.push(Made { name: $name, pdf: view.to_pdf(at).unwrap(), text: view.to_text(), docx: None });
        }};
    }
    made!("substitute", papers::substitute(approved), docx);
    made!("media", papers::media(approved), docx);
    made!("associate", papers::associate(approved), docx);
    made!("insurer", papers::insurer(approved), docx);
    made!("memorandum", papers::memorandum(approved), docx);
    made!("portal", PortalWorksheet { matter: papers::matter(approved), ..papers::portal() });
    made!("agency", AgencyWorksheet { matter: papers::matter(approved), ..papers::agency() });
    made!("delay", DelayRecord { matter: papers::matter(approved), ..papers::delay() });
    made!("proof", ProofOfNotice { matter: papers::matter(approved), ..papers::proof() });
    out
}

#[test]
fn the_same_view_gives_the_same_bytes_in_every_format() {
    for (first, second) in all(false).into_iter().zip(all(false)) {
        assert!(first.pdf == second.pdf, "{} as PDF", first.name);
        assert!(first.docx == second.docx, "{} as DOCX", first.name);
        assert_eq!(first.text, second.text);
    }
}

#[test]
fn every_document_is_archival_and_every_docx_opens() {
    for made in all(true) {
        assert!(archival(&made.pdf), "{}", made.name);
        assert!(says(&made.pdf, "<pdfuaid:part>1</pdfuaid:part>"), "{} is not accessible", made.name);
        if let Some(docx) = made.docx {
            assert!(opened(&docx).contains("Cedar Hollow"), "{}", made.name);
        }
    }
}

#[test]
fn nothing_loses_the_mark_of_a_draft_before_it_is_approved() {
    for made in all(false) {
        assert!(made.text.contains("*** DRAFT FOR COUNSEL ***"), "{}", made.name);
        if let Some(docx) = made.docx {
            assert!(opened(&docx).contains("DRAFT FOR COUNSEL"), "{}", made.name);
        }
    }
    for made in all(true) {
        assert!(!made.text.contains("DRAFT"), "{}: {}", made.name, made.text);
        if let Some(docx) = made.docx {
            assert!(!opened(&docx).contains("DRAFT"), "{}", made.name);
        }
    }
}

#[test]
fn an_approved_letter_with_an_element_missing_stays_a_draft() {
    let mut letter = sample::letter(Audience::Individual, true);
    assert!(letter.may_go_out());
    letter.text.what_you_can_do.text = "  \n".into();
    assert!(!letter.may_go_out());
    assert!(letter.to_text().contains("DRAFT FOR COUNSEL"));

    let bare = NoticeFacts { measures: Vec::new(), contact: Contact::default(), ..sample::facts() };
    letter.text = draft(Audience::Individual, &bare).unwrap();
    assert_eq!(letter.text.gaps().len(), 2);
    assert!(letter.to_text().contains("DRAFT FOR COUNSEL"));

    letter = sample::letter(Audience::Individual, true);
    letter.standing.exercise = true;
    assert!(!letter.may_go_out() && letter.to_text().contains("EXERCISE"));
}

#[test]
fn patients_read_all_five_elements_and_nothing_of_counsel() {
    for made in all(true).into_iter().take(7) {
        let docx = opened(&made.docx.unwrap());
        for text in [made.text.as_str(), docx.as_str()] {
            for heading in [
                "What Happened",
                "What Information Was Involved",
                "What We Are Doing",
                "What You Can Do",
                "For More Information",
            ] {
                assert!(text.contains(heading), "{} lacks {heading}", made.name);
            }
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for words in [
                "March 10, 2026",
                "between March 4, 2026 and March 10, 2026",
                "Social Security number",
                "1-833-555-0144",
                "credit freeze",
                "FBI",
            ] {
                if made.name == "kin" && words == "credit freeze" {
                    continue;
                }
                assert!(flat.contains(words), "{} lacks {words}", made.name);
            }
            for secret in ["counsel", "privileged", "legal advice", "Okafor"] {
                assert!(!flat.to_lowercase().contains(&secret.to_lowercase()), "{} says {secret}", made.name);
            }
        }
    }
}

#[test]
fn a_first_draft_is_whole_for_every_audience_and_every_kind_of_event() {
    for audience in Audience::ALL {
        for event in [EventKind::Ransomware, EventKind::Snooping, EventKind::VendorBreach, EventKind::Other] {
            let facts = NoticeFacts { event, ..sample::facts() };
            let text = draft(audience, &facts).unwrap();
            assert!(text.complete(), "{audience:?}: {:?} {:?}", text.missing(), text.gaps());
            let whole = text.whole();
            assert!(!whole.contains("\n\n\n") && !whole.contains("  ") && !whole.contains(" \n"), "{whole}");
        }
    }
    let nothing = NoticeFacts {
        discovered: None,
        occurred: Occurred::default(),
        information: Vec::new(),
        ..sample::facts()
    };
    assert_eq!(draft(Audience::Individual, &nothing).unwrap().gaps().len(), 2);
}

#[test]
fn a_letter_to_a_minor_who_consented_alone_keeps_the_parents_out() {
    let text = draft(Audience::Minor, &sample::facts()).unwrap().whole();
    assert!(text.contains("We did not send it to your parents"));
    assert!(!text.contains("health plan"), "the plan's statements may go to the parents: {text}");
    let kin = draft(Audience::NextOfKin, &sample::facts()).unwrap().whole();
    assert!(kin.contains("sorry for the loss") && kin.contains("has died"));
}

#[test]
fn worksheets_and_memoranda_say_that_they_do_not_replace_counsel() {
    for made in all(true)
        .into_iter()
        .filter(|made| ["memorandum", "portal", "agency", "delay", "proof"].contains(&made.name))
    {
        let flat = made.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(SUPPORTS_COUNSEL), "{}", made.name);
        assert!(
            flat.contains("Approved by Ruth Okafor, healthcare attorney, on April 1, 2026"),
            "{}",
            made.name
        );
    }
}

#[test]
fn an_unsigned_memorandum_presumes_a_breach() {
    assert!(papers::memorandum(false).to_text().contains("A BREACH IS PRESUMED"));
    let signed = papers::memorandum(true);
    assert!(signed.to_text().contains("PRIVILEGED AND CONFIDENTIAL"));
    assert!(signed.to_text().contains("DETERMINED: A BREACH"));
    let outdated = FourFactorMemorandum { version: 3, ..signed };
    assert!(outdated.to_text().contains("A BREACH IS PRESUMED"));
}

#[test]
fn an_oral_hold_without_a_writing_is_told_to_get_one() {
    let text = papers::delay().to_text();
    assert!(text.contains("164.412(b)") && text.contains("a request for a written statement"));
}

#[test]
fn the_posting_stays_ninety_days_and_wants_a_toll_free_number() {
    let mut notice = papers::substitute(true);
    assert_eq!(notice.through().unwrap().to_string(), "2026-07-18");
    assert!(notice.lacks().is_empty());
    let html = notice.to_html();
    assert!(html.contains("July 18, 2026") && !html.contains("<script") && !html.contains("DRAFT"));
    notice.contact.toll_free = None;
    assert_eq!(notice.lacks().len(), 1);
    assert!(notice.to_html().contains("DRAFT for counsel"));
}

#[test]
fn the_merge_document_names_the_columns_of_the_mailing() {
    let docx = sample::letter(Audience::ParentOrGuardian, true).to_docx(sample::created()).unwrap();
    let words = opened(&docx);
    for field in ["addressee", "individual", "address_1", "address_2", "city", "state", "zip"] {
        assert!(words.contains(&format!("MERGEFIELD {field} ")), "{field} is not in {words}");
    }
    assert!(!words.contains('{'), "a brace is left over: {words}");
}

#[test]
fn lists_are_bulleted_in_the_editor() {
    let docx = sample::letter(Audience::Individual, true).to_docx(sample::created()).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(docx)).unwrap();
    let mut part = |name: &str| {
        let mut xml = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut xml).unwrap();
        xml
    };
    let numbering = part("word/numbering.xml");
    assert_eq!(numbering.matches("<w:abstractNum w:abstractNumId=\"7\"").count(), 1, "{numbering}");
    assert!(
        numbering.contains("<w:numFmt w:val=\"bullet\"")
            && part("word/document.xml").contains("<w:numId w:val=\"7\"")
    );
}

#[test]
fn hostile_text_is_data_in_every_format() {
    let at = sample::created();
    let mut letter = sample::letter(Audience::Individual, false);
    letter.text.opening = papers::HOSTILE.into();
    letter.letterhead.name = papers::HOSTILE.into();
    let recipient = Recipient {
        number: 1,
        addressee: Phi::new(papers::HOSTILE.into()),
        individual: Phi::new("{addressee} #strong[x]".into()),
        address: Phi::new(vec![papers::HOSTILE.repeat(40); 30]),
    };
    assert!(archival(&letter.to_pdf(std::slice::from_ref(&recipient), at).unwrap()));
    let words = opened(&letter.to_docx(at).unwrap());
    assert!(words.contains("<script>alert(1)</script> ]]> &amp;"), "{words}");
    assert!(words.contains("<U+202E>evil<U+0000><U+FFFE>") && words.contains('李'));
    let email = letter.to_email(&recipient);
    assert!(email.reveal().contains("{addressee} #strong[x]"), "a name is not filled in again");
    assert_eq!(format!("{email:?} {recipient:?}").matches("[PHI]").count(), 4);

    let mut notice = papers::substitute(false);
    notice.text.opening = papers::HOSTILE.into();
    assert!(notice.to_html().contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!notice.to_html().contains("<script"));

    let mut memorandum = papers::memorandum(false);
    memorandum.event = format!("{}\n- {}", papers::HOSTILE, "x".repeat(9_000));
    memorandum.matter.title = papers::HOSTILE.repeat(60);
    memorandum.nature_of_phi.known[0].fact = papers::HOSTILE.repeat(60);
    assert!(archival(&memorandum.to_pdf(at).unwrap()));
    opened(&memorandum.to_docx(at).unwrap());
}

#[test]
fn empty_documents_can_be_made_too() {
    let at = sample::created();
    let mut letter = sample::letter(Audience::Individual, false);
    letter.text = NoticeText::default();
    assert!(archival(&letter.to_pdf(&[], at).unwrap()));
    opened(&letter.to_docx(at).unwrap());
    let proof =
        ProofOfNotice { given: Vec::new(), outstanding: Vec::new(), returned: None, ..papers::proof() };
    assert!(archival(&proof.to_pdf(at).unwrap()));
    let mut portal = papers::portal();
    portal.worksheet.sections.clear();
    assert!(archival(&portal.to_pdf(at).unwrap()));
}

#[test]
fn a_hundred_letters_are_ready_while_one_waits() {
    let letter = sample::letter(Audience::Individual, true);
    letter.to_pdf(&sample::recipients(1), sample::created()).unwrap();
    let start = Instant::now();
    let pdf = letter.to_pdf(&sample::recipients(100), sample::created()).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("100 letters, {} bytes, {seconds:.2} s", pdf.len());
    assert!(says(&pdf, "/Count 200") || pdf.len() > 100_000);
    assert!(seconds < 10.0, "100 letters took {seconds:.1} s");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_gives_a_docx_that_opens(text in any::<String>(), name in "\\PC{0,40}") {
        let mut letter = sample::letter(Audience::Individual, false);
        letter.text.what_happened.text = text;
        letter.text.subject = name;
        opened(&letter.to_docx(sample::created()).unwrap());
    }
}

/// `cargo test -p report -- --ignored` puts the documents where a person can look at them.
#[test]
#[ignore = "writes files for a person to look at"]
fn the_documents_of_a_breach_can_be_looked_at() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for approved in [false, true] {
        let standing = if approved { "approved" } else { "draft" };
        for made in all(approved) {
            let file = |kind: &str| folder.join(format!("breach-{}-{standing}.{kind}", made.name));
            std::fs::write(file("pdf"), &made.pdf).unwrap();
            std::fs::write(file("txt"), &made.text).unwrap();
            if let Some(docx) = &made.docx {
                std::fs::write(file("docx"), docx).unwrap();
            }
        }
        let page = folder.join(format!("breach-substitute-{standing}.html"));
        std::fs::write(page, papers::substitute(approved).to_html()).unwrap();
    }
    println!("{}", folder.display());
}
