//! What the new server shall be, by options and by questions.

use std::io::{BufRead, IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::ValueEnum as _;
use url::{Host, Url};

use super::super::CliError;
use super::super::client::words::Kind;
use super::super::secret::{read_password, typable_password};
use super::Options;
use crate::oauth::client::ClientKind;
use crate::oauth::id::ClientId;
use crate::oauth::identity::password::{PasswordFault, PasswordPolicy};
use crate::oauth::identity::user::{check_email, check_username};
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::secret::Secret;

/// Six words of two syllables with 72 random bits.
const PASSWORD_WORDS: usize = 6;

/// Everything that the new server needs.
pub(super) struct Answers {
    pub(super) config: PathBuf,
    /// Empty: `http://` and the address to listen on.
    pub(super) public_url: String,
    pub(super) listen: SocketAddr,
    pub(super) database: String,
    pub(super) user: Option<FirstUser>,
    pub(super) client: Option<FirstClient>,
}

pub(super) struct FirstUser {
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) password: Secret,
    pub(super) is_generated: bool,
}

impl FirstUser {
    /// What the password must not be.
    pub(super) fn names(&self) -> Vec<&str> {
        let others = [&self.email, &self.name].into_iter().flatten();
        std::iter::once(&self.username).chain(others).map(String::as_str).collect()
    }
}

pub(super) struct FirstClient {
    pub(super) id: ClientId,
    pub(super) name: String,
    pub(super) kind: ClientKind,
    pub(super) redirect_uris: Vec<RegisteredUri>,
}

impl Answers {
    /// Asks for what no option says, or takes the defaults with `--yes`.
    pub(super) fn of(options: Options) -> Result<Self, CliError> {
        let mut dialog = Dialog::open(options.yes)?;
        let public_url = dialog.ask(options.public_url, PUBLIC_URL, "")?;
        let listen = options.listen.or_else(|| local_address(&public_url)).unwrap_or(DEFAULT_LISTEN);
        let here = std::env::current_dir()?.join("grantor.db");
        let here = here.to_str().ok_or("the name of this directory is not UTF-8")?;
        let database = dialog.ask(options.database, "Database", &format!("sqlite:{here}"))?;
        let username =
            dialog.ask(options.username, "User name of the first person; empty: create no person", "")?;
        let user = if username.is_empty() {
            None
        } else {
            let name = dialog.ask(options.name, "Their full name", "")?;
            let email = dialog.ask(options.email, "Their e-mail address, which you know to be theirs", "")?;
            let typed = options.password_stdin.then(read_password).transpose()?;
            let is_generated = typed.is_none();
            let password = typed.unwrap_or_else(|| typable_password(PASSWORD_WORDS));
            Some(FirstUser { username, email: some(email), name: some(name), password, is_generated })
        };
        let id =
            dialog.ask(options.client_id, "client_id of the first application; empty: register none", "")?;
        let client = if id.is_empty() {
            None
        } else {
            let name = dialog.ask(options.client_name, "Its name for people", &id)?;
            let word =
                options.client_kind.and_then(|kind| Some(kind.to_possible_value()?.get_name().to_owned()));
            let word = dialog.ask(word, "Its kind: web, spa, native or service", "web")?;
            let kind = Kind::from_str(&word, false)
                .map_err(|_| "the kind is one of web, spa, native and service")?;
            let kind = ClientKind::from(kind);
            let mut uris = options.redirect_uris;
            if uris.is_empty() && kind != ClientKind::Service {
                uris.extend(some(dialog.ask(None, "Its redirect URI", "")?));
            }
            let redirect_uris =
                uris.iter().map(|uri| RegisteredUri::register(uri, kind)).collect::<Result<_, _>>()?;
            Some(FirstClient { id: ClientId::new(id), name, kind, redirect_uris })
        };
        Ok(Self { config: options.config, public_url, listen, database, user, client })
    }

    /// Refuses what could not be created, before anything is.
    pub(super) fn check(&self) -> Result<(), CliError> {
        if let Some(user) = &self.user {
            check_username(&user.username)?;
            let checked = PasswordPolicy::default().check(user.password.expose(), &user.names());
            checked.map_err(PasswordFault::sentence)?;
            if let Some(email) = &user.email {
                check_email(email)?;
            }
        }
        match &self.client {
            Some(client) if client.redirect_uris.is_empty() && client.kind != ClientKind::Service => {
                Err("the application needs --redirect-uri: the complete address to which answers are sent"
                    .into())
            }
            _ => Ok(()),
        }
    }
}

const PUBLIC_URL: &str =
    "Address at which people reach the server, such as https://id.example.com; empty: only this machine";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The address to listen on for a server that is only for this machine; `None` for any other one.
fn local_address(public_url: &str) -> Option<SocketAddr> {
    let url = Url::parse(public_url).ok().filter(|url| url.scheme() == "http")?;
    let ip = match url.host()? {
        Host::Domain(name) => (name == "localhost").then_some(DEFAULT_LISTEN.ip())?,
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => ip.into(),
    };
    ip.is_loopback().then_some(SocketAddr::new(ip, url.port_or_known_default()?))
}

/// Asks on standard error, and reads the answers from a terminal.
struct Dialog {
    asks: bool,
}

impl Dialog {
    fn open(yes: bool) -> Result<Self, CliError> {
        if !yes && !std::io::stdin().is_terminal() {
            return Err(
                "standard input is not a terminal, so no question can be answered; --yes takes the options and the defaults"
                    .into(),
            );
        }
        Ok(Self { asks: !yes })
    }

    /// The option's value, or an answer, or the default.
    fn ask(&mut self, option: Option<String>, question: &str, default: &str) -> Result<String, CliError> {
        if let Some(value) = option {
            return Ok(value);
        }
        if !self.asks {
            return Ok(default.to_owned());
        }
        let mut out = std::io::stderr().lock();
        let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        write!(out, "{question}{hint}: ")?;
        out.flush()?;
        answer(&mut std::io::stdin().lock(), default)
    }
}

fn answer(input: &mut impl BufRead, default: &str) -> Result<String, CliError> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Err("the input ended before the last question; nothing was written".into());
    }
    let line = line.trim();
    Ok(if line.is_empty() { default.to_owned() } else { line.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_is_the_default_and_the_end_of_the_input_an_error() {
        for (input, expected) in
            [("\n", "web"), ("spa\n", "spa"), ("  native \r\n", "native"), ("spa", "spa")]
        {
            assert_eq!(answer(&mut input.as_bytes(), "web").unwrap(), expected);
        }
        assert!(answer(&mut "".as_bytes(), "web").is_err());
    }

    #[test]
    fn a_server_for_this_machine_listens_where_its_address_says() {
        for (url, listen) in [
            ("http://127.0.0.1:9000", Some("127.0.0.1:9000")),
            ("http://127.0.0.1", Some("127.0.0.1:80")),
            ("http://[::1]:9000", Some("[::1]:9000")),
            ("http://localhost:9000", Some("127.0.0.1:9000")),
            ("http://id.example.com", None),
            ("https://127.0.0.1:9000", None),
            ("https://id.example.com", None),
            ("", None),
        ] {
            assert_eq!(local_address(url), listen.map(|text| text.parse().unwrap()), "{url}");
        }
    }
}
