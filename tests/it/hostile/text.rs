//! Hostile text in pages, descriptions and redirects: it stays text, and `state` comes back unchanged.

use grantor::clock::Timestamp;
use grantor::oauth::grant::scope::{Scope, ScopeRecord};
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::store::scopes;
use url::Url;

use crate::support::relying_party::{REDIRECT_URI, Registration};
use crate::support::{Answer, Application, TestServer};

/// Scripts, attributes, templates and entities that become active if they are not escaped.
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

/// The text as a page must contain it.
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

/// Asserts that a page shows `text` as text, and has the same structure as `model`.
#[track_caller]
fn assert_is_text(page: &Answer, model: &Answer, text: &str) {
    assert!(page.body.contains(&escaped(text)), "{text} in {}", page.body);
    if escaped(text) != text {
        assert!(!page.body.contains(text), "{text} in {}", page.body);
    }
    assert_eq!(structure(&page.body), structure(&model.body), "{text}");
    assert_eq!(page.status, model.status);
}

/// A client with a hostile name, and its scope with a hostile description.
async fn hostile_client(server: &TestServer, number: usize, text: &str) -> Application {
    let scope =
        ScopeRecord { name: format!("s{number}"), description: text.into(), ..ScopeRecord::default() };
    let name = scope.name.clone();
    server.store(async move |tx| scopes::save(tx, &scope, Timestamp::from_unix(0)).await).await;
    let mut registration = Registration::web(&format!("client{number}"));
    registration.client.name = text.into();
    registration.client.scopes = Scope::from_stored(&name);
    server.register(registration).await
}

#[tokio::test]
async fn names_and_descriptions_are_shown_as_text() {
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
        assert_eq!(consent.body.matches(&escaped(text)).count(), 3, "title, heading, scope: {text}");
    }
}

#[tokio::test]
async fn a_username_is_shown_again_as_text() {
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
async fn hostile_parameters_never_reach_an_error_page_or_a_description_unescaped() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    for text in POLYGLOTS {
        for name in ["client_id", "redirect_uri"] {
            let page = browser.get(&web.url_with(&[(name, text)])).await;
            assert_eq!(page.status, 400);
            // The page shows the address that came, in one element, and nowhere else.
            let came = page.body.split_once("<code id=\"came\">").map(|(before, rest)| {
                let (came, after) = rest.split_once("</code>").unwrap();
                let came = came.replace("<mark>", "").replace("</mark>", "");
                assert!(name == "redirect_uri" && !came.contains(['<', '>', '"', '\'']), "{came}");
                format!("{before}{after}")
            });
            let elsewhere = came.unwrap_or_else(|| page.body.clone());
            let differs = elsewhere.split_once("<code id=\"differs\">").map(|(before, rest)| {
                let (differs, after) = rest.split_once("</code>").unwrap();
                assert!(!differs.contains(['<', '>', '"', '\'']), "{differs}");
                format!("{before}{after}")
            });
            let elsewhere = differs.unwrap_or(elsewhere);
            for text in [text.to_owned(), escaped(text)] {
                assert!(!elsewhere.contains(&text), "{text} in {elsewhere}");
            }
        }
        for name in ["response_type", "response_mode", "code_challenge_method", "scope"] {
            let answer = browser.get(&web.url_with(&[(name, text)])).await;
            let reason = answer.get("error_uri").rsplit('/').next().unwrap().to_owned();
            // The helper also checks the characters of the description.
            answer.assert_redirect_error(&answer.get("error"), &reason, &server.url);
        }
        let answer = browser.post("/token", &[("grant_type", text), ("client_id", "web")]).await;
        answer.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");
        let page = browser.get(&format!("/errors/{}", percent(text))).await;
        assert_eq!(page.status, 404);
        assert!(escaped(text) == text || !page.body.contains(text), "{text} in {}", page.body);
    }
}

/// Percent-encodes every byte.
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
