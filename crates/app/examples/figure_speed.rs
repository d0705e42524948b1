//! How long a figure of a long timeline takes: a million lines read back as a hunt seals them, then zoomed and filtered as a
//! person does. `figure_speed [LINES]`.
#![expect(clippy::print_stdout, reason = "a measuring program prints its table")]

use std::{error::Error, fmt::Write as _, time::Instant};

use app::chronicle::{Chronicle, Filter, Level};
use kernel::Timestamp;

const BEGIN: i64 = 1_780_000_000;

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

/// The two files of a hunt with so many lines in thirty days, one in two hundred a detection.
fn files(lines: i64) -> Result<(String, String), std::fmt::Error> {
    let (mut timeline, mut detections) =
        ("time,host,what,account,text,copies,file,record\n".to_owned(), String::new());
    for number in 0..lines {
        // Spread by a multiplication that visits every place once, so that no part is empty.
        let at = instant(BEGIN + number * 2_592_000 / lines.max(1));
        let (host, user) = (number * 7 % 40, number * 13 % 300);
        writeln!(
            timeline,
            "{at},WS-{host}.clinic.example,logon,CLINIC\\user{user},LogonType=3 TargetUserName=user{user} IpAddress=10.0.{host}.{},1,ws-{host}/Security.evtx,{number}",
            user % 200
        )?;
        if number % 200 == 0 {
            let level = ["low", "medium", "high", "critical"]
                .get(usize::try_from(number / 200 % 4).unwrap_or_default())
                .unwrap_or(&"low");
            writeln!(
                detections,
                r#"{{"rule_id":"r{user}","rule":"A rule of a hunt, number {user}","level":"{level}","time":"{at:.6}","computer":"WS-{host}","channel":"Security","event_id":4688,"record_id":{number},"file":"ws-{host}/Security.evtx","techniques":["T1059.001"],"tactics":["execution"],"matched":{{"CommandLine":"powershell.exe -NoP {number}"}}}}"#
            )?;
        }
    }
    Ok((timeline, detections))
}

/// The middle and the worst of fifty runs, in milliseconds.
fn timed(mut work: impl FnMut() -> usize) -> (f64, f64) {
    let mut took: Vec<f64> = (0..50)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(work());
            began.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    took.sort_by(f64::total_cmp);
    (took.get(25).copied().unwrap_or_default(), took.last().copied().unwrap_or_default())
}

fn main() -> Result<(), Box<dyn Error>> {
    let lines = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let (timeline, detections) = files(lines)?;
    let began = Instant::now();
    let chronicle = Chronicle::read(timeline.as_bytes(), detections.as_bytes(), Vec::new())?;
    println!(
        "{} lines read back in {:.2} s, {} MiB in memory ({} MiB on disk)",
        chronicle.len(),
        began.elapsed().as_secs_f64(),
        chronicle.memory() >> 20,
        (timeline.len() + detections.len()) >> 20
    );
    let day = Filter {
        from: Some(instant(BEGIN + 864_000)),
        to: Some(instant(BEGIN + 950_400)),
        ..Filter::default()
    };
    let minute = Filter {
        from: Some(instant(BEGIN + 864_000)),
        to: Some(instant(BEGIN + 864_060)),
        ..Filter::default()
    };
    let host = Filter { host: Some("WS-7".to_owned()), ..Filter::default() };
    let high =
        Filter { level: Some(Level::High), account: Some("CLINIC\\user13".to_owned()), ..Filter::default() };
    println!("{:<28} {:>10} {:>10} {:>8}", "", "median ms", "worst ms", "marks");
    for (name, filter) in [
        ("all of it", Filter::default()),
        ("a day of it", day),
        ("a minute", minute),
        ("one host", host),
        ("an account, high", high),
    ] {
        let figure = chronicle.figure(&filter);
        let marks: usize = figure.lanes.iter().map(|lane| lane.bins.len()).sum();
        let (median, worst) = timed(|| chronicle.figure(&filter).lanes.len());
        println!("{:<28} {median:>10.2} {worst:>10.2} {marks:>8}", format!("figure, {name}"));
        let (median, worst) = timed(|| chronicle.lines(&filter, None, 40, true).items.len());
        println!("{:<28} {median:>10.2} {worst:>10.2}", format!("forty lines, {name}"));
    }
    Ok(())
}
