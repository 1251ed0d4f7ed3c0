//! What the server as a program adds to a case: that it has ended, and what it printed meanwhile, when it was started for the
//! run. A traceback names the line that the bytes can only point at.
//!
//! ```text
//!     the case ends ──▶ the server still works on it? wait ──▶ it has ended: the case fails, whatever its bytes said
//!                                                         └──▶ it rests, or goes on for long: the next case
//! ```
//!
//! An error closes the sockets of a program a moment before the program is gone. Who looked at once would call that end of a
//! connection legal, and find nobody in the next case.

use super::busy;
use super::case::{Failure, Verdict};
use super::memory;
use super::report::Status;
use super::settings::Settings;
use super::student::{Exit, Program};
use super::trial::pause;
use crate::client::socket::Connection;
use crate::client::{Error, Url};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

/// How long a server may work on after a case that was not answered in order, until it is seen to rest or has ended. How
/// long an end takes depends on the machine, so it is long; a server that waits for its clients is not waited for.
const MAY_DIE: Duration = Duration::from_millis(1000);

/// The same after a case that went well.
const MAY_TIDY: Duration = Duration::from_millis(200);

/// The same where nobody tells whether it rests, after a case that was not answered in order.
const UNSEEN: Duration = Duration::from_millis(100);

/// Between two looks.
const APART: Duration = Duration::from_millis(5);

/// The same after the look at its port, before any case.
const DYING_AT_ONCE: Duration = Duration::from_millis(100);

/// What a cause says where only the server's own words tell more.
const SEE: &str = "see what it printed last";

/// How a case has left its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing to wonder about.
    InOrder,
    /// The server has ended one without an answer or a Close, or the case has failed.
    Abruptly,
}

/// How a server has ended.
#[derive(Debug)]
enum End {
    /// The program that was started.
    Program(Exit),
    /// The process that was named.
    Process,
    /// Nobody listens any more.
    Port(u16),
}

/// Looks at the program from the begin of a case to its end.
#[derive(Debug)]
pub(super) struct Witness<'a> {
    settings: &'a Settings,
    program: Option<&'a Program>,
    /// How many lines it had printed before.
    before: usize,
}

/// What a look at the server after a case has shown.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Seen {
    /// It has ended, and this case has failed of that.
    pub has_ended: bool,
    /// It is a program that no case will find any more.
    pub is_gone: bool,
    /// It went on working all the time.
    pub is_restless: bool,
}

impl<'a> Witness<'a> {
    /// From now on.
    pub(super) fn new(settings: &'a Settings) -> Witness<'a> {
        let program = settings.program.as_ref();
        Witness { settings, program, before: program.map_or(0, Program::count_of_lines) }
    }

    /// The verdict, unless the server has ended. Whatever the case is about: a client must not be able to end a server.
    pub(super) fn judge(&self, verdict: Verdict, left: Left, is_patient: bool) -> (Verdict, Seen) {
        let left = if verdict.is_err() { Left::Abruptly } else { left };
        let (end, is_restless) = match self.settings.process {
            None if self.program.is_none() => (self.end_of_port(&verdict, left), false),
            _ => self.end_of_program(left, is_patient),
        };
        let Some(end) = end else { return (verdict, Seen { is_restless, ..Seen::default() }) };
        let is_gone = !matches!(end, End::Port(_));
        (Err(end.failure("").into()), Seen { has_ended: true, is_gone, is_restless })
    }

    /// Whether the program has ended, looked for until it rests; and whether it did neither.
    fn end_of_program(&self, left: Left, is_patient: bool) -> (Option<End>, bool) {
        // In one look a program that has not begun to work yet would rest; what is left in order leaves nothing to do.
        let (patience, looks) = match left {
            Left::Abruptly if is_patient => (MAY_DIE, 3),
            Left::Abruptly => (MAY_TIDY, 3),
            Left::InOrder if is_patient && self.settings.jobs == 1 => (MAY_TIDY, 1),
            Left::InOrder => (Duration::ZERO, 1),
        };
        let began = Instant::now();
        let mut rested = 0;
        loop {
            // In this order: what rests, and is seen alive after that, has not just ended.
            let rests = self.settings.process.as_ref().and_then(busy::rests);
            if let Some(end) = self.ended() {
                return (Some(end), false);
            }
            rested = if rests == Some(true) { rested + 1 } else { 0 };
            let patience = if rests.is_none() { patience.min(UNSEEN) } else { patience };
            match () {
                () if rested >= looks => return (None, false),
                () if began.elapsed() >= patience => return (None, rests.is_some()),
                () => pause(APART),
            }
        }
    }

    fn ended(&self) -> Option<End> {
        match (self.program, &self.settings.process) {
            (Some(program), _) => program.exited().map(End::Program),
            (None, Some(process)) => memory::is_gone(process).then_some(End::Process),
            (None, None) => None,
        }
    }

    /// Nobody sees the program: whether anybody listens still. A failure tells itself that nobody does.
    fn end_of_port(&self, verdict: &Verdict, left: Left) -> Option<End> {
        let Settings { url, timeout, .. } = self.settings;
        if verdict.is_err() || left == Left::InOrder {
            return None;
        }
        pause(UNSEEN / 2);
        let plain = Url { tls: false, ..url.clone() };
        let knocked = Connection::open(&plain, Instant::now() + *timeout);
        knocked.is_err_and(|error| is_refused(&error)).then_some(End::Port(url.port))
    }

    /// What did not go well, with the last lines that the program has printed since.
    pub(super) fn heard(&self, status: Status) -> (Status, Vec<String>) {
        let printed = || self.program.map(|program| program.lines_since(self.before)).unwrap_or_default();
        match status {
            Status::Failed(failure) => {
                let printed = printed();
                (Status::Failed(self.reworded(failure, &printed)), printed)
            }
            Status::NotMet(failure) => {
                let printed = printed();
                (Status::NotMet(self.reworded(failure, &printed)), printed)
            }
            status => (status, Vec::new()),
        }
    }

    /// The cause, which sends nobody to words that are not there.
    fn reworded(&self, failure: Failure, printed: &[String]) -> Failure {
        let see = match (self.program, printed) {
            (None, _) => "--run shows what it prints",
            (Some(_), []) => "it printed nothing",
            (Some(_), _) => "see what it printed, above",
        };
        Failure { cause: failure.cause.map(|cause| cause.replace(SEE, see)), ..failure }
    }
}

/// A program that the look at its port has ended. No case has asked for anything by then.
pub(super) fn ended_by_a_look(settings: &Settings) -> Option<Failure> {
    let exit = settings.program.as_ref()?.exited_within(DYING_AT_ONCE)?;
    Some(End::Program(exit).failure("a client that connects and says nothing ended it: "))
}

/// Whether somebody answers there, and that nobody listens.
pub(super) fn is_refused(error: &Error) -> bool {
    let Error::Connect { tried, .. } = error else { return false };
    !tried.is_empty() && tried.iter().all(|(_, error)| error.kind() == ErrorKind::ConnectionRefused)
}

impl End {
    fn failure(&self, who: &str) -> Failure {
        let words = match self {
            End::Program(exit) => format!("its end: {who}the program {exit}"),
            End::Process => format!("its end: {who}there is no such process any more"),
            End::Port(port) => format!("its end: {who}nobody listens on port {port} any more"),
        };
        let cause = match self {
            End::Program(exit) if exit.is_success() => {
                "it stops after a client: accept the next one, in a loop".to_owned()
            }
            End::Program(_) => {
                "an error of one connection ends the whole program: catch it where that connection is served".to_owned()
            }
            End::Process | End::Port(_) => format!(
                "an error of one connection ends the whole program: catch it where that connection is served ({SEE}); or it \
                 stops after a client: accept the next one, in a loop"
            ),
        };
        Failure::new("a server that goes on serving", words).because(cause)
    }
}
