//! A request to the console by a person who may be there.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::error::ConsoleError;
use super::page::{ConsolePage, Notice};
use super::session::{self, ConsoleSession, SignInRequest};
use crate::app::App;
use crate::config::mount_path;
use crate::failure::Denied;
use crate::http::answer;
use crate::http::browser;
use crate::http::call::Request;
use crate::http::console_page;
use crate::http::form;
use crate::http::limiting;
use crate::http::management::record_forbidden;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need, Permissions};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::operations::Context;
use crate::operations::actor::{Actor, Authority};
use crate::operations::terms::{Terms, Version};
use crate::secret::random_token;
use crate::tokens::management::{self, TokenHolder};

/// Keeps the forms of the console apart from others.
const FORM: &str = "console";
/// How many fields a form may have beside the usual ones: checkboxes, and settings of clients.
const MOST_FIELDS: usize = 200;

/// A request whose person is known, and may at least read something.
pub(super) struct Visit<'a> {
    pub(super) app: &'a App,
    pub(super) request: &'a Request,
    pub(super) session: ConsoleSession,
    actor: Arc<Actor>,
    permissions: Permissions,
    /// The secret of the browser, which its forms are bound to.
    binding: String,
    query: RefCell<Vec<(String, String)>>,
    /// The parameters of the query that the page has asked for.
    asked: RefCell<BTreeSet<String>>,
}

/// What a request is answered with, if nothing is wrong.
pub(super) enum ConsoleReply {
    Page(ConsolePage),
    /// The path of the next page, below the public URL.
    SeeOther(String),
}

/// Why a person is not let in.
enum Closed {
    /// No one has signed in with this browser.
    NoSession,
    /// The token of the session is no longer valid.
    Ended(ConsoleSession),
    NotDone(ConsoleError),
}

/// Answers a GET: `work` makes the page. Without a session, the person signs in first and comes back here.
pub(super) async fn show<'a, F>(app: &'a App, request: &'a Request, work: F) -> HttpResponse
where
    F: AsyncFnOnce(&Visit<'a>) -> Result<ConsoleReply, ConsoleError>,
{
    let visit = match Visit::begin(app, request).await {
        Ok(visit) => visit,
        Err(Closed::NoSession) => {
            return session::begin(app, request, &here(app, request), SignInRequest::default());
        }
        Err(Closed::Ended(ended)) => {
            let sign_in = SignInRequest { hint: Some(&ended.username), is_fresh: false };
            return session::begin(app, request, &here(app, request), sign_in);
        }
        Err(Closed::NotDone(error)) => return refused(app, request, error, None),
    };
    visit.answer(work(&visit).await)
}

/// Answers a POST: `work` does what the form asks for. A form that comes after the end of the session is shown again, so
/// that nothing that was typed is lost.
pub(super) async fn change<'a, F>(
    app: &'a App,
    request: &'a Request,
    body: web::Payload,
    work: F,
) -> HttpResponse
where
    F: AsyncFnOnce(&Visit<'a>, &Params) -> Result<ConsoleReply, ConsoleError>,
{
    let form = match form::read_with(request, body, MOST_FIELDS).await {
        Ok(form) => form,
        Err(error) => return refused(app, request, error.into(), None),
    };
    let visit = match Visit::begin(app, request).await {
        Ok(visit) => visit,
        Err(Closed::NoSession) => return answer::see_other(&format!("{}/admin", app.issuer)),
        Err(Closed::Ended(ended)) => return send_again(app, request, &form, &ended),
        Err(Closed::NotDone(error)) => return refused(app, request, error, None),
    };
    if !is_ours(app, request, &form, &visit.session) {
        return refused(app, request, browser::forged().into(), Some(&visit));
    }
    visit.answer(work(&visit, &form).await)
}

/// The answer for what was not done, which also logs the refusal or the failure. `visit` is `None` if no one has signed in.
pub(super) fn refused(
    app: &App,
    request: &Request,
    error: ConsoleError,
    visit: Option<&Visit<'_>>,
) -> HttpResponse {
    match error {
        ConsoleError::Refused(refusal) => {
            answer::log_refusal(request, &refusal.error);
            if let Some(visit) = visit {
                record_forbidden(app, request, &visit.actor, &refusal.error);
            }
            console_page::error(app, request, &refusal.error, visit.map(Visit::frame))
        }
        ConsoleError::Failed(failure) => answer::failure(app, request, &failure),
        ConsoleError::NotFresh(back) => {
            let hint = visit.map(|visit| visit.session.username.as_str());
            session::begin(app, request, &back, SignInRequest { hint, is_fresh: true })
        }
    }
}

/// Whether a form was shown by the console, to this person in this browser.
fn is_ours(app: &App, request: &Request, form: &Params, session: &ConsoleSession) -> bool {
    let Some(binding) = browser::binding(app, request) else { return false };
    let token = form.one("form_token").ok().flatten().unwrap_or_default();
    app.keys.is_form_token(token, FORM, &[&binding, session.user().as_str()])
        && browser::is_same_origin(app, request)
}

/// The page for a form that came after the end of the session: with all that it has, to send it once more.
fn send_again(app: &App, request: &Request, form: &Params, ended: &ConsoleSession) -> HttpResponse {
    if !is_ours(app, request, form, ended) {
        return answer::see_other(&format!("{}/admin", app.issuer));
    }
    let fields: Vec<Value> = form.pairs().iter().map(|(name, value)| context! { name, value }).collect();
    let page = ConsolePage {
        title: "Your sign-in has ended".to_owned(),
        notices: vec![Notice::warn(
            "Nothing was changed yet. Sign in again in a new tab, and then send the form once more from here.",
        )],
        ..ConsolePage::default()
    };
    let view = context! { page => Value::from(Serde(&page)), fields, path => request.path.as_str(), issuer_root => root(app) };
    app.pages.show_console(StatusCode::UNAUTHORIZED, "console/page.html", view)
}

/// The public URL without its path.
fn root(app: &App) -> String {
    browser::origin(app).unwrap_or_default()
}

/// The path and query of a request, below the public URL.
fn here(app: &App, request: &Request) -> String {
    let mount = mount_path(&app.issuer);
    let path = request.path.strip_prefix(&mount).unwrap_or(&request.path);
    match request.query_string() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

impl<'a> Visit<'a> {
    async fn begin(app: &'a App, request: &'a Request) -> Result<Self, Closed> {
        let Some(session) = ConsoleSession::of(app, request) else { return Err(Closed::NoSession) };
        // The token never leaves this server, so it is bound to nothing.
        let actor = match management::holder_of(app, session.token(), request.now).await {
            Ok(TokenHolder { actor, binding: None, .. }) => actor,
            Ok(_) => return Err(Closed::Ended(session)),
            Err(Denied::Refused(_)) => return Err(Closed::Ended(session)),
            Err(Denied::Failed(failure)) => return Err(Closed::NotDone(failure.into())),
        };
        let user = session.user();
        request.set_user(&user);
        if let Some(client) = &actor.client {
            request.set_client(ClientId::new(client));
        }
        limiting::token_is_valid(app, request, &user).map_err(|failure| Closed::NotDone(failure.into()))?;
        let permissions = match &actor.authority {
            Authority::Limited(permissions) => permissions.clone(),
            Authority::Own | Authority::Unlimited => Permissions::default(),
        };
        let actor = Actor { address: Some(request.address), request_id: Some(request.id.clone()), ..actor };
        let query = serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
        let binding = browser::binding(app, request);
        let visit = Self {
            app,
            request,
            session,
            actor: Arc::new(actor),
            permissions,
            binding: binding.unwrap_or_else(random_token),
            query: RefCell::new(query),
            asked: RefCell::default(),
        };
        match visit.permissions.is_empty() {
            true => {
                let error = without_role();
                record_forbidden(app, request, &visit.actor, &error);
                Err(Closed::NotDone(error.into()))
            }
            false => Ok(visit),
        }
    }

    fn answer(&self, done: Result<ConsoleReply, ConsoleError>) -> HttpResponse {
        let mut response = match done {
            Ok(ConsoleReply::Page(page)) => {
                let status = page.status();
                let view = context! { frame => self.frame(), page => Value::from(Serde(&page)) };
                self.app.pages.show_console(status, "console/page.html", view)
            }
            Ok(ConsoleReply::SeeOther(path)) => answer::see_other(&format!("{}{path}", self.app.issuer)),
            Err(error) => refused(self.app, self.request, error, Some(self)),
        };
        // A form of this page is bound to this secret, which the browser may not have yet, or would soon lose.
        let cookie = browser::binding_cookie(self.app, self.binding.clone());
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::error!("a cookie cannot be set: {error}");
        }
        response
    }

    /// What every page shows of the visit.
    pub(super) fn frame(&self) -> Value {
        let reads = |area: Area| self.may(Need::read(area));
        context! {
            person => self.session.username.as_str(),
            user => self.session.user().as_str(),
            form_token => self.app.keys.form_token(FORM, &[&self.binding, self.session.user().as_str()]),
            clients => reads(Area::Clients),
            users => reads(Area::Users),
            grants => reads(Area::Grants),
            config => reads(Area::Config),
            keys => reads(Area::Keys),
            audit => reads(Area::Audit),
            api_keys => reads(Area::ApiKeys),
            q => self.parameter("q").filter(|_| self.request.route.path == "/admin/search"),
        }
    }

    /// Whether the person may do this.
    pub(super) fn may(&self, need: Need) -> bool {
        self.permissions.cover(need)
    }

    /// Whether the person may do everything.
    pub(super) fn is_owner(&self) -> bool {
        self.permissions.are_all()
    }

    /// Checks that the person may do this.
    ///
    /// # Errors
    /// If the role does not permit it.
    pub(super) fn needs(&self, need: Need) -> Result<(), ConsoleError> {
        if self.may(need) {
            return Ok(());
        }
        let sentence = format!("your role does not permit this; it needs {}", need.scope());
        Err(Reason::ApiForbidden.because(sentence).into())
    }

    /// Checks that the person has just signed in. `back`: the path, below the public URL, of the page that goes on.
    ///
    /// # Errors
    /// If the sign-in is older.
    pub(super) fn must_be_fresh(&self, back: impl FnOnce() -> String) -> Result<(), ConsoleError> {
        match self.session.is_fresh(self.request.now) {
            true => Ok(()),
            false => Err(ConsoleError::NotFresh(back())),
        }
    }

    /// A parameter of the query. `None` if it did not come, or is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.asked.borrow_mut().insert(name.to_owned());
        let query = self.query.borrow();
        let value = query.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        // PostgreSQL cannot store U+0000, so nothing has such a name.
        value.filter(|value| !value.is_empty() && !value.contains('\0'))
    }

    /// A parameter of the query that is one of the words that `known` knows. `None` if it did not come, or is empty.
    ///
    /// # Errors
    /// If it is another word: without this filter, the list would show more than was asked for.
    pub(super) fn word<T>(
        &self,
        name: &str,
        known: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConsoleError> {
        let Some(word) = self.parameter(name) else { return Ok(None) };
        let unknown = || Reason::ApiParameterInvalid.because(format!("there is no {name} {}", quoted(&word)));
        known(&word).map(Some).ok_or_else(|| unknown().into())
    }

    /// Checks that the page knows every parameter of its query, after it is made.
    ///
    /// # Errors
    /// If it does not know one: the list would show something else than was asked for.
    pub(super) fn end_of_query(&self) -> Result<(), ConsoleError> {
        let (query, asked) = (self.query.borrow(), self.asked.borrow());
        let mut unknown = query.iter().filter(|(name, _)| name != "note" && !asked.contains(name));
        match unknown.next() {
            None => Ok(()),
            Some((name, _)) => {
                let sentence = format!("this list has no parameter {}", quoted(name));
                Err(Reason::ApiParameterUnknown.because(sentence).into())
            }
        }
    }

    /// The query of this page with another value of a parameter. A new cursor or order replaces the cursor, and the note of
    /// an act before is left out.
    pub(super) fn query_with(&self, name: &str, value: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let is_kept = |key: &str| key != name && key != "cursor" && key != "note";
        query.extend_pairs(
            self.query.borrow().iter().filter(|(key, value)| is_kept(key) && !value.is_empty()),
        );
        query.append_pair(name, value);
        format!("?{}", query.finish())
    }

    /// The context for an operation.
    pub(super) fn context(&self) -> Context<'a> {
        self.app.operations(self.request.now, self.actor.clone())
    }

    /// The context for an operation on an object that was shown in a version, or for its rehearsal.
    pub(super) fn context_on(&self, version: Option<Version>, is_rehearsal: bool) -> Context<'a> {
        let versions = version.map(|version| vec![version]);
        Context { terms: Terms { is_rehearsal, versions, ..Terms::default() }, ..self.context() }
    }
}

/// The refusal of a person who may not do anything here. It has no command with the person's name, which they chose.
fn without_role() -> OAuthError {
    Reason::ApiForbidden.because("the account has no role on this server; an owner can give it one")
}
