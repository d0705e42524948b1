//! Protected health information (45 CFR 160.103), kept from logs and error texts by its type.

use std::fmt;

/// Holds a value that must never be printed. `Debug` and `Display` show `[PHI]`; it has no `Serialize`, so that
/// it cannot slip into an entry, a log or an answer by accident. [`Phi::reveal`] is the one way in, easy to search for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for those who may see it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_revealed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[PHI]")
    }
}

impl<T> fmt::Display for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[PHI]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patients_name_is_not_printed() {
        let name = Phi::new("Ann Example");
        assert_eq!(format!("{name} {name:?}"), "[PHI] [PHI]");
        assert_eq!(*name.reveal(), "Ann Example");
    }
}
