//! The typefaces of every document, compiled in. The archival standard wants each glyph embedded (ISO 19005-2,
//! 6.2.11.4), so that a document may only use what ships with the program; the system's fonts are never looked at.

use std::sync::LazyLock;

use typst::{
    foundations::Bytes,
    text::{Font, FontBook},
    utils::LazyHash,
};

/// The fonts and what typst looks them up by.
pub(crate) struct Fonts {
    /// Families, variants and coverage.
    pub(crate) book: LazyHash<FontBook>,
    /// The faces, in the book's order.
    pub(crate) faces: Vec<Font>,
}

/// Families that the templates name; other families of the bundles stay out of the book, and so out of documents.
const FAMILIES: [&str; 5] =
    ["Libertinus Serif", "Noto Sans", "DejaVu Sans Mono", "DejaVu Sans", "Noto Emoji"];

/// The fonts, read once a process.
pub(crate) static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let bundled = [
        notosans::REGULAR_TTF,
        notosans::ITALIC_TTF,
        notosans::BOLD_TTF,
        notosans::BOLD_ITALIC_TTF,
        dejavu::sans::regular(),
        dejavu::sans::bold(),
        epaint_default_fonts::NOTO_EMOJI_REGULAR,
    ];
    let faces: Vec<Font> = typst_assets::fonts()
        .chain(bundled)
        .flat_map(|bytes| Font::iter(Bytes::new(bytes)))
        .filter(|font| FAMILIES.contains(&font.info().family.as_str()))
        .collect();
    Fonts { book: LazyHash::new(FontBook::from_fonts(&faces)), faces }
});

impl Fonts {
    /// Whether some face has a glyph for the character.
    pub(crate) fn cover(&self, character: char) -> bool {
        self.faces.iter().any(|font| font.info().coverage.contains(u32::from(character)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_that_a_template_names_is_compiled_in() {
        for family in FAMILIES {
            assert!(FONTS.book.contains_family(&family.to_lowercase()), "{family} is missing");
        }
    }

    #[test]
    fn the_fallbacks_reach_beyond_latin() {
        for character in ['é', 'Ω', 'Ж', 'ש', 'ع', '→', '✓', '🏥'] {
            assert!(FONTS.cover(character), "{character} has no glyph");
        }
    }
}
