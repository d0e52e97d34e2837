//! Refused exchanges, and what a caller can learn from them: nothing.

use std::time::Duration;

use grantor::oauth::client::{GrantType, TokenFormat};
use grantor::secret::to_base64url;
use serde_json::{Value, json};

use super::{ACCESS_TOKEN, Fixture, GRANT, JWT, ORDERS, STOCK, exchange, exchanged};
use crate::support::jwt::{claims, key, parts, with_header};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Operator};

fn of<'a>(token: &'a str, token_type: &'a str) -> [(&'static str, &'a str); 2] {
    [("subject_token", token), ("subject_token_type", token_type)]
}

/// What an answer says, without the request id.
fn reply(answer: &Answer) -> Value {
    let mut reply = answer.json();
    reply.as_object_mut().unwrap().remove("request_id");
    reply
}

#[tokio::test]
async fn a_third_client_exchanges_nothing_and_learns_nothing() {
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let mut fixture = Fixture::of(format).await;
        let first = fixture.token().await;
        let made_up = exchange(&fixture.stranger, "gat_made-up", &[]).await;
        made_up.assert_json_error(400, "invalid_request", "subject_token.invalid");
        let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
        let for_server = fixture.tokens("openid read", "").await.get("access_token");
        let own = fixture.orders.token(&[("grant_type", "client_credentials")]).await.get("access_token");
        for token in [&first, &second, &for_server, &own] {
            let refused = exchange(&fixture.stranger, token, &[]).await;
            assert_eq!((refused.status, reply(&refused)), (made_up.status, reply(&made_up)), "{format:?}");
            // The refusal is the same, whatever else is wrong with the request.
            let more = [("scope", "write"), ("resource", STOCK)];
            assert_eq!(reply(&exchange(&fixture.stranger, token, &more).await), reply(&made_up));
        }
        // The second API's server is a third client, too: the token is not for it.
        assert_eq!(reply(&exchange(&fixture.stock, &first, &[]).await), reply(&made_up));
        fixture.web.post("/revoke", &[("token", &first)]).await;
        assert_eq!(
            reply(&exchange(&fixture.web, &first, &[]).await),
            reply(&made_up),
            "its own, when it is over"
        );
        fixture.server.clock.advance(Duration::from_secs(600));
        assert_eq!(reply(&exchange(&fixture.web, &for_server, &[]).await), reply(&made_up));
    }
}

#[tokio::test]
async fn a_just_registered_server_of_an_api_exchanges_at_once() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token().await;
    let refused = exchange(&fixture.stranger, &first, &[]).await;
    refused.assert_json_error(400, "invalid_request", "subject_token.invalid");
    Operator::of(&fixture.server).done(&["resource", "update", ORDERS, "--client", "stranger"]);
    assert_eq!(exchange(&fixture.stranger, &first, &[]).await.status, 200);
    // The same for tokens for this server, for which a resource with the issuer's URI has servers.
    let for_server = fixture.tokens("openid read", "").await.get("access_token");
    assert_eq!(exchange(&fixture.stock, &for_server, &[]).await.status, 400);
    let issuer = fixture.server.url.clone();
    Operator::of(&fixture.server).done(&["resource", "create", &issuer, "--client", "stock"]);
    assert_eq!(claims(&exchanged(&fixture.stock, &for_server, &[("resource", STOCK)]).await)["aud"], STOCK);
}

#[tokio::test]
async fn only_access_tokens_are_exchanged_and_only_by_their_type() {
    let mut fixture = Fixture::new().await;
    let tokens = fixture.tokens("openid read write", ORDERS).await;
    let jwt = tokens.get("access_token");
    let opaque = Fixture::of(TokenFormat::Opaque).await.token().await;
    let ask =
        async |form: &[(&str, &str)]| fixture.web.token(&[&[("grant_type", GRANT)], form].concat()).await;
    for token_type in [ACCESS_TOKEN, JWT] {
        assert_eq!(ask(&of(&jwt, token_type)).await.status, 200, "{token_type}");
    }
    for (token, token_type, reason) in [
        (opaque.as_str(), JWT, "subject_token.invalid"),
        (&tokens.get("refresh_token"), ACCESS_TOKEN, "subject_token.invalid"),
        (&tokens.get("refresh_token"), JWT, "subject_token.invalid"),
        (&tokens.get("id_token"), ACCESS_TOKEN, "subject_token.invalid"),
        (&tokens.get("id_token"), JWT, "subject_token.invalid"),
        (&jwt, "urn:ietf:params:oauth:token-type:refresh_token", "token_type.unsupported"),
        (&jwt, "urn:ietf:params:oauth:token-type:id_token", "token_type.unsupported"),
        (&jwt, "urn:ietf:params:oauth:token-type:saml2", "token_type.unsupported"),
        (&jwt, "access_token", "token_type.unsupported"),
        (&jwt, "", "token_type.unsupported"),
        ("", ACCESS_TOKEN, "subject_token.missing"),
    ] {
        let answer = ask(&of(token, token_type)).await;
        answer.assert_json_error(400, "invalid_request", reason);
    }
    let good = of(&jwt, ACCESS_TOKEN);
    for (more, reason) in [
        (
            vec![("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")],
            "token_type.unsupported",
        ),
        (
            vec![("requested_token_type", "urn:ietf:params:oauth:token-type:id_token")],
            "token_type.unsupported",
        ),
        (vec![("actor_token", jwt.as_str())], "token_type.unsupported"),
        (vec![("actor_token_type", ACCESS_TOKEN)], "actor_token.invalid"),
        (vec![("actor_token", opaque.as_str()), ("actor_token_type", JWT)], "actor_token.invalid"),
        (vec![("actor_token", "gat_made-up"), ("actor_token_type", ACCESS_TOKEN)], "actor_token.invalid"),
        (vec![("actor_token", "x"), ("actor_token_type", ACCESS_TOKEN)], "actor_token.invalid"),
    ] {
        let answer = ask(&[&good[..], &more].concat()).await;
        answer.assert_json_error(400, "invalid_request", reason);
    }
    let asked = ask(&[&good[..], &[("requested_token_type", JWT)]].concat()).await;
    assert_eq!(asked.get("issued_token_type"), JWT);
    let asked = ask(&[&good[..], &[("requested_token_type", ACCESS_TOKEN)]].concat()).await;
    assert_eq!(asked.get("issued_token_type"), ACCESS_TOKEN);
    let mut other = Fixture::of(TokenFormat::Opaque).await;
    let first = other.token().await;
    let refused = exchange(&other.web, &first, &[("requested_token_type", JWT)]).await;
    refused.assert_json_error(400, "invalid_request", "token_type.unsupported");
    let actor = [("actor_token", first.as_str()), ("actor_token_type", JWT)];
    let refused = exchange(&other.web, &first, &actor).await;
    refused.assert_json_error(400, "invalid_request", "actor_token.invalid");
    let refused = other.web.token(&[&[("grant_type", GRANT)], &of(&first, JWT)[..]].concat()).await;
    refused.assert_json_error(400, "invalid_request", "subject_token.invalid");
}

#[tokio::test]
async fn clients_without_the_grant_or_authentication_exchange_nothing() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token().await;
    let plain = fixture.server.register(Registration::service("plain")).await;
    let public =
        Registration::spa("public").grants(&[GrantType::AuthorizationCode, GrantType::TokenExchange]);
    let public = fixture.server.register(public).await;
    for client in [&plain, &public] {
        let refused = exchange(client, &first, &[]).await;
        refused.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    }
    let form =
        [("grant_type", GRANT), ("subject_token", first.as_str()), ("subject_token_type", ACCESS_TOKEN)];
    let nobody = fixture.server.token(&form).await;
    nobody.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let form = [&form[..], &[("client_id", "orders"), ("client_secret", "wrong")]].concat();
    fixture.server.token(&form).await.assert_json_error(401, "invalid_client", "client.secret_wrong");
}

#[tokio::test]
async fn four_exchanges_follow_one_another_and_no_more() {
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let mut fixture = Fixture::of(format).await;
        let mut token = fixture.token().await;
        for _ in 0..4 {
            token = exchanged(&fixture.web, &token, &[]).await;
        }
        let refused = exchange(&fixture.web, &token, &[]).await;
        refused.assert_json_error(400, "invalid_request", "exchange.too_deep");
        assert!(super::is_active(&fixture.web, &token).await);
    }
}

#[tokio::test]
async fn a_token_that_claims_to_be_ours_is_verified_by_our_keys_alone() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token().await;
    let [header, said] = parts(&first);
    let theirs = key(grantor::oauth::signing_key::SigningAlgorithm::Es256);
    let jwk: Value = serde_json::from_str(&theirs.public_jwk().unwrap()).unwrap();
    let kid = &header["kid"];
    let mut forged: Vec<String> = [
        json!({ "alg": "none", "typ": "at+jwt", "kid": kid }),
        json!({ "alg": "HS256", "typ": "at+jwt", "kid": kid }),
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }),
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid, "jwk": jwk }),
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": theirs.kid(), "jwk": jwk }),
        json!({ "alg": "ES256", "typ": "JWT", "kid": kid }),
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid, "crit": ["x"], "x": 1 }),
    ]
    .iter()
    .map(|header| with_header(&theirs, header, &said))
    .collect();
    let (input, signature) = first.rsplit_once('.').unwrap();
    forged.push(format!("{input}."));
    let mut widened = said.clone();
    widened["scope"] = json!("read write pay");
    let head = input.split('.').next().unwrap();
    forged.push(format!("{head}.{}.{signature}", to_base64url(widened.to_string().as_bytes())));
    // A token of another server that claims to be from this one.
    forged.push(theirs.sign("at+jwt", &said).unwrap());
    let mut elsewhere = Fixture::new().await;
    forged.push(elsewhere.token().await);
    for token in forged {
        for token_type in [ACCESS_TOKEN, JWT] {
            let form = [
                ("grant_type", GRANT),
                ("subject_token", token.as_str()),
                ("subject_token_type", token_type),
            ];
            let answer = fixture.web.token(&form).await;
            answer.assert_json_error(400, "invalid_request", "subject_token.invalid");
        }
    }
    assert_eq!(exchange(&fixture.web, &first, &[]).await.status, 200);
}

#[tokio::test]
async fn nothing_is_exchanged_when_the_database_fails() {
    let mut fixture = Fixture::of(TokenFormat::Opaque).await;
    let first = fixture.token().await;
    fixture.server.sql("ALTER TABLE revoked_tokens RENAME TO hidden_tokens").await;
    let second = exchanged(&fixture.orders, &first, &[]).await;
    let answer = exchange(&fixture.orders, &second, &[]).await;
    answer.assert_json_error(500, "server_error", "server.failed");
    assert_eq!(fixture.server.number("SELECT COUNT(*) FROM access_tokens").await, 2);
}
