//! The one place below the faces that reads a clock or draws a random number. Everything else is handed an instant and
//! bits, so that deadlines can be tested and a drill can run a Monday morning in ten minutes on the same engine.

use std::sync::{Arc, Mutex, PoisonError};

use kernel::{Timestamp, time::microseconds};

/// Clock and randomness. Cheap to clone.
#[derive(Clone)]
pub struct Edge(Arc<dyn Source>);

trait Source: Send + Sync {
    fn now(&self) -> Timestamp;
    fn fill(&self, bytes: &mut [u8]);
}

struct Machine;

impl Source for Machine {
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    fn fill(&self, bytes: &mut [u8]) {
        // Without the system's randomness no key can be made and no id is safe; there is nothing to go on with.
        if let Err(error) = getrandom::fill(bytes) {
            tracing::error!(%error, "the system gives no random bytes");
            std::process::abort();
        }
    }
}

struct Simulated {
    state: Mutex<(Timestamp, u64)>,
}

impl Source for Simulated {
    fn now(&self) -> Timestamp {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            // SplitMix64 (Steele, Lea, Flood 2014): repeatable, and never used for a secret.
            state.1 = state.1.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state.1;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (z ^ (z >> 31)) as u8;
        }
    }
}

/// Moves a simulated clock.
#[derive(Clone)]
pub struct Hand(Arc<Simulated>);

impl Hand {
    /// Sets the clock, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).0 = now;
    }
}

/// The machine's randomness, and a clock that started at an instant of one's choice and goes on with real time.
struct Shifted {
    start: Timestamp,
    since: std::time::Instant,
}

impl Source for Shifted {
    fn now(&self) -> Timestamp {
        let elapsed =
            jiff::SignedDuration::try_from(self.since.elapsed()).unwrap_or(jiff::SignedDuration::MAX);
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    fn fill(&self, bytes: &mut [u8]) {
        Machine.fill(bytes);
    }
}

impl Edge {
    /// A clock that shows `start` now and goes on with real time, and the machine's randomness: for the demo.
    #[must_use]
    pub fn shifted(start: Timestamp) -> Self {
        Self(Arc::new(Shifted { start, since: std::time::Instant::now() }))
    }

    /// The machine's clock and randomness.
    #[must_use]
    pub fn machine() -> Self {
        Self(Arc::new(Machine))
    }

    /// A clock that stands still until its hand is moved, and repeatable numbers: for tests and drills.
    #[must_use]
    pub fn simulated(now: Timestamp, seed: u64) -> (Self, Hand) {
        let source = Arc::new(Simulated { state: Mutex::new((now, seed)) });
        (Self(source.clone()), Hand(source))
    }

    /// The instant, to the microsecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        microseconds(self.0.now())
    }

    /// Fills `bytes` with randomness.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    /// Random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A new id: `edge.id(AlertId::new)`.
    pub fn id<T>(&self, make: impl FnOnce(Timestamp, u128) -> T) -> T {
        make(self.now(), u128::from_be_bytes(self.random()))
    }
}
