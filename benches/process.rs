//! What the kernel tells of a process: CPU time and memory.

use std::fs;
use std::time::Duration;

use crate::Outcome;

/// The unit of times in `/proc/PID/stat`, on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time of all threads, the ended ones included, in user mode and in the kernel.
pub(crate) fn cpu(pid: u32) -> Outcome<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name in parentheses and may hold anything; the times are the 14th and 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks = fields.skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// KiB of `VmRSS` (now) or `VmHWM` (the most ever).
pub(crate) fn memory(pid: u32, what: &str) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let size = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no memory in /proc")?;
    Ok(size.trim().parse()?)
}
