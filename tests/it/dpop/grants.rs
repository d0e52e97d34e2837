//! Every grant issues tokens that are bound to the key of the proof, and a bound refresh token demands the same key.

use std::time::Duration;

use grantor::clock::Timestamp;
use grantor::oauth::client::{AuthMethod, Client, GrantType, TokenFormat};
use grantor::oauth::grant::trusted_issuer::IssuerKeys;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::store::db::Tx;
use grantor::store::trusted_issuers;
use reqwest::Method;
use serde_json::json;

use super::{CLIENT_CREDENTIALS, assert_bound};
use crate::support::dpop::ProofKey;
use crate::support::jwt;
use crate::support::relying_party::Registration;
use crate::support::{Application, Operator, TestServer};
use crate::trusted_issuers::{BEARER, IDP, SUBJECT, gateway, said, trust};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

fn refresh(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

async fn format(server: &TestServer, id: &str, format: TokenFormat) -> Application {
    let mut registration = Registration::service(id);
    registration.client.token_format = format;
    server.register(registration).await
}

#[tokio::test]
async fn an_opaque_token_and_a_jwt_of_a_client_are_bound() {
    let server = TestServer::start().await;
    for (id, token_format) in [("opaque", TokenFormat::Opaque), ("jwt", TokenFormat::Jwt)] {
        let service = format(&server, id, token_format).await;
        let key = ProofKey::new();
        let proof = key.proof(&server);
        let answer = service.proven(&server, CLIENT_CREDENTIALS, &proof).await;
        let token = assert_bound(&service, &answer, &key).await;
        assert_eq!(token.starts_with("ey"), token_format == TokenFormat::Jwt);
        super::refused(&server, &service, &proof, "dpop.replayed").await;
        // A signed answer about the token has the key, too (RFC 9701).
        let signed = [("accept", "application/token-introspection+jwt")];
        let authorization =
            crate::support::relying_party::basic(&service.id, service.secret.as_deref().unwrap());
        let headers = [
            signed[0],
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let body = format!("token={token}");
        let answer = server.browser().request(Method::POST, "/introspect", &headers, &body).await;
        let introspected = jwt::claims(&answer.body)["token_introspection"].clone();
        assert_eq!(introspected["cnf"], json!({ "jkt": key.thumbprint() }), "{introspected}");
        assert_eq!(introspected["token_type"], "DPoP");
    }
}

#[tokio::test]
async fn a_public_client_gets_a_refresh_token_that_only_its_key_can_use() {
    let server = TestServer::start().await;
    let spa = server.spa().await;
    let mut alice = server.alice().await;
    let (key, thief) = (ProofKey::new(), ProofKey::new());
    let code = spa.code(&mut alice).await;
    let answer = spa.proven(&server, &spa.redemption(&code), &key.proof(&server)).await;
    assert_bound(&spa, &answer, &key).await;
    let token = answer.get("refresh_token");
    for _ in 0..2 {
        let stolen = spa.proven(&server, &refresh(&token), &thief.proof(&server)).await;
        stolen.assert_json_error(400, "invalid_grant", "binding.mismatch");
        spa.refresh_by_hand(&token).await.assert_json_error(400, "invalid_grant", "binding.mismatch");
    }
    // The refused attempts have used nothing up.
    let answer = spa.proven(&server, &refresh(&token), &key.proof(&server)).await;
    assert_bound(&spa, &answer, &key).await;
    let next = answer.get("refresh_token");
    let stolen = spa.proven(&server, &refresh(&next), &thief.proof(&server)).await;
    stolen.assert_json_error(400, "invalid_grant", "binding.mismatch");
    let answer = spa.proven(&server, &refresh(&next), &key.proof(&server)).await;
    assert_bound(&spa, &answer, &key).await;
}

#[tokio::test]
async fn the_first_proof_binds_the_refresh_token_of_a_public_client_from_then_on() {
    let server = TestServer::start().await;
    let tv = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]);
    let (spa, tv) = (server.spa().await, server.register(tv).await);
    let mut alice = server.alice().await;
    let of_code = spa.redeem_by_hand(&spa.code(&mut alice).await).await;
    let code = tv.device_code(&mut alice, &[]).await;
    let of_device = tv.post("/token", &[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
    for (app, first) in [(&spa, of_code), (&tv, of_device)] {
        assert_eq!(first.get("token_type"), "Bearer", "{first:?}");
        let plain = app.refresh_by_hand(&first.get("refresh_token")).await;
        assert_eq!(plain.get("token_type"), "Bearer", "without a proof, nothing changes: {plain:?}");
        let (key, thief) = (ProofKey::new(), ProofKey::new());
        let unbound = plain.get("refresh_token");
        let bound = app.proven(&server, &refresh(&unbound), &key.proof(&server)).await;
        assert_bound(app, &bound, &key).await;
        // Also the one before, whose answer may have been lost.
        for token in [bound.get("refresh_token"), unbound] {
            app.refresh_by_hand(&token).await.assert_json_error(400, "invalid_grant", "binding.mismatch");
            let stolen = app.proven(&server, &refresh(&token), &thief.proof(&server)).await;
            stolen.assert_json_error(400, "invalid_grant", "binding.mismatch");
        }
        let next = app.proven(&server, &refresh(&bound.get("refresh_token")), &key.proof(&server)).await;
        assert_bound(app, &next, &key).await;
    }
}

#[tokio::test]
async fn a_refresh_that_is_answered_again_binds_the_refresh_token_too() {
    let server = TestServer::start().await;
    let spa = server.spa().await;
    let first = spa.redeem_by_hand(&spa.code(&mut server.alice().await).await).await.get("refresh_token");
    let lost = spa.refresh_by_hand(&first).await;
    let key = ProofKey::new();
    let again = spa.proven(&server, &refresh(&first), &key.proof(&server)).await;
    assert_bound(&spa, &again, &key).await;
    let token = again.get("refresh_token");
    assert_eq!(token, lost.get("refresh_token"));
    spa.refresh_by_hand(&token).await.assert_json_error(400, "invalid_grant", "binding.mismatch");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_also_if_refresh_tokens_stay_from_then_on() {
    let server = TestServer::start().await;
    let spa = server.spa().await;
    let first = spa.redeem_by_hand(&spa.code(&mut server.alice().await).await).await.get("refresh_token");
    let change = ["client", "update", &spa.id, "--dpop", "require", "--refresh-tokens", "keep"];
    Operator::of(&server).done(&change);
    let key = ProofKey::new();
    let lost = spa.proven(&server, &refresh(&first), &key.proof(&server)).await;
    assert_ne!(lost.get("refresh_token"), first, "it is bound now, so it is another one");
    let again = spa.proven(&server, &refresh(&first), &key.proof(&server)).await;
    assert_eq!(again.get("refresh_token"), lost.get("refresh_token"), "{again:?}");
    server.clock.advance(Duration::from_secs(60));
    let next = spa.proven(&server, &refresh(&again.get("refresh_token")), &key.proof(&server)).await;
    assert_bound(&spa, &next, &key).await;
    assert_eq!(next.get("refresh_token"), lost.get("refresh_token"), "it stays");
}

#[tokio::test]
async fn a_confidential_client_may_refresh_with_another_key() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let (first, second) = (ProofKey::new(), ProofKey::of("EdDSA"));
    let code = web.code(&mut alice).await;
    let answer = web.proven(&server, &web.redemption(&code), &first.proof(&server)).await;
    let old = assert_bound(&web, &answer, &first).await;
    let answer = web.proven(&server, &refresh(&answer.get("refresh_token")), &second.proof(&server)).await;
    assert_bound(&web, &answer, &second).await;
    assert_eq!(web.introspect(&old).await["cnf"], json!({ "jkt": first.thumbprint() }));
    let answer = web.refresh_by_hand(&answer.get("refresh_token")).await;
    assert_eq!((answer.status.as_u16(), answer.get("token_type").as_str()), (200, "Bearer"));
}

#[tokio::test]
async fn a_device_gets_bound_tokens_and_its_polls_store_nothing() {
    let server = TestServer::start().await;
    let tv = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]);
    let tv = server.register(tv).await;
    let mut alice = server.alice().await;
    let key = ProofKey::new();
    let waiting = tv.post("/device_authorization", &[]).await.get("device_code");
    let poll =
        |code: String| [("grant_type".to_owned(), DEVICE_CODE.to_owned()), ("device_code".to_owned(), code)];
    let form = poll(waiting);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = tv.proven(&server, &form, &key.proof(&server)).await;
    answer.assert_json_error(400, "authorization_pending", "device_code.pending");
    assert_eq!(server.number("SELECT COUNT(*) FROM used_assertions").await, 0);
    let code = tv.device_code(&mut alice, &[]).await;
    let form = [("grant_type", DEVICE_CODE), ("device_code", code.as_str())];
    let answer = tv.proven(&server, &form, &key.proof(&server)).await;
    assert_bound(&tv, &answer, &key).await;
    let token = answer.get("refresh_token");
    tv.refresh_by_hand(&token).await.assert_json_error(400, "invalid_grant", "binding.mismatch");
    let answer = tv.proven(&server, &refresh(&token), &key.proof(&server)).await;
    assert_bound(&tv, &answer, &key).await;
}

#[tokio::test]
async fn an_exchanged_token_is_bound_to_the_key_of_the_exchange() {
    let server = TestServer::start().await;
    for (id, token_format) in [("opaque", TokenFormat::Opaque), ("jwt", TokenFormat::Jwt)] {
        let mut web = Registration::web(id);
        web.client.token_format = token_format;
        web.client.grants.extend([GrantType::TokenExchange, GrantType::ClientCredentials]);
        let web = server.register(web).await;
        let (first, second) = (ProofKey::new(), ProofKey::new());
        let answer = web.proven(&server, CLIENT_CREDENTIALS, &first.proof(&server)).await;
        let token = assert_bound(&web, &answer, &first).await;
        let form = [
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", token.as_str()),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        let proof = second.proof(&server);
        let answer = web.proven(&server, &form, &proof).await;
        assert_bound(&web, &answer, &second).await;
        let again = web.proven(&server, &form, &proof).await;
        again.assert_json_error(400, "invalid_dpop_proof", "dpop.replayed");
        let plain = web.token(&form).await;
        assert_eq!((plain.status.as_u16(), plain.get("token_type").as_str()), (200, "Bearer"), "{plain:?}");
    }
}

#[tokio::test]
async fn a_token_for_an_assertion_of_a_trusted_issuer_is_bound() {
    let server = TestServer::start().await;
    let agent = server.register(gateway()).await;
    let (alice, signer) = (server.user("alice").await, jwt::key(SigningAlgorithm::Es256));
    trust(&server, IDP, IssuerKeys::Here(jwt::jwks(&[&signer])), &["gateway"]).await;
    let link = async move |tx: &mut Tx| {
        trusted_issuers::link(tx, IDP, SUBJECT, &alice, Timestamp::from_unix(0)).await
    };
    server.store(link).await;
    let assertion = |id: &str| signer.sign("JWT", &said(&server, &json!({ "jti": id }))).unwrap();
    let key = ProofKey::new();
    let (first, second) = (assertion("1"), assertion("2"));
    let proof = key.proof(&server);
    let answer = agent.proven(&server, &[("grant_type", BEARER), ("assertion", &first)], &proof).await;
    assert_bound(&agent, &answer, &key).await;
    let again = agent.proven(&server, &[("grant_type", BEARER), ("assertion", &second)], &proof).await;
    again.assert_json_error(400, "invalid_dpop_proof", "dpop.replayed");
}

#[tokio::test]
async fn a_client_with_an_assertion_may_use_dpop_too() {
    let server = TestServer::start().await;
    let signer = jwt::key(SigningAlgorithm::Es256);
    let mut registration = Registration::service("job").method(AuthMethod::PrivateKeyJwt);
    let client: &mut Client = &mut registration.client;
    client.jwks = Some(jwt::jwks(&[&signer]));
    server.register(registration).await;
    let now = server.app.now().as_unix();
    let claims = json!({
        "iss": "job", "sub": "job", "aud": server.app.issuer, "iat": now, "exp": now + 60, "jti": "1",
    });
    let assertion = signer.sign("JWT", &claims).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    let key = ProofKey::new();
    let public = Application::registered_at(&server.url, "job", None, "");
    let answer = public.proven(&server, &form, &key.proof(&server)).await;
    assert_bound(&public, &answer, &key).await;
}
