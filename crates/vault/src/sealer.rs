//! Seals small payloads that live in a database column (raw alerts, the text of notes): XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha-03) with the vault's payload key. Its nonce of 192 bits may be drawn at random for every payload.
//! The digest of the content is bound as associated data, so that a row's bytes cannot stand in another row.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use kernel::Digest;

const FORMAT: u8 = 1;
const NONCE: usize = 24;

/// Seals and opens small payloads. Cheap to clone; one payload of 2 kB takes a few microseconds.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
}

/// A sealed payload that does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are not what was sealed for this digest with this vault's key.
    #[error("the sealed payload {digest} was changed, or belongs elsewhere")]
    Changed {
        /// The digest it was looked up by.
        digest: Digest,
    },
    /// The content does not have the digest that was given for it.
    #[error("the content has the digest {found}, not {expected}")]
    WrongDigest {
        /// What was asked for.
        expected: Digest,
        /// What the content has.
        found: Digest,
    },
    /// Sealed by a newer version of the program.
    #[error("the payload's format {0} is newer than this program")]
    Newer(u8),
}

impl Sealer {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&(*key).into()) }
    }

    /// The sealed bytes: a format byte, the nonce, the ciphertext with its tag; 41 bytes longer than `content`.
    /// `nonce` must be 24 fresh random bytes: the same nonce for two contents gives both away.
    ///
    /// # Errors
    /// [`SealError::WrongDigest`] where `digest` is not the content's: what could not be opened is not sealed.
    pub fn seal(&self, digest: &Digest, content: &[u8], nonce: [u8; NONCE]) -> Result<Vec<u8>, SealError> {
        let found = Digest::of(content);
        if found != *digest {
            return Err(SealError::WrongDigest { expected: *digest, found });
        }
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: content, aad: digest.as_bytes() })
            .map_err(|_| SealError::Changed { digest: *digest })?;
        let mut row = Vec::with_capacity(1 + NONCE + sealed.len());
        row.push(FORMAT);
        row.extend_from_slice(&nonce);
        row.extend_from_slice(&sealed);
        Ok(row)
    }

    /// The content of a sealed payload, checked against its tag and its digest.
    ///
    /// # Errors
    /// [`SealError`] where a byte of it was changed, it was sealed for another digest, or by another vault.
    pub fn open(&self, digest: &Digest, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let changed = || SealError::Changed { digest: *digest };
        match sealed.split_first() {
            Some((&FORMAT, rest)) => {
                let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(changed)?;
                let payload = Payload { msg: sealed, aad: digest.as_bytes() };
                let content = self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| changed())?;
                let found = Digest::of(&content);
                if found == *digest {
                    Ok(content)
                } else {
                    Err(SealError::WrongDigest { expected: *digest, found })
                }
            }
            Some((&newer, _)) => Err(SealError::Newer(newer)),
            None => Err(changed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_raw_alert_comes_back_as_it_was(content in proptest::collection::vec(any::<u8>(), 0..4096), nonce: [u8; 24]) {
            let sealer = Sealer::new(&[3; 32]);
            let digest = Digest::of(&content);
            let sealed = sealer.seal(&digest, &content, nonce).unwrap();
            prop_assert_eq!(sealed.len(), content.len() + 41);
            prop_assert_eq!(sealer.open(&digest, &sealed).unwrap(), content);
        }
    }

    #[test]
    fn a_changed_or_moved_row_is_not_served() {
        let sealer = Sealer::new(&[3; 32]);
        let content = b"a note on a made-up patient";
        let digest = Digest::of(content);
        let sealed = sealer.seal(&digest, content, [9; 24]).unwrap();
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut row = sealed.clone();
                row[at] ^= 1 << bit;
                assert!(sealer.open(&digest, &row).is_err(), "byte {at} bit {bit}");
            }
        }
        for length in 0..sealed.len() {
            assert!(sealer.open(&digest, &sealed[..length]).is_err(), "cut to {length}");
        }
        assert!(sealer.open(&Digest::of(b"another row"), &sealed).is_err());
        assert!(Sealer::new(&[4; 32]).open(&digest, &sealed).is_err());
        assert!(sealer.seal(&Digest::of(b"another row"), content, [9; 24]).is_err());
    }
}
