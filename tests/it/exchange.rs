//! Token exchange (RFC 8693): who may exchange which token, what the new token contains, and what ends it.

mod ended;
mod foreign;
mod refused;

use std::time::Duration;

use grantor::oauth::client::{GrantType, SubjectType, TokenFormat};
use grantor::oauth::id::ClientId;
use serde_json::{Value, json};

use crate::support::jwt::{claims, is_signed};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ORDERS: &str = "https://orders.example.com";
const STOCK: &str = "https://stock.example.com";

/// An application, and two APIs: the application calls the first, which calls the second.
struct Fixture {
    server: TestServer,
    web: Application,
    /// Serves the first API and calls the second.
    orders: Application,
    /// Serves the second API.
    stock: Application,
    stranger: Application,
    alice: Browser,
}

/// A service that may exchange tokens.
fn service(id: &str, scopes: &str) -> Registration {
    let grants = [GrantType::ClientCredentials, GrantType::TokenExchange];
    let mut service = Registration::service(id).grants(&grants).scopes(scopes);
    service.client.may_widen_resources = true;
    service
}

impl Fixture {
    async fn new() -> Self {
        Self::of(TokenFormat::Jwt).await
    }

    /// Starts with APIs whose tokens have this format.
    async fn of(format: TokenFormat) -> Self {
        let server = TestServer::start().await;
        let mut web = Registration::web("web").scopes("openid profile email read write pay offline_access");
        web.client.token_format = format;
        web.client.grants.push(GrantType::TokenExchange);
        web.client.may_widen_resources = true;
        let web = server.register(web).await;
        let orders = server.register(service("orders", "read")).await;
        let stock = server.register(service("stock", "read")).await;
        let stranger = server.register(service("stranger", "read write")).await;
        for (uri, scopes, client) in [(ORDERS, "read write", "orders"), (STOCK, "read", "stock")] {
            server
                .resource_with(uri, scopes, |resource| {
                    resource.servers = vec![ClientId::new(client)];
                    resource.format = format;
                })
                .await;
        }
        let alice = server.alice().await;
        Self { server, web, orders, stock, stranger, alice }
    }

    /// Alice's token response for the application: for an API or, with an empty `resource`, for this server.
    async fn tokens(&mut self, scope: &str, resource: &str) -> Answer {
        let back =
            self.alice.authorize(&self.web.url_with(&[("scope", scope), ("resource", resource)])).await;
        self.web.redeem_by_hand(&back.get("code")).await
    }

    /// Alice's access token of the application for the first API.
    async fn token(&mut self) -> String {
        self.tokens("openid read write", ORDERS).await.get("access_token")
    }

    fn alices_id(&self) -> Value {
        Operator::of(&self.server).json(&["user", "show", "alice"])["id"].clone()
    }
}

/// Exchanges an access token of this server, with `more` parameters in the form.
async fn exchange(by: &Application, token: &str, more: &[(&str, &str)]) -> Answer {
    let form =
        [&[("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)], more];
    by.token(&form.concat()).await
}

/// Exchanges a token, which must succeed. Returns the new token.
async fn exchanged(by: &Application, token: &str, more: &[(&str, &str)]) -> String {
    let answer = exchange(by, token, more).await;
    assert_eq!(answer.status, 200, "{more:?}: {answer:?}");
    answer.get("access_token")
}

async fn is_active(at: &Application, token: &str) -> bool {
    at.introspect(token).await["active"] == json!(true)
}

#[tokio::test]
async fn apis_call_each_other_for_a_person_and_each_token_names_the_actor() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token().await;
    let before = fixture.server.number("SELECT COUNT(*) FROM grants").await;
    fixture.server.clock.advance(Duration::from_secs(100));
    let answer = exchange(&fixture.orders, &first, &[("resource", STOCK)]).await;
    let reply = answer.json();
    assert_eq!(
        (&reply["issued_token_type"], &reply["token_type"], &reply["expires_in"], &reply["scope"]),
        (&json!(ACCESS_TOKEN), &json!("Bearer"), &json!(500), &json!("read"))
    );
    assert!(reply.get("refresh_token").is_none() && reply.get("id_token").is_none(), "{reply}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let second = answer.get("access_token");
    assert!(is_signed(&fixture.server, &second).await);
    let (of_first, of_second) = (claims(&first), claims(&second));
    assert_eq!(of_second["sub"], fixture.alices_id());
    assert_eq!((&of_second["aud"], &of_second["client_id"]), (&json!(STOCK), &json!("orders")));
    assert_eq!((&of_second["act"], &of_second["exp"]), (&json!({ "sub": "orders" }), &of_first["exp"]));
    assert!(of_first.get("act").is_none() && of_second.get("auth_time").is_none());

    // The second API acts after the first. It names no target, so the target stays the same.
    let third = exchanged(&fixture.stock, &second, &[("requested_token_type", JWT)]).await;
    let acting = json!({ "sub": "stock", "act": { "sub": "orders" } });
    assert_eq!((&claims(&third)["act"], &claims(&third)["aud"]), (&acting, &json!(STOCK)));
    let introspected = fixture.stock.introspect(&third).await;
    assert_eq!((&introspected["act"], &introspected["sub"]), (&acting, &fixture.alices_id()));
    assert_eq!(introspected["exp"], of_first["exp"], "nothing outlives what it came of");
    assert_eq!(fixture.server.number("SELECT COUNT(*) FROM access_tokens").await, 0, "it is stored nowhere");
    assert_eq!(fixture.server.number("SELECT COUNT(*) FROM grants").await, before);
}

#[tokio::test]
async fn opaque_tokens_are_exchanged_like_jwts() {
    let mut fixture = Fixture::of(TokenFormat::Opaque).await;
    let first = fixture.token().await;
    assert!(first.starts_with("gat_"));
    let second = exchanged(&fixture.orders, &first, &[("audience", STOCK)]).await;
    let third = exchanged(&fixture.stock, &second, &[]).await;
    assert!(second.starts_with("gat_") && third.starts_with("gat_"));
    let reply = fixture.stock.introspect(&third).await;
    assert_eq!(reply["act"], json!({ "sub": "stock", "act": { "sub": "orders" } }));
    assert_eq!((&reply["sub"], &reply["client_id"]), (&fixture.alices_id(), &json!("stock")));
    let of_first = fixture.web.introspect(&first).await;
    assert_eq!((&of_first["exp"], of_first.get("act")), (&reply["exp"], None));
}

#[tokio::test]
async fn a_client_narrows_its_own_tokens_without_becoming_an_actor() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token().await;
    let narrow = exchange(&fixture.web, &first, &[("scope", "read")]).await;
    assert_eq!(narrow.get("scope"), "read");
    let token = narrow.get("access_token");
    let reply = claims(&token);
    assert_eq!((reply.get("act"), &reply["client_id"], &reply["aud"]), (None, &json!("web"), &json!(ORDERS)));
    let wider = exchange(&fixture.web, &token, &[("scope", "read write")]).await;
    wider.assert_json_error(400, "invalid_scope", "scope.widened");
    // The same with another target, which has fewer of the scopes.
    let of_stock = exchange(&fixture.web, &first, &[("resource", STOCK)]).await;
    assert_eq!(
        (claims(&of_stock.get("access_token"))["aud"].as_str(), of_stock.get("scope")),
        (Some(STOCK), "read".into())
    );
    let refused = exchange(&fixture.web, &first, &[("resource", STOCK), ("scope", "write")]).await;
    refused.assert_json_error(400, "invalid_scope", "scope.not_of_resource");
}

#[tokio::test]
async fn an_exchange_gives_no_more_than_token_and_caller_both_have() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token().await;
    let unasked = exchange(&fixture.orders, &first, &[]).await;
    assert_eq!(unasked.get("scope"), "read", "the caller may not have write");
    let forbidden = exchange(&fixture.orders, &first, &[("scope", "read write")]).await;
    forbidden.assert_json_error(400, "forbidden_scope", "scope.forbidden");
    let wider = exchange(&fixture.orders, &first, &[("scope", "read pay")]).await;
    wider.assert_json_error(400, "invalid_scope", "scope.widened");
    // A scope that the operator takes from the caller is gone at once.
    Operator::of(&fixture.server).done(&["client", "update", "orders", "--scope", "pay"]);
    let none = exchange(&fixture.orders, &first, &[]).await;
    none.assert_json_error(400, "invalid_scope", "scope.not_of_resource");
}

#[tokio::test]
async fn the_target_stays_or_is_one_that_the_caller_may_use() {
    let mut fixture = Fixture::new().await;
    fixture.server.resource("https://pay.example.com", "pay").await;
    let first = fixture.token().await;
    let other_spelling = format!("{ORDERS}/");
    for form in
        [vec![("resource", STOCK)], vec![("audience", STOCK)], vec![("audience", STOCK), ("resource", STOCK)]]
    {
        assert_eq!(claims(&exchanged(&fixture.orders, &first, &form).await)["aud"], STOCK, "{form:?}");
    }
    let mut bound = service("bound", "read");
    bound.client.resources = vec![STOCK.to_owned()];
    let bound = fixture.server.register(bound).await;
    Operator::of(&fixture.server).done(&["resource", "update", ORDERS, "--client", "bound"]);
    for form in [vec![], vec![("resource", ORDERS)], vec![("resource", other_spelling.as_str())]] {
        let token = exchanged(&bound, &first, &form).await;
        assert_eq!(claims(&token)["aud"], ORDERS, "it may not name it, and need not: {form:?}");
    }
    let mismatch = [("audience", STOCK), ("resource", ORDERS)];
    for (form, reason) in [
        (&mismatch[..], "audience.mismatch"),
        (&[("resource", "https://pay.example.com")], "resource.not_allowed"),
        (&[("audience", "https://pay.example.com")], "resource.not_allowed"),
        (&[("audience", "urn:nowhere")], "resource.unknown"),
        (&[("audience", "orders")], "resource.malformed"),
        (&[("audience", STOCK), ("audience", ORDERS)], "resource.several"),
    ] {
        let answer = exchange(&bound, &first, form).await;
        answer.assert_json_error(400, "invalid_target", reason);
    }
}

#[tokio::test]
async fn an_actor_token_names_the_actor_instead_of_the_caller() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token().await;
    // A service's own token is about the service itself; a token issued for a person is about that person.
    let own = fixture.orders.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    let actor = [("actor_token", own.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    assert_eq!(claims(&exchanged(&fixture.orders, &first, &actor).await)["act"], json!({ "sub": "orders" }));
    fixture.server.user("bob").await;
    let mut bob = fixture.server.browser();
    let page = bob.open(&fixture.web.url_with(&[("scope", "read")])).await;
    let page = bob.sign_in(&page, "bob").await;
    let back = bob.allow(&page).await;
    let bobs = fixture.web.redeem_by_hand(&back.get("code")).await.get("access_token");
    let bobs_id = Operator::of(&fixture.server).json(&["user", "show", "bob"])["id"].clone();
    let actor = [("actor_token", bobs.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    let token = exchanged(&fixture.web, &first, &actor).await;
    assert_eq!(
        (&claims(&token)["act"], &claims(&token)["sub"]),
        (&json!({ "sub": bobs_id }), &fixture.alices_id())
    );
    // This token was issued to another client.
    let refused = exchange(&fixture.orders, &first, &actor).await;
    refused.assert_json_error(400, "invalid_request", "actor_token.invalid");
    // The new token lives no longer than the actor token.
    fixture.server.clock.advance(Duration::from_secs(300));
    let next = fixture.tokens("openid read write", ORDERS).await.get("access_token");
    let answer = exchange(&fixture.web, &next, &actor).await;
    assert_eq!(answer.json()["expires_in"], 300);
    Operator::of(&fixture.server).done(&["user", "disable", "bob"]);
    let refused = exchange(&fixture.web, &next, &actor).await;
    refused.assert_json_error(400, "invalid_request", "actor_token.invalid");
}

#[tokio::test]
async fn only_clients_that_may_impersonate_leave_out_the_actor() {
    let mut fixture = Fixture::new().await;
    let operator = Operator::of(&fixture.server);
    let first = fixture.token().await;
    let second = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
    operator.done(&["client", "update", "stock", "--may-impersonate", "true"]);
    let third = exchanged(&fixture.stock, &second, &[]).await;
    assert_eq!(claims(&third)["act"], json!({ "sub": "orders" }), "who acted before stays");
    let own = fixture.stock.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    let actor = [("actor_token", own.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    let acting = exchanged(&fixture.stock, &second, &actor).await;
    assert_eq!(claims(&acting)["act"]["sub"], "stock", "who names an actor says so");
    operator.done(&["client", "update", "orders", "--may-impersonate", "true"]);
    let silent = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
    assert!(claims(&silent).get("act").is_none());
    operator.done(&["client", "update", "orders", "--may-impersonate", "false"]);
    let again = exchanged(&fixture.orders, &first, &[("resource", STOCK)]).await;
    assert_eq!(claims(&again)["act"], json!({ "sub": "orders" }));
}

#[tokio::test]
async fn a_token_names_who_may_act_and_others_are_refused() {
    for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
        let mut fixture = Fixture::of(format).await;
        Operator::of(&fixture.server).done(&["client", "update", "web", "--may-act", "stranger"]);
        let first = fixture.token().await;
        let reply = fixture.orders.introspect(&first).await;
        assert_eq!(reply["may_act"], json!({ "sub": "stranger" }));
        if format == TokenFormat::Jwt {
            assert_eq!(claims(&first)["may_act"], json!({ "sub": "stranger" }));
        }
        let refused = exchange(&fixture.orders, &first, &[]).await;
        refused.assert_json_error(400, "invalid_request", "subject_token.invalid");
        let second = exchanged(&fixture.stranger, &first, &[("resource", STOCK)]).await;
        let reply = fixture.stock.introspect(&second).await;
        assert_eq!((&reply["act"], reply.get("may_act")), (&json!({ "sub": "stranger" }), None));
        assert!(is_active(&fixture.web, &exchanged(&fixture.web, &first, &[]).await).await, "its own it may");
        // A client that is registered later under the same id is not the one that the token names.
        fixture.server.clock.advance(Duration::from_secs(10));
        fixture.server.sql("UPDATE clients SET created_at = 4000000000 WHERE id = 'stranger'").await;
        let refused = exchange(&fixture.stranger, &first, &[]).await;
        refused.assert_json_error(400, "invalid_request", "subject_token.invalid");
    }
}

#[tokio::test]
async fn a_service_passes_on_the_token_of_another_service() {
    for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
        let fixture = Fixture::of(format).await;
        let job = fixture.server.register(Registration::service("job").scopes("read")).await;
        let own = job.token(&[("grant_type", "client_credentials"), ("resource", ORDERS)]).await;
        let second = exchanged(&fixture.orders, &own.get("access_token"), &[("resource", STOCK)]).await;
        let reply = fixture.stock.introspect(&second).await;
        assert_eq!((&reply["sub"], &reply["client_id"]), (&json!("job"), &json!("orders")), "{reply}");
        assert_eq!(reply["act"], json!({ "sub": "orders" }));
        if format == TokenFormat::Jwt {
            assert_eq!(claims(&second)["sub"], "job");
        }
        let third = exchanged(&fixture.stock, &second, &[]).await;
        assert_eq!(fixture.stock.introspect(&third).await["sub"], "job");
        let operator = Operator::of(&fixture.server);
        let inspected = operator.json(&["token", "inspect", &third]);
        assert_eq!(
            (&inspected["subject"], &inspected["actor"]),
            (&json!("job"), &json!({ "sub": "stock", "act": { "sub": "orders" } }))
        );
        operator.done(&["client", "update", "job", "--disable"]);
        assert!(!is_active(&fixture.stock, &second).await && !is_active(&fixture.stock, &third).await);
        operator.done(&["client", "update", "job", "--enable"]);
        assert!(is_active(&fixture.stock, &third).await);
        operator.done(&["client", "delete", "job", "--yes"]);
        assert!(!is_active(&fixture.stock, &second).await && !is_active(&fixture.stock, &third).await);
        // A new client under the same id gets none of its rights.
        fixture.server.clock.advance(Duration::from_secs(10));
        operator.done(&["client", "create", "--id", "job", "--name", "Job", "--kind", "service"]);
        fixture.server.sql("UPDATE clients SET created_at = created_at + 10 WHERE id = 'job'").await;
        assert!(!is_active(&fixture.stock, &third).await);
    }
}

#[tokio::test]
async fn each_client_knows_the_person_by_the_name_of_its_own_sector() {
    let mut fixture = Fixture::new().await;
    let mut pairwise = Registration::web("pairwise").scopes("openid email read");
    pairwise.client.grants.push(GrantType::TokenExchange);
    pairwise.client.subject_type = SubjectType::Pairwise;
    let pairwise = fixture.server.register(pairwise).await;
    Operator::of(&fixture.server).done(&["resource", "update", ORDERS, "--client", "pairwise"]);
    let first = fixture.token().await;
    let second = exchanged(&pairwise, &first, &[]).await;
    let sub = claims(&second)["sub"].clone();
    assert_ne!(sub, fixture.alices_id());
    assert_eq!(pairwise.introspect(&second).await["sub"], sub);
    let back = fixture.alice.authorize(&pairwise.url_with(&[("scope", "openid")])).await;
    let tokens = pairwise.redeem_by_hand(&back.get("code")).await;
    assert_eq!(claims(&tokens.get("id_token"))["sub"], sub, "the name that it knows already");
}

#[tokio::test]
async fn userinfo_gives_an_exchanged_token_scope_claims_and_no_claims_requested_by_name() {
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let mut fixture = Fixture::of(format).await;
        let operator = Operator::of(&fixture.server);
        operator.done(&["user", "update", "alice", "--name", "Alice Liddell"]);
        operator.done(&["client", "update", "web", "--may-act", "orders"]);
        operator.done(&[
            "client",
            "update",
            "orders",
            "--scope",
            "openid email",
            "--token-format",
            match format {
                TokenFormat::Opaque => "opaque",
                TokenFormat::Jwt => "jwt",
            },
        ]);
        let by_name = ("claims", r#"{"userinfo":{"name":null}}"#);
        let back =
            fixture.alice.authorize(&fixture.web.url_with(&[("scope", "openid email read"), by_name])).await;
        let first = fixture.web.redeem_by_hand(&back.get("code")).await.get("access_token");
        let reply = fixture.server.user_info(&first).await.json();
        assert_eq!((&reply["name"], &reply["email"]), (&json!("Alice Liddell"), &json!("alice@example.com")));
        let second = exchanged(&fixture.orders, &first, &[]).await;
        let reply = fixture.server.user_info(&second).await.json();
        assert_eq!(
            reply,
            json!({ "sub": fixture.alices_id(), "email": "alice@example.com", "email_verified": false })
        );
        let third = exchanged(&fixture.orders, &second, &[("scope", "openid")]).await;
        assert_eq!(fixture.server.user_info(&third).await.json(), json!({ "sub": fixture.alices_id() }));
        let for_orders = exchanged(&fixture.web, &first, &[("resource", ORDERS)]).await;
        let refused = fixture.server.user_info(&for_orders).await;
        refused.assert_json_error(401, "invalid_token", "bearer.audience");
    }
}

#[tokio::test]
async fn the_operator_registers_shows_and_removes_who_may_act() {
    let fixture = Fixture::new().await;
    let operator = Operator::of(&fixture.server);
    fixture.server.spa().await;
    let create = ["client", "create", "--id", "new", "--name", "New", "--kind", "service"];
    for (more, part) in [
        (&["--may-act", "nobody"][..], "there is no client with the id nobody"),
        (&["--may-act", "spa"], "is public"),
        (&["--may-impersonate"], "with the grant token_exchange"),
    ] {
        let text = operator.refused(&[&create[..], more].concat());
        assert!(text.contains(part), "{more:?}: {text}");
    }
    let public = [
        "client",
        "create",
        "--id",
        "p",
        "--name",
        "P",
        "--kind",
        "spa",
        "--redirect-uri",
        "https://a.example/",
    ];
    for grant in ["token_exchange", "jwt_bearer"] {
        let text =
            operator.refused(&[&public[..], &["--grant", "authorization_code", "--grant", grant]].concat());
        assert!(text.contains("is public and cannot use urn:ietf:params:oauth:grant-type:"), "{text}");
    }
    operator.done(
        &[&create[..], &["--grant", "token_exchange", "--may-impersonate", "--may-act", "orders"]].concat(),
    );
    let shown = operator.json(&["client", "show", "new"]);
    assert_eq!((&shown["may_act"], &shown["may_impersonate"]), (&json!("orders"), &json!(true)));
    assert_eq!(shown["may_widen_resources"], json!(false));
    operator.done(&["client", "update", "new", "--may-widen-resources", "true"]);
    assert_eq!(operator.json(&["client", "show", "new"])["may_widen_resources"], json!(true));
    assert_eq!((&shown["grant_types"], &shown["redirect_uris"]), (&json!([GRANT]), &json!([])));
    let text = operator.done(&["client", "show", "new"]);
    let says = |name: &str, value: &str| {
        text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.trim() == value))
    };
    assert!(says("may act", "orders") && says("impersonates", "yes"), "{text}");
    operator.done(&["client", "update", "new", "--grant", GRANT, "--grant", "jwt_bearer"]);
    operator.done(&["client", "update", "new", "--no-may-act", "--may-impersonate", "false"]);
    let shown = operator.json(&["client", "show", "new"]);
    assert_eq!((&shown["may_act"], &shown["may_impersonate"]), (&json!(null), &json!(false)));
    operator.done(&["client", "update", "new", "--may-act", "orders"]);
    operator.done(&["client", "delete", "orders", "--yes"]);
    assert_eq!(
        operator.json(&["client", "show", "new"])["may_act"],
        json!(null),
        "who comes after it inherits nothing"
    );
    let text = operator.run(&["client", "update", "new", "--may-act", "stock", "--no-may-act"]);
    assert_eq!(text.status.code(), Some(2));
}
