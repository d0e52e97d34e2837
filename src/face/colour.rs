//! Colours of the web: their text form, their contrast (WCAG 2.2), and the same colour in another lightness.
//!
//! Another lightness is computed in OKLab (<https://bottosson.github.io/posts/oklab/>), which keeps the hue where HSL turns
//! blue into violet. The two conversions are written out here: the library `palette` brings a type for every colour space
//! and a macro for them, and libraries for OKLab alone cut off colours that a screen cannot show, which changes the hue.

use std::fmt;
use std::str::FromStr;

/// An opaque colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// Lightness between 0 and 1, and the two axes of hue and chroma.
#[derive(Clone, Copy)]
struct OkLab {
    lightness: f64,
    a: f64,
    b: f64,
}

/// How exactly the largest chroma that a screen can show is searched: steps of 1/4096.
const HALVINGS: u32 = 12;

impl Colour {
    pub const WHITE: Self = Self([0xff; 3]);
    pub const BLACK: Self = Self([0; 3]);

    /// The colour with these shares of red, green and blue.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// The relative luminance, between 0 for black and 1 for white (WCAG 2.2, "relative luminance").
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio with another colour, between 1 and 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The lightness in OKLab, between 0 for black and 1 for white.
    pub fn lightness(self) -> f64 {
        OkLab::of(self).lightness
    }

    /// The colour of the same hue with another lightness, which is between 0 and 1. Its chroma is the same, or the largest
    /// that a screen can show in that lightness.
    #[must_use]
    pub fn with_lightness(self, lightness: f64) -> Self {
        let wished = OkLab { lightness: lightness.clamp(0.0, 1.0), ..OkLab::of(self) };
        if is_shown(wished.linear()) {
            return Self::of_linear(wished.linear());
        }
        let (mut shown, mut too_much) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(shown, too_much);
            if is_shown(wished.with_chroma(middle).linear()) {
                shown = middle;
            } else {
                too_much = middle;
            }
        }
        Self::of_linear(wished.with_chroma(shown).linear())
    }

    /// The shares of red, green and blue light, each between 0 and 1.
    fn linear(self) -> [f64; 3] {
        self.0.map(|share| {
            let share = f64::from(share) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is clamped to a byte"
    )]
    fn of_linear(shares: [f64; 3]) -> Self {
        Self(shares.map(|share| {
            let share = share.clamp(0.0, 1.0);
            let share =
                if share <= 0.003_130_8 { share * 12.92 } else { 1.055 * share.powf(1.0 / 2.4) - 0.055 };
            (share * 255.0).round().clamp(0.0, 255.0) as u8
        }))
    }
}

/// Whether a screen can show these shares of light. The tolerance is below one step of a byte.
fn is_shown(shares: [f64; 3]) -> bool {
    shares.iter().all(|share| (-0.0001..=1.0001).contains(share))
}

impl OkLab {
    fn of(colour: Colour) -> Self {
        let [red, green, blue] = colour.linear();
        let l = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
        let m = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
        let s = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
        Self {
            lightness: 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            a: 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            b: 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        }
    }

    fn linear(self) -> [f64; 3] {
        let Self { lightness, a, b } = self;
        let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
    }

    /// The same hue with a part of the chroma.
    fn with_chroma(self, part: f64) -> Self {
        Self { a: self.a * part, b: self.b * part, ..self }
    }
}

/// Parses `#rgb` or `#rrggbb`. The error is a sentence that does not repeat the text.
impl FromStr for Colour {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "it is not a colour; write #rgb or #rrggbb, such as \"#0a7\" or \"#00aa77\"";
        let digits: Option<Vec<u8>> = text
            .strip_prefix('#')
            .and_then(|hex| hex.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect());
        match digits.as_deref() {
            Some([red, green, blue]) => Ok(Self([red * 17, green * 17, blue * 17])),
            Some([r, red, g, green, b, blue]) => Ok(Self([r * 16 + red, g * 16 + green, b * 16 + blue])),
            _ => Err(WRONG),
        }
    }
}

/// `#rrggbb` in lower case.
impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn colours_have_three_or_six_digits() {
        assert_eq!(colour("#0a7"), Colour::new(0, 0xaa, 0x77));
        assert_eq!(colour("#00AA77").to_string(), "#00aa77");
        for wrong in ["", "#", "0a7", "#0a", "#0a71", "#0a7788f", "#0a7788ff", "#0g7", "#+a7", "red", "#éé"]
        {
            let why = wrong.parse::<Colour>().unwrap_err();
            assert!(why.contains("#rrggbb"), "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        for (one, other, ratio) in [
            ("#000", "#fff", 21.0),
            ("#fff", "#fff", 1.0),
            // The two greys that every text about WCAG names: the last that passes on white, and the first that fails.
            ("#767676", "#fff", 4.54),
            ("#777", "#fff", 4.48),
            ("#00f", "#fff", 8.59),
            ("#0a7", "#fff", 2.99),
        ] {
            let found = colour(one).contrast(colour(other));
            assert!((found - ratio).abs() < 0.01, "{one} on {other}: {found}");
            assert!((found - colour(other).contrast(colour(one))).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn the_lightness_of_a_colour_gives_the_colour_again() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let colour = Colour::new(red, green, blue);
                    assert_eq!(colour.with_lightness(colour.lightness()), colour);
                }
            }
        }
    }

    /// The angle of the hue in degrees.
    fn hue(colour: Colour) -> f64 {
        let OkLab { a, b, .. } = OkLab::of(colour);
        b.atan2(a).to_degrees()
    }

    #[test]
    fn another_lightness_keeps_the_hue() {
        for text in ["#0a7", "#1f4fd0", "#00f", "#f00", "#ff0", "#fa0", "#80f", "#0ff"] {
            let from = colour(text);
            for lightness in [0.35, 0.5, 0.7, 0.85] {
                let to = from.with_lightness(lightness);
                assert!((to.lightness() - lightness).abs() < 0.01, "{text} {lightness}: {to}");
                let turned = (hue(from) - hue(to) + 540.0).rem_euclid(360.0) - 180.0;
                assert!(turned.abs() < 3.0, "{text} {lightness}: {to} is turned by {turned} degrees");
            }
        }
        assert_eq!(colour("#0a7").with_lightness(0.0), Colour::BLACK);
        assert_eq!(colour("#0a7").with_lightness(1.0), Colour::WHITE);
    }
}
