//! QR codes, for whoever has a camera rather than a keyboard.

use qrcode::QrCode;
use qrcode::render::svg;

/// A text as an SVG: black on white in any colour scheme, with the quiet zone that cameras need; `None` when it is too
/// long.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build())
}
