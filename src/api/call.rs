//! A request to the management API whose sender may do what it needs.

use std::cell::RefCell;

use actix_web::HttpResponse;

use super::credential::{self, Caller};
use super::entity_tag::{IF_MATCH, TagCondition};
use super::error::ApiError;
use super::query::ApiQuery;
use super::reply::ApiReply;
use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::http::call::Request;
use crate::http::management::record_forbidden;
use crate::oauth::error::OAuthError;
use crate::oauth::permission::Need;
use crate::oauth::reason::Reason;
use crate::operations::Context;
use crate::operations::actor::Authority;
use crate::operations::terms::Terms;
use crate::representation::contract::{self, ApiOperation, BodyKind};

/// A request whose sender has proven who they are.
pub(super) struct ApiCall<'a> {
    pub(super) app: &'a App,
    pub(super) request: &'a Request,
    pub(super) operation: &'static ApiOperation,
    pub(super) caller: Caller,
    /// What is left of the query.
    query: RefCell<ApiQuery>,
    is_rehearsal: bool,
}

/// Checks that the sender of a request has the permission that its operation needs, calls `work`, and makes the answer from
/// its outcome.
pub(super) async fn respond<'a, F>(app: &'a App, request: &'a Request, work: F) -> HttpResponse
where
    F: AsyncFnOnce(&ApiCall<'a>) -> Result<ApiReply, ApiError>,
{
    let answered = async {
        let call = ApiCall::begin(app, request).await?;
        let answered = work(&call).await;
        if let Err(ApiError::Refused(refusal)) = &answered
            && !call.is_rehearsal
        {
            record_forbidden(app, request, &call.caller.actor, refusal.error());
        }
        // Whatever else is wrong: a parameter that is not known may be a spelling mistake in `dry_run`.
        if answered.is_err() && !matches!(call.operation.body, BodyKind::None) {
            call.end_of_query()?;
        }
        answered?.unless_known(request)
    };
    match answered.await {
        Ok(reply) => reply.answer(app),
        // All checks passed. What more steps would do does not change the answer.
        Err(error) if error.is_rehearsal() => ApiReply::done().answer(app),
        Err(error) => error.answer(app, request),
    }
}

impl<'a> ApiCall<'a> {
    async fn begin(app: &'a App, request: &'a Request) -> Result<Self, ApiError> {
        let operation = contract::find(request.method().as_str(), request.route.path);
        let unknown = || Failure::Internal("a route of the management API has no operation".into());
        let (operation, need) =
            operation.and_then(|operation| Some((operation, operation.need?))).ok_or_else(unknown)?;
        // What is wrong with the query is said only to a sender who may ask.
        let query = ApiQuery::of(request.query_string()).map(|mut query| {
            let is_rehearsal = operation.can_be_rehearsed() && query.take_flag("dry_run") == Some(true);
            (query, is_rehearsal)
        });
        let is_rehearsal = query.as_ref().is_ok_and(|(_, is_rehearsal)| *is_rehearsal);
        let caller = credential::caller(app, request, need, is_rehearsal).await?;
        if request.path.contains("%00") {
            // PostgreSQL cannot even search for it.
            return Err(Reason::ApiNotFound.because("no object has an id with the character U+0000").into());
        }
        if operation.refuses_if_match() {
            must_have_no_condition(request)?;
        }
        let (query, is_rehearsal) = query?;
        Ok(Self { app, request, operation, caller, query: RefCell::new(query), is_rehearsal })
    }

    /// Checks that the sender of the request may do this, too.
    ///
    /// # Errors
    /// If the credential does not permit it.
    pub(super) fn also_needs(&self, need: Need) -> Result<(), ApiError> {
        match &self.caller.actor.authority {
            Authority::Limited(permissions) if permissions.cover(need) => Ok(()),
            _ => Err(credential::lacks(self.app, self.request, need)),
        }
    }

    /// Takes a parameter of the query. `None` if it did not come.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.check_parameter(name);
        self.query.borrow_mut().take(name)
    }

    /// Takes a parameter of the query that is `true` or `false`. `None` also if it is another word: then [`Self::end_of_query`]
    /// refuses the request, as it does after each of the functions below.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.check_parameter(name);
        self.query.borrow_mut().take_flag(name)
    }

    /// Takes a parameter of the query that is one of these words.
    pub(super) fn one_of<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Option<T> {
        self.check_parameter(name);
        self.query.borrow_mut().take_one_of(name, words)
    }

    /// Takes a parameter of the query that is a time as RFC 3339 writes it.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        let sentence = || format!("{name} is a time such as 2027-01-31T12:00:00Z (RFC 3339)");
        self.parsed(name, Timestamp::parse, sentence)
    }

    /// Takes a parameter of the query that `parse` knows. `sentence` says what it must be.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
        sentence: impl FnOnce() -> String,
    ) -> Option<T> {
        self.check_parameter(name);
        self.query.borrow_mut().take_parsed(name, parse, sentence)
    }

    fn check_parameter(&self, name: &str) {
        let is_known = || self.operation.parameters.iter().any(|known| known.name == name);
        let is_of_list = || self.operation.cursor().is_some_and(|cursor| name == cursor || name == "limit");
        debug_assert!(is_known() || is_of_list(), "{name} is not a parameter of {}", self.operation.id);
    }

    /// Checks that every parameter was read and is valid. It comes before anything is done.
    ///
    /// # Errors
    /// If a parameter is not valid or not known, with all of them.
    pub(super) fn end_of_query(&self) -> Result<(), OAuthError> {
        self.query.take().end()
    }

    /// Whether the request only asks what would happen.
    pub(super) fn is_rehearsal(&self) -> bool {
        self.is_rehearsal
    }

    /// The context for an operation, whatever the version of its object is.
    pub(super) fn context(&self) -> Context<'a> {
        self.context_with(Terms { is_rehearsal: self.is_rehearsal, ..Terms::default() })
    }

    /// The context for an operation that keeps nothing.
    pub(super) fn rehearsal(&self) -> Context<'a> {
        self.context_with(Terms { is_rehearsal: true, ..Terms::default() })
    }

    /// The context for an operation on these terms.
    pub(super) fn context_with(&self, terms: Terms) -> Context<'a> {
        Context { terms, ..self.app.operations(self.request.now, self.caller.actor.clone()) }
    }
}

/// Checks that the request has no `If-Match` with an ETag. What it is about has none, so the condition cannot be true (RFC 9110
/// §13.1.1).
fn must_have_no_condition(request: &Request) -> Result<(), ApiError> {
    if matches!(TagCondition::of(request, IF_MATCH)?, None | Some(TagCondition::Any)) {
        return Ok(());
    }
    let sentence =
        "this has no ETag, so it has no version that If-Match could name; send the request without If-Match";
    Err(Reason::ApiOtherVersion.because(sentence).into())
}
