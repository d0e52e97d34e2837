//! The tokens that a request would give, as unsigned JSON.

use serde_json::{Value, json};

use super::Known;
use crate::clock::Seconds;
use crate::oauth::client::{GrantType, IdTokenClaims, SubjectType};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::{self, RegisteredResources};
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::grant::{Grant, Parties};
use crate::oauth::id::{GrantId, SessionId, UserId};
use crate::oauth::identity::authentication::{Amr, Authentication};
use crate::oauth::identity::claims::Person;
use crate::oauth::request::params::Params;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::token::id_token::{IdToken, NamesForClient};
use crate::oauth::token::purpose::PurposeRules;
use crate::oauth::token::{AccessToken, JwtClaims};

/// What would be issued, and the person it is about.
pub(super) struct Granting<'a> {
    pub(super) granted: Granted,
    /// `None` if the client acts for itself.
    pub(super) person: Option<&'a Person>,
    /// Where the right to the tokens comes from.
    pub(super) source: GrantSource<'a>,
}

/// Where the right to tokens comes from.
#[derive(Clone, Copy)]
pub(super) enum GrantSource<'a> {
    /// An authorization request with this response type.
    Authorization(ResponseType),
    /// What a person has allowed elsewhere: at a device, by a backchannel request.
    Person,
    /// A token request alone, or an assertion of a trusted issuer.
    TokenRequest(&'a Params),
    /// A token that the client exchanges.
    SubjectToken,
}

impl GrantSource<'_> {
    fn response_type(self) -> Option<ResponseType> {
        match self {
            Self::Authorization(kind) => Some(kind),
            Self::Person | Self::TokenRequest(_) | Self::SubjectToken => None,
        }
    }

    /// Whether a person has signed in for it. Without that, an access token is all that the client gets.
    fn has_sign_in(self) -> bool {
        matches!(self, Self::Authorization(_) | Self::Person)
    }
}

/// The claims of the tokens that a client would get. Ids that every token has of its own are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenPreview {
    /// `None` without an access token.
    access_token: Option<AccessTokenPreview>,
    id_token: Option<Value>,
    user_info: Option<Value>,
    has_refresh_token: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct AccessTokenPreview {
    /// `jwt` or `opaque`. The claims of an opaque token are what introspection says.
    format: &'static str,
    lifetime: Seconds,
    claims: Value,
}

impl TokenPreview {
    /// The tokens for what was granted.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope.
    pub(super) fn of(known: &Known<'_>, granting: &Granting<'_>) -> Result<Self, OAuthError> {
        let Granting { granted, person, source } = granting;
        let response_type = source.response_type();
        let has_access_token = response_type.is_none_or(|kind| kind.has_code() || kind.has_token());
        let grant = person.map(|person| grant(known, granted, person));
        let token = has_access_token.then(|| access_token(known, granting, grant.as_ref())).transpose()?;
        let has_openid = granted.scope.contains(OPENID);
        let user_info = person.zip(token.as_ref().filter(|token| has_openid && token.audience.is_none()));
        let signed_in = person.zip(grant.as_ref()).filter(|_| has_openid && source.has_sign_in());
        Ok(Self {
            id_token: signed_in.map(|(person, grant)| {
                // Without anything that gives access to UserInfo, it has all claims (OpenID Connect Core §5.4).
                let of_scope =
                    if has_access_token { &known.client.id_token_claims } else { &IdTokenClaims::Scopes };
                id_token(known, person, grant, of_scope, response_type)
            }),
            user_info: user_info.map(|(person, token)| user_info_of(known, person, &token.granted.scope)),
            has_refresh_token: token.is_some()
                && person.is_some()
                && source.has_sign_in()
                && known.client.grants.contains(&GrantType::RefreshToken)
                && response_type.is_none_or(ResponseType::has_code),
            access_token: token.map(|token| {
                let grant = grant.as_ref().filter(|_| source.has_sign_in());
                AccessTokenPreview::of(known, &token, grant, *person)
            }),
        })
    }

    /// Which tokens the client gets, in a few words.
    pub(super) fn note(&self) -> String {
        let access = self.access_token.as_ref().map(|token| format!("an access token ({})", token.format));
        let id_token = self.id_token.as_ref().map(|_| "an ID Token".to_owned());
        let refresh = self.has_refresh_token.then(|| "a refresh token".to_owned());
        access.into_iter().chain(id_token).chain(refresh).collect::<Vec<_>>().join(", ")
    }

    /// The tokens as JSON: the claims, unsigned.
    pub fn to_json(&self) -> Value {
        json!({
            "access_token": self.access_token.as_ref().map(|token| json!({
                "format": token.format,
                "expires_in": token.lifetime,
                "claims": token.claims,
            })),
            "id_token": self.id_token,
            "userinfo": self.user_info,
            "refresh_token": self.has_refresh_token,
        })
    }
}

impl AccessTokenPreview {
    /// `grant`: the one with the sign-in that the token speaks of; `None` if it speaks of none.
    fn of(known: &Known<'_>, token: &AccessToken, grant: Option<&Grant>, person: Option<&Person>) -> Self {
        let sub = match person {
            Some(person) => subject(known, &person.id),
            None => Some(known.client.id.to_string()),
        };
        let authentication = grant.map(|grant| &grant.authentication);
        let claims = JwtClaims::of(token, known.issuer, sub.clone().unwrap_or_default(), authentication);
        Self {
            format: if token.signed_with.is_some() { "jwt" } else { "opaque" },
            lifetime: token.lifetime(),
            claims: named(&claims, sub, &["jti"]),
        }
    }
}

fn grant(known: &Known<'_>, granted: &Granted, person: &Person) -> Grant {
    let parties = Parties {
        client: known.client.id.clone(),
        user: person.id.clone(),
        session: SessionId::new("session"),
    };
    let authentication = Authentication::by(Amr::Pwd, known.context.now);
    Grant::new(GrantId::new("grant"), parties, granted.clone(), authentication)
}

fn access_token(
    known: &Known<'_>,
    granting: &Granting<'_>,
    grant: Option<&Grant>,
) -> Result<AccessToken, OAuthError> {
    let (client, catalogue, granted) = (&known.client, &known.catalogue, &granting.granted);
    let registered = RegisteredResources { resources: catalogue, issuer: known.issuer };
    let (named, details) = match granting.source {
        GrantSource::TokenRequest(params) => {
            (resource::named(params, "resource")?, AuthorizationDetails::requested(params)?)
        }
        GrantSource::Authorization(_) | GrantSource::Person | GrantSource::SubjectToken => (None, None),
    };
    let rules = PurposeRules { registered, named: named.as_deref(), details: details.as_ref() };
    let purpose = match (granting.source, granting.person) {
        (GrantSource::TokenRequest(params), None) => rules.of_client(client, params)?,
        (GrantSource::TokenRequest(_), Some(_)) => rules.of_trusted_issuer(client, &granted.scope)?,
        _ => rules.of_grant(client, granted, &granted.scope)?,
    };
    let defaults = (known.context.config.token_defaults(), known.context.now);
    AccessToken::new("token", client, grant, purpose, catalogue, defaults)
}

fn id_token(
    known: &Known<'_>,
    person: &Person,
    grant: &Grant,
    of_scope: &IdTokenClaims,
    response_type: Option<ResponseType>,
) -> Value {
    let nonce = response_type.filter(|kind| kind.has_id_token()).map(|_| "(the nonce of the request)");
    let source = grant.id_token(nonce);
    let sub = subject(known, &person.id);
    let names = NamesForClient { subject: sub.clone().unwrap_or_default(), session: String::new() };
    let lifetime = known.context.config.tokens.id_token_lifetime.seconds();
    let times = (known.context.now, lifetime);
    let claims = source.claims_about(person, known.catalogue.claims_of(&grant.granted.scope), of_scope);
    let token = IdToken::new(known.issuer, &known.client.id, &names, &source, times).with_claims(claims);
    named(&token, sub, &["sid"])
}

fn user_info_of(known: &Known<'_>, person: &Person, scope: &Scope) -> Value {
    let mut claims = person.claims_named(known.catalogue.claims_of(scope));
    claims.insert("sub".into(), subject(known, &person.id).into());
    claims.into()
}

/// The client's `sub` of a person. `None` if it is pairwise and the server's keys are not known.
fn subject(known: &Known<'_>, user: &UserId) -> Option<String> {
    match known.client.subject_type {
        SubjectType::Public => Some(user.to_string()),
        SubjectType::Pairwise => {
            known.keys.map(|keys| keys.pairwise_subject(&known.client.sector(), user.as_str()))
        }
    }
}

/// The claims as JSON, with this `sub`, and without those that each token has of its own.
fn named(claims: &impl serde::Serialize, sub: Option<String>, own: &[&str]) -> Value {
    let mut json = serde_json::to_value(claims).unwrap_or_default();
    if let Value::Object(members) = &mut json {
        members.retain(|name, _| !own.contains(&name.as_str()));
        members.insert("sub".into(), sub.into());
    }
    json
}
