//! The header in which a proxy passes a certificate on: its forms, and who may send it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::oauth::client::AuthMethod;

use super::authority::{Shown, client_cert, escaped_pem, self_signed};
use super::{BEHIND, ask, ask_with, service};
use crate::support::{Answer, TestServer};

/// A service whose certificate is registered itself.
async fn server_with(options: &[(&str, &str)], shown: &Shown) -> TestServer {
    let server = TestServer::start_with(options).await;
    let jwks = shown.jwks();
    service(&server, "job", AuthMethod::SelfSignedTls, |client| client.jwks = Some(jwks)).await;
    server
}

async fn ask_by(server: &TestServer, headers: &[(&str, &str)]) -> Answer {
    ask_with(server, "/token", headers, &[("grant_type", "client_credentials"), ("client_id", "job")]).await
}

#[tokio::test]
async fn each_proxy_writes_the_certificate_in_its_own_form() {
    let shown = self_signed("job", |_| ());
    let (base64, pem) = (STANDARD.encode(shown.der()), escaped_pem(&shown));
    for (header, form, value) in [
        ("Client-Cert", "", shown.header()),
        ("X-Client-Cert", "pem", pem.clone()),
        ("X-Client-Cert", "der", base64),
        ("X-Client-Cert", "rfc9440", shown.header()),
        (
            "X-Forwarded-Client-Cert",
            "",
            format!("By=spiffe://a/b;Hash=ab;Cert=\"{pem}\";Subject=\"CN=job,O=\\\"x\\\"\""),
        ),
        ("X-Amzn-Mtls-Clientcert-Leaf", "", pem.clone()),
        // AWS leaves +, = and / as they are.
        ("X-Amzn-Mtls-Clientcert", "", pem.replace("%2B", "+").replace("%3D", "=").replace("%2F", "/")),
    ] {
        let options = [
            ("tls.client_certificate_header", header),
            ("tls.client_certificate_format", form),
            ("tls.client_certificate_proxies", "10.0.0.0/8 127.0.0.0/8"),
        ];
        let server = server_with(&options, &shown).await;
        let answer = ask_by(&server, &[(header, &value)]).await;
        assert_eq!(answer.status, 200, "{header} {form}: {answer:?}");
        // Only the one header that is named counts.
        let other = if header == "Client-Cert" { "X-Forwarded-Client-Cert" } else { "Client-Cert" };
        let elsewhere = ask_by(&server, &[(other, &value)]).await;
        elsewhere.assert_json_error(401, "invalid_client", "client_certificate.missing");
        let twice = ask_by(&server, &[(header, &value), (header, &value)]).await;
        twice.assert_json_error(401, "invalid_client", "client_certificate.repeated");
        // As an intermediary may write two headers (RFC 9110 §5.3).
        let as_one = ask_by(&server, &[(header, &format!("{value}, {value}"))]).await;
        as_one.assert_json_error(401, "invalid_client", "client_certificate.repeated");
        let nonsense = ask_by(&server, &[(header, "nonsense!")]).await;
        nonsense.assert_json_error(401, "invalid_client", "client_certificate.malformed");
        let empty = ask_by(&server, &[(header, "")]).await;
        empty.assert_json_error(401, "invalid_client", "client_certificate.missing");
    }
}

#[tokio::test]
async fn the_header_of_a_stranger_is_as_if_it_were_not_there() {
    let shown = self_signed("job", |_| ());
    let value = shown.header();
    for options in [
        // No header is named; the proxy is another address; only X-Forwarded-For of this address is trusted.
        &[("http.trusted_proxies", "127.0.0.1")][..],
        &[
            ("tls.client_certificate_header", "Client-Cert"),
            ("tls.client_certificate_proxies", "127.0.0.2"),
            ("http.trusted_proxies", "127.0.0.1"),
        ],
    ] {
        let server = server_with(options, &shown).await;
        for forwarded in ["127.0.0.2", "127.0.0.1"] {
            let answer = ask_by(&server, &[("client-cert", &value), ("x-forwarded-for", forwarded)]).await;
            answer.assert_json_error(401, "invalid_client", "client_certificate.missing");
        }
        let twice = ask_by(&server, &[("client-cert", &value), ("client-cert", &value)]).await;
        twice.assert_json_error(401, "invalid_client", "client_certificate.missing");
    }
}

#[tokio::test]
async fn two_certificates_in_one_header_or_an_oversized_one_are_refused() {
    let shown = self_signed("job", |_| ());
    let server = server_with(&BEHIND, &shown).await;
    let large = self_signed("job", |params| {
        params.subject_alt_names = (0..400)
            .map(|n| rcgen::SanType::DnsName(format!("host-{n}.example.com").try_into().unwrap()))
            .collect();
    });
    assert!(large.der().len() > 8 * 1024);
    for (value, reason) in [
        (format!("{}, {}", shown.header(), shown.header()), "client_certificate.repeated"),
        (large.header(), "client_certificate.too_large"),
        (client_cert(b"no certificate"), "client_certificate.malformed"),
        (client_cert(&shown.der()[..100]), "client_certificate.malformed"),
        (client_cert(&[shown.der(), b"x"].concat()), "client_certificate.malformed"),
    ] {
        ask(&server, "job", &value).await.assert_json_error(401, "invalid_client", reason);
    }
    // A client that is not registered for certificates is not disturbed by any header.
    let other = server.service().await;
    let form = [("grant_type", "client_credentials")];
    let basic = crate::support::relying_party::basic(&other.id, other.secret.as_deref().unwrap());
    let answer =
        ask_with(&server, "/token", &[("client-cert", "nonsense"), ("authorization", &basic)], &form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
