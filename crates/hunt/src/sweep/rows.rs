//! A detection as a row of CSV.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use crate::detect::Detection;

/// The heading.
pub(super) fn heading(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "time,level,rule,rule_id,computer,channel,event_id,record_id,file,techniques,tactics,matched"
    )
}

/// The row. A cell that a spreadsheet would take for a formula gets an apostrophe before it.
pub(super) fn row(out: &mut dyn Write, detection: &Detection) -> io::Result<()> {
    let time = detection.time.map(|time| format!("{time:.6}")).unwrap_or_default();
    let (id, record) = (detection.event_id.to_string(), detection.record_id.to_string());
    let matched: Vec<String> =
        detection.matched.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (techniques, tactics) = (detection.techniques.join(" "), detection.tactics.join(" "));
    let matched = matched.join(" | ");
    let cells = [
        time.as_str(),
        detection.level.as_str(),
        &detection.rule,
        &detection.rule_id,
        &detection.computer,
        &detection.channel,
        &id,
        &record,
        &detection.file,
        &techniques,
        &tactics,
        &matched,
    ];
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let safe = cells.map(|cell| {
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            Cow::Owned(format!("'{cell}"))
        } else {
            Cow::Borrowed(cell)
        }
    });
    writer.write_record(safe.iter().map(|cell| cell.as_bytes()))?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&bytes)
}
