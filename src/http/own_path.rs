//! Which paths are of this server's pages, and names as their segments.

use percent_encoding::AsciiSet;

/// Whether `path`, with or without a query, is an address below `mount` and stays there: no other host, and no segment that
/// leads out of it. `mount` is the path of the public URL without a slash at its end.
pub fn is_below(mount: &str, path: &str) -> bool {
    let is_plain = path.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\');
    let Some(rest) = path.strip_prefix(mount).filter(|_| is_plain) else { return false };
    let (segments, _) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
    // A second slash at the beginning would name a host.
    let is_within = if mount.is_empty() {
        segments.starts_with('/') && !segments.starts_with("//")
    } else {
        segments.is_empty() || segments.starts_with('/')
    };
    // Browsers read %2e as a dot.
    let is_dots =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    is_within && !segments.split('/').any(is_dots)
}

/// What is encoded in a segment of a path: everything but unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns an id as a segment of a path.
pub fn segment(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_the_mount_path_and_stays_there() {
        for (mount, path) in [
            ("", "/"),
            ("", "/sign-in?flow=a%2Fb"),
            ("", "/device?next=//a"),
            ("/id", "/id"),
            ("/id", "/id/"),
            ("/id", "/id?a"),
            ("/id", "/id//device"),
        ] {
            assert!(is_below(mount, path), "{mount} {path}");
        }
        for (mount, path) in [
            ("", ""),
            ("", "//evil.example"),
            ("", "/\\evil.example"),
            ("", "https://evil.example"),
            ("", "/a b"),
            ("", "/a\r\nb"),
            ("", "/\u{e4}"),
            ("", "/a/../b"),
            ("/id", "/"),
            ("/id", "/identity"),
            ("/id", "/other"),
            ("/id", "/id/../other"),
            ("/id", "/id/%2E%2e/other"),
            ("/id", "/id/.%2e"),
        ] {
            assert!(!is_below(mount, path), "{mount} {path}");
        }
    }
}
