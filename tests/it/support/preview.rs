//! `grantor theme preview` in its own process, on a free port.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use grantor::face::preview;

use super::process::grantor;

pub(crate) struct ThemePreview {
    pub(crate) url: String,
    child: Child,
}

impl ThemePreview {
    /// Starts the preview in a folder, and reads its address.
    pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["theme", "preview"][..], arguments].concat();
        let mut child = grantor(directory, &arguments).stdout(Stdio::piped()).spawn().expect("the binary");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let line = lines.next().expect("a line").expect("text");
        let at = line.find("http://").unwrap_or_else(|| panic!("an address: {line}"));
        std::thread::spawn(move || lines.for_each(drop));
        Self { url: line[at..].trim_end_matches('/').to_owned(), child }
    }

    /// The address of a page by itself, such as `sign_in/plain`.
    pub(crate) fn page(&self, state: &str, scheme: &str, lang: &str) -> String {
        format!("{}/{scheme}/{state}?lang={lang}", self.url)
    }
}

/// The names of all pages and states, such as `sign_in/plain`.
pub(crate) fn states() -> Vec<String> {
    preview::all("").into_iter().map(|state| format!("{}/{}", state.page, state.name)).collect()
}

impl Drop for ThemePreview {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
