//! One integration binary: vectors, properties, bad input, documents, decisions.
#![cfg(test)]

mod bad_input;
mod decisions;
mod documents;
mod living_clock;
mod properties;
mod tables;
mod thresholds;
mod vectors;
mod zones;

use breach::{Assessment, Facts, Law};
use serde_json::Value;

pub(crate) fn law() -> &'static Law {
    Law::embedded().expect("the embedded tables hold together")
}

pub(crate) fn facts(value: &Value) -> Facts {
    Facts::from_value(value).unwrap_or_else(|error| panic!("{error}\n{value}"))
}

pub(crate) fn assessed(value: &Value) -> Assessment {
    breach::assess(&facts(value), law())
}
