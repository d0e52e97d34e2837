//! A marked secret, and every form in which a program could print it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A secret that is also base64, so that a decoder takes it.
pub(crate) const MARK: &str = "MarkedSecret0123456789ab";

/// The form in which an output contains the secret, or what the secret is in base64; `None` if it does not.
pub(crate) fn leak(secret: &str, output: &[u8]) -> Option<String> {
    let mut forms = forms(secret.as_bytes());
    if let Ok(decoded) = STANDARD_NO_PAD.decode(secret) {
        forms.extend(self::forms(&decoded));
    }
    forms
        .into_iter()
        .find(|(_, form)| contains(output, form))
        .map(|(name, form)| format!("{name}: {}", String::from_utf8_lossy(&form)))
}

fn forms(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let each =
        |write: fn(&u8) -> String, between: &str| bytes.iter().map(write).collect::<Vec<_>>().join(between);
    let lower: fn(&u8) -> String = |byte| format!("{byte:02x}");
    let upper: fn(&u8) -> String = |byte| format!("{byte:02X}");
    let mut forms = vec![
        ("plain", bytes.to_vec()),
        ("decimal bytes", each(u8::to_string, ", ").into_bytes()),
        ("decimal bytes", each(u8::to_string, ",").into_bytes()),
        ("decimal bytes", each(u8::to_string, " ").into_bytes()),
        ("hex", each(lower, "").into_bytes()),
        ("hex", each(upper, "").into_bytes()),
        ("hex", each(lower, " ").into_bytes()),
        ("hex", each(lower, "\\x").into_bytes()),
        ("hex", each(lower, ", 0x").into_bytes()),
        ("hex", each(lower, ", ").into_bytes()),
    ];
    // The secret may begin at any of the three bytes that make four characters; the characters at its ends depend on
    // its neighbours.
    for before in 0..3 {
        let shifted = [&vec![0; before][..], bytes].concat();
        for engine in [STANDARD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&shifted);
            let text = text.trim_end_matches('=');
            forms.push(("base64", text.as_bytes()[4..text.len() - 4].to_vec()));
        }
    }
    forms
}

fn contains(output: &[u8], form: &[u8]) -> bool {
    output.windows(form.len()).any(|window| window == form)
}

#[test]
fn a_secret_is_found_in_every_form() {
    let bytes = MARK.as_bytes();
    for output in [
        format!("a key {MARK}."),
        format!("line: {bytes:?}"),
        format!("line: {bytes:02x?}"),
        STANDARD.encode(format!("password={MARK}&user=alice")),
        STANDARD.encode(format!("{MARK}\n")),
        format!("{:?}", STANDARD_NO_PAD.decode(MARK).unwrap()),
    ] {
        assert!(leak(MARK, output.as_bytes()).is_some(), "{output}");
    }
    assert_eq!(leak(MARK, b"a sentence that repeats nothing"), None);
}
