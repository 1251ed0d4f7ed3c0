//! A terminal that a test types on and reads from: a pty, with a program at its other end that believes in it.
//!
//! What the program writes is kept as it came, with every escape sequence. Nobody draws it here: what a person would see
//! is for tmux, and for a person.

use super::{PATIENCE, spawn, wait_until};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{panicking, park_timeout};
use std::time::{Duration, Instant};

/// A terminal of 24 rows and 80 columns. Dropping it kills the program.
pub struct Terminal {
    keys: File,
    line: OwnedFd,
    child: Child,
    screen: Arc<Screen>,
    before: String,
}

/// What was written so far, and the news that more was.
#[derive(Default)]
struct Screen {
    written: Mutex<Vec<u8>>,
    news: Condvar,
    pause: Mutex<Duration>,
}

impl Terminal {
    /// Starts `program` with `arguments`. stdin and the controlling terminal are this one; so are stdout and stderr.
    pub fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pty");
        grantpt(&near).and_then(|()| unlockpt(&near)).expect("its other end");
        let name = ptsname(&near, Vec::new()).expect("a name");
        // What another test starts meanwhile must have neither end open.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let line = open(name.as_c_str(), flags, Mode::empty()).expect("the other end");
        fcntl_setfd(&near, FdFlags::CLOEXEC).expect("flags");
        tcsetwinsize(&line, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
        // Read now: a program may be quick.
        let before = modes(&line);
        let end = || Stdio::from(line.try_clone().expect("a descriptor"));
        // A session of its own, whose terminal is stdin: else the program would find the one of whoever runs the tests.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program).args(arguments).stdin(end()).stdout(end()).stderr(end());
        command.env("TERM", "xterm").env_remove("NO_COLOR").env_remove("RUST_LOG").envs(variables.iter().copied());
        let child = command.spawn().expect("setsid runs (util-linux)");
        let keys = File::from(near);
        let screen = Arc::new(Screen::default());
        let (mut output, written) = (keys.try_clone().expect("a descriptor"), Arc::clone(&screen));
        spawn("terminal", move || {
            let mut buffer = [0; 4096];
            // An error is the end: nobody has the other end open any more.
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                written.written.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..length]);
                written.news.notify_all();
                let pause = *written.pause.lock().unwrap_or_else(PoisonError::into_inner);
                if !pause.is_zero() {
                    park_timeout(pause);
                }
            }
        });
        Terminal { keys, line, child, screen, before }
    }

    /// From now on it takes at most 4 KiB, and then nothing for so long.
    pub fn pause(&self, pause: Duration) {
        *self.screen.pause.lock().unwrap_or_else(PoisonError::into_inner) = pause;
    }

    /// Presses keys: `"a\r"` is an a and Enter, `"\x03"` Ctrl-C.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a terminal takes keys");
    }

    /// Waits until the program has written this, and gives all that was written up to its end.
    pub fn wait_for(&self, part: &str) -> String {
        self.wait_for_after(0, part)
    }

    /// The same, not counting the first bytes: what [`Terminal::written`] was at some time is not looked at again.
    pub fn wait_for_after(&self, passed: usize, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut written = self.screen.written.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let text = String::from_utf8_lossy(&written).into_owned();
            if let Some(at) = text.get(passed..).and_then(|text| text.find(part)) {
                return text[..passed + at + part.len()].to_owned();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {part:?} in {:?}", text.get(passed..));
            written = self.screen.news.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many bytes the program has written.
    pub fn written(&self) -> usize {
        self.screen.written.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The terminal's modes are those it had when the program was started.
    pub fn assert_as_it_was(&self) {
        assert_eq!(modes(&self.line), self.before);
    }

    /// Whether keys are read as they are pressed: a prompt is up.
    pub fn is_raw(&self) -> bool {
        !tcgetattr(&self.line).expect("modes").local_modes.contains(LocalModes::ICANON)
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a signal");
    }

    /// Waits until the program has a handler for a signal, and so will not end by it.
    pub fn wait_until_caught(&self, signal: Signal) {
        let name = format!("/proc/{}/status", self.child.id());
        wait_until("the signal has a handler", || {
            let status = fs::read_to_string(&name).expect("a process");
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("what it catches");
            let caught = u64::from_str_radix(caught.trim(), 16).expect("a mask");
            caught >> (signal.as_raw() - 1) & 1 == 1
        });
    }

    /// Waits until the program has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            park_timeout(Duration::from_millis(5));
        }
    }
}

/// As words, so that two can be compared.
fn modes(line: &OwnedFd) -> String {
    format!("{:?}", tcgetattr(line).expect("modes"))
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if panicking() {
            let written = self.screen.written.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("the terminal saw: {:?}", String::from_utf8_lossy(&written));
        }
    }
}
