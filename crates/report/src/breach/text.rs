//! The text of a notice, section by section: the five elements of 45 CFR 164.404(c)(1) each in its own, so that counsel
//! can edit one without another, and a program can see whether one is missing. The notation is that of a text field:
//! an empty line ends a paragraph, and a line that begins with `- ` is an item of a list.

use serde::{Deserialize, Serialize};

use crate::breach::blocks::Block;

/// An element of 45 CFR 164.404(c)(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentElement {
    /// (A): what happened, with the dates of the breach and of its discovery, if known.
    WhatHappened,
    /// (B): the types of unsecured PHI involved.
    TypesOfInformation,
    /// (C): what individuals should do to protect themselves.
    WhatYouCanDo,
    /// (D): what the entity does to investigate, mitigate and protect.
    WhatWeAreDoing,
    /// (E): how to ask.
    HowToReachUs,
}

impl ContentElement {
    /// The paragraph.
    #[must_use]
    pub const fn citation(self) -> &'static str {
        match self {
            Self::WhatHappened => "45 CFR 164.404(c)(1)(A)",
            Self::TypesOfInformation => "45 CFR 164.404(c)(1)(B)",
            Self::WhatYouCanDo => "45 CFR 164.404(c)(1)(C)",
            Self::WhatWeAreDoing => "45 CFR 164.404(c)(1)(D)",
            Self::HowToReachUs => "45 CFR 164.404(c)(1)(E)",
        }
    }

    /// What it asks for, in a few words.
    #[must_use]
    pub const fn asks(self) -> &'static str {
        match self {
            Self::WhatHappened => "What happened, with the dates of breach and discovery, if known",
            Self::TypesOfInformation => "The types of unsecured PHI involved",
            Self::WhatYouCanDo => "Steps that individuals should take to protect themselves",
            Self::WhatWeAreDoing => "What is done to investigate, mitigate and protect",
            Self::HowToReachUs => {
                "How to ask: toll-free number, and an e-mail address, web site or postal address"
            }
        }
    }
}

/// A section of a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Its text.
    pub text: String,
}

/// The text of a notice. `{addressee}` and `{individual}` are filled in for each letter when it is merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeText {
    /// The line over it.
    pub subject: String,
    /// `Dear {addressee}:`; empty in a public notice.
    pub salutation: String,
    /// The first paragraph.
    pub opening: String,
    /// (A).
    pub what_happened: Section,
    /// (B).
    pub types_of_information: Section,
    /// (C).
    pub what_you_can_do: Section,
    /// (D).
    pub what_we_are_doing: Section,
    /// (E).
    pub how_to_reach_us: Section,
    /// The last words.
    pub closing: String,
}

impl NoticeText {
    /// The sections in the order they are printed. It is that of California's form (Cal. Civ. Code § 1798.82(d)(1)), as
    /// 45 CFR 164.404(c) asks for the elements and for no order.
    #[must_use]
    pub const fn sections(&self) -> [(ContentElement, &Section); 5] {
        [
            (ContentElement::WhatHappened, &self.what_happened),
            (ContentElement::TypesOfInformation, &self.types_of_information),
            (ContentElement::WhatWeAreDoing, &self.what_we_are_doing),
            (ContentElement::WhatYouCanDo, &self.what_you_can_do),
            (ContentElement::HowToReachUs, &self.how_to_reach_us),
        ]
    }

    /// The elements about which nothing is said.
    #[must_use]
    pub fn missing(&self) -> Vec<ContentElement> {
        let empty = |section: &Section| section.text.trim().is_empty();
        self.sections()
            .into_iter()
            .filter(|(_, section)| empty(section))
            .map(|(element, _)| element)
            .collect()
    }

    /// What counsel has still to fill in: the bracketed texts that begin with `[Counsel:`.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let sections = self.sections().map(|(_, section)| section.text.as_str());
        [self.salutation.as_str(), self.opening.as_str(), self.closing.as_str()]
            .into_iter()
            .chain(sections)
            .flat_map(|text| {
                text.match_indices("[Counsel:").map(|(at, _)| {
                    let rest = text.get(at..).unwrap_or_default();
                    rest.find(']').map_or(rest, |end| rest.get(..=end).unwrap_or(rest)).to_owned()
                })
            })
            .collect()
    }

    /// Whether it could go out: every element is there and nothing is left to fill in.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.missing().is_empty() && self.gaps().is_empty()
    }

    /// The whole as one text, as a reading grade is taken of it.
    #[must_use]
    pub fn whole(&self) -> String {
        let mut parts = vec![self.opening.as_str()];
        for (_, section) in self.sections() {
            parts.push(&section.text);
        }
        parts.push(&self.closing);
        parts.join("\n\n")
    }

    /// Opening, sections and closing as blocks.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut out = flow(&self.opening);
        for (_, section) in self.sections() {
            if !section.text.trim().is_empty() {
                out.push(Block::heading(&section.heading));
                out.extend(flow(&section.text));
            }
        }
        out.extend(flow(&self.closing));
        out
    }
}

/// Reads the notation of a text field.
pub(crate) fn flow(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let (mut paragraph, mut items) = (Vec::new(), Vec::new());
    let lines = text.lines().map(str::trim).chain([""]);
    for line in lines {
        let item = line.strip_prefix("- ").map(str::trim);
        if item.is_none() && !items.is_empty() {
            out.push(Block::List { items: std::mem::take(&mut items) });
        }
        if (item.is_some() || line.is_empty()) && !paragraph.is_empty() {
            out.push(Block::Text { text: std::mem::take(&mut paragraph).join("\n") });
        }
        match item {
            Some(item) => items.push(item.to_owned()),
            None if line.is_empty() => {}
            None => paragraph.push(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counsel_types_becomes_paragraphs_and_lists() {
        let blocks =
            flow("One.\nStill one.\n\nIt may include:\n- Name\n-  Date of birth\nAfter.\n\n\n- Alone");
        let expected = vec![
            Block::Text { text: "One.\nStill one.".into() },
            Block::Text { text: "It may include:".into() },
            Block::List { items: vec!["Name".into(), "Date of birth".into()] },
            Block::Text { text: "After.".into() },
            Block::List { items: vec!["Alone".into()] },
        ];
        assert_eq!(blocks, expected);
        assert!(flow(" \n\n").is_empty());
    }

    #[test]
    fn a_gap_is_seen_wherever_it_stands() {
        let mut text = NoticeText { opening: "On [Counsel: the day] we".into(), ..NoticeText::default() };
        text.what_happened.text = "[Counsel: unclosed".into();
        assert_eq!(text.gaps(), ["[Counsel: the day]", "[Counsel: unclosed"]);
        assert_eq!(text.missing().len(), 4);
        assert!(!text.complete());
    }
}
