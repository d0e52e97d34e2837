//! Claims of scopes in ID Tokens, for applications that never call UserInfo (OpenID Connect Core §5.4).

use grantor::oauth::client::{GrantType, IdTokenClaims};
use grantor::oauth::request::response_type::ResponseType;
use serde_json::{Value, json};

use crate::support::jwt;
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Operator, TestServer};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn registration(id: &str, claims: &str) -> Registration {
    let mut registration = Registration::web(id).scopes("openid profile email groups read");
    registration.client.id_token_claims = IdTokenClaims::parse(claims).unwrap();
    registration
}

/// A server with a person who has a name, an address and a group.
async fn server() -> (TestServer, Browser) {
    let server = TestServer::start().await;
    let alice = server.alice().await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice", "--group", "staff"]);
    (server, alice)
}

/// The claims about the person in the ID Token of an answer.
fn about_person(tokens: &Value) -> Value {
    let mut claims = jwt::claims(tokens["id_token"].as_str().unwrap());
    let members = claims.as_object_mut().unwrap();
    members.retain(|name, _| !grantor::oauth::token::id_token::CLAIMS.contains(&name.as_str()));
    members.remove("updated_at");
    claims
}

async fn tokens(app: &Application, browser: &mut Browser, changes: &[(&str, &str)]) -> Value {
    let back = browser.authorize(&app.url_with(changes)).await;
    app.redeem_by_hand(&back.get("code")).await.json()
}

#[tokio::test]
async fn the_id_token_has_the_claims_of_its_scopes_if_the_client_is_registered_for_them() {
    let (server, mut alice) = server().await;
    let profile = json!({ "name": "Alice", "preferred_username": "alice" });
    let email = json!({ "email": "alice@example.com", "email_verified": false });
    let groups = json!({ "groups": ["staff"] });
    let all = |parts: &[&Value]| -> Value {
        parts
            .iter()
            .flat_map(|part| part.as_object().unwrap().clone())
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for (id, chosen, scope, expected) in [
        ("none", "none", "openid profile email groups", json!({})),
        ("all", "scopes", "openid profile email groups", all(&[&profile, &email, &groups])),
        ("narrow", "scopes", "openid groups read", groups.clone()),
        ("bare", "scopes", "openid", json!({})),
        (
            "named",
            "email groups",
            "openid profile email groups",
            json!({ "email": "alice@example.com", "groups": ["staff"] }),
        ),
        ("ungranted", "email groups", "openid profile email", json!({ "email": "alice@example.com" })),
    ] {
        let app = server.register(registration(id, chosen)).await;
        let tokens = tokens(&app, &mut alice, &[("scope", scope)]).await;
        assert_eq!(about_person(&tokens), expected, "{id}");
        let reply = server.user_info(tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!(reply["groups"].is_array(), scope.contains("groups"), "UserInfo stays as it is: {reply}");
    }
}

#[tokio::test]
async fn a_refresh_has_the_claims_of_its_own_scope_as_they_are_now() {
    let (server, mut alice) = server().await;
    let app = server.register(registration("app", "scopes")).await;
    let first = tokens(&app, &mut alice, &[("scope", "openid profile groups")]).await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Liddell"]);
    let refreshed = app.refresh_by_hand(first["refresh_token"].as_str().unwrap()).await.json();
    let expected = json!({ "name": "Alice Liddell", "preferred_username": "alice", "groups": ["staff"] });
    assert_eq!(about_person(&refreshed), expected);
    let token = refreshed["refresh_token"].as_str().unwrap();
    let narrow = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", "openid groups")];
    assert_eq!(about_person(&app.token(&narrow).await.json()), json!({ "groups": ["staff"] }));
}

#[tokio::test]
async fn tokens_through_the_browser_and_of_devices_have_them_too() {
    let (server, mut alice) = server().await;
    let mut hybrid = registration("hybrid", "groups");
    hybrid.client.response_types = ResponseType::ALL[1..].to_vec();
    let app = server.register(hybrid).await;
    for response_type in ["code id_token", "id_token token", "code id_token token", "id_token"] {
        let asked = [("scope", "openid groups email"), ("response_type", response_type), ("nonce", "n")];
        let back = alice.authorize(&app.url_with(&asked)).await;
        let expected = match response_type {
            // There is no access token for UserInfo, so the ID Token has everything.
            "id_token" => {
                json!({ "email": "alice@example.com", "email_verified": false, "groups": ["staff"] })
            }
            _ => json!({ "groups": ["staff"] }),
        };
        assert_eq!(about_person(&json!({ "id_token": back.get("id_token") })), expected, "{response_type}");
        if response_type.contains("code") {
            let redeemed = app.redeem_by_hand(&back.get("code")).await.json();
            assert_eq!(about_person(&redeemed), expected, "{response_type}");
        }
    }

    let mut device = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]);
    device.client.id_token_claims = IdTokenClaims::Scopes;
    let tv = server.register(device.scopes("openid groups")).await;
    let begun = tv.post("/device_authorization", &[("scope", "openid groups")]).await;
    let page = alice.open_device(&begun.get("verification_uri_complete")).await;
    let page = alice.submit(&page, &[("user_code", &begun.get("user_code"))]).await;
    alice.submit(&page, &[("allow", "1")]).await;
    let code = begun.get("device_code");
    let polled = tv.token(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await.json();
    assert_eq!(about_person(&polled), json!({ "groups": ["staff"] }));
    let refreshed = tv.refresh_by_hand(polled["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(about_person(&refreshed), json!({ "groups": ["staff"] }));
}

#[tokio::test]
async fn claims_that_the_request_names_are_added_to_them() {
    let (server, mut alice) = server().await;
    let app = server.register(registration("app", "groups")).await;
    let asked =
        [("scope", "openid groups"), ("claims", r#"{"id_token":{"email":null},"userinfo":{"name":null}}"#)];
    let tokens = tokens(&app, &mut alice, &asked).await;
    assert_eq!(about_person(&tokens), json!({ "email": "alice@example.com", "groups": ["staff"] }));
}

#[tokio::test]
async fn the_option_takes_words_and_names_that_a_scope_of_the_client_gives_access_to() {
    let (server, mut alice) = server().await;
    let operator = Operator::of(&server);
    let create = |id: &'static str, more: &[&'static str]| {
        let uri = ["--kind", "web", "--redirect-uri", "https://app.example/callback"];
        [&["client", "create", "--id", id, "--name", "App"], &uri[..], more].concat()
    };
    let scope = ["--scope", "openid email groups"];
    operator.done(&create("plain", &scope));
    assert_eq!(operator.json(&["client", "show", "plain"])["id_token_claims"], "none");
    let secret = "gcs_chosen-by-the-test-and-long-enough";
    let with = ["--id-token-claims", "scopes", "--secret", secret];
    operator.done(&create("app", &[&scope[..], &with].concat()));
    assert_eq!(operator.json(&["client", "show", "app"])["id_token_claims"], "scopes");
    let app = Application::registered_at(&server.url, "app", Some(secret), "https://app.example/callback");
    let tokens = tokens(&app, &mut alice, &[("scope", "openid groups")]).await;
    assert_eq!(about_person(&tokens), json!({ "groups": ["staff"] }));

    operator.done(&["client", "update", "app", "--id-token-claims", "groups email"]);
    assert_eq!(operator.json(&["client", "show", "app"])["id_token_claims"], json!(["email", "groups"]));
    assert!(operator.done(&["client", "show", "app"]).contains("email groups"));
    // A scope that gives access to a named claim cannot be taken away alone.
    let missing = "no scope of the client gives access to the claim groups, which --id-token-claims names";
    for change in [["--scope", "openid email"], ["--remove-scope", "groups"]] {
        assert_eq!(operator.refused(&[&["client", "update", "app"], &change[..]].concat()), missing);
    }
    operator.done(&["client", "update", "app", "--remove-scope", "groups", "--id-token-claims", "email"]);
    assert_eq!(operator.json(&["client", "show", "app"])["id_token_claims"], json!(["email"]));
    assert_eq!(operator.refused(&["client", "update", "app", "--id-token-claims", "groups"]), missing);
    // A claim whose scope was deleted by force stays, and does not block other changes.
    operator.done(&["scope", "create", "level", "--description", "See your level", "--claim", "level"]);
    operator.done(&["client", "update", "app", "--add-scope", "level", "--id-token-claims", "level"]);
    operator.done(&["scope", "delete", "level", "--force", "--yes"]);
    operator.done(&["client", "update", "app", "--add-scope", "groups"]);
    operator.done(&["client", "update", "app", "--name", "Other"]);
    operator.done(&["client", "update", "app", "--id-token-claims", "email"]);
    let without = operator.refused(&create("other", &["--scope", "email", "--id-token-claims", "scopes"]));
    assert_eq!(without, "a client gets ID Tokens only if it has the scope openid");
    for wrong in ["", "all sub", "none email", "sub"] {
        let output = operator.run(&["client", "update", "app", "--id-token-claims", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}: {output:?}");
    }
    operator.done(&["client", "update", "app", "--id-token-claims", "none"]);
    assert_eq!(operator.json(&["client", "show", "app"])["id_token_claims"], "none");
}

#[tokio::test]
async fn a_scope_keeps_a_claim_that_clients_name_for_their_id_tokens() {
    let (server, mut alice) = server().await;
    let operator = Operator::of(&server);
    operator.done(&["scope", "create", "level", "--description", "See your level", "--claim", "level"]);
    let mut apps = Vec::new();
    for number in 0..13 {
        apps.push(server.register(registration(&format!("app-{number:02}"), "groups")).await);
    }
    for id in ["app-00", "app-01"] {
        operator.done(&["client", "update", id, "--add-scope", "level", "--id-token-claims", "groups level"]);
    }
    // These do not depend on it: one has all claims of its scopes, one names other claims, and one has no such scope.
    operator.done(&["client", "update", "app-02", "--add-scope", "level", "--id-token-claims", "scopes"]);
    operator.done(&["client", "update", "app-03", "--add-scope", "level"]);
    let refused = "--id-token-claims of app-00, app-01 names the claim level, to which no other scope gives access; change \
                   the clients first";
    for change in
        [&["--claim", "rank"][..], &["--no-claims"], &["--remove-claim", "level", "--add-claim", "rank"]]
    {
        let sentence = operator.refused(&[&["scope", "update", "level"], change].concat());
        assert_eq!(sentence, refused, "{change:?}");
    }
    operator.done(&["scope", "update", "level", "--add-claim", "rank", "--description", "See your rank"]);
    // Of twelve clients the sentence names ten.
    let many = operator.refused(&["scope", "update", "groups", "--no-claims"]);
    assert!(many.contains("app-00") && many.contains("app-10 and 2 more names the claim groups"), "{many}");

    // Another scope of the client may give access to the claim.
    operator.done(&["scope", "create", "rank", "--description", "See your rank", "--claim", "level"]);
    operator.done(&["client", "update", "app-00", "--add-scope", "rank"]);
    let one = operator.refused(&["scope", "update", "level", "--claim", "rank"]);
    assert!(one.starts_with("--id-token-claims of app-01 names the claim level, "), "{one}");
    operator.done(&["client", "update", "app-01", "--id-token-claims", "groups"]);
    operator.done(&["scope", "update", "level", "--claim", "rank"]);
    // A refused change has changed nothing.
    let tokens = tokens(&apps[0], &mut alice, &[("scope", "openid groups")]).await;
    assert_eq!(about_person(&tokens), json!({ "groups": ["staff"] }));
}
