#![doc = include_str!("../README.md")]

mod compile;
pub mod correlation;
mod index;
mod level;
mod matching;
mod route;
mod rule;
mod test;

pub use compile::{Settings, compile};
pub use level::Level;
pub use matching::{Scratch, Value, fold};
pub use route::{Kind, Route};
pub use rule::{LogSource, Rule, RuleSet, tactics, techniques};
