//! Where detections go: printed, and kept in the folder. They come in the contract's order and go out as they come, but
//! for two cases. In the order of time nothing is certain before the last one. And where a correlation rule has to wait for
//! the end, what it finds may belong between any of the others: they wait outside of memory.

use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, Write};

use story::timeline;
use tempfile::SpooledTempFile;

use super::{Format, folder::Folder, rows};
use crate::detect::Detection;

/// What waits in memory before it goes to disk.
const HELD: usize = 16 << 20;

pub(super) struct Sink<'s> {
    format: Format,
    print: &'s mut dyn Write,
    folder: Option<&'s Folder>,
    waits: bool,
    spool: Option<BufWriter<SpooledTempFile>>,
    sorter: Option<timeline::Sorter>,
    begun: bool,
    /// Nobody reads any more.
    deaf: bool,
    json: Vec<u8>,
    row: Vec<u8>,
    fault: Option<io::Error>,
}

impl<'s> Sink<'s> {
    pub(super) fn new(
        format: Format,
        print: &'s mut dyn Write,
        folder: Option<&'s Folder>,
        waits: bool,
    ) -> Self {
        let sorter = || timeline::Sorter::new(&std::env::temp_dir(), HELD);
        Self {
            format,
            print,
            folder,
            waits,
            spool: None,
            sorter: (format == Format::Timeline).then(sorter),
            begun: false,
            deaf: false,
            json: Vec::new(),
            row: Vec::new(),
            fault: None,
        }
    }

    /// Takes the next detection in the contract's order.
    pub(super) fn take(&mut self, detection: &Detection) {
        if self.fault.is_none() {
            self.fault = self.taken(detection).err();
        }
    }

    fn taken(&mut self, detection: &Detection) -> io::Result<()> {
        self.write(detection)?;
        if let Some(sorter) = &mut self.sorter {
            sorter.push(line(detection, &self.row))?;
        } else if self.waits {
            let spool = self.spool.get_or_insert_with(|| BufWriter::new(tempfile::spooled_tempfile(HELD)));
            return hold(spool, detection, [&self.json, &self.row]);
        } else {
            self.out()?;
        }
        self.folder.map_or(Ok(()), |folder| folder.keep(&self.json))
    }

    /// The detection in both forms.
    fn write(&mut self, detection: &Detection) -> io::Result<()> {
        self.json.clear();
        self.row.clear();
        serde_json::to_writer(&mut self.json, detection)?;
        self.json.push(b'\n');
        if self.format == Format::Jsonl { Ok(()) } else { rows::row(&mut self.row, detection) }
    }

    /// Prints what was written last. Whoever reads may have read enough; the folder gets everything all the same.
    fn out(&mut self) -> io::Result<()> {
        if self.deaf {
            return Ok(());
        }
        match self.printed() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.deaf = true;
                Ok(())
            }
            printed => printed,
        }
    }

    fn printed(&mut self) -> io::Result<()> {
        if self.format == Format::Jsonl {
            return self.print.write_all(&self.json);
        }
        if !std::mem::replace(&mut self.begun, true) {
            rows::heading(self.print)?;
        }
        self.print.write_all(&self.row)
    }

    /// Takes what correlation rules found at the end alone, in any order, and lets everything go.
    ///
    /// # Errors
    /// Where something could not be written, now or before.
    pub(super) fn finish(mut self, correlated: &[Detection]) -> io::Result<()> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut more: Vec<&Detection> = correlated.iter().collect();
        more.sort_by(|one, other| place(one).cmp(&place(other)));
        if let Some(mut sorter) = self.sorter.take() {
            for detection in more {
                self.write(detection)?;
                sorter.push(line(detection, &self.row))?;
                self.folder.map_or(Ok(()), |folder| folder.keep(&self.json))?;
            }
            return sorter.finish(|line, _| {
                self.row = line.text.as_bytes().to_vec();
                self.out()
            });
        }
        let mut more = more.into_iter().peekable();
        if let Some(spool) = self.spool.take() {
            let mut spool = spool.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
            spool.rewind()?;
            let mut spool = BufReader::new(spool);
            while let Some((file, record, texts)) = held(&mut spool)? {
                while let Some(first) =
                    more.next_if(|found| (&*found.file, found.record_id) < (file.as_str(), record))
                {
                    self.write(first)?;
                    self.pass()?;
                }
                [self.json, self.row] = texts;
                self.pass()?;
            }
        }
        for detection in more {
            self.write(detection)?;
            self.pass()?;
        }
        self.print.flush()
    }

    fn pass(&mut self) -> io::Result<()> {
        self.out()?;
        self.folder.map_or(Ok(()), |folder| folder.keep(&self.json))
    }
}

fn place(detection: &Detection) -> (&str, u64, &str) {
    (&detection.file, detection.record_id, &detection.rule_id)
}

/// A printed row under its instant, to be sorted.
fn line(detection: &Detection, row: &[u8]) -> timeline::Line {
    timeline::Line {
        time: detection.time.unwrap_or(jiff::Timestamp::MIN),
        host: String::new(),
        what: String::new(),
        text: String::from_utf8_lossy(row).into_owned(),
        account: String::new(),
        file: detection.file.to_string(),
        record: detection.record_id,
    }
}

fn put(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)
}

fn get(from: &mut impl io::Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let mut bytes = Vec::new();
    from.take(u64::from_le_bytes(length)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hold(out: &mut impl Write, detection: &Detection, texts: [&Vec<u8>; 2]) -> io::Result<()> {
    put(out, detection.file.as_bytes())?;
    put(out, &detection.record_id.to_le_bytes())?;
    texts.into_iter().try_for_each(|text| put(out, text))
}

type Held = (String, u64, [Vec<u8>; 2]);

fn held(from: &mut BufReader<SpooledTempFile>) -> io::Result<Option<Held>> {
    if from.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let file = String::from_utf8_lossy(&get(from)?).into_owned();
    let record = get(from)?.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    Ok(Some((file, record, [get(from)?, get(from)?])))
}
