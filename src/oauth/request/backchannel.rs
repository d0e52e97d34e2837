//! The parameters of a backchannel request: what the application asks for, and about which person (CIBA Core §7.1).

use std::collections::BTreeSet;

use crate::clock::Seconds;
use crate::oauth::client::{Client, DeliveryMode};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::authorization_details::authorization_type::KnownAuthorizationTypes;
use crate::oauth::grant::authorization_details::{self, AuthorizationDetails};
use crate::oauth::grant::backchannel::BindingMessage;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::{KnownResources, RegisteredResources};
use crate::oauth::grant::scope::{KnownScopes, OPENID, Scope, resolve};
use crate::oauth::identity::group;
use crate::oauth::reason::Reason;
use crate::oauth::request::ServerContext;
use crate::oauth::request::claims_request::ClaimsRequest;
use crate::oauth::request::params::Params;

const LOGIN_HINT: &str = "login_hint";
const ID_TOKEN_HINT: &str = "id_token_hint";
const LOGIN_HINT_TOKEN: &str = "login_hint_token";
const NOTIFICATION_TOKEN: &str = "client_notification_token";

/// The path of the endpoint below the issuer.
pub const PATH: &str = "/bc-authorize";

/// The parameters of a request; a signed one has them all inside.
pub const PARAMETERS: [&str; 12] = [
    "scope",
    NOTIFICATION_TOKEN,
    "acr_values",
    LOGIN_HINT_TOKEN,
    ID_TOKEN_HINT,
    LOGIN_HINT,
    "binding_message",
    "user_code",
    "requested_expiry",
    "resource",
    authorization_details::PARAMETER,
    "ui_locales",
];

/// The maximum length of a `client_notification_token` (§7.1).
const MAX_TOKEN_LENGTH: usize = 1024;

/// A request whose parameters are right. The person is not verified.
#[derive(Clone, Debug)]
pub struct AskedBackchannel {
    pub granted: Granted,
    pub hint: PersonHint,
    pub binding_message: Option<BindingMessage>,
    pub user_code: Option<String>,
    /// For how long the application wants to wait.
    pub requested_expiry: Option<Seconds>,
    /// The bearer token of the notification. `None`: the application polls.
    pub notification_token: Option<String>,
    /// The groups that the person must be in.
    pub required_groups: BTreeSet<String>,
}

/// What names the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonHint {
    /// What the person typed to name the account.
    Name(String),
    /// An ID Token of this server.
    IdToken(String),
    /// A token of a trusted issuer.
    Token(String),
}

/// Reads and checks the parameters of a request of `client`.
///
/// # Errors
/// If a parameter is missing, repeated, malformed, or not allowed for the client.
pub fn validate<K: KnownScopes + KnownResources + KnownAuthorizationTypes>(
    client: &Client,
    params: &Params,
    known: &ServerContext<'_, K>,
) -> Result<AskedBackchannel, OAuthError> {
    // Only a resource may be repeated, and it is checked with the others.
    let single: Vec<&'static str> = PARAMETERS.into_iter().filter(|name| *name != "resource").collect();
    params.check(&single)?;
    let scope = scope(client, params, known.catalogue)?;
    let details = AuthorizationDetails::requested(params)?.unwrap_or_default();
    let registered = RegisteredResources { resources: known.catalogue, issuer: known.issuer };
    details.check(client, &registered)?;
    let resources = registered.authorized(params, client, (&scope, &details.placed(known.catalogue)))?;
    known.algorithms.check(client, &resources, known.catalogue)?;
    let binding_message = params.one("binding_message")?.map(BindingMessage::parse).transpose()?;
    // FAPI-CIBA §5.2.2: the person must be able to tell one request from another.
    if client.profile(&known.demands).is_fapi() && details.is_empty() && binding_message.is_none() {
        let what =
            "the profile of this client needs a binding_message or authorization_details in each request";
        return Err(Reason::BackchannelBindingMessage.because(what));
    }
    Ok(AskedBackchannel {
        hint: hint(params)?,
        binding_message,
        user_code: params.one("user_code")?.map(str::to_owned),
        requested_expiry: params.one("requested_expiry")?.map(expiry).transpose()?,
        notification_token: notification_token(client, params)?,
        required_groups: group::required(client, &scope, known.catalogue),
        granted: Granted::new(scope, resources, ClaimsRequest::default(), details),
    })
}

/// The scope of a request, which has `openid` (§7.1).
///
/// # Errors
/// If `openid` is missing, or another scope is unknown or not allowed for the client.
pub fn scope(client: &Client, params: &Params, known: &impl KnownScopes) -> Result<Scope, OAuthError> {
    let missing = || Reason::BackchannelScope.because("the scope of the request does not contain openid");
    let requested = params.one("scope")?.ok_or_else(missing)?;
    let scope = resolve(Some(requested), &client.scopes, known)?;
    if scope.contains(OPENID) { Ok(scope) } else { Err(missing()) }
}

/// The hint that names the person; there is exactly one.
fn hint(params: &Params) -> Result<PersonHint, OAuthError> {
    let name = Some(params.typed(LOGIN_HINT)?).filter(|name| !name.is_empty());
    let found = [
        name.map(|name| PersonHint::Name(name.to_owned())),
        params.one(ID_TOKEN_HINT)?.map(|token| PersonHint::IdToken(token.to_owned())),
        params.one(LOGIN_HINT_TOKEN)?.map(|token| PersonHint::Token(token.to_owned())),
    ];
    let mut found = found.into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(hint), None) => Ok(hint),
        (None, _) => Err(Reason::BackchannelHint.because(
            "the request names no person; send login_hint, id_token_hint or login_hint_token",
        )),
        (Some(_), Some(_)) => Err(Reason::BackchannelHint.because(
            "the request has several hints about the person; send one of login_hint, id_token_hint and login_hint_token",
        )),
    }
}

/// A positive number of seconds. A number that is too large is as good as the longest time.
fn expiry(text: &str) -> Result<Seconds, OAuthError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.trim_start_matches('0');
    match (is_number, seconds) {
        (true, digits) if !digits.is_empty() => {
            Ok(Seconds::new(i64::from(digits.parse().unwrap_or(u32::MAX))))
        }
        _ => {
            Err(Reason::BackchannelExpiry.because("the requested_expiry is not a positive number of seconds"))
        }
    }
}

/// The token of the notification, if the server notifies the client.
fn notification_token(client: &Client, params: &Params) -> Result<Option<String>, OAuthError> {
    if client.backchannel.delivery == DeliveryMode::Poll {
        return Ok(None);
    }
    let wrong = |what: &'static str| Err(Reason::BackchannelNotificationToken.because(what));
    match params.one(NOTIFICATION_TOKEN)? {
        None => wrong(
            "the server notifies this client of answers, so its requests need a client_notification_token",
        ),
        Some(token) if token.len() > MAX_TOKEN_LENGTH => {
            wrong("the client_notification_token has more than 1024 characters")
        }
        Some(token) if !is_bearer_token(token) => {
            wrong("the client_notification_token has characters that a bearer token cannot have")
        }
        Some(token) => Ok(Some(token.to_owned())),
    }
}

/// Whether a text has the form `b64token` (RFC 6750 §2.1).
fn is_bearer_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::{ClientKind, example};

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::from_pairs(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_request_is_about_one_person() {
        let reason = |pairs: &[(&str, &str)]| hint(&params(pairs)).map_err(|error| error.reason);
        let (name, id_token, token) =
            (("login_hint", " alice "), ("id_token_hint", "a.b.c"), ("login_hint_token", "d.e.f"));
        assert_eq!(reason(&[name]), Ok(PersonHint::Name("alice".into())));
        assert_eq!(reason(&[id_token]), Ok(PersonHint::IdToken("a.b.c".into())));
        assert_eq!(reason(&[token]), Ok(PersonHint::Token("d.e.f".into())));
        for wrong in [
            &[][..],
            &[("login_hint", " ")],
            &[name, token],
            &[name, id_token],
            &[id_token, token],
            &[name, id_token, token],
        ] {
            assert_eq!(reason(wrong), Err(Reason::BackchannelHint), "{wrong:?}");
        }
    }

    #[test]
    fn an_expiry_is_a_positive_number() {
        for (text, seconds) in [("1", 1), ("0120", 120), ("99999999999999999999", i64::from(u32::MAX))] {
            assert_eq!(expiry(text), Ok(Seconds::new(seconds)));
        }
        for wrong in ["0", "000", "-1", "+5", "1.5", "5m", "", " 5", "\u{661}"] {
            assert_eq!(
                expiry(wrong).map_err(|error| error.reason),
                Err(Reason::BackchannelExpiry),
                "{wrong}"
            );
        }
    }

    fn token(text: &str) -> [(&str, &str); 1] {
        [(NOTIFICATION_TOKEN, text)]
    }

    #[test]
    fn a_notification_token_is_demanded_of_those_who_are_notified() {
        let of = |mode, pairs: &[(&str, &str)]| {
            let client = example(ClientKind::Web).with(|metadata| metadata.backchannel.delivery = mode);
            notification_token(&client, &params(pairs)).map_err(|error| error.reason)
        };
        assert_eq!(of(DeliveryMode::Poll, &token("abc")), Ok(None));
        for good in ["a", "aZ09-._~+/==", &"x".repeat(1024)] {
            assert_eq!(of(DeliveryMode::Ping, &token(good)), Ok(Some(good.to_owned())));
        }
        for wrong in ["a b", "a\"", "=", "a=b", "é", &"x".repeat(1025)] {
            let refused = Err(Reason::BackchannelNotificationToken);
            assert_eq!(of(DeliveryMode::Ping, &token(wrong)), refused, "{wrong}");
        }
        assert_eq!(of(DeliveryMode::Ping, &[]), Err(Reason::BackchannelNotificationToken));
    }
}
