//! One case: a sentence of a specification, and how to see whether a server keeps to it.
//!
//! A case is data. What it sends and what it expects stand there in words, for `--list --dry-run` and for the report, and
//! [`Case::run`] does what they say. Its address never changes and is never given to another one: grades are kept by it.

use super::trial::Trial;

/// How much a specification wants it (RFC 2119).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Without it the server is wrong.
    Must,
    /// There may be reasons to do otherwise. It counts with `--profile strict`.
    Should,
    /// Only worth knowing: it brings notes and is never failed.
    May,
}

impl Level {
    /// As RFC 2119 writes it.
    pub fn word(self) -> &'static str {
        match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
        }
    }
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// `ws/5.5.2/1`: the first case for RFC 6455 s5.5.2. `http/9112/2.2/1` is one for RFC 9112 s2.2, and `course/14/1` a rule
    /// of the course's stage 14, which no RFC has.
    pub address: &'static str,
    /// How much it is wanted.
    pub level: Level,
    /// What is wanted, in one sentence.
    pub requirement: &'static str,
    /// What is sent, in a few words.
    pub sends: &'static str,
    /// What has to come back, in a few words.
    pub expects: &'static str,
    /// Sends it and looks at what comes.
    pub run: fn(&mut Trial) -> Verdict,
}

impl Case {
    /// Where the requirement stands: `RFC 6455 s5.5.2`.
    pub fn section(&self) -> String {
        let mut parts = self.address.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("ws"), Some(section), _) => format!("RFC 6455 s{section}"),
            (Some("http"), Some(rfc), Some(section)) => format!("RFC {rfc} s{section}"),
            _ => "a rule of the course".to_owned(),
        }
    }

    /// Whether the address begins with these parts: `ws/5.2` fits `ws/5.2/1`, and not `ws/5.21/1`.
    pub fn is_below(&self, prefix: &str) -> bool {
        let prefix = prefix.trim_end_matches('/');
        self.address.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What came of a case: nothing to say, or why not.
pub type Verdict = Result<(), Stop>;

/// Why a case ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The requirement is not met.
    Failed(Box<Failure>),
    /// It can't be told, and why: no process was named whose memory could be looked at, for instance.
    Skipped(String),
}

/// A requirement that is not met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// What should have come, more exactly than the case says it.
    pub expected: String,
    /// What came instead.
    pub came: String,
    /// What in the server most likely does that, and what to do about it.
    pub cause: Option<String>,
}

impl Failure {
    /// Without a cause.
    pub fn new(expected: impl Into<String>, came: impl Into<String>) -> Failure {
        Failure { expected: expected.into(), came: came.into(), cause: None }
    }

    /// The same with its likely cause.
    pub fn because(self, cause: impl Into<String>) -> Failure {
        Failure { cause: Some(cause.into()), ..self }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(Box::new(failure))
    }
}

/// The same where it is unless it has a cause already.
pub fn because<T>(result: Result<T, Stop>, cause: &str) -> Result<T, Stop> {
    match result {
        Err(Stop::Failed(failure)) if failure.cause.is_none() => Err(failure.because(cause).into()),
        result => result,
    }
}

/// The same with this cause, whatever was thought of before.
pub fn told_as<T>(verdict: Result<T, Stop>, cause: &str) -> Result<T, Stop> {
    match verdict {
        Err(Stop::Failed(failure)) => Err(failure.because(cause).into()),
        verdict => verdict,
    }
}
