//! What the new server shall be, by options and by questions.

use std::io::{BufRead, IsTerminal as _, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::ValueEnum as _;
use url::{Host, Url};

use super::super::atomic_file::private_directory;
use super::super::client::words::Kind;
use super::super::secret::{read_password, typable_password};
use super::super::{CliError, block_on, database_at};
use super::Options;
use super::file::PREFIX;
use crate::config::check_public_url;
use crate::oauth::client::{ClientKind, ClientMetadata, registration};
use crate::oauth::id::ClientId;
use crate::oauth::identity::claims;
use crate::oauth::identity::password::{PasswordFault, PasswordPolicy};
use crate::oauth::identity::role::Role;
use crate::oauth::identity::user::{check_email, check_username};
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::secret::Secret;
use crate::store::db::{DatabaseRoute, DbOptions, check_url};
use crate::store::migrate;

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
    pub(super) role: Option<Role>,
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
    /// Asks for what no option says, or takes the defaults with `--yes`. Each answer is checked at once: a wrong option is
    /// an error, and after a wrong answer the same question comes again.
    pub(super) fn of(mut options: Options) -> Result<Self, CliError> {
        let mut dialog = Dialog::open(options.yes)?;
        let public_url = dialog.ask(options.public_url.take(), PUBLIC_URL, "", public_url)?;
        let listen = options.listen.or_else(|| local_address(&public_url)).unwrap_or(DEFAULT_LISTEN);
        if public_url.is_empty() && !listen.ip().is_loopback() {
            return Err(format!(
                "--listen {listen} needs --public-url, because it is not a loopback address"
            )
            .into());
        }
        let here = std::env::current_dir()?.join("grantor.db");
        let here = here.to_str().ok_or("the name of this directory is not UTF-8")?;
        let database =
            dialog.ask(options.database.take(), "Database", &format!("sqlite:{here}"), database)?;
        let user = first_user(&mut dialog, &mut options)?;
        let client = first_client(&mut dialog, &mut options)?;
        Ok(Self { config: options.config, public_url, listen, database, user, client })
    }
}

fn first_user(dialog: &mut Dialog, options: &mut Options) -> Result<Option<FirstUser>, CliError> {
    let question = "User name of the first person; empty: create no person";
    let username = dialog.ask(options.username.take(), question, "", or_empty(check_username))?;
    if username.is_empty() {
        return Ok(None);
    }
    let check_name = |name: &str| claims::check("name", &name.into());
    let name = dialog.ask(options.name.take(), "Their full name", "", or_empty(check_name))?;
    let question = "Their e-mail address, which you know to be theirs";
    let email = dialog.ask(options.email.take(), question, "", or_empty(check_email))?;
    let given = options.owner.then(|| "yes".to_owned());
    let is_owner = dialog.ask(given, IS_OWNER, "no", yes_or_no)?;
    let typed = options.password_stdin.then(read_password).transpose()?;
    let is_generated = typed.is_none();
    let password = typed.unwrap_or_else(|| typable_password(PASSWORD_WORDS));
    let role = is_owner.then_some(Role::Owner);
    let user = FirstUser { username, email: some(email), name: some(name), password, is_generated, role };
    let checked = PasswordPolicy::default().check(user.password.expose(), &user.names());
    checked.map_err(PasswordFault::sentence)?;
    Ok(Some(user))
}

fn first_client(dialog: &mut Dialog, options: &mut Options) -> Result<Option<FirstClient>, CliError> {
    let question = "client_id of the first application; empty: register none";
    let id = dialog.ask(options.client_id.take(), question, "", or_empty(check_client_id))?;
    if id.is_empty() {
        return Ok(None);
    }
    let name = dialog.ask(options.client_name.take(), "Its name for people", &id, client_name)?;
    let word = options.client_kind.and_then(|kind| Some(kind.to_possible_value()?.get_name().to_owned()));
    let kind = dialog.ask(word, "Its kind: web, spa, native or service", "web", client_kind)?;
    let register = |uri: &str| RegisteredUri::register(uri, kind);
    let mut redirect_uris: Vec<RegisteredUri> =
        options.redirect_uris.iter().map(|uri| register(uri)).collect::<Result<_, _>>()?;
    if redirect_uris.is_empty() && kind != ClientKind::Service {
        let is_needed = kind != ClientKind::Native;
        let question = if is_needed { "Its redirect URI" } else { REDIRECT_URI_OF_A_DEVICE };
        redirect_uris.extend(dialog.ask(None, question, "", |uri| match uri {
            "" if is_needed => Err(NO_REDIRECT_URI.to_owned()),
            "" => Ok(None),
            uri => register(uri).map(Some),
        })?);
    }
    Ok(Some(FirstClient { id: ClientId::new(id), name, kind, redirect_uris }))
}

const REDIRECT_URI_OF_A_DEVICE: &str =
    "Its redirect URI; empty: it is a device without a browser, which shows a code instead";
const NO_REDIRECT_URI: &str = "an application of this kind needs a redirect URI (--redirect-uri): the complete address to \
                               which answers are sent";

fn public_url(text: &str) -> Result<String, String> {
    or_empty(check_public_url)(text)
}

/// Checks the URL of a database, and whether the database can be used, or could be made. Makes nothing.
fn database(url: &str) -> Result<String, String> {
    check_url(url).map_err(|why| format!("the URL of the database {why}"))?;
    // Right for a pooler as well as for a server.
    let options = DbOptions { route: DatabaseRoute::Pooler, ..database_at(url.to_owned()) };
    let plan = async { Ok(migrate::plan(&options).await.map(drop)?) };
    block_on(plan).map_err(|error| error.to_string())?;
    if let Some(path) = options.sqlite_path().filter(|path| !path.exists()) {
        private_directory(&path, PREFIX).map_err(|error| error.to_string())?;
    }
    Ok(url.to_owned())
}

fn check_client_id(id: &str) -> Result<(), String> {
    let parsed = ClientId::parse(id);
    parsed.map(drop).ok_or_else(|| "a client id has 1 to 255 characters of printable ASCII".to_owned())
}

fn client_name(name: &str) -> Result<String, String> {
    let of_name = ClientMetadata::new(name, ClientKind::Service);
    let wrong = registration::check(&of_name).into_iter().find(|wrong| wrong.member == "client_name");
    wrong.map_or_else(|| Ok(name.to_owned()), |wrong| Err(wrong.sentence))
}

fn client_kind(word: &str) -> Result<ClientKind, String> {
    let kind = Kind::from_str(word, false);
    kind.map(ClientKind::from).map_err(|_| "the kind is one of web, spa, native and service".to_owned())
}

const IS_OWNER: &str = "May they do everything with the management API, as its owner: yes or no";

fn yes_or_no(word: &str) -> Result<bool, String> {
    match word.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("the answer is yes or no".to_owned()),
    }
}

/// A check that also accepts the empty text.
fn or_empty(check: impl Fn(&str) -> Result<(), String>) -> impl Fn(&str) -> Result<String, String> {
    move |text| match text {
        "" => Ok(String::new()),
        text => check(text).map(|()| text.to_owned()),
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

    /// What `check` makes of the option's value, or of an answer, or of the default. An answer that it refuses is asked for
    /// again, until it is right or the input ends.
    fn ask<T>(
        &mut self,
        option: Option<String>,
        question: &str,
        default: &str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, CliError> {
        if let Some(value) = option {
            return Ok(check(&value)?);
        }
        if !self.asks {
            return Ok(check(default)?);
        }
        let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        converse(
            &mut std::io::stdin().lock(),
            &mut std::io::stderr().lock(),
            &format!("{question}{hint}: "),
            |line| check(if line.is_empty() { default } else { line }),
        )
    }
}

/// Asks until `check` accepts the answer.
fn converse<T>(
    input: &mut impl BufRead,
    output: &mut impl Write,
    prompt: &str,
    check: impl Fn(&str) -> Result<T, String>,
) -> Result<T, CliError> {
    loop {
        write!(output, "{prompt}")?;
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Err("the input ended before the last question; nothing was written".into());
        }
        match check(line.trim()) {
            Ok(answer) => return Ok(answer),
            Err(sentence) => writeln!(output, "{sentence}")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer to one question, with everything that was written, and the rest of the input.
    fn asked(input: &str) -> (Result<ClientKind, CliError>, String, String) {
        let mut bytes = input.as_bytes();
        let mut output = Vec::new();
        let answer = converse(&mut bytes, &mut output, "Kind: ", |line| {
            client_kind(if line.is_empty() { "web" } else { line })
        });
        (answer, String::from_utf8(output).unwrap(), str::from_utf8(bytes).unwrap().to_owned())
    }

    #[test]
    fn an_empty_line_is_the_default_and_the_end_of_the_input_an_error() {
        for (input, expected) in [
            ("\n", ClientKind::Web),
            ("spa\n", ClientKind::Spa),
            ("  native \r\n", ClientKind::Native),
            ("spa", ClientKind::Spa),
        ] {
            assert_eq!(asked(input).0.unwrap(), expected, "{input:?}");
        }
        assert!(asked("").0.is_err());
    }

    #[test]
    fn after_a_wrong_answer_the_same_question_comes_again_until_the_input_ends() {
        let (answer, said, rest) = asked("app\nSPA\nspa\nnext\n");
        assert_eq!(answer.unwrap(), ClientKind::Spa);
        let why = "the kind is one of web, spa, native and service";
        assert_eq!(said, format!("Kind: {why}\nKind: {why}\nKind: "));
        assert_eq!(rest, "next\n");
        let (answer, said, _) = asked("app\n");
        assert!(answer.is_err() && said.ends_with("Kind: "), "{said}");
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
