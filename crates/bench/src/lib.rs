#![doc = include_str!("../README.md")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::PathBuf,
    time::{Duration, Instant},
};

/// How long requests took.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Takes one down.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Takes another's down too.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that this share of them kept within (nearest rank); zero where there are none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Milliseconds.
#[must_use]
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A row of a table: what, what was measured, and whether it keeps what the project promises.
///
/// # Errors
/// [`io::Error`] where standard output is gone.
pub fn row(what: &str, measured: &str, promise: Option<(&str, bool)>) -> io::Result<()> {
    let verdict = match promise {
        Some((promise, true)) => format!("{promise}: met"),
        Some((promise, false)) => format!("{promise}: NOT MET"),
        None => String::new(),
    };
    writeln!(io::stdout().lock(), "{what:<46} {measured:>40}   {verdict}")
}

/// A heading.
///
/// # Errors
/// [`io::Error`] where standard output is gone.
pub fn heading(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "\n{text}")
}

/// The optimised binary that was built beside this program.
///
/// # Errors
/// [`io::Error`] where there is none.
pub fn binary() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let found = own.ancestors().skip(1).map(|folder| folder.join("tourniquet")).find(|path| path.is_file());
    found.ok_or_else(|| io::Error::other("no `tourniquet` beside this program: cargo build --release first"))
}

/// A folder on the disk that the program is built on (a folder of the system's own may be memory), gone when dropped.
///
/// # Errors
/// [`io::Error`] where it cannot be made.
pub fn scratch() -> io::Result<tempfile::TempDir> {
    let binary = binary()?;
    tempfile::Builder::new().prefix("bench-").tempdir_in(binary.parent().unwrap_or(&binary))
}

/// What the disk alone can do: how often a second this many bytes can be appended to a file and forced to the disk,
/// one after the other.
///
/// # Errors
/// [`io::Error`] of the disk.
pub fn syncs_per_second(folder: &std::path::Path, bytes: usize, lasting: Duration) -> io::Result<f64> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let block = vec![0x5A; bytes];
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < lasting {
        file.write_all(&block)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    fs::remove_file(&path)?;
    Ok(rate)
}

/// How often a second each of two cores, both busy, writes and cuts up a few kilobytes of text: what most of the program does. A
/// virtual machine's cores are not always as fast as they can be (a neighbour on the other half of a core takes up to half of it),
/// and a rate means little without it.
///
/// # Errors
/// Where a thread ends early.
pub fn cores_per_second(lasting: Duration) -> io::Result<Vec<f64>> {
    let work = move || {
        let (start, mut rounds, mut all) = (Instant::now(), 0_u32, 0);
        while start.elapsed() < lasting {
            let mut text = String::new();
            for number in 0..500 {
                let _ = write!(text, "{} word{} ", number * 7919 % 1000, number % 97);
            }
            let mut words: BTreeMap<&str, usize> = BTreeMap::new();
            text.split(' ').for_each(|word| *words.entry(word).or_default() += 1);
            all += words.len();
            rounds += 1;
        }
        std::hint::black_box(all);
        f64::from(rounds) / start.elapsed().as_secs_f64()
    };
    let threads: Vec<_> = (0..2).map(|_| std::thread::spawn(work)).collect();
    let ended = |_| io::Error::other("a thread ended by a panic");
    threads.into_iter().map(|thread| thread.join().map_err(ended)).collect()
}

/// The processor time that a process has used so far, in seconds, of `/proc/ID/stat` (proc(5); a tick is 10 ms on
/// every Linux of today).
///
/// # Errors
/// [`io::Error`] where there is no such process or no `/proc`.
pub fn processor_seconds(process: &str) -> io::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses and may hold anything.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

/// The resident memory of a process in MB (10^6 bytes), of `/proc/ID/status`.
///
/// # Errors
/// [`io::Error`] where there is no such process or no `/proc`.
pub fn resident_megabytes(process: u32) -> io::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().map_err(io::Error::other)?;
    Ok(kibibytes * 1024.0 / 1e6)
}
