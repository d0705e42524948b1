#![doc = include_str!("../README.md")]

mod file;
mod passkeys;
mod single;

pub use file::{Misread, read};
pub use passkeys::WebAuthn;
pub use single::{Configured, OpenId};
