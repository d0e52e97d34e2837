//! CPU time and memory of a process, as the kernel reports them.

use std::fs;
use std::time::Duration;

use crate::Outcome;

/// The unit of times in `/proc/PID/stat`, on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time of all threads, including ended ones, in user mode and in the kernel.
pub(crate) fn cpu(pid: u32) -> Outcome<Duration> {
    let [_, user, kernel, ..] = stat(pid)?;
    Ok(of_ticks(user + kernel))
}

/// CPU time of a process and of all its descendants, including ended ones.
pub(crate) fn cpu_of_family(pid: u32) -> Outcome<Duration> {
    let [_, own @ ..] = stat(pid)?;
    let mut ticks: u64 = own.iter().sum();
    for entry in fs::read_dir("/proc")?.flatten() {
        let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
        // The figures of a process that has just ended are in its parent's.
        if let Some([parent, own @ ..]) = id.and_then(|id| stat(id).ok())
            && parent == u64::from(pid)
        {
            ticks += own.iter().sum::<u64>();
        }
    }
    Ok(of_ticks(ticks))
}

pub(crate) fn parent(pid: u32) -> Outcome<u32> {
    Ok(stat(pid)?[0].try_into()?)
}

fn of_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// The parent, and the times: the process's own in user mode and in the kernel, and those of its ended children.
fn stat(pid: u32) -> Outcome<[u64; 5]> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name in parentheses and may contain anything; the parent is the 4th field, and the times
    // begin with the 14th.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace().collect();
    let number = |index: usize| Outcome::Ok(fields.get(index).ok_or("no times in /proc")?.parse()?);
    Ok([number(1)?, number(11)?, number(12)?, number(13)?, number(14)?])
}

/// KiB of `VmRSS` (now) or `VmHWM` (the maximum so far).
pub(crate) fn memory(pid: u32, what: &str) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let size = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no memory in /proc")?;
    Ok(size.trim().parse()?)
}
