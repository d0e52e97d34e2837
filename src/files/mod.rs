//! Reads whole files that an option names, up to a size. The errors never repeat what is in a file.

pub mod owner;
pub mod pem;
pub mod permissions;
pub mod picture;

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use self::owner::OwnedBy;

/// U+FEFF in UTF-8, which editors and shells of Windows write before a text. It is not a part of the text (RFC 3629 §6).
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The bytes without a byte order mark at their beginning.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// What is wrong with bytes that are not text in UTF-8.
pub fn not_utf8(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            "it is text in UTF-16, as PowerShell writes it with >, and must be in UTF-8"
        }
        _ => "it is not text in UTF-8",
    }
}

/// A file, and what names it in sentences: an option such as `tls.key`, or "the master key".
#[derive(Clone, Copy, Debug)]
pub struct NamedFile<'a> {
    what: &'a str,
    path: &'a Path,
    owned_by: OwnedBy,
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
    #[error("used: line {line}: {option}: {why}")]
    Option { line: usize, option: String, why: &'static str },
}

impl<'a> NamedFile<'a> {
    pub fn new(what: &'a str, path: &'a Path) -> Self {
        Self { what, path, owned_by: OwnedBy::Others }
    }

    /// The same file, as one that Grantor itself makes: the configuration, the master key.
    pub fn of_grantor(self) -> Self {
        Self { owned_by: OwnedBy::Grantor, ..self }
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

    /// The whole file as text in UTF-8, of at most `largest` bytes, without a byte order mark before it.
    ///
    /// # Errors
    /// If the file cannot be read, is larger, or is not text.
    pub fn text(&self, largest: u64) -> Result<Zeroizing<String>, FileError> {
        let with_mark = largest.saturating_add(BYTE_ORDER_MARK.len() as u64);
        let bytes = self.bytes(with_mark).map_err(|error| match error.why {
            Why::TooLarge(_) => self.error(Why::TooLarge(largest)),
            _ => error,
        })?;
        let content = without_mark(&bytes);
        if content.len() as u64 > largest {
            return Err(self.error(Why::TooLarge(largest)));
        }
        match str::from_utf8(content) {
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err(self.wrong(not_utf8(content))),
        }
    }

    /// Checks that the path is a folder whose content can be listed.
    ///
    /// # Errors
    /// If it is not.
    pub fn folder(&self) -> Result<(), FileError> {
        let failed = |error| self.unreadable(&error);
        if !std::fs::metadata(self.path).map_err(failed)?.is_dir() {
            return Err(self.wrong("it is not a folder"));
        }
        std::fs::read_dir(self.path).map(drop).map_err(failed)
    }

    /// The error that the content of the file is wrong.
    pub fn wrong(&self, why: &'static str) -> FileError {
        self.error(Why::Content(why))
    }

    /// The error that a line of the file is wrong; the first line is 1.
    pub fn wrong_line(&self, line: usize, why: &'static str) -> FileError {
        self.error(Why::Line(line, why))
    }

    /// The error that the value of an option on a line of the file is wrong. `option` is a name that this program knows, and
    /// not any text of the file.
    pub fn wrong_option(&self, line: usize, option: &str, why: &'static str) -> FileError {
        self.error(Why::Option { line, option: option.to_owned(), why })
    }

    fn unreadable(&self, error: &Error) -> FileError {
        let kind = error.kind();
        // A text of this process could contain anything; those of the system do not.
        let mut text = if error.raw_os_error().is_some() { error.to_string() } else { kind.to_string() };
        if kind == ErrorKind::PermissionDenied
            && let Some(hint) = owner::hint(self.owned_by, [self.path])
        {
            text = format!("{text}; {hint}");
        }
        self.error(Why::System { kind, text })
    }

    fn error(&self, why: Why) -> FileError {
        FileError { what: self.what.to_owned(), path: self.path.to_owned(), why }
    }
}

impl FileError {
    /// Whether the error is about this file, as named in sentences.
    pub fn is_about(&self, file: &NamedFile<'_>) -> bool {
        self.what == file.what
    }

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
        std::fs::write(&path, "\u{feff}four").unwrap();
        assert_eq!(file.text(4).unwrap().as_str(), "four", "the byte order mark is not a part of the text");
        assert!(file.text(3).is_err());
        std::fs::write(&path, b"\xff\xfef\0").unwrap();
        assert!(file.text(4).unwrap_err().to_string().contains("it is text in UTF-16"));
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
