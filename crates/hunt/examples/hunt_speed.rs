//! How fast a hunt goes, from its arguments to its last line: the full chunks of samples of attacks repeated until there are
//! so many MiB of event logs, against the rules of a folder. `hunt_speed [--rules DIR] [--samples DIR] [--peer PROGRAM] [--growth] [MIB…]`;
//! `cargo xtask bench hunt` gives it SigmaHQ's Windows rules and the peer.
#![expect(clippy::print_stdout, reason = "a measuring program prints its table")]

use std::{
    error::Error,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Instant,
};

use hunt::{
    evidence::Item,
    judge::Judge,
    rules::{self, Cache},
    run::{Hunt, Outcome, Progress},
    source::Sources,
    sweep::{Evidence, Format, Summary, Sweep},
    walk,
};
use sigma::RuleSet;

type Failed = Box<dyn Error>;

struct Arguments {
    rules: PathBuf,
    samples: PathBuf,
    peer: Option<PathBuf>,
    growth: bool,
    sizes: Vec<u64>,
}

fn arguments() -> Result<Arguments, Failed> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut arguments = Arguments {
        rules: shared.join("sigma/windows"),
        samples: shared.join("evtx"),
        peer: None,
        growth: false,
        sizes: Vec::new(),
    };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut path = || given.next().map(PathBuf::from).ok_or(format!("{argument} needs a path"));
        match argument.as_str() {
            "--rules" => arguments.rules = path()?,
            "--samples" => arguments.samples = path()?,
            "--peer" => arguments.peer = Some(path()?).filter(|program| program.is_file()),
            "--growth" => arguments.growth = true,
            size => arguments.sizes.push(size.parse()?),
        }
    }
    Ok(arguments)
}

/// The most memory that was resident, in MiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).map_or(0, |kib: u64| kib >> 10)
}

/// Processor time of all threads, in seconds (proc(5): fields 14 and 15 of `stat`, in hundredths).
fn busy() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Bytes of a file's header, and of a chunk.
const HEADER: usize = 4096;
const CHUNK: usize = 0x1_0000;
/// Chunks in a file that is made: 20 MiB, as Windows keeps them.
const CHUNKS: usize = 320;

/// The chunks of the samples that are at least half full: most are nearly empty, and a log of a practice is not.
fn chunks(samples: &Path, files: &[Item]) -> Result<(Vec<u8>, Vec<Vec<u8>>), Failed> {
    let (mut header, mut chunks) = (Vec::new(), Vec::new());
    for item in files {
        let bytes = fs::read(samples.join(&*item.path))?;
        let Some((head, rest)) = bytes.split_at_checked(HEADER) else { continue };
        header = head.to_vec();
        let (whole, _) = rest.as_chunks::<CHUNK>();
        for chunk in whole.iter().filter(|chunk| chunk.starts_with(b"ElfChnk\0")) {
            let free = chunk.get(48..).and_then(|rest| rest.first_chunk().copied());
            if free.map(u32::from_le_bytes).is_some_and(|free| free as usize >= CHUNK / 2) {
                chunks.push(chunk.to_vec());
            }
        }
    }
    Ok((header, chunks))
}

/// Fills a folder with these chunks, one after the other and from the first again, until it holds so many bytes.
fn fill(header: &[u8], chunks: &[Vec<u8>], to: &Path, bytes: u64) -> Result<(), Failed> {
    let mut next = chunks.iter().cycle();
    let mut left = bytes / CHUNK as u64;
    for number in 0.. {
        if left == 0 {
            break;
        }
        let mut file = io::BufWriter::new(fs::File::create(to.join(format!("{number:05}.evtx")))?);
        file.write_all(header)?;
        for chunk in next.by_ref().take(CHUNKS.min(usize::try_from(left)?)) {
            file.write_all(chunk)?;
            left -= 1;
        }
        file.flush()?;
    }
    Ok(())
}

/// Fills a folder with links to a file until they hold so many bytes.
fn link(file: &Path, to: &Path, bytes: u64) -> Result<(), Failed> {
    let size = fs::metadata(file)?.len();
    for number in 0..bytes / size {
        fs::hard_link(file, to.join(format!("{number:05}.evtx")))?;
    }
    Ok(())
}

struct Bench {
    rules: PathBuf,
    cache: Cache,
}

impl Bench {
    /// All that the verb does, rules included.
    fn whole(&self, folder: &Path, threads: usize) -> Result<(Summary, f64, f64), Failed> {
        let (began, before) = (Instant::now(), busy());
        let set = self.load()?;
        let evidence = Evidence::of(&[folder.to_owned()]).map_err(|fault| format!("{fault:?}"))?;
        let progress = Progress::default();
        let sweep = Sweep {
            rules: Arc::new(set),
            yara: None,
            format: Format::Jsonl,
            least: sigma::Level::Informational,
            threads,
            out: None,
            progress: &progress,
            began,
        };
        let summary = sweep.run(&evidence, &mut io::sink()).map_err(|fault| format!("{fault:?}"))?;
        Ok((summary, began.elapsed().as_secs_f64(), busy() - before))
    }

    fn load(&self) -> Result<RuleSet, Failed> {
        let texts = rules::named(&self.rules).map_err(|(path, error)| format!("{path:?}: {error}"))?;
        Ok(self.cache.compile(&texts))
    }
}

/// A part of the work: every record read, and judged where there are rules; nothing is printed.
fn part(folder: &Path, threads: usize, judge: Option<&Judge>) -> Result<(Outcome, f64, f64), Failed> {
    let (items, _) = walk::files(folder)?;
    let (progress, began, before) = (Progress::default(), Instant::now(), busy());
    let hunt = Hunt { rules: judge, threads, progress: &progress };
    let (outcome, _) = hunt.run(&items, || (), &mut drop);
    Ok((outcome, began.elapsed().as_secs_f64(), busy() - before))
}

fn row(what: &str, threads: usize, records: u64, found: &str, seconds: f64, busy: f64) {
    let count = records as f64;
    let core = busy * 1e9 / count;
    println!(
        "| {what} | {threads} | {records} | {found} | {seconds:.3} | {:.0} | {core:.0} | {} |",
        count / seconds,
        resident()
    );
}

fn heading() {
    println!(
        "| what | threads | records | detections | seconds | records/s | ns of processor a record | MiB resident |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
}

fn main() -> Result<(), Failed> {
    let arguments = arguments()?;
    let (rules, samples) = (&arguments.rules, &arguments.samples);
    if !rules.is_dir() || !samples.is_dir() {
        println!("SKIPPED: no rules in {} or no samples in {}", rules.display(), samples.display());
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let bench = Bench { rules: rules.clone(), cache: Cache::new(place.path().join("cache")) };
    let began = Instant::now();
    let set = bench.load()?;
    let cold = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let again = bench.load()?;
    let warm = began.elapsed().as_secs_f64();
    println!(
        "{} rules ({} not supported): {cold:.3} s cold (goal 0.4), {warm:.3} s from the cache (goal 0.05)\n",
        again.rules.len(),
        set.refused.len(),
    );
    drop((set, again));

    let files: Vec<Item> =
        walk::files(samples)?.0.into_iter().filter(|item| item.path.ends_with(".evtx")).collect();
    let (header, chunks) = chunks(samples, &files)?;
    let sizes = if arguments.sizes.is_empty() { vec![128] } else { arguments.sizes.clone() };
    heading();
    for mib in sizes {
        let folder = place.path().join(mib.to_string());
        fs::create_dir(&folder)?;
        fill(&header, &chunks, &folder, mib << 20)?;
        measure(&bench, &folder, mib, arguments.peer.as_deref())?;
        fs::remove_dir_all(&folder)?;
    }
    if arguments.growth {
        let dense = place.path().join("dense");
        fs::create_dir(&dense)?;
        fill(&header, &chunks, &dense, (CHUNK * CHUNKS) as u64)?;
        grow(&bench, samples, &files, place.path())?;
    }
    Ok(())
}

fn measure(bench: &Bench, folder: &Path, mib: u64, peer: Option<&Path>) -> Result<(), Failed> {
    let mut best = f64::MAX;
    for threads in [1, 2] {
        let (outcome, seconds, busy) = part(folder, threads, None)?;
        row(&format!("{mib} MiB, reading"), threads, outcome.records, "", seconds, busy);
        let judge = Judge::new(Arc::new(bench.load()?), Sources::builtin()?, sigma::Level::Informational);
        let (outcome, seconds, busy) = part(folder, threads, Some(&judge))?;
        let found = outcome.detections.to_string();
        row(&format!("{mib} MiB, reading and judging"), threads, outcome.records, &found, seconds, busy);
        let (summary, seconds, busy) = bench.whole(folder, threads)?;
        best = best.min(seconds);
        let found = summary.detections.to_string();
        row(&format!("{mib} MiB, everything"), threads, summary.records, &found, seconds, busy);
    }
    let Some(peer) = peer else { return Ok(()) };
    let output = Command::new(peer).arg(&bench.rules).arg(folder).arg("2").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut rules = 0.0;
    for line in text.lines() {
        let cells: Vec<&str> = line.split(' ').collect();
        let [what, records, found, seconds, resident] = cells[..] else { continue };
        let seconds: f64 = seconds.parse()?;
        let whole = match what {
            "rules" => {
                rules = seconds;
                continue;
            }
            "join" => seconds + rules,
            _ => seconds,
        };
        let name = if what == "join" {
            "`evtx` + JSON + `rsigma-eval`, everything"
        } else {
            "`evtx` to JSON text alone"
        };
        let count: f64 = records.parse()?;
        println!(
            "| {mib} MiB, {name} | 2 | {records} | {found} | {whole:.3} | {:.0} | {:.1} times ours | {} |",
            count / whole,
            whole / best,
            resident.parse::<u64>()? >> 10,
        );
    }
    Ok(())
}

/// Time has to grow with the input and memory must not; many small files must cost no more than few large ones.
fn grow(bench: &Bench, samples: &Path, files: &[Item], place: &Path) -> Result<(), Failed> {
    for gigabytes in [1, 2, 4, 8] {
        let folder = place.join("growth");
        fs::create_dir(&folder)?;
        link(&place.join("dense/00000.evtx"), &folder, gigabytes * 1_000_000_000)?;
        let (summary, seconds, busy) = bench.whole(&folder, 2)?;
        let found = summary.detections.to_string();
        row(&format!("{gigabytes} GB"), 2, summary.records, &found, seconds, busy);
        fs::remove_dir_all(&folder)?;
    }
    let folder = place.join("small");
    fs::create_dir(&folder)?;
    let mut small: Vec<&Item> = files.iter().collect();
    small.sort_by_key(|item| item.size);
    for (number, item) in small.iter().take(100).cycle().take(6000).enumerate() {
        fs::copy(samples.join(&*item.path), folder.join(format!("{number:05}.evtx")))?;
    }
    let (summary, seconds, busy) = bench.whole(&folder, 2)?;
    row("6,000 small files", 2, summary.records, &summary.detections.to_string(), seconds, busy);
    Ok(())
}
