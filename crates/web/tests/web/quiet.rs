//! What is said about requests: enough to find one, nothing that should not be read in a log.

use std::{
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use kernel::Role;
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{
    ground::{Call, Ground, alert},
    session,
};

static LOG: Mutex<String> = Mutex::new(String::new());

struct Capture;

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Line(&mut LOG.lock().unwrap_or_else(PoisonError::into_inner)));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(&mut LOG.lock().unwrap_or_else(PoisonError::into_inner)));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        event.record(&mut Line(&mut log));
        log.push('\n');
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn no_token_and_no_patient_reaches_the_log() {
    // Other tests of this program may log meanwhile: what must not be there is this test's own.
    tracing::subscriber::set_global_default(Capture).unwrap();
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let patient = "Zebulon Quackenbush";
    let mut reported = alert("quiet");
    reported["title"] = json!(format!("mail about {patient} was forwarded"));
    let service = ground.of(Role::Service).to_owned();
    ground.send(Call::post("/api/v1/intake/generic", &reported).by(&service)).await;
    ground.note(&incident, Role::Responder, patient, false).await;
    ground
        .send(
            Call::get(format!("/api/v1/alerts?text={}", patient.replace(' ', "+")))
                .by(ground.of(Role::Responder)),
        )
        .await;
    ground
        .send(
            Call::post("/api/v1/staff-reports", &json!({"what": patient, "who": 7}))
                .by(ground.of(Role::Staff)),
        )
        .await;
    ground
        .send(Call::get(format!("/api/v1/{}", patient.replace(' ', "-"))).by("tq_guessed_0123456789"))
        .await;
    let cookie = session::sign_in(&ground, Role::Lead).await;
    ground.send(Call::get("/signin/tq_used_0123456789")).await;

    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let line =
        log.lines().find(|line| line.contains("/api/v1/intake/{source}")).expect("requests are logged");
    for part in ["method=\"POST\"", "status=202", "request=", "ms="] {
        assert!(line.contains(part), "{line}");
    }
    let secrets = [
        service.as_str(),
        ground.of(Role::Responder),
        cookie.split_once('=').unwrap().1,
        "tq_guessed",
        "tq_used",
        "Zebulon",
        "Quackenbush",
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}

#[tokio::test]
async fn counts_are_there_for_prometheus_and_not_for_strangers() {
    let ground = Ground::new().await;
    ground.incident().await;
    ground.alert("counted").await;
    ground.send(Call::post("/api/v1/intake/generic", &alert("counted")).by(ground.of(Role::Service))).await;
    ground.send(Call::get("/metrics")).await.is_problem(401, "unauthenticated");
    ground.send(Call::get("/metrics").by(ground.of(Role::Lead))).await.is_problem(403, "forbidden");
    let text = ground.send(Call::get("/metrics").by(&ground.provider)).await.text();
    for line in [
        "tourniquet_alerts_total{source=\"generic\",outcome=\"taken\"} 1",
        "tourniquet_alerts_total{source=\"generic\",outcome=\"duplicate\"} 1",
        "tourniquet_open_incidents 1",
        "tourniquet_http_requests_total{method=\"POST\",route=\"/api/v1/intake/{source}\",status=\"202\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ground.send(Call::get(path)).await.status, 200);
    }
}
