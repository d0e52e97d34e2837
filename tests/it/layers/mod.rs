//! The arrows of the architecture: which part of the source may name which.

mod graph;
mod names;
mod paths;
mod security;

use std::fs;
use std::path::{Path, PathBuf};

use graph::{Imports, empty_places};
use paths::{paths, tokens};

/// A rule over the files of `within` (folders with a slash at their end) but those of `except`.
struct Rule {
    within: &'static [&'static str],
    except: &'static [&'static str],
    /// Paths that hold one of these; a star at the end of the last word stands for any rest of it.
    forbids: &'static [&'static str],
}

/// What a part of the source may not name; the order of the parts themselves is in [`graph`].
const RULES: &[Rule] = &[
    // Rules decide: no HTTP, no SQL, no clock, no chance, nothing from outside.
    Rule {
        within: &["oauth/"],
        except: &[],
        forbids: &[
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
        ],
    },
    // Operations act for any edge.
    Rule { within: &["operations/"], except: &[], forbids: &["actix_web", "clap"] },
    Rule { within: &[""], except: &["jose/"], forbids: &["jsonwebtoken"] },
    Rule { within: &[""], except: &["oauth/grant/authorization_details/"], forbids: &["jsonschema"] },
    Rule { within: &[""], except: &["store/"], forbids: &["sqlx"] },
    Rule { within: &[""], except: &["fetch/"], forbids: &["reqwest", "hyper", "awc"] },
    Rule {
        within: &[
            "store/",
            "jose/",
            "cache/",
            "config/",
            "fetch/",
            "keys/",
            "secret/",
            "files/",
            "clock.rs",
            "failure.rs",
        ],
        except: &[],
        forbids: &["actix_web"],
    },
    // Time and chance are arguments.
    Rule { within: &[""], except: &["clock.rs"], forbids: &["SystemTime"] },
    // Signing draws chance by itself, from a generator that it insists on being given.
    Rule {
        within: &[""],
        except: &["secret/mod.rs", "jose/sign.rs", "jose/proof/tests.rs"],
        forbids: &["aws_lc_rs::rand", "rand"],
    },
];

/// The maximum number of lines of a file.
const MAX_LINES: usize = 500;

/// Every violation in files, given by their paths under `src` and their texts.
fn violations(files: &[(String, String)]) -> Vec<String> {
    let imports = Imports::of(files);
    let mut found: Vec<String> =
        files.iter().flat_map(|(name, source)| violations_in(name, source)).collect();
    found.extend(imports.that_go_up());
    found.extend(
        imports.circles().into_iter().map(|circle| format!("{} import each other", circle.join(", "))),
    );
    found
}

/// What is forbidden to one file by its own text.
fn violations_in(name: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.lines().count();
    if lines > MAX_LINES {
        found.push(format!("{name} has {lines} lines"));
    }
    let paths = paths(name, source);
    for rule in RULES.iter().filter(|rule| rule.is_about(name)) {
        let bad = paths.iter().filter(|path| rule.forbids(path));
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

    fn forbids(&self, path: &str) -> bool {
        let words: Vec<&str> = path.split("::").collect();
        self.forbids.iter().any(|sequence| holds(&words, sequence))
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

/// Every file of the source, by its path under `src`, with its text.
fn source() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = |file: &Path| file.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
    rust_files(&src).iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn no_source_file_names_what_lies_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = source();
    assert_eq!(violations(&files), Vec::<String>::new());
    assert_eq!(empty_places(&files), Vec::<&str>::new(), "a level has a place that is gone");
    // What the rules are about is there, and is read: else they would hold of nothing.
    let paths_of = |name: &str| paths(name, &fs::read_to_string(src.join(name)).unwrap());
    assert!(files.len() > 50, "{} files", files.len());
    assert!(paths_of("store/clients/mod.rs").contains(&"grantor_from_row::FromRow".to_owned()));
    assert!(paths_of("store/clients/mod.rs").contains(&"crate::oauth::client::SecretHash".to_owned()));
    assert!(paths_of("store/clients/mod.rs").contains(&"crate::store::db::Tx".to_owned()));
    assert!(paths_of("server/routes.rs").contains(&"crate::pages::consent".to_owned()));
    assert!(paths_of("clock.rs").contains(&"std::time::SystemTime".to_owned()));
    assert!(paths_of("oauth/token/refresh.rs").iter().any(|path| path.starts_with("crate::oauth::")));
    for rule in RULES {
        let named = |place: &&str| place.is_empty() || src.join(place).exists();
        assert!(rule.within.iter().chain(rule.except).all(named), "a rule is about a place that is gone");
    }
}

#[test]
fn no_two_types_have_the_same_name() {
    assert_eq!(names::repeated(&source()), Vec::<String>::new());
    let files = |one: &str, other: &str| {
        names::repeated(&[("a.rs".to_owned(), one.to_owned()), ("b.rs".to_owned(), other.to_owned())])
    };
    for again in
        ["enum Row<'a> {", "pub struct Row(u8);", "pub(in crate::store) type Row = u8;", "trait Row: Send {}"]
    {
        assert_eq!(
            files("/// A row.\npub(super) struct Row {\n    id: i64,\n}", again),
            ["Row is in a.rs and b.rs"]
        );
    }
    for other in
        ["struct Rows;", "    type Row = u8;", "// struct Row", "#[cfg(test)]\nmod tests {\nstruct Row;\n}"]
    {
        assert!(files("struct Row;", other).is_empty(), "{other}");
    }
    assert!(files("struct Options;", "struct Options {").is_empty());
}

#[test]
fn only_lists_are_read_from_a_lagging_replica() {
    for (name, source) in source() {
        let may = name.starts_with("store/db/") || name == "work/purge.rs" || name == "operations/list.rs";
        assert!(may || !source.contains("read_lagging"), "{name} reads what may be old");
    }
}

#[test]
fn the_architecture_names_only_files_that_exist_or_that_it_calls_new() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/architecture.md")).expect("the document");
    let mut named = text.split('`').collect::<Vec<_>>();
    // Every second piece is in backquotes; the one after it says whether the file is new.
    named.push("");
    let files = named.chunks(2).zip(named.chunks(2).skip(1)).filter_map(|(quoted, next)| {
        let (name, after) = (quoted.get(1)?, next[0]);
        let is_file = name.starts_with("src/") && name.ends_with(".rs");
        (is_file && !after.starts_with(" (new")).then_some(*name)
    });
    let files: Vec<&str> = files.collect();
    assert!(files.len() > 40, "{files:?}");
    let gone: Vec<&&str> = files.iter().filter(|name| !root.join(name).exists()).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// What writes without an operation: the demo's own data, requests that wait and the use of sessions, and codes.
const WRITES_BY_ITSELF: &[&str] =
    &["cli/demo/setup.rs", "flows/mod.rs", "flows/response.rs", "flows/waiting.rs"];

#[test]
fn the_command_line_and_the_pages_change_nothing_but_by_operations() {
    let is_edge = |name: &str| ["cli/", "pages/", "flows/"].iter().any(|place| name.starts_with(place));
    let writes = |source: &str| {
        let words: Vec<String> = tokens(source);
        words.windows(3).any(|words| {
            ["db", "db_for_strangers"].contains(&words[0].as_str())
                && words[1] == "."
                && ["write", "decide"].contains(&words[2].as_str())
        })
    };
    let mut found: Vec<String> = source()
        .into_iter()
        .filter(|(name, source)| is_edge(name) && writes(source))
        .map(|(name, _)| name)
        .collect();
    found.sort();
    assert_eq!(found, WRITES_BY_ITSELF);
}

/// What is found when a file with this text joins a source of empty files.
fn found_with(name: &str, text: &str) -> Vec<String> {
    found_in(&[(name, text)])
}

fn found_in(texts: &[(&str, &str)]) -> Vec<String> {
    let others =
        source().into_iter().map(|(name, _)| name).filter(|name| texts.iter().all(|(own, _)| own != name));
    let mut files: Vec<(String, String)> = others.map(|name| (name, String::new())).collect();
    files.extend(texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    violations(&files)
}

#[test]
fn the_checker_finds_files_that_import_each_other() {
    for files in [
        [
            ("oauth/id.rs", "use crate::oauth::metadata;"),
            ("oauth/metadata.rs", "use crate::oauth::id::ClientId;"),
        ],
        [("oauth/id.rs", "use super::metadata;"), ("oauth/metadata.rs", "fn f(id: super::id::ClientId) {}")],
        [
            ("oauth/grant/code.rs", "use super::device;"),
            ("oauth/grant/device.rs", "use super::{code, scope};"),
        ],
        [
            ("store/codes.rs", "use super::db;"),
            ("store/db/mod.rs", "use self::url::open;\nuse crate::store::codes;"),
        ],
    ] {
        let found = found_in(&files);
        assert_eq!(found, [format!("{}, {} import each other", files[0].0, files[1].0)]);
    }
    let through_a_child = [
        ("oauth/id.rs", "use crate::oauth::reason::row::Row;"),
        ("oauth/reason/mod.rs", "use crate::oauth::id::ClientId;"),
        ("oauth/reason/row.rs", "use super::Reason;"),
    ];
    let found = ["oauth/id.rs, oauth/reason/mod.rs, oauth/reason/row.rs import each other"];
    assert_eq!(found_in(&through_a_child), found);
}

#[test]
fn a_parent_and_its_children_may_import_each_other() {
    let family = [
        ("oauth/reason/mod.rs", "use row::Row;\nuse self::scope::MALFORMED;"),
        ("oauth/reason/row.rs", "use super::Reason;"),
        ("oauth/reason/scope.rs", "use super::row::example;\nuse crate::oauth::reason::Reason;"),
    ];
    assert_eq!(found_in(&family), Vec::<String>::new());
}

#[test]
fn the_checker_finds_a_file_in_no_level_and_every_import_that_does_not_go_down() {
    let found = |name: &str, text: &str| found_with(name, text).join("; ");
    assert_eq!(found("elsewhere/mod.rs", ""), "elsewhere/mod.rs is in no level");
    assert_eq!(found("later.rs", ""), "later.rs is in no level");
    assert_eq!(
        found("store/codes.rs", "use crate::jose;"),
        "store/codes.rs imports jose/mod.rs, which is not below it"
    );
    assert_eq!(
        found("tokens/subject.rs", "use crate::http::answer;"),
        "tokens/subject.rs imports http/answer.rs, which is not below it"
    );
    assert_eq!(
        found("work/purge.rs", "use crate::server;"),
        "work/purge.rs imports server/mod.rs, which is not below it"
    );
    assert_eq!(found("main.rs", "fn main() { grantor::cli::run() }"), "");
    assert_eq!(found("cli/serve.rs", "use crate::{clock, server::Server, store};"), "");
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
        ("operations/users.rs", "use crate::cli::CliError;"),
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
        assert!(!found_with(name, source).is_empty(), "{name}: {source}: {:?}", paths(name, source));
    }
    assert_eq!(found_with("app.rs", &"\n".repeat(501)), ["app.rs has 501 lines"]);
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
        ("server/routes.rs", "use crate::pages::{consent, sign_in};"),
        ("clock.rs", "use std::time::SystemTime;"),
        ("failure.rs", "use crate::store::db::{DbError, Refusable};"),
        ("app.rs", &"\n".repeat(500)),
    ] {
        assert_eq!(found_with(name, source), Vec::<String>::new(), "{name}: {source}");
    }
}
