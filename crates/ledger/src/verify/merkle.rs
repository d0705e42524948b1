//! Merkle proofs as a verifier sees them: RFC 9162 section 2.1.3.2 (inclusion) and 2.1.4.2 (consistency), and the root
//! of a stream of leaves, as binary counting.

use sha2::{Digest as _, Sha256};

use super::Hash;

pub(super) fn leaf(entry: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(entry);
    hasher.finalize().into()
}

fn parent(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let (_, children) = bytes.split_at_mut(1);
    for (byte, from) in children.iter_mut().zip(left.iter().chain(right)) {
        *byte = *from;
    }
    Sha256::digest(bytes).into()
}

/// RFC 9162 section 2.1.3.2.
pub(super) fn includes(root: &Hash, size: u64, index: u64, leaf: &Hash, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut node) = (index, size - 1, *leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = parent(beside, &node);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = parent(&node, beside);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

/// RFC 9162 section 2.1.4.2, and its two simple cases: a log extends itself, and every log extends the empty one.
pub(super) fn extends(old_size: u64, old_root: &Hash, size: u64, root: &Hash, path: &[Hash]) -> bool {
    if old_size == 0 {
        return path.is_empty() && *old_root == Frontier::default().root();
    }
    if old_size == size {
        return path.is_empty() && old_root == root;
    }
    if old_size > size {
        return false;
    }
    let (first, rest) = match path.split_first() {
        _ if old_size.is_power_of_two() => (*old_root, path),
        Some((first, rest)) => (*first, rest),
        None => return false,
    };
    let (mut at, mut last) = (old_size - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (first, first);
    for beside in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old = parent(beside, &old);
            new = parent(beside, &new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new = parent(&new, beside);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old == *old_root && new == *root
}

/// The right edge of a growing tree: for each bit that is set in the number of leaves, the root of that many.
#[derive(Default)]
pub(super) struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    pub(super) fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = parent(&left, &node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn root(&self) -> Hash {
        let mut edge = self.roots.iter().rev();
        let Some(&(mut root)) = edge.next() else { return Sha256::digest([]).into() };
        for left in edge {
            root = parent(left, &root);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use tlog_tiles::tlog::{self, Hash as TlogHash};

    use super::*;
    use crate::tree;

    /// The first 300 leaves, and every complete node over them.
    fn log() -> (Vec<Hash>, HashMap<tree::NodeId, Hash>) {
        let leaves: Vec<_> = (0..300_u64).map(|index| leaf(&index.to_be_bytes())).collect();
        let nodes = tree::append(0, &|_| None, &leaves).unwrap().nodes.into_iter().collect();
        (leaves, nodes)
    }

    fn theirs(path: &[Hash]) -> Vec<TlogHash> {
        path.iter().copied().map(TlogHash).collect()
    }

    /// Every way to spoil a proof that keeps its form.
    fn spoilt(path: &[Hash]) -> Vec<Vec<Hash>> {
        let mut all = vec![[path, &[[0; 32]]].concat(), [&[[0; 32]], path].concat()];
        for at in 0..path.len() {
            let mut flipped = path.to_vec();
            flipped[at][at % 32] ^= 1;
            all.push(flipped);
            all.push([&path[..at], &path[at + 1..]].concat());
            if at > 0 && path[at] != path[at - 1] {
                let mut swapped = path.to_vec();
                swapped.swap(at, at - 1);
                all.push(swapped);
            }
        }
        all
    }

    #[test]
    fn the_root_of_a_stream_is_the_root_of_the_tree() {
        let (leaves, nodes) = log();
        let mut frontier = Frontier::default();
        for size in 0..=300 {
            assert_eq!(frontier.root(), tree::root(size, &|node| nodes.get(&node).copied()).unwrap());
            if let Some(&leaf) = leaves.get(usize::try_from(size).unwrap()) {
                frontier.push(leaf);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn an_entry_is_proven_in_its_place_and_nowhere_else(size in 1_u64..300, at: prop::sample::Index) {
            let (leaves, nodes) = log();
            let fetch = |node| nodes.get(&node).copied();
            let index = at.index(usize::try_from(size).unwrap()) as u64;
            let leaf = leaves[usize::try_from(index).unwrap()];
            let root = tree::root(size, &fetch).unwrap();
            let path = tree::inclusion(index, size, &fetch).unwrap();
            prop_assert!(includes(&root, size, index, &leaf, &path));
            prop_assert!(tlog::check_record(&theirs(&path), size, TlogHash(root), index, TlogHash(leaf)).is_ok());
            for path in spoilt(&path) {
                prop_assert!(!includes(&root, size, index, &leaf, &path));
            }
            for other in (0..=size).filter(|&other| other != index) {
                prop_assert!(!includes(&root, size, other, &leaf, &path));
            }
            prop_assert!(!includes(&root, size, index, &root, &path) || size == 1);
        }

        #[test]
        fn a_log_extends_its_own_past_and_no_other(size in 0_u64..300, at: prop::sample::Index) {
            let (_, nodes) = log();
            let fetch = |node| nodes.get(&node).copied();
            let old = at.index(usize::try_from(size).unwrap() + 1) as u64;
            let (old_root, root) = (tree::root(old, &fetch).unwrap(), tree::root(size, &fetch).unwrap());
            let path = tree::consistency(old, size, &fetch).unwrap();
            prop_assert!(extends(old, &old_root, size, &root, &path));
            if 0 < old && old < size {
                let proof = theirs(&path);
                prop_assert!(tlog::check_tree(&proof, size, TlogHash(root), old, TlogHash(old_root)).is_ok());
            }
            for path in spoilt(&path) {
                prop_assert!(!extends(old, &old_root, size, &root, &path));
            }
            prop_assert!(!extends(old, &[7; 32], size, &root, &path));
            prop_assert!(old == 0 || !extends(old, &old_root, size, &[7; 32], &path));
        }

        #[test]
        fn no_proof_makes_the_verifier_panic(
            old: u64, size: u64, index: u64, root: Hash, path in prop::collection::vec(any::<Hash>(), 0..80)
        ) {
            prop_assert!(!includes(&root, size, index, &root, &path) || size == 1);
            prop_assert!(!extends(old, &[1; 32], size, &root, &path));
        }
    }
}
