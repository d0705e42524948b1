#![doc = include_str!("../README.md")]

mod backwards;
mod collector;
mod compose;
pub mod coverage;
mod detected;
mod kept;
mod observation;
mod signs;
pub mod timeline;
mod windows;

pub use collector::Collector;
pub use compose::{Account, Answer, Edge, HostSeen, IndicatorSeen, Story};
pub use coverage::Coverage;
pub use detected::Detected;
pub use kept::{Keeps, Kept};
pub use observation::{Flow, Origin, Seen, SignIn};
pub use signs::{Confidence, Question};

/// Where the named values of a record are looked up.
pub trait Fields {
    /// The value of a field as text, without regard to where in the record it stands.
    fn get(&self, name: &str) -> Option<std::borrow::Cow<'_, str>>;
}

impl Fields for serde_json::Map<String, serde_json::Value> {
    fn get(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        use serde_json::Value;
        match serde_json::Map::get(self, name)? {
            Value::Null => None,
            Value::String(text) => Some(text.as_str().into()),
            other => Some(other.to_string().into()),
        }
    }
}
