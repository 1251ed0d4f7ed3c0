//! `GET /watch/TOKEN`: what passes on the connection with that token, as it passes, in an event stream.
//!
//! Only who knows the token is told: there is no list of tokens, and no CORS field, so the page of another origin gets
//! nothing. What this thread can't write in time is lost to it alone; the connection that is watched does not wait.

use super::Server;
use super::event_stream::{EventStream, HEARTBEAT, RETRY};
use super::registry::Entry;
use crate::protocol::head::Request;
use crate::protocol::refusal::Refusal;
use crate::wire::told;
use crate::wire::watch::{Recorder, Token};
use crate::wire::watcher::{Look, Watcher};
use std::fmt::Write;
use std::io;
use std::sync::Arc;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How long to wait for a connection with the token. The page asks for both at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to collect what comes after something was written: a page draws no faster, and a flood costs fewer wake-ups.
const COLLECT: Duration = Duration::from_millis(25);

/// A frame would stand in the log twice, and the second time as the JSON of the first.
const UNTOLD: &str =
    "what goes out on this stream is not told here: the log tells it of the connection that is watched";

/// How much is taken at a time, in bytes as they are kept. As JSON small frames are some 16 times as much, and a reader
/// that does not read holds that until `--write-timeout`.
const PART: usize = 32 << 10;

/// How long nothing may have been written before a comment is.
const SILENCE: Duration = Duration::from_secs(20);

/// How often to look whether the server stops, and whether the reader is there.
const LOOK: Duration = Duration::from_secs(1);

const NOT_HERE: &str = "no connection with this token is here: it may not have come, or be over and forgotten. \
                        Or another backend has it: behind a balancer the two requests may part";
const FORGOTTEN: &str = "nobody watched for 60 s, so what passed is not kept any more: connect anew to watch";
const SWITCHED_OFF: &str = "this server lets nobody watch (--max-watched 0)";
const NO_ROOM: &str = "as many connections are watched as this server keeps (--max-watched); try again later";
const CROWDED: &str = "16 watch this connection already, and more would slow it down; try again later";

/// What is wanted by who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Which connection.
    pub token: Token,
    /// The last record that was read; 0: none.
    pub seen: u64,
    /// Whether chunks can be taken.
    pub chunked: bool,
}

/// Reads the request. Its path is `/watch/` and the token; the last record seen stands in `Last-Event-ID`, or in `?after=`.
/// What is no number there means that none was seen: a browser that gets a 400 would not come again, and all that is kept
/// does no harm.
pub fn read(request: &Request<'_>) -> Result<Wanted, Refusal> {
    let token = token(request.path().strip_prefix("/watch/").unwrap_or_default())?;
    let told = request.value("last-event-id").and_then(|id| std::str::from_utf8(id).ok());
    let seen = told.or(request.parameter("after")).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    Ok(Wanted { token, seen, chunked: request.minor_version > 0 })
}

/// Reads a token.
pub fn token(text: &str) -> Result<Token, Refusal> {
    let why = "a watch token is 32 hex digits in lower case, made at random by who opens the connection";
    Token::parse(text).ok_or_else(|| Refusal::new(400, "watch-token", "RFC 9110 s15.5.1", why))
}

/// Who is to be shown what passes on a connection whose request carries this token. `None`: there is no room, and nobody
/// will be. `path` is that of a WebSocket; other requests are counted.
pub fn recorder(server: &Server, entry: &Entry, token: Token, path: Option<&str>) -> Result<Option<Recorder>, Refusal> {
    let Some(watch) = server.watches.find_or_make(token) else { return Ok(None) };
    let Some(path) = path else {
        watch.count_request(entry.number);
        return Ok(Some(Recorder::counting(watch)));
    };
    let name = server.config.name.as_deref();
    let recorder = Recorder::watching(Arc::clone(&watch), entry.number, path, name).ok_or_else(|| {
        let why = "this watch token had a WebSocket already: each connection takes a new one";
        Refusal::new(409, "watch-token-used", "RFC 9110 s15.5.10", why).with_handshake()
    })?;
    watch.count_request(entry.number);
    Ok(Some(recorder))
}

/// Tells what passes until the connection or the reader ends. A server that stops ends the connection, and that is told.
#[inline(never)]
pub fn run(server: &Server, entry: &Entry, wanted: Wanted) -> io::Result<()> {
    let stream = EventStream { entry, chunked: wanted.chunked };
    stream.begin(server, Vec::new(), &format!("retry: {RETRY}\n\n"))?;
    entry.outbound.lock().eyes().hush(UNTOLD);
    let Some(watch) = server.watches.find_or_make(wanted.token) else {
        let why = if server.config.max_watched == 0 { SWITCHED_OFF } else { NO_ROOM };
        return finish(&stream, &told::none(why));
    };
    let Some(mut watcher) = Watcher::new(watch, wanted.seen) else { return finish(&stream, &told::none(CROWDED)) };
    let patient_until = Instant::now() + PATIENCE;
    let mut written_at = Instant::now();
    loop {
        match watcher.look(PART) {
            Look::NotHere if Instant::now() >= patient_until => return finish(&stream, &told::none(NOT_HERE)),
            Look::Forgotten => return finish(&stream, &told::none(FORGOTTEN)),
            Look::End(end) => return finish(&stream, &end),
            Look::News(news) if !news.is_empty() => {
                stream.write(events(&news).as_bytes())?;
                written_at = Instant::now();
                park_timeout(COLLECT);
            }
            Look::NotHere if server.is_draining() => return stream.end(),
            Look::NotHere => watcher.wait(patient_until.min(Instant::now() + LOOK)),
            Look::News(_) => {
                // A reader that has only finished sending takes a comment; one that is gone answers with a reset.
                if written_at.elapsed() >= SILENCE || stream.reader_has_finished() {
                    stream.write(HEARTBEAT)?;
                    written_at = Instant::now();
                }
                watcher.wait(Instant::now() + LOOK);
            }
        }
    }
}

fn finish(stream: &EventStream<'_>, last: &str) -> io::Result<()> {
    stream.write(events(&[(None, last.to_owned())]).as_bytes())?;
    stream.end()
}

/// JSON is one line, so each event has one line of data.
fn events(news: &[(Option<u64>, String)]) -> String {
    news.iter().fold(String::new(), |mut text, (n, told)| {
        // Writing to a String cannot fail.
        let _ = n.map(|n| writeln!(text, "id: {n}"));
        let _ = write!(text, "data: {told}\n\n");
        text
    })
}
