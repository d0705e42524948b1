#![doc = include_str!("../README.md")]

mod chart;
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
