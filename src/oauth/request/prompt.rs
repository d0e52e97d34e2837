//! Parameters that influence the pages: `prompt`, `max_age` and `login_hint` (OpenID Connect Core §3.1.2.1).

use crate::clock::Seconds;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;

/// The supported values of `prompt`.
pub const VALUES: [&str; 4] = ["none", "login", "consent", "select_account"];

/// The value that is supported if people may create accounts.
pub const CREATE: &str = "create";

/// The pages that the application wants, whatever the server remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// The person must sign in again.
    pub login: bool,
    /// The person must choose one of the signed-in accounts.
    pub select_account: bool,
    pub consent: bool,
    /// The person creates an account (Initiating User Registration via OpenID Connect §3).
    pub create: bool,
    /// The maximum number of seconds since the person last entered the password.
    pub max_age: Option<Seconds>,
    /// The user name of the person that the application expects.
    pub login_hint: Option<String>,
}

impl Prompt {
    /// Reads `prompt`, `max_age` and `login_hint` (OpenID Connect Core §3.1.2.1).
    ///
    /// # Errors
    /// If a parameter is repeated or malformed, a `prompt` value is unknown, or `none` is combined with another value.
    pub fn from_request(params: &Params) -> Result<Self, OAuthError> {
        let max_age = params.one("max_age")?.map(seconds).transpose()?;
        // Applications fill it with what a person has typed or pasted there.
        let login_hint = Some(params.typed("login_hint")?).filter(|hint| !hint.is_empty()).map(str::to_owned);
        let mut prompt = Self { max_age, login_hint, ..Self::default() };
        for value in params.one("prompt")?.unwrap_or_default().split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "select_account" => prompt.select_account = true,
                "consent" => prompt.consent = true,
                CREATE => prompt.create = true,
                other => {
                    return Err(Reason::PromptUnknown
                        .because(format!("the prompt {} is not supported", quoted(other))));
                }
            }
        }
        let asks = prompt.login || prompt.consent || prompt.select_account || prompt.create;
        if prompt.none && asks {
            return Err(
                Reason::PromptNoneCombined.because("prompt=none must not be combined with other values")
            );
        }
        Ok(prompt)
    }
}

fn seconds(text: &str) -> Result<Seconds, OAuthError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse::<u32>().ok().filter(|_| digits);
    seconds.map(|seconds| Seconds::new(seconds.into())).ok_or_else(|| {
        Reason::MaxAgeMalformed.because("max_age must be a whole number of seconds, from 0 to 4294967295")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(query: &str) -> Result<Prompt, Reason> {
        let params = Params::parse(query.as_bytes()).unwrap();
        Prompt::from_request(&params).map_err(|error| error.reason)
    }

    #[test]
    fn every_value_has_its_meaning_and_none_must_be_alone() {
        let some = |none, login, consent| Ok(Prompt { none, login, consent, ..Prompt::default() });
        assert_eq!(prompt(""), Ok(Prompt::default()));
        assert_eq!(prompt("prompt="), Ok(Prompt::default()));
        assert_eq!(prompt("prompt=none"), some(true, false, false));
        let select = Prompt { select_account: true, ..Prompt::default() };
        assert_eq!(prompt("prompt=select_account"), Ok(select));
        assert_eq!(prompt("prompt=consent+login"), some(false, true, true));
        assert_eq!(prompt("prompt=login++login"), some(false, true, false));
        for value in VALUES {
            assert!(prompt(&format!("prompt={value}")).is_ok(), "{value}");
        }
        for query in ["prompt=none+login", "prompt=consent+none", "prompt=select_account+none"] {
            assert_eq!(prompt(query), Err(Reason::PromptNoneCombined), "{query}");
        }
        assert_eq!(prompt("prompt=create"), Ok(Prompt { create: true, ..Prompt::default() }));
        assert_eq!(prompt("prompt=create+none"), Err(Reason::PromptNoneCombined));
        for query in ["prompt=LOGIN", "prompt=none,login", "prompt=login+nonsense"] {
            assert_eq!(prompt(query), Err(Reason::PromptUnknown), "{query}");
        }
    }

    #[test]
    fn max_age_is_a_number_of_seconds() {
        let age = |text: &str| prompt(&format!("max_age={text}")).map(|prompt| prompt.max_age);
        assert_eq!(age(""), Ok(None));
        assert_eq!(age("0"), Ok(Some(Seconds::ZERO)));
        assert_eq!(age("4294967295"), Ok(Some(Seconds::new(4_294_967_295))));
        for text in ["-1", "%2B1", "1.5", "1e3", "4294967296", "99999999999999999999", "ten", "0x10", "1+1"] {
            assert_eq!(age(text), Err(Reason::MaxAgeMalformed), "{text}");
        }
    }
}
