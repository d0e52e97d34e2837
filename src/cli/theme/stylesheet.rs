//! The style sheet in one colour scheme, whichever the browser prefers.

use std::borrow::Cow;

/// The colour scheme of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColourScheme {
    /// What the browser prefers.
    Auto,
    Light,
    Dark,
}

impl ColourScheme {
    pub(super) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Finds a scheme by its word. `None` if there is no such scheme.
    pub(super) fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.word() == word)
    }
}

/// Returns a style sheet in which the block of the scheme counts always, and that of the other never.
pub(super) fn in_scheme(scheme: ColourScheme, css: &str) -> Cow<'_, str> {
    const DARK: &str = "(prefers-color-scheme: dark)";
    const LIGHT: &str = "(prefers-color-scheme: light)";
    let (always, never) = match scheme {
        ColourScheme::Auto => return css.into(),
        ColourScheme::Light => (LIGHT, DARK),
        ColourScheme::Dark => (DARK, LIGHT),
    };
    // Conditions of media that are always and never true.
    let css = css.replace(always, "(min-width: 0)").replace(never, "(max-width: 0)");
    format!("{css}\n:root {{ color-scheme: {} }}\n", scheme.word()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::assets::STYLE;

    #[test]
    fn a_scheme_chooses_the_block_of_the_style_sheet() {
        assert_eq!(in_scheme(ColourScheme::Auto, STYLE), STYLE);
        let (light, dark) = (in_scheme(ColourScheme::Light, STYLE), in_scheme(ColourScheme::Dark, STYLE));
        assert!(light.contains("@media (max-width: 0)") && light.ends_with("{ color-scheme: light }\n"));
        assert!(dark.contains("@media (min-width: 0)") && dark.ends_with("{ color-scheme: dark }\n"));
        assert!([light, dark].iter().all(|css| !css.contains("prefers-color-scheme")));
    }
}
