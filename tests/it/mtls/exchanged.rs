//! What becomes of tokens that are bound to a certificate: exchanged, introspected, refreshed after a rotation, and asked for
//! where none can be bound.

use std::sync::{Arc, Mutex};

use grantor::oauth::client::{AuthMethod, ClientKind, GrantType, TokenFormat};
use grantor::oauth::request::response_type::ResponseType;
use reqwest::Method;
use serde_json::{Value, json};

use super::authority::{Shown, self_signed};
use super::{BEHIND, FORM, ask_with};
use crate::api::{Api, faulty};
use crate::support::jwt::claims;
use crate::support::relying_party::{Registration, basic};
use crate::support::site::Site;
use crate::support::{Answer, Application, Operator, TestServer};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const KIND: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A token request of a client with a secret, and with this certificate.
async fn token(
    server: &TestServer,
    app: &Application,
    form: &[(&str, &str)],
    shown: Option<&Shown>,
) -> Answer {
    let authorization = basic(&app.id, app.secret.as_deref().unwrap());
    let value = shown.map(Shown::header);
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend(value.as_deref().map(|value| ("client-cert", value)));
    ask_with(server, "/token", &headers, form).await
}

fn bound_to(shown: &Shown) -> Value {
    json!({ "x5t#S256": shown.thumbprint() })
}

#[tokio::test]
async fn an_exchanged_token_is_bound_to_the_certificate_of_the_exchange() {
    let server = TestServer::start_with(&BEHIND).await;
    let (first, second) = (self_signed("web", |_| ()), self_signed("web", |_| ()));
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let mut registration = Registration::web(&format!("web-{}", format.as_str()));
        let client = &mut registration.client;
        client.token_format = format;
        client.certificate.bound_tokens = true;
        client.grants.extend([GrantType::TokenExchange, GrantType::ClientCredentials]);
        let web = server.register(registration).await;
        let own = token(&server, &web, &[("grant_type", "client_credentials")], Some(&first)).await;
        let subject = own.get("access_token");
        let form = [("grant_type", EXCHANGE), ("subject_token", &subject), ("subject_token_type", KIND)];
        let without = token(&server, &web, &form, None).await;
        without.assert_json_error(400, "invalid_request", "client_certificate.required");
        let exchanged = token(&server, &web, &form, Some(&second)).await;
        assert_eq!(exchanged.status, 200, "{exchanged:?}");
        let next = exchanged.get("access_token");
        if format == TokenFormat::Jwt {
            assert_eq!(claims(&next)["cnf"], bound_to(&second));
        }
        assert_eq!(web.introspect(&next).await["cnf"], bound_to(&second));
        assert_eq!(web.introspect(&subject).await["cnf"], bound_to(&first));
        // A signed answer has it, too (RFC 9701).
        let authorization = basic(&web.id, web.secret.as_deref().unwrap());
        let headers = [
            ("accept", "application/token-introspection+jwt"),
            ("authorization", authorization.as_str()),
            ("content-type", FORM),
        ];
        let body = format!("token={next}");
        let signed = server.browser().request(Method::POST, "/introspect", &headers, &body).await;
        let introspected = &claims(&signed.body)["token_introspection"];
        assert_eq!(
            (&introspected["cnf"], &introspected["token_type"]),
            (&bound_to(&second), &json!("Bearer"))
        );
    }
}

#[tokio::test]
async fn a_client_whose_certificate_rotates_keeps_its_refresh_token_and_gets_tokens_for_the_new_certificate()
{
    let options = [&BEHIND[..], &[("fetch.allow", "127.0.0.1")]].concat();
    let server = TestServer::start_with(&options).await;
    let (old, new) = (self_signed("web", |_| ()), self_signed("web", |_| ()));
    let published = Arc::new(Mutex::new(old.jwks()));
    let read = published.clone();
    let site = Site::start(move |_| ("200 OK".into(), read.lock().unwrap().clone()));
    let mut registration =
        Registration::web("web").scopes("openid read offline_access").method(AuthMethod::SelfSignedTls);
    registration.client.jwks_uri = Some(format!("http://127.0.0.1:{}/keys", site.port));
    registration.client.certificate.bound_tokens = true;
    let (web, mut alice) = (server.register(registration).await, server.alice().await);
    let ask = async |form: &[(&str, &str)], shown: &Shown| {
        let form = [form, &[("client_id", "web")]].concat();
        ask_with(&server, "/token", &[("client-cert", &shown.header())], &form).await
    };
    let code = alice.authorize(&web.url_with(&[("scope", "openid read offline_access")])).await.get("code");
    let first = ask(&web.redemption(&code), &old).await;
    assert_eq!(first.status, 200, "{first:?}");
    let refresh = first.get("refresh_token");
    *published.lock().unwrap() = new.jwks();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    // One network causes one read in ten seconds at most.
    let began = std::time::Instant::now();
    let second = loop {
        let answer = ask(&form, &new).await;
        if answer.status == 200 {
            break answer;
        }
        answer.assert_json_error(401, "invalid_client", "client_certificate.not_registered");
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "{answer:?}");
        tokio::task::yield_now().await;
    };
    let present = async |token: &str, shown: &Shown| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("client-cert", &shown.header())];
        server.browser().request(Method::GET, "/userinfo", &headers, "").await.status.as_u16()
    };
    let (before, after) = (first.get("access_token"), second.get("access_token"));
    assert_eq!([present(&before, &old).await, present(&before, &new).await], [200, 401]);
    assert_eq!([present(&after, &old).await, present(&after, &new).await], [401, 200]);
    // The old certificate is no longer the client's.
    let refused =
        ask(&[("grant_type", "refresh_token"), ("refresh_token", &second.get("refresh_token"))], &old).await;
    refused.assert_json_error(401, "invalid_client", "client_certificate.not_registered");
}

#[tokio::test]
async fn a_client_of_bound_tokens_gets_none_through_the_browser() {
    let server = TestServer::start_with(&BEHIND).await;
    let mut registration = Registration::web("web").scopes("openid read");
    registration.client.response_types =
        ["code token", "id_token token"].map(|name| ResponseType::parse(name).unwrap()).to_vec();
    registration.client.certificate.bound_tokens = true;
    let (web, mut alice) = (server.register(registration).await, server.alice().await);
    for name in ["code token", "id_token token"] {
        let asked = [("response_type", name), ("nonce", "n"), ("scope", "openid read")];
        let refused = alice.authorize(&web.url_with(&asked)).await;
        refused.assert_redirect_error("unauthorized_client", "dpop.through_browser", &server.url);
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM access_tokens").await, 0);
    // The registration says so at once.
    let api = Api::owner(&server).await;
    let torn = json!({
        "client_id": "torn", "client_name": "Torn", "kind": "web", "scope": "openid",
        "redirect_uris": ["https://app.example/cb"], "response_types": ["code", "code token"],
        "tls_client_certificate_bound_access_tokens": true,
    });
    assert_eq!(faulty(&api.post("/clients", torn).await)[0].0, "/response_types");
}

#[tokio::test]
async fn a_check_says_that_no_certificate_can_arrive_and_what_happens_without_one() {
    let bound = |id: &str| {
        let mut registration = Registration::of_kind(id, ClientKind::Service);
        registration.client.certificate.bound_tokens = true;
        registration
    };
    for (options, allowed) in [(&BEHIND[..], true), (&[], false)] {
        let server = TestServer::start_with(options).await;
        let job = server.register(bound("job")).await;
        let api = Api::owner(&server).await;
        let check = json!({ "grant_type": "client_credentials", "scope": "read" });
        let check = api.post("/clients/job/check", check).await.json();
        let steps = check["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["step"] == "sender").unwrap_or_else(|| panic!("{check}"));
        assert_eq!(check["allowed"], allowed, "{check}");
        match allowed {
            true => assert!(step["note"].as_str().unwrap().contains("client_certificate.required"), "{step}"),
            false => assert_eq!(step["reason"], "client_certificate.required", "{step}"),
        }
        // The command says it, too, and it is so.
        let said =
            Operator::of(&server).run(&["client", "check", "job", "--grant-type", "client_credentials"]);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        let refused = job.token(&[("grant_type", "client_credentials")]).await;
        refused.assert_json_error(400, "invalid_request", "client_certificate.required");
    }
}
