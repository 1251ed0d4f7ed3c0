//! One client for all servers, as cheap as it can be: it shares the machine
//! with the server, and what it spends the server cannot have.
//!
//! Every call on a socket has a timeout, so a server that falls silent is an
//! error and not a benchmark that never ends.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::frames::{self, Exchange, Speaks};
use crate::{Failure, Outcome};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The opening handshake of RFC 6455 s1.3, key and all, so its answer is known too.
const UPGRADE: &[u8] = b"GET /ws HTTP/1.1\r\n\
    Host: 127.0.0.1\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// An answer's head is much shorter; this bounds what is read of a wrong one.
const LONGEST_HEAD: usize = 4096;

pub struct Client {
    stream: TcpStream,
    speaks: Speaks,
}

impl Client {
    /// Connects, and upgrades if the server speaks WebSocket.
    pub fn open(address: SocketAddr, speaks: Speaks) -> Outcome<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let mut client = Self { stream, speaks };
        if speaks == Speaks::WebSocket {
            client.upgrade()?;
        }
        Ok(client)
    }

    fn upgrade(&mut self) -> Outcome<()> {
        self.stream.write_all(UPGRADE)?;
        let head = self.read_head()?;
        if head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT) {
            Ok(())
        } else {
            Err(format!("upgrade refused: {head}").into())
        }
    }

    /// Reads until the empty line. Nothing follows it: this client speaks first.
    fn read_head(&mut self) -> Outcome<String> {
        let mut head = [0; LONGEST_HEAD];
        let mut filled = 0;
        while !head[..filled].ends_with(b"\r\n\r\n") {
            match self.stream.read(&mut head[filled..]).map_err(in_words)? {
                0 => return Err("the head of the answer never ended".into()),
                read => filled += read,
            }
        }
        Ok(String::from_utf8_lossy(&head[..filled]).into_owned())
    }

    /// One write, then the echoes, every byte compared. `scratch` holds them;
    /// the caller keeps it, so that a message costs no allocation.
    pub fn exchange(&mut self, exchange: &Exchange, scratch: &mut Vec<u8>) -> Outcome<()> {
        scratch.resize(exchange.reply.len(), 0);
        self.stream.write_all(&exchange.request).map_err(in_words)?;
        self.stream.read_exact(scratch).map_err(in_words)?;
        expect("echo", scratch, &exchange.reply)
    }

    /// The closing handshake, then the end of the stream. TCP alone has only the end.
    pub fn close(mut self) -> Outcome<()> {
        match self.speaks {
            Speaks::Tcp => self.stream.shutdown(Shutdown::Write)?,
            Speaks::WebSocket => {
                self.stream.write_all(&frames::close_request())?;
                let mut reply = frames::CLOSE_REPLY;
                self.stream.read_exact(&mut reply).map_err(in_words)?;
                expect("Close", &reply, &frames::CLOSE_REPLY)?;
            }
        }
        match self.stream.read(&mut [0; 1]).map_err(in_words)? {
            0 => Ok(()),
            _ => Err("bytes after the end".into()),
        }
    }
}

/// The system calls a timeout "Resource temporarily unavailable", and `read_exact`
/// an end "failed to fill whole buffer".
fn in_words(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!("nothing moved for {TIMEOUT:?}").into(),
        ErrorKind::UnexpectedEof => "the connection ended before its time".into(),
        _ => error.into(),
    }
}

fn expect(what: &str, read: &[u8], expected: &[u8]) -> Outcome<()> {
    if read == expected {
        return Ok(());
    }
    let at = read.iter().zip(expected).take_while(|(read, expected)| read == expected).count();
    let found = read[at];
    Err(format!("wrong {what}: byte {at} of {} is {found:02x}, not {:02x}", read.len(), expected[at]).into())
}
