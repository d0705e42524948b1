use std::{cell::Cell, collections::HashMap};

use proptest::prelude::*;

use super::*;

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 6962 section 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// RFC 6962 section 2.1.1, word for word.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut path, beside) = if index < k {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - k, right), naive_root(left))
    };
    path.push(beside);
    path
}

/// RFC 6962 section 2.1.2, word for word.
fn naive_subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { vec![] } else { vec![naive_root(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut proof, beside) = if old <= k {
        (naive_subproof(old, left, whole), naive_root(right))
    } else {
        (naive_subproof(old - k, right, false), naive_root(left))
    };
    proof.push(beside);
    proof
}

#[derive(Default)]
struct Nodes {
    size: u64,
    held: HashMap<NodeId, Hash>,
}

impl Nodes {
    fn grow(&mut self, leaves: &[Hash]) -> Hash {
        let needs = append_needs(self.size);
        let fetch = |node| needs.contains(&node).then(|| self.held.get(&node).copied()).flatten();
        let grown = append(self.size, &fetch, leaves).unwrap();
        assert_eq!(grown.size, self.size + leaves.len() as u64);
        self.size = grown.size;
        for (node, hash) in grown.nodes {
            assert_eq!(self.held.insert(node, hash), None, "a complete node is made once");
        }
        grown.root
    }

    /// Fetches only what was announced, and counts.
    fn with<T>(&self, needs: Vec<NodeId>, run: impl FnOnce(Fetch<'_>) -> T) -> T {
        let fetched = Cell::new(0);
        let result = run(&|node| {
            assert!(needs.contains(&node), "{node:?} was not announced");
            fetched.set(fetched.get() + 1);
            self.held.get(&node).copied()
        });
        assert_eq!(fetched.get(), needs.len(), "announced nodes are fetched once each");
        result
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

/// The reference leaves of the Certificate Transparency project and the roots of their first 0 to 8.
#[test]
fn roots_are_those_of_certificate_transparency() {
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut nodes = Nodes::default();
    assert_eq!(hex(&root(0, &|_| None).unwrap()), roots[0]);
    for (input, expected) in inputs.iter().zip(&roots[1..]) {
        assert_eq!(hex(&nodes.grow(&[leaf_hash(input)])), *expected);
    }
    for size in 0..=8 {
        assert_eq!(
            hex(&nodes.with(root_needs(size), |fetch| root(size, fetch)).unwrap()),
            roots[size as usize]
        );
    }
    // The same project's path of the first leaf in the tree of eight.
    let path = nodes.with(inclusion_needs(0, 8), |fetch| inclusion(0, 8, fetch)).unwrap();
    assert_eq!(
        path.iter().map(hex).collect::<Vec<_>>(),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
}

#[test]
fn every_inclusion_proof_up_to_64_leaves_is_that_of_the_rfc() {
    let all = leaves(64);
    let mut nodes = Nodes::default();
    nodes.grow(&all);
    for size in 1..=64_u64 {
        for index in 0..size {
            let proof =
                nodes.with(inclusion_needs(index, size), |fetch| inclusion(index, size, fetch)).unwrap();
            assert_eq!(proof, naive_path(index as usize, &all[..size as usize]), "{index} of {size}");
        }
    }
}

#[test]
fn a_question_outside_the_tree_is_refused() {
    let none: Fetch<'_> = &|_| None;
    assert_eq!(inclusion(5, 5, none), Err(ProofError::OutOfRange { asked: 5, size: 5 }));
    assert_eq!(consistency(6, 5, none), Err(ProofError::OutOfRange { asked: 6, size: 5 }));
    assert_eq!(consistency(0, 5, none), Ok(vec![]));
    assert_eq!(consistency(5, 5, none), Ok(vec![]));
    assert!(inclusion_needs(5, 5).is_empty() && consistency_needs(6, 5).is_empty());
    assert_eq!(root(3, none), Err(MissingNode(NodeId { level: 1, index: 0 })));
    assert!(
        !inclusion_needs(u64::MAX - 1, u64::MAX).is_empty() && !consistency_needs(1, u64::MAX).is_empty()
    );
}

proptest! {
    #[test]
    fn trees_grown_in_any_steps_have_the_roots_and_proofs_of_the_rfc(
        steps in prop::collection::vec(0_u64..60, 1..8),
        index: prop::sample::Index,
        old: prop::sample::Index,
        new: prop::sample::Index,
    ) {
        let all = leaves(steps.iter().sum::<u64>().min(300));
        let mut nodes = Nodes::default();
        for step in steps {
            let from = nodes.size as usize;
            let to = (from + step as usize).min(all.len());
            prop_assert_eq!(nodes.grow(&all[from..to]), naive_root(&all[..to]));
        }
        let new = new.index(all.len() + 1) as u64;
        prop_assert_eq!(nodes.with(root_needs(new), |f| root(new, f)).unwrap(), naive_root(&all[..new as usize]));
        if new > 0 {
            let index = index.index(new as usize) as u64;
            let proof = nodes.with(inclusion_needs(index, new), |f| inclusion(index, new, f)).unwrap();
            prop_assert_eq!(proof, naive_path(index as usize, &all[..new as usize]));
            let old = old.index(new as usize) as u64 + 1;
            let proof = nodes.with(consistency_needs(old, new), |f| consistency(old, new, f)).unwrap();
            prop_assert_eq!(proof, naive_subproof(old as usize, &all[..new as usize], true));
        }
    }
}
