//! The arrows of the architecture: which part of the source may name which.

use std::fs;
use std::path::{Path, PathBuf};

/// A rule over the files of `within` (folders with a slash at their end) but those of `except`.
struct Rule {
    within: &'static [&'static str],
    except: &'static [&'static str],
    forbids: Forbids,
}

enum Forbids {
    /// Paths that hold one of these; a star at the end of the last word stands for any rest of it.
    These(&'static [&'static str]),
    /// Of this crate, all but these parts.
    CrateBut(&'static [&'static str]),
}

use Forbids::{CrateBut, These};

const RULES: &[Rule] = &[
    // Rules decide: no HTTP, no SQL, no clock, no chance, nothing from outside.
    Rule {
        within: &["oauth/"],
        except: &[],
        forbids: These(&[
            "actix_web",
            "actix_rt",
            "sqlx",
            "tokio",
            "reqwest",
            "SystemTime",
            "Instant",
            "rand",
            "aws_lc_rs::rand",
            "std::fs",
            "std::env",
            "std::process",
            "std::net::Tcp*",
            "std::net::Udp*",
            "std::thread",
            "futures_util",
        ]),
    },
    Rule { within: &["oauth/"], except: &[], forbids: CrateBut(&["oauth", "clock"]) },
    // Storage remembers: it returns types of the rules and knows no edge.
    Rule { within: &["store/"], except: &[], forbids: CrateBut(&["oauth", "secret", "clock", "store"]) },
    // Operations act: on storage, by rules, for any edge.
    Rule {
        within: &["operations/"],
        except: &[],
        forbids: CrateBut(&[
            "cache",
            "clock",
            "config",
            "failure",
            "fetch",
            "jose",
            "keys",
            "oauth",
            "operations",
            "secret",
            "store",
        ]),
    },
    Rule { within: &["operations/"], except: &[], forbids: These(&["actix_web", "clap"]) },
    // Tokens are signed and verified without a database, an edge or a clock.
    Rule { within: &["jose/"], except: &[], forbids: CrateBut(&["oauth", "secret", "clock", "jose"]) },
    Rule { within: &[""], except: &["jose/"], forbids: These(&["jsonwebtoken"]) },
    Rule { within: &[""], except: &["store/"], forbids: These(&["sqlx"]) },
    Rule { within: &[""], except: &["fetch/"], forbids: These(&["reqwest", "hyper", "awc"]) },
    Rule {
        within: &[
            "store/",
            "jose/",
            "cache/",
            "config/",
            "fetch/",
            "keys/",
            "secret/",
            "clock.rs",
            "failure.rs",
        ],
        except: &[],
        forbids: These(&[
            "actix_web",
            "crate::app",
            "crate::answer",
            "crate::endpoints",
            "crate::pages",
            "crate::cli",
            "crate::operations",
        ]),
    },
    // Edges never call each other; the route table alone knows both.
    Rule {
        within: &["endpoints/"],
        except: &["endpoints/mod.rs"],
        forbids: These(&["crate::pages", "crate::metrics"]),
    },
    Rule { within: &["pages/"], except: &[], forbids: These(&["crate::endpoints", "crate::metrics"]) },
    Rule {
        within: &["app.rs", "flows/", "http/", "metrics/", "tokens/", "work/"],
        except: &[],
        forbids: These(&["crate::endpoints", "crate::pages"]),
    },
    Rule { within: &[""], except: &["main.rs", "cli/"], forbids: These(&["crate::cli", "grantor"]) },
    // Time and chance are arguments.
    Rule { within: &[""], except: &["clock.rs"], forbids: These(&["SystemTime"]) },
    // Signing draws chance by itself, from a generator that it insists on being given.
    Rule {
        within: &[""],
        except: &["secret/mod.rs", "jose/sign.rs"],
        forbids: These(&["aws_lc_rs::rand", "rand"]),
    },
];

/// The maximum number of lines of a file.
const LONGEST: usize = 500;

/// Every violation in one file, whose `name` is its path under `src`.
fn violations(name: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.lines().count();
    if lines > LONGEST {
        found.push(format!("{name} has {lines} lines"));
    }
    let paths = paths(name, source);
    for rule in RULES.iter().filter(|rule| rule.is_about(name)) {
        let bad = paths.iter().filter(|path| rule.forbids.matches(path));
        found.extend(bad.map(|path| format!("{name} names {path}")));
    }
    found.sort();
    found.dedup();
    found
}

impl Rule {
    fn is_about(&self, name: &str) -> bool {
        let is_in = |place: &&&str| {
            place.is_empty() || name == **place || (place.ends_with('/') && name.starts_with(**place))
        };
        self.within.iter().any(|place| is_in(&place)) && !self.except.iter().any(|place| is_in(&place))
    }
}

impl Forbids {
    fn matches(&self, path: &str) -> bool {
        let words: Vec<&str> = path.split("::").collect();
        match self {
            These(forbidden) => forbidden.iter().any(|sequence| holds(&words, sequence)),
            CrateBut(allowed) => {
                words[0] == "crate" && words.get(1).is_some_and(|word| !allowed.contains(word))
            }
        }
    }
}

fn holds(words: &[&str], sequence: &str) -> bool {
    let sequence: Vec<&str> = sequence.split("::").collect();
    let is_word = |(word, wanted): (&&str, &&str)| match wanted.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == wanted,
    };
    words.windows(sequence.len()).any(|window| window.iter().zip(&sequence).all(is_word))
}

/// Every full path that a file names: relative paths resolved, groups expanded, test modules left out.
fn paths(name: &str, source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let tokens = without_new_names(&tokens(source));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = read_path(&tokens, at, &[], &mut found).max(at + 1);
    }
    let module = module(name);
    found.into_iter().map(|path| resolved(&module, path).join("::")).collect()
}

/// Removes `as name`, but not the path of `as a::b`.
fn without_new_names(tokens: &[String]) -> Vec<String> {
    let is_new_name = |at: usize| {
        let follows = |by: usize| tokens.get(at + by).map(String::as_str);
        tokens[at] == "as" && follows(1).is_some_and(is_name) && follows(2) != Some("::")
    };
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_new_name(at) {
            at += 2;
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Reads `a::b::{c, d::e}` from `at` on below `prefix`. Returns the index after it.
fn read_path(tokens: &[String], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") if path.len() > prefix.len() || !prefix.is_empty() => {
                at += 1;
                while at < tokens.len() && tokens[at] != "}" {
                    at = read_path(tokens, at, &path, found).max(at + 1);
                }
                return at + 1;
            }
            Some(word) if is_name(word) => path.push(word.to_owned()),
            _ => return at,
        }
        at += 1;
        if tokens.get(at).map(String::as_str) != Some("::") {
            found.push(path);
            return at;
        }
        at += 1;
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Identifiers, `::` and every other character by itself; comments and string literals are skipped.
fn tokens(source: &str) -> Vec<String> {
    let (mut tokens, mut rest) = (Vec::new(), source);
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            text_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(1, |end| end + 2)
        } else {
            let length = match rest.starts_with("::") {
                true => 2,
                false => rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .filter(|end| *end > 0)
                    .unwrap_or(if is_name(rest) { rest.len() } else { first.len_utf8() }),
            };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length in bytes of the string literal that begins here, with its quotes.
fn text_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The module of a file: `oauth/mod.rs` and `oauth.rs` are both `crate::oauth`.
fn module(name: &str) -> Vec<String> {
    let path = name.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let words = path.split('/').filter(|word| !matches!(*word, "lib" | "main" | "mod"));
    std::iter::once("crate").chain(words).map(str::to_owned).collect()
}

fn resolved(module: &[String], path: Vec<String>) -> Vec<String> {
    let supers = path.iter().take_while(|word| *word == "super").count();
    let is_relative = supers > 0 || path[0] == "self";
    if !is_relative {
        return path;
    }
    let rest = &path[supers.max(1)..];
    [&module[..module.len().saturating_sub(supers).max(1)], rest].concat()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn no_source_file_names_what_lies_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&src);
    let mut found = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        found.extend(violations(&name, &fs::read_to_string(file).unwrap()));
    }
    assert_eq!(found, Vec::<String>::new());
    // What the rules are about is there, and is read: else they would hold of nothing.
    let paths_of = |name: &str| paths(name, &fs::read_to_string(src.join(name)).unwrap());
    assert!(files.len() > 50, "{} files", files.len());
    assert!(paths_of("store/clients/mod.rs").contains(&"sqlx::FromRow".to_owned()));
    assert!(paths_of("store/clients/mod.rs").contains(&"crate::oauth::client::SecretHash".to_owned()));
    assert!(paths_of("store/clients/mod.rs").contains(&"crate::store::db::Tx".to_owned()));
    assert!(paths_of("endpoints/mod.rs").contains(&"crate::pages::consent".to_owned()));
    assert!(paths_of("clock.rs").contains(&"std::time::SystemTime".to_owned()));
    assert!(paths_of("oauth/token/refresh.rs").iter().any(|path| path.starts_with("crate::oauth::")));
    for rule in RULES {
        let named = |place: &&str| place.is_empty() || src.join(place).exists();
        assert!(rule.within.iter().chain(rule.except).all(named), "a rule is about a place that is gone");
    }
}

#[test]
fn only_lists_are_read_from_a_lagging_replica() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&root) {
        let name = file.strip_prefix(&root).expect("below it").display().to_string();
        let may = name.starts_with("store/db/")
            || name == "work/purge.rs"
            || name == "operations/list.rs"
            || (name.starts_with("cli/") && name.ends_with("/list.rs"));
        let source = fs::read_to_string(&file).expect("a source file");
        assert!(may || !source.contains("read_lagging"), "{name} reads what may be old");
    }
}

#[test]
fn the_checker_finds_every_way_to_break_an_arrow() {
    for (name, source) in [
        ("oauth/code.rs", "use actix_web::HttpRequest;"),
        ("oauth/code.rs", "use sqlx::{FromRow, Row as _};"),
        ("oauth/code.rs", "fn f() { tokio::spawn(g()); }"),
        ("oauth/code.rs", "use std::time::{Duration, SystemTime};"),
        ("oauth/code.rs", "use std::{\n    collections::BTreeSet,\n    time::{self, Instant},\n};"),
        ("oauth/code.rs", "fn f() -> bool { std::time::Instant::now().elapsed().is_zero() }"),
        ("oauth/code.rs", "use aws_lc_rs::rand;"),
        ("oauth/code.rs", "use aws_lc_rs::{digest, rand::fill};"),
        ("oauth/code.rs", "let x = std::fs::read(\"x\");"),
        ("oauth/code.rs", "use std::net::TcpListener;"),
        ("oauth/code.rs", "use std::net::{Ipv4Addr, TcpStream};"),
        ("oauth/code.rs", "use crate::store::codes;"),
        ("oauth/code.rs", "use crate::{oauth::id::ClientId, store};"),
        ("oauth/code.rs", "use super::super::config::Config;"),
        ("oauth/code.rs", "fn f(app: &crate::app::App) {}"),
        ("oauth/mod.rs", "use super::secret::random;"),
        ("oauth/grant/code.rs", "use super::super::super::pages;"),
        ("cache/catalogue.rs", "use sqlx::FromRow;"),
        ("http/answer.rs", "fn f(e: sqlx::Error) {}"),
        ("endpoints/token/mod.rs", "let client = reqwest::Client::new();"),
        ("store/codes.rs", "use actix_web::web;"),
        ("store/codes.rs", "use crate::app::App;"),
        ("store/codes.rs", "use super::super::failure::Failure;"),
        ("store/db/mod.rs", "use crate::config::Config;"),
        ("keys/master.rs", "use actix_web::HttpRequest;"),
        ("keys/master.rs", "use jsonwebtoken::Header;"),
        ("jose/verify.rs", "use crate::store::signing_keys;"),
        ("jose/verify.rs", "use crate::endpoints::jwks;"),
        ("jose/key.rs", "use crate::{clock::Clock, fetch};"),
        ("jose/key.rs", "use aws_lc_rs::rand::SystemRandom;"),
        ("secret/passwords.rs", "use actix_web::web;"),
        ("config/mod.rs", "use actix_web::web;"),
        ("operations/users.rs", "use crate::pages::sign_in;"),
        ("operations/users.rs", "use crate::cli::Trouble;"),
        ("operations/users.rs", "use clap::ValueEnum;"),
        ("keys/signing.rs", "use crate::operations::keys;"),
        ("endpoints/authorize.rs", "use crate::pages::sign_in;"),
        ("endpoints/token/mod.rs", "use super::super::pages;"),
        ("pages/consent.rs", "use crate::endpoints::client_auth;"),
        ("pages/consent.rs", "use crate::metrics::serve;"),
        ("pages/mod.rs", "use super::endpoints::surface;"),
        ("app.rs", "use std::time::SystemTime;"),
        ("app.rs", "let now = ::std::time::SystemTime::now();"),
        ("app.rs", "fn f<T: X>() { <T as sqlx::Type>::info(); }"),
        ("app.rs", "use sqlx as database;"),
        ("cli/mod.rs", "let quote = '\"'; let x = sqlx::query(\"a\");"),
        ("cli/mod.rs", "let text = \"a \\\" b\"; use sqlx::Row;"),
    ] {
        assert!(!violations(name, source).is_empty(), "{name}: {source}: {:?}", paths(name, source));
    }
    assert_eq!(violations("app.rs", &"\n".repeat(501)), ["app.rs has 501 lines"]);
}

#[test]
fn the_checker_accepts_allowed_imports() {
    for (name, source) in [
        ("oauth/code.rs", "use std::collections::HashMap; use std::time::Duration;"),
        ("oauth/code.rs", "use super::error::OAuthError; use crate::clock::Seconds;"),
        (
            "oauth/code.rs",
            "// use sqlx::FromRow;\n/// like actix_web::web\nlet x = \"tokio::spawn(crate::app)\";",
        ),
        ("oauth/code.rs", "use url::Url;\n#[cfg(test)]\nmod tests {\n    use tokio::time::Instant;\n}"),
        ("oauth/code.rs", "fn strand(random: u8) { let sqlxx = operand; }"),
        ("oauth/request/redirect_uri.rs", "let x = std::net::Ipv4Addr::LOCALHOST;"),
        ("store/codes.rs", "use sqlx::FromRow; use super::db::{Conn, Tx}; use crate::secret::Hash;"),
        ("store/db/mod.rs", "use super::super::secret; use crate::store::codes;"),
        ("jose/sign.rs", "use aws_lc_rs::rand::SystemRandom; use crate::oauth::signing_key::KeyState;"),
        ("jose/verify.rs", "use jsonwebtoken::decode; use super::key::SigningKey; use crate::secret::Hash;"),
        ("fetch/mod.rs", "reqwest::Client::builder()"),
        ("endpoints/mod.rs", "use crate::pages::{consent, sign_in};"),
        ("clock.rs", "use std::time::SystemTime;"),
        ("failure.rs", "use crate::store::db::{DbError, Refusable};"),
        ("app.rs", &"\n".repeat(500)),
    ] {
        assert_eq!(violations(name, source), Vec::<String>::new(), "{name}: {source}");
    }
}
