//! "Fill the frame": each file fails unsolved, passes solved, and notices what students get wrong.
//!
//! cargo packs no package into another one, so a published ws101 lacks the project, and what reads it is left to the gate.
//!
//! The project is copied for that, and tested by cargo as a student would. There is one copy, for one test after the
//! other: the two crates are built once.

#[path = "frame/mutants.rs"]
mod mutants;

use mutants::{MUTANTS, Mutant};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

const PROJECT: &str = "walkthrough/exercises/fill-the-frame";
const ANSWERS: &str = "docs/answers/fill-the-frame";

/// The exercises in their order.
const MODULES: [&str; 8] =
    ["accept_key", "header", "lengths", "unmask", "fragments", "utf8", "close_code", "token_list"];

/// How long cargo may take, on a busy machine and with everything to build. A solution that loops ends here.
const PATIENCE: Duration = Duration::from_secs(180);

// --- as a student would run it ---

#[test]
#[ignore = "needs the crates sha1 and base64"]
fn unsolved_each_test_fails_at_its_todo() {
    let copy = Copy::new();
    let run = copy.test();
    assert!(run.passed.is_empty(), "these pass, and nothing is written yet: {:?}", run.passed);
    for module in MODULES {
        assert!(run.failed_in(module).next().is_some(), "no test of {module} failed");
    }
    for (test, said) in &run.failed {
        let number = number_of(test.split("::").next().unwrap());
        assert!(said.contains(&format!("not yet implemented: {number}: ")), "{test} does not name its TODO:\n{said}");
    }
    let page = read(&format!("{PROJECT}/README.md"));
    assert!(shows(&page, "running 3 tests", &run.text), "the page shows another failure than\n{}", run.text);
    copy.is_tidy();
}

#[test]
#[ignore = "needs the crates sha1 and base64"]
fn solved_each_test_passes() {
    let copy = Copy::new();
    MODULES.iter().for_each(|module| copy.put(module, &answer(module)));
    let run = copy.test();
    assert!(run.failed.is_empty(), "{:#?}", run.failed);
    for module in MODULES {
        assert!(run.passed.iter().any(|test| test.starts_with(&format!("{module}::"))), "no test of {module} passed");
    }
    // README.md says how many there are, and that the name of an exercise runs its own tests and no others.
    let page = read(&format!("{PROJECT}/README.md"));
    assert!(page.contains(&format!("`{} passed; 0 failed`", run.passed.len())), "{} tests", run.passed.len());
    for (module, test) in MODULES.iter().flat_map(|module| run.passed.iter().map(move |test| (module, test))) {
        assert_eq!(test.contains(module), test.starts_with(&format!("{module}::")), "cargo test {module} runs {test}");
    }
    copy.is_tidy();
}

/// In each build every exercise has a mistake of its own.
#[test]
#[ignore = "needs the crates sha1 and base64"]
fn what_students_get_wrong_is_noticed() {
    let copy = Copy::new();
    let page = read(&format!("{PROJECT}/README.md"));
    let mut noticed = 0;
    for round in 0..rounds() {
        let mistakes: Vec<&Mutant> = MODULES.iter().filter_map(|module| of(module).nth(round)).collect();
        MODULES.iter().for_each(|module| copy.put(module, &answer(module)));
        mistakes.iter().for_each(|mutant| copy.put(mutant.module, &mistaken(mutant)));
        let run = copy.test();
        for mutant in &mistakes {
            let test = format!("{}::tests::{}", mutant.module, mutant.test);
            let said = run.failed.get(&test).unwrap_or_else(|| panic!("{test} passes with {}", mutant.mistake));
            assert!(said.contains(mutant.says), "{test}, with {}, says\n{said}", mutant.mistake);
            noticed += 1;
        }
        let wrong: BTreeSet<&str> = mistakes.iter().map(|mutant| mutant.module).collect();
        let blamed: BTreeSet<&str> = run.failed.keys().filter_map(|test| test.split("::").next()).collect();
        assert_eq!(blamed, wrong, "an exercise fails that has no mistake in it");
        assert!(round > 0 || shows(&page, "assertion", &run.text), "the page shows another message than\n{}", run.text);
    }
    assert_eq!(noticed, MUTANTS.len());
}

// --- what is written there ---

#[test]
#[ignore = "needs the repository"]
fn an_answer_is_the_exercise_with_its_todos_filled() {
    for module in MODULES {
        let (exercise, answer) = (exercise(module), answer(module));
        assert!(
            exercise.contains("todo!(\"") && !answer.contains("todo!"),
            "{module}: where is there something to do?"
        );
        let mut filled = answer.lines();
        for line in exercise.lines().filter(|line| !line.trim_start().starts_with("todo!(")) {
            assert!(filled.any(|other| other == line), "{module}: the answer lacks, or has in another place: {line}");
        }
        let rest = |text: &str| text.split_once("#[cfg(test)]").map(|(_, rest)| rest.to_owned());
        assert_eq!(rest(&exercise), rest(&answer), "{module}: other tests or hints");
        assert!(rest(&answer).is_some_and(|rest| rest.contains("\n// Hints.")), "{module}: no hints");
    }
}

/// One that is left out takes no other with it.
#[test]
#[ignore = "needs the repository"]
fn no_exercise_needs_another() {
    for module in MODULES {
        let text = answer(module);
        let named = text.lines().filter(|line| line.contains("crate::") || line.contains("super::"));
        assert_eq!(named.collect::<Vec<_>>(), ["    use super::*;"], "{module} looks at what is around it");
    }
    let modules = read(&format!("{PROJECT}/src/lib.rs"));
    let named = modules.lines().filter_map(|line| line.strip_prefix("pub mod ")?.split(';').next());
    assert_eq!(named.collect::<Vec<_>>(), MODULES, "src/lib.rs has another order");
}

/// The head of each file names a section of a chapter and a time, and the table in README.md says the same.
#[test]
#[ignore = "needs the repository"]
fn heads_and_table_agree_with_the_chapters() {
    let page = read(&format!("{PROJECT}/README.md"));
    for module in MODULES {
        let text = exercise(module);
        let number = number_of(module);
        assert!(text.starts_with(&format!("//! {number}. ")), "{module} does not begin with its number");
        assert!(text.contains(&format!("//! Test: `cargo test {module}`\n")), "{module} does not say how to test it");
        let reading = after(&text, "//! Read: chapter ");
        let chapter = chapter(&reading[..2]);
        let sections: Vec<&str> = reading.split('"').skip(1).step_by(2).collect();
        assert!(!sections.is_empty(), "{module} names no section");
        for section in sections {
            assert!(chapter.contains(&format!("\n## {section}\n")), "{module}: no section is called {section}");
        }
        let minutes = after(&text, "//! Time: ").split(' ').next().unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| {number} | [{module}](./src/{module}.rs) |")));
        let row = row.unwrap_or_else(|| panic!("the table has no row for {module}"));
        let agrees = row.contains(&format!("[chapter {}]", &reading[..2])) && row.ends_with(&format!(" | {minutes} |"));
        assert!(agrees, "{module}: chapter {}, {minutes} minutes, and not {row}", &reading[..2]);
    }
}

/// Whoever has built ws101 has these crates, and needs no network for the exercise.
#[test]
#[ignore = "needs the repository"]
fn the_crates_are_those_of_ws101() {
    let ours = packages(&read("Cargo.lock"));
    let theirs = packages(&read(&format!("{PROJECT}/Cargo.lock")));
    let others: Vec<_> = theirs.difference(&ours).map(|(name, _)| name.as_str()).collect();
    assert_eq!(others, ["fill-the-frame"], "other versions than in Cargo.lock; take them over from there");
}

/// A mistake that nobody tries would be one that nobody notices.
#[test]
fn each_exercise_is_tried_with_mistakes() {
    for module in MODULES {
        assert!(of(module).count() >= 3, "{module} is tried with {} mistakes", of(module).count());
    }
    assert!(MUTANTS.iter().all(|mutant| MODULES.contains(&mutant.module)));
    for mutant in MUTANTS {
        assert_ne!(mistaken(mutant), answer(mutant.module), "{}: {}", mutant.module, mutant.mistake);
    }
}

#[test]
fn a_wrong_page_and_a_hanging_test_are_seen() {
    let page = "```text\nrunning 3 tests\n...\ntest a[..] FAILED\n```\n";
    assert!(shows(page, "running 3 tests", "\nrunning 3 tests\nx\ntest a::b ... FAILED\n"));
    assert!(shows(page, "running 3 tests", "running 57 tests\ntest a ... FAILED\n"));
    assert!(!shows(page, "running 3 tests", "running 3 tests\ntest b ... FAILED\n"));
    assert!(!shows(page, "assertion", "running 3 tests\ntest a ... FAILED\n"));
    let log = std::env::temp_dir().join(format!("ws101-frame-{}", std::process::id()));
    let ended = finish(Command::new("sleep").arg("60"), &log, Duration::from_millis(50));
    fs::remove_file(&log).unwrap();
    assert!(!ended, "nobody would notice a solution that loops");
}

// --- the project ---

/// The project in a directory of its own, where the answers can be put in.
struct Copy {
    path: PathBuf,
    /// Held until the end of the test.
    _turn: MutexGuard<'static, ()>,
}

/// cargo would take the programs of two copies for the same one, wherever they are.
static TURN: Mutex<()> = Mutex::new(());

impl Copy {
    fn new() -> Copy {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fill-the-frame");
        let copy = Copy { path, _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner) };
        fs::create_dir_all(copy.path.join("src")).unwrap();
        for file in ["Cargo.toml", "Cargo.lock", ".rustfmt.toml", "src/lib.rs"] {
            fs::write(copy.path.join(file), read(&format!("{PROJECT}/{file}"))).unwrap();
        }
        MODULES.iter().for_each(|module| copy.put(module, &exercise(module)));
        copy
    }

    fn put(&self, module: &str, text: &str) {
        fs::write(self.path.join(format!("src/{module}.rs")), text).unwrap();
    }

    /// Runs `cargo test` in it.
    fn test(&self) -> Run {
        let run = Run::of(self.cargo(&["test", "--locked"]));
        assert!(!run.failed.is_empty() || !run.passed.is_empty(), "it was not built:\n{}", run.text);
        run
    }

    /// A student begins with files that neither the compiler nor clippy nor rustfmt has anything to say about.
    fn is_tidy(&self) {
        let said = self.cargo(&["clippy", "--locked", "--all-targets", "--", "-D", "warnings"]);
        assert!(!said.contains("warning:") && !said.contains("error"), "{said}");
        assert_eq!(self.cargo(&["fmt", "--check"]), "", "it is not formatted");
    }

    fn cargo(&self, arguments: &[&str]) -> String {
        let log = self.path.join("cargo.log");
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.path);
        command.env("CARGO_TARGET_DIR", self.path.join("target")).env("CARGO_TERM_COLOR", "never");
        // What would build the crates anew, and what would add to the messages.
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUST_BACKTRACE", "RUST_TEST_THREADS"] {
            command.env_remove(name);
        }
        assert!(finish(&mut command, &log, PATIENCE), "after {PATIENCE:?} cargo is still at {arguments:?}");
        fs::read_to_string(&log).unwrap()
    }
}

/// Waits for a command that writes into `log`, and ends it with all that it started when that takes too long.
fn finish(command: &mut Command, log: &Path, patience: Duration) -> bool {
    let file = File::create(log).unwrap();
    command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).process_group(0);
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + patience;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
            child.wait().unwrap();
            return false;
        }
        park_timeout(Duration::from_millis(10));
    }
    true
}

/// What `cargo test` told.
struct Run {
    text: String,
    passed: Vec<String>,
    /// The tests that failed, and what each said.
    failed: BTreeMap<String, String>,
}

impl Run {
    fn of(text: String) -> Run {
        let verdicts = text.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "));
        let passed = verdicts.filter(|(_, verdict)| *verdict == "ok").map(|(test, _)| test.to_owned()).collect();
        // "---- NAME stdout ----", what it said, and the same of the next; a list of the names ends it.
        let said = text.split("\nfailures:\n").nth(1).unwrap_or_default();
        let blocks = said.split("\n---- ").filter_map(|block| block.split_once(" stdout ----\n"));
        let failed = blocks.map(|(test, said)| (test.to_owned(), said.to_owned())).collect();
        Run { passed, failed, text }
    }

    fn failed_in(&self, module: &str) -> impl Iterator<Item = &String> {
        self.failed.keys().filter(move |test| test.starts_with(&format!("{module}::")))
    }
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn exercise(module: &str) -> String {
    read(&format!("{PROJECT}/src/{module}.rs"))
}

fn answer(module: &str) -> String {
    read(&format!("{ANSWERS}/{module}.rs"))
}

fn number_of(module: &str) -> usize {
    MODULES.iter().position(|other| *other == module).unwrap() + 1
}

// --- the mistakes ---

fn of(module: &str) -> impl Iterator<Item = &'static Mutant> {
    MUTANTS.iter().filter(move |mutant| mutant.module == module)
}

fn rounds() -> usize {
    MODULES.iter().map(|module| of(module).count()).max().unwrap()
}

/// The answer with the mistake in it.
fn mistaken(mutant: &Mutant) -> String {
    let Mutant { module, mistake, changes, .. } = mutant;
    let (code, tests) = answer(module).split_once("#[cfg(test)]").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let code = changes.iter().fold(code, |code, (from, to)| {
        assert_eq!(code.matches(from).count(), 1, "{module}, {mistake}: {from}");
        code.replace(from, to)
    });
    format!("{code}#[cfg(test)]{tests}")
}

// --- pages ---

/// Whether what the page's fence shows that has `first` in its first line came, line by line. `...` stands for lines that
/// are left out, `[..]` for a part of a line. In how many tests it begins with, a run of all differs from a run of some.
fn shows(page: &str, first: &str, came: &str) -> bool {
    let mut fences = page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let Some(fence) = fences.find(|fence| fence.lines().next().is_some_and(|line| line.contains(first))) else {
        return false;
    };
    let mut left = came.lines();
    let mut wanted = fence.lines().filter(|line| *line != "..." && !line.starts_with("running "));
    wanted.all(|wanted| left.any(|line| fits(wanted, line)))
}

fn fits(wanted: &str, line: &str) -> bool {
    let Some((start, rest)) = wanted.split_once("[..]") else { return wanted == line };
    let Some(left) = line.strip_prefix(start) else { return false };
    left.char_indices().map(|(at, _)| &left[at..]).chain([""]).any(|left| fits(rest, left))
}

/// What stands behind this, up to the end of its line.
fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).and_then(|(_, rest)| rest.lines().next()).unwrap_or_else(|| panic!("there is no {mark:?}"))
}

fn chapter(number: &str) -> String {
    let pages = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("walkthrough")).unwrap();
    let mut names = pages.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let name = names.find(|name| name.starts_with(&format!("{number}-"))).unwrap();
    read(&format!("walkthrough/{name}"))
}

/// Names and versions with their hashes.
fn packages(lock: &str) -> BTreeSet<(String, String)> {
    let packages = lock.split("[[package]]\n").skip(1).map(|package| {
        let line = |key: &str| package.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        (line("name = ").trim_matches('"').to_owned(), line("version = ").to_owned() + line("checksum = "))
    });
    packages.collect()
}
