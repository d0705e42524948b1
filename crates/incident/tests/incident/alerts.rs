//! What triage proposes, and how a person's verdict stands beside it.

use incident::{
    Agreement, AlertRequest, AlertState, IncidentKind, Party, RelatedAlert, Verdict,
    alert::decide,
    triage::{self, About, propose},
};
use kernel::{
    Alert, AlertId, AlertStatus, Channel, GroupId, IndicatorKind, PracticeId, Role, Severity, authorise,
    entry::EntryActor,
};

use crate::world::{MONDAY, actor, at, digest, indicator, practice};

fn alert(title: &str) -> Alert {
    Alert {
        channel: Channel::Mdr,
        source: "generic".into(),
        source_id: None,
        title: Some(title.into()),
        description: None,
        severity: Some(Severity::Medium),
        source_severity: None,
        status: Some(AlertStatus::Open),
        occurred_at: Some(at(MONDAY).into()),
        reported_at: None,
        hosts: vec![],
        accounts: vec![],
        indicators: vec![],
        techniques: vec![],
        link: None,
        raw_sha256: digest(title),
    }
}

fn proposed(alert: &Alert, related: &[RelatedAlert]) -> triage::Proposal {
    let proposal = propose(alert, related, &practice(), at(MONDAY));
    for about in [About::Verdict, About::Kind, About::Severity, About::Group, About::Engage] {
        assert!(
            proposal.reasons.iter().any(|reason| reason.about == about),
            "no reason for {about}: {proposal:?}"
        );
    }
    proposal
}

#[test]
fn each_kind_of_incident_is_recognised() {
    for (channel, title, kind) in [
        (Channel::Mdr, "Ransomware behavior detected in the file system", IncidentKind::Ransomware),
        (Channel::Staff, "I can't open any files, they have a strange ending", IncidentKind::Ransomware),
        (Channel::Mdr, "Suspicious inbox rule created", IncidentKind::BusinessEmailCompromise),
        (Channel::Staff, "My laptop was stolen from the car", IncidentKind::LostOrStolenDevice),
        (Channel::Staff, "Somebody looked at the chart of a neighbour", IncidentKind::InsiderSnooping),
        (Channel::Staff, "I faxed to the wrong number", IncidentKind::MisdirectedPhi),
        (Channel::Vendor, "LabLink: notice of a security incident", IncidentKind::VendorBreach),
        (Channel::Vendor, "LabLink: major incident, degraded performance", IncidentKind::Outage),
        (Channel::Staff, "The EHR is down", IncidentKind::Outage),
        (Channel::Mdr, "Cobalt Strike beacon", IncidentKind::Malware),
        (Channel::Mdr, "Something", IncidentKind::Other),
    ] {
        let proposal = proposed(&Alert { channel, ..alert(title) }, &[]);
        assert_eq!(proposal.kind, kind, "{title}: {:?}", proposal.reasons);
    }
    let by_technique = Alert { techniques: vec!["T1059.001".into()], ..alert("x") };
    assert_eq!(proposed(&by_technique, &[]).kind, IncidentKind::Malware);
}

#[test]
fn a_known_scanner_is_dismissed_with_its_reason_and_ransomware_on_it_is_not() {
    let scan = Alert { hosts: vec!["CH-SCAN".into()], ..alert("Port scan seen") };
    let proposal = proposed(&scan, &[]);
    assert_eq!((proposal.verdict, proposal.severity), (Verdict::FalsePositive, Severity::Informational));
    assert!(proposal.engage.is_empty());
    let worse = Alert { title: Some("Port scan and ransom note".into()), ..scan.clone() };
    assert_eq!(proposed(&worse, &[]).verdict, Verdict::Undetermined);
    let severe = Alert { severity: Some(Severity::Critical), ..scan.clone() };
    assert_eq!(proposed(&severe, &[]).verdict, Verdict::Undetermined);
    let another = Alert { hosts: vec!["ch-scan".into(), "ws-front2".into()], ..scan };
    assert_eq!(
        proposed(&another, &[]).verdict,
        Verdict::Undetermined,
        "a host that the pattern does not know"
    );
}

#[test]
fn a_patch_window_runs_past_midnight_in_the_practices_own_time() {
    let patch = |when: &str| Alert {
        accounts: vec!["cedar\\SVC-patch".into()],
        occurred_at: Some(at(when).into()),
        ..alert("Service installed")
    };
    let verdict = |when: &str| proposed(&patch(when), &[]).verdict;
    assert_eq!(verdict("2026-01-28T03:30:00Z"), Verdict::FalsePositive, "Tuesday 22:30");
    assert_eq!(verdict("2026-01-28T06:30:00Z"), Verdict::FalsePositive, "the same night, Wednesday 01:30");
    assert_eq!(verdict("2026-01-28T07:30:00Z"), Verdict::Undetermined, "Wednesday 02:30");
    assert_eq!(
        verdict("2026-01-27T06:30:00Z"),
        Verdict::Undetermined,
        "Tuesday 01:30 belongs to Monday's night"
    );
}

fn related(id: u128, when: &str, host: &str, group: Option<u128>) -> RelatedAlert {
    RelatedAlert {
        id: AlertId::from_u128(id),
        at: at(when),
        group: group.map(GroupId::from_u128),
        hosts: vec![host.into()],
        accounts: vec!["NT AUTHORITY\\SYSTEM".into()],
        indicators: vec![indicator(IndicatorKind::Ipv4, "127.0.0.1")],
    }
}

#[test]
fn alerts_of_one_host_join_and_names_that_every_machine_has_join_nothing() {
    let mut new =
        Alert { hosts: vec!["WS-EXAM3".into()], accounts: vec!["SYSTEM".into()], ..alert("beacon") };
    new.indicators = vec![indicator(IndicatorKind::Ipv4, "127.0.0.1")];
    let earlier = [
        related(1, "2026-01-26T12:00:00Z", "ws-exam3.cedarhollow.example", Some(5)),
        related(2, "2026-01-26T12:00:00Z", "ws-front2", Some(6)),
        related(3, "2026-01-20T12:00:00Z", "ws-exam3", Some(6)),
    ];
    let proposal = proposed(&new, &earlier);
    assert_eq!(proposal.with, [AlertId::from_u128(1)]);
    assert_eq!(proposal.group, Some(GroupId::from_u128(5)));
    let groups = triage::group(&earlier);
    assert_eq!(groups, [vec![2], vec![0], vec![1]], "oldest first, each in exactly one group");
    let chain: Vec<_> =
        (0..6).map(|hour| related(hour, &format!("2026-01-2{}T12:00:00Z", hour + 1), "a", None)).collect();
    assert_eq!(triage::group(&chain).len(), 1, "a chain within the window is one event, however long");
}

#[test]
fn who_is_called_depends_on_how_bad_it_is() {
    let bad = Alert {
        severity: Some(Severity::High),
        hosts: vec!["ch-ehr1".into()],
        ..alert("Ransomware behavior")
    };
    let proposal = proposed(&bad, &[]);
    assert_eq!((proposal.verdict, proposal.severity), (Verdict::TruePositive, Severity::Critical));
    let names: Vec<_> =
        proposal.engage.iter().map(|call| (call.party, call.name.as_deref().unwrap())).collect();
    assert!(
        names.contains(&(Party::Counsel, "Al Attorney"))
            && names.contains(&(Party::Insurer, "Harbor Mutual"))
    );
    assert!(proposal.engage.iter().all(|call| call.within_minutes == 15));
}

#[test]
fn a_persons_verdict_stands_beside_the_proposal() {
    let by = actor(Role::Responder, 0);
    let entry_actor = EntryActor { id: by.id, name: by.name.clone(), role: by.role };
    let mut state = AlertState::new(AlertId::from_u128(1), PracticeId::from_u128(1));
    let mut ask = |request: AlertRequest| {
        let events = decide(&state, &authorise(&by, request).unwrap())?;
        for event in &events {
            let body = event.body();
            let read: incident::AlertEvent =
                serde_json::from_value(serde_json::json!({"kind": event.kind(), "body": body})).unwrap();
            assert_eq!(read, *event);
            assert!(!event.describe().is_empty());
            state.apply(event, at(MONDAY), &entry_actor);
        }
        Ok::<_, incident::Refusal>(events.len())
    };
    let judge = |verdict| AlertRequest::Judge {
        verdict,
        reasons: vec!["looked".into()],
        incident_kind: None,
        severity: None,
    };
    assert!(ask(judge(Verdict::TruePositive)).is_err(), "nothing was received");
    let scan = Alert { hosts: vec!["ch-scan".into()], ..alert("Port scan of Jane Doe's workstation") };
    ask(AlertRequest::Receive { alert: Box::new(scan.clone()) }).unwrap();
    assert!(ask(AlertRequest::Receive { alert: Box::new(scan.clone()) }).is_err(), "recorded once");
    let proposal = Box::new(proposed(&scan, &[]));
    assert_eq!(ask(AlertRequest::Propose { proposal: proposal.clone() }), Ok(1));
    assert_eq!(ask(AlertRequest::Propose { proposal }), Ok(0));
    ask(judge(Verdict::TruePositive)).unwrap();
    let judgement = state.judgement.clone().unwrap();
    assert_eq!(judgement.agrees(), Some(false));
    assert_eq!(state.proposal.as_ref().unwrap().verdict, Verdict::FalsePositive, "the proposal stays");
    let mut agreement = Agreement::default();
    agreement.count(&judgement);
    assert_eq!((agreement.judged, agreement.share()), (1, Some(0.0)));
    assert!(
        !serde_json::to_string(&state).unwrap().contains("Jane"),
        "titles may name patients and stay out of entries"
    );
}
