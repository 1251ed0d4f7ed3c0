//! `ws101 connect` and a server made with Python's `websockets`.

use crate::client::{connected, talk};
use crate::run::Talk;
use crate::tools::python;

fn start() -> (Talk, String) {
    let mut program = Talk::start(&mut python("connect_websockets.py"), 60);
    let port = program.hear("port ").replace("port ", "");
    (program, format!("ws://127.0.0.1:{port}"))
}

#[test]
#[ignore = "needs python3 (websockets)"]
fn what_is_sent_comes_back_uncompressed() {
    let (mut server, address) = start();
    let said = connected(&[&format!("{address}/echo")], "Hello\nκόσμε\n").succeeded();
    assert_eq!(said.text(), "Hello\nκόσμε\n");
    server.hear("open /echo extensions []");
    server.hear("got 'κόσμε'");
    server.hear("closed 1000");
    let said = connected(&["--binary", &format!("{address}/echo")], "a\0b\n").succeeded();
    assert_eq!(said.out, b"a\0b\n");
    server.hear("got b'a\\x00b'");
}

#[test]
#[ignore = "needs python3 (websockets)"]
fn fragments_and_pings_are_dealt_with() {
    let (_server, address) = start();
    let said = connected(&["--hex", "-w", "500ms", &format!("{address}/fragments")], "").succeeded();
    assert_eq!(said.text(), "Hello, κόσμε\n00 ff 0a\n");
    let said = connected(&["-1", &format!("{address}/ping")], "").succeeded();
    assert_eq!(said.text(), "a pong came\n");
    assert!(talk(&said).contains("< Ping \"are you there\", answered by a Pong"), "{}", said.all());
}

#[test]
#[ignore = "needs python3 (websockets)"]
fn the_subprotocol_is_the_servers_choice() {
    let (_server, address) = start();
    let said = connected(&["--protocol", "talk,chat", &format!("{address}/quiet")], "").succeeded();
    assert!(talk(&said).contains("subprotocol chat"), "{}", said.all());
}

#[test]
#[ignore = "needs python3 (websockets)"]
fn who_closed_and_who_did_not() {
    let (mut server, address) = start();
    let said = connected(&["-w", "forever", &format!("{address}/close")], "").succeeded();
    assert!(talk(&said).contains("= server closed: 4002"), "{}", said.all());
    assert!(talk(&said).contains("\"enough, κόσμε\""), "{}", said.all());
    server.hear("closed 4002");
    let said = connected(&["-w", "forever", &format!("{address}/abort")], "");
    assert_eq!((said.status.code(), said.text().as_str()), (Some(1), "last words\n"), "{}", said.all());
    assert!(talk(&said).contains("without a Close frame after 0."), "{}", said.all());
}

#[test]
#[ignore = "needs python3 (websockets)"]
fn a_refusal_names_its_status_body_and_cause() {
    let (_server, address) = start();
    for (path, status, body, cause) in [
        ("/refuse", "! refused: HTTP/1.1 403 Forbidden", "    not from there", "mostly the Origin"),
        ("/strict", "! refused: HTTP/1.1 400 Bad Request", "missing subprotocol", "--protocol NAME"),
        ("/nowhere", "! refused: HTTP/1.1 404 Not Found", "    no such path", "no WebSocket is served at this path"),
    ] {
        let said = connected(&[&format!("{address}{path}")], "");
        assert_eq!(said.status.code(), Some(1), "{}", said.all());
        for part in [status, body, cause] {
            assert!(talk(&said).contains(part), "{part}: {}", said.all());
        }
    }
}
