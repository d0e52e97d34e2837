//! Settings of registrations that `grantor config check` warns of: those that are only there for older software, those that
//! need an option of the server, and those that the server's options do not allow.

use std::time::Duration;

use crate::config::{Config, Finding};
use crate::oauth::client::console::CONSOLE;
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::profile::{FAPI_ALGORITHMS, Profile};
use crate::oauth::client::{Client, Demand, GrantType, TokenFormat};
use crate::oauth::grant::resource::Resource;
use crate::oauth::id::ClientId;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::store::db::{Conn, Db, DbError};
use crate::store::{clients, migrate, resources, trusted_issuers};

/// How long the database may take. The check is about the configuration, so it does not wait long.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum number of names in a sentence.
const MAX_NAMES: usize = 10;

/// What is registered, by name.
#[derive(Default)]
struct Registered {
    /// Those whose assertions may be addressed to the token endpoint.
    clients: Vec<String>,
    issuers: Vec<String>,
    /// Those whose certificate an authority signs.
    by_authority: Vec<String>,
    /// Others that need a certificate.
    with_certificates: Vec<String>,
    /// Those with a FAPI profile of their own.
    with_fapi: Vec<String>,
    /// The APIs whose tokens are signed with an algorithm that no FAPI profile allows.
    with_weak_tokens: Vec<String>,
    /// Those that lack something for their profile, each with the members that must change.
    with_gaps: Vec<String>,
    /// Those that must sign their requests because the server demands it, and cannot.
    unable_to_sign: UnableToSign,
}

/// The names of clients all of whose requests are refused, because they cannot sign them.
#[derive(Default)]
struct UnableToSign {
    /// Those that send authorization requests.
    authorization: Vec<String>,
    /// Those that send backchannel requests.
    backchannel: Vec<String>,
}

/// A warning for each such setting that clients or trusted issuers use. Empty if there is no database yet, if it has an older
/// schema, or if it cannot be read: other commands say why.
pub(super) async fn warnings(config: &Config) -> Vec<Finding> {
    let Ok(Ok(found)) = tokio::time::timeout(TIMEOUT, read(config)).await else { return Vec::new() };
    let sentences = [
        legacy("client", &found.clients),
        legacy("issuer", &found.issuers),
        certificates(config, &found),
        authorities(config, &found),
        default_algorithm(config, &found),
        algorithms_of_resources(config, &found),
        gaps(config, &found),
        unable_to_sign(&found),
        unable_to_sign_backchannel(&found),
    ];
    sentences.into_iter().flatten().map(Finding::of_database).collect()
}

async fn read(config: &Config) -> Result<Registered, DbError> {
    let options = config.database_options();
    if !migrate::plan(&options).await?.is_empty() {
        return Ok(Registered::default());
    }
    let db = Db::open(&options).await?;
    let demands = config.oauth.demands();
    db.read(async move |conn: &mut Conn| {
        Ok(Registered {
            clients: names(clients::list_with_token_endpoint_audience(conn).await?),
            issuers: trusted_issuers::list_with_token_endpoint_audience(conn).await?,
            by_authority: names(clients::list_with_tls_client_auth(conn).await?),
            with_certificates: names(clients::list_with_certificates(conn).await?),
            with_fapi: names(clients::list_with_fapi_profile(conn).await?),
            with_weak_tokens: with_weak_tokens(resources::all(conn).await?),
            with_gaps: with_gaps(&clients::list_with_profile(conn, &demands).await?, &demands),
            unable_to_sign: match demands.of(Demanded::Jar) {
                Demand::Require => UnableToSign::of(&clients::list_enabled(conn).await?, &demands),
                // A setting of the client itself was checked with its registration.
                Demand::Off | Demand::Report => UnableToSign::default(),
            },
        })
    })
    .await
}

fn names(ids: Vec<ClientId>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn is_weak(algorithm: Option<SigningAlgorithm>) -> bool {
    algorithm.is_some_and(|algorithm| !FAPI_ALGORITHMS.contains(&algorithm.as_str()))
}

fn with_weak_tokens(resources: Vec<Resource>) -> Vec<String> {
    let are_weak = |resource: &Resource| resource.format == TokenFormat::Jwt && is_weak(resource.algorithm);
    resources.into_iter().filter(are_weak).map(|resource| resource.uri).collect()
}

fn with_gaps(clients: &[Client], demands: &Demands) -> Vec<String> {
    let lacking = clients.iter().filter_map(|client| {
        let gaps = client.profile(demands).gaps(client);
        let members: Vec<&str> = gaps.iter().map(|gap| gap.member).collect();
        (!members.is_empty()).then(|| format!("{} ({})", client.id, members.join(", ")))
    });
    lacking.collect()
}

impl UnableToSign {
    fn of(clients: &[Client], demands: &Demands) -> Self {
        let names = |is_unable: fn(&Client, &Demands) -> bool| {
            let others = clients.iter().filter(|client| client.id.as_str() != CONSOLE);
            others.filter(|client| is_unable(client, demands)).map(|client| client.id.to_string()).collect()
        };
        Self {
            authorization: names(|client, demands| {
                client.may_ask_for_authorization() && client.check_can_sign(demands).is_err()
            }),
            backchannel: names(|client, demands| {
                client.may_use(GrantType::Ciba).is_ok() && client.check_can_sign_backchannel(demands).is_err()
            }),
        }
    }
}

/// The sentence about clients that cannot sign their backchannel requests, where the server demands it.
fn unable_to_sign_backchannel(found: &Registered) -> Option<String> {
    let names = &found.unable_to_sign.backchannel;
    (!names.is_empty()).then(|| {
        format!(
            "oauth.jar or oauth.profile demands signed requests, and these clients have no keys, so all their backchannel requests \
             are refused: {}; grantor client check --grant-type ciba --scope openid says what each needs, and grantor client \
             update --jar off leaves a client outside",
            listed(names)
        )
    })
}

/// The sentence about clients that cannot sign their authorization requests, where the server demands it.
fn unable_to_sign(found: &Registered) -> Option<String> {
    let names = &found.unable_to_sign.authorization;
    (!names.is_empty()).then(|| {
        format!(
            "oauth.jar or oauth.profile demands signed requests, and these clients have no keys, or request_object_signing_alg none, \
             so all their authorization requests are refused: {}; grantor client check says what each needs, and grantor client \
             update --jar off leaves a client outside",
            listed(names)
        )
    })
}

/// The sentence about clients whose registration lacks something for their profile.
fn gaps(config: &Config, found: &Registered) -> Option<String> {
    let whose = match config.oauth.profile {
        Profile::None => "their profile".to_owned(),
        profile => format!("their profile ({}, where a client has no other one)", profile.as_str()),
    };
    (!found.with_gaps.is_empty()).then(|| {
        format!(
            "the registrations of these clients do not meet {whose}, so all their requests are refused: {}; grantor client check \
             says what each needs, and grantor client update --profile none leaves a client outside",
            listed(&found.with_gaps)
        )
    })
}

/// The sentence about clients with a FAPI profile of their own, where the server's algorithm does not fit.
fn default_algorithm(config: &Config, found: &Registered) -> Option<String> {
    let chosen = config.token_algorithms().of_fapi;
    (is_weak(Some(chosen)) && !found.with_fapi.is_empty()).then(|| {
        format!(
            "JWTs are signed with {chosen} where the API names no other algorithm, and the profile of the clients {} does \
             not allow it; tokens.access_token_alg or keys.algorithms must name PS256, ES256, EdDSA or Ed25519",
            listed(&found.with_fapi)
        )
    })
}

/// The sentence about APIs whose algorithm a FAPI profile does not allow, where the server or a client has one.
fn algorithms_of_resources(config: &Config, found: &Registered) -> Option<String> {
    let keeps_fapi = config.oauth.profile.is_fapi() || !found.with_fapi.is_empty();
    (keeps_fapi && !found.with_weak_tokens.is_empty()).then(|| {
        format!(
            "clients with a FAPI profile get no tokens for the resources {}, which name RS256; run grantor resource update \
             --token-alg default",
            listed(&found.with_weak_tokens)
        )
    })
}

/// The sentence about the clients or issuers `names` with a legacy setting; `None` if there are no names.
fn legacy(command: &str, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| {
        format!(
            "--assertion-audience token-endpoint is legacy, and the {command}s {} use it; change the software \
             to put the issuer into aud, then run grantor {command} update --assertion-audience issuer",
            listed(names)
        )
    })
}

/// The sentence about clients that need a certificate, where none can arrive.
fn certificates(config: &Config, found: &Registered) -> Option<String> {
    let mut names: Vec<String> = found.by_authority.iter().chain(&found.with_certificates).cloned().collect();
    names.sort();
    names.dedup();
    (!names.is_empty() && !config.tls.takes_certificates()).then(|| {
        format!(
            "no certificate can arrive, and the clients {} need one; set tls.mtls_listen, or tls.client_certificate_header \
             behind a proxy",
            listed(&names)
        )
    })
}

/// The sentence about clients whose certificate an authority signs, where no authority is trusted.
fn authorities(config: &Config, found: &Registered) -> Option<String> {
    let lacks =
        config.tls.takes_certificates() && !config.tls.has_client_ca() && !found.by_authority.is_empty();
    lacks.then(|| {
        format!(
            "tls.client_ca names no authority, and the clients {} have tls_client_auth, which needs one",
            listed(&found.by_authority)
        )
    })
}

/// The first names, and how many more there are.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
