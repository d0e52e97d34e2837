//! `grantor client create`.

use std::path::PathBuf;

use clap::Args;

use super::super::fault::with_hint;
use super::super::languages::{InLanguage, in_language, text_change};
use super::super::lifetime::new_lifetime;
use super::super::list::{check_single, scope};
use super::super::secret::ChosenSecretOptions;
use super::super::{CliError, OutputOptions, say};
use super::brand::{ClientBrandOptions, warn_of_unused};
use super::certificate::CertificateOptions;
use super::ciba::BackchannelOptions;
use super::encryption::{jwks, new_encryption};
use super::links::{LinkChanges, link_change};
use super::logo::logos;
use super::messages::MessageOptions;
use super::secrets::source;
use super::words::{
    AlgorithmOrDefault, Audience, DemandOrDefault, Format, Grant, Kind, MethodOrAny, NonceOrDefault,
    ProfileOrDefault, RefreshTokensOrDefault, Subject, grants, group, origins, redirect_uris, response_types,
    schemes,
};
use crate::oauth::client::{
    BackchannelSettings, Branding, CertificateSettings, Client, ClientKind, ClientMetadata, GrantType,
    IdTokenClaims, Links, LogoutUris, SignedMessages,
};
use crate::oauth::id::ClientId;
use crate::operations::clients::{self, NewClient};
use crate::operations::fault::FaultKind;
use crate::representation::client::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id: printable ASCII, which may include spaces and colons
    #[arg(long)]
    id: String,
    /// The application's name on the consent page
    #[arg(long)]
    name: String,
    /// The name for people of a language, such as de="Mein Kalender"; may be given several times
    #[arg(long, value_name = "TAG=TEXT", value_parser = in_language)]
    name_in: Vec<InLanguage>,
    /// The kind of application: web runs on a server, spa in a browser, native on a device, service works without
    /// people
    #[arg(long)]
    kind: Kind,
    #[command(flatten)]
    secret: ChosenSecretOptions,
    /// A complete address to which answers may be sent; may be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// A complete address to which a person may be sent after a sign-out; may be given several times
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// The address at which the server informs the application that a session has ended (back-channel logout)
    #[arg(long, value_name = "URI")]
    backchannel_logout_uri: Option<String>,
    /// The address that the browser loads at a sign-out (front-channel logout); must have the origin of a redirect URI
    #[arg(long, value_name = "URI")]
    frontchannel_logout_uri: Option<String>,
    /// An origin whose scripts may call the server for the application, such as https://app.example.com; the origins of
    /// a public client's redirect URIs are always allowed; may be given several times
    #[arg(long = "origin", value_name = "URL")]
    origins: Vec<String>,
    /// The scopes that the application may ask for, separated by spaces
    #[arg(long, value_name = "\"a b\"", default_value = "")]
    scope: String,
    /// A grant type that the application may use; may be given several times
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<Grant>,
    /// A response type that the application may use besides code, such as "code id_token"; tokens then pass through the
    /// browser; may be given several times
    #[arg(long = "response-type", value_name = "TYPE")]
    response_types: Vec<String>,
    /// The only authentication method of the client; with any, or without this option, a confidential client may use
    /// Basic or post
    #[arg(long)]
    auth_method: Option<MethodOrAny>,
    /// The security profile that the application keeps; with default, or without this option, the server's
    /// oauth.profile decides
    #[arg(long)]
    profile: Option<ProfileOrDefault>,
    /// Whether the application must use PKCE; with default, or without this option, the server's oauth.pkce
    /// decides
    #[arg(long)]
    pkce: Option<DemandOrDefault>,
    /// Whether the application must push its authorization requests to /par; with default, or without this option, the
    /// server's oauth.par decides
    #[arg(long)]
    par: Option<DemandOrDefault>,
    /// Whether the application must repeat the redirect URI when it redeems a code; with default, or without this option,
    /// the server's oauth.token_redirect_uri decides
    #[arg(long)]
    token_redirect_uri: Option<DemandOrDefault>,
    /// Whether the application must prove a key with DPoP for its tokens; with default, or without this option, the
    /// server's oauth.dpop decides
    #[arg(long)]
    dpop: Option<DemandOrDefault>,
    /// Whether the client's DPoP proofs need a nonce of the server; with default, or without this option, the server's
    /// oauth.dpop_nonce decides
    #[arg(long)]
    dpop_nonce: Option<NonceOrDefault>,
    #[command(flatten)]
    messages: MessageOptions,
    #[command(flatten)]
    ciba: BackchannelOptions,
    /// What a refresh does with the refresh token: rotate replaces it, keep is for tokens that are bound to a key or a
    /// certificate; with default, a FAPI profile keeps it
    #[arg(long)]
    refresh_tokens: Option<RefreshTokensOrDefault>,
    /// The algorithm that signs ID Tokens for the client; default, or no option, is RS256, if the server offers it and the
    /// profile allows it
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<AlgorithmOrDefault>,
    /// The claims of the granted scopes that ID Tokens for the client have, too: none, scopes for all of them, or their
    /// names; for applications that never call UserInfo
    #[arg(long, value_name = "none|scopes|\"a b\"", default_value = "none", value_parser = IdTokenClaims::parse)]
    id_token_claims: IdTokenClaims,
    /// The algorithm that signs UserInfo answers to the client; default, or no option, is plain JSON
    #[arg(long, value_name = "ALG")]
    userinfo_alg: Option<AlgorithmOrDefault>,
    /// The public keys of the client, as a JWK Set, in a file
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The address of the client's public keys; the server reads them when it needs them; instead of --jwks
    #[arg(long, value_name = "URI", conflicts_with = "jwks")]
    jwks_uri: Option<String>,
    #[command(flatten)]
    certificate: CertificateOptions,
    /// The audience that the client's assertions may have: only the issuer, or also the token endpoint, which is legacy and
    /// only for libraries that cannot send the issuer
    #[arg(long, value_name = "AUDIENCE", default_value = "issuer")]
    assertion_audience: Audience,
    /// Encrypt ID Tokens for the client with one of its keys: RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW or
    /// ECDH-ES+A256KW, then a space and A256GCM, A128GCM, A128CBC-HS256 or A256CBC-HS512; none is no encryption
    #[arg(long, value_name = "\"ALG ENC\"")]
    id_token_encryption: Option<String>,
    /// Encrypt UserInfo answers to the client; the values are those of --id-token-encryption
    #[arg(long, value_name = "\"ALG ENC\"")]
    userinfo_encryption: Option<String>,
    /// The subject that identifies a person: public is the same for all applications, pairwise differs between sectors
    #[arg(long, value_name = "TYPE", default_value = "public")]
    subject_type: Subject,
    /// For pairwise subjects: a list of redirect URIs that puts applications on several hosts into one sector; the
    /// server reads it now
    #[arg(long, value_name = "URI")]
    sector_identifier_uri: Option<String>,
    /// The format of access tokens without a resource: opaque, or a jwt that APIs can verify themselves
    #[arg(long, value_name = "FORMAT", default_value = "opaque")]
    token_format: Format,
    /// A resource that the application may name; it may then name no others; without this option, it may name every
    /// resource of which it is allowed a scope; may be given several times
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// A type of authorization details that the application may use; it may then use no others; without this option, it may
    /// use every registered type; may be given several times
    #[arg(long = "authorization-type", value_name = "NAME")]
    authorization_types: Vec<String>,
    /// The lifetime of the client's access tokens, such as 5m; resources and scopes may shorten it; with default, or without
    /// this option, the server decides
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    /// Only people in this group may sign in to the application and get tokens for it
    #[arg(long, value_name = "GROUP", value_parser = group)]
    require_group: Option<String>,
    /// The only client that may exchange this client's tokens; without this option, the servers of a token's resource may
    /// exchange it
    #[arg(long, value_name = "ID")]
    may_act: Option<String>,
    /// Whether the application may exchange a token without being named as the actor in the new one
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    may_impersonate: Option<bool>,
    /// Whether the application may exchange a token for an API that the person's authorization did not name
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    may_widen_resources: Option<bool>,
    /// Whether the application belongs to the operator: the server then asks people for no consent
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    first_party: Option<bool>,
    /// Whether the server does not ask people again who have allowed the application, although it cannot prove who it is: a
    /// public client with a loopback address or a private scheme. Any program on a person's device can then get tokens in its
    /// name without a page
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    may_reuse_consent: Option<bool>,
    /// Whether people may leave scopes out on the consent page: each scope has a checkbox there, except openid and scopes
    /// that are required
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    partial_consent: Option<bool>,
    /// A scheme without a dot that the redirect URIs of a native application may have, such as cursor. Any other
    /// application on a person's device can claim it, and then gets the answers instead; may be given several times
    #[arg(long = "allow-scheme", value_name = "SCHEME")]
    allowed_schemes: Vec<String>,
    /// A logo for the consent page: PNG, JPEG, WebP or GIF of at most 128 KiB; it is stored in the database
    #[arg(long, value_name = "FILE")]
    logo: Option<PathBuf>,
    /// The application's website
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// The website in a language, such as de=https://example.com/de/; may be given several times
    #[arg(long, value_name = "TAG=URL", value_parser = in_language)]
    site_in: Vec<InLanguage>,
    /// The application's privacy policy
    #[arg(long, value_name = "URL")]
    policy: Option<String>,
    /// The privacy policy in a language; may be given several times
    #[arg(long, value_name = "TAG=URL", value_parser = in_language)]
    policy_in: Vec<InLanguage>,
    /// The application's terms of service
    #[arg(long, value_name = "URL")]
    terms: Option<String>,
    /// The terms of service in a language; may be given several times
    #[arg(long, value_name = "TAG=URL", value_parser = in_language)]
    terms_in: Vec<InLanguage>,
    #[command(flatten)]
    brand: ClientBrandOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let client = client_of(options)?;
    let logos = logos(options.logo.as_deref(), options.brand.brand_logo_dark.as_deref())?;
    let chosen = options.secret.read()?;
    options.output.common.run(async |cli| {
        let secret = match chosen {
            None => None,
            chosen => Some(source(&cli, chosen).await?),
        };
        let new = NewClient { client, secret, logos };
        let hint = with_hint(FaultKind::Invalid, Some("resources"), "grantor resource create registers one");
        let created = clients::create(&cli.operations(), new).await.map_err(hint)?.outcome;
        warn_of_unused(options.brand.is_any(), cli.operations().config)?;
        let generated = created.generated.as_ref().map(|secret| secret.expose().as_str());
        if options.output.json {
            let mut json = to_json(&clients::find(&cli.operations(), &created.client.id).await?);
            if let Some(secret) = generated {
                json["client_secret"] = secret.into();
            }
            return say(json);
        }
        say(format!("created the client {}", created.client.id))?;
        generated.map_or(Ok(()), |secret| say(format!("its secret, which is shown only now: {secret}")))
    })
}

fn links(options: &Options) -> Result<Links, CliError> {
    let changes = LinkChanges {
        site: link_change("--site", (&options.site, false), &options.site_in, &[])?,
        policy: link_change("--policy", (&options.policy, false), &options.policy_in, &[])?,
        terms: link_change("--terms", (&options.terms, false), &options.terms_in, &[])?,
    };
    Ok(changes.applied_to(&Links::default())?)
}

/// Builds the client that the options describe.
fn client_of(options: &Options) -> Result<Client, CliError> {
    let kind = ClientKind::from(options.kind);
    let mut grants = grants(&options.grants);
    if grants.is_empty() {
        grants = GrantType::default_for(kind).to_vec();
    }
    check_single(&options.redirect_uris, "--redirect-uri")?;
    check_single(&options.post_logout_redirect_uris, "--post-logout-redirect-uri")?;
    check_single(&options.origins, "--origin")?;
    let metadata = ClientMetadata {
        kind,
        name: text_change("--name", None, &options.name_in, &[])?
            .applied_to_required(&options.name.as_str().into(), "client_name")?,
        links: links(options)?,
        branding: options.brand.applied_to(&Branding::default()),
        redirect_uris: redirect_uris(&options.redirect_uris),
        post_logout_redirect_uris: redirect_uris(&options.post_logout_redirect_uris),
        origins: origins(&options.origins)?,
        grants,
        response_types: response_types(&options.response_types)?,
        scopes: scope(&options.scope)?,
        auth_method: options.auth_method.and_then(Into::into),
        profile: options.profile.and_then(Into::into),
        pkce: options.pkce.and_then(Into::into),
        refresh_tokens: options.refresh_tokens.and_then(Into::into),
        par: options.par.and_then(Into::into),
        token_redirect_uri: options.token_redirect_uri.and_then(Into::into),
        dpop: options.dpop.and_then(Into::into),
        dpop_nonce: options.dpop_nonce.and_then(Into::into),
        messages: options.messages.applied_to(&SignedMessages::default(), options.messages.encryption()?),
        backchannel: options.ciba.applied_to(&BackchannelSettings::default(), false),
        id_token_alg: options.id_token_alg.and_then(Into::into),
        id_token_claims: options.id_token_claims.clone(),
        jwks: options.jwks.as_deref().map(jwks).transpose()?,
        id_token_encryption: new_encryption(options.id_token_encryption.as_deref())?.flatten(),
        userinfo_encryption: new_encryption(options.userinfo_encryption.as_deref())?.flatten(),
        userinfo_alg: options.userinfo_alg.and_then(Into::into),
        logout: LogoutUris {
            back_channel: options.backchannel_logout_uri.clone(),
            front_channel: options.frontchannel_logout_uri.clone(),
        },
        subject_type: options.subject_type.into(),
        sector_identifier_uri: options.sector_identifier_uri.clone(),
        jwks_uri: options.jwks_uri.clone(),
        certificate: options.certificate.applied_to(&CertificateSettings::default()),
        assertion_audience: options.assertion_audience.into(),
        token_format: options.token_format.into(),
        resources: options.resources.clone(),
        authorization_details_types: options.authorization_types.clone(),
        access_token_lifetime: new_lifetime(options.access_token_lifetime.as_deref())?.flatten(),
        required_group: options.require_group.clone(),
        may_act: options.may_act.as_ref().map(ClientId::new),
        may_impersonate: options.may_impersonate.unwrap_or_default(),
        may_widen_resources: options.may_widen_resources.unwrap_or_default(),
        first_party: options.first_party.unwrap_or_default(),
        may_reuse_consent: options.may_reuse_consent.unwrap_or_default(),
        partial_consent: options.partial_consent.unwrap_or_default(),
        allowed_schemes: schemes(&options.allowed_schemes),
    };
    Ok(Client::new(ClientId::new(&options.id), metadata))
}
