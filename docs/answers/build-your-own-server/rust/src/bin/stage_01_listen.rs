//! Stage 1, listen: listens, and reads a whole request however it comes.
//!
//! ```text
//! cargo run --bin stage_01_listen -- 9001
//! ```
//!
//! Sections such as s4.2.1 are those of RFC 6455.

use std::env;
use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

fn main() -> ExitCode {
    let port = env::args().nth(1).unwrap_or("9001".to_string());
    if let Err(error) = listen(&port) {
        // Most often another server has this port.
        eprintln!("port {port}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Accepts clients, without end.
fn listen(port: &str) -> io::Result<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("listening on ws://{}/", listener.local_addr()?);
    for stream in listener.incoming() {
        // A client that has left before it was accepted is no reason to stop.
        let Ok(stream) = stream else { continue };
        // One client after the other: the next one waits until this one has gone.
        tell(talk(&stream));
    }
    Ok(())
}

/// Says why a connection has ended before its time.
fn tell(outcome: io::Result<()>) {
    if let Err(error) = outcome {
        println!("{error}");
    }
}

/// Speaks with one client: a request, and an answer.
fn talk(mut stream: &TcpStream) -> io::Result<()> {
    let head = read_head(&mut BufReader::new(stream))?;
    stream.write_all(answer(&head).as_bytes())
}

/// Reads a request up to its empty line. One that has none within `MAX_HEAD` bytes is left there.
fn read_head(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        let [byte] = read_bytes(reader)?;
        head.push(byte);
        // RFC 9112 s2.2: an empty line before the request is passed over.
        if head == b"\r\n" {
            head.clear();
        }
    }
    Ok(head)
}

/// Reads exactly as many bytes as the caller's array has, in however many pieces they come.
fn read_bytes<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Answers a request. Whatever it asks for, it is not here yet.
fn answer(head: &[u8]) -> String {
    let refusal = if head.ends_with(b"\r\n\r\n") {
        Refusal { status: "501 Not Implemented", why: "no WebSocket is spoken here yet" }
    } else {
        Refusal { status: "431 Request Header Fields Too Large", why: "the head of the request has no end" }
    };
    refusal.answer()
}

/// Why a request becomes no WebSocket.
struct Refusal {
    status: &'static str,
    why: &'static str,
}

impl Refusal {
    /// The refusal as an answer of HTTP, the last one on its connection.
    fn answer(&self) -> String {
        let Refusal { status, why } = self;
        let length = why.len() + 1;
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{why}\n")
    }
}
