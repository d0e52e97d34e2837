//! How an authorization response is sent (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, JARM §2.3).

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::response_type::ResponseType;

/// The part of the request to the application that contains the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In the fragment, which the browser shows to scripts and does not send to servers.
    Fragment,
    /// In the body of a POST by the browser (OAuth 2.0 Form Post Response Mode).
    FormPost,
    /// As a signed token in the query (JARM §2.3.1).
    #[strum(serialize = "query.jwt")]
    QueryJwt,
    /// As a signed token in the fragment (JARM §2.3.2).
    #[strum(serialize = "fragment.jwt")]
    FragmentJwt,
    /// As a signed token in the body of a POST (JARM §2.3.3).
    #[strum(serialize = "form_post.jwt")]
    FormPostJwt,
}

/// The mode that means the usual signed mode of a response type (JARM §2.3.4).
const JWT: &str = "jwt";

impl ResponseMode {
    /// The names of all modes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::VARIANTS.iter().map(|known| known.as_str()).chain([JWT])
    }

    /// The mode as it is sent.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The default for a response type: responses with tokens are never in a query (§5).
    pub fn default_of(response_type: ResponseType) -> Self {
        match response_type {
            ResponseType::Code => Self::Query,
            _ => Self::Fragment,
        }
    }

    /// The mode with a signed token in the same place.
    fn signed(self) -> Self {
        match self {
            Self::Query | Self::QueryJwt => Self::QueryJwt,
            Self::Fragment | Self::FragmentJwt => Self::FragmentJwt,
            Self::FormPost | Self::FormPostJwt => Self::FormPostJwt,
        }
    }

    /// Whether the response is a signed token.
    pub fn is_signed(self) -> bool {
        self == self.signed()
    }

    /// The requested mode, or the default of the response type. `is_encrypted`: whether signed responses to the client are
    /// encrypted.
    ///
    /// # Errors
    /// If the mode is unknown, or would put tokens into a query that the client's key does not protect.
    pub fn from_request(
        params: &Params,
        response_type: ResponseType,
        is_encrypted: bool,
    ) -> Result<Self, OAuthError> {
        let mode = match params.one("response_mode")? {
            None => return Ok(Self::default_of(response_type)),
            Some(JWT) => return Ok(Self::default_of(response_type).signed()),
            Some(name) => name.parse().map_err(|_| {
                Reason::ResponseModeUnsupported.because(format!(
                    "the response_mode {} is not supported; use query, fragment, form_post or one of them with .jwt",
                    quoted(name)
                ))
            })?,
        };
        let is_readable = mode == Self::Query || (mode == Self::QueryJwt && !is_encrypted);
        if is_readable && response_type != ResponseType::Code {
            let (mode, other) = match mode {
                Self::QueryJwt => (mode, Self::FragmentJwt),
                _ => (mode, Self::Fragment),
            };
            return Err(Reason::ResponseModeQuery.because(format!(
                "the response_mode {} cannot carry the response_type {}; use {} or {}",
                mode.as_str(),
                response_type.as_str(),
                other.as_str(),
                if mode.is_signed() { Self::FormPostJwt } else { Self::FormPost }.as_str(),
            )));
        }
        Ok(mode)
    }

    /// The mode of a refusal: the requested one if it can be used. An application that wants a signed response, and asks for
    /// it in a way that cannot be, gets it in the usual place.
    pub fn of_refusal(params: &Params, response_type: ResponseType, is_encrypted: bool) -> Self {
        Self::from_request(params, response_type, is_encrypted).unwrap_or_else(|_| {
            let usual = Self::default_of(response_type);
            let wants_token = params
                .one("response_mode")
                .ok()
                .flatten()
                .is_some_and(|mode| mode.rsplit('.').next() == Some(JWT));
            if wants_token { usual.signed() } else { usual }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(name: &str, response_type: ResponseType, is_encrypted: bool) -> Result<ResponseMode, Reason> {
        let params = Params::from_pairs(vec![("response_mode".into(), name.into())]);
        ResponseMode::from_request(&params, response_type, is_encrypted).map_err(|error| error.reason)
    }

    #[test]
    fn responses_with_tokens_are_never_in_a_query_by_default() {
        for &known in ResponseType::ALL {
            let is_in_query = ResponseMode::default_of(known) == ResponseMode::Query;
            assert_eq!(is_in_query, known == ResponseType::Code, "{known:?}");
        }
    }

    #[test]
    fn a_signed_mode_is_the_usual_one_or_named_and_tokens_in_a_query_are_encrypted() {
        for &known in ResponseType::ALL {
            let is_code = known == ResponseType::Code;
            let usual = if is_code { ResponseMode::QueryJwt } else { ResponseMode::FragmentJwt };
            for is_encrypted in [false, true] {
                assert_eq!(mode("jwt", known, is_encrypted), Ok(usual), "{known:?}");
                assert_eq!(mode("fragment.jwt", known, is_encrypted), Ok(ResponseMode::FragmentJwt));
                assert_eq!(mode("form_post.jwt", known, is_encrypted), Ok(ResponseMode::FormPostJwt));
                let in_query = match is_code || is_encrypted {
                    true => Ok(ResponseMode::QueryJwt),
                    false => Err(Reason::ResponseModeQuery),
                };
                assert_eq!(mode("query.jwt", known, is_encrypted), in_query, "{known:?}");
            }
        }
        for unknown in ["JWT", ".jwt", "web_message.jwt", "jwt.query", "query.jwt.jwt"] {
            let refused = mode(unknown, ResponseType::Code, true);
            assert_eq!(refused, Err(Reason::ResponseModeUnsupported), "{unknown}");
        }
    }

    #[test]
    fn a_refusal_is_signed_if_a_signed_response_was_wanted() {
        let of = |name: &str, response_type| {
            let params = Params::from_pairs(vec![("response_mode".into(), name.into())]);
            ResponseMode::of_refusal(&params, response_type, false)
        };
        assert_eq!(of("query.jwt", ResponseType::IdToken), ResponseMode::FragmentJwt);
        assert_eq!(of("web_message.jwt", ResponseType::Code), ResponseMode::QueryJwt);
        assert_eq!(of("web_message", ResponseType::Code), ResponseMode::Query);
        assert_eq!(of("query", ResponseType::IdToken), ResponseMode::Fragment);
        assert_eq!(of("form_post.jwt", ResponseType::Code), ResponseMode::FormPostJwt);
    }
}
