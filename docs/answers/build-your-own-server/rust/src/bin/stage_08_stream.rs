//! Stage 8, stream: finds frames in a stream of bytes, wherever it is cut.
//!
//! ```text
//! cargo run --bin stage_08_stream -- 9001
//! ```
//!
//! Sections such as s4.2.1 are those of RFC 6455.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha1::{Digest, Sha1};
use std::env;
use std::fmt;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// What is put behind the key before it is hashed (s1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// The opcodes of frames (s5.2).
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;

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
fn tell(outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        println!("{failure}");
    }
}

/// Speaks with one client: HTTP, and after a 101 in frames.
fn talk(mut stream: &TcpStream) -> Result<(), Failure> {
    // One buffer for all: what it has read ahead belongs to what comes next.
    let mut reader = BufReader::new(stream);
    let head = read_head(&mut reader)?;
    match Request::parse(&head).and_then(|request| upgrade(&request)) {
        Ok(answer) => {
            stream.write_all(answer.as_bytes())?;
            // Each frame is sent at once, and does not wait until a packet is full.
            stream.set_nodelay(true)?;
            converse(stream, &mut reader)
        }
        Err(refusal) => Ok(stream.write_all(refusal.answer().as_bytes())?),
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
    method: String,
    version: String,
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
        let mut lines = head.split("\r\n");
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        // RFC 9112 s3: a request line is a method, a target and a version. Each path is the same to an echo.
        let [method, target, version] = words[..] else { return Err(Refusal::bad_request("no request line")) };
        if !is_token(method) || target.is_empty() {
            return Err(Refusal::bad_request("no method, or no target"));
        }
        // RFC 9112 s2.3: a digit on either side of the dot.
        if !matches!(version.strip_prefix("HTTP/1.").map(str::as_bytes), Some([b'0'..=b'9'])) {
            return Err(Refusal::bad_request("no request of HTTP/1"));
        }
        let fields = lines.map(parse_field).collect::<Result<_, _>>()?;
        Ok(Request { method: method.to_string(), version: version.to_string(), fields })
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

/// Splits a line into the name and the value of a field (RFC 9112 s5).
fn parse_field(line: &str) -> Result<(String, String), Refusal> {
    let Some((name, value)) = line.split_once(':') else { return Err(Refusal::bad_request("a line without a colon")) };
    // RFC 9112 s5.1: "No whitespace is allowed between the field name and colon."
    if !is_token(name) {
        return Err(Refusal::bad_request("what stands before a colon is no name of a field"));
    }
    // RFC 9110 s5.5: CR, LF and NUL are dangerous in a value, and other control characters are useless there.
    if value.contains(|c: char| c.is_ascii_control() && c != '\t') {
        return Err(Refusal::bad_request("a control character in the value of a field"));
    }
    Ok((name.to_string(), value.trim_matches([' ', '\t']).to_string()))
}

/// Whether a text may be a method, or the name of a field: RFC 9110 s5.6.2, "token".
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Decides whether a request becomes a WebSocket (s4.2.1), and answers with a 101 if it does (s4.2.2). Subprotocols and
/// extensions may be offered, and are left at that. Any Origin may come in: an echo has nothing to protect (s10.2).
fn upgrade(request: &Request) -> Result<String, Refusal> {
    check_http(request)?;
    // s4.2.1: Upgrade has the token "websocket", and Connection the token "Upgrade".
    if !request.has_token("Upgrade", "websocket") || !request.has_token("Connection", "Upgrade") {
        return Err(Refusal::upgrade_required("no upgrade to websocket"));
    }
    // s4.4: who asks for another version is told which one is spoken here.
    if request.values("Sec-WebSocket-Version") != ["13"] {
        return Err(Refusal::upgrade_required("not version 13"));
    }
    // s11.3.1: the key must not appear more than once.
    let [key] = request.values("Sec-WebSocket-Key")[..] else {
        return Err(Refusal::bad_request("not one Sec-WebSocket-Key"));
    };
    if !is_key(key) {
        return Err(Refusal::bad_request("a Sec-WebSocket-Key that is not 16 bytes in base64"));
    }
    let accept = accept_key(key);
    let fields = format!("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n");
    Ok(format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n"))
}

/// What a request needs before anybody asks for an upgrade.
fn check_http(request: &Request) -> Result<(), Refusal> {
    // s4.2.1: "An HTTP/1.1 or higher GET request".
    if request.method != "GET" {
        let status = "405 Method Not Allowed";
        return Err(Refusal { status, fields: "Allow: GET\r\n", why: "a WebSocket begins with GET" });
    }
    if request.version == "HTTP/1.0" {
        return Err(Refusal::upgrade_required("HTTP/1.0 has no upgrade"));
    }
    // RFC 9112 s3.2: without Host, or with two of them, it is a bad request.
    if request.values("Host").len() != 1 {
        return Err(Refusal::bad_request("not one Host"));
    }
    Ok(())
}

/// Whether a text can be 16 bytes in base64: 22 characters and two `=` (s4.2.1). It need not be decoded.
fn is_key(text: &str) -> bool {
    let Some(digits) = text.strip_suffix("==") else { return false };
    digits.len() == 22 && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// The answer to a key: the SHA-1 of its text and the GUID, in base64 (s4.2.2).
fn accept_key(key: &str) -> String {
    BASE64.encode(Sha1::digest(format!("{key}{GUID}")))
}

/// Why a request becomes no WebSocket.
struct Refusal {
    status: &'static str,
    /// The fields that this status needs.
    fields: &'static str,
    why: &'static str,
}

impl Refusal {
    fn bad_request(why: &'static str) -> Refusal {
        Refusal { status: "400 Bad Request", fields: "", why }
    }

    /// RFC 9110 s15.5.22: a 426 says in Upgrade which protocol is meant.
    fn upgrade_required(why: &'static str) -> Refusal {
        let fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
        Refusal { status: "426 Upgrade Required", fields, why }
    }

    /// The refusal as an answer of HTTP, the last one on its connection.
    fn answer(&self) -> String {
        let Refusal { status, fields, why } = self;
        let length = why.len() + 1;
        format!("HTTP/1.1 {status}\r\n{fields}Connection: close\r\nContent-Length: {length}\r\n\r\n{why}\n")
    }
}

/// Reads frame after frame, and sends back what is in them.
fn converse(stream: &TcpStream, reader: &mut impl BufRead) -> Result<(), Failure> {
    loop {
        let header = read_header(reader)?;
        check(&header)?;
        let payload = read_payload(reader, &header)?;
        match header.opcode {
            TEXT | BINARY => send(stream, header.opcode, &payload)?,
            // Frames of other kinds are passed over.
            _ => {}
        }
    }
}

/// What stands before the payload of a frame (s5.2).
struct Header {
    opcode: u8,
    masked: bool,
    key: [u8; 4],
    length: usize,
}

/// Reads the header of a frame.
fn read_header(reader: &mut impl Read) -> Result<Header, Failure> {
    let [first, second] = read_bytes(reader)?;
    // s5.2: up to 125 it is the length itself; 126 and 127 say that it stands in the next two or eight bytes.
    let (length, least) = match second & 0x7f {
        126 => (u64::from(u16::from_be_bytes(read_bytes(reader)?)), 126),
        127 => (u64::from_be_bytes(read_bytes(reader)?), 65_536),
        length => (u64::from(length), 0),
    };
    // s5.2: "the minimal number of bytes MUST be used to encode the length".
    if length < least {
        return Err(Failure::Protocol("a length that is not in its shortest form"));
    }
    let masked = second & 0x80 != 0;
    // s5.2: a frame that is not masked has no key.
    let key = if masked { read_bytes(reader)? } else { [0; 4] };
    let length = usize::try_from(length).map_err(|_| Failure::Protocol("a length beyond this machine's"))?;
    Ok(Header { opcode: first & 0x0f, masked, key, length })
}

/// Holds a header against the rules for it. A frame that breaks one is not read any further.
fn check(header: &Header) -> Result<(), Failure> {
    // s5.1: "The server MUST close the connection upon receiving a frame that is not masked."
    if !header.masked {
        return Err(Failure::Protocol("a client's frame without a mask"));
    }
    Ok(())
}

/// Reads the payload of a frame as it comes, and unmasks it. Room is taken for what has come, and not for what the header
/// has announced: that may be anything.
fn read_payload(reader: &mut impl BufRead, header: &Header) -> io::Result<Vec<u8>> {
    let mut payload = Vec::new();
    while payload.len() < header.length {
        let arrived = reader.fill_buf()?;
        if arrived.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let count = arrived.len().min(header.length - payload.len());
        for byte in &arrived[..count] {
            // s5.3: the first byte with the first of the key, and after the fourth it begins again.
            payload.push(byte ^ header.key[payload.len() % 4]);
        }
        reader.consume(count);
    }
    Ok(payload)
}

/// Sends a message in one frame: FIN 1, and no mask (s5.1).
fn send(mut stream: &TcpStream, opcode: u8, payload: &[u8]) -> io::Result<()> {
    let mut frame = vec![0x80 | opcode];
    // s5.2: the shortest of the three forms, its most significant byte first.
    match payload.len() {
        length @ 0..126 => frame.push(length as u8),
        length @ 126..65_536 => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    stream.write_all(&frame)
}

/// Why a connection ends before its time.
enum Failure {
    /// The client has broken this rule.
    Protocol(&'static str),
    /// The client has gone, or the network.
    Io(io::Error),
}

/// With this, `?` makes a failure of an error of the network.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Protocol(rule) => write!(out, "the client sent {rule}"),
            Failure::Io(error) => match error.kind() {
                ErrorKind::UnexpectedEof => write!(out, "the client has gone"),
                _ => write!(out, "{error}"),
            },
        }
    }
}
