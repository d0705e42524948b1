//! One suite for both databases: each test runs on SQLite and, where this machine has a server, on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the ground that tests stand on fails as tests do"
)]

#[path = "record/acts.rs"]
mod acts;
#[path = "record/appending.rs"]
mod appending;
#[path = "record/dumps.rs"]
mod dumps;
#[path = "record/finding.rs"]
mod finding;
#[path = "record/ground.rs"]
mod ground;
#[path = "record/keeping.rs"]
mod keeping;
#[path = "record/log.rs"]
mod log;
#[path = "record/migrating.rs"]
mod migrating;
#[path = "record/outages.rs"]
mod outages;
#[path = "record/statements.rs"]
mod statements;
