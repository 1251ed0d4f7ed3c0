//! "Build your own server" in Rust: the starter, and the answer of each stage.
//!
//! They are packages of their own, built as a student builds them: with cargo, and with what their Cargo.lock says. Cargo
//! packs no package into another one, so in a published ws101 they are missing, and all of these tests are left to the
//! gate.

use super::build::{STAGES, failures, first_failing_stage, for_each, outlives_its_clients, passes_exactly, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const STARTER: &str = "walkthrough/exercises/build-your-own-server/rust";

const ANSWERS: &str = "docs/answers/build-your-own-server/rust";

/// So many lines of an answer may be gone from the next one, or changed. The rest of what is new stands beside what was
/// there, so that a diff of the two is the stage.
const MOST_REMOVED: usize = 20;

/// So many lines are all that a stage adds.
const MOST_ADDED: usize = 80;

/// What could end all of the server for one client's sake, or hides what a compiler has to say.
const LEFT_OUT: [&str; 6] = ["unwrap()", "expect(", "panic!", "unsafe", "process::exit", "allow("];

/// Where cargo puts what it builds of the two.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-your-own-server")
}

/// Runs cargo on one of the packages, and fails with what it says.
fn cargo(package: &str, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).arg("--manifest-path").arg(root().join(package).join("Cargo.toml"));
    // A warning is an error. Nobody looks into these programs with a debugger.
    command.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", "-D warnings");
    command.env("CARGO_TARGET_DIR", target()).env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
    let output = command.output().expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?} of {package}:\n{errors}");
}

/// The command of `--run` for a program that was built.
fn command(program: &str) -> String {
    format!("{} {{port}}", target().join("debug").join(program).display())
}

/// The answers, in the order of their stages: the names of the programs.
fn answers() -> Vec<String> {
    let entries = fs::read_dir(root().join(ANSWERS).join("src/bin")).expect("a directory of answers");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.map(|name| name.trim_end_matches(".rs").to_string()).collect();
    names.sort();
    names
}

/// The source of an answer.
fn source(name: &str) -> String {
    fs::read_to_string(root().join(ANSWERS).join("src/bin").join(name).with_extension("rs")).expect("an answer")
}

#[test]
#[ignore = "needs the crates sha1 and base64"]
fn the_starter_in_rust_runs_and_fails_the_first_stage() {
    cargo(STARTER, &["build", "--locked"]);
    assert_eq!(first_failing_stage(&command("server"), 1..=2), Some(1));
}

#[test]
#[ignore = "needs the crates sha1 and base64"]
fn each_answer_in_rust_passes_its_stage_and_none_behind_it() {
    cargo(ANSWERS, &["build", "--locked"]);
    // Those of the last stages take the longest, so they begin.
    let answers: Vec<(u32, String)> = (1..).zip(answers()).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(answers.len(), STAGES as usize, "an answer a stage");
    for_each(&answers, |(stage, name)| {
        assert!(name.starts_with(&format!("stage_{stage:02}_")), "{name} should be the answer of stage {stage}");
        passes_exactly(&command(name), *stage);
    });
}

#[test]
#[ignore = "needs the crates sha1 and base64"]
fn no_client_ends_an_answer_in_rust() {
    cargo(ANSWERS, &["build", "--locked"]);
    for_each(&answers(), |name| outlives_its_clients(Command::new(target().join("debug").join(name))));
}

#[test]
#[ignore = "needs the crates sha1 and base64"]
fn the_last_answer_in_rust_does_what_the_rfc_only_recommends_as_well() {
    cargo(ANSWERS, &["build", "--locked"]);
    let last = answers().pop().expect("a last answer");
    assert_eq!(failures(&command(&last), "strict"), [""; 0]);
}

#[test]
#[ignore = "needs rustfmt"]
fn the_rust_of_the_exercise_is_formatted() {
    for package in [STARTER, ANSWERS] {
        cargo(package, &["fmt", "--check"]);
    }
}

#[test]
#[ignore = "needs the repository"]
fn the_rust_of_the_exercise_is_built_with_the_versions_that_ws101_is_built_with() {
    let ours = locked(root());
    for package in [STARTER, ANSWERS] {
        let theirs = locked(&root().join(package));
        assert!(theirs.iter().any(|(name, _)| name == "sha1"), "{package} has SHA-1");
        let others: Vec<_> = theirs.difference(&ours).collect();
        assert!(others.is_empty(), "{package}/Cargo.lock is not that of ws101: {others:?}");
    }
}

/// Name and version of each package that a Cargo.lock takes from a registry.
fn locked(package: &Path) -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(package.join("Cargo.lock")).expect("a Cargo.lock");
    let packages = text.split("[[package]]").filter(|package| package.contains("\nsource = "));
    let field = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(name)).expect("a name and a version");
        line.trim_matches([' ', '=', '"']).to_string()
    };
    packages.map(|package| (field(package, "name"), field(package, "version"))).collect()
}

#[test]
#[ignore = "needs the repository"]
fn the_diff_of_two_answers_in_rust_is_what_a_stage_adds() {
    let answers = answers();
    for pair in answers.windows(2) {
        let [before, after] = [source(&pair[0]), source(&pair[1])];
        let [before, after] = [code(&before), code(&after)];
        let same = common_lines(&before, &after);
        let (removed, added) = (before.len() - same, after.len() - same);
        println!("{}: {added} lines more, {removed} fewer", pair[1]);
        assert!((1..=MOST_ADDED).contains(&added), "{} adds {added} lines", pair[1]);
        assert!(removed <= MOST_REMOVED, "{} changes {removed} lines of {}", pair[1], pair[0]);
    }
}

#[test]
#[ignore = "needs the repository"]
fn no_answer_in_rust_has_what_could_end_all_of_the_server() {
    for name in answers() {
        let source = source(&name);
        assert!(source.contains(&format!("//! cargo run --bin {name} -- 9001\n")), "{name} says how it is run");
        for left_out in LEFT_OUT {
            assert!(!source.contains(left_out), "{name} has {left_out}");
        }
    }
}

/// The lines of a source behind the comment on top.
fn code(source: &str) -> Vec<&str> {
    source.lines().filter(|line| !line.starts_with("//!")).collect()
}

/// How many lines two texts have in common, in the same order: the longest common subsequence, as `diff` finds it.
pub fn common_lines(before: &[&str], after: &[&str]) -> usize {
    let mut row = vec![0; after.len() + 1];
    for line in before {
        let above = row.clone();
        for (at, other) in after.iter().enumerate() {
            row[at + 1] = if line == other { above[at] + 1 } else { row[at].max(above[at + 1]) };
        }
    }
    row[after.len()]
}
