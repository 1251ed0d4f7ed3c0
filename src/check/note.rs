//! What is legal and unusual, told beside a verdict.

use std::fmt;

/// What a reader would not expect. Where the same is true of several things they are named behind it: close codes, for
/// instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub words: String,
    /// What it is true of, if it has to be said.
    pub of: Vec<String>,
}

impl Note {
    /// That something is so.
    pub fn new(words: impl Into<String>) -> Note {
        Note { words: words.into(), of: Vec::new() }
    }

    /// That it is so of this.
    pub fn of(words: impl Into<String>, of: impl Into<String>) -> Note {
        Note { of: vec![of.into()], ..Note::new(words) }
    }

    /// More of the same.
    pub fn add(&mut self, same: &Note) {
        let new: Vec<String> = same.of.iter().filter(|of| !self.of.contains(of)).cloned().collect();
        self.of.extend(new);
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of.as_slice() {
            [] => f.write_str(&self.words),
            of => write!(f, "{}: {}", self.words, of.join(", ")),
        }
    }
}

/// One more note. What is there is not told twice.
pub fn add(notes: &mut Vec<Note>, new: Note) {
    match notes.iter_mut().find(|note| note.words == new.words) {
        Some(same) => same.add(&new),
        None => notes.push(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_told_once_with_all_that_it_is_true_of() {
        let mut notes = Vec::new();
        for note in [Note::of("odd", "1"), Note::new("even"), Note::of("odd", "3"), Note::of("odd", "1")] {
            add(&mut notes, note);
        }
        assert_eq!(notes.iter().map(Note::to_string).collect::<Vec<_>>(), ["odd: 1, 3", "even"]);
    }
}
