//! `serve`: the HTTP API and the pages, and what runs beside them: evidence hashed again once a day, idempotency keys
//! forgotten after a week, profiles that another
//! process changed seen within seconds.

use std::{future::Future, net::SocketAddr, path::PathBuf, time::Duration};

use app::{
    App,
    access::NewToken,
    ports::{Scope, TokenKind},
};
use clap::{Args, ValueEnum};
use kernel::{Actor, PersonId, Role};
use tokio::signal::unix::{SignalKind, signal};

use crate::{arguments::Globals, failure::Failure, terminal::tell, wiring};

/// How often evidence is hashed again.
const REHASH: Duration = Duration::from_secs(24 * 3600);
/// The first time after the start: not while people wait for the first answer.
const FIRST_REHASH: Duration = Duration::from_secs(3600);
/// How often idempotency keys that have had their time are forgotten, and when first.
const KEYS: Duration = Duration::from_secs(3600);
const FIRST_KEYS: Duration = Duration::from_secs(120);
/// How often profiles are read anew.
const PROFILES: Duration = Duration::from_secs(5);

/// How many incidents a start opens ahead, and how long it waits for them.
const OPENED: u32 = 4;
const AHEAD: Duration = Duration::from_millis(100);

/// `serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tourniquet serve\n  \
    tourniquet serve --listen 0.0.0.0:8443 --tls-cert fullchain.pem --tls-key key.pem --log-format json\n\n\
    The first run prints a link that signs a browser in, once. Where nobody can sign in any more: stop it and make another\n\
    with `tourniquet token make NAME --role lead --link`. Ends on SIGTERM or SIGINT: requests that run are finished.")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(super) listener: ListenArgs,
    /// A file that names providers of sign-ins (OpenID Connect); see docs/sign-in.md
    #[arg(long, value_name = "FILE", env = "TOURNIQUET_SIGN_IN_WITH")]
    pub(super) sign_in_with: Option<PathBuf>,
    /// The form of the log on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,
    /// How much is logged
    #[arg(long, value_enum, default_value_t = LogLevel::Info)]
    pub(super) log_level: LogLevel,
}

/// Where to listen.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListenArgs {
    /// The address; one that other machines reach needs TLS
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787")]
    pub(super) listen: SocketAddr,
    /// The certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// The address at which browsers reach it, such as https://ir.example.com: passkeys are bound to it, and providers
    /// of sign-ins send browsers back to it. On this machine itself it need not be given
    #[arg(long, value_name = "URL", env = "TOURNIQUET_PUBLIC_URL", value_parser = public_url)]
    pub(super) public_url: Option<String>,
}

fn public_url(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(text.to_owned()),
        _ => Err("scheme and host alone, such as https://ir.example.com".to_owned()),
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Failures alone.
    Error,
    /// What somebody should look at.
    Warn,
    /// Each request.
    Info,
    /// For those who look for a fault.
    Debug,
}

impl From<LogLevel> for tracing_subscriber::filter::LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

/// Begins the log on standard error.
fn begin_log(format: LogFormat, level: LogLevel) {
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::from(level));
    let begun = match format {
        LogFormat::Json => builder.json().with_current_span(false).with_span_list(false).try_init(),
        LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr())
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            builder.compact().with_ansi(colour).try_init()
        }
    };
    if begun.is_err() {
        tell("warning: the log could not be begun");
    }
}

pub(crate) async fn run(globals: Globals, args: ServeArgs) -> Result<(), Failure> {
    if globals.server.is_some() {
        return Err(Failure::usage("`serve` is the server: leave --server and TOURNIQUET_SERVER away"));
    }
    begin_log(args.log_format, args.log_level);
    let tls = tls(&args.listener);
    // The address is taken first: nobody waits for a database only to learn that the port is in use.
    let listener = web::listen(args.listener.listen, tls.is_some()).map_err(|error| unserved(&error))?;
    let providers = match &args.sign_in_with {
        Some(path) => {
            identity::read(path).map_err(|error| Failure::usage(format!("--sign-in-with {error}")))?
        }
        None => Vec::new(),
    };
    let edge = wiring::edge_of(&globals.data);
    let app = wiring::open_with(&globals.data, globals.database_url.as_deref(), edge, providers).await?;
    let link = first_link(&app).await?;
    let public_url = args.listener.public_url.clone();
    serve(app, listener, tls, link, public_url, &globals.data.display().to_string()).await
}

fn tls(args: &ListenArgs) -> Option<web::Tls> {
    let (certificate, key) = (args.tls_cert.clone()?, args.tls_key.clone()?);
    Some(web::Tls { certificate, key })
}

fn unserved(error: &web::ServeError) -> Failure {
    match error {
        web::ServeError::Open(_) | web::ServeError::Tls { .. } => {
            Failure::usage(format!("{} (--tls-cert, --tls-key, --listen)", crate::failure::chain(error)))
        }
        _ => Failure::outside(crate::failure::chain(error)),
    }
}

/// Opens the listener of a verb that serves afterwards.
pub(super) fn listener(args: &ListenArgs) -> Result<(std::net::TcpListener, Option<web::Tls>), Failure> {
    let tls = tls(args);
    let listener = web::listen(args.listen, tls.is_some()).map_err(|error| unserved(&error))?;
    Ok((listener, tls))
}

/// Serves until the program is told to end.
pub(super) async fn serve(
    app: App,
    listener: std::net::TcpListener,
    tls: Option<web::Tls>,
    link: Option<String>,
    public_url: Option<String>,
    data: &str,
) -> Result<(), Failure> {
    let address =
        listener.local_addr().map_err(|error| Failure::outside(format!("the listener: {error}")))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let base = format!("{scheme}://{address}");
    if let Some(link) = link {
        // By the name rather than the number: a passkey made there works there again.
        let shown = match &public_url {
            Some(url) => url.clone(),
            None if tls.is_none() && address.is_ipv4() => format!("{scheme}://localhost:{}", address.port()),
            None => base.clone(),
        };
        tell(&format!("sign in, once: {shown}/signin/{link}"));
    }
    let ending = told_to_end()?;
    let ahead = tokio::spawn(open_ahead(app.clone()));
    // Whatever takes longer goes on beside the first requests.
    let _ = tokio::time::timeout(AHEAD, ahead).await;
    let beside = [
        tokio::spawn(rehash_daily(app.clone())),
        tokio::spawn(forget_profiles(app.clone())),
        tokio::spawn(forget_what_is_over(app.clone())),
    ];
    tell(&format!("ready: {base} ({data})"));
    // Behind a proxy that has the TLS, browsers speak it all the same: cookies are for them.
    let secure = public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    let config = web::Config { secure, public_url, ..web::Config::default() };
    let served = web::serve(app.clone(), config, listener, tls, ending).await;
    for task in beside {
        task.abort();
    }
    app.journal().close().await;
    served.map_err(|error| unserved(&error))?;
    tell("ended: every request that was taken is answered, and the record is closed");
    Ok(())
}

fn told_to_end() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let failed = |error: std::io::Error| Failure::outside(format!("the system gives no signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to end");
    })
}

/// The program itself, where it acts on a schedule.
pub(super) fn program() -> Actor {
    Actor { id: PersonId::from_u128(0), name: "tourniquet".to_owned(), role: Role::Lead, practice: None }
}

/// A link for the very first sign-in: made where nobody has any access yet.
async fn first_link(app: &App) -> Result<Option<String>, Failure> {
    let tokens = app.journal().tokens(Scope::Provider).await?;
    if tokens.iter().any(|token| token.kind != TokenKind::Source) {
        return Ok(None);
    }
    link(app).await.map(Some)
}

/// A link that signs a browser in, once, within a day.
pub(super) async fn link(app: &App) -> Result<String, Failure> {
    let expires_at = app.edge().now().checked_add(jiff::SignedDuration::from_hours(24)).ok();
    let new = NewToken {
        name: "first sign-in".to_owned(),
        role: Role::Lead,
        practice: None,
        scopes: Vec::new(),
        kind: TokenKind::Link,
        expires_at,
        secret: None,
        person: None,
    };
    Ok(app.make_token(&program(), new).await?.token)
}

/// Opens the newest open incidents. What fails here fails again, and is told, when somebody asks for it.
async fn open_ahead(app: App) {
    if let Err(error) = app.open_ahead(OPENED).await {
        tracing::warn!(%error, "incidents could not be opened ahead");
    }
}

async fn rehash_daily(app: App) {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + FIRST_REHASH, REHASH);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.rehash(&program(), None).await {
            Ok(outcomes) => {
                let bad = outcomes.iter().filter(|outcome| outcome.outcome != "ok").count();
                if bad == 0 {
                    tracing::info!(items = outcomes.len(), "evidence hashed again");
                } else {
                    tracing::error!(items = outcomes.len(), bad, "evidence is not what was taken in");
                }
            }
            Err(error) => tracing::error!(%error, "evidence could not be hashed again"),
        }
    }
}

async fn forget_what_is_over(app: App) {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + FIRST_KEYS, KEYS);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.forget_old_keys().await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "idempotency keys of a week ago forgotten"),
            Err(error) => tracing::warn!(%error, "old idempotency keys could not be forgotten"),
        }
        match app.forget_ended_sessions().await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "sessions and links that ended a week ago removed"),
            Err(error) => tracing::warn!(%error, "ended sessions could not be removed"),
        }
    }
}

async fn forget_profiles(app: App) {
    let mut ticks = tokio::time::interval(PROFILES);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.forget_profiles();
    }
}
