#![doc = include_str!("../README.md")]

pub mod alert;
pub mod authority;
pub mod digest;
pub mod entry;
pub mod id;
pub mod name;
pub mod phi;
pub mod severity;
pub mod time;

pub use alert::{Alert, AlertStatus, Channel, Indicator, IndicatorKind};
pub use authority::{Actor, Authorised, Capability, Forbidden, Requires, Role, authorise};
pub use digest::Digest;
pub use entry::{Entry, Stream, StreamKind};
pub use id::{
    ActionId, AlertId, ApprovalId, EntryId, EvidenceId, FindingId, GroupId, IncidentId, ItemId, NoteId,
    PersonId, PracticeId, ReportId, TokenId,
};
pub use name::{AccountName, SystemName};
pub use phi::Phi;
pub use severity::Severity;
pub use time::{Moment, Timestamp};
