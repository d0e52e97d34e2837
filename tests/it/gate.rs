//! Revocation: when something ends for a person or a client, every token and code issued for it fails at the next use.

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::{GrantType, TokenFormat};
use grantor::oauth::grant::scope::Scope;
use serde_json::json;

use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Event, Operator, TestServer};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ALL_OF_A_PERSON: [GrantType; 3] =
    [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::DeviceCode];

/// An event that ends what was issued, or a change that only affects new tokens.
#[derive(Clone, Copy, Debug)]
enum Change {
    Event(Event),
    LeftGroupOfClient,
    LeftGroupOfScope,
}

impl Change {
    fn all() -> impl Iterator<Item = Self> {
        let left = [Self::LeftGroupOfClient, Self::LeftGroupOfScope];
        Event::ALL.into_iter().map(Self::Event).chain(left)
    }

    /// Prepares the data that the change needs.
    fn prepare(self, operator: &Operator) {
        operator.done(&["user", "update", "alice", "--group", "staff"]);
        match self {
            Self::LeftGroupOfClient => {
                operator.done(&["client", "update", "app", "--require-group", "staff"]);
            }
            Self::LeftGroupOfScope => {
                operator.done(&["scope", "update", "read", "--require-group", "staff"]);
            }
            Self::Event(_) => {}
        }
    }

    async fn happen(self, operator: &Operator, browser: &mut Browser) {
        match self {
            Self::Event(event) => event.happen("app", operator, browser).await,
            Self::LeftGroupOfClient | Self::LeftGroupOfScope => {
                operator.done(&["user", "update", "alice", "--group", "guests"]);
            }
        }
    }

    /// Whether access tokens that were already issued stay valid until they expire: such a change only affects new
    /// ones.
    fn spares_access_tokens(self) -> bool {
        matches!(self, Self::LeftGroupOfClient | Self::LeftGroupOfScope)
    }

    /// Whether grants with offline_access survive.
    fn spares_offline_access(self) -> bool {
        matches!(self, Self::Event(event) if event.spares_offline_access())
    }

    fn refusals(self) -> &'static [&'static str] {
        match self {
            Self::Event(Event::ClientDisabled) => &["invalid_client"],
            // What the client held is deleted with it; the client record itself may be cached for another second.
            Self::Event(Event::ClientDeleted) => &["invalid_client", "invalid_grant"],
            _ => &["invalid_grant"],
        }
    }
}

/// What an application holds.
struct HeldTokens {
    code: String,
    /// Allowed by the person, not yet fetched.
    device_code: String,
    access_token: String,
    refresh_token: String,
}

async fn held(app: &Application, browser: &mut Browser, scope: &str) -> HeldTokens {
    let mut code = async || browser.authorize(&app.url_with(&[("scope", scope)])).await.get("code");
    let tokens = app.redeem_by_hand(&code().await).await;
    HeldTokens {
        code: code().await,
        device_code: app.device_code(browser, &[("scope", scope)]).await,
        access_token: tokens.get("access_token"),
        refresh_token: tokens.get("refresh_token"),
    }
}

#[tokio::test]
async fn no_token_outlives_the_person_client_or_session_it_was_issued_for() {
    for change in Change::all() {
        for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
            for scope in ["openid read", "openid read offline_access"] {
                let server = TestServer::start().await;
                let mut registration = Registration::web("app").grants(&ALL_OF_A_PERSON);
                registration.client.scopes = Scope::from_stored("openid read offline_access");
                registration.client.token_format = format;
                let app = server.register(registration).await;
                let api = server.register(Registration::service("api")).await;
                let operator = Operator::of(&server);
                let issuer = server.url.clone();
                operator.done(&["resource", "create", &issuer, "--client", "api"]);
                let mut alice = server.alice().await;
                change.prepare(&operator);
                let held = held(&app, &mut alice, scope).await;
                assert_eq!(server.user_info(&held.access_token).await.status, 200);
                assert_eq!(api.introspect(&held.access_token).await["active"], true);

                change.happen(&operator, &mut alice).await;
                let what = format!("{change:?} {format:?} {scope}");
                let code = app.redeem_by_hand(&held.code).await;
                let refreshed = app.refresh_by_hand(&held.refresh_token).await;
                let form = [("grant_type", DEVICE_CODE), ("device_code", held.device_code.as_str())];
                let fetched = app.token(&form).await;
                let spared = change.spares_offline_access() && scope.contains("offline_access");
                let is_active = spared || change.spares_access_tokens();
                assert_eq!(server.user_info(&held.access_token).await.status == 200, is_active, "{what}");
                let reply = api.introspect(&held.access_token).await;
                assert_eq!(reply["active"], json!(is_active), "{what}");
                assert_eq!(refreshed.status == 200, spared, "{what}: {refreshed:?}");
                // A code can only be redeemed once, so the first answer decides.
                let refusals = change.refusals();
                assert!(refusals.contains(&code.get("error").as_str()), "{what}: {code:?}");
                let is_refused = refusals.contains(&refreshed.get("error").as_str());
                assert!(spared || is_refused, "{what}: {refreshed:?}");
                // Signing out in the browser where a device was allowed does not sign the device out.
                assert_eq!(fetched.status == 200, spared, "{what}: {fetched:?}");
                let is_refused = refusals.contains(&fetched.get("error").as_str());
                assert!(spared || is_refused, "{what}: {fetched:?}");
            }
        }
    }
}

/// A change of a scope takes effect within a second; this makes it take effect at once.
async fn see_scopes(server: &TestServer) {
    server.app.cache.catalogue(Freshness::Now).await.expect("the catalogue");
}

#[tokio::test]
async fn only_members_of_the_required_group_get_in() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let app = server.register(Registration::web("app").scopes("openid read write")).await;
    let mut alice = server.alice().await;
    operator.done(&["client", "update", "app", "--require-group", "staff"]);
    assert_eq!(operator.json(&["client", "show", "app"])["required_group"], "staff");
    let back = alice.authorize(&app.url_with(&[])).await;
    back.assert_redirect_error("access_denied", "user.group_missing", &server.url);
    let silent = alice.get(&app.url_with(&[("prompt", "none")])).await;
    silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    operator.done(&["user", "update", "alice", "--group", "staff"]);
    assert!(!app.code(&mut alice).await.is_empty());

    // The scope may be for other groups than the application.
    operator.done(&["scope", "update", "write", "--require-group", "editors"]);
    see_scopes(&server).await;
    let both = [("scope", "read write")];
    let back = alice.authorize(&app.url_with(&both)).await;
    back.assert_redirect_error("access_denied", "user.group_missing", &server.url);
    operator.done(&["user", "update", "alice", "--group", "staff", "--group", "editors"]);
    let code = alice.authorize(&app.url_with(&both)).await.get("code");
    let refresh = app.redeem_by_hand(&code).await.get("refresh_token");
    operator.done(&["user", "update", "alice", "--group", "staff"]);
    let refused = app.refresh_by_hand(&refresh).await;
    refused.assert_json_error(400, "invalid_grant", "subject.group_missing");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("scope", "read")];
    assert_eq!(app.token(&form).await.get("scope"), "read", "without it she goes on");
    operator.done(&["client", "update", "app", "--no-required-group"]);
    operator.done(&["scope", "update", "write", "--no-required-group"]);
    see_scopes(&server).await;
    operator.done(&["user", "update", "alice", "--group", "guests"]);
    assert!(!alice.authorize(&app.url_with(&both)).await.get("code").is_empty());
    let text = operator.run(&["client", "update", "app", "--require-group", " "]);
    assert_eq!(text.status.code(), Some(2), "{text:?}");
}
