//! Every URL of the server on one screen, and the endpoints for programs.

mod authorize;
mod bearer;
pub mod client_auth;
mod cors;
mod device_authorization;
pub mod envelope;
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

use crate::answer::Surface;
use crate::pages::{accounts, assets, consent, device, errors, home, logo, logout, sign_in, sign_up};
use fallback::MethodNotAllowed;

/// The route table; `path` is the public URL's, empty or `/like/this`.
pub fn routes(config: &mut ServiceConfig, path: &str) {
    use Surface::{Api, OAuth, Page};
    let at = |route: &str| format!("{path}{route}");

    // Each under both names: RFC 8414 puts an issuer's path behind, OpenID Connect Discovery before.
    for name in ["oauth-authorization-server", "openid-configuration"] {
        let mut places = vec![format!("/.well-known/{name}{path}"), at(&format!("/.well-known/{name}"))];
        places.dedup();
        for place in places {
            config.service(resource(&place, Api).get(metadata::get).preflight().done());
        }
    }
    config
        .service(resource(&at("/authorize"), Page).get(authorize::get).post(authorize::post).done())
        .service(resource(&at("/authorize/resume"), Page).get(authorize::resume).done())
        .service(resource(&at("/token"), OAuth).post(token::post).preflight().done())
        .service(
            resource(&at("/device_authorization"), OAuth).post(device_authorization::post).preflight().done(),
        )
        .service(resource(&at("/introspect"), OAuth).post(introspect::post).done())
        .service(resource(&at("/revoke"), OAuth).post(revoke::post).preflight().done())
        .service(resource(&at("/userinfo"), OAuth).get(userinfo::get).post(userinfo::post).preflight().done())
        .service(resource(&at("/jwks"), Api).get(jwks::get).preflight().done())
        .service(resource(&at("/healthz"), Api).get(health::live).done())
        .service(resource(&at("/readyz"), Api).get(health::ready).done())
        .service(resource(&at("/sign-in"), Page).get(sign_in::show).post(sign_in::submit).done())
        .service(resource(&at("/sign-up"), Page).get(sign_up::show).post(sign_up::submit).done())
        .service(resource(&at("/accounts"), Page).get(accounts::show).post(accounts::submit).done())
        .service(resource(&at("/consent"), Page).get(consent::show).post(consent::submit).done())
        .service(resource(&at("/device"), Page).get(device::show).post(device::submit).done())
        .service(resource(&at("/device/qr"), Page).get(device::picture).done())
        .service(resource(&at("/logout"), Page).get(logout::show).post(logout::submit).done())
        .service(resource(&at("/"), Page).get(home::show).done())
        .service(compressed(resource(&at("/errors"), Page).get(errors::index)))
        .service(compressed(resource(&at("/errors/{word}"), Page).get(errors::show)))
        .service(compressed(resource(&at("/assets/{name}"), Page).get(assets::show)))
        .service(resource(&at("/logos/{digest}"), Page).get(logo::show).done())
        .default_service(web::to(fallback::not_found));
}

/// For what holds no secret: beside one, the length of a compressed answer tells of it (BREACH).
fn compressed(endpoint: Endpoint) -> impl HttpServiceFactory + 'static {
    endpoint.done().wrap(Compress::default())
}

/// Whose form the errors of a path take, before a handler has it.
pub fn surface(issuer: &str, path: &str) -> Surface {
    // Mounted where the issuer is: `/errors/token` is a page.
    let is = |route: &str| path.strip_suffix(route).is_some_and(|mount| issuer.ends_with(mount));
    match path {
        _ if ["/token", "/device_authorization", "/introspect", "/revoke", "/userinfo"]
            .into_iter()
            .any(is) =>
        {
            Surface::OAuth
        }
        _ if is("/jwks") || is("/healthz") || is("/readyz") || path.contains("/.well-known/") => Surface::Api,
        _ => Surface::Page,
    }
}

/// A path and its methods; any other method is answered 405 in the surface's form.
struct Endpoint {
    resource: Resource,
    refused: MethodNotAllowed,
}

fn resource(path: &str, surface: Surface) -> Endpoint {
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
