//! A whole incident, from the first alert to its closing, as the people of a practice would live through it.

use incident::{
    AccountWork, BreachAnswer, Confidence, ContainmentKind, Duty, Event, Gate, IncidentKind, Party,
    PhaseStatus, Question, Request as R, Side, Statement, Subject, SystemStage, SystemWork, Target,
};
use kernel::{ActionId, AlertId, EvidenceId, IndicatorKind, ReportId, Role, Severity, SystemName};

use crate::world::{MONDAY, World, account, at, digest, indicator, system};

const EVIDENCE: EvidenceId = EvidenceId::from_u128(50);

fn host(name: &str) -> Subject {
    Subject::System { system: system(name) }
}

fn word(text: &str) -> String {
    text.to_owned()
}

/// Proposes a measure and gives back its id.
fn propose(world: &mut World, measure: ContainmentKind, target: Target) -> ActionId {
    let request = R::ProposeContainment { measure, target, why: word("it spreads"), undo: None };
    match world.ask(Role::Responder, request).unwrap().as_slice() {
        [Event::ContainmentProposed { action, .. }] => *action,
        other => panic!("{other:?}"),
    }
}

fn declare(world: &mut World) {
    let events = world
        .ask(
            Role::Lead,
            R::Declare {
                title: word("Files with a strange extension in exam room 3"),
                incident_kind: IncidentKind::Ransomware,
                reason: word("the EDR and the front desk say so"),
                alerts: vec![AlertId::from_u128(1), AlertId::from_u128(2)],
                subjects: vec![
                    host("ws-exam3"),
                    host("ehr-clinic"),
                    Subject::Account { account: account("CEDAR\\svc-backup") },
                    Subject::Indicator { indicator: indicator(IndicatorKind::Ipv4, "203.0.113.9") },
                ],
                severity: None,
                exercise: false,
            },
        )
        .unwrap();
    assert!(
        matches!(events.last(), Some(Event::SeveritySet { severity: Severity::Critical, .. })),
        "{events:?}"
    );
    let called =
        R::Engage { party: Party::Counsel, name: word("Al"), means: word("telephone"), within_minutes: None };
    world.ask(Role::Lead, called).unwrap();
    let engagement = *world.state.engagements.keys().next().unwrap();
    world
        .ask(
            Role::Lead,
            R::RecordAnswer { engagement, joins: true, text: word("on the way"), answered_at: None },
        )
        .unwrap();
}

fn contain(world: &mut World) {
    // The plan approves the workstation beforehand; nothing else is needed.
    let workstation =
        propose(world, ContainmentKind::IsolateHost, Target::System { system: system("ws-exam3") });
    world.ask(Role::Responder, R::ApplyContainment { action: workstation, receipt: None }).unwrap();
    world.ask(Role::Responder, R::VerifyContainment { action: workstation, how: word("no route") }).unwrap();

    // The health record takes the responder and the practice.
    let record =
        propose(world, ContainmentKind::IsolateHost, Target::System { system: system("ehr-clinic") });
    let refused = world
        .ask(Role::Responder, R::ApplyContainment { action: record, receipt: None })
        .unwrap_err()
        .refusal();
    assert_eq!(refused.missing, ["approval by the responder", "approval by the practice"]);
    assert!(refused.reason.contains("Clinic visits"), "{refused}");
    world.ask(Role::Responder, R::ApproveContainment { action: record, side: Side::Responder }).unwrap();
    world.ask(Role::Responder, R::ApplyContainment { action: record, receipt: None }).unwrap_err();
    world.ask(Role::Practice, R::ApproveContainment { action: record, side: Side::Practice }).unwrap();
    world
        .ask(Role::Responder, R::ApplyContainment { action: record, receipt: Some(word("edr-991")) })
        .unwrap();
    let down: Vec<_> =
        world.state.services(&world.practice, world.now).into_iter().filter(|it| !it.works).collect();
    assert_eq!(down.iter().map(|it| it.service.as_str()).collect::<Vec<_>>(), ["visits", "hearing"]);
    assert_eq!(down[0].downtime, ["Form D-1"], "the front desk is told which form to use");

    let target = Target::Account { account: account("CEDAR\\svc-backup") };
    let disabled = propose(world, ContainmentKind::DisableAccount, target);
    world.ask(Role::Responder, R::ApproveContainment { action: disabled, side: Side::Responder }).unwrap();
    world.ask(Role::Responder, R::ApplyContainment { action: disabled, receipt: None }).unwrap();
    let target = Target::Indicator { indicator: indicator(IndicatorKind::Ipv4, "203.0.113.9") };
    let blocked = propose(world, ContainmentKind::BlockAddress, target);
    world.ask(Role::Responder, R::ApproveContainment { action: blocked, side: Side::Responder }).unwrap();
    world.ask(Role::Responder, R::ApplyContainment { action: blocked, receipt: None }).unwrap();
}

fn investigate(world: &mut World) {
    let (why, source) = (word("event logs"), word("ws-exam3"));
    world
        .ask(
            Role::Responder,
            R::TakeEvidence { evidence: EVIDENCE, digest: digest("logs"), bytes: 4, source, why },
        )
        .unwrap();
    for question in Question::ALL {
        let instant = matches!(question, Question::Earliest | Question::Latest);
        let statement = Statement {
            question: *question,
            text: format!("what the logs show of {question}"),
            confidence: if *question == Question::Exfiltration {
                Confidence::Unknown
            } else {
                Confidence::Observed
            },
            at: instant.then(|| at("2026-01-24T02:00:00Z")),
            evidence: vec![EVIDENCE],
            systems: vec![system("ws-exam3")],
            accounts: Vec::new(),
        };
        world.ask(Role::Responder, R::RecordFinding { statement }).unwrap();
    }
    for name in ["ws-exam3", "ehr-clinic"] {
        world
            .ask(Role::Responder, R::Confirm { subject: host(name), why: word("the encryptor was there") })
            .unwrap();
    }
}

fn eradicate(world: &mut World) {
    for name in ["ws-exam3", "ehr-clinic"] {
        for work in [SystemWork::ArtefactRemoved, SystemWork::AttackPathClosed] {
            let what = word("the encryptor and its task");
            world
                .ask(
                    Role::Responder,
                    R::RecordSystemWork { system: system(name), work, what, evidence: vec![EVIDENCE] },
                )
                .unwrap();
        }
        world
            .ask(Role::Responder, R::DeclareClean { system: system(name), uncontained_because: None })
            .unwrap();
    }
    let account = account("CEDAR\\svc-backup");
    let reset =
        |work| R::RecordAccountWork { account: account.clone(), work, what: word("new"), evidence: vec![] };
    assert_eq!(
        world.ask(Role::Responder, reset(AccountWork::MfaReEnrolled)).unwrap_err().refusal().code(),
        "wrong_stage"
    );
    world.ask(Role::Responder, reset(AccountWork::PasswordReset)).unwrap();
    let back =
        R::ReturnAccount { account: account.clone(), without_mfa_because: Some(word("a service account")) };
    assert_eq!(
        world.ask(Role::Responder, back.clone()).unwrap_err().refusal().code(),
        "wrong_stage",
        "still disabled"
    );
    undo(world, &Target::Account { account });
    world.ask(Role::Responder, back).unwrap();
}

fn undo(world: &mut World, target: &Target) {
    let holding =
        world.state.actions.values().find(|action| action.target == *target && action.in_force()).unwrap().id;
    world.ask(Role::Responder, R::UndoContainment { action: holding, reason: word("dealt with") }).unwrap();
}

fn recover(world: &mut World, name: &str) {
    let system: SystemName = system(name);
    let one = || system.clone();
    let choose = |taken: &str| R::ChooseRestorePoint {
        system: one(),
        name: format!("nightly {taken}"),
        source: word("offline store"),
        taken_at: at(taken),
    };
    let hold = |gate| R::HoldGate { system: one(), gate, how: word("looked"), evidence: vec![] };
    // A backup from after the break-in is verified, restored, and stopped at its gate.
    world.ask(Role::Responder, choose("2026-01-25T02:00:00Z")).unwrap();
    world.ask(Role::Responder, R::VerifyRestorePoint { system: one(), how: word("test restore") }).unwrap();
    world.ask(Role::Responder, R::RecordRestored { system: one() }).unwrap();
    let refused = world.ask(Role::Responder, hold(Gate::CleanSource)).unwrap_err().refusal();
    assert!(refused.reason.contains("the compromise began at"), "{refused}");
    world.ask(Role::Responder, choose("2026-01-23T02:00:00Z")).unwrap();
    world.ask(Role::Responder, R::VerifyRestorePoint { system: one(), how: word("test restore") }).unwrap();
    world.ask(Role::Responder, R::RecordRestored { system: one() }).unwrap();
    for gate in [Gate::CleanSource, Gate::SweptClean, Gate::Patched, Gate::Monitored] {
        world.ask(Role::Responder, hold(gate)).unwrap();
    }
    let sign = |side| R::SignGate { system: one(), side, statement: word("ready") };
    world.ask(Role::Responder, sign(Side::Responder)).unwrap();
    let refused = world.ask(Role::Responder, R::ReturnToProduction { system: one() }).unwrap_err().refusal();
    assert_eq!(refused.missing, ["signed by the practice"]);
    world.ask(Role::Practice, sign(Side::Practice)).unwrap();
    let refused = world.ask(Role::Responder, R::ReturnToProduction { system: one() }).unwrap_err().refusal();
    assert!(refused.missing[0].starts_with("undo"), "an isolated host is not in production: {refused}");
    undo(world, &Target::System { system: one() });
    world.ask(Role::Responder, R::ReturnToProduction { system: one() }).unwrap();
}

fn watch(world: &mut World, name: &str) {
    let until = kernel::Timestamp::from_second(world.now.as_second() + 7 * 86_400).unwrap();
    let one = || system(name);
    world.ask(Role::Responder, R::SetWatch { system: one(), until, what: word("the same beacon") }).unwrap();
    world
        .ask(Role::Responder, R::RecordObservation { system: one(), text: word("nothing"), quiet: true })
        .unwrap();
    let clear = || R::ClearSystem { system: one(), why: word("a quiet week") };
    assert_eq!(
        world.ask(Role::Responder, clear()).unwrap_err().refusal().missing.len(),
        1,
        "the watch still runs"
    );
    world.pass_minutes(8 * 1_440);
    world.ask(Role::Responder, clear()).unwrap();
}

fn decide_law(world: &mut World) {
    let decide = R::DecideBreach {
        answer: BreachAnswer::Breach,
        reasons: vec![word("four factors")],
        document: Some(digest("assessment")),
        privileged: true,
    };
    assert!(matches!(world.ask(Role::Lead, decide.clone()), Err(crate::world::No::Forbidden(_))));
    world.ask(Role::Attorney, decide).unwrap();
    let duty = |duty: &str, due: &str| Duty {
        duty: word(duty),
        regime: word("hipaa"),
        jurisdiction: None,
        recipient: None,
        due: Some(due.parse().unwrap()),
        due_at: None,
        standard: None,
        citation: word("45 CFR 164.404(b)"),
        confidence: None,
        target: None,
    };
    let set = |duties| R::SetObligations {
        duties,
        law_tables_as_of: "2026-01-01".parse().unwrap(),
        facts: None,
        grounds: vec![],
    };
    world
        .ask(
            Role::Responder,
            set(vec![duty("individual_notice", "2026-03-27"), duty("media_notice", "2026-03-27")]),
        )
        .unwrap();
    let first = world.state.obligations.values().find(|it| it.duty.duty == "individual_notice").unwrap().id;
    let second = world.state.obligations.values().find(|it| it.duty.duty == "media_notice").unwrap().id;
    let on = world.now.to_zoned(world.practice.zone()).date();
    world
        .ask(
            Role::Practice,
            R::MeetObligation { obligation: first, on, proof: digest("letters"), note: word("499 letters") },
        )
        .unwrap();
    // The count fell; the second duty is not computed any more, and still takes the attorney's word.
    world.ask(Role::Responder, set(vec![duty("individual_notice", "2026-03-27")])).unwrap();
    let not_due =
        R::DetermineNotDue { obligation: second, reasons: vec![word("499 residents")], privileged: false };
    assert!(world.ask(Role::Practice, not_due.clone()).is_err());
    assert!(world.state.missing_for_closing().iter().any(|it| it.contains("media notice")));
    world.ask(Role::Attorney, not_due).unwrap();
}

fn learn_and_close(world: &mut World) {
    let missing = world.ask(Role::Lead, R::Close { summary: None }).unwrap_err().refusal().missing;
    assert_eq!(
        missing,
        ["no root cause is recorded", "no remediation is recorded", "no retention date is set"]
    );
    world
        .ask(
            Role::Responder,
            R::RecordRootCause { text: word("an open remote desktop"), evidence: vec![EVIDENCE] },
        )
        .unwrap();
    let due = "2026-06-30".parse().unwrap();
    world.ask(Role::Practice, R::AddRemediation { what: word("Close it"), owner: word("IT"), due }).unwrap();
    world
        .ask(
            Role::Lead,
            R::ChangeRunbook { runbook: word("ransomware"), change: word("call the surgery centre first") },
        )
        .unwrap();
    let report = ReportId::from_u128(1);
    world
        .ask(
            Role::Lead,
            R::DeliverReport {
                report,
                what: word("report"),
                to: word("the board"),
                digest: digest("pdf"),
                privileged: false,
            },
        )
        .unwrap();
    let early = R::SetRetention { until: "2030-01-01".parse().unwrap(), reason: word("six years") };
    assert_eq!(world.ask(Role::Lead, early).unwrap_err().refusal().code(), "kept");
    world
        .ask(Role::Lead, R::SetRetention { until: "2032-03-01".parse().unwrap(), reason: word("six years") })
        .unwrap();
    world.ask(Role::Lead, R::Close { summary: Some(word("done")) }).unwrap();
}

#[test]
fn an_incident_goes_from_its_first_alert_to_its_closing() {
    let mut world = World::new(MONDAY);
    declare(&mut world);
    let waiting = world.state.next_decisions(&world.practice, world.now);
    assert!(
        waiting[..4].iter().all(|decision| matches!(decision.request, Some(R::ProposeContainment { .. }))),
        "containment comes first: {waiting:#?}"
    );
    assert!(waiting.iter().any(|decision| decision.owner == Role::Attorney));
    contain(&mut world);
    assert_eq!(
        world.state.phases()[1].status,
        PhaseStatus::Done,
        "contained before anything is investigated"
    );
    assert_eq!(world.state.phases()[2].status, PhaseStatus::NotStarted);
    investigate(&mut world);
    eradicate(&mut world);
    for name in ["ws-exam3", "ehr-clinic"] {
        recover(&mut world, name);
        watch(&mut world, name);
    }
    decide_law(&mut world);
    learn_and_close(&mut world);
    for phase in world.state.phases() {
        assert_eq!(phase.status, PhaseStatus::Done, "{phase:?}");
    }
    assert!(world.state.next_decisions(&world.practice, world.now).is_empty());
    assert_eq!(world.replayed(), world.state);
    for (event, ..) in &world.journal {
        let line = event.describe(&world.state);
        assert!(line.ends_with(['.', '!', '?']) && !line.contains('\n') && !line.contains(".."), "{line}");
        assert!(!line.starts_with("action 0"), "ids have names: {line}");
    }
    let reopened = world.ask(Role::Lead, R::Reopen { reason: word("it is back") }).unwrap();
    assert_eq!(reopened.len(), 1);
}

#[test]
fn a_compromise_that_comes_back_takes_the_system_out_of_production_with_all_its_gates() {
    let mut world = World::new(MONDAY);
    declare(&mut world);
    contain(&mut world);
    investigate(&mut world);
    eradicate(&mut world);
    recover(&mut world, "ws-exam3");
    world
        .ask(Role::Responder, R::RecordRecurrence { subject: host("ws-exam3"), what: word("the beacon") })
        .unwrap();
    let system = &world.state.systems[&system("ws-exam3")];
    assert!(matches!(system.stage, SystemStage::Suspected { .. }));
    assert_eq!(system.open_gates().len(), Gate::ALL.len());
    assert!(system.restore_point.is_none() && system.work.is_empty() && system.recurrences.len() == 1);
    let first = &world.state.next_decisions(&world.practice, world.now)[0];
    assert!(first.what.contains("ws-exam3"), "it is contained again before anything else: {first:?}");
}

#[test]
fn an_older_break_in_found_later_drops_the_gate_of_a_restore_point_that_is_too_young() {
    let mut world = World::new(MONDAY);
    declare(&mut world);
    contain(&mut world);
    investigate(&mut world);
    eradicate(&mut world);
    recover(&mut world, "ws-exam3");
    let finding =
        world.state.findings.values().find(|it| it.statement.question == Question::Earliest).unwrap();
    let (finding, mut statement) = (finding.id, finding.statement.clone());
    statement.at = Some(at("2026-01-20T00:00:00Z"));
    world
        .ask(Role::Responder, R::ReviseFinding { finding, statement, reason: word("an older log") })
        .unwrap();
    assert_eq!(world.state.systems[&system("ws-exam3")].open_gates(), [Gate::CleanSource]);
    assert_eq!(world.state.findings[&finding].earlier.len(), 1, "what it said before stays");
    // So does the sweep, once there is another indicator to sweep for.
    let subject = Subject::Indicator { indicator: indicator(IndicatorKind::Sha256, "ab") };
    world.ask(Role::Responder, R::Suspect { subject, why: word("a second tool"), seen_on: vec![] }).unwrap();
    assert_eq!(world.state.systems[&system("ws-exam3")].open_gates(), [Gate::CleanSource, Gate::SweptClean]);
}

#[test]
fn broken_glass_stays_visible_with_its_name_and_reason() {
    let mut world = World::new(MONDAY);
    declare(&mut world);
    let target = Target::System { system: system("ehr-clinic") };
    let action = propose(&mut world, ContainmentKind::IsolateHost, target);
    let glass = R::BreakGlass { action, reason: word("the owner cannot be reached"), receipt: None };
    assert!(world.ask(Role::Responder, glass.clone()).is_err(), "only the lead");
    let events = world.ask(Role::Lead, glass).unwrap();
    assert!(events[0].describe(&world.state).starts_with("GLASS BROKEN"));
    assert_eq!(world.state.glass_broken.len(), 1);
    assert_eq!(world.state.glass_broken[0].without, [Side::Responder, Side::Practice]);
    world.ask(Role::Responder, R::UndoContainment { action, reason: word("reached") }).unwrap();
    assert_eq!(world.state.glass_broken.len(), 1);
}

#[test]
fn who_is_on_it_is_whoever_joined_and_whoever_worked_on_it() {
    let mut world = World::new(MONDAY);
    declare(&mut world);
    let now = at(MONDAY);
    // The attorney was called and joined; the lead declared it.
    assert_eq!(world.state.on_it(now), ["Al", "lead 0"]);
    let later = now.checked_add(jiff::SignedDuration::from_hours(13)).unwrap();
    assert_eq!(world.state.on_it(later), ["Al"], "who did something yesterday is taken to be on it");
}
