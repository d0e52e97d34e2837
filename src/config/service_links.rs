//! Environment variables that Kubernetes sets in every container for each Service of the namespace ("service links"). For
//! a Service whose name is `grantor`, or begins with `grantor-`, they begin like the options of this server.

use std::net::{IpAddr, SocketAddr};

const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// Whether a variable is one that Kubernetes sets for a Service. `name` is the part after `GRANTOR_`.
///
/// The value must have the form of a service link, too, so that a misspelt option is not passed over; or it is empty.
pub(super) fn is_service_link(name: &str, value: &str) -> bool {
    if name.contains("__") || name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return false;
    }
    // Of a Service grantor-web the words WEB_ come before those that are looked at here.
    starts_of_words(name).any(|rest| is_of_a_service(rest, value))
}

/// The name, and each rest of it that begins after an underscore.
fn starts_of_words(name: &str) -> impl Iterator<Item = &str> {
    let after = name.match_indices('_').filter_map(|(at, _)| name.get(at + 1..));
    std::iter::once(name).chain(after)
}

fn is_of_a_service(name: &str, value: &str) -> bool {
    match name {
        "SERVICE_HOST" => is_ip(value),
        "SERVICE_PORT" => is_port(value),
        "PORT" => is_address(value),
        _ => {
            name.strip_prefix("SERVICE_PORT_").is_some_and(|port| !port.is_empty() && is_port(value))
                || name.strip_prefix("PORT_").is_some_and(|rest| is_of_a_port(rest, value))
        }
    }
}

/// `8080_TCP`, alone or followed by `_PROTO`, `_PORT` or `_ADDR`.
fn is_of_a_port(name: &str, value: &str) -> bool {
    let Some((port, rest)) = name.split_once('_') else { return false };
    let (protocol, part) = rest.split_once('_').unwrap_or((rest, ""));
    let is_protocol = |text: &str| PROTOCOLS.contains(&text);
    port.parse::<u16>().is_ok()
        && is_protocol(&protocol.to_ascii_lowercase())
        && match part {
            "" => is_address(value),
            "PROTO" => value.is_empty() || is_protocol(value),
            "PORT" => is_port(value),
            "ADDR" => is_ip(value),
            _ => false,
        }
}

/// Such as `tcp://10.0.0.7:8080`, or empty.
fn is_address(value: &str) -> bool {
    if value.is_empty() {
        return true;
    }
    let Some((protocol, address)) = value.split_once("://") else { return false };
    PROTOCOLS.contains(&protocol) && address.parse::<SocketAddr>().is_ok()
}

fn is_port(value: &str) -> bool {
    value.is_empty() || value.parse::<u16>().is_ok()
}

fn is_ip(value: &str) -> bool {
    value.is_empty() || value.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_a_service_is_recognized() {
        for (name, value) in [
            ("SERVICE_HOST", "10.0.0.7"),
            ("SERVICE_HOST", "fd00::7"),
            ("SERVICE_HOST", ""),
            ("SERVICE_PORT", ""),
            ("PORT_8080_TCP_PROTO", ""),
            ("SERVICE_PORT", "8080"),
            ("SERVICE_PORT_HTTP", "8080"),
            ("SERVICE_PORT_HTTP_METRICS", "9464"),
            ("PORT", "tcp://10.0.0.7:8080"),
            ("PORT", "tcp://[fd00::7]:8080"),
            ("PORT_8080_TCP", "tcp://10.0.0.7:8080"),
            ("PORT_8080_TCP_PROTO", "tcp"),
            ("PORT_8080_TCP_PORT", "8080"),
            ("PORT_8080_TCP_ADDR", "10.0.0.7"),
            ("PORT_53_UDP_PROTO", "udp"),
            ("POSTGRESQL_SERVICE_HOST", "10.0.0.8"),
            ("POSTGRESQL_PORT_5432_TCP_ADDR", "10.0.0.8"),
            ("POSTGRESQL_HL_PORT", "tcp://10.0.0.8:5432"),
        ] {
            assert!(is_service_link(name, value), "{name}={value}");
        }
    }

    #[test]
    fn a_misspelt_option_is_no_service_link() {
        for (name, value) in [
            ("PORT", "8080"),
            ("PORT", "http://10.0.0.7:8080"),
            ("SERVICE_HOST", "id.example.com"),
            ("SERVICE_PORT", "many"),
            ("SERVICE_PORT_", "8080"),
            ("SERVICE_HOTS", ""),
            ("PORT__TCP", ""),
            ("SERVICEHOST", "10.0.0.7"),
            ("PORT_8080", "tcp://10.0.0.7:8080"),
            ("PORT_8080_TCP_HOST", "10.0.0.7"),
            ("PORT_http_TCP", "tcp://10.0.0.7:8080"),
            ("HTTP__SERVICE_PORT", "8080"),
            ("service_port", "8080"),
            ("PUBLIK_URL", "https://id.example.com"),
            ("", ""),
        ] {
            assert!(!is_service_link(name, value), "{name}={value}");
        }
    }
}
