//! A person with a text browser (lynx): signs in, allows, and arrives.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::site::{Site, page};
use crate::support::{TestServer, left_out};

/// What the person types, as lynx reads it from a file: one key on each line.
fn script(steps: &[&str]) -> String {
    let mut script = String::new();
    for step in steps {
        match *step {
            "Down Arrow" | "^J" | "Q" | "y" => _ = writeln!(script, "key {step}"),
            text => text.chars().for_each(|key| match key {
                ' ' => script.push_str("key <space>\n"),
                key => _ = writeln!(script, "key {key}"),
            }),
        }
    }
    script
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_a_text_browser_signs_in_allows_and_arrives() {
    if Command::new("lynx").arg("-version").stdout(Stdio::null()).status().is_err() {
        left_out("the text browser, because lynx is not installed (Debian: lynx)");
        return;
    }
    let server = TestServer::start().await;
    server.user("alice").await;
    let site = Site::start(|_| page("<p>Here you are</p>"));
    let uri = format!("http://localhost:{}/callback", site.port);
    let web = server.register(Registration::web("web").redirect_uri(&uri)).await;
    // From field to field and link to link: the sign-in page begins with the link of its header, then come the two fields, the
    // checkbox and the button. The consent page begins with the same link, then come the account's link and the button.
    let (next, enter) = ("Down Arrow", "^J");
    let sign_in = [next, "alice", next, PASSWORD, next, next, enter];
    let allow = [next, next, enter];
    let keys = server.database.directory.path().join("keys");
    std::fs::write(&keys, script(&[&sign_in[..], &allow, &["Q", "y"]].concat())).expect("a file");
    let url = web.url_with(&[("ui_locales", "en")]);
    let mut lynx = Command::new("timeout");
    lynx.args(["60", "lynx", "-accept_all_cookies", "-nopause"])
        .arg(format!("-cmd_script={}", keys.display()));
    lynx.arg(&url).env("TERM", "vt100").env("HOME", server.database.directory.path()).stdin(Stdio::null());
    let screen = tokio::task::spawn_blocking(move || lynx.output()).await.expect("a thread").expect("lynx");
    let heads = site.heads();
    let arrived = heads.iter().any(|head| head.starts_with("get /callback?code=gac_"));
    assert!(arrived, "{heads:?}: {}", String::from_utf8_lossy(&screen.stdout));
}
