//! `proofs.json`, line by line: a heading, the consistency proofs, a divider, the inclusion proofs, an end.

use serde::Deserialize;

use super::{Failure, FailureKind, Hash, json, merkle, note::Head, package::Leaf, unhex};

/// Takes a line: its number, from 1, and its bytes without the newline.
pub(super) type TakeLine<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<(), Failure>;

/// Bytes cut into lines, each of which ends in a newline and has a limited length.
pub(super) struct Lines {
    path: &'static str,
    limit: usize,
    begun: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(super) fn new(path: &'static str, limit: usize) -> Self {
        Self { path, limit, begun: Vec::new(), number: 0 }
    }

    /// Hands on each line that `chunk` completes.
    pub(super) fn push(&mut self, mut chunk: &[u8], line: TakeLine<'_>) -> Result<(), Failure> {
        while let Some(at) = chunk.iter().position(|&byte| byte == b'\n') {
            let (end, rest) = chunk.split_at(at);
            self.number += 1;
            if self.begun.is_empty() {
                line(self.number, end)?;
            } else {
                self.begun.extend_from_slice(end);
                line(self.number, &self.begun)?;
                self.begun.clear();
            }
            chunk = rest.get(1..).unwrap_or_default();
        }
        self.begun.extend_from_slice(chunk);
        if self.begun.len() > self.limit {
            return Err(self.fail("is longer than any that a package holds"));
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        if self.begun.is_empty() { Ok(()) } else { Err(self.fail("does not end")) }
    }

    fn fail(&self, why: &str) -> Failure {
        Failure::new(FailureKind::File, self.path, format!("its line {} {why}", self.number + 1))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inclusion {
    hashes: Vec<String>,
    index: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consistency {
    hashes: Vec<String>,
    size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Heading,
    /// Whether another proof must follow, as the last line ended in a comma.
    Consistency(Option<bool>),
    Inclusion(Option<bool>),
    End,
}

/// The proofs, as they are read.
pub(super) struct Proofs<'a> {
    head: &'a Head,
    leaves: &'a [Leaf],
    indices: &'a [u64],
    /// The older size whose consistency proof is wanted.
    wanted: Option<u64>,
    found: Option<Vec<Hash>>,
    place: Place,
    proven: usize,
    first_failure: Option<Failure>,
}

fn malformed(why: &str) -> Failure {
    Failure::new(FailureKind::File, "proofs.json", why)
}

fn hashes(texts: &[String]) -> Result<Vec<Hash>, Failure> {
    texts
        .iter()
        .map(|text| unhex(text).ok_or_else(|| malformed("one of its hashes is not a SHA-256")))
        .collect()
}

impl<'a> Proofs<'a> {
    pub(super) fn new(head: &'a Head, leaves: &'a [Leaf], indices: &'a [u64], wanted: Option<u64>) -> Self {
        let place = Place::Heading;
        Self { head, leaves, indices, wanted, found: None, place, proven: 0, first_failure: None }
    }

    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), Failure> {
        self.place = match (self.place, line) {
            (Place::Heading, b"{\"consistency\":[") => Place::Consistency(None),
            (Place::Consistency(None | Some(false)), b"],\"inclusion\":[") => Place::Inclusion(None),
            (Place::Consistency(None | Some(true)), _) => Place::Consistency(Some(self.consistency(line)?)),
            (Place::Inclusion(None | Some(false)), b"]}") => Place::End,
            (Place::Inclusion(None | Some(true)), _) => Place::Inclusion(Some(self.inclusion(line)?)),
            _ => return Err(malformed("its lines are not those of proofs")),
        };
        Ok(())
    }

    /// A line's JSON, and whether a comma follows it.
    fn item<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<(T, bool), Failure> {
        let (item, more) = line.strip_suffix(b",").map_or((line, false), |item| (item, true));
        json::check(item).map_err(malformed)?;
        let item = serde_json::from_slice(item).map_err(|_| malformed("one of its lines is not a proof"))?;
        Ok((item, more))
    }

    fn consistency(&mut self, line: &[u8]) -> Result<bool, Failure> {
        let (proof, more) = Self::item::<Consistency>(line)?;
        if self.wanted == Some(proof.size) {
            self.found = Some(hashes(&proof.hashes)?);
        }
        Ok(more)
    }

    fn inclusion(&mut self, line: &[u8]) -> Result<bool, Failure> {
        let (proof, more) = Self::item::<Inclusion>(line)?;
        let (Some(leaf), Some(&index)) = (self.leaves.get(self.proven), self.indices.get(self.proven)) else {
            return Err(malformed("it proves more entries than the record holds"));
        };
        self.proven += 1;
        if proof.index != index {
            return Err(malformed(&format!(
                "it places {} elsewhere in the log than the manifest",
                leaf.name()
            )));
        }
        let path = hashes(&proof.hashes)?;
        let holds = merkle::includes(&self.head.root, self.head.size, index, &leaf.hash, &path);
        if !holds && self.first_failure.is_none() {
            let why =
                format!("changed or added: it is not entry {index} of the log that the checkpoint signs");
            self.first_failure = Some(Failure::new(FailureKind::Entry, leaf.name(), why));
        }
        Ok(more)
    }

    /// After the last line: the consistency proof that was wanted, where there is one.
    pub(super) fn finish(self) -> Result<Option<Vec<Hash>>, Failure> {
        if self.place != Place::End {
            return Err(malformed("it does not end"));
        }
        if self.proven != self.leaves.len() {
            return Err(malformed("it proves fewer entries than the record holds"));
        }
        self.first_failure.map_or(Ok(self.found), Err)
    }
}
