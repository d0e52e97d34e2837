//! Options that add to a list or remove from it.

use serde_json::{Value, json};

use crate::support::{Operator, TestServer};

const API: &str = "https://api.example";

/// A list that options of a command change.
struct List {
    command: &'static [&'static str],
    /// Its name in JSON.
    member: &'static str,
    /// What follows `--add-` and `--remove-`.
    option: &'static str,
    /// What is added, and removed again.
    members: [&'static str; 2],
    /// JSON.
    before: &'static str,
}

static LISTS: [List; 9] = [
    List {
        command: &["user", "update", "alice"],
        member: "groups",
        option: "group",
        members: ["staff", "on call"],
        before: "[]",
    },
    List {
        command: &["client", "update", "web"],
        member: "scope",
        option: "scope",
        members: ["secret", "openid"],
        before: r#""pay read write""#,
    },
    List {
        command: &["client", "update", "web"],
        member: "resources",
        option: "resource",
        members: [API, "https://two.example"],
        before: "[]",
    },
    List {
        command: &["client", "update", "web"],
        member: "post_logout_redirect_uris",
        option: "post-logout-redirect-uri",
        members: ["https://a.example/", "https://b.example/"],
        before: "[]",
    },
    List {
        command: &["client", "update", "web"],
        member: "origins",
        option: "origin",
        members: ["https://a.example", "https://b.example"],
        before: "[]",
    },
    List {
        command: &["client", "update", "web"],
        member: "redirect_uris",
        option: "redirect-uri",
        members: ["https://a.example/", "https://b.example/"],
        before: r#"["https://app.example/callback"]"#,
    },
    List {
        command: &["scope", "update", "write"],
        member: "claims",
        option: "claim",
        members: ["email", "name"],
        before: "[]",
    },
    List {
        command: &["resource", "update", API],
        member: "scope",
        option: "scope",
        members: ["write", "pay"],
        before: r#""read""#,
    },
    List {
        command: &["resource", "update", API],
        member: "clients",
        option: "client",
        members: ["service", "web"],
        before: "[]",
    },
];

#[tokio::test]
async fn lists_grow_and_shrink_by_the_members_that_options_name() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    server.service().await;
    server.user("alice").await;
    for uri in [API, "https://two.example"] {
        operator.done(&["resource", "create", uri, "--scope", "read"]);
    }
    for &List { command, member, option, members: [one, other], before } in &LISTS {
        let run = |options: &[&str]| {
            let changed = operator.json(&[command, options].concat());
            let value = &changed[member];
            match value {
                Value::Null => json!([]),
                value => value.clone(),
            }
        };
        let (add, remove) = (format!("--add-{option}"), format!("--remove-{option}"));
        let two = format!("{one} {other}");
        // Scopes are one text.
        let both = match option {
            "scope" => run(&[&add, &two]),
            _ => run(&[&add, one, &add, other]),
        };
        for name in [one, other] {
            assert!(both.to_string().contains(name), "{command:?} {option}: {both}");
        }
        let again = run(&[&add, one]);
        assert_eq!(again, both, "{command:?} {option}: what is there is not added twice");
        let less = run(&[&remove, one]);
        assert!(
            !less.to_string().contains(&format!("\"{one}\"")) && less.to_string().contains(other),
            "{less}"
        );
        assert_eq!(run(&[&remove, other]).to_string(), before, "{command:?} {option}");
        let refused = operator.refused(&[command, &[&remove, other]].concat());
        assert!(refused.contains(&format!("{other} is not there, so it cannot be removed")), "{refused}");
    }
}

#[tokio::test]
async fn every_spelling_of_a_grant_that_is_shown_is_taken() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.service().await;
    let all = ["client_credentials", "device_code", "refresh_token", "jwt_bearer", "token_exchange"];
    let mut update = vec!["client", "update", "service"];
    update.extend(all.iter().flat_map(|grant| ["--grant", grant]));
    let shown = operator.json(&update)["grant_types"].clone();
    let table = operator.done(&["client", "list"]);
    let json: Vec<&str> = shown.as_array().unwrap().iter().map(|grant| grant.as_str().unwrap()).collect();
    let listed: Vec<&str> = json.iter().map(|grant| grant.rsplit(':').next().unwrap()).collect();
    for spelling in [json, listed] {
        assert!(spelling.iter().all(|grant| table.contains(grant.rsplit(':').next().unwrap())), "{table}");
        let again = [
            &["client", "update", "service"][..],
            &spelling.iter().flat_map(|grant| ["--grant", grant]).collect::<Vec<_>>(),
        ];
        assert_eq!(operator.json(&again.concat())["grant_types"], shown, "{spelling:?}");
    }
    let removed = operator.json(&["client", "update", "service", "--remove-grant", "jwt_bearer"]);
    assert!(!removed["grant_types"].to_string().contains("jwt-bearer"), "{removed}");
    let added = operator.json(&["client", "update", "service", "--add-grant", "jwt-bearer"]);
    assert!(added["grant_types"].to_string().contains("jwt-bearer"), "{added}");
}
