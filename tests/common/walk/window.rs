//! A further terminal: a command that stays open, is typed to, and shows what comes.

use super::doors::Doors;
use crate::fences::matches;
use crate::pages::compare::{Ports, comparable, fault};
use crate::pages::group::{Group, has_ended};
use crate::pages::screen::Screen;
use rustix::io::Errno;
use rustix::process::Signal;
use std::io::{Write, stderr};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How long a line without its end must stand before it is taken for one that gets none.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the end may take of what was asked to, and of what was killed.
const END: Duration = Duration::from_secs(8);

/// An open window. Dropping it kills what runs in it.
pub struct Window {
    child: Child,
    group: Group,
    stdin: Option<ChildStdin>,
    screen: Arc<Screen>,
    doors: Doors,
    ports: Ports,
    /// How many bytes the page has shown.
    shown: usize,
    /// Whether the page has said that there is more to come.
    goes_on: bool,
}

/// What became of a wish to see something.
pub enum Seen {
    Yes,
    /// What is wrong, and all that came instead.
    No {
        fault: String,
        came: Vec<String>,
    },
}

impl Window {
    /// Starts a command of bash with a terminal to print on, and stdin a pipe: what is typed is not shown again.
    pub fn open(mut bash: Command, doors: Doors, ports: Ports) -> Window {
        let screen = Screen::of(&mut bash);
        let mut child = bash.stdin(Stdio::piped()).spawn().expect("bash starts");
        // It has the other end of the terminal open, and would keep it so.
        drop(bash);
        let (group, stdin) = (Group::of(child.id()), child.stdin.take());
        Window { child, group, stdin, screen, doors, ports, shown: 0, goes_on: false }
    }

    /// Types lines, each with its end.
    pub fn types(&mut self, lines: &[String]) -> Result<(), String> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let stdin = self.stdin.as_mut().ok_or("Ctrl-D was typed before")?;
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).map_err(|error| format!("nobody reads: {error}"))
    }

    /// What a program says when it is interrupted need not be shown.
    pub fn ctrl_c(&mut self) -> Result<(), String> {
        self.goes_on = true;
        self.group.signal(Signal::INT).map_err(|error| match error {
            Errno::SRCH => "it has ended".to_owned(),
            error => format!("it cannot be interrupted: {error}"),
        })
    }

    pub fn ctrl_d(&mut self) {
        self.stdin = None;
    }

    /// Waits for its end.
    pub fn ends(&mut self, patience: Duration) -> Result<(), String> {
        let has_ended = has_ended(&mut self.child, patience);
        has_ended.then_some(()).ok_or_else(|| format!("it has not ended after {patience:?}"))
    }

    /// Waits until this is what it shows next. When it is not, `quiet` is how long nothing more may come.
    pub fn shows(&mut self, wanted: &[String], patience: Duration, quiet: Duration) -> Seen {
        let deadline = Instant::now() + patience;
        let (mut length, mut since) = (0, Instant::now());
        loop {
            let new = self.unshown();
            if new.len() != length {
                (length, since) = (new.len(), Instant::now());
            }
            let text = Text::of(&new, &self.doors);
            if let Some(count) = text.matched(wanted, since.elapsed() > PAUSE, &self.ports) {
                self.shown += count;
                self.goes_on = wanted.last().is_some_and(|line| line == "...");
                return Seen::Yes;
            }
            let is_quiet = length > 0 && since.elapsed() > quiet;
            if Instant::now() > deadline || is_quiet {
                self.shown += length;
                let came = text.lines();
                let fault = fault(wanted, &came, &self.ports).unwrap_or_default();
                return Seen::No { fault, came };
            }
            park_timeout(Duration::from_millis(10));
        }
    }

    /// What it has printed and the page has not shown, if that should have been.
    pub fn left_over(&self) -> Option<Vec<String>> {
        if self.goes_on {
            return None;
        }
        let lines = Text::of(&self.screen.all()[self.shown..], &self.doors).lines();
        lines.iter().any(|line| !line.trim().is_empty()).then_some(lines)
    }

    fn unshown(&self) -> Vec<u8> {
        self.screen.from(self.shown)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // A lab has programs in groups of their own, and ends them when it is asked to.
        if self.group.signal(Signal::TERM).is_ok() {
            has_ended(&mut self.child, END);
        }
        // It may have ended, and all of its group.
        let killed = self.group.signal(Signal::KILL);
        if !has_ended(&mut self.child, END) {
            // On the real stderr: what a test prints is not shown when all else was right.
            let _ = writeln!(stderr(), "the process {} is left: {killed:?}", self.child.id());
        }
    }
}

/// Bytes as lines, with what each line takes.
struct Text {
    lines: Vec<(String, usize)>,
    is_whole: bool,
}

impl Text {
    fn of(bytes: &[u8], doors: &Doors) -> Text {
        let mut end = 0;
        let line = |line: &[u8]| {
            end += line.len();
            let text = String::from_utf8_lossy(line);
            (doors.as_on_the_page(text.trim_end_matches(['\r', '\n'])), end)
        };
        Text {
            lines: bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect(),
            is_whole: bytes.ends_with(b"\n"),
        }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.iter().map(|(line, _)| line.clone()).collect()
    }

    /// How many bytes are what is wanted. The last line without an end counts when it `stays` so.
    fn matched(&self, wanted: &[String], stays: bool, ports: &Ports) -> Option<usize> {
        let count = self.lines.len() - usize::from(!self.is_whole && !stays && !self.lines.is_empty());
        let lines = self.lines();
        let blank = lines.iter().take_while(|line| line.is_empty()).count();
        // An empty line before it may be the end of what was shown last.
        [0, blank].iter().find_map(|from| {
            let wanted = comparable(wanted, ports);
            let fits = |to: &usize| matches(&wanted, &comparable(&lines[*from..*to], ports));
            let to = (*from..=count).find(fits)?;
            Some(if to == 0 { 0 } else { self.lines[to - 1].1 })
        })
    }
}
