//! `grantor client update`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::{Desk, Manner, Trouble, block_on};
use super::encryption::{check_encryption, encryption_or, jwks};
use super::logo::Logo;
use super::sector;
use super::tokens;
use super::unknown;
use super::words::{
    AlgorithmOrDefault, Audience, Format, Grant, Kind, MethodOrAny, PkceOrDefault, Subject, check_algorithm,
    check_calls, grants, group, link, origins, redirect_uris, response_types, scopes,
};
use crate::oauth::client::registration;
use crate::oauth::client::{Client, ClientKind, ClientMetadata, Links, LogoutUris};
use crate::oauth::id::ClientId;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::operations;
use crate::store::db::{DbError, Tx};
use crate::store::{clients, logos};

#[derive(Args)]
#[command(override_usage = "grantor client update [OPTIONS] <ID>")]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// The application's name on the consent page
    #[arg(long)]
    name: Option<String>,
    /// The kind of application: web runs on a server, spa in a browser, native on a device, service works without
    /// people
    #[arg(long)]
    kind: Option<Kind>,
    /// A complete address to which answers may be sent; replaces all addresses before; may be given several times
    #[arg(long = "redirect-uri", value_name = "URI", conflicts_with_all = ["add_redirect_uris", "remove_redirect_uris"])]
    redirect_uris: Vec<String>,
    /// Add an address to which answers may be sent; may be given several times
    #[arg(long = "add-redirect-uri", value_name = "URI")]
    add_redirect_uris: Vec<String>,
    /// Remove an address to which answers may be sent; may be given several times
    #[arg(long = "remove-redirect-uri", value_name = "URI")]
    remove_redirect_uris: Vec<String>,
    /// A complete address to which a person may be sent after a sign-out; replaces all addresses before; may be given
    /// several times
    #[arg(
        long = "post-logout-redirect-uri",
        value_name = "URI",
        conflicts_with = "no_post_logout_redirect_uris"
    )]
    post_logout_redirect_uris: Vec<String>,
    /// Remove all addresses to which people may be sent after a sign-out
    #[arg(long)]
    no_post_logout_redirect_uris: bool,
    /// The address at which the server informs the application that a session has ended (back-channel logout)
    #[arg(long, value_name = "URI", conflicts_with = "no_backchannel_logout_uri")]
    backchannel_logout_uri: Option<String>,
    /// No longer inform the application of sign-outs
    #[arg(long)]
    no_backchannel_logout_uri: bool,
    /// The address that the browser loads at a sign-out (front-channel logout); must have the origin of a redirect URI
    #[arg(long, value_name = "URI", conflicts_with = "no_frontchannel_logout_uri")]
    frontchannel_logout_uri: Option<String>,
    /// The browser no longer loads anything from the application at a sign-out
    #[arg(long)]
    no_frontchannel_logout_uri: bool,
    /// An origin whose scripts may call the server for the application; replaces those before; may be given several
    /// times
    #[arg(long = "origin", value_name = "URL", conflicts_with = "no_origins")]
    origins: Vec<String>,
    /// Remove all origins; those of a public client's redirect URIs stay allowed
    #[arg(long)]
    no_origins: bool,
    /// The scopes that the application may ask for, separated by spaces; replaces those before
    #[arg(long, value_name = "\"a b\"")]
    scope: Option<String>,
    /// A grant type that the application may use; replaces those before; may be given several times
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<Grant>,
    /// A response type that the application may use besides code; replaces those before; code alone removes them all;
    /// may be given several times
    #[arg(long = "response-type", value_name = "TYPE")]
    response_types: Vec<String>,
    /// The only authentication method of the client; with any, a confidential client may use Basic or post
    #[arg(long)]
    auth_method: Option<MethodOrAny>,
    /// Whether the application must use PKCE; with default, the server's oauth.require_pkce decides
    #[arg(long)]
    pkce: Option<PkceOrDefault>,
    /// The algorithm that signs its ID Tokens; default is RS256, if the server offers it
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<AlgorithmOrDefault>,
    /// The algorithm that signs its UserInfo answers; default is plain JSON
    #[arg(long, value_name = "ALG")]
    userinfo_alg: Option<AlgorithmOrDefault>,
    /// A file with its public keys, as a JWK Set; replaces --jwks-uri
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// The address of its public keys; replaces the keys of --jwks
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
    /// The audience that its client assertions may have: only the issuer, or also the token endpoint
    #[arg(long, value_name = "AUDIENCE")]
    assertion_audience: Option<Audience>,
    /// Encrypt its ID Tokens with a key of --jwks: RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW or ECDH-ES+A256KW,
    /// then a space and A256GCM, A128GCM, A128CBC-HS256 or A256CBC-HS512; none stops the encryption
    #[arg(long, value_name = "\"ALG ENC\"")]
    id_token_encryption: Option<String>,
    /// Encrypt its UserInfo answers; the values are those of --id-token-encryption
    #[arg(long, value_name = "\"ALG ENC\"")]
    userinfo_encryption: Option<String>,
    /// The subject that identifies a person: public is the same for all applications, pairwise differs between sectors
    #[arg(long, value_name = "TYPE")]
    subject_type: Option<Subject>,
    /// For pairwise subjects: a list of redirect URIs that puts applications on several hosts into one sector; the
    /// server reads it now
    #[arg(long, value_name = "URI", conflicts_with = "no_sector_identifier_uri")]
    sector_identifier_uri: Option<String>,
    /// Remove the list; the sector is then the host of the redirect URIs
    #[arg(long)]
    no_sector_identifier_uri: bool,
    /// The format of access tokens without a resource: opaque, or a jwt that APIs can verify themselves
    #[arg(long, value_name = "FORMAT")]
    token_format: Option<Format>,
    /// A resource that the application may name; it may then name no others; replaces those before; may be given
    /// several times
    #[arg(long = "resource", value_name = "URI", conflicts_with = "no_resources")]
    resources: Vec<String>,
    /// The application may name every resource of which it is allowed a scope
    #[arg(long)]
    no_resources: bool,
    /// The lifetime of its access tokens, such as 5m; with default, the server decides
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    /// Only people in this group may sign in to the application and get tokens for it
    #[arg(long, value_name = "GROUP", value_parser = group, conflicts_with = "no_required_group")]
    require_group: Option<String>,
    /// People of every group may sign in to the application
    #[arg(long)]
    no_required_group: bool,
    /// The only client that may exchange its tokens
    #[arg(long, value_name = "ID", conflicts_with = "no_may_act")]
    may_act: Option<String>,
    /// The servers of a token's resource may exchange it
    #[arg(long)]
    no_may_act: bool,
    /// Whether the application may exchange a token without being named as the actor in the new one
    #[arg(long, value_name = "true|false")]
    may_impersonate: Option<bool>,
    /// Whether the application belongs to the operator: people are then not asked for consent
    #[arg(long, value_name = "true|false")]
    first_party: Option<bool>,
    /// A logo for the consent page: PNG, JPEG, WebP or GIF of at most 128 KiB
    #[arg(long, value_name = "FILE", conflicts_with = "no_logo")]
    logo: Option<PathBuf>,
    /// Remove the logo
    #[arg(long)]
    no_logo: bool,
    /// The application's website
    #[arg(long, value_name = "URL", conflicts_with = "no_site")]
    site: Option<String>,
    /// Remove the website
    #[arg(long)]
    no_site: bool,
    /// Its privacy policy
    #[arg(long, value_name = "URL", conflicts_with = "no_policy")]
    policy: Option<String>,
    /// Remove the privacy policy
    #[arg(long)]
    no_policy: bool,
    /// Its terms of service
    #[arg(long, value_name = "URL", conflicts_with = "no_terms")]
    terms: Option<String>,
    /// Remove the terms of service
    #[arg(long)]
    no_terms: bool,
    /// Enable the application, so that it gets tokens again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Disable the application: it gets no tokens, and people are not sent to it
    #[arg(long)]
    disable: bool,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    let Options { id, changes, manner } = options;
    let logo = changes.logo.as_deref().map(Logo::read).transpose()?;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        check_algorithm(&desk, changes.id_token_alg.and_then(Into::into))?;
        check_algorithm(&desk, changes.userinfo_alg.and_then(Into::into))?;
        let lifetime = tokens::new_lifetime(&desk, changes.access_token_lifetime.as_deref())?;
        let (id, now, config) = (ClientId::new(id), desk.now, desk.config.fetch.clone());
        let sector = changes.sector(&operations::clients::find(&desk.operations(), &id).await?.client);
        let listed = match sector {
            Some(uri) if changes.changes_sector() => Some(sector::listed(&config, &uri).await?),
            _ => None,
        };
        let key = id.clone();
        let work = async move |tx: &mut Tx| {
            let Some(record) = clients::find_record(tx, &key).await? else { return Ok(Err(unknown(&key))) };
            let before = &record.client;
            let mut client = match changes.applied_to(before, logo.as_ref(), record.secrets.len()) {
                Ok(client) => client,
                Err(trouble) => return Ok(Err(trouble)),
            };
            client.access_token_lifetime = lifetime.unwrap_or(before.access_token_lifetime);
            match tokens::registered(tx, &changes.resources).await? {
                Ok(resources) if resources.is_empty() => {}
                Ok(resources) => client.resources = resources,
                Err(trouble) => return Ok(Err(trouble)),
            }
            if let Err(trouble) = tokens::check_actor(tx, client.may_act.as_ref()).await? {
                return Ok(Err(trouble));
            }
            if let Some(logo) = &logo {
                logo.save(tx).await?;
            }
            if let Some(Err(trouble)) = listed.as_deref().map(|listed| sector::check(&client, listed)) {
                return Ok(Err(trouble));
            }
            let is_new = client.logout.back_channel != before.logout.back_channel
                || client.jwks_uri != before.jwks_uri;
            if let (true, Err(trouble)) = (is_new, check_calls(&config, &client)) {
                return Ok(Err(trouble));
            }
            clients::update(tx, &client, now).await?;
            if let Some(logo) = &before.links.logo {
                logos::delete_unused(tx, logo).await?;
            }
            Ok(Ok(before.version + 1))
        };
        let version = desk.db.write::<Result<i64, Trouble>, DbError, _>(work).await??;
        manner
            .say(json!({ "client_id": id.as_str(), "version": version }), format!("updated the client {id}"))
    })
}

impl Changes {
    /// Builds the client with the changes.
    ///
    /// # Errors
    ///
    ///  A sentence about the first change that is not valid.
    fn applied_to(&self, before: &Client, logo: Option<&Logo>, secrets: usize) -> Result<Client, Trouble> {
        let kind = self.kind.map_or(before.kind, ClientKind::from);
        let (jwks, jwks_uri) = self.keys(before)?;
        let metadata = ClientMetadata {
            kind,
            name: self.name.clone().unwrap_or_else(|| before.name.clone()),
            links: self.links(&before.links, logo)?,
            redirect_uris: self.redirect_uris(&before.redirect_uris, kind)?,
            post_logout_redirect_uris: match self.post_logout_redirect_uris.as_slice() {
                [] if self.no_post_logout_redirect_uris => Vec::new(),
                [] => before.post_logout_redirect_uris.clone(),
                uris => redirect_uris(uris, kind)?,
            },
            origins: match self.origins.as_slice() {
                [] if self.no_origins => Vec::new(),
                [] => before.origins.clone(),
                chosen => origins(chosen)?,
            },
            grants: if self.grants.is_empty() { before.grants.clone() } else { grants(&self.grants) },
            response_types: match self.response_types.as_slice() {
                [] => before.response_types.clone(),
                chosen => response_types(chosen)?,
            },
            scopes: self.scope.as_deref().map_or_else(|| Ok(before.scopes.clone()), scopes)?,
            auth_method: self.auth_method.map_or(before.auth_method, Into::into),
            pkce: self.pkce.map_or(before.pkce, Into::into),
            id_token_alg: self.id_token_alg.map_or(before.id_token_alg, Into::into),
            jwks,
            jwks_uri,
            assertion_audience: self.assertion_audience.map_or(before.assertion_audience, Into::into),
            id_token_encryption: encryption_or(
                self.id_token_encryption.as_deref(),
                before.id_token_encryption,
            )?,
            userinfo_encryption: encryption_or(
                self.userinfo_encryption.as_deref(),
                before.userinfo_encryption,
            )?,
            userinfo_alg: self.userinfo_alg.map_or(before.userinfo_alg, Into::into),
            logout: self.logout(&before.logout),
            subject_type: self.subject_type.map_or(before.subject_type, Into::into),
            sector_identifier_uri: self.sector(before),
            token_format: self.token_format.map_or(before.token_format, Into::into),
            resources: if self.no_resources { Vec::new() } else { before.resources.clone() },
            access_token_lifetime: before.access_token_lifetime,
            required_group: self.required_group(before),
            may_act: self.may_act(before),
            may_impersonate: self.may_impersonate.unwrap_or(before.may_impersonate),
            first_party: self.first_party.unwrap_or(before.first_party),
        };
        let disabled = self.disable || (before.disabled && !self.enable);
        let client = Client { id: before.id.clone(), version: before.version, metadata, disabled };
        check(&client, secrets)?;
        Ok(client)
    }

    fn required_group(&self, before: &Client) -> Option<String> {
        let kept = || before.required_group.clone().filter(|_| !self.no_required_group);
        self.require_group.clone().or_else(kept)
    }

    fn may_act(&self, before: &Client) -> Option<ClientId> {
        let kept = || before.may_act.clone().filter(|_| !self.no_may_act);
        self.may_act.as_ref().map(ClientId::new).or_else(kept)
    }

    /// The public keys, or their address.
    fn keys(&self, before: &Client) -> Result<(Option<String>, Option<String>), Trouble> {
        Ok(match (self.jwks.as_deref(), &self.jwks_uri) {
            (Some(file), _) => (Some(jwks(file)?), None),
            (None, Some(uri)) => (None, Some(uri.clone())),
            (None, None) => (before.jwks.clone(), before.jwks_uri.clone()),
        })
    }

    fn sector(&self, before: &Client) -> Option<String> {
        let kept = || before.sector_identifier_uri.clone().filter(|_| !self.no_sector_identifier_uri);
        self.sector_identifier_uri.clone().or_else(kept)
    }

    /// Whether the changes affect whether the list of the sector contains every redirect URI.
    fn changes_sector(&self) -> bool {
        self.sector_identifier_uri.is_some()
            || !self.redirect_uris.is_empty()
            || !self.add_redirect_uris.is_empty()
    }

    fn logout(&self, before: &LogoutUris) -> LogoutUris {
        let changed = |new: &Option<String>, none: bool, before: &Option<String>| {
            new.clone().or_else(|| before.clone().filter(|_| !none))
        };
        LogoutUris {
            back_channel: changed(
                &self.backchannel_logout_uri,
                self.no_backchannel_logout_uri,
                &before.back_channel,
            ),
            front_channel: changed(
                &self.frontchannel_logout_uri,
                self.no_frontchannel_logout_uri,
                &before.front_channel,
            ),
        }
    }

    fn links(&self, before: &Links, logo: Option<&Logo>) -> Result<Links, Trouble> {
        let changed = |new: &Option<String>, none: bool, before: &Option<String>, option| match new {
            Some(url) => link(url, option).map(Some),
            None => Ok(before.clone().filter(|_| !none)),
        };
        Ok(Links {
            site: changed(&self.site, self.no_site, &before.site, "--site")?,
            policy: changed(&self.policy, self.no_policy, &before.policy, "--policy")?,
            terms: changed(&self.terms, self.no_terms, &before.terms, "--terms")?,
            logo: match logo {
                Some(logo) => Some(logo.digest.clone()),
                None => before.logo.clone().filter(|_| !self.no_logo),
            },
        })
    }

    fn redirect_uris(
        &self,
        before: &[RegisteredUri],
        kind: ClientKind,
    ) -> Result<Vec<RegisteredUri>, Trouble> {
        if !self.redirect_uris.is_empty() {
            return redirect_uris(&self.redirect_uris, kind);
        }
        let mut texts: Vec<String> = before.iter().map(|uri| uri.as_str().to_owned()).collect();
        for gone in &self.remove_redirect_uris {
            if !texts.contains(gone) {
                return Err(format!("the redirect URI {gone:?} is not registered").into());
            }
            texts.retain(|text| text != gone);
        }
        texts.extend_from_slice(&self.add_redirect_uris);
        redirect_uris(&texts, kind)
    }
}

/// Checks the changed client by the rules for a new one.
fn check(client: &Client, secrets: usize) -> Result<(), Trouble> {
    registration::check(client)?;
    check_encryption(client)?;
    if client.kind.is_public() && secrets > 0 {
        let kind = client.kind.as_str();
        return Err(
            format!("a {kind} client is public and cannot keep a secret; remove its secrets first").into()
        );
    }
    Ok(())
}
