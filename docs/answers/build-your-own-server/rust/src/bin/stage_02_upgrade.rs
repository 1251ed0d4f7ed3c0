//! Stage 2, upgrade: knows a request for a WebSocket from any other.
//!
//! ```text
//! cargo run --bin stage_02_upgrade -- 9001
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
    match Request::parse(&head).and_then(|request| upgrade(&request)) {
        // What comes behind a 101 are frames. They are not read yet: the connection ends here.
        Ok(answer) => stream.write_all(answer.as_bytes()),
        Err(refusal) => stream.write_all(refusal.answer().as_bytes()),
    }
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

/// The head of a request.
struct Request {
    /// Name and value of each field, in the order in which they came.
    fields: Vec<(String, String)>,
}

impl Request {
    /// Takes a head apart, line by line (RFC 9112 s2.1).
    fn parse(head: &[u8]) -> Result<Request, Refusal> {
        let Some(head) = head.strip_suffix(b"\r\n\r\n") else {
            let status = "431 Request Header Fields Too Large";
            return Err(Refusal { status, fields: "", why: "the head of the request has no end" });
        };
        // Bytes that are not ASCII may stand in a value. None of those that matter here has any.
        let head = String::from_utf8_lossy(head);
        let lines = head.split("\r\n").skip(1);
        Ok(Request { fields: lines.filter_map(parse_field).collect() })
    }

    /// The values of all fields with this name, whatever its case (RFC 9110 s5.1).
    fn values(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(this, _)| this.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Whether a list has this element, whatever its case. A list may stand in several fields (RFC 9110 s5.3, s5.6.1).
    fn has_token(&self, name: &str, token: &str) -> bool {
        let values = self.values(name);
        let mut tokens = values.iter().flat_map(|value| value.split(','));
        tokens.any(|this| this.trim_matches([' ', '\t']).eq_ignore_ascii_case(token))
    }
}

/// Splits a line into the name and the value of a field (RFC 9112 s5). A line without a colon is passed over.
fn parse_field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_string(), value.trim_matches([' ', '\t']).to_string()))
}

/// Decides whether a request becomes a WebSocket (s4.2.1), and answers with a 101 if it does (s4.2.2).
fn upgrade(request: &Request) -> Result<String, Refusal> {
    // s4.2.1: Upgrade has the token "websocket", and Connection the token "Upgrade".
    if !request.has_token("Upgrade", "websocket") || !request.has_token("Connection", "Upgrade") {
        return Err(Refusal::upgrade_required("no upgrade to websocket"));
    }
    let fields = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    Ok(format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n"))
}

/// Why a request becomes no WebSocket.
struct Refusal {
    status: &'static str,
    /// The fields that this status needs.
    fields: &'static str,
    why: &'static str,
}

impl Refusal {
    /// RFC 9110 s15.5.22: a 426 says in Upgrade which protocol is meant.
    fn upgrade_required(why: &'static str) -> Refusal {
        Refusal { status: "426 Upgrade Required", fields: "Upgrade: websocket\r\nConnection: Upgrade\r\n", why }
    }

    /// The refusal as an answer of HTTP, the last one on its connection.
    fn answer(&self) -> String {
        let Refusal { status, fields, why } = self;
        let length = why.len() + 1;
        format!("HTTP/1.1 {status}\r\n{fields}Connection: close\r\nContent-Length: {length}\r\n\r\n{why}\n")
    }
}
