//! The breach case of an incident, on the real database and vault: facts change, dates follow in the same write, what
//! was met stays, and law is the attorney's.
#![cfg(test)]

use app::{
    AppError,
    case::{ConditionGiven, Determination, FactorsGiven, FactsChange, MailGiven, Recommendation, Stands},
    command::How,
    edge::{Edge, Hand},
};
use incident::{BreachAnswer, IncidentKind, Likelihood, MailReturn, MailStep, ObligationStanding, Request};
use kernel::{Digest, IncidentId, Role};
use serde_json::{Value, json};
use testkit::app::Program;

async fn opened() -> (Program, Hand, IncidentId) {
    let (edge, hand) = Edge::simulated("2026-03-20T15:00:00Z".parse().unwrap(), 21);
    let program = Program::start(edge).await.unwrap();
    let declare = Request::Declare {
        title: "Files are being locked".to_owned(),
        incident_kind: IncidentKind::Ransomware,
        reason: "the note".to_owned(),
        alerts: vec![],
        subjects: vec![],
        severity: None,
        exercise: false,
    };
    let lead = program.person(Role::Lead);
    let incident = program.app.declare(&lead, program.practice, declare, None).await.unwrap().incident;
    (program, hand, incident)
}

fn patch(facts: Value) -> FactsChange {
    FactsChange::Patch(facts)
}

fn counted(people: u64) -> FactsChange {
    patch(json!({
        "event": {"data": ["phi"]}, "knowledge": {"known_on": "2026-03-10", "occurred_on": "2026-03-01"},
        "individuals": {"by_state": {"OH": people}},
    }))
}

async fn state(
    program: &Program,
    incident: IncidentId,
    role: Role,
    change: FactsChange,
) -> Result<Vec<String>, AppError> {
    let actor = program.person(role);
    let done = program.app.state_facts(&actor, incident, change, "it turned out", How::default()).await?;
    Ok(done.entries.iter().map(|entry| entry.kind.clone()).collect())
}

async fn due(program: &Program, incident: IncidentId, duty: &str) -> Option<(String, bool)> {
    let lead = program.person(Role::Lead);
    let view = program.app.incident(&lead, incident).await.unwrap();
    let found =
        view.state.obligations.values().find(|each| each.duty.duty == duty && each.duty.regime == "hipaa");
    found.map(|each| (each.duty.due.unwrap().to_string(), each.computed))
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_follow_the_facts_in_the_same_write_and_what_was_met_stays() {
    let (program, hand, incident) = opened().await;
    let kinds = state(&program, incident, Role::Responder, counted(480)).await.unwrap();
    assert_eq!(kinds, ["facts_stated", "obligations_set"], "one write, so that no date lags behind its fact");
    assert_eq!(due(&program, incident, "individual_notice").await, Some(("2026-05-09".into(), true)));
    assert_eq!(due(&program, incident, "hhs_annual_report").await, Some(("2027-03-01".into(), true)));
    assert_eq!(due(&program, incident, "hhs_notice").await, None);

    // Nothing is recorded by asking what would be.
    let lead = program.person(Role::Lead);
    let asked = json!({"individuals": {"by_state": {"OH": 520}}});
    let would = program.app.what_if(&lead, incident, &asked).await.unwrap();
    assert!(
        would.said.iter().any(|line| line.starts_with("new: Notice to HHS (500 or more)")),
        "{:?}",
        would.said
    );
    assert!(would.said.iter().any(|line| line.starts_with("new: Media notice")), "{:?}", would.said);
    assert_eq!(due(&program, incident, "media_notice").await, None);

    state(&program, incident, Role::Responder, counted(520)).await.unwrap();
    assert_eq!(due(&program, incident, "media_notice").await, Some(("2026-05-09".into(), true)));
    let (_, computed) = due(&program, incident, "hhs_annual_report").await.unwrap();
    assert!(!computed, "no longer asked for, and still there until counsel decides");

    // An earlier discovery turns up: every date moves forward, and the change says how it was counted.
    let earlier = patch(json!({"knowledge": {"workforce_known_on": "2026-03-03"}}));
    state(&program, incident, Role::Responder, earlier).await.unwrap();
    assert_eq!(due(&program, incident, "individual_notice").await, Some(("2026-05-02".into(), true)));
    let changes = program.app.changes(&lead, incident).await.unwrap();
    let said = &changes[0].said;
    assert!(said.iter().any(|line| line.contains("due 2026-05-02, was 2026-05-09")), "{said:?}");
    let moved = &changes[0].compared.as_ref().unwrap().moved;
    assert!(moved.iter().any(|moved| moved.by_days == Some(-7)), "{moved:?}");

    // The media were told. Then the count falls below the threshold: the notice that was made stays on the record.
    let view = program.app.incident(&lead, incident).await.unwrap();
    let media = view.state.obligations.values().find(|each| each.duty.duty == "media_notice").unwrap().id;
    hand.set("2026-04-01T15:00:00Z".parse().unwrap());
    let met = Request::MeetObligation {
        obligation: media,
        on: "2026-03-30".parse().unwrap(),
        proof: Digest::of(b"the newspaper's confirmation"),
        note: "confirmation of the Cedar Post".to_owned(),
    };
    program.app.command(&lead, incident, met, How::default()).await.unwrap();
    state(&program, incident, Role::Responder, counted(300)).await.unwrap();
    let view = program.app.incident(&lead, incident).await.unwrap();
    let media = &view.state.obligations[&media];
    assert!(!media.computed && matches!(media.standing, ObligationStanding::Met { .. }));
    let proof = program.app.proof_of_notice(&lead, incident).await.unwrap();
    assert_eq!(proof.beyond.len(), 1);
    let said = &program.app.changes(&lead, incident).await.unwrap()[0].said;
    assert!(
        said.iter().any(|line| line.contains("media notice") && line.contains("stays on the record")),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn near_and_missed_dates_are_seen_wherever_the_incident_is() {
    let (program, hand, incident) = opened().await;
    state(&program, incident, Role::Responder, counted(600)).await.unwrap();
    let lead = program.person(Role::Lead);
    let letters = async |stands: Stands, tag: &str| {
        let case = program.app.case(&lead, incident).await.unwrap();
        let duty = case.duties.iter().find(|duty| duty.duty.starts_with("individual notice (HIPAA")).unwrap();
        assert_eq!(duty.stands, stands);
        let rows = program.app.incidents(&lead, app::ports::IncidentQuery::default()).await.unwrap();
        let counts = &rows.items[0].counts;
        let view = program.app.incident(&lead, incident).await.unwrap();
        let decided = view
            .decisions
            .iter()
            .find(|decision| decision.what.contains("individual notice (HIPAA"))
            .unwrap();
        let tagged =
            ["NEAR", "MISSED"].into_iter().find(|tag| decided.why.starts_with(tag)).unwrap_or_default();
        assert_eq!(tagged, tag, "{}", decided.why);
        (counts["duties_near"].as_u64().unwrap(), counts["duties_missed"].as_u64().unwrap())
    };
    assert_eq!(letters(Stands::Ahead, "").await, (0, 0));
    hand.set("2026-04-28T15:00:00Z".parse().unwrap());
    let (near, missed) = letters(Stands::Near, "NEAR").await;
    assert!(near >= 3 && missed == 0, "{near} {missed}");
    hand.set("2026-05-11T15:00:00Z".parse().unwrap());
    let (_, missed) = letters(Stands::Missed, "MISSED").await;
    assert!(missed >= 3, "{missed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn responders_state_technology_and_the_attorney_law() {
    let (program, _, incident) = opened().await;
    state(&program, incident, Role::Responder, counted(40)).await.unwrap();
    let hold = || {
        patch(
            json!({"law_enforcement_holds": [{"form": "written", "stated_on": "2026-03-15", "until": "2026-06-30"}]}),
        )
    };
    let more = || counted(41);
    for role in Role::ALL {
        let legal = state(&program, incident, role, hold()).await;
        assert_eq!(legal.is_ok(), role == Role::Attorney, "{role} states a hold: {legal:?}");
        let technical = state(&program, incident, role, more()).await;
        let expected = matches!(role, Role::Responder | Role::Lead);
        // Once it stands, the same patch changes nothing and is nobody's offence but for those who may not write.
        let stands = matches!(role, Role::Practice | Role::Attorney);
        assert_eq!(technical.is_ok(), expected || stands, "{role} states a count: {technical:?}");
        if technical.is_err() || legal.is_err() {
            let refused = legal.err().or(technical.err());
            assert!(matches!(refused, Some(AppError::Forbidden(_))), "{role}: {refused:?}");
        }
    }
    let (date, _) = due(&program, incident, "individual_notice").await.unwrap();
    assert!(date.as_str() > "2026-06-30", "the hold moves the date: {date}");
    // Both at once is nobody's, and is told which part is law.
    let both = patch(json!({"event": {"kind": "hacking", "permitted_use": true}}));
    let refused = state(&program, incident, Role::Attorney, both).await.unwrap_err();
    assert!(matches!(&refused, AppError::Invalid { at, .. } if at == "/event/permitted_use"), "{refused}");
    // What contradicts is refused with its pointer, and nothing is kept.
    for (role, wrong, pointer) in [
        (Role::Responder, json!({"individuals": {"minors": 9_000}}), "/individuals/minors"),
        (Role::Responder, json!({"individuals": {"by_state": {"ZZ": 1}}}), "/individuals/by_state/ZZ"),
        (Role::Responder, json!({"knowledge": {"occurred_on": "2026-03-12"}}), "/knowledge/known_on"),
        (
            Role::Attorney,
            json!({"law_enforcement_holds": [{"form": "oral"}]}),
            "/law_enforcement_holds/0/stated_on",
        ),
        (
            Role::Attorney,
            json!({"event": {"risk_assessment": {"probability": "low"}}}),
            "/event/risk_assessment",
        ),
    ] {
        let refused = state(&program, incident, role, patch(wrong)).await.unwrap_err();
        assert!(
            matches!(&refused, AppError::Invalid { at, .. } if at.starts_with(pointer)),
            "{pointer}: {refused}"
        );
    }
    let lead = program.person(Role::Lead);
    let versions = program.app.facts_versions(&lead, incident).await.unwrap();
    assert!(versions.iter().all(|version| !version.reason.is_empty() && !version.changed.is_empty()));
    // Decided on a version that has passed: told what was written since.
    let how = How { expected: Some(1), key: None };
    let stale = program.app.state_facts(&lead, incident, counted(50), "late", how).await.unwrap_err();
    assert!(matches!(stale, AppError::Stale { .. }));
}

fn factors(reasoning: &str) -> FactorsGiven {
    let factor = json!({"known": [], "unknown": [], "reasoning": reasoning});
    serde_json::from_value(json!({"factors": {
        "nature_of_phi": factor, "unauthorized_person": factor, "acquired_or_viewed": factor, "mitigation": factor,
    }}))
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_low_probability_moves_the_clock_and_nobody_but_the_attorney_signs_it() {
    let (program, _, incident) = opened().await;
    state(&program, incident, Role::Responder, counted(40)).await.unwrap();
    let app = &program.app;
    let by = |role| program.person(role);
    // A responder prepares; the reasoning is not theirs.
    app.prepare_factors(&by(Role::Responder), incident, factors(""), How::default()).await.unwrap();
    let refused =
        app.prepare_factors(&by(Role::Responder), incident, factors("surely fine"), How::default()).await;
    assert!(matches!(refused, Err(AppError::Forbidden(_))));
    let recommend =
        Recommendation { version: 1, probability: Likelihood::Low, because: "complete logs".into() };
    app.recommend(&by(Role::Practice), incident, recommend, How::default()).await.unwrap();
    let sign = |version| Determination { version, probability: Likelihood::Low };
    // Not without all four.
    let refused = app.determine(&by(Role::Attorney), incident, sign(1), How::default()).await;
    assert!(
        matches!(&refused, Err(AppError::Invalid { what, .. }) if what.contains("all four")),
        "{refused:?}"
    );
    app.prepare_factors(&by(Role::Attorney), incident, factors("reasoned"), How::default()).await.unwrap();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Attorney) {
        let refused = app.determine(&by(role), incident, sign(2), How::default()).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))), "{role}");
        let condition = ConditionGiven {
            about: "encryption".into(),
            condition: "key_safe".into(),
            met: Some(true),
            because: "b".into(),
            evidence: vec![],
        };
        let refused = app.state_condition(&by(role), incident, condition, How::default()).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))), "{role}");
    }
    assert!(due(&program, incident, "individual_notice").await.unwrap().1, "a recommendation moves nothing");
    app.determine(&by(Role::Attorney), incident, sign(2), How::default()).await.unwrap();
    assert!(!due(&program, incident, "individual_notice").await.unwrap().1, "a signature does");
    // The texts are the attorney's to read.
    let told = |facts: app::case::FactsView| facts.facts.to_string();
    assert!(told(app.facts(&by(Role::Attorney), incident).await.unwrap()).contains("reasoned"));
    assert!(!told(app.facts(&by(Role::Responder), incident).await.unwrap()).contains("reasoned"));
    // A newer version brings the presumption back, and with it the duties.
    let mut newer = factors("");
    newer.factors.mitigation.unknown.push("who else had the mailbox".into());
    app.prepare_factors(&by(Role::Responder), incident, newer, How::default()).await.unwrap();
    assert!(due(&program, incident, "individual_notice").await.unwrap().1);
    let record = app.factors(&by(Role::Lead), incident).await.unwrap();
    assert!(record.in_force.is_none() && record.determinations.len() == 1 && record.versions.len() == 3);
    assert!(!serde_json::to_string(&record).unwrap().contains(":\"reasoned\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_harbour_holds_once_each_condition_is_stated() {
    let (program, _, incident) = opened().await;
    state(&program, incident, Role::Responder, counted(40)).await.unwrap();
    let attorney = program.person(Role::Attorney);
    for (nth, condition) in ["meets_guidance", "key_safe", "closed_at_the_time"].into_iter().enumerate() {
        assert!(due(&program, incident, "individual_notice").await.unwrap().1, "after {nth} conditions");
        let given = ConditionGiven {
            about: "encryption".into(),
            condition: condition.into(),
            met: Some(true),
            because: "seen in the configuration".into(),
            evidence: vec![],
        };
        program.app.state_condition(&attorney, incident, given, How::default()).await.unwrap();
    }
    assert!(!due(&program, incident, "individual_notice").await.unwrap().1);
    let lead = program.person(Role::Lead);
    let view = program.app.incident(&lead, incident).await.unwrap();
    assert!(
        view.state.case.conditions.iter().all(|stated| stated.because.is_empty()),
        "advice is privileged"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn returned_letters_drive_the_substitute_notice_and_name_nobody() {
    let (program, hand, incident) = opened().await;
    state(&program, incident, Role::Responder, counted(30)).await.unwrap();
    let app = &program.app;
    let responder = program.person(Role::Responder);
    let mut list = "letter,individual,address_1\n".to_owned();
    for letter in 1..=30 {
        list.push_str(&format!("{letter},Zebulon Quill{letter},{letter} Example Street\n"));
    }
    let imported =
        app.import_recipients(&responder, incident, list.into_bytes(), How::default()).await.unwrap();
    assert_eq!(imported.letters, 30);
    hand.set("2026-04-20T15:00:00Z".parse().unwrap());
    let mail = async |step, letters: &str, on: &str, reason| {
        let given = MailGiven { step, letters: letters.into(), on: on.parse().unwrap(), reason, how: None };
        app.record_mail(&responder, incident, given, How::default()).await
    };
    assert!(
        mail(MailStep::Returned, "1", "2026-04-10", Some(MailReturn::Moved)).await.is_err(),
        "it was not sent"
    );
    mail(MailStep::Sent, "all", "2026-04-02", None).await.unwrap();
    let facts = app.facts(&responder, incident).await.unwrap();
    assert_eq!(facts.facts["sent"]["individuals_on"], "2026-04-02");
    assert_eq!(due(&program, incident, "substitute_notice").await, None);
    mail(MailStep::Returned, "1-9", "2026-04-10", Some(MailReturn::Moved)).await.unwrap();
    let notice = async || app.mailing(&responder, incident).await.unwrap().unwrap();
    assert_eq!(notice().await.substitute_notice.as_str(), "fewer_than_10");
    let state = app.load(app::ports::Scope::Provider, incident).await.unwrap();
    assert!(state.obligations.values().any(|each| each.duty.duty == "substitute_notice" && each.computed));
    mail(MailStep::Returned, "10", "2026-04-12", Some(MailReturn::NoSuchAddress)).await.unwrap();
    assert_eq!(notice().await.substitute_notice.as_str(), "ten_or_more");
    // Sent again to a better address, the letter counts as delivered, and keeps the day of its first sending.
    mail(MailStep::Sent, "10", "2026-04-15", None).await.unwrap();
    let stands = notice().await;
    assert_eq!(stands.substitute_notice.as_str(), "fewer_than_10");
    assert_eq!(stands.completed_on.unwrap().to_string(), "2026-04-02");
    let refused = app
        .state_facts(
            &responder,
            incident,
            patch(json!({"individuals": {"undeliverable_addresses": 0}})),
            "r",
            How::default(),
        )
        .await;
    assert!(matches!(refused, Err(AppError::Invalid { .. })), "what is counted is not stated");
    let proof = app.proof_of_notice(&responder, incident).await.unwrap();
    let letters =
        proof.lines.iter().find(|line| line.obligation.recipient == "affected individuals").unwrap();
    assert!(letters.proofs.len() >= 2 && !letters.unproven);
    for seen in app.timeline(&responder, incident).await.unwrap() {
        let text = serde_json::to_string(&seen.entry).unwrap();
        assert!(!text.contains("Zebulon") && !text.contains("Example Street"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_breaches_stand_in_the_log_of_their_year_with_its_filing_date() {
    let (program, _, incident) = opened().await;
    let lead = program.person(Role::Lead);
    assert!(program.app.small_breaches(&lead, None, None).await.unwrap().is_empty());
    state(&program, incident, Role::Responder, counted(480)).await.unwrap();
    let logs = program.app.small_breaches(&lead, Some(program.practice), Some(2026)).await.unwrap();
    assert_eq!(logs[0].next_filing.unwrap().to_string(), "2027-03-01");
    assert_eq!((logs[0].unfiled, logs[0].years[0].breaches[0].people), (1, 480));
    let csv = app::case::csv(&logs);
    assert!(csv.contains(",2026,2027-03-01,") && csv.contains(",2026-03-10,480,"), "{csv}");
    state(&program, incident, Role::Responder, counted(500)).await.unwrap();
    let logs = program.app.small_breaches(&lead, None, None).await.unwrap();
    assert!(logs[0].years.is_empty(), "500 are no small breach");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attorneys_answer_is_a_date_and_a_repeated_request_is_taken_once() {
    let (program, _, incident) = opened().await;
    let lead = program.person(Role::Lead);
    let how = || How { expected: None, key: Some("count-1".to_owned()) };
    let first = program.app.state_facts(&lead, incident, counted(40), "counted", how()).await.unwrap();
    let again = program.app.state_facts(&lead, incident, counted(40), "counted", how()).await.unwrap();
    assert!(again.repeated && again.entries.len() == first.entries.len());
    let decide = Request::DecideBreach {
        answer: BreachAnswer::Breach,
        reasons: vec!["PHI was taken".to_owned()],
        document: None,
        privileged: true,
    };
    program.app.command(&program.person(Role::Attorney), incident, decide, How::default()).await.unwrap();
    let facts = program.app.facts(&lead, incident).await.unwrap();
    assert_eq!(facts.facts["knowledge"]["determined_on"], "2026-03-20");
    assert!(facts.drawn.iter().any(|source| source.pointer == "/knowledge/determined_on"));
    // Duties that follow from facts are not set by hand.
    let by_hand = Request::SetObligations {
        duties: vec![],
        law_tables_as_of: "2026-01-01".parse().unwrap(),
        facts: None,
        grounds: vec![],
    };
    assert!(program.app.command(&lead, incident, by_hand, How::default()).await.is_err());
}
