//! HTTP streaming: one response that never ends ([`super::super::event_stream`]).
//!
//! One request for all events, and no more than a few bytes around each. What it cannot do: the client says nothing on
//! this connection once it has asked, and bytes that are no text need another dress.
//!
//! While the server stops, a stream that is asked for begins and ends. A 503 would end a browser's `EventSource` for good;
//! an end makes it come again.

use super::super::Server;
use super::super::event_stream::{EventStream, HEARTBEAT, RETRY};
use super::super::registry::Entry;
use super::super::socket::TCP_KEEPALIVE;
use super::LAST_ID;
use super::encoded::event_stream;
use super::request::FeedRequest;
use crate::feed::reader::{News, Reader, WhenSlow};
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::time::{Duration, Instant};

/// Without heartbeats: how often to look whether the reader is still there.
const LOOK: Duration = Duration::from_secs(60);

/// Streams events until the server stops (`Ok`) or the reader is gone.
#[inline(never)]
pub fn run(server: &Server, entry: &Entry, asked: &FeedRequest) -> io::Result<()> {
    let stream = EventStream { entry, chunked: asked.chunks };
    let interval = server.config.ping_interval;
    let heartbeat = (asked.heartbeats && !interval.is_zero()).then_some(interval);
    if heartbeat.is_none() {
        let keepalive = TcpKeepalive::new().with_time(TCP_KEEPALIVE);
        SockRef::from(entry.outbound.stream()).set_tcp_keepalive(&keepalive)?;
    }
    let mut reader = Reader::new(&server.feed, asked.after, WhenSlow::ReadsOn).told_of_source();
    let mut fields = vec![(LAST_ID, reader.has().to_string())];
    fields.extend(asked.cors.iter().cloned());
    // The number is for a browser that is cut off before its first event: it comes back with it.
    stream.begin(server, fields, &format!("retry: {RETRY}\nid: {}\n\n", reader.has()))?;
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
