//! The stream as it comes: when its head, its first bytes and each event arrived, and how it ended.

use super::super::ask::{Asked, beside};
use super::super::settings::Settings;
use crate::client::Error;
use crate::client::response::Head;
use crate::client::sse::{EventStream, Item};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The most events that are kept. A feed may be a busy one.
const MOST_EVENTS: usize = 10_000;

/// What came. Times are since the section began.
#[derive(Debug, Default)]
pub struct Heard {
    /// The head of the answer.
    pub head: Option<(Duration, Head)>,
    /// The first byte of the body.
    pub first: Option<Duration>,
    /// The events.
    pub events: Vec<Arrival>,
    /// The end, if it has ended.
    pub end: Option<End>,
}

/// An event that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub after: Duration,
    /// When it was published by the clock of its server, in milliseconds.
    pub at: u64,
    /// What it says.
    pub text: String,
}

/// How the stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// When.
    pub after: Duration,
    /// How, in words.
    pub how: String,
    /// Whether the last chunk came: then whoever made the chunks has ended the stream.
    pub in_order: bool,
}

/// A stream that is listened to.
pub struct Listener {
    asked: Asked,
    since: Instant,
    events: EventStream,
    /// What has come so far.
    pub heard: Heard,
}

impl Listener {
    /// Asks for the feed's stream.
    pub fn start(settings: &Settings, since: Instant) -> Result<Listener, Error> {
        let url = beside(&settings.url, "/feed/stream", "");
        let asked = Asked::start(settings, &url, None, None)?;
        Ok(Listener { asked, since, events: EventStream::default(), heard: Heard::default() })
    }

    /// Takes what comes, until then at the latest. After an end it returns at once.
    pub fn listen(&mut self, until: Instant) {
        if self.heard.end.is_some() {
            return;
        }
        if let Err(error) = self.step(until)
            && !error.is_timeout()
        {
            self.end(&error.to_string(), false);
        }
    }

    fn step(&mut self, until: Instant) -> Result<(), Error> {
        let Asked { connection, exchange } = &mut self.asked;
        if self.heard.head.is_none() {
            let head = exchange.head(connection, until)?.clone();
            self.heard.head = Some((self.since.elapsed(), head));
        }
        let mut data = Vec::new();
        let is_done = exchange.more(connection, &mut data, until)?;
        let (after, ends_with_connection) = (self.since.elapsed(), connection.ending().is_some());
        if !data.is_empty() {
            self.heard.first.get_or_insert(after);
            self.take(&data, after).map_err(Error::Malformed)?;
        }
        match (is_done, ends_with_connection) {
            (true, true) => self.end("FIN", false),
            (true, false) => self.end("its last chunk", true),
            (false, _) => {}
        }
        Ok(())
    }

    fn take(&mut self, data: &[u8], after: Duration) -> Result<(), String> {
        self.events.push(data)?;
        while let Some(item) = self.events.next_item() {
            let Item::Event { data, .. } = item else { continue };
            let event: Value = serde_json::from_str(&data).unwrap_or_default();
            if let (Some(at), Some(text)) = (event["at"].as_u64(), event["text"].as_str())
                && self.heard.events.len() < MOST_EVENTS
            {
                self.heard.events.push(Arrival { after, at, text: text.to_owned() });
            }
        }
        Ok(())
    }

    fn end(&mut self, how: &str, in_order: bool) {
        self.heard.end = Some(End { after: self.since.elapsed(), how: how.to_owned(), in_order });
    }
}
