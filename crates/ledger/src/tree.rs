//! The Merkle tree of RFC 6962 section 2.1, as arithmetic: every function takes a way to fetch nodes, never a store, so
//! that a database can load what `…_needs` names in one query and hand it over. Only the roots of complete subtrees
//! (2^level leaves) are ever stored; they never change once made.

use sha2::{Digest as _, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// A complete subtree: `2^level` leaves, from leaf `index * 2^level`. Level 0 is a leaf.
#[derive(Clone, Copy, Eq, PartialEq, Hash, Ord, PartialOrd, Debug)]
pub struct NodeId {
    /// The height above the leaves.
    pub level: u8,
    /// The place in its level, from 0 at the left.
    pub index: u64,
}

/// How nodes are looked up.
pub type Fetch<'a> = &'a dyn Fn(NodeId) -> Option<Hash>;

/// A node that the arithmetic needs and the fetch function does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree's node {} of level {} is missing", .0.index, .0.level)]
pub struct MissingNode(pub NodeId);

/// A proof that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A node is missing from the store.
    #[error(transparent)]
    Missing(#[from] MissingNode),
    /// There is no such leaf, or no such earlier tree.
    #[error("{asked} lies outside a tree of {size} leaves")]
    OutOfRange {
        /// The leaf's index or the earlier size.
        asked: u64,
        /// The tree's size.
        size: u64,
    },
}

/// The tree after [`append`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// The number of leaves.
    pub size: u64,
    /// The root hash of that many leaves.
    pub root: Hash,
    /// Every node that became complete, the new leaves among them: what a store must keep.
    pub nodes: Vec<(NodeId, Hash)>,
}

/// The hash of a leaf: SHA-256 of 0x00 and the bytes (RFC 6962 section 2.1).
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(bytes).finalize().into()
}

/// The hash of an inner node: SHA-256 of 0x01 and its children's hashes (RFC 6962 section 2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree without leaves: SHA-256 of nothing (RFC 6962 section 2.1).
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Leaves `from..to`, where they are a subtree of the RFC's recursion (`from` is a multiple of the largest power of two
/// that is at most `to - from`).
#[derive(Clone, Copy)]
struct Range {
    from: u64,
    to: u64,
}

impl Range {
    /// The complete subtrees that make it up, from the left: one for each bit that is set in its length.
    fn peaks(self) -> Vec<NodeId> {
        let mut at = self.from;
        let mut peaks = Vec::new();
        while at < self.to {
            let level = (self.to - at).ilog2();
            peaks.push(NodeId { level: u8::try_from(level).unwrap_or(u8::MAX), index: at >> level });
            at += 1 << level;
        }
        peaks
    }

    /// Its hash: the peaks folded from the right.
    fn hash(self, fetch: Fetch<'_>) -> Result<Hash, MissingNode> {
        let peaks = load(&self.peaks(), fetch)?;
        Ok(fold(&peaks))
    }

    /// Where the recursion of RFC 6962 splits it: after the largest power of two smaller than its length.
    fn split(self) -> u64 {
        self.from + (1 << (self.to - self.from - 1).ilog2())
    }
}

fn load(nodes: &[NodeId], fetch: Fetch<'_>) -> Result<Vec<Hash>, MissingNode> {
    nodes.iter().map(|&node| fetch(node).ok_or(MissingNode(node))).collect()
}

fn fold(peaks: &[Hash]) -> Hash {
    peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// The nodes that [`root`] fetches.
#[must_use]
pub fn root_needs(size: u64) -> Vec<NodeId> {
    Range { from: 0, to: size }.peaks()
}

/// The root of the first `size` leaves. That of none is the SHA-256 of nothing.
///
/// # Errors
/// [`MissingNode`] where the fetch function lacks a node of [`root_needs`].
pub fn root(size: u64, fetch: Fetch<'_>) -> Result<Hash, MissingNode> {
    Range { from: 0, to: size }.hash(fetch)
}

/// The nodes that [`append`] fetches: the complete subtrees at the right edge of a tree of `size` leaves.
#[must_use]
pub fn append_needs(size: u64) -> Vec<NodeId> {
    root_needs(size)
}

/// Puts leaf hashes behind the `size` that are there.
///
/// # Errors
/// [`MissingNode`] where the fetch function lacks a node of [`append_needs`].
pub fn append(size: u64, fetch: Fetch<'_>, leaves: &[Hash]) -> Result<Grown, MissingNode> {
    let mut peaks = load(&append_needs(size), fetch)?;
    let mut nodes = Vec::with_capacity(leaves.len() * 2);
    let mut grown = size;
    for &leaf in leaves {
        let mut node = NodeId { level: 0, index: grown };
        let mut hash = leaf;
        nodes.push((node, hash));
        // As in binary counting: a right child completes its parent, whose left child is the last peak.
        while node.index % 2 == 1 {
            let Some(left) = peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            node = NodeId { level: node.level + 1, index: node.index / 2 };
            nodes.push((node, hash));
        }
        peaks.push(hash);
        grown += 1;
    }
    Ok(Grown { size: grown, root: fold(&peaks), nodes })
}

/// The subtrees beside the path from leaf `index` to the root, from the leaf upwards (RFC 6962 section 2.1.1).
fn audit_path(index: u64, size: u64) -> Vec<Range> {
    let mut here = Range { from: 0, to: size };
    let mut path = Vec::new();
    while here.to - here.from > 1 {
        let middle = here.split();
        let (left, right) = (Range { to: middle, ..here }, Range { from: middle, ..here });
        let (inside, beside) = if index < middle { (left, right) } else { (right, left) };
        path.push(beside);
        here = inside;
    }
    path.reverse();
    path
}

/// The nodes that [`inclusion`] fetches; none where there is no such leaf.
#[must_use]
pub fn inclusion_needs(index: u64, size: u64) -> Vec<NodeId> {
    if index >= size {
        return Vec::new();
    }
    audit_path(index, size).into_iter().flat_map(Range::peaks).collect()
}

/// The proof that leaf `index` is in the tree of `size` leaves (RFC 6962 section 2.1.1), from the leaf upwards.
///
/// # Errors
/// [`ProofError`] where there is no such leaf or a node of [`inclusion_needs`] is missing.
pub fn inclusion(index: u64, size: u64, fetch: Fetch<'_>) -> Result<Vec<Hash>, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { asked: index, size });
    }
    Ok(audit_path(index, size).into_iter().map(|range| range.hash(fetch)).collect::<Result<_, _>>()?)
}

/// The subtrees of SUBPROOF (RFC 6962 section 2.1.2), for `0 < old < new`.
fn consistency_path(old: u64, new: u64) -> Vec<Range> {
    let mut here = Range { from: 0, to: new };
    let mut path = Vec::new();
    while here.to != old {
        let middle = here.split();
        let (left, right) = (Range { to: middle, ..here }, Range { from: middle, ..here });
        let (inside, beside) = if old <= middle { (left, right) } else { (right, left) };
        path.push(beside);
        here = inside;
    }
    // The old tree itself needs no telling to somebody who holds its root.
    if here.from != 0 {
        path.push(here);
    }
    path.reverse();
    path
}

/// The nodes that [`consistency`] fetches; none where there is nothing to prove.
#[must_use]
pub fn consistency_needs(old: u64, new: u64) -> Vec<NodeId> {
    if old == 0 || old >= new {
        return Vec::new();
    }
    consistency_path(old, new).into_iter().flat_map(Range::peaks).collect()
}

/// The proof that the tree of `new` leaves extends that of `old` (RFC 6962 section 2.1.2). It is empty where `old` is
/// 0 or equals `new`.
///
/// # Errors
/// [`ProofError`] where `old` is larger than `new` or a node of [`consistency_needs`] is missing.
pub fn consistency(old: u64, new: u64, fetch: Fetch<'_>) -> Result<Vec<Hash>, ProofError> {
    if old > new {
        return Err(ProofError::OutOfRange { asked: old, size: new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    Ok(consistency_path(old, new).into_iter().map(|range| range.hash(fetch)).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
