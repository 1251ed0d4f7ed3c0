//! What the program of a student adds to a case, when it was started for the run: what it printed meanwhile, and that it has
//! ended. A traceback names the line that the bytes can only point at.

use super::case::{Failure, Verdict};
use super::report::Status;
use super::settings::Settings;
use super::student::{Exit, Program};
use std::time::Duration;

/// How long after a case has failed the program's end and its words are waited for.
const DYING: Duration = Duration::from_millis(30);

/// The same after the look at its port, before any case.
const DYING_AT_ONCE: Duration = Duration::from_millis(100);

/// What a cause says where only the server's own words tell more.
const SEE: &str = "see what it printed last";

/// Looks at the program from the begin of a case to its end.
#[derive(Debug)]
pub(super) struct Witness<'a> {
    program: Option<&'a Program>,
    /// How many lines it had printed before.
    before: usize,
}

impl<'a> Witness<'a> {
    /// From now on.
    pub(super) fn new(settings: &'a Settings) -> Witness<'a> {
        let program = settings.program.as_ref();
        Witness { program, before: program.map_or(0, Program::count_of_lines) }
    }

    /// The verdict, unless the program has ended, and whether it has. Whatever the case is about: a client must not be able to
    /// end a server.
    pub(super) fn judge(&self, verdict: Verdict) -> (Verdict, bool) {
        let patience = if verdict.is_err() { DYING } else { Duration::ZERO };
        match self.program.and_then(|program| program.exited_within(patience)) {
            Some(exit) => (Err(end(&exit, "").into()), true),
            None => (verdict, false),
        }
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
    Some(end(&exit, "a client that connects and says nothing ended it: "))
}

fn end(exit: &Exit, who: &str) -> Failure {
    let cause = match exit.is_success() {
        true => "it stops after a client: accept the next one, in a loop",
        false => "an error of one connection ends the whole program: catch it where that connection is served",
    };
    Failure::new("a server that goes on serving", format!("its end: {who}the program {exit}")).because(cause)
}
