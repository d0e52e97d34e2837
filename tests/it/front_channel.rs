//! Front-channel logout: the signed-out person's browser loads each application of the session.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use grantor::oauth::request::redirect_uri::RegisteredUri;
use url::Url;

use crate::support::chromium::Chromium;
use crate::support::jwt::claims;
use crate::support::relying_party::Registration;
use crate::support::site::{Site, arrival, page};
use crate::support::{Answer, Application, Browser, Operator, TestServer};

async fn app_at(server: &TestServer, id: &str, origin: &str) -> Application {
    let mut registration =
        Registration::web(id).scopes("openid read").redirect_uri(&format!("{origin}/callback"));
    let client = &mut registration.client;
    let goodbye = RegisteredUri::register(&format!("{origin}/goodbye"), client.kind).unwrap();
    client.logout.front_channel = Some(format!("{origin}/out?a=b"));
    client.post_logout_redirect_uris = vec![goodbye];
    server.register(registration).await
}

async fn sign_in(app: &Application, browser: &mut Browser) -> String {
    let back = browser.authorize(&app.url_with(&[("scope", "openid")])).await;
    app.redeem_by_hand(&back.get("code")).await.get("id_token")
}

/// The addresses of the frames in a page.
fn frames(page: &Answer) -> Vec<Url> {
    let sources = page.body.split("<iframe hidden sandbox=\"allow-scripts allow-same-origin\" title=\"Signs you out of an application\" src=\"").skip(1);
    let unescaped = |text: &str| text.replace("&amp;", "&").replace("&#x2f;", "/");
    sources.map(|rest| Url::parse(&unescaped(rest.split('"').next().unwrap())).unwrap()).collect()
}

fn value(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn a_sign_out_loads_each_application_of_the_session_and_continues() {
    let server = TestServer::start().await;
    let one = app_at(&server, "one", "https://one.example").await;
    let two = app_at(&server, "two", "https://two.example").await;
    app_at(&server, "unused", "https://unused.example").await;
    let mut alice = server.alice().await;
    sign_in(&one, &mut alice).await;
    let hint = sign_in(&two, &mut alice).await;
    let sid = claims(&hint)["sid"].as_str().unwrap().to_owned();

    let query =
        format!("id_token_hint={hint}&post_logout_redirect_uri=https://two.example/goodbye&state=s+1");
    let page = alice.get(&format!("/logout?{query}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let frames = frames(&page);
    let hosts: Vec<&str> = frames.iter().map(|frame| frame.host_str().unwrap()).collect();
    assert_eq!(hosts, ["one.example", "two.example"]);
    for frame in &frames {
        assert_eq!(
            (value(frame, "a"), value(frame, "iss"), value(frame, "sid")),
            ("b".into(), server.url.clone(), sid.clone())
        );
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("; frame-src https://one.example https://two.example; script-src 'sha256-"),
        "{policy}"
    );
    // An agent that follows both a header and the script would come back twice.
    assert_eq!(page.headers.get("refresh"), None);
    let onward = page.attribute("<noscript><meta http-equiv=\"refresh\" content=\"5; url=");
    assert_eq!(onward, "https://two.example/goodbye?state=s+1");
    assert!(!alice.cookies.contains_key("grantor-session"));

    // No application is left to notify, and other pages load no frames.
    let later = alice.get(&format!("/logout?{query}")).await;
    assert_eq!(later.location().unwrap(), "https://two.example/goodbye?state=s+1");
    let home = alice.get("/").await;
    assert!(!home.header("content-security-policy").contains("frame-src"));
}

#[tokio::test]
async fn without_such_an_application_nothing_is_loaded() {
    let server = TestServer::start().await;
    let (web, other) = (server.web().await, app_at(&server, "other", "https://other.example").await);
    let mut alice = server.alice().await;
    alice.authorize(&web.url_with(&[])).await;
    let mut bob = server.browser();
    sign_in(&other, &mut bob).await;
    let page = alice.open("/logout").await;
    let page = alice.submit(&page, &[]).await;
    assert!(page.body.contains("id=\"signed-out\"") && frames(&page).is_empty(), "{page:?}");

    server.sql("UPDATE clients SET disabled_at = 1, version = version + 1 WHERE id = 'other'").await;
    let page = bob.open("/logout").await;
    let page = bob.submit(&page, &[]).await;
    assert!(page.body.contains("id=\"signed-out\""), "a disabled application is not loaded: {page:?}");
}

#[tokio::test]
async fn the_address_must_have_the_origin_of_a_redirect_uri() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |uri: &'static str| {
        let mut arguments = vec!["client", "create", "--id", "app", "--name", "A", "--kind", "web"];
        arguments.extend(["--redirect-uri", "https://app.example/cb", "--scope", "openid"]);
        arguments.extend(["--frontchannel-logout-uri", uri]);
        arguments
    };
    for uri in ["https://other.example/out", "https://app.example:8443/out", "http://app.example/out"] {
        let why = operator.refused(&create(uri));
        assert!(why.contains("not of the origin of a redirect URI"), "{uri}: {why}");
    }
    operator.refused(&create("javascript:alert(1)"));
    operator.done(&create("https://app.example/out"));
    assert_eq!(
        operator.json(&["client", "show", "app"])["frontchannel_logout_uri"],
        "https://app.example/out"
    );
    operator.refused(&["client", "update", "app", "--redirect-uri", "https://new.example/cb"]);
    operator.done(&["client", "update", "app", "--no-frontchannel-logout-uri"]);
}

#[tokio::test]
async fn no_registered_address_adds_to_the_policy_of_the_page() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |redirect: &str, option: &'static str, uri: &str| {
        let all = ["client", "create", "--id", "app", "--name", "A", "--kind", "web", "--scope", "openid"];
        let arguments = [&all[..], &["--redirect-uri", redirect, option, uri]].concat();
        operator.refused(&arguments)
    };
    let good = "https://app.example/cb";
    for host in ["evil.com;sandbox", "evil.com,x", "evil.com'x", "a_b.example", "a$b.example", "example."] {
        let uri = &format!("https://{host}/out");
        for option in [
            "--frontchannel-logout-uri",
            "--backchannel-logout-uri",
            "--post-logout-redirect-uri",
            "--origin",
            "--sector-identifier-uri",
        ] {
            let said = create(good, option, uri);
            let is_said =
                said.contains("host that is neither a name") || said.contains("not an https address");
            assert!(is_said, "{option} {uri}: {said}");
        }
        for option in ["--site", "--policy", "--terms"] {
            let said = create(good, option, uri);
            assert!(said.contains("must be an https address"), "{option} {uri}: {said}");
        }
        let said = create(uri, "--post-logout-redirect-uri", good);
        assert!(said.contains("host that is neither a name"), "{uri}: {said}");
    }
    // An address that was stored before hosts were checked gets no frame, and nothing of it is in the policy.
    let mut registration = Registration::web("app").scopes("openid read");
    registration.client.logout.front_channel = Some("https://evil.com;sandbox/out".into());
    let app = server.register(registration).await;
    let other = app_at(&server, "other", "https://other.example").await;
    let mut alice = server.alice().await;
    sign_in(&app, &mut alice).await;
    let hint = sign_in(&other, &mut alice).await;
    let page = alice.get(&format!("/logout?id_token_hint={hint}")).await;
    assert!(page.body.contains("id=\"signing-out\""), "{page:?}");
    assert_eq!(frames(&page).len(), 1, "{page:?}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("; frame-src https://other.example; script-src "), "{policy}");
    assert!(page.body.contains("<iframe hidden sandbox=\"allow-scripts allow-same-origin\" "), "{page:?}");
}

#[tokio::test]
async fn a_real_browser_loads_the_application_and_comes_back_to_it() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let (tell, mut reply) = tokio::sync::mpsc::unbounded_channel();
    let visits = Arc::new(AtomicUsize::new(0));
    let visited = visits.clone();
    let site = Site::start(move |request| {
        if request.starts_with("/goodbye") {
            visited.fetch_add(1, Ordering::SeqCst);
        }
        if request.starts_with("/out") {
            let _ = tell.send(request.to_owned());
        }
        match request.starts_with("/goodbye") {
            true => page("<p id=\"goodbye\">Goodbye</p>"),
            false => arrival("Here"),
        }
    });
    let origin = format!("http://127.0.0.1:{}", site.port);
    let app = app_at(&server, "app", &origin).await;
    server.user("alice").await;
    browser.open(&app.url_with(&[("scope", "openid")])).await;
    browser.sign_in_and_allow("alice").await;
    let url = Url::parse(&browser.url().await).unwrap();
    let hint = app.redeem_by_hand(&value(&url, "code")).await.get("id_token");

    browser
        .open(&format!(
            "{}/logout?id_token_hint={hint}&post_logout_redirect_uri={origin}/goodbye",
            server.url
        ))
        .await;
    browser.until("goodbye", |text| text == "Goodbye").await;
    assert_eq!(visits.load(Ordering::SeqCst), 1, "the browser comes back once");
    let request = reply.try_recv().expect("it was loaded before the browser went on");
    let loaded = Url::parse(&format!("{origin}{}", request.split(' ').next().unwrap())).unwrap();
    assert_eq!(value(&loaded, "sid"), claims(&hint)["sid"].as_str().unwrap());
    assert_eq!(value(&loaded, "iss"), server.url);
}

#[tokio::test]
async fn a_real_browser_comes_back_once_from_a_sign_out_that_an_application_holds_up() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let visits = Arc::new(AtomicUsize::new(0));
    let visited = visits.clone();
    // The frame is answered when the browser has come back.
    let is_back = Arc::new((Mutex::new(false), Condvar::new()));
    let back = is_back.clone();
    let site = Site::start(move |request| {
        let (lock, changed) = &*back;
        if request.starts_with("/out") {
            let held = lock.lock().unwrap();
            drop(changed.wait_timeout_while(held, Duration::from_secs(60), |is_back| !*is_back));
        }
        if request.starts_with("/goodbye") {
            visited.fetch_add(1, Ordering::SeqCst);
            *lock.lock().unwrap() = true;
            changed.notify_all();
            return page("<p id=\"goodbye\">Goodbye</p>");
        }
        arrival("Here")
    });
    let origin = format!("http://127.0.0.1:{}", site.port);
    let app = app_at(&server, "app", &origin).await;
    server.user("alice").await;
    browser.open(&app.url_with(&[("scope", "openid")])).await;
    browser.sign_in_and_allow("alice").await;
    let url = Url::parse(&browser.url().await).unwrap();
    let hint = app.redeem_by_hand(&value(&url, "code")).await.get("id_token");
    let query = format!("id_token_hint={hint}&post_logout_redirect_uri={origin}/goodbye");
    // The page does not finish loading, so the browser is not waited for.
    browser.script(&format!("setTimeout(() => location.assign('{}/logout?{query}'), 0)", server.url)).await;
    browser.until("goodbye", |text| text == "Goodbye").await;
    assert_eq!(visits.load(Ordering::SeqCst), 1);
}
