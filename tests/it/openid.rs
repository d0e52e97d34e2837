//! OpenID Connect sign-ins, checked by the `openidconnect` crate: discovery, ID Token, UserInfo, refresh.

use std::time::Duration;

use grantor::oauth::signing_key::SigningAlgorithm;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdTokenClaims, CoreProviderMetadata,
    CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims, IssuerUrl,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse as _,
    UserInfoClaims,
};
use serde_json::Value;

use crate::support::jwt::parts;
use crate::support::relying_party::{Registration, send};
use crate::support::{Application, Browser, Operator, TestServer};

/// What a client of the `openidconnect` crate has after a sign-in.
struct SignedIn {
    claims: CoreIdTokenClaims,
    refreshed: CoreIdTokenClaims,
    reply: UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>,
}

fn registration(id: &str, algorithm: Option<SigningAlgorithm>) -> Registration {
    let mut registration = Registration::web(id).scopes("openid profile email read");
    registration.client.id_token_alg = algorithm;
    registration
}

/// Signs Alice in, knowing only the issuer's URL and the client's credentials.
async fn sign_in(server: &TestServer, app: &Application, alice: &mut Browser) -> SignedIn {
    let issuer = IssuerUrl::new(server.url.clone()).unwrap();
    let provider = CoreProviderMetadata::discover_async(issuer, &send).await.unwrap();
    let secret = app.secret.clone().map(ClientSecret::new);
    let client = CoreClient::from_provider_metadata(provider, ClientId::new(app.id.clone()), secret)
        .set_redirect_uri(RedirectUrl::new(app.redirect_uri.clone()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.into())))
        .set_pkce_challenge(challenge)
        .url();
    let back = alice.authorize(url.as_str()).await;
    assert_eq!(back.get("state"), *state.secret());

    let code = AuthorizationCode::new(back.get("code"));
    let request = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = request.request_async(&send).await.unwrap();
    let claims = verified(&client, &tokens, &nonce);

    let refresh = tokens.refresh_token().expect("a refresh token").clone();
    let request = client.exchange_refresh_token(&refresh).unwrap();
    let later = request.request_async(&send).await.unwrap();
    let absent =
        |nonce: Option<&Nonce>| nonce.map_or(Ok(()), |_| Err("a nonce in a refreshed token".to_owned()));
    let refreshed = later.id_token().unwrap().claims(&client.id_token_verifier(), absent).unwrap().clone();

    let subject = Some(claims.subject().clone());
    let request = client.user_info(later.access_token().clone(), subject).unwrap();
    SignedIn { claims, refreshed, reply: request.request_async(&send).await.unwrap() }
}

/// The claims of an ID Token, after its signature, issuer, audience, times, nonce and `at_hash` were verified.
fn verified<A, B, C, D, E, F>(
    client: &CoreClient<A, B, C, D, E, F>,
    tokens: &CoreTokenResponse,
    nonce: &Nonce,
) -> CoreIdTokenClaims
where
    A: openidconnect::EndpointState,
    B: openidconnect::EndpointState,
    C: openidconnect::EndpointState,
    D: openidconnect::EndpointState,
    E: openidconnect::EndpointState,
    F: openidconnect::EndpointState,
{
    let (verifier, token) = (client.id_token_verifier(), tokens.id_token().expect("an ID Token"));
    let claims = token.claims(&verifier, nonce).unwrap();
    let (algorithm, key) = (token.signing_alg().unwrap(), token.signing_key(&verifier).unwrap());
    let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));
    claims.clone()
}

#[tokio::test]
async fn a_person_signs_in_with_every_algorithm() {
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 PS256 ES256 EdDSA")]).await;
    let mut alice = server.alice().await;
    let mut subjects = Vec::new();
    // The library does not know the new name of EdDSA, which `ed25519` is about.
    let known = SigningAlgorithm::ALL.iter().filter(|algorithm| **algorithm != SigningAlgorithm::Ed25519);
    for &algorithm in known {
        let app = server.register(registration(algorithm.as_str(), Some(algorithm))).await;
        let SignedIn { claims, refreshed, reply } = sign_in(&server, &app, &mut alice).await;
        assert_eq!(claims.subject(), refreshed.subject(), "{algorithm}");
        assert_eq!(claims.auth_time(), refreshed.auth_time(), "{algorithm}");
        assert_eq!(reply.subject(), claims.subject(), "{algorithm}");
        assert_eq!(reply.preferred_username().unwrap().as_str(), "alice");
        assert_eq!(reply.email().unwrap().as_str(), "alice@example.com");
        assert_eq!(reply.email_verified(), Some(false));
        subjects.push(claims.subject().clone());
    }
    assert!(subjects.iter().all(|subject| *subject == subjects[0]), "{subjects:?}");
}

/// The token response after an authorization request with `changes` over the good parameters.
async fn tokens(app: &Application, alice: &mut Browser, changes: &[(&str, &str)]) -> Value {
    let back = alice.authorize(&app.url_with(changes)).await;
    let answer = app.redeem_by_hand(&back.get("code")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn tokens_are_signed_with_rs256_by_default_if_it_is_offered() {
    for (offered, usual) in [("ES256 RS256", "RS256"), ("EdDSA ES256", "EdDSA")] {
        let server = TestServer::start_with(&[("keys.algorithms", offered)]).await;
        let app = server.register(registration("app", None)).await;
        let tokens = tokens(&app, &mut server.alice().await, &[("scope", "openid")]).await;
        let [header, _] = parts(tokens["id_token"].as_str().unwrap());
        assert_eq!((&header["alg"], &header["typ"]), (&usual.into(), &"JWT".into()));
        let kids = server.get("/jwks").await.json()["keys"].clone();
        let key = kids.as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!(key["alg"], usual);
    }
}

#[tokio::test]
async fn a_removed_algorithm_does_not_use_codes_up() {
    let server = TestServer::start().await;
    let app = server.register(registration("app", Some(SigningAlgorithm::Rs256))).await;
    let back = server.alice().await.authorize(&app.url_with(&[("scope", "openid")])).await;
    app.redeem_by_hand(&back.get("code")).await.assert_json_error(500, "server_error", "server.failed");
    assert_eq!(server.number("SELECT COUNT(*) FROM codes WHERE consumed_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn an_id_token_says_when_and_how_the_person_signed_in() {
    let server = TestServer::start().await;
    let app = server.register(registration("app", None)).await;
    let mut alice = server.alice().await;
    let began = server.app.now().as_unix();
    tokens(&app, &mut alice, &[("scope", "read")]).await;
    server.clock.advance(Duration::from_secs(1000));
    let tokens = tokens(&app, &mut alice, &[("scope", "openid"), ("nonce", "n \u{e9}")]).await;
    assert_eq!(tokens["scope"], "openid");
    let [_, claims] = parts(tokens["id_token"].as_str().unwrap());
    let now = server.app.now().as_unix();
    let expected = serde_json::json!({
        "iss": server.url, "aud": "app", "azp": "app", "iat": now, "exp": now + 600, "auth_time": began,
        "nonce": "n \u{e9}", "acr": "1", "amr": ["pwd"],
        "sub": claims["sub"], "sid": claims["sid"], "at_hash": claims["at_hash"],
    });
    assert_eq!(claims, expected);
    let sessions = Operator::of(&server).json(&["session", "list"]);
    assert_eq!(sessions[0]["id"], claims["sid"]);
    assert_eq!(sessions[0]["user_id"], claims["sub"]);
}

#[tokio::test]
async fn without_the_openid_scope_there_is_no_id_token() {
    let server = TestServer::start().await;
    let app = server.register(registration("app", None)).await;
    let mut alice = server.alice().await;
    let tokens = tokens(&app, &mut alice, &[("scope", "profile read"), ("nonce", "n")]).await;
    assert!(tokens.get("id_token").is_none(), "{tokens}");
    let refreshed = app.refresh_by_hand(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert!(refreshed.get("id_token").is_none(), "{refreshed}");
}

#[tokio::test]
async fn a_refresh_without_openid_returns_no_id_token() {
    let server = TestServer::start().await;
    let app = server.register(registration("app", None)).await;
    let tokens = tokens(&app, &mut server.alice().await, &[("scope", "openid read")]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", "read")];
    let narrowed = app.token(&form).await.json();
    assert_eq!((narrowed.get("id_token"), &narrowed["scope"]), (None, &"read".into()));
}

#[tokio::test]
async fn a_nonce_comes_back_as_it_was_up_to_512_bytes() {
    let server = TestServer::start().await;
    let app = server.register(registration("app", None)).await;
    let mut alice = server.alice().await;
    let longest = "\u{e9}".repeat(256);
    let tokens = tokens(&app, &mut alice, &[("scope", "openid"), ("nonce", &longest)]).await;
    assert_eq!(parts(tokens["id_token"].as_str().unwrap())[1]["nonce"], longest.as_str());
    let answer = alice.get(&app.url_with(&[("scope", "openid"), ("nonce", &"x".repeat(513))])).await;
    answer.assert_redirect_error("invalid_request", "parameter.too_long", &server.url);
    let form = app.request_with(&[("nonce", &"x".repeat(1_000_000))]);
    let answer = alice.post_raw("/authorize", "application/x-www-form-urlencoded", form.into_bytes()).await;
    answer.assert_page(413, "request.too_large");
}
