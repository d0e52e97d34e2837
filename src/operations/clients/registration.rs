//! Registers and changes clients.

use serde_json::Value;

use super::brand;
use super::logo::{self, Logos};
use super::secrets::{self, SecretSource};
use super::sector::SectorList;
use super::{event, existing, management};
use crate::clock::Timestamp;
use crate::config::KeyOptions;
use crate::face::tokens::BrandTokens;
use crate::failure::{Denied, Failure};
use crate::fetch::Fetcher;
use crate::jose::encrypt::Recipient;
use crate::oauth::client::demand::Demands;
use crate::oauth::client::{
    AuthMethod, Client, ClientMetadata, Demand, Encryption, ObjectAlgorithm, registration,
};
use crate::oauth::grant::management::resource as management_resource;
use crate::oauth::grant::resource::{Resource, normal};
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::operations::callable::address_fault;
use crate::operations::configured::{algorithm_fault, lifetime_fault};
use crate::operations::event::Act;
use crate::operations::fault::{Fault, Faults};
use crate::operations::label::id_fault;
use crate::operations::references::{scope_faults, unsuitable};
use crate::operations::{Context, Done, Outcome, authorization_types, jwk_set};
use crate::secret::Secret;
use crate::store::clients::ClientRecord;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::{clients, resources, scopes};
use crate::x509::registered::RegisteredCertificates;

/// A client to register.
pub struct NewClient {
    pub client: Client,
    /// `None`: the server generates a secret if the client needs one.
    pub secret: Option<SecretSource>,
    pub logos: Logos,
}

/// A client that was registered.
#[derive(Clone, Debug)]
pub struct CreatedClient {
    pub client: Client,
    pub created_at: Timestamp,
    /// The secret, if the server generated it. It is stored nowhere else.
    pub generated: Option<Secret>,
}

/// A change of a client. `edit` returns the changed client.
pub struct ClientChange<F> {
    pub edit: F,
    pub logos: Logos,
    pub sector: SectorReading,
}

/// When to read the list of the sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectorReading {
    /// If the URI changes or a redirect URI is added.
    AsNeeded,
    /// Always, if the client has one.
    Anew,
}

/// Registers a client.
///
/// # Errors
/// If the id already exists, a member is not valid, a scope, resource or client does not exist, or the client would have a
/// scope of the management API and the actor is not an owner.
pub async fn create(context: &Context<'_>, new: NewClient) -> Outcome<CreatedClient> {
    let NewClient { client, secret, logos } = new;
    let client = logos.given_to(client);
    management::may_change(&context.actor, [&client])?;
    let rules = Rules::new(context)?;
    let mut faults = rules.faults(None, &client);
    if ClientId::parse(client.id.as_str()).is_none() {
        let sentence = "a client id has 1 to 255 characters of printable ASCII";
        faults.push(Fault::invalid("client_id", sentence));
    }
    faults.extend(id_fault("client_id", client.id.as_str()));
    faults.extend(secret_fault(&client, secret.as_ref()));
    if let Some(uri) = &client.sector_identifier_uri {
        let list = SectorList::read(&rules.fetcher, uri).await;
        faults.extend(list.map_or_else(Some, |list| list.fault(&client)));
    }
    let (secret, generated) = match has_secret(&client) && faults.is_empty() {
        true => {
            let source = secret.unwrap_or(SecretSource::Generated);
            let (secret, generated) = secrets::made(context, &client, source, None).await?;
            (Some(secret), generated)
        }
        false => (None, None),
    };
    let (now, own) = (context.now, own_resource(context));
    context
        .act(async move |tx: &mut Tx| {
            let mut faults = faults.clone();
            let client = resolved(tx, (None, client.clone()), &own, &mut faults).await?;
            let id = &client.id;
            if !faults.is_empty() && clients::find(tx, id).await?.is_some() {
                faults.push(taken(id));
            }
            Faults::refuse_if_any(faults)?;
            if !clients::save(tx, &client, now).await? {
                return Err(taken(id).into());
            }
            if let Some(secret) = &secret {
                clients::add_secret(tx, id, secret, now).await?;
            }
            logos.save(tx).await?;
            let event = event(Act::ClientCreated, &client).creating(members(&client));
            let outcome = CreatedClient { client, created_at: now, generated: generated.clone() };
            Ok(Done { outcome, event })
        })
        .await
}

/// Changes a client. The outcome is the changed client with its new version.
///
/// # Errors
/// If there is no such client, the actor may not change it, a member is not valid, or a resource or client does not exist.
pub async fn update<F>(context: &Context<'_>, client: &ClientId, change: ClientChange<F>) -> Outcome<Client>
where
    F: Fn(&Client) -> Result<Client, Faults> + Send + 'static,
{
    let ClientChange { edit, logos, sector } = change;
    let rules = Rules::new(context)?;
    let list = sector_list(context, &rules.fetcher, client, (&edit, sector)).await?;
    let Context { now, terms, actor, .. } = context.clone();
    let (id, own) = (client.clone(), own_resource(context));
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &id).await?;
            let before = &record.client;
            terms.check(&members(before))?;
            let mut after = logos.given_to(edit(before)?);
            registration::leave_method(before, &mut after);
            management::may_change(&actor, [before, &after])?;
            let mut faults = rules.faults(Some(before), &after);
            faults.extend(kept_secret_fault(&record, &after));
            faults.extend(sector_fault(list.as_ref(), before, &after));
            let after = resolved(tx, (Some(before), after), &own, &mut faults).await?;
            Faults::refuse_if_any(faults)?;
            logos.save(tx).await?;
            clients::update(tx, &after, now).await?;
            logo::delete_unused(tx, before).await?;
            let event = event(Act::ClientUpdated, &after).changing(members(before), members(&after));
            Ok(Done { outcome: Client { version: before.version + 1, ..after }, event })
        })
        .await
}

/// The list of the sector of the changed client, or why it cannot be read. `None` if it need not be read.
async fn sector_list<F>(
    context: &Context<'_>,
    fetcher: &Fetcher,
    client: &ClientId,
    (edit, reading): (&F, SectorReading),
) -> Result<Option<Result<SectorList, Fault>>, Denied<Faults>>
where
    F: Fn(&Client) -> Result<Client, Faults>,
{
    let id = client.clone();
    let before = context.read(async move |conn: &mut Conn| existing(conn, &id).await).await?.client;
    let after = edit(&before)?;
    let Some(uri) = &after.sector_identifier_uri else { return Ok(None) };
    if !is_new_to_sector(&before, &after) && reading == SectorReading::AsNeeded {
        return Ok(None);
    }
    Ok(Some(SectorList::read(fetcher, uri).await))
}

/// Whether a change gives the client another sector or another redirect URI.
fn is_new_to_sector(before: &Client, after: &Client) -> bool {
    after.sector_identifier_uri != before.sector_identifier_uri
        || after.redirect_uris.iter().any(|uri| !before.redirect_uris.contains(uri))
}

/// The fault of a redirect URI that is not in the list of the sector, or of a list that is no longer the needed one.
fn sector_fault(list: Option<&Result<SectorList, Fault>>, before: &Client, after: &Client) -> Option<Fault> {
    let uri = after.sector_identifier_uri.as_deref()?;
    match list {
        Some(Ok(list)) if list.is_of(uri) => list.fault(after),
        Some(Err(fault)) => Some(fault.clone()),
        _ if is_new_to_sector(before, after) => {
            let sentence =
                format!("the client {} was changed in the meantime, so nothing was done", after.id);
            Some(Fault::conflict(None, sentence))
        }
        _ => None,
    }
}

/// What a client must fulfil by itself and by the configuration.
struct Rules {
    keys: KeyOptions,
    fetcher: Fetcher,
    /// The operator's own look, which a client's is laid over.
    tokens: BrandTokens,
    demands: Demands,
}

impl Rules {
    fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let config = context.config;
        let (keys, tokens) = (config.keys.clone(), config.brand.tokens());
        let demands = config.oauth.demands();
        Ok(Self { keys, fetcher: Fetcher::new(&config.fetch)?, tokens, demands })
    }

    /// Returns what is wrong with a client. What it already had `before` may stay, even if the configuration no longer
    /// allows it.
    fn faults(&self, before: Option<&Client>, client: &Client) -> Vec<Fault> {
        let mut faults: Vec<Fault> = registration::check(client)
            .into_iter()
            .map(|wrong| Fault::invalid(wrong.member, wrong.sentence))
            .collect();
        faults.extend(keys_fault(before, client));
        faults.extend(brand::faults(self.tokens, before, client));
        faults.extend(encryption_fault(
            client,
            "id_token_encrypted_response_alg",
            client.id_token_encryption,
        ));
        faults.extend(encryption_fault(
            client,
            "userinfo_encrypted_response_alg",
            client.userinfo_encryption,
        ));
        faults.extend(encryption_fault(
            client,
            "authorization_encrypted_response_alg",
            client.messages.response_encryption,
        ));
        for fault in self.configured_faults(before, client) {
            // A member that is already wrong by itself is not reported twice.
            if faults.iter().all(|known| known.member != fault.member) {
                faults.push(fault);
            }
        }
        faults
    }

    /// Returns what the registration lacks for the server's profile, if it has none of its own: every request of the client
    /// would be refused. What it lacked `before` may stay, because the profile may be newer than the client.
    fn profile_faults(&self, before: Option<&Client>, client: &Client) -> Vec<Fault> {
        let gaps = |client: &Client| match client.metadata.profile {
            None => client.profile(&self.demands).gaps(client),
            // It has been checked without the configuration.
            Some(_) => Vec::new(),
        };
        let known = before.map(gaps).unwrap_or_default();
        let new = gaps(client).into_iter().filter(|gap| !known.contains(gap));
        new.map(|gap| {
            let (name, sentence) = (self.demands.profile.as_str(), gap.sentence);
            let sentence = format!(
                "with {name}, which is oauth.profile, {sentence}; or take the client out of the profile: `profile` none"
            );
            Fault::invalid(gap.member, sentence)
        })
        .collect()
    }

    fn configured_faults(&self, before: Option<&Client>, client: &Client) -> Vec<Fault> {
        let mut faults = self.profile_faults(before, client);
        for (member, chosen, before) in [
            ("id_token_signed_response_alg", client.id_token_alg, before.and_then(|it| it.id_token_alg)),
            ("userinfo_signed_response_alg", client.userinfo_alg, before.and_then(|it| it.userinfo_alg)),
            (
                "authorization_signed_response_alg",
                client.messages.response_alg,
                before.and_then(|it| it.messages.response_alg),
            ),
        ] {
            faults.extend(algorithm_fault(&self.keys, member, chosen.filter(|_| chosen != before)));
        }
        let lifetime = client.access_token_lifetime;
        let is_kept = before.is_some_and(|before| before.access_token_lifetime == lifetime);
        faults.extend(lifetime_fault(&self.keys, lifetime.filter(|_| !is_kept)));
        for (member, uri, before) in [
            (
                "backchannel_logout_uri",
                &client.logout.back_channel,
                before.map(|before| &before.logout.back_channel),
            ),
            (
                "backchannel_client_notification_endpoint",
                &client.backchannel.notification_endpoint,
                before.map(|before| &before.backchannel.notification_endpoint),
            ),
            ("jwks_uri", &client.jwks_uri, before.map(|before| &before.jwks_uri)),
        ] {
            let changed = uri.as_deref().filter(|_| before != Some(uri));
            faults.extend(changed.and_then(|uri| address_fault(&self.fetcher, member, uri)));
        }
        faults
    }
}

/// Checks the JWK Set of the client. If the client signs, and its keys or its method are new, one of its keys must verify
/// signatures.
fn keys_fault(before: Option<&Client>, client: &Client) -> Option<Fault> {
    let jwks = client.jwks.as_deref()?;
    let signs = |it: &Client| {
        let messages = &it.messages;
        let signs_requests = messages.object_alg.is_some_and(|alg| alg != ObjectAlgorithm::Unsigned);
        it.auth_method == Some(AuthMethod::PrivateKeyJwt)
            || signs_requests
            || it.backchannel.request_alg.is_some()
            || messages.jar == Some(Demand::Require)
    };
    let shows = |it: &Client| it.auth_method == Some(AuthMethod::SelfSignedTls);
    let is_new = |uses: &dyn Fn(&Client) -> bool| {
        uses(client) && before.is_none_or(|it| it.jwks != client.jwks || !uses(it))
    };
    jwk_set::fault(jwks)
        .or_else(|| jwk_set::signing_fault(jwks).filter(|_| is_new(&signs)))
        .or_else(|| certificates_fault(jwks).filter(|_| is_new(&shows)))
}

/// The fault of a JWK Set without anything that a certificate can be compared with.
fn certificates_fault(jwks: &str) -> Option<Fault> {
    let sentence = "the JWK Set has no public key and no `x5c` that a certificate could have: RSA, EC (P-256, P-384, P-521), Ed25519 \
                    or Ed448, whose use is sig or missing";
    RegisteredCertificates::read(jwks).is_empty().then(|| Fault::invalid("jwks", sentence))
}

/// Checks that the client has a key for an encryption. Without one, every sign-in to the client would fail.
fn encryption_fault(client: &Client, member: &'static str, encryption: Option<Encryption>) -> Option<Fault> {
    let algorithm = encryption?.algorithm;
    let jwks = client.jwks.as_deref().unwrap_or(r#"{"keys":[]}"#);
    if Recipient::choose(jwks, algorithm).is_some() {
        return None;
    }
    let algorithm = algorithm.as_str();
    let sentence =
        format!("the JWK Set of the client has no public key for {algorithm}; bring one with `jwks`");
    Some(Fault::invalid(member, sentence))
}

fn taken(id: &ClientId) -> Fault {
    Fault::conflict("client_id", format!("a client with the id {id} exists already"))
}

fn has_secret(client: &Client) -> bool {
    !client.kind.is_public() && client.auth_method.is_none_or(AuthMethod::needs_secret)
}

/// The fault of a secret that is given for a client without secrets, or is too short for the client.
fn secret_fault(client: &Client, secret: Option<&SecretSource>) -> Option<Fault> {
    if has_secret(client) {
        return secret.and_then(|secret| secret.fault_for(client));
    }
    secret?;
    let sentence = if client.kind.is_public() {
        let kind = client.kind.as_str();
        format!("a {kind} client is public and cannot keep a secret; leave `client_secret` out")
    } else {
        let method = client.auth_method.unwrap_or(AuthMethod::PrivateKeyJwt);
        let (name, does) = (method.as_str(), method.instead_of_a_secret());
        format!("a client with {name} {does}; leave `client_secret` out")
    };
    Some(Fault::invalid("client_secret", sentence))
}

/// A fault if a client becomes public while it has secrets.
fn kept_secret_fault(record: &ClientRecord, after: &Client) -> Option<Fault> {
    (after.kind.is_public() && !record.secrets.is_empty()).then(|| {
        let kind = after.kind.as_str();
        let sentence =
            format!("a {kind} client is public and cannot keep a secret; remove its secrets first");
        Fault::conflict("kind", sentence)
    })
}

/// The client with the registered URIs of its resources, without duplicates. What the client names and does not exist, or
/// cannot be what it is named for, is added to the faults.
///
/// # Errors
/// Only failures of the database.
async fn resolved(
    conn: &mut Conn,
    (before, client): (Option<&Client>, Client),
    own: &Resource,
    faults: &mut Vec<Fault>,
) -> Result<Client, DbError> {
    let is_known = before.is_some_and(|before| before.resources == client.resources);
    let resources = match is_known || client.resources.is_empty() {
        true => client.resources.clone(),
        false => registered(conn, (&client.resources, own), faults).await?,
    };
    // A scope that the client has already need not be read again.
    let scopes = before.map_or_else(Scope::default, |before| before.scopes.clone());
    faults.extend(scope_faults(conn, &client.scopes.without(&scopes)).await?);
    faults.extend(claims_fault(conn, before, &client).await?);
    // A type that the client has already need not be read again.
    let types = before.map(|before| before.authorization_details_types.as_slice()).unwrap_or_default();
    faults.extend(authorization_types::missing(conn, &client.authorization_details_types, types).await?);
    if let Some(actor) = &client.may_act {
        let wrong = unsuitable(conn, actor, "who acts").await?;
        faults.extend(wrong.map(|why| Fault::invalid("may_act", format!("`may_act`: {why}"))));
    }
    let metadata = ClientMetadata { resources, ..client.metadata };
    Ok(Client { metadata, ..client })
}

/// The fault of a claim for ID Tokens that no scope of the client gives access to. A claim that the client had `before`, and to
/// which none of its scopes gave access any more, may stay.
async fn claims_fault(
    conn: &mut Conn,
    before: Option<&Client>,
    client: &Client,
) -> Result<Option<Fault>, DbError> {
    let is_kept = before.is_some_and(|before| {
        before.id_token_claims == client.id_token_claims && before.scopes == client.scopes
    });
    if is_kept || client.id_token_claims.names().next().is_none() {
        return Ok(None);
    }
    let known = scopes::all(conn).await?;
    let is_accessible = |by: &Client, name: &str| by.scopes.give_access(&known, name);
    let was_lost = |name: &str| {
        let has = |before: &&Client| before.id_token_claims.names().any(|had| had == name);
        before.filter(has).is_some_and(|before| !is_accessible(before, name))
    };
    let missing = client.id_token_claims.names().find(|name| !is_accessible(client, name) && !was_lost(name));
    Ok(missing.map(|name| {
        let sentence =
            format!("no scope of the client gives access to the claim {name}, which `id_token_claims` names");
        Fault::invalid("id_token_claims", sentence)
    }))
}

/// The members that a change may affect, under the names of the metadata. None of them is secret.
pub(super) fn members(client: &Client) -> Value {
    // The metadata was read from JSON, so it can be written as JSON.
    let mut members = serde_json::to_value(&client.metadata).unwrap_or_default();
    members["disabled"] = client.disabled.into();
    members
}

/// The management API of this server, which is not stored.
fn own_resource(context: &Context<'_>) -> Resource {
    management_resource(&context.config.issuer(context.config.listen.port()))
}

async fn registered(
    conn: &mut Conn,
    (named, own): (&[String], &Resource),
    faults: &mut Vec<Fault>,
) -> Result<Vec<String>, DbError> {
    let mut known = resources::all(conn).await?;
    known.push(own.clone());
    let mut found: Vec<String> = Vec::new();
    for (n, uri) in named.iter().enumerate() {
        match known.iter().find(|known| normal(&known.uri) == normal(uri)) {
            None => {
                let hint = if uri.contains([',', ' ']) { "; name each resource by itself" } else { "" };
                let sentence = format!("there is no resource {uri}{hint}");
                faults.push(Fault::invalid(format!("resources/{n}"), sentence));
            }
            Some(resource) if found.contains(&resource.uri) => {}
            Some(resource) => found.push(resource.uri.clone()),
        }
    }
    Ok(found)
}
