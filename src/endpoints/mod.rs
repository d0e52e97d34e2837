//! Every URL of the server on one screen, and the endpoints for programs.

mod authorize;
mod bearer;
pub mod client_auth;
mod device_authorization;
mod fallback;
mod health;
mod introspect;
mod jwks;
mod metadata;
mod revoke;
mod token;
mod userinfo;

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Resource, Route};

use crate::http::places::{NOWHERE, PLACES};
use crate::pages::{accounts, assets, consent, device, errors, home, logo, logout, sign_in, sign_up};
use fallback::MethodNotAllowed;

/// The route table; `path` is the public URL's, empty or `/like/this`.
pub fn routes(config: &mut ServiceConfig, path: &str) {
    let at = |route: &str| format!("{path}{route}");
    // Each under both names: RFC 8414 puts an issuer's path behind, OpenID Connect Discovery before.
    for route in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let mut paths = vec![format!("{route}{path}"), at(route)];
        paths.dedup();
        for path in paths {
            config.service(resource(&path, route).get(metadata::get).preflight().done());
        }
    }
    let resource = |route: &str| resource(&at(route), route);
    config
        .service(resource("/authorize").get(authorize::get).post(authorize::post).done())
        .service(resource("/authorize/resume").get(authorize::resume).done())
        .service(resource("/token").post(token::post).preflight().done())
        .service(resource("/device_authorization").post(device_authorization::post).preflight().done())
        .service(resource("/introspect").post(introspect::post).done())
        .service(resource("/revoke").post(revoke::post).preflight().done())
        .service(resource("/userinfo").get(userinfo::get).post(userinfo::post).preflight().done())
        .service(resource("/jwks").get(jwks::get).preflight().done())
        .service(resource("/healthz").get(health::live).done())
        .service(resource("/readyz").get(health::ready).done())
        .service(resource("/sign-in").get(sign_in::show).post(sign_in::submit).done())
        .service(resource("/sign-up").get(sign_up::show).post(sign_up::submit).done())
        .service(resource("/accounts").get(accounts::show).post(accounts::submit).done())
        .service(resource("/consent").get(consent::show).post(consent::submit).done())
        .service(resource("/device").get(device::show).post(device::submit).done())
        .service(resource("/device/qr").get(device::picture).done())
        .service(resource("/logout").get(logout::show).post(logout::submit).done())
        .service(resource("/").get(home::show).done())
        .service(compressed(resource("/errors").get(errors::index)))
        .service(compressed(resource("/errors/{word}").get(errors::show)))
        .service(compressed(resource("/assets/{name}").get(assets::show)))
        .service(resource("/logos/{digest}").get(logo::show).done())
        .default_service(web::to(fallback::not_found));
}

/// For what holds no secret: beside one, the length of a compressed answer tells of it (BREACH).
fn compressed(endpoint: Endpoint) -> impl HttpServiceFactory + 'static {
    endpoint.done().wrap(Compress::default())
}

/// A path and its methods; any other method is answered 405 in the surface's form.
struct Endpoint {
    resource: Resource,
    refused: MethodNotAllowed,
}

fn resource(path: &str, route: &str) -> Endpoint {
    let place = PLACES.iter().find(|place| place.route == route);
    debug_assert!(place.is_some(), "{route} is a place");
    let surface = place.unwrap_or(&NOWHERE).surface;
    Endpoint { resource: web::resource(path.to_owned()), refused: MethodNotAllowed::new(surface) }
}

impl Endpoint {
    /// GET, and with it HEAD (RFC 9110 §9.1).
    fn get<F, A>(mut self, handler: F) -> Self
    where
        F: actix_web::Handler<A> + Clone,
        A: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        self.refused.allow("GET");
        self.refused.allow("HEAD");
        self.resource = self.resource.route(web::get().to(handler.clone())).route(head().to(handler));
        self
    }

    fn post<F, A>(mut self, handler: F) -> Self
    where
        F: actix_web::Handler<A>,
        A: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        self.refused.allow("POST");
        self.resource = self.resource.route(web::post().to(handler));
        self
    }

    /// Answers the question that a browser asks before a script of another origin may call (see `envelope`).
    fn preflight(mut self) -> Self {
        let allowed = self.refused.allowed();
        self.refused.allow("OPTIONS");
        let preflight = web::method(actix_web::http::Method::OPTIONS)
            .to(move || std::future::ready(fallback::preflight(&allowed)));
        self.resource = self.resource.route(preflight);
        self
    }

    fn done(self) -> Resource {
        let refused = self.refused;
        self.resource.default_service(web::to(move |app, request| refused.clone().answer(app, request)))
    }
}

fn head() -> Route {
    web::head()
}
