//! How long the incident's record has to be kept.

use clap::Subcommand;
use incident::Request;
use jiff::civil::Date;

use super::ask::{Ask, On};

/// `retention …`
#[derive(Debug, Subcommand)]
pub(crate) enum RetentionVerb {
    /// Sets the last day the record has to be kept; it can be moved later, never earlier than the law says
    #[command(
        after_help = "Example:\n  tourniquet retention set open 2033-03-31 --reason 'six years after the last letter'"
    )]
    Set {
        #[command(flatten)]
        on: On,
        /// The last day, YYYY-MM-DD
        until: Date,
        /// Why this day
        #[arg(long)]
        reason: String,
    },
}

impl RetentionVerb {
    pub(crate) fn ask(self) -> Ask {
        let Self::Set { on, until, reason } = self;
        Ask::of(on, Request::SetRetention { until, reason })
    }
}
