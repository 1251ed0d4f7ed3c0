//! The conformance suite again, from its other side: its server against `ws101 connect --echo`.

use crate::autobahn::{START, offenders, read};
use crate::client::{connect, connected, free_port, wait_for};
use crate::run::{Talk, to_end};
use crate::tools::{installed, peers, python27};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// 247 cases of 1.* to 7.* and 10.*, and those below.
const CASES: usize = 259;

/// All of them but 12.* and 13.*, which test extensions.
const CORE: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];

/// Large messages and many, as far as they take no more than a second each.
const LARGE: [&str; 12] =
    ["9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.2", "9.2.3", "9.6.4", "9.6.5", "9.6.6", "9.7.1", "9.7.2", "9.7.3"];

#[test]
#[ignore = "needs python2.7 (Autobahn)"]
fn all_cases_pass_from_the_other_side() {
    let reports = peers().join("autobahn-client-reports");
    let _ = fs::remove_dir_all(&reports);
    fs::create_dir_all(&reports).expect("a folder for the reports");
    let (suite, address) = serve(&reports);
    // A server that says one thing and closes: the number is on stdout, and nothing else.
    let count = connected(&["-1", &format!("{address}/getCaseCount")], "").succeeded().text();
    assert_eq!(count, format!("{CASES}\n"));
    for case in 1..=CASES {
        let url = format!("{address}/runCase?case={case}&agent=ws101");
        let said = to_end(&mut connect(&["--echo", "--quiet", "--wait", "forever", &url]), b"", 60);
        // Cases that break a rule end with 1, those that do not with 0; a crash is neither.
        assert!(matches!(said.status.code(), Some(0 | 1)), "case {case}: {}", said.all());
    }
    connected(&[&format!("{address}/updateReports?agent=ws101")], "").succeeded();
    drop(suite);
    let index = read(&reports.join("index.json"));
    let cases = index["ws101"].as_object().cloned().unwrap_or_default();
    let offenders = offenders(&reports, &cases);
    assert_eq!(cases.len(), CASES, "the number of cases that ran");
    assert!(offenders.is_empty(), "these cases did not pass: {offenders:?}");
}

/// Starts the suite's server, which runs until it is dropped, and says where it is.
fn serve(reports: &Path) -> (Talk, String) {
    let site = std::env::var_os("WS101_AUTOBAHN_SITE").map_or_else(|| installed("autobahn"), PathBuf::from);
    let port = free_port();
    let address = format!("ws://127.0.0.1:{port}");
    let spec = reports.join("spec.json");
    let cases = [&CORE[..], &LARGE].concat();
    let wanted = json!({
        "outdir": reports, "url": address, "cases": cases, "exclude-cases": [], "exclude-agent-cases": {},
    });
    fs::write(&spec, wanted.to_string()).expect("the spec is written");
    let mut suite = Command::new(python27());
    suite.current_dir(site).args(["-u", "-c", START, "-m", "fuzzingserver", "--webport", "0", "-s"]).arg(spec);
    let mut suite = Talk::start(&mut suite, 300);
    suite.hear("Ok, will run");
    wait_for(port);
    (suite, address)
}
