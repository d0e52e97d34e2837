//! Hostile input at every door: refused in good time, never a 5xx, and never more than text.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use grantor::oauth::client::GrantType;
use grantor::oauth::redirect_uri::RegisteredUri;
use grantor::oauth::scope::{Scope, ScopeRecord};
use grantor::store::scopes;
use url::Url;

use crate::support::relying_party::{REDIRECT_URI, Registration};
use crate::support::{Answer, Application, TestServer};

const FORM: &str = "application/x-www-form-urlencoded";
/// Far more than any refusal takes here, and far less than a body of 1 MB would take if it were worked on.
const SOON: Duration = Duration::from_secs(5);
const MEGABYTE: usize = 1_000_000;

const AUTHORIZE: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "request",
    "nonce",
];
const TOKEN: [&str; 9] = [
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "device_code",
];

/// Sends bytes as they are; what came back until the server closed.
fn raw(server: &TestServer, bytes: &[u8]) -> String {
    let mut link = connect(server);
    // A server that has answered early may have closed its end already.
    let _ = link.write_all(bytes);
    answer_of(link)
}

fn connect(server: &TestServer) -> TcpStream {
    let link = TcpStream::connect(server.url.trim_start_matches("http://")).expect("the server listens");
    link.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    link
}

fn answer_of(mut link: TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    // A reset after the answer is no loss: what came before it is the answer.
    while let Ok(count @ 1..) = link.read(&mut part) {
        bytes.extend_from_slice(&part[..count]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn status_of(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status in {answer:?}"))
}

#[track_caller]
fn assert_4xx(answer: &Answer, what: &str) {
    assert!(answer.status.is_client_error(), "{what}: {answer:?}");
    assert_eq!(answer.location(), None, "{what}");
}

async fn assert_well(server: &TestServer) {
    assert_eq!(server.get("/healthz").await.status, 200);
    let service = server.register(Registration::service(&grantor::secret::random_id())).await;
    let answer = service.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn bodies_of_a_megabyte_and_of_a_byte_are_refused_soon() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let sign_in = browser.open(&web.url_with(&[])).await;
    let mut other = server.browser();
    let page = other.open(&web.url_with(&[])).await;
    let consent = other.sign_in(&page, "alice").await;
    let paths = [
        "/token".to_owned(),
        "/authorize".into(),
        "/logout".into(),
        "/device_authorization".into(),
        "/device".into(),
        "/introspect".into(),
        "/revoke".into(),
        sign_in.form_action(),
        consent.form_action(),
    ];
    for path in &paths {
        for body in [vec![b'a'; MEGABYTE], b"a".to_vec(), vec![0], b"=".to_vec(), vec![0xff; MEGABYTE]] {
            let browser = if path.contains("/consent") { &mut other } else { &mut browser };
            let (began, length) = (Instant::now(), body.len());
            let answer = browser.post_raw(path, FORM, body).await;
            match (length, path.replace("/consent?", "/authorize/resume?")) {
                (MEGABYTE, _) => assert_eq!(answer.status, 413, "{path}: {answer:?}"),
                // A form that was shown to nobody leads back to the question.
                (_, logout) if logout == "/logout" => {
                    assert_eq!(answer.location(), Some(format!("{}/logout", server.url)));
                }
                (_, asked_again) if asked_again != *path => assert_eq!(answer.location(), Some(asked_again)),
                _ => assert_4xx(&answer, path),
            }
            assert!(began.elapsed() < SOON, "{path} took {:?}", began.elapsed());
        }
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn a_parameter_of_a_million_characters_is_refused_soon() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    let long = "x".repeat(MEGABYTE);
    for (path, names) in [("/authorize", AUTHORIZE.as_slice()), ("/token", TOKEN.as_slice())] {
        for name in names {
            let began = Instant::now();
            let answer = browser.post(path, &[(name, &long)]).await;
            assert_eq!(answer.status, 413, "{name} at {path}");
            assert!(began.elapsed() < SOON, "{name} at {path} took {:?}", began.elapsed());
        }
    }
    for name in AUTHORIZE {
        let began = Instant::now();
        let request = format!("GET /authorize?{name}={long} HTTP/1.1\r\nHost: x\r\n\r\n");
        let status = status_of(&raw(&server, request.as_bytes()));
        assert!((400..500).contains(&status), "{name}: {status}");
        assert!(began.elapsed() < SOON);
    }
    // What fits into a body is too long for a parameter.
    let long = "x".repeat(60_000);
    for name in AUTHORIZE {
        let body = web.request_with(&[(name, &long)]).into_bytes();
        let answer = browser.post_raw("/authorize", FORM, body).await;
        match name {
            "client_id" | "redirect_uri" => answer.assert_page(400, "parameter.too_long"),
            _ => answer.assert_redirect_error("invalid_request", "parameter.too_long", &server.url),
        }
    }
    for name in TOKEN {
        let answer = browser.post("/token", &[(name, &long)]).await;
        answer.assert_json_error(400, "invalid_request", "parameter.too_long");
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn too_many_scopes_are_refused() {
    let server = TestServer::start().await;
    let (web, service) = (server.web().await, server.service().await);
    let mut browser = server.browser();
    let (ten_thousand, sixty_five) = (vec!["read"; 10_000].join(" "), vec!["r"; 65].join(" "));
    for (scope, error, reason) in [
        (ten_thousand.as_str(), "invalid_request", "parameter.too_long"),
        (sixty_five.as_str(), "invalid_scope", "scope.too_many"),
    ] {
        let body = web.request_with(&[("scope", scope)]).into_bytes();
        let answer = browser.post_raw("/authorize", FORM, body).await;
        answer.assert_redirect_error(error, reason, &server.url);
        let answer = service.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
        answer.assert_json_error(400, error, reason);
    }
    // 64 names are read, and judged for what they are.
    let body = web.request_with(&[("scope", &vec!["read"; 64].join(" "))]).into_bytes();
    assert!(browser.post_raw("/authorize", FORM, body).await.get("flow").len() > 10);
}

#[tokio::test]
async fn a_thousand_parameters_are_refused() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    let many: String = (0..1000).map(|number| format!("&p{number}=1")).collect();
    let request = web.request_with(&[]) + &many;
    browser.get(&format!("/authorize?{request}")).await.assert_page(400, "parameter.too_many");
    let answer = browser.post_raw("/authorize", FORM, request.into_bytes()).await;
    answer.assert_page(400, "parameter.too_many");
    let form = format!("grant_type=client_credentials{many}").into_bytes();
    let answer = browser.post_raw("/token", FORM, form).await;
    answer.assert_json_error(400, "invalid_request", "parameter.too_many");
}

/// What breaks decoders and headers, and whether it can stand in a value at all.
const BREAKERS: [(&str, bool); 14] = [
    ("%00", false),
    ("a%00b", false),
    ("%0d%0aX-Injected:%20yes%0d%0a%0d%0a<b>", false),
    ("%0aSet-Cookie:%20a=b", false),
    ("%0d", false),
    ("%FF%FE", false),
    ("%C0%AF", false),
    ("%ED%A0%80", false),
    ("%1b[31m", false),
    ("%C2%85", false),
    ("%", true),
    ("%zz", true),
    ("100%", true),
    ("%e5%98%8a%e5%98%8dX-Injected:%20yes", true),
];

#[tokio::test]
async fn what_breaks_decoders_breaks_nothing_at_the_authorization_endpoint() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    for (value, fits) in BREAKERS {
        for name in AUTHORIZE {
            let request = format!("{}&{name}={value}", web.request_with(&[(name, "")]));
            let got = browser.get(&format!("/authorize?{request}")).await;
            let posted = browser.post_raw("/authorize", FORM, request.into_bytes()).await;
            for answer in [got, posted] {
                let what = format!("{name}={value}: {answer:?}");
                assert!(!answer.headers.contains_key("x-injected"), "{what}");
                match (name, fits) {
                    ("client_id" | "redirect_uri", _) => assert_4xx(&answer, &what),
                    // No error, or one of this parameter; in either case to the registered place or to a page here.
                    ("state" | "nonce", true) => assert!(!answer.get("flow").is_empty(), "{what}"),
                    (_, true) => assert_goes_back(&answer, None),
                    (_, false) => assert_goes_back(&answer, Some("parameter.malformed")),
                }
            }
            browser.cookies.clear();
        }
    }
    assert_well(&server).await;
}

#[track_caller]
fn assert_goes_back(answer: &Answer, reason: Option<&str>) {
    let location = answer.location().unwrap_or_else(|| panic!("a redirect: {answer:?}"));
    assert_eq!(answer.status, 303);
    assert!(location.starts_with(&format!("{REDIRECT_URI}?error=")), "{location}");
    assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location:?}");
    assert!(answer.get("error_uri").ends_with(reason.unwrap_or_default()), "{location}");
}

#[tokio::test]
async fn what_breaks_decoders_breaks_nothing_at_the_token_endpoint() {
    let server = TestServer::start().await;
    server.web().await;
    let mut browser = server.browser();
    for (value, fits) in BREAKERS {
        for name in TOKEN {
            let good = [
                ("grant_type", "authorization_code"),
                ("client_id", "web"),
                ("client_secret", "x"),
                ("code", "x"),
                ("redirect_uri", REDIRECT_URI),
            ];
            let rest: Vec<_> = good.into_iter().filter(|(key, _)| *key != name).collect();
            let body = format!("{}&{name}={value}", serde_urlencoded::to_string(rest).unwrap());
            let answer = browser.post_raw("/token", FORM, body.into_bytes()).await;
            let status = answer.status.as_u16();
            assert!(matches!(status, 400 | 401), "{name}={value}: {answer:?}");
            let reason = answer.get("reason");
            assert_eq!(reason == "parameter.malformed", !fits, "{name}={value}: {answer:?}");
            answer.assert_json_error(status, &answer.get("error"), &reason);
            assert!(!answer.headers.contains_key("x-injected"), "{name}={value}");
        }
    }
    assert_well(&server).await;
}

#[tokio::test]
#[rustfmt::skip]
async fn hostile_authorization_headers_are_refused() {
    let server = TestServer::start().await;
    server.web().await;
    let mut browser = server.browser();
    let long = format!("Basic {}", "QUFB".repeat(10_000));
    let headers = [
        "Basic", "Basic ", "Basic !!!", "Basic \t", "Basic =", "Basic OnNlY3JldA==", "Basic Og==",
        "Basic AAAA", "Bearer x", "Digest a=b", "basic", "\u{ff}", "Basic d2ViOiUwMA==", "Basic JTAwOiUwMA==",
        "Basic d2ViOiUwZCUwYQ==", "Basic 8J+Yig==",
        &long,
    ];
    for header in headers {
        let sent = [("authorization", header), ("content-type", FORM)];
        let answer =
            browser.request(reqwest::Method::POST, "/token", &sent, "grant_type=client_credentials").await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{header:?}: {answer:?}");
        answer.assert_json_error(answer.status.as_u16(), &answer.get("error"), &answer.get("reason"));
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn hostile_cookies_are_passed_over() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let url = web.url_with(&[]);
    let many = "grantor-flow-x=1.y; ".repeat(200);
    let long = format!("grantor-session={}", "x".repeat(30_000));
    for cookie in [
        "grantor-session=",
        "grantor-session",
        "=",
        ";;;",
        "grantor-session=%00",
        "a=b; grantor-session=\"x",
        &many,
        &long,
    ] {
        let answer = server.browser().request(reqwest::Method::GET, &url, &[("cookie", cookie)], "").await;
        assert!(
            answer.location().is_some_and(|location| location.contains("/sign-in?flow=")),
            "{cookie}: {answer:?}"
        );
    }
}

/// Scripts, attributes, templates and entities that become more than text where somebody forgot to escape.
#[rustfmt::skip]
const POLYGLOTS: [&str; 42] = [
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "\"><script>alert(1)</script>", "'><script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' onmouseover='alert(1)",
    "\" autofocus onfocus=alert(1) x=\"", "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>", "<!--<script>", "--><script>alert(1)</script>", "<![CDATA[<script>alert(1)</script>]]>",
    "<iframe src=javascript:alert(1)>", "<a href=\"javascript:alert(1)\">x</a>", "<base href=https://evil.example/>",
    "<form action=https://evil.example/>", "<input name=form_token value=x>", "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<style>@import'//evil.example'</style>", "<link rel=stylesheet href=//evil.example>", "<math><mi//xlink:href=\"data:x,<script>\">",
    "<details open ontoggle=alert(1)>", "<object data=javascript:alert(1)>", "<embed src=//evil.example>", "<svg><animate onbegin=alert(1)>",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>\\x3e",
    "{{7*7}}", "{% for x in [1] %}x{% endfor %}", "{{ issuer }}", "{# comment #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "*{7*7}", "@(7*7)",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;", "a&b=c;d", "%3Cscript%3Ealert(1)%3C/script%3E",
];

/// How the text must stand in a page.
fn escaped(text: &str) -> String {
    let pairs =
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#x27;"), ("/", "&#x2f;")];
    pairs.iter().fold(text.to_owned(), |text, (character, entity)| text.replace(character, entity))
}

/// The elements of a page and the names of their attributes, without any text.
fn structure(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in html.split('<').skip(1) {
        let element = piece.split('>').next().unwrap_or_default();
        let names = element.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        found.push(names.split_whitespace().map(|word| word.to_owned() + " ").collect());
    }
    found
}

/// Asserts that a page shows `text` as text, and is otherwise made like `model`.
#[track_caller]
fn assert_is_text(page: &Answer, model: &Answer, text: &str) {
    assert!(page.body.contains(&escaped(text)), "{text} in {}", page.body);
    if escaped(text) != text {
        assert!(!page.body.contains(text), "{text} in {}", page.body);
    }
    assert_eq!(structure(&page.body), structure(&model.body), "{text}");
    assert_eq!(page.status, model.status);
}

/// A client whose name is hostile, and its scope, whose description is.
async fn hostile_client(server: &TestServer, number: usize, text: &str) -> Application {
    let scope =
        ScopeRecord { name: format!("s{number}"), description: text.into(), ..ScopeRecord::default() };
    let name = scope.name.clone();
    server.store(async move |tx| scopes::save(tx, &scope, 0).await).await;
    let mut registration = Registration::web(&format!("client{number}"));
    registration.client.name = text.to_owned();
    registration.client.scopes = Scope::from_stored(&name);
    server.register(registration).await
}

#[tokio::test]
async fn names_and_descriptions_are_nothing_but_text() {
    let server = TestServer::start().await;
    let mut browser = server.alice().await;
    let mut stranger = browser.stranger();
    let plain = hostile_client(&server, 1000, "plain").await;
    let plain_url = plain.url_with(&[("scope", "s1000")]);
    let (sign_in_model, first) = (stranger.open(&plain_url).await, browser.open(&plain_url).await);
    let consent_model = browser.sign_in(&first, "alice").await;
    for (number, text) in POLYGLOTS.iter().enumerate() {
        let client = hostile_client(&server, number, text).await;
        let url = client.url_with(&[("scope", &format!("s{number}"))]);
        let sign_in = stranger.open(&url).await;
        assert!(sign_in.is_sign_in());
        assert_is_text(&sign_in, &sign_in_model, text);
        let consent = browser.open(&url).await;
        assert!(consent.is_consent());
        assert_is_text(&consent, &consent_model, text);
        assert_eq!(
            consent.body.matches(&escaped(text)).count(),
            4,
            "title, heading, sentence, scope: {text}"
        );
    }
}

#[tokio::test]
async fn a_username_comes_back_as_text() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let model = browser.submit_only(&page, &[("username", "nobody"), ("password", "x")]).await;
    assert_eq!(model.status, 422);
    for text in POLYGLOTS {
        let answer = browser.submit_only(&page, &[("username", text), ("password", "x")]).await;
        assert_is_text(&answer, &model, text);
        assert!(answer.body.contains(&format!(" value=\"{}\"", escaped(text))), "{}", answer.body);
    }
}

#[tokio::test]
async fn hostile_parameters_never_reach_an_error_page_or_a_description_as_they_are() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    for text in POLYGLOTS {
        for name in ["client_id", "redirect_uri"] {
            let page = browser.get(&web.url_with(&[(name, text)])).await;
            assert_eq!(page.status, 400);
            assert!(!page.body.contains(text), "{text} in {}", page.body);
            assert!(!page.body.contains(&escaped(text)), "{text} in {}", page.body);
        }
        for name in ["response_type", "response_mode", "code_challenge_method", "scope"] {
            let answer = browser.get(&web.url_with(&[(name, text)])).await;
            let reason = answer.get("error_uri").rsplit('/').next().unwrap().to_owned();
            // It checks the characters of the description too.
            answer.assert_redirect_error(&answer.get("error"), &reason, &server.url);
        }
        let answer = browser.post("/token", &[("grant_type", text), ("client_id", "web")]).await;
        answer.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");
        let page = browser.get(&format!("/errors/{}", percent(text))).await;
        assert_eq!(page.status, 404);
        assert!(!page.body.contains("alert("), "{text} in {}", page.body);
    }
}

/// Every byte percent-encoded.
fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn state_comes_back_equal_and_harmless() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web");
    let with_query = RegisteredUri::from_stored("https://app.example/callback?tenant=1");
    registration.client.redirect_uris.push(with_query);
    let (web, mut browser) = (server.register(registration).await, server.alice().await);
    browser.authorize(&web.url_with(&[])).await;
    let others = [
        "a b",
        "a+b",
        "%2B",
        "\u{e4}\u{1f600}",
        "a&code=stolen&iss=x",
        "#code=stolen",
        " ",
        "code=x",
        "\u{202e}",
        "\u{2028}",
    ];
    for text in POLYGLOTS.into_iter().chain(others) {
        for (uri, before) in [(REDIRECT_URI, 0), ("https://app.example/callback?tenant=1", 1)] {
            let back = browser.get(&web.url_with(&[("state", text), ("redirect_uri", uri)])).await;
            assert_ne!(back.get("code"), "", "{back:?}");
            assert_state(&back, uri, text, 3 + before);
            let refused = browser
                .get(&web.url_with(&[("state", text), ("redirect_uri", uri), ("response_type", "x")]))
                .await;
            assert_state(&refused, uri, text, 5 + before);
        }
    }
}

#[track_caller]
fn assert_state(answer: &Answer, uri: &str, state: &str, members: usize) {
    let location = answer.location().unwrap();
    assert!(location.starts_with(uri), "{location}");
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%+=&?:/*".contains(&byte);
    assert!(location.bytes().all(harmless), "{location}");
    assert_eq!(answer.get("state"), state, "{location}");
    let url = Url::parse(&location).unwrap();
    assert_eq!(url.query_pairs().count(), members, "{location}");
    assert_eq!(url.fragment(), None, "{location}");
}

/// What a proxy or an attacker may say about where the request was sent.
const CLAIMS: [&str; 9] = [
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Prefix: /evil.example",
    "X-Forwarded-Server: evil.example",
    "Forwarded: host=evil.example;proto=https;for=1.2.3.4",
    "X-Original-URL: /evil.example",
    "X-Rewrite-URL: /evil.example",
    "X-HTTP-Method-Override: DELETE",
];

#[tokio::test]
async fn no_header_decides_what_the_server_calls_itself() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let consent = browser.open(&web.url_with(&[])).await;
    browser.sign_in(&consent, "alice").await;
    let own = server.url.trim_start_matches("http://").to_owned();
    let session = format!("Cookie: grantor-session={}", browser.cookies["grantor-session"]);
    let path_of = |url: String| url.replace(&server.url, "");
    let requests = [
        ("GET", "/".to_owned(), ""),
        ("GET", "/errors".into(), ""),
        ("GET", "/errors/code.expired".into(), ""),
        ("GET", "/nothing".into(), "Accept: text/html"),
        ("GET", "/.well-known/oauth-authorization-server".into(), ""),
        ("GET", "/jwks".into(), ""),
        ("GET", "/authorize?client_id=nobody".into(), ""),
        ("GET", path_of(web.url_with(&[])), ""),
        ("GET", path_of(web.url_with(&[("scope", "unknown")])), ""),
        ("GET", path_of(web.url_with(&[])), &session),
        ("POST", "/token".into(), ""),
        ("DELETE", "/authorize".into(), ""),
    ];
    for (method, path, header) in requests {
        let ask = |target: &str, host: &str, claims: &str| {
            let head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{claims}{header}");
            let head = head.trim_end().to_owned() + "\r\nConnection: close\r\nContent-Length: 0\r\n";
            without_ids(&raw(&server, format!("{head}Content-Type: {FORM}\r\n\r\n").as_bytes()))
        };
        let clean = ask(&path, &own, "");
        assert!(status_of(&clean.join("\n")) < 500 && clean.len() > 4, "{clean:?}");
        let all = CLAIMS.join("\r\n") + "\r\n";
        let absolute = format!("http://evil.example{path}");
        for (target, host, claims) in [
            (path.as_str(), "evil.example", ""),
            (&path, "evil.example:443", ""),
            (&path, "", ""),
            (&path, &own, &all),
            (&path, "evil.example", &all),
            (&absolute, &own, ""),
            (&absolute, "evil.example", &all),
        ] {
            let answer = ask(target, host, claims);
            assert_eq!(answer, clean, "{method} {target} with Host {host:?} and {claims:?}");
            assert!(!answer.iter().any(|line| line.contains("evil.example")));
        }
        for claim in CLAIMS {
            assert_eq!(ask(&path, &own, &format!("{claim}\r\n")), clean, "{method} {path} with {claim}");
        }
    }
}

/// The lines of an answer in one order, without date, ids and what was drawn by chance.
fn without_ids(answer: &str) -> Vec<String> {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut lines: Vec<String> =
        head.lines().filter(|line| !line.starts_with("date:")).map(without_chance).collect();
    // The order of headers means nothing.
    lines[1..].sort();
    lines.extend(body.lines().map(without_chance));
    lines
}

fn without_chance(line: &str) -> String {
    let is_of_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let (mut text, mut word) = (String::new(), String::new());
    for c in line.chars().chain(['\n']) {
        if is_of_id(c) {
            word.push(c);
            continue;
        }
        let is_id = word.len() >= 22 && word.contains(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
        let is_time = word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit());
        text.push_str(if is_id || is_time { "ID" } else { &word });
        text.push(c);
        word.clear();
    }
    text
}

#[tokio::test]
async fn a_request_that_is_never_finished_leaves_the_server_well() {
    let server = TestServer::start().await;
    let head =
        format!("POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\n");
    let whole = format!("{head}grant_type=client_credentials&client_id=web&");
    // Cut at every place that a reader could trip over, and more often than there are workers or connections.
    for cut in (0..whole.len()).step_by(3) {
        let mut link = connect(&server);
        link.write_all(&whole.as_bytes()[..cut]).unwrap();
        drop(link);
    }
    let chunked = format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    for body in ["", "5\r\ngra", "5\r\ngrant\r\n", "ffffffffffffffff\r\nx", "zz\r\n", "-1\r\n", "0\r\n"] {
        let mut link = connect(&server);
        link.write_all(format!("{chunked}{body}").as_bytes()).unwrap();
        drop(link);
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn slow_bodies_hold_nobody_up_and_end_with_the_deadline() {
    let server = TestServer::start_with(&[("http.deadline", "2s")]).await;
    let begun = |path: &str| {
        let mut link = connect(&server);
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000");
        link.write_all(format!("{head}\r\n\r\ngrant_type=").as_bytes()).unwrap();
        link
    };
    let (json, page) = ("\"error\":\"temporarily_unavailable\"", "Please try again");
    let slow = (0..25).flat_map(|_| [(begun("/token"), json), (begun("/authorize"), page)]);
    let slow: Vec<(TcpStream, &str)> = slow.collect();
    // One worker has fifty of them, and answers others meanwhile.
    assert_well(&server).await;
    for (link, marker) in slow {
        let answer = answer_of(link);
        assert_eq!(status_of(&answer), 503, "{answer}");
        assert!(answer.to_lowercase().contains("\r\nretry-after: "), "{answer}");
        assert!(answer.contains(marker), "{answer}");
    }
    assert_well(&server).await;
}

#[tokio::test]
#[rustfmt::skip]
async fn what_is_no_http_gets_no_5xx_and_harms_nobody() {
    let server = TestServer::start().await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(300_000));
    let headers = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(2000));
    let requests = [
        "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  /  HTTP/1.1\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET /\u{ff} HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        &long,
        &headers,
    ];
    for request in requests {
        let mut link = connect(&server);
        let _ = link.write_all(request.as_bytes());
        let _ = link.shutdown(std::net::Shutdown::Write);
        let answer = answer_of(link);
        assert!(answer.is_empty() || (400..500).contains(&status_of(&answer)), "{request:?}: {answer:?}");
        assert!(!answer.contains("\r\nlocation:"), "{request:?}: {answer:?}");
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn threat_30_no_refusal_costs_more_than_a_good_request() {
    let server = TestServer::start().await;
    let tv = server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
    let service = server.service().await;
    let (long, words) = ("x".repeat(8193), vec!["read"; 10_000].join(" "));
    let form = |name: &'static str, value: &str| [(name, value.to_owned())];
    let mut hostile = Vec::new();
    for name in TOKEN.into_iter().filter(|name| !name.starts_with("client_")) {
        hostile.push((&service, "/token", form(name, &long)));
    }
    for (app, path, name) in [
        (&tv, "/device_authorization", "scope"),
        (&tv, "/device_authorization", "resource"),
        (&service, "/introspect", "token"),
        (&service, "/revoke", "token"),
        (&service, "/token", "resource"),
    ] {
        hostile.push((app, path, form(name, &long)));
    }
    hostile.push((&service, "/token", form("scope", &words)));
    hostile.push((&tv, "/device_authorization", form("scope", &words)));
    let (mut good_ones, mut refusals) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..3 {
        for (app, path, fields) in &hostile {
            let began = Instant::now();
            let good = service.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await;
            good_ones += began.elapsed();
            assert_eq!(good.status, 200);
            let mut sent = vec![("grant_type", "client_credentials")];
            sent.retain(|(name, _)| *path == "/token" && *name != fields[0].0);
            sent.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
            let began = Instant::now();
            let refused = app.post(path, &sent).await;
            refusals += began.elapsed();
            refused.assert_json_error(400, "invalid_request", "parameter.too_long");
        }
    }
    // Twice as much is the noise of a busy machine.
    assert!(refusals < good_ones * 2, "{refusals:?} for refusals, {good_ones:?} for good requests");
}
