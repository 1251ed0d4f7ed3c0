//! deploy/Dockerfile as an engine reads it: instructions in stages. As much of the language as is used there; what is not
//! known ends the test.

#![allow(dead_code, reason = "each test file is a program of its own and uses its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};

/// An instruction: its word, and what follows with its lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub word: String,
    pub rest: String,
}

/// From one FROM to the next.
#[derive(Debug)]
pub struct Stage {
    pub steps: Vec<Step>,
}

/// The stages of the file.
pub fn stages(text: &str) -> Vec<Stage> {
    let mut stages = Vec::new();
    for step in steps(text) {
        if step.word == "FROM" {
            stages.push(Stage { steps: Vec::new() });
        }
        stages.last_mut().expect("a FROM comes first").steps.push(step);
    }
    stages
}

fn steps(text: &str) -> Vec<Step> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let mut found = Vec::new();
    let mut whole = String::new();
    for line in lines {
        whole.push_str(line.trim());
        if whole.ends_with('\\') {
            whole.pop();
            continue;
        }
        let (word, rest) = whole.split_once(' ').expect("an instruction and what it is about");
        found.push(Step { word: word.to_owned(), rest: rest.trim().to_owned() });
        whole.clear();
    }
    found
}

impl Stage {
    /// What follows the only instruction of this kind.
    pub fn only(&self, word: &str) -> &str {
        let mut found = self.steps.iter().filter(|step| step.word == word);
        let step = found.next().unwrap_or_else(|| panic!("no {word}"));
        assert_eq!(found.next(), None, "a second {word}");
        &step.rest
    }

    /// The value of a variable.
    pub fn env(&self, name: &str) -> &str {
        let mut set = self.steps.iter().filter(|step| step.word == "ENV").filter_map(|step| step.rest.split_once('='));
        set.find(|(found, _)| *found == name).map(|(_, value)| value).unwrap_or_else(|| panic!("no {name}"))
    }
}

/// The words of a command in brackets, which needs no shell.
pub fn words(command: &str) -> Vec<String> {
    serde_json::from_str(command).unwrap_or_else(|why| panic!("{command} is no list of strings: {why}"))
}

/// What COPY copies, and to where; `--from` is gone.
pub fn copied(rest: &str) -> (Vec<&str>, &str) {
    let mut words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--from=")).collect();
    let to = words.pop().expect("a place to copy to");
    assert!(!words.is_empty() && words.iter().all(|word| !word.starts_with('-')), "COPY {rest}");
    (words, to)
}

/// What of the tree is sent to the engine: .dockerignore names it.
pub fn context(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(".dockerignore")).expect(".dockerignore");
    let mut patterns = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(patterns.next(), Some("*"), "all is left out first");
    let let_in = |line: &str| line.strip_prefix('!').filter(|name| !name.contains(['*', '/', '!'])).map(str::to_owned);
    patterns.map(|line| let_in(line).unwrap_or_else(|| panic!(".dockerignore: {line} is more than a name"))).collect()
}

/// The file itself.
pub fn dockerfile() -> (PathBuf, Vec<Stage>) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("deploy/Dockerfile")).expect("deploy/Dockerfile");
    (root, stages(&text))
}
