//! Two people wrote at once: what both changed, from what both began with, line by line (the three-way merge of diff3).
//! What each of them added stays, also where both added at the same place; where both changed the same line otherwise,
//! a person has to choose, and is given both.

use diffy::{ConflictStyle, DiffOptions, IncompleteHunkStyle, Line, MergeOptions};
use serde::Serialize;
use utoipa::ToSchema;

/// Long enough that no line of a note is taken for a marker.
const MARKER: usize = 61;

/// What came of two changes to one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// They go together.
    Together(String),
    /// They do not. The text has what goes together, and where it does not, what each wrote, one after the other under
    /// a line that says whose it is.
    Apart(String),
}

/// The line above what the other person wrote where two texts do not go together.
pub const THEIRS: &str = "--- as it stands ---";
/// The line above what oneself wrote there.
pub const MINE: &str = "--- as you wrote it ---";
/// The line below both.
pub const END: &str = "--- end of what differs ---";

/// Merges what `mine` and `theirs` changed in `base`.
#[must_use]
pub fn merge(base: &str, mine: &str, theirs: &str) -> Merged {
    // A last line without its end would differ from itself with one.
    let whole = |text: &str| {
        if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
    };
    let mut options = MergeOptions::new();
    options
        .set_conflict_marker_length(MARKER)
        .set_conflict_style(ConflictStyle::Diff3)
        .set_incomplete_hunk_style(IncompleteHunkStyle::Git);
    match options.merge(&whole(base), &whole(mine), &whole(theirs)) {
        Ok(text) => Merged::Together(trimmed(text)),
        Err(text) => settle(&text),
    }
}

/// Goes through what did not merge: two additions at one place are both kept, the rest is shown with its two sides.
fn settle(text: &str) -> Merged {
    let marker = |sign: &str| sign.repeat(MARKER);
    let (begin, origin, middle, end) = (marker("<"), marker("|"), marker("="), marker(">"));
    let (mut out, mut apart) = (String::new(), false);
    let (mut sides, mut side) = ([String::new(), String::new(), String::new()], None::<usize>);
    for line in text.split_inclusive('\n') {
        if line.starts_with(&begin) {
            side = Some(0);
        } else if line.starts_with(&origin) {
            side = Some(1);
        } else if line.starts_with(&middle) {
            side = Some(2);
        } else if line.starts_with(&end) {
            let [mine, before, theirs] = std::mem::take(&mut sides);
            if before.is_empty() {
                out.push_str(&theirs);
                out.push_str(&mine);
            } else {
                apart = true;
                out.push_str(&format!("{THEIRS}\n{theirs}{MINE}\n{mine}{END}\n"));
            }
            side = None;
        } else {
            side.and_then(|place| sides.get_mut(place)).unwrap_or(&mut out).push_str(line);
        }
    }
    let out = trimmed(out);
    if apart { Merged::Apart(out) } else { Merged::Together(out) }
}

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// What became of a line from one version to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It stands in both.
    Stays,
    /// It came.
    Added,
    /// It went.
    Removed,
    /// Lines that stand in both are left out here.
    Skipped,
}

/// A line of the differences between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// What became of it.
    pub fate: Fate,
    /// The line.
    pub text: String,
}

/// The differences between two texts, with a line of what stays around each.
#[must_use]
pub fn differences(before: &str, after: &str) -> Vec<Difference> {
    let whole = |text: &str| format!("{}\n", text.trim_end_matches('\n'));
    let (before, after) = (whole(before), whole(after));
    let mut options = DiffOptions::new();
    let patch = options.set_context_len(1).create_patch(&before, &after);
    let mut found = Vec::new();
    for (place, hunk) in patch.hunks().iter().enumerate() {
        if place > 0 {
            found.push(Difference { fate: Fate::Skipped, text: String::new() });
        }
        found.extend(hunk.lines().iter().map(|line| {
            let (fate, text) = match line {
                Line::Context(text) => (Fate::Stays, text),
                Line::Delete(text) => (Fate::Removed, text),
                Line::Insert(text) => (Fate::Added, text),
            };
            Difference { fate, text: text.trim_end_matches('\n').to_owned() }
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changes_to_different_lines_go_together() {
        let merged = merge("one\ntwo\nthree", "ONE\ntwo\nthree", "one\ntwo\nTHREE");
        assert_eq!(merged, Merged::Together("ONE\ntwo\nTHREE".to_owned()));
    }

    #[test]
    fn what_two_people_add_at_one_place_stays_from_both() {
        let merged = merge("called the vendor", "called the vendor\nmine", "called the vendor\ntheirs\nmore");
        assert_eq!(merged, Merged::Together("called the vendor\ntheirs\nmore\nmine".to_owned()));
        assert_eq!(merge("", "mine", "theirs"), Merged::Together("theirs\nmine".to_owned()));
    }

    #[test]
    fn a_line_that_both_changed_is_given_with_both_texts() {
        let Merged::Apart(text) = merge("head\ncase 1\ntail", "head\ncase 2\ntail", "head\ncase 3\ntail")
        else {
            panic!("it was merged")
        };
        assert_eq!(text, format!("head\n{THEIRS}\ncase 3\n{MINE}\ncase 2\n{END}\ntail"));
    }

    #[test]
    fn differences_name_what_came_and_what_went() {
        let found = differences("a\nb\nc\nd\ne\nf", "a\nB\nc\nd\ne\nf\ng");
        let told: Vec<_> = found.iter().map(|line| (line.fate, line.text.as_str())).collect();
        assert!(told.contains(&(Fate::Removed, "b")) && told.contains(&(Fate::Added, "B")), "{told:?}");
        assert!(told.contains(&(Fate::Added, "g")) && !told.contains(&(Fate::Removed, "f")), "{told:?}");
        assert!(differences("same", "same\n").is_empty());
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec("[a-c]{0,2}", 0..6).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        /// No line that somebody wrote newly is lost, whichever way it comes out.
        #[test]
        fn no_new_line_of_either_side_is_lost(base in text(), mine in text(), theirs in text()) {
            let merged = match merge(&base, &mine, &theirs) {
                Merged::Together(text) | Merged::Apart(text) => text,
            };
            for line in mine.lines().chain(theirs.lines()).filter(|line| !line.is_empty() && !base.lines().any(|own| own == *line)) {
                prop_assert!(merged.lines().any(|own| own == line), "{line:?} is gone from {merged:?}");
            }
        }

        /// Whoever changed nothing takes nothing away.
        #[test]
        fn one_change_alone_stands_as_it_is(base in text(), theirs in text()) {
            let wanted = Merged::Together(theirs.trim_end_matches('\n').to_owned());
            prop_assert_eq!(merge(&base, &base, &theirs), wanted.clone());
            prop_assert_eq!(merge(&base, &theirs, &base), wanted);
        }
    }
}
