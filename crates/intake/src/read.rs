//! An input of any shape as a sequence of alerts and faults, in its order, with little memory however long it is.

use std::{
    collections::VecDeque,
    io::{self, Cursor, Read},
};

use flate2::read::MultiGzDecoder;
use kernel::Digest;

use crate::{
    adapter::{Adapter, Body, Item},
    charset::{self, Transcoded, Utf16},
    document::{self, Outcome, Taken},
    error::{Fault, IntakeError, MAX_ALERT, MAX_DOCUMENT, MAX_RATIO, MAX_UNPACKED},
    format::csv::{self, Columns},
    scan::{self, Extent, Step},
    shape::{self, Shape},
    window::Window,
    zeek::Header,
};

/// Reads alerts from an input. `chosen` is the adapter to use; without one each alert's source is recognised.
pub fn read<'r>(chosen: Option<&'static Adapter>, input: impl Read + 'r) -> Alerts<'r> {
    let reader: Box<dyn Read + 'r> = Box::new(input);
    Alerts {
        window: Window::new(reader),
        chosen,
        state: State::Start,
        wide: None,
        waiting: VecDeque::new(),
        packed: false,
    }
}

/// The alerts and faults of an input; see [`read`].
pub struct Alerts<'r> {
    window: Window<Box<dyn Read + 'r>>,
    chosen: Option<&'static Adapter>,
    state: State,
    /// The input, where it was UTF-16; offsets in the window are then of its UTF-8 text.
    wide: Option<Transcoded>,
    waiting: VecDeque<Result<Taken, IntakeError>>,
    packed: bool,
}

#[derive(Debug, Clone)]
enum State {
    Start,
    Json { in_array: bool, damaged: bool },
    Zeek(Header),
    Csv(Columns),
    Lines,
    Whole(Shape),
    Done,
}

impl Iterator for Alerts<'_> {
    type Item = Result<Taken, IntakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return Some(next);
            }
            if matches!(self.state, State::Done) {
                return None;
            }
            let mut out = Outcome::new();
            if let Err(error) = self.step(&mut out) {
                self.state = State::Done;
                out.push(Err(IntakeError { offset: self.window.offset(), fault: of_io(&error) }));
            }
            self.waiting.extend(out.into_iter().map(|result| widened(self.wide.as_mut(), result)));
        }
    }
}

/// Brings offsets, bytes and digest back to those of a UTF-16 input.
fn widened(wide: Option<&mut Transcoded>, result: Result<Taken, IntakeError>) -> Result<Taken, IntakeError> {
    let Some(wide) = wide else { return result };
    let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    match result {
        Ok(mut taken) => {
            let start = place(taken.offset);
            let raw = wide.source_bytes(start, taken.raw.len());
            taken.offset = wide.source_offset(start) as u64;
            taken.alert.raw_sha256 = Digest::of(&raw);
            taken.raw = raw;
            Ok(taken)
        }
        Err(error) => Err(IntakeError { offset: wide.source_offset(place(error.offset)) as u64, ..error }),
    }
}

fn of_io(error: &io::Error) -> Fault {
    if error.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        return Fault::Bomb;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Truncated,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Fault::Syntax(error.to_string()),
        _ => Fault::Unreadable(error.to_string()),
    }
}

impl Alerts<'_> {
    fn step(&mut self, out: &mut Outcome) -> io::Result<()> {
        match self.state.clone() {
            State::Start => self.start(out),
            State::Json { in_array, damaged } => self.json(in_array, damaged, out),
            State::Zeek(header) => self.zeek(header, out),
            State::Csv(columns) => self.row(&columns, out),
            State::Lines => self.line(out),
            State::Whole(shape) => self.whole(&shape, out),
            State::Done => Ok(()),
        }
    }

    fn start(&mut self, out: &mut Outcome) -> io::Result<()> {
        self.window.want(shape::HEAD)?;
        if self.window.bytes().starts_with(&[0x1F, 0x8B]) {
            return self.unpack();
        }
        if let Some((order, mark)) = charset::utf16(self.window.bytes()) {
            return self.transcode(order, mark, out);
        }
        if self.window.bytes().starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.window.consume(3);
            self.window.want(shape::HEAD)?;
        }
        let bytes = self.window.bytes();
        let shape = shape::of(bytes.get(..shape::HEAD).unwrap_or(bytes));
        self.state = match shape {
            Shape::Refused(fault) => {
                out.push(Err(IntakeError { offset: self.window.offset(), fault }));
                State::Done
            }
            Shape::Json => State::Json { in_array: false, damaged: false },
            Shape::Zeek => State::Zeek(Header::default()),
            Shape::Text if self.reads_lines()? => State::Lines,
            Shape::Text if let Some(columns) = self.columns()? => State::Csv(columns),
            whole => State::Whole(whole),
        };
        Ok(())
    }

    /// Whether an adapter reads the first line as an alert of its own.
    fn reads_lines(&mut self) -> io::Result<bool> {
        while self.window.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.window.consume(1);
        }
        let Some(length) = self.window.line(MAX_ALERT)? else { return Ok(false) };
        let raw = self.window.bytes().get(..length).unwrap_or_default();
        let item = Item { body: Body::Line(charset::text(raw).trim_end().to_owned()), raw, origin: None };
        Ok(match self.chosen {
            Some(adapter) => (adapter.parse)(&item).is_ok(),
            None => document::recognise(&item).is_some(),
        })
    }

    /// The columns that the first line names, where it and the next have the looks of a table. The line is consumed.
    fn columns(&mut self) -> io::Result<Option<Columns>> {
        let Some(length) = self.window.line(MAX_ALERT)? else { return Ok(None) };
        let first = charset::text(self.window.bytes().get(..length).unwrap_or_default()).into_owned();
        self.window.want(length + shape::HEAD)?;
        let rest = self.window.bytes().get(length..).unwrap_or_default();
        let columns = Columns::of(&first).filter(|columns| columns.fit(&charset::text(rest)));
        if columns.is_some() {
            self.window.consume(length + 1);
        }
        Ok(columns)
    }

    /// One record of a table: a line, and those after it as long as a quote is open.
    fn row(&mut self, columns: &Columns, out: &mut Outcome) -> io::Result<()> {
        if self.window.peek()?.is_none() {
            self.state = State::Done;
            return Ok(());
        }
        let offset = self.window.offset();
        let Some(mut raw) = self.take_line(out)? else { return Ok(()) };
        while csv::is_open(&raw) {
            if raw.len() > MAX_ALERT {
                out.push(Err(IntakeError { offset, fault: Fault::TooLarge(MAX_ALERT) }));
                return Ok(());
            }
            if self.window.peek()?.is_none() {
                out.push(Err(IntakeError { offset, fault: Fault::Truncated }));
                return Ok(());
            }
            let Some(more) = self.take_line(out)? else { return Ok(()) };
            raw.push(b'\n');
            raw.extend(more);
        }
        if !raw.trim_ascii().is_empty() {
            match columns.row(&charset::text(&raw)) {
                Ok(value) => document::other(Body::Json(value), &raw, offset, self.chosen, out),
                Err(fault) => out.push(Err(IntakeError { offset, fault })),
            }
        }
        Ok(())
    }

    /// A gzip stream, unpacked as it is read; within another it is refused.
    fn unpack(&mut self) -> io::Result<()> {
        if self.packed {
            return Err(io::Error::other(Bomb));
        }
        let window = std::mem::replace(&mut self.window, Window::new(Box::new(io::empty())));
        self.window = Window::new(Box::new(Unpacked::new(window.into_reader())));
        self.packed = true;
        Ok(())
    }

    fn transcode(&mut self, order: Utf16, mark: usize, out: &mut Outcome) -> io::Result<()> {
        self.window.want(MAX_DOCUMENT + 1)?;
        if self.window.bytes().len() > MAX_DOCUMENT {
            out.push(Err(IntakeError { offset: 0, fault: Fault::TooLarge(MAX_DOCUMENT) }));
            self.state = State::Done;
            return Ok(());
        }
        let wide = Transcoded::new(self.window.bytes().to_vec(), order, mark);
        if wide.text().as_bytes().starts_with(&[0xEF, 0xBB, 0xBF]) || wide.text().starts_with('\0') {
            out.push(Err(IntakeError { offset: 0, fault: Fault::Binary }));
            self.state = State::Done;
            return Ok(());
        }
        self.window = Window::new(Box::new(Cursor::new(wide.text().as_bytes().to_vec())));
        self.wide = Some(wide);
        Ok(())
    }

    fn json(&mut self, in_array: bool, damaged: bool, out: &mut Outcome) -> io::Result<()> {
        let Some(byte) = self.window.peek()? else {
            if in_array && !damaged {
                out.push(Err(IntakeError { offset: self.window.offset(), fault: Fault::Truncated }));
            }
            self.state = State::Done;
            return Ok(());
        };
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x1E => self.window.consume(1),
            b'[' if !in_array => {
                self.window.consume(1);
                self.state = State::Json { in_array: true, damaged };
            }
            b']' if in_array || damaged => {
                self.window.consume(1);
                self.state = State::Json { in_array: false, damaged };
            }
            b'{' | b'[' => return self.value(in_array, out),
            _ => return self.stray(in_array, out),
        }
        Ok(())
    }

    /// One object (or list in a list).
    fn value(&mut self, in_array: bool, out: &mut Outcome) -> io::Result<()> {
        let mut extent = Extent::default();
        let offset = self.window.offset();
        let (at, fault) = loop {
            match extent.feed(self.window.bytes()) {
                Step::Complete(length) => {
                    let doc = self.window.bytes().get(..length).unwrap_or_default();
                    let before = out.len();
                    document::json(doc, offset, self.chosen, out);
                    let failed = out.len() == before + 1 && out.last().is_some_and(is_damage);
                    let next = failed.then(|| memchr::memmem::find(doc, b"\n{")).flatten();
                    self.window.consume(next.map_or(length, |at| at + 1));
                    if next.is_some() {
                        self.state = State::Json { in_array, damaged: true };
                    }
                    return Ok(());
                }
                Step::Broken(at, fault) => break (at, fault),
                Step::More if self.window.bytes().len() > MAX_DOCUMENT => {
                    break (0, Fault::TooLarge(MAX_DOCUMENT));
                }
                Step::More if !self.window.fill()? => {
                    break (self.window.bytes().len(), Fault::Truncated);
                }
                Step::More => {}
            }
        };
        if fault == Fault::Truncated && self.wide.is_none() {
            self.salvage(offset, out);
        }
        out.push(Err(IntakeError { offset: offset + at as u64, fault }));
        self.state = State::Json { in_array, damaged: true };
        self.next_object()
    }

    /// The whole alerts of an envelope that is cut off.
    fn salvage(&self, offset: u64, out: &mut Outcome) {
        let doc = self.window.bytes();
        if memchr::memmem::find(doc, b"\n{").is_some() {
            return;
        }
        for range in crate::envelope::elements(doc).unwrap_or_default() {
            let inside = doc.get(range.clone()).unwrap_or_default();
            document::json(inside, offset + range.start as u64, self.chosen, out);
        }
    }

    /// Something that is neither an object nor a list: an element of a list, or damage.
    fn stray(&mut self, in_array: bool, out: &mut Outcome) -> io::Result<()> {
        let offset = self.window.offset();
        let length = self.window.line(MAX_ALERT)?;
        let line = self.window.bytes().get(..length.unwrap_or_default()).unwrap_or_default();
        if in_array && let Some(element) = scan::lone(line) {
            let element = element.to_vec();
            document::json(&element, offset, self.chosen, out);
            self.window.consume(element.len());
            return Ok(());
        }
        out.push(Err(IntakeError { offset, fault: Fault::Syntax("no JSON object begins here".into()) }));
        self.state = State::Json { in_array, damaged: true };
        self.next_object()
    }

    /// Goes on at the next line that begins with an object or a list.
    fn next_object(&mut self) -> io::Result<()> {
        loop {
            self.window.skip_line()?;
            if matches!(self.window.peek()?, None | Some(b'{' | b'[')) {
                return Ok(());
            }
        }
    }

    fn zeek(&mut self, mut header: Header, out: &mut Outcome) -> io::Result<()> {
        if self.window.peek()?.is_none() {
            self.state = State::Done;
            return Ok(());
        }
        let offset = self.window.offset();
        let Some(raw) = self.take_line(out)? else { return Ok(()) };
        let text = charset::text(&raw);
        if text.starts_with('#') {
            header.learn(&text);
            self.state = State::Zeek(header);
        } else if header.is_unnamed() && text.contains('\t') {
            header.name(&text);
            self.state = State::Zeek(header);
        } else if !text.trim().is_empty() {
            match header.row(&text) {
                Ok(value) => document::other(Body::Json(value), &raw, offset, self.chosen, out),
                Err(fault) => out.push(Err(IntakeError { offset, fault })),
            }
        }
        Ok(())
    }

    fn line(&mut self, out: &mut Outcome) -> io::Result<()> {
        if self.window.peek()?.is_none() {
            self.state = State::Done;
            return Ok(());
        }
        let offset = self.window.offset();
        let Some(raw) = self.take_line(out)? else { return Ok(()) };
        let text = charset::text(&raw);
        if raw.contains(&0) {
            out.push(Err(IntakeError { offset, fault: Fault::Binary }));
        } else if !text.trim().is_empty() {
            document::other(Body::Line(text.trim_end().to_owned()), &raw, offset, self.chosen, out);
        }
        Ok(())
    }

    /// The next line without its end; `None` where it was too long, which is then said.
    fn take_line(&mut self, out: &mut Outcome) -> io::Result<Option<Vec<u8>>> {
        let Some(length) = self.window.line(MAX_ALERT)? else {
            out.push(Err(IntakeError { offset: self.window.offset(), fault: Fault::TooLarge(MAX_ALERT) }));
            self.window.skip_line()?;
            return Ok(None);
        };
        let line = self.window.bytes().get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
        self.window.consume(length + 1);
        Ok(Some(line))
    }

    fn whole(&mut self, shape: &Shape, out: &mut Outcome) -> io::Result<()> {
        self.state = State::Done;
        let offset = self.window.offset();
        self.window.want(MAX_DOCUMENT + 1)?;
        let raw = self.window.bytes();
        if raw.len() > MAX_DOCUMENT {
            out.push(Err(IntakeError { offset, fault: Fault::TooLarge(MAX_DOCUMENT) }));
            return Ok(());
        }
        if let Some(nul) = memchr::memchr(0, raw)
            && *shape != Shape::Mail
        {
            out.push(Err(IntakeError { offset: offset + nul as u64, fault: Fault::Binary }));
            return Ok(());
        }
        let body = match shape {
            Shape::Mail => Body::Mail,
            _ => Body::Text(charset::text(raw).into_owned()),
        };
        document::other(body, raw, offset, self.chosen, out);
        Ok(())
    }
}

fn is_damage(result: &Result<Taken, IntakeError>) -> bool {
    matches!(result, Err(IntakeError { fault: Fault::Syntax(_) | Fault::Truncated, .. }))
}

/// A gzip stream unpacks to more than is believed.
#[derive(Debug, thiserror::Error)]
#[error("it unpacks to far more than an alert holds")]
struct Bomb;

/// A gzip stream that is refused once it grows as a bomb does.
struct Unpacked<R: Read> {
    decoder: MultiGzDecoder<Counted<R>>,
    written: u64,
}

impl<R: Read> Unpacked<R> {
    fn new(reader: R) -> Self {
        Self { decoder: MultiGzDecoder::new(Counted { reader, read: 0 }), written: 0 }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        self.written += count as u64;
        let packed = self.decoder.get_ref().read.max(1);
        let grown = self.written > MAX_ALERT as u64 && self.written / packed > MAX_RATIO;
        if grown || self.written > MAX_UNPACKED {
            return Err(io::Error::other(Bomb));
        }
        Ok(count)
    }
}

struct Counted<R> {
    reader: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}
