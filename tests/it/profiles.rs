//! Security profiles: OAuth 2.1, FAPI 2.0 Security Profile, FAPI 2.0 Message Signing.

mod algorithms;
mod attacks;
mod registrations;

use grantor::jose::key::SigningKey;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::client::profile::Profile;
use grantor::oauth::client::{AuthMethod, Client, Demand, GrantType, ObjectAlgorithm, RefreshTokens};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use serde_json::{Value, json};

use crate::api::{Api, faulty};
use crate::request_objects;
use crate::support::dpop::ProofKey;
use crate::support::jwt::{jwks, key};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const KEYS: (&str, &str) = ("keys.algorithms", "RS256 PS256 ES256");

/// An application that keeps a FAPI profile, with its keys.
struct Bank<'s> {
    server: &'s TestServer,
    app: Application,
    key: SigningKey,
    proofs: ProofKey,
}

impl<'s> Bank<'s> {
    async fn of(server: &'s TestServer, profile: Option<Profile>, algorithm: SigningAlgorithm) -> Self {
        Self::with(server, profile, algorithm, |_| ()).await
    }

    /// The same, with changes to the registration.
    async fn with(
        server: &'s TestServer,
        profile: Option<Profile>,
        algorithm: SigningAlgorithm,
        change: impl FnOnce(&mut Client),
    ) -> Self {
        let key = key(algorithm);
        let mut registration =
            Registration::web("bank").scopes("openid read offline_access").method(AuthMethod::PrivateKeyJwt);
        let client = &mut registration.client;
        client.metadata.profile = profile;
        client.jwks = Some(jwks(&[&key]));
        client.id_token_alg = Some(SigningAlgorithm::Ps256);
        client.messages.object_alg = Some(ObjectAlgorithm::Es256);
        client.messages.response_alg = Some(SigningAlgorithm::Es256);
        change(client);
        Self { server, app: server.register(registration).await, key, proofs: ProofKey::new() }
    }

    fn assertion(&self, change: &Value) -> String {
        let now = self.server.app.now().as_unix();
        let mut claims = json!({
            "iss": "bank", "sub": "bank", "aud": self.server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        self.key.sign("JWT", &claims).unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)], proofs: &[&str], assertion: &str) -> Answer {
        let proof = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
        let browser = &mut self.server.browser();
        let body = serde_urlencoded::to_string([form, &proof].concat()).unwrap();
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
        browser.request(reqwest::Method::POST, path, &headers, &body).await
    }

    /// Pushes a request with `changes`.
    async fn push(&self, changes: &[(&str, &str)]) -> Answer {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(&self.app.request_with(changes)).unwrap();
        let form: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.post("/par", &form, &[], &self.assertion(&json!({}))).await
    }

    /// A code for a pushed request.
    async fn code(&self, alice: &mut Browser) -> String {
        let pushed = self.push(&[("scope", "openid read offline_access"), ("prompt", "consent")]).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let code = alice.authorize(&crate::par::url(&self.app, &uri)).await.get("code");
        assert_ne!(code, "");
        code
    }

    /// A token request with a proof.
    async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.post("/token", form, &[&self.proofs.proof(self.server)], &self.assertion(&json!({}))).await
    }

    async fn redeem(&self, code: &str) -> Answer {
        let form = self.app.redemption(code);
        let form: Vec<(&str, &str)> =
            form.iter().copied().filter(|(name, _)| *name != "client_secret").collect();
        self.token(&form).await
    }
}

#[tokio::test]
async fn a_fapi_client_signs_a_person_in_and_its_refresh_token_stays() {
    let server = TestServer::start_with(&[KEYS]).await;
    let mut alice = server.alice().await;
    let bank = Bank::of(&server, Some(Profile::Fapi2), SigningAlgorithm::Ps256).await;
    let answer = bank.redeem(&bank.code(&mut alice).await).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "DPoP");
    let (access, first) = (answer.get("access_token"), answer.get("refresh_token"));
    let proof = bank.proofs.proof_for(&server, ("GET", "/userinfo"), &access);
    let userinfo = server.with_token(("GET", "/userinfo"), ("DPoP", &access), &[&proof]).await;
    assert_eq!(userinfo.status, 200, "{userinfo:?}");
    for _ in 0..3 {
        let refreshed = bank.token(&[("grant_type", "refresh_token"), ("refresh_token", &first)]).await;
        assert_eq!(refreshed.status, 200, "{refreshed:?}");
        assert_eq!(refreshed.get("refresh_token"), first);
        assert_ne!(refreshed.get("access_token"), access);
    }
    // Long after the grace period, which is about tokens that were replaced.
    server.clock.advance(std::time::Duration::from_secs(3600));
    let refreshed = bank.token(&[("grant_type", "refresh_token"), ("refresh_token", &first)]).await;
    assert_eq!(refreshed.get("refresh_token"), first);
}

#[tokio::test]
async fn the_challenge_to_a_fapi_client_lists_the_algorithms_that_it_may_use() {
    let server = TestServer::start_with(&[KEYS]).await;
    let bank = Bank::of(&server, Some(Profile::Fapi2), SigningAlgorithm::Ps256).await;
    let tokens = bank.redeem(&bank.code(&mut server.alice().await).await).await;
    let token = tokens.get("access_token");
    let (request, weak) = (("GET", "/userinfo"), ProofKey::of("RS256"));
    let proof = weak.proof_for(&server, request, &token);
    for proofs in [&[proof.as_str()][..], &[]] {
        let refused = server.with_token(request, ("DPoP", &token), proofs).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        let challenges = refused.headers.get_all("www-authenticate").iter();
        let challenges: Vec<&str> = challenges.map(|value| value.to_str().unwrap()).collect();
        let dpop = challenges.iter().find(|challenge| challenge.starts_with("DPoP ")).unwrap();
        assert!(dpop.contains("algs=\"ES256 PS256 EdDSA Ed25519\""), "{dpop}");
    }
}

#[tokio::test]
async fn what_a_fapi_client_must_do_is_refused_with_its_own_reason() {
    let server = TestServer::start_with(&[KEYS]).await;
    let mut alice = server.alice().await;
    for profile in [Some(Profile::Fapi2), Some(Profile::Fapi2MessageSigning)] {
        server.sql("DELETE FROM clients WHERE id = 'bank'").await;
        let bank = Bank::of(&server, profile, SigningAlgorithm::Es256).await;
        let refused = server.get(&bank.app.url_with(&[])).await;
        refused.assert_redirect_error("invalid_request", "pushed_request.required", &server.url);
        let without_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
        if profile == Some(Profile::Fapi2) {
            bank.push(&without_pkce).await.assert_json_error(
                400,
                "invalid_request",
                "pkce.challenge_missing",
            );
        } else {
            let unsigned = bank.push(&[]).await;
            assert_eq!(unsigned.json()["reason"], "request_object.required", "{unsigned:?}");
            let object = request_objects::object(&server, &bank.app, &bank.key, &json!({}));
            let assertion = bank.assertion(&json!({}));
            let signed = bank.post("/par", &[("request", &object)], &[], &assertion).await;
            assert_eq!(signed.status, 201, "{signed:?}");
            continue;
        }
        let code = bank.code(&mut alice).await;
        let form = bank.app.redemption(&code);
        let unproven = bank.post("/token", &form, &[], &bank.assertion(&json!({}))).await;
        unproven.assert_json_error(400, "invalid_dpop_proof", "dpop.missing");
        let form = [("grant_type", "authorization_code"), ("code", "x")];
        let listed = bank.assertion(&json!({ "aud": [server.app.issuer] }));
        let proof = bank.proofs.proof(&server);
        let answer = bank.post("/token", &form, &[&proof], &listed).await;
        answer.assert_json_error(401, "invalid_client", "client_assertion.audience");
        let weak = ProofKey::of("RS256").proof(&server);
        let answer = bank.post("/token", &form, &[&weak], &bank.assertion(&json!({}))).await;
        answer.assert_json_error(400, "invalid_dpop_proof", "dpop.algorithm");
    }
    server.sql("DELETE FROM clients WHERE id = 'bank'").await;
    let bank = Bank::of(&server, Some(Profile::Fapi2), SigningAlgorithm::Rs256).await;
    bank.push(&[]).await.assert_json_error(401, "invalid_client", "client_assertion.signature");
}

#[tokio::test]
async fn a_registration_says_at_once_everything_that_its_profile_needs() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let weak = json!({
        "client_id": "weak", "client_name": "Weak", "kind": "web", "profile": "fapi2", "scope": "openid",
        "redirect_uris": ["https://app.example/cb"], "par": "off", "dpop": "report",
        "response_types": ["code", "code id_token"], "id_token_signed_response_alg": "RS256",
    });
    let members: Vec<String> =
        faulty(&api.post("/clients", weak).await).into_iter().map(|(field, _)| field).collect();
    for member in
        ["response_types", "token_endpoint_auth_method", "par", "dpop", "id_token_signed_response_alg"]
    {
        assert!(members.contains(&format!("/{member}")), "{member}: {members:?}");
    }
    let free = json!({ "client_id": "free", "client_name": "Free", "kind": "web", "refresh_tokens": "keep",
                       "redirect_uris": ["https://app.example/cb"] });
    assert_eq!(faulty(&api.post("/clients", free).await)[0].0, "/refresh_tokens");
    let modern = json!({ "client_id": "modern", "client_name": "Modern", "kind": "spa", "profile": "oauth21",
                         "redirect_uris": ["https://app.example/cb"] });
    assert_eq!(api.post("/clients", modern).await.status, 201);
    let changed = api.patch("/clients/modern", json!({ "response_types": ["code", "id_token"] })).await;
    assert_eq!(faulty(&changed)[0].0, "/response_types");
}

#[tokio::test]
async fn a_profile_of_the_server_is_about_every_client_but_those_outside_and_the_console() {
    let server = TestServer::start_with(&[KEYS, ("oauth.profile", "fapi2")]).await;
    let web = server.web().await;
    let refused = web.token(&[("grant_type", "client_credentials")]).await;
    refused.assert_json_error(400, "unauthorized_client", "client.profile");
    let refused = server.get(&web.url_with(&[])).await;
    refused.assert_redirect_error("unauthorized_client", "client.profile", &server.url);
    let mut outside = Registration::web("outside");
    outside.client.metadata.profile = Some(Profile::None);
    let (outside, mut alice) = (server.register(outside).await, server.alice().await);
    let code = outside.code(&mut alice).await;
    assert_eq!(outside.redeem_by_hand(&code).await.status, 200);
    let bank = Bank::of(&server, None, SigningAlgorithm::Es256).await;
    let answer = bank.redeem(&bank.code(&mut alice).await).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["require_pushed_authorization_requests"], true);

    Operator::of(&server).done(&["user", "update", "alice", "--role", "owner"]);
    let console = alice.authorize(&format!("{}/admin", server.url)).await;
    assert!(console.body.contains("Overview"), "{console:?}");
    let check = Api::owner(&server).await.post("/clients/web/check", json!({})).await.json();
    let steps = check["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["step"] == "profile").unwrap_or_else(|| panic!("{check}"));
    assert_eq!(step["reason"], "client.profile", "{check}");
}

#[tokio::test]
async fn oauth_2_1_demands_pkce_of_confidential_clients_whatever_the_server_says() {
    let server = TestServer::start_with(&[("oauth.pkce", "off")]).await;
    let mut web = Registration::web("web");
    web.client.metadata.profile = Some(Profile::OAuth21);
    let (web, mut alice) = (server.register(web).await, server.alice().await);
    let refused = alice.get(&web.url_with(&[("code_challenge", ""), ("code_challenge_method", "")])).await;
    refused.assert_redirect_error("invalid_request", "pkce.challenge_missing", &server.url);
    let code = web.code(&mut alice).await;
    let answer = web.redeem_by_hand(&code).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn tokens_that_are_bound_may_stay_for_other_clients_too() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let mut registration = Registration::spa("app").offline();
    registration.client.dpop = Some(Demand::Require);
    registration.client.refresh_tokens = Some(RefreshTokens::Keep);
    registration.client.grants = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    let (app, proofs) = (server.register(registration).await, ProofKey::new());
    let code = alice.authorize(&app.url_with(&[("scope", "read offline_access")])).await.get("code");
    let answer = app.proven(&server, &app.redemption(&code), &proofs.proof(&server)).await;
    let token = answer.get("refresh_token");
    for _ in 0..2 {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let again = app.proven(&server, &form, &proofs.proof(&server)).await;
        assert_eq!((again.status.as_u16(), again.get("refresh_token")), (200, token.clone()), "{again:?}");
    }
}
