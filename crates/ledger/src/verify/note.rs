//! Signed notes and checkpoints as a verifier reads them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::{Failure, FailureKind, Hash, hex, shown};

/// The longest note that is read, in bytes.
pub(super) const MAX_NOTE: u64 = 64 << 10;

/// A verifier key: `name+hash+base64(type, key)`.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) text: String,
    hash: [u8; 4],
    key: VerifyingKey,
}

impl Key {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.trim_ascii().splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("not a verifier key: expected name+hash+base64");
        };
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("not a verifier key: its name is empty or holds spaces");
        }
        let bytes = STANDARD.decode(key).map_err(|_| "not a verifier key: its last part is not base64")?;
        let digest = Sha256::new().chain_update(name).chain_update(b"\n").chain_update(&bytes).finalize();
        let mut expected = [0; 4];
        expected.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        if hex(&expected) != hash {
            return Err("not a verifier key: its hash does not fit its name and key; was it copied whole?");
        }
        let [1, key @ ..] = bytes.as_slice() else {
            return Err("a verifier key of another kind than Ed25519");
        };
        let key = <&[u8; 32]>::try_from(key)
            .ok()
            .and_then(|key| VerifyingKey::from_bytes(key).ok())
            .ok_or("not a verifier key: not a point of Ed25519")?;
        Ok(Self { name: name.to_owned(), text: text.trim_ascii().to_owned(), hash: expected, key })
    }

    /// The keys that the reader gave.
    pub(super) fn parse_all(texts: &[String]) -> Result<Vec<Self>, Failure> {
        texts
            .iter()
            .map(|text| {
                Self::parse(text).map_err(|why| {
                    Failure::new(FailureKind::Question, format!("the key `{}`", shown(text)), why)
                })
            })
            .collect()
    }
}

/// A note whose signature by a known key holds.
pub(super) struct Opened<'a, 'k> {
    /// The signed text, its last newline included.
    pub(super) text: &'a str,
    /// By which key.
    pub(super) key: &'k Key,
    /// How many signature lines the note has.
    pub(super) signatures: usize,
}

/// Opens a note: a signature by one of the keys must be there and hold, and none of theirs may be wrong. Signatures by
/// others are ignored, as the format asks.
pub(super) fn open<'a, 'k>(note: &'a str, keys: &'k [Key]) -> Result<Opened<'a, 'k>, String> {
    if note.chars().any(|c| c.is_control() && c != '\n') {
        return Err("not a signed note: it holds control characters".to_owned());
    }
    let at = note.rfind("\n\n").ok_or("not a signed note: no blank line before signatures")?;
    let (text, rest) = note.split_at(at + 1);
    let lines = rest
        .strip_prefix('\n')
        .and_then(|lines| lines.strip_suffix('\n'))
        .ok_or("not a signed note: it does not end in a signature")?;
    let mut by = None;
    let mut signatures = 0;
    let mut strangers = Vec::new();
    for line in lines.split('\n') {
        let (name, blob) = line
            .strip_prefix("\u{2014} ")
            .and_then(|line| line.split_once(' '))
            .ok_or("not a signed note: a signature line is malformed")?;
        let blob = STANDARD.decode(blob).map_err(|_| "not a signed note: a signature is not base64")?;
        let (hash, signature) =
            blob.split_at_checked(4).ok_or("not a signed note: a signature is too short")?;
        signatures += 1;
        let Some(key) = keys.iter().find(|key| key.name == name && key.hash == *hash) else {
            strangers.push(format!("{}+{}", shown(name), hex(hash)));
            continue;
        };
        let holds = Signature::from_slice(signature)
            .is_ok_and(|signature| key.key.verify_strict(text.as_bytes(), &signature).is_ok());
        if !holds {
            return Err(format!(
                "the signature by `{}` does not hold: the text or the signature was changed",
                key.name
            ));
        }
        by.get_or_insert(key);
    }
    by.map(|key| Opened { text, key, signatures })
        .ok_or_else(|| format!("not signed by a known key, but by {}", shown(&strangers.join(", "))))
}

/// What a signed checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) root: Hash,
}

/// Opens a checkpoint: a note by a key of the log's own name, whose text is origin, size and root.
pub(super) fn open_checkpoint<'k>(note: &str, keys: &'k [Key]) -> Result<(Head, &'k Key), String> {
    let opened = open(note, keys)?;
    let mut lines = opened.text.split('\n');
    let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
        return Err("not a checkpoint: expected origin, size and root".to_owned());
    };
    if origin != opened.key.name {
        return Err(format!(
            "of the log `{}`, but signed by the key of `{}`",
            shown(origin),
            opened.key.name
        ));
    }
    let plain = size == "0" || (!size.starts_with('0') && size.bytes().all(|c| c.is_ascii_digit()));
    let number = size.parse().ok().filter(|_| plain).ok_or("not a checkpoint: its size is not a number")?;
    let root = STANDARD
        .decode(root)
        .ok()
        .and_then(|root| Hash::try_from(root).ok())
        .ok_or("not a checkpoint: its root is not a SHA-256 in base64")?;
    Ok((Head { origin: origin.to_owned(), size: number, root }, opened.key))
}

/// Opens the older checkpoint that the reader holds.
pub(super) fn open_older(note: &str, keys: &[Key], today: &Head) -> Result<Head, Failure> {
    let refuse = |why: String| Failure::new(FailureKind::Question, "the older checkpoint", why);
    let (older, _) = open_checkpoint(note, keys).map_err(refuse)?;
    if older.origin != today.origin {
        return Err(refuse(format!(
            "of the log `{}`, not of `{}`",
            shown(&older.origin),
            shown(&today.origin)
        )));
    }
    if older.size > today.size {
        return Err(refuse(format!(
            "it covers {} entries, the checkpoint at hand only {}: this is the older one; ask for what was made after yours",
            older.size, today.size
        )));
    }
    Ok(older)
}
