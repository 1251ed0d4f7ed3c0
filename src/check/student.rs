//! The program of a student: started for a check, waited for until its port answers, and ended with all that it has
//! started. What goes wrong on the way is told as a tutor would: how it ended, and what it said last.
//!
//! It runs in a process group of its own, so Ctrl-C at the terminal does not reach it; whoever hears Ctrl-C ends it by its
//! [`Program`].

#[cfg_attr(not(unix), path = "student/no_group.rs")]
mod group;
mod lines;
mod listening;
mod port;

use crate::client::Url;
use group::Group;
use lines::Lines;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Stands in the command, and in the URL, for a port that is free.
pub const PORT: &str = "{port}";

/// Where the program is asked to listen when nobody says where.
pub const URL: &str = "ws://127.0.0.1:{port}/";

/// How long a program may take until somebody listens.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether somebody does.
const LOOK: Duration = Duration::from_millis(20);

/// How long after somebody listens on its port a program may take to end because the port was not free. It is waited for
/// where nobody tells that the port is its own.
const MAY_BE_ANOTHER: Duration = Duration::from_secs(1);

/// How long the last words of a program that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What is to be run, and where it will listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// A command of the shell.
    pub command: String,
    /// The host of the URL.
    pub host: String,
    /// The port of the URL. The program is told it in the variable `PORT`.
    pub port: u16,
}

impl Plan {
    /// Who listens where the URL says: `{port}` in the command is its port.
    pub fn new(command: &str, url: &Url) -> Plan {
        Plan { command: command.replace(PORT, &url.port.to_string()), host: url.host.clone(), port: url.port }
    }
}

/// A port that is free on this machine, until somebody takes it.
pub fn free_port() -> io::Result<u16> {
    port::free()
}

/// A running program. Dropping it ends it.
#[derive(Debug)]
pub struct Student {
    program: Program,
}

/// The same for those who only look at it, or end it from another thread. Dropping it does nothing.
#[derive(Clone)]
pub struct Program(Arc<Running>);

struct Running {
    group: Group,
    lines: Lines,
    port: u16,
    places: Vec<SocketAddr>,
}

/// How a program has ended: "exited with status 1 after 0.2 s".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    words: String,
    after: Duration,
}

/// Why there is nothing to check.
#[derive(Debug)]
pub enum Early {
    /// The host of the URL is a name, and `--run` runs here.
    Far(String),
    /// Somebody listened before anything was started.
    Taken(u16),
    /// The shell could not be started, or its words not be read.
    NotStarted(io::Error),
    /// It ended before anybody listened.
    Exited {
        /// How.
        exit: Exit,
        /// Where nobody listened.
        port: u16,
        /// What it said.
        lines: Vec<String>,
    },
    /// It runs, and nobody listens.
    Silent {
        /// Where nobody does.
        port: u16,
        /// How long that was waited for.
        waited: Duration,
        /// Where the program listens instead, as far as the system tells.
        elsewhere: BTreeSet<SocketAddr>,
        /// What it said.
        lines: Vec<String>,
    },
}

impl Student {
    /// Starts the program. It is not there yet: see [`Program::wait`].
    pub fn start(plan: &Plan) -> Result<Student, Early> {
        let places = port::places(&plan.host, plan.port).ok_or_else(|| Early::Far(plan.host.clone()))?;
        if port::is_listened_on(&places) {
            return Err(Early::Taken(plan.port));
        }
        let (group, pipes) = Group::start(&plan.command, plan.port).map_err(Early::NotStarted)?;
        let lines = Lines::of(pipes).map_err(|error| {
            group.stop();
            Early::NotStarted(error)
        })?;
        Ok(Student { program: Program(Arc::new(Running { group, lines, port: plan.port, places })) })
    }

    /// To look at it, or to end it from elsewhere.
    pub fn program(&self) -> Program {
        self.program.clone()
    }
}

impl Drop for Student {
    fn drop(&mut self) {
        self.program.stop();
    }
}

impl Program {
    /// Waits until it listens on its port, but not longer than this.
    pub fn wait(&self, patience: Duration) -> Result<(), Early> {
        let port = self.0.port;
        let deadline = Instant::now() + patience;
        let mut taken = None;
        loop {
            let listens = listening::places(self.group());
            let is_there = self.is_there(&listens, &mut taken);
            // After that look: the port may be another program's, and this one may have ended because of it.
            if let Some(exit) = self.exited() {
                return Err(Early::Exited { exit, port, lines: self.last_lines() });
            }
            if is_there {
                return Ok(());
            }
            if Instant::now() >= deadline {
                if port::is_listened_on(&self.0.places) {
                    return Ok(());
                }
                let lines = self.last_lines();
                return Err(Early::Silent { port, waited: patience, elsewhere: listens, lines });
            }
            thread::park_timeout(LOOK);
        }
    }

    /// Whether it is the program that is met on its port, as far as anybody can tell: a container has somebody who listens
    /// for it. `taken` is since when anybody listens there.
    fn is_there(&self, listens: &BTreeSet<SocketAddr>, taken: &mut Option<Instant>) -> bool {
        let Running { port, places, .. } = &*self.0;
        if listening::is_met(listens, places) {
            return true;
        }
        if taken.is_none() && listening::is_taken(*port).unwrap_or_else(|| port::is_listened_on(places)) {
            *taken = Some(Instant::now());
        }
        let is_own = listens.iter().any(|place| place.port() == *port);
        let may_be = taken.is_some_and(|since| is_own || since.elapsed() >= MAY_BE_ANOTHER);
        may_be && port::is_listened_on(places)
    }

    /// Its process group.
    pub fn group(&self) -> u32 {
        self.0.group.leader()
    }

    /// How it has ended, when it has.
    pub fn exited(&self) -> Option<Exit> {
        let (status, after) = self.0.group.ended()?;
        Some(Exit { words: group::words(status), after })
    }

    /// The same for a program that seems to be ending: its sockets are closed a moment before it is gone.
    pub fn exited_within(&self, patience: Duration) -> Option<Exit> {
        let deadline = Instant::now() + patience;
        loop {
            let exit = self.exited();
            if exit.is_some() || Instant::now() >= deadline {
                return exit;
            }
            thread::park_timeout(LOOK);
        }
    }

    /// What it has said last, on stdout and stderr, made safe for a terminal.
    pub fn last_lines(&self) -> Vec<String> {
        if self.0.group.ended().is_some() {
            self.0.lines.settle(LAST_WORDS);
        }
        self.0.lines.last()
    }

    /// How many lines it has printed so far.
    pub(super) fn count_of_lines(&self) -> usize {
        self.0.lines.count()
    }

    /// Those of its last lines that it has printed after so many.
    pub(super) fn lines_since(&self, count: usize) -> Vec<String> {
        if self.0.group.ended().is_some() {
            self.0.lines.settle(LAST_WORDS);
        }
        self.0.lines.since(count)
    }

    /// How it has ended, and what it said last.
    pub fn obituary(&self) -> Option<String> {
        Some(format!("the program {}{}", self.exited()?, quoted(&self.last_lines())))
    }

    /// Asks the program and all that it has started to end, and ends them a second later.
    pub fn stop(&self) {
        self.0.group.stop();
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Program({})", self.group())
    }
}

impl Exit {
    /// Whether it ended as one that has done all it wanted.
    pub(super) fn is_success(&self) -> bool {
        self.words.ends_with("status 0")
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} after {:.1} s", self.words, self.after.as_secs_f64())
    }
}

impl fmt::Display for Early {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Early::Far(host) => write!(
                out,
                "--run starts the program on this machine, and {host} may be another: write localhost or an address"
            ),
            Early::Taken(port) => write!(
                out,
                "port {port} is taken by another program: it answers before yours is started. End that one, or write \
                 {PORT} for the port, and a free one is chosen"
            ),
            Early::NotStarted(error) => write!(out, "the program could not be started: {error}"),
            Early::Exited { exit, port, lines } => {
                write!(out, "the program {exit}, and nobody listened on port {port}")?;
                if exit.is_success() {
                    write!(out, " (one that goes to the background seems to end: keep it in the foreground)")?;
                }
                write!(out, "{}", quoted(lines))
            }
            Early::Silent { port, waited, elsewhere, lines } => {
                write!(out, "the program runs, and after {:.0} s nobody listens on port {port}", waited.as_secs_f64())?;
                match elsewhere.first() {
                    Some(other) if other.port() == *port => {
                        write!(out, " of that address: it listens on {other} instead")?
                    }
                    Some(other) => write!(out, ": it listens on port {} instead", other.port())?,
                    None => write!(out, ": it is told that port by {PORT} in its command, and by the variable PORT")?,
                }
                write!(out, "{}", quoted(lines))
            }
        }
    }
}

/// The last lines, below what was said, when there are any.
fn quoted(lines: &[String]) -> String {
    if lines.is_empty() {
        return "; it said nothing".to_owned();
    }
    lines.iter().fold("; its last lines:".to_owned(), |told, line| format!("{told}\n    {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_the_url_is_put_into_the_command() {
        let url = Url::parse("ws://localhost:9/echo").expect("a URL");
        let plan = Plan::new("serve --port {port} --again {port}", &url);
        assert_eq!(
            (plan.command.as_str(), plan.host.as_str(), plan.port),
            ("serve --port 9 --again 9", "localhost", 9)
        );
    }

    #[test]
    fn what_went_wrong_is_said_with_the_last_lines() {
        let exit = Exit { words: "exited with status 0".to_owned(), after: Duration::from_millis(230) };
        let early = Early::Exited { exit, port: 9, lines: vec!["one".to_owned(), "two".to_owned()] };
        assert_eq!(
            early.to_string(),
            "the program exited with status 0 after 0.2 s, and nobody listened on port 9 (one that goes to the \
             background seems to end: keep it in the foreground); its last lines:\n    one\n    two"
        );
        let silent = |elsewhere| Early::Silent { port: 9, waited: PATIENCE, elsewhere, lines: Vec::new() };
        let place = |port| SocketAddr::from(([127, 0, 0, 2], port));
        let (nowhere, other) = (silent(BTreeSet::new()).to_string(), silent(BTreeSet::from([place(8)])).to_string());
        assert!(nowhere.contains("the variable PORT") && nowhere.ends_with("; it said nothing"), "{nowhere}");
        assert!(other.contains("after 10 s nobody listens on port 9: it listens on port 8 instead"), "{other}");
        let address = silent(BTreeSet::from([place(9)])).to_string();
        assert!(address.contains("on port 9 of that address: it listens on 127.0.0.2:9 instead"), "{address}");
    }
}
