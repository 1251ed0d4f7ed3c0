//! One WebSocket of a probe: opened, listened to, ended, with a name for every way in which it can end.

use super::settings::Settings;
use crate::client::handshake::{self, Opened};
use crate::client::socket::Connection;
use crate::client::{Error, Url, WebSocket};
use crate::protocol::close::Close;
use crate::protocol::session::{Event, Message};
use crate::wire::inspected::Inspected;
use crate::wire::tap::{self, Tap};
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So much of a reason stands in a table.
const BRIEF: usize = 24;

/// The longest message that is read where size is not the question, as what a server tells of a handshake. There may be a
/// thousand links, and a server that fills each of them.
pub const READABLE: u64 = 1 << 20;

/// How often an opening is tried by who is patient.
const ATTEMPTS: usize = 3;

/// An open WebSocket.
pub struct Link {
    /// Its socket.
    pub connection: Connection,
    /// Its frames.
    pub websocket: WebSocket,
    /// The answer to its handshake.
    pub opened: Opened,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A Close came.
    Close(Close),
    /// TCP's FIN, and no Close before it.
    Fin,
    /// TCP was reset. What the system says.
    Reset(String),
    /// Frames that break a rule, TLS that failed, bytes that the other end did not take.
    Broken(String),
}

impl End {
    /// In a table, where a long reason would break the lines.
    pub fn brief(&self) -> String {
        match self {
            End::Close(close) => {
                let (whole, cut) = (close.reason.chars().count() <= BRIEF, close.reason.chars().take(BRIEF));
                let reason = if whole { close.reason.clone() } else { cut.chain(['…']).collect() };
                format!("Close {}", Close { code: close.code, reason })
            }
            End::Fin => "FIN".to_owned(),
            End::Reset(_) => "RST".to_owned(),
            End::Broken(why) => why.clone(),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Close(close) => write!(out, "Close {close}"),
            End::Fin => out.write_str("FIN without a Close (1006)"),
            End::Reset(_) => out.write_str("RST without a Close (1006)"),
            End::Broken(why) => write!(out, "{why} (1006)"),
        }
    }
}

/// What a wait has brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// What came; a Close is not among it.
    Events(Vec<Event>),
    /// Nothing, by the deadline.
    Nothing,
    /// The end.
    End(End),
}

/// The URL with more parameters in its query.
pub fn with_query(url: &Url, parameters: &[&str]) -> Url {
    let own = url.query.iter().map(String::as_str).filter(|query| !query.is_empty());
    let query = own.chain(parameters.iter().copied()).collect::<Vec<_>>().join("&");
    Url { query: (!query.is_empty()).then_some(query), ..url.clone() }
}

/// Connects. With `RUST_LOG=debug` what passes is told in the log, each connection under a name of its own.
pub fn dial(settings: &Settings, deadline: Instant) -> Result<Connection, Error> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let mut connection = Connection::open_with(&settings.url, &settings.trust, deadline)?;
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    if let Some(tap) = Tap::of_client(&format!("probe-{number}"), &tap::Settings::default()) {
        connection.watch(tap);
    }
    Ok(connection)
}

impl Link {
    /// Connects and upgrades, with more parameters in the query: `ping=off`, `inspect=1`.
    pub fn open(settings: &Settings, parameters: &[&str]) -> Result<Link, Error> {
        let deadline = Instant::now() + settings.timeout;
        let mut connection = dial(settings, deadline)?;
        let url = with_query(&settings.url, parameters);
        let opened = handshake::open(&mut connection, &url, &settings.offer, deadline)?;
        Ok(Link { connection, websocket: WebSocket::after_handshake(READABLE), opened })
    }

    /// The same, tried a few times. Behind a hop every other one may go to a server that is down, which is the business of
    /// the section that looks for it. The error says why the last one failed.
    pub fn open_patiently(settings: &Settings, parameters: &[&str]) -> Result<Link, String> {
        let mut failed = String::new();
        for _ in 0..ATTEMPTS {
            match Link::open(settings, parameters) {
                Ok(link) => return Ok(link),
                Err(error) => failed = error.with_stars().to_string(),
            }
        }
        Err(failed)
    }

    /// Waits for what comes. An error of the connection is its end, and has a name. After an end nothing more comes.
    pub fn hear(&mut self, deadline: Instant) -> Heard {
        loop {
            let mut events = match self.websocket.receive(&mut self.connection, deadline) {
                Ok(events) => events,
                Err(error) if error.is_timeout() => return Heard::Nothing,
                Err(error) => return Heard::End(Link::end(error)),
            };
            // What came before an end in the same bytes is let go: whoever waits for the end wants nothing else.
            match events.pop() {
                Some(Event::Close(close)) => return Heard::End(End::Close(close)),
                Some(Event::Failed(violation)) => return Heard::End(End::Broken(violation.why)),
                Some(last) => {
                    events.push(last);
                    return Heard::Events(events);
                }
                None => {} // half a frame
            }
        }
    }

    /// Sends a Ping. The error says how the connection ended.
    pub fn ping(&mut self, payload: &[u8], deadline: Instant) -> Result<(), End> {
        self.websocket.ping(&mut self.connection, payload, deadline).map_err(Link::end)
    }

    /// The first message of which `wanted` makes something. Others are passed over: a greeting, an event.
    pub fn find<T>(
        &mut self,
        deadline: Instant,
        mut wanted: impl FnMut(&Message) -> Option<T>,
    ) -> Result<T, Option<End>> {
        loop {
            match self.hear(deadline) {
                Heard::Events(events) => {
                    let found = events.iter().find_map(|event| match event {
                        Event::Message(message) => wanted(message),
                        _ => None,
                    });
                    if let Some(found) = found {
                        return Ok(found);
                    }
                }
                Heard::Nothing => return Err(None),
                Heard::End(end) => return Err(Some(end)),
            }
        }
    }

    /// The next whole message, or why there is none.
    pub fn message(&mut self, deadline: Instant) -> Result<Message, Option<End>> {
        self.find(deadline, |message| Some(message.clone()))
    }

    /// What a server says first when it was asked how the request arrived. Another message is a greeting, or an echo of
    /// nothing: then it is no ws101.
    pub fn inspected(&mut self, deadline: Instant) -> Option<Inspected> {
        self.message(deadline).ok().and_then(|message| Inspected::parse(message.payload()))
    }

    fn end(error: Error) -> End {
        match error {
            // Under TLS it may have come with close_notify or without: no Close is no Close.
            Error::Ended => End::Fin,
            Error::Lost(error) if is_reset(&error) => End::Reset(error.to_string()),
            error => End::Broken(error.to_string()),
        }
    }

    /// Says Close and waits for the answer, without caring for it: for a connection that has served.
    pub fn leave(mut self) {
        let deadline = Instant::now() + Duration::from_secs(2);
        // Whatever comes of it: nobody asks any more.
        let _ = self.websocket.close(&mut self.connection, &Close::new(1000, ""), deadline);
    }
}

/// A write to what was reset is a broken pipe.
fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_the_beginning_of_a_reason() {
        for (reason, shown) in [("", ""), ("bye", " \"bye\""), (&"é".repeat(60), " \"éééééééééééééééééééééééé…\"")]
        {
            let close = Close::new(1001, reason);
            assert_eq!(End::Close(close).brief(), format!("Close 1001 going away{shown}"));
        }
    }

    #[test]
    fn only_the_other_end_resets() {
        let end = |kind| Link::end(Error::Lost(io::Error::from(kind)));
        for kind in [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe] {
            assert!(matches!(end(kind), End::Reset(_)), "{kind}");
        }
        // What `WebSocket` says when its time for writing is over.
        assert!(matches!(end(ErrorKind::Other), End::Broken(_)));
    }

    #[test]
    fn parameters_are_added_to_those_of_the_user() {
        for (text, added, target) in [
            ("ws://a/ws", &["inspect=1"][..], "/ws?inspect=1"),
            ("ws://a/ws?x=y", &["inspect=1", "ping=off"], "/ws?x=y&inspect=1&ping=off"),
            ("ws://a/ws?", &["inspect=1"], "/ws?inspect=1"),
            ("ws://a/ws", &[], "/ws"),
        ] {
            assert_eq!(with_query(&Url::parse(text).expect(text), added).target(), target);
        }
    }
}
