//! The console: pages for operators at `/admin`. It is a client of this server, signs people in as every client does, and
//! calls the operations that the management API and the commands call.

mod api_keys;
mod authorization_types;
mod chart;
mod client_check;
mod client_fields;
mod client_health;
mod client_page;
mod client_secrets;
mod clients;
mod config_snippets;
mod dashboard;
mod error;
mod events;
mod form;
mod grants;
mod issuers;
mod keys;
mod logout_deliveries;
mod named;
mod notes;
mod objects;
mod page;
mod pings;
mod refusals;
mod resources;
mod same;
mod scopes;
mod search;
mod session;
mod tables;
mod user_code;
mod user_page;
mod users;
mod visit;
mod webhook_page;
mod webhooks;

use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::http::answer;
use crate::http::browser;
use crate::http::call::Request;
use crate::http::console_page;
use crate::oauth::client::console::CONSOLE;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::operations;
use error::ConsoleError;
use visit::{ConsoleReply, Visit, change, refused, show};

pub async fn overview(app: web::Data<App>, request: Request) -> HttpResponse {
    show(&app, &request, dashboard::page).await
}

pub async fn find(app: web::Data<App>, request: Request) -> HttpResponse {
    show(&app, &request, search::page).await
}

/// Where an authorization request of the console ends.
pub async fn callback(app: web::Data<App>, request: Request) -> HttpResponse {
    let params = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let state = params.one("state").ok().flatten().unwrap_or_default();
    let Some(back) = session::way_back(&app, state) else {
        return answer::see_other(&format!("{}/admin", app.issuer));
    };
    if params.count("error") > 0 {
        let error = Reason::SignInRequired.because("the sign-in to the console was not completed");
        return console_page::error(&app, &request, &error, None);
    }
    match session::redeem(&app, &request, &params, state).await {
        Ok(sealed) => {
            let mut response = answer::see_other(&format!("{}{back}", app.issuer));
            if let Err(error) = response.add_cookie(&browser::console_cookie(&app, Some(sealed))) {
                tracing::error!("a cookie cannot be set: {error}");
            }
            response
        }
        Err(error) => refused(&app, &request, error, None),
    }
}

/// Revokes the token of the console, and leads to the question whether to sign out of this server, too.
pub async fn sign_out(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let end = async |visit: &Visit<'_>, _: &Params| {
        // Also those of earlier sign-ins: each of them made a grant.
        let console = ClientId::new(CONSOLE);
        operations::grants::revoke_access(&visit.context(), &visit.session.user(), &console).await?;
        Ok(ConsoleReply::SeeOther("/logout".to_owned()))
    };
    let mut response = change(&app, &request, body, end).await;
    if response.status().is_redirection()
        && let Err(error) = response.add_cookie(&browser::console_cookie(&app, None))
    {
        tracing::error!("a cookie cannot be set: {error}");
    }
    response
}

pub async fn list(app: web::Data<App>, request: Request, kind: web::Path<String>) -> HttpResponse {
    show(&app, &request, async |visit| {
        let list = match kind.as_str() {
            "clients" => clients::list(visit).await,
            "users" => users::list(visit).await,
            "grants" => grants::list(visit).await,
            "scopes" => named::list::<ScopeRecord>(visit).await,
            "resources" => named::list::<Resource>(visit).await,
            "authorization-types" => named::list::<AuthorizationType>(visit).await,
            "issuers" => named::list::<TrustedIssuer>(visit).await,
            "keys" => keys::list(visit).await,
            "logout-deliveries" => logout_deliveries::list(visit).await,
            "pings" => pings::list(visit).await,
            "refusals" => refusals::list(visit).await,
            "events" => events::list(visit).await,
            "webhooks" => webhooks::list(visit).await,
            "api-keys" => api_keys::list(visit).await,
            _ => Err(ConsoleError::not_found()),
        };
        let list = list?;
        visit.end_of_query()?;
        Ok(list)
    })
    .await
}

/// The form for a new object.
pub async fn new(app: web::Data<App>, request: Request, kind: web::Path<String>) -> HttpResponse {
    show(&app, &request, async |visit| match kind.as_str() {
        "clients" => clients::new(visit),
        "users" => users::new(visit),
        "scopes" => named::new::<ScopeRecord>(visit),
        "resources" => named::new::<Resource>(visit),
        "authorization-types" => named::new::<AuthorizationType>(visit),
        "issuers" => named::new::<TrustedIssuer>(visit),
        "keys" => keys::new(visit),
        "webhooks" => webhooks::new(visit),
        "api-keys" => api_keys::new(visit),
        _ => Err(ConsoleError::not_found()),
    })
    .await
}

pub async fn create(
    app: web::Data<App>,
    request: Request,
    kind: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    change(&app, &request, body, async |visit, form| match kind.as_str() {
        "clients" => clients::create(visit, form).await,
        "users" => users::create(visit, form).await,
        "scopes" => named::create::<ScopeRecord>(visit, form).await,
        "resources" => named::create::<Resource>(visit, form).await,
        "authorization-types" => named::create::<AuthorizationType>(visit, form).await,
        "issuers" => named::create::<TrustedIssuer>(visit, form).await,
        "keys" => keys::create(visit, form).await,
        "webhooks" => webhooks::create(visit, form).await,
        "api-keys" => api_keys::create(visit, form).await,
        _ => Err(ConsoleError::not_found()),
    })
    .await
}

/// Everything about one object.
pub async fn object(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    show(&app, &request, async |visit| {
        let (kind, id) = (path.0.as_str(), known(&path.1)?);
        match kind {
            "clients" => client_page::show(visit, id).await,
            "users" => user_page::show(visit, id).await,
            "scopes" => scopes::show(visit, id).await,
            "resources" => named::show::<Resource>(visit, id).await,
            "authorization-types" => named::show::<AuthorizationType>(visit, id).await,
            "issuers" => issuers::show(visit, id).await,
            "refusals" => refusals::show(visit, id).await,
            "events" => events::show(visit, id).await,
            "webhooks" => webhook_page::show(visit, id).await,
            _ => Err(ConsoleError::not_found()),
        }
    })
    .await
}

/// The page before an act: a form, or the question with what ends.
pub async fn prepare(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String, String)>,
) -> HttpResponse {
    show(&app, &request, async |visit| {
        let (kind, id, act) = (path.0.as_str(), known(&path.1)?, path.2.as_str());
        match kind {
            "clients" => clients::prepare(visit, id, act).await,
            "users" => users::prepare(visit, id, act).await,
            "grants" => grants::prepare(visit, id, act).await,
            "scopes" => scopes::prepare(visit, id, act).await,
            "resources" => named::prepare::<Resource>(visit, id, act).await,
            "authorization-types" => named::prepare::<AuthorizationType>(visit, id, act).await,
            "issuers" => issuers::prepare(visit, id, act).await,
            "keys" => keys::prepare(visit, id, act).await,
            "webhooks" => webhooks::prepare(visit, id, act).await,
            "api-keys" => api_keys::prepare(visit, id, act).await,
            _ => Err(ConsoleError::not_found()),
        }
    })
    .await
}

pub async fn act(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String, String)>,
    body: web::Payload,
) -> HttpResponse {
    change(&app, &request, body, async |visit, form| {
        let (kind, id, act) = (path.0.as_str(), known(&path.1)?, path.2.as_str());
        match kind {
            "clients" => clients::act(visit, (id, act), form).await,
            "users" => users::act(visit, (id, act), form).await,
            "grants" => grants::act(visit, id, act).await,
            "scopes" => scopes::act(visit, (id, act), form).await,
            "resources" => named::act::<Resource>(visit, (id, act), form).await,
            "authorization-types" => named::act::<AuthorizationType>(visit, (id, act), form).await,
            "issuers" => issuers::act(visit, (id, act), form).await,
            "keys" => keys::act(visit, id, act).await,
            "logout-deliveries" => logout_deliveries::act(visit, act, form).await,
            "webhooks" => webhooks::act(visit, (id, act), form).await,
            "api-keys" => api_keys::act(visit, (id, act), form).await,
            _ => Err(ConsoleError::not_found()),
        }
    })
    .await
}

/// An id of a path. PostgreSQL cannot even search for one with the character U+0000.
fn known(id: &str) -> Result<&str, ConsoleError> {
    if id.contains('\0') { Err(ConsoleError::not_found()) } else { Ok(id) }
}
