//! `grantor client create`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::{Common, Desk, Trouble, block_on, say};
use super::encryption::{check_encryption, encryption, jwks};
use super::logo::Logo;
use super::secrets::{check_secret, made};
use super::sector;
use super::tokens;
use super::words::{
    Algorithm, Audience, Format, Grant, Kind, Method, Pkce, Subject, check_algorithm, check_calls, grants,
    group, link, origins, redirect_uris, response_types, scopes,
};
use crate::oauth::client::registration;
use crate::oauth::client::{AuthMethod, Client, ClientKind, GrantType, Links, LogoutUris, PkcePolicy};
use crate::oauth::id::ClientId;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::store::clients;
use crate::store::db::Tx;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id: any printable ASCII, spaces and colons included
    #[arg(long)]
    id: String,
    /// What the consent page calls the application
    #[arg(long)]
    name: String,
    /// What it is: web runs on a server, spa in a browser, native on a device, service without people
    #[arg(long)]
    kind: Kind,
    /// Its secret; without this option a confidential client gets a generated one, printed once
    #[arg(long, value_name = "S")]
    secret: Option<String>,
    /// Where answers may be sent, in full; may be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where a person may be sent after a sign-out, in full; may be given several times
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Where the server tells it that a session is over (back-channel logout)
    #[arg(long, value_name = "URI")]
    backchannel_logout_uri: Option<String>,
    /// What the browser loads at a sign-out (front-channel logout); of the origin of a redirect URI
    #[arg(long, value_name = "URI")]
    frontchannel_logout_uri: Option<String>,
    /// A page whose scripts may call the server for it, such as https://app.example.com; those of a public client's
    /// redirect URIs count anyway; may be given several times
    #[arg(long = "origin", value_name = "URL")]
    origins: Vec<String>,
    /// The scopes that it may ask for, separated by spaces
    #[arg(long, value_name = "\"a b\"", default_value = "")]
    scope: String,
    /// A way for it to get tokens; may be given several times
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<Grant>,
    /// What it may ask for at the authorization endpoint beside a code, such as "code id_token"; tokens then pass
    /// through the browser; may be given several times
    #[arg(long = "response-type", value_name = "TYPE")]
    response_types: Vec<String>,
    /// Bind it to one way of authenticating; without this option a confidential client may use Basic or post
    #[arg(long)]
    auth_method: Option<Method>,
    /// Whether it must use PKCE; without this option the server's oauth.require_pkce decides
    #[arg(long)]
    pkce: Option<Pkce>,
    /// What its ID Tokens are signed with; without this option RS256, if the server offers it
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<Algorithm>,
    /// What UserInfo is signed with for it; without this option it is plain JSON
    #[arg(long, value_name = "ALG")]
    userinfo_alg: Option<Algorithm>,
    /// Its public keys, a JWK Set in a file
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Where its public keys are, in the place of --jwks; they are read when they are needed
    #[arg(long, value_name = "URI", conflicts_with = "jwks")]
    jwks_uri: Option<String>,
    /// Whom its client assertions may be for: the issuer alone, or the token endpoint too, as Authlib and Nimbus want
    #[arg(long, value_name = "AUDIENCE", default_value = "issuer")]
    assertion_audience: Audience,
    /// Encrypt its ID Tokens, by a key of --jwks: RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW or ECDH-ES+A256KW, and
    /// behind a space A256GCM, A128GCM, A128CBC-HS256 or A256CBC-HS512
    #[arg(long, value_name = "\"ALG ENC\"")]
    id_token_encryption: Option<String>,
    /// Encrypt what UserInfo tells it, in the same way
    #[arg(long, value_name = "\"ALG ENC\"")]
    userinfo_encryption: Option<String>,
    /// Whether it knows people by the name that all know, or by one that only its sector knows
    #[arg(long, value_name = "TYPE", default_value = "public")]
    subject_type: Subject,
    /// The list that joins applications of several hosts to one sector, for pairwise subjects; it is read now
    #[arg(long, value_name = "URI")]
    sector_identifier_uri: Option<String>,
    /// What its access tokens are where they are for no resource: opaque, or a jwt that APIs verify by themselves
    #[arg(long, value_name = "FORMAT", default_value = "opaque")]
    token_format: Format,
    /// A resource that it may name, and then no others; without this option it may name each of which it is allowed a
    /// scope; may be given several times
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// How long its access tokens live, such as 5m; resources and scopes may make that shorter
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    /// Only people of this group are let in, and get tokens for it
    #[arg(long, value_name = "GROUP", value_parser = group)]
    require_group: Option<String>,
    /// The client that may exchange its tokens, and nobody else then; without this option the servers of a token's
    /// resource may
    #[arg(long, value_name = "ID")]
    may_act: Option<String>,
    /// What it exchanges need not say that it acts, for the person or client that the token speaks for
    #[arg(long)]
    may_impersonate: bool,
    /// It belongs to the operator: nobody is asked for consent
    #[arg(long)]
    first_party: bool,
    /// A picture for the consent page: PNG, JPEG, WebP or GIF of at most 128 KiB, stored in the database
    #[arg(long, value_name = "FILE")]
    logo: Option<PathBuf>,
    /// The application's website
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// Its privacy policy
    #[arg(long, value_name = "URL")]
    policy: Option<String>,
    /// Its terms of service
    #[arg(long, value_name = "URL")]
    terms: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let logo = options.logo.as_deref().map(Logo::read).transpose()?;
    let client = described(options, logo.as_ref())?;
    block_on(create(options, client, logo))
}

async fn create(options: &Options, mut client: Client, logo: Option<Logo>) -> Result<(), Trouble> {
    let desk = Desk::open(&options.common).await?;
    let lifetime = options.access_token_lifetime.as_deref();
    client.access_token_lifetime = lifetime.map(|text| tokens::lifetime(&desk, text)).transpose()?;
    check_algorithm(&desk, client.id_token_alg)?;
    check_algorithm(&desk, client.userinfo_alg)?;
    check_calls(&desk.config.fetch, &client)?;
    if let Some(uri) = &client.sector_identifier_uri {
        sector::check(&client, &sector::listed(&desk.config.fetch, uri).await?)?;
    }
    let has_no_secret = client.kind.is_public() || client.auth_method == Some(AuthMethod::PrivateKeyJwt);
    let (secret, generated) = if has_no_secret {
        (None, None)
    } else {
        let (secret, generated) = made(&desk, &client, options.secret.as_deref(), None).await?;
        (Some(secret), generated)
    };
    let (id, now, named) = (client.id.clone(), desk.now, options.resources.clone());
    let work = async move |tx: &mut Tx| {
        let client = match tokens::registered(tx, &named).await? {
            Ok(resources) => Client { resources, ..client.clone() },
            Err(trouble) => return Ok(Err(trouble)),
        };
        if let Err(trouble) = tokens::check_actor(tx, client.may_act.as_ref()).await? {
            return Ok(Err(trouble));
        }
        if !clients::save(tx, &client, now).await? {
            return Ok(Ok(false));
        }
        if let Some(secret) = &secret {
            clients::add_secret(tx, &client.id, secret, now).await?;
        }
        if let Some(logo) = &logo {
            logo.save(tx).await?;
        }
        Ok(Ok(true))
    };
    if !desk.db.write::<Result<bool, Trouble>, _>(work).await?? {
        return Err(format!("a client with the id {id} exists already").into());
    }
    let generated = generated.as_ref().map(|secret| secret.expose().as_str());
    report(&id, generated, options.json)
}

fn report(id: &ClientId, secret: Option<&str>, as_json: bool) -> Result<(), Trouble> {
    if as_json {
        return match secret {
            Some(secret) => say(json!({ "client_id": id.as_str(), "client_secret": secret })),
            None => say(json!({ "client_id": id.as_str() })),
        };
    }
    say(format!("created the client {id}"))?;
    match secret {
        Some(secret) => say(format!("its secret, which is shown only now: {secret}")),
        None => Ok(()),
    }
}

/// The client that the options describe; the error is a sentence about the first that cannot be.
fn described(options: &Options, logo: Option<&Logo>) -> Result<Client, Trouble> {
    let kind = ClientKind::from(options.kind);
    let id = ClientId::parse(&options.id).ok_or("a client id has 1 to 255 characters of printable ASCII")?;
    if kind.is_public() && options.secret.is_some() {
        let kind = kind.as_str();
        return Err(format!("a {kind} client is public and cannot keep a secret; leave --secret out").into());
    }
    if options.secret.is_some() && options.auth_method.map(Into::into) == Some(AuthMethod::PrivateKeyJwt) {
        return Err("a client with private_key_jwt signs with its own key; leave --secret out".into());
    }
    let mut grants = grants(&options.grants);
    if grants.is_empty() {
        grants = GrantType::default_for(kind).to_vec();
    }
    let client = Client {
        id,
        version: 1,
        kind,
        name: options.name.clone(),
        links: Links {
            site: options.site.as_deref().map(|url| link(url, "--site")).transpose()?,
            policy: options.policy.as_deref().map(|url| link(url, "--policy")).transpose()?,
            terms: options.terms.as_deref().map(|url| link(url, "--terms")).transpose()?,
            logo: logo.map(|logo| logo.digest.clone()),
        },
        redirect_uris: redirect_uris(&options.redirect_uris, kind)?,
        post_logout_redirect_uris: redirect_uris(&options.post_logout_redirect_uris, kind)?,
        origins: origins(&options.origins)?,
        grants,
        response_types: response_types(&options.response_types)?,
        scopes: scopes(&options.scope)?,
        auth_method: options.auth_method.map(AuthMethod::from),
        pkce: options.pkce.map(PkcePolicy::from),
        id_token_alg: options.id_token_alg.map(SigningAlgorithm::from),
        jwks: options.jwks.as_deref().map(jwks).transpose()?,
        id_token_encryption: options.id_token_encryption.as_deref().map(encryption).transpose()?,
        userinfo_encryption: options.userinfo_encryption.as_deref().map(encryption).transpose()?,
        userinfo_alg: options.userinfo_alg.map(SigningAlgorithm::from),
        logout: LogoutUris {
            back_channel: options.backchannel_logout_uri.clone(),
            front_channel: options.frontchannel_logout_uri.clone(),
        },
        subject_type: options.subject_type.into(),
        sector_identifier_uri: options.sector_identifier_uri.clone(),
        jwks_uri: options.jwks_uri.clone(),
        assertion_audience: options.assertion_audience.into(),
        token_format: options.token_format.into(),
        resources: Vec::new(),
        access_token_lifetime: None,
        required_group: options.require_group.clone(),
        may_act: options.may_act.as_ref().map(ClientId::new),
        may_impersonate: options.may_impersonate,
        first_party: options.first_party,
        disabled: false,
    };
    registration::check(&client)?;
    check_encryption(&client)?;
    options.secret.as_deref().map_or(Ok(()), check_secret)?;
    Ok(client)
}
