#![doc = include_str!("../README.md")]

pub mod agency;
pub mod assess;
pub mod calendar;
pub mod changes;
pub mod clock;
pub mod day;
pub mod decision;
pub mod determination;
pub mod discovery;
pub mod explain;
pub mod facts;
mod hold;
pub mod law;
pub mod letter;
pub mod mailing;
pub mod proof;
mod reckon;
pub mod result;
pub mod small;
pub mod state;
mod words;
pub mod worksheet;

pub use assess::assess;
pub use calendar::calendar;
pub use changes::compare;
pub use explain::explain;
pub use facts::{Facts, FactsError};
pub use law::{Law, LawError};
pub use result::Assessment;
