//! The logout pages: the question, the end of the session, and the redirect (OpenID Connect RP-Initiated Logout §2).

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{account_list, application, front_channel};
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::face::text_names::{WAYS, named};
use crate::face::view::{Application, LogoutPage, SignedOutPage};
use crate::failure::{Denied, Failure};
use crate::flows::{self, Accounts};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::{Call, Request};
use crate::http::form;
use crate::oauth::error::OAuthError;
use crate::oauth::id::{ClientId, SessionId};
use crate::oauth::identity::logout::{self, Hint, KNOWN, LogoutStep};
use crate::oauth::request::interaction::SignedIn;
use crate::oauth::request::params::Params;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::token::id_token::NamesForClient;
use crate::operations::Done;
use crate::operations::sessions::{self, SignedOut};
use crate::store::clients::StoredClient;
use crate::tokens::id_token;
use crate::tokens::subject;

/// A checked logout request.
struct LogoutRequest {
    hint: Option<Hint>,
    /// The client that asks, if it is known.
    client: Option<Arc<StoredClient>>,
    return_to: Option<ReturnAddress>,
    state: Option<String>,
    accounts: Accounts,
}

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    let asked = match Params::parse(request.query_string().as_bytes()) {
        Ok(params) => read(&app, &request, &params).await,
        Err(error) => Err(error.into()),
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(denied) => return refused(&app, &request, denied),
    };
    let step = logout::step(&names(&app, &asked), asked.hint.as_ref());
    if !matches!(step, LogoutStep::End(_))
        && let Err(failure) = end_at_client(&app, &request, &asked).await
    {
        return refused(&app, &request, failure.into());
    }
    match step {
        LogoutStep::Ask => question(&app, &request, &asked).await,
        LogoutStep::End(at) => {
            end(&app, &request, &asked, asked.accounts.people.iter().skip(at).take(1)).await
        }
        LogoutStep::Done => onward(&app, &request, &asked),
    }
}

/// Our own form ends the sessions that the person was asked about. Any other form leads to the question.
///
/// A form from another site arrives without the session cookie, so it continues with a GET on this server, which has
/// it.
pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let outcome = async {
        let form = form::read(&request, body).await?;
        let asked = read(&app, &request, &form).await?;
        Ok::<_, Denied<OAuthError>>((form, asked))
    };
    let (form, asked) = match outcome.await {
        Ok(read) => read,
        Err(denied) => return refused(&app, &request, denied),
    };
    if asked.accounts.people.is_empty() || !is_for(&app, &request, &asked.accounts, &form) {
        return answer::see_other(&address(&app, &form));
    }
    // One of the accounts, or all of them.
    let chosen = form.one("session").ok().flatten();
    let people = asked.accounts.people.iter();
    let ended = people.filter(|here| chosen.is_none_or(|chosen| here.session.as_str() == chosen));
    end(&app, &request, &asked, ended).await
}

const PURPOSE: &str = "logout";

async fn read(app: &App, request: &Request, params: &Params) -> Result<LogoutRequest, Denied<OAuthError>> {
    params.check(&KNOWN)?;
    if let Ok(Some(tags)) = params.one("ui_locales") {
        request.languages.asked_for(tags, request.now);
    }
    let hint = match params.one("id_token_hint")? {
        Some(token) => Some(id_token::read_hint(app, token, request.now).await?),
        None => None,
    };
    let client = match logout::client_id(params, hint.as_ref())? {
        Some(id) => {
            request.set_client(id.clone());
            Some(app.cache.client(&id, Freshness::Now).await?.ok_or_else(logout::unknown)?)
        }
        None => None,
    };
    if let Some(client) = &client {
        request.set_application(client);
        logout::check_enabled(&client.client)?;
    }
    let return_to = logout::return_address(client.as_deref().map(|client| &client.client), params)?;
    let state = params.one("state")?.map(str::to_owned);
    // A person whose account has used up its limit can still sign out.
    let accounts = flows::uncounted_accounts(app, request, None).await?;
    Ok(LogoutRequest { hint, client, return_to, state, accounts })
}

/// The client's identifiers of the signed-in accounts. An unknown client cannot have a valid hint.
fn names(app: &App, asked: &LogoutRequest) -> Vec<NamesForClient> {
    let called = |here: &SignedIn| match &asked.client {
        Some(client) => subject::names(app, &client.client, &here.user, &here.session),
        None => NamesForClient { subject: here.user.to_string(), session: here.session.to_string() },
    };
    asked.accounts.people.iter().map(called).collect()
}

/// Whether the form is from our own page, for exactly the sessions that the person was asked about.
fn is_for(app: &App, request: &Request, accounts: &Accounts, form: &Params) -> bool {
    let token = form.one("form_token").ok().flatten().unwrap_or_default();
    app.keys.is_form_token(token, PURPOSE, &bound_to(accounts)) && browser::is_same_origin(app, request)
}

fn bound_to(accounts: &Accounts) -> Vec<&str> {
    accounts.people.iter().map(|here| here.session.as_str()).collect()
}

/// The URL of this endpoint with the parameters of the request.
fn address(app: &App, form: &Params) -> String {
    let known: Vec<&(String, String)> = form
        .pairs()
        .iter()
        .filter(|(name, value)| KNOWN.contains(&name.as_str()) && !value.is_empty())
        .collect();
    let url = format!("{}/logout", app.issuer);
    match serde_urlencoded::to_string(known) {
        Ok(query) if !query.is_empty() => format!("{url}?{query}"),
        _ => url,
    }
}

/// Ends the client's own grants in the session of the hint, which this browser does not have. The hint proves that the
/// client asks.
async fn end_at_client(app: &App, call: &Call, asked: &LogoutRequest) -> Result<(), Failure> {
    let (Some(hint), Some(client)) = (&asked.hint, &asked.client) else { return Ok(()) };
    let Some(session) = subject::session_named(app, &client.client, &hint.names) else { return Ok(()) };
    let ended = sessions::sign_out_at_client(&app.operations(call.now, call.actor()), &session, &hint.client)
        .await?
        .outcome;
    tracing::info!(
        session = session.as_str(),
        client = hint.client.as_str(),
        grants = ended,
        "a client signed a person out whose session this browser does not have"
    );
    Ok(())
}

async fn end<'a>(
    app: &App,
    request: &Request,
    asked: &LogoutRequest,
    people: impl Iterator<Item = &'a SignedIn>,
) -> HttpResponse {
    let people: Vec<&SignedIn> = people.collect();
    let told = match end_sessions(app, request, &people).await {
        Ok(told) => told,
        Err(failure) => return refused(app, request, failure.into()),
    };
    app.back_channel.wake();
    for here in &people {
        tracing::info!(
            session = here.session.as_str(),
            user = here.user.as_str(),
            client = asked.client.as_ref().map_or("", |client| client.client.id.as_str()),
            "a person signed out"
        );
    }
    // The result has its own URL, so that reloading it does not end another session.
    let ended: Vec<&SessionId> = people.iter().map(|here| &here.session).collect();
    let others = asked.accounts.tokens_without(&ended);
    let next = way_back(asked).unwrap_or_else(|| match others.is_empty() {
        true => signed_out(app, asked),
        false => format!("{}/", app.issuer),
    });
    let mut response = match front_channel::page(app, request, &told, &next).await {
        Ok(Some(page)) => page,
        Ok(None) => answer::see_other(&next),
        Err(failure) => refused(app, request, failure.into()),
    };
    // The cookies were made here, of characters that are valid in a header.
    for cookie in browser::session_cookies(app, request, &others) {
        let _ = response.add_cookie(&cookie);
    }
    response
}

fn signed_out(app: &App, asked: &LogoutRequest) -> String {
    let client = asked.client.iter().map(|client| ("client_id".to_owned(), client.client.id.to_string()));
    address(app, &Params::from_pairs(client.collect()))
}

/// Ends sessions. Returns the clients that the browser must notify, each with its session.
async fn end_sessions(
    app: &App,
    call: &Call,
    people: &[&SignedIn],
) -> Result<Vec<(ClientId, SignedIn)>, Failure> {
    let ended = people.iter().map(|here| here.session.clone()).collect();
    // The cookie of a session proves who the person is.
    let person = |here: &&SignedIn| call.acting_person(&here.user, &here.username);
    let actor = people.first().map_or_else(|| call.actor(), person);
    let ended = sessions::sign_out(&app.operations(call.now, actor), ended).await?;
    let clients_of = |(done, here): (Done<SignedOut>, &&SignedIn)| {
        let here = (*here).clone();
        done.outcome.clients.into_iter().map(move |client| (client, here.clone()))
    };
    Ok(ended.into_iter().zip(people).flat_map(clients_of).collect())
}

/// Redirects to the application, or to the page that says that no one is signed in.
fn onward(app: &App, call: &Call, asked: &LogoutRequest) -> HttpResponse {
    match way_back(asked) {
        Some(address) => answer::see_other(&address),
        None => app.pages.show(
            call.reader(),
            StatusCode::OK,
            &SignedOutPage { application: shown(app, call, asked) },
        ),
    }
}

/// The application that asked, if it is known.
fn shown(app: &App, call: &Call, asked: &LogoutRequest) -> Option<Application> {
    asked.client.as_ref().map(|client| application::shown(app, call, &client.client))
}

/// The application's address for afterwards, if the request named one.
fn way_back(asked: &LogoutRequest) -> Option<String> {
    let return_to = asked.return_to.as_ref()?;
    Some(match &asked.state {
        Some(state) => return_to.with(&[("state", state)]),
        None => return_to.as_str().to_owned(),
    })
}

async fn question(app: &App, call: &Call, asked: &LogoutRequest) -> HttpResponse {
    let accounts = match account_list::shown(app, &asked.accounts.people).await {
        Ok(accounts) => accounts,
        Err(failure) => return refused(app, call, failure.into()),
    };
    let view = LogoutPage {
        application: shown(app, call, asked),
        accounts,
        form_token: app.keys.form_token(PURPOSE, &bound_to(&asked.accounts)),
        client_id: asked.client.as_ref().map(|client| client.client.id.to_string()),
        return_to: asked.return_to.as_ref().map(|address| address.as_str().to_owned()),
        state: asked.state.clone(),
    };
    app.pages.show(call.reader(), StatusCode::OK, &view)
}

/// An error page with a link to the question, without the wrong parameters.
fn refused(app: &App, call: &Call, denied: Denied<OAuthError>) -> HttpResponse {
    answer::page_error_with(app, call, denied, const { named(&WAYS, "logout") }, "/logout")
}
