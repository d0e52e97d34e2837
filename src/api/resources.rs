//! `/api/v1/resources`.

use actix_web::{HttpResponse, web};

use super::body::{self, Members};
use super::call::respond;
use super::condition;
use super::idempotency;
use super::listing;
use super::put::{self, Replaceable, created};
use super::reply::ApiReply;
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::oauth::client::TokenFormat;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::Scope;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::operations::fault::Faults;
use crate::operations::list_change::ListChange;
use crate::operations::resources::{self, ResourceChanges};
use crate::operations::{Context, Done};
use crate::representation::address::segment;
use crate::representation::resource::to_json;
use crate::store::page::NameFilter;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &resources::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let uri = members.required_text("resource");
        let resource = new(&mut members, uri);
        members.end()?;
        let create = async |context| resources::create(&context, resource).await;
        idempotency::once(call, &bytes, create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, uri: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(resources::find(&call.context(), &uri).await?.shown())
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    put::put::<Resource>(&app, &request, name.into_inner(), body).await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    uri: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body).await?;
        members.named("resource", &uri);
        let changes = changes(&mut members);
        members.end()?;
        Ok(resources::update(&context, &uri, changes).await?.outcome.shown())
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, uri: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        resources::delete(&condition::context(call)?, &uri).await?;
        Ok(ApiReply::done())
    })
    .await
}

impl Replaceable for Resource {
    const NAME: &'static str = "resource";

    fn read(members: &mut Members, name: String) -> Self {
        new(members, name)
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Done<Self>, Denied<Faults>> {
        resources::create(context, object).await
    }

    async fn replace(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        let (uri, changes) = (object.uri.clone(), whole(object));
        Ok(resources::update(context, &uri, changes).await?.outcome)
    }

    fn address(&self) -> String {
        format!("/api/v1/resources/{}", segment(&self.uri))
    }

    fn shown(&self) -> ApiReply {
        ApiReply::ok(to_json(self)).with_version(&resources::version(self))
    }
}

/// Reads a resource to create under this URI, or one that replaces it. What is wrong is noted with the members.
fn new(members: &mut Members, uri: String) -> Resource {
    let given = changes(members);
    Resource {
        uri,
        version: 1,
        scopes: Scope::from_stored(&given.scopes.new_members().join(" ")),
        format: given.format.unwrap_or(TokenFormat::Jwt),
        algorithm: given.algorithm.flatten(),
        access_token_lifetime: given.access_token_lifetime.flatten(),
        servers: given.servers.new_members().to_vec(),
    }
}

/// The changes that give a resource all the members of this one.
fn whole(resource: Resource) -> ResourceChanges {
    ResourceChanges {
        scopes: ListChange::Replace(resource.scopes.names().map(str::to_owned).collect()),
        servers: ListChange::Replace(resource.servers),
        format: Some(resource.format),
        algorithm: Some(resource.algorithm),
        access_token_lifetime: Some(resource.access_token_lifetime),
    }
}

/// Reads a merge patch of a resource (RFC 7396). What is wrong is noted with the members.
fn changes(members: &mut Members) -> ResourceChanges {
    let formats: Vec<&str> = TokenFormat::ALL.iter().map(|known| known.as_str()).collect();
    let format = members.changed_word("token_format", &formats, TokenFormat::parse);
    let algorithms: Vec<&str> = SigningAlgorithm::ALL.iter().map(|known| known.as_str()).collect();
    let lifetime = members.changed_number("access_token_lifetime");
    ResourceChanges {
        scopes: members.scope_change("scope"),
        servers: members.clients("clients"),
        format: format.map(|format| format.unwrap_or(TokenFormat::Jwt)),
        algorithm: members.changed_word("token_alg", &algorithms, SigningAlgorithm::parse),
        access_token_lifetime: lifetime.map(|number| number.map(Seconds::new)),
    }
}
