//! How many descriptors this process may have open (files and connections), and what they are for.

use super::{Config, Http};

/// Connections if the configuration does not say how many, and the limit allows them.
const CONNECTIONS: usize = 4096;
/// For metrics, calls to other servers, connections that are about to end, files, and the log.
const OTHER: u64 = 256;
/// A connection to the database; one of SQLite has three files.
const PER_DATABASE_CONNECTION: u64 = 4;
const PER_WORKER: u64 = 8;

impl Config {
    /// The number of connections of people and applications, where the process may have `limit` descriptors open; `None`
    /// means that there is no limit.
    pub fn connections(&self, limit: Option<u64>) -> usize {
        let wanted = match self.http.connections {
            0 => CONNECTIONS,
            count => count,
        };
        self.connections_within(limit).map_or(wanted, |available| wanted.min(available))
    }

    /// The largest number of connections within a limit: what the rest of the server leaves, and at least a quarter.
    fn connections_within(&self, limit: Option<u64>) -> Option<usize> {
        let available = limit?.saturating_sub(self.other_descriptors()).max(limit? / 4);
        Some(usize::try_from(available).unwrap_or(usize::MAX))
    }

    fn other_descriptors(&self) -> u64 {
        let workers = u64::try_from(self.http.workers()).unwrap_or(u64::MAX);
        let database = u64::from(self.database.connections).saturating_mul(PER_DATABASE_CONNECTION);
        OTHER.saturating_add(database).saturating_add(workers.saturating_mul(PER_WORKER))
    }

    /// What is wrong with `http.connections` under a hard limit.
    pub(super) fn check_connections(&self, limit: Option<u64>) -> Option<String> {
        let (wanted, available) = (self.http.connections, self.connections_within(limit)?);
        (wanted > available).then(|| {
            format!(
                "http.connections is {wanted}, but this process may have {} descriptors open (ulimit -Hn), and needs some \
                 for other things; write at most {available}, or raise that limit",
                limit.unwrap_or_default()
            )
        })
    }
}

impl Http {
    /// The number of worker threads.
    pub fn workers(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        }
    }
}

/// The hard limit of open descriptors; `None` if the system sets no limit.
#[cfg(unix)]
pub(super) fn hard_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum
}

#[cfg(not(unix))]
pub(super) fn hard_limit() -> Option<u64> {
    None
}

/// Raises the limit of open descriptors to the hard one. Returns the limit after that; `None` if the system sets no
/// limit.
#[cfg(unix)]
pub fn raise_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!("the limit of open descriptors stays as it is: {error}");
            current
        }
    }
}

#[cfg(not(unix))]
pub fn raise_limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest_of_the_server() {
        let config = |connections| {
            let options = [("http.connections", connections), ("http.workers", "2")];
            Config::with(&options).unwrap()
        };
        // 1024 - 256 - 8 * 4 - 2 * 8
        for (wanted, limit, connections) in [
            ("0", None, 4096),
            ("0", Some(1_000_000), 4096),
            ("0", Some(1024), 720),
            ("0", Some(300), 75),
            ("100", Some(1024), 100),
            ("1000", Some(1024), 720),
        ] {
            assert_eq!(config(wanted).connections(limit), connections, "{wanted} of {limit:?}");
        }
        let fits = config("720");
        assert_eq!(fits.check_connections(Some(1024)), None);
        assert_eq!(config("0").check_connections(Some(1024)), None);
        let sentence = fits.check_connections(Some(1023)).unwrap();
        assert!(
            sentence.contains("http.connections is 720") && sentence.contains("at most 719"),
            "{sentence}"
        );
    }
}
