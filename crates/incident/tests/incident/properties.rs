//! Whatever people ask, in whatever order and role, this holds:
//!
//! 1. a refusal changes nothing, and deciding again decides the same;
//! 2. a system enters production only with each of its six gates held, or waived by a lead with a reason, signed by two people;
//! 3. what stops a clinical service is applied only with the approvals of two people of the two sides, the plan's
//!    approval, or glass broken by a lead, whose name stays;
//! 4. nobody but the attorney decides law: the breach question, obligations not due, legal holds;
//! 5. evidence is destroyed by two people, after its retention, without a hold; its digest never changes;
//! 6. an incident closes only when nothing is missing;
//! 7. what was settled, written or taken in never disappears;
//! 8. containment is never gated on findings, triage or phases: while the incident is open a responder can propose, and
//!    a lead can apply, at any moment;
//! 9. every event survives its entry, the fold of the journal is the state, and so is a snapshot.
//!
//! And the fold is total: any events in any order give a state.

use incident::{
    AccountStage, AccountWork, ActionStage, BreachAnswer, Confidence, ContainmentKind, Duty, Event, Evidence,
    Gate, GateStanding, IncidentKind, Party, Question, Request as R, Side, State, Statement, Status, Subject,
    SystemStage, SystemWork, Target, decide,
};
use kernel::{
    Actor, AlertId, EvidenceId, IndicatorKind, ReportId, Role, Timestamp, authorise, entry::EntryActor,
};
use proptest::prelude::*;

use crate::world::{MONDAY, World, account, actor, digest, indicator, system};

const SYSTEMS: [&str; 4] = ["ws-exam3", "ehr-clinic", "files", "pump-7"];
const ACCOUNTS: [&str; 2] = ["cedar\\frontdesk2", "cedar\\svc-backup"];

/// What somebody tries: a role, a person, what, and bits from which the rest is chosen.
#[derive(Debug, Clone)]
struct Try {
    role: usize,
    person: u8,
    what: u8,
    bits: u64,
}

fn tries(count: usize) -> impl Strategy<Value = Vec<Try>> {
    // Responders and leads do most of the work; the others are never far.
    let role = prop_oneof![4 => Just(0_usize), 3 => Just(1), 2 => Just(2), 2 => Just(4), 1 => 0_usize..7];
    let one = (role, 0_u8..3, any::<u8>(), any::<u64>());
    proptest::collection::vec(
        one.prop_map(|(role, person, what, bits)| Try { role, person, what, bits }),
        1..count,
    )
}

/// Takes choices out of bits.
struct Choice(u64);

impl Choice {
    fn of(&mut self, count: usize) -> usize {
        let count = u64::try_from(count.max(1)).unwrap();
        let taken = self.0 % count;
        self.0 = (self.0 / count) ^ self.0.rotate_left(17);
        usize::try_from(taken).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.of(from.len())].clone()
    }

    fn key<K: Clone, V>(&mut self, from: &std::collections::BTreeMap<K, V>, other: K) -> K {
        let at = self.of(from.len() + usize::from(from.is_empty()));
        from.keys().nth(at).cloned().unwrap_or(other)
    }
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn subject(c: &mut Choice) -> Subject {
    match c.of(4) {
        0 => Subject::Account { account: account(c.pick(&ACCOUNTS)) },
        1 => Subject::Indicator {
            indicator: indicator(IndicatorKind::Domain, c.pick(&["a.example", "lablink.example"])),
        },
        _ => Subject::System { system: system(c.pick(&SYSTEMS)) },
    }
}

fn target(c: &mut Choice) -> (ContainmentKind, Target) {
    match c.of(6) {
        0 => (ContainmentKind::DisableAccount, Target::Account { account: account(c.pick(&ACCOUNTS)) }),
        1 => {
            let indicator = indicator(IndicatorKind::Domain, c.pick(&["a.example", "lablink.example"]));
            (ContainmentKind::BlockDomain, Target::Indicator { indicator })
        }
        2 => (ContainmentKind::DisconnectVendor, Target::Vendor { vendor: s("LabLink") }),
        3 => (c.pick(ContainmentKind::ALL), Target::Service { service: s("surgery") }),
        _ => (ContainmentKind::IsolateHost, Target::System { system: system(c.pick(&SYSTEMS)) }),
    }
}

fn later(now: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_second(now.as_second() + days * 86_400).unwrap()
}

/// What the next step of a system would be: random requests alone would hardly bring one back to production.
fn next_step(state: &State, c: &mut Choice, now: Timestamp) -> R {
    let name = system(c.pick(&SYSTEMS[..2]));
    let how = s("h");
    let Some(standing) = state.systems.get(&name) else {
        return R::Suspect { subject: Subject::System { system: name }, why: how, seen_on: vec![] };
    };
    let held = |action: &&incident::Action| {
        action.in_force() && action.target == Target::System { system: name.clone() }
    };
    match &standing.stage {
        SystemStage::Suspected { .. } | SystemStage::Contained { .. } if standing.work.is_empty() => {
            let work = c.pick(&[SystemWork::RebuiltFromCleanSource, SystemWork::ArtefactRemoved]);
            R::RecordSystemWork { system: name, work, what: how, evidence: vec![] }
        }
        SystemStage::Suspected { .. } | SystemStage::Contained { .. } => {
            R::DeclareClean { system: name, uncontained_because: Some(how) }
        }
        SystemStage::Clean { .. } => c.pick(&[
            R::RecordRestored { system: name.clone() },
            R::WaiveGate { system: name, gate: Gate::CleanSource, reason: how },
        ]),
        SystemStage::Restored { .. } => {
            match (standing.open_gates().first(), state.actions.values().find(held)) {
                (Some(Gate::SignedByResponder | Gate::SignedByPractice), _) => {
                    R::SignGate { system: name, side: c.pick(Side::ALL), statement: how }
                }
                (Some(gate), _) if c.of(3) == 0 => R::WaiveGate { system: name, gate: *gate, reason: how },
                (Some(gate), _) => R::HoldGate { system: name, gate: *gate, how, evidence: vec![] },
                (None, Some(action)) => R::UndoContainment { action: action.id, reason: how },
                (None, None) => R::ReturnToProduction { system: name },
            }
        }
        SystemStage::InProduction { watch: None, .. } => {
            R::SetWatch { system: name, until: later(now, 1), what: how }
        }
        SystemStage::InProduction { .. } => c.pick(&[
            R::RecordObservation { system: name.clone(), text: how.clone(), quiet: true },
            R::ClearSystem { system: name, why: how },
        ]),
        SystemStage::Cleared { .. } | SystemStage::Retired { .. } => {
            R::RecordRecurrence { subject: Subject::System { system: name }, what: how }
        }
    }
}

/// What the next step of an item of evidence would be, on its way to the end of its retention.
fn next_custody(state: &State, c: &mut Choice) -> R {
    let evidence = c.key(&state.evidence, EvidenceId::from_u128(0));
    match state.evidence.get(&evidence) {
        None => R::TakeEvidence { evidence, digest: digest("e"), bytes: 1, source: s("s"), why: s("w") },
        Some(item) if item.is_destroyed() => {
            let evidence = EvidenceId::from_u128(state.evidence.len().try_into().unwrap());
            R::TakeEvidence { evidence, digest: digest("e"), bytes: 1, source: s("s"), why: s("w") }
        }
        Some(item) if item.destruction.is_none() => R::RequestDestruction { evidence, reason: s("r") },
        Some(_) if c.of(3) == 0 => R::PlaceHold { evidence: None, reason: s("r") },
        Some(_) => R::ConfirmDestruction { evidence },
    }
}

/// An approval of an action that waits, or its application: tried by people who may not, too.
fn next_approval(state: &State, c: &mut Choice) -> R {
    let open: Vec<_> = state.actions.values().filter(|action| action.is_open()).collect();
    if open.is_empty() || c.of(5) == 0 {
        let (measure, target) = target(c);
        return R::ProposeContainment { measure, target, why: s("w"), undo: None };
    }
    let action = c.pick(&open);
    match action.missing_approvals().first() {
        Some(side) if c.of(4) != 0 => R::ApproveContainment { action: action.id, side: *side },
        _ => R::ApplyContainment { action: action.id, receipt: None },
    }
}

fn request(state: &State, now: Timestamp, what: u8, bits: u64) -> R {
    let mut c = Choice(bits);
    let c = &mut c;
    let (why, reason, how) = (s("w"), s("r"), s("h"));
    let nothing = kernel::ActionId::from_u128(1);
    let action = c.key(&state.actions, nothing);
    let evidence = c.key(&state.evidence, EvidenceId::from_u128(u128::from(bits % 4)));
    let day = |days: i64| later(now, days).to_zoned(jiff::tz::TimeZone::UTC).date();
    match what {
        180..220 => return next_step(state, c, now),
        220..236 => return next_custody(state, c),
        236.. => return next_approval(state, c),
        _ => {}
    }
    match what % 60 {
        0..=2 => R::Suspect { subject: subject(c), why, seen_on: vec![] },
        3 => R::Confirm { subject: subject(c), why },
        4 => R::ClearSuspicion { subject: subject(c), why },
        5..=8 => {
            let (measure, target) = target(c);
            R::ProposeContainment { measure, target, why, undo: None }
        }
        9..=11 => R::ApproveContainment { action, side: c.pick(Side::ALL) },
        12..=14 => R::ApplyContainment { action, receipt: None },
        15 => R::BreakGlass { action, reason, receipt: None },
        16 => R::VerifyContainment { action, how },
        17 => R::FailContainment { action, reason },
        18 | 19 => R::UndoContainment { action, reason },
        20 => R::WithdrawContainment { action, reason },
        21 | 22 => R::RecordFinding { statement: statement(c, now, evidence) },
        23 => R::ReviseFinding {
            finding: c.key(&state.findings, kernel::FindingId::from_u128(1)),
            statement: statement(c, now, evidence),
            reason,
        },
        24 => R::TakeEvidence {
            evidence: EvidenceId::from_u128(u128::from(bits % 4)),
            digest: digest("e"),
            bytes: 1,
            source: how,
            why,
        },
        25 => R::HandOverEvidence { evidence, to: how, why },
        26 => R::ReceiveEvidenceBack { evidence, from: how, digest: Some(digest("e")) },
        27 => R::ReleaseEvidence { evidence, to: how, why },
        28 => R::PlaceHold { evidence: (c.of(2) == 0).then_some(evidence), reason },
        29 => R::LiftHold { evidence: (c.of(2) == 0).then_some(evidence), reason },
        30 => R::SetEvidenceRetention { evidence, until: day(2_500), reason },
        31 => R::RequestDestruction { evidence, reason },
        32 => R::ConfirmDestruction { evidence },
        33..=50 => recovery_request(c, now, what % 60),
        _ => law_request(state, c, now, what % 60),
    }
}

/// Work, restore points, gates, production, watch, accounts.
fn recovery_request(c: &mut Choice, now: Timestamp, what: u8) -> R {
    let (why, reason, how) = (s("w"), s("r"), s("h"));
    let name = system(c.pick(&SYSTEMS));
    match what {
        33 | 34 => {
            R::RecordSystemWork { system: name, work: c.pick(SystemWork::ALL), what: how, evidence: vec![] }
        }
        35 => R::RecordAccountWork {
            account: account(c.pick(&ACCOUNTS)),
            work: c.pick(AccountWork::ALL),
            what: how,
            evidence: vec![],
        },
        36 => R::DeclareClean { system: name, uncontained_because: Some(why) },
        37 => R::ChooseRestorePoint {
            system: name,
            name: how,
            source: why,
            taken_at: later(now, -i64::try_from(c.of(30)).unwrap()),
        },
        38 => R::VerifyRestorePoint { system: name, how },
        39 => R::RecordRestored { system: name },
        40 | 41 => R::HoldGate { system: name, gate: c.pick(Gate::ALL), how, evidence: vec![] },
        42 => R::SignGate { system: name, side: c.pick(Side::ALL), statement: how },
        43 => R::WaiveGate { system: name, gate: c.pick(Gate::ALL), reason },
        44 => R::ReturnToProduction { system: name },
        45 => R::SetWatch { system: name, until: later(now, 3), what: how },
        46 => R::RecordObservation { system: name, text: how, quiet: c.of(4) != 0 },
        47 => R::ClearSystem { system: name, why },
        48 => R::RecordRecurrence { subject: subject(c), what: how },
        49 => R::RetireSystem { system: name, reason },
        _ => R::ReturnAccount {
            account: account(c.pick(&ACCOUNTS)),
            without_mfa_because: (c.of(2) == 0).then_some(why),
        },
    }
}

/// Law, lessons and closing.
fn law_request(state: &State, c: &mut Choice, now: Timestamp, what: u8) -> R {
    let (why, reason, how) = (s("w"), s("r"), s("h"));
    let day = |days: i64| later(now, days).to_zoned(jiff::tz::TimeZone::UTC).date();
    match what {
        51 => R::DecideBreach {
            answer: c.pick(BreachAnswer::ALL),
            reasons: vec![why],
            document: Some(digest("d")),
            privileged: c.of(2) == 0,
        },
        52 => R::SetObligations { duties: duties(c), law_tables_as_of: day(0), facts: None, grounds: vec![] },
        53 => {
            let obligation = c.key(&state.obligations, kernel::ItemId::from_u128(1));
            if c.of(2) == 0 {
                R::MeetObligation { obligation, on: day(-1), proof: digest("p"), note: how }
            } else {
                R::DetermineNotDue { obligation, reasons: vec![why], privileged: false }
            }
        }
        54 => R::RecordRootCause { text: why, evidence: vec![] },
        55 => R::AddRemediation { what: how, owner: why, due: day(30) },
        56 => R::SetRetention { until: day(6 * 366 + 40), reason },
        57 => R::Close { summary: None },
        58 => R::Reopen { reason },
        _ => others(state, c, now),
    }
}

fn statement(c: &mut Choice, now: Timestamp, evidence: EvidenceId) -> Statement {
    let before = i64::try_from(c.of(40)).unwrap() * 86_400;
    Statement {
        question: c.pick(&[Question::Earliest, Question::Exfiltration, Question::Impact]),
        text: s("t"),
        confidence: c.pick(Confidence::ALL),
        at: Timestamp::from_second(now.as_second() - before).ok(),
        evidence: if c.of(2) == 0 { vec![evidence] } else { vec![] },
        systems: vec![],
        accounts: vec![],
    }
}

fn duties(c: &mut Choice) -> Vec<Duty> {
    let all = ["individual_notice", "media_notice", "hhs_notice"];
    let due = c.pick(&[None, Some("2026-03-01".parse().unwrap())]);
    let duty = |name: &str| Duty {
        duty: s(name),
        regime: s("hipaa"),
        jurisdiction: None,
        recipient: None,
        due,
        due_at: None,
        standard: None,
        citation: s("c"),
        confidence: None,
        target: None,
    };
    all.iter().take(c.of(4)).map(|name| duty(name)).collect()
}

fn others(state: &State, c: &mut Choice, now: Timestamp) -> R {
    match c.of(16) {
        9 => R::StateFacts {
            digest: digest("f"),
            bytes: 1,
            realm: c.pick(incident::FactsRealm::ALL),
            changed: vec![s("/event/kind")],
            reason: s("r"),
        },
        10 => R::PrepareFactors { digest: digest(c.pick(&["v", "w"])), bytes: 1, reasoned: c.of(2) == 0 },
        11 => {
            let version = u32::try_from(c.of(4)).unwrap();
            let probability = c.pick(incident::Likelihood::ALL);
            R::RecommendProbability { version, probability, because: s("b") }
        }
        12 => {
            let version = u32::try_from(c.of(4)).unwrap();
            R::DetermineProbability { version, probability: c.pick(incident::Likelihood::ALL) }
        }
        13 => R::StateCondition {
            about: s("not_retained"),
            condition: s("good_faith"),
            met: Some(true),
            because: s("b"),
            evidence: vec![],
        },
        14 => {
            let evidence = c.key(&state.evidence, EvidenceId::from_u128(1));
            R::BeginMailing { evidence, letters: u32::try_from(c.of(12)).unwrap() }
        }
        15 => R::RecordMail {
            step: c.pick(incident::MailStep::ALL),
            letters: vec![incident::LetterSpan { from: 1, to: u32::try_from(c.of(12)).unwrap() }],
            on: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
            reason: Some(incident::MailReturn::Moved),
            how: Some(s("h")),
        },
        0 => R::AttachAlert { alert: AlertId::from_u128(1), reason: s("r") },
        1 => R::DetachAlert { alert: AlertId::from_u128(1), reason: s("r") },
        2 => R::ReviseKind { incident_kind: c.pick(IncidentKind::ALL), reason: s("r") },
        3 => R::SetSeverity { severity: None, reason: s("r") },
        4 => R::Engage {
            party: c.pick(Party::ALL),
            name: s("n"),
            means: s("m"),
            within_minutes: Some(u32::MAX),
        },
        5 => {
            let engagement = c.key(&state.engagements, kernel::ItemId::from_u128(1));
            R::RecordAnswer { engagement, joins: true, text: s(""), answered_at: Some(now) }
        }
        6 => R::WriteNote { digest: digest("n"), bytes: 1, about: None, privileged: c.of(2) == 0 },
        7 => {
            let note = c.key(&state.notes, kernel::NoteId::from_u128(1));
            R::ReviseNote { note, digest: digest("m"), bytes: 2, reason: s("r") }
        }
        _ => R::SendSituationReport { report: ReportId::from_u128(1), to: s("t"), digest: digest("r") },
    }
}

/// One of three people, who wear whichever hat they like: nobody may be two people by changing theirs.
fn hat(role: Role, person: u8) -> Actor {
    let id = kernel::PersonId::from_u128(u128::from(person) + 1);
    Actor { id, ..actor(role, person) }
}

fn declared() -> World {
    let mut world = World::new(MONDAY);
    let subjects = SYSTEMS.iter().map(|name| Subject::System { system: system(name) }).collect();
    let declare = R::Declare {
        title: s("t"),
        incident_kind: IncidentKind::Ransomware,
        reason: s("r"),
        alerts: vec![],
        subjects,
        severity: None,
        exercise: true,
    };
    world.ask(Role::Lead, declare).unwrap();
    world
}

/// What must hold of an event, given the state before it and the events decided with it.
fn lawful(
    before: &State,
    event: &Event,
    with: &[Event],
    by: &Actor,
    now: Timestamp,
) -> Result<(), TestCaseError> {
    match event {
        Event::SystemReturned { system } => {
            let system = &before.systems[system];
            let mut signers = Vec::new();
            for gate in Gate::ALL {
                match &system.gates[gate] {
                    GateStanding::Held { stamp, .. } if gate.is_signature() => signers.push(stamp.clone()),
                    GateStanding::Held { .. } => {}
                    GateStanding::Waived { stamp, reason } => {
                        prop_assert!(!gate.is_signature() && stamp.role == Role::Lead && !reason.is_empty());
                    }
                    GateStanding::Fallen { .. } => {
                        return Err(TestCaseError::fail(format!("{gate} has fallen")));
                    }
                }
            }
            prop_assert_eq!(signers.len(), 2);
            prop_assert!(signers[0].by != signers[1].by);
            prop_assert!(signers.iter().any(|stamp| stamp.role == Role::Practice));
        }
        Event::ContainmentApplied { action, preapproved, .. } => {
            let action = &before.actions[action];
            let glass = with.iter().any(|other| matches!(other, Event::GlassBroken { .. }));
            if glass {
                prop_assert_eq!(by.role, Role::Lead);
            } else if !preapproved && action.glass_broken.is_none() {
                let of = |side| action.approvals.iter().find(|approval| approval.side == side);
                prop_assert!(of(Side::Responder).is_some());
                if action.stops.stops_care() {
                    let (responder, practice) = (of(Side::Responder).unwrap(), of(Side::Practice).unwrap());
                    prop_assert!(responder.stamp.by != practice.stamp.by);
                    prop_assert_eq!(practice.stamp.role, Role::Practice);
                }
            }
        }
        Event::BreachDecided { .. }
        | Event::ObligationNotDue { .. }
        | Event::ProbabilityDetermined { .. }
        | Event::ConditionStated { .. }
        | Event::FactsStated { realm: incident::FactsRealm::Legal, .. }
        | Event::HoldPlaced { .. }
        | Event::HoldLifted { .. } => prop_assert_eq!(by.role, Role::Attorney),
        Event::EvidenceDestroyed { evidence, .. } => {
            let item = &before.evidence[evidence];
            prop_assert!(item.destruction.as_ref().unwrap().stamp.by != by.id);
            prop_assert!(item.hold.is_none() && before.hold.is_none());
            let kept = item.retain_until.unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
            prop_assert!(now > kept);
        }
        Event::Closed { .. } => prop_assert!(before.missing_for_closing().is_empty()),
        Event::AccountReturned { account, .. } => {
            let reset = matches!(
                before.accounts[account].stage,
                AccountStage::CredentialsReset { .. } | AccountStage::MfaReEnrolled { .. }
            );
            prop_assert!(reset);
        }
        _ => {}
    }
    Ok(())
}

/// What must hold between one state and the next.
fn nothing_lost(before: &State, after: &State) -> Result<(), TestCaseError> {
    for (id, item) in &before.evidence {
        let now = &after.evidence[id];
        prop_assert!(now.digest == item.digest && now.chain.len() >= item.chain.len());
        prop_assert!(!item.is_destroyed() || now.is_destroyed());
    }
    for (id, obligation) in &before.obligations {
        let now = &after.obligations[id];
        let met = matches!(obligation.standing, incident::ObligationStanding::Met { .. });
        // Counsel's "not due" falls only where the facts had dropped the duty and ask for it again.
        let again = !met && !obligation.computed && now.computed;
        prop_assert!(!obligation.standing.is_settled() || again || now.standing == obligation.standing);
    }
    let (old, new) = (&before.case, &after.case);
    prop_assert!(new.facts.starts_with(&old.facts) && new.factors.starts_with(&old.factors));
    prop_assert!(new.determinations.starts_with(&old.determinations));
    prop_assert!(new.conditions.starts_with(&old.conditions));
    prop_assert!(after.glass_broken.len() >= before.glass_broken.len());
    prop_assert!(after.breach.len() >= before.breach.len() && after.reports.len() >= before.reports.len());
    prop_assert!(before.findings.keys().all(|id| after.findings.contains_key(id)));
    prop_assert!(before.systems.keys().all(|name| after.systems.contains_key(name)));
    for (id, note) in &before.notes {
        prop_assert!(after.notes[id].versions.starts_with(&note.versions));
    }
    for (name, system) in &after.systems {
        // Out of production, and yet its return's gates: only what came back loses them all.
        if matches!(system.stage, SystemStage::Contained { .. }) {
            let holding = after
                .actions
                .values()
                .any(|action| action.in_force() && action.target == Target::System { system: name.clone() });
            prop_assert!(holding, "{} is contained by nothing", name);
        }
    }
    for action in after.actions.values().filter(|action| matches!(action.stage, ActionStage::Applied { .. }))
    {
        let allowed = action.preapproved || action.glass_broken.is_some() || action.approvals.len() == 2;
        prop_assert!(allowed || !action.stops.stops_care());
    }
    Ok(())
}

/// While the incident is open, containment is open: whatever is known and whatever phase it seems to be in.
fn containment_is_open(world: &World) -> Result<(), TestCaseError> {
    if world.state.status != Status::Open {
        return Ok(());
    }
    let target = Target::System { system: system("asc-pump-1") };
    let propose =
        R::ProposeContainment { measure: ContainmentKind::IsolateHost, target, why: s("w"), undo: None };
    let asked = authorise(&actor(Role::Responder, 0), propose).unwrap();
    let events = decide(&world.state, &asked, &world.practice, world.now);
    prop_assert!(events.is_ok(), "{:?}", events);
    let [Event::ContainmentProposed { action, .. }] = events.as_deref().unwrap() else { panic!() };
    let lead = actor(Role::Lead, 0);
    let by = EntryActor { id: lead.id, name: lead.name.clone(), role: lead.role };
    let mut state = world.state.clone();
    state.apply(&events.as_ref().unwrap()[0], world.now, &by);
    let glass = R::BreakGlass { action: *action, reason: s("r"), receipt: None };
    prop_assert!(decide(&state, &authorise(&lead, glass).unwrap(), &world.practice, world.now).is_ok());
    Ok(())
}

fn run(world: &mut World, tries: &[Try]) -> Result<(), TestCaseError> {
    for Try { role, person, what, bits } in tries {
        // Now and then years pass, so that retention ends.
        world.pass_minutes(if bits % 61 == 0 { 7 * 366 * 1_440 } else { i64::try_from(bits % 500).unwrap() });
        let by = hat(Role::ALL[*role], *person);
        let before = world.state.clone();
        let asked = request(&before, world.now, *what, *bits);
        match world.ask_as(&by, asked.clone()) {
            Ok(events) => {
                let mut state = before.clone();
                let stamp = EntryActor { id: by.id, name: by.name.clone(), role: by.role };
                for event in &events {
                    lawful(&state, event, &events, &by, world.now)?;
                    prop_assert_eq!(&Event::from_parts(event.kind(), &event.body()).unwrap(), event);
                    state.apply(event, world.now, &stamp);
                    if let Event::Recurred { subject: Subject::System { system }, .. } = event {
                        prop_assert_eq!(state.systems[system].open_gates().len(), Gate::ALL.len());
                        let runs = matches!(state.systems[system].stage, SystemStage::InProduction { .. });
                        prop_assert!(!runs);
                    }
                    prop_assert!(!event.describe(&state).is_empty());
                }
                nothing_lost(&before, &world.state)?;
            }
            Err(_) => prop_assert_eq!(&before, &world.state),
        }
        if let Ok(asked) = authorise(&by, asked) {
            let once = decide(&before, &asked, &world.practice, world.now);
            prop_assert_eq!(once, decide(&before, &asked, &world.practice, world.now));
        }
    }
    containment_is_open(world)?;
    prop_assert_eq!(&world.replayed(), &world.state);
    let snapshot = serde_json::to_string(&world.state).unwrap();
    prop_assert_eq!(&serde_json::from_str::<State>(&snapshot).unwrap(), &world.state);
    let views = (world.state.phases(), world.state.clocks(&world.practice, world.now));
    prop_assert!(
        views.0.iter().all(|phase| phase.done <= phase.total)
            && views.1.iter().all(|clock| !clock.what.is_empty())
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_requests_by_anybody_keeps_the_invariants(tries in tries(260)) {
        run(&mut declared(), &tries)?;
    }

    #[test]
    fn any_events_in_any_order_give_a_state(tries in tries(120), order in any::<proptest::sample::Index>(), step in 1_usize..50) {
        let mut world = declared();
        run(&mut world, &tries)?;
        let mut state = State::new(world.state.incident, world.state.practice);
        let length = world.journal.len();
        let start = order.index(length);
        // Backwards, with gaps, from anywhere, twice: what no journal holds.
        for turn in 0..length * 2 {
            let (event, at, by) = &world.journal[(start + length * 50 - (turn * step) % (length * 50)) % length];
            state.apply(event, *at, by);
            let _ = (state.phases(), state.missing_for_closing(), event.describe(&state));
        }
        let _ = state.next_decisions(&world.practice, world.now);
        prop_assert_eq!(state.version, u64::try_from(length * 2).unwrap());
        let snapshot = serde_json::to_value(&state).unwrap();
        prop_assert_eq!(serde_json::from_value::<State>(snapshot).unwrap(), state);
    }
}

/// The properties are worth nothing if the random people never get anywhere: over a fixed run each of these happens.
#[test]
fn the_random_people_reach_the_interesting_places() {
    let mut seen = std::collections::BTreeSet::new();
    let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..60 {
        let mut world = declared();
        let tries: Vec<_> = (0..700)
            .map(|_| {
                bits ^= bits << 13;
                bits ^= bits >> 7;
                bits ^= bits << 17;
                let roles = [0, 0, 0, 1, 1, 2, 4];
                let role = roles[usize::try_from(bits >> 40).unwrap() % roles.len()];
                Try { role, person: (bits % 3) as u8, what: (bits >> 20) as u8, bits: bits.rotate_left(9) }
            })
            .collect();
        run(&mut world, &tries).unwrap();
        seen.extend(world.journal.iter().map(|(event, ..)| event.kind()));
        if world.state.evidence.values().any(Evidence::is_destroyed) {
            seen.insert("destroyed");
        }
    }
    for kind in [
        "system_returned",
        "glass_broken",
        "evidence_destroyed",
        "obligation_not_due",
        "gate_waived",
        "recurred",
        "system_cleared",
        "account_returned",
        "note_revised",
    ] {
        assert!(seen.contains(kind), "never: {kind}; seen: {seen:?}");
    }
}
