//! Signed tree heads, in the public formats that other programs read: a checkpoint (c2sp.org/tlog-checkpoint) inside a
//! signed note (c2sp.org/signed-note), Ed25519 (RFC 8032). The key's name is the log's origin, as the checkpoint
//! format asks.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

use crate::tree::Hash;

/// The signature type of Ed25519 in a signed note's keys.
const ED25519: u8 = 0x01;

/// A name that a key cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot name a key: it must not be empty nor hold spaces, control characters or a plus sign")]
pub struct BadKeyName(pub String);

/// What signs the log. Its secret is wiped from memory when it is dropped, and `Debug` does not print it.
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Signer {
    /// The signer of a name (the log's origin, such as `cedar-hollow.example/tourniquet`) and the 32 bytes of an
    /// Ed25519 seed (RFC 8032 section 5.1.5). The caller wipes its own copy of the seed.
    ///
    /// # Errors
    /// [`BadKeyName`] where the name cannot stand in a signed note.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, BadKeyName> {
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(BadKeyName(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// The key's name: the origin of the log that it signs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The verifier key, as `name+hash+base64` (c2sp.org/signed-note): what a reader pins.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        let hash: String = self.key_hash().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}+{hash}+{}", self.name, BASE64.encode(self.public_key()))
    }

    fn public_key(&self) -> Vec<u8> {
        [&[ED25519], self.key.verifying_key().as_bytes().as_slice()].concat()
    }

    /// The first four bytes of SHA-256(name, newline, type, key).
    fn key_hash(&self) -> [u8; 4] {
        let digest: Hash = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update(b"\n")
            .chain_update(self.public_key())
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        [a, b, c, d]
    }

    /// A signed note of `text`, which must end in a newline.
    pub(crate) fn note(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let line = BASE64.encode([self.key_hash().as_slice(), signature.as_slice()].concat());
        format!("{text}\n\u{2014} {} {line}\n", self.name)
    }

    /// A signed checkpoint: the log `origin`, which is this signer's name, has `size` entries and this root.
    #[must_use]
    pub fn checkpoint(&self, origin: &str, size: u64, root: &Hash) -> String {
        self.note(&format!("{origin}\n{size}\n{}\n", BASE64.encode(root)))
    }
}

/// What a checkpoint says. Reading one proves nothing: [`crate::verify`] checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many entries it had.
    pub size: u64,
    /// The root of its tree then.
    pub root: Hash,
}

/// A text that is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a checkpoint: expected an origin, a size and a root hash, one a line, and a signature below a blank line"
)]
pub struct BadCheckpoint;

impl FromStr for Checkpoint {
    type Err = BadCheckpoint;

    fn from_str(note: &str) -> Result<Self, BadCheckpoint> {
        let (text, _signatures) = note.rsplit_once("\n\n").ok_or(BadCheckpoint)?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(BadCheckpoint);
        let (origin, size, root) = (line()?, line()?, line()?);
        let count: u64 = size.parse().map_err(|_| BadCheckpoint)?;
        if count.to_string() != size {
            return Err(BadCheckpoint);
        }
        let root = BASE64.decode(root).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(BadCheckpoint)?;
        Ok(Self { origin: origin.to_owned(), size: count, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::leaf_hash;

    fn signer() -> Signer {
        Signer::new("cedar-hollow.example/log", &[7; 32]).unwrap()
    }

    #[test]
    fn a_checkpoint_reads_back_as_it_was_written() {
        let root = leaf_hash(b"x");
        let note = signer().checkpoint("cedar-hollow.example/log", 42, &root);
        let read: Checkpoint = note.parse().unwrap();
        assert_eq!(read, Checkpoint { origin: "cedar-hollow.example/log".into(), size: 42, root });
        for bad in ["", "a\n1\n", "a\n01\nAAAA\n\n", "a\n1\nAAAA\n\n\u{2014} a b\n"] {
            assert_eq!(bad.parse::<Checkpoint>(), Err(BadCheckpoint), "{bad:?}");
        }
    }

    #[test]
    fn the_secret_is_neither_printed_nor_left_in_memory() {
        let printed = format!("{:?}", signer());
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&signer().key);
        assert_eq!(printed, "Signer { name: \"cedar-hollow.example/log\", .. }");
    }

    #[test]
    fn names_that_would_break_a_note_are_refused() {
        for bad in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{7}"] {
            assert!(Signer::new(bad, &[0; 32]).is_err(), "{bad:?}");
        }
    }
}
