//! OpenID Connect Core 1.0, the relying party's half: the code flow with PKCE (RFC 7636), against providers that the
//! configuration names. What a provider publishes about itself is kept for an hour; keys are asked for again where a token
//! is signed with one that is not known yet. Redirects are not followed, and no answer is waited for longer than it takes
//! a person to lose patience.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::ports::{NotVouched, Provider, RoundTrip, SingleSignOn, Vouched};
use async_trait::async_trait;
use chrono::DateTime;
use kernel::Timestamp;
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse as _,
    core::{CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata},
};
use tokio::sync::Semaphore;
use ureq::http;

/// How long what a provider publishes is kept, in seconds.
const KEPT: i64 = 3_600;
/// How soon keys may be asked for again, in seconds: a token with a made-up key must not make us ask each time.
const AGAIN: i64 = 30;
/// How long one that did not answer is left alone, in seconds.
const ALONE: i64 = 5;
/// How many people may wait for a provider at once; more are asked to come again.
const AT_ONCE: usize = 16;
/// How long a provider may take for one answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// The largest answer that is read, in bytes.
const LARGEST: u64 = 1 << 20;
/// How far a provider's clock may be from ours, in seconds.
const LEEWAY: i64 = 60;

/// A provider as the configuration names it.
#[derive(Clone)]
pub struct Configured {
    /// What the use cases know of it.
    pub provider: Provider,
    /// The name under which this server is known there.
    pub client_id: String,
    /// Its secret; `None` for a public client.
    pub client_secret: Option<String>,
}

impl std::fmt::Debug for Configured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configured").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// See the module. Without providers it offers none.
#[derive(Clone, Default)]
pub struct OpenId(Arc<Inner>);

#[derive(Default)]
struct Inner {
    providers: Vec<Configured>,
    published: Mutex<HashMap<String, (CoreProviderMetadata, i64)>>,
    /// Providers that could not be described, and when: asking again at once would only make more people wait.
    failed: Mutex<HashMap<String, (NotVouched, i64)>>,
    busy: Busy,
}

/// How many wait for a provider at once.
struct Busy(Semaphore);

impl Default for Busy {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl OpenId {
    /// Offers these providers.
    #[must_use]
    pub fn new(providers: Vec<Configured>) -> Self {
        Self(Arc::new(Inner { providers, ..Inner::default() }))
    }
}

#[derive(Debug)]
struct Failed(String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// One request to a provider.
fn ask(request: HttpRequest) -> Result<HttpResponse, Failed> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .http_status_as_error(false)
        .build();
    let agent: ureq::Agent = config.into();
    let (parts, body) = request.into_parts();
    let sent = if parts.method == http::Method::GET {
        agent.run(http::Request::from_parts(parts, ()))
    } else {
        agent.run(http::Request::from_parts(parts, body))
    };
    let answer = sent.map_err(|error| Failed(error.to_string()))?;
    let (parts, mut body) = answer.into_parts();
    let bytes = body.with_config().limit(LARGEST).read_to_vec().map_err(|error| Failed(error.to_string()))?;
    Ok(http::Response::from_parts(parts, bytes))
}

fn not(code: &'static str, what: String) -> NotVouched {
    NotVouched { code, what }
}

impl Inner {
    fn configured(&self, key: &str) -> Result<&Configured, NotVouched> {
        let found = self.providers.iter().find(|configured| configured.provider.key == key);
        found.ok_or_else(|| not("unknown_provider", "This server knows no such provider.".to_owned()))
    }

    /// What a provider publishes about itself; asked for where it is older than `oldest` seconds.
    fn published(
        &self,
        configured: &Configured,
        now: i64,
        oldest: i64,
    ) -> Result<CoreProviderMetadata, NotVouched> {
        let key = &configured.provider.key;
        let kept = self.published.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some((metadata, at)) = kept
            && (now - at).abs() <= oldest
        {
            return Ok(metadata);
        }
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some((why, at)) = failed
            && (now - at).abs() < ALONE
        {
            return Err(why);
        }
        let found = describe(configured);
        match &found {
            Ok(metadata) => {
                let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
                published.insert(key.clone(), (metadata.clone(), now));
            }
            Err(why) => {
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.insert(key.clone(), (why.clone(), now));
            }
        }
        found
    }

    fn client(
        &self,
        configured: &Configured,
        metadata: CoreProviderMetadata,
        redirect: &str,
    ) -> Result<Client, NotVouched> {
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| {
            not("bad_address", "This server does not know its own address: set --public-url.".to_owned())
        })?;
        let secret = configured.client_secret.clone().map(ClientSecret::new);
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(configured.client_id.clone()), secret);
        Ok(client.set_redirect_uri(redirect))
    }

    fn address(&self, trip: &RoundTrip, now: i64) -> Result<String, NotVouched> {
        let configured = self.configured(&trip.provider)?;
        let client = self.client(configured, self.published(configured, now, KEPT)?, &trip.redirect)?;
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(trip.verifier.clone()));
        let (state, nonce) = (trip.state.clone(), trip.nonce.clone());
        let flow: CoreAuthenticationFlow = AuthenticationFlow::AuthorizationCode;
        let (address, ..) = client
            .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(address.into())
    }

    fn vouched(&self, trip: &RoundTrip, code: String, now: Timestamp) -> Result<Vouched, NotVouched> {
        let configured = self.configured(&trip.provider)?;
        let name = &configured.provider.name;
        let second = now.as_second();
        let metadata = self.published(configured, second, KEPT)?;
        let client = self.client(configured, metadata, &trip.redirect)?;
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| not("bad_provider", format!("{name} names no place where a code is exchanged.")))?
            .set_pkce_verifier(PkceCodeVerifier::new(trip.verifier.clone()));
        let tokens = request.request(&ask).map_err(|error| {
            tracing::warn!(provider = trip.provider, error = %chain(&error), "a code could not be exchanged");
            match error {
                RequestTokenError::Request(_) => away(name),
                RequestTokenError::ServerResponse(_) => not("code_refused", format!("{name} does not take the code any more: it was used, or too much time has passed. Begin again.")),
                _ => not("bad_provider", format!("{name} answered with something that is no token. Tell whoever runs this server.")),
            }
        })?;
        let token = tokens
            .id_token()
            .ok_or_else(|| not("no_id_token", format!("{name} did not say who you are.")))?;
        let nonce = Nonce::new(trip.nonce.clone());
        let checked = check(&client, token, &nonce, second);
        let claims = match checked {
            // A provider changes its keys without a word: look once more before refusing.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let metadata = self.published(configured, second, AGAIN)?;
                let client = self.client(configured, metadata, &trip.redirect)?;
                check(&client, token, &nonce, second)
            }
            other => other,
        };
        let claims = claims.map_err(|error| {
            tracing::warn!(provider = trip.provider, error = %chain(&error), "a provider's token does not hold");
            refused(name, &error)
        })?;
        let verified = claims.email_verified() == Some(true);
        Ok(Vouched {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email: claims.email().filter(|_| verified).map(|email| email.to_string()),
        })
    }
}

/// What a provider says about itself (OpenID Connect Discovery 1.0), its keys with it.
fn describe(configured: &Configured) -> Result<CoreProviderMetadata, NotVouched> {
    let Provider { key, name, .. } = &configured.provider;
    let issuer = IssuerUrl::new(configured.provider.issuer.clone()).map_err(|_| {
        not("bad_issuer", format!("The address of {name} in this server's configuration is none."))
    })?;
    CoreProviderMetadata::discover(&issuer, &ask).map_err(|error| {
        tracing::warn!(provider = key, error = %chain(&error), "a provider's description could not be had");
        match error {
            DiscoveryError::Request(_) => away(name),
            DiscoveryError::Validation(_) => not("wrong_issuer", format!("{name} calls itself otherwise than this server's configuration does. Tell whoever runs this server.")),
            _ => not("bad_provider", format!("{name} does not describe itself as a provider of sign-ins should. Tell whoever runs this server.")),
        }
    })
}

fn check(
    client: &Client,
    token: &openidconnect::core::CoreIdToken,
    nonce: &Nonce,
    now: i64,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let clock = move || DateTime::from_timestamp(now - LEEWAY, 0).unwrap_or_default();
    let latest = DateTime::from_timestamp(now + LEEWAY, 0).unwrap_or_default();
    let verifier = client.id_token_verifier().set_time_fn(clock).set_issue_time_verifier_fn(move |issued| {
        if issued <= latest { Ok(()) } else { Err("issued in the future".to_owned()) }
    });
    token.claims(&verifier, nonce).cloned()
}

fn away(name: &str) -> NotVouched {
    not(
        "provider_away",
        format!("{name} does not answer. Sign in with your password or a passkey, or try again in a while."),
    )
}

/// Why a token does not hold, as a code and a sentence.
fn refused(name: &str, error: &ClaimsVerificationError) -> NotVouched {
    use ClaimsVerificationError as E;
    let (code, what) = match error {
        E::Expired(_) => ("expired", "is past its time: check that both clocks are right, and begin again"),
        E::InvalidIssuer(_) => ("wrong_issuer", "was issued by somebody else"),
        E::InvalidAudience(_) => ("wrong_audience", "is meant for another program"),
        E::InvalidNonce(_) => ("wrong_nonce", "belongs to another sign-in: begin again"),
        E::SignatureVerification(_) => ("bad_signature", "is not signed with a key of theirs"),
        _ => ("bad_token", "does not hold"),
    };
    not(code, format!("What {name} says about you {what}. Nobody was signed in."))
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[async_trait]
impl SingleSignOn for OpenId {
    fn providers(&self) -> Vec<Provider> {
        self.0.providers.iter().map(|configured| configured.provider.clone()).collect()
    }

    async fn begin(&self, trip: &RoundTrip, now: Timestamp) -> Result<String, NotVouched> {
        let (inner, trip) = (Arc::clone(&self.0), trip.clone());
        let _place = self.0.busy.0.try_acquire().map_err(|_| many())?;
        beside(move || inner.address(&trip, now.as_second())).await
    }

    async fn finish(&self, trip: &RoundTrip, code: String, now: Timestamp) -> Result<Vouched, NotVouched> {
        let (inner, trip) = (Arc::clone(&self.0), trip.clone());
        let _place = self.0.busy.0.try_acquire().map_err(|_| many())?;
        beside(move || inner.vouched(&trip, code, now)).await
    }
}

fn many() -> NotVouched {
    not("busy", "Many people are signing in this way just now. Try again in a minute.".to_owned())
}

/// Waiting for a provider blocks; it is done where blocking is allowed.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NotVouched> + Send + 'static,
) -> Result<T, NotVouched> {
    let ended = |_| not("ended", "The sign-in ended early. Begin again.".to_owned());
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}
