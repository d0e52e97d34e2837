//! nginx and Caddy, which ask oauth2-proxy before each request.

use std::process::Command;

use super::go::oauth2_proxy;
use super::program::Program;
use super::trial::Trial;
use super::walk::open;
use crate::support::process::free_port;
use crate::support::site::{Site, page};
use crate::support::{Operator, left_out};

/// Whether a program of the system is there; if not, reports that the test is skipped.
fn is_installed(program: &str, argument: &str) -> bool {
    let is_there = Command::new(program).arg(argument).output().is_ok();
    if !is_there {
        left_out(&format!("{program}, because it is not installed"));
    }
    is_there
}

/// Starts oauth2-proxy with the page's file. Returns the trial, whose files have the ports of oauth2-proxy and of a site
/// behind it.
async fn begin() -> Option<(Trial, Program)> {
    let mut trial = Trial::begin("forward-auth", "integrations/oauth2-proxy").await?;
    Operator::of(&trial.server).done(&["user", "update", "alice", "--email-verified", "true"]);
    let site = Site::start(|path| page(&format!("<p id=site>{path}</p>")));
    let port = free_port();
    trial.replace("127.0.0.1:4180", &format!("127.0.0.1:{port}"));
    trial.replace("127.0.0.1:8081", &format!("127.0.0.1:{}", site.port));
    let proxy = oauth2_proxy(&trial, port).await;
    Some((trial, proxy))
}

/// Signs Alice in through the proxy, which asks oauth2-proxy.
async fn sign_in(mut trial: Trial) {
    let inside = format!("{}/inside", trial.application());
    let answer = open(&mut trial.alice, &inside).await;
    assert!(answer.body.contains("<p id=site>/inside</p>"), "{answer:?}");
    let again = trial.alice.get(&inside).await;
    assert_eq!(again.status, 200, "{again:?}");
    let stranger = trial.alice.stranger().get(&inside).await;
    assert!(!stranger.body.contains("id=site"), "{stranger:?}");
}

#[tokio::test]
async fn nginx_lets_a_person_in_after_a_sign_in() {
    if !is_installed("/usr/sbin/nginx", "-v") {
        return;
    }
    let Some((trial, _proxy)) = begin().await else { return };
    let (folder, locations) = (trial.folder.path().display(), trial.file("locations.conf"));
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders = folders.map(|name| format!("{name}_temp_path {folder}/{name};\n")).concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
         {folders}server {{\nlisten 127.0.0.1:{};\ninclude {};\n}}\n}}\n",
        trial.port,
        locations.display()
    );
    let file = trial.folder.path().join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-p").arg(trial.folder.path()).arg("-c").arg(file);
    let _nginx = Program::start(&trial, command).await;
    sign_in(trial).await;
}

#[tokio::test]
async fn caddy_lets_a_person_in_after_a_sign_in() {
    if !is_installed("caddy", "version") {
        return;
    }
    let Some((mut trial, _proxy)) = begin().await else { return };
    let application = trial.application();
    trial.replace(
        "app.example.com {",
        &format!("{{\n    admin off\n    auto_https off\n}}\n{application} {{"),
    );
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(trial.file("Caddyfile"));
    command.env("XDG_DATA_HOME", trial.folder.path()).env("XDG_CONFIG_HOME", trial.folder.path());
    let _caddy = Program::start(&trial, command).await;
    sign_in(trial).await;
}
