//! Node's `ws`, the library most WebSocket programs in JavaScript are written with.

use crate::run::{Talk, to_end};
use crate::server::{Server, publish};
use crate::tools::node;

/// Runs cases of `node_ws.js` by name and asserts that each said `ok`.
fn passes(server: &Server, path: &str, cases: &[&str]) {
    let said = to_end(node("node_ws.js", "ws").arg(server.ws(path)).args(cases), b"", 60).succeeded();
    let passed: Vec<String> = said.text().lines().map(str::to_owned).collect();
    let wanted: Vec<String> = cases.iter().map(|case| format!("ok {case}")).collect();
    assert_eq!(passed, wanted, "{}", said.all());
}

#[test]
#[ignore = "needs node"]
fn echoes() {
    let cases = ["text", "binary", "empty", "lengths", "mebibyte", "fragments", "many"];
    passes(&Server::start(&[]), "/ws", &cases);
}

#[test]
#[ignore = "needs node"]
fn answers_control_frames() {
    passes(&Server::start(&[]), "/ws", &["pong", "ping-between-fragments", "close-4000", "close-empty"]);
}

#[test]
#[ignore = "needs node"]
fn processes_messages() {
    passes(&Server::start(&[]), "/mymsg", &["processed"]);
}

#[test]
#[ignore = "needs node"]
fn greets_by_name() {
    passes(&Server::start(&["--name", "A"]), "/ws", &["greeting"]);
}

#[test]
#[ignore = "needs node"]
fn chooses_a_subprotocol() {
    passes(&Server::start(&["--subprotocol", "chat"]), "/ws", &["subprotocol"]);
}

#[test]
#[ignore = "needs node"]
fn refuses_with_a_reason() {
    let server = Server::start(&["--origin", "https://example.org"]);
    passes(&server, "/ws", &["old-version-426", "origin-403", "origin-allowed"]);
}

#[test]
#[ignore = "needs node"]
fn pings_an_idle_client() {
    passes(&Server::start(&["--ping-interval", "1s"]), "/ws", &["pinged"]);
}

#[test]
#[ignore = "needs node"]
fn closes_on_a_message_over_the_limit() {
    passes(&Server::start(&["--max-message", "64KiB"]), "/ws", &["limit-64-kib"]);
}

#[test]
#[ignore = "needs node"]
fn follows_the_feed() {
    let server = Server::start(&["--tick", "off", "--name", "A"]);
    passes(&server, "/feed/ws", &["feed-publish", "feed-binary", "feed-too-long"]);
}

#[test]
#[ignore = "needs node"]
fn hears_what_happens_between_echoes() {
    let server = Server::start(&["--tick", "off"]);
    let mut client = Talk::start(node("node_ws.js", "ws").arg(server.ws("/live")).arg("feed-live"), 30);
    client.hear("live");
    publish(&server, "news");
    client.hear("ok feed-live");
    assert!(client.finish().success());
}

/// s7.4.1: 1001 says that an endpoint is going away, such as a server going down.
#[test]
#[ignore = "needs node"]
fn says_goodbye_on_sigterm() {
    let server = Server::start(&[]);
    let mut client = Talk::start(node("node_ws.js", "ws").arg(server.ws("/ws")).arg("closed-by-server"), 30);
    client.hear("open");
    server.terminate();
    client.hear("closed 1001");
    assert!(client.finish().success(), "the client ended well");
    assert!(server.ended().success(), "ws101 ended well");
}
