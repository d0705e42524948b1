//! Whole-log checks that several tests end with.

use app::ports::{Journal, Recorded, Scope};
use ledger::tree;

/// Every entry of the log, checked: indices without gaps, versions without gaps, root and checkpoint as signed.
pub(crate) async fn verified(journal: &dyn Journal) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let more = journal.tail(Scope::Provider, all.len() as u64, 500).await.unwrap();
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    let mut versions = std::collections::HashMap::new();
    for (index, entry) in all.iter().enumerate() {
        assert_eq!(entry.index, index as u64);
        let version = versions.entry(entry.stream).or_insert(0);
        *version += 1;
        assert_eq!(entry.version, *version, "{:?}", entry.stream);
    }
    let leaves: Vec<_> = all.iter().map(|entry| tree::leaf_hash(&entry.canonical)).collect();
    let grown = tree::append(0, &|_| None, &leaves).unwrap();
    let head = journal.head().await.unwrap();
    assert_eq!((head.size, head.root), (grown.size, grown.root));
    if head.size > 0 {
        let lines: Vec<_> = head.checkpoint.lines().collect();
        assert_eq!((lines[0], lines[1]), (super::ground::LOG, head.size.to_string().as_str()));
        assert_eq!(journal.checkpoint_at(head.size).await.unwrap(), Some(head.checkpoint));
    }
    all
}
