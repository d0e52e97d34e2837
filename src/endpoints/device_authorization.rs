//! `/device_authorization`: a device begins a request that a person allows on another device (RFC 8628 §3.1).

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::client_auth;
use crate::app::App;
use crate::cache::decision::View;
use crate::cache::row_budgets::Draw;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::http::call::{Call, Request};
use crate::network::Networks;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::authorization_details::{self, AuthorizationDetails};
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest, UserCode};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::RegisteredResources;
use crate::oauth::id::GrantId;
use crate::oauth::reason::Reason;
use crate::oauth::request::claims_request::ClaimsRequest;
use crate::oauth::request::params::Params;
use crate::oauth::row_budget::RowKind;
use crate::secret::{Hash, random, random_id, random_token};
use crate::store::db::{Db, Tx};
use crate::store::device_codes;

/// For how many seconds after its end a device code is reported as expired; later it is unknown. A stranger can make the
/// server keep a code for so long.
const MEMORY: Seconds = Seconds::new(3600);
/// How many user codes are tried before collisions are considered an error.
const MAX_ATTEMPTS: usize = 8;

/// The response (RFC 8628 §3.2).
#[derive(Serialize)]
struct DeviceAuthorizationResponse {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: Seconds,
    interval: Seconds,
}

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match begin(&app, &request, body).await {
        Ok(begun) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(begun),
        Err(denied) => client_auth::refusal(&app, &request, denied).await,
    }
}

async fn begin(
    app: &App,
    request: &Request,
    body: web::Payload,
) -> Result<DeviceAuthorizationResponse, Denied<OAuthError>> {
    let params = client_auth::read_form(request, body).await?;
    params.check(&["scope", authorization_details::PARAMETER])?;
    let mut credentials = client_auth::credentials(request, &params)?;
    let decided = app.cache.decide(async |view| {
        let client = credentials.authenticate(app, request, view).await?;
        let device = asked(app, request, &client.client, &params, view).await?;
        Ok((device, client.client.kind, app.db_of(&client.client)))
    });
    let (device, kind, db) = decided.await?;
    let draw = match kind.is_public() {
        true => app.draw(RowKind::DeviceCode, Networks::of(request.address).site, request.now).await?,
        false => app.draw_for_client(RowKind::DeviceCode, &device.client, request.now).await?,
    };
    let code = format!("gdc_{}", random_token());
    let user_code = store(app, db, (&code, device), draw).await?;
    let verification_uri = format!("{}/device", app.issuer);
    Ok(DeviceAuthorizationResponse {
        device_code: code,
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        user_code: user_code.to_string(),
        verification_uri,
        expires_in: app.config.device.code_lifetime.seconds(),
        interval: app.config.device.poll_interval.seconds(),
    })
}

async fn asked(
    app: &App,
    call: &Call,
    client: &Client,
    params: &Params,
    view: &View<'_>,
) -> Result<DeviceRequest, Denied<OAuthError>> {
    client.may_use(GrantType::DeviceCode)?;
    let catalogue = view.catalogue().await?;
    let details = AuthorizationDetails::requested(params)?.unwrap_or_default();
    let scope = details.scope_beside(params, &client.scopes, &*catalogue)?;
    let registered = RegisteredResources { resources: &*catalogue, issuer: &app.issuer };
    details.check(client, &registered)?;
    let resources = registered.authorized(params, client, (&scope, &details.placed(&*catalogue)))?;
    app.config.token_algorithms().check(client, &resources, &*catalogue)?;
    let now = call.now;
    Ok(DeviceRequest {
        grant: GrantId::new(random_id()),
        client: client.id.clone(),
        granted: Granted::new(scope, resources, ClaimsRequest::default(), details),
        address: call.address.to_string(),
        created_at: now,
        expires_at: now + app.config.device.code_lifetime.seconds(),
        // The real user code is set when the row is stored.
        answer: DeviceAnswer::Denied,
    })
}

/// Stores the request under a user code that no other device uses.
///
/// # Errors
/// If too many requests wait.
async fn store(
    app: &App,
    db: &Db,
    (code, device): (&str, DeviceRequest),
    draw: Draw,
) -> Result<UserCode, Denied<OAuthError>> {
    let codes: Vec<UserCode> =
        std::iter::repeat_with(|| UserCode::of_bytes(&random::<32>())).flatten().take(MAX_ATTEMPTS).collect();
    let (hash, interval) = (Hash::of(code), app.config.device.poll_interval.seconds());
    let counting = draw.counting();
    let save = async move |tx: &mut Tx| {
        if let Err(wait) = counting.count(tx).await? {
            return Err(Denied::Refused(too_many().after(wait)));
        }
        for code in &codes {
            if device_codes::save(tx, &hash, (&device, code), interval, device.expires_at + MEMORY).await? {
                return Ok(Some(code.clone()));
            }
        }
        Ok(None)
    };
    let stored = db.decide(save).await?;
    draw.stored();
    stored.ok_or_else(|| Failure::Busy("the list of user codes").into())
}

fn too_many() -> OAuthError {
    Reason::DeviceCodeTooMany.because("too many devices have asked for a code and wait for a person")
}
