//! ETags: no update is lost.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Api, refused};
use crate::support::{Cluster, TestServer};

#[tokio::test]
async fn a_condition_that_does_not_hold_changes_nothing() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let created = api.service("reports").await;
    let etag = created.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{etag}");
    let body = json!({ "client_name": "One" });
    let send = |method: Method, condition: &str| {
        let body = (method == Method::PATCH).then(|| body.clone());
        let (api, condition) = (api.at(&server.url), condition.to_owned());
        async move { api.send(method, "/clients/reports", &[("If-Match", &condition)], body).await }
    };
    for method in [Method::PATCH, Method::DELETE] {
        refused(
            &send(method.clone(), "\"made-up\"").await,
            StatusCode::PRECONDITION_FAILED,
            "api.other_version",
        );
        for malformed in ["made-up", "\"a\", \"b\"", "W/\"a\"", ""] {
            let answer = send(method.clone(), malformed).await;
            refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
        }
    }
    assert_eq!(api.get("/clients/reports").await.header("etag"), etag);
    let changed = send(Method::PATCH, &etag).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    refused(&send(Method::DELETE, &etag).await, StatusCode::PRECONDITION_FAILED, "api.other_version");
    assert_eq!(send(Method::DELETE, changed.header("etag")).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn of_many_writers_on_two_nodes_one_wins_each_round_and_no_update_is_lost() {
    let cluster = Cluster::of(2).await;
    let owner = Api::owner(&cluster.server).await;
    owner.service("reports").await;
    for round in 0..4 {
        let read = owner.get("/clients/reports").await;
        let etag = read.header("etag").to_owned();
        let write = |writer: usize| {
            let api = owner.at(&cluster.nodes[writer % 2].url);
            let etag = etag.clone();
            async move {
                let body = json!({ "client_name": format!("{round} {writer}") });
                api.send(Method::PATCH, "/clients/reports", &[("If-Match", &etag)], Some(body)).await
            }
        };
        let answers = futures_util::future::join_all((0..64).map(write)).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(won.len(), 1, "round {round}");
        for lost in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            refused(lost, StatusCode::PRECONDITION_FAILED, "api.other_version");
        }
        assert_eq!(owner.get("/clients/reports").await.json(), won[0].json());
    }
}
