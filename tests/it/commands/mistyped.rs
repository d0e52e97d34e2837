//! Names that do not exist and lists in the wrong form: refused by name, with what to write instead.

use serde_json::json;

use crate::support::{Operator, TestServer};

const API: &str = "https://api.example";

#[tokio::test]
async fn a_scope_that_does_not_exist_is_refused_by_name_wherever_scopes_are_named() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    server.service().await;
    operator.done(&["resource", "create", API, "--scope", "read"]);
    let create = ["client", "create", "--id", "new", "--name", "N", "--kind", "service"];
    for command in [
        &create[..],
        &["client", "update", "web"],
        &["resource", "create", "https://other.example"],
        &["resource", "update", API],
    ] {
        for (scope, said) in [
            ("read raed", "there is no scope with the name raed; did you mean read?"),
            (
                "read,write",
                "there is no scope with the name read,write; separate scopes by spaces, as in \"read write\"",
            ),
            (
                "read, write",
                "there is no scope with the name read,; separate scopes by spaces, without commas",
            ),
            ("read nothing-like-it", "there is no scope with the name nothing-like-it; create it first"),
        ] {
            assert_eq!(operator.refused(&[command, &["--scope", scope]].concat()), said, "{command:?}");
        }
    }
    for command in [["client", "update", "web"], ["resource", "update", API]] {
        let refused = operator.refused(&[&command[..], &["--add-scope", "raed"]].concat());
        assert_eq!(refused, "there is no scope with the name raed; did you mean read?");
    }
    assert!(operator.refused(&["client", "show", "new"]).contains("no client"), "nothing was created");
    assert_eq!(operator.json(&["client", "show", "web"])["scope"], "pay read write");
}

#[tokio::test]
async fn a_list_in_the_place_of_one_value_is_refused_with_how_to_write_it() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    let two = "https://a.example/cb,https://b.example/cb";
    for option in ["--redirect-uri", "--post-logout-redirect-uri", "--origin"] {
        let refused = operator.refused(&["client", "update", "web", option, two]);
        assert_eq!(refused, format!("{option} takes one URI; give it once for each, instead of {two:?}"));
    }
    let refused = operator.refused(&["client", "update", "web", "--resource", two]);
    assert!(refused.contains("name each resource by itself"), "{refused}");
    let one = "https://a.example/a,b";
    let updated = operator.json(&["client", "update", "web", "--redirect-uri", one]);
    assert_eq!(updated["redirect_uris"], json!([one]), "a comma may be part of an address");
}
