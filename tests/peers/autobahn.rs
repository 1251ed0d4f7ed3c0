//! The conformance suite that every WebSocket library is measured with: its client against our echo.
//!
//! Left out: 12.* and 13.*, which test permessage-deflate; ws101 offers no extension.
//! The suite exits 0 whatever happens, also when no server answers, so its report is counted here.

use crate::run::to_end;
use crate::server::Server;
use crate::tools::{installed, peers, python27};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// 247 cases of 1.* to 7.* and 10.*, and the 54 of 9.*, which send large messages.
const CASES: usize = 301;

/// Cases that judge nothing: the RFC leaves the peer free there.
const INFORMATIONAL: [&str; 3] = ["7.1.6", "7.13.1", "7.13.2"];

/// How the suite is started where it was installed.
pub const START: &str = "import site; site.addsitedir('.'); from autobahntestsuite.wstest import run; run()";

#[test]
#[ignore = "needs python2.7 (Autobahn)"]
fn all_core_cases_pass() {
    let server = Server::start(&[]);
    let reports = run_suite(&server.ws("/ws"));
    let index = read(&reports.join("index.json"));
    let cases = index["ws101"].as_object().cloned().unwrap_or_default();
    let offenders = offenders(&reports, &cases);
    assert_eq!(cases.len(), CASES, "the number of cases that ran");
    assert!(offenders.is_empty(), "these cases did not pass: {offenders:?}");
}

/// Runs the cases against one address and returns the folder with the reports.
fn run_suite(url: &str) -> PathBuf {
    let python = python27();
    let site = std::env::var_os("WS101_AUTOBAHN_SITE").map_or_else(|| installed("autobahn"), PathBuf::from);
    let reports = peers().join("autobahn-reports");
    // A report of an earlier run must not be taken for one of this run.
    let _ = fs::remove_dir_all(&reports);
    fs::create_dir_all(&reports).expect("a folder for the reports");
    let spec = reports.join("spec.json");
    let server = json!({ "agent": "ws101", "url": url });
    let wanted = json!({
        "outdir": reports, "servers": [server], "cases": ["*"],
        "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {},
    });
    fs::write(&spec, wanted.to_string()).expect("the spec is written");
    let mut suite = Command::new(python);
    suite.current_dir(site).args(["-c", START, "-m", "fuzzingclient", "-s"]).arg(spec);
    to_end(&mut suite, b"", 600).succeeded();
    reports
}

/// A report that the suite wrote.
pub fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("the suite wrote its report");
    serde_json::from_str(&text).expect("the report is JSON")
}

/// The cases that did not pass. What the suite says of each is printed.
pub fn offenders<'a>(reports: &Path, cases: &'a Map<String, Value>) -> Vec<&'a str> {
    let offenders: Vec<&str> =
        cases.iter().filter(|(id, case)| !is_fine(id, case)).map(|(id, _)| id.as_str()).collect();
    for id in &offenders {
        println!("{}", story(reports, cases, id));
    }
    println!("{} cases, {} offenders", cases.len(), offenders.len());
    offenders
}

/// NON-STRICT and FAILED are never fine, nor is a connection that was not closed as it should be.
fn is_fine(id: &str, case: &Value) -> bool {
    let behavior = case["behavior"].as_str().unwrap_or_default();
    let close = case["behaviorClose"].as_str().unwrap_or_default();
    let answered = behavior == "OK" || (behavior == "INFORMATIONAL" && INFORMATIONAL.contains(&id));
    answered && matches!(close, "OK" | "INFORMATIONAL")
}

/// What the suite says about one case.
fn story(reports: &Path, cases: &Map<String, Value>, id: &str) -> String {
    let case = &cases[id];
    let verdict = format!("{id}: {} (close: {})", case["behavior"], case["behaviorClose"]);
    let report = read(&reports.join(case["reportfile"].as_str().unwrap_or_default()));
    let parts = ["description", "expectation", "expected", "received", "result", "resultClose", "wasNotCleanReason"];
    let told = parts.map(|part| format!("    {part}: {}", short(&report[part])));
    format!("{verdict}\n{}", told.join("\n"))
}

/// Some cases carry megabytes.
fn short(value: &Value) -> String {
    value.to_string().chars().take(400).collect()
}
