//! Bodies that are not valid: each is refused, every faulty member is named, and nothing changes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::{Api, faulty, refused};
use super::{at, created, key_set};
use crate::support::TestServer;

const URI: &str = "https://api.example/";
const ISSUER: &str = "https://idp.example";

/// A server with one object of each kind that clients use, and who may change all of them.
async fn start() -> (TestServer, Api) {
    let server = TestServer::start().await;
    server.service().await;
    let api = Api::owner(&server).await;
    created(&api.post("/scopes", scope()).await);
    created(&api.post("/resources", resource()).await);
    created(&api.post("/issuers", issuer()).await);
    (server, api)
}

fn scope() -> Value {
    json!({ "name": "s", "description": "Do it" })
}

fn resource() -> Value {
    json!({ "resource": URI, "scope": "read" })
}

fn issuer() -> Value {
    json!({ "issuer": ISSUER, "jwks": key_set(), "scope": "read", "clients": ["service"] })
}

/// Everything that is there now.
async fn all(api: &Api) -> Vec<String> {
    let mut all = Vec::new();
    for path in ["/scopes", "/resources", "/issuers", "/keys", "/issuers/https%3A%2F%2Fidp.example/subjects"]
    {
        all.push(api.get(path).await.body);
    }
    all
}

/// The list of an object, a change of its body, and the places and reasons that the refusal names.
type WrongBody = (&'static str, Value, Vec<(&'static str, &'static str)>);

fn wrong() -> Vec<WrongBody> {
    let mut all = wrong_scopes();
    all.extend(wrong_others());
    all
}

fn wrong_scopes() -> Vec<WrongBody> {
    let (invalid, unknown) = ("api.member_invalid", "api.member_unknown");
    let line = "a\nb";
    vec![
        (
            "/scopes",
            json!({ "sensitive": "yes", "claims": ["a", 1], "access_token_lifetime": 1.5, "more": 1 }),
            vec![
                ("/sensitive", invalid),
                ("/claims/1", invalid),
                ("/access_token_lifetime", invalid),
                ("/more", unknown),
            ],
        ),
        (
            "/scopes",
            json!({ "claims": "email", "version": 2 }),
            vec![("/claims", invalid), ("/version", unknown)],
        ),
        (
            "/scopes",
            json!({ "description": line, "access_token_lifetime": 0, "required_group": line, "claims": [line] }),
            vec![
                ("/claims/0", invalid),
                ("/access_token_lifetime", invalid),
                ("/required_group", invalid),
                ("/description", invalid),
            ],
        ),
        ("/scopes", json!({ "description": "a".repeat(1001) }), vec![("/description", invalid)]),
        ("/scopes", json!({ "description": "a\u{202e}b" }), vec![("/description", invalid)]),
        ("/scopes", json!({ "description": null }), vec![("/description", invalid)]),
        ("/scopes", json!({ "description#de": 1 }), vec![("/description#de", invalid)]),
        ("/scopes", json!({ "description#de_AT": "x" }), vec![("/description#de_AT", unknown)]),
        ("/scopes", json!({ "description#a/b": "x" }), vec![("/description#a~1b", unknown)]),
        (
            "/scopes",
            json!({ "description#de": "x", "description#DE": "y" }),
            vec![("/description#de", invalid)],
        ),
        (
            "/scopes",
            json!({ "description#de": "x", "description#DE": null }),
            vec![("/description#de", invalid)],
        ),
        ("/scopes", json!({ "claims#de": [] }), vec![("/claims#de", unknown)]),
        (
            "/scopes",
            json!({ "claims": (0..65).map(|n| format!("c{n}")).collect::<Vec<_>>() }),
            vec![("/claims", invalid)],
        ),
        ("/scopes", json!({ "claims": ["sub"] }), vec![("/claims/0", invalid)]),
        ("/scopes", json!({ "access_token_lifetime": i64::MAX }), vec![("/access_token_lifetime", invalid)]),
        ("/scopes", json!({ "access_token_lifetime": u64::MAX }), vec![("/access_token_lifetime", invalid)]),
    ]
}

fn wrong_others() -> Vec<WrongBody> {
    let (invalid, unknown) = ("api.member_invalid", "api.member_unknown");
    vec![
        (
            "/resources",
            json!({ "scope": ["read"], "clients": "service", "token_format": "JWT", "token_alg": "none", "uri": URI }),
            vec![
                ("/token_format", invalid),
                ("/scope", invalid),
                ("/clients", invalid),
                ("/token_alg", invalid),
                ("/uri", unknown),
            ],
        ),
        ("/resources", json!({ "scope": "read\u{7}" }), vec![("/scope", invalid)]),
        ("/resources", json!({ "scope": "a ".repeat(65) }), vec![("/scope", invalid)]),
        ("/resources", json!({ "clients": ["a\u{0}b"] }), vec![("/clients/0", invalid)]),
        ("/issuers", json!({ "assertion_audience": "all" }), vec![("/assertion_audience", invalid)]),
        ("/issuers", json!({ "jwks": [], "trust": true }), vec![("/jwks", invalid), ("/trust", unknown)]),
        ("/issuers", json!({ "scope": "openid" }), vec![("/scope", invalid)]),
        ("/issuers", json!({ "clients": ["made-up"] }), vec![("/clients/0", invalid)]),
    ]
}

#[tokio::test]
async fn what_is_wrong_is_named_in_each_kind_of_request_and_nothing_changes() {
    let (_server, api) = start().await;
    let before = all(&api).await;
    for (folder, members, expected) in wrong() {
        let (object, name) = match folder {
            "/scopes" => (scope(), "s"),
            "/resources" => (resource(), URI),
            _ => (issuer(), ISSUER),
        };
        let mut whole = super::with(&object, &members);
        let path = at(folder, name);
        let mut answers = vec![
            ("PATCH", api.patch(&path, members.clone()).await),
            ("PUT", api.put(&path, &[("If-Match", "*")], whole.clone()).await),
            ("PATCH?dry_run", api.patch(&format!("{path}?dry_run=true"), members.clone()).await),
        ];
        if folder == "/scopes" {
            whole["name"] = "other".into();
            answers.push(("POST", api.post(folder, whole).await));
        }
        for (method, answer) in answers {
            let what = format!("{method} {folder} {members}");
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {answer:?}");
            let mut named = faulty(&answer);
            named.sort();
            named.dedup();
            let expected: Vec<_> =
                expected.iter().map(|(field, reason)| ((*field).to_owned(), (*reason).to_owned())).collect();
            let first = expected[0].1.clone();
            let mut expected = expected;
            expected.sort();
            assert_eq!(named, expected, "{what}");
            refused(&answer, StatusCode::BAD_REQUEST, &first);
        }
    }
    assert_eq!(all(&api).await, before);
}

#[tokio::test]
async fn what_is_missing_is_named_all_at_once() {
    let (_server, api) = start().await;
    let missing = |names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), "api.member_missing".to_owned())).collect()
    };
    for (path, names) in [
        ("/scopes", &["/name", "/description"] as &[&str]),
        ("/resources", &["/resource"]),
        ("/issuers/https%3A%2F%2Fidp.example/subjects", &["/subject", "/user"]),
    ] {
        assert_eq!(faulty(&api.post(path, json!({})).await), missing(names), "{path}");
    }
    let mut issuer = missing(&["/issuer", "/jwks", "/scope", "/clients"]);
    issuer[1].1 = "api.member_invalid".into();
    assert_eq!(faulty(&api.post("/issuers", json!({})).await), issuer);
    let create = [("If-None-Match", "*")];
    let other = json!({ "name": "t", "description": "x" });
    assert_eq!(faulty(&api.put("/scopes/other", &create, other).await)[0].0, "/name");
    assert_eq!(faulty(&api.patch("/scopes/s", json!({ "name": "t" })).await)[0].0, "/name");
    assert_eq!(
        faulty(&api.patch(&at("/resources", URI), json!({ "resource": "x:y" })).await)[0].0,
        "/resource"
    );
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_everywhere() {
    let (_server, api) = start().await;
    let before = all(&api).await;
    let deep = format!("{{\"claims\": {}{}}}", "[".repeat(2000), "]".repeat(2000));
    let large = format!("{{\"description\": \"{}\"}}", "a".repeat(10_000_000));
    let subjects = "/issuers/https%3A%2F%2Fidp.example/subjects";
    for path in ["/scopes", "/resources", "/issuers", subjects, "/keys", "/logout-deliveries/retry"] {
        for text in
            ["", "{", "[]", "null", "\"a\"", "{\"a\": 1, \"a\": 1}", "{} {}", deep.as_str(), "{\"a\": \u{1}}"]
        {
            let answer = api.send_text(Method::POST, path, &[], Some(text)).await;
            refused(&answer, StatusCode::BAD_REQUEST, "api.json_malformed");
        }
        let answer = api.send_text(Method::POST, path, &[], Some(&large)).await;
        refused(&answer, StatusCode::PAYLOAD_TOO_LARGE, "request.too_large");
    }
    assert_eq!(all(&api).await, before);
}
