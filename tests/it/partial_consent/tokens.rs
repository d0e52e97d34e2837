//! What the narrower consent means for tabs, codes, sessions, devices and resources.

use super::*;

#[tokio::test]
async fn of_two_tabs_the_last_answer_counts() {
    let (_server, app, mut alice) = started().await;
    let first = alice.open(&url(&app, "openid read write", &[AGAIN])).await;
    let second = alice.open(&url(&app, "openid read write", &[AGAIN])).await;
    let back = allow(&mut alice, &first, "read").await;
    assert_eq!(scope_of(&app, &back).await, "openid read");
    let back = allow(&mut alice, &second, "write").await;
    assert_eq!(scope_of(&app, &back).await, "openid write");
    let known = alice.get(&url(&app, "openid read write", &[SILENT])).await;
    assert_eq!(scope_of(&app, &known).await, "openid write");
}

#[tokio::test]
async fn the_scope_of_a_code_does_not_grow_with_a_later_answer() {
    let (_server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid read write", &[])).await;
    let first = allow(&mut alice, &page, "read").await;
    let page = alice.open(&url(&app, "openid read write", &[AGAIN])).await;
    let second = allow(&mut alice, &page, "read write").await;
    let tokens = redeemed(&app, &first).await;
    assert_eq!(tokens.get("scope"), "openid read");
    assert_eq!(app.refresh_by_hand(&tokens.get("refresh_token")).await.get("scope"), "openid read");
    assert_eq!(scope_of(&app, &second).await, "openid read write");
}

#[tokio::test]
async fn without_offline_access_the_tokens_end_with_the_session() {
    let (_server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid read offline_access", &[])).await;
    // The person has not decided yet how long it lasts.
    assert!(
        !page.body.contains("after you sign out") && !page.body.contains("when you sign out"),
        "{page:?}"
    );
    let back = allow(&mut alice, &page, "read").await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "openid read");
    alice.sign_out().await;
    let refused = app.refresh_by_hand(&tokens.get("refresh_token")).await;
    refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn a_device_gets_what_is_ticked() {
    let (server, _app, mut alice) = started().await;
    let tv = partial(
        Registration::native("tv")
            .grants(&[GrantType::DeviceCode, GrantType::RefreshToken])
            .scopes("openid read write"),
    );
    let tv = server.register(tv).await;
    let form = [("scope", "read write")];
    let asked = async |alice: &mut Browser| {
        let begun = tv.post("/device_authorization", &form).await;
        let page = alice.open_device("/device").await;
        let page = alice.submit(&page, &[("user_code", &begun.get("user_code"))]).await;
        (begun.get("device_code"), page)
    };
    let poll = async |code: &str| tv.token(&[("grant_type", DEVICE_CODE), ("device_code", code)]).await;

    let (code, page) = asked(&mut alice).await;
    assert_eq!(scopes_of(&page), ("read write".into(), String::new()));
    let done = allow_with(&mut alice, &page, "read", &[("scope", "openid")]).await;
    assert!(done.body.contains("id=\"allowed\""), "{done:?}");
    let tokens = poll(&code).await;
    assert_eq!(tokens.get("scope"), "read");
    assert_eq!(tv.refresh_by_hand(&tokens.get("refresh_token")).await.get("scope"), "read");

    // A device always asks, and shows what was refused before.
    let (code, page) = asked(&mut alice).await;
    assert_eq!(scopes_of(&page), ("read".into(), "write".into()));
    let done = allow(&mut alice, &page, "").await;
    assert!(done.body.contains("id=\"denied\""), "{done:?}");
    poll(&code).await.assert_json_error(400, "access_denied", "device_code.denied");
    let (code, page) = asked(&mut alice).await;
    allow(&mut alice, &page, "read write").await;
    assert_eq!(poll(&code).await.get("scope"), "read write");
}

#[tokio::test]
async fn a_resource_stays_as_long_as_one_of_its_scopes_does() {
    let (server, app, mut alice) = started().await;
    server.resource(API, "read write").await;
    server.resource("https://other.example.com", "pay").await;
    see_changes(&server).await;
    let url = |scope: &str, prompt: &str| {
        let params = [
            ("client_id", app.id.as_str()),
            ("redirect_uri", &app.redirect_uri),
            ("response_type", "code"),
            ("scope", scope),
            ("state", "the state"),
            ("prompt", prompt),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", API),
            ("resource", "https://other.example.com"),
        ];
        format!("{}/authorize?{}", server.url, serde_urlencoded::to_string(params).unwrap())
    };
    let page = alice.open(&url("openid read write pay", "consent")).await;
    let back = allow(&mut alice, &page, "read").await;
    // The only resource that is left needs no name.
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "read");
    assert_eq!(claims(&tokens.get("access_token"))["aud"], API);
    let refresh = tokens.get("refresh_token");
    let other = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("resource", "https://other.example.com"),
    ];
    app.token(&other).await.assert_json_error(400, "invalid_target", "resource.widened");
    let own =
        [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", &server.url)];
    assert_eq!(app.token(&own).await.get("scope"), "openid");

    // Of no resource a scope is left: the token is for this server.
    let page = alice.open(&url("openid read write pay", "consent")).await;
    let back = allow(&mut alice, &page, "").await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "openid");
    assert_eq!(server.user_info(&tokens.get("access_token")).await.status, 200);
    let page = alice.open(&url("read pay", "consent")).await;
    denied(&server, &allow(&mut alice, &page, "").await);
    let known = alice.get(&url("openid read write pay", "none")).await;
    assert_eq!(scope_of(&app, &known).await, "openid");
}
