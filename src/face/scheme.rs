//! The two colour schemes of the pages, and the readable neighbours of an accent in each.

use super::colour::Colour;

/// The least contrast of a text with what is behind it (WCAG 2.2, success criterion 1.4.3).
pub const TEXT_CONTRAST: f64 = 4.5;

/// How far apart in lightness a button and the same button under the pointer are.
const HOVER: f64 = 0.08;
/// The steps in which a readable lightness is searched: a hundredth of the way from black to white.
const STEPS: u32 = 100;
/// The dark text on a light button.
const INK: Colour = Colour::new(0x0f, 0x17, 0x28);

/// The colours of a scheme that a derived colour must be readable on, or with. They are tokens of the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// `--page`: the background of the page.
    pub page: Colour,
    /// `--card`: the background of the form.
    pub card: Colour,
    /// `--code`: the background of code, which may be a link.
    pub code: Colour,
    /// `--text`
    pub text: Colour,
    /// `--soft`: text that matters less.
    pub soft: Colour,
    /// `--accent`, if the operator chose no accent.
    pub accent: Colour,
}

/// The accent of a scheme: links, outlines and the filled button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    pub accent: Colour,
    /// The accent under the pointer.
    pub hover: Colour,
    /// Text on a button that is filled with either.
    pub on_accent: Colour,
}

/// The luminance with the same contrast to black and to white.
const MIDDLE: f64 = 0.18;

/// A text of the pages that cannot be read on a background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    text: Colour,
    background: Colour,
}

/// What a sentence says after the name of the background.
impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { text, background } = self;
        // Rounded down, so that a ratio that is too small never looks as if it were enough.
        let ratio = (text.contrast(*background) * 100.0).floor() / 100.0;
        // Dark text belongs to the light scheme, whatever the background is.
        let other = if text.luminance() < MIDDLE { "lighter" } else { "darker" };
        write!(
            f,
            "is {background}, on which text in {text} has a contrast of {ratio}, and {TEXT_CONTRAST} is needed; choose a \
             {other} colour"
        )
    }
}

impl Scheme {
    /// The light scheme of the style sheet.
    pub const LIGHT: Self = Self {
        page: Colour::new(0xf2, 0xf4, 0xf8),
        card: Colour::WHITE,
        code: Colour::new(0xed, 0xf0, 0xf5),
        text: Colour::new(0x17, 0x1c, 0x28),
        soft: Colour::new(0x51, 0x5a, 0x6b),
        accent: Colour::new(0x1f, 0x4f, 0xd0),
    };
    /// The dark scheme of the style sheet.
    pub const DARK: Self = Self {
        page: Colour::new(0x0f, 0x12, 0x18),
        card: Colour::new(0x19, 0x1e, 0x27),
        code: Colour::new(0x25, 0x2c, 0x38),
        text: Colour::new(0xec, 0xef, 0xf5),
        soft: Colour::new(0xab, 0xb4, 0xc3),
        accent: Colour::new(0x8f, 0xb0, 0xff),
    };

    /// The scheme with another background.
    ///
    /// # Errors
    /// If a text of the scheme cannot be read on it.
    pub fn with_page(self, page: Colour) -> Result<Self, Unreadable> {
        for text in [self.text, self.soft] {
            if text.contrast(page) < TEXT_CONTRAST {
                return Err(Unreadable { text, background: page });
            }
        }
        Ok(Self { page, ..self })
    }

    /// The colour itself if it can be read on the page, on the card and on code, or else its neighbour of the same hue with the
    /// nearest lightness that can; with a hover and a text that belong to it. `None` if no lightness can be read on all three.
    pub fn accent(&self, wished: Colour) -> Option<Accent> {
        let accent = self.nearest(wished)?;
        let hover = self.hover(accent);
        let on_accent = [Colour::WHITE, INK, Colour::BLACK]
            .into_iter()
            .find(|text| [accent, hover].iter().all(|button| text.contrast(*button) >= TEXT_CONTRAST))?;
        Some(Accent { accent, hover, on_accent })
    }

    fn is_readable(&self, colour: Colour) -> bool {
        [self.page, self.card, self.code].iter().all(|back| colour.contrast(*back) >= TEXT_CONTRAST)
    }

    fn nearest(&self, wished: Colour) -> Option<Colour> {
        if self.is_readable(wished) {
            return Some(wished);
        }
        let from = wished.lightness();
        (1..=STEPS)
            .map(|step| f64::from(step) / f64::from(STEPS))
            .flat_map(|away| [from - away, from + away])
            .filter(|lightness| (0.0..=1.0).contains(lightness))
            .map(|lightness| wished.with_lightness(lightness))
            .find(|colour| self.is_readable(*colour))
    }

    /// The accent a little farther from the background, or nearer if it is nearly black or white already.
    fn hover(&self, accent: Colour) -> Colour {
        let away = if accent.luminance() < self.card.luminance() { -HOVER } else { HOVER };
        let from = accent.lightness();
        let is_far = |lightness: &f64| (lightness.clamp(0.0, 1.0) - from).abs() > HOVER / 2.0;
        let candidates = [from + away, from - away].into_iter().filter(is_far);
        let mut candidates = candidates.map(|lightness| accent.with_lightness(lightness));
        candidates.find(|colour| self.is_readable(*colour)).unwrap_or(accent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn every_accent_gets_neighbours_that_can_be_read() {
        let shares = (0..=255).step_by(51);
        for (red, green, blue) in shares.clone().flat_map(|red| {
            let shares = shares.clone();
            shares.clone().flat_map(move |green| shares.clone().map(move |blue| (red, green, blue)))
        }) {
            let wished = Colour::new(red, green, blue);
            for scheme in [Scheme::LIGHT, Scheme::DARK] {
                let Accent { accent, hover, on_accent } = scheme.accent(wished).unwrap();
                for link in [accent, hover] {
                    for back in [scheme.page, scheme.card, scheme.code, on_accent] {
                        let ratio = link.contrast(back);
                        assert!(ratio >= TEXT_CONTRAST, "{wished}: {link} with {back} has {ratio}");
                    }
                }
                let moved = (accent.lightness() - hover.lightness()).abs();
                assert!(moved > HOVER / 3.0, "{wished}: {accent} and {hover} look the same");
            }
        }
    }

    #[test]
    fn an_accent_that_can_be_read_stays_and_another_one_moves_no_farther_than_it_must() {
        assert_eq!(Scheme::LIGHT.accent(colour("#1f4fd0")).unwrap().accent, colour("#1f4fd0"));
        assert_eq!(Scheme::DARK.accent(colour("#8fb0ff")).unwrap().accent, colour("#8fb0ff"));
        let moved = Scheme::LIGHT.accent(colour("#0a7")).unwrap();
        assert_eq!(moved.on_accent, Colour::WHITE);
        let ratio = moved.accent.contrast(Scheme::LIGHT.page);
        assert!((TEXT_CONTRAST..TEXT_CONTRAST + 0.3).contains(&ratio), "{moved:?}: {ratio}");
        let dark = Scheme::DARK.accent(colour("#1f4fd0")).unwrap();
        assert!(dark.accent.lightness() > colour("#1f4fd0").lightness() && dark.on_accent == INK, "{dark:?}");
    }

    #[test]
    fn a_background_that_hides_the_text_is_refused_with_both_colours_and_the_ratio() {
        assert!(Scheme::LIGHT.with_page(Colour::WHITE).is_ok());
        assert!(Scheme::DARK.with_page(Colour::BLACK).is_ok());
        let why = Scheme::LIGHT.with_page(colour("#888")).unwrap_err().to_string();
        assert_eq!(
            why,
            "is #888888, on which text in #515a6b has a contrast of 1.95, and 4.5 is needed; choose a lighter colour"
        );
        let why = Scheme::DARK.with_page(colour("#888")).unwrap_err().to_string();
        assert!(why.contains("#eceff5") && why.ends_with("choose a darker colour"), "{why}");
    }

    #[test]
    fn the_contrast_of_a_background_is_judged_on_both_sides_of_the_bound() {
        let grey = |share| Colour::new(share, share, share);
        let last = (0..=255).map(grey).find(|page| Scheme::LIGHT.with_page(*page).is_ok()).unwrap();
        let ratio = Scheme::LIGHT.soft.contrast(last);
        assert!((TEXT_CONTRAST..TEXT_CONTRAST + 0.1).contains(&ratio), "{last}: {ratio}");
        // On the darkest background that is allowed, every accent still has a neighbour.
        let scheme = Scheme::LIGHT.with_page(last).unwrap();
        assert!(scheme.accent(colour("#ff0")).is_some());
    }
}
