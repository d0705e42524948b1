#![doc = include_str!("../README.md")]

mod compile;
pub mod correlation;
mod hint;
mod index;
mod level;
mod matching;
mod route;
mod rule;
mod steps;
mod test;

pub use compile::{Settings, compile};
pub use index::Plain;
pub use level::Level;
pub use matching::{Scratch, Value, fold, fold_from};
pub use route::{Kind, Route};
pub use rule::{LogSource, Rule, RuleSet, tactics, techniques};
