//! `tls_client_auth`: the authority, the times, the usage, and what was revoked.

use std::time::Duration;

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose, SerialNumber, date_time_ymd};
use serde_json::json;

use super::authority::{Authority, self_signed};
use super::{BEHIND, Trusting, accepted, ask, ask_with, by_subject, refused};
use crate::api::Api;
use crate::support::TestServer;

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_proves_who_a_client_is_at_every_endpoint() {
    let Trusting { server, authority, folder: _folder } = Trusting::start().await;
    by_subject(&server, "payments", "CN=payments").await;
    let shown = authority.client("payments");
    accepted(&server, "payments", &shown).await;
    for (path, form) in [("/introspect", ("token", "x")), ("/revoke", ("token", "x"))] {
        let header = shown.header();
        let headers = [("client-cert", header.as_str())];
        let answer = ask_with(&server, path, &headers, &[("client_id", "payments"), form]).await;
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        let without = ask_with(&server, path, &[], &[("client_id", "payments"), form]).await;
        without.assert_json_error(401, "invalid_client", "client_certificate.missing");
    }
    let form = [("grant_type", "client_credentials"), ("client_id", "payments")];
    let without = ask_with(&server, "/token", &[], &form).await;
    without.assert_json_error(401, "invalid_client", "client_certificate.missing");
    assert!(without.header("www-authenticate").len() > 3, "{without:?}");
    // A secret is no second way, and a certificate says nothing about another client.
    let secret = ask_with(&server, "/token", &[], &[&form[..], &[("client_secret", "x")]].concat()).await;
    secret.assert_json_error(401, "invalid_client", "client.method_not_allowed");
    let web = server.web().await;
    let other = ask(&server, &web.id, &shown.header()).await;
    other.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let spa = server.spa().await;
    let public = ask(&server, &spa.id, &shown.header()).await;
    public.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let unknown = ask(&server, "nobody", &shown.header()).await;
    unknown.assert_json_error(401, "invalid_client", "client.unknown");
}

#[tokio::test]
async fn without_authorities_the_method_is_not_offered_and_the_check_refuses_it() {
    let server = TestServer::start_with(&BEHIND).await;
    by_subject(&server, "payments", "CN=payments").await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    for list in ["token", "introspection", "revocation"] {
        let methods = metadata[format!("{list}_endpoint_auth_methods_supported")].as_array().unwrap();
        assert!(!methods.contains(&json!("tls_client_auth")), "{methods:?}");
        assert!(methods.contains(&json!("self_signed_tls_client_auth")), "{methods:?}");
    }
    let shown = Authority::new("Authority").client("payments");
    refused(&server, "payments", &shown, "client_certificate.unknown_issuer").await;
    let check = json!({ "grant_type": "client_credentials" });
    let check = Api::owner(&server).await.post("/clients/payments/check", check).await.json();
    assert_eq!(check["allowed"], false, "{check}");
    assert!(check.to_string().contains("client_certificate.unknown_issuer"), "{check}");
}

#[tokio::test]
async fn each_fault_of_a_certificate_has_its_reason() {
    let Trusting { server, authority, folder: _folder } = Trusting::start().await;
    by_subject(&server, "payments", "CN=payments").await;
    let with = |change: &dyn Fn(&mut rcgen::CertificateParams)| {
        authority.client_with("payments", |params| change(params))
    };
    let stranger = Authority::new("Authority");
    for (shown, reason) in [
        (with(&|params| params.not_after = date_time_ymd(2020, 1, 1)), "client_certificate.expired"),
        (with(&|params| params.not_before = date_time_ymd(2120, 1, 1)), "client_certificate.not_yet_valid"),
        (
            with(&|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
            "client_certificate.usage",
        ),
        (
            with(&|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
            "client_certificate.usage",
        ),
        // An authority of the same name with another key.
        (stranger.client("payments"), "client_certificate.unknown_issuer"),
        (self_signed("payments", |_| ()), "client_certificate.unknown_issuer"),
        (authority.client("Payments Ltd"), "client_certificate.subject"),
    ] {
        refused(&server, "payments", &shown, reason).await;
    }
    for usages in [vec![], vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]] {
        accepted(&server, "payments", &with(&|params| params.extended_key_usages = usages.clone())).await;
    }
    accepted(
        &server,
        "payments",
        &with(&|params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature]),
    )
    .await;
    // Another signature under the same names.
    let good = authority.client("payments");
    let mut der = good.der().to_vec();
    let last = der.len() - 1;
    der[last] ^= 1;
    let forged = ask(&server, "payments", &super::authority::client_cert(&der)).await;
    forged.assert_json_error(401, "invalid_client", "client_certificate.unknown_issuer");
}

#[tokio::test]
async fn a_certificate_counts_to_the_end_of_its_last_day_by_the_clock_of_the_request() {
    let Trusting { server, authority, folder: _folder } = Trusting::start().await;
    by_subject(&server, "payments", "CN=payments").await;
    let now = server.app.now().as_unix();
    let day = Duration::from_secs(86_400);
    // A day as of which the certificate has ended, between ten and eleven days from now.
    let end = time::OffsetDateTime::from_unix_timestamp(now).unwrap().date() + day * 11;
    let end = date_time_ymd(end.year(), end.month().into(), end.day());
    let shown = authority.client_with("payments", |params| params.not_after = end);
    accepted(&server, "payments", &shown).await;
    let left = u64::try_from(end.unix_timestamp() - now).unwrap();
    server.clock.advance(Duration::from_secs(left));
    accepted(&server, "payments", &shown).await;
    server.clock.advance(Duration::from_secs(1));
    refused(&server, "payments", &shown, "client_certificate.expired").await;
}

#[tokio::test]
async fn a_chain_may_lead_over_authorities_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let root = Authority::new("Root");
    let between = root.below("Between");
    let shown = between.client("payments");
    let path = folder.path().join("ca.pem");
    // Only the root; the certificate in between comes with the request, as AWS passes it on.
    std::fs::write(&path, root.pem()).unwrap();
    let ca = path.display().to_string();
    let options = [
        ("tls.client_certificate_header", "X-Amzn-Mtls-Clientcert"),
        ("tls.client_certificate_proxies", "127.0.0.1"),
        ("tls.client_ca", ca.as_str()),
    ];
    let server = TestServer::start_with(&options).await;
    by_subject(&server, "payments", "CN=payments").await;
    let escape = |pem: &str| {
        percent_encoding::utf8_percent_encode(pem, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let form = [("grant_type", "client_credentials"), ("client_id", "payments")];
    let ask = async |pem: &str| {
        ask_with(&server, "/token", &[("x-amzn-mtls-clientcert", escape(pem).as_str())], &form).await
    };
    let own = shown.certificate.pem();
    let alone = ask(&own).await;
    alone.assert_json_error(401, "invalid_client", "client_certificate.unknown_issuer");
    assert_eq!(ask(&format!("{own}{}", between.pem())).await.status, 200);
    let many = ask(&format!("{own}{}", between.pem().repeat(5))).await;
    many.assert_json_error(401, "invalid_client", "client_certificate.too_large");
    // An authority in between may be trusted itself.
    std::fs::write(&path, between.pem()).unwrap();
    server.app.client_authorities.refresh();
    assert_eq!(ask(&own).await.status, 200);
}

#[tokio::test]
async fn what_an_authority_has_revoked_is_refused_and_so_is_everything_once_its_list_is_too_old() {
    let (authority, folder) = (Authority::new("Authority"), tempfile::tempdir().unwrap());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (ca, crl) = (path("ca.pem"), path("crl.pem"));
    std::fs::write(&ca, authority.pem()).unwrap();
    std::fs::write(&crl, authority.revoked(&[7], 2120)).unwrap();
    let options = [&BEHIND[..], &[("tls.client_ca", ca.as_str()), ("tls.client_crl", crl.as_str())]].concat();
    let server = TestServer::start_with(&options).await;
    by_subject(&server, "payments", "CN=payments").await;
    let number = |number: u64| {
        authority.client_with("payments", |params| params.serial_number = Some(SerialNumber::from(number)))
    };
    let (seven, eight) = (number(7), number(8));
    refused(&server, "payments", &seven, "client_certificate.revoked").await;
    accepted(&server, "payments", &eight).await;
    // A verified chain is remembered for a minute at most, and not once the files are others.
    std::fs::write(&crl, authority.revoked(&[7, 8], 2120)).unwrap();
    server.app.client_authorities.refresh();
    refused(&server, "payments", &eight, "client_certificate.revoked").await;
    std::fs::write(&crl, authority.revoked(&[7], 2021)).unwrap();
    server.app.client_authorities.refresh();
    refused(&server, "payments", &eight, "client_certificate.revocation_unknown").await;
    // Another authority's list says nothing about this one.
    std::fs::write(&crl, Authority::new("Other").revoked(&[], 2120)).unwrap();
    server.app.client_authorities.refresh();
    refused(&server, "payments", &eight, "client_certificate.revocation_unknown").await;
    // Files that cannot be used change nothing.
    std::fs::write(&crl, authority.revoked(&[7], 2120)).unwrap();
    server.app.client_authorities.refresh();
    std::fs::write(&crl, "no list").unwrap();
    server.app.client_authorities.refresh();
    refused(&server, "payments", &seven, "client_certificate.revoked").await;
    accepted(&server, "payments", &eight).await;
}

#[tokio::test]
async fn an_authority_ends_with_its_own_certificate() {
    let (authority, folder) = (Authority::expired("Authority"), tempfile::tempdir().unwrap());
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let ca = ca.display().to_string();
    let server = TestServer::start_with(&[&BEHIND[..], &[("tls.client_ca", ca.as_str())]].concat()).await;
    by_subject(&server, "payments", "CN=payments").await;
    refused(&server, "payments", &authority.client("payments"), "client_certificate.unknown_issuer").await;
}

#[tokio::test]
async fn without_an_authority_no_chain_is_trusted() {
    let server = TestServer::start_with(&BEHIND).await;
    by_subject(&server, "payments", "CN=payments").await;
    let shown = Authority::new("Authority").client("payments");
    refused(&server, "payments", &shown, "client_certificate.unknown_issuer").await;
}
