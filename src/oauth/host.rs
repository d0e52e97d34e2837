//! Hosts of the addresses in a registration: names and IP addresses, and nothing else.
//!
//! The URL standard also accepts hosts with characters such as `;`, `,` and `'`. They mean something in headers, and no
//! server has such a name.

use std::net::Ipv4Addr;

use url::{Host, Url};

use super::display_text::is_shown;

/// The maximum length of a name in bytes (RFC 1035 §2.3.4).
const MAX_NAME_LENGTH: usize = 253;
/// The maximum length of a label in bytes (RFC 1035 §2.3.4).
const MAX_LABEL_LENGTH: usize = 63;

/// What a sentence about a wrong host says after "its host".
pub const WRONG_HOST: &str =
    "is neither a name of letters, digits and hyphens, such as app.example.com, nor an IP address";

/// Parses an address that is stored as it was given. `None` if it is not an absolute URL, or has a character that the parser
/// drops or encodes and that people do not see: white space, a control character, or another one that is not shown.
pub fn address(text: &str) -> Option<Url> {
    let is_seen = !text.contains(char::is_whitespace) && is_shown(text);
    Url::parse(text).ok().filter(|_| is_seen)
}

/// Whether the host of a URL is an IP address, or a name whose labels are letters, digits and hyphens (RFC 1123 §2.1; with
/// the A-labels of RFC 5890). `false` if the URL has no host.
pub fn is_plain(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(name)) => is_name(name),
        None => false,
    }
}

/// Whether a host is the device itself: a loopback or unspecified address, `localhost`, or a name under it (RFC 6761 §6.3).
/// Any program on the device can listen there.
pub fn is_own_device(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => is_own_ipv4(*address),
        Host::Ipv6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.to_ipv4_mapped().is_some_and(is_own_ipv4)
        }
    }
}

fn is_own_ipv4(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_LENGTH && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_LENGTH).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_nothing_that_a_parser_drops_or_people_do_not_see() {
        assert!(address("https://app.example/a?b=%20#ü").is_some());
        for hidden in [
            "\t", "\n", "\r", " ", "\0", "\u{1}", "\u{7f}", "\u{85}", "\u{200b}", "\u{202e}", "\u{feff}",
            "\u{2028}",
        ] {
            for text in [
                format!("https://app.example/a{hidden}b"),
                format!("https://app.example/a{hidden}"),
                format!("{hidden}https://app.example/a"),
                format!("https://app{hidden}.example/a"),
            ] {
                assert_eq!(address(&text), None, "{text:?}");
            }
        }
    }

    fn of(host: &str) -> bool {
        Url::parse(&format!("https://{host}/a;b,c")).is_ok_and(|url| is_plain(&url))
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        let longest =
            [["a"; 63].concat(), ["b"; 63].concat(), ["c"; 63].concat(), ["d"; 61].concat()].join(".");
        for good in [
            "app.example.com",
            "localhost",
            "xn--bcher-kva.example",
            "b\u{fc}cher.example",
            "APP.example",
            "a--b.example",
            "1.example",
            "192.0.2.1",
            "192.0.2.1:8443",
            "[2001:db8::1]:8443",
            ["a"; 63].concat().as_str(),
            &longest,
        ] {
            assert!(of(good), "{good}");
        }
        for bad in [
            "evil.com;sandbox",
            "evil.com,x",
            "a'b.example",
            "a\"b.example",
            "a b.example",
            "a*b.example",
            "*.example",
            "a_b.example",
            "a!b.example",
            "a$b.example",
            "a&b.example",
            "a(b.example",
            "a+b.example",
            "a=b.example",
            "a`b.example",
            "a{b.example",
            "a~b.example",
            "a%3Bb.example",
            "-a.example",
            "a-.example",
            "a..example",
            "example.",
            ".example",
            ["a"; 64].concat().as_str(),
            &format!("{longest}d"),
        ] {
            assert!(!of(bad), "{bad}");
        }
        assert!(!is_plain(&Url::parse("com.example.app:/cb").unwrap()), "no host");
        assert!(!is_plain(&Url::parse("com.example.app://a;b/").unwrap()), "nor of another scheme");
    }

    #[test]
    fn the_device_itself_has_many_names() {
        let of =
            |host: &str| is_own_device(&Url::parse(&format!("https://{host}/")).unwrap().host().unwrap());
        for own in [
            "localhost",
            "LOCALHOST:8443",
            "app.localhost",
            "127.0.0.1",
            "127.1",
            "127.255.0.3:1",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(of(own), "{own}");
        }
        for other in ["app.example", "mylocalhost", "localhost.example", "128.0.0.1", "[2001:db8::1]"] {
            assert!(!of(other), "{other}");
        }
    }
}
