//! HTTP streaming: one response that never ends, in the event-stream format that browsers read by themselves
//! (`EventSource`; WHATWG HTML, "Server-sent events").
//!
//! One request for all events, and no more than a few bytes around each. What it cannot do: the client says nothing on
//! this connection once it has asked, and bytes that are no text need another dress.

use super::super::Server;
use super::super::conversation::TCP_KEEPALIVE;
use super::super::registry::Entry;
use super::super::socket;
use super::encoded::event_stream;
use super::wish::Wish;
use crate::feed::reader::{News, Reader};
use crate::protocol::chunked::LAST_CHUNK;
use crate::protocol::response::Response;
use log::info;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::time::{Duration, Instant, SystemTime};

/// How long a browser waits before it connects again, in its format.
const RETRY: &[u8] = b"retry: 1000\n\n";

/// A line that begins with a colon is a comment: it shows both ends, and every timer on the way, that the other lives.
const HEARTBEAT: &[u8] = b": still here\n\n";

/// Without heartbeats: how often to look whether the reader is still there.
const LOOK: Duration = Duration::from_secs(60);

/// Streams events until the server stops (`Ok`) or the reader is gone.
#[inline(never)]
pub fn run(server: &Server, entry: &Entry, wish: &Wish) -> io::Result<()> {
    let stream = Stream { entry, chunked: wish.chunks };
    let interval = server.config.ping_interval;
    let heartbeat = (wish.heartbeats && !interval.is_zero()).then_some(interval);
    if heartbeat.is_none() {
        let keepalive = TcpKeepalive::new().with_time(TCP_KEEPALIVE);
        SockRef::from(entry.outbound.stream()).set_tcp_keepalive(&keepalive)?;
    }
    let mut reader = Reader::new(&server.feed, wish.after);
    stream.begin(wish)?;
    loop {
        match reader.wait(Instant::now() + heartbeat.unwrap_or(LOOK)) {
            News::Backlog(backlog) => stream.write(&event_stream(&backlog))?,
            // A reader that has only finished sending takes a comment; one that is gone answers with a reset.
            News::Nothing if heartbeat.is_some() || socket::has_finished(entry.outbound.stream()) => {
                stream.write(HEARTBEAT)?;
            }
            News::Nothing => {}
            News::Ended => return stream.end(),
        }
    }
}

struct Stream<'a> {
    entry: &'a Entry,
    chunked: bool,
}

impl Stream<'_> {
    /// RFC 9112 s6.1, s6.3: to HTTP/1.1 in chunks; to HTTP/1.0, which has none, up to the end of the connection.
    fn begin(&self, wish: &Wish) -> io::Result<()> {
        let mut response = Response::head_only(200)
            .with_field("Content-Type", "text/event-stream")
            .with_field("Cache-Control", "no-store")
            // nginx would otherwise collect the response before it passes it on.
            .with_field("X-Accel-Buffering", "no");
        response.fields.extend(wish.cors.iter().cloned());
        if self.chunked {
            response = response.with_field("Transfer-Encoding", "chunked");
        }
        let date = httpdate::fmt_http_date(SystemTime::now());
        let response = response.with_field("Date", date).with_field("Connection", "close");
        self.entry.outbound.lock().begin_stream(&response.encode_head(), RETRY, self.chunked)
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        self.entry.outbound.lock().write_part(text, self.chunked)
    }

    fn end(&self) -> io::Result<()> {
        info!("{} = the stream ends: this server stops", self.entry.who);
        if self.chunked { self.entry.outbound.lock().end_parts(LAST_CHUNK) } else { Ok(()) }
    }
}
