//! The call: facts about a request. The envelope makes it once and passes it down.

use std::cell::{Cell, OnceCell};
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::HeaderMap;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};

use super::client_address;
use super::route::Route;
use crate::app::App;
use crate::clock::Timestamp;
use crate::connection::Lifeline;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::reason::Reason;
use crate::secret::random_id;
use crate::telemetry::RequestFacts;

/// One request, without its HTTP message.
#[derive(Debug)]
pub struct Call {
    /// Identifies the request in its answer and in the log.
    pub id: String,
    /// The address of the client, found behind the trusted proxies.
    pub address: IpAddr,
    /// The time of the request. Every decision about the request uses it.
    pub now: Timestamp,
    pub route: &'static Route,
    pub path: String,
    client: OnceCell<ClientId>,
    user: OnceCell<UserId>,
    reason: Cell<Option<Reason>>,
}

impl Call {
    pub fn begin(app: &App, http: &HttpRequest, route: &'static Route) -> Self {
        Self {
            id: random_id(),
            address: client_address::address(http, &app.config.http.trusted_proxies),
            now: app.now(),
            route,
            path: http.path().to_owned(),
            client: OnceCell::new(),
            user: OnceCell::new(),
            reason: Cell::new(None),
        }
    }

    /// Notes the client that the request claims to come from. Only the first call counts.
    pub fn set_client(&self, id: ClientId) {
        let _ = self.client.set(id);
    }

    /// Notes the user that the request is about, for the log. Only the first call counts.
    pub fn set_user(&self, id: &UserId) {
        let _ = self.user.get_or_init(|| id.clone());
    }

    /// The reason of the error that is the answer, for the metrics. `None` if the answer is not an error, or an error
    /// without a reason.
    pub fn reason(&self) -> Option<Reason> {
        self.reason.get()
    }

    /// Notes the reason of the error that is the answer. Only the last call counts: a request that runs out of time is
    /// answered again.
    pub(super) fn set_reason(&self, reason: Reason) {
        self.reason.set(Some(reason));
    }
}

impl RequestFacts for Call {
    fn client(&self) -> Option<&ClientId> {
        self.client.get()
    }

    fn user(&self) -> Option<&UserId> {
        self.user.get()
    }

    fn address(&self) -> IpAddr {
        self.address
    }

    fn request_id(&self) -> &str {
        &self.id
    }
}

/// A request for its handler: the HTTP message, and the call.
#[derive(Clone, Debug)]
pub struct Request {
    http: HttpRequest,
    call: Rc<Call>,
}

impl Request {
    pub fn headers(&self) -> &HeaderMap {
        self.http.headers()
    }

    /// Reports to the connection that the body has been read to its end.
    pub(super) fn body_is_read(&self) {
        if let Some(lifeline) = self.http.conn_data::<Rc<Lifeline>>() {
            lifeline.body_is_read();
        }
    }

    /// The query of the URL, still encoded. Empty if the URL has no query.
    pub fn query_string(&self) -> &str {
        self.http.query_string()
    }
}

impl Deref for Request {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}

impl FromRequest for Request {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let call = http.extensions().get::<Rc<Call>>().cloned();
        let request = call.map(|call| Self { http: http.clone(), call });
        ready(request.ok_or_else(|| ErrorInternalServerError("a request outside of the envelope")))
    }
}
