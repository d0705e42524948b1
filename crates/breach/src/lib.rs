#![doc = include_str!("../README.md")]

pub mod assess;
pub mod day;
pub mod determination;
pub mod discovery;
pub mod facts;
mod hold;
pub mod law;
mod reckon;
pub mod result;
pub mod state;
mod words;
pub mod worksheet;

pub use assess::assess;
pub use facts::{Facts, FactsError};
pub use law::{Law, LawError};
pub use result::Assessment;
