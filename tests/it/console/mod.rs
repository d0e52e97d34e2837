//! The console at `/admin`.

mod browsers;
mod forms;
mod looked_at;
mod objects;
mod pages;
mod reach;
mod seen;
mod sign_in;
mod webhooks;

use grantor::oauth::identity::role::Role;
use grantor::operations::Context;
use grantor::operations::actor::Actor;
use grantor::operations::users::{self, UserChanges};

use crate::support::{Answer, Browser, TestServer};

/// A person in a browser, who uses the console.
pub(crate) struct Visitor {
    browser: Browser,
}

/// Gives a person a role, as a command does.
async fn give_role(server: &TestServer, username: &str, role: Option<Role>) {
    let context = server.app.operations(server.app.now(), Actor::server());
    let changes = UserChanges { role: Some(role), ..UserChanges::default() };
    users::update(&Context { actor: Actor::server(), ..context }, username, changes).await.expect("a user");
}

impl Visitor {
    /// A new person with a role, who has signed in to the console.
    pub(crate) async fn with(server: &TestServer, username: &str, role: Option<Role>) -> Self {
        server.user(username).await;
        give_role(server, username, role).await;
        let mut browser = server.browser();
        let page = browser.open("/admin").await;
        browser.sign_in(&page, username).await;
        Self { browser }
    }

    pub(crate) async fn owner(server: &TestServer) -> Self {
        Self::with(server, "owner", Some(Role::Owner)).await
    }

    /// Opens a page of the console, and follows redirects.
    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let page = self.browser.open(path).await;
        // Slashes in addresses are escaped, too.
        Answer { body: page.body.replace("&#x2f;", "/"), ..page }
    }

    /// Sends a form of the console. Does not follow the redirect.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.open("/admin").await.form_token();
        let fields = [&[("form_token", token.as_str())], fields].concat();
        self.browser.post(path, &fields).await
    }

    /// Sends a form of the console that must succeed, and follows the redirect.
    #[track_caller]
    fn done(&mut self, path: &str, fields: &[(&str, &str)]) -> impl Future<Output = Answer> {
        let at = std::panic::Location::caller();
        async move {
            let answer = self.post(path, fields).await;
            assert!(answer.status == 303 || answer.status == 200, "{at}: {answer:?}");
            let page = self.browser.follow(answer).await;
            Answer { body: page.body.replace("&#x2f;", "/"), ..page }
        }
    }
}

/// What is between two texts of a page.
#[track_caller]
pub(crate) fn between(page: &Answer, before: &str, after: &str) -> String {
    let (_, rest) = page.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {page:?}"));
    rest.split(after).next().expect("text").to_owned()
}
