//! The listener: on loopback, or with TLS; never an open address without it. Ends gracefully: what was asked is
//! answered, event streams end, and after ten seconds so does everything else.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use app::App;
use axum_server::{Handle, Server, tls_rustls::RustlsConfig};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use crate::config::Config;

/// How long requests that run may go on after the end was asked for.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request.
const HEAD: Duration = Duration::from_secs(15);
/// How often a renewed certificate is looked for.
const RENEWAL: Duration = Duration::from_secs(600);

/// A certificate chain and its key, as PEM files.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key (PKCS #8, PKCS #1 or SEC 1).
    pub key: PathBuf,
}

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address that others reach, without TLS.
    #[error(
        "{0} can be reached from other machines, and there is no TLS: what travels there is tokens and evidence. Give a \
         certificate and its key, or listen on 127.0.0.1 behind a proxy that has them"
    )]
    Open(SocketAddr),
    /// The certificate or key cannot be used.
    #[error("{path}: {what}")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The listener failed.
    #[error("the listener failed: {0}")]
    Io(#[from] io::Error),
}

/// Opens the listener, where it may be opened: an address that other machines reach needs TLS.
///
/// # Errors
/// [`ServeError::Open`], [`ServeError::Listen`].
pub fn listen(address: SocketAddr, tls: bool) -> Result<TcpListener, ServeError> {
    closed_or_encrypted(address, tls)?;
    TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })
}

fn closed_or_encrypted(address: SocketAddr, tls: bool) -> Result<(), ServeError> {
    if tls || address.ip().to_canonical().is_loopback() { Ok(()) } else { Err(ServeError::Open(address)) }
}

/// Serves until `shutdown` is done and what runs has ended, or ten seconds are over.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    app: App,
    mut config: Config,
    listener: TcpListener,
    tls: Option<Tls>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    closed_or_encrypted(listener.local_addr()?, tls.is_some())?;
    config.secure |= tls.is_some();
    let handle = Handle::new();
    let ending = tokio::spawn({
        let (handle, closing) = (handle.clone(), config.closing.clone());
        async move {
            shutdown.await;
            closing.cancel();
            handle.graceful_shutdown(Some(LAST_WORDS));
        }
    });
    let service = crate::router(app, config).into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        None => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle);
            limit(&mut server);
            server.serve(service).await
        }
        Some(tls) => {
            let encryption = RustlsConfig::from_config(Arc::new(read(&tls)?));
            let renewing = tokio::spawn(renew(tls, encryption.clone()));
            let mut server = axum_server::from_tcp_rustls(listener, encryption)?.handle(handle);
            limit(&mut server);
            let served = server.serve(service).await;
            renewing.abort();
            served
        }
    };
    ending.abort();
    Ok(served?)
}

fn limit<A>(server: &mut Server<SocketAddr, A>) {
    let builder = server.http_builder();
    builder.http1().header_read_timeout(HEAD).max_buf_size(64 << 10);
    builder.http2().max_concurrent_streams(256).keep_alive_interval(Duration::from_secs(30));
}

fn read(tls: &Tls) -> Result<ServerConfig, ServeError> {
    let bad = |path: &PathBuf, what: String| ServeError::Tls { path: path.clone(), what };
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(&tls.certificate, format!("no certificate chain in PEM: {error}")))?;
    if chain.is_empty() {
        return Err(bad(&tls.certificate, "holds no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| bad(&tls.key, format!("no private key in PEM: {error}")))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| bad(&tls.certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| {
            bad(&tls.certificate, format!("certificate and key do not fit together: {error}"))
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Certificates are renewed on disk while this program runs; a broken renewal leaves the one in use.
async fn renew(tls: Tls, encryption: RustlsConfig) {
    let contents = |tls: &Tls| (std::fs::read(&tls.certificate).ok(), std::fs::read(&tls.key).ok());
    let mut used = contents(&tls);
    loop {
        tokio::time::sleep(RENEWAL).await;
        let found = contents(&tls);
        if found == used {
            continue;
        }
        match read(&tls) {
            Ok(config) => {
                encryption.reload_from_config(Arc::new(config));
                tracing::info!("the renewed certificate is in use");
                used = found;
            }
            Err(error) => {
                tracing::error!(%error, "the renewed certificate cannot be used; the earlier one stays")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_address_without_tls_is_refused_and_says_what_to_do() {
        for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
            let refused = listen(open.parse().unwrap(), false).unwrap_err();
            assert!(matches!(refused, ServeError::Open(_)), "{refused}");
            assert!(refused.to_string().contains("certificate"), "{refused}");
        }
        assert!(listen("127.0.0.1:0".parse().unwrap(), false).is_ok());
        assert!(closed_or_encrypted("[::ffff:127.0.0.1]:0".parse().unwrap(), false).is_ok());
        assert!(closed_or_encrypted("0.0.0.0:0".parse().unwrap(), true).is_ok());
    }
}
