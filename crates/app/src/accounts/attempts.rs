//! Attempts to sign in: few enough that a password cannot be guessed, without a way to lock the practice out. Strange
//! addresses share one allowance an account; an address, or a browser, in which the account was signed in before has its
//! own, so that somebody who guesses from elsewhere cannot keep the owner out. The browser counts as well as the address,
//! as behind a proxy everybody has the same address. Kept in memory: a restart forgives.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use kernel::{Digest, Timestamp};

/// Attempts that may fail at once.
const BURST: f64 = 10.0;
/// And how many more an hour (NIST SP 800-63B asks for at most 100 in a row).
const PER_HOUR: f64 = 30.0;
/// Accounts remembered at once, and known places of each.
const ACCOUNTS: usize = 8_192;
const PLACES: usize = 32;

/// Whence an attempt comes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Whence {
    /// The address, where there is a connection.
    pub(crate) address: Option<IpAddr>,
    /// The browser, where it shows that this account was signed in there before.
    pub(crate) browser: Option<Digest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Address(IpAddr),
    Browser(Digest),
}

impl Whence {
    fn places(self) -> impl Iterator<Item = Place> {
        let browser = self.browser.map(Place::Browser);
        browser.into_iter().chain(self.address.map(|address| Place::Address(block(address))))
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<Digest, Tally>>);

#[derive(Default)]
struct Tally {
    strange: Option<Bucket>,
    known: HashMap<Place, Bucket>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Bucket {
    fn full(at: Timestamp) -> Self {
        Self { left: BURST, at }
    }

    fn refill(&mut self, now: Timestamp) {
        let hours = now.duration_since(self.at).as_secs_f64().max(0.0) / 3600.0;
        self.left = hours.mul_add(PER_HOUR, self.left).min(BURST);
        self.at = now;
    }
}

/// An IPv6 subscriber has a /64 at least.
fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Attempts {
    /// Counts an attempt. Where there were too many: seconds to wait.
    pub(super) fn take(&self, account: Digest, from: Whence, now: Timestamp) -> Result<(), u32> {
        self.with(account, from, |bucket| {
            let bucket = bucket.get_or_insert_with(|| Bucket::full(now));
            bucket.refill(now);
            if bucket.left < 1.0 {
                let seconds = ((1.0 - bucket.left) / PER_HOUR * 3600.0).ceil();
                return Err(seconds as u32);
            }
            bucket.left -= 1.0;
            Ok(())
        })
    }

    /// An attempt that was none: the password was right.
    pub(super) fn give_back(&self, account: Digest, from: Whence) {
        self.with(account, from, |bucket| {
            if let Some(bucket) = bucket {
                bucket.left = (bucket.left + 1.0).min(BURST);
            }
        });
    }

    /// The address is known from now on.
    pub(super) fn succeeded(&self, account: Digest, from: Whence, now: Timestamp) {
        self.give_back(account, from);
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(account).or_default();
        for place in from.places() {
            if tally.known.len() >= PLACES && !tally.known.contains_key(&place) {
                let oldest = tally.known.iter().min_by_key(|(_, bucket)| bucket.at).map(|(place, _)| *place);
                if let Some(oldest) = oldest {
                    tally.known.remove(&oldest);
                }
            }
            tally.known.insert(place, Bucket::full(now));
        }
    }

    fn with<T>(&self, account: Digest, from: Whence, work: impl FnOnce(&mut Option<Bucket>) -> T) -> T {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tallies.len() >= ACCOUNTS && !tallies.contains_key(&account) {
            // Thousands of made-up names: those that were never signed in with are forgotten first.
            tallies.retain(|_, tally| !tally.known.is_empty());
            if tallies.len() >= ACCOUNTS {
                tallies.clear();
            }
        }
        let tally = tallies.entry(account).or_default();
        // A browser that shows a seal of ours is known even where its allowance is not remembered any more.
        let place = from.browser.map(Place::Browser);
        let place = place.or_else(|| from.places().find(|place| tally.known.contains_key(place)));
        match place {
            Some(place) => {
                let mut bucket = tally.known.get(&place).copied();
                let outcome = work(&mut bucket);
                if let Some(bucket) = bucket {
                    tally.known.insert(place, bucket);
                }
                outcome
            }
            None => work(&mut tally.strange),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Whence {
        Whence { address: address.parse().ok(), browser: None }
    }

    #[test]
    fn a_stranger_who_guesses_is_stopped_and_the_owner_at_their_desk_is_not() {
        let (attempts, account) = (Attempts::default(), Digest::of(b"a"));
        let now: Timestamp = "2026-01-26T13:00:00Z".parse().unwrap();
        let desk = at("192.0.2.1");
        attempts.succeeded(account, desk, now);
        let strange = |n: u32| Whence { address: Some(IpAddr::from(n.to_be_bytes())), browser: None };
        let guesses = (0..1_000u32).filter(|n| attempts.take(account, strange(*n), now).is_ok()).count();
        assert_eq!(guesses, 10, "from however many addresses");
        assert!(attempts.take(account, desk, now).is_ok());
        let later = "2026-01-26T14:00:00Z".parse().unwrap();
        assert!(attempts.take(account, Whence::default(), later).is_ok());
        assert!(attempts.take(Digest::of(b"b"), Whence::default(), now).is_ok(), "nobody else is kept out");
    }

    #[test]
    fn behind_a_proxy_the_owners_own_browser_is_let_in_while_somebody_guesses() {
        let (attempts, account) = (Attempts::default(), Digest::of(b"a"));
        let now: Timestamp = "2026-01-26T13:00:00Z".parse().unwrap();
        let proxy = at("10.0.0.1");
        let owner = Whence { browser: Some(Digest::of(b"browser")), ..proxy };
        attempts.succeeded(account, owner, now);
        assert_eq!((0..1_000).filter(|_| attempts.take(account, proxy, now).is_ok()).count(), 10);
        assert!(attempts.take(account, owner, now).is_ok());
        // After a restart the browser still shows its seal.
        let attempts = Attempts::default();
        while attempts.take(account, proxy, now).is_ok() {}
        assert!(attempts.take(account, owner, now).is_ok());
        assert_eq!((0..1_000).filter(|_| attempts.take(account, owner, now).is_ok()).count(), 9);
    }
}
