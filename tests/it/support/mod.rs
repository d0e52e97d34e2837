//! Roles as values: a server, applications, people in browsers.

pub(crate) mod browser;
pub(crate) mod chromium;
pub(crate) mod cli;
pub(crate) mod cluster;
pub(crate) mod contract;
pub(crate) mod database;
pub(crate) mod demo;
#[cfg(target_os = "linux")]
pub(crate) mod deployment;
pub(crate) mod dpop;
pub(crate) mod event;
pub(crate) mod exposition;
pub(crate) mod jwt;
pub(crate) mod load;
pub(crate) mod mark;
#[cfg(target_os = "linux")]
pub(crate) mod memory;
pub(crate) mod operator;
pub(crate) mod pooler;
#[cfg(unix)]
pub(crate) mod postgres;
pub(crate) mod preview;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod relying_party;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod tls;

pub(crate) use browser::{Answer, Browser};
pub(crate) use cli::CommandLine;
pub(crate) use cluster::Cluster;
pub(crate) use event::Event;
pub(crate) use operator::Operator;
pub(crate) use pooler::Pooler;
pub(crate) use relying_party::Application;
pub(crate) use server::TestServer;

/// A PKCE verifier and its challenge (RFC 7636, appendix B).
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Reports that a test is skipped; with `CI=true` that is a failure.
pub(crate) fn left_out(what: &str) {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "in CI nothing may be left out: {what}");
    // Written directly, because the captured output of a passing test is not shown.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("LEFT OUT: {what}\n").as_bytes());
}

/// The changes to a good request, and the error and the reason that must follow.
pub(crate) type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
