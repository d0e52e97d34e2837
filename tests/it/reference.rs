//! The error reference: a page with texts and links for every reason, and a search.

mod examples;

use std::collections::{BTreeMap, BTreeSet};

use grantor::oauth::error_code::ErrorCode;
use grantor::oauth::reason::{ISSUER, Reason};
use reqwest::Method;

use crate::support::browser::http_client;
use crate::support::database::private_folder;
use crate::support::process::free_port;
use crate::support::{Answer, TestServer};

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
