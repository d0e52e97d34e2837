//! What an operator sees of sign-ins and refusals: in the log, with fail2ban, and in the metrics.

mod dashboard;
mod fail2ban;
mod lines;
mod metrics;
mod request_ids;

use reqwest::Method;

use crate::support::process::ServerProcess;
use crate::support::relying_party::{REDIRECT_URI, basic};
use crate::support::server::PASSWORD;
use crate::support::{Answer, Application, Browser, CommandLine};

const SECRET: &str = "canary-of-the-client-secret-0123456789";
/// The server accepts the addresses that the tests send, and people may make accounts.
const CONFIGURATION: &str = "[http]\ntrusted_proxies = \"127.0.0.1\"\n[sign_up]\nenabled = true\n";
/// More attempts than any guess is checked without a wait.
const MANY: usize = 40;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A server in its own process with applications and the user `alice`.
struct Furnished {
    cli: CommandLine,
    serving: ServerProcess,
    /// The id of `alice`.
    alice: String,
}

impl Furnished {
    async fn start(environment: &[(&str, &str)]) -> Self {
        let cli = CommandLine::new().await;
        cli.configure(CONFIGURATION);
        cli.done(&["scope", "create", "read", "--description", "Read your things"]);
        let scope = ["--scope", "openid read offline_access"];
        let web = [&["--secret", SECRET, "--redirect-uri", REDIRECT_URI][..], &scope].concat();
        cli.client_done("web", "web", &web);
        cli.client_done("tv", "native", &["--grant", "device_code", "--scope", "read"]);
        assert!(cli.user(&["--username", "alice"], PASSWORD).status.success());
        let shown: serde_json::Value =
            serde_json::from_str(&cli.done(&["user", "show", "alice", "--json"])).unwrap();
        let alice = shown["id"].as_str().expect("an id").to_owned();
        let serving = cli.serve(environment);
        Self { cli, serving, alice }
    }

    fn web(&self) -> Application {
        Application::registered_at(&self.serving.url, "web", Some(SECRET), REDIRECT_URI)
    }

    /// A browser, or an application, at this address.
    fn at(&self, address: &str) -> Browser {
        Browser::new(&self.serving.url).at(address)
    }

    /// Stops the server. Returns its log.
    fn log(self) -> String {
        let (ended_well, log) = self.serving.stop();
        assert!(ended_well, "{log}");
        log
    }
}

/// POST with the Basic credentials of a client.
async fn post_as(at: &mut Browser, path: &str, (id, secret): (&str, &str), form: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded::to_string(form).unwrap();
    let credentials = basic(id, secret);
    at.request(Method::POST, path, &[FORM, ("authorization", &credentials)], &body).await
}

/// Tries a password. Returns the status.
async fn guess(at: &mut Browser, web: &Application, username: &str) -> u16 {
    let page = at.open(&web.url_with(&[("prompt", "login")])).await;
    assert!(page.is_sign_in(), "{page:?}");
    let answer = at.submit_only(&page, &[("username", username), ("password", "wrong password")]).await;
    answer.status.as_u16()
}

/// Repeats a guess until it has to wait. Returns how often it was made.
async fn until_it_waits(mut guess: impl AsyncFnMut() -> u16) -> usize {
    for times in 1..=MANY {
        match guess().await {
            429 => return times,
            status => assert!([401, 422].contains(&status), "{status}"),
        }
    }
    panic!("{MANY} guesses, and no wait");
}

/// Guesses at everything that can be guessed, until it has to wait. Returns the number of guesses.
async fn guess_everything(furnished: &Furnished, address: &str) -> usize {
    let web = furnished.web();
    let mut guesser = furnished.at(address);
    let mut guesses = 1;
    assert_eq!(guess(&mut guesser, &web, "not-a-user").await, 422);
    guesses += until_it_waits(async || guess(&mut guesser, &web, "alice").await).await;
    let form = [("grant_type", "client_credentials")];
    let secret = async || post_as(&mut furnished.at(address), "/token", ("web", "wrong"), &form).await;
    guesses += until_it_waits(async || secret().await.status.as_u16()).await;
    // A person who has an account guesses codes.
    let mut member = furnished.at(address);
    guesses + guess_codes(&mut member).await
}

/// Makes an account, and guesses codes of devices with it. Returns the number of guesses.
async fn guess_codes(at: &mut Browser) -> usize {
    let page = at.open("/sign-up?device=").await;
    let account = [("username", "mallory"), ("name", "Mallory"), ("password", PASSWORD)];
    at.submit(&page, &account).await;
    until_it_waits(async || {
        let page = at.open("/device").await;
        at.submit_only(&page, &[("user_code", "BCDF-GHJK")]).await.status.as_u16()
    })
    .await
}

/// Signs `alice` in, and returns the browser with its tokens.
async fn behave(furnished: &Furnished, address: &str) -> (Browser, Answer) {
    let (web, mut browser) = (furnished.web(), furnished.at(address));
    let url = web.url_with(&[("scope", "openid read offline_access")]);
    let code = browser.authorize(&url).await.get("code");
    let mut application = furnished.at(address);
    let tokens = post_as(&mut application, "/token", ("web", SECRET), &web.redemption(&code)).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    (browser, tokens)
}

/// Is refused in many ways, none of which is a guess. A person and an application have an address each.
async fn be_refused(furnished: &Furnished, [person, application]: [&str; 2]) {
    let (mut browser, tokens) = behave(furnished, person).await;
    let code = be_refused_at_pages(&furnished.web(), &mut browser).await;
    let mut application = furnished.at(application);
    be_refused_at_token(&furnished.web(), &mut application, &code, &tokens.get("refresh_token")).await;
    assert_eq!(
        application.post("/token", &[("client_id", "made-up"), ("grant_type", "x")]).await.status,
        400
    );
    for path in ["/introspect", "/revoke", "/token", "/device_authorization", "/bc-authorize"] {
        assert!(application.post(path, &[]).await.status.is_client_error());
        assert_eq!(application.get(path).await.status, 405);
        assert_eq!(application.post_raw(path, "text/plain", b"x".to_vec()).await.status, 415);
    }
    let token = tokens.get("access_token");
    for bearer in ["Bearer nonsense", "Bearer", &format!("Bearer {token}")] {
        let answer = browser.request(Method::GET, "/userinfo", &[("authorization", bearer)], "").await;
        assert!(answer.status.is_client_error(), "a refresh token was used twice: {answer:?}");
    }
    browser.sign_out().await;
}

/// Returns a code that the person got in the end.
async fn be_refused_at_pages(web: &Application, browser: &mut Browser) -> String {
    for query in ["", "client_id=made-up", "client_id=web&redirect_uri=https%3A%2F%2Fevil.example.com"] {
        assert_eq!(browser.get(&format!("/authorize?{query}")).await.status, 400);
    }
    for changes in [
        ("scope", "nonsense"),
        ("response_type", "nonsense"),
        ("code_challenge", ""),
        ("prompt", "none nonsense"),
        ("id_token_hint", "nonsense"),
    ] {
        assert_eq!(browser.get(&web.url_with(&[changes])).await.status, 303);
    }
    let page = browser.open(&web.url_with(&[("prompt", "consent")])).await;
    assert_eq!(browser.submit_only(&page, &[("deny", "1")]).await.get("error"), "access_denied");
    let page = browser.open(&web.url_with(&[("prompt", "login")])).await;
    let forged = [("form_token", "forged"), ("username", "alice"), ("password", PASSWORD)];
    assert_eq!(browser.post(&page.form_action(), &forged).await.status, 400);
    assert_eq!(browser.submit_only(&page, &[("cancel", "1")]).await.get("error"), "access_denied");
    assert_eq!(browser.post("/device", &forged).await.status, 400);
    assert_eq!(browser.get("/logout?id_token_hint=nonsense").await.status, 400);
    browser.authorize(&web.url_with(&[])).await.get("code")
}

/// Uses a code and a refresh token twice, and asks for what is not allowed.
async fn be_refused_at_token(web: &Application, application: &mut Browser, code: &str, refresh: &str) {
    let mut token = async |form: &[(&str, &str)]| {
        let answer = post_as(application, "/token", ("web", SECRET), form).await;
        (answer.status.as_u16(), answer)
    };
    let redemption = web.redemption(code);
    assert_eq!(token(&redemption).await.0, 200);
    assert_eq!(token(&redemption).await.0, 400, "it is redeemed twice");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let next = token(&refresh).await.1.get("refresh_token");
    let next = [("grant_type", "refresh_token"), ("refresh_token", next.as_str())];
    assert_eq!(token(&next).await.0, 200);
    assert_eq!(token(&refresh).await.0, 400, "it is used twice");
    for grant in [
        "client_credentials",
        "nonsense",
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code",
    ] {
        assert_eq!(token(&[("grant_type", grant), ("code", "x"), ("device_code", "x")]).await.0, 400);
    }
}
