//! A real browser: headless Chromium, driven over WebDriver.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::{ParseError, Url};

use super::left_out;
use super::server::PASSWORD;

pub(crate) struct Chromium {
    pub(crate) page: Client,
    driver: Child,
    port: String,
    session: String,
    _profile: TempDir,
    _turn: SemaphorePermit<'static>,
}

/// A browser is half a dozen processes: more browsers than cores would only wait for each other.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How long the browser may take for a step.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Whether the error only means that the next page is just replacing this one.
fn is_between_pages(error: &CmdError) -> bool {
    let text = error.to_string();
    // The second sentence comes when a popup leaves its first page for one of another site.
    let sentences = ["aborted by navigation", "no such execution context"];
    error.is_stale_element_reference() || sentences.into_iter().any(|sentence| text.contains(sentence))
}

impl Chromium {
    /// Starts a browser with an empty profile. Without one installed the test reports that it is skipped and gets
    /// `None`.
    pub(crate) async fn start() -> Option<Self> {
        let turn = TURNS.acquire().await.expect("turns are never closed");
        let Ok((driver, port)) = start_driver() else {
            left_out(
                "the browser, because chromedriver is not installed (Debian: chromium, chromium-driver)",
            );
            return None;
        };
        let profile = TempDir::new().expect("a temporary directory");
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        // Milliseconds. The usual 30 seconds are too short for a script that looks at a whole page beside other tests.
        let timeouts = json!({ "script": 120_000 });
        let options = json!({ "goog:chromeOptions": { "args": arguments }, "timeouts": timeouts });
        let options = options.as_object().expect("an object").clone();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let connect = builder.capabilities(options).connect(&format!("http://127.0.0.1:{port}")).await;
        let page = connect.expect("chromedriver starts Chromium");
        let session = page.session_id().await.expect("a session").expect("its id");
        Some(Self { page, driver, port, session, _profile: profile, _turn: turn })
    }

    pub(crate) async fn open(&self, url: &str) {
        self.page.goto(url).await.expect("a page");
    }

    pub(crate) async fn click(&self, id: &str) {
        self.find(id).await.click().await.expect("something to click");
    }

    pub(crate) async fn type_into(&self, id: &str, text: &str) {
        self.find(id).await.send_keys(text).await.expect("a field");
    }

    /// Signs a test user in on the page that asks for it. Does not wait for the next page.
    pub(crate) async fn sign_in(&self, username: &str) {
        self.sign_in_with(username, PASSWORD).await;
    }

    pub(crate) async fn sign_in_with(&self, username: &str, password: &str) {
        self.type_into("username", username).await;
        self.type_into("password", password).await;
        self.click("sign-in").await;
    }

    /// Signs a test user in, allows what the application asks for, and arrives there. Returns the text on which the
    /// person arrives.
    pub(crate) async fn sign_in_and_allow(&self, username: &str) -> String {
        self.sign_in(username).await;
        self.click("allow").await;
        self.arrive().await
    }

    /// Waits for the application's page ([`arrival`](super::site::arrival)), and returns its text.
    pub(crate) async fn arrive(&self) -> String {
        self.text_of("arrived").await
    }

    pub(crate) async fn text_of(&self, id: &str) -> String {
        loop {
            match self.find(id).await.text().await {
                Ok(text) => return text,
                Err(error) if is_between_pages(&error) => {}
                Err(error) => panic!("#{id}: {error}"),
            }
        }
    }

    /// Waits until the text of an element satisfies `wanted`.
    pub(crate) async fn until(&self, id: &str, wanted: impl Fn(&str) -> bool) {
        let becomes = async {
            loop {
                // While a page is being replaced, the element is gone or not there yet.
                let element = self.page.find(Locator::Id(id)).await;
                let text = async { element.ok()?.text().await.ok() }.await;
                if text.is_some_and(|text| wanted(&text)) {
                    return;
                }
            }
        };
        let became = tokio::time::timeout(TIMEOUT, becomes).await;
        assert!(became.is_ok(), "#{id} at {}: {:?}", self.url().await, self.page.source().await);
    }

    /// Waits for the element with this id.
    async fn find(&self, id: &str) -> fantoccini::elements::Element {
        let began = Instant::now();
        loop {
            let wait = self.page.wait().at_most(TIMEOUT);
            match wait.for_element(Locator::Id(id)).await {
                Ok(element) => return element,
                Err(error) if is_between_pages(&error) && began.elapsed() < TIMEOUT => {}
                Err(error) => {
                    panic!("no #{id} at {:?}: {error}\n{:?}", self.url().await, self.page.source().await)
                }
            }
        }
    }

    pub(crate) async fn url(&self) -> String {
        self.page.current_url().await.expect("an address").to_string()
    }

    /// Runs a script in the page. If it returns a promise, waits for its value.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.page.execute(script, Vec::new()).await.expect("a script")
    }

    /// Types into the element that has the focus; Tab and Enter move on as they do for a person.
    pub(crate) async fn press(&self, keys: &str) {
        let focused = self.page.active_element().await.expect("an element with the focus");
        focused.send_keys(keys).await.expect("an element that takes keys");
    }

    /// Sets the preferred colour scheme, as the person's system would.
    pub(crate) async fn prefer_colours(&self, scheme: &str) {
        // A colour that is still changing has a contrast that no person reads.
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")];
        self.emulate("", &features).await;
    }

    /// Sets a preference of the person's system, and the medium: `print`, or nothing for the screen.
    pub(crate) async fn prefer(&self, medium: &str, feature: &str, value: &str) {
        self.emulate(medium, &[(feature, value)]).await;
    }

    async fn emulate(&self, medium: &str, features: &[(&str, &str)]) {
        let features: Vec<Value> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.dev_tools("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features })).await;
    }

    /// Sets the language that the browser asks for.
    pub(crate) async fn prefer_language(&self, tag: &str) {
        self.dev_tools("Network.enable", json!({})).await;
        let headers = json!({ "headers": { "Accept-Language": tag } });
        self.dev_tools("Network.setExtraHTTPHeaders", headers).await;
    }

    /// Returns what a screen reader finds on the page: the role and the name of each element that has a name.
    pub(crate) async fn announced(&self) -> Vec<(String, String)> {
        let tree = self.dev_tools("Accessibility.getFullAXTree", json!({})).await;
        let text = |node: &Value, what: &str| node[what]["value"].as_str().unwrap_or_default().to_owned();
        let nodes = tree["nodes"].as_array().expect("nodes");
        let nodes = nodes.iter().map(|node| (text(node, "role"), text(node, "name")));
        nodes.filter(|(_, name)| !name.is_empty()).collect()
    }

    /// Sets the page's width and height in CSS pixels; a real window cannot be narrower than 500.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.dev_tools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// A picture of the whole page at this width, as PNG.
    pub(crate) async fn picture(&self, width: u32) -> Vec<u8> {
        self.resize(width, 640).await;
        let height = self.script("return document.documentElement.scrollHeight").await;
        let height = u32::try_from(height.as_u64().expect("a number")).expect("a height");
        self.picture_of(width, height).await
    }

    /// A picture of the beginning of the page, as PNG.
    pub(crate) async fn picture_of(&self, width: u32, height: u32) -> Vec<u8> {
        self.resize(width, height).await;
        let picture = self.dev_tools("Page.captureScreenshot", json!({ "format": "png" })).await;
        STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("base64")
    }

    async fn dev_tools(&self, command: &str, parameters: Value) -> Value {
        let command = DevTools(json!({ "cmd": command, "params": parameters }));
        self.page.issue_cmd(command).await.expect("a command of the developer tools")
    }
}

/// A command of Chromium itself, beside those of WebDriver.
#[derive(Debug)]
struct DevTools(Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

/// Starts a driver. Returns it with its port; an error means that none is installed.
fn start_driver() -> std::io::Result<(Child, String)> {
    // The driver looks for a free port on one loopback address and then binds both: another process may be faster, and
    // then the driver gives up.
    for _ in 0..10 {
        let mut driver = Command::new("chromedriver");
        let mut driver = driver.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        match announced_port(&mut driver) {
            Some(port) => return Ok((driver, port)),
            None => driver.wait().map(drop)?,
        }
    }
    panic!("chromedriver found no port in ten attempts");
}

/// The port in the driver's sentence "ChromeDriver was started successfully on port N."
fn announced_port(driver: &mut Child) -> Option<String> {
    let mut lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains("started successfully")));
    let port = line?.trim_end_matches('.').rsplit(' ').next().map(str::to_owned);
    // Keeps reading, so that the driver never writes into a full or closed pipe.
    std::thread::spawn(move || lines.for_each(drop));
    port
}

/// Ends a session by a plain HTTP request, because a destructor cannot await the asynchronous client.
fn end_session(port: &str, session: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let request =
        format!("DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    match &answer {
        b"HTTP/1.1 200" => Ok(()),
        other => Err(std::io::Error::other(String::from_utf8_lossy(other).into_owned())),
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver ends the browser together with its session, but leaves it running when it is killed itself.
        let ended = end_session(&self.port, &self.session);
        let _ = Command::new("kill").args(["-TERM", &self.driver.id().to_string()]).status();
        let _ = self.driver.wait();
        if !std::thread::panicking() {
            ended.expect("the browser is ended");
        }
    }
}
