//! A profile that does not hold together is named line by line.

use incident::Practice;

use crate::world::{practice, system};

fn paths(practice: &Practice) -> Vec<String> {
    practice.problems().into_iter().map(|problem| problem.path).collect()
}

#[test]
fn a_wrong_reference_is_named_with_its_path() {
    let mut bad = practice();
    bad.time_zone = "America/Nowhere".into();
    bad.state = "Ohio".into();
    bad.systems[3].depends_on.push(system("nas-9"));
    bad.systems[1].services[0].service = "dentistry".into();
    bad.systems[5].hostnames.push("CH-FS1".into());
    bad.schedule.usual[0].hours[0].hour = 24;
    bad.plan.known_benign[0].hosts.clear();
    bad.plan.known_benign[0].title_contains.clear();
    assert_eq!(
        paths(&bad),
        [
            "/state",
            "/time_zone",
            "/systems/1/services/0/service",
            "/systems/3/depends_on/0",
            "/systems/5/hostnames/1",
            "/plan/known_benign/0",
            "/schedule/usual/0/hours/0/hour",
        ]
    );
    assert!(bad.validated().unwrap_err().to_string().contains("no system `nas-9`"));
}

#[test]
fn a_circle_of_dependencies_is_refused_and_never_hangs() {
    let mut bad = practice();
    bad.systems[0].depends_on.push(system("ehr-clinic"));
    assert_eq!(paths(&bad), ["/systems/0/depends_on", "/systems/1/depends_on"]);
    assert_eq!(bad.impact(&[system("ad-1")], crate::world::at(crate::world::MONDAY), 12).dependants.len(), 2);
}

#[test]
fn a_misspelt_member_of_the_profile_is_refused() {
    let mut json = serde_json::to_value(practice()).unwrap();
    json["systems"][0]["dependson"] = serde_json::json!([]);
    assert!(serde_json::from_value::<Practice>(json).unwrap_err().to_string().contains("dependson"));
}

#[test]
fn a_host_is_found_by_any_of_its_names_and_not_by_anothers() {
    let practice = practice();
    let key = |host: &str| practice.system_of_host(host).map(|found| found.key.to_string());
    assert_eq!(key("WS-EXAM3").as_deref(), Some("ws-exam3"));
    assert_eq!(key("ch-dc1").as_deref(), Some("ad-1"));
    assert_eq!(key("ch-ehr1.cedarhollow.example").as_deref(), Some("ehr-clinic"));
    assert_eq!(key("ws-exam3.elsewhere.example"), Some("ws-exam3".into()), "its key is the short name");
    assert_eq!(key("ch-dc1.elsewhere.example"), None, "two full names that differ are two hosts");
    assert_eq!(key("10.0.0.1"), None);
}

#[test]
fn nothing_comes_back_before_what_it_stands_on_and_then_what_patients_wait_for() {
    let practice = practice();
    let order = |names: &[&str]| -> Vec<String> {
        let names: Vec<_> = names.iter().map(|name| system(name)).collect();
        let order = practice.restore_order(names.iter(), crate::world::at(crate::world::MONDAY));
        assert!(order.iter().map(|step| step.number).eq(1..=names.len()));
        order.into_iter().map(|step| step.system.to_string()).collect()
    };
    // Of what could come first, what the most waits for: not what happens to stand on nothing.
    assert_eq!(
        order(&["ws-front2", "ehr-asc", "ehr-clinic", "ad-1"]),
        ["ad-1", "ehr-clinic", "ehr-asc", "ws-front2"]
    );
    // What it stands on is not away: then it waits for nothing.
    assert_eq!(order(&["ws-front2", "ehr-clinic"]), ["ehr-clinic", "ws-front2"]);
    assert_eq!(order(&["not-in-the-profile", "files"]).len(), 2);
    let names = [system("ehr-clinic"), system("ad-1")];
    let steps = practice.restore_order(names.iter(), crate::world::at(crate::world::MONDAY));
    assert_eq!((steps[0].waits_for.len(), &steps[1].waits_for), (0, &vec![system("ad-1")]));
}

#[test]
fn what_is_far_below_comes_first_and_a_circle_is_begun_somewhere() {
    let mut deep = practice();
    // The workstation stands on the file share, which was not hit, and that on a scanner, which was.
    deep.systems[4].depends_on.push(system("files"));
    deep.systems[3].depends_on.push(system("scan-1"));
    let names = [system("ws-exam3"), system("scan-1")];
    let monday = crate::world::at(crate::world::MONDAY);
    let order = deep.restore_order(names.iter(), monday);
    assert_eq!(order.iter().map(|step| step.system.as_str()).collect::<Vec<_>>(), ["scan-1", "ws-exam3"]);
    deep.systems[6].depends_on.push(system("ws-exam3"));
    assert_eq!(deep.restore_order(names.iter(), monday).len(), 2);
}
