//! The events of acts that make or delete an object say all of it, and no secret.

use grantor::oauth::client::GrantType;
use grantor::operations::event::Act;
use serde_json::{Value, json};
use strum::VariantArray as _;

use super::all;
use crate::api::Api;
use crate::support::TestServer;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;

/// What an act does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Makes,
    Deletes,
    /// The act neither makes an object nor deletes one.
    Neither,
}

/// The table of all acts. A new act must be added here.
#[expect(clippy::too_many_lines, reason = "a table, with a line for each act")]
fn doing(act: Act) -> Doing {
    use Doing::{Deletes, Makes, Neither};
    match act {
        Act::UserCreated
        | Act::UserSignedUp
        | Act::UserInvited
        | Act::UserPasswordLinkCreated
        | Act::ScopeCreated
        | Act::ResourceCreated
        | Act::AuthorizationTypeCreated
        | Act::TrustedIssuerCreated
        | Act::SubjectLinked
        | Act::ClientCreated
        | Act::ClientSecretAdded
        | Act::SessionBegun
        | Act::TokenIssued
        | Act::ConsentGiven
        | Act::DeviceAllowed
        | Act::BackchannelAllowed
        | Act::KeyCreated
        | Act::ApiKeyCreated
        | Act::WebhookCreated => Makes,
        Act::UserDeleted
        | Act::ScopeDeleted
        | Act::ResourceDeleted
        | Act::AuthorizationTypeDeleted
        | Act::TrustedIssuerDeleted
        | Act::SubjectUnlinked
        | Act::ClientDeleted
        | Act::ClientSecretRemoved
        | Act::SessionEnded
        | Act::SessionSignedOut
        | Act::ConsentTakenBack
        | Act::ApiKeyDeleted
        | Act::WebhookDeleted => Deletes,
        Act::UserUpdated
        | Act::UserPasswordSet
        | Act::UserDisabled
        | Act::UserEnabled
        | Act::ScopeUpdated
        | Act::ResourceUpdated
        | Act::AuthorizationTypeUpdated
        | Act::TrustedIssuerUpdated
        | Act::ClientUpdated
        | Act::ClientSecretChanged
        | Act::SessionChosen
        | Act::SessionSignedOutAtClient
        | Act::UserSessionsEnded
        | Act::UserGrantsRevoked
        | Act::ClientGrantsRevoked
        | Act::GrantRevoked
        | Act::TokenRevoked
        | Act::SessionRefused
        | Act::ManagementForbidden
        | Act::ClientRefused
        | Act::DeviceDenied
        | Act::BackchannelDenied
        | Act::KeyRetired
        | Act::ApiKeyUpdated
        | Act::ApiKeyRefused
        | Act::ClocksForgotten
        | Act::LogoutDeliveriesRetried
        | Act::WebhookUpdated
        | Act::WebhookDisabled
        | Act::WebhookSecretRotated
        | Act::WebhookRetried
        | Act::WebhookTested
        | Act::WebhookEventsMissed => Neither,
    }
}

/// Makes an object by the management API. Returns its path below `/api/v1`, and the answer.
async fn made(api: &Api, path: &str, body: Value) -> (String, Value) {
    let answer = api.post(path, body).await;
    assert_eq!(answer.status, 201, "{path}: {answer:?}");
    let (_, path) = answer.header("location").split_once("/api/v1").unwrap();
    (path.to_owned(), answer.json())
}

async fn gone(api: &Api, path: &str) {
    let answer = api.delete(path).await;
    assert_eq!(answer.status, 204, "{path}: {answer:?}");
}

/// Makes one of everything that operators make, and deletes it. Returns the secrets that were shown.
async fn operate(api: &Api) -> Vec<String> {
    let mut secrets = Vec::new();
    let mut shown = |answer: &Value, member: &str| {
        let text = answer[member].as_str().unwrap();
        secrets.push(text.rsplit("token=").next().unwrap().to_owned());
    };
    let scope =
        made(api, "/scopes", json!({ "name": "fly", "description": "Fly", "claims": ["email"] })).await.0;
    let resource =
        made(api, "/resources", json!({ "resource": "https://air.example", "scope": "fly" })).await.0;
    let kind = json!({ "name": "flight", "schema": { "type": "object" }, "template": "Fly" });
    let kind = made(api, "/authorization-types", kind).await.0;
    let client = json!({ "client_id": "plane", "client_name": "Plane", "kind": "service", "scope": "read" });
    let (client, answer) = made(api, "/clients", client).await;
    shown(&answer, "client_secret");
    let (secret, answer) = made(api, &format!("{client}/secrets"), json!({})).await;
    shown(&answer, "client_secret");
    let issuer = json!({
        "issuer": "https://idp.example", "jwks_uri": "https://idp.example/jwks", "scope": "read", "clients": ["plane"],
    });
    let issuer = made(api, "/issuers", issuer).await.0;
    let user = json!({ "username": "bob", "email": "bob@example.com", "password": PASSWORD });
    let user = made(api, "/users", user).await.0;
    let link = api.post(&format!("{user}/password-link"), json!({})).await.json();
    shown(&link, "password_link");
    let invited = made(api, "/users", json!({ "username": "carol" })).await.0;
    let linked = made(api, &format!("{issuer}/subjects"), json!({ "subject": "b", "user": "bob" })).await.0;
    let (key, answer) = made(api, "/api-keys", json!({ "name": "robot", "scope": "grantor.read" })).await;
    shown(&answer, "key");
    let webhook = json!({ "name": "hook", "url": "https://hook.example/a", "types": ["client."] });
    let (webhook, answer) = made(api, "/webhooks", webhook).await;
    shown(&answer, "secret");
    assert_eq!(api.post("/keys", json!({ "now": true })).await.status, 201);
    for path in [linked, issuer, secret, client, resource, kind, scope, user, invited, key, webhook] {
        gone(api, &path).await;
    }
    secrets
}

/// What people do: they sign up, sign in, consent, allow a device and an application elsewhere, take back, and sign out.
async fn live(server: &TestServer, api: &Api) {
    let grants = [GrantType::AuthorizationCode, GrantType::DeviceCode, GrantType::Ciba];
    let registration = Registration::web("web").grants(&grants).scopes("openid read write");
    let web = server.register(registration).await;
    let mut alice = server.alice().await;
    let code = web.code(&mut alice).await;
    web.redeem_by_hand(&code).await;
    web.device_code(&mut alice, &[("scope", "read")]).await;
    let asked = web.post("/bc-authorize", &[("scope", "openid read"), ("login_hint", "alice")]).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    crate::ciba::answer(&mut alice, "allow").await;
    let of_alice = format!("/users/{}", user_id(api, "alice").await);
    gone(api, &format!("{of_alice}/consents/web")).await;
    alice.sign_out().await;
    let mut other = server.browser();
    web.code(&mut other).await;
    let sessions = api.get(&format!("{of_alice}/sessions")).await.json();
    let session = sessions["items"][0]["id"].as_str().unwrap().to_owned();
    gone(api, &format!("{of_alice}/sessions/{session}")).await;
    let mut stranger = server.browser();
    let page = stranger.open(&web.url_with(&[("prompt", "create"), ("scope", "openid")])).await;
    let signed_up = stranger.submit(&page, &[("username", "dave"), ("password", PASSWORD)]).await;
    assert!(signed_up.is_consent() || !signed_up.get("code").is_empty(), "{signed_up:?}");
}

async fn user_id(api: &Api, name: &str) -> String {
    let found = api.get(&format!("/users?q={name}")).await.json();
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

/// The values of a member of the changes of an event that are not null.
fn known(event: &Value, side: &str) -> usize {
    let changes = event["changes"].as_array().unwrap();
    changes.iter().filter(|change| !change[side].is_null()).count()
}

#[tokio::test]
async fn what_is_made_is_said_after_and_what_is_deleted_before() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let api = Api::owner(&server).await;
    let secrets = operate(&api).await;
    live(&server, &api).await;
    let events = all(&server).await;
    for &act in Act::VARIANTS {
        let of_act: Vec<&Value> = events.iter().filter(|event| event["act"] == act.word()).collect();
        let (there, empty) = match doing(act) {
            Doing::Makes => ("after", "before"),
            Doing::Deletes => ("before", "after"),
            Doing::Neither => continue,
        };
        assert!(!of_act.is_empty(), "no event of {}", act.word());
        for event in of_act {
            assert!(known(event, there) > 0, "{event}");
            assert_eq!(known(event, empty), 0, "{event}");
        }
    }
    let text = Value::from(events).to_string();
    for secret in secrets.iter().map(String::as_str).chain([PASSWORD, "$argon2"]) {
        assert!(!text.contains(secret), "{secret}");
    }
}

/// The changes of the one event of an act, as an object: before or after.
async fn said(server: &TestServer, act: &str, side: &str) -> Value {
    let events = super::acts(server, act).await;
    let [event] = &events[..] else { panic!("one event: {events:?}") };
    let changes = event["changes"].as_array().unwrap().iter();
    changes.map(|change| (change["member"].as_str().unwrap().to_owned(), change[side].clone())).collect()
}

#[tokio::test]
async fn a_deleted_object_is_said_as_it_was_before_the_first_step() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let client = json!({ "client_id": "plane", "client_name": "Plane", "kind": "service", "scope": "read" });
    let client = made(&api, "/clients", client).await.0;
    let user =
        json!({ "username": "bob", "email": "bob@example.com", "role": "auditor", "password": PASSWORD });
    let user = made(&api, "/users", user).await.0;
    let (made_client, made_user) =
        (said(&server, "client.created", "after").await, said(&server, "user.created", "after").await);
    assert_eq!((&made_client["scope"], &made_client["disabled"]), (&json!("read"), &json!(false)));
    let bob = json!({
        "claims": {}, "disabled": false, "email": "bob@example.com", "role": "auditor", "username": "bob",
    });
    assert_eq!(made_user, bob);
    gone(&api, &client).await;
    gone(&api, &user).await;
    assert_eq!(said(&server, "client.deleted", "before").await, made_client);
    assert_eq!(said(&server, "user.deleted", "before").await, made_user);
}
