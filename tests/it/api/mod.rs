//! The management API.

mod addresses;
mod api_keys;
mod bodies;
mod clients;
mod conditions;
mod config;
mod cursors;
mod document;
mod every_fault;
mod idempotency;
mod keys;
mod lists;
mod logos;
mod logout_deliveries;
mod people;
mod schemathesis;
mod send_back;
mod settings;
mod users;
mod walk;

use grantor::oauth::grant::scope::Scope;
use grantor::operations::actor::Actor;
use grantor::operations::api_keys::{NewApiKey, create};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, TestServer};

/// A program that uses the management API with an API key.
pub(crate) struct Api {
    base: String,
    pub(crate) key: String,
}

impl Api {
    /// A program with a key for these scopes.
    pub(crate) async fn with(server: &TestServer, scope: &str) -> Self {
        let context = server.app.operations(server.app.now(), Actor::server());
        let new = NewApiKey { name: "test".into(), scope: Scope::from_stored(scope), expires_at: None };
        let made = create(&context, new).await.expect("a key").outcome;
        Self { base: server.url.clone(), key: made.key.expose().clone() }
    }

    /// A program that may do everything.
    pub(crate) async fn owner(server: &TestServer) -> Self {
        Self::with(server, "grantor.write").await
    }

    /// The same program at another node, or with a connection of its own.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { base: url.to_owned(), key: self.key.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// Creates an object, and returns the answer.
    pub(crate) async fn made(&self, path: &str, body: Value) -> Answer {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{path}: {answer:?}");
        answer
    }

    pub(crate) async fn put(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        self.send(Method::PUT, path, headers, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Sends a request below `/api/v1`, with the key and a JSON body.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let body = body.map(|body| body.to_string());
        self.send_text(method, path, headers, body.as_deref()).await
    }

    /// Sends a request whose body is this text, as JSON.
    pub(crate) async fn send_text(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let mut all = vec![("Authorization", bearer.as_str())];
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "Content-Type") {
            all.push(("Content-Type", "application/json"));
        }
        all.extend(headers);
        let path = format!("/api/v1{path}");
        Browser::new(&self.base).request(method, &path, &all, body.unwrap_or_default()).await
    }

    /// Sends a picture by PUT.
    pub(crate) async fn send_picture(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        (media_type, picture): (&str, &[u8]),
    ) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let all = [&[("Authorization", bearer.as_str()), ("Content-Type", media_type)], headers].concat();
        Browser::new(&self.base).request(Method::PUT, &format!("/api/v1{path}"), &all, picture).await
    }

    /// Creates a service client with this id. Returns the answer.
    pub(crate) async fn service(&self, id: &str) -> Answer {
        self.post("/clients", json!({ "client_id": id, "client_name": id, "kind": "service" })).await
    }
}

/// The version in the ETag of an answer, without what else was shown.
pub(crate) fn version(answer: &Answer) -> &str {
    answer.header("etag").trim_matches('"').split('.').next().unwrap_or_default()
}

/// Checks that a request was refused with this status and reason, in the form of the contract.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: StatusCode, reason: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    let message = body["message"].as_str().expect("a message");
    assert!(message.starts_with(&format!("{} ", status.as_u16())), "{body}");
    assert_eq!(body["reason"], reason, "{body}");
    assert!(!body["description"].as_str().expect("a description").is_empty(), "{body}");
    assert_eq!(body["request_id"], answer.header("x-request-id"), "{body}");
    assert!(body["docs"].as_str().expect("an address").ends_with(&format!("/errors/{reason}")), "{body}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
}

/// The places and reasons of the faulty members of a refused body.
#[track_caller]
pub(crate) fn faulty(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let body = answer.json();
    let errors = body["errors"].as_array().unwrap_or_else(|| panic!("{body}"));
    errors.iter().map(|error| (text(&error["field"]), text(&error["reason"]))).collect()
}
