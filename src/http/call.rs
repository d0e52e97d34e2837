//! The call: facts about a request. The envelope makes it once and passes it down.

use std::cell::{Cell, OnceCell};
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::HeaderMap;
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, Uri};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};

use super::client_certificate::CertificateSource;
use super::in_flight::{RequestPlace, RequestPlaces};
use super::reached::ReachedAt;
use super::refusal_log::RefusalLog;
use super::request_id;
use super::route::{NOWHERE, Route, Surface};
use super::wanted_languages::WantedLanguages;
use super::{accept, client_address, client_certificate, cookies};
use crate::app::App;
use crate::clock::Timestamp;
use crate::connection::Lifeline;
use crate::face::language::Language;
use crate::face::templates::Reader;
use crate::limits::{Class, Limited};
use crate::oauth::client::Client;
use crate::oauth::client::profile::Profile;
use crate::oauth::error::OAuthError;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::language_tag::LanguageTag;
use crate::oauth::reason::Reason;
use crate::operations::actor::{Actor, ActorKind};
use crate::store::clients::StoredClient;
use crate::telemetry::RequestFacts;
use crate::x509::ClientCertificate;

/// One request, without its HTTP message.
#[derive(Debug)]
pub struct Call {
    /// Names the request in its answer and in the log. A trusted proxy may have chosen it, so it need not be unique.
    pub id: String,
    /// The address of the client, found behind the trusted proxies.
    pub address: IpAddr,
    /// The time of the request. Every decision about the request uses it.
    pub now: Timestamp,
    pub route: &'static Route,
    /// Whether the path exists, but not for this address.
    pub(super) is_out_of_reach: bool,
    pub path: String,
    pub(super) reached_at: ReachedAt,
    /// The languages that the reader of a page wants.
    pub languages: WantedLanguages,
    /// The language of pages for readers who want none that the pages exist in.
    default_language: Language,
    /// The language of the page, once one is shown.
    language: OnceCell<Language>,
    /// The path and query of a page that can be shown again in another language.
    here: Option<Uri>,
    client: OnceCell<ClientId>,
    application: OnceCell<Arc<StoredClient>>,
    user: OnceCell<UserId>,
    /// The username of that user, where the request has read it anyway.
    username: OnceCell<String>,
    certificate_source: CertificateSource,
    certificate: OnceCell<Result<Option<Arc<ClientCertificate>>, OAuthError>>,
    reason: Cell<Option<Reason>>,
    has_basic: Cell<bool>,
    dpop_nonce: OnceCell<String>,
    profile: OnceCell<Profile>,
    places: RequestPlaces,
    place: OnceCell<RequestPlace>,
    place_for_a_long_form: OnceCell<RequestPlace>,
    /// Where the request is counted for its network only, and not yet for a client or a person.
    counted: Cell<Option<Class>>,
    limited: Cell<Option<Limited>>,
    /// Whether errors of the general API are to be problem documents (RFC 9457).
    prefers_problems: bool,
    met_an_outage: Cell<bool>,
    pub(super) refusals: Arc<RefusalLog>,
}

impl Call {
    pub fn begin(app: &App, http: &HttpRequest, route: &'static Route) -> Self {
        let address = client_address::address(http, &app.config.http.trusted_proxies, &app.untrusted_peers);
        // To others, the path is like one that does not exist: the same answer, the same limits.
        let is_out_of_reach =
            route.class == Some(Class::Management) && !app.config.admin.networks.admit(address);
        let route = if is_out_of_reach { &NOWHERE } else { route };
        let is_page = matches!(route.surface, Surface::Page | Surface::Unknown);
        let languages = is_page.then(|| WantedLanguages::of(http, cookies::language_name(app)));
        Self {
            languages: languages.unwrap_or_default(),
            default_language: app.config.brand.language,
            language: OnceCell::new(),
            here: Some(http.uri()).filter(|uri| is_page && can_be_shown_again(http, uri)).cloned(),
            id: request_id::of(http, &app.config.http.trusted_proxies),
            address,
            now: app.now(),
            route,
            is_out_of_reach,
            path: http.path().to_owned(),
            reached_at: ReachedAt::of(http, &app.config.tls),
            client: OnceCell::new(),
            application: OnceCell::new(),
            user: OnceCell::new(),
            username: OnceCell::new(),
            certificate_source: client_certificate::source(http, &app.config.tls, &app.untrusted_peers),
            certificate: OnceCell::new(),
            reason: Cell::new(None),
            has_basic: Cell::new(false),
            dpop_nonce: OnceCell::new(),
            profile: OnceCell::new(),
            places: app.request_places.clone(),
            place: OnceCell::new(),
            place_for_a_long_form: OnceCell::new(),
            counted: Cell::new(None),
            limited: Cell::new(None),
            prefers_problems: is_api(route.surface) && accepts_problems(http),
            met_an_outage: Cell::new(false),
            refusals: app.refusals.clone(),
        }
    }

    /// The language of the page that answers the request.
    pub fn language(&self) -> Language {
        *self.language.get_or_init(|| Language::best(self.languages.all()).unwrap_or(self.default_language))
    }

    /// The languages for an operator's texts on the page, the preferred one first: only the language of the page, in the
    /// forms in which the reader wants it, such as `de-AT` before `de`.
    pub fn text_languages(&self) -> Vec<LanguageTag> {
        let Some(page) = LanguageTag::parse(self.language().tag()) else { return Vec::new() };
        let wanted = self.languages.all().iter().filter(|tag| tag.language() == page.language());
        let mut languages: Vec<LanguageTag> = wanted.cloned().collect();
        languages.push(page);
        languages
    }

    /// Who looks at the page that answers the request.
    pub fn reader(&self) -> Reader<'_> {
        let here = self.here.as_ref().and_then(|uri| uri.path_and_query()).map(PathAndQuery::as_str);
        Reader { language: self.language(), here }
    }

    /// Notes the application that the request names, which exists: for the pages that lead back to it, and for what is
    /// counted about it. Only the first call counts.
    pub fn set_application(&self, client: &Arc<StoredClient>) {
        let _ = self.application.get_or_init(|| client.clone());
    }

    /// The application that the request names, if it is known.
    pub fn application(&self) -> Option<&StoredClient> {
        self.application.get().map(|client| &**client)
    }

    /// Notes the client that the request claims to come from. Only the first call counts.
    pub fn set_client(&self, id: ClientId) {
        let _ = self.client.set(id);
    }

    /// Notes the user that the request is about, for the log. Only the first call counts.
    pub fn set_user(&self, id: &UserId) {
        let _ = self.user.get_or_init(|| id.clone());
    }

    /// Notes the user as [`set_user`](Self::set_user) does, with the username, which the audit trail says as well.
    pub fn set_person(&self, id: &UserId, username: &str) {
        self.set_user(id);
        if self.user.get() == Some(id) {
            let _ = self.username.get_or_init(|| username.to_owned());
        }
    }

    /// The certificate that the client has shown, at the listener for it or to a trusted proxy. `None` if the request came
    /// without one.
    /// Only that the client has its key is proven.
    ///
    /// # Errors
    /// If what the proxy has passed on cannot be read, or is more than one client's certificate.
    pub fn client_certificate(&self) -> Result<Option<&Arc<ClientCertificate>>, OAuthError> {
        let read = self.certificate.get_or_init(|| self.certificate_source.read());
        read.as_ref().map(Option::as_ref).map_err(OAuthError::clone)
    }

    /// Who acts with this request, as far as it has proven that.
    pub fn actor(&self) -> Arc<Actor> {
        let user = self.user.get();
        let kind = if user.is_some() { ActorKind::Person } else { ActorKind::Stranger };
        Arc::new(Actor {
            id: user.map(ToString::to_string),
            name: self.username.get().cloned(),
            address: Some(self.address),
            request_id: Some(self.id.clone()),
            ..Actor::of(kind)
        })
    }

    /// This person as the one who acts, in a session of their own.
    pub fn acting_person(&self, user: &UserId, username: &str) -> Arc<Actor> {
        Arc::new(Actor {
            id: Some(user.to_string()),
            name: Some(username.to_owned()),
            address: Some(self.address),
            request_id: Some(self.id.clone()),
            ..Actor::of(ActorKind::Person)
        })
    }

    /// This client as the one who acts. A public client has not proven who it is.
    pub fn acting_client(&self, client: &Client) -> Arc<Actor> {
        let id = client.id.to_string();
        let (kind, id) = match client.kind.is_public() {
            true => (ActorKind::Stranger, None),
            false => (ActorKind::Client, Some(id)),
        };
        Arc::new(Actor {
            id,
            address: Some(self.address),
            request_id: Some(self.id.clone()),
            ..Actor::of(kind)
        })
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

    /// Notes that a client authenticates by an Authorization header with the scheme Basic, rightly or not.
    pub fn set_basic(&self) {
        self.has_basic.set(true);
    }

    /// Whether a client authenticates by an Authorization header with the scheme Basic.
    pub(super) fn has_basic(&self) -> bool {
        self.has_basic.get()
    }

    /// Notes the nonce for the sender's next DPoP proof. Only the first call counts.
    pub(super) fn set_dpop_nonce(&self, nonce: String) {
        let _ = self.dpop_nonce.set(nonce);
    }

    /// Notes the profile of the client that proofs are about. Only the first call counts.
    pub(super) fn set_profile(&self, profile: Profile) {
        let _ = self.profile.set(profile);
    }

    /// The profile of the client that proofs are about, if the client is known.
    pub fn profile(&self) -> Option<Profile> {
        self.profile.get().copied()
    }

    /// The nonce for the sender's next DPoP proof, if it needs one.
    pub(super) fn dpop_nonce(&self) -> Option<&str> {
        self.dpop_nonce.get().map(String::as_str)
    }

    /// Takes a place among the requests that are worked on, and keeps it to the end of the request. `false` if all are
    /// taken.
    pub(super) fn takes_a_place(&self) -> bool {
        let place = &self.place;
        place.get().is_some() || self.places.take().is_some_and(|taken| place.set(taken).is_ok())
    }

    /// Takes a place for a long form, and keeps it to the end of the request. `false` if all are taken.
    pub(super) fn takes_a_place_for_a_long_form(&self) -> bool {
        let place = &self.place_for_a_long_form;
        place.get().is_some()
            || self.places.take_for_a_long_form().is_some_and(|taken| place.set(taken).is_ok())
    }

    /// Notes that the request was counted for its network.
    pub(super) fn set_counted(&self, class: Class) {
        self.counted.set(Some(class));
    }

    /// Where the request is counted for its network only. `None` if it is not, or counts for a client or a person.
    pub(super) fn counted(&self) -> Option<Class> {
        self.counted.get()
    }

    /// Where the request was counted for its network. `None` if it was not counted, or after the first call.
    pub(super) fn take_counted(&self) -> Option<Class> {
        self.counted.take()
    }

    /// Whether errors of the general API are to be problem documents (RFC 9457).
    pub(super) fn prefers_problems(&self) -> bool {
        self.prefers_problems
    }

    /// The limit that the request exceeds. `None` if it exceeds no limit.
    pub(super) fn limited(&self) -> Option<Limited> {
        self.limited.get()
    }

    /// Whether the database could not be used.
    pub(super) fn met_an_outage(&self) -> bool {
        self.met_an_outage.get()
    }

    pub(super) fn set_outage(&self) {
        self.met_an_outage.set(true);
    }

    pub(super) fn set_limited(&self, limited: Limited) {
        self.limited.set(Some(limited));
    }
}

/// Whether errors are those of the general API.
fn is_api(surface: Surface) -> bool {
    matches!(surface, Surface::Api | Surface::Management | Surface::Unknown)
}

fn accepts_problems(http: &HttpRequest) -> bool {
    accept::prefers(http.headers(), "application/problem+json", "application/json")
}

/// The longest path and query of a page, in bytes, that can be shown again in another language.
const LONGEST_HERE: usize = 4000;

/// Whether a page can be asked for again. The query of a form's address is that of its page, except for requests of
/// applications, which may come as forms too.
fn can_be_shown_again(http: &HttpRequest, uri: &Uri) -> bool {
    let length = uri.path_and_query().map_or(0, |whole| whole.as_str().len());
    let is_own_form = || uri.query().is_some() && !uri.path().ends_with("/authorize");
    (http.method() == Method::GET || is_own_form()) && length <= LONGEST_HERE
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

    pub fn method(&self) -> &Method {
        self.http.method()
    }

    /// Reports to the connection that the body has been read to its end.
    pub(super) fn body_is_read(&self) {
        if let Some(lifeline) = self.http.conn_data::<Rc<Lifeline>>() {
            lifeline.body_is_read();
        }
    }

    /// The path of the URL, still encoded.
    pub fn encoded_path(&self) -> &str {
        self.http.uri().path()
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
