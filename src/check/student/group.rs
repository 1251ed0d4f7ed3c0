//! A program in a process group of its own: what it starts is ended with it.

use super::super::memory;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long all of them have to end by themselves.
const GRACE: Duration = Duration::from_secs(1);

/// How long the system may take to end those that did not.
const KILLED: Duration = Duration::from_secs(1);

/// How often it is looked at: the end of a group is told to nobody.
const LOOK: Duration = Duration::from_millis(10);

/// The group, which its first process has given its number.
pub(super) struct Group {
    leader: u32,
    state: Mutex<State>,
}

struct State {
    child: Child,
    started: Instant,
    ended: Option<(ExitStatus, Duration)>,
    /// Nobody is left. The number may be somebody else's by now, and is signalled no more.
    is_gone: bool,
}

impl Group {
    /// Starts a command of the shell, which finds the port in `PORT`. What it says is to be read from the pipes.
    pub(super) fn start(command: &str, port: u16) -> io::Result<(Group, Vec<Box<dyn Read + Send>>)> {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).env("PORT", port.to_string()).process_group(0);
        // Into a pipe Python prints nothing until much has come together: too late for the case that it belongs to.
        shell.env("PYTHONUNBUFFERED", "1");
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = shell.spawn()?;
        let stdout = child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        let stderr = child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        let state = State { child, started: Instant::now(), ended: None, is_gone: false };
        let group = Group { leader: state.child.id(), state: Mutex::new(state) };
        Ok((group, stdout.into_iter().chain(stderr).collect()))
    }

    /// Its number.
    pub(super) fn leader(&self) -> u32 {
        self.leader
    }

    /// How the program has ended, and how long after its start that was seen.
    pub(super) fn ended(&self) -> Option<(ExitStatus, Duration)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).look()
    }

    /// Asks all of them to end, and ends those that do not. Whoever comes second waits for the first.
    pub(super) fn stop(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.look();
        if state.is_gone {
            return;
        }
        self.signal(Signal::TERM);
        if !self.wait(&mut state, GRACE) {
            self.signal(Signal::KILL);
            self.wait(&mut state, KILLED);
        }
        state.is_gone = true;
    }

    fn signal(&self, signal: Signal) {
        // It may have ended meanwhile.
        let _ = id(self.leader).map(|group| kill_process_group(group, signal));
    }

    fn wait(&self, state: &mut State, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        // The first process counts as one of the group until its status has been fetched.
        while state.look().is_none() || !state.is_gone {
            if Instant::now() >= deadline {
                return false;
            }
            thread::park_timeout(LOOK);
        }
        true
    }
}

impl State {
    fn look(&mut self) -> Option<(ExitStatus, Duration)> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.ended = Some((status, self.started.elapsed()));
        }
        // Others of the group may live longer.
        if self.ended.is_some() && !self.is_gone {
            self.is_gone = !is_there(self.child.id());
        }
        self.ended
    }
}

/// "exited with status 1", or which signal has ended it.
pub(super) fn words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}{}", name(signal)),
        (None, None) => "ended".to_owned(),
    }
}

/// Those that a program brings upon itself, and those that one is sent.
fn name(signal: i32) -> String {
    let known = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::HUP, "SIGHUP"),
        (Signal::ILL, "SIGILL"),
        (Signal::INT, "SIGINT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::TERM, "SIGTERM"),
    ];
    let found = known.iter().find(|(known, _)| known.as_raw() == signal);
    found.map_or_else(String::new, |(_, name)| format!(" ({name})"))
}

fn is_there(leader: u32) -> bool {
    let is_known = id(leader).is_some_and(|group| test_kill_process_group(group) != Err(Errno::SRCH));
    is_known && !memory::has_ended(leader)
}

fn id(leader: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(leader).ok()?)
}
