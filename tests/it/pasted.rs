//! The shell blocks of README.md and docs/start.md, as a person pastes them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::support::process::free_port;

/// The shell blocks of a section of README.md, or of all of it.
fn blocks(section: &str) -> Vec<String> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let section = text.split(section).nth(1).expect("the section").split("\n## ").next().unwrap();
    let blocks = section.split("\n```sh\n").skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// A folder as after `git clone` and the build: `cargo` has nothing to do, and `grantor` is in the path.
struct Terminal {
    folder: tempfile::TempDir,
    port: u16,
}

impl Terminal {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("target/release");
        fs::create_dir_all(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_grantor"), bin.join("grantor")).unwrap();
        fs::write(bin.join("cargo"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(bin.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, port: free_port() }
    }

    fn shell(&self, script: &str) -> Command {
        let script = script.replace("127.0.0.1:8080", &format!("127.0.0.1:{}", self.port));
        let mut command = Command::new("bash");
        command
            .args(["-e", "-o", "pipefail", "-c", &script])
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        let release = self.folder.path().join("target/release");
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", release.display()));
        command.env("GRANTOR_LISTEN", format!("127.0.0.1:{}", self.port)).env("GRANTOR_LOG__FORMAT", "json");
        command.env("GRANTOR_PASSWORDS__MEMORY_KIB", "64").env("GRANTOR_PASSWORDS__ITERATIONS", "1");
        command
    }

    fn paste(&self, script: &str) -> Output {
        let output = self.shell(script).output().unwrap();
        assert!(output.status.success(), "{script}\n{output:?}");
        output
    }

    /// Starts the server that the last line of a block runs.
    fn serve(&self, line: &str) -> Child {
        let mut child = self.shell(&format!("exec {line}")).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        while !log.contains("listens on") {
            assert_ne!(std::io::BufRead::read_line(&mut lines, &mut log).unwrap(), 0, "{log}");
        }
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        child
    }
}

#[test]
fn what_use_it_says_works_line_by_line_as_pasted() {
    let blocks = blocks("\n## Use it\n");
    let [first, second] = blocks.as_slice() else { panic!("two blocks: {blocks:?}") };
    let terminal = Terminal::open();
    let (lines, serve) = first.rsplit_once('\n').unwrap();
    assert!(serve.starts_with("grantor serve"), "{serve}");
    let printed = String::from_utf8(terminal.paste(lines).stdout).unwrap();
    assert!(
        printed.contains("password, shown only now") && printed.contains("client_secret, shown"),
        "{printed}"
    );
    let mut server = terminal.serve(serve);
    let answer = String::from_utf8(terminal.paste(second).stdout).unwrap();
    assert!(answer.contains("\"access_token\""), "{answer}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn every_command_that_the_pages_for_newcomers_name_exists() {
    for page in ["README.md", "docs/start.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        for block in text.split("```").skip(1).step_by(2) {
            for line in block.lines().filter(|line| line.contains("grantor ")) {
                let Some(at) =
                    line.find("grantor ").filter(|_| !line.contains("│") && !line.contains("User="))
                else {
                    continue;
                };
                // `sudo -u grantor grantor init` names the account first; options end the name of the command.
                let words = line[at..].split_whitespace().skip(1).filter(|word| *word != "grantor");
                let is_name = |word: &&str| {
                    word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !word.starts_with('-')
                };
                let command: Vec<&str> = words.take_while(is_name).take(2).collect();
                if command.is_empty() {
                    continue;
                }
                let help = [command.as_slice(), &["--help"]].concat();
                let output = Command::new(env!("CARGO_BIN_EXE_grantor")).args(&help).output().unwrap();
                assert!(output.status.success(), "{page}: {line}: {output:?}");
            }
        }
    }
}
