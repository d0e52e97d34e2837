//! The default limits: what an office full of people sends is not limited, and what comes beyond them is.

use std::collections::HashMap;

use grantor::oauth::client::Links;
use grantor::store::logos;
use reqwest::Method;

use super::{PROXIED, send};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const OFFICE: &str = "203.0.113.1";
const PEOPLE: usize = 1000;

/// A person who signs in and allows an application, with every request that a browser sends on the way.
struct Person<'s> {
    server: &'s TestServer,
    browser: Browser,
    /// The number of requests by their first path segment.
    sent: HashMap<String, usize>,
}

impl<'s> Person<'s> {
    fn new(server: &'s TestServer) -> Self {
        Self { server, browser: server.browser(), sent: HashMap::new() }
    }

    async fn request(&mut self, method: Method, path: &str, body: &str) -> Answer {
        let path = path.strip_prefix(&self.server.url).unwrap_or(path);
        let route = path.split(['?']).next().unwrap_or_default().to_owned();
        *self.sent.entry(route).or_default() += 1;
        let headers = [super::FORM, ("x-forwarded-for", OFFICE)];
        let answer = self.browser.request(method, path, &headers, body).await;
        assert!(matches!(answer.status.as_u16(), 200 | 303), "{path}: {answer:?}");
        answer
    }

    /// Opens an address, follows redirects within this server, and loads what the page shows.
    async fn open(&mut self, path: &str) -> Answer {
        let mut answer = self.request(Method::GET, path, "").await;
        while let Some(location) = answer.location().filter(|to| to.starts_with(&self.server.url)) {
            answer = self.request(Method::GET, &location, "").await;
        }
        let text = answer.body.replace("&#x2f;", "/");
        let is_part = |part: &&str| part.contains("/assets/") || part.contains("/logos/");
        let parts: Vec<String> = text.split('"').filter(is_part).map(str::to_owned).collect();
        for part in parts {
            self.request(Method::GET, &part, "").await;
        }
        answer
    }

    async fn submit(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let token = page.form_token();
        let body = serde_urlencoded::to_string([&[("form_token", token.as_str())], fields].concat()).unwrap();
        let answer = self.request(Method::POST, &page.form_action(), &body).await;
        match answer.location().filter(|to| to.starts_with(&self.server.url)) {
            Some(location) => self.open(&location).await,
            None => answer,
        }
    }

    /// Signs in. Returns the code that the application gets.
    async fn sign_in(&mut self, web: &Application, username: &str) -> String {
        let url = web.url_with(&[]);
        let page = self.open(&url).await;
        let password = crate::support::server::PASSWORD;
        let page = self.submit(&page, &[("username", username), ("password", password)]).await;
        assert!(page.is_consent(), "{page:?}");
        self.submit(&page, &[("allow", "1")]).await.get("code")
    }
}

async fn application(server: &TestServer) -> Application {
    let png = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    server.store(async move |tx| logos::save(tx, "logo", "image/png", &png).await).await;
    let mut registration = Registration::web("web");
    registration.client.links = Links { logo: Some("logo".into()), ..Links::default() };
    server.register(registration).await
}

#[tokio::test]
async fn a_thousand_people_of_one_office_are_not_limited_and_a_flood_from_it_is() {
    // The clock does not move: all come at the same moment, which is harder than within ten minutes.
    let server = TestServer::start_with(&[PROXIED]).await;
    let web = application(&server).await;
    server.user("alice").await;
    server.user("bob").await;
    let mut first = Person::new(&server);
    assert_ne!(first.sign_in(&web, "alice").await, "");
    let sent: usize = first.sent.values().sum();
    assert!((8..=20).contains(&sent), "{:?}", first.sent);
    // The others but one send the same numbers of requests to the same addresses.
    for _ in 0..PEOPLE - 2 {
        for (path, times) in &first.sent {
            for _ in 0..*times {
                let answer = send(&server, OFFICE, &Method::GET, path).await;
                assert_ne!(answer.status, 429, "{path}: {answer:?}");
            }
        }
    }
    let mut last = Person::new(&server);
    let code = last.sign_in(&web, "bob").await;
    assert_eq!(web.redeem_by_hand(&code).await.status, 200);
    // The default of limits.pages.
    let is_page = |path: &str| !path.starts_with("/assets/") && !path.starts_with("/logos/");
    let pages: usize =
        first.sent.iter().chain(&last.sent).filter(|(path, _)| is_page(path)).map(|(_, times)| times).sum();
    let counted = pages / 2 * PEOPLE;
    for number in counted..10_000 {
        assert_ne!(send(&server, OFFICE, &Method::GET, "/sign-in").await.status, 429, "{number}");
    }
    assert_eq!(send(&server, OFFICE, &Method::GET, "/sign-in").await.status, 429, "after {counted}");
    assert_ne!(send(&server, "203.0.113.2", &Method::GET, "/sign-in").await.status, 429);
}

#[tokio::test]
async fn a_backend_that_requests_tokens_without_a_pause_is_not_limited() {
    let server = TestServer::start_with(&[PROXIED]).await;
    let service = server.service().await;
    for _ in 0..6500 {
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
