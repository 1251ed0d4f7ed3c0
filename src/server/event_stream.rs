//! A response that lasts, in the event-stream format that browsers read by themselves (`EventSource`; WHATWG HTML,
//! "Server-sent events"): the feed goes out in one, and what a page watches.

use super::Server;
use super::registry::Entry;
use super::socket;
use crate::protocol::chunked::LAST_CHUNK;
use crate::protocol::response::Response;
use std::io;
use std::time::SystemTime;

/// How long a browser waits before it connects again, in milliseconds.
pub const RETRY: u32 = 1000;

/// A line that begins with a colon is a comment: it shows both ends, and every timer on the way, that the other lives.
pub const HEARTBEAT: &[u8] = b": still here\n\n";

/// The connection on which it goes out.
pub struct EventStream<'a> {
    /// The connection.
    pub entry: &'a Entry,
    /// Whether the reader can take chunks: HTTP/1.0 has none.
    pub chunked: bool,
}

impl EventStream<'_> {
    /// RFC 9112 s6.1, s6.3: to HTTP/1.1 in chunks; to HTTP/1.0, which has none, up to the end of the connection. `fields`
    /// are added to the head, `first` is written with it.
    pub fn begin(&self, server: &Server, fields: Vec<(&'static str, String)>, first: &str) -> io::Result<()> {
        let mut response = Response::head_only(200)
            .with_field("Content-Type", "text/event-stream")
            .with_field("Cache-Control", "no-store")
            // nginx would otherwise collect the response before it passes it on.
            .with_field("X-Accel-Buffering", "no");
        response.fields.extend(fields);
        response.fields.extend(server.served_by());
        if self.chunked {
            response = response.with_field("Transfer-Encoding", "chunked");
        }
        let date = httpdate::fmt_http_date(SystemTime::now());
        let response = response.with_field("Date", date).with_field("Connection", "close");
        self.entry.outbound.lock().begin_stream(&response.encode_head(), first.as_bytes(), self.chunked)
    }

    /// Writes events, or a comment.
    pub fn write(&self, text: &[u8]) -> io::Result<()> {
        self.entry.outbound.lock().write_part(text, self.chunked)
    }

    /// Whether the reader has said all that it has to say: it may still read, or be gone.
    pub fn reader_has_finished(&self) -> bool {
        let outbound = &self.entry.outbound;
        socket::has_finished(outbound.stream(), |bytes| outbound.lock().has_read(bytes))
    }

    /// Writes what ends the body.
    pub fn end(&self) -> io::Result<()> {
        if self.chunked { self.entry.outbound.lock().end_parts(LAST_CHUNK) } else { Ok(()) }
    }
}
