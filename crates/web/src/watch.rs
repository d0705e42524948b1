//! What is said about requests: one line of log each, and counts for Prometheus. Both name the route's pattern, never
//! the path, the query, a header or a body: ids are harmless there, but a token in a link is not.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::state::Web;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    source: String,
    outcome: &'static str,
}

/// What became of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Recorded.
    Taken,
    /// There already.
    Duplicate,
    /// Not readable, or its sender not believed.
    Refused,
}

/// The counts.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answer, Counter>,
    latency: Family<Route, Histogram>,
    alerts: Family<Taken, Counter>,
    entries: Gauge,
    incidents: Gauge,
    streams: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tourniquet");
        let requests = Family::default();
        // From 1 ms to 16 s.
        let latency: Family<Route, Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 15)));
        let alerts = Family::default();
        let (entries, incidents, streams) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time to the answer's head",
            Unit::Seconds,
            latency.clone(),
        );
        registry.register("alerts", "Alerts that came over HTTP, by what became of them", alerts.clone());
        registry.register("log_entries", "Entries in the log", entries.clone());
        registry.register("open_incidents", "Incidents that are open", incidents.clone());
        registry.register("event_streams", "Event streams that are open", streams.clone());
        Self { registry, requests, latency, alerts, entries, incidents, streams }
    }
}

impl Metrics {
    /// Counts an alert. `source` must be an adapter's name: labels are not for strangers to make.
    pub(crate) fn alert(&self, source: &str, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Taken => "taken",
            Outcome::Duplicate => "duplicate",
            Outcome::Refused => "refused",
        };
        self.alerts.get_or_create(&Taken { source: source.to_owned(), outcome }).inc();
    }

    /// A stream opens; it closes when the returned value is dropped.
    pub(crate) fn stream(&self) -> OpenStream {
        self.streams.inc();
        OpenStream(self.streams.clone())
    }

    /// The text of `/metrics` (OpenMetrics 1.0).
    pub(crate) fn text(&self, log_entries: u64, open_incidents: u64) -> Option<String> {
        self.entries.set(i64::try_from(log_entries).unwrap_or(i64::MAX));
        self.incidents.set(i64::try_from(open_incidents).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).ok()?;
        Some(text)
    }
}

/// See [`Metrics::stream`].
pub(crate) struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// Writes the line and counts. The answer carries the id under which the line can be found.
pub(crate) async fn requests(State(web): State<Web>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = web.app.edge().id(kernel::EntryId::new).to_string();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let mut response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    // Health checks come every few seconds and say nothing while all is well.
    if matches!(route.as_str(), "/healthz" | "/readyz" | "/metrics") && status < 400 {
        tracing::debug!(request = %id, method, route, status, ms = took.as_millis() as u64, "answered");
    } else {
        tracing::info!(request = %id, method, route, status, ms = took.as_millis() as u64, "answered");
    }
    web.metrics.latency.get_or_create(&Route { method, route: route.clone() }).observe(took.as_secs_f64());
    web.metrics.requests.get_or_create(&Answer { method, route, status }).inc();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}
