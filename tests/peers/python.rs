//! Python's `websockets`: its asyncio client and its threaded one.

use crate::run::to_end;
use crate::server::Server;
use crate::tools::python;

/// Runs a script against one server and asserts how many cases it passed.
fn passes(script: &str, cases: usize) {
    let server = Server::start(&["--subprotocol", "chat", "--origin", "https://example.org", "--max-message", "2MiB"]);
    let said = to_end(python(script).arg(server.ws("/ws")), b"", 60).succeeded();
    let passed = said.text().lines().filter(|line| line.starts_with("ok ")).count();
    assert_eq!(passed, cases, "{}", said.all());
}

#[test]
#[ignore = "needs python3 websockets"]
fn asyncio_client() {
    passes("websockets_asyncio.py", 10);
}

#[test]
#[ignore = "needs python3 websockets"]
fn sync_client() {
    passes("websockets_sync.py", 9);
}

#[test]
#[ignore = "needs python3 websockets"]
fn follows_the_feed() {
    let server = Server::start(&["--tick", "5ms..15ms", "--name", "A"]);
    let said = to_end(python("websockets_feed.py").arg(server.ws("/feed/ws")), b"", 60).succeeded();
    assert_eq!(said.text(), "ok follow\nok come_back\nok publish\nok reset\n", "{}", said.all());
}
