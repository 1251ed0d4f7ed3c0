//! "Build your own server" in Python: the starter, and the answer of each stage.

use super::build::{first_failing_stage, for_each, passes_exactly, root};
use std::fs;

const STARTER: &str = "python3 walkthrough/exercises/build-your-own-server/python/server.py {port}";

const ANSWERS: &str = "docs/answers/build-your-own-server/python";

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
