//! Certificates of clients: authentication, bound tokens, the listener and the headers of proxies (RFC 8705, RFC 9440).

pub(crate) mod authority;
mod bound;
mod exchanged;
mod files;
mod headers;
mod libraries;
mod listener;
mod names;
mod object_keys;
mod proof_urls;
mod proven_keys;
mod registered;
mod trust;

use grantor::oauth::client::{AuthMethod, Client};
use reqwest::Method;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, TestServer};
use authority::{Authority, Shown};

const FORM: &str = "application/x-www-form-urlencoded";
/// Behind a proxy on this machine, which passes certificates on as RFC 9440 says.
pub(crate) const BEHIND: [(&str, &str); 2] =
    [("tls.client_certificate_header", "Client-Cert"), ("tls.client_certificate_proxies", "127.0.0.1")];

/// A server behind a proxy, which trusts an authority, and a folder with its file.
pub(crate) struct Trusting {
    pub(crate) server: TestServer,
    pub(crate) authority: Authority,
    pub(crate) folder: tempfile::TempDir,
}

impl Trusting {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(options: &[(&str, &str)]) -> Self {
        let (authority, folder) = (Authority::new("Authority"), tempfile::tempdir().unwrap());
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, authority.pem()).unwrap();
        let ca = path.display().to_string();
        let all = [&BEHIND[..], &[("tls.client_ca", ca.as_str())], options].concat();
        Self { server: TestServer::start_with(&all).await, authority, folder }
    }
}

/// A service that authenticates with the certificate of this subject.
async fn by_subject(server: &TestServer, id: &str, subject: &str) -> Application {
    let subject = subject.to_owned();
    service(server, id, AuthMethod::TlsClientAuth, |client| client.certificate.subject_dn = Some(subject))
        .await
}

async fn service(
    server: &TestServer,
    id: &str,
    method: AuthMethod,
    change: impl FnOnce(&mut Client),
) -> Application {
    let mut registration = Registration::service(id).method(method);
    change(&mut registration.client);
    server.register(registration).await
}

/// A request of a client that comes with these headers, as a proxy sends them.
async fn ask_with(
    server: &TestServer,
    path: &str,
    headers: &[(&str, &str)],
    form: &[(&str, &str)],
) -> Answer {
    let headers = [&[("content-type", FORM)], headers].concat();
    let body = serde_urlencoded::to_string(form).unwrap();
    server.browser().request(Method::POST, path, &headers, &body).await
}

/// A token request of a service with this value of `Client-Cert`.
async fn ask(server: &TestServer, id: &str, certificate: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("client_id", id)];
    ask_with(server, "/token", &[("client-cert", certificate)], &form).await
}

async fn accepted(server: &TestServer, id: &str, shown: &Shown) {
    let answer = ask(server, id, &shown.header()).await;
    assert_eq!(answer.status, 200, "{id}: {answer:?}");
}

async fn refused(server: &TestServer, id: &str, shown: &Shown, reason: &str) {
    ask(server, id, &shown.header()).await.assert_json_error(401, "invalid_client", reason);
}
