//! nc: no WebSocket library at all, only bytes that a person could type.

use crate::run::to_end;
use crate::server::Server;
use crate::tools::program;

/// A request head, then the masked "Hello" of RFC 6455 s5.7, then a masked Close 1000 with the key 00000000.
const CLIENT: &[u8] = b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\
\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x82\x00\x00\x00\x00\x03\xe8";

/// The same "Hello", unmasked as a server sends it, then the Close with the code that came.
const SERVER: &[u8] = b"\r\n\r\n\x81\x05Hello\x88\x02\x03\xe8";

/// Head and frames come in one piece: what follows the head must not be lost.
#[test]
#[ignore = "needs nc"]
fn a_whole_conversation_in_one_write() {
    let server = Server::start(&[]);
    let mut nc = program("nc", "apt-get install netcat-openbsd");
    // The server ends the connection after the Close; -w ends a wait that should not happen.
    nc.args(["-w", "10", "127.0.0.1", &server.port().to_string()]);
    let said = to_end(&mut nc, CLIENT, 20);
    assert!(said.out.starts_with(b"HTTP/1.1 101 "), "{}", said.all());
    assert!(said.out.ends_with(SERVER), "{:?}", said.out.escape_ascii().to_string());
}

/// s5.1: a server closes the connection upon receiving a frame that is not masked.
#[test]
#[ignore = "needs nc"]
fn an_unmasked_frame_is_closed_with_1002() {
    let server = Server::start(&[]);
    let head_length = CLIENT.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    let input = [&CLIENT[..head_length], b"\x81\x05Hello"].concat();
    let mut nc = program("nc", "apt-get install netcat-openbsd");
    nc.args(["-w", "10", "127.0.0.1", &server.port().to_string()]);
    let said = to_end(&mut nc, &input, 20);
    let after = said.out.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    let frame = &said.out[after..];
    let is_close_1002 = frame.len() >= 4 && frame[0] == 0x88 && frame[2..4] == 1002_u16.to_be_bytes();
    assert!(is_close_1002, "{:?}", said.out.escape_ascii().to_string());
}
