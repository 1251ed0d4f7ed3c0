//! What the system says of a process, and what it allows this one.

use std::fs;
use std::time::Duration;

/// The kernel counts CPU for /proc in ticks of 10 ms (USER_HZ, 100 on nearly every Linux).
pub const TICK: Duration = Duration::from_millis(10);

/// For the program's own files, and the listener.
const OTHER_DESCRIPTORS: usize = 100;

#[derive(Clone, Copy)]
pub struct Usage {
    /// User and system time of all its threads, those that have ended too.
    pub cpu: Duration,
    /// Resident memory, in KiB.
    pub rss: u64,
}

impl Usage {
    pub fn of(pid: u32) -> Option<Self> {
        Some(Self { cpu: cpu(pid)?, rss: status(pid, "VmRSS")? })
    }
}

/// proc(5): utime and stime are fields 14 and 15 of `stat`. Field 2, the name in
/// parentheses, may hold spaces, so count from its end: the next field is the third.
fn cpu(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(14 - 3).map(|field| field.parse::<u32>().ok());
    Some(TICK * (times.next()?? + times.next()??))
}

/// A number of /proc/PID/status: `VmRSS` (KiB), `Threads`.
pub fn status(pid: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.split_whitespace().next()?.parse().ok()
}

/// Why memory can't be measured here with so many connections, if it can't.
pub fn reason_to_skip(connections: usize) -> Option<String> {
    let needed = (connections + OTHER_DESCRIPTORS) as u64;
    let limit = descriptor_limit();
    if Usage::of(std::process::id()).is_none() {
        return Some("needs /proc".into());
    }
    (limit < needed).then(|| format!("needs {needed} file descriptors, the limit is {limit}"))
}

/// Nothing is to happen in this time: there is no event to wait for instead.
pub fn wait(time: Duration) {
    // It always fires, so there is no error to look at.
    let _fired = crossbeam_channel::after(time).recv();
}

/// One descriptor a connection, here and in every server, which inherits the limit.
/// A row that needs more than there are says so and is skipped.
#[cfg(unix)]
pub fn raise_descriptor_limit() {
    // Refused means: as many as before.
    let _raised = rlimit::increase_nofile_limit(u64::MAX);
}

#[cfg(unix)]
fn descriptor_limit() -> u64 {
    rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(0, |(soft, _hard)| soft)
}

#[cfg(not(unix))]
pub fn raise_descriptor_limit() {}

#[cfg(not(unix))]
fn descriptor_limit() -> u64 {
    u64::MAX
}
