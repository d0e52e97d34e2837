//! The response type: a code, an ID Token, an access token, or several of them (OAuth 2.0 Multiple Response Type
//! Encoding Practices §3 and §5).

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::word::word_in_json;

/// A supported combination. `token` alone is not supported, because it does not prove who signed in (RFC 9700 §2.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ResponseType {
    #[default]
    Code,
    IdToken,
    #[strum(serialize = "id_token token")]
    IdTokenToken,
    #[strum(serialize = "code id_token")]
    CodeIdToken,
    #[strum(serialize = "code token")]
    CodeToken,
    #[strum(serialize = "code id_token token")]
    CodeIdTokenToken,
}

word_in_json!(ResponseType);

impl ResponseType {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The type as it is sent, with its words in order.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Parses a list of values in any order, with any number of spaces between and around them (RFC 6749 §3.1.1); `None` if
    /// the response type is not supported.
    pub fn parse(text: &str) -> Option<Self> {
        let sorted = |text: &str| {
            let mut values: Vec<String> =
                text.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect();
            values.sort();
            values
        };
        // The usual spelling, as a shortcut.
        if let Ok(known) = text.parse() {
            return Some(known);
        }
        let values = sorted(text);
        Self::ALL.iter().copied().find(|known| sorted(known.as_str()) == values)
    }

    /// The requested type (RFC 6749 §3.1.1).
    ///
    /// # Errors
    /// If it is missing, unsupported, or not one of those that the client has `registered`.
    pub fn from_request(registered: &[Self], params: &Params) -> Result<Self, OAuthError> {
        let Some(text) = params.one("response_type")? else {
            return Err(Reason::ResponseTypeMissing.because("the parameter response_type is missing"));
        };
        let Some(known) = Self::parse(text) else {
            return Err(Reason::ResponseTypeUnsupported
                .because(format!("the response_type {} is not supported; use code", quoted(text)))
                .with(beside(text, Self::ALL)));
        };
        if known != Self::Code && !registered.contains(&known) {
            let sentence =
                format!("this client is not registered for the response_type {}; use code", known.as_str());
            let error = Reason::ResponseTypeNotAllowed.because(sentence);
            return Err(error.with(beside(known.as_str(), registered)));
        }
        Ok(known)
    }

    /// Whether the answer contains a code.
    pub fn has_code(self) -> bool {
        matches!(self, Self::Code | Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Whether the answer contains an ID Token.
    pub fn has_id_token(self) -> bool {
        matches!(self, Self::IdToken | Self::IdTokenToken | Self::CodeIdToken | Self::CodeIdTokenToken)
    }

    /// Whether the answer contains an access token.
    pub fn has_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }
}

/// What the operator sees of a requested response type, beside those that are registered or supported.
fn beside(came: &str, known: &[ResponseType]) -> Detail {
    Detail::of(DetailSubject::ResponseType).came(came).registered(known.iter().map(|known| known.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_order_of_values_and_the_number_of_spaces_do_not_matter() {
        for &known in ResponseType::ALL {
            assert_eq!(ResponseType::parse(known.as_str()), Some(known));
        }
        assert_eq!(ResponseType::parse("token id_token code"), Some(ResponseType::CodeIdTokenToken));
        for text in ["code  id_token", " id_token  code "] {
            assert_eq!(ResponseType::parse(text), Some(ResponseType::CodeIdToken), "{text:?}");
        }
        for text in [
            "",
            " ",
            "token",
            "none",
            "Code",
            "code code",
            "code\tid_token",
            "code,id_token",
            "code id_token x",
        ] {
            assert_eq!(ResponseType::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_response_type_returns_what_its_name_says() {
        for &known in ResponseType::ALL {
            let values: Vec<&str> = known.as_str().split(' ').collect();
            assert_eq!(known.has_code(), values.contains(&"code"), "{known:?}");
            assert_eq!(known.has_id_token(), values.contains(&"id_token"), "{known:?}");
            assert_eq!(known.has_token(), values.contains(&"token"), "{known:?}");
        }
    }

    #[test]
    fn all_but_code_must_be_registered() {
        let asked = |text: &str| {
            let params = Params::from_pairs(vec![("response_type".into(), text.into())]);
            ResponseType::from_request(&[ResponseType::IdToken], &params).map_err(|error| error.reason)
        };
        assert_eq!(asked("code"), Ok(ResponseType::Code));
        assert_eq!(asked("id_token"), Ok(ResponseType::IdToken));
        assert_eq!(asked("id_token code"), Err(Reason::ResponseTypeNotAllowed));
        assert_eq!(asked("token"), Err(Reason::ResponseTypeUnsupported));
        assert_eq!(asked(""), Err(Reason::ResponseTypeMissing));
    }
}
