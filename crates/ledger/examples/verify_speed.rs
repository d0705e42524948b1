//! How long it takes to make and to verify a log: `cargo run --release -p ledger --example verify_speed [ENTRIES]`. The
//! floor is the SHA-256 of the same bytes, measured in the same run.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use kernel::{
    AlertId, Entry, EntryId, IncidentId, PersonId, PracticeId, Role, Stream, Timestamp, entry::EntryActor,
};
use ledger::{
    canonical,
    checkpoint::Signer,
    tree::{self, NodeId},
    verify::verify_log,
};
use sha2::{Digest as _, Sha256};

fn entry(number: u64) -> Entry {
    // Nine in ten entries are the first of an alert of their own, as in a busy month.
    let incident = number.is_multiple_of(10);
    let stream = if incident {
        Stream::incident(IncidentId::from_u128(1))
    } else {
        Stream::alert(AlertId::from_u128(u128::from(number)))
    };
    Entry {
        v: 1,
        id: EntryId::from_u128(u128::from(number) << 80 | 0x5EED),
        practice: PracticeId::from_u128(7),
        stream,
        version: if incident { number / 10 + 1 } else { 1 },
        at: Timestamp::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_000 + number),
        actor: EntryActor { id: PersonId::from_u128(3), name: "Dana Ruiz".to_owned(), role: Role::Lead },
        kind: "alert_received".to_owned(),
        privileged: false,
        body: serde_json::json!({
            "source": "microsoft-defender", "hosts": ["ws-exam3"], "severity": "high",
            "raw_sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        }),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse())?;
    let mut out = io::stdout().lock();
    let mut row = |what: &str, took: Duration, floor: Duration| {
        let rate = count as f64 / took.as_secs_f64();
        let ratio = took.as_secs_f64() / floor.as_secs_f64();
        writeln!(out, "{what:<40} {:>8.3} s {rate:>12.0} entries/s {ratio:>6.2} × floor", took.as_secs_f64())
    };

    let made: Vec<Entry> = (0..count).map(entry).collect();
    let start = Instant::now();
    let entries = made.iter().map(canonical::to_vec).collect::<Result<Vec<_>, _>>()?;
    let canonical = start.elapsed();

    let start = Instant::now();
    let digests: Vec<[u8; 32]> = entries.iter().map(|entry| Sha256::digest(entry).into()).collect();
    let floor = start.elapsed();
    assert_eq!(digests.len(), entries.len());

    row("SHA-256 of the entries (floor)", floor, floor)?;
    row("canonical bytes", canonical, floor)?;

    let start = Instant::now();
    let leaves: Vec<_> = entries.iter().map(|entry| tree::leaf_hash(entry)).collect();
    let grown = tree::append(0, &|_: NodeId| None, &leaves)?;
    row("leaves, tree and root", start.elapsed(), floor)?;

    let signer = Signer::new("bench.example/log", &[7; 32])?;
    let checkpoint = signer.checkpoint(signer.name(), grown.size, &grown.root);
    let start = Instant::now();
    let checked = verify_log((0..).zip(&entries), &checkpoint, &[signer.verifier_key()], None)?;
    row("verify_log", start.elapsed(), floor)?;

    let bytes: usize = entries.iter().map(Vec::len).sum();
    writeln!(
        out,
        "\n{} bytes an entry on average; {}",
        bytes as u64 / count.max(1),
        checked.points.join("; ")
    )?;
    Ok(())
}
