//! How an authorization response is sent (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).

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
}

impl ResponseMode {
    pub const ALL: &[Self] = Self::VARIANTS;

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

    /// The requested mode, or the default of the response type.
    ///
    /// # Errors
    /// If the mode is unknown, or would put tokens into a query.
    pub fn from_request(params: &Params, response_type: ResponseType) -> Result<Self, OAuthError> {
        let Some(name) = params.one("response_mode")? else { return Ok(Self::default_of(response_type)) };
        let mode = name.parse().map_err(|_| {
            Reason::ResponseModeUnsupported.because(format!(
                "the response_mode {} is not supported; use query, fragment or form_post",
                quoted(name)
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
    fn responses_with_tokens_are_never_in_a_query_by_default() {
        for &known in ResponseType::ALL {
            let is_in_query = ResponseMode::default_of(known) == ResponseMode::Query;
            assert_eq!(is_in_query, known == ResponseType::Code, "{known:?}");
        }
    }
}
