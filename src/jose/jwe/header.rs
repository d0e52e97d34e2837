//! The protected header of an encrypted token (RFC 7516 §4).

use serde::Serialize;
use serde_json::{Map, Value};

use super::agreement::{Point, PointJwk};
use crate::oauth::client::{ContentEncryption, KeyManagement};
use crate::secret::from_base64url;

/// A header to write. Members without a value are left out, because libraries refuse `null`.
#[derive(Debug, Serialize)]
pub(super) struct EncodedHeader<'h> {
    pub alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<&'h str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epk: Option<PointJwk>,
    pub enc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cty: Option<&'h str>,
}

/// A header that was read.
#[derive(Debug)]
pub(super) struct Header {
    pub algorithm: KeyManagement,
    pub content: ContentEncryption,
    pub kid: Option<String>,
    pub content_type: Option<String>,
    pub ephemeral: Option<Point>,
    /// The value of `apu`; empty if the header does not have it.
    pub producer: Vec<u8>,
    /// The value of `apv`; empty if the header does not have it.
    pub recipient: Vec<u8>,
}

impl Header {
    /// Reads a header; `None` if a member is malformed, or names an algorithm or extension that is not supported here.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let members: Map<String, Value> = serde_json::from_slice(json).ok()?;
        // A small compressed text can become a huge one, and no critical extension is supported.
        if members.contains_key("zip") || members.contains_key("crit") {
            return None;
        }
        let text = |name: &str| match members.get(name) {
            None => Some(None),
            Some(value) => Some(Some(value.as_str()?.to_owned())),
        };
        let bytes = |name: &str| from_base64url(&text(name)?.unwrap_or_default());
        Some(Self {
            algorithm: KeyManagement::parse(&text("alg")??)?,
            content: ContentEncryption::parse(&text("enc")??)?,
            kid: text("kid")?,
            content_type: text("cty")?,
            ephemeral: match members.get("epk") {
                None => None,
                Some(jwk) => Some(Point::read(jwk)?),
            },
            producer: bytes("apu")?,
            recipient: bytes("apv")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_no_member_without_a_value() {
        let header = EncodedHeader { alg: "RSA-OAEP", kid: None, epk: None, enc: "A256GCM", cty: None };
        assert_eq!(serde_json::to_string(&header).unwrap(), r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    }

    #[test]
    fn headers_with_unsupported_features_are_refused() {
        let read = |members: &str| Header::read(format!(r#"{{"enc":"A128GCM",{members}}}"#).as_bytes());
        let good = read(r#""alg":"ECDH-ES","apu":"QWxpY2U","apv":"Qm9i","cty":"JWT","kid":"k""#).unwrap();
        assert_eq!((&good.producer[..], &good.recipient[..]), (&b"Alice"[..], &b"Bob"[..]));
        for refused in [
            r#""alg":"dir""#,
            r#""alg":"none""#,
            r#""alg":"RSA1_5""#,
            r#""alg":"PBES2-HS256+A128KW","p2c":1000000000,"p2s":"AAAA""#,
            r#""alg":7"#,
            r#""alg":null"#,
            r#""kid":"k""#,
            r#""alg":"RSA-OAEP","zip":"DEF""#,
            r#""alg":"RSA-OAEP","zip":null"#,
            r#""alg":"RSA-OAEP","crit":["exp"]"#,
            r#""alg":"RSA-OAEP","crit":[]"#,
            r#""alg":"RSA-OAEP","enc":"A192GCM""#,
            r#""alg":"RSA-OAEP","enc":null"#,
            r#""alg":"RSA-OAEP","kid":7"#,
            r#""alg":"ECDH-ES","epk":{}"#,
            r#""alg":"ECDH-ES","epk":null"#,
            r#""alg":"ECDH-ES","apu":"?""#,
        ] {
            assert!(read(refused).is_none(), "{refused}");
        }
        for other in ["", "{}", "[]", "7", r#"["RSA-OAEP","A128GCM"]"#, "\u{feff}{}"] {
            assert!(Header::read(other.as_bytes()).is_none(), "{other}");
        }
    }
}
