//! A body with more than one fault: all of them are named at once, those of the operation, too.

use std::collections::BTreeSet;

use grantor::representation::contract::{ApiOperation, BodyKind, operations};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Api, faulty, refused};
use crate::support::TestServer;

const CALLBACK: &str = "https://app.example.com/callback";
const ISSUER: &str = "https%3A%2F%2Fidp.example";
const URI: &str = "https%3A%2F%2Fapi.example%2F";
const OVER: &str = "2001-01-01T00:00:00Z";

/// An operation, the variable parts of its path, a body, and the places that the refusal names.
type FaultyBody = (&'static str, Vec<String>, Value, Vec<&'static str>);

/// A server with an object of each kind.
struct Objects {
    api: Api,
    alice: String,
    secret: String,
    webhook: String,
    key: String,
    _server: TestServer,
}

impl Objects {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let api = Api::owner(&server).await;
        server.service().await;
        let alice = server.user("alice").await.to_string();
        server.user("bob").await;
        let made = async |path: &str, body: Value| {
            api.made(path, body).await.json()["id"].as_str().unwrap_or_default().to_owned()
        };
        made("/resources", json!({ "resource": "https://api.example/" })).await;
        let schema = json!({ "type": "object" });
        made("/authorization-types", json!({ "name": "pay", "schema": schema, "template": "Pay" })).await;
        let issuer = json!({ "issuer": "https://idp.example", "jwks_uri": "https://idp.example/jwks", "scope": "read", "clients": ["service"] });
        made("/issuers", issuer).await;
        let secret = made("/clients/service/secrets", json!({})).await;
        let webhook = made("/webhooks", json!({ "name": "log", "url": "https://log.example.com/" })).await;
        let key = made("/api-keys", json!({ "name": "other", "scope": "grantor.read" })).await;
        Self { api, alice, secret, webhook, key, _server: server }
    }

    /// Sends a body. A replacement needs a condition.
    async fn send(&self, operation: &ApiOperation, path: &str, condition: &str, body: &Value) -> Vec<String> {
        let method = Method::from_bytes(operation.method.as_bytes()).expect("a method");
        let headers = [(condition, "*")];
        let headers: &[_] = if matches!(operation.body, BodyKind::Replacement(_)) { &headers } else { &[] };
        let answer = self.api.send(method, path, headers, Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}: {answer:?}");
        let description = answer.json()["description"].to_string();
        assert_eq!(description.contains("offset"), path.ends_with("?offset=2"), "{path} {body}: {answer:?}");
        let mut places: Vec<String> = faulty(&answer).into_iter().map(|(place, _)| place).collect();
        places.sort();
        places.dedup();
        places
    }

    fn bodies(&self) -> Vec<FaultyBody> {
        let mut all = self.of_clients();
        all.extend(self.of_people());
        all.extend(self.of_configuration());
        all.extend(self.of_others());
        all
    }

    fn of_clients(&self) -> Vec<FaultyBody> {
        let client = || vec!["service".to_owned()];
        let secret = || vec!["service".to_owned(), self.secret.clone()];
        let without =
            |scope: &str| json!({ "client_name": "a\nb", "scope": scope, "redirect_uris": [CALLBACK] });
        let wrong = json!({
            "client_name": "App", "kind": "spa", "pkce": "sometimes", "scope": "made_up", "client_secret": "x",
            "grant_types": ["authorization_code", "made_up"], "redirect_uris": ["https://app.example.com/#x"],
        });
        let places = vec!["/client_secret", "/grant_types/1", "/pkce", "/redirect_uris/0", "/scope"];
        let taken = json!({ "client_id": "service", "client_name": "", "kind": "service" });
        let alone = json!({ "client_uri#de": "https://app.example.com", "client_name": "" });
        let unpaired = json!({ "id_token_encrypted_response_enc": "A256GCM", "client_name": "", "more": 1 });
        vec![
            ("createClient", vec![], wrong.clone(), places.clone()),
            ("createClient", vec![], without("made_up"), vec!["/client_name", "/kind", "/scope"]),
            ("createClient", vec![], taken, vec!["/client_id", "/client_name"]),
            (
                "createClient",
                vec![],
                json!({ "client_name": "", "kind": "service", "client_secret": "" }),
                vec!["/client_name", "/client_secret"],
            ),
            (
                "createClient",
                vec![],
                json!({ "client_name": "", "kind": "service", "client_secret": "x", "token_endpoint_auth_method": "client_secret_jwt" }),
                vec!["/client_name", "/client_secret"],
            ),
            ("putClient", vec!["new".to_owned()], wrong, places),
            ("putClient", client(), without("made_up"), vec!["/client_name", "/kind", "/scope"]),
            ("updateClient", client(), json!({ "pkce": 1, "scope": "made_up" }), vec!["/pkce", "/scope"]),
            (
                "updateClient",
                client(),
                json!({ "client_name": "", "scope": "made_up" }),
                vec!["/client_name", "/scope"],
            ),
            ("updateClient", client(), alone, vec!["/client_name", "/client_uri#de"]),
            (
                "updateClient",
                client(),
                unpaired,
                vec!["/client_name", "/id_token_encrypted_response_enc", "/more"],
            ),
            ("checkClient", client(), json!({ "user": "made-up", "more": 1 }), vec!["/more", "/user"]),
            (
                "addClientSecret",
                client(),
                json!({ "client_secret": "", "expires_at": OVER }),
                vec!["/client_secret", "/expires_at"],
            ),
            (
                "updateClientSecret",
                secret(),
                json!({ "expires_at": OVER, "more": 1 }),
                vec!["/expires_at", "/more"],
            ),
        ]
    }

    fn of_people(&self) -> Vec<FaultyBody> {
        let user = || vec![self.alice.clone()];
        let taken = json!({ "username": "bob", "email": "bob@example.com", "role": "king" });
        let places = vec!["/email", "/role", "/username"];
        let address = json!({ "username": "bob", "claims": { "address": { "country": 7 } } });
        vec![
            ("createUser", vec![], taken.clone(), places.clone()),
            (
                "createUser",
                vec![],
                json!({ "username": "bob", "password": "x" }),
                vec!["/password", "/username"],
            ),
            (
                "createUser",
                vec![],
                json!({ "username": "bob", "user_code": "" }),
                vec!["/user_code", "/username"],
            ),
            ("replaceUser", user(), taken.clone(), places.clone()),
            ("updateUser", user(), taken, places),
            ("updateUser", user(), address, vec!["/claims", "/username"]),
            ("setPassword", user(), json!({ "password": "x", "more": 1 }), vec!["/more", "/password"]),
            ("createPasswordLink", user(), json!({ "more": 1, "other": 1 }), vec!["/more", "/other"]),
        ]
    }

    fn of_configuration(&self) -> Vec<FaultyBody> {
        let named = |name: &str| vec![name.to_owned()];
        let scope = json!({ "name": "read", "description": "a\nb", "claims": ["sub"], "sensitive": 1 });
        let scope_change = json!({ "description": "a\nb", "claims": ["sub"], "sensitive": 1 });
        let of_scope = vec!["/claims/0", "/description", "/sensitive"];
        let resource = json!({ "resource": "https://api.example", "scope": "made_up", "clients": ["made-up"], "token_format": 1 });
        let resource_change = json!({ "scope": "made_up", "clients": ["made-up"], "token_format": 1 });
        let of_resource = vec!["/clients/0", "/scope", "/token_format"];
        let detail = json!({ "name": "pay", "schema": { "type": 7 }, "template": "a\nb", "resources": ["https://made-up.example/"], "always_ask": 1 });
        let detail_change = json!({ "schema": { "type": 7 }, "template": "a\nb", "resources": ["https://made-up.example/"], "always_ask": 1 });
        let of_detail = vec!["/always_ask", "/resources/0", "/schema", "/template"];
        let issuer = json!({ "issuer": "https://idp.example", "jwks": { "keys": [] }, "scope": "made_up", "clients": ["made-up"], "assertion_audience": 1 });
        let issuer_change = json!({ "jwks": { "keys": [] }, "scope": "made_up", "clients": ["made-up"], "assertion_audience": 1 });
        let of_issuer = vec!["/assertion_audience", "/clients/0", "/jwks", "/scope"];
        let with = |first: &'static str, places: &[&'static str]| {
            let mut all = vec![first];
            all.extend(places);
            all.sort_unstable();
            all
        };
        vec![
            ("createScope", vec![], scope, with("/name", &of_scope)),
            ("putScope", named("new"), scope_change.clone(), of_scope.clone()),
            ("updateScope", named("read"), scope_change, of_scope),
            ("createResource", vec![], resource, with("/resource", &of_resource)),
            ("putResource", named(URI), resource_change.clone(), of_resource.clone()),
            ("updateResource", named(URI), resource_change, of_resource),
            ("createAuthorizationType", vec![], detail, with("/name", &of_detail)),
            ("putAuthorizationType", named("new"), detail_change.clone(), of_detail.clone()),
            ("updateAuthorizationType", named("pay"), detail_change, of_detail),
            ("createIssuer", vec![], issuer, with("/issuer", &of_issuer)),
            ("putIssuer", named(ISSUER), issuer_change.clone(), of_issuer.clone()),
            ("updateIssuer", named(ISSUER), issuer_change, of_issuer),
            (
                "linkSubject",
                named(ISSUER),
                json!({ "subject": "", "user": "made-up" }),
                vec!["/subject", "/user"],
            ),
        ]
    }

    fn of_others(&self) -> Vec<FaultyBody> {
        let webhook = || vec![self.webhook.clone()];
        let wrong = json!({ "name": "", "url": "x", "types": ["made_up"], "more": 1 });
        let places = vec!["/more", "/name", "/types/0", "/url"];
        vec![
            ("rotateKeys", vec![], json!({ "algorithm": "PS256", "now": 1 }), vec!["/algorithm", "/now"]),
            (
                "retryLogoutDeliveries",
                vec![],
                json!({ "client_id": 1, "more": 1 }),
                vec!["/client_id", "/more"],
            ),
            (
                "createApiKey",
                vec![],
                json!({ "name": "", "scope": "made_up", "expires_at": "x" }),
                vec!["/expires_at", "/name", "/scope"],
            ),
            (
                "updateApiKey",
                vec![self.key.clone()],
                json!({ "name": "", "expires_at": OVER, "scope": "x" }),
                vec!["/expires_at", "/name", "/scope"],
            ),
            ("createWebhook", vec![], wrong.clone(), places.clone()),
            ("putWebhook", webhook(), wrong.clone(), places.clone()),
            ("updateWebhook", webhook(), wrong, places),
            (
                "rotateWebhookSecret",
                webhook(),
                json!({ "overlap": -1, "more": 1 }),
                vec!["/more", "/overlap"],
            ),
            ("retryWebhook", webhook(), json!({ "delivery": 1, "more": 1 }), vec!["/delivery", "/more"]),
            ("testWebhook", webhook(), json!({ "more": 1, "other": 1 }), vec!["/more", "/other"]),
        ]
    }
}

/// The path of an operation below `/api/v1`, with these variable parts.
fn path_of(operation: &ApiOperation, parts: &[String]) -> String {
    let mut parts = parts.iter();
    let filled = operation.path.split('/').map(|part| match part.starts_with('{') {
        true => parts.next().expect("a part of the path").as_str(),
        false => part,
    });
    let path = filled.collect::<Vec<_>>().join("/");
    path.strip_prefix("/api/v1").expect("a path of the API").to_owned()
}

#[tokio::test]
async fn every_route_with_a_body_names_all_faults_of_a_body_and_an_unknown_parameter() {
    let objects = Objects::start().await;
    let mut tried = BTreeSet::new();
    for (id, parts, body, expected) in objects.bodies() {
        let operation = operations().find(|operation| operation.id == id).expect(id);
        tried.insert(id);
        let path = path_of(operation, &parts);
        let is_new = parts.first().is_some_and(|part| part == "new");
        let condition = if is_new { "If-None-Match" } else { "If-Match" };
        assert_eq!(objects.send(operation, &path, condition, &body).await, expected, "{id} {body}");
        let with_parameter = objects.send(operation, &format!("{path}?offset=2"), condition, &body).await;
        assert_eq!(with_parameter, expected, "{id} {body} with a parameter");
    }
    let has_body = |operation: &&ApiOperation| {
        operation.body_settings().is_some() || matches!(operation.body, BodyKind::Empty)
    };
    let with_body: BTreeSet<&str> = operations().filter(has_body).map(|operation| operation.id).collect();
    assert_eq!(tried, with_body);
}

#[tokio::test]
async fn what_a_faulty_member_would_decide_is_not_held_against_the_others() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for (body, expected) in [
        // A service needs no redirect URI, and each kind has another default for the grants.
        (json!({ "client_name": "App", "kind": "toaster" }), vec!["/kind"]),
        (json!({ "client_name": 7, "client_name#de": "App", "kind": "service" }), vec!["/client_name"]),
        (json!({ "client_name": "App", "kind": "service", "more": 1 }), vec!["/more"]),
        // There is no key to encrypt for; the content encryption is right.
        (
            json!({
                "client_name": "App", "kind": "service", "id_token_encrypted_response_alg": "RSA-OAEP-256",
                "id_token_encrypted_response_enc": "A256GCM",
            }),
            vec!["/id_token_encrypted_response_alg"],
        ),
    ] {
        let answer = api.post("/clients", body.clone()).await;
        let places: Vec<String> = faulty(&answer).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, expected, "{body}");
    }
}

#[tokio::test]
async fn an_element_that_is_no_text_hides_and_moves_no_other_fault() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    server.service().await;
    let detail = json!({ "name": "pay", "schema": { "type": "object" }, "template": "Pay", "resources": [1, "https://made-up.example/", 2] });
    let issuer = json!({ "issuer": "https://idp.example", "jwks_uri": "https://idp.example/jwks", "scope": "read", "clients": ["service", 1, "made-up"] });
    let client = |member: &str, list: Value| json!({ "client_name": "App", "kind": "service", member: list });
    for (path, body, expected) in [
        ("/users", json!({ "username": "carol", "groups": ["a", 1, "b\n"] }), vec!["/groups/1", "/groups/2"]),
        (
            "/webhooks",
            json!({ "name": "log", "url": "https://log.example.com/", "types": [1, "nope", "client.", "nah"] }),
            vec!["/types/0", "/types/1", "/types/3"],
        ),
        (
            "/scopes",
            json!({ "name": "new", "description": "New", "claims": ["email", 1, "sub", "a b"] }),
            vec!["/claims/1", "/claims/2", "/claims/3"],
        ),
        (
            "/resources",
            json!({ "resource": "https://api.example", "clients": ["service", 1, "made-up", {}] }),
            vec!["/clients/1", "/clients/2", "/clients/3"],
        ),
        ("/authorization-types", detail, vec!["/resources/0", "/resources/1", "/resources/2"]),
        ("/issuers", issuer, vec!["/clients/1", "/clients/2"]),
        (
            "/clients",
            client("grant_types", json!(["client_credentials", 1, "made_up"])),
            vec!["/grant_types/1", "/grant_types/2"],
        ),
        (
            "/clients",
            client("resources", json!([1, "https://made-up.example/"])),
            vec!["/resources/0", "/resources/1"],
        ),
        (
            "/clients",
            client("authorization_details_types", json!([1, "made_up"])),
            vec!["/authorization_details_types/0", "/authorization_details_types/1"],
        ),
    ] {
        let answer = api.post(path, body.clone()).await;
        let mut places: Vec<String> = faulty(&answer).into_iter().map(|(place, _)| place).collect();
        places.sort();
        assert_eq!(places, expected, "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_member_that_is_missing_is_named_once() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for (body, reason) in [
        (json!({ "name": "key" }), "api.member_missing"),
        (json!({ "name": "key", "scope": null }), "api.member_invalid"),
        (json!({ "name": "key", "scope": 1 }), "api.member_invalid"),
        (json!({ "name": "key", "scope": "" }), "api.member_invalid"),
    ] {
        let answer = api.post("/api-keys", body.clone()).await;
        assert_eq!(faulty(&answer), [("/scope".to_owned(), reason.to_owned())], "{body}");
    }
    let both = [
        ("/name".to_owned(), "api.member_missing".to_owned()),
        ("/scope".to_owned(), "api.member_missing".to_owned()),
    ];
    assert_eq!(faulty(&api.post("/api-keys", json!({})).await), both);
}

#[tokio::test]
async fn what_a_body_names_and_does_not_exist_is_a_fault_of_the_body() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let hook = json!({ "name": "log", "url": "https://log.example.com/" });
    let path = format!(
        "/webhooks/{}/retry",
        api.made("/webhooks", hook).await.json()["id"].as_str().expect("an id")
    );
    let logout = "/logout-deliveries/retry";
    for (path, body, place) in [
        (path.clone(), json!({ "delivery": "nope" }), "/delivery"),
        (logout.to_owned(), json!({ "client_id": "nope" }), "/client_id"),
        (format!("{logout}?dry_run=true"), json!({ "client_id": "nope" }), "/client_id"),
    ] {
        let answer = api.post(&path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {answer:?}");
        assert_eq!(
            faulty(&answer),
            [(place.to_owned(), "api.member_invalid".to_owned())],
            "{path}: {answer:?}"
        );
    }
    assert_eq!(
        api.post("/webhooks/nope/retry", json!({ "delivery": "nope" })).await.status,
        StatusCode::NOT_FOUND
    );
    let events = api.get("/events?act=logout").await.json();
    assert_eq!(events["items"], json!([]), "nothing was done");
}

#[tokio::test]
async fn every_faulty_parameter_is_named_also_beside_a_faulty_body() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let names = |answer: &crate::support::Answer, parts: &[&str]| {
        refused(answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
        let description = answer.json()["description"].to_string();
        assert!(parts.iter().all(|part| description.contains(part)), "{parts:?}: {description}");
    };
    let list = "/clients?limit=0&sort=x&kind=toaster&grant_type=x&disabled=perhaps&foo=1";
    let parts = ["limit is", "sort is", "kind is", "grant_type is", "disabled is", "foo"];
    names(&api.get(list).await, &parts);
    names(&api.get("/events?since=x&until=y&limit=z").await, &["since is", "until is", "limit is"]);
    let body = json!({ "client_name": "App", "kind": "service", "x": 1 });
    let answer = api.post("/clients?dry_run=yes&foo=1", body.clone()).await;
    names(&answer, &["dry_run is", "foo", "no member"]);
    assert_eq!(faulty(&answer), [("/x".to_owned(), "api.member_unknown".to_owned())]);
    api.service("job").await;
    names(&api.delete("/clients/job?dry_run=yes").await, &["dry_run is"]);
    names(&api.patch("/clients/job?dry_run=yes", json!({ "client_name": "Other" })).await, &["dry_run is"]);
    assert_eq!(api.get("/clients/job").await.json()["client_name"], "job", "nothing was done");
}

#[tokio::test]
async fn a_refused_body_keeps_nothing_of_what_was_right() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for (path, body) in [
        ("/scopes", json!({ "name": "new", "description": "New", "more": 1 })),
        ("/users", json!({ "username": "new", "password": "a long good passphrase 77", "more": 1 })),
        ("/clients", json!({ "client_id": "new", "client_name": "New", "kind": "service", "more": 1 })),
        ("/keys", json!({ "more": 1 })),
    ] {
        assert_eq!(
            faulty(&api.post(path, body).await),
            [("/more".to_owned(), "api.member_unknown".to_owned())]
        );
    }
    for path in ["/scopes?q=new", "/users?q=new", "/clients?q=new"] {
        assert_eq!(api.get(path).await.json()["items"], json!([]), "{path}");
    }
    let unknown = api.post("/scopes?page=2&order=up", json!({ "name": "new", "description": "New" })).await;
    let body = unknown.json();
    assert_eq!((unknown.status, &body["reason"]), (StatusCode::BAD_REQUEST, &json!("api.parameter_unknown")));
    let description = body["description"].as_str().expect("a text");
    assert!(description.contains("page") && description.contains("order"), "{body}");
    let events = api.get("/events").await.json();
    let acts = events["items"].as_array().expect("items").iter().map(|event| &event["act"]);
    assert!(acts.into_iter().all(|act| act == "api_key.created"), "{events}");
}
