//! Distinguished names: as text (RFC 4514), and whether two mean the same (RFC 5280 §7.1).

use std::fmt;

use super::attribute::{AttributeType, AttributeValue};

/// The longest text of a name, in bytes.
const MAX_LENGTH: usize = 2048;
/// The maximum number of attributes of a name.
const MAX_ATTRIBUTES: usize = 64;

/// A type and its value.
#[derive(Clone, Debug)]
pub struct NameAttribute {
    pub kind: AttributeType,
    pub value: AttributeValue,
}

/// A name: its parts (RDNs) in the order of its text, the most specific first. A part is a set of attributes.
#[derive(Clone, Debug)]
pub struct DistinguishedName(Vec<Vec<NameAttribute>>);

impl DistinguishedName {
    /// The name with these parts, in the order of a certificate: the most specific one is the last.
    pub fn of_certificate(mut parts: Vec<Vec<NameAttribute>>) -> Self {
        parts.reverse();
        Self(parts)
    }

    /// Reads a name as text (RFC 4514 §3). Spaces around the separators are ignored.
    ///
    /// # Errors
    /// A sentence about what is wrong; it repeats nothing of the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_LENGTH {
            return Err("a name has 2048 bytes at most");
        }
        let mut reader = NameReader { rest: text };
        let (mut parts, mut part, mut count) = (Vec::new(), Vec::new(), 0);
        loop {
            part.push(reader.attribute()?);
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err("a name has 64 attributes at most");
            }
            match reader.separator() {
                Some('+') => {}
                Some(_) => parts.push(std::mem::take(&mut part)),
                None => break,
            }
        }
        parts.push(part);
        Ok(Self(parts))
    }

    /// Whether both names have the same parts in the same order. The order within a part does not matter. A name without
    /// parts is the same as no other.
    pub fn means(&self, other: &Self) -> bool {
        let parts = self.0.iter().zip(&other.0);
        !self.0.is_empty()
            && self.0.len() == other.0.len()
            && parts.into_iter().all(|(one, another)| is_same(one, another))
    }
}

/// Whether two sets have the same attributes.
fn is_same(one: &[NameAttribute], other: &[NameAttribute]) -> bool {
    let has = |set: &[NameAttribute], wanted: &NameAttribute| {
        set.iter().any(|found| found.kind == wanted.kind && found.value.means(&wanted.value))
    };
    one.len() == other.len()
        && one.iter().all(|wanted| has(other, wanted))
        && other.iter().all(|wanted| has(one, wanted))
}

impl fmt::Display for DistinguishedName {
    /// Writes the name as RFC 4514 §2 says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "," })?;
            for (at, NameAttribute { kind, value }) in part.iter().enumerate() {
                write!(f, "{}{kind}={value}", if at == 0 { "" } else { "+" })?;
            }
        }
        Ok(())
    }
}

struct NameReader<'a> {
    rest: &'a str,
}

impl NameReader<'_> {
    fn attribute(&mut self) -> Result<NameAttribute, &'static str> {
        const WITHOUT_TYPE: &str =
            "each part is an attribute type, an equals sign and a value, such as CN=client.example.com";
        let (kind, rest) = self.rest.split_once('=').ok_or(WITHOUT_TYPE)?;
        let kind = AttributeType::parse(kind.trim_matches(' ')).ok_or_else(|| {
            match kind.contains([',', '+', ';', '/']) {
                true => WITHOUT_TYPE,
                false => "an attribute type is not known; write its object identifier, such as 2.5.4.97",
            }
        })?;
        self.rest = rest.trim_start_matches(' ');
        let value = match self.rest.strip_prefix('#') {
            Some(rest) => {
                self.rest = rest;
                self.encoded()?
            }
            None => self.text()?,
        };
        Ok(NameAttribute { kind, value })
    }

    /// The separator after a value; `None` at the end of the name.
    fn separator(&mut self) -> Option<char> {
        let separator = self.rest.chars().next()?;
        self.rest = &self.rest[separator.len_utf8()..];
        Some(separator)
    }

    /// The digits of a value in DER, as far as the next separator.
    fn encoded(&mut self) -> Result<AttributeValue, &'static str> {
        const WRONG: &str = "what follows # is one value in DER, in hexadecimal digits";
        let end = self.rest.find([',', '+']).unwrap_or(self.rest.len());
        let digits = self.rest[..end].trim_end_matches(' ');
        self.rest = &self.rest[end..];
        let pairs = digits.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.0.iter().map(|pair| byte_of(*pair)).collect();
        let bytes = bytes.filter(|_| pairs.1.is_empty()).ok_or(WRONG)?;
        let (tag, content) = element(&bytes).ok_or(WRONG)?;
        Ok(AttributeValue::of_der(tag, content))
    }

    /// A value as text, as far as the next separator.
    fn text(&mut self) -> Result<AttributeValue, &'static str> {
        const ESCAPE: &str = "after a backslash comes one of the characters \" + , ; < > \\ = # and space, or two hexadecimal digits";
        let (mut bytes, mut kept) = (Vec::new(), 0);
        while let Some(char) = self.rest.chars().next() {
            match char {
                ',' | '+' => break,
                '\\' => {
                    let escaped = self.rest.as_bytes().get(1..).unwrap_or_default();
                    let (byte, length) = match escaped {
                        [
                            special @ (b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' | b'=' | b'#' | b' '),
                            ..,
                        ] => (*special, 2),
                        [high, low, ..] => (byte_of([*high, *low]).ok_or(ESCAPE)?, 3),
                        _ => return Err(ESCAPE),
                    };
                    bytes.push(byte);
                    self.rest = &self.rest[length..];
                    kept = bytes.len();
                }
                '"' | ';' | '<' | '>' | '\0' => {
                    return Err(
                        "the characters \" ; < > have a backslash before them in a value, and NUL cannot be in one",
                    );
                }
                _ => {
                    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                    self.rest = &self.rest[char.len_utf8()..];
                    if char != ' ' {
                        kept = bytes.len();
                    }
                }
            }
        }
        bytes.truncate(kept);
        if bytes.is_empty() {
            return Err("a value is empty");
        }
        let text = str::from_utf8(&bytes).map_err(|_| "a value is not text in UTF-8")?;
        AttributeValue::of_text(text).ok_or("a value has a character that no name may have")
    }
}

fn byte_of([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// The tag and the content of one element in DER. `None` if the bytes are anything else.
fn element(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    // A tag of several bytes is in no name.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, content) = match rest.split_first()? {
        (short @ 0..=0x7f, content) => (usize::from(*short), content),
        (long @ 0x81..=0x82, rest) => {
            let (digits, content) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), content)
        }
        _ => return None,
    };
    (length == content.len()).then_some((*tag, content))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    /// The parts of a name with types by object identifier and values in UTF-8, as a certificate has them.
    fn certificate(parts: &[&[(&str, &str)]]) -> DistinguishedName {
        let attribute = |(oid, text): &(&str, &str)| NameAttribute {
            kind: AttributeType::of_oid((*oid).to_owned()),
            value: AttributeValue::of_der(0x0c, text.as_bytes()),
        };
        DistinguishedName::of_certificate(
            parts.iter().map(|part| part.iter().map(attribute).collect()).collect(),
        )
    }

    /// RFC 4514 §4.
    #[test]
    fn the_examples_of_rfc_4514_are_read() {
        let example = [("0.9.2342.19200300.100.1.25", "net")];
        let domain = [("0.9.2342.19200300.100.1.25", "example")];
        for (text, parts) in [
            (
                "UID=jsmith,DC=example,DC=net",
                &[&example[..], &domain, &[("0.9.2342.19200300.100.1.1", "jsmith")]][..],
            ),
            (
                "OU=Sales+CN=J.  Smith,DC=example,DC=net",
                &[&example, &domain, &[("2.5.4.3", "J. Smith"), ("2.5.4.11", "sales")]],
            ),
            (
                "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
                &[&example, &domain, &[("2.5.4.3", "James \"Jim\" Smith, III")]],
            ),
            ("CN=Before\\0dAfter,DC=example,DC=net", &[&example, &domain, &[("2.5.4.3", "Before\rAfter")]]),
            ("1.3.6.1.4.1.1466.0=#0C024869", &[&[("1.3.6.1.4.1.1466.0", "Hi")]]),
            ("CN=Lu\\C4\\8Di\\C4\\87", &[&[("2.5.4.3", "Lučić")]]),
        ] {
            assert!(name(text).means(&certificate(parts)), "{text}");
            assert!(name(&certificate(parts).to_string()).means(&name(text)), "{}", certificate(parts));
        }
        let octets = name("1.3.6.1.4.1.1466.0=#04024869");
        assert!(!octets.means(&name("1.3.6.1.4.1.1466.0=Hi")), "an OCTET STRING is not text");
        assert_eq!(octets.to_string(), "1.3.6.1.4.1.1466.0=#04024869");
    }

    #[test]
    fn names_are_compared_by_their_meaning() {
        for (one, other) in [
            ("CN=App,O=Bank", "cn = app , o = BANK "),
            ("CN=App,O=Bank", "2.5.4.3=App,OID.2.5.4.10=Bank"),
            ("CN=App,O=Bank", "commonName=#0C03417070,organizationName=#130442616e6b"),
            ("CN=App+UID=7,O=Bank", "UID=7+CN=App,O=Bank"),
            ("O=A  B", "O=a b"),
            ("O=\\ A B\\ ", "O=A B"),
            ("O=Stra\u{df}e\u{ad}", "O=STRA\u{df}E"),
            ("emailAddress=A@B.example", "E=a@b.example"),
            ("CN=\u{ff21}pp", "CN=App"),
            ("C=DE,CN=#1e06004100700070", "C=de,CN=App"),
            ("serialNumber=#12053132203334", "serialNumber=1234"),
            ("O=a\\3db", "O=a=b"),
        ] {
            assert!(name(one).means(&name(other)) && name(other).means(&name(one)), "{one} and {other}");
        }
        for (one, other) in [
            ("CN=App,O=Bank", "O=Bank,CN=App"),
            ("CN=App,O=Bank", "CN=App"),
            ("CN=App", "CN=App,O=Bank"),
            ("CN=App,O=Bank", "CN=App+O=Bank"),
            ("CN=App\\,O=Bank", "CN=App,O=Bank"),
            ("CN=App+CN=App", "CN=App"),
            ("CN=App+UID=7", "CN=App+CN=App"),
            ("CN=App", "OU=App"),
            ("CN=Ap p", "CN=App"),
            ("CN=App", "CN=#0c0441707000"),
            ("CN=#0c0441707000", "CN=#0c03417070"),
        ] {
            assert!(!name(one).means(&name(other)) && !name(other).means(&name(one)), "{one} and {other}");
        }
        let nameless = DistinguishedName::of_certificate(Vec::new());
        assert!(!nameless.means(&nameless));
    }

    #[test]
    fn a_text_that_is_no_name_is_refused() {
        for text in [
            "",
            " ",
            "CN",
            "CN=",
            "=a",
            "CN=a,",
            "CN=a,,O=b",
            "CN=a+",
            ",CN=a",
            "/C=DE/O=Bank/CN=app",
            "CN=a;O=b",
            "CN=\"a\"",
            "CN=a<b",
            "CN=a\\",
            "CN=a\\z1",
            "CN=a\\c4",
            "CN=a\\00",
            "CN=#",
            "CN=#0",
            "CN=#0c",
            "CN=#0c0541",
            "CN=#0c0141ff",
            "CN=#0c 0141",
            "made-up=a",
            "2=a",
            "2..5=a",
            "2.05=a",
            "CN=#1f0141",
            "CN=a\0",
        ] {
            assert!(DistinguishedName::parse(text).is_err(), "{text:?}");
        }
        assert!(DistinguishedName::parse(&format!("CN={}", "a".repeat(MAX_LENGTH))).is_err());
        assert!(DistinguishedName::parse(&vec!["CN=a"; MAX_ATTRIBUTES + 1].join(",")).is_err());
        assert!(DistinguishedName::parse(&vec!["CN=a"; MAX_ATTRIBUTES].join("+")).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in ".{0,200}") {
            let _ = DistinguishedName::parse(&text);
        }

        #[test]
        fn no_text_of_separators_causes_a_panic(text in "[CNO=,+#\\\\\" 0-9a-f]{0,60}") {
            if let Ok(read) = DistinguishedName::parse(&text) {
                prop_assert!(read.means(&read));
            }
        }

        #[test]
        fn a_written_name_is_read_again(values in prop::collection::vec("[^\u{0}\u{fffd}]{1,12}", 1..4)) {
            let readable = values.iter().all(|value| AttributeValue::of_text(value).is_some());
            prop_assume!(readable);
            let parts: Vec<Vec<(&str, &str)>> = values.iter().map(|value| vec![("2.5.4.3", value.as_str())]).collect();
            let parts: Vec<&[(&str, &str)]> = parts.iter().map(Vec::as_slice).collect();
            let written = certificate(&parts);
            prop_assert!(name(&written.to_string()).means(&written), "{}", written);
        }
    }
}
