//! Why something could not be read: where, what, and how to mend it. A fault in one alert never takes the others of
//! the same input with it.

use std::fmt;

/// The most bytes that one JSON document, mail or text may have (an envelope may hold many alerts).
pub const MAX_DOCUMENT: usize = 64 << 20;

/// The most bytes that one alert may have.
pub const MAX_ALERT: usize = 16 << 20;

/// The deepest that JSON may nest.
pub const MAX_DEPTH: u32 = 100;

/// The most bytes that a gzip stream may unpack to.
pub const MAX_UNPACKED: u64 = 1 << 30;

/// The most that a gzip stream may expand, once it has unpacked more than [`MAX_ALERT`].
pub const MAX_RATIO: u64 = 200;

/// A part of the input that could not be read. Nothing of that part is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {fault}; {}", fault.mend())]
pub struct IntakeError {
    /// How many bytes into the input, from 0.
    pub offset: u64,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a part of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing but white space.
    Empty,
    /// The input ends inside a JSON value, a JSON array or a gzip stream.
    Truncated,
    /// Not the syntax it should have; the parser's words.
    Syntax(String),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Larger than the limit, in bytes.
    TooLarge(usize),
    /// A gzip stream that unpacks to more than [`MAX_UNPACKED`] or [`MAX_RATIO`] allow.
    Bomb,
    /// Bytes that are no text.
    Binary,
    /// An archive of this kind.
    Archive(&'static str),
    /// A JSON value that is no object, where an alert should be.
    NotAnAlert(&'static str),
    /// A row whose number of columns is not that of its header: found, expected.
    Columns(usize, usize),
    /// Not what the chosen adapter reads: its name, and what it does read.
    NotForAdapter(&'static str, &'static str),
    /// The input could not be read further; the system's words.
    Unreadable(String),
}

impl Fault {
    /// What the person can do about it.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::Empty => "check that the right file was given and that its export has finished",
            Self::Truncated => "export or send it again, whole",
            Self::Syntax(_) => "export it again, or correct this place by hand",
            Self::TooDeep => "no vendor's alert nests like this; look at what sent it",
            Self::TooLarge(_) => "split it, or give it as JSON Lines; keep the whole as evidence",
            Self::Bomb => "do not unpack it; keep it as evidence",
            Self::Binary => "give the alert's text; keep the file itself as evidence",
            Self::Archive(_) => "unpack it in a safe place and give the files inside",
            Self::NotAnAlert(_) => "give one JSON object for each alert",
            Self::Columns(..) => "export the log again",
            Self::NotForAdapter(..) => "leave out the source to have it recognised, or choose another",
            Self::Unreadable(_) => "check the file and the disk, then give it again",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is nothing in it"),
            Self::Truncated => f.write_str("it ends in the middle"),
            Self::Syntax(what) => write!(f, "damaged: {what}"),
            Self::TooDeep => write!(f, "nested more than {MAX_DEPTH} deep"),
            Self::TooLarge(limit) => write!(f, "larger than {} MiB", limit >> 20),
            Self::Bomb => f.write_str("it unpacks to far more than an alert holds, as a bomb does"),
            Self::Binary => f.write_str("bytes that are no text"),
            Self::Archive(kind) => write!(f, "a {kind} archive, not an alert"),
            Self::NotAnAlert(kind) => write!(f, "{kind} where an alert should be"),
            Self::Columns(found, expected) => {
                write!(f, "a row of {found} columns under a header of {expected}")
            }
            Self::NotForAdapter(name, reads) => write!(f, "not what `{name}` reads ({reads})"),
            Self::Unreadable(what) => write!(f, "cannot be read further: {what}"),
        }
    }
}
