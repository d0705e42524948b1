//! What people keep for themselves beside the record: drafts of what they write, and views of lists that they saved. It
//! is sealed as notes are, written over as it changes, and gone when it is done with; nothing of it is an entry.

use kernel::{Digest, PersonId, PracticeId, Timestamp};

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShelfKind {
    /// The draft of a text.
    Draft,
    /// A view of a list, for whoever saved it.
    View,
    /// A view of a list, for everybody of the practice.
    SharedView,
}

impl ShelfKind {
    /// The number that the database keeps.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Draft => 1,
            Self::View => 2,
            Self::SharedView => 3,
        }
    }

    /// The kind of a number, where it is one.
    #[must_use]
    pub const fn of(number: i16) -> Option<Self> {
        match number {
            1 => Some(Self::Draft),
            2 => Some(Self::View),
            3 => Some(Self::SharedView),
            _ => None,
        }
    }
}

/// Where a thing is kept: each place holds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShelfPlace {
    /// The tenant; nil for what belongs to people who serve all practices.
    pub practice: PracticeId,
    /// Whose.
    pub person: PersonId,
    /// What.
    pub kind: ShelfKind,
    /// What it is about, as a digest.
    pub name: Digest,
}

/// A thing that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Where.
    pub place: ShelfPlace,
    /// When it was last written.
    pub at: Timestamp,
    /// SHA-256 of the plain bytes.
    pub digest: Digest,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

/// Which things are asked for.
#[derive(Debug, Clone, Copy)]
pub struct ShelfQuery {
    /// The tenant.
    pub practice: PracticeId,
    /// The kind.
    pub kind: ShelfKind,
    /// Whose; everybody's where absent.
    pub person: Option<PersonId>,
    /// About this; about anything where absent.
    pub name: Option<Digest>,
}
