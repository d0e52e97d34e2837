//! The tokens of the style sheet that a brand sets: custom properties for the light and the dark scheme.

use std::fmt::Write as _;

use super::colour::Colour;
use super::scheme::{Accent, Scheme, Unreadable};

/// How round the corners are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Radius {
    None,
    Small,
    Medium,
    Large,
}

impl Radius {
    pub const ALL: [Self; 4] = [Self::None, Self::Small, Self::Medium, Self::Large];

    /// The word in options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    /// The radius that a word means; `None` if it is not one of the words.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|radius| radius.as_str() == word)
    }

    /// `--radius` of the card, and `--radius-small` of fields and buttons.
    pub const fn tokens(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("0", "0"),
            Self::Small => ("4px", "3px"),
            Self::Medium => ("12px", "8px"),
            Self::Large => ("24px", "16px"),
        }
    }
}

/// A list of fonts that machines have, of which each is like the others: nothing is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    System,
    Humanist,
    Geometric,
    Serif,
    Slab,
    Rounded,
    Mono,
}

impl Font {
    pub const ALL: [Self; 7] =
        [Self::System, Self::Humanist, Self::Geometric, Self::Serif, Self::Slab, Self::Rounded, Self::Mono];

    /// The word in options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Humanist => "humanist",
            Self::Geometric => "geometric",
            Self::Serif => "serif",
            Self::Slab => "slab",
            Self::Rounded => "rounded",
            Self::Mono => "mono",
        }
    }

    /// The value of `font-family`, as <https://modernfontstacks.com> (CC0) lists the fonts of the systems.
    pub const fn stack(self) -> &'static str {
        match self {
            Self::System => "system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif",
            Self::Humanist => {
                "Seravek, \"Gill Sans Nova\", Ubuntu, Calibri, \"DejaVu Sans\", source-sans-pro, sans-serif"
            }
            Self::Geometric => "Avenir, Montserrat, Corbel, \"URW Gothic\", source-sans-pro, sans-serif",
            Self::Serif => "Charter, \"Bitstream Charter\", \"Sitka Text\", Cambria, serif",
            Self::Slab => {
                "Rockwell, \"Rockwell Nova\", \"Roboto Slab\", \"DejaVu Serif\", \"Sitka Small\", serif"
            }
            Self::Rounded => {
                "ui-rounded, \"Hiragino Maru Gothic ProN\", Quicksand, Comfortaa, Manjari, \"Arial Rounded MT\", \
                 \"Arial Rounded MT Bold\", Calibri, source-sans-pro, sans-serif"
            }
            Self::Mono => {
                "ui-monospace, \"Cascadia Code\", \"Source Code Pro\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace"
            }
        }
    }
}

/// The values that a brand chooses. `None` keeps what the style sheet has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrandTokens {
    pub accent: Option<Colour>,
    pub background: Option<Colour>,
    pub background_dark: Option<Colour>,
    pub radius: Option<Radius>,
    pub font: Option<Font>,
}

/// Which value of a brand cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongToken {
    Background(Unreadable),
    BackgroundDark(Unreadable),
    /// No lightness of the accent can be read on the background and on the card.
    Accent,
}

impl BrandTokens {
    /// Returns these values, and takes the ones that are missing from `base`.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        Self {
            accent: self.accent.or(base.accent),
            background: self.background.or(base.background),
            background_dark: self.background_dark.or(base.background_dark),
            radius: self.radius.or(base.radius),
            font: self.font.or(base.font),
        }
    }

    /// Everything that cannot be used, because people could not read it.
    pub fn check(&self) -> Vec<WrongToken> {
        let light = page(Scheme::LIGHT, self.background).map_err(WrongToken::Background);
        let dark = page(Scheme::DARK, self.background_dark).map_err(WrongToken::BackgroundDark);
        let schemes = [light, dark];
        let wrong: Vec<WrongToken> = schemes.iter().filter_map(|scheme| scheme.err()).collect();
        let is_lost = |wished| schemes.iter().flatten().any(|scheme| scheme.accent(wished).is_none());
        match self.accent {
            Some(accent) if wrong.is_empty() && is_lost(accent) => vec![WrongToken::Accent],
            _ => wrong,
        }
    }

    /// The rules that set the tokens; empty if nothing was chosen. Colours are for screens: paper has its own.
    pub fn style_sheet(&self) -> String {
        let mut text = String::new();
        for (media, scheme, background) in [
            ("@media screen", Scheme::LIGHT, self.background),
            ("@media screen and (prefers-color-scheme: dark)", Scheme::DARK, self.background_dark),
        ] {
            if let Some(rules) = self.colours(scheme, background) {
                let _ = writeln!(text, "{media} {{ :root {{{rules} }} }}");
            }
        }
        if let Some(radius) = self.radius {
            let (large, small) = radius.tokens();
            let _ = writeln!(text, ":root {{ --radius: {large}; --radius-small: {small}; }}");
        }
        if let Some(font) = self.font {
            let _ = writeln!(text, ":root {{ --font: {}; font-family: var(--font); }}", font.stack());
        }
        text
    }

    /// The declarations of the colours of a scheme; `None` if nothing that they follow from was chosen.
    fn colours(&self, scheme: Scheme, background: Option<Colour>) -> Option<String> {
        if self.accent.is_none() && background.is_none() {
            return None;
        }
        let scheme = page(scheme, background).ok()?;
        let Accent { accent, hover, on_accent } = scheme.accent(self.accent.unwrap_or(scheme.accent))?;
        let mut rules = background.map_or_else(String::new, |page| format!(" --page: {page};"));
        let _ = write!(rules, " --accent: {accent}; --accent-hover: {hover}; --on-accent: {on_accent};");
        Some(rules)
    }
}

fn page(scheme: Scheme, background: Option<Colour>) -> Result<Scheme, Unreadable> {
    background.map_or(Ok(scheme), |background| scheme.with_page(background))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Option<Colour> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn nothing_chosen_changes_nothing() {
        assert_eq!(BrandTokens::default().style_sheet(), "");
        assert_eq!(BrandTokens::default().check(), []);
    }

    #[test]
    fn an_accent_sets_three_tokens_in_each_scheme() {
        let text = BrandTokens { accent: colour("#1f4fd0"), ..BrandTokens::default() }.style_sheet();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].starts_with("@media screen { :root { --accent: #1f4fd0; --accent-hover: #"),
            "{text}"
        );
        assert!(lines[0].ends_with("--on-accent: #ffffff; } }"), "{text}");
        assert!(lines[1].starts_with("@media screen and (prefers-color-scheme: dark) { :root { --accent: #"));
        assert!(!lines[1].contains("#1f4fd0"), "it is too dark for the dark scheme: {text}");
    }

    #[test]
    fn a_background_is_for_its_own_scheme_and_moves_the_accent_if_it_must() {
        let text = BrandTokens { background: colour("#fffbe6"), ..BrandTokens::default() }.style_sheet();
        assert!(text.starts_with("@media screen { :root { --page: #fffbe6; --accent: #1f4fd0;"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        let dark = BrandTokens {
            background_dark: colour("#000"),
            radius: Some(Radius::None),
            ..BrandTokens::default()
        };
        let text = dark.style_sheet();
        assert!(
            text.starts_with("@media screen and (prefers-color-scheme: dark) { :root { --page: #000000;")
        );
        assert!(text.ends_with(":root { --radius: 0; --radius-small: 0; }\n"), "{text}");
    }

    #[test]
    fn a_background_that_hides_the_text_is_found() {
        let tokens = BrandTokens {
            background: colour("#123"),
            background_dark: colour("#eee"),
            ..BrandTokens::default()
        };
        let found = tokens.check();
        assert!(matches!(found[..], [WrongToken::Background(_), WrongToken::BackgroundDark(_)]), "{found:?}");
    }

    #[test]
    fn own_values_come_before_those_of_the_base() {
        let base =
            BrandTokens { accent: colour("#111"), radius: Some(Radius::Large), ..BrandTokens::default() };
        let own = BrandTokens { accent: colour("#222"), ..BrandTokens::default() };
        assert_eq!(own.over(base), BrandTokens { accent: colour("#222"), ..base });
    }

    #[test]
    fn words_name_the_radius() {
        for radius in Radius::ALL {
            assert_eq!(Radius::parse(radius.as_str()), Some(radius));
        }
        assert_eq!(Radius::parse("round"), None);
    }
}
