//! Compares every answer of the management API that a test gets with the document of the API, and every body that was accepted.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use grantor::representation::document::ApiDocument;
use grantor::server::routes::methods;
use jsonschema::Validator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Answer;

const ROOT: &str = "/api/v1/";
/// The headers that an answer may only have if the document says so.
const LISTED: [&str; 8] = [
    "etag",
    "location",
    "link",
    "retry-after",
    "www-authenticate",
    "accept-post",
    "accept-patch",
    "idempotent-replayed",
];

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| ApiDocument::new("https://id.example.com", methods()).value);
/// The validators that were made, by the places of their schemas in the document.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// What was sent, as far as it matters.
pub(crate) struct SentRequest {
    pub(crate) method: Method,
    pub(crate) media_type: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl SentRequest {
    pub(super) fn of(request: &reqwest::Request) -> Self {
        let media_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default().to_vec();
        Self { method: request.method().clone(), media_type: media_type.map(plain), body }
    }
}

/// Checks an answer of the management API, and the body of a request that was accepted. Every other answer is right.
pub(crate) fn check(sent: &SentRequest, answer: &Answer) {
    let Some((_, path)) = answer.url.path().split_once(ROOT) else { return };
    if sent.method == Method::OPTIONS {
        return;
    }
    let what = format!("{} {} answered with {}", sent.method, answer.url.path(), answer.status);
    let Some((template, item)) = find(path) else {
        return assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}, but the document has no such path");
    };
    let method = if sent.method == Method::HEAD { Method::GET } else { sent.method.clone() };
    let operation = &item[method.as_str().to_lowercase()];
    if operation.is_null() {
        return assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{what}, but has no such method");
    }
    let mut place = format!("/paths/{}/{}", escaped(template), method.as_str().to_lowercase());
    place.push_str(&format!("/responses/{}", answer.status.as_u16()));
    let (place, response) = resolved(place);
    assert!(response.is_object(), "{what}, which the document does not have: {answer:?}");
    check_headers(response, answer, &what);
    // The test that asks for a compressed answer checks that it is one.
    if sent.method != Method::HEAD && !answer.headers.contains_key("content-encoding") {
        check_body(&place, response, answer, &what);
    }
    if answer.status.is_success() && !sent.body.is_empty() {
        check_accepted(template, &method, sent, &what);
    }
}

/// Finds the path of the document that a path below [`ROOT`] belongs to: the one with the fewest variable parts.
fn find(path: &str) -> Option<(&'static str, &'static Value)> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let own: Vec<&str> = template.trim_start_matches(ROOT).split('/').collect();
        let fit =
            |(own, part): (&&str, &&str)| if own.starts_with('{') { !part.is_empty() } else { own == part };
        own.len() == parts.len() && own.iter().zip(&parts).all(fit)
    };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let found = paths.iter().filter(|(template, _)| fits(template));
    found.min_by_key(|(template, _)| template.matches('{').count()).map(|(path, item)| (path.as_str(), item))
}

/// Follows a reference of the document to another place of it.
fn resolved(place: String) -> (String, &'static Value) {
    let value = DOCUMENT.pointer(&place).unwrap_or(&Value::Null);
    match value["$ref"].as_str().and_then(|target| target.strip_prefix('#')) {
        Some(target) => (target.to_owned(), DOCUMENT.pointer(target).expect("what a reference names")),
        None => (place, value),
    }
}

fn check_headers(response: &Value, answer: &Answer, what: &str) {
    let none = serde_json::Map::new();
    let documented = response["headers"].as_object().unwrap_or(&none);
    for (name, header) in documented {
        let is_required = header["required"] == true;
        assert!(!is_required || answer.headers.contains_key(name), "{what} without {name}: {answer:?}");
    }
    for name in LISTED.iter().filter(|name| answer.headers.contains_key(**name)) {
        let is_documented = documented.keys().any(|known| known.eq_ignore_ascii_case(name));
        assert!(is_documented, "{what} with {name}, which the document does not have: {answer:?}");
    }
}

fn check_body(place: &str, response: &Value, answer: &Answer, what: &str) {
    let Some(content) = response["content"].as_object() else {
        return assert_eq!(answer.body, "", "{what}, which has no body by the document");
    };
    let media_type = plain(answer.header("content-type"));
    assert!(content.contains_key(&media_type), "{what} as {media_type}, which the document does not have");
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{what}: {error}"));
    let schema = format!("{place}/content/{}/schema", escaped(&media_type));
    let faults = faults(&schema, &body);
    assert!(faults.is_empty(), "{what}, and the body is not as the document says: {faults:#?}\n{body:#}");
}

fn check_accepted(template: &str, method: &Method, sent: &SentRequest, what: &str) {
    let place = format!("/paths/{}/{}/requestBody", escaped(template), method.as_str().to_lowercase());
    let media_type = sent.media_type.as_deref().unwrap_or_default();
    // A body of a method that takes none is not read.
    if DOCUMENT.pointer(&place).is_none() {
        return;
    }
    let schema = format!("{place}/content/{}/schema", escaped(media_type));
    assert!(DOCUMENT.pointer(&schema).is_some(), "{what}, and the document does not have {media_type}");
    if media_type.starts_with("image/") {
        return;
    }
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    let faults = faults(&schema, &body);
    assert!(faults.is_empty(), "{what}, but the body is not as the document says: {faults:#?}\n{body:#}");
}

/// What is wrong with a value by the schema at this place of the document.
pub(crate) fn faults(place: &str, value: &Value) -> Vec<String> {
    let validator = VALIDATORS.lock().expect("no panic").get(place).cloned();
    let validator = validator.unwrap_or_else(|| {
        let schema = DOCUMENT.pointer(place).unwrap_or_else(|| panic!("no schema at {place}"));
        let mut schema = schema.clone();
        schema["components"] = json!({ "schemas": DOCUMENT["components"]["schemas"] });
        let options = jsonschema::options().should_validate_formats(true);
        let made = Arc::new(options.build(&schema).unwrap_or_else(|error| panic!("{place}: {error}")));
        VALIDATORS.lock().expect("no panic").insert(place.to_owned(), made.clone());
        made
    });
    validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

/// A media type without its parameters.
fn plain(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// A name as a part of a JSON Pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
