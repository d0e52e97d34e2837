//! Whether two web addresses are the same after the normalization of RFC 3986 §6.2.2 and §6.2.3, as DPoP compares them (RFC
//! 9449 §4.3).

use std::borrow::Cow;

/// Whether an address that a client sent is the same as one of this server. Query and fragment do not count. The case of
/// scheme and host, a default port, dot segments, and the encoding of unreserved characters make no difference; every other
/// character does, also the case of the path.
pub fn is_same(sent: &str, own: &str) -> bool {
    sent == own || normal(sent).is_some_and(|sent| normal(own) == Some(sent))
}

/// The normal form of an absolute web address without its query and fragment. `None` if it is not one, or has a user name.
fn normal(uri: &str) -> Option<String> {
    let uri = uri.split(['?', '#']).next()?;
    let (scheme, rest) = uri.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = host_and_port(authority)?;
    let host = decoded(host)?.to_ascii_lowercase();
    if host.is_empty() || host.contains('@') {
        return None;
    }
    let port = if port == default_port { "" } else { port };
    let path = without_dots(&decoded(path)?);
    let colon = if port.is_empty() { "" } else { ":" };
    Some(format!("{scheme}://{host}{colon}{port}{path}"))
}

/// The host, which may be an IPv6 address in brackets, and the port; empty if there is no port.
fn host_and_port(authority: &str) -> Option<(&str, &str)> {
    let end_of_host = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(end_of_host..)?.find(':') {
        Some(at) => (authority.get(..end_of_host + at)?, authority.get(end_of_host + at + 1..)?),
        None => (authority, ""),
    };
    port.bytes().all(|byte| byte.is_ascii_digit()).then_some((host, port))
}

/// The text with unreserved characters decoded, and all other encoded bytes in upper case (RFC 3986 §6.2.2.1 and §6.2.2.2).
/// `None` if a character cannot be in an address.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !br#""<>\^`{|}"#.contains(&byte)) {
        return None;
    }
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut parts = text.split('%');
    let mut normal = parts.next()?.to_owned();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        let byte = u8::from_str_radix(digits, 16).ok()?;
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => normal.push(char::from(byte)),
            false => {
                normal.push('%');
                normal.push_str(&digits.to_ascii_uppercase());
            }
        }
        normal.push_str(&part[2..]);
    }
    Some(normal.into())
}

/// The path without dot segments (RFC 3986 §5.2.4). An empty path is `/` (§6.2.3).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (n, segment) in segments.iter().enumerate() {
        let is_last = n + 1 == segments.len();
        match *segment {
            "." if is_last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_compared_in_their_normal_form() {
        let own = "https://server.example.com/id/to~ken";
        for same in [
            own,
            "HTTPS://Server.EXAMPLE.com/id/to~ken",
            "https://server.example.com:443/id/to~ken",
            "https://server.example.com:/id/to~ken",
            "https://server.example.com/id/to~ken?a=b",
            "https://server.example.com/id/to~ken#a",
            "https://server.example.com/id/to~ken?#",
            "https://server.example.com/./id/x/../to~ken",
            "https://server.example.com/../id/to~ken",
            "https://server.example.com/%2E/id/to~ken",
            "https://server.example.com/id/to%7Eken",
            "https://server.example.com/id/to%7eken",
            "https://server.example.com/%69d/to~ken",
            "https://s%65rver.example.com/id/to~ken",
        ] {
            assert!(is_same(same, own), "{same}");
        }
        for other in [
            "",
            "/id/to~ken",
            "server.example.com/id/to~ken",
            "http://server.example.com/id/to~ken",
            "ftp://server.example.com/id/to~ken",
            "https://server.example.com/id/To~ken",
            "https://server.example.com/ID/to~ken",
            "https://server.example.com/id/to~ken/",
            "https://server.example.com//id/to~ken",
            "https://server.example.com/id//to~ken",
            "https://server.example.com/id%2Fto~ken",
            "https://server.example.com/id/to~ken%00",
            "https://server.example.com/id/to~ken%3Fa",
            "https://server.example.com/id/to~ken%",
            "https://server.example.com/id/to~ken%7",
            "https://server.example.com/id/to~ken%7g",
            "https://server.example.com/id/to~ken%+7",
            "https://server.example.com/id/to~ken ",
            " https://server.example.com/id/to~ken",
            "https://server.example.com/id\\to~ken",
            "https://server.example.com/id/to~ken\n",
            "https://server.example.com:80/id/to~ken",
            "https://server.example.com:0/id/to~ken",
            "https://server.example.com:0443/id/to~ken",
            "https://server.example.com:8443/id/to~ken",
            "https://server.example.com:443x/id/to~ken",
            "https://server.example.com.:443/id/to~ken",
            "https://server.example.com./id/to~ken",
            "https://other.example.com/id/to~ken",
            "https://server.example.com@evil.example/id/to~ken",
            "https://user@server.example.com/id/to~ken",
            "https://server%40server.example.com/id/to~ken",
            "https:///id/to~ken",
            "https://server.example.com\u{ff0f}id/to~ken",
            "https://s\u{435}rver.example.com/id/to~ken",
            "https://server.example.com",
            "https://server.example.com/id/to~ken/../..",
        ] {
            assert!(!is_same(other, own), "{other}");
        }
    }

    #[test]
    fn an_address_without_a_path_and_one_of_ipv6_have_a_normal_form() {
        for (sent, own) in [
            ("http://localhost:80", "http://localhost/"),
            ("http://[::1]:80/token", "http://[::1]/token"),
            ("http://[FE80::A]:8080/token", "http://[fe80::a]:8080/token"),
            ("https://a.example/x/..", "https://a.example/"),
            ("https://a.example/x/.", "https://a.example/x/"),
            ("https://a.example/%e4", "https://a.example/%E4"),
        ] {
            assert!(is_same(sent, own), "{sent}");
        }
        assert!(!is_same("http://[::1/token", "http://[::1]/token"));
        assert!(!is_same("http://::1/token", "http://[::1]/token"));
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own_normal_form(uri in "https?://[a-z.A-Z%0-9]{1,8}(:[0-9]{0,5})?(/[a-z.%~0-9A-F]{0,4}){0,5}") {
            if let Some(normal_form) = normal(&uri) {
                prop_assert_eq!(normal(&normal_form), Some(normal_form.clone()), "{}", uri);
                prop_assert!(is_same(&uri, &normal_form));
            }
        }

        #[test]
        fn what_makes_no_difference_is_ignored_and_one_changed_character_is_not(
            path in "(/[a-z]{1,5}){1,4}",
            (up, at, query) in (any::<bool>(), 0_usize..40, "[?#][ -~]{0,9}"),
        ) {
            let own = format!("https://id.example{path}");
            let host = if up { "ID.Example:443" } else { "id.example" };
            let encoded: String = path.bytes().map(|byte| match byte {
                b'/' => "/".to_owned(),
                byte if up => format!("%{byte:02x}"),
                byte => char::from(byte).to_string(),
            }).collect();
            let same = format!("https://{host}/./x/..{encoded}{query}");
            prop_assert!(is_same(&same, &own), "{}", same);
            let mut other = path.into_bytes();
            let at = at % other.len();
            other[at] = if other[at] == b'/' { b'a' } else { other[at].to_ascii_uppercase() };
            let other = format!("https://id.example/{}", String::from_utf8(other).unwrap().trim_start_matches('/'));
            prop_assert_eq!(is_same(&other, &own), other == own);
        }

        #[test]
        fn no_address_causes_a_panic(uri in "\\PC{0,60}", tail in "https://[\\[\\]:%/.@a0-9]{0,20}") {
            let _ = (is_same(&uri, "https://id.example/token"), is_same(&tail, "https://id.example/token"));
        }
    }
}
