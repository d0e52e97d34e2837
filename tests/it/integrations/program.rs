//! A program of an application, until the test ends.

use std::fs::File;
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::trial::Trial;

/// How long a program may take until it accepts connections.
const START: Duration = Duration::from_secs(120);

pub(super) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program in the folder of a trial, and waits until it accepts connections at the trial's port.
    pub(super) async fn start(trial: &Trial, command: Command) -> Self {
        Self::start_at(trial, trial.port, command).await
    }

    /// Starts a program in the same way that has another port.
    pub(super) async fn start_at(trial: &Trial, port: u16, mut command: Command) -> Self {
        let log = trial.folder.path().join(format!("log-{port}"));
        let file = File::create(&log).expect("a file");
        // A group of its own, so that its processes end with it: Apache's workers outlive a killed Apache.
        command.process_group(0).current_dir(trial.folder.path()).stdin(Stdio::null());
        command.stdout(file.try_clone().expect("a file")).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut program = Self { child, log };
        let began = Instant::now();
        while TcpStream::connect(("localhost", port)).is_err() {
            let ended = program.child.try_wait().expect("a child");
            assert!(ended.is_none() && began.elapsed() < START, "it does not start: {}", program.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        program
    }

    /// What the program has printed.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the program said: {}", self.said());
        }
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}
