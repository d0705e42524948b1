//! Measures how fast the vault takes a large file in (hashed, sealed, durable), against `sha256sum` of the same file, in
//! alternation. `cargo run --release -p vault --example vault_speed -- FOLDER [GIBIBYTES] [ROUNDS]`; the folder needs twice
//! the space, and is on the disk that is measured.

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use vault::{Rehash, Vault};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder on the disk to measure")?);
    let mut number = |default: u64| match arguments.next() {
        Some(text) => text.to_str().and_then(|text| text.parse().ok()).ok_or("not a number"),
        None => Ok(default),
    };
    let (bytes, rounds) = (number(2)? << 30, number(3)?.max(1));
    let scratch = folder.join("vault-speed");
    std::fs::create_dir_all(&scratch)?;
    let measured = measure(&scratch, bytes, rounds);
    std::fs::remove_dir_all(&scratch)?;
    let [mut sums, mut puts, mut checks] = measured?;
    let rate = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        bytes as f64 / 1e6 / median.as_secs_f64()
    };
    let (sum, put, check) = (rate(&mut sums), rate(&mut puts), rate(&mut checks));
    let mut out = std::io::stdout();
    writeln!(out, "| {bytes} bytes, median of {rounds} | MB/s | ratio |")?;
    writeln!(out, "| --- | ---: | ---: |")?;
    writeln!(out, "| sha256sum | {sum:.0} | 1.00 |")?;
    writeln!(out, "| vault: hashed, sealed, durable | {put:.0} | {:.2} |", put / sum)?;
    writeln!(out, "| vault: opened and hashed again | {check:.0} | {:.2} |", check / sum)?;
    Ok(())
}

type Times = Vec<Duration>;

fn measure(scratch: &Path, bytes: u64, rounds: u64) -> Result<[Times; 3], Box<dyn Error>> {
    let source = scratch.join("evidence");
    write_noise(&source, bytes)?;
    let (mut sums, mut puts, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    let mut err = std::io::stderr();
    for round in 0..rounds {
        let start = Instant::now();
        let output = Command::new("sha256sum").arg(&source).output()?;
        sums.push(start.elapsed());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();

        let folder = scratch.join(format!("vault-{round}"));
        let mut entropy = |slice: &mut [u8]| slice.fill(0x5a);
        let vault = Vault::open(&folder, &mut entropy)?;
        let file = File::open(&source)?;
        let start = Instant::now();
        let stored = vault.put(file, Some(bytes))?;
        puts.push(start.elapsed());
        if !said.starts_with(&stored.sha256.to_string()) || stored.bytes != bytes || stored.existed() {
            return Err(format!("the vault says {stored:?}, sha256sum {said}").into());
        }
        let start = Instant::now();
        let found = vault.rehash(&stored.sha256)?;
        checks.push(start.elapsed());
        if found != (Rehash::Intact { bytes }) {
            return Err(format!("the vault finds {found:?}").into());
        }
        let (sum, put, check) = (sums.last(), puts.last(), checks.last());
        writeln!(err, "round {round}: sha256sum {sum:?}, put {put:?}, rehash {check:?}")?;
        std::fs::remove_dir_all(&folder)?;
    }
    Ok([sums, puts, checks])
}

/// Bytes that do not compress, the same every time.
fn write_noise(path: &Path, bytes: u64) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..bytes / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.into_inner()?.sync_all()?;
    Ok(())
}
