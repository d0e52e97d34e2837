//! A person answers in a real browser.

use super::{MESSAGE, ask, poll, shop};
use crate::support::TestServer;
use crate::support::chromium::Chromium;

#[tokio::test]
async fn a_person_follows_the_notice_compares_the_message_and_allows() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let app = server.register(shop("shop")).await;
    chromium.open(&format!("{}/approve", server.url)).await;
    chromium.sign_in("alice").await;
    assert_eq!(chromium.text_of("nothing").await, "No requests are waiting");
    let (first, second) = (ask(&app).await, ask(&app).await);
    chromium.open(&format!("{}/", server.url)).await;
    assert_eq!(chromium.text_of("approve").await, "2 requests wait for your answer");
    chromium.click("approve").await;
    chromium.click("request-1").await;
    assert_eq!(chromium.text_of("message").await, MESSAGE);
    chromium.click("allow").await;
    assert_eq!(chromium.text_of("allowed").await, "You allowed the request");
    chromium.click("approve").await;
    chromium.click("request-1").await;
    chromium.click("deny").await;
    chromium.text_of("denied").await;
    let mut statuses = [poll(&app, &first).await.status.as_u16(), poll(&app, &second).await.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}
