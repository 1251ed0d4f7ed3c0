//! A server that does what a test tells it to do, byte by byte, good or bad.
//!
//! It serves one connection, in a thread that the test joins: what the script answers comes from there.

use super::PATIENCE;
use super::tls::serve_plain;
use socket2::SockRef;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;
use tungstenite::handshake::derive_accept_key;

/// What a server and a test both have to read and write.
pub trait Pipe: Read + Write {
    /// The socket below.
    fn socket(&self) -> &TcpStream;

    /// Says that nothing more will be said, in the layer above TCP.
    fn say_the_end(&mut self) {}
}

impl Pipe for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Pipe for super::tls::Stream {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }

    fn say_the_end(&mut self) {
        self.conn.send_close_notify();
        // Who has gone already need not hear it.
        let _ = self.flush();
    }
}

/// The server's end of one connection.
pub struct Script<S: Pipe = TcpStream> {
    pub stream: S,
    unread: Vec<u8>,
}

/// A server over TCP.
pub fn serve<T: Send + 'static>(script: impl FnOnce(&mut Script) -> T + Send + 'static) -> (SocketAddr, JoinHandle<T>) {
    serve_plain(|stream| {
        stream.set_nodelay(true).expect("no delay");
        script(&mut Script::of(stream))
    })
}

/// A server that answers the request with these bytes, ends its half, and waits for the client's end. It answers what the
/// client has sent.
pub fn answer(bytes: impl Into<Vec<u8>>) -> (SocketAddr, JoinHandle<String>) {
    let bytes = bytes.into();
    serve(move |script| {
        let request = script.request();
        script.send(&bytes);
        script.finish();
        script.rest();
        request
    })
}

/// A server that grants the upgrade and then does what the script says.
pub fn upgraded<T: Send + 'static>(
    script: impl FnOnce(&mut Script) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    serve(|server| {
        server.upgrade("", b"");
        script(server)
    })
}

/// A server's frame: first byte, length, payload.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(len as u8),
        len @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// A server's Close.
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// The head of a 101 to a request, with more lines if there are any.
pub fn granted(request: &str, lines: &str) -> String {
    let accept = derive_accept_key(field(request, "Sec-WebSocket-Key").as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{lines}\r\n"
    )
}

/// The value of a field of a request.
pub fn field<'a>(request: &'a str, name: &str) -> &'a str {
    let fields = request.split("\r\n").filter_map(|line| line.split_once(':'));
    let mut values = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    values.next().unwrap_or_default()
}

impl<S: Pipe> Script<S> {
    pub fn of(stream: S) -> Script<S> {
        Script { stream, unread: Vec::new() }
    }

    /// The head of the client's request.
    pub fn request(&mut self) -> String {
        loop {
            if let Some(at) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                return String::from_utf8(self.take(at + 4)).expect("a head in UTF-8");
            }
            assert!(self.read() > 0, "the client ended after \"{}\"", self.unread.escape_ascii());
        }
    }

    /// Reads the request and grants it. `glued` follows the head in the same write.
    pub fn upgrade(&mut self, lines: &str, glued: &[u8]) -> String {
        let request = self.request();
        self.send([granted(&request, lines).as_bytes(), glued].concat());
        request
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes.as_ref()).expect("the client takes bytes");
    }

    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush())
    }

    /// The first byte and the unmasked payload of the client's next frame.
    pub fn frame(&mut self) -> (u8, Vec<u8>) {
        let header = self.take(2);
        assert!(header[1] & 0x80 != 0, "a client always masks (s5.1): {header:02x?}");
        let length = match header[1] & 0x7f {
            126 => self.number(2),
            127 => self.number(8),
            length => usize::from(length),
        };
        let key = self.take(4);
        let payload = self.take(length);
        (header[0], payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect())
    }

    /// The client's next frame is a text message.
    pub fn text(&mut self) -> String {
        let (first, payload) = self.frame();
        assert_eq!(first, 0x81, "{}", payload.escape_ascii());
        String::from_utf8(payload).expect("UTF-8")
    }

    /// The client's next frame is a Close: its code and reason, as `1000 bye`; `-` for one without a code.
    pub fn close(&mut self) -> String {
        let (first, payload) = self.frame();
        assert_eq!(first, 0x88, "{}", payload.escape_ascii());
        let Some((code, reason)) = payload.split_first_chunk() else { return "-".to_owned() };
        let reason = String::from_utf8(reason.to_vec()).expect("UTF-8");
        format!("{} {reason}", u16::from_be_bytes(*code)).trim_end().to_owned()
    }

    /// Waits for the client's Close, answers it with the same code, ends, and gives it.
    pub fn closes(&mut self) -> String {
        let close = self.close();
        let code = close.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(1000);
        self.send(self::close(code, ""));
        self.finish();
        close
    }

    /// Sends no more, but still reads. Under TLS it says so there too.
    pub fn finish(&mut self) {
        self.stream.say_the_end();
        self.cut();
    }

    /// Ends its half of TCP and nothing else.
    pub fn cut(&mut self) {
        let _ = self.stream.socket().shutdown(Shutdown::Write);
    }

    /// Ends as a crash or a firewall would: with a reset, when the script ends.
    pub fn reset(&mut self) {
        SockRef::from(self.stream.socket()).set_linger(Some(Duration::ZERO)).expect("a reset at the end");
    }

    /// Everything to the client's end, be it a reset.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.read() > 0 {}
        std::mem::take(&mut self.unread)
    }

    fn number(&mut self, len: usize) -> usize {
        self.take(len).iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        while self.unread.len() < len {
            assert!(self.read() > 0, "the client ended after \"{}\"", self.unread.escape_ascii());
        }
        let rest = self.unread.split_off(len);
        std::mem::replace(&mut self.unread, rest)
    }

    /// 0: the end, or a reset.
    fn read(&mut self) -> usize {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                count
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                panic!("nothing from the client in {PATIENCE:?}, after \"{}\"", self.unread.escape_ascii())
            }
            Err(_) => 0,
        }
    }
}
