//! What a request object says about the delivery of its refusal (RFC 9101 §6.3, OpenID Connect Core §6.1).
//!
//! Request objects are not supported. An application that sends one may have its `response_mode` and `state` only in
//! there, and would not find its refusal elsewhere. Nothing else of the object is read, and its signature does not matter:
//! the query could say the same, and the redirect URI comes from there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::oauth::request::params::Params;
use crate::oauth::request::response_mode::ResponseMode;
use crate::oauth::request::response_type::ResponseType;

/// How the refusal of a request with a request object is delivered; a member is `None` if the object does not say it, or
/// cannot be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct WantedDelivery {
    pub(super) mode: Option<ResponseMode>,
    pub(super) state: Option<String>,
}

impl WantedDelivery {
    /// Reads the delivery from the parameter `request`. Everything is `None` for a request without it.
    pub(super) fn read(params: &Params, response_type: ResponseType) -> Self {
        let object = params.one("request").ok().flatten().and_then(claims);
        object.map(|object| Self::of(&object, response_type)).unwrap_or_default()
    }

    fn of(object: &Map<String, Value>, response_type: ResponseType) -> Self {
        // The members have to pass the checks of parameters.
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let pairs = ["response_mode", "state"].map(|name| (name.to_owned(), text(name).unwrap_or_default()));
        let params = Params::from_pairs(pairs.to_vec());
        let has_mode = params.one("response_mode").is_ok_and(|mode| mode.is_some());
        Self {
            mode: ResponseMode::from_request(&params, response_type).ok().filter(|_| has_mode),
            state: params.one("state").ok().flatten().map(str::to_owned),
        }
    }
}

/// The claims of a signed or unsigned token, which is not verified; `None` if it is encrypted or malformed.
fn claims(token: &str) -> Option<Map<String, Value>> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, claims, _] = parts.as_slice() else { return None };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(object: &str) -> WantedDelivery {
        let params = Params::from_pairs(vec![("request".into(), object.into())]);
        WantedDelivery::read(&params, ResponseType::Code)
    }

    fn object(claims: &Value) -> String {
        format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn mode_and_state_are_read_if_they_could_be_parameters() {
        let wanted = |mode, state: Option<&str>| WantedDelivery { mode, state: state.map(str::to_owned) };
        for (claims, expected) in [
            (
                json!({"response_mode": "form_post", "state": "a b"}),
                wanted(Some(ResponseMode::FormPost), Some("a b")),
            ),
            (json!({"state": "s"}), wanted(None, Some("s"))),
            (json!({"response_mode": "fragment"}), wanted(Some(ResponseMode::Fragment), None)),
            (json!({"response_mode": "web_message", "state": 1}), wanted(None, None)),
            (json!({"response_mode": "", "state": "a\nb"}), wanted(None, None)),
            (json!({"state": "x".repeat(8193)}), wanted(None, None)),
            (json!([]), wanted(None, None)),
        ] {
            assert_eq!(read(&object(&claims)), expected, "{claims}");
        }
        for unreadable in ["", "a.b.c", "e30.e30.e30.e30.e30", "e30"] {
            assert_eq!(read(unreadable), wanted(None, None), "{unreadable}");
        }
    }

    proptest! {
        #[test]
        fn no_object_causes_a_panic(text in "[ -~]{0,60}") {
            read(&text);
            read(&format!("a.{}.", URL_SAFE_NO_PAD.encode(&text)));
        }
    }
}
