#![doc = include_str!("../README.md")]

mod destroy;
mod error;
mod folder;
mod keys;
mod layout;
#[cfg(feature = "port")]
pub mod port;
mod put;
mod read;
mod sealer;
mod spool;
mod transfer;
mod vault;

pub use error::{Status, VaultError};
pub use folder::{FileRecord, Manifest, Skipped, Taken, Why};
pub use keys::{BadKey, Entropy, Keys};
pub use put::{Arrival, Stored};
pub use read::{Evidence, Rehash, Rehashing};
pub use sealer::{SealError, Sealer};
pub use transfer::Sealed;
pub use vault::Vault;
