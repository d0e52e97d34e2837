//! The server warns of files that every account of the machine may read, and refuses files that every account may change.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use grantor::store::db::Engine;
use serde_json::Value;

use crate::support::CommandLine;
use crate::support::database::engine;
use crate::support::operator::{complaints, refusal};
use crate::support::process::ends;
use crate::support::tls;

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A cli whose server has run once, in a folder that others may enter.
async fn cli_in_an_open_folder() -> CommandLine {
    let cli = CommandLine::new().await;
    assert!(cli.serve(&[]).stop().0);
    set(&cli.directory(), 0o755);
    // On PostgreSQL it has a password in it.
    set(&cli.config, 0o600);
    cli
}

/// What `config check` finds: its exit code, and each severity with its sentence.
fn checked(cli: &CommandLine, environment: &[(&str, &str)]) -> (Option<i32>, Vec<(String, String)>) {
    let mut command = cli.command(&["config", "check", "--json"]);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings =
        findings.iter().map(|finding| (text(finding, "severity"), text(finding, "finding"))).collect();
    (output.status.code(), findings)
}

/// The warnings in the log of a server that starts.
fn warnings(cli: &CommandLine, environment: &[(&str, &str)]) -> Vec<String> {
    let (clean, log) = cli.serve(environment).stop();
    assert!(clean, "{log}");
    let warnings = log.lines().filter(|line| line.contains("\"WARN\"") && line.contains("every account"));
    warnings.map(str::to_owned).collect()
}

/// Checks one file: at 0600 nothing, at 0644 a warning, at 0646 a refusal.
#[track_caller]
fn is_looked_at(cli: &CommandLine, file: &Path, environment: &[(&str, &str)]) {
    for harmless in [0o600, 0o660] {
        set(file, harmless);
        assert_eq!(checked(cli, environment), (Some(0), Vec::new()), "{}", file.display());
    }
    let path = file.display().to_string();
    set(file, 0o644);
    let (code, findings) = checked(cli, environment);
    let [(severity, finding)] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((code, severity.as_str()), (Some(0), "warning"), "{finding}");
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(finding.contains(name) && finding.contains("can be read by every account"), "{finding}");
    let warnings = warnings(cli, environment);
    assert!(warnings.iter().all(|warning| warning.contains(name)) && !warnings.is_empty(), "{warnings:?}");

    set(file, 0o646);
    let (code, findings) = checked(cli, environment);
    let [(severity, finding)] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((code, severity.as_str()), (Some(1), "mistake"), "{finding}");
    assert!(
        finding.contains("can be changed by every account") && finding.contains("chmod o= "),
        "{finding}"
    );
    let mut command = cli.command(&["serve"]);
    let (code, text) = ends({
        command.env("GRANTOR_LISTEN", "127.0.0.1:0").envs(environment.iter().copied());
        command
    });
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(complaints(&text), [format!("grantor: {finding}")], "{path}");
    set(file, 0o600);
}

#[tokio::test]
async fn every_file_with_a_secret_is_looked_at() {
    let cli = cli_in_an_open_folder().await;
    let in_folder = |name: &str| cli.directory().join(name);
    is_looked_at(&cli, &in_folder("grantor.key"), &[]);
    tls::certificate(&cli.directory());
    is_looked_at(&cli, &in_folder("key.pem"), &tls::ENVIRONMENT);
    let key = std::fs::read_to_string(in_folder("grantor.key")).unwrap();
    cli.configure(&format!("[keys]\nmaster_key = \"{}\"\n", key.trim()));
    is_looked_at(&cli, &cli.config, &[]);
    if engine() == Engine::Sqlite {
        let database: Vec<PathBuf> = std::fs::read_dir(cli.directory())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
            .collect();
        let [database] = database.as_slice() else { panic!("{database:?}") };
        is_looked_at(&cli, database, &[]);
    }
}

#[tokio::test]
async fn files_without_secrets_may_be_read_but_not_changed() {
    let cli = cli_in_an_open_folder().await;
    tls::certificate(&cli.directory());
    let ca = cli.directory().join("cert.pem");
    let environment = [("GRANTOR_FETCH__CA_FILE", "cert.pem")];
    set(&ca, 0o644);
    assert_eq!(checked(&cli, &environment), (Some(0), Vec::new()));
    assert!(warnings(&cli, &environment).is_empty());
    set(&ca, 0o666);
    let (code, findings) = checked(&cli, &environment);
    assert_eq!((code, findings.len()), (Some(1), 1), "{findings:?}");
    assert!(
        findings[0].1.starts_with("fetch.ca_file cert.pem can be changed by every account"),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_folder_that_others_cannot_enter_protects_its_files() {
    let cli = cli_in_an_open_folder().await;
    let key = cli.directory().join("grantor.key");
    set(&key, 0o666);
    set(&cli.directory(), 0o750);
    assert_eq!(checked(&cli, &[]), (Some(0), Vec::new()));
    assert!(warnings(&cli, &[]).is_empty());
}

#[tokio::test]
async fn secrets_are_accepted_as_kubernetes_and_systemd_mount_them() {
    let cli = cli_in_an_open_folder().await;
    let key = std::fs::read_to_string(cli.directory().join("grantor.key")).unwrap();
    // Kubernetes: files of mode 0644 in a dated folder, and links to them.
    let mount = cli.directory().join("mount");
    let dated = mount.join("..2026_11_28_19_00_00.123456789");
    std::fs::create_dir_all(&dated).unwrap();
    std::fs::write(dated.join("master"), &key).unwrap();
    symlink(dated.file_name().unwrap(), mount.join("..data")).unwrap();
    symlink("..data/master", mount.join("master")).unwrap();
    set(&mount, 0o1777);
    set(&dated, 0o755);
    set(&dated.join("master"), 0o644);
    let link = mount.join("master").display().to_string();
    // systemd: LoadCredential= makes files of mode 0400 in a folder of mode 0500.
    let credentials = cli.directory().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("master"), &key).unwrap();
    set(&credentials.join("master"), 0o400);
    set(&credentials, 0o500);
    let credential = credentials.join("master").display().to_string();
    for path in [link, credential] {
        let environment = [("GRANTOR_KEYS__MASTER_KEY_FILE", path.as_str())];
        assert_eq!(checked(&cli, &environment), (Some(0), Vec::new()), "{path}");
        assert!(warnings(&cli, &environment).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_backup_and_a_file_with_a_secret_are_looked_at() {
    let cli = cli_in_an_open_folder().await;
    cli.client_done("web", "service", &["--scope", "openid"]);
    let secret = cli.directory().join("secret");
    std::fs::write(&secret, "a secret from a file\n").unwrap();
    let mut files = vec![(secret, vec!["client", "add-secret", "web", "--secret-file", "secret"])];
    if engine() == Engine::Sqlite {
        cli.done(&["backup", "copy.db", "--with-master-key"]);
        for name in ["copy.db", "copy.db.key"] {
            let path = cli.directory().join(name);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            files.push((path, vec!["restore", "copy.db", "--with-master-key", "--yes"]));
        }
        let copy = vec!["copy", "--from", "sqlite:copy.db", "--to", "sqlite:copied.db"];
        files.push((cli.directory().join("copy.db"), copy));
    }
    for (file, command) in files {
        if command[0] == "restore" {
            // So that a restore needs the key of the backup.
            std::fs::write(cli.directory().join("grantor.key"), "A".repeat(43)).unwrap();
        }
        set(&file, 0o646);
        let refused = refusal(&command, &cli.run(&command));
        assert!(refused.contains("can be changed by every account of this machine; chmod o= "), "{refused}");
        set(&file, 0o644);
        let output = cli.run(&command);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {stderr}");
        let warning = stderr.lines().find(|line| line.starts_with("grantor: warning: "));
        assert!(warning.is_some_and(|line| line.contains("can be read by every account")), "{stderr}");
        set(&file, 0o600);
        // Two restores in one second would put files aside under the same name.
        for entry in std::fs::read_dir(cli.directory()).unwrap() {
            let path = entry.unwrap().path();
            if path.display().to_string().contains(".before-") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}
