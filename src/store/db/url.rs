//! The check of database URLs, before anything is connected.
//!
//! URLs of providers have parameters that libpq knows and the driver does not. What they ask for is either kept, or the URL
//! is refused with the parameter's name: the driver would only log it, and a promise that is not kept protects nothing.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::Engine;

/// The parameters that a PostgreSQL URL may have after the `?`, beside `options[name]`.
const PARAMETERS: &str = "sslmode, sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, \
                          application_name, connect_timeout, target_session_attrs, channel_binding, options";

/// Other names of the same parameters, and parameters of URLs that the driver has written.
const FURTHER: [&str; 6] =
    ["ssl-mode", "ssl-root-cert", "ssl-ca", "ssl-cert", "ssl-key", "statement-cache-capacity"];

/// Parameters that the driver does not know, with the values that this program keeps without the driver, and why others
/// are refused.
const KEPT: [(&str, &[&str], &str); 6] = [
    (
        "channel_binding",
        &["disable", "prefer"],
        "the driver has no SCRAM-SHA-256-PLUS; leave it out and write sslmode=verify-full, which also lets no one come \
         between",
    ),
    (
        "target_session_attrs",
        &["any", "primary", "read-write"],
        "Grantor always connects to a primary; write primary or leave it out",
    ),
    ("gssencmode", &["disable", "prefer"], "the driver has no GSSAPI; write disable or leave it out"),
    (
        "sslnegotiation",
        &["postgres"],
        "the driver always begins with SSLRequest; write postgres or leave it out",
    ),
    ("client_encoding", &["auto", "utf8", "UTF8", "UTF-8"], "the encoding is always UTF8; leave it out"),
    ("load_balance_hosts", &["disable"], "the URL leads to one host; leave it out"),
];

/// The values that libpq knows of parameters for which this program keeps only some: any other one is a mistake.
const KNOWN_VALUES: [(&str, &[&str]); 5] = [
    ("channel_binding", &["disable", "prefer", "require"]),
    ("target_session_attrs", &["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]),
    ("gssencmode", &["disable", "prefer", "require"]),
    ("sslnegotiation", &["postgres", "direct"]),
    ("load_balance_hosts", &["disable", "random"]),
];

/// Parameters with numbers that say when libpq gives up a connection that does not answer. This program does so at the
/// deadline of each request.
const GIVING_UP: [&str; 5] =
    ["keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"];

/// Parameters of other programs, and what to write instead.
const INSTEAD: [(&str, &str); 6] = [
    ("pgbouncer", "for a pooler set database.pooler = true"),
    ("schema", "write options[search_path]=…"),
    ("ssl", "write sslmode=require or sslmode=verify-full"),
    ("connection_limit", "set database.connections"),
    ("pool_timeout", "requests wait for the database at most for http.deadline"),
    ("service", "write the values of the service into the URL"),
];

/// The longest time that a connection attempt may take by its URL, in seconds.
const LONGEST_CONNECT: u64 = 60;

/// The engine that a URL is for.
///
/// # Errors
/// A sentence that continues after the name of the URL. It contains nothing that may be a password.
pub fn check(url: &str) -> Result<Engine, String> {
    match url.split_once(':') {
        Some(("sqlite", path)) => check_path(path),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => check_server(url),
        _ => Err("must begin with sqlite: or postgres://".into()),
    }
}

/// Whether a PostgreSQL URL contains a password.
pub fn has_password(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
}

/// The files that a PostgreSQL URL names, with the names of their parameters: `sslrootcert`, `sslcert`, `sslkey`.
pub fn files(url: &str) -> Vec<(&'static str, PathBuf)> {
    let Ok(url) = Url::parse(url) else { return Vec::new() };
    let known = [
        ("sslrootcert", ["sslrootcert", "ssl-root-cert", "ssl-ca"]),
        ("sslcert", ["sslcert", "ssl-cert", "sslcert"]),
        ("sslkey", ["sslkey", "ssl-key", "sslkey"]),
    ];
    let of = |name: &str| known.iter().find(|(_, names)| names.contains(&name)).map(|(name, _)| *name);
    let pairs = url.query_pairs();
    let pairs = pairs.filter(|(name, value)| !is_system(name, value));
    pairs.filter_map(|(name, path)| Some((of(&name)?, PathBuf::from(path.as_ref())))).collect()
}

fn check_path(path: &str) -> Result<Engine, String> {
    if path.contains('?') {
        return Err("must be a path alone behind sqlite:, without parameters".into());
    }
    // SQLite takes these names for databases in memory, a new one for each connection.
    let file = path.trim_start_matches('/');
    if file.is_empty() || file == ":memory:" {
        return Err("must name a file, such as sqlite:/var/lib/grantor/grantor.db".into());
    }
    Ok(Engine::Sqlite)
}

fn check_server(url: &str) -> Result<Engine, String> {
    let wrong = "is not of the form postgres://user:password@host:port/database, where letters such as @ : / ? # in a \
                 password are written %40 %3A %2F %3F %23";
    let parsed = Url::parse(url).map_err(|_| wrong)?;
    parsed.query_pairs().try_for_each(|(name, value)| check_parameter(&name, &value))?;
    let value = |names: [&str; 2]| parsed.query_pairs().find(|(name, _)| names.contains(&&**name));
    let mode = value(["sslmode", "ssl-mode"]).map(|(_, mode)| mode);
    if mode.as_ref().is_some_and(|mode| !SSL_MODES.contains(&&**mode)) {
        return Err(format!("has an sslmode that is not one of {}", SSL_MODES.join(", ")));
    }
    if has_public_authorities(&parsed) && mode.is_some_and(|mode| mode != VERIFY_FULL) {
        return Err("has sslrootcert=system, which needs sslmode=verify-full".into());
    }
    let driver = for_driver(url).ok_or(wrong)?;
    PgConnectOptions::from_str(&driver).map(|_| Engine::Postgres).map_err(|_| wrong.into())
}

const VERIFY_FULL: &str = "verify-full";
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", VERIFY_FULL];

/// Checks a parameter of a PostgreSQL URL. The error repeats no value: it may be a part of a password.
fn check_parameter(name: &str, value: &str) -> Result<(), String> {
    let of_libpq = KNOWN_VALUES.iter().find(|(known, _)| *known == name).map(|(_, values)| *values);
    if let Some(values) = of_libpq.filter(|values| !values.contains(&value)) {
        return Err(format!("has a {name} that is not one of {}", values.join(", ")));
    }
    if let Some((_, values, why)) = KEPT.iter().find(|(kept, _, _)| *kept == name) {
        return if values.contains(&value) {
            Ok(())
        } else {
            Err(format!("has a {name} that cannot be kept: {why}"))
        };
    }
    match name {
        CONNECT_TIMEOUT if seconds(value).is_none() => Err(format!(
            "has a {CONNECT_TIMEOUT} that is not a number of seconds from 1 to {LONGEST_CONNECT}"
        )),
        CONNECT_TIMEOUT | FALLBACK_NAME => Ok(()),
        _ if GIVING_UP.contains(&name) => match value.parse::<u32>() {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("has a {name} that is not a number")),
        },
        _ if name.starts_with("options[") => Ok(()),
        _ if PARAMETERS.split(", ").chain(FURTHER).any(|known| known == name) => Ok(()),
        _ => {
            let instead = INSTEAD.iter().find(|(other, _)| *other == name);
            let instead = instead.map(|(_, words)| format!("; {words}")).unwrap_or_default();
            let is_a_word = name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte));
            let name = if is_a_word { format!("{name}, which is") } else { "that is".into() };
            Err(format!("has a parameter {name} not one of {PARAMETERS}{instead}"))
        }
    }
}

const CONNECT_TIMEOUT: &str = "connect_timeout";
/// A name that libpq uses if there is no other; this program always has one.
const FALLBACK_NAME: &str = "fallback_application_name";

fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST_CONNECT).contains(seconds))?;
    Some(Duration::from_secs(seconds))
}

/// How long a connection attempt may take by the URL; `None` if the URL does not say so.
pub(super) fn connect_timeout(url: &str) -> Option<Duration> {
    let url = Url::parse(url).ok()?;
    let (_, value) = url.query_pairs().find(|(name, _)| name == CONNECT_TIMEOUT)?;
    seconds(&value)
}

/// The URL as the driver takes it, without the parameters that this program keeps itself. `None` if it is not a URL.
pub(super) fn for_driver(url: &str) -> Option<String> {
    let mut parsed = Url::parse(url).ok()?;
    let is_own = |name: &str| {
        [CONNECT_TIMEOUT, FALLBACK_NAME].contains(&name)
            || GIVING_UP.contains(&name)
            || KEPT.iter().any(|(kept, _, _)| *kept == name)
    };
    let has_public_authorities = has_public_authorities(&parsed);
    let has_mode = parsed.query_pairs().any(|(name, _)| name == "sslmode" || name == "ssl-mode");
    if !has_public_authorities && !parsed.query_pairs().any(|(name, _)| is_own(&name)) {
        return Some(url.to_owned());
    }
    let kept: Vec<(String, String)> = parsed
        .query_pairs()
        .filter(|(name, value)| !is_own(name) && !is_system(name, value))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    parsed.query_pairs_mut().clear().extend_pairs(kept);
    if has_public_authorities && !has_mode {
        // As in libpq.
        parsed.query_pairs_mut().append_pair("sslmode", VERIFY_FULL);
    }
    Some(parsed.into())
}

/// Whether the URL names no file, but the authorities that everyone trusts. The driver does that without the parameter.
fn has_public_authorities(url: &Url) -> bool {
    url.query_pairs().any(|(name, value)| is_system(&name, &value))
}

fn is_system(name: &str, value: &str) -> bool {
    ["sslrootcert", "ssl-root-cert", "ssl-ca"].contains(&name) && value == "system"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_in_urls_are_reported_without_the_password() {
        for (url, part) in [
            ("", "must begin with sqlite: or postgres://"),
            ("grantor.db", "must begin with sqlite: or postgres://"),
            ("mysql://u:hunter2@h/d", "must begin with sqlite: or postgres://"),
            ("sqlite:", "must name a file"),
            ("sqlite://", "must name a file"),
            ("sqlite::memory:", "must name a file"),
            ("sqlite://:memory:", "must name a file"),
            ("sqlite:a.db?mode=rw", "without parameters"),
            ("postgres:d", "must begin with sqlite: or postgres://"),
            ("postgres://u:hunter2@h:99999/d", "is not of the form"),
            ("postgres://u:hunter2@h:x/d", "is not of the form"),
            ("postgres://u:hunt/er2@h/d", "is not of the form"),
            ("postgres://u:1?hunter2@h/d", "has a parameter that is not one of sslmode, "),
            ("postgres://h/d?pasword=hunter2", "has a parameter pasword, which is not one of sslmode, "),
            ("postgres://h/d?sslmod=verify-full", "has a parameter sslmod, which is not one of sslmode, "),
            ("postgres://h/d?sslmode=hunter2", "verify-ca, verify-full"),
            ("postgres://h/d?port=hunter2", "is not of the form"),
            ("postgres://h/d?channel_binding=require", "the driver has no SCRAM-SHA-256-PLUS"),
            (
                "postgres://h/d?channel_binding=hunter2",
                "channel_binding that is not one of disable, prefer, require",
            ),
            ("postgres://h/d?sslnegotiation=hunter2", "is not one of postgres, direct"),
            ("postgres://h/d?connect_timeout=0", "a number of seconds from 1 to 60"),
            ("postgres://h/d?connect_timeout=61", "a number of seconds from 1 to 60"),
            ("postgres://h/d?connect_timeout=hunter2", "a number of seconds from 1 to 60"),
            ("postgres://h/d?target_session_attrs=standby", "always connects to a primary"),
            ("postgres://h/d?gssencmode=require", "the driver has no GSSAPI"),
            ("postgres://h/d?sslnegotiation=direct", "always begins with SSLRequest"),
            ("postgres://h/d?client_encoding=LATIN1", "the encoding is always UTF8"),
            ("postgres://h/d?keepalives_idle=hunter2", "has a keepalives_idle that is not a number"),
            ("postgres://h/d?requirepeer=hunter2", "has a parameter requirepeer, which is not one of"),
            ("postgres://h/d?sslrootcert=system&sslmode=require", "needs sslmode=verify-full"),
            ("postgres://h/d?pgbouncer=true", "set database.pooler = true"),
            ("postgres://h/d?schema=hunter2", "write options[search_path]"),
        ] {
            let why = check(url).unwrap_err();
            assert!(why.contains(part) && !why.contains("hunter2"), "{url}: {why}");
        }
    }

    #[test]
    fn usable_urls_are_accepted() {
        for url in ["sqlite:a", "sqlite:///var/a.db", "sqlite:memory:"] {
            assert_eq!(check(url), Ok(Engine::Sqlite), "{url}");
        }
        for url in ["postgres:///d", "postgresql://u:%40@h/d?sslmode=verify-full&options[search_path]=g"] {
            assert_eq!(check(url), Ok(Engine::Postgres), "{url}");
        }
    }

    #[test]
    fn parameters_of_providers_are_kept_without_the_driver() {
        let url = "postgres://u:%40@h/d?sslmode=require&channel_binding=prefer&connect_timeout=60&gssencmode=disable\
                   &target_session_attrs=read-write&keepalives=1&keepalives_idle=30&client_encoding=utf8\
                   &fallback_application_name=x&application_name=y&options=-c%20search_path%3Dg";
        assert_eq!(check(url), Ok(Engine::Postgres));
        assert_eq!(connect_timeout(url), Some(Duration::from_secs(60)));
        assert_eq!(connect_timeout("postgres://h/d"), None);
        let driver = for_driver(url).unwrap();
        assert_eq!(
            driver,
            "postgres://u:%40@h/d?sslmode=require&application_name=y&options=-c+search_path%3Dg"
        );
        let unchanged = "postgres://u:%40@h/d?options[search_path]=g";
        assert_eq!(for_driver(unchanged).as_deref(), Some(unchanged));
        for (url, driver) in [
            ("postgres://h/d?sslrootcert=system", "postgres://h/d?sslmode=verify-full"),
            ("postgres://h/d?sslrootcert=system&sslmode=verify-full", "postgres://h/d?sslmode=verify-full"),
        ] {
            assert_eq!((check(url), for_driver(url).as_deref()), (Ok(Engine::Postgres), Some(driver)));
            assert!(files(url).is_empty(), "system is not a file");
        }
    }
}
