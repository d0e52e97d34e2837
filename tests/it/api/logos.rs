//! `/api/v1/clients/{id}/logos/{scheme}`: pictures.

use grantor::work::audit;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Api, refused};
use crate::support::TestServer;
use crate::support::relying_party::Registration;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";
const GIF: &[u8] = b"GIF89a";

#[tokio::test]
async fn a_logo_is_set_shown_and_removed() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.register(Registration::web("web")).await, server.alice().await);
    let (api, light) = (Api::owner(&server).await, "/clients/web/logos/light");
    for (scheme, media_type, picture, has) in
        [("light", "image/png", PNG, "has_logo"), ("dark", "image/gif", GIF, "has_dark_logo")]
    {
        let address = format!("/clients/web/logos/{scheme}");
        let tried = api.send_picture(&format!("{address}?dry_run=true"), &[], (media_type, picture)).await;
        assert_eq!((tried.status, tried.body.as_str()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(api.get("/clients/web").await.json()[has], false, "a rehearsal changes nothing");
        let set = api.send_picture(&address, &[], (media_type, picture)).await;
        assert_eq!(set.status, StatusCode::NO_CONTENT, "{set:?}");
        assert_eq!(api.get("/clients/web").await.json()[has], true);
    }
    let page = alice.open(&web.url_with(&[])).await;
    assert!(page.is_sign_in() && page.body.contains("class=\"logo\""), "{page:?}");
    // Events are in the list once they are numbered.
    audit::pass(&server.app).await.unwrap();
    let events = api.get("/events?act=client.updated").await.json();
    assert_eq!(events["items"].as_array().unwrap().len(), 2, "{events}");

    let old = api.get("/clients/web").await.header("etag").to_owned();
    assert_eq!(api.patch("/clients/web", json!({ "client_name": "Other" })).await.status, 200);
    let late = api.send_picture(light, &[("If-Match", &old)], ("image/png", PNG)).await;
    refused(&late, StatusCode::PRECONDITION_FAILED, "api.other_version");
    let removed = api.delete("/clients/web/logos/light").await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let client = api.get("/clients/web").await.json();
    assert_eq!((&client["has_logo"], &client["has_dark_logo"]), (&json!(false), &json!(true)));
    assert_eq!(server.number("SELECT COUNT(*) FROM logos").await, 1, "the removed one is gone");
}

#[tokio::test]
async fn what_is_no_logo_is_refused_and_a_large_body_only_read_from_those_who_may_send_it() {
    let server = TestServer::start().await;
    server.register(Registration::web("web")).await;
    let (api, light) = (Api::owner(&server).await, "/clients/web/logos/light");
    let mut largest = PNG.to_vec();
    largest.resize(128 * 1024, 0);
    let set = api.send_picture(light, &[], ("image/png", &largest)).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{set:?}");
    largest.push(0);
    let too_large = api.send_picture(light, &[], ("image/png", &largest)).await;
    refused(&too_large, StatusCode::PAYLOAD_TOO_LARGE, "request.too_large");
    let no_picture = api.send_picture(light, &[], ("image/png", b"<script>")).await;
    refused(&no_picture, StatusCode::BAD_REQUEST, "api.member_invalid");
    for media_type in ["image/svg+xml", "application/json", "text/html"] {
        let other = api.send_picture(light, &[], (media_type, PNG)).await;
        refused(&other, StatusCode::UNSUPPORTED_MEDIA_TYPE, "request.media_type");
        assert_eq!(other.header("accept"), "image/png, image/jpeg, image/webp, image/gif");
    }
    for path in ["/clients/web/logos/blue", "/clients/none/logos/light"] {
        refused(
            &api.send_picture(path, &[], ("image/png", PNG)).await,
            StatusCode::NOT_FOUND,
            "api.not_found",
        );
    }
    // Every other body has the usual limit, also after the credential is right.
    let long = json!({ "client_name": "x".repeat(100 * 1024) });
    let patched = api.send(Method::PATCH, "/clients/web", &[], Some(long)).await;
    refused(&patched, StatusCode::PAYLOAD_TOO_LARGE, "request.too_large");
    let reader = Api::with(&server, "grantor.clients.read").await;
    let refusal = reader.send_picture(light, &[], ("image/png", PNG)).await;
    refused(&refusal, StatusCode::FORBIDDEN, "api.scope_missing");
}
