//! Reads whole files that an option names, up to a size. The errors never repeat what is in a file.

pub mod pem;
pub mod permissions;

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// A file, and what names it in sentences: an option such as `tls.key`, or "the master key".
#[derive(Clone, Copy, Debug)]
pub struct NamedFile<'a> {
    what: &'a str,
    path: &'a Path,
}

/// Why a file cannot be used: which one, and what is wrong with it.
///
/// The error contains nothing from the file, because the reason is a text of this program or of the operating system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {path} cannot be {why}", path = path.display())]
pub struct FileError {
    what: String,
    path: PathBuf,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Why {
    #[error("read: {text}")]
    System { kind: ErrorKind, text: String },
    #[error("used: it is larger than {0} bytes")]
    TooLarge(u64),
    #[error("used: {0}")]
    Content(&'static str),
    #[error("used: line {0}: {1}")]
    Line(usize, &'static str),
}

impl<'a> NamedFile<'a> {
    pub fn new(what: &'a str, path: &'a Path) -> Self {
        Self { what, path }
    }

    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// The whole file, of at most `largest` bytes. They are overwritten when the value is dropped.
    ///
    /// # Errors
    /// If the file cannot be read or is larger.
    pub fn bytes(&self, largest: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let failed = |error| self.unreadable(&error);
        let file = File::open(self.path).map_err(failed)?;
        // A buffer that grows would leave copies of a secret behind.
        let length = file.metadata().map_err(failed)?.len().min(largest);
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
        file.take(largest + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > largest { Err(self.error(Why::TooLarge(largest))) } else { Ok(bytes) }
    }

    /// The whole file as text in UTF-8, of at most `largest` bytes.
    ///
    /// # Errors
    /// If the file cannot be read, is larger, or is not text.
    pub fn text(&self, largest: u64) -> Result<Zeroizing<String>, FileError> {
        let mut bytes = self.bytes(largest)?;
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(self.wrong("it is not text in UTF-8"))
            }
        }
    }

    /// The error that the content of the file is wrong.
    pub fn wrong(&self, why: &'static str) -> FileError {
        self.error(Why::Content(why))
    }

    /// The error that a line of the file is wrong; the first line is 1.
    pub fn wrong_line(&self, line: usize, why: &'static str) -> FileError {
        self.error(Why::Line(line, why))
    }

    fn unreadable(&self, error: &Error) -> FileError {
        let kind = error.kind();
        // A text of this process could contain anything; those of the system do not.
        let text = if error.raw_os_error().is_some() { error.to_string() } else { kind.to_string() };
        self.error(Why::System { kind, text })
    }

    fn error(&self, why: Why) -> FileError {
        FileError { what: self.what.to_owned(), path: self.path.to_owned(), why }
    }
}

impl FileError {
    /// Whether the file does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self.why, Why::System { kind: ErrorKind::NotFound, .. })
    }

    /// Whether this account may not read the file.
    pub fn is_denied(&self) -> bool {
        matches!(self.why, Why::System { kind: ErrorKind::PermissionDenied, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_largest_size() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let file = NamedFile::new("tls.key", &path);
        assert!(file.bytes(4).unwrap_err().is_missing());
        std::fs::write(&path, "four").unwrap();
        assert_eq!(file.text(4).unwrap().as_str(), "four");
        let sentence = |error: FileError| error.to_string().replace(path.to_str().unwrap(), "PATH");
        assert_eq!(
            sentence(file.text(3).unwrap_err()),
            "tls.key PATH cannot be used: it is larger than 3 bytes"
        );
        std::fs::write(&path, b"a\xff").unwrap();
        assert_eq!(
            sentence(file.text(4).unwrap_err()),
            "tls.key PATH cannot be used: it is not text in UTF-8"
        );
        assert_eq!(sentence(file.wrong_line(2, "why")), "tls.key PATH cannot be used: line 2: why");
        let folder = NamedFile::new("tls.key", directory.path());
        assert!(folder.bytes(4).unwrap_err().to_string().contains("cannot be read: Is a directory"));
    }
}
