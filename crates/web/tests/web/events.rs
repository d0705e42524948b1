//! The journal's tail: everything once, in order, from where one was cut off; to whom it belongs; while it may be read.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use kernel::Role;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::ground::{Call, Ground};

struct Following {
    body: Body,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    id: u64,
    event: String,
    data: String,
}

impl Following {
    async fn begin(ground: &Ground, call: Call) -> Self {
        let response = ground.router.clone().oneshot(call.request()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next event; `None` where the stream ends or says nothing for a second.
    async fn next(&mut self) -> Option<Seen> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                        .map(str::to_owned)
                };
                let seen = field("id").map(|id| Seen {
                    id: id.parse().unwrap(),
                    event: field("event").unwrap(),
                    data: field("data").unwrap(),
                });
                self.text = rest.to_owned();
                if seen.is_some() {
                    return seen;
                }
            }
            let frame = timeout(Duration::from_secs(1), self.body.frame()).await.ok()??.unwrap();
            self.text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    }

    async fn all(&mut self) -> Vec<Seen> {
        let mut all = Vec::new();
        while let Some(seen) = self.next().await {
            all.push(seen);
        }
        all
    }
}

#[tokio::test]
async fn a_follower_that_was_cut_off_goes_on_where_it_was() {
    let ground = Ground::new().await;
    let follow = |token: &str| Call::get("/api/v1/events").by(token);
    let mut live = Following::begin(&ground, follow(ground.of(Role::Responder))).await;
    let incident = ground.incident().await;
    ground.alert("followed").await;
    let seen = live.all().await;
    let events: Vec<&str> = seen.iter().map(|seen| seen.event.as_str()).collect();
    assert!(events.contains(&"declared"), "{events:?}");
    assert!(events.contains(&"alert_received"), "{events:?}");
    assert!(seen.windows(2).all(|pair| pair[0].id < pair[1].id));
    drop(live);

    ground.note(&incident, Role::Lead, "meanwhile", false).await;
    let cut = seen[1].id;
    let again = follow(ground.of(Role::Responder)).with("last-event-id", cut.to_string());
    let rest = Following::begin(&ground, again).await.all().await;
    assert_eq!(rest[..seen.len() - 2], seen[2..]);
    assert_eq!(rest.last().unwrap().event, "note_written");

    let everything =
        Following::begin(&ground, Call::get("/api/v1/events?from=0").by(ground.of(Role::Auditor)))
            .await
            .all()
            .await;
    assert!(everything.len() > rest.len() && everything.ends_with(&rest));
    let wrong = follow(ground.of(Role::Responder)).with("last-event-id", "x");
    ground.send(wrong).await.is_problem(400, "malformed");
}

#[tokio::test]
async fn another_practices_follower_sees_nothing_and_privilege_holds_in_the_stream() {
    let ground = Ground::new().await;
    let mut foreign =
        Following::begin(&ground, Call::get("/api/v1/events").by(ground.elsewhere(Role::Lead))).await;
    let mut lead = Following::begin(&ground, Call::get("/api/v1/events").by(ground.of(Role::Lead))).await;
    let incident = ground.incident().await;
    let note = ground.note(&incident, Role::Attorney, "privileged", true).await;
    let seen = lead.all().await;
    assert_eq!(seen.last().unwrap().event, "note_written");
    assert!(seen.iter().all(|seen| !seen.data.contains(&note)));
    assert_eq!(foreign.all().await, []);
}

#[tokio::test]
async fn the_end_of_the_program_ends_every_stream() {
    let ground = Ground::new().await;
    let closing = tokio_util::sync::CancellationToken::new();
    let config = web::Config { closing: closing.clone(), ..web::Config::default() };
    let router = web::router(ground.program.app.clone(), config);
    let response =
        router.oneshot(Call::get("/api/v1/events").by(ground.of(Role::Lead)).request()).await.unwrap();
    let mut body = response.into_body();
    // The greeting.
    timeout(Duration::from_secs(2), body.frame()).await.unwrap().unwrap().unwrap();
    closing.cancel();
    let end = timeout(Duration::from_secs(2), async { while body.frame().await.is_some() {} }).await;
    assert!(end.is_ok(), "the stream holds the shutdown up");
}
