//! What an adapter is: a row of facts about a source and two pure functions. To add one: write
//! `src/adapters/<name>.rs` with a `pub(crate) const ADAPTER`, and name it in the table of `src/adapters.rs`.

use kernel::Channel;
use serde_json::Value;

use crate::{authentication::Authentication, draft::Draft};

/// A source that alerts come from, and how to read it.
#[derive(Debug, Clone, Copy)]
pub struct Adapter {
    /// The word for it on the command line, in the path of its web address and in `source`.
    pub name: &'static str,
    /// Who makes the product.
    pub vendor: &'static str,
    /// The product.
    pub product: &'static str,
    /// What it reads, in the vendor's own words for its formats.
    pub reads: &'static str,
    /// What kind of source it is. A draft may say otherwise ([`Draft::channel`]).
    pub channel: Channel,
    /// How a sender proves over HTTP that it is who it says.
    pub authentication: Authentication,
    /// How surely an item is this source's. Must be cheap: it is asked of every item.
    pub recognise: fn(&Item<'_>) -> Confidence,
    /// Reads an item: usually one draft. A member that is missing or odd is left out, never a reason to refuse;
    /// `Err` is for an item that is of the wrong kind altogether (text where JSON belongs).
    pub parse: fn(&Item<'_>) -> Result<Vec<Draft>, NotMine>,
}

/// The item is of another kind than the adapter reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotMine;

/// How surely an item is an adapter's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It is not.
    No,
    /// It has the looks, and so may others'. An envelope with a list of alerts is opened before this is believed.
    Possible,
    /// Several members that only this source has together.
    Likely,
    /// It says so itself, or no other source has this.
    Certain,
}

impl Confidence {
    /// `self` where `holds`, else [`Confidence::No`].
    #[must_use]
    pub const fn when(self, holds: bool) -> Self {
        if holds { self } else { Self::No }
    }
}

/// One thing that may be an alert, as it was cut out of the input.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// What it holds.
    pub body: Body,
    /// Its bytes, as received.
    pub raw: &'a [u8],
    /// What the envelope it came in says of its contents: the `@odata.context` of a Microsoft answer.
    pub origin: Option<String>,
}

/// What an item holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A JSON object. A row of a Zeek log is one too, under the names of its header and with `_path`.
    Json(Value),
    /// One line of a text log: syslog, CEF, LEEF, key=value, without its line end.
    Line(String),
    /// A mail (RFC 5322): see [`Item::raw`].
    Mail,
    /// Any other text, whole: XML, prose.
    Text(String),
}

impl<'a> Item<'a> {
    /// An item of a JSON value.
    #[must_use]
    pub const fn json(value: Value, raw: &'a [u8]) -> Self {
        Self { body: Body::Json(value), raw, origin: None }
    }

    /// The JSON object, where it is one.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(value) if value.is_object() => Some(value),
            _ => None,
        }
    }

    /// The text line, where it is one.
    #[must_use]
    pub fn line(&self) -> Option<&str> {
        match &self.body {
            Body::Line(line) => Some(line),
            _ => None,
        }
    }

    /// The whole text, where it is one (not a line, not a mail).
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.body {
            Body::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A `parse` function for sources that are JSON objects with one alert each.
///
/// # Errors
/// [`NotMine`] where the item is no JSON object.
pub fn one(item: &Item<'_>, read: impl FnOnce(&Value, &mut Draft)) -> Result<Vec<Draft>, NotMine> {
    let value = item.value().ok_or(NotMine)?;
    let mut draft = Draft::default();
    read(value, &mut draft);
    Ok(vec![draft])
}
