//! The demo, started as a newcomer would, on free ports.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::process::{free_port, grantor};

pub(crate) struct Demo {
    /// The address of the demo application.
    pub(crate) application: String,
    pub(crate) username: String,
    pub(crate) password: String,
    child: Child,
}

impl Demo {
    /// Starts the demo and reads what it prints.
    pub(crate) fn start() -> Self {
        Self::start_at("--listen", "127.0.0.1")
    }

    /// Starts the demo as in a network in which this machine has an address.
    pub(crate) fn start_in_lan(address: &str) -> Self {
        Self::start_at("--lan", address)
    }

    fn start_at(option: &str, address: &str) -> Self {
        let ports = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let listen =
            if option == "--lan" { format!("--lan={address}") } else { format!("--listen={}", ports[0]) };
        let arguments = ["demo", &listen, "--app-listen", &ports[1]];
        let mut child =
            grantor(Path::new("."), &arguments).stdout(Stdio::piped()).spawn().expect("the binary");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut value = |label: &str| {
            let line = lines.find_map(|line| line.ok().filter(|line| line.trim_start().starts_with(label)));
            let line = line.unwrap_or_else(|| panic!("a line with {label}"));
            line.trim_start().trim_start_matches(label).trim().to_owned()
        };
        let (application, username, password) = (value("Open"), value("Username"), value("Password"));
        std::thread::spawn(move || lines.for_each(drop));
        Self { application, username, password, child }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It is asked to stop rather than killed, so that it deletes its temporary directory.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
