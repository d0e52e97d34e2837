//! The memory of a process, as Linux reports it.

/// The memory that a process has now, in KiB.
pub(crate) fn resident(pid: u32) -> u64 {
    of(pid, "VmRSS")
}

/// The most memory that a process has had, in KiB.
pub(crate) fn most_resident(pid: u32) -> u64 {
    of(pid, "VmHWM")
}

fn of(pid: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let size = line.and_then(|line| line.trim().strip_suffix("kB")).expect("a size");
    size.trim().parse().expect("a number")
}
