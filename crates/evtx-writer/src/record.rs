//! What a record says: the `System` part that every event has, and its data. Times are instants; [`filetime`] brings them to the
//! 100-nanosecond ticks since 1601 that the format counts in (MS-DTYP 2.3.3).

use jiff::Timestamp;

/// One event. [`Record::new`] fills what most events have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When it was written.
    pub time: Timestamp,
    /// The provider's name.
    pub provider: String,
    /// The provider's GUID, where it has one, in the order of its text form.
    pub provider_guid: Option<u128>,
    /// The event's number.
    pub event_id: u16,
    /// Version of the event's layout.
    pub version: u8,
    /// 0 always, 1 critical, 2 error, 3 warning, 4 information.
    pub level: u8,
    /// The provider's task.
    pub task: u16,
    /// The provider's opcode.
    pub opcode: u8,
    /// Keywords: `0x8020…` is a successful audit, `0x8010…` a failed one.
    pub keywords: u64,
    /// The process that wrote it.
    pub process_id: u32,
    /// The thread that wrote it.
    pub thread_id: u32,
    /// The log that it belongs to.
    pub channel: String,
    /// The host.
    pub computer: String,
    /// The account's SID (`S-1-…`) where the event names one.
    pub user: Option<String>,
    /// Its data.
    pub body: Body,
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// `EventData` with named values, in their order.
    Named(Vec<(String, Value)>),
    /// `EventData` with values that have no names, as old providers write them.
    Unnamed(Vec<Value>),
    /// `UserData`: an element of the provider's own with its name space, and elements in it.
    User {
        /// The element's name.
        element: String,
        /// Its name space.
        namespace: String,
        /// Its elements.
        fields: Vec<(String, Value)>,
    },
}

/// A substitution value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Text.
    Text(String),
    /// An unsigned byte.
    U8(u8),
    /// An unsigned number of 16 bits.
    U16(u16),
    /// An unsigned number of 32 bits.
    U32(u32),
    /// An unsigned number of 64 bits.
    U64(u64),
    /// A truth value.
    Bool(bool),
    /// A number of 32 bits, shown as `0x…`.
    Hex32(u32),
    /// A number of 64 bits, shown as `0x…`.
    Hex64(u64),
    /// An instant.
    Time(Timestamp),
    /// A GUID, in the order of its text form.
    Guid(u128),
    /// A SID (`S-1-5-21-…`). One that is none becomes the nobody SID `S-1-0-0`.
    Sid(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// 100-nanosecond ticks since January 1, 1601; 0 before.
#[must_use]
pub fn filetime(time: Timestamp) -> u64 {
    const TO_UNIX: i128 = 116_444_736_000_000_000;
    u64::try_from(time.as_nanosecond() / 100 + TO_UNIX).unwrap_or(0)
}

impl Record {
    /// An event of level information with the successful-audit keyword, version 0 and no data.
    #[must_use]
    pub fn new(time: Timestamp, computer: &str, channel: &str, provider: &str, event_id: u16) -> Self {
        Self {
            time,
            provider: provider.to_owned(),
            provider_guid: None,
            event_id,
            version: 0,
            level: 4,
            task: 0,
            opcode: 0,
            keywords: 0x8000_0000_0000_0000,
            process_id: 4,
            thread_id: 8,
            channel: channel.to_owned(),
            computer: computer.to_owned(),
            user: None,
            body: Body::Named(Vec::new()),
        }
    }

    /// More bytes than the record takes with every name and template it may need written anew.
    pub(crate) fn largest_size(&self) -> usize {
        const SYSTEM: usize = 2048;
        const FIELD: usize = 64;
        let text = |text: &str| text.encode_utf16().count() * 2;
        let fields = |named: &[(String, Value)]| {
            named.iter().map(|(name, value)| FIELD + 2 * text(name) + value.size()).sum::<usize>()
        };
        let body = match &self.body {
            Body::Named(named) => fields(named),
            Body::Unnamed(values) => values.iter().map(|value| FIELD + value.size()).sum(),
            Body::User { element, namespace, fields: named } => {
                2 * text(element) + text(namespace) + fields(named)
            }
        };
        SYSTEM + 2 * (text(&self.computer) + text(&self.provider) + text(&self.channel)) + body
    }

    pub(crate) fn values_fit(&self) -> bool {
        let fits = |value: &Value| value.size() <= usize::from(u16::MAX);
        match &self.body {
            Body::Named(named) | Body::User { fields: named, .. } => {
                named.iter().all(|(_, value)| fits(value)) && named.len() < 1000
            }
            Body::Unnamed(values) => values.iter().all(fits) && values.len() < 1000,
        }
    }
}

impl Value {
    /// The type's number (MS-EVEN6 section 2.2.12, "BinXml value types").
    pub(crate) const fn kind(&self) -> u8 {
        match self {
            Self::Null => 0x00,
            Self::Text(_) => 0x01,
            Self::U8(_) => 0x04,
            Self::U16(_) => 0x06,
            Self::U32(_) => 0x08,
            Self::U64(_) => 0x0a,
            Self::Bool(_) => 0x0d,
            Self::Binary(_) => 0x0e,
            Self::Guid(_) => 0x0f,
            Self::Time(_) => 0x11,
            Self::Sid(_) => 0x13,
            Self::Hex32(_) => 0x14,
            Self::Hex64(_) => 0x15,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.encode_utf16().count() * 2,
            Self::Binary(bytes) => bytes.len(),
            _ => 72,
        }
    }

    /// Its bytes as a substitution value.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Null => Vec::new(),
            Self::Text(text) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::U8(number) => vec![*number],
            Self::U16(number) => number.to_le_bytes().to_vec(),
            Self::U32(number) | Self::Hex32(number) => number.to_le_bytes().to_vec(),
            Self::U64(number) | Self::Hex64(number) => number.to_le_bytes().to_vec(),
            Self::Bool(truth) => u32::from(*truth).to_le_bytes().to_vec(),
            Self::Time(time) => filetime(*time).to_le_bytes().to_vec(),
            Self::Guid(guid) => guid_bytes(*guid).to_vec(),
            Self::Sid(sid) => sid_bytes(sid),
            Self::Binary(bytes) => bytes.clone(),
        }
    }
}

/// A GUID as memory holds it: its first three fields little-endian (MS-DTYP 2.3.4.2).
pub(crate) fn guid_bytes(guid: u128) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = guid.to_be_bytes();
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

/// A SID's packet form (MS-DTYP 2.4.2.2).
fn sid_bytes(text: &str) -> Vec<u8> {
    let parsed = || -> Option<Vec<u8>> {
        let mut parts = text.strip_prefix("S-1-")?.split('-');
        let authority: u64 = parts.next()?.parse().ok()?;
        let subs: Vec<u32> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let mut bytes = vec![1, u8::try_from(subs.len()).ok().filter(|count| *count <= 15)?];
        bytes.extend(authority.to_be_bytes().get(2..)?);
        subs.iter().for_each(|sub| bytes.extend(sub.to_le_bytes()));
        Some(bytes)
    };
    parsed().unwrap_or_else(|| vec![1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}
