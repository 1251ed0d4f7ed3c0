//! `ws101 connect` and the servers that wscat and websocat are when they are asked to: two people, each at a line.

use crate::client::{connect, free_port, wait_for};
use crate::run::Talk;
use crate::tools::{installed, installed_by, program};
use std::process::Command;

#[test]
#[ignore = "needs wscat"]
fn wscat_listens() {
    installed("node/node_modules/wscat");
    let wscat = installed("node/node_modules/.bin/wscat");
    let port = free_port();
    let line = format!("'{}' --no-color --listen {port}", wscat.display());
    // `script` gives it the terminal that it wants.
    let mut script = program("script", "apt-get install bsdutils");
    script.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
    let mut other = Talk::start(&mut script, 30);
    other.hear("Listening on port");
    let mut person = Talk::start(&mut connect(&["-w", "0", &format!("ws://127.0.0.1:{port}/")]), 30);
    other.hear("Client connected");
    person.say("are you there");
    other.hear("< are you there");
    other.say("yes");
    person.hear("yes");
    assert!(person.finish().success(), "connect ended well");
    other.hear("Disconnected");
}

/// It answers a Close with nothing but the end of TCP: that is told, and is no clean end.
#[test]
#[ignore = "needs websocat"]
fn websocat_listens() {
    let install = "cargo install --locked --root target/peers/websocat --version 1.14.1 websocat";
    let port = free_port();
    let mut websocat = Command::new(installed_by(install, "websocat/bin/websocat"));
    let mut other = Talk::start(websocat.args(["--text", "--server-mode", &port.to_string()]), 30);
    wait_for(port);
    let mut person = Talk::start(&mut connect(&["-w", "0", &format!("ws://127.0.0.1:{port}/")]), 30);
    person.say("are you there");
    other.hear("are you there");
    other.say("yes");
    person.hear("yes");
    assert_eq!(person.finish().code(), Some(1));
}
