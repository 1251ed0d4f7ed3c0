//! What a command prints on: a terminal, as a reader has one, but for reading alone.
//!
//! Some programs speak otherwise to a terminal than to a pipe: `ws101 connect` puts `<` before what came, curl refuses to
//! print binary, and nobody waits for a full buffer. It has 80 columns, and line ends stay as they were written.

use crate::common::spawn;
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use std::fs::File;
use std::io::Read;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How long nothing more comes from what a command has left in the background before its output is taken for all.
const QUIET: Duration = Duration::from_millis(200);

/// What was written so far. A thread reads on until nobody can write any more.
#[derive(Default)]
pub struct Screen {
    written: Mutex<Vec<u8>>,
    is_over: AtomicBool,
}

impl Screen {
    /// Makes a new one the stdout and stderr of a command.
    pub fn of(command: &mut Command) -> Arc<Screen> {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pty");
        grantpt(&near).and_then(|()| unlockpt(&near)).expect("its other end");
        let name = ptsname(&near, Vec::new()).expect("a name");
        let line = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("the other end");
        tcsetwinsize(&line, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
        let mut modes = tcgetattr(&line).expect("modes");
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&line, OptionalActions::Now, &modes).expect("modes");
        command.stdout(line.try_clone().expect("a descriptor")).stderr(line);
        let screen = Arc::new(Screen::default());
        let heard = Arc::clone(&screen);
        spawn("screen", move || heard.listen(near.into()));
        screen
    }

    fn listen(&self, mut near: File) {
        let mut buffer = [0; 4096];
        // An error is the end: nobody has the other end open any more.
        while let Ok(count @ 1..) = near.read(&mut buffer) {
            self.written.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
        }
        self.is_over.store(true, Ordering::Release);
    }

    /// What was written from a byte on.
    pub fn from(&self, at: usize) -> Vec<u8> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)[at..].to_vec()
    }

    /// What was written, when the command itself has ended. What it leaves in the background may write on.
    pub fn all(&self) -> Vec<u8> {
        let (mut length, mut since) = (0, Instant::now());
        while !self.is_over.load(Ordering::Acquire) && since.elapsed() < QUIET {
            let now = self.written.lock().unwrap_or_else(PoisonError::into_inner).len();
            if now != length {
                (length, since) = (now, Instant::now());
            }
            park_timeout(Duration::from_millis(2));
        }
        self.from(0)
    }
}
