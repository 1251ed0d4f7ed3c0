//! HTTP streaming: one response that never ends, in the event-stream format that browsers read by themselves
//! (`EventSource`; WHATWG HTML, "Server-sent events").
//!
//! One request for all events, and no more than a few bytes around each. What it cannot do: the client says nothing on
//! this connection once it has asked, and bytes that are no text need another dress.
//!
//! While the server stops, a stream that is asked for begins and ends. A 503 would end a browser's `EventSource` for good;
//! an end makes it come again.

use super::super::Server;
use super::super::registry::Entry;
use super::super::socket::{self, TCP_KEEPALIVE};
use super::LAST_ID;
use super::encoded::{Encoded, event_stream};
use super::request::FeedRequest;
use crate::feed::reader::{News, Reader, WhenSlow};
use crate::protocol::chunked::LAST_CHUNK;
use crate::protocol::response::Response;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::time::{Duration, Instant, SystemTime};

/// How long a browser waits before it connects again, in milliseconds.
const RETRY: u32 = 1000;

/// A line that begins with a colon is a comment: it shows both ends, and every timer on the way, that the other lives.
const HEARTBEAT: &[u8] = b": still here\n\n";

/// Without heartbeats: how often to look whether the reader is still there.
const LOOK: Duration = Duration::from_secs(60);

/// Streams events until the server stops (`Ok`) or the reader is gone.
#[inline(never)]
pub fn run(server: &Server, entry: &Entry, asked: &FeedRequest) -> io::Result<()> {
    let stream = Stream { entry, chunked: asked.chunks };
    let interval = server.config.ping_interval;
    let heartbeat = (asked.heartbeats && !interval.is_zero()).then_some(interval);
    if heartbeat.is_none() {
        let keepalive = TcpKeepalive::new().with_time(TCP_KEEPALIVE);
        SockRef::from(entry.outbound.stream()).set_tcp_keepalive(&keepalive)?;
    }
    let mut reader = Reader::new(&server.feed, asked.after, WhenSlow::ReadsOn);
    stream.begin(asked, &reader)?;
    if server.is_draining() {
        return stream.end(); // and not what there is: who asks again and again would keep the server from its end
    }
    loop {
        match reader.wait(Some(Instant::now() + heartbeat.unwrap_or(LOOK))) {
            News::Backlog(backlog) => stream.write(&event_stream(&backlog))?,
            // A reader that has only finished sending takes a comment; one that is gone answers with a reset.
            News::Nothing if heartbeat.is_some() || stream.reader_has_finished() => stream.write(HEARTBEAT)?,
            News::Nothing => {}
            News::Ended | News::TooSlow => return stream.end(),
        }
    }
}

struct Stream<'a> {
    entry: &'a Entry,
    chunked: bool,
}

impl Stream<'_> {
    /// RFC 9112 s6.1, s6.3: to HTTP/1.1 in chunks; to HTTP/1.0, which has none, up to the end of the connection.
    fn begin(&self, asked: &FeedRequest, reader: &Reader<Encoded>) -> io::Result<()> {
        let mut response = Response::head_only(200)
            .with_field("Content-Type", "text/event-stream")
            .with_field("Cache-Control", "no-store")
            // nginx would otherwise collect the response before it passes it on.
            .with_field("X-Accel-Buffering", "no")
            .with_field(LAST_ID, reader.has().to_string());
        response.fields.extend(asked.cors.iter().cloned());
        if self.chunked {
            response = response.with_field("Transfer-Encoding", "chunked");
        }
        let date = httpdate::fmt_http_date(SystemTime::now());
        let response = response.with_field("Date", date).with_field("Connection", "close");
        // The number is for a browser that is cut off before its first event: it comes back with it.
        let beginning = format!("retry: {RETRY}\nid: {}\n\n", reader.has());
        self.entry.outbound.lock().begin_stream(&response.encode_head(), beginning.as_bytes(), self.chunked)
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        self.entry.outbound.lock().write_part(text, self.chunked)
    }

    fn reader_has_finished(&self) -> bool {
        let outbound = &self.entry.outbound;
        socket::has_finished(outbound.stream(), |bytes| outbound.lock().has_read(bytes))
    }

    fn end(&self) -> io::Result<()> {
        if self.chunked { self.entry.outbound.lock().end_parts(LAST_CHUNK) } else { Ok(()) }
    }
}
