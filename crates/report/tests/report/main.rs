//! What a practice's leadership, and an auditor years later, would lose if the documents were wrong.

use std::time::Instant;

use kernel::Timestamp;
use proptest::prelude::*;
use report::{
    CONTENT_VERSION, IncidentReport, Template,
    incident_report::{Chapter, Point},
    render,
};

#[cfg(test)]
mod breach;
#[cfg(test)]
mod breach_papers;
#[cfg(test)]
mod breach_sample;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod variants;

#[cfg(test)]
fn pdf(report: &IncidentReport) -> Vec<u8> {
    report.to_pdf(sample::as_of()).expect("a report can always be made")
}

fn says(pdf: &[u8], text: &str) -> bool {
    pdf.windows(text.len()).any(|window| window == text.as_bytes())
}

fn archival(pdf: &[u8]) -> bool {
    pdf.starts_with(b"%PDF-1.7") && says(pdf, "<pdfaid:part>2</pdfaid:part>")
}

#[test]
fn the_same_incident_gives_the_same_bytes() {
    assert!(pdf(&sample::report()) == pdf(&sample::report()));
}

#[test]
fn reports_are_archival_and_accessible() {
    for report in [sample::report(), variants::empty(), variants::huge()] {
        let pdf = pdf(&report);
        assert!(archival(&pdf));
        for mark in [
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
            "<xmp:CreateDate>2026-03-09T18:30:00+00:00</xmp:CreateDate>",
        ] {
            assert!(says(&pdf, mark), "the metadata lack {mark}");
        }
    }
}

#[test]
fn a_report_is_ready_while_one_waits() {
    let start = Instant::now();
    pdf(&sample::report());
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds < 10.0, "a report took {seconds:.1} s");
}

#[test]
fn hostile_text_does_not_break_the_run() {
    assert!(archival(&pdf(&variants::hostile())));
}

#[test]
fn every_character_can_be_printed_one_way_or_another() {
    let mut report = variants::empty();
    let all: Vec<char> = (0..=0x1_FFFF_u32).filter_map(char::from_u32).collect();
    let piece = |chunk: &[char]| Point { at: None, text: chunk.iter().collect() };
    let points = all.chunks(512).step_by(3).map(piece).collect();
    report.story = vec![Chapter { title: String::new(), points }];
    assert!(archival(&pdf(&report)));
}

#[test]
fn endless_text_ends() {
    let mut report = variants::empty();
    let endless = "word ".repeat(40_000);
    report.title.clone_from(&endless);
    report.summary.clone_from(&endless);
    report.practice.name.clone_from(&endless);
    report.number = "9".repeat(40_000);
    report.systems = sample::report().systems;
    report.systems[0].name = "a".repeat(40_000);
    report.timeline = sample::report().timeline;
    report.timeline[0].who = Some(endless);
    assert!(archival(&pdf(&report)));
}

#[test]
fn an_unknown_time_zone_or_a_lone_event_is_no_obstacle() {
    let mut report = sample::report();
    report.time_zone = "Mars/Olympus_Mons".into();
    report.timeline.truncate(1);
    assert!(archival(&pdf(&report)));
    report.timeline[0].at = Timestamp::MIN;
    report.timeline.extend(sample::report().timeline.into_iter().take(1));
    report.timeline[1].at = Timestamp::MAX;
    assert!(archival(&pdf(&report)));
}

#[test]
fn a_date_that_paper_cannot_bear_is_refused() {
    let error = sample::report().to_pdf(Timestamp::MIN).expect_err("the year -9999");
    assert!(error.to_string().contains("year"), "{error}");
}

#[test]
fn data_that_do_not_fit_name_the_template_and_the_place() {
    let error = render(Template::IncidentReport, &["nothing"], sample::as_of()).expect_err("no report");
    assert!(error.to_string().contains("incident-report.typ:"), "{error}");
}

#[test]
fn a_document_names_the_template_that_made_it() {
    let version = Template::IncidentReport.version();
    assert_eq!((version.name, version.version), ("incident-report", CONTENT_VERSION));
    assert_eq!(version.sha256, Template::IncidentReport.version().sha256);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_gives_an_archival_report(title: String, text in "\\PC{0,60}", who in any::<Option<String>>(), seconds in prop::collection::vec(-10_000_000_i64..10_000_000, 0..40)) {
        let mut report = variants::empty();
        let event = sample::report().timeline.remove(0);
        let first = sample::as_of();
        report.timeline = seconds
            .into_iter()
            .filter_map(|offset| Timestamp::from_second(first.as_second() + offset).ok())
            .map(|at| report::incident_report::Event { at, text: text.clone(), who: who.clone(), ..event.clone() })
            .collect();
        report.title = title;
        report.summary = text;
        prop_assert!(archival(&report.to_pdf(first).expect("a report")));
    }
}

/// `cargo test -p report -- --ignored` puts the documents where a person can look at them.
#[test]
#[ignore = "writes files for a person to look at"]
fn the_documents_can_be_looked_at() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let reports = [
        ("sample", sample::report()),
        ("empty", variants::empty()),
        ("huge", variants::huge()),
        ("hostile", variants::hostile()),
    ];
    for (name, report) in reports {
        let start = Instant::now();
        let pdf = pdf(&report);
        let file = folder.join(format!("report-{name}.pdf"));
        std::fs::write(&file, &pdf).expect("the folder can be written");
        println!("{}: {} bytes in {:.2} s", file.display(), pdf.len(), start.elapsed().as_secs_f64());
    }
}
