//! What a command prints on: a terminal, as a reader has one, but for reading alone.
//!
//! Some programs speak otherwise to a terminal than to a pipe: `ws101 connect` puts `<` before what came, curl refuses to
//! print binary, and nobody waits for a full buffer. It has 80 columns, and line ends stay as they were written.

use super::group::Group;
use crate::common::{spawn, wait_until};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How long nothing more comes from what still could write before what it has written is taken for all.
const QUIET: Duration = Duration::from_millis(400);

/// How long somebody is listened to who is never quiet.
const ENOUGH: Duration = Duration::from_secs(5);

/// How often it is looked, whatever the system says of news.
const SELDOM: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A terminal's end that is read from. A thread reads, so that nobody has to wait for room; whoever asks reads as well, and
/// so depends on no thread's getting its turn.
pub struct Screen {
    near: File,
    written: Mutex<Written>,
}

/// What was written so far.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// Nobody can write any more.
    is_over: bool,
}

impl Screen {
    /// Makes a new one the stdout and stderr of a command.
    pub fn of(command: &mut Command) -> Arc<Screen> {
        let screen = Arc::new(Screen::unheard(command));
        let heard = Arc::clone(&screen);
        spawn("screen", move || heard.listen());
        screen
    }

    fn unheard(command: &mut Command) -> Screen {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pty");
        grantpt(&near).and_then(|()| unlockpt(&near)).expect("its other end");
        let name = ptsname(&near, Vec::new()).expect("a name");
        // What is started meanwhile, or prints elsewhere, must not have this end open as well: it would never be over.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let line = open(name.as_c_str(), flags, Mode::empty()).expect("the other end");
        fcntl_setfd(&near, FdFlags::CLOEXEC).and_then(|()| ioctl_fionbio(&near, true)).expect("flags");
        tcsetwinsize(&line, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
        let mut modes = tcgetattr(&line).expect("modes");
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&line, OptionalActions::Now, &modes).expect("modes");
        command.stdout(line.try_clone().expect("a descriptor")).stderr(line);
        Screen { near: near.into(), written: Mutex::default() }
    }

    fn listen(&self) {
        while !self.with_news(|written| written.is_over) {
            let _ = poll(&mut [PollFd::new(&self.near, PollFlags::IN)], Some(&SELDOM));
        }
    }

    /// Reads all there is, and looks at it. The lock is held meanwhile: no byte is in anybody's hands.
    fn with_news<T>(&self, look: impl FnOnce(&Written) -> T) -> T {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = [0; 4096];
        while !written.is_over {
            match (&self.near).read(&mut buffer) {
                Ok(count @ 1..) => written.bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // An error is the end as well: nobody has the other end open any more.
                Ok(_) | Err(_) => written.is_over = true,
            }
        }
        look(&written)
    }

    /// What was written from a byte on.
    pub fn from(&self, at: usize) -> Vec<u8> {
        self.with_news(|written| written.bytes[at..].to_vec())
    }

    /// What was written, when the command itself has ended: all of it, unless something in the background can still write.
    /// That is given [`QUIET`], from its last word on.
    pub fn all(&self) -> Vec<u8> {
        let begin = Instant::now();
        let (mut length, mut since) = (0, begin);
        loop {
            let (now, is_over) = self.with_news(|written| (written.bytes.len(), written.is_over));
            if now != length {
                (length, since) = (now, Instant::now());
            }
            if is_over || since.elapsed() >= QUIET || begin.elapsed() >= ENOUGH {
                return self.from(0);
            }
            park_timeout(Duration::from_millis(2));
        }
    }
}

/// The terminal of a command that has ended, and what ends what it has left in the background.
fn ended(script: &str, screen: impl FnOnce(&mut Command) -> Arc<Screen>) -> (Arc<Screen>, impl FnOnce()) {
    let mut command = Command::new("sh");
    command.args(["-c", script]).process_group(0);
    let screen = screen(&mut command);
    let mut child = command.spawn().expect("sh starts");
    child.wait().expect("its end");
    let group = Group::of(child.id());
    (screen, move || group.signal(Signal::KILL).expect("something in the background"))
}

/// A thread that never gets its turn is one that was never started.
#[test]
fn what_a_command_has_written_is_there_when_it_has_ended() {
    let (screen, clean_up) = ended("echo Hello; sleep 60 & echo too", |command| Arc::new(Screen::unheard(command)));
    assert_eq!(screen.from(0), b"Hello\ntoo\n");
    assert!(!screen.with_news(|written| written.is_over), "what is in the background can still write");
    clean_up();
}

#[test]
fn what_prints_elsewhere_is_not_waited_for() {
    let (screen, clean_up) = ended("sleep 60 >/dev/null 2>&1 & echo Hello", Screen::of);
    // What another test is just about to start may have it open for a moment.
    wait_until("the terminal is closed", || screen.with_news(|written| written.is_over));
    assert_eq!(screen.all(), b"Hello\n");
    clean_up();
}
