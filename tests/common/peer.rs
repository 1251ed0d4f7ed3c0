//! The other end of a connection, byte by byte.

use super::PATIENCE;
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The masking key of every frame made here: that of RFC 6455 s5.7.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client frame: first byte, then length and payload, masked.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(0x80 | len as u8),
        len @ 126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(0x80 | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// The opening handshake of RFC 6455 s1.2 for a target, with more header lines if there are any.
pub fn handshake(target: &str, lines: &[&str]) -> String {
    let more: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    )
}

/// A response, cut out of the stream.
#[derive(Debug)]
pub struct Response {
    /// `200 OK`.
    pub status: String,
    fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// How many bytes it was on the wire.
    pub len: usize,
}

impl Response {
    /// The value of a field that is there once; nothing when it is not there.
    pub fn field(&self, name: &str) -> &str {
        let mut values = self.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        let value = values.next().map_or("", |(_, value)| value);
        assert!(values.next().is_none(), "{name} twice in {self:?}");
        value
    }

    /// The body, which is always text here.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    fn of(head: &str) -> Response {
        let mut lines = head.trim_end().split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.strip_prefix("HTTP/1.1 ").unwrap_or_else(|| panic!("no status line: {first:?}")).to_owned();
        let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let fields = lines.map(|line| field(line).unwrap_or_else(|| panic!("no field: {line:?}"))).collect();
        Response { status, fields, body: Vec::new(), len: head.len() }
    }
}

/// What a Close frame of the server said.
#[derive(Debug, PartialEq, Eq)]
pub struct Close {
    pub code: u16,
    pub reason: String,
}

/// A client's socket, and what was read from it and not looked at yet.
pub struct Peer {
    stream: TcpStream,
    unread: Vec<u8>,
    /// How many bytes were written to it.
    pub sent: u64,
    /// How many were read from it.
    pub came: u64,
}

impl Peer {
    pub fn connect(addr: SocketAddr) -> Peer {
        Peer::of(TcpStream::connect_timeout(&addr, PATIENCE).expect("a connection"))
    }

    fn of(stream: TcpStream) -> Peer {
        // Bytes leave when they are sent: tests cut heads and frames on purpose.
        stream.set_nodelay(true).expect("no delay");
        stream.set_write_timeout(Some(PATIENCE)).expect("a write timeout");
        Peer { stream, unread: Vec::new(), sent: 0, came: 0 }
    }

    /// A connection with small segments and a small window, as over a slow line: the system keeps little between the
    /// two ends, so that a peer that does not read is noticed soon.
    #[cfg(unix)]
    pub fn connect_narrowly(addr: SocketAddr) -> Peer {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None).expect("a socket");
        socket.set_tcp_mss(1000).expect("small segments");
        socket.set_recv_buffer_size(16 * 1024).expect("a small window");
        socket.connect_timeout(&addr.into(), PATIENCE).expect("a connection");
        Peer::of(socket.into())
    }

    /// A connection whose opening handshake was granted.
    pub fn open(addr: SocketAddr, target: &str) -> Peer {
        let mut peer = Peer::connect(addr);
        peer.send(handshake(target, &[]));
        peer.expect_101();
        peer
    }

    /// Sends a request and reads its response.
    pub fn ask(addr: SocketAddr, request: impl AsRef<[u8]>) -> Response {
        let mut peer = Peer::connect(addr);
        peer.send(request);
        peer.response()
    }

    /// `GET` a path on a connection of its own.
    pub fn get(addr: SocketAddr, path: &str) -> Response {
        Peer::ask(addr, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    pub fn expect_101(&mut self) {
        let response = self.head();
        assert_eq!(response.status, "101 Switching Protocols");
        assert_eq!(response.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    pub fn addr(&self) -> SocketAddr {
        self.stream.local_addr().expect("an address")
    }

    /// The address of the server.
    pub fn server(&self) -> SocketAddr {
        self.stream.peer_addr().expect("an address")
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes.as_ref()).expect("the server takes bytes");
    }

    /// Sends, and an error is an answer too.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sent += bytes.len() as u64;
        self.stream.write_all(bytes)
    }

    /// Sends no more, but still reads.
    pub fn finish(&self) {
        self.stream.shutdown(Shutdown::Write).expect("an end");
    }

    /// Ends the connection as a crash or a firewall would: with a reset.
    pub fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("a reset at the end");
    }

    /// The same socket, to write from another thread.
    pub fn writer(&self) -> Peer {
        Peer { stream: self.stream.try_clone().expect("a second handle"), unread: Vec::new(), sent: 0, came: 0 }
    }

    /// The next response, with its body.
    pub fn response(&mut self) -> Response {
        let mut response = self.head();
        // RFC 9110 s15.3.5: "terminated by the end of the header section because it cannot contain content".
        if response.status.starts_with("204 ") {
            return response;
        }
        let length = response.field("Content-Length").parse().expect("a Content-Length");
        response.body = self.take(length);
        response.len += length;
        response
    }

    /// A response without a body: a 101, or an answer to HEAD.
    pub fn head(&mut self) -> Response {
        Response::of(&self.raw_head())
    }

    /// The head of a response, as it came.
    pub fn raw_head(&mut self) -> String {
        loop {
            if let Some(at) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                return String::from_utf8(self.take(at + 4)).expect("a head in ASCII");
            }
            self.read_more();
        }
    }

    /// These bytes come, and then whatever comes.
    pub fn expect(&mut self, bytes: &[u8]) {
        let came = self.take(bytes.len());
        assert_eq!(came.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }

    /// The payload of the next frame, which begins with this byte (FIN, RSV and opcode).
    pub fn payload(&mut self, first: u8) -> Vec<u8> {
        let (came, payload) = self.frame().unwrap_or_else(|error| panic!("{error} instead of a frame {first:02x}"));
        assert_eq!(came, first, "first byte of a frame of {} bytes", payload.len());
        payload
    }

    /// The first byte and the payload of the next frame. An end, even in the middle of it, is an answer too.
    pub fn frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let header = self.try_take(2)?;
        let length = match header[1] {
            length @ 0..=125 => usize::from(length),
            126 => self.number(2)?,
            127 => self.number(8)?,
            masked => panic!("a server does not mask: {masked:02x}"),
        };
        Ok((header[0], self.try_take(length)?))
    }

    /// The data of the next chunk of a body (RFC 9112 s7.1). Empty: it was the last one.
    pub fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut digits = String::new();
        while !digits.ends_with("\r\n") {
            digits.push(char::from(self.try_take(1)?[0]));
        }
        let size = usize::from_str_radix(digits.trim_end(), 16);
        let mut data = self.try_take(size.unwrap_or_else(|_| panic!("no size of a chunk: {digits:?}")) + 2)?;
        assert!(data.ends_with(b"\r\n"), "the end of a chunk: {}", data.escape_ascii());
        data.truncate(data.len() - 2);
        Ok(data)
    }

    /// The first byte of the next frame.
    pub fn peek(&mut self) -> u8 {
        while self.unread.is_empty() {
            self.read_more();
        }
        self.unread[0]
    }

    /// A Close frame with a code.
    pub fn close(&mut self) -> Close {
        let payload = self.payload(0x88);
        let (code, reason) = payload.split_first_chunk().expect("a code");
        Close { code: u16::from_be_bytes(*code), reason: String::from_utf8(reason.to_vec()).expect("UTF-8") }
    }

    /// The server ends the connection, in order: nothing more comes, and no reset.
    pub fn ends(&mut self) {
        assert_eq!(self.rest().escape_ascii().to_string(), "", "no more bytes");
    }

    /// Everything to the orderly end.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.read(Instant::now() + PATIENCE).expect("an orderly end") > 0 {}
        std::mem::take(&mut self.unread)
    }

    /// The server is rid of this connection, by an end or by a reset.
    pub fn is_cut_off(&mut self) {
        loop {
            match self.read(Instant::now() + PATIENCE) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return,
                Err(error) => panic!("neither an end nor a reset: {error}"),
            }
        }
    }

    /// Waits for what comes next. Whether anything does before the end.
    pub fn hears_more(&mut self) -> bool {
        !self.unread.is_empty() || self.read(Instant::now() + PATIENCE).is_ok_and(|count| count > 0)
    }

    /// Reads for at most this long. Whether anything came, or the end.
    pub fn hears_within(&mut self, time: Duration) -> bool {
        !self.unread.is_empty() || self.read(Instant::now() + time).is_ok()
    }

    /// Takes a little of what is there, and looks at none of it.
    pub fn sip(&mut self, most: usize) {
        self.stream.set_read_timeout(Some(Duration::from_millis(1))).expect("a timeout");
        // Nothing there, or the end: who sips finds that out elsewhere.
        let _ = self.stream.read(&mut vec![0; most]);
    }

    fn number(&mut self, len: usize) -> io::Result<usize> {
        Ok(self.try_take(len)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        self.try_take(len).unwrap_or_else(|error| panic!("{error} after \"{}\"", self.unread.escape_ascii()))
    }

    /// So many bytes, or the way in which the connection ended before they came.
    pub fn try_take(&mut self, len: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < len {
            if self.read(Instant::now() + PATIENCE)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended"));
            }
        }
        let rest = self.unread.split_off(len);
        Ok(std::mem::replace(&mut self.unread, rest))
    }

    fn read_more(&mut self) {
        let count = self.read(Instant::now() + PATIENCE);
        let so_far = self.unread.escape_ascii();
        match count {
            Ok(0) => panic!("the connection ended after \"{so_far}\""),
            Ok(_) => {}
            Err(error) => panic!("{error} after \"{so_far}\""),
        }
    }

    fn read(&mut self, deadline: Instant) -> io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left))?;
        let count = self.stream.read(&mut buffer)?;
        self.came += count as u64;
        self.unread.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}
