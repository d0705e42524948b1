//! Notations that several sources share. Each module reads one and knows nothing of vendors.

pub(crate) mod csv;
pub(crate) mod extension;
pub(crate) mod keys;
pub(crate) mod mail;
pub(crate) mod observables;
pub(crate) mod outlook;
pub(crate) mod pairs;
pub(crate) mod stix_pattern;
pub(crate) mod syslog;
