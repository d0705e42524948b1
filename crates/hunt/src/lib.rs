#![doc = include_str!("../README.md")]

pub mod artefact;
pub mod correlate;
pub mod detect;
pub mod event;
pub mod evidence;
pub mod evtx;
pub mod judge;
#[cfg(feature = "files")]
pub mod rules;
pub mod run;
pub mod source;
#[cfg(feature = "files")]
pub mod sweep;
pub mod teller;
#[cfg(feature = "files")]
pub mod walk;
