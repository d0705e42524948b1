#![doc = include_str!("../README.md")]

pub mod artefact;
pub mod detect;
pub mod event;
pub mod evidence;
pub mod judge;
pub mod run;
#[cfg(feature = "files")]
pub mod walk;
