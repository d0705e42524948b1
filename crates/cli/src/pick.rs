//! Ids for people: the whole id, or an end of it that only one thing has. And digests: the digest itself, or the file
//! that has it.

use std::{fmt::Display, fs, path::Path, str::FromStr};

use kernel::Digest;

use crate::failure::Failure;

/// The shortest end of an id that is looked for.
const SHORTEST: usize = 3;

/// The id that a person means: a whole one, or a unique end of one of `known`. `noun` names the things, as `action`.
pub(crate) fn pick<I: FromStr + Display + Copy>(
    text: &str,
    known: impl IntoIterator<Item = I>,
    noun: &str,
) -> Result<I, Failure> {
    let given = text.trim();
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    // A number as it is spoken, `2026-4XJ9K2`, ends with the end of the id.
    let end = given.rsplit('-').next().unwrap_or(given).to_uppercase();
    if end.len() < SHORTEST || !end.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Failure::usage(format!(
            "`{given}` names no {noun}: give its id, or at least the last {SHORTEST} characters of it"
        )));
    }
    let mut found: Vec<I> = known.into_iter().filter(|id| id.to_string().ends_with(&end)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(id), true) => Ok(id),
        (Some(_), false) => {
            Err(Failure::usage(format!("`{given}` is the end of more than one {noun}: give more of the id")))
        }
        (None, _) => {
            Err(Failure::usage(format!("no {noun} has an id that ends in `{given}`: check it with the list")))
        }
    }
}

/// Several ids.
pub(crate) fn pick_all<I: FromStr + Display + Copy>(
    texts: &[String],
    known: impl IntoIterator<Item = I> + Clone,
    noun: &str,
) -> Result<Vec<I>, Failure> {
    texts.iter().map(|text| pick(text, known.clone(), noun)).collect()
}

/// The last characters of an id, as lists show it.
pub(crate) fn short(id: impl Display) -> String {
    let text = id.to_string();
    text.get(text.len().saturating_sub(6)..).unwrap_or(&text).to_owned()
}

/// A SHA-256 that was given as 64 digits, or the SHA-256 of the file that was named.
pub(crate) fn digest(text: &str) -> Result<Digest, Failure> {
    if let Ok(digest) = text.trim().parse() {
        return Ok(digest);
    }
    let path = Path::new(text);
    let bytes = fs::read(path).map_err(|error| Failure::reading(path, &error))?;
    Ok(Digest::of(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ActionId;

    #[test]
    fn an_end_that_two_actions_share_is_not_guessed() {
        let ids = [ActionId::from_u128(7), ActionId::from_u128(7 << 64), ActionId::from_u128((7 << 64) | 7)];
        assert_eq!(pick(&ids[2].to_string(), ids, "action").unwrap(), ids[2]);
        assert!(
            matches!(pick("007", ids, "action"), Err(Failure::Usage(what)) if what.contains("more than one"))
        );
        assert!(
            pick("ZZZ", ids, "action").is_err()
                && pick("7", ids, "action").is_err()
                && pick("", ids, "x").is_err()
        );
        let end = ids[1].to_string();
        assert_eq!(pick(&format!("2026-{}", &end[10..].to_lowercase()), ids, "action").unwrap(), ids[1]);
    }
}
