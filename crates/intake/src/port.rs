//! The readers of alerts behind the port of the use cases (`app::ports::AlertReaders`).

use app::ports::{AlertReaders, ReadError, SourceInfo, TakenAlert};
use kernel::Timestamp;

use crate::{IntakeError, Taken};

/// All adapters.
pub struct Readers;

/// An alert as the use cases take it.
#[must_use]
pub fn taken(read: Taken) -> TakenAlert {
    TakenAlert { dedup_key: crate::dedup_key(&read), alert: read.alert, raw: read.raw }
}

/// A fault as the use cases tell it.
#[must_use]
pub fn fault(error: &IntakeError) -> ReadError {
    ReadError { offset: error.offset, what: format!("{}; {}", error.fault, error.fault.mend()) }
}

impl AlertReaders for Readers {
    fn sources(&self) -> Vec<SourceInfo> {
        crate::adapters()
            .map(|adapter| SourceInfo {
                name: adapter.name.to_owned(),
                vendor: adapter.vendor.to_owned(),
                product: adapter.product.to_owned(),
                reads: adapter.reads.to_owned(),
                authentication: adapter.authentication.describe(),
            })
            .collect()
    }

    fn knows(&self, source: &str) -> bool {
        crate::adapter(source).is_some()
    }

    fn authenticate(
        &self,
        source: &str,
        headers: &[(String, String)],
        body: &[u8],
        secret: &[u8],
        now: Timestamp,
    ) -> Result<(), String> {
        let adapter = crate::adapter(source).ok_or_else(|| format!("there is no source `{source}`"))?;
        let secret = std::str::from_utf8(secret).map_err(|_| "the secret is no text".to_owned())?;
        let header = |name: &str| {
            headers
                .iter()
                .find(|(given, _)| given.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        };
        adapter.authentication.verify(header, body, secret, now).map_err(|failure| failure.to_string())
    }

    fn challenge(&self, source: &str, headers: &[(String, String)]) -> Option<String> {
        let header = crate::adapter(source)?.authentication.challenge()?;
        headers
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(header))
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    }

    fn read(&self, source: Option<&str>, bytes: &[u8]) -> Vec<Result<TakenAlert, ReadError>> {
        let chosen = match source {
            None => None,
            Some(name) => match crate::adapter(name) {
                Some(adapter) => Some(adapter),
                None => {
                    let what =
                        format!("there is no source `{name}`; `tourniquet intake --sources` lists them");
                    return vec![Err(ReadError { offset: 0, what })];
                }
            },
        };
        crate::read(chosen, bytes).map(|read| read.map(taken).map_err(|error| fault(&error))).collect()
    }
}
