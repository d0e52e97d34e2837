//! Refusals without a command: the mistake is the application's, the command would be refused, or it would give away security
//! that no one has decided to give away.

use grantor::oauth::client::profile::Profile;
use grantor::oauth::client::{AuthMethod, ClientKind, Demand, GrantType, SubjectType};
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::signing_key::SigningAlgorithm;

use super::without_command;
use crate::support::jwt::{jwks, key};
use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

/// A client, the changes of its request, and the reason.
type Case<'c> = (Registration, &'c [(&'c str, &'c str)], &'c str);

async fn none_has_a_command(server: &TestServer, cases: Vec<Case<'_>>) {
    for (index, (mut registration, changes, expected)) in cases.into_iter().enumerate() {
        registration.client.id = grantor::oauth::id::ClientId::new(format!("client-{index}"));
        let app = server.register(registration).await;
        let (mut browser, url) = (server.browser(), app.url_with(changes));
        without_command(server, expected, async || browser.get(&url).await).await;
    }
}

const WITHOUT_PKCE: &[(&str, &str)] = &[("code_challenge", ""), ("code_challenge_method", "")];

#[tokio::test]
async fn pkce_is_not_switched_off_for_a_client_that_knows_it_or_must_use_it() {
    let server = TestServer::start().await;
    let web = || Registration::web("web").pkce(Demand::Require);
    let mut with_profile = Registration::web("web");
    with_profile.client.profile = Some(Profile::OAuth21);
    let cases: Vec<Case<'_>> = vec![
        (web(), &[("code_challenge", "")], "pkce.challenge_missing"),
        (Registration::web("web"), &[("code_challenge", "")], "pkce.challenge_missing"),
        (Registration::spa("spa"), WITHOUT_PKCE, "pkce.challenge_missing"),
        (Registration::native("native"), WITHOUT_PKCE, "pkce.challenge_missing"),
        (with_profile, WITHOUT_PKCE, "pkce.challenge_missing"),
    ];
    none_has_a_command(&server, cases).await;
}

#[tokio::test]
async fn what_the_profile_of_the_server_forbids_has_no_command() {
    let server = TestServer::start_with(&[("oauth.profile", "oauth21")]).await;
    let web = server.register(Registration::web("web").scopes("openid read")).await;
    let mut browser = server.browser();
    let requests: [(&[(&str, &str)], &str); 2] = [
        (WITHOUT_PKCE, "pkce.challenge_missing"),
        (&[("response_type", "code id_token"), ("scope", "openid")], "response_type.not_allowed"),
    ];
    for (changes, expected) in requests {
        let refused = browser.get(&web.url_with(changes)).await;
        grantor::work::kept_refusals::store(&server.app).await;
        let id = refused.header("x-request-id").to_owned();
        let mut command = Operator::of(&server).command(&["explain", &id, "--json"]);
        let output = command.env("GRANTOR_OAUTH__PROFILE", "oauth21").output().unwrap();
        let explained: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&explained["reason"], &explained["command"]),
            (&expected.into(), &().into()),
            "{output:?}"
        );
    }
}

#[tokio::test]
async fn what_the_other_settings_of_the_client_refuse_has_no_command() {
    let server = TestServer::start().await;
    let code = [GrantType::AuthorizationCode];
    let mut pairwise = Registration::web("web");
    pairwise.client.subject_type = SubjectType::Pairwise;
    let cases: Vec<Case<'_>> = vec![
        (Registration::web("web").grants(&code), &[("scope", "read offline_access")], "scope.forbidden"),
        (
            Registration::web("web").scopes("read"),
            &[("response_type", "code id_token")],
            "response_type.not_allowed",
        ),
        (pairwise, &[("redirect_uri", "https://other.example/cb")], "redirect_uri.host_mismatch"),
        (
            Registration::web("web"),
            &[("redirect_uri", "http://app.example/callback")],
            "redirect_uri.scheme_mismatch",
        ),
    ];
    none_has_a_command(&server, cases).await;
}

#[tokio::test]
async fn what_one_command_does_not_cure_has_none() {
    let server = TestServer::start().await;
    let long = format!("https://app.example/{}", "a".repeat(400));
    let uri = |uri| [("redirect_uri", uri)];
    let (quoted, listed) = ("https://app.example/\"", "https://app.example/cb,https://b.example/cb");
    let (quoted, listed, long) = (uri(quoted), uri(listed), uri(&long));
    let web = || Registration::web("web");
    let cases: Vec<Case<'_>> = vec![
        // What came is escaped, so that the address in the command would be another one.
        (web(), &quoted, "redirect_uri.path_mismatch"),
        (web(), &listed, "redirect_uri.path_mismatch"),
        (web(), &long, "redirect_uri.path_mismatch"),
        (web(), &[("scope", "some unknown names")], "scope.unknown"),
        (web(), &[("scope", "grantor.unknown")], "scope.unknown"),
        (web(), &[("scope", "-x")], "scope.unknown"),
    ];
    none_has_a_command(&server, cases).await;
}

#[tokio::test]
async fn the_management_api_is_not_given_away_by_a_command() {
    let server = TestServer::start().await;
    let own = format!("{}/api/v1", server.app.issuer);
    let asked = [("scope", "grantor.clients.write"), ("resource", own.as_str())];
    none_has_a_command(&server, vec![(Registration::web("web"), &asked, "scope.forbidden")]).await;
}

#[tokio::test]
async fn a_client_with_a_key_does_not_go_back_to_a_secret() {
    let server = TestServer::start().await;
    let mut registration = Registration::service("job").method(AuthMethod::PrivateKeyJwt);
    registration.client.jwks = Some(jwks(&[&key(SigningAlgorithm::Es256)]));
    server.register(registration).await;
    let form = [("client_id", "job"), ("client_secret", "x"), ("grant_type", "client_credentials")];
    without_command(&server, "client.method_not_allowed", async || server.token(&form).await).await;
}

#[tokio::test]
async fn a_client_with_five_secrets_gets_no_sixth_and_a_public_one_no_grant_that_needs_a_proof() {
    let server = TestServer::start().await;
    server.web().await;
    for _ in 0..4 {
        Operator::of(&server).done(&["client", "add-secret", "web"]);
    }
    let form = [("client_id", "web"), ("client_secret", "wrong"), ("grant_type", "refresh_token")];
    without_command(&server, "client.secret_wrong", async || server.token(&form).await).await;
    let spa = server.register(Registration::spa("spa")).await;
    let form = [("grant_type", "client_credentials")];
    without_command(&server, "client.grant_not_allowed", async || spa.token(&form).await).await;
}

#[tokio::test]
async fn a_reason_about_made_up_names_has_no_command_with_them() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web");
    registration.client.certificate.bound_tokens = true;
    registration.client.redirect_uris =
        vec![RegisteredUri::register("https://app.example/callback", ClientKind::Web).unwrap()];
    let web = server.register(registration).await;
    let form = [("grant_type", "authorization_code"), ("code", "x")];
    without_command(&server, "client_certificate.required", async || web.token(&form).await).await;
    let unknown = [("client_id", "unknown")];
    let (mut browser, url) = (server.browser(), web.url_with(&unknown));
    without_command(&server, "client.unknown", async || browser.get(&url).await).await;
}
