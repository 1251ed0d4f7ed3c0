//! `check` and the servers that break one rule: the cause that is told is the line that is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use ws101::broken;
use ws101::check::{self, Settings, Status};
use ws101::client::Url;

/// What comes of one case.
fn status(name: &str, address: &str) -> Status {
    let server = broken::start(broken::find(name).expect(name), "127.0.0.1:0").expect("a server");
    let url = Url::parse(&format!("ws://{}/", server.addr)).expect("a URL");
    let settings = Settings { only: vec![address.to_owned()], ..Settings::new(url) };
    let report = check::run(&settings, &mut |_| {}).expect("a report");
    report.outcomes().next().expect("a case").status.clone()
}

#[test]
fn a_slip_that_is_often_made_has_its_cause() {
    for (name, address, words) in [
        ("accept-as-python-bytes", "ws/4.2.2/4", "how Python prints bytes"),
        ("zip-unmask", "ws/5.2/2", "zip(payload, key)"),
        ("one-read-payload", "ws/5.2/12", "only what one read brought"),
        ("ping-as-text", "ws/5.5.3/3", "no text ends the connection"),
        ("ping-answered-with-ping", "ws/5.5.2/1", "answered with a Ping"),
        ("ping-answered-with-ping", "ws/5.5.3/1", "answered with a Ping"),
        ("close-needs-code", "ws/5.5.1/3", "a Close may be empty"),
    ] {
        let Status::Failed(failure) = status(name, address) else { panic!("{name} passes {address}") };
        let cause = failure.cause.unwrap_or_default();
        assert!(cause.contains(words), "{name}: {cause}");
        assert_eq!(status("none", address), Status::Passed, "{address}");
    }
}
