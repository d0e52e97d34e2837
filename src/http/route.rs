//! Finds the endpoint of a path before a handler receives the request. The table of endpoints is in `server/routes.rs`.

use crate::limits::Class;
use crate::oauth::request::backchannel;

/// Who reads an answer, which decides the form of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A program that speaks OAuth: JSON with `error`.
    OAuth,
    /// A person: a page.
    Page,
    /// Any other program: JSON with `message`.
    Api,
    /// A program that manages the server: JSON with `message`, which no script of another origin may read.
    Management,
    /// An operator who looks at the console: a page of the console, in English.
    Console,
    /// No endpoint. Nothing is known about the caller.
    Unknown,
}

/// One endpoint.
#[derive(Debug)]
pub struct Route {
    /// Its path below the path of the public URL, as a pattern. It is also the label in the metrics.
    pub path: &'static str,
    pub surface: Surface,
    /// The limit of its requests. `None` for health checks, which are never limited, and are answered however many
    /// requests are worked on.
    pub class: Option<Class>,
    /// Its path is not below the path of the public URL.
    pub at_root: bool,
}

impl Route {
    /// Whether its requests are answered however many requests are worked on.
    pub fn is_always_answered(&self) -> bool {
        self.class.is_none()
    }

    /// Whether it takes backchannel requests, whose errors have their own codes and members (CIBA Core §13).
    pub fn is_backchannel(&self) -> bool {
        self.path == backchannel::PATH
    }
}

/// The route of every path without an endpoint.
pub static NOWHERE: Route =
    Route { path: "none", surface: Surface::Unknown, class: Some(Class::Metadata), at_root: false };

const WELL_KNOWN: &str = "/.well-known/";

impl Route {
    /// The paths of the endpoint. `mount` is the path of the public URL: empty or `/like/this`.
    ///
    /// Metadata has two paths: RFC 8414 §3.1 appends the issuer's path, OpenID Connect Discovery §4 puts it in front.
    pub fn paths(&self, mount: &str) -> Vec<String> {
        if self.at_root {
            return vec![self.path.to_owned()];
        }
        let mut paths = vec![format!("{mount}{}", self.path)];
        if self.path.starts_with(WELL_KNOWN) && !mount.is_empty() {
            paths.push(format!("{}{mount}", self.path));
        }
        paths
    }
}

/// The routes of a server, at the paths where they are mounted.
#[derive(Debug)]
pub struct Routes(Vec<(Pattern, &'static Route)>);

#[derive(Debug)]
enum Pattern {
    Path(String),
    /// Exactly one segment below this folder, which ends with a slash.
    InFolder(String),
    /// These segments after the first slash; `None` is any segment that is not empty.
    Segments(Vec<Option<String>>),
    /// Any path that begins with this text.
    Beginning(&'static str),
}

impl Routes {
    /// `mount` is the path of the public URL. The most frequent routes come first.
    pub fn new(mount: &str, routes: impl Iterator<Item = &'static Route>) -> Self {
        let mut patterns = Vec::new();
        for route in routes {
            for path in route.paths(mount) {
                patterns.push((Pattern::of(path), route));
            }
            if route.path.starts_with(WELL_KNOWN) && !route.at_root {
                patterns.push((Pattern::Beginning(route.path), route));
            }
        }
        Self(patterns)
    }

    /// The endpoint of a path, which must be the text that the router compares: percent-encoded letters are letters there.
    /// [`NOWHERE`] if there is no such endpoint.
    pub fn find(&self, path: &str) -> &'static Route {
        let found = self.0.iter().find(|(pattern, _)| pattern.matches(path));
        found.map_or(&NOWHERE, |(_, route)| route)
    }
}

impl Pattern {
    /// The pattern of a path, in which `{name}` is any segment.
    fn of(path: String) -> Self {
        let folder = path.split_once('{').map(|(folder, rest)| (folder.to_owned(), rest.contains('/')));
        match folder {
            None => Self::Path(path),
            Some((folder, false)) => Self::InFolder(folder),
            Some((_, true)) => {
                let segments = path.split('/').skip(1);
                Self::Segments(
                    segments.map(|part| (!part.starts_with('{')).then(|| part.to_owned())).collect(),
                )
            }
        }
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Path(own) => own == path,
            Self::InFolder(folder) => {
                path.strip_prefix(folder.as_str()).is_some_and(|rest| !rest.contains('/'))
            }
            Self::Beginning(beginning) => path.starts_with(beginning),
            Self::Segments(segments) => {
                let mut parts = path.split('/').skip(1);
                let fits = |segment: &Option<String>| {
                    let part = parts.next();
                    part.is_some_and(|part| segment.as_ref().map_or(!part.is_empty(), |own| own == part))
                };
                segments.iter().all(fits) && parts.next().is_none()
            }
        }
    }
}
