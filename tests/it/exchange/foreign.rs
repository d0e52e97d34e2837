//! Subject tokens of trusted issuers.

use std::time::Duration;

use grantor::clock::Timestamp;
use grantor::jose::key::SigningKey;
use grantor::oauth::grant::trusted_issuer::IssuerKeys;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::store::trusted_issuers;
use serde_json::{Value, json};

use super::{ACCESS_TOKEN, Fixture, GRANT, JWT, ORDERS, STOCK, exchange, exchanged, is_active};
use crate::support::jwt::{choosing_headers, claims, jwks, key, with_header};
use crate::support::site::Site;
use crate::support::{Answer, Operator};
use crate::trusted_issuers::{IDP, SUBJECT, said, trust};

/// The fixture of the other tests, with a trusted issuer whose tokens about Alice the first API's service may bring.
struct TrustedIssuerFixture {
    fixture: Fixture,
    key: SigningKey,
    alice: String,
}

impl TrustedIssuerFixture {
    async fn set() -> Self {
        let key = key(SigningAlgorithm::Es256);
        let keys = IssuerKeys::Here(jwks(&[&key]));
        Self::with(key, keys).await
    }

    async fn with(key: SigningKey, keys: IssuerKeys) -> Self {
        let fixture = Fixture::new().await;
        trust(&fixture.server, IDP, keys, &["orders"]).await;
        let alice = fixture.alices_id().as_str().unwrap().to_owned();
        let id = grantor::oauth::id::UserId::new(&alice);
        fixture
            .server
            .store(async move |tx| {
                trusted_issuers::link(tx, IDP, SUBJECT, &id, Timestamp::from_unix(0)).await
            })
            .await;
        Self { fixture, key, alice }
    }

    fn token(&self, change: &Value) -> String {
        self.key.sign("JWT", &said(&self.fixture.server, change)).unwrap()
    }

    async fn ask(&self, token: &str, more: &[(&str, &str)]) -> Answer {
        let form = [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", JWT)];
        self.fixture.orders.token(&[&form[..], more].concat()).await
    }

    async fn good(&self, change: &Value, more: &[(&str, &str)]) -> String {
        let answer = self.ask(&self.token(change), more).await;
        assert_eq!(answer.status, 200, "{change}: {answer:?}");
        answer.get("access_token")
    }

    async fn refused(&self, token: &str, reason: &str) {
        self.ask(token, &[]).await.assert_json_error(400, "invalid_request", reason);
    }
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_is_exchanged_for_one_about_the_linked_person() {
    let trusting = TrustedIssuerFixture::set().await;
    let fixture = &trusting.fixture;
    let answer = trusting
        .ask(
            &trusting.token(&json!({ "exp": fixture.server.app.now().as_unix() + 200 })),
            &[("resource", STOCK)],
        )
        .await;
    let reply = answer.json();
    assert_eq!(
        (&reply["issued_token_type"], &reply["expires_in"], &reply["scope"]),
        (&json!(ACCESS_TOKEN), &json!(200), &json!("read"))
    );
    assert!(reply.get("refresh_token").is_none(), "{reply}");
    let token = answer.get("access_token");
    let said = claims(&token);
    assert_eq!(
        (&said["sub"], &said["client_id"], &said["aud"]),
        (&json!(trusting.alice), &json!("orders"), &json!(STOCK))
    );
    assert_eq!(said["act"], json!({ "sub": "orders" }), "it is not the subject itself that comes with it");
    // The result can be exchanged like any other token.
    let next = exchanged(&fixture.stock, &token, &[]).await;
    assert_eq!(claims(&next)["act"], json!({ "sub": "stock", "act": { "sub": "orders" } }));
    fixture.server.clock.advance(Duration::from_secs(200));
    assert!(!is_active(&fixture.stock, &next).await && !is_active(&fixture.stock, &token).await);

    // An access token of the issuer, used twice: only the client authentication counts.
    let access = trusting
        .key
        .sign("at+jwt", &crate::trusted_issuers::said(&fixture.server, &json!({ "jti": null })))
        .unwrap();
    for _ in 0..2 {
        assert_eq!(trusting.ask(&access, &[]).await.status, 200);
    }
    let now = fixture.server.app.now().as_unix() as f64;
    let in_list = json!({ "aud": [fixture.server.app.issuer], "exp": now + 100.5, "iat": now - 0.5 });
    assert_eq!(trusting.ask(&trusting.token(&in_list), &[]).await.json()["expires_in"], 100);
    let opaque = trusting.good(&json!({}), &[]).await;
    assert!(opaque.starts_with("gat_"));
    assert_eq!(fixture.orders.introspect(&opaque).await["act"], json!({ "sub": "orders" }));
    for (more, error, reason) in [
        ([("scope", "pay")], "forbidden_scope", "scope.forbidden"),
        ([("resource", "urn:nowhere")], "invalid_target", "resource.unknown"),
        ([("requested_token_type", JWT)], "invalid_request", "token_type.unsupported"),
    ] {
        let refused = trusting.ask(&trusting.token(&json!({})), &more).await;
        refused.assert_json_error(400, error, reason);
    }
    Operator::of(&fixture.server).done(&["client", "update", "orders", "--scope", "read write"]);
    let refused = trusting.ask(&trusting.token(&json!({})), &[("scope", "write")]).await;
    refused.assert_json_error(400, "invalid_scope", "scope.beyond_issuer");
}

#[tokio::test]
async fn an_issuer_limits_and_names_actors_and_impersonation_leaves_the_caller_out() {
    let trusting = TrustedIssuerFixture::set().await;
    let fixture = &trusting.fixture;
    let to_stock = [("resource", STOCK)];
    let allowed = json!({ "may_act": { "sub": "orders" } });
    assert_eq!(claims(&trusting.good(&allowed, &to_stock).await)["act"], json!({ "sub": "orders" }));
    let own = json!({ "may_act": { "sub": "orders", "iss": fixture.server.app.issuer } });
    assert_eq!(claims(&trusting.good(&own, &to_stock).await)["act"], json!({ "sub": "orders" }));
    for may_act in [
        json!({ "sub": "stock" }),
        json!({ "sub": 7 }),
        json!({}),
        json!("orders"),
        json!(["orders"]),
        json!({ "sub": "orders", "iss": IDP }),
        json!({ "sub": "orders", "iss": null }),
    ] {
        trusting.refused(&trusting.token(&json!({ "may_act": may_act })), "subject_token.foreign").await;
    }
    let acted = json!({ "act": { "sub": "portal", "act": { "sub": "app" } } });
    let before = json!({ "sub": "portal", "iss": IDP, "act": { "sub": "app", "iss": IDP } });
    let said = claims(&trusting.good(&acted, &to_stock).await);
    assert_eq!(said["act"], json!({ "sub": "orders", "act": before }), "their names are the issuer's word");
    for act in [json!("portal"), json!({}), json!({ "sub": "a", "act": "b" })] {
        trusting.refused(&trusting.token(&json!({ "act": act })), "subject_token.foreign").await;
    }
    let four = json!({ "sub": "a", "act": { "sub": "b", "act": { "sub": "c", "act": { "sub": "d" } } } });
    trusting.refused(&trusting.token(&json!({ "act": four })), "exchange.too_deep").await;

    Operator::of(&fixture.server).done(&["client", "update", "orders", "--may-impersonate", "true"]);
    assert!(claims(&trusting.good(&json!({}), &to_stock).await).get("act").is_none());
    assert_eq!(claims(&trusting.good(&acted, &to_stock).await)["act"], before);
    trusting
        .refused(&trusting.token(&json!({ "may_act": { "sub": "stock" } })), "subject_token.foreign")
        .await;
}

#[tokio::test]
async fn an_actor_that_the_issuer_names_may_act() {
    let trusting = TrustedIssuerFixture::set().await;
    let fixture = &trusting.fixture;
    let own = fixture.orders.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    let actor = [("actor_token", own.as_str()), ("actor_token_type", ACCESS_TOKEN), ("resource", STOCK)];
    let token = trusting.good(&json!({ "may_act": { "sub": "orders" } }), &actor).await;
    assert_eq!(claims(&token)["act"], json!({ "sub": "orders" }));
    for may_act in [json!({ "sub": "stock" }), json!({ "sub": "orders", "iss": IDP })] {
        let refused = trusting.ask(&trusting.token(&json!({ "may_act": may_act })), &actor).await;
        refused.assert_json_error(400, "invalid_request", "subject_token.foreign");
    }
}

#[tokio::test]
async fn only_clients_that_may_bring_an_issuers_token_learn_what_is_wrong_with_it() {
    let trusting = TrustedIssuerFixture::set().await;
    let fixture = &trusting.fixture;
    let (now, issuer) = (fixture.server.app.now().as_unix(), fixture.server.app.issuer.clone());
    for change in [
        json!({ "aud": [] }),
        json!({ "aud": [issuer, "orders"] }),
        json!({ "exp": "soon" }),
        json!({ "exp": -1 }),
        json!({ "aud": format!("{issuer}/token") }),
        json!({ "aud": "orders" }),
        json!({ "aud": null }),
        json!({ "exp": null }),
        json!({ "exp": now }),
        json!({ "exp": now + 3661 }),
        json!({ "nbf": now + 61 }),
        json!({ "sub": "nobody" }),
        json!({ "sub": "alice@example.com", "email": "alice@example.com", "email_verified": true }),
        json!({ "sub": null }),
    ] {
        trusting.refused(&trusting.token(&change), "subject_token.foreign").await;
    }
    let good = trusting.token(&json!({}));
    for iss in ["https://nobody.example.com", "https://idp.example.com/"] {
        trusting.refused(&trusting.token(&json!({ "iss": iss })), "subject_token.invalid").await;
    }
    // Its type says that it is an access token of this server, which it is not.
    let form =
        [("grant_type", GRANT), ("subject_token", good.as_str()), ("subject_token_type", ACCESS_TOKEN)];
    fixture.orders.token(&form).await.assert_json_error(400, "invalid_request", "subject_token.invalid");
    let stranger = [("grant_type", GRANT), ("subject_token", good.as_str()), ("subject_token_type", JWT)];
    let refused = fixture.stranger.token(&stranger).await;
    refused.assert_json_error(400, "invalid_request", "subject_token.invalid");
    let expired = trusting.token(&json!({ "exp": 1 }));
    let stranger = [("grant_type", GRANT), ("subject_token", expired.as_str()), ("subject_token_type", JWT)];
    let same = fixture.stranger.token(&stranger).await;
    assert_eq!(same.get("error_description"), refused.get("error_description"));
    assert_eq!(trusting.ask(&good, &[]).await.status, 200);
}

#[tokio::test]
async fn a_header_cannot_choose_how_a_subject_token_is_verified() {
    let site = Site::start(|_| ("200 OK".to_owned(), String::new()));
    let url = format!("http://127.0.0.1:{}/jwks", site.port);
    let trusting = TrustedIssuerFixture::set().await;
    let (mine, theirs) = (&trusting.key, key(SigningAlgorithm::Es256));
    for (header, signing) in choosing_headers(mine, &theirs, &url) {
        let token = with_header(signing, &header, &said(&trusting.fixture.server, &json!({})));
        trusting.refused(&token, "subject_token.foreign").await;
    }
    assert_eq!(site.called(), 0, "nothing that a header names is called");
    // If the keys cannot be fetched, the error says so, and no private address is called.
    let trusting = TrustedIssuerFixture::with(theirs, IssuerKeys::At(url)).await;
    trusting.refused(&trusting.token(&json!({})), "subject_token.foreign").await;
    assert_eq!(site.called(), 0);
}

#[tokio::test]
async fn a_token_from_a_subject_token_ends_with_the_trust_in_it() {
    for done in [
        &["user", "disable", "alice"][..],
        &["user", "delete", "alice", "--yes"],
        &["user", "set-password"],
        &["grant", "revoke", "--user", "alice", "--client", "orders", "--yes"],
        &["issuer", "unlink", IDP, SUBJECT, "--yes"],
        &["issuer", "update", IDP, "--client", "stock"],
        &["issuer", "delete", IDP, "--yes"],
        &["client", "update", "orders", "--disable"],
    ] {
        let trusting = TrustedIssuerFixture::set().await;
        let (fixture, operator) = (&trusting.fixture, Operator::of(&trusting.fixture.server));
        let token = trusting.good(&json!({}), &[("resource", STOCK)]).await;
        let next = exchanged(&fixture.stock, &token, &[]).await;
        assert!(is_active(&fixture.stock, &token).await && is_active(&fixture.stock, &next).await);
        if done == ["user", "set-password"] {
            operator.set_password("alice", "another password");
        } else {
            operator.done(done);
        }
        assert!(!is_active(&fixture.stock, &token).await, "{done:?}");
        assert!(!is_active(&fixture.stock, &next).await, "{done:?}");
        let refused = exchange(&fixture.stock, &token, &[]).await;
        refused.assert_json_error(400, "invalid_request", "subject_token.invalid");
        let again = trusting.ask(&trusting.token(&json!({})), &[("resource", ORDERS)]).await;
        let may = matches!(done[1], "set-password" | "revoke");
        assert_eq!(again.status == 200, may, "{done:?}: {again:?}");
    }
}
