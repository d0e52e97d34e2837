//! `/api/v1/clients`.

pub mod check;
pub mod consents;
pub mod health;
pub mod logos;
pub mod secrets;

use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::body;
use super::call::{ApiCall, respond};
use super::condition::{self, PutCondition};
use super::error::ApiError;
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::members::Members;
use crate::members::client::{self as members, NewMembers};
use crate::oauth::client::{Client, ClientKind, GrantType};
use crate::oauth::id::ClientId;
use crate::operations::clients::{
    self, ChosenSecret, ClientChange, CreatedClient, Logos, NewClient, SecretSource, SectorReading,
};
use crate::operations::fault::Faults;
use crate::operations::terms::Version;
use crate::operations::{Context, Done};
use crate::representation::address::segment;
use crate::representation::client::settings;
use crate::secret::Secret;
use crate::store::clients::{ClientColumn, ClientFilter, ClientRecord};

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let kinds = || "kind is web, spa, native or service".to_owned();
        let grant_types = || "grant_type is one that this server knows".to_owned();
        let filter = ClientFilter {
            q: call.parameter("q"),
            disabled: call.flag("disabled"),
            kind: call.parsed("kind", ClientKind::parse, kinds),
            grant_type: call.parsed("grant_type", GrantType::parse, grant_types),
            order: call.one_of("sort", ClientColumn::ORDERS).unwrap_or_default(),
        };
        let listing = listing::of(call, filter)?;
        Ok(listing::reply(call, &clients::list(&call.context(), listing).await?, record_to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let new = new_clients(call, &mut members, None).await?;
        let reply = shown_created(call.is_rehearsal());
        let create = async |context| create_one(&context, new).await;
        idempotency::once(call, (members, bytes), create, reply).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let record = clients::find(&call.context(), &ClientId::new(id.into_inner())).await?;
        Ok(ApiReply::ok(record_to_json(&record)).with_version(&clients::version(&record.client)))
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let id = ClientId::new(id.into_inner());
        let put = condition::of_put(call.request)?;
        let mut members = body::read(call, body).await?;
        members.drop_read_only();
        match put {
            PutCondition::Create => {
                let new = new_clients(call, &mut members, Some(&id)).await?;
                let create = async |context| create_one(&context, new).await.map_err(condition::exists);
                let created = body::act(call, members, call.context(), create).await?;
                Ok(shown_created(call.is_rehearsal())(&created.outcome))
            }
            PutCondition::Replace(versions) => replace(call, id, versions, members).await,
        }
    })
    .await
}

async fn replace<'a>(
    call: &ApiCall<'a>,
    id: ClientId,
    versions: Option<Vec<Version>>,
    mut members: Members,
) -> Result<ApiReply, ApiError> {
    let new = NewMembers::read(&mut members, Some(&id));
    if new.secret.is_some() {
        members.wrong("client_secret", "secrets are added at the address …/secrets");
    }
    let context = condition::replacing(call, versions);
    let after = new.client;
    let edit = move |before: &Client| {
        let mut client = after.clone();
        client.version = before.version;
        client.links.logo.clone_from(&before.links.logo);
        client.branding.logo_dark.clone_from(&before.branding.logo_dark);
        Ok(client)
    };
    let change = async |context| changed(&context, &id, edit).await;
    body::act(call, members, context, change).await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let id = ClientId::new(id.into_inner());
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body).await?;
        let patch = members::read_patch(&mut members, &id);
        let edit = move |before: &Client| members::patched(before, &patch);
        let change = async |context| changed(&context, &id, edit).await;
        body::act(call, members, context, change).await
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let context = condition::context(call)?;
        clients::delete(&context, &ClientId::new(id.into_inner())).await?;
        Ok(ApiReply::done())
    })
    .await
}

/// Changes a client, and answers with it as it is now.
async fn changed<F>(context: &Context<'_>, id: &ClientId, edit: F) -> Result<ApiReply, Denied<Faults>>
where
    F: Fn(&Client) -> Result<Client, Faults> + Send + 'static,
{
    let change = ClientChange { edit, logos: Logos::default(), sector: SectorReading::AsNeeded };
    let created_at = clients::find(context, id).await?.created_at;
    let Done { outcome: client, .. } = clients::update(context, id, change).await?;
    let version = clients::version(&client);
    let record = ClientRecord { client, created_at, secrets: Vec::new() };
    Ok(ApiReply::ok(record_to_json(&record)).with_version(&version))
}

/// The answer for a client that was created. A rehearsal leaves the secret out.
fn shown_created(is_rehearsal: bool) -> impl Fn(&CreatedClient) -> ApiReply + Send + Sync + 'static {
    move |created: &CreatedClient| {
        let mut body = settings(&created.client);
        body["created_at"] = created.created_at.iso().into();
        if let Some(secret) = created.generated.as_ref().filter(|_| !is_rehearsal) {
            body["client_secret"] = secret.expose().as_str().into();
        }
        ApiReply::created(address(&created.client.id), body).with_version(&clients::version(&created.client))
    }
}

/// A client to register, and the same client of the other kinds if its body does not say which kind it is.
type NewClients = (NewClient, Vec<Client>);

/// Reads a client to register. What is wrong is noted with the members.
async fn new_clients(
    call: &ApiCall<'_>,
    members: &mut Members,
    id: Option<&ClientId>,
) -> Result<NewClients, ApiError> {
    let NewMembers { client, of_other_kinds, secret } = NewMembers::read(members, id);
    let secret = match secret {
        Some(text) => Some(chosen(call, members, text).await?),
        None => None,
    };
    Ok((NewClient { client, secret, logos: Logos::default() }, of_other_kinds))
}

/// Registers a client. One whose kind is not known is only tried as each kind: the faults are those that all of them have.
async fn create_one(
    context: &Context<'_>,
    (new, of_other_kinds): NewClients,
) -> Result<Done<CreatedClient>, Denied<Faults>> {
    let mut created = clients::create(context, new).await;
    for client in of_other_kinds {
        let Err(Denied::Refused(faults)) = created else { break };
        let new = NewClient { client, secret: None, logos: Logos::default() };
        created = clients::create(context, new).await.map_err(|denied| match denied {
            Denied::Refused(others) => faults.shared_with(&others, "the client has no kind").into(),
            failed @ Denied::Failed(_) => failed,
        });
    }
    created
}

/// Takes a secret that the body has chosen. What is wrong is noted with the members, and a secret that the server generates
/// takes its place.
async fn chosen(call: &ApiCall<'_>, members: &mut Members, text: Secret) -> Result<SecretSource, ApiError> {
    match ChosenSecret::new(&call.app.passwords, text).await {
        Ok(chosen) => Ok(SecretSource::Chosen(chosen)),
        Err(Denied::Refused(faults)) => {
            for fault in faults.iter() {
                members.wrong("client_secret", fault.sentence.as_str());
            }
            Ok(SecretSource::Generated)
        }
        Err(Denied::Failed(failure)) => Err(failure.into()),
    }
}

/// The path of a client below the public URL.
fn address(id: &ClientId) -> String {
    format!("/api/v1/clients/{}", segment(id.as_str()))
}

fn record_to_json(record: &ClientRecord) -> Value {
    let mut json = settings(&record.client);
    json["created_at"] = record.created_at.iso().into();
    json
}
