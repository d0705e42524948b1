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
