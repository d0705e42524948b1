//! Disks that fill up and databases that go away.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::ports::{Journal, JournalError, Outside, Payload, Retry, Scope};
use kernel::{Digest, IncidentId, Stream};
use store::{Location, Options};

use crate::{
    acts::verified,
    ground::{entries, practice, signer},
};

fn heavy(n: u128, bytes: usize) -> app::ports::Append {
    let mut write = entries(practice(1), Stream::incident(IncidentId::from_u128(n)), 0, 1, n);
    write.payloads.push(Payload { digest: Digest::of(&n.to_be_bytes()), sealed: vec![7; bytes] });
    write
}

#[tokio::test]
async fn a_full_disk_is_said_plainly_and_once_there_is_room_recording_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"])
        .arg(folder.path())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("SKIPPED: a small disk to fill needs the right to mount one");
        return;
    }
    struct Unmount<'a>(&'a Path);
    impl Drop for Unmount<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("-l").arg(self.0).status();
        }
    }
    let _unmount = Unmount(folder.path());
    let ballast = folder.path().join("ballast");
    std::fs::write(&ballast, vec![0; 2_000_000]).unwrap();
    let location = Location::File(folder.path().join("record.db"));
    let journal = store::open(&location, signer(), Options::default()).await.unwrap();
    let mut taken = 0;
    let refused = loop {
        match journal.append(heavy(taken + 1, 200_000)).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(taken > 0);
    match refused {
        JournalError::Outside(Outside { what, retry: Retry::Later, .. }) => {
            assert!(what.contains("no room"), "{what}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(verified(&*journal).await.len() as u128, taken, "what was recorded before is not whole");
    std::fs::remove_file(&ballast).unwrap();
    journal.append(heavy(10_000, 1000)).await.unwrap();
    assert_eq!(verified(&*journal).await.len() as u128, taken + 1);
    journal.close().await;
}

/// Writes streams of two entries each until told to stop; a refused write is given again until it is taken.
async fn work(journal: Arc<dyn Journal>, worker: u128, stop: Arc<AtomicBool>) -> u64 {
    let mut written = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = worker * 1_000_000 + u128::from(written);
        let stream = Stream::incident(IncidentId::from_u128(id));
        loop {
            let mut write = entries(practice(1), stream, 0, 2, id);
            write.key = Some((format!("{id}"), Digest::of(b"")));
            match journal.append(write).await {
                Ok(_) => break,
                Err(JournalError::Outside(Outside { retry: Retry::Later, .. })) => {}
                Err(error) => panic!("{error}"),
            }
        }
        written += 1;
    }
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_loses_and_doubles_nothing_and_is_found_again() {
    let Some(server) = testkit::postgres::start_alone() else { return };
    let options = Options { patience: Duration::from_millis(1500), ..Options::default() };
    let journal = store::open(&Location::Postgres(server.database()), signer(), options).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> =
        (1..=8).map(|worker| tokio::spawn(work(journal.clone(), worker, stop.clone()))).collect();
    for round in 0..4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| if round % 2 == 0 { server.kill() } else { server.stop() });
        if round == 3 {
            // Longer than patience: a read says so instead of hanging.
            match journal.tail(Scope::Provider, 0, 1).await {
                Err(Outside { retry: Retry::Later, .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        tokio::task::block_in_place(|| server.start_again());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for worker in workers {
        written += worker.await.unwrap();
    }
    assert!(written > 0);
    assert_eq!(verified(&*journal).await.len() as u64, written * 2);
    journal.close().await;
}

/// Stands between us and a server, and can stop forwarding without closing anything: what a dead cable or a firewall
/// that forgot a connection looks like from here.
struct Wire {
    port: u16,
    /// Connections made before this number are dead.
    dead_before: Arc<std::sync::atomic::AtomicU64>,
    made: Arc<std::sync::atomic::AtomicU64>,
}

impl Wire {
    fn to(address: std::net::SocketAddr) -> Self {
        use std::sync::atomic::AtomicU64;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (dead_before, made) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (dead, count) = (dead_before.clone(), made.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let number = count.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = std::net::TcpStream::connect(address) else { continue };
                for (mut from, mut to) in
                    [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)]
                {
                    let dead = dead.clone();
                    std::thread::spawn(move || {
                        use std::io::{Read as _, Write as _};
                        let mut buffer = vec![0; 1 << 16];
                        while let Ok(read @ 1..) = from.read(&mut buffer) {
                            if number < dead.load(Ordering::SeqCst) {
                                // Neither end hears of it.
                                loop {
                                    std::thread::park();
                                }
                            }
                            if to.write_all(&buffer[..read]).is_err() {
                                break;
                            }
                        }
                        // The end of one side is passed on; that of a dead wire is not.
                        if number >= dead.load(Ordering::SeqCst) {
                            let _ = to.shutdown(std::net::Shutdown::Both);
                        }
                    });
                }
            }
        });
        Self { port, dead_before, made }
    }

    /// Connections that stand now fall silent; later ones are forwarded.
    fn cut(&self) {
        self.dead_before.store(self.made.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Every connection falls silent, those that are still to be made as well.
    fn cut_all(&self) {
        self.dead_before.store(u64::MAX, Ordering::SeqCst);
    }
}

/// A server behind a wire, and the journal on it, which does not wait long.
async fn behind_a_wire() -> Option<(testkit::postgres::Postgres, Wire, Arc<dyn Journal>)> {
    let server = testkit::postgres::start_alone()?;
    let url = server.database();
    let (port, name) = url.rsplit_once(':').unwrap().1.split_once('/').unwrap();
    let wire = Wire::to(format!("127.0.0.1:{port}").parse().unwrap());
    let through = format!("postgres://postgres@127.0.0.1:{}/{name}", wire.port);
    let options = Options {
        patience: Duration::from_millis(1500),
        answer: Duration::from_millis(700),
        ..Options::default()
    };
    let journal = store::open(&Location::Postgres(through), signer(), options).await.unwrap();
    Some((server, wire, journal))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_to_the_database_that_falls_silent_is_given_up_for_another() {
    let Some((_server, wire, journal)) = behind_a_wire().await else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> =
        (1..=4).map(|worker| tokio::spawn(work(journal.clone(), worker, stop.clone()))).collect();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        wire.cut();
        let begun = tokio::time::Instant::now();
        journal.tail(Scope::Provider, 0, 1).await.expect("a read did not find another way");
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        // The transaction that hung keeps the head locked until the server, too, gives it up.
        let stream = Stream::incident(IncidentId::from_u128(7_000_000_000 + begun.elapsed().as_nanos()));
        let until = begun + Duration::from_secs(40);
        loop {
            match journal.append(entries(practice(1), stream, 0, 1, stream.id)).await {
                Ok(_) => break,
                Err(JournalError::Outside(Outside { retry: Retry::Later, .. }))
                    if tokio::time::Instant::now() < until => {}
                Err(JournalError::Stale { .. }) => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 2;
    for worker in workers {
        written += 2 * worker.await.unwrap();
    }
    assert_eq!(verified(&*journal).await.len() as u64, written, "something was lost or doubled");
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_says_nothing_more_is_an_error_in_time_and_in_clear_words() {
    let Some((_server, wire, journal)) = behind_a_wire().await else { return };
    let stream = Stream::incident(IncidentId::from_u128(1));
    journal.append(entries(practice(1), stream, 0, 1, 1)).await.unwrap();
    wire.cut_all();
    let begun = tokio::time::Instant::now();
    let (read, written, ready) = tokio::join!(
        journal.tail(Scope::Provider, 0, 1),
        journal.append(entries(practice(1), stream, 1, 1, 2)),
        journal.ready(),
    );
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let written = match written {
        Err(JournalError::Outside(outside)) => outside,
        other => panic!("{other:?}"),
    };
    for outside in [read.unwrap_err(), written, ready.unwrap_err()] {
        assert_eq!(outside.retry, Retry::Later);
        assert!(outside.to_string().contains("does not answer"), "{outside}");
    }
}
