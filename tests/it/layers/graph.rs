//! The imports of the whole source: which file names which, circles, and arrows that go up.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{module, paths};

/// The parts of the source from the bottom to the top; those of one level do not know each other.
///
/// A file is in the level that names it, or else its nearest folder.
const LEVELS: &[&[&str]] = &[
    // Rules and values, with nothing outside of the process.
    &["clock.rs", "network.rs", "cache/in_flight_reads.rs", "traces/"],
    &["limits/"],
    &["oauth/"],
    &["face/language.rs"],
    &["secret/", "files/"],
    &["x509/"],
    // Storage and signing work without a clock, an edge, or each other.
    &["store/", "jose/"],
    &["failure.rs"],
    &["fetch/address.rs", "face/colour.rs"],
    &["face/scheme.rs"],
    &["face/tokens.rs"],
    &["config/"],
    // What people see, without a request.
    &["face/"],
    // Services of the process that need no request.
    &["fetch/", "secret/passwords.rs", "cache/fresh.rs", "telemetry.rs", "clock_watch.rs"],
    &["keys/", "cache/"],
    // What an operator or a person does, for any edge.
    &["operations/"],
    // Objects in JSON, for commands and programs.
    &["representation/"],
    &["http/content_policy.rs", "http/kept_refusals.rs"],
    // The state that every request shares, and what it is made of.
    &[
        "audit/",
        "http/html.rs",
        "http/in_flight.rs",
        "http/qr.rs",
        "http/refusal_log.rs",
        "http/requests_in_work.rs",
        "http/route.rs",
        "http/untrusted_peers.rs",
        "tokens/verified.rs",
        "metrics/counters.rs",
        "metrics/requests.rs",
        "work/wake.rs",
        "readiness.rs",
    ],
    &["activity.rs", "metrics/purge_counters.rs"],
    &["app.rs"],
    // Below HTTP.
    &["connection/", "tokens/possession.rs"],
    &["tokens/for_client.rs"],
    // What the edges share.
    &["tokens/", "http/"],
    &["flows/", "issuing/", "members/", "work/"],
    // Edges translate, and never call each other; the route table, in the server, knows them all.
    &["endpoints/", "pages/", "api/", "console/", "metrics/"],
    &["server/"],
    &["cli/"],
    &["lib.rs", "main.rs"],
];

/// The files of the source by their names, each with the files that it imports.
pub(super) struct Imports<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

impl<'a> Imports<'a> {
    /// Reads the imports of files, given as name and text.
    pub(super) fn of(files: &'a [(String, String)]) -> Self {
        let is_binary = |name: &str| name == "main.rs";
        let by_module: BTreeMap<String, &str> = files
            .iter()
            .filter(|(name, _)| !is_binary(name))
            .map(|(name, _)| (module(name).join("::"), name.as_str()))
            .collect();
        let imports_of = |name: &'a str, source: &str| {
            let within = module(name).join("::");
            let named = paths(name, source).into_iter().filter_map(|path| named(&by_module, &within, &path));
            named.filter(|other| *other != name).collect()
        };
        Self(files.iter().map(|(name, source)| (name.as_str(), imports_of(name, source))).collect())
    }

    /// Files that import each other, each circle once; a parent may be in one with its children.
    pub(super) fn circles(&self) -> Vec<Vec<&'a str>> {
        let reachable: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|name| (*name, self.reachable(name))).collect();
        let circle_of = |name: &'a str| -> Vec<&'a str> {
            let others = reachable[name].iter().copied();
            others.filter(|other| reachable[other].contains(name)).collect()
        };
        let circles = self.0.keys().map(|name| (*name, circle_of(name)));
        circles
            .filter(|(name, circle)| circle.len() > 1 && circle[0] == *name && !is_family(circle))
            .map(|(_, circle)| circle)
            .collect()
    }

    /// What a file imports, and what that imports, and so on.
    fn reachable(&self, from: &str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut next: Vec<&str> = self.0[from].iter().copied().collect();
        while let Some(name) = next.pop() {
            if found.insert(name) {
                next.extend(&self.0[name]);
            }
        }
        found
    }

    /// Imports of a higher level, or of another part of the same one; files that are in no level.
    pub(super) fn that_go_up(&self) -> Vec<String> {
        let homeless = self.0.keys().filter(|name| place(name).is_none());
        let mut found: Vec<String> = homeless.map(|name| format!("{name} is in no level")).collect();
        let imports =
            self.0.iter().flat_map(|(name, imported)| imported.iter().map(move |other| (name, other)));
        let wrong =
            imports.filter(|(name, other)| place(other) != place(name) && level(other) >= level(name));
        found.extend(wrong.map(|(name, other)| format!("{name} imports {other}, which is not below it")));
        found
    }
}

/// Places of [`LEVELS`] that no file is in.
pub(super) fn empty_places(files: &[(String, String)]) -> Vec<&'static str> {
    let is_empty = |wanted: &&'static str| files.iter().all(|(name, _)| place(name) != Some(*wanted));
    LEVELS.iter().flat_map(|level| level.iter().copied()).filter(is_empty).collect()
}

/// The file whose module, or an item in it, a path of the module `within` names; `None` for other crates.
fn named<'a>(by_module: &BTreeMap<String, &'a str>, within: &str, path: &str) -> Option<&'a str> {
    let (first, rest) = path.split_once("::")?;
    let whole = match first {
        // The binary calls the library by its name.
        "crate" | "grantor" => format!("crate::{rest}"),
        // A path may begin at a child of the module; others begin at an import, which is a path itself.
        _ if by_module.contains_key(&format!("{within}::{first}")) => format!("{within}::{path}"),
        _ => return None,
    };
    let mut prefix = whole.as_str();
    while !by_module.contains_key(prefix) {
        (prefix, _) = prefix.rsplit_once("::")?;
    }
    by_module.get(prefix).copied()
}

/// Whether one of these files is the parent of all the others.
fn is_family(circle: &[&str]) -> bool {
    let is_parent = |parent: &str| {
        let Some(folder) = parent.strip_suffix("mod.rs") else { return false };
        circle.iter().all(|name| name.starts_with(folder))
    };
    circle.iter().any(|name| is_parent(name))
}

/// The place of [`LEVELS`] that a file is in: the longest that names it.
fn place(name: &str) -> Option<&'static str> {
    let holds = |place: &&str| *place == name || (place.ends_with('/') && name.starts_with(*place));
    LEVELS.iter().flat_map(|level| level.iter().copied()).filter(holds).max_by_key(|place| place.len())
}

fn level(name: &str) -> Option<usize> {
    let place = place(name)?;
    LEVELS.iter().position(|level| level.contains(&place))
}
