//! The listener that asks for certificates, over real TLS.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

use grantor::oauth::client::AuthMethod;
use reqwest::{Certificate, Identity};
use serde_json::json;

use super::authority::{Authority, Shown, self_signed};
use super::{by_subject, service};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Browser, TestServer, tls};

/// A server with TLS of its own, which trusts an authority.
pub(super) struct Listening {
    pub(super) server: TestServer,
    pub(super) trusted: Certificate,
    authority: Authority,
    _folder: tempfile::TempDir,
}

impl Listening {
    async fn start_with(options: &[(&str, &str)]) -> Self {
        let (authority, folder) = (Authority::new("Authority"), tempfile::tempdir().unwrap());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let trusted = tls::certificate(folder.path());
        std::fs::write(path("ca.pem"), authority.pem()).unwrap();
        let (certificate, key, ca) = (path("cert.pem"), path("key.pem"), path("ca.pem"));
        let own = [
            ("public_url", "https://localhost"),
            ("tls.certificate", certificate.as_str()),
            ("tls.key", key.as_str()),
            ("tls.mtls_listen", "127.0.0.1:0"),
            ("tls.client_ca", ca.as_str()),
        ];
        let server = TestServer::start_with(&[&own[..], options].concat()).await;
        Self { server, trusted, authority, _folder: folder }
    }

    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The base of the URLs at which the server asks for certificates.
    pub(super) fn url(&self) -> String {
        format!("https://localhost:{}", self.server.mtls_address.unwrap().port())
    }

    /// The base of the other URLs.
    pub(super) fn ordinary_url(&self) -> String {
        self.server.url.replace("http://127.0.0.1", "https://localhost")
    }

    fn client(&self, shown: Identity) -> Browser {
        Browser::showing(&self.url(), self.trusted.clone(), shown)
    }
}

async fn token(browser: &mut Browser, id: &str) -> Answer {
    browser.post("/token", &[("grant_type", "client_credentials"), ("client_id", id)]).await
}

#[tokio::test]
async fn a_client_shows_its_certificate_at_a_listener_of_its_own() {
    let listening = Listening::start().await;
    let server = &listening.server;
    by_subject(server, "payments", "CN=payments").await;
    let shown = listening.authority.client("payments");
    let good = token(&mut listening.client(shown.identity(&[])), "payments").await;
    assert_eq!(good.status, 200, "{good:?}");
    // Over TLS 1.2, too.
    let old = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([listening.trusted.clone()])
        .identity(shown.identity(&[]))
        .tls_version_max(reqwest::tls::Version::TLS_1_2)
        .build()
        .unwrap();
    let form = "grant_type=client_credentials&client_id=payments";
    let request = old.post(format!("{}/token", listening.url()));
    let sent = request.header("content-type", super::FORM).body(form).send().await.unwrap();
    assert_eq!(sent.status(), 200);

    let without =
        token(&mut Browser::trusting(&listening.url(), listening.trusted.clone()), "payments").await;
    without.assert_json_error(401, "invalid_client", "client_certificate.missing");
    // The ordinary listener asks no one for a certificate, so the client does not show it.
    let mut ordinary =
        Browser::showing(&listening.ordinary_url(), listening.trusted.clone(), shown.identity(&[]));
    token(&mut ordinary, "payments").await.assert_json_error(
        401,
        "invalid_client",
        "client_certificate.missing",
    );
    let stranger = Authority::new("Authority").client("payments");
    let unknown = token(&mut listening.client(stranger.identity(&[])), "payments").await;
    unknown.assert_json_error(401, "invalid_client", "client_certificate.unknown_issuer");
}

#[tokio::test]
async fn certificates_in_between_come_in_the_handshake() {
    let listening = Listening::start().await;
    by_subject(&listening.server, "payments", "CN=payments").await;
    let between = listening.authority.below("Between");
    let shown = between.client("payments");
    let good = token(&mut listening.client(shown.identity(&[&between])), "payments").await;
    assert_eq!(good.status, 200, "{good:?}");
    let alone = token(&mut listening.client(shown.identity(&[])), "payments").await;
    alone.assert_json_error(401, "invalid_client", "client_certificate.unknown_issuer");
}

#[tokio::test]
async fn the_metadata_lists_what_works_and_where() {
    let listening = Listening::start().await;
    let server = &listening.server;
    let mut browser = Browser::trusting(&listening.ordinary_url(), listening.trusted.clone());
    let metadata = browser.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], true);
    for list in ["token", "introspection", "revocation"] {
        let methods = metadata[format!("{list}_endpoint_auth_methods_supported")].as_array().unwrap();
        assert!(methods.contains(&json!("tls_client_auth")), "{methods:?}");
        assert!(methods.contains(&json!("self_signed_tls_client_auth")), "{methods:?}");
    }
    let aliases = metadata["mtls_endpoint_aliases"].as_object().unwrap();
    let names: Vec<&str> = aliases.keys().map(String::as_str).collect();
    let expected = [
        "backchannel_authentication_endpoint",
        "device_authorization_endpoint",
        "introspection_endpoint",
        "pushed_authorization_request_endpoint",
        "revocation_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
    ];
    assert_eq!(names, expected);
    // Every alias is there, and takes the certificate.
    by_subject(server, "payments", "CN=payments").await;
    let mut client = listening.client(listening.authority.client("payments").identity(&[]));
    for (name, url) in aliases {
        let url = url.as_str().unwrap();
        assert_eq!(
            url.replace(&listening.url(), ""),
            metadata[name].as_str().unwrap().replace("https://localhost", "")
        );
        let answer = match name.as_str() {
            "userinfo_endpoint" => client.get(url).await,
            _ => {
                client
                    .post(
                        url,
                        &[("client_id", "payments"), ("token", "x"), ("grant_type", "client_credentials")],
                    )
                    .await
            }
        };
        assert_ne!(answer.status, 404, "{name}");
        assert!(!answer.body.contains("invalid_client"), "{name}: {answer:?}");
    }
    // A server without certificates lists nothing of it.
    let plain = TestServer::start().await;
    let metadata = plain.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], false);
    assert!(metadata.get("mtls_endpoint_aliases").is_none());
    assert!(!metadata["token_endpoint_auth_methods_supported"].to_string().contains("tls_client_auth"));
}

#[tokio::test]
async fn no_page_is_at_the_listener_for_certificates() {
    let listening = Listening::start().await;
    let mut browser = Browser::trusting(&listening.url(), listening.trusted.clone());
    for path in [
        "/",
        "/sign-in",
        "/authorize",
        "/logout",
        "/device",
        "/errors",
        "/admin",
        "/api",
        "/assets/style.css",
    ] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    for path in ["/healthz", "/jwks", "/.well-known/openid-configuration"] {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    assert_eq!(browser.get("/api/v1/clients").await.status, 401);
    let listening = Listening::start_with(&[("admin.listen", "127.0.0.1:0")]).await;
    let mut browser = Browser::trusting(&listening.url(), listening.trusted.clone());
    assert_eq!(browser.get("/api/v1/clients").await.status, 404);
}

#[tokio::test]
async fn a_bound_token_needs_the_connection_with_its_certificate() {
    let listening = Listening::start().await;
    let mut registration = Registration::service("tool").scopes("grantor.clients.read");
    registration.client.auth_method = Some(AuthMethod::SelfSignedTls);
    registration.client.certificate.bound_tokens = true;
    let (shown, other) = (self_signed("tool", |_| ()), self_signed("tool", |_| ()));
    registration.client.jwks = Some(shown.jwks());
    listening.server.register(registration).await;
    let mut client = listening.client(shown.identity(&[]));
    let form =
        [("grant_type", "client_credentials"), ("client_id", "tool"), ("scope", "grantor.clients.read")];
    let answer = client.post("/token", &form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let bearer = format!("Bearer {}", answer.get("access_token"));
    let list = async |browser: &mut Browser| {
        browser.request(reqwest::Method::GET, "/api/v1/clients", &[("authorization", &bearer)], "").await
    };
    assert_eq!(list(&mut client).await.status, 200);
    let trusted = || listening.trusted.clone();
    for mut wrong in [
        listening.client(other.identity(&[])),
        Browser::trusting(&listening.url(), trusted()),
        Browser::showing(&listening.ordinary_url(), trusted(), shown.identity(&[])),
    ] {
        let refused = list(&mut wrong).await;
        assert_eq!((refused.status.as_u16(), refused.json()["reason"].as_str()), (401, Some("bearer.bound")));
    }
}

#[tokio::test]
async fn a_header_counts_at_the_listener_only_from_a_trusted_proxy_and_then_alone() {
    let (shown, other) = (self_signed("job", |_| ()), self_signed("job", |_| ()));
    let register = async |server: &TestServer| {
        let jwks = other.jwks();
        service(server, "job", AuthMethod::SelfSignedTls, |client| client.jwks = Some(jwks)).await;
    };
    let ask = async |listening: &Listening, shown: &Shown, header: Option<&Shown>| {
        let value = header.map(Shown::header);
        let mut headers = vec![("content-type", super::FORM)];
        headers.extend(value.as_deref().map(|value| ("client-cert", value)));
        let body = "grant_type=client_credentials&client_id=job";
        let mut client = listening.client(shown.identity(&[]));
        client.request(reqwest::Method::POST, "/token", &headers, body).await
    };
    let named = ("tls.client_certificate_header", "Client-Cert");
    // The header of a stranger is ignored: the certificate of the connection counts.
    let listening = Listening::start_with(&[named, ("tls.client_certificate_proxies", "127.0.0.2")]).await;
    register(&listening.server).await;
    let refused = ask(&listening, &shown, Some(&other)).await;
    refused.assert_json_error(401, "invalid_client", "client_certificate.not_registered");
    assert_eq!(ask(&listening, &other, Some(&shown)).await.status, 200);
    // From the proxy the header counts, and the certificate of the proxy's own connection never does.
    let listening = Listening::start_with(&[named, ("tls.client_certificate_proxies", "127.0.0.1")]).await;
    register(&listening.server).await;
    assert_eq!(ask(&listening, &shown, Some(&other)).await.status, 200);
    let refused = ask(&listening, &other, Some(&shown)).await;
    refused.assert_json_error(401, "invalid_client", "client_certificate.not_registered");
    let none = ask(&listening, &other, None).await;
    none.assert_json_error(401, "invalid_client", "client_certificate.missing");
}

#[tokio::test]
async fn an_oversized_chain_ends_the_handshake() {
    let listening = Listening::start().await;
    let shown = listening.authority.client("payments");
    let many: Vec<Authority> = (0..5).map(|n| listening.authority.below(&format!("Between {n}"))).collect();
    let large = self_signed("job", |params| {
        params.subject_alt_names = (0..400)
            .map(|n| rcgen::SanType::DnsName(format!("host-{n}.example.com").try_into().unwrap()))
            .collect();
    });
    for identity in [shown.identity(&many.iter().collect::<Vec<_>>()), large.identity(&[])] {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([listening.trusted.clone()])
            .identity(identity)
            .build()
            .unwrap();
        let url = format!("{}/healthz", listening.url());
        assert!(client.get(&url).send().await.is_err());
    }
    let healthy = listening.client(shown.identity(&[])).get("/healthz").await;
    assert_eq!(healthy.status, 200);
}

#[tokio::test]
async fn connections_are_bounded_as_at_the_ordinary_listener() {
    let listening = Listening::start_with(&[("http.connections_per_network", "4")]).await;
    let address = listening.server.mtls_address.unwrap();
    // None of them says a word of the handshake.
    let mut silent: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(address).unwrap()).collect();
    for link in &mut silent[..4] {
        link.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let read = link.read(&mut [0; 16]);
        assert!(!matches!(read, Ok(1..)) && !is_timeout(&read), "{read:?}");
    }
    let healthy = Browser::trusting(&listening.url(), listening.trusted.clone()).get("/healthz").await;
    assert_eq!(healthy.status, 200);
}

fn is_timeout(read: &std::io::Result<usize>) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    read.as_ref().is_err_and(|error| matches!(error.kind(), TimedOut | WouldBlock))
}
