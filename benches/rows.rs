//! The requests that are measured.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use grantor::face::assets::STYLE;
use grantor::jose::key::SigningKey;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::secret::{Hash, random_token};

use crate::browser::{BrowserSession, Tokens, authorize_path, authorize_query, console_session, sign_in};
use crate::http::{Connection, get, post};
use crate::load::{self, Subject, Worker};
use crate::possession::{BoundToken, BoundUserInfo, ProofKey};
use crate::report::{Report, Row};
use crate::server::{OPENID_SCOPE, SCOPE, SIGNING_CLIENT, Server, Site, WEB_CLIENT, basic};
use crate::{CROWDS, Options, Outcome};

const ROWS: [&str; 26] = [
    "healthz",
    "readyz",
    "reason_page",
    "error_page",
    "metadata",
    "jwks",
    "client_credentials",
    "client_credentials_chosen",
    "client_credentials_jwt",
    "private_key_jwt",
    "introspect",
    "introspect_jwt",
    "refused",
    "style",
    "authorize_begin",
    "sign_in",
    "authorize",
    "authorize_code_token",
    "openid_code_token",
    "userinfo",
    "refresh",
    "par",
    "client_credentials_dpop",
    "userinfo_dpop",
    "api_clients",
    "console_clients",
];

pub(crate) async fn measure(
    server: &Server,
    site: &Site,
    options: &Options,
    report: &mut Report,
) -> Outcome<()> {
    let mut cookies = Vec::new();
    for name in ROWS.into_iter().filter(|name| options.wants(name)) {
        // The server refuses more people than may wait for a hash.
        let most = if name == "sign_in" { BROWSERS } else { usize::MAX };
        for connections in CROWDS.into_iter().filter(|connections| *connections <= most) {
            gather(&mut cookies, server, name, connections).await?;
            let fixture = Fixture { server, site, cookies: &cookies, length: options.row_length() };
            report.add(fixture.row(name, connections).await?);
        }
    }
    Ok(())
}

/// Browsers that are signed in; further connections share them.
const BROWSERS: usize = 64;

/// Signs in as many browsers as a row needs.
async fn gather(cookies: &mut Vec<String>, server: &Server, name: &str, connections: usize) -> Outcome<()> {
    let needs_one = matches!(
        name,
        "authorize" | "authorize_code_token" | "openid_code_token" | "userinfo" | "userinfo_dpop" | "refresh"
    );
    while needs_one && cookies.len() < connections.min(BROWSERS) {
        cookies.push(sign_in(server.address).await?);
    }
    Ok(())
}

/// Measures one row.
pub(crate) async fn one(
    server: &Server,
    site: &Site,
    options: &Options,
    name: &str,
    connections: usize,
) -> Outcome<Row> {
    let mut cookies = Vec::new();
    gather(&mut cookies, server, name, connections).await?;
    let fixture = Fixture { server, site, cookies: &cookies, length: options.row_length() };
    fixture.row(name, connections).await
}

/// The data of a row.
struct Fixture<'s> {
    server: &'s Server,
    site: &'s Site,
    /// Signed-in browsers, one for each connection.
    cookies: &'s [String],
    length: Duration,
}

impl Fixture<'_> {
    async fn row(&self, name: &str, connections: usize) -> Outcome<Row> {
        let Self { server, site, length, .. } = self;
        let (engine, pid, database_pid) = (server.engine, server.pid(), server.database_pid);
        let subject = Subject { name, engine, pid, database_pid };
        let token = |credentials: &str| {
            post("/token", credentials, &[("grant_type", "client_credentials"), ("scope", "bench.read")])
        };
        let style = format!("/assets/{}.css", Hash::of(STYLE).to_text());
        let wrong = basic("bench-generated", &random_token());
        let (request, status, marker) = match name {
            "healthz" => (get("/healthz", ""), 200, "\"ok\""),
            "readyz" => (get("/readyz", ""), 200, "\"keys\""),
            "reason_page" => (get("/errors/code.replayed", ""), 200, "code.replayed"),
            "error_page" => (get("/authorize?client_id=nobody", ""), 400, "client.unknown"),
            "style" => (get(&style, ""), 200, "color-scheme"),
            "authorize_begin" => (get(&authorize_path(&random_token(), SCOPE)?, ""), 303, ""),
            "metadata" => (get("/.well-known/oauth-authorization-server", ""), 200, "\"token_endpoint\""),
            "jwks" => (get("/jwks", ""), 200, "\"kid\""),
            "client_credentials" => (token(&site.generated)?, 200, "\"access_token\":\"gat_"),
            "client_credentials_chosen" => (token(&site.chosen)?, 200, "\"access_token\":\"gat_"),
            "client_credentials_jwt" => (token(&site.jwt)?, 200, "\"access_token\":\"ey"),
            "introspect" => (self.introspect(&site.generated).await?, 200, "\"active\":true"),
            "introspect_jwt" => (self.introspect(&site.jwt).await?, 200, "\"active\":true"),
            "refused" => (token(&wrong)?, 401, "\"invalid_client\""),
            "userinfo" => (self.userinfo().await?, 200, "\"sub\""),
            "par" => (self.pushed()?, 201, "\"request_uri\""),
            "api_clients" => (get("/api/v1/clients?limit=50", &site.api_key), 200, "\"next\""),
            "console_clients" => {
                (get("/admin/clients", &console_session(server.address).await?), 200, WEB_CLIENT)
            }
            "private_key_jwt" => return self.signers(subject, connections).await,
            "client_credentials_dpop" => return self.bound_tokens(subject, connections).await,
            _ => return self.visits(subject, connections).await,
        };
        let mut workers = Vec::new();
        for _ in 0..connections {
            let connection = Connection::open(server.address).await?;
            workers.push(Repeat { connection, request: request.clone(), status, marker });
        }
        load::measure(subject, workers, *length).await
    }

    /// A token that also returns the name.
    async fn userinfo(&self) -> Outcome<Vec<u8>> {
        let cookie = self.cookies.first().ok_or("nobody is signed in")?.clone();
        let connection = Connection::open(self.server.address).await?;
        let mut visit =
            BrowserSession { connection, cookie, credentials: self.site.web.clone(), scope: OPENID_SCOPE };
        let tokens = round_trip(&mut visit).await?;
        Ok(get("/userinfo", &format!("authorization: Bearer {}\r\n", tokens.access)))
    }

    /// A request about a token of the client's own.
    async fn introspect(&self, credentials: &str) -> Outcome<Vec<u8>> {
        let mut connection = Connection::open(self.server.address).await?;
        let fields = [("grant_type", "client_credentials"), ("scope", "bench.read")];
        let answer = connection.send(&post("/token", credentials, &fields)?).await?;
        let token = answer.field("access_token").ok_or_else(|| answer.complaint())?.to_owned();
        post("/introspect", credentials, &[("token", &token)])
    }

    /// A pushed request of the web client, with its secret.
    fn pushed(&self) -> Outcome<Vec<u8>> {
        let verifier = random_token();
        let query = authorize_query(&verifier, OPENID_SCOPE);
        let fields: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post("/par", &self.site.web, &fields)
    }

    async fn bound_tokens(&self, subject: Subject<'_>, connections: usize) -> Outcome<Row> {
        let key = Rc::new(ProofKey::generate()?);
        let mut callers = Vec::new();
        for _ in 0..connections {
            let connection = Connection::open(self.server.address).await?;
            let (issuer, credentials) = (self.issuer(), self.site.generated.clone());
            callers.push(BoundToken { connection, issuer, credentials, key: key.clone() });
        }
        load::measure(subject, callers, self.length).await
    }

    fn issuer(&self) -> String {
        format!("http://{}", self.server.address)
    }

    async fn signers(&self, subject: Subject<'_>, connections: usize) -> Outcome<Row> {
        let mut signers = Vec::new();
        for _ in 0..connections {
            let connection = Connection::open(self.server.address).await?;
            signers.push(Signer { connection, issuer: self.issuer(), key: self.site.key.clone() });
        }
        load::measure(subject, signers, self.length).await
    }

    async fn visits(&self, subject: Subject<'_>, connections: usize) -> Outcome<Row> {
        let mut visits = Vec::new();
        for cookie in self.cookies.iter().cycle().take(connections) {
            let connection = Connection::open(self.server.address).await?;
            let (cookie, credentials) = (cookie.clone(), self.site.web.clone());
            let scope = match subject.name {
                "openid_code_token" | "userinfo_dpop" => OPENID_SCOPE,
                _ => SCOPE,
            };
            visits.push(BrowserSession { connection, cookie, credentials, scope });
        }
        match subject.name {
            "sign_in" => {
                let address = self.server.address;
                let people = (0..connections).map(|_| SignIn(address)).collect();
                load::measure(subject, people, self.length).await
            }
            "authorize" => {
                load::measure(subject, visits.into_iter().map(Authorize).collect(), self.length).await
            }
            "userinfo_dpop" => {
                let mut callers = Vec::new();
                for visit in visits {
                    callers.push(BoundUserInfo::begin(visit, &self.issuer()).await?);
                }
                load::measure(subject, callers, self.length).await
            }
            "authorize_code_token" | "openid_code_token" => {
                load::measure(subject, visits.into_iter().map(RoundTrip).collect(), self.length).await
            }
            _ => {
                let mut chains = Vec::new();
                for mut visit in visits {
                    let newest = round_trip(&mut visit).await?.refresh;
                    chains.push(Refresh { visit, newest });
                }
                load::measure(subject, chains, self.length).await
            }
        }
    }
}

/// Repeats the same request.
pub(crate) struct Repeat {
    pub(crate) connection: Connection,
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    /// A text that a right answer contains.
    pub(crate) marker: &'static str,
}

impl Worker for Repeat {
    async fn once(&mut self) -> Outcome<()> {
        let answer = self.connection.send(&self.request).await?;
        if answer.status == self.status && answer.body.contains(self.marker) {
            return Ok(());
        }
        Err(answer.complaint().into())
    }
}

/// Gets a token with a new assertion each time.
struct Signer {
    connection: Connection,
    issuer: String,
    key: Rc<SigningKey>,
}

impl Worker for Signer {
    async fn once(&mut self) -> Outcome<()> {
        let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
        let claims = serde_json::json!({
            "iss": SIGNING_CLIENT, "sub": SIGNING_CLIENT, "aud": self.issuer, "iat": now, "exp": now + 60,
            "jti": random_token(),
        });
        let assertion = self.key.sign("JWT", &claims)?;
        let fields = [
            ("grant_type", "client_credentials"),
            ("scope", "bench.read"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
        ];
        let answer = self.connection.send(&post("/token", "", &fields)?).await?;
        if answer.status == 200 {
            return Ok(());
        }
        Err(answer.complaint().into())
    }
}

/// A whole sign-in with a password, from the request to the code.
struct SignIn(SocketAddr);

impl Worker for SignIn {
    async fn once(&mut self) -> Outcome<()> {
        sign_in(self.0).await.map(drop)
    }
}

/// Gets a code each time and does not redeem it.
struct Authorize(BrowserSession);

impl Worker for Authorize {
    async fn once(&mut self) -> Outcome<()> {
        self.0.authorize(&random_token()).await.map(drop)
    }
}

struct RoundTrip(BrowserSession);

impl Worker for RoundTrip {
    async fn once(&mut self) -> Outcome<()> {
        round_trip(&mut self.0).await.map(drop)
    }
}

/// From the browser's request to the application's tokens: two requests, one person.
pub(crate) async fn round_trip(visit: &mut BrowserSession) -> Outcome<Tokens> {
    let verifier = random_token();
    let code = visit.authorize(&verifier).await?;
    visit.redeem(&code, &verifier).await
}

/// A chain of refresh tokens, each redeemed once.
struct Refresh {
    visit: BrowserSession,
    newest: String,
}

impl Worker for Refresh {
    async fn once(&mut self) -> Outcome<()> {
        self.newest = self.visit.refresh(&self.newest).await?.refresh;
        Ok(())
    }
}
