//! The vault's two secrets: the age identity that objects are sealed for, and the key of the [`Sealer`](crate::Sealer).
//! They are files of mode 0600 beside the objects. Whoever protects the disk against theft should keep the data
//! directory on an encrypted volume, or hold the keys elsewhere and restore them with [`Keys::from_text`].

use std::{fmt, str::FromStr as _};

use age::secrecy::ExposeSecret as _;
use bech32::{Bech32, Hrp};

/// Fills a slice with random bits; only the edge has one.
pub type Entropy<'a> = &'a mut dyn FnMut(&mut [u8]);

/// The secrets of a vault. `Debug` shows the public half alone.
#[derive(Clone)]
pub struct Keys {
    pub(crate) identity: age::x25519::Identity,
    pub(crate) payload: [u8; 32],
}

/// A text that holds no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadKey(pub(crate) &'static str);

impl Keys {
    /// New keys from 64 bytes of `entropy`.
    ///
    /// # Errors
    /// [`BadKey`] never in practice: any 32 bytes make an X25519 key (RFC 7748 section 5).
    pub fn generate(entropy: Entropy<'_>) -> Result<Self, BadKey> {
        let mut secret = [0; 32];
        entropy(&mut secret);
        let mut payload = [0; 32];
        entropy(&mut payload);
        let part = Hrp::parse("age-secret-key-").map_err(|_| BadKey("not an age identity"))?;
        let text =
            bech32::encode_upper::<Bech32>(part, &secret).map_err(|_| BadKey("not an age identity"))?;
        Ok(Self { identity: parse_identity(&text)?, payload })
    }

    /// The recipient that objects are sealed for: `age1…`, not a secret.
    #[must_use]
    pub fn recipient(&self) -> String {
        self.identity.to_public().to_string()
    }

    /// Both secrets as text, for a backup: an age identity file that `age -d -i` takes, with one more comment line.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}# payload key: {}", self.identity_file(), self.payload_file())
    }

    /// Reads what [`Keys::to_text`] wrote.
    ///
    /// # Errors
    /// [`BadKey`] where one of the two is missing or damaged.
    pub fn from_text(text: &str) -> Result<Self, BadKey> {
        let payload = text
            .lines()
            .find_map(|line| line.strip_prefix("# payload key: "))
            .ok_or(BadKey("the payload key is missing"))?;
        Self::from_files(text, payload)
    }

    pub(crate) fn from_files(identity: &str, payload: &str) -> Result<Self, BadKey> {
        let line = identity
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .ok_or(BadKey("the file holds no age identity"))?;
        let payload: kernel::Digest =
            payload.trim().parse().map_err(|_| BadKey("expected 64 hexadecimal digits"))?;
        Ok(Self { identity: parse_identity(line)?, payload: *payload.as_bytes() })
    }

    pub(crate) fn identity_file(&self) -> String {
        let secret = self.identity.to_string();
        format!("# public key: {}\n{}\n", self.recipient(), secret.expose_secret())
    }

    pub(crate) fn payload_file(&self) -> String {
        format!("{}\n", kernel::Digest::from_bytes(self.payload))
    }
}

fn parse_identity(text: &str) -> Result<age::x25519::Identity, BadKey> {
    age::x25519::Identity::from_str(text).map_err(|_| BadKey("not an age identity"))
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("recipient", &self.recipient()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_a_backup_and_never_print() {
        let keys = Keys::generate(&mut |slice| slice.fill(7)).unwrap();
        let back = Keys::from_text(&keys.to_text()).unwrap();
        assert_eq!(back.recipient(), keys.recipient());
        assert_eq!(back.payload, keys.payload);
        let shown = format!("{keys:?}");
        assert!(!shown.contains("SECRET") && !shown.contains("0707"), "{shown}");
        assert!(Keys::from_text("").is_err());
        assert!(Keys::from_text(&keys.identity_file()).is_err());
    }
}
