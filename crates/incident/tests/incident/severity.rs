//! Severity follows from what is at stake in the next hours.

use incident::{IncidentKind, Request as R, Subject, practice::SiteKind, severity};
use kernel::{Role, Severity};

use crate::world::{MONDAY, SUNDAY, World, at, practice, system};

fn declared(now: &str, kind: IncidentKind, systems: &[&str]) -> severity::Assessment {
    let mut world = World::new(now);
    let subjects = systems.iter().map(|name| Subject::System { system: system(name) }).collect();
    let (title, reason) = ("t".to_owned(), "r".to_owned());
    let request = R::Declare {
        title,
        incident_kind: kind,
        reason,
        alerts: vec![],
        subjects,
        severity: None,
        exercise: false,
    };
    world.ask(Role::Lead, request).unwrap();
    let standing = world.state.severity.unwrap();
    severity::Assessment {
        severity: standing.severity,
        reasons: standing.reasons,
        engage_within_minutes: standing.engage_within_minutes,
    }
}

#[test]
fn the_same_facts_weigh_more_on_a_packed_monday_than_on_a_sunday() {
    let monday = declared(MONDAY, IncidentKind::Ransomware, &["ehr-clinic"]);
    let sunday = declared(SUNDAY, IncidentKind::Ransomware, &["ehr-clinic"]);
    assert_eq!((monday.severity, sunday.severity), (Severity::Critical, Severity::High));
    assert!(monday.engage_within_minutes < sunday.engage_within_minutes);
    assert!(monday.reasons.iter().any(|reason| reason.contains("36 visits")), "{:?}", monday.reasons);
    assert!(sunday.reasons.iter().any(|reason| reason.contains("nothing is booked")), "{:?}", sunday.reasons);
}

#[test]
fn losing_what_both_records_stand_on_shows_the_clinic_and_the_surgery_centre() {
    let impact = practice().impact(&[system("ad-1")], at(MONDAY), 12);
    assert_eq!(impact.dependants, [system("ehr-clinic"), system("ehr-asc")]);
    assert_eq!(impact.records.len(), 2);
    let workflows: Vec<_> = impact.services.iter().map(|service| service.workflow).collect();
    assert_eq!(workflows, [SiteKind::Clinic, SiteKind::Clinic, SiteKind::SurgeryCentre]);
    assert_eq!((impact.visits, impact.procedures), (36, 4));
    let one = practice().impact(&[system("ehr-asc")], at(MONDAY), 12);
    assert_eq!((one.visits, one.procedures), (0, 4), "losing only the surgery centre's record must show");
}

#[test]
fn a_night_when_the_clocks_change_counts_each_hour_once() {
    // 8 March 2026, 02:00 becomes 03:00 in Ohio: from Saturday 23:00, ten hours later it is Sunday 10:00.
    let mut practice = practice();
    let hours = (0..24).map(|hour| incident::practice::HourLoad { hour, visits: 1, procedures: 0 }).collect();
    let weekdays = incident::practice::Weekday::ALL.to_vec();
    practice.schedule.usual =
        vec![incident::practice::UsualDay { service: "visits".into(), weekdays, hours }];
    assert_eq!(practice.load("visits", at("2026-03-08T04:00:00Z"), 10).visits, 10);
    assert_eq!(
        practice.load("visits", at("2026-03-08T04:00:00Z"), u16::MAX).visits,
        168,
        "bounded to a week"
    );
}

#[test]
fn a_day_as_booked_takes_the_place_of_the_usual_one() {
    let mut practice = practice();
    practice.schedule.days.push(incident::practice::ScheduledDay {
        service: "visits".into(),
        date: "2026-01-26".parse().unwrap(),
        hours: vec![],
    });
    assert!(practice.load("visits", at(MONDAY), 12).is_none(), "the clinic is closed that Monday");
    assert_eq!(practice.load("surgery", at(MONDAY), 12).procedures, 4);
}
