//! The error reference: a page with texts and links for every reason, a search, and examples that do what they say.

use std::collections::{BTreeMap, BTreeSet};

use grantor::clock::Timestamp;
use grantor::oauth::client::{ClientKind, GrantType};
use grantor::oauth::error_code::ErrorCode;
use grantor::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use grantor::oauth::grant::scope::{Scope, ScopeRecord};
use grantor::oauth::reason::{ISSUER, Reason};
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::request::response_type::ResponseType;
use grantor::store::{authorization_types, scopes};
use oauth2::TokenResponse as _;
use reqwest::Method;
use serde_json::json;

use crate::api::Api;
use crate::support::browser::http_client;
use crate::support::database::private_folder;
use crate::support::process::free_port;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, CHALLENGE, TestServer, VERIFIER};

const CALLBACK: &str = "https://app.example.com/callback";

/// The text of a page with HTML entities decoded, for comparing.
fn text(page: &Answer) -> String {
    let entities =
        [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    entities.iter().fold(page.body.clone(), |text, (entity, character)| text.replace(entity, character))
}

fn title(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("<title>").expect("a title");
    rest.split("</title>").next().expect("its end").to_owned()
}

/// The reason words that a page links to in the reference.
fn linked(server: &TestServer, page: &Answer) -> BTreeSet<String> {
    let (text, before) = (text(page), format!("href=\"{}/errors/", server.url));
    text.split(&before).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_reason_says_who_can_fix_it_and_how_and_shows_a_wrong_and_a_right_request() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for reason in Reason::ALL {
        let page = browser.get(&format!("/errors/{}", reason.word())).await;
        let text = text(&page);
        let heading = format!("<h1>{}</h1>", reason.title());
        let word = format!("<p class=\"word\"><code>{}</code></p>", reason.word());
        let parts = ["Who can fix it", "How to fix it", "Refused", "Right", reason.what(), reason.fix()];
        for part in parts.into_iter().chain([heading.as_str(), word.as_str()]) {
            assert!(text.contains(part), "{part} on the page of {}: {text}", reason.word());
        }
        let command =
            reason.command().map(|command| format!("<pre class=\"command\"><code>{command}</code>"));
        assert_eq!(text.contains("The operator’s command"), command.is_some(), "{}", reason.word());
        assert!(command.is_none_or(|command| text.contains(&command)), "{}: {text}", reason.word());
        for who in reason.who() {
            assert!(text.to_lowercase().contains(&who.name().to_lowercase()), "{}: {text}", reason.word());
        }
        let example = reason.example();
        for line in example.before.lines().chain(example.after.lines()) {
            let line = line.replace(ISSUER, &server.url);
            assert!(text.contains(&line), "{line} on the page of {}: {text}", reason.word());
        }
    }
}

#[tokio::test]
async fn the_examples_have_the_address_of_this_server_with_its_port_and_path() {
    let port = free_port();
    let (listen, public_url) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}/auth"));
    let mut server = TestServer::start_with(&[("listen", &listen), ("public_url", &public_url)]).await;
    server.url = public_url;
    let mut browser = server.browser();
    let all = Reason::ALL.iter().map(|reason| reason.word());
    for word in all.chain(ErrorCode::ALL.iter().map(|code| code.as_str())) {
        let text = text(&browser.get(&format!("/errors/{word}")).await);
        assert!(!text.contains("id.example.com"), "{word}: {text}");
    }
    let token = text(&browser.get("/errors/code.expired").await);
    assert!(token.contains(&format!("POST {}/token\n", server.url)), "{token}");
    let answer = text(&browser.get("/errors/access_denied").await);
    for part in
        ["&iss={}<", "&error_uri={}/errors/consent.denied\n", "\"error_uri\": \"{}/errors/consent.denied\""]
    {
        assert!(answer.contains(&part.replace("{}", &server.url)), "{part} in {answer}");
    }
    // The application stays where it is.
    assert!(answer.contains("Location: https://app.example.com/callback\n"), "{answer}");
    let audience = text(&browser.get("/errors/client_assertion.audience").await);
    assert!(audience.contains(&format!("{{\"aud\": \"{}\"", server.url)), "{audience}");
}

#[tokio::test]
async fn every_error_says_what_to_do_and_how_it_is_sent() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for &code in ErrorCode::ALL {
        let page = browser.get(&format!("/errors/{}", code.as_str())).await;
        let text = text(&page);
        for part in ["Who can fix it", code.advice(), "Refused", "Right", code.usual().word()] {
            assert!(text.contains(part), "{part} on the page of {}: {text}", code.as_str());
        }
        assert_eq!(text.contains(&format!("?error={}\n", code.as_str())), code.is_redirected());
        assert_eq!(text.contains(&format!("HTTP/1.1 {} ", code.status())), code.is_answered());
        let reasons = Reason::ALL.iter().filter(|reason| reason.code() == code);
        let linked = linked(&server, &page);
        assert!(reasons.into_iter().all(|reason| linked.contains(reason.word())), "{}", code.as_str());
    }
}

#[tokio::test]
async fn the_pages_lead_to_each_other_and_nowhere_else() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let index = browser.get("/errors").await;
    let all: BTreeSet<String> = linked(&server, &index);
    let (codes, reasons) = (ErrorCode::ALL.len(), Reason::ALL.len());
    assert_eq!(all.len(), codes + reasons);
    let mut titles = BTreeSet::from([title(&index)]);
    let mut leading_to: BTreeMap<String, usize> = BTreeMap::new();
    for word in &all {
        let page = browser.get(&format!("/errors/{word}")).await;
        assert_eq!(page.status, 200, "{word}");
        assert!(titles.insert(title(&page)), "{word} has a title of its own");
        assert!(text(&page).contains(&format!("href=\"{}/errors\"", server.url)), "{word} leads back");
        let linked = linked(&server, &page);
        assert!(linked.is_subset(&all) && linked.len() > 1, "{word}: {linked:?}");
        linked.into_iter().for_each(|other| *leading_to.entry(other).or_default() += 1);
        let has_way_on = page.body.contains("rel=\"next\"") || page.body.contains("rel=\"prev\"");
        assert!(has_way_on, "{word}: {}", page.body);
    }
    for word in &all {
        assert!(leading_to.get(word).is_some_and(|count| *count > 1), "few pages lead to {word}");
    }
}

#[tokio::test]
async fn the_contents_are_on_every_page_and_lead_to_every_error() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let index = text(&browser.get("/errors").await);
    for &code in ErrorCode::ALL {
        let (word, title) = (code.as_str(), code.title());
        assert!(index.contains(&format!("<li><a href=\"#{word}\"><code>{word}</code></a></li>")), "{word}");
        assert!(index.contains(&format!("<h3 id=\"{word}\">")) && index.contains(title), "{word}");
        let page = text(&browser.get(&format!("/errors/{word}")).await);
        let here = format!("/errors/{word}\" aria-current=\"page\"><code>{word}</code>");
        assert!(page.contains(&here) && page.contains(&format!("<h1>{title}</h1>")), "{word}: {page}");
    }
    for reason in Reason::ALL {
        let both = format!(">{} <code>{}</code></a>", reason.title(), reason.word());
        assert_eq!(index.matches(&both).count(), 1, "{both} in {index}");
    }
    let page = text(&browser.get("/errors/code.expired").await);
    // One list for wide windows, and one for narrow ones.
    assert_eq!(page.matches("<nav class=\"contents ").count(), 2, "{page}");
    assert!(page.contains("/errors/invalid_grant\" aria-current=\"true\">"), "{page}");
    let all =
        |code: &ErrorCode| page.contains(&format!("<li><a href=\"{}/errors/{}\"", server.url, code.as_str()));
    assert!(ErrorCode::ALL.iter().all(all), "{page}");
}

/// The addresses of what a page loads.
fn parts(page: &Answer) -> BTreeSet<String> {
    let html = text(page);
    let tags = html.split("<link ").skip(1).chain(html.split("<img ").skip(1));
    tags.filter_map(|tag| {
        let tag = tag.split('>').next()?;
        let (_, address) = tag.split_once("href=\"").or_else(|| tag.split_once("src=\""))?;
        Some(address.split('"').next()?.to_owned())
    })
    .collect()
}

/// The bytes of an answer on its way to a browser.
async fn compressed(url: &str) -> usize {
    let answer = http_client().get(url).header("accept-encoding", "gzip").send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{url}");
    answer.bytes().await.expect("a body").len()
}

#[tokio::test]
async fn every_page_is_light_and_the_style_sheet_of_the_reference_is_loaded_nowhere_else() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    let all = Reason::ALL.iter().map(|reason| reason.word());
    let all =
        all.chain(ErrorCode::ALL.iter().map(|code| code.as_str())).map(|word| format!("/errors/{word}"));
    for path in all.chain(["/errors", "/errors?q=the", "/errors?q=invalid_request"].map(str::to_owned)) {
        let page = browser.get(&path).await;
        let mut bytes = compressed(&format!("{}{path}", server.url)).await;
        assert!(bytes < page.body.len() / 2, "{path} is compressed: {bytes} bytes");
        for address in parts(&page) {
            if !sizes.contains_key(&address) {
                sizes.insert(address.clone(), compressed(&address).await);
            }
            bytes += sizes[&address];
        }
        let limit = if path == "/errors" { 21_000 } else { 15_500 };
        assert!(bytes < limit, "{path} with everything that it loads: {bytes} bytes");
    }
    assert_eq!(sizes.len(), 3, "two style sheets and a picture: {sizes:?}");
    let sheets = |page: &Answer| page.body.matches("rel=\"stylesheet\"").count();
    assert_eq!(sheets(&browser.get("/errors").await), 2);
    assert_eq!(sheets(&browser.get("/errors?q=x").await), 2);
    for path in ["/", "/sign-in?flow=none", "/nothing"] {
        let page = browser.request(Method::GET, path, &[("accept", "text/html")], "").await;
        assert_eq!(sheets(&page), 1, "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn the_reference_has_the_name_and_the_picture_of_the_operator() {
    let folder = private_folder();
    let logo = folder.path().join("logo");
    std::fs::write(
        &logo,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><path d=\"M0 0h1v1z\"/></svg>",
    )
    .unwrap();
    let logo = logo.display().to_string();
    let server = TestServer::start_with(&[("brand.name", "Example & Co"), ("brand.logo", &logo)]).await;
    let picture = format!("<img src=\"{}\"", server.app.brand.logo().expect("a logo"));
    for path in ["/errors", "/errors/code.expired", "/errors?q=code"] {
        let page = text(&server.get(path).await);
        assert!(page.contains("<bdi>Example & Co</bdi></a>") && page.contains(&picture), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_search_works_without_javascript_and_shows_what_was_looked_for_as_text() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let found = browser.get("/errors?q=trailing+SLASH").await;
    assert_eq!(found.status, 200);
    assert_eq!(results(&server, &found), ["redirect_uri.path_mismatch"]);
    assert!(found.body.contains("<meta name=\"robots\" content=\"noindex\">"));
    assert!(found.body.contains("value=\"trailing SLASH\""));
    assert!(
        results(&server, &browser.get("/errors?q=invalid_grant").await).contains(&"code.replayed".into())
    );

    let hostile = browser.get("/errors?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(!hostile.body.contains("<script") && hostile.body.contains("&lt;script&gt;"), "{}", hostile.body);
    let long = browser.get(&format!("/errors?q={}", "%C3%A9".repeat(3000))).await;
    assert_eq!(long.status, 200);
    assert_eq!(
        long.body.matches('\u{e9}').count(),
        60 + 2 * 600,
        "title, field and heading have the first ones"
    );

    let list = browser.get("/errors").await.body;
    assert!(!list.contains("noindex"));
    // A query that is not a search, or that cannot be shown, gets the whole list.
    for query in
        ["?q=", "?q=+", "?", "?q=a&q=b", "?q=%00", "?q=%FF", "?p=x", &format!("?q={}", "x".repeat(9000))]
    {
        let answer = browser.get(&format!("/errors{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, list.clone()), "{query}");
    }
}

/// The words of the pages that a search found, in their order.
fn results(server: &TestServer, page: &Answer) -> Vec<String> {
    let text = text(page);
    let Some((_, list)) = text.split_once("<ol class=\"found\">") else { return Vec::new() };
    let before = format!("<a href=\"{}/errors/", server.url);
    let links = list.split("</ol>").next().expect("its end").split(&before).skip(1);
    links.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_pasted_word_answer_or_address_finds_its_page_first() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    // What an application really received, in both forms.
    let web = server.web().await;
    let redirect = browser.get(&web.url_with(&[("scope", "unknown")])).await;
    let redirect = redirect.location().expect("a redirect").to_string();
    let json = browser.post("/token", &[("grant_type", "x")]).await.body;
    for (query, first) in [
        (redirect.as_str(), "scope.unknown"),
        (&json, "grant_type.unsupported"),
        ("error=access_denied", "access_denied"),
        ("\"code.expired\"", "code.expired"),
        ("reason: code.expired", "code.expired"),
        (&format!("{}/errors/code.expired", server.url), "code.expired"),
        ("authorization code expired", "code.expired"),
    ] {
        let page =
            browser.get(&format!("/errors?{}", serde_urlencoded::to_string([("q", query)]).unwrap())).await;
        assert_eq!(results(&server, &page).first().map(String::as_str), Some(first), "{query}");
    }
}

#[tokio::test]
async fn a_search_without_a_result_and_an_unknown_address_offer_the_nearest_and_the_index() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let index = format!("<a href=\"{}/errors\">All errors and reasons</a>", server.url);
    let mistyped = browser.get("/errors?q=expird").await;
    assert!((1..=5).contains(&results(&server, &mistyped).len()), "{}", mistyped.body);
    let nonsense = browser.get("/errors?q=xqzzkv").await;
    assert_eq!((nonsense.status.as_u16(), results(&server, &nonsense)), (200, Vec::new()));
    let unknown = browser.get("/errors/code.expire").await;
    assert_eq!((unknown.status.as_u16(), results(&server, &unknown)[0].as_str()), (404, "code.expired"));
    let other_case = browser.get("/errors/CODE.EXPIRED").await;
    assert_eq!(
        (other_case.status.as_u16(), results(&server, &other_case)),
        (404, vec!["code.expired".to_owned()])
    );
    for page in [mistyped, nonsense, unknown, other_case] {
        assert!(text(&page).contains(&index), "{}", page.body);
        assert!(page.body.contains("noindex"), "{}", page.body);
    }
    let everything = browser.get("/errors?q=the").await;
    assert_eq!(results(&server, &everything).len(), 20);
}

/// Reasons whose example depends on time, settings or size and so cannot be shown with a single request.
const NEEDS_MORE: [&str; 150] = [
    "backchannel.hint_expired",
    "backchannel.user_code_missing",
    "backchannel.user_code_invalid",
    "backchannel.user_code_guesses",
    "backchannel.notification_token",
    "backchannel.too_many",
    "backchannel.too_many_for_person",
    "backchannel.denied_before",
    "backchannel.over",
    "backchannel.other_person",
    "auth_req_id.wrong_client",
    "auth_req_id.pending",
    "auth_req_id.slow_down",
    "auth_req_id.expired",
    "auth_req_id.denied",
    "auth_req_id.replayed",
    "auth_req_id.refused_before",
    "request_object.replayed",
    "client.profile",
    "authorization_details.too_many",
    "authorization_details.widened",
    "api.key_expired",
    "api.scope_missing",
    "api.forbidden",
    "api.idempotency_key_reused",
    "api.idempotency_keys_too_many",
    "request.malformed",
    "request.too_large",
    "parameter.too_long",
    "bearer.too_long",
    "parameter.too_many",
    "client.disabled",
    "client.too_many_guesses",
    "client.method_not_allowed",
    "client_certificate.missing",
    "client_certificate.required",
    "client_certificate.malformed",
    "client_certificate.repeated",
    "client_certificate.too_large",
    "client_certificate.expired",
    "client_certificate.not_yet_valid",
    "client_certificate.usage",
    "client_certificate.unknown_issuer",
    "client_certificate.revoked",
    "client_certificate.revocation_unknown",
    "client_certificate.subject",
    "client_certificate.not_registered",
    "client_assertion.malformed",
    "client_assertion.signature",
    "client_assertion.claims",
    "client_assertion.audience",
    "client_assertion.times",
    "client_assertion.replayed",
    "client.keys_unavailable",
    "redirect_uri.none_registered",
    "flow.unknown",
    "flow.other_browser",
    "flow.expired",
    "flow.answered",
    "form.forged",
    "pkce.verifier_unexpected",
    "scope.too_many",
    "scope.none",
    "scope.widened",
    "account.selection_required",
    "consent.required",
    "consent.denied",
    "sign_in.cancelled",
    "sign_up.too_many",
    "password_link.over",
    "flow.too_many",
    "sign_in.too_many_guesses",
    "user.disabled",
    "user.group_missing",
    "subject.group_missing",
    "code.expired",
    "code.replayed",
    "code.refused_before",
    "code.wrong_client",
    "refresh_token.expired",
    "refresh_token.reused",
    "refresh_token.revoked",
    "refresh_token.wrong_client",
    "subject.disabled",
    "session.ended",
    "sign_in.other_person",
    "id_token_hint.other_client",
    "bearer.expired",
    "bearer.revoked",
    "bearer.without_person",
    "bearer.scope",
    "bearer.audience",
    "resource.widened",
    "resource.several",
    "device_code.wrong_client",
    "device_code.pending",
    "device_code.slow_down",
    "device_code.expired",
    "device_code.denied",
    "device_code.replayed",
    "device_code.refused_before",
    "device_code.too_many",
    "device.over",
    "user_code.too_many_guesses",
    "limits.network",
    "limits.client",
    "limits.account",
    "server.failed",
    "server.busy",
    "assertion.malformed",
    "assertion.issuer",
    "assertion.signature",
    "assertion.keys_unavailable",
    "assertion.claims",
    "assertion.audience",
    "assertion.times",
    "assertion.replayed",
    "assertion.subject",
    "scope.beyond_issuer",
    "subject_token.foreign",
    "exchange.too_deep",
    "pushed_request.required",
    "pushed_request.expired",
    "binding.mismatch",
    "bearer.bound",
    "dpop.missing",
    "dpop.algorithm",
    "dpop.key",
    "dpop.signature",
    "dpop.method",
    "dpop.url",
    "dpop.time",
    "dpop.replayed",
    "dpop.token",
    "dpop.nonce_missing",
    "dpop.nonce_old",
    "dpop.jkt_mismatch",
    "dpop.through_browser",
    "request_object.required",
    "request_object.malformed",
    "request_object.encrypted",
    "request_object.type",
    "request_object.algorithm",
    "request_object.signature",
    "request_object.keys",
    "request_object.client",
    "request_object.audience",
    "request_object.times",
    "request_object.nested",
    "request_object.outside",
];

/// A server with the applications of the examples.
struct Fixture {
    server: TestServer,
    calendar: Application,
    alice: Browser,
    /// A key of the management API that may do everything.
    api_key: String,
}

impl Fixture {
    async fn new() -> Self {
        // Many examples ask for the same person.
        let options = [("ciba.waiting", "99"), ("ciba.waiting_of_client", "99")];
        let server = TestServer::start_with(&options).await;
        let admin = ScopeRecord {
            name: "admin".into(),
            description: "Run everything".into(),
            sensitive: true,
            ..ScopeRecord::default()
        };
        server.store(async move |tx| scopes::save(tx, &admin, Timestamp::from_unix(0)).await).await;
        let mut calendar =
            Registration::web("calendar").redirect_uri(CALLBACK).chosen_secret("made-up-secret");
        calendar.client.scopes = Scope::from_stored("openid read write");
        calendar.client.grants.push(GrantType::TokenExchange);
        calendar.client.post_logout_redirect_uris =
            vec![RegisteredUri::register("https://app.example.com/goodbye", ClientKind::Web).unwrap()];
        let calendar = server.register(calendar).await;
        let grants = [GrantType::ClientCredentials, GrantType::JwtBearer];
        let reports = Registration::service("reports").chosen_secret("made-up-secret").grants(&grants);
        server.register(reports).await;
        server.register(Registration::spa("notes-spa").redirect_uri(CALLBACK)).await;
        server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
        let bank = Registration::web("bank").chosen_secret("top-secret").grants(&[GrantType::Ciba]);
        server.register(bank.scopes("openid email")).await;
        let mut intranet = Registration::web("intranet").redirect_uri(CALLBACK).scopes("openid read");
        intranet.client.response_types = vec![ResponseType::CodeIdToken];
        server.register(intranet).await;
        server.resource("https://api.example.com", "read write").await;
        server.resource("https://payments.example.com", "admin").await;
        for name in ["payment", "account_information"] {
            let text = json!({ "type": "string" });
            let record = AuthorizationType {
                name: name.into(),
                version: 1,
                schema: json!({ "properties": { "amount": text, "to": text } }),
                template: "Pay".into(),
                resources: vec!["https://payments.example.com".into()],
                always_ask: true,
            };
            let save =
                async move |tx: &mut _| authorization_types::save(tx, &record, Timestamp::from_unix(0)).await;
            assert!(server.store(save).await);
        }
        let mut shop = Registration::web("shop").redirect_uri(CALLBACK);
        shop.client.authorization_details_types = vec!["payment".into()];
        shop.client.resources = vec!["https://payments.example.com".into()];
        server.register(shop).await;
        let alice = server.alice().await;
        let api_key = Api::owner(&server).await.key;
        Self { server, calendar, alice, api_key }
    }

    /// Sends an example as printed, with a good code in place of the made-up one. Returns the reason of the refusal, if
    /// any.
    async fn send(&mut self, example: &str) -> Option<String> {
        let example = match example.contains("gat_made-up-token") {
            true => &example.replace("gat_made-up-token", &self.access_token().await),
            false => example,
        };
        let example = &example.replace("grantor_sk_made-up-key", &self.api_key);
        let lines = example.lines().filter(|line| !line.starts_with("# "));
        let (head, body): (Vec<&str>, Vec<&str>) = match lines.clone().position(str::is_empty) {
            Some(at) => (lines.clone().take(at).collect(), lines.skip(at + 1).collect()),
            None => (lines.collect(), Vec::new()),
        };
        let (method, url) = head[0].split_once(' ').expect("a method and a URL");
        let path = url.strip_prefix("https://id.example.com").expect("a URL of this server");
        let is_query = |line: &&&str| line.starts_with(['?', '&']);
        let query: String = head[1..].iter().filter(is_query).copied().collect();
        let mut headers: Vec<(&str, &str)> = head[1..]
            .iter()
            .filter(|line| !is_query(line))
            .filter_map(|line| line.split_once(": "))
            .collect();
        headers.retain(|(name, _)| *name != "Content-Length");
        if method == "POST" && !headers.iter().any(|(name, _)| *name == "Content-Type") {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let mut body = self.filled_up(&body.concat());
        if body.contains("code=gac_made-up-code") && example.contains("Authorization: ") {
            let code = self.calendar.code(&mut self.alice).await;
            body = body.replace("gac_made-up-code", &code);
        }
        let url = format!("{path}{}", self.filled_up(&query));
        let method: Method = method.parse().expect("a method");
        let answer = self.server.browser().request(method, &url, &headers, &body).await;
        refused_for(&answer)
    }

    /// An access token that is valid at UserInfo.
    async fn access_token(&mut self) -> String {
        let (url, verifier) = self.calendar.authorization_url("openid");
        let code = self.alice.authorize(&url).await.get("code");
        self.calendar.redeem(&code, verifier).await.access_token().secret().clone()
    }

    /// Replaces the `…` of an example with the good parameters.
    fn filled_up(&self, text: &str) -> String {
        let Some(given) = text.strip_suffix("&…") else { return text.to_owned() };
        let others = match given.contains("grant_type=") {
            true if given.contains("authorization_code") => {
                vec![("code", "gac_made-up-code"), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
            }
            true => Vec::new(),
            false => vec![
                ("redirect_uri", CALLBACK),
                ("response_type", "code"),
                ("scope", "read"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
        };
        let mut text = given.to_owned();
        for (name, value) in others {
            if !given.contains(&format!("{name}=")) {
                text.push_str(&format!("&{name}={value}"));
            }
        }
        text
    }
}

fn refused_for(answer: &Answer) -> Option<String> {
    if answer.header("content-type") == "application/json" {
        return answer.json()["reason"].as_str().map(str::to_owned);
    }
    if answer.location().is_some() {
        return answer.get("error_uri").rsplit_once('/').map(|(_, word)| word.to_owned());
    }
    let (_, rest) = answer.body.split_once("<dt>Reason</dt>")?;
    rest.split("<code>").nth(1)?.split('<').next().map(str::to_owned)
}

#[tokio::test]
async fn the_examples_are_refused_for_their_reason_and_the_corrections_work() {
    let mut fixture = Fixture::new().await;
    for word in NEEDS_MORE {
        assert!(Reason::find(word).is_some(), "{word}");
    }
    for reason in Reason::ALL.iter().filter(|reason| !NEEDS_MORE.contains(&reason.word())) {
        let example = reason.example();
        let before = fixture.send(example.before).await;
        assert_eq!(before.as_deref(), Some(reason.word()), "{}", example.before);
        // A corrected example may still be refused for its made-up values, but for nothing else.
        let after = fixture.send(example.after).await;
        let made_up = match reason {
            Reason::RequestMethod | Reason::RequestMediaType | Reason::ParameterMalformed => {
                Some("client.authentication_missing")
            }
            Reason::PromptNoneCombined => Some("sign_in.required"),
            Reason::PushedRequestUnknown => Some("pushed_request.unknown"),
            Reason::ClientSecretWrong => Some("client.secret_wrong"),
            Reason::DpopRepeated | Reason::DpopMalformed => Some("dpop.malformed"),
            Reason::DeviceCodeMissing | Reason::DeviceCodeUnknown => Some("device_code.unknown"),
            Reason::AuthReqIdMissing => Some("auth_req_id.unknown"),
            Reason::ClientSecretUnexpected => Some("code.unknown"),
            Reason::GrantAssertionMissing => Some("assertion.malformed"),
            Reason::RefreshTokenMissing | Reason::RefreshTokenUnknown => Some("refresh_token.unknown"),
            _ => None,
        };
        assert_eq!(after.as_deref(), made_up, "{}: {}", reason.word(), example.after);
    }
}
