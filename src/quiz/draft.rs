//! A question before it has a number: what is shown, what is asked, what is right, and why.

use super::answer::Answer;
use super::told::Told;

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Material {
    /// Nothing but the question.
    Nothing,
    /// Bytes, shown in hex.
    Bytes(Vec<u8>),
    /// One head or two, shown line by line.
    Heads(Vec<u8>),
}

/// The parts of a question.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// What stands before the material.
    pub(super) before: String,
    /// What it is about.
    pub(super) material: Material,
    /// What is asked.
    pub(super) ask: String,
    /// The answer.
    pub(super) answer: Answer,
    /// Why it is that.
    pub(super) why: String,
    /// Where it stands: `RFC 6455 s5.2`.
    pub(super) section: String,
    /// The same in the words of the other commands.
    pub(super) told: Vec<Told>,
}

impl Draft {
    /// A question without material.
    pub(super) fn new(ask: impl Into<String>, answer: Answer) -> Draft {
        let (before, why, section) = (String::new(), String::new(), String::new());
        Draft { before, material: Material::Nothing, ask: ask.into(), answer, why, section, told: Vec::new() }
    }

    /// With this before it.
    pub(super) fn about(mut self, before: impl Into<String>, material: Material) -> Draft {
        (self.before, self.material) = (before.into(), material);
        self
    }

    /// With the reason for the answer, and its section.
    pub(super) fn because(mut self, why: impl Into<String>, section: impl Into<String>) -> Draft {
        (self.why, self.section) = (why.into(), section.into());
        self
    }

    /// With what a command says of it.
    pub(super) fn told(mut self, told: Told) -> Draft {
        self.told.push(told);
        self
    }
}

/// A kind of question: a name, and how one is drawn.
pub(super) type Kind = (&'static str, fn(&mut super::dice::Dice) -> Draft);
