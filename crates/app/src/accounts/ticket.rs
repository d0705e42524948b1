//! Tickets: what a sign-in that takes two requests remembers between them. A ticket is sealed with the program's own key
//! and travels with the browser, so that nothing is kept for strangers and any of several servers can take the second
//! step. It says what it is for and until when; that it counts once is the record's business (an idempotency key).

use kernel::{Digest, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{App, AppError};

/// The longest ticket that is read: far beyond any that is made.
const LONGEST: usize = 16 << 10;

#[derive(Serialize, Deserialize)]
struct Ticket<T> {
    purpose: String,
    until: Timestamp,
    holds: T,
}

/// A ticket that was opened.
pub(crate) struct Opened<T> {
    /// What it holds.
    pub(crate) holds: T,
    /// What it is known by, for it to count once.
    pub(crate) digest: Digest,
}

impl App {
    /// Seals a ticket that is good for some minutes.
    pub(crate) fn ticket<T: Serialize>(
        &self,
        purpose: &str,
        minutes: i64,
        holds: T,
    ) -> Result<String, AppError> {
        let now = self.edge().now();
        let until = now.checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap_or(now);
        let ticket = Ticket { purpose: purpose.to_owned(), until, holds };
        let bytes = serde_json::to_vec(&ticket).map_err(AppError::json("a ticket cannot be written"))?;
        let digest = Digest::of(&bytes);
        let sealed = self.store().seal(&digest, &bytes, self.edge().random())?;
        Ok(hex(&[digest.as_bytes().as_slice(), &sealed].concat()))
    }

    /// Opens one; `None` where it is not one of ours, for something else, or past its time.
    pub(crate) fn open_ticket<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<Opened<T>> {
        let bytes = unhex(text)?;
        let (digest, sealed) = bytes.split_first_chunk::<32>()?;
        let digest = Digest::from_bytes(*digest);
        let plain = self.store().unseal(&digest, sealed).ok()?;
        let ticket: Ticket<T> = serde_json::from_slice(&plain).ok()?;
        (ticket.purpose == purpose && ticket.until > self.edge().now())
            .then_some(Opened { holds: ticket.holds, digest })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|value| u8::try_from(value).ok());
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match *pair {
            [high, low] => Some((digit(high)? << 4) | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_survives_its_way_through_a_form() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)).unwrap(), bytes);
        for bad in ["0", "zz", "é1", &"0".repeat(LONGEST + 2)] {
            assert!(unhex(bad).is_none());
        }
    }
}
