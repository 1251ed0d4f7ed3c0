//! Servers that a test writes itself: the handshake is as it should be, and what comes then is up to the test.

use super::spawn;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// A server that does this with each of its connections, the first of which has the number 0. It ends with the process.
pub fn server(work: fn(usize, TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("server", move || {
        for (number, stream) in listener.incoming().enumerate() {
            spawn("connection", move || work(number, stream.expect("a connection")));
        }
    });
    addr
}

/// Reads a request's head, and grants a WebSocket.
pub fn grant(stream: &mut TcpStream) {
    stream.set_nodelay(true).expect("small segments");
    let head = read_head(stream);
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("a key");
    let accept = tungstenite::handshake::derive_accept_key(key.trim().as_bytes());
    let fields = format!("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n");
    stream.write_all(format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n").as_bytes()).expect("written");
}

/// The head of a request, and not a byte more.
pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head in UTF-8")
}

/// Reads until the client has ended the connection.
pub fn drain(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
}

/// A WebSocket that is opened, told a word so that nobody waits for one, and left by its client: that of the look.
pub fn greet(stream: &mut TcpStream) {
    grant(stream);
    stream.write_all(b"\x81\x02hi").expect("written");
    until_close(stream);
}

/// Reads until the client says Close, or has ended the connection.
pub fn until_close(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) && !is_close(&buffer) {}
}

/// Whether a Close stands at the beginning of these bytes.
pub fn is_close(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x88)
}
