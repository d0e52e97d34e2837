//! The browser of a signed-in person, and the application that it returns to.

use std::net::SocketAddr;

use grantor::secret::{Hash, random_token};

use crate::http::{Connection, Response, get, post};
use crate::server::{OPENID_SCOPE, PASSWORD, RETURN_TO, USERNAME, WEB_CLIENT};
use crate::{BenchError, Outcome};

/// The most pages and redirects between the first request and the code.
const MAX_STEPS: usize = 10;

/// The names and values of a browser's cookies.
type Jar = Vec<(String, String)>;

/// The Cookie header line of a browser that has signed in and consented.
pub(crate) async fn sign_in(address: SocketAddr) -> Outcome<String> {
    let path = authorize_path(&random_token(), OPENID_SCOPE)?;
    let jar = visit(address, &path, |answer| code(answer).is_ok()).await?;
    let session = jar.iter().find(|(name, _)| name.ends_with("session"));
    let (name, value) = session.ok_or("signed in without a session cookie")?;
    Ok(format!("cookie: {name}={value}\r\n"))
}

/// The Cookie header line of a browser that has signed in to the console.
pub(crate) async fn console_session(address: SocketAddr) -> Outcome<String> {
    let is_list = |answer: &Response<'_>| answer.status == 200 && answer.body.contains(WEB_CLIENT);
    visit(address, "/admin/clients", is_list).await.map(|jar| cookie_line(&jar))
}

/// Follows redirects and submits forms, from a path to the answer that is looked for. Returns the cookies.
async fn visit(address: SocketAddr, path: &str, is_there: impl Fn(&Response<'_>) -> bool) -> Outcome<Jar> {
    let mut connection = Connection::open(address).await?;
    let mut jar = Jar::new();
    let mut request = get(path, "");
    for _ in 0..MAX_STEPS {
        let answer = connection.send(&request).await?;
        for (name, value) in answer.cookies() {
            jar.retain(|(known, _)| known != name);
            jar.push((name.to_owned(), value.to_owned()));
        }
        if is_there(&answer) {
            return Ok(jar);
        }
        let cookies = cookie_line(&jar);
        request = match answer.header("location") {
            Some(location) => get(path_of(location)?, &cookies),
            None => submit(&answer, &cookies)?,
        };
    }
    Err("the sign-in led nowhere".into())
}

fn cookie_line(jar: &Jar) -> String {
    let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("cookie: {}\r\n", cookies.join("; "))
}

/// The bytes of a form of the sign-in page with a wrong password.
pub(crate) async fn sign_in_form(address: SocketAddr) -> Outcome<Vec<u8>> {
    let mut connection = Connection::open(address).await?;
    let (mut jar, mut request) = (Vec::new(), get(&authorize_path(&random_token(), OPENID_SCOPE)?, ""));
    for _ in 0..MAX_STEPS {
        let answer = connection.send(&request).await?;
        jar.extend(answer.cookies().map(|(name, value)| format!("{name}={value}")));
        let cookies = format!("cookie: {}\r\n", jar.join("; "));
        request = match answer.header("location") {
            Some(location) => get(path_of(location)?, &cookies),
            None => return submit_with(&answer, &cookies, "a wrong password"),
        };
    }
    Err("there is no sign-in page".into())
}

/// Fills in the form of the current page; the sign-in page and the consent page each use their own fields.
fn submit(page: &Response<'_>, cookies: &str) -> Outcome<Vec<u8>> {
    submit_with(page, cookies, PASSWORD)
}

fn submit_with(page: &Response<'_>, cookies: &str, password: &str) -> Outcome<Vec<u8>> {
    let attribute = |before: &str| {
        let after = page.body.split_once(before).map(|(_, after)| after);
        after.and_then(|after| after.split_once('"')).map(|(value, _)| value)
    };
    let (Some(action), Some(token), 200) =
        (attribute("action=\""), attribute("name=\"form_token\" value=\""), page.status)
    else {
        return Err(page.complaint().into());
    };
    let fields = [("form_token", token), ("username", USERNAME), ("password", password), ("allow", "1")];
    // minijinja writes a slash as an entity.
    post(path_of(&action.replace("&#x2f;", "/"))?, cookies, &fields)
}

/// The path and query of a URL of the server.
fn path_of(url: &str) -> Outcome<&str> {
    let rest = url.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    rest.ok_or_else(|| BenchError::from(format!("{url} is not a page of the server")))
}

/// A request of the web client.
pub(crate) fn authorize_path(verifier: &str, scope: &str) -> Outcome<String> {
    let query = serde_urlencoded::to_string(authorize_query(verifier, scope))?;
    Ok(format!("/authorize?{query}"))
}

/// The parameters of a request of the web client.
pub(crate) fn authorize_query(verifier: &str, scope: &str) -> [(&'static str, String); 7] {
    [
        ("response_type", "code".to_owned()),
        ("client_id", WEB_CLIENT.to_owned()),
        ("redirect_uri", RETURN_TO.to_owned()),
        ("scope", scope.to_owned()),
        ("state", "af0ifjsldkj".to_owned()),
        ("code_challenge", Hash::of(verifier).to_text()),
        ("code_challenge_method", "S256".to_owned()),
    ]
}

/// The code in the redirect back to the application.
fn code(answer: &Response<'_>) -> Outcome<String> {
    let location = answer.header("location").and_then(|location| location.strip_prefix(RETURN_TO));
    let code = location.and_then(|query| query.split_once("code=")).map(|(_, after)| after);
    let code = code.and_then(|after| after.split('&').next()).filter(|_| answer.status == 303);
    code.map(str::to_owned).ok_or_else(|| answer.complaint().into())
}

/// One browser and its application on one connection.
pub(crate) struct BrowserSession {
    pub(crate) connection: Connection,
    /// The browser's Cookie header line.
    pub(crate) cookie: String,
    /// The application's Authorization header line.
    pub(crate) credentials: String,
    /// The scope that the application requests.
    pub(crate) scope: &'static str,
}

/// The tokens that the application got.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl BrowserSession {
    /// GET /authorize, which answers with a code at once.
    pub(crate) async fn authorize(&mut self, verifier: &str) -> Outcome<String> {
        let request = get(&authorize_path(verifier, self.scope)?, &self.cookie);
        code(&self.connection.send(&request).await?)
    }

    /// POST /token with the code. Returns the tokens.
    pub(crate) async fn redeem(&mut self, code: &str, verifier: &str) -> Outcome<Tokens> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", RETURN_TO),
            ("code_verifier", verifier),
        ];
        self.token(&fields).await
    }

    pub(crate) async fn refresh(&mut self, refresh_token: &str) -> Outcome<Tokens> {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    async fn token(&mut self, fields: &[(&str, &str)]) -> Outcome<Tokens> {
        let request = post("/token", &self.credentials, fields)?;
        let answer = self.connection.send(&request).await?;
        match (answer.status, answer.field("access_token"), answer.field("refresh_token")) {
            (200, Some(access), Some(refresh))
                if answer.field("id_token").is_some() == self.scope.contains("openid") =>
            {
                Ok(Tokens { access: access.to_owned(), refresh: refresh.to_owned() })
            }
            _ => Err(answer.complaint().into()),
        }
    }
}
