//! `grantor demo`: a server with demo data, and an application to sign in to.

mod broken;
mod calendar;
mod data;
mod explained;
mod family;
mod identity;
mod lan;
mod logos;
mod notes;
mod notes_sessions;
mod recorder;
mod redirected;
mod relying_party;
mod routes;
mod sessions;
mod setup;
mod site;
mod television;
mod tokens;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use clap::Args;

use self::data::{Directory, SavedValues};
use self::relying_party::RelyingParty;
use super::signals::{HangUp, stop_asked};
use super::{CliError, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::server::Server;
use crate::telemetry;

const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const DEFAULT_APP_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// Log warnings and errors only. The demo's generated master key is expected, so there is no warning about it.
const LOG_FILTER: &str = "warn,grantor::keys=error";

#[derive(Args)]
pub(super) struct Options {
    /// Keep the database in this directory. Default: a temporary directory
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the server listens. Default: 127.0.0.1:8080, or a free port if that is taken
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where the demo application listens. Default: 127.0.0.1:8081, or a free port if that is taken
    #[arg(long, value_name = "ADDR")]
    app_listen: Option<SocketAddr>,
    /// Let phones in this network reach the server, by plain http and with a password of this run only. The address of
    /// this machine in the network is found by itself, or named like --lan=192.168.1.5
    #[arg(long, value_name = "IP", num_args = 0..=1, require_equals = true, conflicts_with_all = ["data", "listen"])]
    lan: Option<Option<IpAddr>>,
}

/// The number of words of the password: 48 random bits, and 72 where a whole network may guess.
const PASSWORD_WORDS: usize = 4;
const PASSWORD_WORDS_IN_LAN: usize = 6;

pub(super) fn run(options: Options) -> Result<(), CliError> {
    actix_web::rt::System::new().block_on(demonstrate(options))
}

async fn demonstrate(options: Options) -> Result<(), CliError> {
    // From here on a signal does not end the process at once, so that a temporary directory is always deleted.
    let stop = stop_asked(HangUp::Stops)?;
    let directory = Directory::open(options.data)?;
    let (listener, words) = match options.lan {
        Some(named) => (lan::listen(named, DEFAULT_ADDRESS.port())?, PASSWORD_WORDS_IN_LAN),
        None => (listen("--listen", options.listen, DEFAULT_ADDRESS)?, PASSWORD_WORDS),
    };
    let (app_listener, saved) = application(&directory, options.app_listen, words)?;
    let mut config = config(&directory, listener.local_addr()?.port())?;
    // The configuration refuses plain http at this address, because it is for real use.
    config.listen = listener.local_addr()?;
    telemetry::start(&config.log)?;

    // The server binds the port itself; until here the listener kept the port from the application.
    drop(listener);
    let server = Server::bind(config, Clock::System).await?;
    let app = server.app();
    let issuer = app.issuer.clone();
    // Another host name than the server's 127.0.0.1, because cookies do not distinguish ports.
    let origin = format!("http://localhost:{}", saved.app.port());
    let party = RelyingParty::new(&issuer, &origin, saved.clone())?;
    setup::run(&app, &saved, &origin).await?;

    let (site, site_handle) = routes::start(app_listener, party, Clock::System)?;
    let (running, handle) = server.start()?;
    actix_web::rt::spawn(async move {
        stop.await;
        tokio::join!(site_handle.stop(true), handle.stop(true));
    });
    // Connections that arrive before the first poll wait in the queues of the listeners.
    welcome(&issuer, &origin, &saved, &directory)?;
    tokio::try_join!(site, running)?;
    Ok(())
}

fn welcome(issuer: &str, origin: &str, saved: &SavedValues, directory: &Directory) -> Result<(), CliError> {
    let place = if directory.is_temporary() {
        "Everything is in a temporary directory, which goes when the demo stops.".to_owned()
    } else {
        format!("Everything is in {} and will be there next time.", directory.display())
    };
    let network = if is_on_this_machine(issuer) {
        String::new()
    } else {
        "Phones in this network reach it there. Everybody in the network can read along: type no password of your own.\n"
            .to_owned()
    };
    say(format!(
        "
Grantor is running, with an application that signs people in with it.

    Open        {origin}
    Username    {username}
    Password    {password}

The server is at {issuer}.
{network}A program gets a token without a person:

    curl -u '{service}:{secret}' -d grant_type=client_credentials {issuer}/token

{place}
Ctrl-C stops it.
",
        username = setup::USERNAME,
        password = saved.password.expose(),
        service = setup::SERVICE,
        secret = saved.service_secret.expose(),
    ))
}

/// Whether an address of the server leads no other machine to it.
fn is_on_this_machine(issuer: &str) -> bool {
    let url = url::Url::parse(issuer).ok();
    let host = url.as_ref().and_then(url::Url::host_str).map(|host| host.trim_matches(['[', ']']));
    host.and_then(|host| host.parse::<IpAddr>().ok()).is_none_or(|ip| ip.is_loopback())
}

fn config(directory: &Directory, port: u16) -> Result<Config, CliError> {
    let filter = std::env::var("GRANTOR_LOG__FILTER").unwrap_or_else(|_| LOG_FILTER.to_owned());
    Ok(Config::with(&[
        ("listen", &SocketAddr::new(DEFAULT_ADDRESS.ip(), port).to_string()),
        // The application is here, and is called when a session ends.
        ("fetch.allow", "127.0.0.1 ::1"),
        ("database.url", &directory.database_url()?),
        ("http.shutdown", "1s"),
        ("log.filter", &filter),
        ("log.format", "text"),
    ])?)
}

/// The application's listener, and the secrets of the first run, which are generated if this is the first run.
fn application(
    directory: &Directory,
    asked: Option<SocketAddr>,
    password_words: usize,
) -> Result<(TcpListener, SavedValues), CliError> {
    if let Some(saved) = directory.load()? {
        let registered = saved.app;
        if asked.is_some_and(|asked| asked != registered) {
            return Err(format!(
                "the demo in {} is registered with its application at {registered}; leave --app-listen out, or choose another directory",
                directory.display()
            )
            .into());
        }
        let listener = TcpListener::bind(registered).map_err(|error| {
            format!(
                "the demo in {} is registered with its application at {registered}, and there it cannot listen: {error}",
                directory.display()
            )
        })?;
        return Ok((listener, saved));
    }
    let listener = listen("--app-listen", asked, DEFAULT_APP_ADDRESS)?;
    let address = listener.local_addr()?;
    if ![IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)].contains(&address.ip()) {
        return Err("--app-listen must be on 127.0.0.1 or [::1], which a browser finds as localhost".into());
    }
    let saved = SavedValues::generate(address, password_words);
    directory.remember(&saved)?;
    Ok((listener, saved))
}

/// Listens at the requested address; without one at the usual port, or at a free one if that is taken.
fn listen(
    option: &str,
    asked: Option<SocketAddr>,
    default_address: SocketAddr,
) -> Result<TcpListener, CliError> {
    let address = asked.unwrap_or(default_address);
    if !address.ip().is_loopback() {
        return Err(format!("{option} must be a loopback address: the demo shows its secrets").into());
    }
    match TcpListener::bind(address) {
        Err(error) if asked.is_none() && error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(TcpListener::bind(SocketAddr::new(default_address.ip(), 0))?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(format!(
            "cannot listen on {address}: another program does; stop it, or choose another port with {option}"
        )
        .into()),
        outcome => Ok(outcome.map_err(|error| format!("cannot listen on {address}: {error}"))?),
    }
}
