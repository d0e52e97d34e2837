//! The attributes of a name in a certificate: their types, and which values mean the same (RFC 5280 §7.1, RFC 4518).

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// The names of attribute types, each with its object identifier. The first name of a type is the one that is shown.
/// RFC 4514 §3, then those that programs write for certificates.
const NAMES: [(&str, &str); 37] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("serialNumber", "2.5.4.5"),
    ("organizationIdentifier", "2.5.4.97"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
    ("EMAIL", "1.2.840.113549.1.9.1"),
    ("SN", "2.5.4.4"),
    ("surname", "2.5.4.4"),
    ("GN", "2.5.4.42"),
    ("givenName", "2.5.4.42"),
    ("title", "2.5.4.12"),
    ("T", "2.5.4.12"),
    ("dnQualifier", "2.5.4.46"),
    ("businessCategory", "2.5.4.15"),
    ("postalCode", "2.5.4.17"),
    ("description", "2.5.4.13"),
    ("initials", "2.5.4.43"),
    ("generationQualifier", "2.5.4.44"),
    ("pseudonym", "2.5.4.65"),
    ("name", "2.5.4.41"),
    ("telephoneNumber", "2.5.4.20"),
    ("x500UniqueIdentifier", "2.5.4.45"),
    ("unstructuredName", "1.2.840.113549.1.9.2"),
    ("unstructuredAddress", "1.2.840.113549.1.9.8"),
    ("commonName", "2.5.4.3"),
    ("organizationName", "2.5.4.10"),
    ("jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1"),
    ("jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2"),
    ("jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"),
];

/// The type of an attribute: an object identifier in dots and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeType(String);

impl AttributeType {
    /// The type with this object identifier, in dots and digits.
    pub fn of_oid(dotted: String) -> Self {
        Self(dotted)
    }

    /// Reads a name, in any case, or an object identifier, which may have `OID.` before it. `None` if the name is not
    /// known.
    pub fn parse(text: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, oid)) = known {
            return Some(Self((*oid).to_owned()));
        }
        let has_prefix = text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("oid."));
        let oid = if has_prefix { &text[4..] } else { text };
        let is_number = |arc: &str| {
            let is_short = (1..=30).contains(&arc.len()) && arc.bytes().all(|byte| byte.is_ascii_digit());
            is_short && (arc == "0" || !arc.starts_with('0'))
        };
        (oid.contains('.') && oid.split('.').all(is_number)).then(|| Self(oid.to_owned()))
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMES.iter().find(|(_, oid)| *oid == self.0);
        f.write_str(named.map_or(self.0.as_str(), |(name, _)| name))
    }
}

/// A value: text of any string type, or the bytes of any other type.
#[derive(Clone, Debug)]
pub enum AttributeValue {
    Text {
        /// As it was written.
        written: String,
        /// In the form in which values are compared.
        prepared: String,
    },
    /// A `NumericString`, whose spaces are ignored (RFC 4517 §4.2.22).
    Digits(String),
    /// The tag and the content of a value that is not text, or text that cannot be compared.
    Encoded { tag: u8, content: Vec<u8> },
}

impl AttributeValue {
    /// The value of a text. `None` if the text has characters that no name may have.
    pub fn of_text(text: &str) -> Option<Self> {
        Some(Self::Text { prepared: prepare(text)?, written: text.to_owned() })
    }

    /// The value of an element in DER: its tag and its content.
    pub fn of_der(tag: u8, content: &[u8]) -> Self {
        let text = match tag {
            UTF8 | PRINTABLE | IA5 => str::from_utf8(content).ok().map(str::to_owned),
            NUMERIC => return Self::digits(content),
            // What T.61 means beyond ASCII is not the same for all programs.
            TELETEX => str::from_utf8(content).ok().filter(|text| text.is_ascii()).map(str::to_owned),
            BMP => {
                let units = content.as_chunks::<2>();
                let units = units.1.is_empty().then_some(units.0);
                units.and_then(|units| {
                    char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)))
                        .collect::<Result<String, _>>()
                        .ok()
                })
            }
            UNIVERSAL => {
                let units = content.as_chunks::<4>();
                let units = units.1.is_empty().then_some(units.0);
                units.and_then(|units| {
                    units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect()
                })
            }
            _ => None,
        };
        let value = text.and_then(|text| Self::of_text(&text));
        value.unwrap_or_else(|| Self::Encoded { tag, content: content.to_vec() })
    }

    fn digits(content: &[u8]) -> Self {
        let is_numeric = content.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ');
        match is_numeric {
            true => Self::Digits(
                content.iter().filter(|byte| **byte != b' ').map(|byte| char::from(*byte)).collect(),
            ),
            false => Self::Encoded { tag: NUMERIC, content: content.to_vec() },
        }
    }

    /// Whether both values mean the same.
    pub fn means(&self, other: &Self) -> bool {
        let is_of_digits =
            |text: &str, digits: &str| text.chars().filter(|char| *char != ' ').eq(digits.chars());
        match (self, other) {
            (Self::Text { prepared: one, .. }, Self::Text { prepared: another, .. }) => one == another,
            (Self::Digits(one), Self::Digits(another)) => one == another,
            (Self::Text { prepared, .. }, Self::Digits(digits))
            | (Self::Digits(digits), Self::Text { prepared, .. }) => is_of_digits(prepared, digits),
            (Self::Encoded { tag, content }, Self::Encoded { tag: other_tag, content: other }) => {
                tag == other_tag && content == other
            }
            _ => false,
        }
    }
}

const UTF8: u8 = 0x0c;
const NUMERIC: u8 = 0x12;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;

impl fmt::Display for AttributeValue {
    /// Writes the value as RFC 4514 §2.4 says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { written, .. } => escape(written, f),
            Self::Digits(digits) => f.write_str(digits),
            Self::Encoded { tag, content } => {
                write!(f, "#{tag:02x}")?;
                for byte in length(content.len()).iter().chain(content) {
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }
    }
}

fn escape(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let last = text.chars().count().saturating_sub(1);
    for (at, char) in text.chars().enumerate() {
        let is_special = matches!(char, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=');
        let is_at_an_end = (at == 0 && matches!(char, ' ' | '#')) || (at == last && char == ' ');
        match char {
            _ if is_special || is_at_an_end => write!(f, "\\{char}")?,
            _ if char.is_control() => {
                for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                    write!(f, "\\{byte:02x}")?;
                }
            }
            _ => write!(f, "{char}")?,
        }
    }
    Ok(())
}

/// A length in DER (X.690 §8.1.3).
fn length(length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => vec![short],
        _ => {
            let bytes = length.to_be_bytes();
            let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            let count = u8::try_from(digits.len()).unwrap_or_default();
            [vec![0x80 | count], digits].concat()
        }
    }
}

/// The form in which texts are compared (RFC 4518 §2): in small letters, normalized, and with one space for each stretch of
/// spaces. `None` if the text has a character that could make two names look alike: NUL, or the replacement character.
fn prepare(text: &str) -> Option<String> {
    if text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        return None;
    }
    let mapped = text.chars().filter(|char| !is_nothing(*char));
    let mapped: String = mapped.map(|char| if char.is_whitespace() { ' ' } else { char }).collect();
    let folded = mapped.nfkc().collect::<String>().to_lowercase();
    let normal: String = folded.nfkc().collect();
    Some(normal.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Characters that are mapped to nothing (RFC 4518 §2.2).
fn is_nothing(char: char) -> bool {
    let is_space = matches!(char, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}');
    let is_format = matches!(
        char,
        '\u{ad}' | '\u{34f}' | '\u{6dd}' | '\u{70f}' | '\u{1806}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' | '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}'
    );
    (char.is_control() && !is_space) || is_format
}
