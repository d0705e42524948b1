//! `VERIFY.md`: how to check the package by hand, with tools that are not ours.

/// The guide, for the log and key of one package.
pub(super) fn text(origin: &str, key: &str) -> String {
    include_str!("VERIFY.md").replace("@ORIGIN@", origin).replace("@KEY@", key)
}
