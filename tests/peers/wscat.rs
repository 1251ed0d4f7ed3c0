//! wscat: what many people type at. `script` gives it a terminal, as a person would have.

use crate::run::Talk;
use crate::server::Server;
use crate::tools::{installed, program};

#[test]
#[ignore = "needs wscat"]
fn a_typed_line_comes_back() {
    let server = Server::start(&["--name", "A"]);
    installed("node/node_modules/wscat");
    let wscat = installed("node/node_modules/.bin/wscat");
    let line = format!("'{}' --no-color --connect '{}'", wscat.display(), server.ws("/ws"));
    let mut script = program("script", "apt-get install bsdutils");
    script.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
    let mut person = Talk::start(&mut script, 30);
    // The greeting is the sign that the connection is open.
    person.hear("< [A] hello :) type a message and press ENTER");
    person.say("over the wire");
    person.hear("< [A] over the wire");
    assert!(person.finish().success(), "wscat ended well");
}
