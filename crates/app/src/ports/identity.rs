//! What proves who somebody is, as the use cases see it: passkeys (Web Authentication, W3C, Level 3) and other people's
//! sign-in pages (OpenID Connect Core 1.0). An adapter knows the protocols; a use case knows the accounts. What has to be
//! remembered between the two steps of either is handed back as bytes, which the use case seals and gives to the browser,
//! so that any of several servers can take the second step.

use async_trait::async_trait;
use kernel::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::Outside;

/// The site that browsers see, as a passkey is bound to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Scheme, host and port, such as `https://ir.example.com`.
    pub origin: String,
    /// The host alone: the relying party's id.
    pub domain: String,
}

impl Site {
    /// The site of an address such as `https://ir.example.com:8443`. None where browsers make no passkeys for it: an
    /// IP address, or a name without TLS that is not `localhost`.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        let address = address.trim_end_matches('/');
        let (scheme, rest) = address.split_once("://")?;
        let host = rest.split_once(':').map_or(rest, |(host, _)| host).to_ascii_lowercase();
        let plain = host.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
        let local = host == "localhost" || host.ends_with(".localhost");
        let named = host.split('.').next_back().is_some_and(|last| !last.bytes().all(|b| b.is_ascii_digit()));
        let good = plain && named && (scheme == "https" || (scheme == "http" && local));
        good.then(|| Self { origin: address.to_ascii_lowercase(), domain: host })
    }
}

/// Whose passkey is to be made.
#[derive(Debug, Clone)]
pub struct Owner {
    /// 32 bytes by which the account is known again. They name nobody.
    pub handle: Digest,
    /// The name they sign in with.
    pub sign_in: String,
    /// Their name.
    pub name: String,
}

/// A passkey as it is kept: its public half, and what changes with each use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The public key and what was agreed on when it was made, in the adapter's own form.
    pub key: Vec<u8>,
    /// The signature counter and its like, in the adapter's own form.
    pub state: Vec<u8>,
    /// How it is reached (USB, NFC, the device itself), in the adapter's own form.
    pub transports: u8,
}

/// What a browser is asked, and what to remember until it answers.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`.
    pub options: serde_json::Value,
    /// What the adapter needs for the second step.
    pub state: Vec<u8>,
}

/// Whose passkey an answer says it is; nothing is proved yet.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The account's handle.
    pub owner: Digest,
    /// The credential's id.
    pub credential: Vec<u8>,
}

/// It was not proved, and why: a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unproven(pub String);

/// Passkeys.
pub trait Passkeys: Send + Sync {
    /// Asks for a new passkey; those that the account has are not made again.
    ///
    /// # Errors
    /// [`Outside`] where the site or the owner's name cannot be put into the protocol's words.
    fn begin(&self, site: &Site, owner: &Owner, known: &[Known]) -> Result<Challenge, Outside>;

    /// The passkey that a browser made.
    ///
    /// # Errors
    /// [`Unproven`].
    fn registered(&self, site: &Site, state: &[u8], answer: &str) -> Result<Known, Unproven>;

    /// Asks whoever sits there to prove themselves with a passkey that knows its owner.
    ///
    /// # Errors
    /// [`Outside`].
    fn ask(&self, site: &Site) -> Result<Challenge, Outside>;

    /// Whose passkey an answer says it is.
    ///
    /// # Errors
    /// [`Unproven`] where it is no answer.
    fn claimed(&self, answer: &str) -> Result<Claimed, Unproven>;

    /// The passkey as it is after it was used.
    ///
    /// # Errors
    /// [`Unproven`].
    fn proved(
        &self,
        site: &Site,
        state: &[u8],
        answer: &str,
        owner: Digest,
        known: &Known,
    ) -> Result<Known, Unproven>;
}

/// A provider of sign-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The word that stands for it in addresses.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// The issuer, exactly as its tokens say it.
    pub issuer: String,
    /// Mail domains whose addresses this provider has verified: an account with such an address is found by it the first
    /// time. Empty: an account must have been linked before.
    pub domains: Vec<String>,
    /// Whether an account's own second factor is asked for as well.
    pub second_factor_here: bool,
}

/// What a round trip to a provider has to bring back. It is sealed and stays with the browser that began it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RoundTrip {
    /// The provider's key.
    pub provider: String,
    /// Comes back with the answer (RFC 6749 section 10.12).
    pub state: String,
    /// Comes back within the signed token (OpenID Connect Core 1.0 section 3.1.2.1).
    pub nonce: String,
    /// Proves to the provider that the code was asked for here (RFC 7636).
    pub verifier: String,
    /// Where the answer was asked to come.
    pub redirect: String,
}

/// Who somebody is, as a provider has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The issuer.
    pub issuer: String,
    /// The issuer's lasting name for them.
    pub subject: String,
    /// Their address, where the provider says that it has verified it.
    pub email: Option<String>,
}

/// Why a provider's word did not do: a code for the record, a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct NotVouched {
    /// One word.
    pub code: &'static str,
    /// What happened, and what to do.
    pub what: String,
}

/// Other people's sign-in pages.
#[async_trait]
pub trait SingleSignOn: Send + Sync {
    /// The providers there are.
    fn providers(&self) -> Vec<Provider>;

    /// Where to send the browser.
    ///
    /// # Errors
    /// [`NotVouched`] where the provider does not answer.
    async fn begin(&self, trip: &RoundTrip, now: Timestamp) -> Result<String, NotVouched>;

    /// Who came back with this code.
    ///
    /// # Errors
    /// [`NotVouched`].
    async fn finish(&self, trip: &RoundTrip, code: String, now: Timestamp) -> Result<Vouched, NotVouched>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_is_made_for_a_name_with_tls_or_for_this_machine_and_for_nothing_else() {
        let site = Site::of("https://IR.example.com:8443/").unwrap();
        assert_eq!(
            (site.origin.as_str(), site.domain.as_str()),
            ("https://ir.example.com:8443", "ir.example.com")
        );
        assert_eq!(Site::of("http://localhost:8787").unwrap().domain, "localhost");
        for none in [
            "http://ir.example.com",
            "https://192.0.2.1",
            "http://127.0.0.1:8787",
            "https://[::1]",
            "ir.example.com",
            "https://a b",
            "https://",
        ] {
            assert_eq!(Site::of(none), None, "{none}");
        }
    }
}
