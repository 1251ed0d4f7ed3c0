//! websocat: a pipe from standard input to a WebSocket. `.ci/full` builds it, because that takes minutes.

use crate::run::Talk;
use crate::server::Server;
use crate::tools::installed_by;
use std::process::Command;

#[test]
#[ignore = "needs websocat"]
fn lines_come_back() {
    let server = Server::start(&[]);
    let install = "cargo install --locked --root target/peers/websocat --version 1.14.1 websocat";
    let mut websocat = Command::new(installed_by(install, "websocat/bin/websocat"));
    let mut pipe = Talk::start(websocat.args(["--text", &server.ws("/ws")]), 30);
    pipe.say("Hello");
    pipe.hear("Hello");
    pipe.say("again");
    pipe.hear("again");
    assert!(pipe.finish().success(), "websocat ended well");
}
