//! `check` against the servers that break one rule each: each is caught, in its own stage, with its cause; and each case
//! has a server that fails it.
//!
//! ```text
//! cargo test --test check_broken -- --ignored each_broken          the first failing stage of each
//! cargo test --test check_broken -- --ignored each_case            all cases against all of them: some minutes of waiting
//! BLESS=1 cargo test --test check_broken -- --ignored each_broken  the table of docs/broken.md is rewritten
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use table::cell;
use ws101::broken::{self, BUGS, Bug, Handle, NONE};
use ws101::check::case::Level;
use ws101::check::memory::Process;
use ws101::check::stages::STAGES;
use ws101::check::{self, Profile, Report, Settings, Status};
use ws101::client::Url;

const PAGE: &str = "docs/broken.md";

/// So many servers are graded at once: they mostly wait.
const AT_ONCE: usize = 16;

/// A server that breaks a rule, in a thread, or in a process of its own where its memory is looked at.
enum Server {
    Thread(Handle),
    Process(Child),
}

impl Server {
    fn process(&self) -> Option<Process> {
        match self {
            Server::Thread(_) => None,
            Server::Process(child) => Some(Process::One(child.id())),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match self {
            Server::Thread(handle) => assert!(handle.addr.ip().is_loopback()),
            Server::Process(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// Starts it: the server, and the settings that its `flags` ask for.
fn start(bug: &'static Bug) -> (Server, Settings) {
    let (server, address) = match bug.flags.contains("--pid") {
        false => {
            let handle = broken::start(bug, "127.0.0.1:0").expect("a server");
            let address = handle.addr.to_string();
            (Server::Thread(handle), address)
        }
        true => process(bug),
    };
    let url = Url::parse(&format!("ws://{address}/")).expect("a URL");
    let profile = if bug.flags.contains("--profile strict") { Profile::Strict } else { Profile::Full };
    let process = server.process();
    (server, Settings { profile, process, seed: 101, ..Settings::new(url) })
}

fn process(bug: &Bug) -> (Server, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.args(["broken", bug.name, "--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
    let mut child = command.spawn().expect("ws101");
    let mut said = BufReader::new(child.stderr.take().expect("stderr"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    let address = line.split("ws://").nth(1).and_then(|rest| rest.split('/').next()).expect(&line).to_owned();
    // Whatever else it says must not stop it.
    thread::Builder::new().spawn(move || said.lines().count()).expect("a thread");
    (Server::Process(child), address)
}

/// Grades all of them, some at once, and gives what each was found to be.
fn graded(settings: impl Fn(Settings) -> Settings + Sync) -> Vec<(&'static Bug, Report)> {
    let waiting = Mutex::new(BUGS.iter());
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("the list").next();
                    let Some(bug) = next else { return };
                    let (_server, asked) = start(bug);
                    let report = check::run(&settings(asked), &mut |_| {}).unwrap_or_else(|error| {
                        panic!("{}: {error:?}", bug.name);
                    });
                    reports.lock().expect("the reports").push((bug, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().expect("the reports");
    reports.sort_by_key(|(bug, _)| BUGS.iter().position(|known| known.name == bug.name));
    reports
}

/// `none` passes everything there is, strict as well.
#[test]
fn the_server_that_breaks_nothing_passes() {
    let (_server, settings) = start(&NONE);
    let settings = Settings { profile: Profile::Strict, ..settings };
    let report = check::run(&settings, &mut |_| {}).expect("a report");
    let wrong: Vec<_> = report
        .outcomes()
        .filter(|outcome| matches!(outcome.status, Status::Failed(_) | Status::NotMet(_)))
        .map(|outcome| (outcome.case.address, &outcome.status, &outcome.record))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The first failure of a report: its stage, its case, and the likely cause.
fn finding(report: &Report) -> Option<(u8, &'static str, Option<String>)> {
    let stage = report.first_failing_stage()?;
    let outcome = stage.outcomes.iter().find(|outcome| outcome.is_failed())?;
    let Status::Failed(failure) = &outcome.status else { return None };
    Some((stage.stage.number, outcome.case.address, failure.cause.clone()))
}

/// Whether a server was caught, in its stage and with a cause.
fn is_caught(bug: &Bug, report: &Report) -> bool {
    finding(report).is_some_and(|(stage, _, cause)| stage == bug.stage && cause.is_some())
}

/// The first failing stage of each is its own, and its first failure names a cause.
#[test]
#[ignore = "takes a minute"]
fn each_broken_server_fails_in_its_own_stage_with_its_cause() {
    assert!(BUGS.len() >= 36, "{}", BUGS.len());
    let to_first = |settings| Settings { stop_at_first_stage: true, ..settings };
    let mut wrong = Vec::new();
    let mut rows =
        "| server | stage | first failing case | the likely cause, as the report says it |\n|---|---|---|---|\n"
            .to_owned();
    for (bug, mut report) in graded(to_first) {
        if !is_caught(bug, &report) {
            // Beside so many others a fault that is a race may not have had its chance: once more, alone.
            let (_server, settings) = start(bug);
            report = check::run(&to_first(settings), &mut |_| {}).expect("a report");
        }
        let found = finding(&report);
        if !is_caught(bug, &report) {
            wrong.push(format!("{} (stage {}): {found:?}", bug.name, bug.stage));
        }
        let (_, address, cause) = found.unwrap_or((0, "-", None));
        let flags = if bug.flags.is_empty() { String::new() } else { format!(" (`{}`)", bug.flags) };
        let (stage, cause) = (STAGES[usize::from(bug.stage) - 1].name, cell(&cause.unwrap_or_default()));
        rows.push_str(&format!("| `{}`{flags} | {} {stage} | `{address}` | {cause} |\n", bug.name, bug.stage));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    table::hold_but_for_the_last_cells(PAGE, "found", &rows);
}

/// Every case is failed by a server that breaks a rule.
#[test]
#[ignore = "takes minutes"]
fn each_case_is_failed_by_some_broken_server() {
    let reports = graded(|settings| Settings { keep_going: true, jobs: 4, profile: Profile::Strict, ..settings });
    let outcomes = reports.iter().flat_map(|(_, report)| report.outcomes());
    let failed: BTreeSet<&str> =
        outcomes.filter(|outcome| outcome.is_failed()).map(|outcome| outcome.case.address).collect();
    // What is only a MAY brings notes, whatever a server does.
    let cases = STAGES.iter().flat_map(|stage| stage.cases).filter(|case| case.level != Level::May);
    let unfailed: Vec<_> = cases.map(|case| case.address).filter(|address| !failed.contains(address)).collect();
    assert!(
        unfailed.is_empty(),
        "no broken server fails these: does anybody know that they see anything?\n{unfailed:#?}"
    );
}
