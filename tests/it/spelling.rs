//! What people type in one form or another and mean the same: passwords, addresses, codes of devices.

use grantor::oauth::client::GrantType;
use grantor::secret::Secret;
use grantor::store::db::Tx;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

/// "é" as one character, and as a letter with an accent, as macOS sends it from some fields.
const COMPOSED: &str = "caf\u{e9} au lait, s'il vous pla\u{ee}t";
const DECOMPOSED: &str = "cafe\u{301} au\u{a0}lait, s'il vous plai\u{302}t";

async fn try_password(web: &Application, browser: &mut Browser, username: &str, password: &str) -> Answer {
    let page = browser.open(&web.url_with(&[("prompt", "login")])).await;
    assert!(page.is_sign_in(), "{page:?}");
    browser.submit(&page, &[("username", username), ("password", password)]).await
}

async fn signs_in(server: &TestServer, web: &Application, username: &str, password: &str) -> bool {
    let answer = try_password(web, &mut server.browser(), username, password).await;
    let has_code = answer.location().is_some_and(|location| location.contains("code="));
    assert!(answer.is_consent() || has_code || answer.status == 422, "{answer:?}");
    answer.status != 422
}

#[tokio::test]
async fn a_password_is_the_same_in_every_form_wherever_it_was_set() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let (web, operator) = (server.web().await, Operator::of(&server));
    for (index, set) in [COMPOSED, DECOMPOSED].into_iter().enumerate() {
        // By the operator, for a new user and for one who has a password.
        let (made, changed, own) = (format!("made{index}"), format!("changed{index}"), format!("own{index}"));
        let create = ["user", "create", "--username", made.as_str(), "--password-stdin"];
        assert!(operator.with_input(&create, set).status.success());
        server.user(&changed).await;
        operator.set_password(&changed, set);
        // By the person.
        let mut browser = server.browser();
        let page = browser.open(&web.url_with(&[("prompt", "create")])).await;
        let page = browser.submit(&page, &[("username", &own), ("password", set)]).await;
        assert!(page.is_consent(), "{page:?}");
        for username in [&made, &changed, &own] {
            for typed in [COMPOSED, DECOMPOSED] {
                assert!(signs_in(&server, &web, username, typed).await, "{username} with {typed}");
            }
            for other in ["cafe au lait, s'il vous plait", "Caf\u{e9} au lait, s'il vous pla\u{ee}t"] {
                assert!(!signs_in(&server, &web, username, other).await, "{username} with {other}");
            }
        }
    }
}

/// Stores a hash of the password as it was typed, as a release without normalization did.
async fn store_raw(server: &TestServer, password: &str) {
    let hash = server.app.passwords.hash(Secret::new(password.to_owned())).await.unwrap();
    let set = async move |tx: &mut Tx| {
        tx.query("UPDATE users SET password_hash = $1 WHERE username = 'alice'")
            .bind(hash.as_str())
            .execute()
            .await
    };
    assert_eq!(server.store(set).await, 1);
}

#[tokio::test]
async fn a_hash_of_a_password_as_it_was_typed_still_counts_and_is_replaced() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    store_raw(&server, DECOMPOSED).await;
    assert!(
        !signs_in(&server, &web, "alice", COMPOSED).await,
        "no one can see in a hash that it is the same password"
    );
    assert!(signs_in(&server, &web, "alice", DECOMPOSED).await);
    // From now on every form counts.
    for typed in [COMPOSED, DECOMPOSED] {
        assert!(signs_in(&server, &web, "alice", typed).await, "{typed}");
    }
    // A composed one was always the normal form.
    store_raw(&server, COMPOSED).await;
    assert!(signs_in(&server, &web, "alice", DECOMPOSED).await);
}

#[tokio::test]
async fn both_forms_of_a_password_are_one_guess() {
    for (username, account) in [("alice", true), ("no one", false)] {
        let server = TestServer::start_with(&[("limits.free_passwords", "3")]).await;
        let web = server.web().await;
        server.user("alice").await;
        let mut browser = server.browser();
        let before = server.app.passwords.hashes().get();
        for guess in 1..=3 {
            let wrong = format!("{DECOMPOSED}{guess}");
            let answer = try_password(&web, &mut browser, username, &wrong).await;
            assert_eq!(answer.status, 422, "guess {guess}, with an account: {account}");
        }
        assert_eq!(server.app.passwords.hashes().get() - before, 3);
        let answer = try_password(&web, &mut browser, username, DECOMPOSED).await;
        assert_eq!(answer.status, 429, "with an account: {account}");
    }
}

#[tokio::test]
async fn an_address_with_capitals_is_the_same_address() {
    let server = TestServer::start().await;
    let (web, operator) = (server.web().await, Operator::of(&server));
    let create = |username: &'static str, email: &'static str| {
        let create = ["user", "create", "--username", username, "--email", email, "--password-stdin"];
        operator.with_input(&create, "correct horse battery staple")
    };
    assert!(create("carol", "Carol.Smith@Example.COM").status.success());
    for name in ["carol.smith@example.com", "CAROL.SMITH@EXAMPLE.COM", " Carol.Smith@Example.COM ", "CAROL"] {
        assert!(signs_in(&server, &web, name, "correct horse battery staple").await, "{name}");
    }
    let output = create("other", "carol.smith@example.com");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[tokio::test]
async fn a_code_of_a_device_may_be_typed_in_full_width_letters() {
    let server = TestServer::start().await;
    let tv = server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
    let mut alice = server.alice().await;
    let begun = tv.post("/device_authorization", &[]).await;
    let code = begun.get("user_code");
    let wide: String = code
        .to_lowercase()
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xfee0).expect("a full-width character"))
        .collect();
    let page = alice.open_device("/device").await;
    let page = alice.submit(&page, &[("user_code", &wide)]).await;
    assert!(page.is_consent(), "{wide}: {page:?}");
    // In the address as well.
    let page = alice
        .open(&format!("/device?{}", serde_urlencoded::to_string([("user_code", &wide)]).unwrap()))
        .await;
    assert!(page.body.contains(&format!("value=\"{code}\"")), "{page:?}");
}
