//! A `request_uri` is used up by any answer that the application gets, also by an error (RFC 9126 §4).

use std::time::Duration;

use futures_util::future::join_all;
use grantor::cache::catalogue::Freshness;
use grantor::oauth::id::ClientId;

use super::{LONG, pushed, url};
use crate::support::cluster::Cluster;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

/// An error that an application gets instead of a code.
#[derive(Clone, Copy, Debug)]
enum FirstAnswer {
    NotSignedIn,
    /// The request came as a form, so it became a flow first.
    NotSignedInPosted,
    NoConsent,
    Cancelled,
    Denied,
    FlowEnded,
    UriEnded,
    /// The application's registration has changed since the push.
    ScopeTaken,
}

impl FirstAnswer {
    const ALL: [Self; 8] = [
        Self::NotSignedIn,
        Self::NotSignedInPosted,
        Self::NoConsent,
        Self::Cancelled,
        Self::Denied,
        Self::FlowEnded,
        Self::UriEnded,
        Self::ScopeTaken,
    ];

    fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::NotSignedIn | Self::NotSignedInPosted | Self::NoConsent => &[("prompt", "none")],
            _ => &[],
        }
    }

    fn error(self) -> (&'static str, &'static str) {
        match self {
            Self::NotSignedIn | Self::NotSignedInPosted => ("login_required", "sign_in.required"),
            Self::NoConsent => ("consent_required", "consent.required"),
            Self::Cancelled => ("access_denied", "sign_in.cancelled"),
            Self::Denied => ("access_denied", "consent.denied"),
            Self::FlowEnded => ("access_denied", "flow.expired"),
            Self::UriEnded => ("invalid_request_uri", "pushed_request.expired"),
            Self::ScopeTaken => ("forbidden_scope", "scope.forbidden"),
        }
    }
}

/// Opens a pushed request so that the application gets this error.
async fn first(
    server: &TestServer,
    (app, uri): (&Application, &str),
    alice: &mut Browser,
    kind: FirstAnswer,
) -> Answer {
    let address = url(app, uri);
    let mut stranger = server.browser();
    match kind {
        FirstAnswer::NotSignedIn => stranger.get(&address).await,
        FirstAnswer::NotSignedInPosted => {
            let form = [("client_id", app.id.as_str()), ("request_uri", uri)];
            let begun = stranger.post("/authorize", &form).await;
            stranger.follow(begun).await
        }
        FirstAnswer::NoConsent => alice.get(&address).await,
        FirstAnswer::Cancelled => {
            let page = stranger.open(&address).await;
            assert!(page.is_sign_in(), "{page:?}");
            stranger.submit(&page, &[("cancel", "1")]).await
        }
        FirstAnswer::Denied => {
            let page = alice.open(&address).await;
            assert!(page.is_consent(), "{page:?}");
            alice.submit(&page, &[("deny", "1")]).await
        }
        FirstAnswer::FlowEnded => {
            let page = stranger.open(&address).await;
            server.clock.advance(Duration::from_secs(3600));
            stranger.get(page.url.as_str()).await
        }
        FirstAnswer::UriEnded => {
            server.clock.advance(Duration::from_secs(61));
            stranger.get(&address).await
        }
        FirstAnswer::ScopeTaken => {
            Operator::of(server).done(&["client", "update", &app.id, "--remove-scope", "read"]);
            server.app.cache.client(&ClientId::new(app.id.as_str()), Freshness::Now).await.unwrap();
            stranger.get(&address).await
        }
    }
}

#[tokio::test]
async fn every_error_that_the_application_gets_uses_a_request_up() {
    let server = TestServer::start().await;
    let (web, spa) = (server.web().await, server.spa().await);
    server.user("alice").await;
    let long = "s".repeat(LONG);
    for kind in FirstAnswer::ALL {
        for app in [&web, &spa] {
            for state in ["the state", &long] {
                let mut alice = server.browser();
                let page = alice.open(&app.url_with(&[])).await;
                assert!(alice.sign_in(&page, "alice").await.is_consent(), "she never consents");
                let changes = [kind.parameters(), &[("state", state)]].concat();
                let uri = pushed(app, &changes).await;
                let answer = first(&server, (app, &uri), &mut alice, kind).await;
                let (error, reason) = kind.error();
                answer.assert_redirect_error(error, reason, &server.url);
                assert_eq!(answer.get("state"), state, "{kind:?}");
                // The row of a long request is gone some minutes after its end.
                let is_gone = matches!(kind, FirstAnswer::FlowEnded) && *state == long;
                let reason = if is_gone { "pushed_request.unknown" } else { "pushed_request.used" };
                for _ in 0..2 {
                    alice.get(&url(app, &uri)).await.assert_page(400, reason);
                    server.get(&url(app, &uri)).await.assert_page(400, reason);
                }
                let form = [("client_id", app.id.as_str()), ("request_uri", uri.as_str())];
                alice.post("/authorize", &form).await.assert_page(400, reason);
                if let FirstAnswer::ScopeTaken = kind {
                    Operator::of(&server).done(&["client", "update", &app.id, "--add-scope", "read"]);
                    server.app.cache.client(&ClientId::new(app.id.as_str()), Freshness::Now).await.unwrap();
                    alice.get(&url(app, &uri)).await.assert_page(400, "pushed_request.used");
                }
            }
        }
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM codes").await, 0);
}

#[tokio::test]
async fn an_error_in_one_tab_ends_the_sign_in_in_another() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let address = url(&web, &pushed(&web, &[]).await);
    let waiting = alice.open(&address).await;
    let other = alice.open(&address).await;
    let cancelled = alice.submit(&other, &[("cancel", "1")]).await;
    cancelled.assert_redirect_error("access_denied", "sign_in.cancelled", &server.url);
    alice.open(waiting.url.as_str()).await.assert_page(200, "flow.answered");
    assert_eq!(server.number("SELECT COUNT(*) FROM codes").await, 0);
}

#[tokio::test]
async fn a_page_is_no_answer_so_a_request_of_a_disabled_application_can_go_on_later() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let address = url(&web, &pushed(&web, &[]).await);
    let operator = Operator::of(&server);
    for (option, is_good) in [("--disable", false), ("--enable", true)] {
        operator.done(&["client", "update", "web", option]);
        server.app.cache.client(&ClientId::new("web"), Freshness::Now).await.unwrap();
        let answer = alice.open(&address).await;
        if is_good {
            assert!(answer.is_sign_in(), "{answer:?}");
        } else {
            answer.assert_page(400, "client.disabled");
        }
    }
    assert_ne!(alice.authorize(&address).await.get("code"), "");
}

/// Opens a request that can only be refused in 64 browsers at once, which reach all nodes: one gets the error.
async fn one_error(server: &TestServer, apps: [&Application; 2]) {
    for app in apps {
        for state in ["short", &"s".repeat(LONG)] {
            let address = url(app, &pushed(app, &[("state", state), ("prompt", "none")]).await);
            let answers = (0..64).map(|_| {
                let (mut browser, address) = (server.browser(), &address);
                async move { browser.get(address).await }
            });
            let answers = join_all(answers).await;
            let (errors, others): (Vec<&Answer>, Vec<&Answer>) =
                answers.iter().partition(|answer| answer.location().is_some());
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors[0].assert_redirect_error("login_required", "sign_in.required", &server.url);
            others.iter().for_each(|answer| answer.assert_page(400, "pushed_request.used"));
        }
    }
}

#[tokio::test]
async fn of_64_browsers_at_once_one_brings_the_application_an_error() {
    let server = TestServer::start().await;
    one_error(&server, [&server.web().await, &server.spa().await]).await;
}

#[tokio::test]
async fn of_64_browsers_at_once_on_two_nodes_one_brings_the_application_an_error() {
    let cluster = Cluster::of(2).await;
    let server = &cluster.server;
    one_error(server, [&server.web().await, &server.spa().await]).await;
}

#[tokio::test]
async fn strangers_use_up_no_more_requests_than_their_budget_and_a_proven_client_as_many_as_it_pushes() {
    let options = [("limits.network_flows", "5"), ("limits.flows", "10000")];
    let server = TestServer::start_with(&options).await;
    let (web, spa) = (server.web().await, server.spa().await);
    let refused =
        async |app: &Application| server.get(&url(app, &pushed(app, &[("prompt", "none")]).await)).await;
    for _ in 0..4 {
        refused(&spa).await.assert_redirect_error("login_required", "sign_in.required", &server.url);
    }
    // A request that is used up already takes nothing more.
    let address = url(&spa, &pushed(&spa, &[("prompt", "none")]).await);
    server.get(&address).await.assert_redirect_error("login_required", "sign_in.required", &server.url);
    for _ in 0..8 {
        server.get(&address).await.assert_page(400, "pushed_request.used");
    }
    for _ in 0..3 {
        refused(&spa).await.assert_page(429, "flow.too_many");
    }
    assert_eq!(super::rows(&server).await, 5);
    for _ in 0..30 {
        refused(&web).await.assert_redirect_error("login_required", "sign_in.required", &server.url);
    }
}

#[tokio::test]
async fn a_used_request_uri_is_an_error_also_in_the_browser_that_has_answered() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let address = url(&web, &pushed(&web, &[]).await);
    assert_ne!(alice.authorize(&address).await.get("code"), "");
    let again = alice.get(&address).await;
    again.assert_page(400, "pushed_request.used");
    assert!(again.body.contains("This request was already used."), "{again:?}");
    assert!(again.body.contains("invalid_request_uri"), "{again:?}");
}

#[tokio::test]
async fn pushes_of_strangers_take_no_place_of_a_person_who_denies_and_free_theirs_soon() {
    let server = TestServer::start_with(&[("limits.network_flows", "3"), ("limits.flows", "10000")]).await;
    let (spa, other) = (server.spa().await, server.register(Registration::spa("other")).await);
    server.user("alice").await;
    let long = "s".repeat(LONG);
    for _ in 0..3 {
        pushed(&spa, &[("state", &long)]).await;
    }
    let full = super::push(&spa, &[("state", &long)]).await;
    full.assert_json_error(429, "temporarily_unavailable", "flow.too_many");
    // Errors before a person has done anything.
    for _ in 0..3 {
        let address = url(&spa, &pushed(&spa, &[("prompt", "none")]).await);
        let answer = server.get(&address).await;
        answer.assert_redirect_error("login_required", "sign_in.required", &server.url);
    }
    let mut stranger = server.browser();
    let page = stranger.open(&other.url_with(&[])).await;
    let cancelled = stranger.submit(&page, &[("cancel", "1")]).await;
    cancelled.assert_redirect_error("access_denied", "sign_in.cancelled", &server.url);
    // Somebody who is signed in is no stranger.
    let mut alice = server.browser();
    let page = alice.open(&other.url_with(&[])).await;
    alice.sign_in(&page, "alice").await;
    for _ in 0..5 {
        let page = alice.open(&other.url_with(&[])).await;
        assert!(page.is_consent(), "{page:?}");
        let denied = alice.submit(&page, &[("deny", "1")]).await;
        denied.assert_redirect_error("access_denied", "consent.denied", &server.url);
    }
    let seconds: u64 = full.header("retry-after").parse().unwrap();
    assert!((360..=405).contains(&seconds), "{seconds}");
    server.clock.advance(Duration::from_secs(seconds));
    pushed(&spa, &[("state", &long)]).await;
}

#[tokio::test]
async fn a_day_after_its_end_a_request_is_unknown() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let address = url(&web, &pushed(&web, &[]).await);
    server.clock.advance(Duration::from_secs(24 * 3600 + 61));
    server.get(&address).await.assert_page(400, "pushed_request.unknown");
    assert_eq!(super::rows(&server).await, 0);
}
