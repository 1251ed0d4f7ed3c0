//! `ws101 check` as a person, a CI and a list of grades meet it; and the pages that show it.
//!
//! ```sh
//! BLESS=1 cargo test --test check_cli    # the tables of docs/check.md are written anew
//! ```
//!
//! `<!-- check: NAME -->` before a fence: so the program tells the server of that name, at a port that is not compared.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/fences.rs"]
mod fences;

use fences::{fences, matches};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use ws101::broken::{self, Handle};
use ws101::check::stages::STAGES;

// --- running it ---

fn server(name: &str) -> (Handle, String) {
    let handle = broken::start(broken::find(name).expect(name), "127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", handle.addr);
    (handle, url)
}

fn check_in(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.arg("check").args(arguments).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

fn check(arguments: &[&str]) -> Output {
    check_in(&[], arguments)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// A port where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("ws://{}/", listener.local_addr().unwrap())
}

/// A file of a test, gone when the test is over.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> File {
        File(std::env::temp_dir().join(format!("ws101-check-cli-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

// --- the report ---

#[test]
fn what_is_right_passes_with_status_0() {
    let (_server, url) = server("none");
    let output = check(&["--stage", "1-6,ping", "--profile", "strict", &url]);
    let text = stdout(&output);
    assert_eq!(code(&output), Some(0), "{text}{}", stderr(&output));
    assert!(text.starts_with(&format!("{url}  profile strict, seed 0\n\n   1  listen    ")), "{text}");
    assert!(text.contains("\n   9  ping      ") && !text.contains("stream"), "{text}");
    assert!(text.ends_with("\npassed\n") && !text.contains("Begin here"), "{text}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_first_failing_stage_is_the_finding_and_the_others_follow() {
    let (_server, url) = server("no-unmask");
    let output = check(&["--stage", "5-7", &url]);
    let text = stdout(&output);
    assert_eq!(code(&output), Some(1), "{text}");
    assert!(text.contains("\nBegin here: stage 6, unmask. "), "{text}");
    assert!(text.contains("\nLater stages. May follow from ws/5.3/1, so mend that first:\n"), "{text}");
    assert!(text.ends_with("\nfailed: the first failing stage is 6, unmask: begin there\n"), "{text}");
    // The cause is told once, however many cases have it.
    assert_eq!(text.matches("the answer is the masked payload").count(), 1, "{text}");
    let output = check(&["--stage", "5-7", "--stop-at-first-stage", &url]);
    let text = stdout(&output);
    assert!(!text.contains("   7  length") && text.contains("left out by --stop-at-first-stage: stage 7\n"), "{text}");
}

#[test]
fn who_is_not_through_at_the_deadline_has_not_passed() {
    let (_server, url) = server("none");
    // Nobody asks 250 questions in a millisecond.
    let output = check(&["--stage", "1-12", "--deadline", "1ms", &url]);
    let text = stdout(&output);
    assert_eq!(code(&output), Some(1), "{text}");
    assert_eq!(text.matches("expected: all cases begun within 1ms (--deadline)").count(), 1, "{text}");
    assert!(text.contains("1 failed") && text.contains("the time for all cases was over (--deadline)"), "{text}");
    let output = check(&["--stage", "1-12", "--deadline", "1ms", "--points", "slow", &url]);
    let line = stdout(&output);
    let columns: Vec<&str> = line.split(',').collect();
    assert!(columns[1] == "0" && columns[5].starts_with("http/"), "{line}");
    assert_eq!(code(&check(&["--stage", "5", "--deadline", "10m", &url])), Some(0));
}

#[test]
fn a_should_counts_with_the_profile_strict_alone() {
    let (_server, url) = server("utf8-late");
    let output = check(&["--stage", "11", &url]);
    let text = stdout(&output);
    assert_eq!(code(&output), Some(0), "{text}");
    assert!(text.contains("\nSHOULD, and is not met. It counts with --profile strict:\n  ws/8.1/"), "{text}");
    assert_eq!(code(&check(&["--stage", "11", "--profile", "strict", &url])), Some(1));
}

#[test]
fn the_command_for_one_case_runs_that_case() {
    let (_server, url) = server("empty-pong");
    let text = stdout(&check(&["--stage", "ping", "--seed", "7", &url]));
    let alone = text.lines().find_map(|line| line.strip_prefix("  alone:    ws101 check ")).expect("a command");
    assert!(alone.contains("--seed 7"), "{alone}");
    let again = check(&fences::words(alone).iter().map(String::as_str).collect::<Vec<_>>());
    let again = stdout(&again);
    let story =
        |text: &str| text.split("  sends:").nth(1).and_then(|rest| rest.split("  alone:").next().map(str::to_owned));
    // What is drawn at random is the same, and so is all that passed.
    assert_eq!(story(&again), story(&text));
    assert!(again.contains("\n1 case in "), "{again}");
}

#[test]
fn lines_fit_and_colours_are_only_where_they_are_wanted() {
    let (_server, url) = server("no-unmask");
    for columns in ["80", "120"] {
        let text = stdout(&check_in(&[("COLUMNS", columns)], &["--stage", "6,7", &url]));
        let most: usize = columns.parse().unwrap();
        // A command is copied whole, and a payload without blanks is one word.
        let is_long = |line: &&str| line.chars().count() > most && !line.contains("alone:") && line.contains(": ");
        assert_eq!(text.lines().filter(is_long).collect::<Vec<_>>(), Vec::<&str>::new());
        assert!(!text.contains('\u{1b}'));
    }
    let coloured = check_in(&[("CLICOLOR_FORCE", "1")], &["--only", "ws/5.3/1", &url]);
    assert!(stdout(&coloured).contains('\u{1b}'));
    let plain = check_in(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["--only", "ws/5.3/1", &url]);
    assert!(!stdout(&plain).contains('\u{1b}'));
}

#[test]
fn no_secret_is_told_anywhere() {
    let (server, _) = server("hex-accept");
    let (url, xml) = (format!("ws://me:opensesame@{}/", server.addr), File::new("secret.xml"));
    let options = ["--stage", "accept", "-H", "Cookie: opensesame", "--junit", xml.path(), &url];
    let text = stdout(&check(&options));
    assert!(text.contains("-H 'Cookie: **********'") && text.contains("ws://****@"), "{text}");
    let json = stdout(&check(&[&options[..], &["--json"]].concat()));
    let written = fs::read_to_string(xml.path()).unwrap();
    let hex = "6f70656e736573616d65";
    // The user and the password of a URL are sent in base64.
    for told in [&text, &json, &written] {
        assert!(!told.contains("opensesame") && !told.contains(hex) && !told.contains("bWU6b3BlbnNlc2FtZQ"), "{told}");
    }
}

// --- for programs ---

#[test]
fn the_document_has_each_case_with_its_record() {
    let (_server, url) = server("hex-accept");
    let output = check(&["--json", "--stage", "2-4", &url]);
    assert_eq!(code(&output), Some(1));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&document["passed"], &document["first_failing_stage"]), (&Value::from(false), &Value::from(3)));
    let cases = document["cases"].as_array().unwrap();
    let all: usize = STAGES[1..4].iter().map(|stage| stage.cases.len()).sum();
    assert_eq!((cases.len(), document["counts"]["cases"].as_u64()), (all, Some(all as u64)));
    let failed = cases.iter().find(|case| case["status"] == "failed").unwrap();
    assert_eq!((&failed["stage"], &failed["follows"]), (&Value::from(3), &Value::Null));
    assert!(failed["cause"].as_str().unwrap().contains("hexadecimal"), "{failed:#}");
    let entries = failed["record"]["entries"].as_array().unwrap();
    assert_eq!((&entries[0]["from"], &entries[0]["what"]), (&Value::from("check"), &Value::from("head")));
    // "GET ", in hex.
    assert!(entries[0]["hex"].as_str().unwrap().starts_with("47455420"), "{failed:#}");
}

#[test]
fn the_xml_has_a_suite_a_stage_and_a_test_a_case() {
    let (_server, url) = server("hex-accept");
    let xml = File::new("report.xml");
    let output = check(&["--junit", xml.path(), "--stage", "2-4", &url]);
    assert_eq!(code(&output), Some(1));
    let text = fs::read_to_string(xml.path()).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let suites: Vec<_> = document.root_element().children().filter(|node| node.has_tag_name("testsuite")).collect();
    let names: Vec<&str> = suites.iter().filter_map(|suite| suite.attribute("name")).collect();
    assert_eq!(names, ["02 upgrade", "03 accept", "04 refuse"]);
    for (suite, stage) in suites.iter().zip(&STAGES[1..4]) {
        let tests = suite.children().filter(|node| node.has_tag_name("testcase")).count();
        assert_eq!((tests, suite.attribute("tests")), (stage.cases.len(), Some(tests.to_string().as_str())));
    }
    let failure = suites[1].descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
    let told = failure.text().unwrap();
    assert!(told.contains("likely:") && told.contains("hexadecimal") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn a_list_of_grades_has_a_line_a_student() {
    let header = stdout(&check(&["--points-header"]));
    let columns = header.trim_end().split(',').count();
    let (_server, url) = server("no-unmask");
    let output = check(&["--points", "Lovelace, Ada", "--stage", "5-7", &url]);
    let cases: usize = STAGES[4..7].iter().map(|stage| stage.cases.len()).sum();
    let line = stdout(&output);
    assert_eq!(code(&output), Some(1));
    assert!(line.starts_with("\"Lovelace, Ada\",1,3,"), "{line}");
    assert!(line.contains(&format!(",{cases},ws/5.3/1,,,,,1,0,0,,,,,,,\n")), "{line}");
    // The name has one comma.
    assert_eq!(line.trim_end().split(',').count(), columns + 1);
    let nobody = check(&["--points", "bob", "--profile", "basic", &nowhere()]);
    assert_eq!(code(&nobody), Some(2));
    let line = stdout(&nobody);
    assert!(line.starts_with("bob,0,9,0,") && line.ends_with(",did not run,0,0,0,0,0,0,0,0,0,,,,,\n"), "{line}");
}

// --- without a server ---

#[test]
fn cases_are_listed_without_a_server() {
    let output = check(&["--list"]);
    let all: Vec<&str> = STAGES.iter().flat_map(|stage| stage.cases).map(|case| case.address).collect();
    assert_eq!((code(&output), stdout(&output).lines().collect::<Vec<_>>()), (Some(0), all));
    let fewer = stdout(&check(&["--list", "--only", "ws/5.5", "--exclude", "ws/5.5/1"]));
    assert!(
        !fewer.is_empty() && fewer.lines().all(|line| line.starts_with("ws/5.5/") && line != "ws/5.5/1"),
        "{fewer}"
    );
    let plan = stdout(&check(&["--dry-run", "--stage", "9"]));
    for case in STAGES[8].cases {
        assert!(plan.contains(&format!("\n{}  {}  {}\n", case.address, case.level.word(), case.section())), "{plan}");
    }
}

#[test]
fn what_can_not_be_run_ends_with_2_and_says_what_would_be_right() {
    let nowhere = nowhere();
    for (arguments, hint) in [
        (&[][..], "<URL> is missing"),
        (&["localhost:9001"], "ws://HOST:PORT"),
        (&[nowhere.as_str()], "refused"),
        (&["--only", "ws/5.5.2/999", nowhere.as_str()], "the nearest are ws/5.5.2"),
        (&["--exclude", "5.2", "--list"], "there is no case below 5.2"),
        (&["--only", "ws/5.3", "--stage", "2", "--list"], "no case is in these stages"),
        (&["--stage", "15"], "1 to 14"),
        (&["--stage", "6-1"], "several are 1-6"),
        (&["--seed", "abc"], "a seed is a whole number"),
        (&["--profile", "hard"], "basic, full or strict"),
        (&["--list", "--json"], "cannot be used with"),
        (&["--run", "true {port}", "--pid", "1"], "cannot be used with"),
    ] {
        let output = check(arguments);
        assert_eq!((code(&output), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr(&output).contains(hint), "{arguments:?}: {}", stderr(&output));
    }
    let (_server, url) = server("none");
    let output = check(&["--only", "ws/5.3/1", "--junit", "/no such directory/report.xml", &url]);
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("/no such directory/report.xml"), "{}", stderr(&output));
}

// --- the pages ---

fn page(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path)
}

#[test]
fn the_pages_show_what_is_told() {
    let (server, url) = server("no-unmask");
    let port = format!(":{}", server.addr.port());
    let came: Vec<String> =
        stdout(&check(&["--stage", "1-7", &url])).replace(&port, ":9001").lines().map(str::to_owned).collect();
    for path in ["README.md", "docs/check.md"] {
        let shown: Vec<_> =
            fences(&page(path)).into_iter().filter(|fence| fence.marker == "check: no-unmask").collect();
        assert_eq!(shown.len(), 1, "{path}");
        assert!(matches(&shown[0].lines, &came), "{path}\n{}", came.join("\n"));
    }
    assert!(!matches(&["...".to_owned(), "passed".to_owned()], &came));
}

/// `BLESS=1` writes the tables anew.
#[test]
fn the_page_has_all_stages_and_all_cases() {
    let page = page("docs/check.md");
    let wanted = with_table(&with_table(&page, "the stages", &stages()), "the cases", &cases());
    if std::env::var_os("BLESS").is_some() {
        fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check.md"), &wanted).unwrap();
    } else {
        let only_in = |one: &str, other: &str| {
            one.lines().filter(|line| !other.contains(line)).map(|line| format!("{line}\n")).collect::<String>()
        };
        let (missing, stale) = (only_in(&wanted, &page), only_in(&page, &wanted));
        assert!(page == wanted, "BLESS=1 writes it. Not on the page:\n{missing}\nonly there:\n{stale}");
    }
}

/// The page with this table behind its comment, up to the next heading.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let comment = format!("<!-- {name}: BLESS=1 cargo test --test check_cli -->\n");
    let (before, rest) = page.split_once(&comment).expect(name);
    let after = rest.find("\n## ").map_or("", |at| &rest[at..]);
    format!("{before}{comment}\n{table}{after}")
}

fn stages() -> String {
    let mut table = "| stage | name | a server that has passed it | cases |\n|---:|---|---|---:|\n".to_owned();
    for stage in &STAGES {
        let _ = writeln!(table, "| {} | {} | {} | {} |", stage.number, stage.name, stage.goal, stage.cases.len());
    }
    table
}

fn cases() -> String {
    let mut table = "| stage | address | level | what is asked |\n|---:|---|---|---|\n".to_owned();
    for (stage, case) in STAGES.iter().flat_map(|stage| stage.cases.iter().map(move |case| (stage, case))) {
        let requirement = case.requirement.replace('|', "\\|");
        let _ = writeln!(table, "| {} | `{}` | {} | {requirement} |", stage.number, case.address, case.level.word());
    }
    table
}
