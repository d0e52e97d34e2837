//! How an authorization response travels (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::error::{OAuthError, shown};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::response_type::ResponseType;

/// The part of the application's request in which the response arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In its fragment, which the browser shows to scripts and to no server.
    Fragment,
    /// In the body of a POST by the browser (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl ResponseMode {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// How a response travels where the request does not say: what holds tokens never in a query (§5).
    pub fn default_of(response_type: ResponseType) -> Self {
        match response_type {
            ResponseType::Code => Self::Query,
            _ => Self::Fragment,
        }
    }

    /// The mode that a request asks for, or that of its response type.
    pub fn from_request(params: &Params, response_type: ResponseType) -> Result<Self, OAuthError> {
        let Some(name) = params.one("response_mode")? else { return Ok(Self::default_of(response_type)) };
        let mode = name.parse().map_err(|_| {
            Reason::ResponseModeUnsupported.because(format!(
                "the response_mode {} is not supported; use query, fragment or form_post",
                shown(name)
            ))
        })?;
        if mode == Self::Query && response_type != ResponseType::Code {
            return Err(Reason::ResponseModeQuery.because(format!(
                "the response_mode query cannot carry the response_type {}; use fragment or form_post",
                response_type.as_str()
            )));
        }
        Ok(mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_tokens_is_never_in_a_query_by_default() {
        for &known in ResponseType::ALL {
            let is_in_query = ResponseMode::default_of(known) == ResponseMode::Query;
            assert_eq!(is_in_query, known == ResponseType::Code, "{known:?}");
        }
    }
}
