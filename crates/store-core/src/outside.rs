//! A database's failure in the words of a person who has to do something about it.

use app::ports::Outside;

use crate::backend::{Fault, Trouble};

/// The failure of `doing` something.
#[must_use]
pub fn outside(doing: &str, trouble: Trouble, fault: Fault) -> Outside {
    match trouble {
        Trouble::Away => Outside::later(format!("{doing}: the database does not answer"), fault),
        Trouble::Full => Outside::later(
            format!(
                "{doing}: no room is left on the disk of the record; free some space, what was recorded before is \
                 safe and recording goes on by itself"
            ),
            fault,
        ),
        Trouble::Lasting => Outside::never(doing, fault),
    }
}
