//! Users and their sessions.

use serde_json::{Value, json};

use super::{is_signed_in, refresh_token};
use crate::support::Operator;
use crate::support::TestServer;
use crate::support::operator::{refusal, succeeded};
use crate::support::server::PASSWORD;

#[tokio::test]
async fn a_deleted_user_is_signed_out_and_gone() {
    let server = TestServer::start().await;
    let (operator, web) = (Operator::of(&server), server.web().await);
    let mut browser = server.alice().await;
    let refresh = refresh_token(&web, &mut browser, "read").await;
    assert!(is_signed_in(&web, &mut browser).await);
    let deleted = operator.json(&["user", "delete", "ALICE@example.com", "--yes"]);
    assert_eq!((&deleted["sessions_ended"], &deleted["grants_revoked"]), (&json!(1), &json!(1)));
    assert!(!is_signed_in(&web, &mut browser).await);
    web.refresh_by_hand(&refresh).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    assert_eq!(operator.json(&["user", "list"]), json!([]));
    let created =
        operator.with_input(&["user", "create", "--username", "alice", "--password-stdin"], PASSWORD);
    assert!(created.status.success(), "the name is free: {created:?}");
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let server = TestServer::start().await;
    let (operator, web) = (Operator::of(&server), server.web().await);
    let mut browser = server.alice().await;
    let refresh = refresh_token(&web, &mut browser, "read").await;
    let unredeemed = web.code(&mut browser).await;
    let set = ["user", "set-password", "alice", "--password-stdin"];
    for (password, part) in [
        ("", "no password came on standard input; --generate makes one"),
        ("two\nlines of text", "a line end"),
    ] {
        assert!(refusal(&set, &operator.with_input(&set, password)).contains(part));
    }
    assert!(is_signed_in(&web, &mut browser).await, "a refused password changes nothing");

    let text = succeeded(&set, operator.with_input(&set, "another password\n"));
    assert_eq!(text, "set the password of alice; ended 1 session and revoked 1 grant\n");
    assert!(!is_signed_in(&web, &mut browser).await);
    web.refresh_by_hand(&refresh).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    web.redeem_by_hand(&unredeemed).await.assert_json_error(400, "invalid_grant", "code.unknown");
    let word = "SELECT COUNT(*) FROM grants WHERE revoked_for = 'user.password_changed'";
    assert_eq!(server.number(word).await, 1);

    let page = browser.open(&web.url_with(&[])).await;
    let old = browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert!(old.is_sign_in(), "{old:?}");
    let new = browser.submit(&page, &[("username", "alice"), ("password", "another password")]).await;
    assert_ne!(new.get("code"), "", "{new:?}");
}

#[tokio::test]
async fn a_disabled_user_keeps_offline_access_that_is_unusable_meanwhile() {
    let server = TestServer::start().await;
    let (operator, web) = (Operator::of(&server), server.offline_web().await);
    let mut browser = server.alice().await;
    let refresh = refresh_token(&web, &mut browser, "read offline_access").await;
    assert_eq!(operator.json(&["user", "disable", "alice"])["sessions_ended"], 1);
    assert!(!is_signed_in(&web, &mut browser).await);
    web.refresh_by_hand(&refresh).await.assert_json_error(400, "invalid_grant", "subject.disabled");
    assert_eq!(operator.json(&["user", "show", "alice"])["disabled"], true);
    operator.done(&["user", "enable", "alice"]);
    assert!(!is_signed_in(&web, &mut browser).await, "the session is over for good");
    assert_eq!(web.refresh_by_hand(&refresh).await.status, 200);
}

#[tokio::test]
async fn a_user_is_found_under_the_new_names_and_no_longer_under_the_old() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let id = server.user("alice").await;
    server.user("bob").await;
    for (options, name) in [
        (&["--username", "BOB"][..], "BOB"),
        (&["--email", "Bob@example.com"], "Bob@example.com"),
        (&["--username", "\u{ff42}ob"], "\u{ff42}ob"),
    ] {
        let text = operator.refused(&[&["user", "update", "alice"], options].concat());
        assert_eq!(text, format!("{name} is the name or address of another user already"));
    }
    let updated =
        operator.json(&["user", "update", "alice", "--username", "Alice", "--name", "Alice Liddell"]);
    let renamed = (&json!(id.as_str()), &json!("Alice"), &json!("Alice Liddell"));
    assert_eq!(
        (&updated["id"], &updated["username"], &updated["name"]),
        renamed,
        "her own name is no other's"
    );
    operator.done(&["user", "update", "alice", "--username", "carol", "--email", "carol@example.com"]);
    for name in ["carol", "CAROL@EXAMPLE.COM", id.as_str()] {
        assert_eq!(operator.json(&["user", "show", name])["name"], "Alice Liddell");
    }
    for name in ["alice", "alice@example.com"] {
        let text = operator.refused(&["user", "show", name]);
        assert_eq!(text, format!("there is no user with the name, address or id {name}"));
    }
    operator.done(&["user", "update", "carol", "--no-email", "--no-name"]);
    let shown = operator.json(&["user", "show", "carol"]);
    assert_eq!((&shown["email"], &shown["name"]), (&Value::Null, &Value::Null));
    operator.done(&["user", "update", "bob", "--email", "carol@example.com"]);
    assert_eq!(server.number("SELECT COUNT(*) FROM user_names").await, 3);
    assert!(operator.refused(&["user", "update", "bob", "--email", "nowhere"]).contains("not an e-mail"));
    assert!(operator.refused(&["user", "update", "bob", "--username", "a@b"]).contains("no @"));
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_or_all() {
    let server = TestServer::start().await;
    let (operator, web) = (Operator::of(&server), server.web().await);
    let mut first = server.alice().await;
    let mut second = first.stranger();
    let refresh = refresh_token(&web, &mut first, "read").await;
    web.code(&mut second).await;
    server.user("bob").await;
    let listed = operator.json(&["session", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["username"], "alice");
    assert_eq!(operator.json(&["session", "list", "--user", "bob"]), json!([]));
    let table = operator.done(&["session", "list", "--user", "alice@example.com"]);
    assert!(table.starts_with("ID ") && table.lines().count() == 3, "{table}");

    operator.done(&["session", "end", listed[0]["id"].as_str().unwrap()]);
    let left = [is_signed_in(&web, &mut first).await, is_signed_in(&web, &mut second).await];
    assert_eq!(left.iter().filter(|signed_in| **signed_in).count(), 1, "the other one stays");
    let ended = operator.json(&["session", "end", "--user", "alice", "--yes"]);
    assert_eq!(ended["sessions_ended"], 1);
    assert!(!is_signed_in(&web, &mut first).await && !is_signed_in(&web, &mut second).await);
    let ended = web.refresh_by_hand(&refresh).await;
    ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}
