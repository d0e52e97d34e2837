//! QR codes.

use qrcode::QrCode;
use qrcode::render::svg;

/// A QR code as SVG: black on white in any colour scheme, with the quiet zone that cameras need. `None` if the text is
/// too long.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build())
}
