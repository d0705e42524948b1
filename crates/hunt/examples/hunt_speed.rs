//! How fast a hunt goes: the samples of attacks repeated until there are so many MiB of event logs, against the rules
//! of a folder. `hunt_speed RULES SAMPLES [MIB]`; `cargo xtask bench hunt` gives it SigmaHQ's Windows rules.
#![expect(clippy::print_stdout, reason = "a measuring program prints its table")]

use std::{error::Error, fs, path::Path, sync::Arc, time::Instant};

use hunt::{
    evidence::Item,
    judge::Judge,
    run::{Hunt, Progress},
    source::Sources,
    walk,
};

fn main() -> Result<(), Box<dyn Error>> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut arguments = std::env::args().skip(1);
    let rules = arguments.next().map_or_else(|| shared.join("sigma/windows"), Into::into);
    let samples = arguments.next().map_or_else(|| shared.join("evtx"), Into::into);
    let mib: u64 = arguments.next().map_or(Ok(128), |mib| mib.parse())?;
    if !rules.is_dir() || !samples.is_dir() {
        println!("SKIPPED: no rules in {} or no samples in {}", rules.display(), samples.display());
        return Ok(());
    }

    let began = Instant::now();
    let mut texts = Vec::new();
    for item in walk::files(&rules)?.0 {
        texts.push((item.path.to_string(), fs::read_to_string(rules.join(&*item.path))?));
    }
    let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let set = sigma::compile(texts, &sigma::Settings::default());
    let cold = began.elapsed();
    let bytes = set.to_bytes();
    let began = Instant::now();
    let set = sigma::RuleSet::from_bytes(&bytes).ok_or("the cache's bytes are not taken back")?;
    let warm = began.elapsed();
    println!(
        "{} rules: {:.3} s cold, {:.3} s from {} KiB of cache",
        set.rules.len(),
        cold.as_secs_f64(),
        warm.as_secs_f64(),
        bytes.len() / 1024
    );

    let folder = tempfile::tempdir()?;
    let sources: Vec<Item> =
        walk::files(&samples)?.0.into_iter().filter(|item| item.path.ends_with(".evtx")).collect();
    let (mut written, mut number) = (0, 0);
    'all: loop {
        for item in &sources {
            if written >= mib << 20 {
                break 'all;
            }
            number += 1;
            written += fs::copy(samples.join(&*item.path), folder.path().join(format!("{number:06}.evtx")))?;
        }
    }
    let judge = Judge::new(Arc::new(set), Sources::builtin()?, sigma::Level::Informational);
    let (items, _) = walk::files(folder.path())?;
    println!("| threads | rules | MiB | records | detections | seconds | records/s | µs a record and core |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (threads, with) in [(1, false), (1, true), (2, false), (2, true)] {
        let progress = Progress::default();
        let hunt = Hunt { rules: with.then_some(&judge), threads, progress: &progress };
        let began = Instant::now();
        let (outcome, _) = hunt.run(&items, || (), &mut drop);
        let seconds = began.elapsed().as_secs_f64();
        let records = outcome.records as f64;
        println!(
            "| {threads} | {} | {} | {} | {} | {seconds:.3} | {:.0} | {:.2} |",
            if with { "yes" } else { "no" },
            outcome.bytes >> 20,
            outcome.records,
            outcome.detections,
            records / seconds,
            seconds * 1e6 * f64::from(u32::try_from(threads)?) / records
        );
    }
    Ok(())
}
