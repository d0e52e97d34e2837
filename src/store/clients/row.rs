//! The columns of a client: their list, and how they are written and read.

use sqlx::FromRow;

use crate::oauth::client::origin::Origin;
use crate::oauth::client::{
    AssertionAudience, AuthMethod, Client, ClientKind, Encryption, GrantType, Links, LogoutUris, PkcePolicy,
    SubjectType, TokenFormat,
};
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::store::db::{DbError, Query};
use crate::store::resources::uris;

/// The columns of a registration, in the order in which [`bind`] binds them.
macro_rules! registered {
    () => {
        "kind, name, site_uri, policy_uri, terms_uri, logo_digest, redirect_uris, post_logout_redirect_uris, \
         origins, grants, response_types, scopes, auth_method, pkce, id_token_alg, userinfo_alg, jwks, \
         id_token_encryption, userinfo_encryption, subject_type, sector_identifier_uri, \
         backchannel_logout_uri, frontchannel_logout_uri, token_format, \
         resources, access_token_lifetime, assertion_method, jwks_uri, assertion_audience, required_group, first_party, \
         may_act, may_impersonate"
    };
}
pub(super) use registered;

/// The placeholders for these values, after three of the statement's own.
macro_rules! values {
    () => {
        "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, \
         $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36"
    };
}
pub(super) use values;

#[derive(FromRow)]
pub(super) struct ClientRow {
    id: String,
    version: i64,
    kind: String,
    name: String,
    site_uri: Option<String>,
    policy_uri: Option<String>,
    terms_uri: Option<String>,
    logo_digest: Option<String>,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    origins: String,
    grants: String,
    response_types: String,
    scopes: String,
    auth_method: Option<String>,
    pkce: Option<String>,
    id_token_alg: Option<String>,
    userinfo_alg: Option<String>,
    jwks: Option<String>,
    id_token_encryption: Option<String>,
    userinfo_encryption: Option<String>,
    subject_type: String,
    sector_identifier_uri: Option<String>,
    backchannel_logout_uri: Option<String>,
    frontchannel_logout_uri: Option<String>,
    token_format: String,
    resources: String,
    access_token_lifetime: Option<i64>,
    assertion_method: Option<String>,
    jwks_uri: Option<String>,
    assertion_audience: Option<String>,
    required_group: Option<String>,
    first_party: bool,
    may_act: Option<String>,
    may_impersonate: bool,
    disabled_at: Option<i64>,
}

/// Binds the values of a registration.
pub(super) fn bind<'c>(query: Query<'c>, client: &Client) -> Query<'c> {
    let grants: Vec<&str> = client.grants.iter().map(|grant| grant.as_str()).collect();
    query
        .bind(client.kind.as_str())
        .bind(client.name.as_str())
        .bind(client.links.site.clone())
        .bind(client.links.policy.clone())
        .bind(client.links.terms.clone())
        .bind(client.links.logo.clone())
        .bind(joined(&client.redirect_uris))
        .bind(joined(&client.post_logout_redirect_uris))
        .bind(origins(client))
        .bind(grants.join(" "))
        .bind(response_types(client))
        .bind(client.scopes.to_string())
        .bind(client.auth_method.filter(|method| !method.is_assertion()).map(AuthMethod::as_str))
        .bind(client.pkce.map(PkcePolicy::as_str))
        .bind(client.id_token_alg.map(SigningAlgorithm::as_str))
        .bind(client.userinfo_alg.map(SigningAlgorithm::as_str))
        .bind(client.jwks.clone())
        .bind(client.id_token_encryption.map(Encryption::to_text))
        .bind(client.userinfo_encryption.map(Encryption::to_text))
        .bind(client.subject_type.as_str())
        .bind(client.sector_identifier_uri.clone())
        .bind(client.logout.back_channel.clone())
        .bind(client.logout.front_channel.clone())
        .bind(client.token_format.as_str())
        .bind(client.resources.join(" "))
        .bind(client.access_token_lifetime)
        .bind(client.auth_method.filter(|method| method.is_assertion()).map(AuthMethod::as_str))
        .bind(client.jwks_uri.clone())
        .bind(client.assertion_audience.map(AssertionAudience::as_str))
        .bind(client.required_group.clone())
        .bind(client.first_party)
        .bind(client.may_act.as_ref().map(ClientId::to_string))
        .bind(client.may_impersonate)
}

impl ClientRow {
    pub(super) fn into_client(self) -> Result<Client, DbError> {
        let corrupt = |what| DbError::Corrupt { table: "clients", id: self.id.clone(), what };
        let grants = self.grants.split(' ').filter(|word| !word.is_empty());
        Ok(Client {
            kind: ClientKind::parse(&self.kind).ok_or_else(|| corrupt("kind"))?,
            // A grant type of a later release is ignored, because this release cannot serve it.
            grants: grants.filter_map(GrantType::parse).collect(),
            response_types: self.response_types.split(',').filter_map(ResponseType::parse).collect(),
            auth_method: known(
                self.assertion_method.as_deref().or(self.auth_method.as_deref()),
                AuthMethod::parse,
            )
            .ok_or_else(|| corrupt("auth_method"))?,
            pkce: known(self.pkce.as_deref(), PkcePolicy::parse).ok_or_else(|| corrupt("pkce"))?,
            id_token_alg: known(self.id_token_alg.as_deref(), SigningAlgorithm::parse)
                .ok_or_else(|| corrupt("id_token_alg"))?,
            userinfo_alg: known(self.userinfo_alg.as_deref(), SigningAlgorithm::parse)
                .ok_or_else(|| corrupt("userinfo_alg"))?,
            id_token_encryption: known(self.id_token_encryption.as_deref(), Encryption::parse)
                .ok_or_else(|| corrupt("id_token_encryption"))?,
            userinfo_encryption: known(self.userinfo_encryption.as_deref(), Encryption::parse)
                .ok_or_else(|| corrupt("userinfo_encryption"))?,
            jwks: self.jwks,
            subject_type: SubjectType::parse(&self.subject_type).ok_or_else(|| corrupt("subject_type"))?,
            sector_identifier_uri: self.sector_identifier_uri,
            logout: LogoutUris {
                back_channel: self.backchannel_logout_uri,
                front_channel: self.frontchannel_logout_uri,
            },
            redirect_uris: split(&self.redirect_uris),
            post_logout_redirect_uris: split(&self.post_logout_redirect_uris),
            origins: self
                .origins
                .split(' ')
                .filter(|text| !text.is_empty())
                .map(Origin::from_stored)
                .collect(),
            scopes: Scope::from_stored(&self.scopes),
            links: Links {
                site: self.site_uri,
                policy: self.policy_uri,
                terms: self.terms_uri,
                logo: self.logo_digest,
            },
            version: self.version,
            name: self.name,
            token_format: TokenFormat::parse(&self.token_format).ok_or_else(|| corrupt("token_format"))?,
            resources: uris(&self.resources),
            access_token_lifetime: self.access_token_lifetime,
            jwks_uri: self.jwks_uri,
            assertion_audience: known(self.assertion_audience.as_deref(), AssertionAudience::parse)
                .ok_or_else(|| corrupt("assertion_audience"))?,
            required_group: self.required_group,
            first_party: self.first_party,
            may_act: self.may_act.map(ClientId::new),
            may_impersonate: self.may_impersonate,
            disabled: self.disabled_at.is_some(),
            id: ClientId::new(self.id),
        })
    }
}

fn joined(uris: &[RegisteredUri]) -> String {
    uris.iter().map(RegisteredUri::as_str).collect::<Vec<_>>().join(" ")
}

fn response_types(client: &Client) -> String {
    client.response_types.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(",")
}

fn origins(client: &Client) -> String {
    client.origins.iter().map(Origin::as_str).collect::<Vec<_>>().join(" ")
}

fn split(uris: &str) -> Vec<RegisteredUri> {
    uris.split(' ').filter(|uri| !uri.is_empty()).map(RegisteredUri::from_stored).collect()
}

/// Parses an optional word; `None` if the word is unknown.
fn known<T>(word: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    word.map_or(Some(None), |word| parse(word).map(Some))
}
