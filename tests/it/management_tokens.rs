//! Access tokens for the management API: who acts with them, and what they permit.

use std::time::Duration;

use grantor::cache::catalogue::Freshness;
use grantor::failure::Denied;
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::id::{ClientId, UserId};
use grantor::oauth::identity::role::Role;
use grantor::oauth::permission::{Area, Need, Permissions, management_scopes};
use grantor::oauth::reason::Reason;
use grantor::operations::actor::{Actor, ActorKind, Authority};
use grantor::store::users;
use grantor::tokens::management::holder_of;
use serde_json::json;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Operator, TestServer};

async fn actor(server: &TestServer, token: &str) -> Result<Actor, Reason> {
    match holder_of(&server.app, token, server.app.now()).await {
        Ok(holder) => Ok(holder.actor),
        Err(Denied::Refused(error)) => Err(error.reason),
        Err(Denied::Failed(failure)) => panic!("{failure}"),
    }
}

async fn permissions(server: &TestServer, token: &str) -> Permissions {
    match actor(server, token).await.expect("a valid token").authority {
        Authority::Limited(permissions) => permissions,
        other => panic!("{other:?}"),
    }
}

fn of(scope: &str) -> Permissions {
    Permissions::of(&Scope::from_stored(scope))
}

/// Checks that a token permits this, no less and no more.
async fn assert_permits(server: &TestServer, token: &str, expected: &Permissions) {
    let found = permissions(server, token).await;
    assert!(found.include(expected) && expected.include(&found), "{found:?} instead of {expected:?}");
}

async fn own_token(service: &Application, more: &[(&str, &str)]) -> Answer {
    service.token(&[&[("grant_type", "client_credentials")], more].concat()).await
}

#[tokio::test]
async fn a_client_acts_by_its_own_token_with_the_scope_of_the_token() {
    let server = TestServer::start().await;
    let scopes = "grantor.clients.read grantor.users.write read";
    let robot = server.register(Registration::service("robot").scopes(scopes)).await;
    let uri = format!("{}/api/v1", server.app.issuer);
    let by_default = own_token(&robot, &[("scope", "grantor.clients.read")]).await;
    let by_name = own_token(&robot, &[("scope", "grantor.clients.read read"), ("resource", &uri)]).await;
    for answer in [by_default, by_name] {
        assert_eq!(answer.get("scope"), "grantor.clients.read", "{answer:?}");
        let token = answer.get("access_token");
        let found = actor(&server, &token).await.unwrap();
        assert_eq!((found.kind, found.id.as_deref()), (ActorKind::Client, Some("robot")));
        assert_eq!((found.name.as_deref(), found.client), (Some("The robot application"), None));
        assert_permits(&server, &token, &of("grantor.clients.read")).await;
        let info = server.user_info(&token).await;
        info.assert_json_error(401, "invalid_token", "bearer.audience");
        let read = robot.post("/introspect", &[("token", &token)]).await.json();
        assert_eq!(read["aud"], json!(uri), "{read}");
    }
    let mixed = own_token(&robot, &[("scope", "grantor.users.write read")]).await;
    assert_eq!(mixed.get("scope"), "read", "a token for this server has no scope of the management API");
    assert_eq!(actor(&server, &mixed.get("access_token")).await.unwrap_err(), Reason::BearerAudience);
    own_token(&robot, &[("scope", "grantor.write")]).await.assert_json_error(
        400,
        "forbidden_scope",
        "scope.forbidden",
    );
    let unasked = own_token(&robot, &[]).await;
    assert_eq!(unasked.get("scope"), "read", "a sensitive scope must be named");
    assert_eq!(actor(&server, "grantor_at_unknown").await.unwrap_err(), Reason::BearerUnknown);
}

#[tokio::test]
async fn a_token_permits_no_more_than_its_client_is_registered_for_now() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let scopes = "grantor.clients.write grantor.users.read";
    let robot = server.register(Registration::service("robot").scopes(scopes)).await;
    let token = own_token(&robot, &[("scope", scopes)]).await.get("access_token");
    assert_permits(&server, &token, &of(scopes)).await;
    operator.done(&["client", "update", "robot", "--remove-scope", "grantor.clients.write"]);
    let id = ClientId::new("robot");
    server.app.cache.client(&id, Freshness::Now).await.unwrap();
    assert_permits(&server, &token, &of("grantor.users.read")).await;
    server.clock.advance(Duration::from_secs(3600));
    assert_eq!(actor(&server, &token).await.unwrap_err(), Reason::BearerExpired);
    let token = own_token(&robot, &[("scope", "grantor.users.read")]).await.get("access_token");
    operator.done(&["client", "update", "robot", "--disable"]);
    assert_eq!(actor(&server, &token).await.unwrap_err(), Reason::BearerRevoked);
}

async fn set_role(server: &TestServer, user: &UserId, role: Option<Role>) {
    let user = user.clone();
    server.store(async move |tx| users::set_role(tx, &user, role).await).await;
}

#[tokio::test]
async fn a_person_acts_within_their_present_role_and_only_while_the_account_is_enabled() {
    let server = TestServer::start().await;
    let scopes = "openid grantor.write grantor.read";
    let console = server.register(Registration::web("console").scopes(scopes)).await;
    let mut browser = server.alice().await;
    let answer = browser.authorize(&console.url_with(&[("scope", scopes)])).await;
    let tokens = console.redeem_by_hand(&answer.get("code")).await;
    assert_eq!(tokens.get("scope"), "grantor.read grantor.write", "{tokens:?}");
    assert_ne!(tokens.get("id_token"), "");
    let token = tokens.get("access_token");
    let found = actor(&server, &token).await.unwrap();
    let alice = UserId::new(found.id.clone().unwrap());
    assert_eq!((found.kind, found.name.as_deref()), (ActorKind::PersonByClient, Some("alice")));
    assert_eq!(found.client.as_deref(), Some("console"));
    assert_eq!(found.authority, Authority::Limited(Permissions::default()), "without a role, nothing");
    for role in [Role::Auditor, Role::Operator, Role::Owner] {
        set_role(&server, &alice, Some(role)).await;
        assert_permits(&server, &token, &role.limit()).await;
    }
    set_role(&server, &alice, Some(Role::Auditor)).await;
    let as_auditor = permissions(&server, &token).await;
    assert!(as_auditor.cover(Need::read(Area::ApiKeys)) && !as_auditor.cover(Need::write(Area::Clients)));
    set_role(&server, &alice, None).await;
    assert!(permissions(&server, &token).await.is_empty(), "at once");
    set_role(&server, &alice, Some(Role::Owner)).await;
    server.sql("UPDATE users SET disabled_at = 1").await;
    assert_eq!(actor(&server, &token).await.unwrap_err(), Reason::BearerRevoked);
}

#[tokio::test]
async fn a_role_gives_nothing_beyond_the_scope_of_the_token() {
    let server = TestServer::start().await;
    let console =
        server.register(Registration::web("console").scopes("openid grantor.users.read read")).await;
    let mut browser = server.alice().await;
    let uri = format!("{}/api/v1", server.app.issuer);
    let scope = "openid read grantor.users.read";
    let url = console.url_with(&[("scope", scope), ("resource", &uri)]);
    let code = browser.authorize(&url).await.get("code");
    let token = console.redeem_by_hand(&code).await.get("access_token");
    let alice = UserId::new(actor(&server, &token).await.unwrap().id.unwrap());
    set_role(&server, &alice, Some(Role::Owner)).await;
    assert_permits(&server, &token, &of("grantor.users.read")).await;
}

#[tokio::test]
async fn no_other_resource_takes_the_place_of_the_management_api() {
    let server = TestServer::start().await;
    let uri = format!("{}/api/v1", server.app.issuer);
    // Registered before the server had this URL.
    server.resource(&uri, "read").await;
    let reader = server.register(Registration::service("reader").scopes("read")).await;
    let refused = own_token(&reader, &[("scope", "read"), ("resource", &uri)]).await;
    refused.assert_json_error(400, "invalid_target", "resource.not_allowed");
    let robot = server.register(Registration::service("robot").scopes("grantor.read")).await;
    let token = own_token(&robot, &[("scope", "grantor.read")]).await.get("access_token");
    assert_permits(&server, &token, &of("grantor.read")).await;
}

#[tokio::test]
async fn every_scope_of_the_management_api_exists_is_sensitive_and_can_be_given_to_a_client_by_name() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let listed = operator.json(&["scope", "list", "--search", "grantor."]);
    let mut names: Vec<String> = management_scopes().collect();
    names.sort();
    let found: Vec<&str> =
        listed.as_array().unwrap().iter().map(|scope| scope["name"].as_str().unwrap()).collect();
    assert_eq!(found, names);
    assert!(listed.as_array().unwrap().iter().all(|scope| scope["sensitive"] == json!(true)));
    let all = names.join(" ");
    let create = ["client", "create", "--id", "ops", "--name", "Ops", "--kind", "service", "--scope", &all];
    assert_eq!(operator.json(&create)["scope"], json!(all));
    // Where a server without a configuration listens.
    operator.done(&["client", "update", "ops", "--resource", "http://127.0.0.1:8080/api/v1"]);
    for (arguments, part) in [
        (vec!["scope", "delete", "grantor.read", "--force", "--yes"], "belongs to the management API"),
        (vec!["scope", "update", "grantor.read", "--sensitive", "false"], "belongs to the management API"),
        (vec!["scope", "create", "grantor.mine", "--description", "Mine"], "come with the server"),
    ] {
        let text = operator.refused(&arguments);
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    let published = server.get("/.well-known/oauth-authorization-server").await.json();
    let published = published["scopes_supported"].as_array().unwrap();
    assert!(!published.iter().any(|name| name.as_str().unwrap().starts_with("grantor.")));
}
