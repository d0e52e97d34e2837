//! The real binary: commands, and a server in its own process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A command in `directory`, without any environment variable that could configure it.
pub(crate) fn grantor(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantor"));
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("GRANTOR_") || name.starts_with("OTEL_"))
    {
        command.env_remove(name);
    }
    if arguments.first() == Some(&"serve") {
        // The default port may belong to another test.
        command.env("GRANTOR_LISTEN", "127.0.0.1:0");
        // Most tests count the users.
        command.env("GRANTOR_ADMIN__SETUP_LINK", "false");
    }
    command
        .args(arguments)
        .current_dir(directory)
        .env("GRANTOR_KEYS__ALGORITHMS", "ES256 EdDSA")
        .env("GRANTOR_PASSWORDS__MEMORY_KIB", "64")
        .env("GRANTOR_PASSWORDS__ITERATIONS", "1");
    command
}

/// Runs a command to its end.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    grantor(directory, arguments).stdin(Stdio::null()).output().expect("the binary")
}

/// The same command as a terminal starts it: a background process would inherit that it ignores Ctrl-C.
pub(crate) fn as_in_a_terminal(command: &Command) -> Command {
    begun_by(&["env", "--default-signal=INT"], command)
}

/// The same command through a wrapper that becomes it.
fn begun_by(way: &[&str], command: &Command) -> Command {
    let mut begun = Command::new(way[0]);
    begun.args(&way[1..]).arg(command.get_program()).args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        begun.current_dir(directory);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => begun.env(name, value),
            None => begun.env_remove(name),
        };
    }
    begun
}

fn serve(directory: &Path, config: &Path) -> Command {
    grantor(directory, &["serve", "--config", config.to_str().expect("text")])
}

/// A server process; it ends with this value.
pub(crate) struct ServerProcess {
    pub(crate) child: Child,
    pub(crate) url: String,
    log: Option<std::thread::JoinHandle<String>>,
}

impl ServerProcess {
    /// Starts `grantor serve` on a free port and waits for the line that says that it listens.
    ///
    /// The environment overrides only the port and the log of the configuration file.
    pub(crate) fn start(directory: &Path, config: &Path, environment: &[(&str, &str)]) -> Self {
        Self::begin(serve(directory, config), &format!("127.0.0.1:{}", free_port()), environment)
    }

    /// Starts `grantor serve` at a fixed address.
    pub(crate) fn start_at(directory: &Path, config: &Path, listen: &str) -> Self {
        Self::begin(serve(directory, config), listen, &[])
    }

    /// Starts `grantor serve` with SIGXFSZ ignored: a write beyond the file size limit then fails like on a full disk,
    /// instead of ending the process.
    pub(crate) fn start_with_limits(directory: &Path, config: &Path, environment: &[(&str, &str)]) -> Self {
        let ignoring = ["bash", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
        let command = begun_by(&ignoring, &serve(directory, config));
        Self::begin(command, &format!("127.0.0.1:{}", free_port()), environment)
    }

    /// Starts `grantor serve` with limits of open descriptors: the soft one, which a process may raise, and the hard one.
    pub(crate) fn start_with_descriptors(directory: &Path, config: &Path, soft: u64, hard: u64) -> Self {
        let limited = format!("ulimit -S -n {soft}; ulimit -H -n {hard}; exec \"$0\" \"$@\"");
        let command = begun_by(&["bash", "-c", &limited], &serve(directory, config));
        Self::begin(command, &format!("127.0.0.1:{}", free_port()), &[])
    }

    fn begin(mut command: Command, listen: &str, environment: &[(&str, &str)]) -> Self {
        command.env("GRANTOR_LISTEN", listen).env("GRANTOR_LOG__FORMAT", "json");
        command.envs(environment.iter().copied());
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut log = String::new();
        while !log.contains("listens on") {
            let read = lines.read_line(&mut log).expect("text");
            assert_ne!(read, 0, "the server ended: {log}");
        }
        let log = std::thread::spawn(move || {
            let _ = std::io::Read::read_to_string(&mut lines, &mut log);
            log
        });
        Self { child, url: format!("http://{listen}"), log: Some(log) }
    }

    /// Asks the process to stop, as a service manager does.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Asks the process to stop, and waits for its end. Returns whether it ended cleanly, and its log.
    pub(crate) fn stop(self) -> (bool, String) {
        self.terminate();
        self.finish()
    }

    pub(crate) fn signal(&self, name: &str) {
        let arguments = [format!("-{name}"), self.child.id().to_string()];
        assert!(Command::new("kill").args(arguments).status().expect("kill").success());
    }

    /// Waits for the end. Returns whether the process ended cleanly, and its log.
    pub(crate) fn finish(mut self) -> (bool, String) {
        let status = self.child.wait().expect("an end");
        let log = self.log.take().expect("it ends once");
        (status.success(), log.join().expect("the log"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    // Below the range of ports that the system assigns by itself, so that no other process takes it in between.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let offset = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 12_000 + u16::try_from(offset % 20_000).expect("a small number");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Runs a command that must end by itself. Returns its exit code and its standard error.
pub(crate) fn ends(mut command: Command) -> (Option<i32>, String) {
    command.stdin(Stdio::null());
    ends_by_itself(command)
}

/// The same, with the standard input that the command has.
pub(crate) fn ends_by_itself(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary");
    let mut stderr = child.stderr.take().expect("a pipe");
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(&mut stderr, &mut text);
        let _ = said.send(text);
    });
    let text = heard.recv_timeout(std::time::Duration::from_secs(60));
    if text.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().expect("an end");
    (status.code(), text.expect("the process ends by itself"))
}

/// Runs a command that must end by itself, with this standard input. Returns everything that it prints.
pub(crate) fn said(mut command: Command, input: &[u8]) -> Vec<u8> {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut stdin = tempfile::tempfile().expect("a file");
    std::io::Write::write_all(&mut stdin, input).expect("a file");
    std::io::Seek::rewind(&mut stdin).expect("a file");
    command.stdin(stdin).stdout(writer.try_clone().expect("a pipe")).stderr(writer);
    let mut child = command.spawn().expect("the binary");
    // The command holds the ends of the pipe for writing, too.
    drop(command);
    let (end, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = std::io::Read::read_to_end(&mut reader, &mut said);
        let _ = end.send(said);
    });
    let said = ended.recv_timeout(std::time::Duration::from_secs(60));
    if said.is_err() {
        let _ = child.kill();
    }
    child.wait().expect("an end");
    said.expect("the process ends by itself")
}
