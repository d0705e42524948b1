#![doc = include_str!("../README.md")]

pub mod binder;
pub mod breach;
mod chart;
pub mod downtime;
pub mod engine;
mod fonts;
pub mod incident_report;
mod legible;
mod sheet;
pub mod template;
mod when;

pub use engine::{ReportError, render};
pub use incident_report::IncidentReport;
pub use template::{CONTENT_VERSION, Template};

#[cfg(test)]
extern crate self as report;
#[cfg(test)]
#[path = "../tests/report/breach_sample.rs"]
mod breach_sample;
#[cfg(test)]
#[path = "../tests/report/sample.rs"]
mod sample;
#[cfg(test)]
#[path = "../tests/report/variants.rs"]
mod variants;
