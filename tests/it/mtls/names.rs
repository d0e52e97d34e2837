//! The name by which a certificate is known: the subject in every form, and alternative names.

use grantor::oauth::client::AuthMethod;
use grantor::oauth::client::certificate::RegisteredSubject;

use super::authority::client_cert;
use super::{BEHIND, ask, by_subject, service};
use crate::support::TestServer;

/// Made with openssl ca -multivalue-rdn. Its subject, as openssl x509 -nameopt RFC2253 writes it, is [`SUBJECT`].
const LEAF: &str = include_str!("multivalued.pem");
const SUBJECT: &str = "UID=7+CN=app,organizationIdentifier=PSDDE-BAFIN-125314+OU=Payments,O=Bank\\, \\\"S\\C3\\B6hne\\\" \\+ Co,C=DE";

/// The server that trusts the authority of [`LEAF`].
async fn server(folder: &std::path::Path) -> TestServer {
    let path = folder.join("ca.pem");
    std::fs::write(&path, include_str!("multivalued_ca.pem")).unwrap();
    let ca = path.display().to_string();
    TestServer::start_with(&[&BEHIND[..], &[("tls.client_ca", ca.as_str())]].concat()).await
}

fn leaf() -> String {
    let lines: String = LEAF.lines().filter(|line| !line.starts_with("-----")).collect();
    client_cert(&base64::Engine::decode(&base64::engine::general_purpose::STANDARD, lines).unwrap())
}

#[tokio::test]
async fn a_subject_is_compared_by_its_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let good = [
        SUBJECT,
        "cn=APP + uid=7, ou=payments+2.5.4.97=psdde-bafin-125314, o=bank\\, \\\"s\u{f6}hne\\\"  \\+ co, c=de",
        "CN=#0c03617070+UID=#130137,OID.2.5.4.97=PSDDE-BAFIN-125314+OU=Payments,O=Bank\\2c \\22S\u{f6}hne\\22 \\2b Co,C=DE",
    ];
    for (number, subject) in good.iter().enumerate() {
        let id = format!("good-{number}");
        by_subject(&server, &id, subject).await;
        let answer = ask(&server, &id, &leaf()).await;
        assert_eq!(answer.status, 200, "{subject}: {answer:?}");
    }
    let others = [
        // One part is two, a part is missing, the order is that of the certificate, an escape is lost.
        SUBJECT.replacen('+', ",", 1),
        SUBJECT.replacen("UID=7+", "", 1),
        SUBJECT.replacen("UID=7", "UID=8", 1),
        SUBJECT.replacen("CN=app", "CN=app\\+UID=7", 1),
        SUBJECT.replacen(",C=DE", "", 1),
        "C=DE,O=Bank\\, \\\"S\u{f6}hne\\\" \\+ Co,OU=Payments+2.5.4.97=PSDDE-BAFIN-125314,CN=app+UID=7"
            .to_owned(),
    ];
    for (number, subject) in others.iter().enumerate() {
        let id = format!("other-{number}");
        by_subject(&server, &id, subject).await;
        assert!(RegisteredSubject::parse("tls_client_auth_subject_dn", subject).is_ok(), "{subject}");
        let answer = ask(&server, &id, &leaf()).await;
        answer.assert_json_error(401, "invalid_client", "client_certificate.subject");
    }
}

#[tokio::test]
async fn an_alternative_name_of_each_kind_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    type Set = fn(&mut grantor::oauth::client::CertificateSettings, &str);
    let dns: Set = |settings, text| settings.san_dns = Some(text.to_owned());
    let uri: Set = |settings, text| settings.san_uri = Some(text.to_owned());
    let ip: Set = |settings, text| settings.san_ip = Some(text.to_owned());
    let email: Set = |settings, text| settings.san_email = Some(text.to_owned());
    for (number, (set, text, is_one)) in [
        (dns, "APP.example.com", true),
        (dns, "example.com", false),
        (uri, "spiffe://example.com/app", true),
        (uri, "spiffe://example.com/ap", false),
        (ip, "192.0.2.1", true),
        (ip, "2001:db8:0:0:0:0:0:1", true),
        (ip, "192.0.2.2", false),
        (email, "App@example.COM", true),
        (email, "app@example.com", false),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("client-{number}");
        service(&server, &id, AuthMethod::TlsClientAuth, |client| set(&mut client.certificate, text)).await;
        let answer = ask(&server, &id, &leaf()).await;
        match is_one {
            true => assert_eq!(answer.status, 200, "{text}: {answer:?}"),
            false => answer.assert_json_error(401, "invalid_client", "client_certificate.subject"),
        }
    }
}
