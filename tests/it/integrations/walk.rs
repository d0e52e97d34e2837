//! A person's way between an application and the server.

use crate::support::server::PASSWORD;
use crate::support::{Answer, Browser};

/// Follows redirects, and answers the server's pages as Alice, until there is a page of the application.
pub(super) async fn through(alice: &mut Browser, mut answer: Answer) -> Answer {
    for _ in 0..20 {
        answer = if let Some(location) = answer.location() {
            let next = answer.url.join(&location).expect("an address");
            alice.get(next.as_str()).await
        } else if answer.is_sign_in() {
            alice.submit_only(&answer, &[("username", "alice"), ("password", PASSWORD)]).await
        } else if answer.is_consent() {
            alice.submit_only(&answer, &[("allow", "1")]).await
        } else {
            return answer;
        };
    }
    panic!("pages without end: {answer:?}");
}

/// Opens an address of an application, and goes on as [`through`] does.
pub(super) async fn open(alice: &mut Browser, address: &str) -> Answer {
    let answer = alice.get(address).await;
    through(alice, answer).await
}
