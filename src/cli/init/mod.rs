//! `grantor init`: a configuration, a database, the first person and the first application.

mod answers;
mod file;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use self::answers::{Answers, FirstClient, FirstUser};
use self::file::ConfigFile;
use super::client::words::Kind;
use super::{CliContext, CliError, Common, block_on, print};
use crate::oauth::client::{Client, ClientKind, ClientMetadata, GrantType};
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::identity::claims::Claims;
use crate::operations::clients::{self, Logos, NewClient};
use crate::operations::users::{self, HashedPassword, NewUser};
use crate::secret::Secret;

#[derive(Args)]
pub(super) struct Options {
    /// The configuration file to write; an existing one is never changed
    #[arg(long, value_name = "FILE", default_value = "grantor.toml")]
    config: PathBuf,
    /// Ask nothing, and use defaults for everything that no option says; without --username there is no person, without --client-id no
    /// application
    #[arg(long)]
    yes: bool,
    /// The address at which people reach the server, such as https://id.example.com. Default: http:// and --listen
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Where the server listens. Default: 127.0.0.1:8080
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The database: sqlite:FILE or postgres://… Default: sqlite:grantor.db in this directory
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// What the first person types to sign in
    #[arg(long, value_name = "U")]
    username: Option<String>,
    /// The person's e-mail address, which you know to be theirs
    #[arg(long, value_name = "E", requires = "username")]
    email: Option<String>,
    /// The person's full name
    #[arg(long, value_name = "N", requires = "username")]
    name: Option<String>,
    /// Make the person an owner, who may do everything with the management API
    #[arg(long, requires = "username")]
    owner: bool,
    /// Read the person's password from standard input, without the line end after it; without this option, a password is
    /// made and printed once
    #[arg(long, requires_all = ["username", "yes"])]
    password_stdin: bool,
    /// The client_id of the first application
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The application's name on the consent page. Default: its client_id
    #[arg(long, value_name = "NAME", requires = "client_id")]
    client_name: Option<String>,
    /// The kind of application: web runs on a server, spa in a browser, native on a device, service works without people.
    /// Default: web
    #[arg(long, value_name = "KIND", requires = "client_id")]
    client_kind: Option<Kind>,
    /// A complete address of the application to which answers may be sent; may be given several times. A native application
    /// without one is a device, whose person signs in with a code elsewhere
    #[arg(long = "redirect-uri", value_name = "URI", requires = "client_id")]
    redirect_uris: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let as_json = options.json;
    // Before the first question, so that no one answers questions for nothing.
    file::refuse_place(&options.config)?;
    let answers = Answers::of(options)?;
    let draft = ConfigFile::draft(&answers)?;
    let done = block_on_value(async {
        let cli = CliContext::make(&Common { config: Some(draft.path().to_owned()) }).await?;
        create(&cli, &answers).await
    })
    .map_err(|error| draft.without_its_name(error))?;
    let path = draft.keep()?;
    let report = Report { config: path.display().to_string(), done };
    if as_json { print(format!("{}\n", report.json()).as_bytes()) } else { print(report.text().as_bytes()) }
}

/// What was created, with the secrets that are shown once.
struct Created {
    issuer: String,
    master_key: String,
    user: Option<(String, Option<Secret>)>,
    client: Option<(ClientId, Option<Secret>)>,
}

async fn create(cli: &CliContext, answers: &Answers) -> Result<Created, CliError> {
    let user = match &answers.user {
        Some(user) => Some((user.username.clone(), create_user(cli, user).await?)),
        None => None,
    };
    let client = match &answers.client {
        Some(client) => Some((client.id.clone(), create_client(cli, client).await?)),
        None => None,
    };
    Ok(Created {
        issuer: cli.config.issuer(cli.config.listen.port()),
        master_key: cli.config.master_key_file().display().to_string(),
        user,
        client,
    })
}

/// Returns the password if it was generated.
async fn create_user(cli: &CliContext, user: &FirstUser) -> Result<Option<Secret>, CliError> {
    let mut claims = Claims::new();
    if let Some(name) = &user.name {
        claims.insert("name".into(), name.clone().into());
    }
    if let Some(email) = &user.email {
        claims.insert("email".into(), email.clone().into());
        claims.insert("email_verified".into(), true.into());
    }
    let (passwords, policy) = (cli.passwords()?, cli.config.passwords.policy());
    let password = HashedPassword::new(&passwords, policy, user.password.clone(), &user.names()).await?;
    let new = NewUser { username: user.username.clone(), claims, role: user.role, user_code: None };
    users::create(&cli.operations(), new, password).await?;
    Ok(user.is_generated.then(|| user.password.clone()))
}

/// Returns the secret if the client has one.
async fn create_client(cli: &CliContext, first: &FirstClient) -> Result<Option<Secret>, CliError> {
    let scopes = match first.kind {
        ClientKind::Service => Scope::default(),
        ClientKind::Web | ClientKind::Spa | ClientKind::Native => Scope::from_stored("openid profile email"),
    };
    let usual = ClientMetadata::new(first.name.clone(), first.kind);
    let is_device = first.kind == ClientKind::Native && first.redirect_uris.is_empty();
    let grants =
        if is_device { vec![GrantType::DeviceCode, GrantType::RefreshToken] } else { usual.grants.clone() };
    let metadata = ClientMetadata { redirect_uris: first.redirect_uris.clone(), scopes, grants, ..usual };
    let client = Client::new(first.id.clone(), metadata);
    let created =
        clients::create(&cli.operations(), NewClient { client, secret: None, logos: Logos::default() })
            .await?;
    Ok(created.outcome.generated)
}

/// Runs work to its end, and returns its value.
fn block_on_value<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let mut value = None;
    block_on(async {
        value = Some(work.await?);
        Ok(())
    })?;
    value.ok_or_else(|| "the work has no value".into())
}

/// What the command prints.
struct Report {
    config: String,
    done: Created,
}

impl Report {
    fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.done.issuer)
    }

    fn json(&self) -> serde_json::Value {
        let mut object = json!({
            "config": self.config,
            "issuer": self.done.issuer,
            "discovery": self.discovery(),
        });
        if let Some((username, password)) = &self.done.user {
            object["username"] = username.as_str().into();
            if let Some(password) = password {
                object["password"] = password.expose().as_str().into();
            }
        }
        if let Some((id, secret)) = &self.done.client {
            object["client_id"] = id.as_str().into();
            if let Some(secret) = secret {
                object["client_secret"] = secret.expose().as_str().into();
            }
        }
        object
    }

    fn text(&self) -> String {
        let mut text = format!("wrote {}\n", self.config);
        if let Some((username, password)) = &self.done.user {
            text += &format!("created the user {username}\n");
            if let Some(password) = password {
                text += &format!("    password, shown only now: {}\n", password.expose());
            }
        }
        if let Some((id, secret)) = &self.done.client {
            text += &format!("created the client {id}\n");
            if let Some(secret) = secret {
                text += &format!("    client_secret, shown only now: {}\n", secret.expose());
            }
        }
        text += &format!(
            "\nApplications find everything at {}\n\nWhat to do next:\n\n    grantor serve --config {}\n",
            self.discovery(),
            self.config
        );
        let mut more = Vec::new();
        if self.done.issuer.starts_with("https:") {
            more.push(format!(
                "Let a proxy with a certificate pass {} to the server: deploy/Caddyfile, nginx.conf or haproxy.cfg, \
                 or set tls.certificate and tls.key.",
                self.done.issuer
            ));
        }
        if self.done.user.is_none() {
            more.push(format!("Create a person: grantor user create --help, with --config {}", self.config));
        }
        if self.done.client.is_none() {
            more.push(format!(
                "Register an application: grantor client create --help, with --config {}",
                self.config
            ));
        }
        more.push(format!(
            "Keep a copy of {}, which the server makes at its first start, apart from those of the database.",
            self.done.master_key
        ));
        for sentence in more {
            text += &format!("\n* {sentence}");
        }
        text + "\n"
    }
}
