//! The log: proofs, checkpoints, other processes, restarts.

use std::time::Duration;

use kernel::{IncidentId, Stream};
use ledger::tree;
use store::Options;

use crate::{
    acts::verified,
    ground::{entries, grounds, practice},
};

#[tokio::test]
async fn proofs_show_an_entry_in_the_log_and_that_the_log_only_grew() {
    for ground in grounds() {
        let journal = ground.open().await;
        let mut sizes = Vec::new();
        for n in 0..23_u128 {
            let stream = Stream::incident(IncidentId::from_u128(n));
            journal
                .append(entries(practice(1), stream, 0, 1 + u64::try_from(n).unwrap() % 3, n + 1))
                .await
                .unwrap();
            sizes.push(journal.head().await.unwrap());
        }
        let log = verified(&*journal).await;
        let size = log.len() as u64;
        let indices: Vec<_> = (0..size).collect();
        let proofs = journal.inclusion(&indices, size).await.unwrap();
        let leaves: Vec<_> = log.iter().map(|entry| tree::leaf_hash(&entry.canonical)).collect();
        let all = tree::append(0, &|_| None, &leaves).unwrap();
        let fetch = |node| all.nodes.iter().find(|(id, _)| *id == node).map(|(_, hash)| *hash);
        for (index, proof) in proofs.iter().enumerate() {
            assert_eq!(*proof, tree::inclusion(index as u64, size, &fetch).unwrap(), "{}", ground.name);
        }
        for old in &sizes {
            let proof = journal.consistency(old.size, size).await.unwrap();
            assert_eq!(proof, tree::consistency(old.size, size, &fetch).unwrap());
            assert_eq!(tree::root(old.size, &fetch).unwrap(), old.root);
            assert_eq!(journal.checkpoint_at(old.size).await.unwrap().as_ref(), Some(&old.checkpoint));
        }
        assert!(journal.inclusion(&[size], size).await.is_err());
        journal.close().await;
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_and_can_be_verified_without_writing() {
    for ground in grounds() {
        let journal = ground.open().await;
        let stream = Stream::incident(IncidentId::from_u128(1));
        journal.append(entries(practice(1), stream, 0, 3, 1)).await.unwrap();
        journal.close().await;
        assert!(
            journal.append(entries(practice(1), stream, 3, 1, 2)).await.is_err(),
            "a closed journal took a write"
        );

        let reader = store::open_read_only(&ground.location, Options::default()).await.unwrap();
        assert_eq!(verified(&*reader).await.len(), 3, "{}", ground.name);
        assert!(reader.append(entries(practice(1), stream, 3, 1, 2)).await.is_err());
        reader.close().await;

        let journal = ground.open().await;
        journal.append(entries(practice(1), stream, 3, 1, 2)).await.unwrap();
        assert_eq!(verified(&*journal).await.len(), 4);
        journal.close().await;
    }
}

#[tokio::test]
async fn a_watcher_hears_of_entries_of_this_and_of_another_process() {
    for ground in grounds() {
        let journal = ground.open().await;
        let other = ground.open().await;
        let (mut here, mut there) = (journal.watch(), other.watch());
        let stream = Stream::incident(IncidentId::from_u128(1));
        journal.append(entries(practice(1), stream, 0, 3, 1)).await.unwrap();
        for watch in [&mut here, &mut there] {
            let heard = tokio::time::timeout(Duration::from_secs(1), watch.wait_for(|size| *size == 3)).await;
            assert!(heard.is_ok(), "{}: not heard within a second", ground.name);
        }
        // Two processes that write to one record do not disturb each other.
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..40_u128 {
            let journal = if n % 2 == 0 { journal.clone() } else { other.clone() };
            let stream = Stream::incident(IncidentId::from_u128(10 + n));
            tasks.spawn(
                async move { journal.append(entries(practice(1), stream, 0, 2, n + 10)).await.unwrap() },
            );
        }
        tasks.join_all().await;
        assert_eq!(verified(&*other).await.len(), 83, "{}", ground.name);
        other.close().await;
        journal.close().await;
    }
}
