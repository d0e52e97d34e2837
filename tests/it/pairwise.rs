//! Pairwise subjects: two sectors cannot tell that they know the same person (OpenID Connect Core §8.1).

use std::io::{Read as _, Write as _};
use std::path::Path;

use grantor::oauth::client::SubjectType;
use reqwest::Method;
use serde_json::Value;

use crate::support::jwt::claims;
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Operator, TestServer};

async fn app(server: &TestServer, id: &str, host: &str) -> Application {
    let uri = format!("https://{host}/{id}");
    let mut registration = Registration::web(id).scopes("openid read").redirect_uri(&uri);
    registration.client.subject_type = SubjectType::Pairwise;
    server.register(registration).await
}

async fn tokens(app: &Application, browser: &mut Browser) -> Value {
    let back = browser.authorize(&app.url_with(&[("scope", "openid")])).await;
    app.redeem_by_hand(&back.get("code")).await.json()
}

fn id_token(tokens: &Value) -> &str {
    tokens["id_token"].as_str().unwrap()
}

/// The `sub` and the `sid` of a sign-in.
async fn names(app: &Application, browser: &mut Browser) -> [String; 2] {
    let claims = claims(id_token(&tokens(app, browser).await));
    ["sub", "sid"].map(|name| claims[name].as_str().unwrap().to_owned())
}

/// Another person, signed in, who has allowed `app`.
async fn bob(server: &TestServer, app: &Application) -> Browser {
    server.user("bob").await;
    let mut browser = server.browser();
    let page = browser.open(&app.url_with(&[("scope", "openid")])).await;
    let page = browser.sign_in(&page, "bob").await;
    browser.allow(&page).await;
    browser
}

#[tokio::test]
async fn a_sector_has_its_own_sub_and_sid() {
    let server = TestServer::start().await;
    let (one, same) = (app(&server, "one", "a.example").await, app(&server, "same", "a.example").await);
    let (other, public) =
        (app(&server, "other", "b.example").await, Registration::web("public").scopes("openid"));
    let public = server.register(public).await;
    let (mut alice, mut bob) = (server.alice().await, bob(&server, &one).await);
    let here = names(&one, &mut alice).await;
    assert_eq!(names(&one, &mut alice).await, here, "at every sign-in");
    assert_eq!(names(&same, &mut alice).await, here, "for every client of the sector");
    let all = [
        here,
        names(&other, &mut alice).await,
        names(&public, &mut alice).await,
        names(&one, &mut bob).await,
    ];
    for (index, [sub, sid]) in all.iter().enumerate() {
        assert!(sub.len() <= 255 && sub.is_ascii(), "{sub}");
        for [other_sub, other_sid] in &all[..index] {
            assert!(sub != other_sub && sid != other_sid, "{all:?}");
        }
    }
}

#[tokio::test]
async fn userinfo_and_refreshed_tokens_use_the_same_sub() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server, "app", "a.example").await, server.alice().await);
    let tokens = tokens(&app, &mut alice).await;
    let expected = &claims(id_token(&tokens))["sub"];
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let reply = alice.request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await.json();
    assert_eq!(reply["sub"], *expected);
    let refreshed = app.refresh_by_hand(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(claims(id_token(&refreshed))["sub"], *expected);
}

#[tokio::test]
async fn a_hint_with_a_pairwise_sub_is_understood() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server, "app", "a.example").await, server.alice().await);
    let hint = id_token(&tokens(&app, &mut alice).await).to_owned();
    let silent = app.url_with(&[("scope", "openid"), ("prompt", "none"), ("id_token_hint", &hint)]);
    assert!(!alice.get(&silent).await.get("code").is_empty());
    let mut bob = bob(&server, &app).await;
    let refused = bob.get(&silent).await;
    refused.assert_redirect_error("login_required", "sign_in.other_person", &server.url);

    let page = bob.get(&format!("/logout?id_token_hint={hint}")).await;
    assert!(page.body.contains("name=\"form_token\""), "of another session, so he is asked: {page:?}");
    let page = alice.get(&format!("/logout?id_token_hint={hint}")).await;
    assert!(!page.body.contains("name=\"form_token\""), "{page:?}");
    assert!(alice.get(&silent).await.get("error") == "login_required", "she is signed out");
}

#[tokio::test]
async fn a_registration_must_determine_the_sector() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |id: &'static str, uris: &[&'static str]| {
        let mut arguments = vec!["client", "create", "--id", id, "--name", "A", "--kind", "native"];
        arguments.extend(["--scope", "openid", "--subject-type", "pairwise"]);
        uris.iter().for_each(|uri| arguments.extend(["--redirect-uri", uri]));
        arguments
    };
    operator.done(&create("one", &["https://a.example/x", "https://a.example/y"]));
    assert_eq!(operator.json(&["client", "show", "one"])["subject_type"], "pairwise");
    for uris in
        [["https://a.example/x", "https://b.example/x"], ["https://a.example/x", "com.example.app:/x"]]
    {
        let why = operator.refused(&create("two", &uris));
        assert!(why.contains("not all of one host") && why.contains("--sector-identifier-uri"), "{why}");
    }
    operator.refused(&["client", "update", "one", "--add-redirect-uri", "https://b.example/x"]);
    operator.done(&[
        "client",
        "update",
        "one",
        "--subject-type",
        "public",
        "--add-redirect-uri",
        "https://b.example/x",
    ]);
}

/// A site with a certificate for `localhost` that serves `list` at `/sector`. Returns its address and the certificate
/// to trust.
fn list_site(directory: &Path, list: &'static str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let ca_file = directory.join("ca.pem");
    std::fs::write(&ca_file, made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("localhost:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                let length = list.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{list}"
                );
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (format!("https://localhost:{port}/sector"), ca_file.display().to_string())
}

#[tokio::test]
async fn a_sector_identifier_uri_joins_applications_of_several_hosts() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (one, two) = ("https://a.example/one", "https://b.example/two");
    let (uri, ca_file) =
        list_site(&operator.directory, r#"["https://a.example/one", "https://b.example/two"]"#);
    let run = |arguments: &[&str]| {
        let mut command = operator.command(arguments);
        command.env("GRANTOR_FETCH__ALLOW", "localhost").env("GRANTOR_FETCH__CA_FILE", &ca_file);
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let create = |id: &'static str, redirect_uri: &'static str| {
        let arguments = ["client", "create", "--id", id, "--name", "A", "--kind", "spa", "--scope", "openid"];
        let more =
            ["--subject-type", "pairwise", "--redirect-uri", redirect_uri, "--sector-identifier-uri", &uri];
        run(&[&arguments[..], &more].concat())
    };
    for (id, redirect_uri) in [("one", one), ("two", two)] {
        assert_eq!(create(id, redirect_uri), (true, String::new()));
    }
    let mut alice = server.alice().await;
    let sub = async |alice: &mut Browser, id: &str, uri: &str| {
        let app = Application::registered_at(&server.url, id, None, uri);
        names(&app, alice).await
    };
    assert_eq!(sub(&mut alice, "one", one).await, sub(&mut alice, "two", two).await);

    let (done, why) = create("three", "https://c.example/three");
    assert!(!done && why.contains("is not in the list behind the sector identifier URI"), "{why}");
    let (done, why) = run(&["client", "update", "one", "--add-redirect-uri", "https://c.example/three"]);
    assert!(!done && why.contains("is not in the list"), "{why}");
    assert_eq!(run(&["client", "update", "one", "--add-redirect-uri", two]), (true, String::new()));
    assert_eq!(run(&["client", "update", "one", "--name", "B"]), (true, String::new()));
    let why = operator.refused(&["client", "update", "two", "--sector-identifier-uri", &uri]);
    assert!(why.contains("cannot be read") && why.contains("not a public address"), "{why}");
    let (done, why) = run(&["client", "update", "one", "--sector-identifier-uri", "http://localhost/"]);
    assert!(!done && why.contains("is not an https address"), "{why}");
    let (done, why) = run(&["client", "update", "one", "--no-sector-identifier-uri"]);
    assert!(!done && why.contains("not all of one host"), "{why}");
}
