//! The route table. A URL that is not in it does not exist.

use actix_web::http;
use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};

use crate::api::{
    activity, api_keys, clients, document, events, grants, keys, logout_deliveries, named, pings, refusals,
    scopes, subjects, users, webhooks,
};
use crate::console;
use crate::endpoints::fallback::{self, MethodNotAllowed};
use crate::endpoints::{
    authorize, backchannel_authentication, device_authorization, health, introspect, jwks, metadata, par,
    revoke, token, userinfo, webfinger,
};
use crate::http::reached::ReachedAt;
use crate::http::route::Surface::{Api, Console, Management, OAuth, Page};
use crate::http::route::{Route, Surface};
use crate::limits::Class;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::request::backchannel;
use crate::pages::{
    api_reference, approve, assets, choose_account, consent, device, errors, home, language, logo, logout,
    password_link, sign_in, sign_up,
};

/// The most frequent endpoints come first.
static ENDPOINTS: [Endpoint; 87] = [
    at("/token", OAuth, Class::Token).post(|route| route.to(token::post)).preflight(),
    at("/introspect", OAuth, Class::Introspection).post(|route| route.to(introspect::post)),
    at("/authorize", Page, Class::Pages)
        .get(|route| route.to(authorize::get))
        .post(|route| route.to(authorize::post)),
    at("/userinfo", OAuth, Class::UserInfo)
        .read(|route| route.to(userinfo::get))
        .post(|route| route.to(userinfo::post))
        .preflight(),
    at("/jwks", Api, Class::Metadata).read(|route| route.to(jwks::get)).preflight(),
    at("/.well-known/openid-configuration", Api, Class::Metadata)
        .read(|route| route.to(metadata::get))
        .preflight(),
    at("/.well-known/oauth-authorization-server", Api, Class::Metadata)
        .read(|route| route.to(metadata::get))
        .preflight(),
    at("/.well-known/webfinger", Api, Class::Metadata)
        .read(|route| route.to(webfinger::get))
        .preflight()
        .at_root(),
    at("/revoke", OAuth, Class::Token).post(|route| route.to(revoke::post)).preflight(),
    at("/device_authorization", OAuth, Class::DeviceAuthorization)
        .post(|route| route.to(device_authorization::post))
        .preflight(),
    at(backchannel::PATH, OAuth, Class::Token).post(|route| route.to(backchannel_authentication::post)),
    at("/par", OAuth, Class::Token).post(|route| route.to(par::post)).preflight(),
    at("/authorize/resume", Page, Class::Pages).get(|route| route.to(authorize::resume)),
    at("/sign-in", Page, Class::Pages)
        .get(|route| route.to(sign_in::show))
        .post(|route| route.to(sign_in::submit)),
    at("/sign-up", Page, Class::Pages)
        .get(|route| route.to(sign_up::show))
        .post(|route| route.to(sign_up::submit)),
    at("/password", Page, Class::Pages)
        .read(|route| route.to(password_link::show))
        .post(|route| route.to(password_link::submit)),
    at("/accounts", Page, Class::Pages)
        .get(|route| route.to(choose_account::show))
        .post(|route| route.to(choose_account::submit)),
    at("/consent", Page, Class::Pages)
        .get(|route| route.to(consent::show))
        .post(|route| route.to(consent::submit)),
    at("/device", Page, Class::Pages)
        .get(|route| route.to(device::show))
        .post(|route| route.to(device::submit)),
    at("/approve", Page, Class::Pages).get(|route| route.to(approve::list)),
    at("/approve/{id}", Page, Class::Pages).get(|route| route.to(approve::open)),
    at("/device/qr", Page, Class::Pages).read(|route| route.to(device::picture)),
    at("/logout", Page, Class::Pages)
        .get(|route| route.to(logout::show))
        .post(|route| route.to(logout::submit)),
    at("/language", Page, Class::Pages).post(|route| route.to(language::choose)),
    at("/healthz", Api, Class::Metadata).read(|route| route.to(health::live)).always_answered(),
    at("/readyz", Api, Class::Metadata).read(|route| route.to(health::ready)).always_answered(),
    at("/", Page, Class::Pages).get(|route| route.to(home::show)),
    at("/errors", Page, Class::Metadata).read(|route| route.to(errors::index)).compressed(),
    at("/errors/{word}", Page, Class::Metadata).read(|route| route.to(errors::show)).compressed(),
    at("/assets/{name}", Page, Class::Metadata).read(|route| route.to(assets::show)).compressed(),
    at("/logos/{digest}", Page, Class::Metadata).read(|route| route.to(logo::show)),
    at("/api", Page, Class::Management).read(|route| route.to(api_reference::show)).compressed(),
    at("/api/v1/openapi.json", Management, Class::Management)
        .read(|route| route.to(document::show))
        .compressed(),
    at("/api/v1/clients", Management, Class::Management)
        .read(|route| route.to(clients::list))
        .post(|route| route.to(clients::create)),
    at("/api/v1/clients/{id}", Management, Class::Management)
        .read(|route| route.to(clients::show))
        .put(|route| route.to(clients::put))
        .patch(|route| route.to(clients::patch))
        .delete(|route| route.to(clients::delete)),
    at("/api/v1/clients/{id}/secrets", Management, Class::Management)
        .read(|route| route.to(clients::secrets::list))
        .post(|route| route.to(clients::secrets::create)),
    at("/api/v1/clients/{id}/secrets/{secret}", Management, Class::Management)
        .read(|route| route.to(clients::secrets::show))
        .patch(|route| route.to(clients::secrets::patch))
        .delete(|route| route.to(clients::secrets::delete)),
    at("/api/v1/users", Management, Class::Management)
        .read(|route| route.to(users::list))
        .post(|route| route.to(users::create)),
    at("/api/v1/users/{id}", Management, Class::Management)
        .read(|route| route.to(users::show))
        .put(|route| route.to(users::put))
        .patch(|route| route.to(users::patch))
        .delete(|route| route.to(users::delete)),
    at("/api/v1/users/{id}/password", Management, Class::Management)
        .put(|route| route.to(users::passwords::put)),
    at("/api/v1/users/{id}/password-link", Management, Class::Management)
        .post(|route| route.to(users::passwords::create_link)),
    at("/api/v1/users/{id}/sessions", Management, Class::Management)
        .read(|route| route.to(users::sessions::list))
        .delete(|route| route.to(users::sessions::end_all)),
    at("/api/v1/users/{id}/sessions/{session}", Management, Class::Management)
        .delete(|route| route.to(users::sessions::end)),
    at("/api/v1/users/{id}/consents", Management, Class::Management)
        .read(|route| route.to(users::consents::list)),
    at("/api/v1/users/{id}/consents/{client}", Management, Class::Management)
        .delete(|route| route.to(users::consents::delete)),
    at("/api/v1/grants", Management, Class::Management)
        .read(|route| route.to(grants::list))
        .delete(|route| route.to(grants::revoke_all)),
    at("/api/v1/grants/{id}", Management, Class::Management)
        .read(|route| route.to(grants::show))
        .delete(|route| route.to(grants::revoke)),
    at("/api/v1/scopes", Management, Class::Management)
        .read(|route| route.to(named::list::<ScopeRecord>))
        .post(|route| route.to(named::create::<ScopeRecord>)),
    at("/api/v1/scopes/{name}", Management, Class::Management)
        .read(|route| route.to(named::show::<ScopeRecord>))
        .put(|route| route.to(named::put::<ScopeRecord>))
        .patch(|route| route.to(named::patch::<ScopeRecord>))
        .delete(|route| route.to(scopes::delete)),
    at("/api/v1/authorization-types", Management, Class::Management)
        .read(|route| route.to(named::list::<AuthorizationType>))
        .post(|route| route.to(named::create::<AuthorizationType>)),
    at("/api/v1/authorization-types/{type}", Management, Class::Management)
        .read(|route| route.to(named::show::<AuthorizationType>))
        .put(|route| route.to(named::put::<AuthorizationType>))
        .patch(|route| route.to(named::patch::<AuthorizationType>))
        .delete(|route| route.to(named::delete::<AuthorizationType>)),
    at("/api/v1/resources", Management, Class::Management)
        .read(|route| route.to(named::list::<Resource>))
        .post(|route| route.to(named::create::<Resource>)),
    at("/api/v1/resources/{uri}", Management, Class::Management)
        .read(|route| route.to(named::show::<Resource>))
        .put(|route| route.to(named::put::<Resource>))
        .patch(|route| route.to(named::patch::<Resource>))
        .delete(|route| route.to(named::delete::<Resource>)),
    at("/api/v1/issuers", Management, Class::Management)
        .read(|route| route.to(named::list::<TrustedIssuer>))
        .post(|route| route.to(named::create::<TrustedIssuer>)),
    at("/api/v1/issuers/{issuer}", Management, Class::Management)
        .read(|route| route.to(named::show::<TrustedIssuer>))
        .put(|route| route.to(named::put::<TrustedIssuer>))
        .patch(|route| route.to(named::patch::<TrustedIssuer>))
        .delete(|route| route.to(named::delete::<TrustedIssuer>)),
    at("/api/v1/issuers/{issuer}/subjects", Management, Class::Management)
        .read(|route| route.to(subjects::list))
        .post(|route| route.to(subjects::create)),
    at("/api/v1/issuers/{issuer}/subjects/{subject}", Management, Class::Management)
        .read(|route| route.to(subjects::show))
        .delete(|route| route.to(subjects::delete)),
    at("/api/v1/keys", Management, Class::Management)
        .read(|route| route.to(keys::list))
        .post(|route| route.to(keys::create)),
    at("/api/v1/keys/{kid}", Management, Class::Management)
        .read(|route| route.to(keys::show))
        .delete(|route| route.to(keys::delete)),
    at("/api/v1/logout-deliveries", Management, Class::Management)
        .read(|route| route.to(logout_deliveries::list)),
    at("/api/v1/logout-deliveries/retry", Management, Class::Management)
        .post(|route| route.to(logout_deliveries::retry)),
    at("/api/v1/pings", Management, Class::Management).read(|route| route.to(pings::list)),
    at("/api/v1/clients/{id}/check", Management, Class::Management)
        .post(|route| route.to(clients::check::create)),
    at("/api/v1/clients/{id}/logos/{scheme}", Management, Class::Management)
        .put(|route| route.to(clients::logos::put))
        .delete(|route| route.to(clients::logos::delete)),
    at("/api/v1/clients/{id}/consents", Management, Class::Management)
        .read(|route| route.to(clients::consents::list)),
    at("/api/v1/clients/{id}/health", Management, Class::Management)
        .read(|route| route.to(clients::health::show)),
    at("/api/v1/activity", Management, Class::Management).read(|route| route.to(activity::list)),
    at("/api/v1/events", Management, Class::Management).read(|route| route.to(events::list)),
    at("/api/v1/refusals", Management, Class::Management).read(|route| route.to(refusals::list)),
    at("/api/v1/refusals/{id}", Management, Class::Management).read(|route| route.to(refusals::show)),
    at("/api/v1/api-keys", Management, Class::Management)
        .read(|route| route.to(api_keys::list))
        .post(|route| route.to(api_keys::create)),
    at("/api/v1/api-keys/{id}", Management, Class::Management)
        .read(|route| route.to(api_keys::show))
        .patch(|route| route.to(api_keys::patch))
        .delete(|route| route.to(api_keys::delete)),
    at("/api/v1/webhooks", Management, Class::Management)
        .read(|route| route.to(webhooks::list))
        .post(|route| route.to(webhooks::create)),
    at("/api/v1/webhooks/{id}", Management, Class::Management)
        .read(|route| route.to(webhooks::show))
        .put(|route| route.to(webhooks::put))
        .patch(|route| route.to(webhooks::patch))
        .delete(|route| route.to(webhooks::delete)),
    at("/api/v1/webhooks/{id}/rotate-secret", Management, Class::Management)
        .post(|route| route.to(webhooks::rotate_secret)),
    at("/api/v1/webhooks/{id}/deliveries", Management, Class::Management)
        .read(|route| route.to(webhooks::deliveries::list)),
    at("/api/v1/webhooks/{id}/deliveries/{delivery}", Management, Class::Management)
        .read(|route| route.to(webhooks::deliveries::show)),
    at("/api/v1/webhooks/{id}/retry", Management, Class::Management)
        .post(|route| route.to(webhooks::deliveries::retry)),
    at("/api/v1/webhooks/{id}/test", Management, Class::Management)
        .post(|route| route.to(webhooks::deliveries::test)),
    at("/admin", Console, Class::Management).get(|route| route.to(console::overview)),
    at("/admin/callback", Console, Class::Management).get(|route| route.to(console::callback)),
    at("/admin/sign-out", Console, Class::Management).post(|route| route.to(console::sign_out)),
    at("/admin/search", Console, Class::Management).get(|route| route.to(console::find)),
    at("/admin/new/{kind}", Console, Class::Management)
        .get(|route| route.to(console::new))
        .post(|route| route.to(console::create)),
    at("/admin/{kind}", Console, Class::Management).get(|route| route.to(console::list)),
    at("/admin/{kind}/{id}", Console, Class::Management).get(|route| route.to(console::object)),
    at("/admin/{kind}/{id}/{act}", Console, Class::Management)
        .get(|route| route.to(console::prepare))
        .post(|route| route.to(console::act)),
];

/// Which endpoints a listener has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mounted {
    All,
    /// All but those of the management API and the console.
    WithoutManagement,
    /// Those of the management API and the console, what their pages load, and health.
    Management,
    /// All that no browser shows.
    Programs,
    /// All that no browser shows, but not the management API.
    ProgramsWithoutManagement,
}

impl Mounted {
    fn has(self, endpoint: &Endpoint) -> bool {
        let is_management = endpoint.route.class == Some(Class::Management);
        let is_for_all = endpoint.route.class.is_none() || endpoint.route.path.starts_with("/assets/");
        let is_for_programs = matches!(endpoint.route.surface, OAuth | Api | Management);
        match self {
            Self::All => true,
            Self::WithoutManagement => !is_management,
            Self::Management => is_management || is_for_all,
            Self::Programs => is_for_programs,
            Self::ProgramsWithoutManagement => is_for_programs && !is_management,
        }
    }
}

impl Mounted {
    /// Returns what is left without the endpoints that a browser shows.
    pub(super) fn for_programs(self) -> Self {
        match self {
            Self::All | Self::Programs => Self::Programs,
            Self::WithoutManagement | Self::Management | Self::ProgramsWithoutManagement => {
                Self::ProgramsWithoutManagement
            }
        }
    }

    /// At which address requests arrive at such a listener.
    pub(super) fn reached_at(self) -> ReachedAt {
        match self {
            Self::All | Self::WithoutManagement | Self::Management => ReachedAt::Issuer,
            Self::Programs | Self::ProgramsWithoutManagement => ReachedAt::Alias,
        }
    }
}

/// The routes of the table, without their handlers.
pub(super) fn routes(mounted: Mounted) -> impl Iterator<Item = &'static Route> {
    ENDPOINTS.iter().filter(move |endpoint| mounted.has(endpoint)).map(|endpoint| &endpoint.route)
}

/// The path of each endpoint, with the methods that it takes.
pub fn methods() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    ENDPOINTS.iter().map(|endpoint| {
        let methods = endpoint.handlers().into_iter().filter(|(_, handler, _)| handler.is_some());
        (endpoint.route.path, methods.map(|(method, ..)| method).collect())
    })
}

/// Mounts the table. `mount` is the path of the public URL: empty or `/like/this`.
pub(super) fn register(config: &mut ServiceConfig, mount: &str, mounted: Mounted) {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| mounted.has(endpoint)) {
        for path in endpoint.route.paths(mount) {
            match endpoint.compressed {
                true => config.service(endpoint.resource(path).wrap(Compress::default())),
                false => config.service(endpoint.resource(path)),
            };
        }
    }
    config.default_service(web::to(fallback::not_found));
}

/// Adds a handler to the route of one method.
type Handler = fn(actix_web::Route) -> actix_web::Route;

/// A method, its handler, and what makes a route for the method.
type MethodHandler = (&'static str, Option<Handler>, fn() -> actix_web::Route);

/// A row of the table.
struct Endpoint {
    route: Route,
    get: Option<Handler>,
    head: Option<Handler>,
    post: Option<Handler>,
    put: Option<Handler>,
    patch: Option<Handler>,
    delete: Option<Handler>,
    preflight: bool,
    compressed: bool,
}

const fn at(path: &'static str, surface: Surface, class: Class) -> Endpoint {
    let route = Route { path, surface, class: Some(class), at_root: false };
    Endpoint {
        route,
        get: None,
        head: None,
        post: None,
        put: None,
        patch: None,
        delete: None,
        preflight: false,
        compressed: false,
    }
}

impl Endpoint {
    /// GET, which may change something: it answers a request, ends a session, or notes that a session was used. HEAD is
    /// safe (RFC 9110 §9.2.1), so it never comes to the handler and is answered without looking at anything.
    const fn get(mut self, handler: Handler) -> Self {
        self.get = Some(handler);
        self.head = Some(|route| route.to(fallback::head));
        self
    }

    /// GET that changes nothing, and HEAD by the same handler (RFC 9110 §9.3.2).
    const fn read(mut self, handler: Handler) -> Self {
        self.get = Some(handler);
        self.head = Some(handler);
        self
    }

    const fn post(mut self, handler: Handler) -> Self {
        self.post = Some(handler);
        self
    }

    const fn put(mut self, handler: Handler) -> Self {
        self.put = Some(handler);
        self
    }

    const fn patch(mut self, handler: Handler) -> Self {
        self.patch = Some(handler);
        self
    }

    const fn delete(mut self, handler: Handler) -> Self {
        self.delete = Some(handler);
        self
    }

    /// Answers preflight requests, with which a browser asks whether a script of another origin may call (see
    /// `http::cors`).
    const fn preflight(mut self) -> Self {
        self.preflight = true;
        self
    }

    /// Puts the endpoint at the root of the host, whatever the path of the public URL is (RFC 8615 §3).
    const fn at_root(mut self) -> Self {
        self.route.at_root = true;
        self
    }

    /// Exempts the endpoint from the limits of requests, and from the bound of how many are worked on.
    const fn always_answered(mut self) -> Self {
        self.route.class = None;
        self
    }

    /// Compresses the answers. Only for answers without a secret, because the compressed length gives away something
    /// about it (BREACH).
    const fn compressed(mut self) -> Self {
        self.compressed = true;
        self
    }

    /// The handlers by method, each with what makes a route for its method.
    fn handlers(&self) -> [MethodHandler; 6] {
        [
            ("GET", self.get, web::get),
            ("HEAD", self.head, web::head),
            ("POST", self.post, web::post),
            ("PUT", self.put, web::put),
            ("PATCH", self.patch, web::patch),
            ("DELETE", self.delete, web::delete),
        ]
    }

    /// The resource at `path`. Any method without a handler is answered with 405, in the form that the surface uses.
    fn resource(&self, path: String) -> actix_web::Resource {
        let (mut resource, mut methods) = (web::resource(path), Vec::new());
        for (method, handler, route) in self.handlers() {
            if let Some(handler) = handler {
                methods.push(method);
                resource = resource.route(handler(route()));
            }
        }
        if self.preflight {
            let allowed = methods.join(", ");
            methods.push("OPTIONS");
            let answer = move || std::future::ready(fallback::preflight(&allowed));
            resource = resource.route(web::method(http::Method::OPTIONS).to(answer));
        }
        let refused = MethodNotAllowed::new(methods.join(", "));
        resource.default_service(web::to(move |app, request| refused.clone().answer(app, request)))
    }
}

#[cfg(test)]
mod tests {
    use crate::http::route::Routes;

    #[test]
    fn paths_are_recognized_below_the_path_of_the_issuer() {
        for (mount, path, route) in [
            ("", "/token", "/token"),
            ("", "/device/qr", "/device/qr"),
            ("", "/", "/"),
            ("", "/errors", "/errors"),
            ("", "/errors/token", "/errors/{word}"),
            ("", "/errors/a/b", "none"),
            ("", "/made/up", "none"),
            ("", "/made/up/token", "none"),
            ("", "/api/v1/clients", "/api/v1/clients"),
            ("", "/api/v1/clients/a%2Fb", "/api/v1/clients/{id}"),
            ("", "/api/v1/clients/a/secrets", "/api/v1/clients/{id}/secrets"),
            ("", "/api/v1/clients/a/secrets/b", "/api/v1/clients/{id}/secrets/{secret}"),
            ("", "/api/v1/clients//secrets", "none"),
            ("", "/api/v1/clients/a/secrets/b/c", "none"),
            ("/auth", "/auth/api/v1/clients/a/secrets/b", "/api/v1/clients/{id}/secrets/{secret}"),
            ("/auth", "/auth/token", "/token"),
            ("/auth", "/auth/", "/"),
            ("/auth", "/auth/assets/style.css", "/assets/{name}"),
            (
                "/auth",
                "/.well-known/oauth-authorization-server/auth",
                "/.well-known/oauth-authorization-server",
            ),
            ("/auth", "/auth/.well-known/openid-configuration", "/.well-known/openid-configuration"),
            ("/auth", "/token", "none"),
            ("", "/.well-known/webfinger", "/.well-known/webfinger"),
            ("/auth", "/.well-known/webfinger", "/.well-known/webfinger"),
            ("/auth", "/auth/.well-known/webfinger", "none"),
            ("", "/.well-known/webfinger/x", "none"),
        ] {
            assert_eq!(
                Routes::new(mount, super::routes(super::Mounted::All)).find(path).path,
                route,
                "{path} under {mount}"
            );
        }
    }
}
