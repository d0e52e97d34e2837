//! The management API and the console on an address of their own.

use reqwest::{Method, StatusCode};

use crate::api::Api;
use crate::support::browser::http_client;
use crate::support::{Browser, TestServer};

/// Everything that an answer tells, except its id, its time and the path. The documents of the API do not have it.
async fn told(url: &str, method: &Method, path: &str, accept: &str) -> (StatusCode, Vec<String>, String) {
    let request = http_client().request(method.clone(), format!("{url}{path}"));
    let request = request.header("accept", accept).header("accept-language", "ja");
    let answer = request.header("origin", "https://a.example").send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.text().await.expect("a body");
    let is_own = |name: &str| matches!(name, "x-request-id" | "date");
    let told = headers.iter().filter(|(name, _)| !is_own(name.as_str()));
    let mut told: Vec<String> = told.map(|(name, value)| format!("{name}: {value:?}")).collect();
    told.sort();
    let id = headers["x-request-id"].to_str().expect("an id");
    (status, told, body.replace(id, "ID").replace(&path.replace('/', "&#x2f;"), "PATH"))
}

#[tokio::test]
async fn where_it_cannot_be_reached_the_management_is_like_a_path_that_does_not_exist() {
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    for option in
        [("admin.networks", "192.0.2.0/24"), ("admin.enabled", "false"), ("admin.listen", "127.0.0.1:0")]
    {
        let server = TestServer::start_with(&[option]).await;
        for accept in ["text/html", "application/json", "application/problem+json"] {
            let paths = ["/admin", "/admin/callback", "/admin/clients", "/api", "/api/v1/clients"];
            // A router takes a percent-encoded letter for the letter.
            let encoded =
                ["/a%64min", "/a%64min/clients", "/a%70i", "/api/v1/%63lients", "/api/v1/openapi%2ejson"];
            for (path, method) in paths
                .into_iter()
                .chain(encoded)
                .flat_map(|path| methods.iter().map(move |method| (path, method)))
            {
                // As long as the path.
                let nothing = told(&server.url, method, &path.replacen('a', "x", 1), accept).await;
                assert_eq!(nothing.0, StatusCode::NOT_FOUND);
                let got = told(&server.url, method, path, accept).await;
                assert_eq!(got, nothing, "{option:?}: {method} {path}, {accept}");
            }
        }
    }
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_a_problem_for_those_who_want_problems() {
    let server = TestServer::start().await;
    for path in ["/nothing", "/api/v1/nothing", "/api/nothing"] {
        let request = http_client().get(format!("{}{path}", server.url));
        let answer = request.header("accept", "application/problem+json").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
}

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
