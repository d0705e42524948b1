//! What the face is told when it starts.

use tokio_util::sync::CancellationToken;

/// See the module.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whether browsers reach this face over TLS, its own or that of a proxy before it: cookies are then sent over TLS
    /// alone, and browsers are told to stay with it. [`crate::serve`] sets it where it has TLS itself.
    pub secure: bool,
    /// The address at which browsers reach this face, such as `https://ir.example.com`: passkeys are bound to it, and
    /// providers of sign-ins send browsers back to it. On loopback it need not be given.
    pub public_url: Option<String>,
    /// The largest item of evidence that is taken in over HTTP, in bytes.
    pub evidence_limit: u64,
    /// Cancelled when the program is to end: event streams end then, so that they do not hold the shutdown up.
    pub closing: CancellationToken,
}

impl Default for Config {
    fn default() -> Self {
        Self { secure: false, public_url: None, evidence_limit: 1 << 40, closing: CancellationToken::new() }
    }
}
