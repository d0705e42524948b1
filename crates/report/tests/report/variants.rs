//! The same incident made nearly empty, huge and hostile.

use kernel::{Severity, Timestamp};
use report::incident_report::*;

use crate::sample;

/// An incident in its first minute.
pub(crate) fn empty() -> IncidentReport {
    IncidentReport {
        title: "Suspicious sign-in".into(),
        kind: "Other".into(),
        marking: None,
        severity: Assessed { level: Severity::Low, reasons: Vec::new() },
        prepared_by: None,
        summary: "An alert was taken in. Nothing is known yet.".into(),
        figures: Figures::default(),
        phases: Vec::new(),
        story: Vec::new(),
        timeline: Vec::new(),
        services: Vec::new(),
        systems: Vec::new(),
        actions: Vec::new(),
        decisions: Vec::new(),
        obligations: Vec::new(),
        findings: Vec::new(),
        gaps: Vec::new(),
        evidence: Vec::new(),
        remediation: Vec::new(),
        people: Vec::new(),
        record: None,
        content: Vec::new(),
        ..sample::report()
    }
}

/// 500 events, 60 systems, 200 items of evidence.
pub(crate) fn huge() -> IncidentReport {
    let mut report = sample::report();
    let first: i64 = report.timeline.iter().map(|event| event.at.as_second()).min().unwrap_or(0);
    let lanes = [
        Lane::Attacker,
        Lane::Detection,
        Lane::Containment,
        Lane::Investigation,
        Lane::Eradication,
        Lane::Recovery,
        Lane::Decision,
    ];
    // A chapter for each scope question, each told in many points with their times.
    report.story = (0..11_i64)
        .map(|number| Chapter {
            title: format!("What they did on day {number}"),
            points: (0..12)
                .map(|point| Point {
                    at: Timestamp::from_second(first + number * 86_400 + point * 600).ok(),
                    text: format!("Program {point} was started out of a place where programs do not belong."),
                })
                .collect(),
        })
        .collect();
    report.timeline = (0_i64..500)
        .map(|number| {
            let sample = &report.timeline[usize::try_from(number).unwrap_or(0) % report.timeline.len()];
            // Three weeks, crowded at the beginning.
            let at = first + number * number * 1_814_400 / 250_000;
            Event {
                at: Timestamp::from_second(at).unwrap_or(sample.at),
                lane: lanes[usize::try_from(number * 7 / 500 + number % 3).unwrap_or(0) % 7],
                ..sample.clone()
            }
        })
        .collect();
    report.systems = report.systems.iter().cycle().take(60).cloned().collect();
    report.evidence = (0..200)
        .map(|number| {
            let sample = &report.evidence[number % report.evidence.len()];
            EvidenceItem { id: format!("E-{:03}", number + 1), ..sample.clone() }
        })
        .collect();
    report.figures.systems_affected = 60;
    report.figures.evidence_items = 200;
    report.services = report
        .services
        .iter()
        .cycle()
        .take(40)
        .enumerate()
        .map(|(number, service)| Service { name: format!("{} {number}", service.name), ..service.clone() })
        .collect();
    report
}

/// Every text of it an attempt to break out, to mislead or to break the run.
pub(crate) fn hostile() -> IncidentReport {
    let texts = [
        "#import \"@preview/evil:1.0.0\": *; #panic(\"x\") $ sum_(i=1) $ *bold* _it_ `raw` = heading <label> @ref",
        "#set page(width: 1cm); #sys.inputs; \\u{202E} // comment /* block */ [brackets] {braces}",
        "invoice\u{202E}fdp.exe \u{200B}\u{2066}\u{0}\u{1b}[31m\u{7}\u{FEFF}",
        "ملف المريض ملفّ سرّي שלום עולם",
        "🏥🔥👨‍👩‍👧🇺🇸 👍🏽 emoji ☠️",
        "C:\\Windows\\System32\\spool\\drivers\\color\\aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.exe",
        "中文字符 日本語 한국어 \u{E000} \u{10FFFF} \u{FFFE}",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
        "\n\n\n\n\r\n\t\u{2028}\u{2029}",
        "",
    ];
    let mut next = 0;
    let mut replace = |value: &mut String| {
        next += 1;
        *value = texts[next % texts.len()].to_owned();
    };
    let mut report = sample::report();
    replace(&mut report.practice.name);
    for value in [&mut report.number, &mut report.title, &mut report.kind, &mut report.summary] {
        replace(value);
    }
    report.marking = Some("#strike[Confidential]".into());
    report.severity.reasons.iter_mut().for_each(&mut replace);
    for part in &mut report.story {
        replace(&mut part.title);
        part.points.iter_mut().for_each(|point| replace(&mut point.text));
    }
    for phase in &mut report.phases {
        replace(&mut phase.name);
    }
    for event in &mut report.timeline {
        replace(&mut event.text);
        event.who.iter_mut().for_each(&mut replace);
    }
    for service in &mut report.services {
        replace(&mut service.name);
        service.instead.iter_mut().for_each(&mut replace);
    }
    for system in &mut report.systems {
        replace(&mut system.name);
        system.purpose.iter_mut().for_each(&mut replace);
        system.services.iter_mut().for_each(&mut replace);
        system.waivers.iter_mut().for_each(&mut replace);
    }
    for action in &mut report.actions {
        replace(&mut action.what);
        replace(&mut action.target);
        replace(&mut action.why);
        if let Some(glass) = &mut action.break_glass {
            replace(&mut glass.reason);
        }
    }
    for decision in &mut report.decisions {
        replace(&mut decision.question);
        replace(&mut decision.owner);
    }
    for finding in &mut report.findings {
        replace(&mut finding.question);
        replace(&mut finding.answer);
        finding.evidence.iter_mut().for_each(&mut replace);
    }
    for item in &mut report.evidence {
        replace(&mut item.id);
        replace(&mut item.what);
    }
    for person in &mut report.people {
        replace(&mut person.name);
    }
    report
}
