//! How a sender proves over HTTP that it is who it says. Most vendors' outgoing webhooks carry a header of the
//! customer's choice, so a bearer token; where the vendor signs, its own scheme is checked. Comparisons take the same
//! time whatever is wrong, and a signed time bounds replay.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// How old or early a signed time may be, in seconds, either way.
pub const REPLAY_WINDOW: i64 = 300;

/// A way to authenticate a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// `Authorization: Bearer SECRET` (RFC 6750).
    Bearer,
    /// The secret itself in a header that the vendor lets the customer choose the content of, after the sender has
    /// asked once, by GET, whether the address is ours (Okta event hooks).
    Hook {
        /// The header of the secret.
        header: &'static str,
        /// The header whose value the one-time question wants back.
        challenge: &'static str,
    },
    /// HMAC-SHA256 over the body alone, in a header.
    Signature {
        /// The header.
        header: &'static str,
        /// What stands before the signature.
        prefix: &'static str,
        /// How the signature is written.
        encoding: Encoding,
    },
    /// The scheme of <https://www.standardwebhooks.com>: `webhook-id`, `webhook-timestamp` and `webhook-signature` (or
    /// the same with `svix-`), HMAC-SHA256 over `id.timestamp.body`, base64, secret `whsec_…`.
    StandardWebhooks,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal digits.
    Hex,
    /// Base64 (RFC 4648, section 4).
    Base64,
}

/// Why a request was not believed. The sender is told no more than that it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthFailure {
    /// The header is not there.
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// The header is there and cannot be read.
    #[error("the header {0} cannot be read")]
    Malformed(&'static str),
    /// The secret or signature is another.
    #[error("the secret or the signature is wrong")]
    Wrong,
    /// The signed time is more than [`REPLAY_WINDOW`] from now.
    #[error("the signed time is too far from now")]
    Stale,
    /// There is no secret for this source, so nobody can be believed.
    #[error("no secret is set for this source")]
    NoSecret,
}

impl Authentication {
    /// In words, for `tourniquet intake --sources`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Bearer => "bearer token".into(),
            Self::Hook { header, .. } => format!("secret in the header {header}"),
            Self::Signature { header, .. } => format!("HMAC-SHA256 in the header {header}"),
            Self::StandardWebhooks => "Standard Webhooks signature (webhook-signature)".into(),
        }
    }

    /// The header of the one-time question, where the vendor asks one.
    #[must_use]
    pub const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Hook { challenge, .. } => Some(challenge),
            _ => None,
        }
    }

    /// Whether the request is believed. `header` looks a header up by its name, in any case.
    ///
    /// # Errors
    /// [`AuthFailure`] where it is not.
    pub fn verify<'h>(
        &self,
        header: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
        secret: &str,
        now: Timestamp,
    ) -> Result<(), AuthFailure> {
        if secret.is_empty() {
            return Err(AuthFailure::NoSecret);
        }
        match *self {
            Self::Bearer => {
                let given = header("authorization").ok_or(AuthFailure::Missing("Authorization"))?;
                let (scheme, token) = given.split_once(' ').ok_or(AuthFailure::Malformed("Authorization"))?;
                if !scheme.eq_ignore_ascii_case("bearer") {
                    return Err(AuthFailure::Malformed("Authorization"));
                }
                same(token.trim().as_bytes(), secret.as_bytes())
            }
            Self::Hook { header: name, .. } => {
                let given = header(name).ok_or(AuthFailure::Missing(name))?;
                same(given.as_bytes(), secret.as_bytes())
            }
            Self::Signature { header: name, prefix, encoding } => {
                let given = header(name).ok_or(AuthFailure::Missing(name))?;
                let given = given.trim().strip_prefix(prefix).ok_or(AuthFailure::Malformed(name))?;
                let given = encoding.decode(given).ok_or(AuthFailure::Malformed(name))?;
                same(&given, &mac(secret.as_bytes(), &[body]).ok_or(AuthFailure::NoSecret)?)
            }
            Self::StandardWebhooks => standard(&header, body, secret, now),
        }
    }
}

fn standard<'h>(
    header: &impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
    secret: &str,
    now: Timestamp,
) -> Result<(), AuthFailure> {
    let id = header("webhook-id").or_else(|| header("svix-id")).ok_or(AuthFailure::Missing("webhook-id"))?;
    let time = header("webhook-timestamp")
        .or_else(|| header("svix-timestamp"))
        .ok_or(AuthFailure::Missing("webhook-timestamp"))?;
    let signatures = header("webhook-signature")
        .or_else(|| header("svix-signature"))
        .ok_or(AuthFailure::Missing("webhook-signature"))?;
    let seconds: i64 = time.parse().map_err(|_| AuthFailure::Malformed("webhook-timestamp"))?;
    if now.as_second().saturating_sub(seconds).saturating_abs() > REPLAY_WINDOW {
        return Err(AuthFailure::Stale);
    }
    let key = match secret.strip_prefix("whsec_") {
        Some(encoded) => BASE64_STANDARD.decode(encoded).map_err(|_| AuthFailure::NoSecret)?,
        None => secret.as_bytes().to_vec(),
    };
    let expected =
        mac(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]).ok_or(AuthFailure::NoSecret)?;
    // Several signatures may be given while a secret is being exchanged; one that holds is enough.
    let holds = signatures.split(' ').filter_map(|part| part.strip_prefix("v1,")).any(|signature| {
        BASE64_STANDARD.decode(signature).is_ok_and(|given| same(&given, &expected).is_ok())
    });
    if holds { Ok(()) } else { Err(AuthFailure::Wrong) }
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Base64 => BASE64_STANDARD.decode(text).ok(),
            Self::Hex => text
                .as_bytes()
                .chunks(2)
                .map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2))
                .map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()))
                .collect(),
        }
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac.finalize().into_bytes().into())
}

/// Compares digests of both, so that not even the length of the secret shows.
fn same(given: &[u8], expected: &[u8]) -> Result<(), AuthFailure> {
    let equal = Sha256::digest(given).as_slice().ct_eq(Sha256::digest(expected).as_slice());
    if bool::from(equal) { Ok(()) } else { Err(AuthFailure::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_wrong_or_missing_token_is_refused() {
        let check = |given: Option<&'static str>| {
            Authentication::Bearer.verify(
                |name| given.filter(|_| name == "authorization"),
                b"{}",
                "s3cret",
                at(0),
            )
        };
        assert_eq!(check(Some("Bearer s3cret")), Ok(()));
        assert_eq!(check(Some("bearer s3cret")), Ok(()));
        assert_eq!(check(Some("Bearer other")), Err(AuthFailure::Wrong));
        assert_eq!(check(Some("Basic s3cret")), Err(AuthFailure::Malformed("Authorization")));
        assert_eq!(check(None), Err(AuthFailure::Missing("Authorization")));
        assert_eq!(
            Authentication::Bearer.verify(|_| Some("Bearer "), b"", "", at(0)),
            Err(AuthFailure::NoSecret)
        );
    }

    /// RFC 4231, test case 2.
    #[test]
    fn a_signature_is_the_rfcs() {
        let scheme =
            Authentication::Signature { header: "X-Sig", prefix: "sha256=", encoding: Encoding::Hex };
        let good = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let body = b"what do ya want for nothing?";
        assert_eq!(scheme.verify(|_| Some(good), body, "Jefe", at(0)), Ok(()));
        assert_eq!(scheme.verify(|_| Some(good), b"other", "Jefe", at(0)), Err(AuthFailure::Wrong));
        assert_eq!(
            scheme.verify(|_| Some("sha256=zz"), body, "Jefe", at(0)),
            Err(AuthFailure::Malformed("X-Sig"))
        );
    }

    /// The worked example of the Standard Webhooks specification.
    #[test]
    fn a_standard_webhook_is_believed_only_within_the_window() {
        let headers = |name: &str| match name {
            "webhook-id" => Some("msg_p5jXN8AQM9LWM0D4loKWxJek"),
            "webhook-timestamp" => Some("1614265330"),
            "webhook-signature" => Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            _ => None,
        };
        let check = |body: &[u8], now| {
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
            Authentication::StandardWebhooks.verify(headers, body, secret, at(now))
        };
        assert_eq!(check(br#"{"test": 2432232314}"#, 1_614_265_330), Ok(()));
        assert_eq!(check(br#"{"test": 2432232315}"#, 1_614_265_330), Err(AuthFailure::Wrong));
        assert_eq!(check(br#"{"test": 2432232314}"#, 1_614_265_930), Err(AuthFailure::Stale));
    }
}
