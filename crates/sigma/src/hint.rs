//! What must lie somewhere in a text before a slow test of it can hold: a regular expression or a pattern with wildcards is
//! only tried on values in which the index found such a piece.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::test::{Test, Token};

/// Shorter pieces lie everywhere.
const LEAST: usize = 3;
/// More alternatives cost more than they spare.
const MOST: usize = 32;

/// Pieces, where case does not count, one of which lies in every text for which the test holds; empty where none can be told.
pub(crate) fn pieces(test: &Test) -> Vec<String> {
    let pieces = match test {
        Test::Text { needle, cased: true, .. } => vec![crate::fold(needle)],
        Test::Wild { tokens, .. } => of_tokens(tokens),
        Test::Regex(pattern) => match regex_syntax::parse(pattern) {
            Ok(hir) => of(&hir).unwrap_or_default(),
            Err(_) => Vec::new(),
        },
        _ => Vec::new(),
    };
    if pieces.len() > MOST || pieces.iter().any(|piece| piece.len() < LEAST) { Vec::new() } else { pieces }
}

fn of_tokens(tokens: &[Token]) -> Vec<String> {
    let runs = tokens.split(|token| !matches!(token, Token::Letter(_)));
    let text = |run: &[Token]| -> String {
        let letters = run.iter().filter_map(|token| match token {
            Token::Letter(letter) => Some(letter.to_lowercase()),
            _ => None,
        });
        letters.flatten().collect()
    };
    runs.map(text).max_by_key(String::len).into_iter().collect()
}

/// How much a set of pieces tells: by its shortest.
fn worth(pieces: &[String]) -> usize {
    if pieces.len() > MOST { 0 } else { pieces.iter().map(String::len).min().unwrap_or(0) }
}

fn better(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Option<Vec<String>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if worth(&other) > worth(&one) { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// The one letter that all of a class are in lower case.
fn letter(class: &Class) -> Option<char> {
    let mut only = None;
    let Class::Unicode(class) = class else { return None };
    for range in class.ranges() {
        if u32::from(range.end()) - u32::from(range.start()) > 2 {
            return None;
        }
        for letter in range.start()..=range.end() {
            let mut lower = letter.to_lowercase();
            let (Some(lower), None) = (lower.next(), lower.next()) else { return None };
            if *only.get_or_insert(lower) != lower {
                return None;
            }
        }
    }
    only
}

fn of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(vec![crate::fold(str::from_utf8(&literal.0).ok()?)]),
        HirKind::Class(class) => Some(vec![letter(class)?.to_string()]),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.append(&mut of(part)?);
            }
            Some(all)
        }
        HirKind::Concat(parts) => {
            let (mut best, mut run) = (None, String::new());
            for part in parts {
                match part.kind() {
                    HirKind::Literal(literal) => run.push_str(&crate::fold(str::from_utf8(&literal.0).ok()?)),
                    HirKind::Class(class) => match letter(class) {
                        Some(letter) => run.push(letter),
                        None => best = better(best, ended(&mut run)),
                    },
                    // It takes no room: what stands on both sides of it stands together.
                    HirKind::Look(_) | HirKind::Empty => {}
                    _ => best = better(better(best, ended(&mut run)), of(part)),
                }
            }
            better(best, ended(&mut run))
        }
        _ => None,
    }
}

fn ended(run: &mut String) -> Option<Vec<String>> {
    Some(std::mem::take(run)).filter(|run| !run.is_empty()).map(|run| vec![run])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &str) -> Vec<String> {
        pieces(&Test::Regex(pattern.into()))
    }

    #[test]
    fn a_regular_expression_tells_what_every_match_holds() {
        for (pattern, expected) in [
            ("^Invoke-Mimi.*$", &["invoke-mimi"][..]),
            ("(?i)downLOAD\\d+", &["download"]),
            ("(?:foobar|[a-z]quux)+x", &["foobar", "quux"]),
            ("abc[0-9]{2}longer", &["longer"]),
            ("(abc)?x*", &[]),
            ("[a-z]+", &[]),
            ("ab", &[]),
            ("x|abcdef", &[]),
            // `s` also is `ſ` where case does not count, and that is no `s` in lower case.
            ("(?i)pass", &[]),
        ] {
            assert_eq!(regex(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn a_piece_lies_in_every_text_that_matches() {
        for (pattern, text) in [
            ("(?i)K\\.EXE", "\u{212a}.exe"),
            ("(?i)straße", "STRAßE"),
            ("a(b|cd)efg", "acdEFG".to_lowercase().as_str()),
            ("\\$\\{?[0-9]*hello", "${42hello"),
        ] {
            assert!(regex::Regex::new(pattern).unwrap().is_match(text), "{pattern}");
            let (pieces, lower) = (regex(pattern), crate::fold(text));
            assert!(
                pieces.is_empty() || pieces.iter().any(|piece| lower.contains(piece)),
                "{pattern}: {pieces:?}"
            );
        }
    }
}
