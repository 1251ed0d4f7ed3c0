//! Questions and answers for people, on a terminal or on paper.

use super::answer::{Answer, letter};
use super::{Material, Question, Topic, sheet};
use crate::wire::{hex, lines};
use anstyle::Style;
use std::fmt::Write;

/// How long a line of prose becomes: what fits on a printed page.
const WIDTH: usize = 78;
/// How many bytes stand in a line.
const ROW: usize = 16;

const BOLD: Style = Style::new().bold();

/// A sheet: how many questions, and whether it shows them or their answers.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What the questions are about.
    pub topic: Topic,
    /// How hard they are.
    pub level: u8,
    /// The seed of the first.
    pub seed: u64,
    /// How many there are.
    pub count: u64,
    /// Answers instead of questions.
    pub answers: bool,
    /// Of the answers, nothing but what they are.
    pub brief: bool,
    /// In colour.
    pub ink: bool,
}

impl Sheet {
    /// The parts of the sheet, to be written one after the other: a title, then the questions, then how to see the answers.
    pub fn parts(&self) -> impl Iterator<Item = String> {
        let questions = (1..).zip(sheet(self.topic, self.level, self.seed, self.count));
        let parts = questions.map(|(number, asked)| {
            let number = if self.count > 1 { format!("{number}. ") } else { String::new() };
            match (self.answers, self.brief) {
                (false, _) => format!("\n{}", question(&asked, &number)),
                (true, false) => format!("\n{}", answer(&asked, &number, self.ink)),
                (true, true) => format!("{number}{}\n", asked.answer),
            }
        });
        let end = (!self.answers).then(|| {
            let which = if self.count > 1 { "The answers" } else { "The answer" };
            format!("\n{which}: {} --answer\n", self.command())
        });
        let gap = (self.answers && self.brief).then(|| "\n".to_owned());
        std::iter::once(self.title()).chain(gap).chain(parts).chain(end)
    }

    /// `frame, level 2, seeds 7 to 16`, which is all that it takes to see the same again.
    fn title(&self) -> String {
        let Sheet { topic, level, seed, count, .. } = self;
        let seeds = match count {
            1 => format!("seed {seed}"),
            _ => format!("seeds {seed} to {}", seed.wrapping_add(count - 1)),
        };
        let answers = match (self.answers, count) {
            (false, _) => "",
            (true, 1) => ": the answer",
            (true, _) => ": the answers",
        };
        let title = format!("{topic}, level {level}, {seeds}{answers}");
        if self.ink { format!("{BOLD}{title}{BOLD:#}\n") } else { format!("{title}\n") }
    }

    fn command(&self) -> String {
        let level = if self.level == 1 { String::new() } else { format!(" --level {}", self.level) };
        let count = if self.count == 1 { String::new() } else { format!(" --count {}", self.count) };
        format!("ws101 quiz {}{level} --seed {}{count}", self.topic, self.seed)
    }
}

/// A question, in lines that end with a line break. `number` stands before it.
pub fn question(asked: &Question, number: &str) -> String {
    let mut text = String::new();
    let rows = match &asked.material {
        Material::Nothing => Vec::new(),
        Material::Bytes(bytes) => bytes.chunks(ROW).map(hex::pairs).collect(),
        Material::Heads(bytes) => lines::escape_lines(bytes.strip_suffix(b"\n").unwrap_or(bytes)),
    };
    if !rows.is_empty() {
        filled(&mut text, &format!("{number}{}", asked.before));
        text.push('\n');
        rows.iter().for_each(|row| line(&mut text, "    ", row));
        // The empty line at the end of a head is there already.
        text.push_str(if rows.last().is_some_and(String::is_empty) { "" } else { "\n" });
    }
    let number = if rows.is_empty() { number } else { "" };
    filled(&mut text, &format!("{number}{} ({})", asked.ask, asked.answer.form()));
    if let Answer::Choice(choices, _) = &asked.answer {
        text.push('\n');
        (0..).zip(choices).for_each(|(at, choice)| line(&mut text, "    ", &format!("{}  {choice}", letter(at))));
    }
    text
}

/// The answer, why, and what the other commands say.
pub fn answer(asked: &Question, number: &str, ink: bool) -> String {
    let told = format!("Answer: {}", asked.answer);
    let told = if ink { format!("{BOLD}{told}{BOLD:#}") } else { told };
    format!("{number}{told}\n{}{}", why(asked, ""), told_of(asked, ink))
}

/// The sentence with the section, behind these words.
pub fn why(asked: &Question, before: &str) -> String {
    let mut text = String::new();
    filled(&mut text, &format!("{before}{} ({})", asked.why, asked.section));
    text
}

/// What the other commands say of it.
pub fn told_of(asked: &Question, ink: bool) -> String {
    asked.told.iter().map(|told| format!("\n{}\n{}", told.title(), told.text(ink))).collect()
}

fn line(text: &mut String, indent: &str, words: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", format_args!("{indent}{words}").to_string().trim_end());
}

/// Words in lines of at most [`WIDTH`] characters; a longer word has a line of its own.
fn filled(text: &mut String, words: &str) {
    let mut row = String::new();
    for word in words.split(' ') {
        if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > WIDTH {
            line(text, "", &row);
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    line(text, "", &row);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_filled_and_no_word_is_lost() {
        let words = "word ".repeat(60) + &"x".repeat(100);
        let mut text = String::new();
        filled(&mut text, &words);
        assert!(text.lines().all(|line| line.len() <= WIDTH || !line.contains(' ')));
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), words.split_whitespace().collect::<Vec<_>>());
    }
}
