//! User codes: only applications to which a person has given the code can ask that person.

use std::time::Duration;

use super::{ask, asking, bank, begin, requests};
use crate::support::{Application, Operator, TestServer};

async fn with_codes(server: &TestServer) -> Application {
    let mut registration = asking("shop");
    registration.client.backchannel.user_code = true;
    server.register(registration).await
}

fn set(server: &TestServer, code: &str) {
    let output = Operator::of(server).with_input(&["user", "update", "alice", "--user-code"], code);
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_person_with_a_code_is_only_asked_by_those_who_know_it() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "9")]).await;
    let (bank, _) = bank(&server).await;
    let shop = with_codes(&server).await;
    // Without a code, nothing is demanded, and a code that someone made up is wrong.
    begin(&shop, &[]).await;
    let wrong = ask(&shop, &[("user_code", "2468")]).await;
    wrong.assert_json_error(400, "invalid_user_code", "backchannel.user_code_invalid");
    set(&server, "2468");
    let missing = ask(&shop, &[]).await;
    missing.assert_json_error(400, "missing_user_code", "backchannel.user_code_missing");
    for code in ["2469", "246", &"x".repeat(2000)] {
        let wrong = ask(&shop, &[("user_code", code)]).await;
        wrong.assert_json_error(400, "invalid_user_code", "backchannel.user_code_invalid");
    }
    begin(&shop, &[("user_code", "2468")]).await;
    // An application that does not ask for codes cannot ask this person, whatever it sends.
    for code in ["", "2468"] {
        let refused = ask(&bank, &[("user_code", code)]).await;
        refused.assert_json_error(400, "missing_user_code", "backchannel.user_code_missing");
    }
    Operator::of(&server).done(&["user", "update", "alice", "--no-user-code"]);
    begin(&bank, &[]).await;
    assert_eq!(requests(&server).await, 3);
}

#[tokio::test]
async fn wrong_codes_are_counted_and_right_ones_are_not() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "99"), ("ciba.waiting", "99")]).await;
    server.user("alice").await;
    let shop = with_codes(&server).await;
    set(&server, "2468");
    for _ in 0..8 {
        begin(&shop, &[("user_code", "2468")]).await;
    }
    for guess in 1000..1005 {
        let wrong = ask(&shop, &[("user_code", &guess.to_string())]).await;
        wrong.assert_json_error(400, "invalid_user_code", "backchannel.user_code_invalid");
    }
    for code in ["1005", "2468"] {
        let refused = ask(&shop, &[("user_code", code)]).await;
        refused.assert_json_error(429, "temporarily_unavailable", "backchannel.user_code_guesses");
        assert_ne!(refused.header("retry-after"), "");
    }
    server.clock.advance(Duration::from_secs(3600));
    begin(&shop, &[("user_code", "2468")]).await;
}
