//! The parameters of a request: limited in number and size, each readable once (RFC 6749 §3.1 and §3.2).

use crate::oauth::display_text::trimmed;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;

/// Form-decoded pairs of name and value, in their order.
///
/// Unknown names are never examined; a known one is checked when it is read.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// The maximum number of pairs: more than any request needs.
    const MAX_PAIRS: usize = 100;
    /// The maximum length of one value in bytes.
    const MAX_LENGTH: usize = 8 * 1024;
    /// The maximum length of a token in bytes. The longest that this server issues are shorter: an ID Token with all claims
    /// that a person can have, and an access token with all scopes and authorization details that a request can name and a
    /// chain of actors.
    pub const MAX_TOKEN_LENGTH: usize = 32 * 1024;
    /// The parameters that hold a token that this server may have issued as a JWT, or a request object that may have one in it.
    const TOKENS: [&str; 6] =
        ["access_token", "actor_token", "id_token_hint", "request", "subject_token", "token"];

    /// The parameter that is a whole document of JSON, which people format.
    const JSON: &str = "authorization_details";
    /// The parameter whose form has an error code of its own (CIBA Core §13), so that its reader checks it.
    const READ_ELSEWHERE: &str = "binding_message";

    /// The maximum length of a parameter in bytes.
    fn max_length(name: &str) -> usize {
        if Self::TOKENS.contains(&name) { Self::MAX_TOKEN_LENGTH } else { Self::MAX_LENGTH }
    }

    /// Parses a query or a form body.
    ///
    /// # Errors
    /// If it is not a form, or has too many pairs.
    pub fn parse(encoded: &[u8]) -> Result<Self, OAuthError> {
        Self::parse_with(encoded, 0)
    }

    /// Parses a form body as [`Self::parse`] does, of a form that may have this number of checkboxes besides its other
    /// fields.
    ///
    /// # Errors
    /// If it is not a form, or has too many pairs.
    pub fn parse_with(encoded: &[u8], checkboxes: usize) -> Result<Self, OAuthError> {
        let most = Self::MAX_PAIRS.saturating_add(checkboxes);
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(encoded)
            .map_err(|_| Reason::RequestMalformed.because("the request is not form-encoded"))?;
        if pairs.len() > most {
            return Err(
                Reason::ParameterTooMany.because(format!("the request has more than {most} parameters"))
            );
        }
        Ok(Self(pairs))
    }

    /// The parameters with this one, unless they have it already. An empty one counts as not sent (RFC 6749 §3.1).
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !self.has(name) {
            self.0.retain(|(key, _)| key != name);
            self.0.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Takes parameters that are already decoded, without checking them.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The decoded names and values, in the order of the request.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The parameters whose names `is_wanted` accepts, in the order of the request.
    #[must_use]
    pub fn only(mut self, is_wanted: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|(name, _)| is_wanted(name));
        self
    }

    /// Gives the first parameter with this name another value. Returns its place; `None` if it was not sent.
    pub(super) fn replace(&mut self, name: &str, value: &str) -> Option<usize> {
        let (at, pair) = self.0.iter_mut().enumerate().find(|(_, (key, _))| key == name)?;
        value.clone_into(&mut pair.1);
        Some(at)
    }

    /// Whether the parameter was sent with a value, in whatever form.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, value)| key == name && !value.is_empty())
    }

    /// How often the parameter was sent, including empty values.
    pub fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|(key, _)| key == name).count()
    }

    /// The value of a parameter; `None` if it is missing or empty.
    ///
    /// # Errors
    /// If it is repeated, too long or malformed.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, OAuthError> {
        let Some(value) = self.single(name)?.filter(|value| !value.is_empty()) else { return Ok(None) };
        check(name, value)?;
        Ok(Some(value))
    }

    /// The value of a field into which a person types or pastes a name or code, without what cannot be seen at its ends;
    /// empty if it is missing.
    ///
    /// # Errors
    /// If it is repeated, too long or malformed.
    pub fn typed(&self, name: &'static str) -> Result<&str, OAuthError> {
        let value = trimmed(self.single(name)?.unwrap_or_default());
        check(name, value)?;
        Ok(value)
    }

    fn single(&self, name: &'static str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next();
        if values.next().is_some() {
            return Err(Reason::ParameterRepeated.because(format!("the parameter {name} is repeated")));
        }
        Ok(value)
    }

    /// The values of a parameter that may be repeated, without empty ones.
    ///
    /// # Errors
    /// If there are more than `most`, or a value is too long or malformed.
    pub fn all(&self, name: &'static str, most: usize) -> Result<Vec<&str>, OAuthError> {
        let values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        if values.len() > most {
            return Err(Reason::ParameterRepeated
                .because(format!("the parameter {name} appears more than {most} times")));
        }
        values.iter().try_for_each(|value| check(name, value))?;
        Ok(values)
    }

    /// Checks each of `names` for repetition, length and characters.
    ///
    /// # Errors
    /// If a parameter is repeated, too long or malformed.
    pub fn check(&self, names: &[&'static str]) -> Result<(), OAuthError> {
        names.iter().try_for_each(|name| self.one(name).map(drop))
    }
}

fn check(name: &str, value: &str) -> Result<(), OAuthError> {
    if name == Params::READ_ELSEWHERE {
        return Ok(());
    }
    let most = Params::max_length(name);
    if value.len() > most {
        return Err(
            Reason::ParameterTooLong.because(format!("the parameter {name} is longer than {most} bytes"))
        );
    }
    // JSON may have line ends and tabs between its parts.
    let is_space = |c| name == Params::JSON && matches!(c, '\n' | '\r' | '\t');
    // The decoder writes U+FFFD for bytes that are not UTF-8: such a value could not be returned unchanged.
    if value.chars().any(|c| c.is_control() && !is_space(c) || c == '\u{fffd}') {
        return Err(Reason::ParameterMalformed
            .because(format!("the parameter {} holds control characters or is not UTF-8", quoted(name))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn params(text: &str) -> Params {
        Params::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_empty_value_counts_as_absent_but_still_as_an_occurrence() {
        assert_eq!(params("a=").one("a"), Ok(None));
        assert_eq!(params("a=&a=x").one("a").unwrap_err().reason, Reason::ParameterRepeated);
    }

    #[test]
    fn what_a_person_types_is_trimmed_before_it_is_checked() {
        assert_eq!(params("a=%09x+y%E2%80%8B").typed("a"), Ok("x y"));
        assert_eq!((params("a=%09").typed("a"), params("b=x").typed("a")), (Ok(""), Ok("")));
        for (refused, reason) in [
            ("a=x%09y", Reason::ParameterMalformed),
            ("a=x%00", Reason::ParameterMalformed),
            ("a=x&a=x", Reason::ParameterRepeated),
        ] {
            assert_eq!(params(refused).typed("a").unwrap_err().reason, reason, "{refused}");
        }
    }

    #[test]
    fn unknown_parameters_are_not_checked() {
        assert_eq!(params("x=%00&x=%FF&a=1").one("a"), Ok(Some("1")));
    }

    #[test]
    fn control_characters_and_invalid_utf8_are_refused_in_parameters_that_are_read() {
        for hostile in ["a=%00", "a=x%0D%0AY", "a=%FF", "a=%C0%AF"] {
            assert_eq!(params(hostile).one("a").unwrap_err().reason, Reason::ParameterMalformed, "{hostile}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(params) = Params::parse(&bytes) {
                let _ = params.one("a");
            }
        }

        #[test]
        fn encoded_parameters_are_decoded_again(value in "[^\\p{Cc}\u{fffd}]{1,80}") {
            let encoded = serde_urlencoded::to_string([("a", &value)]).unwrap();
            let params = params(&encoded);
            prop_assert_eq!(params.one("a"), Ok(Some(value.as_str())));
        }
    }
}
