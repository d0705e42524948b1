#![doc = include_str!("../README.md")]

pub mod artefact;
pub mod detect;
pub mod event;
pub mod evidence;
pub mod evtx;
pub mod judge;
pub mod run;
pub mod source;
pub mod teller;
#[cfg(feature = "files")]
pub mod walk;
