//! Deciding over a copy of the catalogue: once more after a refusal, never after a failure; what was proven stays so.

use std::cell::Cell;

use grantor::cache::catalogue::Freshness;
use grantor::failure::{Denied, Failure};
use grantor::oauth::client::AuthMethod;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::id::ClientId;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use serde_json::json;

use crate::support::jwt::{jwks, key};
use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

#[tokio::test]
async fn a_refusal_over_an_old_copy_is_decided_once_more_and_its_last_reason_counts() {
    let server = TestServer::start().await;
    server.service().await;
    let (cache, rounds) = (&server.app.cache, Cell::new(0));
    let refuse = async |id: &str| {
        rounds.set(0);
        let id = ClientId::new(id);
        cache
            .decide(async |view| {
                rounds.set(rounds.get() + 1);
                view.client(&id).await?;
                Err::<(), _>(Denied::Refused(rounds.get()))
            })
            .await
    };
    let job = server.app.cache.client(&ClientId::new("service"), Freshness::Now).await.unwrap();
    assert!(job.is_some(), "there is a copy");
    assert!(matches!(refuse("service").await, Err(Denied::Refused(2))));
    // What was read for this very decision is no old copy.
    assert!(matches!(refuse("nobody").await, Err(Denied::Refused(1))));
}

#[tokio::test]
async fn a_failure_is_final() {
    let server = TestServer::start().await;
    let (cache, rounds) = (&server.app.cache, Cell::new(0));
    cache.catalogue(Freshness::Now).await.unwrap();
    let decided = cache.decide(async |view| {
        rounds.set(rounds.get() + 1);
        view.catalogue().await?;
        Err::<(), Denied<()>>(Failure::Busy("the database").into())
    });
    assert!(matches!(decided.await, Err(Denied::Failed(_))));
    assert_eq!(rounds.get(), 1, "a database that is away is asked once");
}

#[tokio::test]
async fn an_assertion_that_is_used_up_counts_for_the_second_decision_of_its_request_alone() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let mut registration = Registration::service("job").scopes("read").method(AuthMethod::PrivateKeyJwt);
    registration.client.jwks = Some(jwks(&[&key]));
    server.register(registration).await;
    let now = server.app.now().as_unix();
    let claims = json!({
        "iss": "job", "sub": "job", "aud": server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
    });
    let assertion = key.sign("JWT", &claims).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "write"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    // The copy does not know that the client may have the scope.
    server.app.cache.client(&ClientId::new("job"), Freshness::Now).await.unwrap();
    Operator::of(&server).done(&["client", "update", "job", "--scope", "read write"]);
    let answer = server.browser().post("/token", &form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let again = server.browser().post("/token", &form).await;
    again.assert_json_error(401, "invalid_client", "client_assertion.replayed");
}
