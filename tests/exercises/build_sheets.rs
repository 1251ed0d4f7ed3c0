//! "Build your own server": what the sheets say is what `check` asks, what `broken` has, and what is printed.

use super::build::{STAGES as LAST, for_each, root, ws101};
use crate::fences::{Fence, fences};
use crate::pages::compare::{Ports, fault};
use crate::pages::page;
use crate::pages::steps::steps;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use ws101::broken::{BUGS, Bug};
use ws101::check::stages::{STAGES, Stage};

const SHEETS: &str = "walkthrough/exercises/build-your-own-server";

/// What a row of the table says of a stage.
struct Row {
    link: String,
    cases: usize,
    points: u32,
    together: u32,
    time: String,
}

/// The table of README.md.
fn rows() -> Vec<Row> {
    let readme = page(&format!("{SHEETS}/README.md"));
    let found: Vec<Row> = readme.lines().filter_map(row).collect();
    assert_eq!(found.len(), STAGES.len(), "a row a stage");
    found
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [link, cases, points, together, time] = cells[..] else { return None };
    let (cases, points, together) = (cases.parse().ok()?, points.parse().ok()?, together.parse().ok()?);
    Some(Row { link: link.to_owned(), cases, points, together, time: time.to_owned() })
}

fn file(stage: &Stage) -> String {
    format!("{:02}-{}.md", stage.number, stage.name)
}

fn sheet(stage: &Stage) -> String {
    page(&format!("{SHEETS}/{}", file(stage)))
}

fn minutes(time: &str) -> u32 {
    time.strip_suffix(" minutes").and_then(|minutes| minutes.parse().ok()).unwrap_or_else(|| panic!("{time:?}"))
}

#[test]
fn the_table_has_every_stage_and_its_points_sum_up_to_a_hundred() {
    let mut together = 0;
    for (stage, row) in STAGES.iter().zip(rows()) {
        together += row.points;
        assert_eq!(row.link, format!("[{} {}]({})", stage.number, stage.name, file(stage)));
        assert_eq!((row.cases, row.together), (stage.cases.len(), together), "stage {}", stage.number);
    }
    assert_eq!(together, 100);
    let time: u32 = rows().iter().map(|row| minutes(&row.time)).sum();
    assert_eq!(time, 10 * 60, "the page says ten hours");
}

#[test]
fn the_line_that_makes_points_of_stages_has_those_of_the_table() {
    let points: Vec<String> = rows().iter().map(|row| row.together.to_string()).collect();
    let readme = page(&format!("{SHEETS}/README.md"));
    assert!(readme.contains(&format!("together='{}'", points.join(" "))), "{points:?}");
}

#[test]
fn a_sheet_says_what_check_asks_and_leads_to_the_next() {
    for (stage, row) in STAGES.iter().zip(rows()) {
        let (sheet, number) = (sheet(stage), stage.number);
        let says = |text: &str| assert!(sheet.contains(text), "{} does not say {text:?}", file(stage));
        says(&format!("# Stage {number}: {}\n\nA server that {}.\n", stage.name, stage.goal));
        says(&format!("\n| {} | {} | {} | ", row.cases, row.points, row.time));
        says(&format!("\nws101 check --dry-run --stage {number}\n"));
        says("\n<details>\n<summary>Hint</summary>\n");
        says(&format!("<!-- your server: {number:02} -->"));
        match STAGES.get(usize::from(number)) {
            Some(next) => says(&format!("\nNext: [stage {}, {}]({}).\n", next.number, next.name, file(next))),
            None => says("docs/answers/build-your-own-server/README.md)"),
        }
    }
}

#[test]
fn the_broken_servers_of_a_sheet_are_of_its_stage() {
    for stage in &STAGES {
        let named = named_in(&sheet(stage));
        assert!(named.len() >= 2, "{} names {} broken servers", file(stage), named.len());
        for bug in named {
            assert_eq!(bug.stage, stage.number, "{}: {}", file(stage), bug.name);
        }
    }
}

/// The broken servers that a page names, in their order. Where a line ends in between is nothing to a reader.
fn named_in(page: &str) -> Vec<&'static Bug> {
    let words: Vec<&str> = page.split_whitespace().collect();
    let names = words.windows(3).filter(|three| three[0].ends_with("ws101") && three[1] == "broken");
    names.map(|three| bug(three[2].split('`').next().unwrap_or_default())).collect()
}

fn bug(name: &str) -> &'static Bug {
    BUGS.iter().find(|bug| bug.name == name).unwrap_or_else(|| panic!("no broken server {name:?}"))
}

/// That `check` finds each of them in its stage is held by `tests/check_broken.rs`, for all that there are. What it must be
/// told to find one is held here: a reader types what the sheet says.
#[test]
fn a_sheet_says_what_its_broken_servers_are_found_with() {
    for stage in &STAGES {
        let sheet = sheet(stage);
        assert!(sheet.contains(&format!("ws101 check --stage {} ", stage.number)), "{} shows no failure", file(stage));
        for bug in named_in(&sheet).into_iter().filter(|bug| !bug.flags.is_empty()) {
            // A student has a command for `--run`, and no number for `--pid`.
            let flags = if bug.flags.starts_with("--pid") { "--run" } else { bug.flags };
            let is_told = sheet.split("\n\n").any(|part| part.contains(bug.name) && part.contains(flags));
            assert!(is_told, "{}: {} is not found without {flags}", file(stage), bug.name);
        }
    }
}

/// Who checks a text when it is whole passes stage 11, and sees other numbers than those of its sheet.
#[test]
#[ignore = "waits for two seconds"]
fn the_sheet_of_utf8_says_what_is_seen_by_who_checks_a_message_when_it_is_whole() {
    let sheet = page(&format!("{SHEETS}/11-utf8.md"));
    let command = format!("'{}' broken utf8-late --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_ws101"));
    let output = ws101().args(["check", "--stage", "11", "--run", &command]).output().expect("ws101 runs");
    let report = String::from_utf8_lossy(&output.stdout);
    let row = report.lines().find_map(|line| line.strip_prefix("  11  utf8      ")).expect("the row of stage 11");
    assert!(sheet.contains(&format!("`{row}`")) && sheet.contains("smaller by two"), "{row}");
    assert!(output.status.success() && report.contains(": 27 passed, 2 SHOULD not met\n"), "{report}");
}

#[test]
#[ignore = "needs bash and python3"]
fn the_sheets_show_what_is_printed() {
    let mut pages: Vec<String> = STAGES.iter().map(file).collect();
    pages.push("README.md".to_owned());
    // The last ones take the longest.
    pages.reverse();
    for_each(&pages, |file| shows_what_is_printed(file));
}

/// Runs the commands on a reader's own server, with an answer in its place, in a folder of their own.
fn shows_what_is_printed(file: &str) {
    let page = page(&format!("{SHEETS}/{file}"));
    let own: Vec<(String, Fence)> = fences(&page).into_iter().filter_map(with_answer).collect();
    assert!(!own.is_empty(), "{file} shows nothing");
    for (answer, fence) in own {
        let folder = folder(file);
        fs::copy(root().join(server(&answer)), folder.join("server.py")).expect("a copy of an answer");
        for step in steps(&fence.lines) {
            let (printed, errors) = output(&folder, &step.command);
            let fault = fault(&step.wanted, &printed, &Ports::Any);
            assert!(fault.is_none(), "{file}: {}\n{}\n{errors}", step.command, fault.unwrap_or_default());
        }
        fs::remove_dir_all(folder).expect("the folder of this page");
    }
}

/// The number of the answer that takes a reader's place.
fn with_answer(fence: Fence) -> Option<(String, Fence)> {
    let answer = fence.marker.strip_prefix("your server: ")?.to_owned();
    Some((answer, fence))
}

/// The file of an answer, or, for 00, of the starter.
fn server(answer: &str) -> String {
    let number: u32 = answer.parse().expect("a number of a stage");
    assert!(number <= LAST);
    match STAGES.iter().find(|stage| u32::from(stage.number) == number) {
        Some(stage) => format!("docs/answers/build-your-own-server/python/{answer}_{}.py", stage.name),
        None => format!("{SHEETS}/python/server.py"),
    }
}

fn folder(file: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("ws101-sheets-{}-{file}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// What a command prints on stdout, and on stderr, with this build's `ws101` before any other.
fn output(folder: &Path, command: &str) -> (Vec<String>, String) {
    let program = ws101().get_program().to_owned();
    let own = Path::new(&program).parent().expect("the folder of ws101").to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([own].into_iter().chain(env::split_paths(&others))).expect("a PATH");
    let mut bash = Command::new("bash");
    crate::common::program::without_options(&mut bash);
    let output = bash.args(["-c", command]).env("PATH", path).current_dir(folder).output().expect("bash runs");
    let printed = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    (printed, String::from_utf8_lossy(&output.stderr).into_owned())
}
