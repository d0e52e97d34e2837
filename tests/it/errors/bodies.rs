//! Bodies that no endpoint reads: of another media type, too large, or malformed.

use reqwest::Method;

use super::{FORM, Form, PAGE, assert_error};
use crate::support::{Answer, Application, Browser, TestServer};

/// The POST endpoints, with what they need before they read a body.
struct Posts {
    sign_in: String,
    consent: String,
    signing_in: Browser,
    consenting: Browser,
}

impl Posts {
    async fn begin(server: &TestServer, web: &Application) -> Self {
        let mut consenting = server.alice().await;
        let page = consenting.open(&web.url_with(&[])).await;
        let consent = consenting.sign_in(&page, "alice").await;
        let mut signing_in = server.browser();
        let sign_in = signing_in.open(&web.url_with(&[])).await;
        assert!(sign_in.is_sign_in() && consent.is_consent());
        Self { sign_in: sign_in.form_action(), consent: consent.form_action(), signing_in, consenting }
    }

    /// Sends the same body to every endpoint. Returns each answer with the form that it must have.
    async fn send(&mut self, headers: &[(&str, &str)], body: &str) -> Vec<(String, Form, Answer)> {
        let (sign_in, consent) = (self.sign_in.clone(), self.consent.clone());
        let mut answers = Vec::new();
        for (path, form) in [("/token", Form::OAuth), ("/authorize", Form::Page), (&sign_in, Form::Page)] {
            let answer = self.signing_in.request(Method::POST, path, headers, body).await;
            answers.push((path.to_owned(), form, answer));
        }
        let answer = self.consenting.request(Method::POST, &consent, headers, body).await;
        answers.push((consent, Form::Page, answer));
        answers
    }
}

#[tokio::test]
async fn a_body_of_another_media_type_gets_415() {
    let server = TestServer::start().await;
    let mut posts = Posts::begin(&server, &server.web().await).await;
    let types: [&[(&str, &str)]; 9] = [
        &[],
        &[("content-type", "")],
        &[("content-type", "application/json")],
        &[("content-type", "multipart/form-data; boundary=x")],
        &[("content-type", "text/plain")],
        &[("content-type", "application/x-www-form-urlencodedx")],
        &[("content-type", "text/plain; application/x-www-form-urlencoded")],
        &[("content-type", FORM), ("content-encoding", "gzip")],
        &[("content-type", FORM), ("content-encoding", "br")],
    ];
    for headers in types {
        for accept in [PAGE, ("accept", "application/json")] {
            let headers = [headers, &[accept]].concat();
            for (path, form, answer) in posts.send(&headers, "grant_type=authorization_code").await {
                assert_eq!(answer.status, 415, "{path} with {headers:?}: {answer:?}");
                assert_error(form, &answer, 415, "request.media_type");
            }
        }
    }
}

#[tokio::test]
async fn every_spelling_of_the_form_media_type_is_read() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let spellings = [
        "application/x-www-form-urlencoded; charset=UTF-8",
        "APPLICATION/X-WWW-Form-URLencoded",
        " application/x-www-form-urlencoded ;x",
    ];
    for media_type in spellings {
        let headers = [("content-type", media_type), ("content-encoding", "identity")];
        let answer = browser.request(Method::POST, "/token", &headers, "grant_type=x").await;
        answer.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_413() {
    let server = TestServer::start().await;
    let mut posts = Posts::begin(&server, &server.web().await).await;
    for body in
        ["a=b&".repeat(16 * 1024) + "c", "x".repeat(64 * 1024 + 1), format!("code={}", "x".repeat(100_000))]
    {
        assert!(body.len() > 64 * 1024);
        for (path, form, answer) in posts.send(&[("content-type", FORM), PAGE], &body).await {
            assert_eq!(answer.status, 413, "{path}: {answer:?}");
            assert_error(form, &answer, 413, "request.too_large");
        }
    }
    // The largest body that is read is refused for its content, not for its size.
    for (path, form, answer) in posts.send(&[("content-type", FORM)], &"x".repeat(64 * 1024)).await {
        assert_refused_body(&path, form, &answer, ["grant_type.missing", "client_id.missing", "form.forged"]);
    }
}

/// Asserts the reasons with which `/token`, `/authorize` and the sign-in page refuse a body.
///
/// The consent page has no reason of its own for a readable body: a form that this person was not shown leads back to
/// the question, whatever it contains.
#[track_caller]
fn assert_refused_body(path: &str, form: Form, answer: &Answer, [token, authorize, sign_in]: [&str; 3]) {
    match path {
        "/token" => assert_error(form, answer, 400, token),
        "/authorize" => assert_error(form, answer, 400, authorize),
        _ if path.contains("/sign-in?") => assert_error(form, answer, 400, sign_in),
        _ => {
            let asked_again = path.replace("/consent?", "/authorize/resume?");
            assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(asked_again)));
        }
    }
}

#[tokio::test]
async fn a_malformed_body_gets_400() {
    let server = TestServer::start().await;
    let mut posts = Posts::begin(&server, &server.web().await).await;
    for body in
        ["grant_type=%FF&client_id=%FF&form_token=%FF", "grant_type=%00&client_id=a%0d%0ab&form_token=%0a"]
    {
        for (path, form, answer) in posts.send(&[("content-type", FORM)], body).await {
            assert_refused_body(&path, form, &answer, ["parameter.malformed"; 3]);
        }
    }
    let twice = "grant_type=a&grant_type=b&client_id=a&client_id=b&form_token=a&form_token=b";
    for (path, form, answer) in posts.send(&[("content-type", FORM)], twice).await {
        let repeated = "parameter.repeated";
        assert_refused_body(&path, form, &answer, [repeated, "client_id.repeated", repeated]);
    }
    for (path, form, answer) in posts.send(&[("content-type", FORM)], &"a=b&".repeat(101)).await {
        assert_eq!(answer.status, 400, "{path}");
        assert_error(form, &answer, 400, "parameter.too_many");
    }
    for body in ["", "&", "=", "&&&==&", "%", "%zz=%zz", "\u{e4}=\u{f6}"] {
        for (path, form, answer) in posts.send(&[("content-type", FORM)], body).await {
            let missing = ["grant_type.missing", "client_id.missing", "form.forged"];
            assert_refused_body(&path, form, &answer, missing);
        }
    }
}
