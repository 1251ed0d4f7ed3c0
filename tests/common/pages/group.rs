//! The process group of a command: what it has started is signalled, and ended, together.
//!
//! Each command of a page leads a group of its own, as in a shell with jobs. The keys of a terminal would not reach it,
//! so a test that is interrupted ends all groups itself.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, geteuid, kill_process_group, test_kill_process_group};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio, exit};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How long all of them have to end by themselves.
const GRACE: Duration = Duration::from_secs(2);

/// Those that are ended when the test is interrupted.
static ALL: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A group of processes. Dropping it ends all of them.
pub struct Group {
    leader: u32,
}

impl Group {
    /// That of a process which was started as the leader of one.
    pub fn of(leader: u32) -> Group {
        ALL.lock().unwrap_or_else(PoisonError::into_inner).insert(leader);
        Group { leader }
    }

    /// Sends a signal to all of them, as a terminal does: to those as well that `sudo` has started. [`Errno::SRCH`]:
    /// there is nobody. [`Errno::PERM`]: somebody may not be sent it.
    pub fn signal(&self, signal: Signal) -> Result<(), Errno> {
        send(self.leader, signal)
    }

    /// Whether there is anybody.
    pub fn is_there(&self) -> bool {
        is_there(self.leader)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It may have ended, and all of it.
        let _ = self.signal(Signal::KILL);
        ALL.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.leader);
    }
}

/// Waits for the end of a process, as long as that takes, but not longer than this. Whether it came.
pub fn has_ended(child: &mut Child, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            return false;
        }
        park_timeout(Duration::from_millis(5));
    }
    true
}

/// Ends all groups when the test is interrupted, and then the test.
///
/// What is started in the background ignores Ctrl-C, and hands that on to all that it starts. A handler is not handed
/// on, so a page's Ctrl-C works there too.
#[expect(
    clippy::disallowed_methods,
    reason = "the end of a handler is no end of the test, and whoever interrupts wants one"
)]
pub fn hear_interrupts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let end = || {
            let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
            let signal_all = |signal| {
                for leader in &*all {
                    // Whatever can be ended is.
                    let _ = send(*leader, signal);
                }
            };
            // Who has started programs in groups of their own ends them, when there is time for it.
            signal_all(Signal::TERM);
            let deadline = Instant::now() + GRACE;
            while Instant::now() < deadline && all.iter().any(|leader| is_there(*leader)) {
                park_timeout(Duration::from_millis(20));
            }
            signal_all(Signal::KILL);
            exit(130);
        };
        ctrlc::set_handler(end).expect("a handler");
    });
}

fn send(leader: u32, signal: Signal) -> Result<(), Errno> {
    let group = id(leader).ok_or(Errno::SRCH)?;
    // The system takes one process that may be sent it for all of them.
    if !geteuid().is_root() && has_others(leader) {
        return send_as_root(leader, signal);
    }
    match kill_process_group(group, signal) {
        Err(Errno::PERM) => send_as_root(leader, signal),
        sent => sent,
    }
}

fn send_as_root(leader: u32, signal: Signal) -> Result<(), Errno> {
    let mut kill = Command::new("sudo");
    kill.args(["-n", "kill", "-s", &signal.as_raw().to_string(), "--", &format!("-{leader}")]);
    let status = kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err(Errno::PERM) }
}

/// Whether somebody in it is of another user, as far as can be seen: Linux tells it.
fn has_others(leader: u32) -> bool {
    let user = geteuid().as_raw();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.into_iter().any(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        // `17 (its name) S 1 17 ...`: the third behind the name is its group.
        let group = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(2)?.parse().ok());
        group == Some(leader) && process.metadata().is_ok_and(|metadata| metadata.uid() != user)
    })
}

/// Whether there is anybody in that group.
fn is_there(leader: u32) -> bool {
    id(leader).is_some_and(|group| test_kill_process_group(group) != Err(Errno::SRCH))
}

fn id(leader: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(leader).ok()?)
}
