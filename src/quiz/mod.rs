//! Endless small questions, with answers told in the words of the other commands.
//!
//! A seed, a topic and a level are a [`Question`]: the same one on any machine, because the numbers behind it come from
//! [`dice`], which is ours. What is shown and what is right is put together in `frame`, `handshake` and `close`, a function a
//! kind of question. Which of it is right is asked of the code that serves and decodes (`judge`); where the answer is so by
//! rule alone, the section stands beside it. [`answer`] compares what somebody has written, [`text`] and [`json`] print, and
//! [`ask`] goes on until nobody answers any more.

pub mod answer;
pub mod ask;
pub mod dice;
pub mod json;
pub mod text;
pub mod told;

mod close;
mod draft;
mod frame;
mod handshake;
mod judge;
mod words;

pub use draft::Material;

use answer::Answer;
use dice::Dice;
use draft::{Draft, Kind};
use std::fmt;
use std::ops::RangeInclusive;
use told::Told;

/// The levels there are.
pub const LEVELS: RangeInclusive<u8> = 1..=3;

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Frames (RFC 6455 s5).
    Frame,
    /// The opening handshake (s4).
    Handshake,
    /// Close codes and the end of a connection (s7).
    Close,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 3] = [Topic::Frame, Topic::Handshake, Topic::Close];

    /// The names of the kinds of questions at this level; a level that there is not counts as the last.
    pub fn kinds(self, level: u8) -> impl Iterator<Item = &'static str> {
        self.drawn(level).iter().map(|(name, _)| *name)
    }

    fn drawn(self, level: u8) -> &'static [Kind] {
        match self {
            Topic::Frame => frame::kinds(level),
            Topic::Handshake => handshake::kinds(level),
            Topic::Close => close::kinds(level),
        }
    }

    /// A number that keeps the streams of the topics apart.
    fn number(self) -> u64 {
        match self {
            Topic::Frame => 1,
            Topic::Handshake => 2,
            Topic::Close => 3,
        }
    }
}

/// As it is typed.
impl fmt::Display for Topic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Topic::Frame => "frame",
            Topic::Handshake => "handshake",
            Topic::Close => "close",
        };
        out.write_str(name)
    }
}

/// A question and its answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// How hard it is, from 1 to 3.
    pub level: u8,
    /// What it was drawn by.
    pub seed: u64,
    /// The kind of question, one of [`Topic::kinds`].
    pub kind: &'static str,
    /// What stands before the material; may be empty.
    pub before: String,
    /// Bytes or heads.
    pub material: Material,
    /// What is asked.
    pub ask: String,
    /// The right answer.
    pub answer: Answer,
    /// Why it is that, in a sentence or two.
    pub why: String,
    /// Where it stands: `RFC 6455 s5.2`.
    pub section: String,
    /// The same in the words of other commands.
    pub told: Vec<Told>,
}

/// The question that belongs to these three.
///
/// Of `n` kinds each comes once in any `n` seeds that begin at a multiple of `n`, in an order that is drawn as well: a sheet
/// has no kind five times and another one not at all.
pub fn question(topic: Topic, level: u8, seed: u64) -> Question {
    let kinds = topic.drawn(level);
    let stream = [topic.number(), u64::from(level)];
    let (round, turn) = (seed / kinds.len() as u64, (seed % kinds.len() as u64) as usize);
    let mut order: Vec<usize> = (0..kinds.len()).collect();
    Dice::of(&[stream[0], stream[1], 0, round]).shuffle(&mut order);
    let (kind, draw) = kinds[order[turn]];
    let deck = Dice::of(&[stream[0], stream[1], 2, order[turn] as u64]).draw();
    let mut dice = Dice::of(&[stream[0], stream[1], 1, seed]).dealt(deck, round);
    let Draft { before, material, ask, answer, why, section, told } = draw(&mut dice);
    Question { topic, level, seed, kind, before, material, ask, answer, why, section, told }
}

/// The questions of a sheet: `count` of them, whose seeds follow one another from `seed` on.
pub fn sheet(topic: Topic, level: u8, seed: u64, count: u64) -> impl Iterator<Item = Question> {
    (0..count).map(move |number| question(topic, level, seed.wrapping_add(number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_round_has_each_kind_once() {
        for (topic, level) in Topic::ALL.into_iter().flat_map(|topic| LEVELS.map(move |level| (topic, level))) {
            let kinds: BTreeSet<&str> = topic.kinds(level).collect();
            let count = kinds.len() as u64;
            assert_eq!(topic.kinds(level).count() as u64, count, "{topic} {level}: two kinds have one name");
            for round in 0..20 {
                let drawn: BTreeSet<&str> = sheet(topic, level, round * count, count).map(|asked| asked.kind).collect();
                assert_eq!(drawn, kinds, "{topic} {level}, round {round}");
            }
        }
    }

    #[test]
    fn the_last_seed_is_followed_by_the_first() {
        let seeds: Vec<u64> = sheet(Topic::Close, 1, u64::MAX, 2).map(|asked| asked.seed).collect();
        assert_eq!(seeds, [u64::MAX, 0]);
    }
}
