//! Apache with mod_auth_openidc.

use std::path::Path;
use std::process::Command;

use reqwest::StatusCode;

use super::program::Program;
use super::trial::Trial;
use super::walk::open;
use crate::support::{Operator, left_out};

const MODULES: &str = "/usr/lib/apache2/modules";

/// What Debian's own configuration does around the page's: modules, a port, a folder with pages, and the user in a header
/// to look at.
fn surroundings(trial: &Trial) -> String {
    let folder = trial.folder.path().display();
    let modules = [
        ("mpm_event", "mpm_event"),
        ("authn_core", "authn_core"),
        ("authz_core", "authz_core"),
        ("authz_user", "authz_user"),
        ("dir", "dir"),
        ("headers", "headers"),
        ("auth_openidc", "auth_openidc"),
    ];
    let load =
        modules.map(|(name, file)| format!("LoadModule {name}_module {MODULES}/mod_{file}.so\n")).concat();
    let port = trial.port;
    format!(
        "{load}ServerName localhost\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\nErrorLog /dev/stderr\n\
         DefaultRuntimeDir {folder}\nUser www-data\nGroup www-data\nDocumentRoot {folder}/pages\n\
         Header always set X-Remote-User \"expr=%{{REMOTE_USER}}\"\nInclude {folder}/openidc.conf\n"
    )
}

async fn apache(trial: &Trial) -> Program {
    trial.file("openidc.conf");
    let folder = trial.folder.path();
    for (path, text) in [
        ("pages/index.html", "<p>inside</p>"),
        ("pages/staff/index.html", "<p>staff</p>"),
        ("pages/goodbye/index.html", "<p>goodbye</p>"),
    ] {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(folder.join("httpd.conf"), surroundings(trial)).unwrap();
    let mut command = Command::new("/usr/sbin/apache2");
    command.arg("-DFOREGROUND").arg("-d").arg(folder).arg("-f").arg(folder.join("httpd.conf"));
    Program::start(trial, command).await
}

#[tokio::test]
async fn mod_auth_openidc_lets_a_person_in_by_name_and_group_and_out_again() {
    if !Path::new(MODULES).join("mod_auth_openidc.so").exists() {
        return left_out("mod_auth_openidc, because it is not installed (libapache2-mod-auth-openidc)");
    }
    let mut trial = Trial::begin_without_libraries("mod_auth_openidc").await;
    Operator::of(&trial.server).done(&["user", "update", "alice", "--group", "staff"]);
    let _apache = apache(&trial).await;
    let application = trial.application();
    let inside = open(&mut trial.alice, &format!("{application}/")).await;
    assert!(inside.body.contains("inside"), "{inside:?}");
    assert_eq!(inside.header("x-remote-user"), "alice");
    let staff = open(&mut trial.alice, &format!("{application}/staff/")).await;
    assert!(staff.body.contains("staff"), "{staff:?}");

    let goodbye =
        url::form_urlencoded::byte_serialize(format!("{application}/goodbye").as_bytes()).collect::<String>();
    let left = open(&mut trial.alice, &format!("{application}/oidc/callback?logout={goodbye}")).await;
    assert!(left.body.contains("goodbye"), "{left:?}");
    assert!(!trial.alice.get("/").await.body.contains("alice"), "she is signed out");
}

#[tokio::test]
async fn mod_auth_openidc_keeps_a_person_out_who_is_not_in_the_group() {
    if !Path::new(MODULES).join("mod_auth_openidc.so").exists() {
        return left_out("mod_auth_openidc, because it is not installed (libapache2-mod-auth-openidc)");
    }
    let mut trial = Trial::begin_without_libraries("mod_auth_openidc").await;
    let _apache = apache(&trial).await;
    let application = trial.application();
    open(&mut trial.alice, &format!("{application}/")).await;
    let refused = open(&mut trial.alice, &format!("{application}/staff/")).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{refused:?}");
}
