//! How many alerts a second one core reads: `cargo run --release -p intake --example intake_speed`.
//! JSON Lines of Defender alerts of about 2 kB, as a feed would bring them, from memory.

use std::{io::Write, time::Instant};

fn main() {
    let one = |number: usize| {
        format!(
            concat!(
                r#"{{"id":"da{n}","severity":"High","status":"New","title":"Suspicious PowerShell command line","description":"{d}","#,
                r#""alertCreationTime":"2026-01-26T20:33:01.1234567Z","firstEventTime":"2026-01-26T20:31:32.5Z","machineId":"m{n}","#,
                r#""computerDnsName":"ws-exam3.cedarhollow.example","mitreTechniques":["T1059.001"],"evidence":["#,
                r#"{{"entityType":"Process","sha256":"{h:064x}","fileName":"a.exe","filePath":"C:\\Temp","processCommandLine":"a.exe {n}"}},"#,
                r#"{{"entityType":"Ip","ipAddress":"203.0.113.9"}}]}}"#,
            ),
            n = number,
            d = "A suspicious PowerShell activity was observed on the machine. ".repeat(22),
            h = number,
        )
    };
    let lines: Vec<String> = (0..50_000).map(one).collect();
    let input = lines.join("\n").into_bytes();
    let start = Instant::now();
    let taken = intake::read(None, &input[..]).filter(Result::is_ok).count();
    let seconds = start.elapsed().as_secs_f64();
    let out = &mut std::io::stdout();
    let _ = writeln!(
        out,
        "{taken} alerts of {} bytes: {:.0}/s, {:.0} MB/s",
        input.len() / lines.len(),
        taken as f64 / seconds,
        input.len() as f64 / seconds / 1e6
    );
}
