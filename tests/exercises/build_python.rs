//! "Build your own server" in Python: the starter, and the answer of each stage.

use super::build::{failures, first_failing_stage, for_each, outlives_its_clients, passes_exactly, root};
use super::build_rust::common_lines;
use std::fs;
use std::process::Command;

const STARTER: &str = "python3 walkthrough/exercises/build-your-own-server/python/server.py {port}";

const ANSWERS: &str = "docs/answers/build-your-own-server/python";

/// So many lines of an answer are gone from the next one, or changed, at most: where the buffer comes in, at stage 8.
const MOST_REMOVED: usize = 35;

/// So many lines are all that a stage adds.
const MOST_ADDED: usize = 70;

/// The answers, in the order of their stages, by the names of their files.
fn answers() -> Vec<String> {
    let entries = fs::read_dir(root().join(ANSWERS)).expect("a directory of answers");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".py")).collect();
    names.sort();
    names
}

/// The command of `--run` for an answer.
fn command(name: &str) -> String {
    format!("python3 {ANSWERS}/{name} {{port}}")
}

#[test]
#[ignore = "needs python3"]
fn the_starter_in_python_runs_and_fails_the_first_stage() {
    assert_eq!(first_failing_stage(STARTER, 1..=2), Some(1));
}

#[test]
#[ignore = "needs python3"]
fn each_answer_in_python_passes_its_stage_and_none_behind_it() {
    let answers: Vec<(u32, String)> = (1..).zip(answers()).collect();
    assert_eq!(answers.len(), 14, "an answer a stage");
    // Those of the last stages take the longest, so they begin.
    let answers: Vec<(u32, String)> = answers.into_iter().rev().collect();
    for_each(&answers, |(stage, name)| {
        assert!(name.starts_with(&format!("{stage:02}_")), "{name} should be the answer of stage {stage}");
        passes_exactly(&command(name), *stage);
    });
}

#[test]
#[ignore = "needs python3"]
fn the_last_answer_in_python_meets_every_should_as_well() {
    let last = answers().pop().expect("an answer");
    assert_eq!(failures(&command(&last), "strict"), [""; 0]);
}

#[test]
#[ignore = "needs python3"]
fn no_client_ends_an_answer_in_python() {
    for_each(&answers(), |name| {
        let mut command = Command::new("python3");
        command.arg(format!("{ANSWERS}/{name}"));
        outlives_its_clients(command);
    });
}

/// What a stage adds stands beside what was there: a reader finds each function where it was.
#[test]
fn the_diff_of_two_answers_in_python_is_what_a_stage_adds() {
    let sources: Vec<String> =
        answers().iter().map(|name| fs::read_to_string(root().join(ANSWERS).join(name)).expect("an answer")).collect();
    for pair in sources.windows(2) {
        let [before, after] = [lines(&pair[0]), lines(&pair[1])];
        let same = common_lines(&before, &after);
        let (removed, added) = (before.len() - same, after.len() - same);
        let title = after[0];
        assert!((1..=MOST_ADDED).contains(&added), "{title} adds {added} lines");
        assert!(removed <= MOST_REMOVED, "{title} changes {removed} lines of the answer before");
        let [before, after] = [functions(&before), functions(&after)];
        let kept: Vec<&str> = before.iter().copied().filter(|name| after.contains(name)).collect();
        let found: Vec<&str> = after.iter().copied().filter(|name| before.contains(name)).collect();
        assert_eq!(kept, found, "{title} has the functions of the answer before in another order");
    }
}

/// Each answer names itself, and what it imports comes with Python.
#[test]
fn an_answer_in_python_needs_nothing_but_python() {
    const WITH_PYTHON: [&str; 8] = ["base64", "codecs", "hashlib", "re", "socket", "sys", "threading", "time"];
    for name in answers() {
        let source = fs::read_to_string(root().join(ANSWERS).join(&name)).expect("an answer");
        assert!(source.contains(&format!("\n    python3 {name} 9001\n")), "{name} says how it is run");
        for line in source.lines().filter(|line| line.starts_with("import ") || line.starts_with("from ")) {
            let known = line.strip_prefix("import ").is_some_and(|module| WITH_PYTHON.contains(&module));
            assert!(known, "{name}: {line}");
        }
        let long = source.lines().find(|line| line.chars().count() > 120);
        assert_eq!(long, None, "{name}");
    }
}

fn lines(source: &str) -> Vec<&str> {
    source.lines().collect()
}

/// The names of the functions and classes, in their order.
fn functions<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let definitions = lines.iter().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("def ").or(line.strip_prefix("class "))
    });
    definitions.map(|rest| rest.split(['(', ':']).next().unwrap_or_default()).collect()
}
