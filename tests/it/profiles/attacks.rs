//! Ways around a profile: by another grant, another kind of request, other settings, and by what was there before the profile.

use futures_util::future::join_all;
use grantor::clock::Timestamp;
use grantor::oauth::client::{AssertionAudience, ClientKind, ObjectAlgorithm};
use grantor::oauth::grant::trusted_issuer::IssuerKeys;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::request::response_type::ResponseType;
use grantor::store::trusted_issuers;

use super::*;
use crate::support::jwt::{claims, parts};
use crate::trusted_issuers::{BEARER, IDP, SUBJECT, said, trust};

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const KIND: &str = "urn:ietf:params:oauth:token-type:access_token";
/// A server that demands nothing by itself.
const NOTHING: [(&str, &str); 6] = [
    KEYS,
    ("oauth.pkce", "off"),
    ("oauth.par", "off"),
    ("oauth.jar", "off"),
    ("oauth.dpop", "off"),
    ("oauth.token_redirect_uri", "off"),
];

/// A client with the profile that may use every grant.
fn of_every_grant(client: &mut Client) {
    client.grants = GrantType::ALL.to_vec();
    client.backchannel.request_alg = Some(ObjectAlgorithm::Es256);
}

impl Bank<'_> {
    /// The form with which each grant asks for a token that it would get with a good proof.
    async fn forms(&self, alice: &mut Browser) -> Vec<Vec<(String, String)>> {
        let first = self.redeem(&self.code(alice).await).await;
        assert_eq!(first.status, 200, "{first:?}");
        let code = self.code(alice).await;
        let assertion = self.assertion(&json!({}));
        let begun = self.post("/device_authorization", &[("scope", "read")], &[], &assertion).await;
        let page = alice.open_device("/device").await;
        let page = alice.submit(&page, &[("user_code", &begun.get("user_code"))]).await;
        alice.allow(&page).await;
        let elsewhere = self.allowed_elsewhere(alice).await;
        let (refresh, access, device) =
            (first.get("refresh_token"), first.get("access_token"), begun.get("device_code"));
        let redemption = self.app.redemption(&code);
        let idp = key(SigningAlgorithm::Es256);
        trust(self.server, IDP, IssuerKeys::Here(jwks(&[&idp])), &["bank"]).await;
        let alice = self.server.number("SELECT COUNT(*) FROM users").await;
        assert_eq!(alice, 1);
        self.server
            .store(async move |tx| {
                let user: Option<(String,)> = tx.query("SELECT id FROM users").optional().await?;
                let user = grantor::oauth::id::UserId::new(user.expect("alice").0);
                trusted_issuers::link(tx, IDP, SUBJECT, &user, Timestamp::from_unix(0)).await
            })
            .await;
        let vouched = idp.sign("JWT", &said(self.server, &json!({}))).unwrap();
        let forms: [&[(&str, &str)]; 7] = [
            &redemption,
            &[("grant_type", "refresh_token"), ("refresh_token", &refresh)],
            &[("grant_type", "client_credentials"), ("scope", "read")],
            &[("grant_type", DEVICE_CODE), ("device_code", &device)],
            &[("grant_type", EXCHANGE), ("subject_token", &access), ("subject_token_type", KIND)],
            &[("grant_type", BEARER), ("assertion", &vouched), ("scope", "read")],
            &[("grant_type", CIBA), ("auth_req_id", &elsewhere)],
        ];
        let owned = |form: &[(&str, &str)]| {
            form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        forms.into_iter().map(owned).collect()
    }

    /// A backchannel request that Alice has allowed. Returns its `auth_req_id`.
    async fn allowed_elsewhere(&self, alice: &mut Browser) -> String {
        let now = self.server.app.now().as_unix();
        let claims = json!({
            "iss": "bank", "aud": self.server.app.issuer, "iat": now, "nbf": now, "exp": now + 60, "jti": random_id(),
            "scope": "openid read", "login_hint": "alice", "binding_message": "W4SCT",
        });
        let object = self.key.sign("JWT", &claims).unwrap();
        let begun =
            self.post("/bc-authorize", &[("request", &object)], &[], &self.assertion(&json!({}))).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        crate::ciba::answer(alice, "allow").await;
        begun.get("auth_req_id")
    }
}

#[tokio::test]
async fn no_grant_gives_a_fapi_client_a_token_that_is_not_bound() {
    let server = TestServer::start_with(&NOTHING).await;
    let mut alice = server.alice().await;
    let bank = Bank::with(&server, Some(Profile::Fapi2), SigningAlgorithm::Es256, of_every_grant).await;
    let forms = bank.forms(&mut alice).await;
    assert_eq!(forms.len(), GrantType::ALL.len(), "a form for each grant");
    for form in &forms {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
        let weak = ProofKey::of("RS256").proof(&server);
        let other = bank.proofs.proof_with(&server, ("POST", "/par"), &json!({}));
        for (proofs, reason) in [
            (&[][..], "dpop.missing"),
            (&[""], "dpop.malformed"),
            (&[weak.as_str()], "dpop.algorithm"),
            (&[other.as_str()], "dpop.url"),
            (&[bank.proofs.proof(&server).as_str(), bank.proofs.proof(&server).as_str()], "dpop.repeated"),
        ] {
            let refused = bank.post("/token", &form, proofs, &bank.assertion(&json!({}))).await;
            refused.assert_json_error(400, "invalid_dpop_proof", reason);
        }
        // Nothing of it was used up.
        let answer = bank.token(&form).await;
        assert_eq!((answer.status.as_u16(), answer.get("token_type").as_str()), (200, "DPoP"), "{answer:?}");
        let asked = [("token", answer.get("access_token"))];
        let asked: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let told = bank.post("/introspect", &asked, &[], &bank.assertion(&json!({}))).await.json();
        assert_eq!(told["cnf"], json!({ "jkt": bank.proofs.thumbprint() }), "{told}");
        // The client cannot authenticate in another way.
        let secret = [("client_id", "bank"), ("client_secret", bank.app.secret.as_deref().unwrap())];
        let refused = server.token(&[&form[..], &secret].concat()).await;
        refused.assert_json_error(401, "invalid_client", "client.method_not_allowed");
    }
}

#[tokio::test]
async fn nothing_but_its_own_push_leads_a_fapi_client_to_a_code() {
    let server = TestServer::start_with(&NOTHING).await;
    let mut alice = server.alice().await;
    for profile in [Profile::Fapi2, Profile::Fapi2MessageSigning] {
        server.sql("DELETE FROM clients").await;
        let bank = Bank::of(&server, Some(profile), SigningAlgorithm::Es256).await;
        let web = server.web().await;
        let object = request_objects::object(&server, &bank.app, &bank.key, &json!({}));
        let others = crate::par::pushed(&web, &[]).await;
        let endpoint = format!("{}/authorize", server.url);
        let back = ("redirect_uri", bank.app.redirect_uri.as_str());
        let good: Vec<(String, String)> = serde_urlencoded::from_str(&bank.app.request_with(&[])).unwrap();
        let good: Vec<(&str, &str)> = good.iter().map(|(name, value)| (&**name, &**value)).collect();
        let id = ("client_id", "bank");
        for (pairs, reason) in [
            (good.clone(), "pushed_request.required"),
            (vec![id, ("request", &object)], "pushed_request.required"),
            ([&good[..], &[("request", &object)]].concat(), "pushed_request.required"),
            (vec![id, ("request_uri", &others)], "pushed_request.unknown"),
            ([&good[..], &[("request_uri", &others)]].concat(), "pushed_request.unknown"),
            (vec![id, back, ("request_uri", "https://bank.example/request")], "pushed_request.required"),
            (vec![id, back, ("request_uri", "urn:ietf:params:oauth:request_uri:")], "pushed_request.unknown"),
            (vec![id, back, ("request_uri", &others), ("request", &object)], "pushed_request.unknown"),
            (vec![id, back, ("request_uri", &others), ("request_uri", &others)], "parameter.repeated"),
        ] {
            let query = serde_urlencoded::to_string(&pairs).unwrap();
            for answer in
                [alice.get(&format!("{endpoint}?{query}")).await, alice.post("/authorize", &pairs).await]
            {
                let location = answer.location().unwrap_or_default();
                assert!(!location.contains("code="), "{pairs:?}: {answer:?}");
                // Signed answers have the reason in the token.
                let said = match answer.location().map(|_| answer.get("response")).as_deref() {
                    Some("") | None => format!("{location}{}", answer.body),
                    Some(token) => claims(token).to_string(),
                };
                assert!(said.contains(reason), "{pairs:?}: {said}");
            }
        }
        assert_eq!(server.number("SELECT COUNT(*) FROM codes").await, 0);
    }
}

#[tokio::test]
async fn without_registered_algorithms_the_profile_chooses_them() {
    let server = TestServer::start_with(&[KEYS]).await;
    let mut alice = server.alice().await;
    let weak = key(SigningAlgorithm::Rs256);
    for profile in [Profile::Fapi2, Profile::Fapi2MessageSigning] {
        server.sql("DELETE FROM clients").await;
        let change = |client: &mut Client| {
            let keys: Value = serde_json::from_str(client.jwks.as_deref().unwrap()).unwrap();
            let more: Value = serde_json::from_str(&weak.public_jwk().unwrap()).unwrap();
            client.jwks = Some(json!({ "keys": [keys["keys"][0], more] }).to_string());
            client.id_token_alg = None;
            client.messages.object_alg = None;
            client.messages.response_alg = None;
        };
        let bank = Bank::with(&server, Some(profile), SigningAlgorithm::Es256, change).await;
        let push = async |by: &SigningKey| {
            let asked = json!({ "response_mode": "jwt", "scope": "openid read" });
            let object = request_objects::object(&server, &bank.app, by, &asked);
            bank.post("/par", &[("request", &object)], &[], &bank.assertion(&json!({}))).await
        };
        let refused = push(&weak).await;
        refused.assert_json_error(400, "invalid_request_object", "request_object.algorithm");
        let pushed = push(&bank.key).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        // RS256 is the usual algorithm of this server, and not for this client.
        let answer = alice.authorize(&crate::par::url(&bank.app, &pushed.get("request_uri"))).await;
        let [header, said] = parts(&answer.get("response"));
        assert_eq!(header["alg"], "PS256");
        let tokens = bank.redeem(said["code"].as_str().unwrap()).await;
        assert_eq!(parts(&tokens.get("id_token"))[0]["alg"], "PS256");
        let headers = [
            ("accept", "application/token-introspection+jwt"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let assertion = bank.assertion(&json!({}));
        let body = [("token", "x"), ("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)];
        let body = serde_urlencoded::to_string(body).unwrap();
        let told = server.browser().request(reqwest::Method::POST, "/introspect", &headers, &body).await;
        assert_eq!(parts(&told.body)[0]["alg"], "PS256");
    }
}

#[tokio::test]
async fn a_weak_setting_of_a_client_does_not_weaken_the_profile_of_the_server() {
    let options = [&NOTHING[..], &[("oauth.profile", "fapi2")]].concat();
    let server = TestServer::start_with(&options).await;
    type Change = fn(&mut Client);
    let changes: [(&str, Change); 10] = [
        ("pkce", |client| client.pkce = Some(Demand::Report)),
        ("par", |client| client.par = Some(Demand::Off)),
        ("dpop", |client| client.dpop = Some(Demand::Report)),
        ("assertion_audience", |client| client.assertion_audience = Some(AssertionAudience::TokenEndpoint)),
        ("response_types", |client| client.response_types = vec![ResponseType::CodeIdToken]),
        ("redirect_uris", |client| {
            client.redirect_uris =
                vec![RegisteredUri::register("http://127.0.0.1/cb", ClientKind::Native).unwrap()];
        }),
        ("id_token_signed_response_alg", |client| client.id_token_alg = Some(SigningAlgorithm::Rs256)),
        ("userinfo_signed_response_alg", |client| client.userinfo_alg = Some(SigningAlgorithm::Rs256)),
        ("request_object_signing_alg", |client| client.messages.object_alg = Some(ObjectAlgorithm::Unsigned)),
        ("authorization_signed_response_alg", |client| {
            client.messages.response_alg = Some(SigningAlgorithm::Rs256);
        }),
    ];
    for (member, change) in changes {
        server.sql("DELETE FROM clients WHERE id = 'bank'").await;
        let bank = Bank::with(&server, None, SigningAlgorithm::Es256, change).await;
        let pushed = bank.push(&[]).await;
        pushed.assert_json_error(400, "unauthorized_client", "client.profile");
        assert!(pushed.get("error_description").contains(member), "{member}: {pushed:?}");
        for path in ["/token", "/device_authorization", "/introspect", "/revoke"] {
            let form = [("grant_type", "client_credentials"), ("token", "x")];
            let refused =
                bank.post(path, &form, &[&bank.proofs.proof(&server)], &bank.assertion(&json!({}))).await;
            assert_eq!(refused.json()["reason"], "client.profile", "{member} {path}: {refused:?}");
        }
        let refused =
            server.get(&bank.app.url_with(&[("redirect_uri", bank.app.redirect_uri.as_str())])).await;
        refused.assert_redirect_error("unauthorized_client", "client.profile", &server.url);
    }
}

#[tokio::test]
async fn a_weaker_proof_of_the_client_does_not_pass_the_profile_of_the_server() {
    let options = [&NOTHING[..], &[("oauth.profile", "fapi2")]].concat();
    let server = TestServer::start_with(&options).await;
    type Change = fn(&mut Client);
    let changes: [(&str, Change); 3] = [
        ("client.secret_unexpected", |client| client.kind = ClientKind::Spa),
        ("client_assertion.signature", |client| client.auth_method = Some(AuthMethod::SecretJwt)),
        ("client.method_not_allowed", |client| client.auth_method = None),
    ];
    for (reason, change) in changes {
        server.sql("DELETE FROM clients WHERE id = 'bank'").await;
        let bank = Bank::with(&server, None, SigningAlgorithm::Es256, change).await;
        let refused = bank.push(&[]).await;
        assert_eq!((refused.status.as_u16(), refused.get("reason").as_str()), (401, reason), "{refused:?}");
        let refused =
            server.get(&bank.app.url_with(&[("redirect_uri", bank.app.redirect_uri.as_str())])).await;
        refused.assert_redirect_error("unauthorized_client", "client.profile", &server.url);
    }
}

#[tokio::test]
async fn what_a_registration_lacks_is_only_said_to_the_client_itself() {
    let server = TestServer::start_with(&[("oauth.profile", "fapi2")]).await;
    let service = server.service().await;
    let stranger = Application::registered_at(&server.url, "service", Some("wrong"), "");
    let nobody = Application::registered_at(&server.url, "service", None, "");
    for path in ["/token", "/par", "/introspect", "/revoke", "/device_authorization", "/bc-authorize"] {
        let form = [("grant_type", "client_credentials"), ("token", "x")];
        for (caller, reason) in [
            (&stranger, "client.secret_wrong"),
            (&nobody, "client.authentication_missing"),
            (&service, "client.profile"),
        ] {
            let refused = caller.post(path, &form).await;
            assert_eq!(refused.get("reason"), reason, "{path}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_public_client_cannot_be_given_a_profile_and_changes_at_once_leave_what_fits() {
    let server = TestServer::start_with(&NOTHING).await;
    server.spa().await;
    let api = Api::owner(&server).await;
    for profile in ["fapi2", "fapi2-message-signing"] {
        let members: Vec<String> = faulty(&api.patch("/clients/spa", json!({ "profile": profile })).await)
            .into_iter()
            .map(|(field, _)| field)
            .collect();
        assert!(members.contains(&"/kind".to_owned()), "{members:?}");
    }
    let bank = Bank::of(&server, None, SigningAlgorithm::Es256).await;
    // Each change fits what is there, or the one beside it, and not both.
    let changes = [
        json!({ "profile": "fapi2" }),
        json!({ "par": "off" }),
        json!({ "dpop": "report" }),
        json!({ "assertion_audience": "token-endpoint" }),
        json!({ "par": null, "dpop": null, "assertion_audience": null }),
    ];
    let calls = changes.iter().cycle().take(40).map(|change| api.patch("/clients/bank", change.clone()));
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 400 | 409)), "{answers:?}");
    let now = api.get("/clients/bank").await.json();
    let is_weak = !now["par"].is_null() || !now["dpop"].is_null() || now["assertion_audience"] != "issuer";
    assert!(now["profile"].is_null() || !is_weak, "{now}");
    let kept = api.patch("/clients/bank", json!({ "client_name": "Bank" })).await;
    assert_eq!(kept.status, 200, "what is there is a registration that may be: {kept:?}");
    drop(bank);
}

#[tokio::test]
async fn a_refresh_token_from_before_it_was_bound_does_not_stay() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let spa = server.register(Registration::spa("app").offline()).await;
    let unbound = spa.offline_token(&mut alice).await;
    let change = ["--dpop", "require", "--refresh-tokens", "keep"];
    Operator::of(&server).done(&[&["client", "update", "app"][..], &change].concat());
    server.app.cache.catalogue(grantor::cache::catalogue::Freshness::Now).await.unwrap();
    let refresh = async |token: &str, key: &ProofKey| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        spa.proven(&server, &form, &key.proof(&server)).await
    };
    let (own, thief) = (ProofKey::new(), ProofKey::new());
    let next = refresh(&unbound, &own).await;
    assert_eq!(next.status, 200, "{next:?}");
    assert_ne!(next.get("refresh_token"), unbound, "anyone who has it could use it, so it is replaced");
    // So the theft of the token is seen.
    server.clock.advance(std::time::Duration::from_secs(3600));
    refresh(&unbound, &thief).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    refresh(&next.get("refresh_token"), &own).await.assert_json_error(
        400,
        "invalid_grant",
        "refresh_token.revoked",
    );
    // One that is bound stays.
    let code = alice.authorize(&spa.url_with(&[("scope", "read offline_access")])).await.get("code");
    let first = spa.proven(&server, &spa.redemption(&code), &own.proof(&server)).await;
    let bound = first.get("refresh_token");
    assert_eq!(refresh(&bound, &own).await.get("refresh_token"), bound);
    refresh(&bound, &thief).await.assert_json_error(400, "invalid_grant", "binding.mismatch");
}
