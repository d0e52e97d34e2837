//! The id of a request, which a trusted proxy may choose.

use reqwest::Method;
use serde_json::Value;

use super::FORM;
use crate::support::{Answer, Browser, CommandLine};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRUSTING: [(&str, &str); 1] = [("GRANTOR_HTTP__TRUSTED_PROXIES", "127.0.0.1")];

/// The answer to a request that is refused, and so is a line in the log.
async fn refused(url: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [headers, &[FORM]].concat();
    Browser::new(url).request(Method::POST, "/token", &headers, "grant_type=password").await
}

/// The ids of the refusals in a log, in their order.
fn ids(log: &str) -> Vec<String> {
    let lines = log.lines().filter(|line| line.contains("\"refused: "));
    let id = |line| serde_json::from_str::<Value>(line).unwrap()["request_id"].as_str().unwrap().to_owned();
    lines.map(id).collect()
}

#[tokio::test]
async fn the_id_of_a_trusted_proxy_is_in_the_answer_and_in_the_log() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&TRUSTING);
    let longest = "x".repeat(128);
    let given: [(&[(&str, &str)], &str); 5] = [
        (&[("x-request-id", "a")], "a"),
        (&[("x-request-id", &longest)], &longest),
        (&[("x-request-id", "AZaz09._-")], "AZaz09._-"),
        (&[("traceparent", TRACE)], TRACE),
        (&[("traceparent", TRACE), ("x-request-id", "b")], "b"),
    ];
    for (headers, id) in given {
        // The same id again: nothing relies on its being unique.
        for _ in 0..2 {
            let answer = refused(&serving.url, headers).await;
            assert_eq!(
                (answer.header("x-request-id"), answer.get("request_id").as_str()),
                (id, id),
                "{answer:?}"
            );
        }
    }
    let (_, log) = serving.stop();
    let expected: Vec<&str> = given.iter().flat_map(|(_, id)| [*id, *id]).collect();
    assert_eq!(ids(&log), expected, "{log}");
}

#[tokio::test]
async fn an_id_of_another_form_or_of_a_stranger_is_replaced_by_our_own() {
    let cli = CommandLine::new().await;
    let too_long = "x".repeat(129);
    let forms: [&[(&str, &str)]; 7] = [
        &[],
        &[("x-request-id", "")],
        &[("x-request-id", &too_long)],
        &[("x-request-id", "a b")],
        &[("x-request-id", "a\"b")],
        &[("x-request-id", "a"), ("x-request-id", "b")],
        &[("x-request-id", "a/b"), ("traceparent", TRACE)],
    ];
    let of_a_stranger: [&[(&str, &str)]; 2] = [&[("x-request-id", "stranger")], &[("traceparent", TRACE)]];
    for (environment, requests) in [(&TRUSTING[..], &forms[..]), (&[], &of_a_stranger)] {
        let serving = cli.serve(environment);
        let mut own = Vec::new();
        for headers in requests {
            let answer = refused(&serving.url, headers).await;
            own.push(answer.header("x-request-id").to_owned());
        }
        let (_, log) = serving.stop();
        assert_eq!(ids(&log), own);
        for (id, headers) in own.iter().zip(requests) {
            assert!(id.len() == 22 && headers.iter().all(|(_, given)| given != id), "{id} {headers:?}");
        }
    }
}
