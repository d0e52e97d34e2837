//! What must hold for everything that strangers send: for each parser a function that takes any bytes, and panics if
//! something does not hold that always must.
//!
//! `tests/it/fuzz.rs` gives these functions structured and random bytes in `cargo test`; `fuzz/fuzz_target.rs` gives them
//! those that libFuzzer finds. Each folder in `fuzz/seeds` has inputs that one function begins with.

mod certificates;
mod http;
mod jose;
mod management;
mod request;
mod sealed;
mod uris;

use grantor::oauth::error::OAuthError;

/// A function with the name of its seeds' folder.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&[u8]),
}

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// All targets, by subject.
pub(crate) const ALL: &[Target] = &[
    target("form", request::form),
    target("authorization_request", request::authorization_request),
    target("backchannel_request", request::backchannel_request),
    target("request_object", request::request_object),
    target("claims", request::claims),
    target("authorization_details", request::authorization_details),
    target("scope", request::scope),
    target("user_code", request::user_code),
    target("redirect_uri", uris::redirect_uri),
    target("return_address", uris::return_address),
    target("http_uri", uris::http_uri),
    target("basic", http::basic),
    target("cookies", http::cookies),
    target("forwarded", http::forwarded),
    target("accept", http::accept),
    target("languages", http::languages),
    target("jws", jose::jws),
    target("jwe", jose::jwe),
    target("jwks", jose::jwks),
    target("dpop_proof", jose::dpop_proof),
    target("assertion", jose::assertion),
    target("certificate", certificates::certificate),
    target("certificate_header", certificates::header),
    target("distinguished_name", certificates::distinguished_name),
    target("pem", certificates::pem),
    target("sealed", sealed::sealed),
    target("json", management::json),
    target("merge_patch", management::merge_patch),
    target("client", management::client),
    target("query", management::query),
    target("cursor", management::cursor),
];

/// What stands for a secret in the seeds. No error repeats it.
const SECRET: &str = "hunter2-correct-horse";

/// The input as text. `None` if it is not UTF-8: those who call the parser have refused it before.
fn text(input: &[u8]) -> Option<&str> {
    str::from_utf8(input).ok()
}

/// The two parts of an input before and after its first line end. `None` if it has only one, or is not UTF-8.
fn two(input: &[u8]) -> Option<(&str, &str)> {
    text(input)?.split_once('\n')
}

/// Checks a refusal: it has a sentence that can be sent as `error_description` (RFC 6749 §5.2), and everything in it has a
/// bound.
fn check_refusal(error: &OAuthError) {
    let is_allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    check_sentence(&error.description);
    assert!(error.description.bytes().all(is_allowed), "{:?}", error.description);
    let Some(detail) = &error.detail else { return };
    let differs = detail.differs.iter().map(|(_, text)| text);
    for text in detail.came.iter().chain(differs).chain(&detail.registered) {
        assert!(text.len() < 1200 && text.bytes().all(is_allowed), "{text:?}");
    }
}

/// Checks a sentence about an input: it is there, has a bound, and stays on its line.
fn check_sentence(sentence: &str) {
    assert!((3..1000).contains(&sentence.len()), "{sentence:?}");
    assert!(!sentence.contains(char::is_control), "{sentence:?}");
}

/// Checks that a text that people or logs see does not repeat a secret of the input.
fn check_keeps_secret(shown: &str) {
    assert!(!shown.contains(SECRET), "{shown}");
}

/// Checks the same of a text about an input that has names and values, some of which are shown. `others` is what the input has
/// outside the places for secrets: if an edit has put the secret there, the text may repeat it.
fn check_keeps_secret_beside(others: &str, shown: &str) {
    if !others.contains(SECRET) {
        check_keeps_secret(shown);
    }
}
