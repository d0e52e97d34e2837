//! `grantor client show`.

use clap::Args;

use super::super::table::{card, table};
use super::super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::oauth::client::origin::Origin;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{
    AuthMethod, Client, Demand, GrantType, NoncePolicy, ObjectAlgorithm, RefreshTokens,
};
use crate::oauth::id::ClientId;
use crate::oauth::localized_text::LocalizedText;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::operations::clients;
use crate::representation::client::{response_types, to_json};
use crate::store::client_secrets::SecretRecord;
use crate::store::clients::ClientRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let id = ClientId::new(&options.id);
        let record = clients::find(&cli.operations(), &id).await?;
        options.output.say(to_json(&record), to_text(&record))
    })
}

/// The URIs as they are registered.
pub(super) fn texts(uris: &[RegisteredUri]) -> Vec<String> {
    uris.iter().map(|uri| uri.as_str().to_owned()).collect()
}

fn to_text(record: &ClientRecord) -> String {
    let client = &record.client;
    let uris = |uris: &[RegisteredUri]| if uris.is_empty() { "-".into() } else { texts(uris).join(" ") };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let link = |link: &Option<LocalizedText>| link.as_ref().map_or_else(|| "-".into(), in_all_languages);
    let origins: Vec<&str> = client.origins.iter().map(Origin::as_str).collect();
    let mut text = card(&[
        ("id", client.id.to_string()),
        ("name", in_all_languages(&client.name)),
        ("kind", client.kind.as_str().into()),
        ("state", state(client).into()),
        ("redirect URIs", uris(&client.redirect_uris)),
        ("after sign-out", uris(&client.post_logout_redirect_uris)),
        ("back channel", or_none(&client.logout.back_channel)),
        ("front channel", or_none(&client.logout.front_channel)),
        ("origins", if origins.is_empty() { "-".into() } else { origins.join(" ") }),
        ("grants", grants(client)),
        ("response types", response_types(client).join(", ")),
        ("scope", if client.scopes.is_empty() { "-".into() } else { client.scopes.to_string() }),
        ("authentication", client.auth_method.map_or("any", AuthMethod::as_str).into()),
        ("keys", keys(client)),
        ("certificate", certificate(client)),
        ("URI with code", client.token_redirect_uri.map_or("default", Demand::as_str).into()),
        ("PAR", client.par.map_or("default", Demand::as_str).into()),
        ("DPoP", dpop(client)),
        ("JAR", jar(client)),
        ("CIBA", ciba(client)),
        ("JARM", client.messages.response_alg.map_or("default", SigningAlgorithm::as_str).into()),
        ("refresh tokens", client.refresh_tokens.map_or("default", RefreshTokens::as_str).into()),
        ("profile", client.metadata.profile.map_or("default", Profile::as_str).into()),
        ("PKCE", client.pkce.map_or("default", Demand::as_str).into()),
        ("ID Token", client.id_token_alg.map_or("default", SigningAlgorithm::as_str).into()),
        ("ID Token has", client.id_token_claims.to_string()),
        ("UserInfo", client.userinfo_alg.map_or("JSON", SigningAlgorithm::as_str).into()),
        ("subjects", client.subject_type.as_str().into()),
        ("access tokens", access_tokens(client)),
        ("resources", listed(&client.resources, "any of its scopes")),
        ("details", listed(&client.authorization_details_types, "any type")),
        ("only for", or_none(&client.required_group)),
        ("may act", client.may_act.as_ref().map_or_else(|| "-".into(), ClientId::to_string)),
        ("impersonates", if client.may_impersonate { "yes" } else { "no" }.into()),
        ("widens targets", if client.may_widen_resources { "yes" } else { "no" }.into()),
        ("first party", if client.first_party { "yes" } else { "no" }.into()),
        ("asked again", if client.may_reuse_consent { "no" } else { "if it cannot prove itself" }.into()),
        ("partial consent", if client.partial_consent { "yes" } else { "no" }.into()),
        ("other schemes", listed(&client.allowed_schemes, "-")),
        ("site", link(&client.links.site)),
        ("policy", link(&client.links.policy)),
        ("terms", link(&client.links.terms)),
        ("logo", if client.links.logo.is_some() { "yes" } else { "-" }.into()),
        ("brand", brand(client)),
        ("created", record.created_at.iso()),
    ]);
    if !record.secrets.is_empty() {
        text.push_str("\n\n");
        text.push_str(&secrets(&record.secrets));
    }
    text
}

/// What the client does with request objects.
fn jar(client: &Client) -> String {
    let messages = &client.messages;
    let demand = messages.jar.map_or("default", Demand::as_str);
    let algorithm = messages.object_alg.map_or("any", ObjectAlgorithm::as_str);
    let merged = if messages.merges_object { ", parameters beside them count" } else { "" };
    format!("{demand}; objects by {algorithm}{merged}")
}

/// What the client does with backchannel requests.
fn ciba(client: &Client) -> String {
    let settings = &client.backchannel;
    let called = settings.notification_endpoint.as_ref().map(|uri| format!(" {uri}")).unwrap_or_default();
    let algorithm = settings.request_alg.map_or("any", ObjectAlgorithm::as_str);
    let codes = if settings.user_code { "; asks for user codes" } else { "" };
    format!("{}{called}; requests by {algorithm}{codes}", settings.delivery.as_str())
}

fn secrets(secrets: &[SecretRecord]) -> String {
    let time = |time: Option<Timestamp>| time.map_or_else(|| "-".into(), Timestamp::iso);
    let row = |secret: &SecretRecord| {
        let SecretRecord { id, created_at, expires_at, last_used_at } = secret;
        [id.clone(), created_at.iso(), time(*expires_at), time(*last_used_at)]
    };
    let rows: Vec<_> = secrets.iter().map(row).collect();
    table(["SECRET", "CREATED", "EXPIRES", "LAST USED"], &rows)
}

/// Whether the client must prove a key, and whether its proofs need a nonce.
fn dpop(client: &Client) -> String {
    let demand = client.dpop.map_or("default", Demand::as_str);
    let nonce = client.dpop_nonce.map_or("default", NoncePolicy::as_str);
    format!("{demand}; nonce {nonce}")
}

/// A list in one line, or what it means that it is empty.
fn listed(list: &[String], empty: &str) -> String {
    if list.is_empty() { empty.to_owned() } else { list.join(" ") }
}

/// A text, with its languages after it.
fn in_all_languages(text: &LocalizedText) -> String {
    let others = text.in_languages().map(|(tag, other)| format!("{tag}: {other}"));
    let others: Vec<String> = others.collect();
    if others.is_empty() {
        text.as_str().to_owned()
    } else {
        format!("{} ({})", text.as_str(), others.join("; "))
    }
}

/// The values of the client's own brand.
fn brand(client: &Client) -> String {
    let brand = &client.branding;
    let values = [
        ("accent", &brand.accent),
        ("background", &brand.background),
        ("dark background", &brand.background_dark),
        ("radius", &brand.radius),
    ];
    let mut words: Vec<String> =
        values.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?))).collect();
    words.extend(brand.logo_dark.as_ref().map(|_| "dark logo".to_owned()));
    if words.is_empty() { "-".into() } else { words.join(", ") }
}

/// The name of the client's certificate, and whether its tokens are bound to it.
fn certificate(client: &Client) -> String {
    let names = client.certificate.subjects().map(|(member, text)| {
        format!("{} {text}", member.trim_start_matches("tls_client_auth_").replace('_', " "))
    });
    let bound = client.certificate.bound_tokens.then(|| "tokens are bound to it".to_owned());
    let words: Vec<String> = names.chain(bound).collect();
    if words.is_empty() { "-".into() } else { words.join("; ") }
}

/// Describes where the public keys of the client are.
fn keys(client: &Client) -> String {
    match (&client.jwks, &client.jwks_uri) {
        (_, Some(uri)) => uri.clone(),
        (Some(_), None) => "registered".to_owned(),
        (None, None) => "-".to_owned(),
    }
}

fn access_tokens(client: &Client) -> String {
    let format = client.token_format.as_str();
    client.access_token_lifetime.map_or_else(|| format.to_owned(), |seconds| format!("{format}, {seconds} s"))
}

pub(super) fn state(client: &Client) -> &'static str {
    if client.disabled { "disabled" } else { "enabled" }
}

pub(super) fn grants(client: &Client) -> String {
    client.grants.iter().map(|grant: &GrantType| grant.short()).collect::<Vec<_>>().join(" ")
}
