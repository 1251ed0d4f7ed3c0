//! The options of `quiz`, and what they mean to it.

use super::values::seed;
use crate::quiz::ask::Asking;
use crate::quiz::text::Sheet;
use crate::quiz::{self, LEVELS};
use clap::{Args, ValueEnum};

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 quiz frame                                 a question, drawn at random
  ws101 quiz frame --seed 7                        this one
  ws101 quiz frame --seed 7 --answer               its answer, and why
  ws101 quiz close --level 2 --seed 1 --count 10   a sheet of ten
  ws101 quiz handshake --ask                       answer at the keyboard, until Ctrl-D
  ws101 quiz frame --seed 7 --json                 question and answer for a program

Status 0: it was written. 1: it could not be. 2: wrong use, or answers that can't be read.";

/// The most questions of a sheet.
const MOST: u64 = 10_000;

/// Options of `quiz`.
#[derive(Debug, Clone, Args)]
pub struct Quiz {
    /// What to ask about
    #[arg(value_enum, ignore_case = true)]
    pub topic: Topic,

    /// How hard: 1, 2 or 3
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(*LEVELS.start() as i64..=*LEVELS.end() as i64))]
    pub level: u8,

    /// Which question: the same number is the same question. Without it, one is drawn and named
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,

    /// How many questions, with seeds that follow one another (default: 1; with --ask: without end)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST))]
    pub count: Option<u64>,

    /// Print the answers instead of the questions
    #[arg(long, requires = "seed")]
    pub answer: bool,

    /// With --answer: the answers alone, a line each
    #[arg(long, requires = "answer", conflicts_with_all = ["ask", "json"])]
    pub brief: bool,

    /// Ask, read an answer from stdin, say whether it is right and why, and go on with the next
    #[arg(long, conflicts_with_all = ["answer", "json"])]
    pub ask: bool,

    /// Print a JSON object a line, with question and answer
    #[arg(long, conflicts_with = "answer")]
    pub json: bool,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Topic {
    /// Frames: headers, masks, fragments, and what is wrong with them
    Frame,
    /// The opening handshake: requests, and the answers to them
    Handshake,
    /// Close codes, Close frames, and the end of a connection
    Close,
}

impl Quiz {
    /// What the questions are about.
    pub fn topic(&self) -> quiz::Topic {
        match self.topic {
            Topic::Frame => quiz::Topic::Frame,
            Topic::Handshake => quiz::Topic::Handshake,
            Topic::Close => quiz::Topic::Close,
        }
    }

    /// How many questions there are without `--ask`.
    pub fn count(&self) -> u64 {
        self.count.unwrap_or(1)
    }

    /// The sheet that begins with this seed. `ink`: in colour.
    pub fn sheet(&self, seed: u64, ink: bool) -> Sheet {
        let Quiz { level, answer, brief, .. } = *self;
        Sheet { topic: self.topic(), level, seed, count: self.count(), answers: answer, brief, ink }
    }

    /// What `--ask` asks. `echo`: answers come from a pipe.
    pub fn asking(&self, seed: u64, echo: bool, ink: bool) -> Asking {
        Asking { topic: self.topic(), level: self.level, seed, count: self.count, echo, ink }
    }
}
