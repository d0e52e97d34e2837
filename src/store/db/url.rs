//! The check of database URLs, before anything is connected.

use std::path::PathBuf;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::Engine;

/// The parameters that a PostgreSQL URL may have after the `?`, beside `options[name]`.
const PARAMETERS: &str = "sslmode, sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, application_name, options";

/// Other names of the same parameters, and parameters of URLs that the driver has written.
const FURTHER: [&str; 6] =
    ["ssl-mode", "ssl-root-cert", "ssl-ca", "ssl-cert", "ssl-key", "statement-cache-capacity"];

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
    for (name, _) in parsed.query_pairs() {
        let is_known =
            name.starts_with("options[") || PARAMETERS.split(", ").chain(FURTHER).any(|known| known == name);
        if !is_known {
            // The driver would only log an unknown parameter, with its value; and a misspelt sslmode protects nothing.
            let is_a_word = name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte));
            let name = if is_a_word { format!("{name}, which is") } else { "that is".into() };
            return Err(format!("has a parameter {name} not one of {PARAMETERS}"));
        }
    }
    if let Some((_, mode)) = parsed.query_pairs().find(|(name, _)| name == "sslmode" || name == "ssl-mode")
        && !["disable", "allow", "prefer", "require", "verify-ca", "verify-full"].contains(&&*mode)
    {
        return Err(
            "has an sslmode that is not one of disable, allow, prefer, require, verify-ca, verify-full"
                .into(),
        );
    }
    PgConnectOptions::from_str(url).map(|_| Engine::Postgres).map_err(|_| wrong.into())
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
}
