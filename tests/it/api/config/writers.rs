//! Many writers of one object at several nodes: with `If-Match`, one wins each round, and no change is lost.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::Api;
use super::refused;
use crate::support::{Answer, Cluster};

const WRITERS: usize = 64;
const ROUNDS: usize = 5;

/// Changes the scope as the writer has read it: adds a claim with the writer's name.
async fn add_claim(api: &Api, read: &Answer, claim: &str) -> Answer {
    let mut claims: Vec<Value> = read.json()["claims"].as_array().expect("claims").clone();
    claims.push(claim.into());
    let if_match = [("If-Match", read.header("etag"))];
    api.send(Method::PATCH, "/scopes/shared", &if_match, Some(json!({ "claims": claims }))).await
}

#[tokio::test]
async fn of_64_writers_at_two_nodes_one_wins_each_round_and_no_change_is_lost() {
    let cluster = Cluster::of(2).await;
    let mut writers = Vec::new();
    for n in 0..WRITERS {
        let api = Api::with(&cluster.server, "grantor.config.write").await;
        writers.push(api.at(&cluster.nodes[n % cluster.nodes.len()].url));
    }
    let made = writers[0].post("/scopes", json!({ "name": "shared", "description": "Do it" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let mut winners = Vec::new();
    for round in 0..ROUNDS {
        let read = join_all(writers.iter().map(|api| api.get("/scopes/shared"))).await;
        assert!(read.iter().all(|answer| answer.status == StatusCode::OK), "{read:#?}");
        let claims: Vec<String> = (0..WRITERS).map(|n| format!("r{round}_w{n}")).collect();
        let writes = writers.iter().zip(&read).zip(&claims);
        let answers = join_all(writes.map(|((api, read), claim)| add_claim(api, read, claim))).await;
        let won = answers.iter().zip(&claims).filter(|(answer, _)| answer.status == StatusCode::OK);
        let won: Vec<&String> = won.map(|(_, claim)| claim).collect();
        assert_eq!(won.len(), 1, "{won:?} in round {round}");
        winners.push(won[0].clone());
        for lost in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            refused(lost, StatusCode::PRECONDITION_FAILED, "api.other_version");
        }
    }
    winners.sort();
    for node in &cluster.nodes {
        let scope = writers[0].at(&node.url).get("/scopes/shared").await.json();
        assert_eq!(scope["claims"], json!(winners), "every change that was accepted is still there");
    }
}

#[tokio::test]
async fn of_64_who_create_one_scope_at_two_nodes_one_does() {
    let cluster = Cluster::of(2).await;
    let mut writers = Vec::new();
    for n in 0..WRITERS {
        let api = Api::with(&cluster.server, "grantor.config.write").await;
        writers.push(api.at(&cluster.nodes[n % cluster.nodes.len()].url));
    }
    let create = [("If-None-Match", "*")];
    let body = json!({ "description": "Do it" });
    let answers = join_all(writers.iter().map(|api| api.put("/scopes/new", &create, body.clone()))).await;
    let created = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(created, 1);
    for lost in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        refused(lost, StatusCode::PRECONDITION_FAILED, "api.other_version");
    }
}
