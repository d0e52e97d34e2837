//! Clients: the applications that are registered, and their secrets.

mod logo;
mod registration;
mod secrets;
mod sector;

pub use logo::Logo;
pub use registration::{ClientChange, CreatedClient, NewClient, SectorReading, create, update};
pub use secrets::{
    AddedSecret, ChosenSecret, SecretRemoval, SecretSource, add_secret, check_remove_secret, remove_secret,
};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::{Context, Done, Outcome};
use crate::failure::Denied;
use crate::oauth::client::Client;
use crate::oauth::grant::Ended;
use crate::oauth::id::ClientId;
use crate::store::clients::{self, ClientFilter, ClientRecord};
use crate::store::db::{Conn, Tx};
use crate::store::{access_tokens, codes, device_codes, grants, logos};

const CURSOR: Cursor = Cursor("clients");

/// A page of the clients with their secrets, by id.
///
/// # Errors
///
/// A limit or cursor that cannot be.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<ClientFilter>,
) -> Result<List<ClientRecord>, Denied<Faults>> {
    let key = |record: &ClientRecord| record.client.id.to_string();
    list::read(context, CURSOR, listing, clients::list, key).await
}

/// A client by its id.
///
/// # Errors
///
/// Not found.
pub async fn find(context: &Context<'_>, client: &ClientId) -> Result<ClientRecord, Denied<Faults>> {
    let client = client.clone();
    context.read(async move |conn: &mut Conn| existing(conn, &client).await).await
}

/// Deletes a client with its secrets, tokens and what people have allowed it; the outcome is how many grants ended.
///
/// # Errors
///
/// Not found.
pub async fn delete(context: &Context<'_>, client: &ClientId) -> Outcome<u64> {
    let (id, now) = (client.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            let client = existing(tx, &id).await?.client;
            clients::delete(tx, &id).await?;
            // A client that is registered under this id one day has nothing to do with these.
            codes::delete_of_client(tx, &id).await?;
            device_codes::delete_of_client(tx, &id).await?;
            let revoked = grants::revoke_of_client(tx, &id, Ended::ClientDeleted, now).await?;
            access_tokens::delete_of_client(tx, &id).await?;
            if let Some(logo) = &client.links.logo {
                logos::delete_unused(tx, logo).await?;
            }
            Ok(Done { outcome: revoked, event: event(Act::ClientDeleted, &client) })
        })
        .await
}

async fn existing(conn: &mut Conn, client: &ClientId) -> Result<ClientRecord, Denied<Faults>> {
    let unknown = || Fault::not_found(format!("there is no client with the id {client}"));
    Ok(clients::find_record(conn, client).await?.ok_or_else(unknown)?)
}

fn event(act: Act, client: &Client) -> Event {
    Event::new(act, ObjectKind::Client, client.id.as_str()).named(&client.name)
}

/// The members of a client in the words of RFC 7591 §2, where it has them; no secret is among them.
pub fn members(client: &Client) -> Value {
    json!({
        "client_id": client.id.as_str(),
        "client_name": client.name,
        "kind": client.kind.as_str(),
        "disabled": client.disabled,
        "redirect_uris": texts(&client.redirect_uris),
        "post_logout_redirect_uris": texts(&client.post_logout_redirect_uris),
        "backchannel_logout_uri": client.logout.back_channel,
        "frontchannel_logout_uri": client.logout.front_channel,
        "origins": client.origins.iter().map(Origin::as_str).collect::<Vec<_>>(),
        "grant_types": client.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "response_types": response_types(client),
        "scope": client.scopes.to_string(),
        "token_endpoint_auth_method": client.auth_method.map(AuthMethod::as_str),
        "pkce": client.pkce.map(PkcePolicy::as_str),
        "id_token_signed_response_alg": client.id_token_alg.map(SigningAlgorithm::as_str),
        "jwks": client.jwks.as_deref().and_then(|jwks| serde_json::from_str::<Value>(jwks).ok()),
        "id_token_encrypted_response_alg": client.id_token_encryption.map(|how| how.algorithm.as_str()),
        "id_token_encrypted_response_enc": client.id_token_encryption.map(|how| how.content.as_str()),
        "userinfo_encrypted_response_alg": client.userinfo_encryption.map(|how| how.algorithm.as_str()),
        "userinfo_encrypted_response_enc": client.userinfo_encryption.map(|how| how.content.as_str()),
        "userinfo_signed_response_alg": client.userinfo_alg.map(SigningAlgorithm::as_str),
        "subject_type": client.subject_type.as_str(),
        "sector_identifier_uri": client.sector_identifier_uri,
        "jwks_uri": client.jwks_uri,
        "assertion_audience": client.assertion_audience.map_or("issuer", AssertionAudience::as_str),
        "token_format": client.token_format.as_str(),
        "resources": client.resources,
        "access_token_lifetime": client.access_token_lifetime,
        "required_group": client.required_group,
        "may_act": client.may_act.as_ref().map(ClientId::as_str),
        "may_impersonate": client.may_impersonate,
        "first_party": client.first_party,
        "client_uri": client.links.site,
        "policy_uri": client.links.policy,
        "tos_uri": client.links.terms,
        "has_logo": client.links.logo.is_some(),
    })
}
