//! What ends an exchanged token: everything that ends the token it was exchanged from.

use grantor::oauth::client::TokenFormat;
use serde_json::json;

use super::{Fixture, ORDERS, STOCK, exchange, exchanged, is_active};
use crate::support::{Event, Operator};

#[tokio::test]
async fn no_exchanged_token_outlives_the_token_it_was_made_from() {
    let of_who_has_it = Event::ALL.map(|event| (event, "web"));
    let of_who_passed_it_on = [Event::ClientDisabled, Event::ClientDeleted].map(|event| (event, "orders"));
    for (event, client) in of_who_has_it.into_iter().chain(of_who_passed_it_on) {
        for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
            for scope in ["openid read", "openid read offline_access"] {
                let mut fixture = Fixture::of(format).await;
                let operator = Operator::of(&fixture.server);
                let first = fixture.tokens(scope, ORDERS).await.get("access_token");
                let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
                let third = exchanged(&fixture.stock, &second, &[]).await;
                assert!(is_active(&fixture.stock, &second).await && is_active(&fixture.stock, &third).await);

                event.happen(client, &operator, &mut fixture.alice).await;
                let what = format!("{event:?} {client} {format:?} {scope}");
                let spared = event.spares_offline_access() && scope.contains("offline_access");
                for token in [&second, &third] {
                    assert_eq!(is_active(&fixture.stock, token).await, spared, "{what}");
                    let answer = exchange(&fixture.stock, token, &[]).await;
                    assert_eq!(answer.status == 200, spared, "{what}: {answer:?}");
                    if !spared {
                        answer.assert_json_error(400, "invalid_request", "subject_token.invalid");
                    }
                }
                let answer = exchange(&fixture.orders, &first, &[]).await;
                assert_eq!(answer.status == 200, spared, "{what}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_disabled_client_exchanges_nothing_and_its_exchanged_tokens_are_inactive_meanwhile() {
    let mut fixture = Fixture::new().await;
    let operator = Operator::of(&fixture.server);
    let first = fixture.token().await;
    let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
    let third = exchanged(&fixture.stock, &second, &[]).await;
    operator.done(&["client", "update", "orders", "--disable"]);
    let refused = exchange(&fixture.orders, &first, &[]).await;
    refused.assert_json_error(401, "invalid_client", "client.disabled");
    assert!(!is_active(&fixture.stock, &third).await, "it went through these hands");
    operator.done(&["client", "update", "orders", "--enable"]);
    assert!(is_active(&fixture.stock, &third).await);
}

#[tokio::test]
async fn revoking_a_token_ends_what_was_exchanged_from_it_and_nothing_else() {
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let mut fixture = Fixture::of(format).await;
        let tokens = fixture.tokens("openid read write", ORDERS).await;
        let first = tokens.get("access_token");
        let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
        let beside = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
        let third = exchanged(&fixture.stock, &second, &[]).await;
        // The holder of an exchanged token can only revoke that one.
        fixture.orders.post("/revoke", &[("token", &first)]).await;
        fixture.stock.post("/revoke", &[("token", &second)]).await;
        assert!(is_active(&fixture.stock, &third).await);
        fixture.orders.post("/revoke", &[("token", &second)]).await;
        for (token, expected) in [(&second, false), (&third, false), (&beside, true)] {
            assert_eq!(is_active(&fixture.stock, token).await, expected, "{format:?}");
        }
        assert!(is_active(&fixture.web, &first).await);
        let refused = exchange(&fixture.stock, &third, &[]).await;
        refused.assert_json_error(400, "invalid_request", "subject_token.invalid");
        let fourth = exchanged(&fixture.stock, &beside, &[]).await;
        fixture.web.post("/revoke", &[("token", &first)]).await;
        for token in [&first, &beside, &fourth] {
            assert!(!is_active(&fixture.stock, token).await, "{format:?}");
        }
        let refreshed = fixture.web.refresh_by_hand(&tokens.get("refresh_token")).await;
        assert_eq!(refreshed.status, 200, "the authorization goes on");
    }
}

#[tokio::test]
async fn a_chain_of_jwts_and_opaque_tokens_ends_where_any_of_them_ends() {
    for gone in 0..3 {
        let mut fixture = Fixture::new().await;
        let operator = Operator::of(&fixture.server);
        operator.done(&["resource", "update", STOCK, "--token-format", "opaque"]);
        fixture.server.app.cache.catalogue(grantor::cache::catalogue::Freshness::Now).await.unwrap();
        let first = fixture.token().await;
        let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
        let third = exchanged(&fixture.stock, &second, &[]).await;
        operator.done(&["resource", "update", STOCK, "--token-format", "jwt"]);
        fixture.server.app.cache.catalogue(grantor::cache::catalogue::Freshness::Now).await.unwrap();
        let fourth = exchanged(&fixture.stock, &third, &[]).await;
        assert!(first.starts_with("ey") && second.starts_with("gat_") && fourth.starts_with("ey"));
        assert!(is_active(&fixture.stock, &fourth).await);
        let owners = [(&fixture.web, &first), (&fixture.orders, &second), (&fixture.stock, &third)];
        let (owner, token) = owners[gone];
        owner.post("/revoke", &[("token", token)]).await;
        assert!(!is_active(&fixture.stock, &fourth).await, "{gone}");
    }
}

#[tokio::test]
async fn a_person_who_left_a_group_gets_nothing_more_by_an_exchange() {
    let mut fixture = Fixture::new().await;
    let operator = Operator::of(&fixture.server);
    operator.done(&["user", "update", "alice", "--group", "staff"]);
    let first = fixture.token().await;
    operator.done(&["client", "update", "orders", "--require-group", "staff"]);
    let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
    operator.done(&["user", "update", "alice", "--group", "guests"]);
    let refused = exchange(&fixture.orders, &first, &[("resource", STOCK)]).await;
    refused.assert_json_error(400, "invalid_grant", "subject.group_missing");
    assert!(is_active(&fixture.stock, &second).await, "what was issued stays until it ends");
    operator.done(&["client", "update", "orders", "--no-required-group"]);
    operator.done(&["scope", "update", "read", "--require-group", "staff"]);
    fixture.server.app.cache.catalogue(grantor::cache::catalogue::Freshness::Now).await.unwrap();
    let refused = exchange(&fixture.orders, &first, &[]).await;
    refused.assert_json_error(400, "invalid_grant", "subject.group_missing");
    let refused = exchange(&fixture.web, &first, &[("scope", "read")]).await;
    refused.assert_json_error(400, "invalid_grant", "subject.group_missing");
    assert_eq!(exchange(&fixture.web, &first, &[("scope", "write")]).await.get("scope"), "write");
}

#[tokio::test]
async fn a_deleted_client_leaves_nothing_to_a_new_one_with_its_id() {
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let mut fixture = Fixture::of(format).await;
        let operator = Operator::of(&fixture.server);
        let first = fixture.token().await;
        let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
        operator.done(&["client", "delete", "orders", "--yes"]);
        operator.done(&["client", "create", "--id", "orders", "--name", "O", "--kind", "service"]);
        fixture.server.sql("UPDATE clients SET created_at = created_at + 10 WHERE id = 'orders'").await;
        assert_eq!(fixture.stock.introspect(&second).await, json!({ "active": false }), "{format:?}");
        assert!(is_active(&fixture.web, &first).await);
    }
}
