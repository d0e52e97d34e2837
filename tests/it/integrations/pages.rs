//! What every page of `docs/integrations` has.

use super::recipe::{Recipe, folder};
use super::trial::run;
use crate::support::{Operator, TestServer};

#[tokio::test]
async fn the_commands_of_every_page_work() {
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 ES256")]).await;
    server.user("alice").await;
    let operator = Operator::of(&server);
    for recipe in Recipe::all() {
        let commands = recipe.commands();
        assert!(commands.contains("grantor client create"), "{} registers a client", recipe.name);
        run(&operator, &commands);
    }
}

#[test]
fn every_page_is_in_the_list_and_says_whether_it_was_tried() {
    let list = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for recipe in Recipe::all() {
        let (name, text) = (&recipe.name, &recipe.text);
        assert!(list.contains(&format!("({name}.md)")), "the list has {name}");
        let is_tried = text.contains("Every change of Grantor is tested with");
        assert!(is_tried || text.contains("Not tried here"), "{name} says whether it was tried");
        let title = text.lines().next().unwrap_or_default();
        assert!(title.starts_with("# ") && text.contains("\n## What goes wrong\n"), "{name} has its parts");
    }
}

#[tokio::test]
async fn every_reason_on_a_page_is_one_that_the_server_explains() {
    let server = TestServer::start().await;
    let reason = regex::Regex::new(r"`((?:[a-z_]+)\.(?:[a-z_]+))`").unwrap();
    let groups: std::collections::BTreeSet<_> = grantor::oauth::reason::Reason::ALL
        .iter()
        .filter_map(|reason| reason.word().split('.').next())
        .collect();
    let mut count = 0;
    for recipe in Recipe::all() {
        for found in reason.captures_iter(&recipe.text) {
            let word = &found[1];
            if groups.contains(word.split('.').next().unwrap_or_default()) {
                count += 1;
                assert_eq!(
                    server.get(&format!("/errors/{word}")).await.status,
                    200,
                    "{}: {word}",
                    recipe.name
                );
            }
        }
    }
    assert!(count > 5, "{count} reasons");
}
