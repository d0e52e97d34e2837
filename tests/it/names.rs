//! Names and descriptions that could turn the words around them: with controls of the writing direction, or written from
//! right to left. And those that hide something.

use grantor::oauth::client::GrantType;

use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Operator, TestServer};

/// Controls of the writing direction: a mark, an embedding, an override and an isolate.
const CONTROLS: [char; 4] = ['\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}'];
/// A space without width, a filler, a joiner that joins nothing, and a letter of a tag.
const INVISIBLE: [char; 4] = ['\u{200b}', '\u{3164}', '\u{200d}', '\u{e0041}'];
/// An override that has no end, between letters.
const EVIL: &str = "Evil\u{202e}name";
const HEBREW: &str = "\u{5d9}\u{5d5}\u{5de}\u{5df}";

#[tokio::test]
async fn controls_of_the_writing_direction_and_invisible_characters_are_refused_in_everything_that_people_see()
 {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let operator = Operator::of(&server);
    let client = [
        "client",
        "create",
        "--kind",
        "web",
        "--redirect-uri",
        "https://app.example/cb",
        "--scope",
        "read",
        "--id",
    ];
    operator.done(&[&client[..], &["good", "--name", HEBREW]].concat());
    server.user("alice").await;
    for control in CONTROLS.into_iter().chain(INVISIBLE) {
        let evil = format!("a{control}b");
        let claims = [format!("given_name={evil}"), format!("nickname={evil}")];
        let address = format!("address={{\"formatted\":\"{evil}\"}}");
        for arguments in [
            [&client[..], &["bad", "--name", &evil]].concat(),
            vec!["client", "update", "good", "--name", &evil],
            vec!["scope", "create", "bad", "--description", &evil],
            vec!["scope", "update", "read", "--description", &evil],
            vec!["user", "update", "alice", "--name", &evil],
            vec!["user", "update", "alice", "--username", &evil],
            vec!["user", "update", "alice", "--email", &format!("{evil}@example.com")],
            vec!["user", "update", "alice", "--group", &evil],
            vec!["user", "update", "alice", "--claim", &claims[0]],
            vec!["user", "update", "alice", "--claim", &claims[1]],
            vec!["user", "update", "alice", "--claim", &address],
        ] {
            let output = operator.run(&arguments);
            assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}: {output:?}");
        }
        let mut browser = server.browser();
        let web =
            crate::support::Application::registered_at(&server.url, "good", None, "https://app.example/cb");
        let page = browser.open(&web.url_with(&[("prompt", "create")])).await;
        let form = [("username", "newcomer"), ("name", evil.as_str()), ("password", "a long password")];
        let page = browser.submit(&page, &form).await;
        assert!(page.status == 422 && page.body.contains("id=\"problem\""), "{control:?}: {page:?}");
    }
    // Names that are written from right to left are good names.
    operator.done(&["user", "update", "alice", "--name", HEBREW, "--claim", &format!("given_name={HEBREW}")]);
    operator.done(&["scope", "update", "read", "--description", HEBREW]);
    // And so are those that a joiner, or a variant, belongs to: Persian, a family, a Japanese town.
    for name in ["\u{645}\u{6cc}\u{200c}\u{62e}", "\u{1f468}\u{200d}\u{1f469}", "\u{845b}\u{e0100}\u{57ce}"] {
        operator.done(&["user", "update", "alice", "--name", name, "--claim", &format!("given_name={name}")]);
        operator.done(&["client", "update", "good", "--name", name]);
        operator.done(&["scope", "update", "read", "--description", name]);
    }
}

/// Asserts that a page shows these texts isolated from the words around them, and no control outside of them.
#[track_caller]
fn assert_isolated(page: &Answer, texts: &[&str]) {
    let (head, body) = page.body.split_once("<body").unwrap_or_else(|| panic!("a page: {page:?}"));
    assert!(!head.contains('\u{202e}'), "nothing can be isolated in a title: {head}");
    for text in texts {
        let mut seen = 0;
        for (at, _) in body.match_indices(text) {
            let before = &body[..at];
            let is_isolating = |tag: &str| {
                tag.starts_with("bdi") && tag.ends_with('>')
                    || tag.starts_with("input") && tag.contains(" dir=\"")
            };
            let is_isolated = before.rsplit('<').next().is_some_and(is_isolating);
            assert!(is_isolated, "{text:?} after …{:?}", &before[before.len().saturating_sub(60)..]);
            seen += 1;
        }
        assert!(seen > 0, "{text:?} is on the page: {body}");
    }
    let hidden = texts.iter().fold(body.to_owned(), |rest, text| rest.replace(text, ""));
    assert!(!hidden.contains('\u{202e}'), "{hidden}");
}

#[tokio::test]
async fn every_page_isolates_names_also_those_that_were_stored_before_they_were_checked() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let mut registration = Registration::web("web");
    registration.client.name = EVIL.into();
    registration.client.links.site = Some("https://app.example/".into());
    let web = server.register(registration).await;
    let mut tv = Registration::native("tv").grants(&[GrantType::DeviceCode]).scopes("read");
    tv.client.name = EVIL.into();
    let tv = server.register(tv).await;
    let mut alice = server.alice().await;
    server.user("bob").await;
    server.sql("UPDATE scopes SET description = 'Evil\u{202e}scope' WHERE name = 'read'").await;
    server.app.cache.catalogue(grantor::cache::catalogue::Freshness::Now).await.unwrap();

    let sign_in = alice.open(&web.url_with(&[])).await;
    assert_isolated(&sign_in, &[EVIL]);
    let wrong = alice.submit(&sign_in, &[("username", "x\u{202e}y"), ("password", "wrong")]).await;
    assert_isolated(&wrong, &[EVIL, "x\u{202e}y"]);
    let sign_up = alice.open(&web.url_with(&[("prompt", "create")])).await;
    assert_isolated(&sign_up, &[EVIL]);
    let fields = [("username", "x\u{202e}y"), ("name", "z\u{202e}z"), ("password", "long enough")];
    assert_isolated(&alice.submit(&sign_up, &fields).await, &[EVIL, "x\u{202e}y", "z\u{202e}z"]);

    let consent = alice.sign_in(&sign_in, "alice").await;
    let made = Operator::of(&server).json(&["user", "reset-link", "alice"]);
    let link = made["link"].as_str().expect("a link");
    server.sql("UPDATE users SET username = 'alice\u{202e}' WHERE username = 'alice'").await;
    let consent = alice.open(consent.url.as_str()).await;
    assert_isolated(&consent, &[EVIL, "Evil\u{202e}scope", "alice\u{202e}"]);
    alice.allow(&consent).await;
    assert_isolated(&alice.open(consent.url.as_str()).await, &[EVIL]);
    assert_isolated(&alice.open("/").await, &["alice\u{202e}"]);
    assert_isolated(&alice.open(&link[link.find("/password").expect("a path")..]).await, &["alice\u{202e}"]);
    assert_isolated(&alice.open("/logout?client_id=web").await, &[EVIL, "alice\u{202e}"]);

    let begun = tv.post("/device_authorization", &[]).await;
    let page = alice.open_device("/device").await;
    let wrong = alice.submit(&page, &[("user_code", "x\u{202e}y")]).await;
    assert_isolated(&wrong, &["x\u{202e}y"]);
    let page = alice.submit(&page, &[("user_code", &begun.get("user_code"))]).await;
    assert_isolated(&page, &[EVIL, "Evil\u{202e}scope", "alice\u{202e}"]);

    let choose = alice.open(&web.url_with(&[("prompt", "select_account")])).await;
    assert_isolated(&choose, &[EVIL, "alice\u{202e}"]);
    let add = alice.submit(&choose, &[("another", "1")]).await;
    alice.submit(&add, &[("username", "bob"), ("password", PASSWORD)]).await;
    server.sql("UPDATE users SET username = 'bob\u{202e}' WHERE username = 'bob'").await;
    assert_isolated(&alice.open("/logout?client_id=web").await, &[EVIL, "alice\u{202e}", "bob\u{202e}"]);
    assert_isolated(&alice.open("/errors?q=x%E2%80%AEy").await, &["x\u{202e}y"]);

    let question = alice.open("/logout?client_id=web").await;
    let page = alice.submit(&question, &[]).await;
    assert_isolated(&page, &[EVIL]);
    // The operator's terminal does not turn the line around either.
    let list = Operator::of(&server).done(&["client", "list"]);
    assert!(list.contains("Evil\u{fffd}name") && !list.contains('\u{202e}'), "{list}");
}
