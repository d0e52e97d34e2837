//! The client with what the options change.

use super::super::super::CliError;
use super::super::super::languages::text_change;
use super::super::super::lifetime::new_lifetime;
use super::super::super::list::scope_change;
use super::super::encryption::{jwks, new_encryption};
use super::super::links::LinkChanges;
use super::super::words::{origins, response_types, schemes};
use super::ClientChangeOptions;
use crate::clock::Seconds;
use crate::oauth::client::origin::Origin;
use crate::oauth::client::{Client, ClientKind, ClientMetadata, Encryption, Links};
use crate::oauth::request::response_type::ResponseType;
use crate::operations::fault::{Fault, Faults};
use crate::operations::list_change::ListChange;
use crate::operations::scopes::changed;
use crate::operations::text_change::TextChange;

/// The values of the options, parsed.
pub(super) struct ClientEdit {
    jwks: Option<String>,
    pub(super) name: TextChange,
    links: LinkChanges,
    origins: ListChange<Origin>,
    response_types: Vec<ResponseType>,
    scopes: ListChange<String>,
    id_token_encryption: Option<Option<Encryption>>,
    userinfo_encryption: Option<Option<Encryption>>,
    jarm_encryption: Option<Option<Encryption>>,
    access_token_lifetime: Option<Option<Seconds>>,
    pub(super) changes: ClientChangeOptions,
}

impl ClientEdit {
    pub(super) fn of(changes: ClientChangeOptions) -> Result<Self, CliError> {
        changes.check_single()?;
        Ok(Self {
            jwks: changes.jwks.as_deref().map(jwks).transpose()?,
            name: text_change(
                "--name",
                changes.name.clone().map(Some),
                &changes.name_in,
                &changes.no_name_in,
            )?,
            links: changes.links()?,
            origins: ListChange::of(
                origins(&changes.origins)?,
                changes.no_origins,
                origins(&changes.add_origins)?,
                origins(&changes.remove_origins)?,
            ),
            response_types: response_types(&changes.response_types)?,
            scopes: scope_change(
                changes.scope.as_deref(),
                changes.add_scope.as_deref(),
                changes.remove_scope.as_deref(),
            )?,
            id_token_encryption: new_encryption(changes.id_token_encryption.as_deref())?,
            userinfo_encryption: new_encryption(changes.userinfo_encryption.as_deref())?,
            jarm_encryption: changes.messages().encryption()?,
            access_token_lifetime: new_lifetime(changes.access_token_lifetime.as_deref())?,
            changes,
        })
    }

    /// The client with the changes.
    pub(super) fn applied_to(&self, before: &Client) -> Result<Client, Faults> {
        let changes = &self.changes;
        let (jwks, jwks_uri) = self.keys(before);
        let metadata = ClientMetadata {
            kind: changes.kind.map_or(before.kind, ClientKind::from),
            name: self.name.applied_to_required(&before.name, "client_name")?,
            links: self.links(&before.links)?,
            branding: changes.branding(&before.branding),
            redirect_uris: changes.redirect_uris(&before.redirect_uris)?,
            post_logout_redirect_uris: changes
                .post_logout_redirect_uris(&before.post_logout_redirect_uris)?,
            origins: self.origins.applied_to(&before.origins, "origins", "origin")?,
            grants: changes.grants(&before.grants)?,
            response_types: self.response_types(before),
            scopes: changed(&before.scopes, &self.scopes)?,
            auth_method: changes.auth_method.map_or(before.auth_method, Into::into),
            profile: changes.profile.map_or(before.profile, Into::into),
            pkce: changes.pkce.map_or(before.pkce, Into::into),
            refresh_tokens: changes.refresh_tokens.map_or(before.refresh_tokens, Into::into),
            par: changes.par.map_or(before.par, Into::into),
            token_redirect_uri: changes.token_redirect_uri.map_or(before.token_redirect_uri, Into::into),
            dpop: changes.dpop.map_or(before.dpop, Into::into),
            dpop_nonce: changes.dpop_nonce.map_or(before.dpop_nonce, Into::into),
            messages: changes.messages().applied_to(&before.messages, self.jarm_encryption),
            backchannel: changes.backchannel(&before.backchannel),
            id_token_alg: changes.id_token_alg.map_or(before.id_token_alg, Into::into),
            id_token_claims: changes.id_token_claims.as_ref().unwrap_or(&before.id_token_claims).clone(),
            jwks,
            jwks_uri,
            certificate: changes.certificate(&before.certificate),
            assertion_audience: changes.assertion_audience.map_or(before.assertion_audience, Into::into),
            id_token_encryption: self.id_token_encryption.unwrap_or(before.id_token_encryption),
            userinfo_encryption: self.userinfo_encryption.unwrap_or(before.userinfo_encryption),
            userinfo_alg: changes.userinfo_alg.map_or(before.userinfo_alg, Into::into),
            logout: changes.logout(&before.logout),
            subject_type: changes.subject_type.map_or(before.subject_type, Into::into),
            sector_identifier_uri: changes.sector(before),
            token_format: changes.token_format.map_or(before.token_format, Into::into),
            resources: changes.resources(&before.resources)?,
            authorization_details_types: changes.authorization_types(&before.authorization_details_types),
            access_token_lifetime: self.access_token_lifetime.unwrap_or(before.access_token_lifetime),
            required_group: changes.required_group(before),
            may_act: changes.may_act(before),
            may_impersonate: changes.may_impersonate.unwrap_or(before.may_impersonate),
            may_widen_resources: changes.may_widen_resources.unwrap_or(before.may_widen_resources),
            first_party: changes.first_party.unwrap_or(before.first_party),
            may_reuse_consent: changes.may_reuse_consent.unwrap_or(before.may_reuse_consent),
            partial_consent: changes.partial_consent.unwrap_or(before.partial_consent),
            allowed_schemes: self.allowed_schemes(before),
        };
        let disabled = changes.disable || (before.disabled && !changes.enable);
        Ok(Client { id: before.id.clone(), version: before.version, metadata, disabled })
    }

    /// The response types. Only `code` removes all others.
    fn response_types(&self, before: &Client) -> Vec<ResponseType> {
        match self.changes.response_types.as_slice() {
            [] => before.response_types.clone(),
            _ => self.response_types.clone(),
        }
    }

    fn allowed_schemes(&self, before: &Client) -> Vec<String> {
        match self.changes.allowed_schemes.as_slice() {
            [] if self.changes.no_allowed_schemes => Vec::new(),
            [] => before.allowed_schemes.clone(),
            chosen => schemes(chosen),
        }
    }

    /// The public keys, or their address.
    fn keys(&self, before: &Client) -> (Option<String>, Option<String>) {
        match (&self.jwks, &self.changes.jwks_uri) {
            (Some(jwks), _) => (Some(jwks.clone()), None),
            (None, Some(uri)) => (None, Some(uri.clone())),
            (None, None) => (before.jwks.clone(), before.jwks_uri.clone()),
        }
    }

    fn links(&self, before: &Links) -> Result<Links, Fault> {
        let after = self.links.applied_to(before)?;
        Ok(Links { logo: after.logo.filter(|_| !self.changes.no_logo), ..after })
    }
}
