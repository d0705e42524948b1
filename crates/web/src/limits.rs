//! What a stranger may cost us: sizes, times, failed attempts. And the headers that tell a browser what our answers
//! may do: nothing, unless a page says otherwise.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{error::Problem, state::Web};

/// The largest JSON body, in bytes.
pub(crate) const JSON_BODY: usize = 16 << 20;
/// The largest delivery of alerts, in bytes.
pub(crate) const INTAKE_BODY: usize = 64 << 20;

const PROMPT: Duration = Duration::from_secs(30);
const DELIVERY: Duration = Duration::from_secs(120);

/// Ends a request that takes too long, its body included. A write that was begun is finished all the same: the client
/// learns what became of it by sending the request again with its key.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    within(PROMPT, request, next).await
}

/// The same for deliveries of alerts, which may be large.
pub(crate) async fn delivered_in_time(request: Request, next: Next) -> Response {
    within(DELIVERY, request, next).await
}

async fn within(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::too_slow().into_response(),
    }
}

/// Headers of every answer; a handler's own stay.
pub(crate) async fn headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    const ALWAYS: [(HeaderName, &str); 7] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if web.config.secure {
        // Two years (RFC 6797).
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    response
}

/// Attempts that may fail at once, and how many more a minute.
const BURST: f64 = 20.0;
const PER_MINUTE: f64 = 10.0;
/// Addresses remembered at once.
const ADDRESSES: usize = 4_096;

/// Failed attempts by address: a bucket of tokens each, in bounded memory.
#[derive(Default)]
pub(crate) struct Failures(Mutex<HashMap<IpAddr, Bucket>>);

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn now(self, now: Instant) -> Self {
        let minutes = now.saturating_duration_since(self.at).as_secs_f64() / 60.0;
        Self { left: minutes.mul_add(PER_MINUTE, self.left).min(BURST), at: now }
    }
}

/// An IPv6 subscriber has a /64 at least, so that single addresses of it count for nothing.
fn block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

impl Failures {
    /// Counts a failed attempt. Where there were too many: seconds to wait.
    pub(crate) fn count(&self, address: Option<IpAddr>) -> Result<(), u32> {
        address.map_or(Ok(()), |address| self.take(address, Instant::now()))
    }

    /// Whether an address has used its attempts up; seconds to wait where it has.
    pub(crate) fn allowed(&self, address: Option<IpAddr>) -> Result<(), u32> {
        let Some(address) = address else { return Ok(()) };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&block(address)).copied();
        match known.map(|bucket| bucket.now(Instant::now())) {
            Some(bucket) if bucket.left < 1.0 => Err(wait(bucket.left)),
            _ => Ok(()),
        }
    }

    fn take(&self, address: IpAddr, now: Instant) -> Result<(), u32> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = block(address);
        if known.len() >= ADDRESSES && !known.contains_key(&address) {
            known.retain(|_, bucket| bucket.now(now).left < BURST);
            if known.len() >= ADDRESSES {
                // Thousands of addresses fail at once. Forgetting them all costs less than growing.
                known.clear();
            }
        }
        let bucket = known.entry(address).or_insert(Bucket { left: BURST, at: now });
        *bucket = bucket.now(now);
        if bucket.left < 1.0 {
            return Err(wait(bucket.left));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

fn wait(left: f64) -> u32 {
    // Between 0 and 6 seconds: the bucket holds less than one.
    ((1.0 - left) * 60.0 / PER_MINUTE).ceil().clamp(1.0, 60.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_from_one_address_is_slowed_and_others_are_not() {
        let (failures, start) = (Failures::default(), Instant::now());
        let (guesser, other) = ("203.0.113.7".parse().unwrap(), "203.0.113.8".parse().unwrap());
        assert_eq!((0..100).filter(|_| failures.take(guesser, start).is_ok()).count(), 20);
        assert!(failures.take(other, start).is_ok());
        assert!(failures.take(guesser, start).unwrap_err() >= 1);
        assert!(failures.take(guesser, start + Duration::from_secs(7)).is_ok());
    }

    #[test]
    fn a_whole_ipv6_network_guesses_as_one() {
        let (failures, start) = (Failures::default(), Instant::now());
        let passed = (0..100_u32)
            .filter(|n| failures.take(format!("2001:db8::{n:x}").parse().unwrap(), start).is_ok())
            .count();
        assert_eq!(passed, 20);
    }

    #[test]
    fn a_million_addresses_do_not_fill_the_memory() {
        let (failures, start) = (Failures::default(), Instant::now());
        for n in 0..20_000_u32 {
            let _ = failures.take(IpAddr::V4(n.into()), start);
        }
        assert!(failures.0.lock().unwrap().len() <= ADDRESSES);
    }
}
