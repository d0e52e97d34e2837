//! Every route of the management API with every kind of credential, wrong methods and wrong media types.

use grantor::server::routes::methods;
use reqwest::{Method, StatusCode};

use super::{Api, refused};
use crate::support::{Browser, TestServer};

/// What each route needs to be read and to be changed. A route that is not here fails the test.
const NEEDS: &[(&str, &str)] = &[
    ("/api/v1/clients", "grantor.clients"),
    ("/api/v1/clients/{id}", "grantor.clients"),
    ("/api/v1/clients/{id}/secrets", "grantor.clients"),
    ("/api/v1/clients/{id}/secrets/{secret}", "grantor.clients"),
    ("/api/v1/users", "grantor.users"),
    ("/api/v1/users/{id}", "grantor.users"),
    ("/api/v1/users/{id}/password", "grantor.users"),
    ("/api/v1/users/{id}/password-link", "grantor.users"),
    ("/api/v1/users/{id}/sessions", "grantor.users"),
    ("/api/v1/users/{id}/sessions/{session}", "grantor.users"),
    ("/api/v1/clients/{id}/consents", "grantor.users"),
    ("/api/v1/clients/{id}/logos/{scheme}", "grantor.clients"),
    ("/api/v1/users/{id}/consents", "grantor.users"),
    ("/api/v1/users/{id}/consents/{client}", "grantor.users"),
    ("/api/v1/grants", "grantor.grants"),
    ("/api/v1/grants/{id}", "grantor.grants"),
    ("/api/v1/scopes", "grantor.config"),
    ("/api/v1/scopes/{name}", "grantor.config"),
    ("/api/v1/resources", "grantor.config"),
    ("/api/v1/resources/{uri}", "grantor.config"),
    ("/api/v1/authorization-types", "grantor.config"),
    ("/api/v1/authorization-types/{type}", "grantor.config"),
    ("/api/v1/issuers", "grantor.config"),
    ("/api/v1/issuers/{issuer}", "grantor.config"),
    ("/api/v1/issuers/{issuer}/subjects", "grantor.config"),
    ("/api/v1/issuers/{issuer}/subjects/{subject}", "grantor.config"),
    ("/api/v1/keys", "grantor.keys"),
    ("/api/v1/keys/{kid}", "grantor.keys"),
    ("/api/v1/logout-deliveries", "grantor.clients"),
    ("/api/v1/logout-deliveries/retry", "grantor.clients"),
    ("/api/v1/pings", "grantor.clients"),
    ("/api/v1/clients/{id}/check", "grantor.clients"),
    ("/api/v1/clients/{id}/health", "grantor.clients"),
    ("/api/v1/activity", "grantor.audit"),
    ("/api/v1/events", "grantor.audit"),
    ("/api/v1/refusals", "grantor.audit"),
    ("/api/v1/refusals/{id}", "grantor.audit"),
    ("/api/v1/api-keys", "grantor"),
    ("/api/v1/api-keys/{id}", "grantor"),
    ("/api/v1/webhooks", "grantor.config"),
    ("/api/v1/webhooks/{id}", "grantor.config"),
    ("/api/v1/webhooks/{id}/rotate-secret", "grantor.config"),
    ("/api/v1/webhooks/{id}/deliveries", "grantor.config"),
    ("/api/v1/webhooks/{id}/deliveries/{delivery}", "grantor.config"),
    ("/api/v1/webhooks/{id}/retry", "grantor.config"),
    ("/api/v1/webhooks/{id}/test", "grantor.config"),
];

/// Every method that a client may try.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

fn management() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    // Everyone may read the document.
    methods().filter(|(path, _)| path.starts_with("/api/v1/") && *path != "/api/v1/openapi.json")
}

/// The path of a route below `/api/v1`, with made-up ids.
fn path_of(route: &str) -> String {
    let parts = route.strip_prefix("/api/v1").expect("a route of the API").split('/');
    parts.map(|part| if part.starts_with('{') { "made-up" } else { part }).collect::<Vec<_>>().join("/")
}

fn need(route: &str, method: &str) -> String {
    let (_, area) =
        NEEDS.iter().find(|(known, _)| *known == route).unwrap_or_else(|| panic!("{route} is new"));
    // A check changes nothing.
    let reads = matches!(method, "GET" | "HEAD") || route.ends_with("/check");
    let access = if reads { "read" } else { "write" };
    format!("{area}.{access}")
}

#[tokio::test]
async fn every_route_refuses_everyone_who_may_not() {
    let server = TestServer::start().await;
    let (audit, keys) =
        (Api::with(&server, "grantor.audit.read").await, Api::with(&server, "grantor.keys.read").await);
    let owner = Api::owner(&server).await;
    for (route, methods) in management() {
        let path = path_of(route);
        for method in methods.iter().filter(|method| **method != "HEAD") {
            let (scope, method) = (need(route, method), Method::from_bytes(method.as_bytes()).unwrap());
            let what = format!("{method} {route}");
            let stranger = Browser::new(&server.url);
            let request = |headers: Vec<(&'static str, String)>| {
                let (mut stranger, method, path) =
                    (stranger.stranger(), method.clone(), format!("/api/v1{path}"));
                async move {
                    let headers: Vec<(&str, &str)> =
                        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    stranger.request(method, &path, &headers, "").await
                }
            };
            let answer = request(Vec::new()).await;
            refused(&answer, StatusCode::UNAUTHORIZED, "api.credential_missing");
            assert_eq!(
                answer.header("www-authenticate"),
                format!("Bearer realm=\"grantor\", scope=\"{scope}\""),
                "{what}"
            );
            let mut changed = owner.key.clone();
            let last = if changed.pop() == Some('0') { '1' } else { '0' };
            changed.push(last);
            for wrong in [
                "Bearer".to_owned(),
                "Bearer x".to_owned(),
                "Basic YTpi".to_owned(),
                format!("Bearer {changed}"),
                format!("Basic {}", owner.key),
            ] {
                let answer = request(vec![("Authorization", wrong.clone())]).await;
                refused(&answer, StatusCode::UNAUTHORIZED, "api.credential_wrong");
                let challenge = answer.header("www-authenticate");
                assert!(challenge.contains("error=\"invalid_token\""), "{what} with {wrong}: {challenge}");
            }
            let other = if scope.starts_with("grantor.audit") { &keys } else { &audit };
            let answer = other.send(method.clone(), &path, &[], None).await;
            refused(&answer, StatusCode::FORBIDDEN, "api.scope_missing");
            assert!(answer.header("www-authenticate").contains(&format!("scope=\"{scope}\"")), "{what}");
            let enough = Api::with(&server, &scope).await;
            let answer = enough.send(method.clone(), &path, &[], None).await;
            assert!(!matches!(answer.status.as_u16(), 401 | 403), "{what}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_route_names_the_methods_and_media_types_that_it_takes() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    for (route, methods) in management() {
        let path = path_of(route);
        for method in METHODS.iter().filter(|method| !methods.contains(method)) {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = owner.send(method.clone(), &path, &[], None).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {route}");
            assert_eq!(answer.header("allow"), methods.join(", "), "{method} {route}");
            if method != Method::HEAD {
                refused(&answer, StatusCode::METHOD_NOT_ALLOWED, "request.method");
            }
        }
        for method in methods.iter().filter(|method| matches!(**method, "POST" | "PUT" | "PATCH")) {
            let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("If-Match", "*")];
            let http = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = owner.send_text(http, &path, &headers, Some("a=b")).await;
            refused(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, "request.media_type");
            let (header, part) = match *method {
                _ if route.contains("/logos/") => ("accept", "image/png"),
                "PATCH" => ("accept-patch", "json"),
                _ => ("accept-post", "json"),
            };
            assert!(answer.header(header).contains(part), "{method} {route}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn no_route_takes_a_parameter_that_it_does_not_know() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    for (route, methods) in management() {
        for method in methods.iter().filter(|method| **method != "HEAD") {
            let path = format!("{}?made_up=1", path_of(route));
            let http = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = owner.send_text(http, &path, &[], Some("{}")).await;
            refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_unknown");
        }
    }
}

#[tokio::test]
async fn what_is_below_the_api_and_no_route_is_not_found() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    for path in ["", "/", "/made-up", "/clients/a/made-up", "/clients/a/secrets/b/c", "/clients/"] {
        let answer = owner.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {answer:?}");
        assert_eq!(answer.json()["message"], "404 Not Found", "{path}");
    }
}

#[tokio::test]
async fn the_api_is_only_there_for_its_networks_and_if_it_is_enabled() {
    for (option, value, is_there) in [
        ("admin.enabled", "false", false),
        ("admin.networks", "192.0.2.0/24", false),
        ("admin.networks", "127.0.0.0/8 ::1", true),
    ] {
        let server = TestServer::start_with(&[(option, value)]).await;
        let answer = Api::owner(&server).await.get("/clients").await;
        let expected = if is_there { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(answer.status, expected, "{option} = {value}");
    }
}

#[tokio::test]
async fn no_script_of_another_origin_may_read_an_answer() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    for origin in ["https://evil.example", "null", &server.url] {
        let answer = owner.send(Method::GET, "/clients", &[("Origin", origin)], None).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.headers.get("access-control-allow-origin").is_none(), "{answer:?}");
        let preflight = [("Origin", origin), ("Access-Control-Request-Method", "DELETE")];
        let answer = owner.send(Method::OPTIONS, "/clients/x", &preflight, None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(answer.headers.get("access-control-allow-methods").is_none(), "{answer:?}");
    }
}
