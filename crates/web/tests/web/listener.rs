//! The listener itself: TLS as a stranger's client sees it, and an end that finishes what was asked.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::Role;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::CertificateDer};
use tokio::{sync::oneshot, task::JoinHandle};
use web::{Config, ServeError, Tls};

use crate::ground::Ground;

struct Serving {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), ServeError>>,
}

fn serve(ground: &Ground, tls: Option<Tls>) -> Serving {
    let listener = web::listen("127.0.0.1:0".parse().unwrap(), tls.is_some()).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let served =
        tokio::spawn(web::serve(ground.program.app.clone(), Config::default(), listener, tls, shutdown));
    Serving { address, stop, served }
}

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_a_client_that_knows_the_certificate_is_answered_and_told_to_stay() {
    let ground = Ground::new().await;
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = ground.program.folder();
    let tls = Tls { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&tls.certificate, made.cert.pem()).unwrap();
    std::fs::write(&tls.key, made.signing_key.serialize_pem()).unwrap();
    let serving = serve(&ground, Some(tls));
    let (address, certificate) = (serving.address, made.cert.der().clone());
    let answer = tokio::task::spawn_blocking(move || over_tls(address, certificate)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("alive\n"), "{answer}");
    assert!(answer.to_lowercase().contains("strict-transport-security: max-age="), "{answer}");
    serving.stop.send(()).unwrap();
    serving.served.await.unwrap().unwrap();

    let missing = Tls { certificate: folder.join("none.pem"), key: folder.join("none.key") };
    let refused = serve(&ground, Some(missing)).served.await.unwrap().unwrap_err().to_string();
    assert!(refused.contains("none.pem"), "{refused}");
}

fn over_tls(address: SocketAddr, certificate: CertificateDer<'static>) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(GET).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_for_what_was_asked_and_not_for_those_who_only_follow() {
    let ground = Ground::new().await;
    let serving = serve(&ground, None);
    let (address, token) = (serving.address, ground.of(Role::Auditor).to_owned());
    let mut following = TcpStream::connect(address).unwrap();
    write!(
        following,
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    .unwrap();
    let mut first = [0; 512];
    let count = tokio::task::spawn_blocking({
        let mut following = following.try_clone().unwrap();
        move || following.read(&mut first).map(|count| String::from_utf8_lossy(&first[..count]).into_owned())
    });
    assert!(count.await.unwrap().unwrap().starts_with("HTTP/1.1 200"));
    // A request of which half is sent when the end is asked for.
    let token = ground.of(Role::Staff).to_owned();
    let body = r#"{"what": "the last thing"}"#;
    let mut asking = TcpStream::connect(address).unwrap();
    let (half, rest) = body.split_at(9);
    write!(
        asking,
        "POST /api/v1/staff-reports HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{half}",
        body.len()
    )
    .unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    serving.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    asking.write_all(rest.as_bytes()).unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        asking.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = answer.await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    serving.served.await.unwrap().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(8), "a follower held the end up: {:?}", asked.elapsed());
}
