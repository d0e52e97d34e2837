//! A browser without a screen: it keeps cookies, fills in forms and follows redirects one by one.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::contract::{self, SentRequest};
use super::server::PASSWORD;

pub(crate) struct Browser {
    http: reqwest::Client,
    base: String,
    /// The address that a trusted proxy would report for this browser. Empty without a proxy.
    from: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) url: Url,
}

/// One HTTP client for all tests: making one is slow, and connections are not shared, because every test has its own
/// server.
pub(crate) fn http_client() -> reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        // The server closes an idle connection after 5 s. This client closes it earlier, so that it never uses a closed
        // one.
        let client = client.pool_idle_timeout(Duration::from_secs(2));
        client.build().expect("an HTTP client")
    });
    CLIENT.clone()
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        Self { http: http_client(), base: base.to_owned(), from: String::new(), cookies: BTreeMap::new() }
    }

    /// A browser for a server that speaks https with this certificate.
    pub(crate) fn trusting(base: &str, certificate: reqwest::Certificate) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = client.tls_certs_only([certificate]).build().expect("an HTTP client");
        Self { http, ..Self::new(base) }
    }

    /// The same for a server that asks for a certificate, which this browser shows.
    pub(crate) fn showing(base: &str, trusted: reqwest::Certificate, own: reqwest::Identity) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = client.tls_certs_only([trusted]).identity(own).build().expect("an HTTP client");
        Self { http, ..Self::new(base) }
    }

    /// This browser behind a proxy that reports `address` for it.
    pub(crate) fn at(self, address: &str) -> Self {
        Self { from: address.to_owned(), ..self }
    }

    /// Another browser for the same server, without any cookies.
    pub(crate) fn stranger(&self) -> Self {
        Self::new(&self.base)
    }

    /// A second window of the same browser.
    pub(crate) fn clone_with_cookies(&self) -> Self {
        Self { cookies: self.cookies.clone(), ..Self::new(&self.base) }
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.http.request(Method::GET, self.absolute(path))).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(form).expect("a form");
        self.post_raw(path, "application/x-www-form-urlencoded", body.into_bytes()).await
    }

    pub(crate) async fn post_raw(&mut self, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
        let request = self.http.request(Method::POST, self.absolute(path));
        self.send(request.header(CONTENT_TYPE, media_type).body(body)).await
    }

    /// Sends any request, with this browser's cookies.
    pub(crate) async fn request(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let mut request = self.http.request(method, self.absolute(path)).body(body.as_ref().to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Answer {
        if !self.from.is_empty() {
            request = request.header("x-forwarded-for", &self.from);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let (http, request) = request.build_split();
        let request = request.expect("a request");
        let sent = SentRequest::of(&request);
        let response = http.execute(request).await.expect("an answer");
        let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
        for line in headers.get_all(SET_COOKIE) {
            self.keep(line.to_str().expect("text"));
        }
        let answer = Answer { status, headers, url, body: response.text().await.expect("a body of text") };
        contract::check(&sent, &answer);
        answer
    }

    fn keep(&mut self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').expect("a cookie");
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Follows redirects on this server until there is a page, or a redirect to another site.
    pub(crate) async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            match answer.location() {
                Some(location) if location.starts_with(&format!("{}/", self.base)) => {
                    answer = self.get(&location).await;
                }
                _ => return answer,
            }
        }
        panic!("redirects without end");
    }

    /// Opens an address and follows redirects.
    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let answer = self.get(path).await;
        self.follow(answer).await
    }

    /// Sends the form of a page with `fields` filled in, and follows redirects.
    pub(crate) async fn submit(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let answer = self.submit_only(page, fields).await;
        self.follow(answer).await
    }

    /// Sends the form of a page, with its hidden fields and with `fields` filled in.
    pub(crate) async fn submit_only(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let hidden = page.hidden_fields();
        assert!(hidden.iter().any(|(name, _)| name == "form_token"), "{page:?}");
        let mut form: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.extend_from_slice(fields);
        self.post(&page.form_action(), &form).await
    }

    /// Signs in on a sign-in page with the password that every test user has.
    pub(crate) async fn sign_in(&mut self, page: &Answer, username: &str) -> Answer {
        assert!(page.is_sign_in(), "a sign-in page: {page:?}");
        self.submit(page, &[("username", username), ("password", PASSWORD)]).await
    }

    /// Opens the page for devices, and signs in as `alice` first if no one is signed in.
    pub(crate) async fn open_device(&mut self, path: &str) -> Answer {
        let page = self.open(path).await;
        if page.is_sign_in() { self.sign_in(&page, "alice").await } else { page }
    }

    /// Signs out at this server.
    pub(crate) async fn sign_out(&mut self) {
        let page = self.open("/logout").await;
        let page = self.submit(&page, &[]).await;
        assert!(page.body.contains("id=\"signed-out\""), "{page:?}");
    }

    /// Allows on a consent page.
    pub(crate) async fn allow(&mut self, page: &Answer) -> Answer {
        assert!(page.is_consent(), "a consent page: {page:?}");
        self.submit(page, &[("allow", "1")]).await
    }

    /// Opens an authorization URL as `alice` and answers every page. Returns the redirect to the application.
    pub(crate) async fn authorize(&mut self, url: &str) -> Answer {
        let mut answer = self.open(url).await;
        if answer.is_sign_in() {
            answer = self.sign_in(&answer, "alice").await;
        }
        if answer.is_consent() {
            answer = self.allow(&answer).await;
        }
        answer
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn location(&self) -> Option<String> {
        self.headers.get(LOCATION).map(|value| value.to_str().expect("text").to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A member of the JSON body, or of the redirect's query.
    pub(crate) fn get(&self, name: &str) -> String {
        match self.location() {
            Some(location) => {
                let url = Url::parse(&location).expect("an absolute URL");
                let fragment = url.fragment().unwrap_or_default().as_bytes();
                let mut pairs = url.query_pairs().chain(url::form_urlencoded::parse(fragment));
                pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
            }
            None => {
                let json = self.json();
                let word = || json["error_uri"].as_str()?.rsplit_once('/').map(|(_, word)| word.to_owned());
                let of_uri = || word().filter(|_| name == "reason").unwrap_or_default();
                json[name].as_str().map_or_else(of_uri, str::to_owned)
            }
        }
    }

    pub(crate) fn is_sign_in(&self) -> bool {
        self.body.contains("id=\"sign-in\"")
    }

    pub(crate) fn is_consent(&self) -> bool {
        self.body.contains("id=\"allow\"")
    }

    pub(crate) fn form_token(&self) -> String {
        self.attribute("name=\"form_token\" value=\"")
    }

    pub(crate) fn hidden_fields(&self) -> Vec<(String, String)> {
        // The first form is that of the page; another one is for its language.
        let form = self.body.split("</form>").next().unwrap_or_default();
        let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
        let read = |text: &str| {
            let (name, rest) = text.split_once("\" value=\"")?;
            Some((decoded(name), decoded(rest.split('"').next()?)))
        };
        fields.filter_map(read).collect()
    }

    pub(crate) fn form_action(&self) -> String {
        self.attribute("<form method=\"post\" action=\"")
    }

    pub(crate) fn attribute(&self, before: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {self:?}"));
        decoded(rest.split('"').next().expect("a quote"))
    }

    /// Asserts a redirect back to the application with an error, and everything that belongs to it.
    #[track_caller]
    pub(crate) fn assert_redirect_error(&self, error: &str, reason: &str, issuer: &str) {
        let location = self.location().unwrap_or_else(|| panic!("a redirect: {self:?}"));
        assert_eq!(self.status, StatusCode::SEE_OTHER);
        assert_eq!(self.get("error"), error, "{location}");
        assert_eq!(self.get("error_uri"), format!("{issuer}/errors/{reason}"), "{location}");
        assert_eq!(self.get("iss"), issuer, "{location}");
        assert_description(&self.get("error_description"));
        assert_eq!(self.get("code"), "", "{location}");
    }

    /// Asserts an error of an OAuth endpoint, and everything that belongs to it.
    #[track_caller]
    pub(crate) fn assert_json_error(&self, status: u16, error: &str, reason: &str) {
        let json = self.json();
        assert_eq!((self.status.as_u16(), json["error"].as_str()), (status, Some(error)), "{self:?}");
        assert_eq!(self.get("reason"), reason, "{self:?}");
        assert!(json["error_uri"].as_str().is_some_and(|uri| uri.ends_with(&format!("/errors/{reason}"))));
        assert_description(json["error_description"].as_str().unwrap_or_default());
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_ne!(self.header("x-request-id"), "");
        // Backchannel requests have no members of ours (FAPI-CIBA).
        match json["reason"].is_null() {
            true => assert_eq!(json.as_object().map(|members| members.len()), Some(3), "{self:?}"),
            false => assert_eq!(json["request_id"], self.header("x-request-id")),
        }
        // Endpoints that take access tokens also say what is wrong in the challenge (RFC 6750 §3).
        let is_challenged = status == 401 || self.header("www-authenticate").starts_with("Bearer ");
        assert_eq!(self.headers.contains_key("www-authenticate"), is_challenged, "{self:?}");
    }

    /// Asserts that an OAuth endpoint says that it is unavailable, and when to try again.
    #[track_caller]
    pub(crate) fn assert_is_away(&self) {
        self.assert_json_error(503, "temporarily_unavailable", "server.busy");
        assert_ne!(self.header("retry-after"), "", "{self:?}");
    }

    /// Asserts an error page that leads nowhere else.
    #[track_caller]
    pub(crate) fn assert_page(&self, status: u16, reason: &str) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.location(), None);
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        assert!(self.body.contains(&format!("<code>{reason}</code>")), "{reason}: {self:?}");
    }
}

fn decoded(attribute: &str) -> String {
    attribute.replace("&#x2f;", "/").replace("&quot;", "\"").replace("&amp;", "&")
}

/// RFC 6749 §5.2: printable ASCII without `"` and `\`.
#[track_caller]
fn assert_description(text: &str) {
    assert!(!text.is_empty());
    assert!(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{text}");
}
