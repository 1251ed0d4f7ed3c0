//! A client's beginning: TCP, and the opening handshake.
//!
//! Every call on a socket has a timeout, so a server that falls silent is an
//! error and not a benchmark that never ends.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::{Failure, Outcome};

pub const TIMEOUT: Duration = Duration::from_secs(10);

/// An answer's head is much shorter; this bounds what is read of a wrong one.
const LONGEST_HEAD: usize = 4096;

pub fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    prepared(TcpStream::connect_timeout(&address, TIMEOUT)?)
}

/// Connects with a receive buffer as small as the system allows, for who is not going to read.
pub fn connect_narrow(address: SocketAddr) -> Outcome<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_recv_buffer_size(1)?;
    socket.connect_timeout(&address.into(), TIMEOUT)?;
    prepared(socket.into())
}

/// With timeouts, and without Nagle's algorithm.
fn prepared(stream: TcpStream) -> Outcome<TcpStream> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// The opening handshake of RFC 6455 s1.3, key and all, so its answer is known too. What came glued to the answer's
/// head is given back.
pub fn upgrade(mut stream: &TcpStream, target: &str) -> Outcome<Vec<u8>> {
    let request = format!(
        "GET {target} HTTP/1.1\r\n\
        Host: 127.0.0.1\r\n\
        Upgrade: websocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let (head, glued) = read_head(stream)?;
    if head.starts_with("HTTP/1.1 101 ") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
        Ok(glued)
    } else {
        Err(format!("upgrade refused: {head}").into())
    }
}

/// Reads until the empty line.
fn read_head(mut stream: &TcpStream) -> Outcome<(String, Vec<u8>)> {
    let mut bytes = [0; LONGEST_HEAD];
    let mut filled = 0;
    loop {
        match stream.read(&mut bytes[filled..]).map_err(in_words)? {
            0 => return Err("the head of the answer never ended".into()),
            read => filled += read,
        }
        if let Some(end) = bytes[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
            let (head, glued) = bytes[..filled].split_at(end + 4);
            return Ok((String::from_utf8_lossy(head).into_owned(), glued.to_vec()));
        }
    }
}

/// The system calls a timeout "Resource temporarily unavailable", and `read_exact`
/// an end "failed to fill whole buffer".
pub fn in_words(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!("nothing moved for {TIMEOUT:?}").into(),
        ErrorKind::UnexpectedEof => "the connection ended before its time".into(),
        _ => error.into(),
    }
}

/// Fails with the first byte that differs.
pub fn expect(what: &str, read: &[u8], expected: &[u8]) -> Outcome<()> {
    if read == expected {
        return Ok(());
    }
    let at = read.iter().zip(expected).take_while(|(read, expected)| read == expected).count();
    let shown = |byte: Option<&u8>| byte.map_or("none".to_string(), |byte| format!("{byte:02x}"));
    let (found, wanted) = (shown(read.get(at)), shown(expected.get(at)));
    Err(format!("wrong {what}: byte {at} of {} is {found}, not {wanted}", expected.len()).into())
}
