//! `grantor client update`.

mod certificate;
mod edit;
mod links;
mod lists;
mod parts;

use std::path::PathBuf;

use clap::Args;

use super::super::fault::with_hint;
use super::super::languages::{InLanguage, in_language, language, warn_of_kept};
use super::super::{CliError, OutputOptions};
use super::brand::{Corners, warn_of_unused};
use super::logo::logos;
use super::words::{
    AlgorithmOrDefault, Audience, Delivery, DemandOrDefault, Format, Grant, Kind, MethodOrAny,
    NonceOrDefault, ObjectAlgorithmOrDefault, ProfileOrDefault, RefreshTokensOrDefault, Subject, group,
};
use crate::face::colour::Colour;
use crate::oauth::client::{Client, IdTokenClaims};
use crate::oauth::id::ClientId;
use crate::oauth::language_tag::LanguageTag;
use crate::operations::clients::{self, ClientChange, SectorReading};
use crate::operations::fault::FaultKind;
use crate::representation::client::to_json;
use edit::ClientEdit;

#[derive(Args)]
#[command(arg_required_else_help = true, override_usage = "grantor client update [OPTIONS] <ID>")]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    #[command(flatten)]
    changes: ClientChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct ClientChangeOptions {
    /// The application's name on the consent page
    #[arg(long)]
    name: Option<String>,
    /// The name for people of a language, such as de="Mein Kalender"; may be given several times
    #[arg(long, value_name = "TAG=TEXT", value_parser = in_language)]
    name_in: Vec<InLanguage>,
    /// Remove the name in a language; may be given several times
    #[arg(long, value_name = "TAG", value_parser = language)]
    no_name_in: Vec<LanguageTag>,
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
        conflicts_with_all = ["no_post_logout_redirect_uris", "add_post_logout_uris", "remove_post_logout_uris"]
    )]
    post_logout_redirect_uris: Vec<String>,
    /// Add an address to which a person may be sent after a sign-out; may be given several times
    #[arg(long = "add-post-logout-redirect-uri", value_name = "URI")]
    add_post_logout_uris: Vec<String>,
    /// Remove an address to which a person may be sent after a sign-out; may be given several times
    #[arg(long = "remove-post-logout-redirect-uri", value_name = "URI")]
    remove_post_logout_uris: Vec<String>,
    /// Remove all addresses to which people may be sent after a sign-out
    #[arg(long, conflicts_with_all = ["add_post_logout_uris", "remove_post_logout_uris"])]
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
    #[arg(long = "origin", value_name = "URL", conflicts_with_all = ["no_origins", "add_origins", "remove_origins"])]
    origins: Vec<String>,
    /// Add an origin; may be given several times
    #[arg(long = "add-origin", value_name = "URL")]
    add_origins: Vec<String>,
    /// Remove an origin; may be given several times
    #[arg(long = "remove-origin", value_name = "URL")]
    remove_origins: Vec<String>,
    /// Remove all origins; those of a public client's redirect URIs stay allowed
    #[arg(long, conflicts_with_all = ["add_origins", "remove_origins"])]
    no_origins: bool,
    /// The scopes that the application may ask for, separated by spaces; replaces those before
    #[arg(long, value_name = "\"a b\"", conflicts_with_all = ["add_scope", "remove_scope"])]
    scope: Option<String>,
    /// Add scopes, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    add_scope: Option<String>,
    /// Remove scopes, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    remove_scope: Option<String>,
    /// A grant type that the application may use; replaces those before; may be given several times
    #[arg(long = "grant", value_name = "GRANT", conflicts_with_all = ["add_grants", "remove_grants"])]
    grants: Vec<Grant>,
    /// Add a grant type; may be given several times
    #[arg(long = "add-grant", value_name = "GRANT")]
    add_grants: Vec<Grant>,
    /// Remove a grant type; may be given several times
    #[arg(long = "remove-grant", value_name = "GRANT")]
    remove_grants: Vec<Grant>,
    /// A response type that the application may use besides code; replaces those before; code alone removes them all;
    /// may be given several times
    #[arg(long = "response-type", value_name = "TYPE")]
    response_types: Vec<String>,
    /// The only authentication method of the client; with any, a confidential client may use Basic or post
    #[arg(long)]
    auth_method: Option<MethodOrAny>,
    /// The security profile that the application keeps; with default, the server's oauth.profile decides
    #[arg(long)]
    profile: Option<ProfileOrDefault>,
    /// Whether the application must use PKCE; with default, the server's oauth.pkce decides
    #[arg(long)]
    pkce: Option<DemandOrDefault>,
    /// Whether the application must push its authorization requests to /par; with default, the server's oauth.par decides
    #[arg(long)]
    par: Option<DemandOrDefault>,
    /// Whether the application must repeat the redirect URI when it redeems a code; with default, the server's
    /// oauth.token_redirect_uri decides
    #[arg(long)]
    token_redirect_uri: Option<DemandOrDefault>,
    /// Whether the application must prove a key with DPoP for its tokens; with default, the server's oauth.dpop decides
    #[arg(long)]
    dpop: Option<DemandOrDefault>,
    /// Whether the client's DPoP proofs need a nonce of the server; with default, the server's oauth.dpop_nonce decides
    #[arg(long)]
    dpop_nonce: Option<NonceOrDefault>,
    /// Whether the application must sign its authorization requests; with default, the server's oauth.jar decides
    #[arg(long)]
    jar: Option<DemandOrDefault>,
    /// The only algorithm that signs the client's request objects; none is for objects that are not signed; default is any
    /// for which the client has a key
    #[arg(long, value_name = "ALG")]
    request_object_alg: Option<ObjectAlgorithmOrDefault>,
    /// Whether parameters beside the client's request objects count, too, as in OpenID Connect Core section 6
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    merge_request_object: Option<bool>,
    /// The algorithm that signs authorization responses to the client, if it asks for signed ones; default is RS256, if the
    /// server offers it and the profile allows it
    #[arg(long, value_name = "ALG")]
    jarm_alg: Option<AlgorithmOrDefault>,
    /// Encrypt signed authorization responses to the client; the values are those of --id-token-encryption
    #[arg(long, value_name = "\"ALG ENC\"")]
    jarm_encryption: Option<String>,
    /// How the application learns that a person has answered its request: with poll it asks at the token endpoint, with
    /// ping the server notifies it first
    #[arg(long, value_name = "MODE")]
    ciba_mode: Option<Delivery>,
    /// For ping: the address that the server calls when a person has answered
    #[arg(long, value_name = "URL", conflicts_with = "no_ciba_notification_endpoint")]
    ciba_notification_endpoint: Option<String>,
    /// Remove the address that the server calls when a person has answered
    #[arg(long)]
    no_ciba_notification_endpoint: bool,
    /// The algorithm that signs the client's backchannel requests, which must then all be signed; default requires no signature
    #[arg(long, value_name = "ALG")]
    ciba_request_alg: Option<ObjectAlgorithmOrDefault>,
    /// Whether the application asks people for their user code; only then it may ask people who have one
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    ciba_user_code: Option<bool>,
    /// What a refresh does with the refresh token: rotate replaces it, keep is for tokens that are bound to a key or a
    /// certificate; with default, a FAPI profile keeps it
    #[arg(long)]
    refresh_tokens: Option<RefreshTokensOrDefault>,
    /// The algorithm that signs ID Tokens for the client; default is RS256, if the server offers it and the profile allows it
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<AlgorithmOrDefault>,
    /// The claims of the granted scopes that ID Tokens for the client have, too: none, scopes for all of them, or their
    /// names; for applications that never call UserInfo
    #[arg(long, value_name = "none|scopes|\"a b\"", value_parser = IdTokenClaims::parse)]
    id_token_claims: Option<IdTokenClaims>,
    /// The algorithm that signs UserInfo answers to the client; default is plain JSON
    #[arg(long, value_name = "ALG")]
    userinfo_alg: Option<AlgorithmOrDefault>,
    /// The public keys of the client, as a JWK Set, in a file; replaces --jwks-uri
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// The address of the client's public keys; replaces the keys of --jwks
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
    /// For tls_client_auth: the subject of the client's certificate with the most specific part first, such as
    /// "CN=app,O=Bank,C=DE"; replaces every name of the certificate
    #[arg(long, value_name = "NAME", conflicts_with = "no_tls_name")]
    tls_subject_dn: Option<String>,
    /// For tls_client_auth: a host among the alternative names of the client's certificate; replaces every name
    #[arg(long, value_name = "HOST", conflicts_with = "no_tls_name")]
    tls_san_dns: Option<String>,
    /// For tls_client_auth: a URI among the alternative names of the client's certificate; replaces every name
    #[arg(long, value_name = "URI", conflicts_with = "no_tls_name")]
    tls_san_uri: Option<String>,
    /// For tls_client_auth: an IP address among the alternative names of the client's certificate; replaces every name
    #[arg(long, value_name = "ADDRESS", conflicts_with = "no_tls_name")]
    tls_san_ip: Option<String>,
    /// For tls_client_auth: an e-mail address among the alternative names of the client's certificate; replaces every name
    #[arg(long, value_name = "ADDRESS", conflicts_with = "no_tls_name")]
    tls_san_email: Option<String>,
    /// Remove the name of the client's certificate
    #[arg(long)]
    no_tls_name: bool,
    /// Whether the client's access tokens are bound to its certificate, and the refresh tokens of a public client, too
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    certificate_bound_tokens: Option<bool>,
    /// The audience that the client's assertions may have: only the issuer, or also the token endpoint, which is legacy and
    /// only for libraries that cannot send the issuer
    #[arg(long, value_name = "AUDIENCE")]
    assertion_audience: Option<Audience>,
    /// Encrypt ID Tokens for the client with one of its keys: RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW or
    /// ECDH-ES+A256KW, then a space and A256GCM, A128GCM, A128CBC-HS256 or A256CBC-HS512; none stops the encryption
    #[arg(long, value_name = "\"ALG ENC\"")]
    id_token_encryption: Option<String>,
    /// Encrypt UserInfo answers to the client; the values are those of --id-token-encryption
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
    #[arg(long = "resource", value_name = "URI", conflicts_with_all = ["no_resources", "add_resources", "remove_resources"])]
    resources: Vec<String>,
    /// Add a resource that the application may name; may be given several times
    #[arg(long = "add-resource", value_name = "URI")]
    add_resources: Vec<String>,
    /// Remove a resource; may be given several times. With the last one gone, the application may name every resource of
    /// which it is allowed a scope
    #[arg(long = "remove-resource", value_name = "URI")]
    remove_resources: Vec<String>,
    /// The application may name every resource of which it is allowed a scope
    #[arg(long, conflicts_with_all = ["add_resources", "remove_resources"])]
    no_resources: bool,
    /// A type of authorization details that the application may use; it may then use no others; replaces those before; may
    /// be given several times
    #[arg(long = "authorization-type", value_name = "NAME", conflicts_with = "no_authorization_types")]
    authorization_types: Vec<String>,
    /// The application may use every registered type of authorization details
    #[arg(long)]
    no_authorization_types: bool,
    /// The lifetime of the client's access tokens, such as 5m; with default, the server decides
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    /// Only people in this group may sign in to the application and get tokens for it
    #[arg(long, value_name = "GROUP", value_parser = group, conflicts_with = "no_required_group")]
    require_group: Option<String>,
    /// People of every group may sign in to the application
    #[arg(long)]
    no_required_group: bool,
    /// The only client that may exchange this client's tokens
    #[arg(long, value_name = "ID", conflicts_with = "no_may_act")]
    may_act: Option<String>,
    /// The servers of a token's resource may exchange it
    #[arg(long)]
    no_may_act: bool,
    /// Whether the application may exchange a token without being named as the actor in the new one
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    may_impersonate: Option<bool>,
    /// Whether the application may exchange a token for an API that the person's authorization did not name
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    may_widen_resources: Option<bool>,
    /// Whether the application belongs to the operator: the server then asks people for no consent
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    first_party: Option<bool>,
    /// Whether the server does not ask people again who have allowed the application, although it cannot prove who it is: any
    /// program on a person's device can then get tokens in its name without a page
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    may_reuse_consent: Option<bool>,
    /// Whether people may leave scopes out on the consent page: each scope has a checkbox there, except openid and scopes
    /// that are required
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    partial_consent: Option<bool>,
    /// A scheme without a dot that the redirect URIs of a native application may have; any other application on a
    /// person's device can claim it, and then gets the answers instead; replaces those before; may be given several times
    #[arg(long = "allow-scheme", value_name = "SCHEME", conflicts_with = "no_allowed_schemes")]
    allowed_schemes: Vec<String>,
    /// Redirect URIs may only have schemes with a dot, besides https and loopback addresses
    #[arg(long)]
    no_allowed_schemes: bool,
    /// A logo for the consent page: PNG, JPEG, WebP or GIF of at most 128 KiB
    #[arg(long, value_name = "FILE", conflicts_with = "no_logo")]
    logo: Option<PathBuf>,
    /// Remove the logo
    #[arg(long)]
    no_logo: bool,
    /// The application's website
    #[arg(long, value_name = "URL", conflicts_with = "no_site")]
    site: Option<String>,
    /// Remove the website, in all languages
    #[arg(long)]
    no_site: bool,
    /// The website in a language, such as de=https://example.com/de/; may be given several times
    #[arg(long, value_name = "TAG=URL", value_parser = in_language, conflicts_with = "no_site")]
    site_in: Vec<InLanguage>,
    /// Remove the website in a language; may be given several times
    #[arg(long, value_name = "TAG", value_parser = language, conflicts_with = "no_site")]
    no_site_in: Vec<LanguageTag>,
    /// The application's privacy policy
    #[arg(long, value_name = "URL", conflicts_with = "no_policy")]
    policy: Option<String>,
    /// Remove the privacy policy, in all languages
    #[arg(long)]
    no_policy: bool,
    /// The privacy policy in a language; may be given several times
    #[arg(long, value_name = "TAG=URL", value_parser = in_language, conflicts_with = "no_policy")]
    policy_in: Vec<InLanguage>,
    /// Remove the privacy policy in a language; may be given several times
    #[arg(long, value_name = "TAG", value_parser = language, conflicts_with = "no_policy")]
    no_policy_in: Vec<LanguageTag>,
    /// The application's terms of service
    #[arg(long, value_name = "URL", conflicts_with = "no_terms")]
    terms: Option<String>,
    /// Remove the terms of service, in all languages
    #[arg(long)]
    no_terms: bool,
    /// The terms of service in a language; may be given several times
    #[arg(long, value_name = "TAG=URL", value_parser = in_language, conflicts_with = "no_terms")]
    terms_in: Vec<InLanguage>,
    /// Remove the terms of service in a language; may be given several times
    #[arg(long, value_name = "TAG", value_parser = language, conflicts_with = "no_terms")]
    no_terms_in: Vec<LanguageTag>,
    /// The colour of links and buttons on the pages that lead to the application, such as "#0a7", if brand.clients_may allows
    /// it
    #[arg(long, value_name = "COLOUR")]
    brand_accent: Option<Colour>,
    /// The background of these pages; the text on the pages must be readable on it
    #[arg(long, value_name = "COLOUR")]
    brand_background: Option<Colour>,
    /// The background in the dark scheme
    #[arg(long, value_name = "COLOUR")]
    brand_background_dark: Option<Colour>,
    /// How round the corners are
    #[arg(long, value_name = "SIZE")]
    brand_radius: Option<Corners>,
    /// A logo for the dark scheme, with the types and the size of --logo
    #[arg(long, value_name = "FILE")]
    brand_logo_dark: Option<PathBuf>,
    /// Remove the colours, the corners and the dark logo; other options of the brand can set new ones
    #[arg(long)]
    no_brand: bool,
    /// Enable the application, so that it gets tokens again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Disable the application: it gets no tokens, and people are not sent to it
    #[arg(long)]
    disable: bool,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { id, changes, output } = options;
    let logos = logos(changes.logo.as_deref(), changes.brand_logo_dark.as_deref())?;
    let sector = match changes.sector_identifier_uri {
        Some(_) => SectorReading::Anew,
        None => SectorReading::AsNeeded,
    };
    let edit = ClientEdit::of(changes)?;
    let name = edit.name.clone();
    output.common.run(async |cli| {
        let (id, has_brand) = (ClientId::new(id), edit.changes.brand().is_any());
        let change = ClientChange { edit: move |before: &Client| edit.applied_to(before), logos, sector };
        let hint = with_hint(FaultKind::Invalid, Some("resources"), "grantor resource create registers one");
        clients::update(&cli.operations(), &id, change).await.map_err(hint)?;
        warn_of_unused(has_brand, cli.operations().config)?;
        let client = clients::find(&cli.operations(), &id).await?;
        warn_of_kept("--name", &name, Some(&client.client.name))?;
        output.say(to_json(&client), format!("updated the client {id}"))
    })
}
