//! Runs the cases: stage by stage, some at a time, and no longer than a server deserves.
//!
//! A server that does not answer takes the whole timeout of a case. So three of them in a row end a stage, and when failed
//! cases have taken long enough together, the rest is not run: whoever has to mend a server begins with its first failure.
//! Where nothing has failed, nothing is left out.

use super::busy::BUSY;
use super::case::{Case, Failure, Level, Stop, Verdict, told_as};
use super::choose::chosen;
use super::note::{self, Note};
use super::report::{Outcome, Report, StageReport, Status};
use super::settings::{Profile, Settings};
use super::stages::Stage;
use super::trial::{Shared, Trial};
use super::witness::{Left, Seen, Witness, ended_by_a_look};
use crate::client::Error;
use crate::client::socket::Connection;
use crossbeam_channel::{Sender, bounded};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// So many failed cases in a row without an answer end a stage.
const SILENT_IN_A_ROW: usize = 3;

/// After so many cases in a row nobody waits any more for a server to rest that never does.
const RESTLESS_IN_A_ROW: usize = 5;

/// So much time may go into cases that fail.
const LOST_TIME: Duration = Duration::from_secs(20);

/// What happens while it runs.
#[derive(Debug)]
pub enum Step<'a> {
    /// A case is over: so many of all are.
    Case(&'a Outcome, usize, usize),
    /// A stage is over.
    Stage(&'a StageReport),
}

/// Why nothing was run.
#[derive(Debug)]
pub enum Unable {
    /// No case has such an address.
    NothingMatched,
    /// Nobody is there.
    Connect(Error),
    /// A thread can't be had.
    Thread(std::io::Error),
}

/// Runs what the settings choose.
pub fn run(settings: &Settings, observe: &mut dyn FnMut(Step<'_>)) -> Result<Report, Unable> {
    let began = Instant::now();
    let chosen = chosen(settings);
    if chosen.is_empty() {
        return Err(Unable::NothingMatched);
    }
    let ended = look(settings, began)?;
    let total = chosen.iter().map(|(_, cases)| cases.len()).sum();
    let patience = Mutex::new(Patience::new(settings, began, ended));
    let (mut stages, mut done, mut follows): (Vec<StageReport>, usize, Option<&'static str>) = (Vec::new(), 0, None);
    for (stage, cases) in chosen {
        lock(&patience).in_a_row = 0;
        let mut told = |outcome: &mut Outcome| {
            outcome.follows = follows.filter(|_| outcome.is_failed());
            done += 1;
            observe(Step::Case(outcome, done, total));
        };
        let report = run_stage(settings, stage, &cases, &patience, &mut told)?;
        observe(Step::Stage(&report));
        let failed = report.outcomes.iter().find(|outcome| outcome.is_failed());
        follows = follows.or(failed.map(|outcome| outcome.case.address));
        stages.push(report);
        if settings.stop_at_first_stage && follows.is_some() {
            break;
        }
    }
    Ok(Report { settings: settings.clone(), stages, took: began.elapsed() })
}

/// Whether anybody is there is no matter of cases. A program that was started was seen to listen; when that look has ended it,
/// this is the failure.
fn look(settings: &Settings, began: Instant) -> Result<Option<Failure>, Unable> {
    if settings.program.is_none() || settings.url.tls {
        Connection::open_with(&settings.url, &settings.trust, began + settings.timeout).map_err(Unable::Connect)?;
    }
    Ok(ended_by_a_look(settings))
}

fn run_stage(
    settings: &Settings,
    stage: &'static Stage,
    cases: &[&'static Case],
    patience: &Mutex<Patience>,
    told: &mut dyn FnMut(&mut Outcome),
) -> Result<StageReport, Unable> {
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let jobs = if stage.alone { 1 } else { settings.jobs.clamp(1, cases.len()) };
    let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
    thread::scope(|scope| {
        let (sender, receiver) = bounded(jobs);
        for job in 0..jobs {
            let (sender, next) = (sender.clone(), &next);
            let work = move || work(settings, cases, next, patience, &sender);
            let worker = thread::Builder::new().name(format!("check-{job}"));
            // One thread is enough; without any there is nothing to be had.
            match worker.spawn_scoped(scope, work) {
                Err(error) if job == 0 => return Err(Unable::Thread(error)),
                _ => {}
            }
        }
        drop(sender);
        for (at, mut outcome) in receiver {
            told(&mut outcome);
            outcomes.push((at, outcome));
        }
        Ok(())
    })?;
    outcomes.sort_by_key(|(at, _)| *at);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(StageReport { stage, outcomes, took: began.elapsed() })
}

/// What one worker does: the next case that nobody has taken, until there is none.
fn work(
    settings: &Settings,
    cases: &[&'static Case],
    upcoming: &AtomicUsize,
    patience: &Mutex<Patience>,
    sender: &Sender<(usize, Outcome)>,
) {
    loop {
        let at = upcoming.fetch_add(1, Ordering::Relaxed);
        let Some(case) = cases.get(at) else { return };
        let (next, before) = {
            let mut patience = lock(patience);
            (patience.next(), patience.before())
        };
        let (outcome, mut seen) = match next {
            Next::Run => run_case(settings, case, before),
            Next::Skip(why) => (not_run(case, Status::Skipped(why.to_owned())), Seen::default()),
            Next::Fail(failure) => (failed_before(settings, case, failure), Seen::default()),
        };
        seen.is_gone |= settings.program.as_ref().is_some_and(|program| program.exited().is_some());
        lock(patience).take(&outcome, seen);
        if sender.send((at, outcome)).is_err() {
            return;
        }
    }
}

fn run_case(settings: &Settings, case: &'static Case, before: Before) -> (Outcome, Seen) {
    let began = Instant::now();
    let witness = Witness::new(settings);
    let mut trial = Trial::new(settings, case.address);
    let verdict = (case.run)(&mut trial);
    let is_silent = trial.is_silent_for_little();
    let verdict = if verdict.is_err() && is_silent && trial.is_busy() { told_as(verdict, BUSY) } else { verdict };
    let Shared { record, mut notes, is_cut, is_nobody_there, .. } = trial.into_shared();
    let left = if is_cut { Left::Abruptly } else { Left::InOrder };
    let (verdict, seen) = witness.judge(verdict, left, before.is_patient);
    let verdict = if is_nobody_there { may_be_of(before.case, settings.jobs, verdict) } else { verdict };
    let status = match verdict {
        Err(Stop::Failed(failure)) if seen.has_ended => {
            // No way to end a connection is legal when the server ends with it.
            notes.clear();
            Status::Failed(*failure)
        }
        verdict => status(settings.profile, case, verdict, &mut notes),
    };
    let (status, printed) = witness.heard(status);
    (Outcome { case, status, follows: None, notes, record, printed, took: began.elapsed() }, seen)
}

/// A case that finds nobody is not the one that has ended the server.
fn may_be_of(before: Option<&'static Case>, jobs: usize, verdict: Verdict) -> Verdict {
    match (verdict, before) {
        (Err(Stop::Failed(mut failure)), Some(before)) if jobs == 1 => {
            let cause = failure.cause.take().map(|cause| format!("{cause}; ")).unwrap_or_default();
            let words = format!("{cause}it may have ended in the case before, {}", before.address);
            Err(failure.because(words).into())
        }
        (verdict, _) => verdict,
    }
}

/// The case that finds the program gone, or the time over.
fn failed_before(settings: &Settings, case: &'static Case, failure: Failure) -> Outcome {
    let printed = settings.program.as_ref().map(|program| program.lines_since(0)).unwrap_or_default();
    Outcome { printed, ..not_run(case, Status::Failed(failure)) }
}

fn not_run(case: &'static Case, status: Status) -> Outcome {
    let (notes, printed) = (Vec::new(), Vec::new());
    Outcome { case, status, follows: None, notes, record: Default::default(), printed, took: Duration::ZERO }
}

/// What a verdict counts for.
fn status(profile: Profile, case: &Case, verdict: Verdict, notes: &mut Vec<Note>) -> Status {
    match (verdict, case.level) {
        (Ok(()), _) => Status::Passed,
        (Err(Stop::Skipped(why)), _) => Status::Skipped(why),
        (Err(Stop::Failed(failure)), Level::Must) => Status::Failed(*failure),
        (Err(Stop::Failed(failure)), Level::Should) if profile == Profile::Strict => Status::Failed(*failure),
        (Err(Stop::Failed(failure)), Level::Should) => Status::NotMet(*failure),
        (Err(Stop::Failed(failure)), Level::May) => {
            let words = format!("expected was {}, and there came {}", failure.expected, failure.came);
            note::add(notes, Note::new(words));
            Status::Passed
        }
    }
}

/// How much more is waited for.
#[derive(Debug, Default)]
struct Patience {
    keep_going: bool,
    /// How long an answer is waited for.
    timeout: Duration,
    /// Failed cases of this stage that had no answer, one after the other.
    in_a_row: usize,
    /// What failed cases have taken.
    lost: Duration,
    /// The program that was started had ended before the first case, which then fails of that.
    ended: Option<Failure>,
    /// The program that was started has ended, and a case has failed because of that.
    has_ended: bool,
    /// When no case is begun any more, and how long after the begin of the first that is.
    deadline: Option<(Instant, Duration)>,
    /// That was so, and a case has failed because of it.
    is_late: bool,
    /// The last case that was run.
    last: Option<&'static Case>,
    /// How many cases in a row have left a server that went on working.
    restless: usize,
}

/// What the cases before tell of the server.
#[derive(Debug, Clone, Copy)]
struct Before {
    case: Option<&'static Case>,
    /// It is worth while to wait until the server has done with a case.
    is_patient: bool,
}

/// What becomes of the next case.
enum Next {
    Run,
    Skip(&'static str),
    /// Without being run.
    Fail(Failure),
}

impl Patience {
    fn new(settings: &Settings, began: Instant, ended: Option<Failure>) -> Patience {
        // One that is further away than a clock can tell is never reached.
        let deadline = settings.deadline.and_then(|after| Some((began.checked_add(after)?, after)));
        let Settings { keep_going, timeout, .. } = *settings;
        Patience { keep_going, timeout, ended, deadline, ..Patience::default() }
    }

    fn next(&mut self) -> Next {
        if let Some(why) = self.is_over() {
            return Next::Skip(why);
        }
        if let Some(failure) = self.ended.take() {
            return Next::Fail(failure);
        }
        match self.deadline {
            Some((end, after)) if Instant::now() >= end => {
                self.is_late = true;
                Next::Fail(late(after))
            }
            _ => Next::Run,
        }
    }

    fn before(&self) -> Before {
        Before { case: self.last, is_patient: self.restless < RESTLESS_IN_A_ROW }
    }

    fn take(&mut self, outcome: &Outcome, seen: Seen) {
        self.has_ended |= seen.is_gone && outcome.is_failed();
        if !matches!(outcome.status, Status::Skipped(_)) {
            self.last = Some(outcome.case);
            self.restless = if seen.is_restless { self.restless + 1 } else { 0 };
        }
        if !outcome.is_failed() {
            // A SHOULD without an answer takes time as well. But if it could end a stage, the MUSTs behind it would not be
            // asked, and a stage in which nothing has failed has passed. Those that are skipped for want of patience must
            // not bring it back.
            self.in_a_row = if outcome.status == Status::Passed { 0 } else { self.in_a_row };
            return;
        }
        self.lost += outcome.took;
        // A server that talks for so long without an answer has none either.
        let has_no_answer = outcome.record.silences > 0 || outcome.took >= self.timeout;
        self.in_a_row = if has_no_answer { self.in_a_row + 1 } else { 0 };
    }

    /// Why nothing more is run here, if so.
    fn is_over(&self) -> Option<&'static str> {
        match () {
            () if self.has_ended => Some("the program has ended in an earlier case"),
            () if self.is_late => Some("the time for all cases was over (--deadline)"),
            () if self.keep_going => None,
            () if self.lost >= LOST_TIME => {
                Some("failed cases have taken long enough; --keep-going runs it all the same")
            }
            () if self.in_a_row >= SILENT_IN_A_ROW => {
                Some("three cases in a row had no answer; --keep-going runs it all the same")
            }
            () => None,
        }
    }
}

/// Who does not answer in time has not passed, whatever the cases behind would have shown.
fn late(after: Duration) -> Failure {
    let came = "the time was over before this case was begun";
    Failure::new(format!("all cases begun within {} (--deadline)", humantime::format_duration(after)), came).because(
        "each answer takes the server long, or the machine has too much to do: --json tells how long each case took",
    )
}

/// A case that panicked has left nothing half done here.
fn lock(patience: &Mutex<Patience>) -> MutexGuard<'_, Patience> {
    patience.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::stages::STAGES;

    /// Whether anything is asked after so many cases that each had this status, and no answer in time.
    fn goes_on_after(count: usize, status: &Status) -> bool {
        let timeout = Duration::from_secs(2);
        let mut patience = Patience { timeout, ..Patience::default() };
        let case = &STAGES[0].cases[0];
        for _ in 0..count {
            patience.take(&Outcome { took: timeout, ..not_run(case, status.clone()) }, Seen::default());
        }
        matches!(patience.next(), Next::Run)
    }

    #[test]
    fn only_what_fails_uses_up_the_patience() {
        let failure = || Failure::new("an answer", "none");
        assert!(goes_on_after(2, &Status::Failed(failure())));
        assert!(!goes_on_after(3, &Status::Failed(failure())));
        // Or a server that is silent at every SHOULD of a stage is not asked its MUSTs, and passes.
        assert!(goes_on_after(100, &Status::NotMet(failure())));
    }
}
