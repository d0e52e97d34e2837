//! What strangers send: every parser of it gets structured and random bytes, and keeps its promises.
//!
//! The functions that check the promises are in `fuzz/targets`, and what they begin with is in `fuzz/seeds`. libFuzzer gives
//! the same functions its own inputs (`just soak`). What one of both finds is put into `fuzz/seeds`, so that it is tried from
//! then on in each run. With `TEST_SOAK=1` each function gets new inputs for a minute, or for `TEST_FUZZ_SECONDS`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestError, TestRunner};

use targets::Target;

#[path = "../../fuzz/targets/mod.rs"]
mod targets;

mod rfc_examples;

/// Each has a test, so that they run side by side.
macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                hold(stringify!($name));
            }
        )*

        #[test]
        fn every_target_has_its_test_and_its_seeds() {
            let tested = [$(stringify!($name)),*];
            let known: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
            assert_eq!(tested[..], known);
            let folders = fs::read_dir(folder("")).unwrap().map(|entry| entry.unwrap().file_name());
            let folders: BTreeSet<_> = folders.map(|name| name.into_string().unwrap()).collect();
            assert_eq!(folders, tested.into_iter().map(str::to_owned).collect());
        }
    };
}

tests! {
    form authorization_request backchannel_request request_object claims authorization_details scope user_code redirect_uri return_address http_uri
    basic cookies forwarded accept languages jws jwe jwks dpop_proof assertion certificate certificate_header distinguished_name
    pem sealed json merge_patch client query cursor
}

/// How many inputs each target gets in a usual run.
const CASES: u32 = 1000;

/// Gives a target its seeds, and inputs that are made from them.
fn hold(name: &str) {
    let target = targets::ALL.iter().find(|target| target.name == name).expect("a target");
    let seeds: Vec<Vec<u8>> = seeds(name).into_iter().map(|(_, bytes)| bytes).collect();
    assert!(!seeds.is_empty(), "fuzz/seeds/{name} is empty");
    for seed in &seeds {
        find(target, 1, &Just(seed.clone()));
    }
    let until = Instant::now() + soak();
    find(target, CASES, &inputs(seeds.clone()));
    while Instant::now() < until {
        find(target, 10 * CASES, &inputs(seeds.clone()));
    }
}

/// For how long a target gets further inputs.
fn soak() -> Duration {
    let is_long = std::env::var("TEST_SOAK").is_ok();
    let seconds =
        std::env::var("TEST_FUZZ_SECONDS").ok().map(|text| text.parse().expect("TEST_FUZZ_SECONDS"));
    Duration::from_secs(seconds.unwrap_or(if is_long { 60 } else { 0 }))
}

/// Fails with the smallest input for which the target panics.
fn find(target: &Target, cases: u32, inputs: &impl Strategy<Value = Vec<u8>>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let run = |input: Vec<u8>| {
        (target.run)(&input);
        Ok(())
    };
    match TestRunner::new(config).run(inputs, run) {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => panic!(
            "{why}\nfix it, and put the input into a file in fuzz/seeds/{}:\n{}",
            target.name,
            input.escape_ascii()
        ),
        Err(TestError::Abort(why)) => panic!("{}: {why}", target.name),
    }
}

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
}

/// The files with seeds of a target, each with its name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).unwrap_or_else(|error| panic!("fuzz/seeds/{target}: {error}"));
    let mut seeds: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

/// Pieces that mean something to a parser.
const PIECES: [&str; 56] = [
    "\"",
    "\\",
    "'",
    "%",
    "%00",
    "%2F",
    "%2e",
    "%2E",
    "%zz",
    "..",
    ".",
    "//",
    "/",
    ":",
    ":0",
    ":443",
    "@",
    "?",
    "#",
    "&",
    "=",
    "+",
    ";",
    ",",
    "*",
    "~",
    "-",
    "_",
    "\0",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u{feff}",
    "\u{fffd}",
    "\u{202e}",
    "\u{ff21}",
    "\u{130}",
    "{",
    "}",
    "[",
    "]",
    "{\"a\":",
    "null",
    "true",
    "-1",
    "1e999",
    "0.1",
    "18446744073709551616",
    "\\u0000",
    "\"alg\":\"none\"",
    "\"crit\":[]",
    "https://",
    "http://[::1]:",
    "javascript:",
    "xn--",
];

/// A change of an input.
#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Insert(Index, &'static str),
    Bytes(Index, Vec<u8>),
    Remove(Index, usize),
    /// Repeats a part of the input.
    Repeat(Index, usize, usize),
    /// Puts a part of another seed into the input.
    Splice(Index, Index, Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        3 => (at(), select(&PIECES[..])).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        1 => (at(), vec(any::<u8>(), 1..5)).prop_map(|(at, bytes)| Edit::Bytes(at, bytes)),
        2 => (at(), 1..20_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => (at(), 1..40_usize, 1..70_usize).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        1 => (at(), at(), at(), 1..60_usize)
            .prop_map(|(at, seed, from, length)| Edit::Splice(at, seed, from, length)),
    ]
}

impl Edit {
    fn apply(&self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let place = |at: &Index, length: usize| at.index(length + 1);
        let part =
            |bytes: &[u8], from: usize, length: usize| bytes[from..bytes.len().min(from + length)].to_vec();
        let (at, bytes) = match self {
            Self::Set(at, byte) => {
                let at = place(at, input.len());
                if let Some(place) = input.get_mut(at) {
                    *place = *byte;
                }
                return;
            }
            Self::Remove(at, length) => {
                let at = place(at, input.len());
                input.drain(at..input.len().min(at + length));
                return;
            }
            Self::Insert(at, piece) => (at, piece.as_bytes().to_vec()),
            Self::Bytes(at, bytes) => (at, bytes.clone()),
            Self::Repeat(at, length, times) => {
                (at, part(input, place(at, input.len()), *length).repeat(*times))
            }
            Self::Splice(at, seed, from, length) => {
                let seed = seed.get(seeds);
                (at, part(seed, place(from, seed.len()), *length))
            }
        };
        let at = place(at, input.len());
        input.splice(at..at, bytes);
    }
}

/// Inputs that get past the first check, because they are seeds with a few changes; and some that are only noise.
fn inputs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edited = (select(seeds.clone()), vec(edit(), 0..6)).prop_map(move |(mut input, edits)| {
        edits.iter().for_each(|edit| edit.apply(&mut input, &seeds));
        input
    });
    let of_pieces = vec(select(&PIECES[..]), 0..30).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![
        8 => edited,
        1 => of_pieces,
        1 => vec(any::<u8>(), 0..200),
        1 => "(\\PC{0,40}\n?){0,3}".prop_map(String::into_bytes),
    ]
}

/// The largest input of any parser: a body.
const LARGEST: usize = 64 * 1024;
/// More than enough for a parser that looks at each byte a few times, also in a build without optimization; a parser that
/// looks at all bytes for each byte needs many times more.
const LONGEST: Duration = Duration::from_secs(1);

#[test]
fn the_largest_input_takes_a_time_that_grows_with_its_length_only() {
    for target in targets::ALL {
        let seeds = seeds(target.name);
        let whole = PIECES.iter().map(|piece| piece.repeat(LARGEST / piece.len()).into_bytes());
        let in_the_middle = seeds.iter().take(3).flat_map(|(_, seed)| {
            let (before, after) = seed.split_at(seed.len() / 2);
            PIECES.iter().step_by(4).map(move |piece| {
                [before, piece.repeat((LARGEST - seed.len().min(LARGEST)) / piece.len()).as_bytes(), after]
                    .concat()
            })
        });
        for input in whole.chain(in_the_middle) {
            let before = processor_time();
            (target.run)(&input);
            let took = processor_time() - before;
            let shown = input[..input.len().min(80)].escape_ascii();
            assert!(took < LONGEST, "{} takes {took:?} for {shown} …", target.name);
        }
    }
}

/// How long this thread has had a processor: other tests run beside this one.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("the time of this thread");
    Duration::from_nanos(text.split(' ').next().and_then(|text| text.parse().ok()).expect("nanoseconds"))
}

#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}

/// The libraries that a manifest names under `[dependencies]`, each with its version; the version of ours is empty.
fn dependencies(manifest: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(manifest).unwrap();
    let (_, rest) = text.split_once("\n[dependencies]\n").expect("dependencies");
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let read = |line: &str| {
        let (name, rest) = line.split_once(" = ")?;
        let version = rest.trim_start_matches("{ version = ").strip_prefix('"')?.split('"').next()?;
        Some((name.to_owned(), version.to_owned()))
    };
    lines.filter_map(read).collect()
}

/// `cargo fuzz` builds a package of its own, which `cargo test` does not. All of it but a few lines is the targets, so it
/// builds as long as it has the libraries that they use.
#[test]
fn the_package_for_libfuzzer_has_the_libraries_of_the_targets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (ours, theirs) =
        (dependencies(&root.join("Cargo.toml")), dependencies(&root.join("fuzz/Cargo.toml")));
    assert!(ours.len() > 30 && theirs.len() > 5, "{theirs:?}");
    for (name, version) in theirs.iter().filter(|(name, _)| *name != "libfuzzer-sys") {
        assert_eq!(ours.get(name), Some(version), "{name} in fuzz/Cargo.toml");
    }
    let sources = fs::read_dir(root.join("fuzz/targets")).unwrap().map(|entry| entry.unwrap().path());
    for source in sources {
        let text = fs::read_to_string(&source).unwrap();
        for library in ours.keys() {
            let path = format!("{}::", library.replace('-', "_"));
            let begins = |at: usize| {
                !text[..at]
                    .ends_with(|before: char| before == ':' || before == '_' || before.is_alphanumeric())
            };
            let is_used = text.match_indices(&path).any(|(at, _)| begins(at));
            assert!(!is_used || theirs.contains_key(library), "{}: {library}", source.display());
        }
    }
}
