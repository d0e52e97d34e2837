//! What this process uses of the machine, as Linux reports it in `/proc`. Other systems report nothing here.

/// What the process uses; each is `None` if the system does not say it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    /// Bytes.
    pub(super) resident_memory: Option<u64>,
    /// Files and connections.
    pub(super) open_descriptors: Option<u64>,
    pub(super) most_descriptors: Option<u64>,
}

/// What the process uses at this moment.
#[cfg(target_os = "linux")]
pub(super) fn usage() -> Usage {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = number_after(&status, "VmRSS:");
    let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    Usage {
        resident_memory: kilobytes.and_then(|kilobytes| kilobytes.checked_mul(1024)),
        // One of them belongs to this look.
        open_descriptors: std::fs::read_dir("/proc/self/fd")
            .ok()
            .and_then(|open| u64::try_from(open.count()).ok())
            .map(|open| open.saturating_sub(1)),
        most_descriptors: limits.current,
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn usage() -> Usage {
    Usage::default()
}

/// The number that follows `name` on its line.
#[cfg(target_os = "linux")]
fn number_after(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
