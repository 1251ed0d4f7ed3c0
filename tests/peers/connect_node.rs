//! `ws101 connect` and a server made with Node's `ws`.

use crate::client::{connected, talk};
use crate::run::Talk;
use crate::tools::node;

/// A running server; dropping it ends it.
pub struct Node {
    pub program: Talk,
    address: String,
}

impl Node {
    /// Starts it.
    pub fn start() -> Node {
        let mut program = Talk::start(&mut node("connect_ws.js", "ws"), 60);
        let port = program.hear("port ").replace("port ", "");
        Node { program, address: format!("ws://127.0.0.1:{port}") }
    }

    /// Where this path is.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

#[test]
#[ignore = "needs node"]
fn a_pipe_is_echoed() {
    let mut node = Node::start();
    let said = connected(&[&node.at("/echo")], "Hello\nκόσμε\n\n").succeeded();
    assert_eq!(said.text(), "Hello\nκόσμε\n\n");
    assert!(talk(&said).contains("closed: 1000"), "{}", said.all());
    // permessage-deflate was on offer, and nobody asked for it.
    node.program.hear("open /echo extensions=\"\"");
    node.program.hear("text \"Hello\"");
    node.program.hear("text \"κόσμε\"");
    node.program.hear("text \"\"");
    node.program.hear("closed 1000");
}

#[test]
#[ignore = "needs node"]
fn hex_goes_out_and_comes_back_as_bytes() {
    let mut node = Node::start();
    let said = connected(&["--hex", &node.at("/echo")], "00 ff 0a\n\n").succeeded();
    assert_eq!(said.text(), "00 ff 0a\n\n");
    node.program.hear("binary 00ff0a");
}

#[test]
#[ignore = "needs node"]
fn fragments_are_put_together_around_a_ping() {
    let mut node = Node::start();
    let said = connected(&["-w", "500ms", "--hex", &node.at("/fragments")], "").succeeded();
    assert_eq!(said.text(), "Hello, κόσμε\n00 ff 0a\n");
    assert!(talk(&said).contains("< Ping \"between\", answered by a Pong"), "{}", said.all());
    node.program.hear("pong between");
}

#[test]
#[ignore = "needs node"]
fn pings_go_both_ways() {
    let mut node = Node::start();
    let url = node.at("/ping");
    let said = connected(&["-w", "1500ms", "--ping-interval", "500ms", &url], "").succeeded();
    assert_eq!(said.text(), "pong are you there\n");
    for line in ["< Ping \"are you there\", answered by a Pong", "> Ping \"1\"", "< Pong \"1\" after "] {
        assert!(talk(&said).contains(line), "{line}: {}", said.all());
    }
    node.program.hear("ping 1");
}

#[test]
#[ignore = "needs node"]
fn a_subprotocol_is_chosen() {
    let node = Node::start();
    let said = connected(&["--protocol", "talk,chat", &node.at("/quiet")], "").succeeded();
    assert!(talk(&said).contains("subprotocol chat"), "{}", said.all());
}

#[test]
#[ignore = "needs node"]
fn a_close_of_the_server_is_told_with_code_and_reason() {
    let mut node = Node::start();
    let said = connected(&["-w", "forever", &node.at("/close")], "").succeeded();
    let words = talk(&said);
    assert!(words.contains("= server closed: 4001") && words.contains("see you \\u{1b}[2J"), "{}", said.all());
    node.program.hear("closed 4001");
    let said = connected(&["-w", "forever", &node.at("/close-empty")], "").succeeded();
    assert!(talk(&said).contains("= server closed: no code"), "{}", said.all());
    node.program.hear("closed 1005");
}

#[test]
#[ignore = "needs node"]
fn a_connection_without_a_close_fails_and_says_how() {
    let node = Node::start();
    for (path, sentence) in
        [("/terminate", "server sent FIN without a Close frame after 0."), ("/reset", "reset without a Close frame")]
    {
        let said = connected(&["-w", "forever", &node.at(path)], "");
        assert_eq!(said.text(), "last words\n", "{}", said.all());
        assert_eq!(said.status.code(), Some(1), "{}", said.all());
        assert!(talk(&said).contains(sentence) && talk(&said).contains("(1006)"), "{}", said.all());
    }
}

#[test]
#[ignore = "needs node"]
fn a_close_that_nobody_answers_is_not_waited_for_long() {
    let node = Node::start();
    let said = connected(&["--close-timeout", "1s", &node.at("/deaf")], "Hello\n");
    assert_eq!(said.status.code(), Some(1), "{}", said.all());
    assert!(talk(&said).contains("did not answer with a Close (RFC 6455 s5.5.1)"), "{}", said.all());
}

#[test]
#[ignore = "needs node"]
fn a_refusal_is_shown_whole() {
    let node = Node::start();
    let said = connected(&[&node.at("/refuse")], "");
    assert_eq!((said.status.code(), said.text().as_str()), (Some(1), ""));
    for part in [
        "! refused: HTTP/1.1 401",
        "Basic realm=\"peers\"",
        "    who are you?",
        "likely cause: it wants to know who you",
    ] {
        assert!(talk(&said).contains(part), "{part}: {}", said.all());
    }
    let said = connected(&[&node.at("/nowhere")], "");
    assert!(talk(&said).contains("! refused: HTTP/1.1 404"), "{}", said.all());
}

/// Whoever offers an extension by hand is told what comes of it: this client has none.
#[test]
#[ignore = "needs node"]
fn an_extension_that_was_offered_by_hand_is_not_spoken() {
    let mut node = Node::start();
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover";
    let said = connected(&["-H", offer, &node.at("/echo")], &"again and ".repeat(200));
    node.program.hear("permessage-deflate");
    assert_eq!(said.status.code(), Some(1), "{}", said.all());
    assert!(talk(&said).contains("RSV bits 100 without an extension (RFC 6455 s5.2)"), "{}", said.all());
    node.program.hear("closed 1002");
}
