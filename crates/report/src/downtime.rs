//! Paper forms for a clinical service that has no computer: what stands on each, by kind of place. The words are data
//! (`content/downtime/forms.toml`), so that the page that prints one and the binder say the same.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A paper form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperForm {
    /// The kind of place, such as `clinic`.
    pub kind: String,
    /// What it is.
    pub title: String,
    /// How it is used, a short sentence each.
    pub how: Vec<String>,
    /// Its parts, in order.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its heading.
    pub title: String,
    /// Labels of lines to write on.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Boxes to tick. A label that ends in a colon is followed by a line.
    #[serde(default)]
    pub ticks: Vec<String>,
    /// Areas to write in.
    #[serde(default)]
    pub areas: Vec<Area>,
}

/// An area to write in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// What goes there.
    pub label: String,
    /// How many rows.
    pub rows: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    form: Vec<PaperForm>,
}

static FORMS: LazyLock<Vec<PaperForm>> = LazyLock::new(|| {
    let read = toml::from_str::<Content>(include_str!("../../../content/downtime/forms.toml"));
    read.map(|content| content.form).unwrap_or_default()
});

/// The form for a kind of place; the one for any task where there is none of its own. `None` only where the content that
/// is compiled in cannot be read, which a test holds to be impossible.
#[must_use]
pub fn paper_form(kind: &str) -> Option<&'static PaperForm> {
    FORMS.iter().find(|form| form.kind == kind).or_else(|| FORMS.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_place_has_a_form_that_fits_a_page() {
        for kind in ["clinic", "surgery_centre", "office", "data_centre"] {
            let form = paper_form(kind).unwrap();
            assert_eq!(form.kind, kind);
            let rows: u32 = form.parts.iter().flat_map(|part| &part.areas).map(|area| area.rows + 1).sum();
            let lines: usize = form
                .parts
                .iter()
                .map(|part| part.lines.len().div_ceil(2) + part.ticks.len().div_ceil(2) + 1)
                .sum();
            assert!(rows as usize + lines <= 48, "{kind} is too long for a page");
        }
        assert!(paper_form("nowhere").is_some());
    }
}
