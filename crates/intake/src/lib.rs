#![doc = include_str!("../README.md")]

pub mod adapter;
mod adapters;
pub mod authentication;
mod charset;
mod document;
pub mod draft;
mod envelope;
pub mod error;
pub mod field;
mod format;
pub mod indicator;
#[cfg(feature = "port")]
pub mod port;
mod read;
mod record;
mod scan;
pub mod severity;
mod shape;
#[cfg(test)]
mod testing;
pub mod when;
mod window;
mod zeek;

pub use adapter::{Adapter, Body, Confidence, Item};
pub use adapters::{adapter, adapters};
pub use authentication::{AuthFailure, Authentication};
pub use document::Taken;
pub use draft::Draft;
pub use error::{Fault, IntakeError};
pub use read::{Alerts, read};
pub use record::{Record, dedup_key};
