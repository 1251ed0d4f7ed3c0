//! What a run has found, stage by stage and case by case, before anybody puts it into words.

use super::case::{Case, Failure};
use super::note::Note;
use super::record::Record;
use super::settings::Settings;
use super::stages::Stage;
use std::time::Duration;

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The requirement is met.
    Passed,
    /// It is not, and that counts.
    Failed(Failure),
    /// It is not, and it is only a SHOULD: told, and no failure.
    NotMet(Failure),
    /// It was not run, or it can't be told: why.
    Skipped(String),
}

/// A case that was run, or not.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Which one.
    pub case: &'static Case,
    /// What came of it.
    pub status: Status,
    /// The first failed case of an earlier stage: this failure may only be its consequence.
    pub follows: Option<&'static str>,
    /// What is legal, and unusual.
    pub notes: Vec<Note>,
    /// What passed.
    pub record: Record,
    /// What the program that was started for this run printed last meanwhile, where the case did not go well. Safe for a
    /// terminal.
    pub printed: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// Whether it counts as failed.
    pub fn is_failed(&self) -> bool {
        matches!(self.status, Status::Failed(_))
    }
}

/// A stage that was run.
#[derive(Debug, Clone)]
pub struct StageReport {
    /// Which one.
    pub stage: &'static Stage,
    /// Its cases, in their order.
    pub outcomes: Vec<Outcome>,
    /// How long it took.
    pub took: Duration,
}

impl StageReport {
    /// Whether a case of it has failed.
    pub fn is_failed(&self) -> bool {
        self.outcomes.iter().any(Outcome::is_failed)
    }

    /// How many there are of each status.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.outcomes.iter().for_each(|outcome| counts.add(outcome));
        counts
    }
}

/// How many cases came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Met.
    pub passed: usize,
    /// Not met, and it counts.
    pub failed: usize,
    /// Of the failed ones: those that may follow from a failure in an earlier stage.
    pub following: usize,
    /// A SHOULD that is not met.
    pub not_met: usize,
    /// Not run, or not to be told.
    pub skipped: usize,
    /// How many notes there are.
    pub notes: usize,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        match outcome.status {
            Status::Passed => self.passed += 1,
            Status::Failed(_) => self.failed += 1,
            Status::NotMet(_) => self.not_met += 1,
            Status::Skipped(_) => self.skipped += 1,
        }
        self.following += usize::from(outcome.is_failed() && outcome.follows.is_some());
        self.notes += outcome.notes.len();
    }

    /// Cases altogether.
    pub fn cases(&self) -> usize {
        self.passed + self.failed + self.not_met + self.skipped
    }
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// What was asked for.
    pub settings: Settings,
    /// The stages that were run, in their order.
    pub stages: Vec<StageReport>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// All outcomes, in their order.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.stages.iter().flat_map(|stage| &stage.outcomes)
    }

    /// The finding: the first stage in which a case has failed.
    pub fn first_failing_stage(&self) -> Option<&StageReport> {
        self.stages.iter().find(|stage| stage.is_failed())
    }

    /// How many there are of each status.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.outcomes().for_each(|outcome| counts.add(outcome));
        counts
    }

    /// Whether nothing that counts has failed.
    pub fn is_passed(&self) -> bool {
        !self.stages.iter().any(StageReport::is_failed)
    }
}
