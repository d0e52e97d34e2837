//! Nodes share the master key: one with another key says so and stops.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::support::cluster::node;
use crate::support::database::{TestDatabase, engine};
use crate::support::process::{ends, free_port, grantor};
use crate::support::{Browser, TestServer};

const NOT_THE_ONE: &str = "the master key is not the one that this database was made with";

/// A node with its own master key.
fn serve(database: &TestDatabase, key: &str) -> Command {
    let mut command = grantor(database.directory.path(), &["serve"]);
    command
        .env("GRANTOR_DATABASE__URL", &database.url)
        .env("GRANTOR_KEYS__MASTER_KEY", key)
        .env("GRANTOR_LISTEN", format!("127.0.0.1:{}", free_port()));
    command
}

#[tokio::test]
async fn a_node_with_another_master_key_says_so_and_stops_while_others_continue() {
    let server = TestServer::start().await;
    let first = node(&server, &[]);
    let (code, text) = ends(serve(&server.database, &"A".repeat(43)));
    assert_eq!(code, Some(1), "{text}");
    let sentence = text.lines().find(|line| line.starts_with("grantor: ")).unwrap_or_default();
    assert!(sentence.contains(NOT_THE_ONE), "{text}");
    for url in [&first.url, &server.url] {
        assert_eq!(Browser::new(url).get("/readyz").await.status, 200);
    }
    let right = std::fs::read_to_string(server.database.directory.path().join("grantor.key")).unwrap();
    let second = node(&server, &[("keys.master_key", right.trim())]);
    assert_eq!(Browser::new(&second.url).get("/readyz").await.status, 200);
}

/// Waits until a node serves. The error is what it printed at its end.
fn came_up(mut command: Command) -> Result<(), String> {
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary");
    let mut said = String::new();
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
    while !said.contains("listens on") && lines.read_line(&mut said).expect("text") != 0 {}
    let _ = child.kill();
    let _ = child.wait();
    if said.contains("listens on") { Ok(()) } else { Err(said) }
}

#[tokio::test]
async fn of_nodes_with_different_master_keys_that_start_together_one_wins() {
    for _ in 0..3 {
        let database = TestDatabase::fresh(engine()).await;
        let keys = ["A".repeat(43), "B".repeat(42) + "E", "C".repeat(42) + "I"];
        let starts: Vec<_> = keys
            .iter()
            .map(|key| {
                let command = serve(&database, key);
                std::thread::spawn(move || came_up(command))
            })
            .collect();
        let outcomes: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(refusal.contains(NOT_THE_ONE), "{refusal}");
        }
        // The same nodes succeed later, too, in any order.
        for (key, outcome) in keys.iter().zip(&outcomes) {
            assert_eq!(came_up(serve(&database, key)).is_ok(), outcome.is_ok());
        }
    }
}
