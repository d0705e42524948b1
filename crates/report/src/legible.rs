//! Makes text of any origin fit to be set. Names, paths and titles in an incident come from the attacker as often as
//! from us: they may hold characters that no font has, that reorder the line (Unicode UAX #9) or that the archival
//! standard forbids. Nothing is dropped in silence: what cannot be shown is written as its code point, `<U+202E>`.

use std::fmt::Write as _;

use serde_json::Value;

use crate::fonts::FONTS;

/// Longest text that is set in full, in characters; a report is read by people.
const LONGEST: usize = 8_000;
/// Most combining marks shown on one letter; more of them would paint over the lines above and below.
const MARKS: usize = 3;

/// Which characters are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Everything but what hides or reorders text: for files that are read with the reader's own fonts.
    Every,
    /// Whatever the fonts have a glyph for.
    Any,
    /// Latin letters and common punctuation: for text that the fonts cover one by one but cannot shape together.
    Latin,
}

/// Makes every text in `value` legible, names of members too.
pub(crate) fn legible_value(value: Value, script: Script) -> Value {
    match value {
        Value::String(text) => Value::String(legible(&text, script)),
        Value::Array(items) => items.into_iter().map(|item| legible_value(item, script)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (legible(&name, script), legible_value(member, script)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

/// Makes a text legible.
pub(crate) fn legible(text: &str, script: Script) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut last, mut marks, mut newlines) = (' ', 0_usize, 0_usize);
    let mut characters = text.chars();
    for character in characters.by_ref().take(LONGEST) {
        if combining(character) {
            marks += 1;
        } else {
            write_marks(&mut out, marks);
            marks = 0;
        }
        newlines = match character {
            '\n' => newlines + 1,
            _ if character.is_whitespace() => newlines,
            _ => 0,
        };
        match character {
            '\n' if newlines > 2 => {}
            '\n' | ' ' => out.push(character),
            '\t' => out.push(' '),
            '\r' => {}
            _ if marks > MARKS => {}
            // They choose between drawings of the same character; ours have one drawing each.
            '\u{FE00}'..='\u{FE0F}' => {}
            // Joiners and skin tones of pictographs, which ours are drawn without.
            '\u{200D}' | '\u{1F3FB}'..='\u{1F3FF}' if pictograph(last) => {}
            _ if shown(character, script) => out.push(character),
            _ => write_code_point(&mut out, character),
        }
        last = character;
    }
    write_marks(&mut out, marks);
    let rest = characters.count();
    if rest > 0 {
        let _ = write!(out, " … ({rest} more characters are in the record)");
    }
    out
}

fn write_marks(out: &mut String, marks: usize) {
    if marks > MARKS {
        let _ = write!(out, "<{} more marks>", marks - MARKS);
    }
}

fn write_code_point(out: &mut String, character: char) {
    let _ = write!(out, "<U+{:04X}>", u32::from(character));
}

fn shown(character: char, script: Script) -> bool {
    match script {
        Script::Every => !invisible(character) && !private(character) && !unassigned(character),
        Script::Any => !invisible(character) && !private(character) && FONTS.cover(character),
        Script::Latin => {
            matches!(character, ' '..='~' | '\u{A0}'..='\u{AC}' | '\u{AE}'..='\u{17F}' | '–' | '—' | '‘' | '’' | '“' | '”' | '•' | '…' | '→' | '≥' | '≤')
        }
    }
}

/// Controls, directional controls and format characters: they change what is seen without being seen.
fn invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// Private use has no agreed meaning, which PDF/A level A forbids.
fn private(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

/// Noncharacters, which XML 1.0 does not allow either.
fn unassigned(character: char) -> bool {
    u32::from(character) & 0xFFFE == 0xFFFE || matches!(character, '\u{FDD0}'..='\u{FDEF}')
}

fn combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

fn pictograph(character: char) -> bool {
    matches!(character, '\u{2600}'..='\u{27BF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reversed_file_name_cannot_pass_for_another() {
        assert_eq!(legible("invoice\u{202E}fdp.exe", Script::Any), "invoice<U+202E>fdp.exe");
        assert_eq!(legible("a\u{200B}b\0", Script::Any), "a<U+200B>b<U+0000>");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in ["C:\\Users\\ana\\a_b*c.txt", "Dr. Núñez — “fine”", "naïve\n\nsecond", "מיכל", "🏥 ok"]
        {
            assert_eq!(legible(text, Script::Any), text);
        }
    }

    #[test]
    fn stacked_marks_and_endless_lines_are_bounded() {
        let stacked = format!("a{}", "\u{301}".repeat(9));
        assert!(legible(&stacked, Script::Any).ends_with("\u{301}<6 more marks>"));
        assert_eq!(legible(&"\n".repeat(500), Script::Any), "\n\n");
        assert!(
            legible(&"x".repeat(50_000), Script::Any).ends_with("(42000 more characters are in the record)")
        );
    }

    #[test]
    fn an_editor_gets_every_script_and_nothing_hidden() {
        assert_eq!(legible("李 \u{FFFE}\u{1}\u{202E}x", Script::Every), "李 <U+FFFE><U+0001><U+202E>x");
    }

    #[test]
    fn latin_writes_out_everything_else() {
        assert_eq!(legible("añ 中 ع", Script::Latin), "añ <U+4E2D> <U+0639>");
    }
}
