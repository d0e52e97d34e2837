//! The management API and the console on an address of their own.

use reqwest::Method;

use crate::api::Api;
use crate::support::{Browser, TestServer};

#[tokio::test]
async fn the_api_and_the_console_are_only_at_their_own_address() {
    let server = TestServer::start_with(&[("admin.listen", "127.0.0.1:0")]).await;
    let address = server.management_address.expect("an address of its own");
    let management = format!("http://{address}");
    let key = Api::owner(&server).await.key;
    let authorization = format!("Bearer {key}");
    let headers = [("authorization", authorization.as_str())];
    let ask =
        async |url: &str, path: &str| Browser::new(url).request(Method::GET, path, &headers, "").await.status;
    for path in ["/api/v1/clients", "/api/v1/openapi.json", "/api", "/admin"] {
        assert_eq!(ask(&server.url, path).await, 404, "{path}");
        assert!(matches!(ask(&management, path).await.as_u16(), 200 | 303), "{path}");
    }
    for path in ["/sign-in", "/authorize", "/token", "/jwks", "/errors", "/.well-known/openid-configuration"]
    {
        assert_eq!(ask(&management, path).await, 404, "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            (ask(&server.url, path).await.as_u16(), ask(&management, path).await.as_u16()),
            (200, 200),
            "{path}"
        );
    }
    // The console sends the person to the pages at the public URL.
    let console = Browser::new(&management).get("/admin").await;
    let onward = console.location().expect("a way to the sign-in");
    assert!(onward.starts_with(&format!("{}/authorize?client_id=grantor-console&", server.url)), "{onward}");
}
