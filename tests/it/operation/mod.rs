//! Running the server: mistakes of the operator, layers of configuration, shutdown, and the log.

mod log;
mod marked;
mod mistakes;
#[cfg(unix)]
mod permissions;
mod running;
mod withheld;

use crate::support::CommandLine;
use crate::support::relying_party::REDIRECT_URI;
use crate::support::server::PASSWORD;

const SECRET: &str = "canary-of-the-client-secret-0123456789";

/// A scope, a web client with a chosen secret, a service, and the user `alice`.
fn furnish(cli: &CommandLine) {
    cli.done(&["scope", "create", "read", "--description", "Read your things"]);
    let web = ["--secret", SECRET, "--redirect-uri", REDIRECT_URI, "--scope", "openid read"];
    cli.client_done("web", "web", &web);
    cli.client_done("service", "service", &["--secret", SECRET, "--scope", "read"]);
    let alice = cli.user(&["--username", "alice"], PASSWORD);
    assert!(alice.status.success(), "{alice:?}");
}
