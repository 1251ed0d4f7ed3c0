//! Stage 14, clients: serves several clients at once.
//!
//! ```text
//! cargo run --bin stage_14_clients -- 9001
//! ```
//!
//! Sections such as s4.2.1 are those of RFC 6455.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha1::{Digest, Sha1};
use std::env;
use std::fmt;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::str;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// The longest message, in bytes (s10.4).
const MAX_MESSAGE: usize = 1024 * 1024;

/// How many clients are served at once. Each has a thread, and may take the room of a message.
const MAX_CLIENTS: usize = 200;

/// How long a request may be on its way.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// How long a client may send nothing. One that has nothing to say sends a Ping now and then.
const SILENCE: Duration = Duration::from_secs(120);

/// How long a client may take nothing of what is sent to it.
const SLOWNESS: Duration = Duration::from_secs(20);

/// How long a client may go on sending when the server has nothing more to say.
const FAREWELL: Duration = Duration::from_secs(1);

/// What is put behind the key before it is hashed (s1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// The opcodes of frames (s5.2).
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

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
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        // A client that has left before it was accepted is no reason to stop.
        let Ok(stream) = stream else { continue };
        tell(admit(stream, &mut threads));
    }
    Ok(())
}

/// Says why a connection has ended before its time.
fn tell(outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        println!("{failure}");
    }
}

/// Gives a client a thread of its own, as long as there is room for one more.
fn admit(mut stream: TcpStream, threads: &mut Vec<JoinHandle<()>>) -> Result<(), Failure> {
    threads.retain(|thread| !thread.is_finished());
    if threads.len() == MAX_CLIENTS {
        let refusal = Refusal { status: "503 Service Unavailable", fields: "", why: "too many clients" };
        return Ok(stream.write_all(refusal.answer().as_bytes())?);
    }
    threads.push(thread::Builder::new().spawn(move || tell(serve(&stream)))?);
    Ok(())
}

/// Serves one client, from its request to the end of the TCP connection.
fn serve(stream: &TcpStream) -> Result<(), Failure> {
    stream.set_write_timeout(Some(SLOWNESS))?;
    let outcome = talk(stream);
    if let Err(failure) = &outcome {
        // Where the connection itself is at its end, nobody is there to be told.
        let Some(code) = failure.close_code() else { return outcome };
        // s7.1.7: who fails a connection says why in a Close.
        send(stream, CLOSE, &code.to_be_bytes())?;
    }
    let farewell = hang_up(stream).map_err(Failure::from);
    // What went wrong first is what is told.
    outcome.and(farewell)
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
            stream.set_read_timeout(Some(SILENCE))?;
            converse(stream, &mut reader)
        }
        Err(refusal) => Ok(stream.write_all(refusal.answer().as_bytes())?),
    }
}

/// Reads a request up to its empty line. One that has none within `MAX_HEAD` bytes is left there, and one that takes
/// too long is given up.
fn read_head(reader: &mut BufReader<&TcpStream>) -> io::Result<Vec<u8>> {
    let begun = Instant::now();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        let left = REQUEST_TIME.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        // A timeout begins anew with each read, so each gets what is left.
        reader.get_ref().set_read_timeout(Some(left))?;
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

/// Reads frame after frame, and sends back the messages that they make.
fn converse(stream: &TcpStream, reader: &mut impl BufRead) -> Result<(), Failure> {
    let mut unfinished = None;
    loop {
        let header = read_header(reader)?;
        check(&header)?;
        let mut message = message_of(&header, &mut unfinished)?;
        read_payload(reader, &header, &mut message)?;
        match message.opcode {
            _ if !header.fin => unfinished = Some(message),
            // s8.1: the last code point is whole as well.
            TEXT if message.checked < message.payload.len() => return Err(Failure::Text),
            TEXT | BINARY => send(stream, message.opcode, &message.payload)?,
            // s5.5.3: a Pong has the payload of the Ping that it answers.
            PING => send(stream, PONG, &message.payload)?,
            CLOSE => return answer_close(stream, &message.payload),
            // s5.5.3: a Pong that nobody has asked for is not answered.
            _ => {}
        }
    }
}

/// What stands before the payload of a frame (s5.2).
struct Header {
    fin: bool,
    rsv: u8,
    opcode: u8,
    masked: bool,
    key: [u8; 4],
    length: usize,
}

impl Header {
    /// s5.2: the opcodes 8 to F are those of control frames.
    fn is_control(&self) -> bool {
        self.opcode >= 0x8
    }
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
    // s5.2: "the most significant bit MUST be 0".
    if length >> 63 != 0 {
        return Err(Failure::Protocol("a length of 64 bits"));
    }
    let masked = second & 0x80 != 0;
    // s5.2: a frame that is not masked has no key.
    let key = if masked { read_bytes(reader)? } else { [0; 4] };
    let length = usize::try_from(length).map_err(|_| Failure::TooBig)?;
    Ok(Header { fin: first & 0x80 != 0, rsv: first >> 4 & 0x7, opcode: first & 0x0f, masked, key, length })
}

/// Holds a header against the rules for it. A frame that breaks one is not read any further.
fn check(header: &Header) -> Result<(), Failure> {
    // s5.1: "The server MUST close the connection upon receiving a frame that is not masked."
    if !header.masked {
        return Err(Failure::Protocol("a client's frame without a mask"));
    }
    // s5.2: without an extension that gives them a meaning, RSV1, RSV2 and RSV3 are 0.
    if header.rsv != 0 {
        return Err(Failure::Protocol("an RSV bit without an extension"));
    }
    // s5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
    if !matches!(header.opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
        return Err(Failure::Protocol("an unknown opcode"));
    }
    // s5.5: control frames "MUST have a payload length of 125 bytes or less and MUST NOT be fragmented".
    if header.is_control() && (header.length > 125 || !header.fin) {
        return Err(Failure::Protocol("a control frame that is too long or in fragments"));
    }
    Ok(())
}

/// A message, or as much of it as has come.
struct Message {
    /// Text or binary. A control frame is a message of its own.
    opcode: u8,
    payload: Vec<u8>,
    /// So many bytes of a text are known to be UTF-8.
    checked: usize,
}

/// The message that a frame belongs to (s5.4). A control frame may stand between the fragments of another one.
fn message_of(header: &Header, unfinished: &mut Option<Message>) -> Result<Message, Failure> {
    if header.opcode == CONTINUATION {
        return unfinished.take().ok_or(Failure::Protocol("a continuation of nothing"));
    }
    if !header.is_control() && unfinished.is_some() {
        return Err(Failure::Protocol("a new message before the end of another one"));
    }
    Ok(Message { opcode: header.opcode, payload: Vec::new(), checked: 0 })
}

/// Reads the payload of a frame as it comes, unmasks it, and puts it to its message. Room is taken for what has come, and
/// not for what the header has announced: that may be anything.
fn read_payload(reader: &mut impl BufRead, header: &Header, message: &mut Message) -> Result<(), Failure> {
    // s10.4: what is too big is refused before it is read.
    if header.length > MAX_MESSAGE - message.payload.len() {
        return Err(Failure::TooBig);
    }
    let mut count = 0;
    while count < header.length {
        let arrived = reader.fill_buf()?;
        if arrived.is_empty() {
            return Err(Failure::Io(ErrorKind::UnexpectedEof.into()));
        }
        let part = arrived.len().min(header.length - count);
        for byte in &arrived[..part] {
            // s5.3: the first byte with the first of the key, and after the fourth it begins again.
            message.payload.push(byte ^ header.key[count % 4]);
            count += 1;
        }
        reader.consume(part);
        message.check()?;
    }
    Ok(())
}

impl Message {
    /// Holds that what has come of a text is UTF-8 (s8.1). A code point may be cut anywhere: by a read, or by a frame.
    fn check(&mut self) -> Result<(), Failure> {
        if self.opcode != TEXT {
            return Ok(());
        }
        match str::from_utf8(&self.payload[self.checked..]) {
            Ok(_) => self.checked = self.payload.len(),
            // The last code point has begun well. Its other bytes may still come.
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(Failure::Text),
        }
        Ok(())
    }
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

/// Answers a Close with a Close (s5.5.1), with the same code if there is one that may be sent.
fn answer_close(stream: &TcpStream, payload: &[u8]) -> Result<(), Failure> {
    let (code, reason) = match payload {
        [] => return Ok(send(stream, CLOSE, &[])?),
        [_] => return Err(Failure::Protocol("half a close code")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    // s7.4: below 3000 only these have a meaning and may be sent; 1012 to 1014 are younger than the RFC. From 3000 to
    // 4999 libraries and applications have codes of their own.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Failure::Protocol("a close code that may not be sent"));
    }
    // s5.5.1: a reason is UTF-8.
    if str::from_utf8(reason).is_err() {
        return Err(Failure::Text);
    }
    Ok(send(stream, CLOSE, &code.to_be_bytes())?)
}

/// Ends TCP, and waits for the other end to do the same (s7.1.1). To close a socket with bytes in it that nobody has
/// read resets the connection, and a reset may take with it what the client has not read yet.
fn hang_up(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(FAREWELL))?;
    let begun = Instant::now();
    let mut rest = [0; 4096];
    while begun.elapsed() < FAREWELL && stream.read(&mut rest)? > 0 {}
    Ok(())
}

/// Why a connection ends before its time.
enum Failure {
    /// The client has broken this rule.
    Protocol(&'static str),
    /// Text that is no UTF-8.
    Text,
    /// More than there is room for.
    TooBig,
    /// The client has gone, or the network.
    Io(io::Error),
}

/// With this, `?` makes a failure of an error of the network.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl Failure {
    /// The code that says it in a Close (s7.4.1), if anybody is there to read it.
    fn close_code(&self) -> Option<u16> {
        match self {
            Failure::Protocol(_) => Some(1002),
            Failure::Text => Some(1007),
            Failure::TooBig => Some(1009),
            Failure::Io(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Protocol(rule) => write!(out, "the client sent {rule}"),
            Failure::Text => write!(out, "the client sent text that is no UTF-8"),
            Failure::TooBig => write!(out, "the client sent more than {MAX_MESSAGE} bytes in a message"),
            Failure::Io(error) => match error.kind() {
                ErrorKind::UnexpectedEof => write!(out, "the client has gone"),
                ErrorKind::WouldBlock | ErrorKind::TimedOut => write!(out, "the client has kept the server waiting"),
                _ => write!(out, "{error}"),
            },
        }
    }
}
