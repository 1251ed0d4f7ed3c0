//! `check` against ws101 itself: the server of the course passes its own examination.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use ws101::check::{self, Profile, Report, Settings, Status};
use ws101::client::Url;
use ws101::server::{self, Config};

/// What went wrong, case by case, for whoever reads the test's output.
fn told(report: &Report) -> String {
    let wrong = report.outcomes().filter(|outcome| outcome.status != Status::Passed);
    let lines = wrong.map(|outcome| format!("{} {:?}\n{:#?}\n", outcome.case.address, outcome.status, outcome.record));
    lines.collect()
}

#[test]
fn ws101_passes_all_there_is() {
    let config = Config { listen: vec!["127.0.0.1:0".to_owned()], ..Config::default() };
    let server = server::start(config).expect("a server");
    let url = Url::parse(&format!("ws://{}/ws", server.addr)).expect("a URL");
    let settings = Settings { profile: Profile::Strict, ..Settings::new(url) };
    let report = check::run(&settings, &mut |_| {}).expect("a report");
    let counts = report.counts();
    assert_eq!((counts.failed, counts.not_met), (0, 0), "{}", told(&report));
    assert!(counts.passed > 0);
}
