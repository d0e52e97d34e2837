//! What was granted without offline access ends with its session, in whichever way the session ends.

use std::time::Duration;

use grantor::oauth::client::{GrantType, SubjectType};
use grantor::operations::grants;
use grantor::operations::list::Listing;
use grantor::store::grant_records::{GrantFilter, GrantState};
use grantor::work::purge::{Pass, pass};
use serde_json::json;

use crate::support::relying_party::Registration;
use crate::support::server::purging;
use crate::support::{Answer, Application, Operator, TestServer};

const HOUR: Duration = Duration::from_secs(3600);
const LONG: (&str, &str) = ("tokens.access_token_lifetime", "2d");
const API: &str = "https://api.example";

async fn purge(server: &TestServer) {
    let live = server.app.live_sessions(server.app.now());
    let passed = pass(&purging(&server.app, "test"), live).await.unwrap();
    assert!(matches!(passed, Pass::Purged(_)), "{passed:?}");
}

async fn tokens(server: &TestServer, web: &Application, scope: &str) -> Answer {
    let mut browser = server.browser();
    let back = browser.authorize(&web.url_with(&[("scope", scope), ("resource", API)])).await;
    web.redeem_by_hand(&back.get("code")).await
}

/// An opaque token for this server, of the same grant.
async fn opaque(server: &TestServer, web: &Application, refresh: &str) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("resource", &server.url)];
    web.token(&form).await
}

async fn is_active(web: &Application, token: &str) -> bool {
    web.introspect(token).await["active"] == true
}

#[tokio::test]
async fn everything_ends_with_a_session_that_is_not_used() {
    let server = TestServer::start_with(&[LONG]).await;
    server.resource(API, "read").await;
    server.user("alice").await;
    let web = server.register(Registration::web("web").scopes("openid read offline_access")).await;
    let of_session = tokens(&server, &web, "openid read").await;
    let for_server = opaque(&server, &web, &of_session.get("refresh_token")).await;
    let offline = tokens(&server, &web, "openid read offline_access").await;
    let all =
        [of_session.get("access_token"), for_server.get("access_token"), for_server.get("refresh_token")];
    server.clock.advance(8 * HOUR - Duration::from_secs(1));
    for token in &all {
        assert!(is_active(&web, token).await, "{token}");
    }
    server.clock.advance(Duration::from_secs(1));
    for token in &all {
        assert_eq!(web.introspect(token).await, json!({ "active": false }), "{token}");
    }
    let reply = server.user_info(&all[1]).await;
    assert_eq!((reply.status.as_u16(), reply.header("www-authenticate").contains("revoked")), (401, true));
    web.refresh_by_hand(&all[2]).await.assert_json_error(400, "invalid_grant", "session.ended");
    assert!(is_active(&web, &offline.get("access_token")).await);
    assert_eq!(web.refresh_by_hand(&offline.get("refresh_token")).await.status, 200);
    server.clock.advance(Duration::from_secs(60));
    purge(&server).await;
    web.refresh_by_hand(&all[2]).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    let listed = Operator::of(&server).json(&["grant", "list", "--all"]);
    let why: Vec<_> = listed.as_array().unwrap().iter().map(|grant| &grant["revoked_for"]).collect();
    assert!(why.contains(&&json!("session.expired")) && why.contains(&&json!(null)), "{listed}");
}

#[tokio::test]
async fn a_refresh_is_a_use_of_the_session_until_its_lifetime_ends() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let mut token = web.redeem_by_hand(&web.code(&mut alice).await).await.get("refresh_token");
    for _ in 0..23 {
        server.clock.advance(7 * HOUR);
        let answer = web.refresh_by_hand(&token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        token = answer.get("refresh_token");
    }
    assert_ne!(alice.get(&web.url_with(&[])).await.get("code"), "", "the person is still signed in");
    server.clock.advance(7 * HOUR);
    let ended = web.refresh_by_hand(&token).await;
    ended.assert_json_error(400, "invalid_grant", "session.ended");
    assert!(alice.open(&web.url_with(&[])).await.is_sign_in(), "7 days");
}

#[tokio::test]
async fn refreshes_record_the_use_at_most_once_a_minute_and_offline_access_never() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.offline_web().await, server.alice().await);
    let mut token = web.redeem_by_hand(&web.code(&mut alice).await).await.get("refresh_token");
    let offline = web.offline_token(&mut alice).await;
    let begun = server.number("SELECT MAX(last_seen_at) FROM sessions").await;
    for (seconds, seen) in [(59, 0), (1, 60), (59, 60), (1, 120)] {
        server.clock.advance(Duration::from_secs(seconds));
        token = web.refresh_by_hand(&token).await.get("refresh_token");
        assert_eq!(server.number("SELECT MAX(last_seen_at) FROM sessions").await, begun + seen);
    }
    server.clock.advance(HOUR);
    assert_eq!(web.refresh_by_hand(&offline).await.status, 200);
    assert_eq!(server.number("SELECT MAX(last_seen_at) FROM sessions").await, begun + 120);
}

#[tokio::test]
async fn what_a_device_got_follows_the_session_in_which_it_was_allowed() {
    let server = TestServer::start_with(&[LONG]).await;
    let tv = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]).offline();
    let (tv, mut alice) = (server.register(tv).await, server.alice().await);
    let mut held = Vec::new();
    for scope in ["read", "read offline_access"] {
        let code = tv.device_code(&mut alice, &[("scope", scope)]).await;
        let form = [("grant_type", GrantType::DeviceCode.as_str()), ("device_code", code.as_str())];
        held.push(tv.token(&form).await);
    }
    server.clock.advance(7 * HOUR);
    assert_eq!(tv.refresh_by_hand(&held[1].get("refresh_token")).await.status, 200);
    server.clock.advance(HOUR);
    let ended = tv.refresh_by_hand(&held[0].get("refresh_token")).await;
    ended.assert_json_error(400, "invalid_grant", "session.ended");
    for (answer, status) in held.iter().zip([401, 403]) {
        assert_eq!(server.user_info(&answer.get("access_token")).await.status, status);
    }
}

#[tokio::test]
async fn codes_end_with_a_session_that_is_not_used() {
    let server =
        TestServer::start_with(&[("sessions.idle_lifetime", "50s"), ("tokens.code_lifetime", "60s")]).await;
    let tv = Registration::native("tv").grants(&[GrantType::DeviceCode]).offline();
    let (web, tv) = (server.offline_web().await, server.register(tv).await);
    let mut alice = server.alice().await;
    let (first, second) = (web.code(&mut alice).await, web.code(&mut alice).await);
    let mut devices = Vec::new();
    for scope in ["read", "read", "read offline_access"] {
        devices.push(tv.device_code(&mut alice, &[("scope", scope)]).await);
    }
    let poll = async |code: &str| {
        tv.token(&[("grant_type", GrantType::DeviceCode.as_str()), ("device_code", code)]).await
    };
    server.clock.advance(Duration::from_secs(49));
    assert_eq!(web.redeem_by_hand(&first).await.status, 200);
    assert_eq!(poll(&devices[0]).await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    web.redeem_by_hand(&second).await.assert_json_error(400, "invalid_grant", "session.ended");
    poll(&devices[1]).await.assert_json_error(400, "invalid_grant", "session.ended");
    assert_eq!(poll(&devices[2]).await.status, 200, "offline access outlives the session");
}

#[tokio::test]
async fn a_grant_that_has_ended_with_its_session_is_not_listed_as_live() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.offline_web().await, server.alice().await);
    web.redeem_by_hand(&web.code(&mut alice).await).await;
    web.offline_token(&mut alice).await;
    let states = async |ended: bool| {
        let state = (!ended).then_some(GrantState::Live);
        let filter = GrantFilter { state, ..GrantFilter::default() };
        let now = server.app.now();
        let listed = grants::list(
            &server.app.operations(now, grantor::operations::actor::Actor::server()),
            Listing { filter, limit: 9, cursor: None },
        )
        .await
        .unwrap();
        listed.items.iter().map(|grant| grant.state(now).as_str()).collect::<Vec<_>>()
    };
    server.clock.advance(8 * HOUR - Duration::from_secs(1));
    assert_eq!(states(false).await, ["live", "live"]);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(states(false).await, ["live"]);
    let mut all = states(true).await;
    all.sort_unstable();
    assert_eq!(all, ["expired", "live"]);
}

#[tokio::test]
async fn applications_are_notified_when_an_ended_session_is_purged() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("app").scopes("openid read");
    registration.client.logout.back_channel = Some("https://app.example/logged-out".into());
    let (app, mut alice) = (server.register(registration).await, server.alice().await);
    let back = alice.authorize(&app.url_with(&[("scope", "openid read")])).await;
    app.redeem_by_hand(&back.get("code")).await;
    let notified =
        async || server.number("SELECT COUNT(*) FROM logout_deliveries WHERE client_id = 'app'").await;
    server.clock.advance(8 * HOUR + Duration::from_secs(59));
    purge(&server).await;
    assert_eq!(notified().await, 0, "clocks differ by up to a minute");
    server.clock.advance(Duration::from_secs(1));
    purge(&server).await;
    assert_eq!(notified().await, 1);
    assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn a_disabled_user_keeps_only_offline_access() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.offline_web().await, server.alice().await);
    let of_session = web.redeem_by_hand(&web.code(&mut alice).await).await.get("refresh_token");
    let offline = web.offline_token(&mut alice).await;
    let operator = Operator::of(&server);
    operator.done(&["user", "disable", "alice"]);
    operator.done(&["user", "enable", "alice"]);
    let ended = web.refresh_by_hand(&of_session).await;
    ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    assert_eq!(web.refresh_by_hand(&offline).await.status, 200);
}

#[tokio::test]
async fn the_hint_of_a_session_that_the_browser_has_lost_ends_what_its_client_got_in_it() {
    for subject_type in [SubjectType::Public, SubjectType::Pairwise] {
        hint_of_a_lost_session(subject_type).await;
    }
}

async fn hint_of_a_lost_session(subject_type: SubjectType) {
    let server = TestServer::start().await;
    let registered = async |id| {
        let mut registration = Registration::web(id).scopes("openid read offline_access");
        registration.client.subject_type = subject_type;
        server.register(registration).await
    };
    let (web, other) = (registered("web").await, registered("other").await);
    let mut alice = server.alice().await;
    let mut held = async |app: &Application, scope: &str| {
        let back = alice.authorize(&app.url_with(&[("scope", scope)])).await;
        app.redeem_by_hand(&back.get("code")).await
    };
    let of_session = held(&web, "openid read").await;
    let offline = held(&web, "openid offline_access").await;
    let of_other = held(&other, "openid read").await;
    let hint = of_session.get("id_token");
    let path = format!("/logout?id_token_hint={hint}");
    let page = server.browser().open(&path).await;
    assert!(page.body.contains("id=\"signed-out\""), "{page:?}");
    let ended = web.refresh_by_hand(&of_session.get("refresh_token")).await;
    ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    assert_eq!(web.introspect(&of_session.get("access_token")).await, json!({ "active": false }));
    assert_eq!(web.refresh_by_hand(&offline.get("refresh_token")).await.status, 200);
    assert_eq!(other.refresh_by_hand(&of_other.get("refresh_token")).await.status, 200);
    assert!(alice.get("/").await.body.contains(">alice</bdi>"), "the session goes on");
}
