//! The stream as it comes: when its head, its first bytes and each event arrived, and how it ended.

use super::super::ask::{Asked, beside};
use super::super::settings::Settings;
use super::publishing::SIGN;
use crate::client::Error;
use crate::client::response::Head;
use crate::client::sse::{EventStream, Item};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The most events of others that are kept. A feed may be a busy one.
const MOST_EVENTS: usize = 10_000;

/// The most of those that a probe has published, this one or another.
const MOST_OF_PROBES: usize = 1000;

/// The most characters that are kept of what an event says: enough to know ours again.
const MOST_TEXT: usize = 64;

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
    /// How many of the events are a probe's.
    pub of_probes: usize,
    /// How many are not.
    pub of_others: usize,
}

impl Heard {
    /// Keeps an event, unless there are too many. Those of a probe are counted apart: a busy feed must not hide ours.
    fn keep(&mut self, event: Arrival) {
        let (kept, most) = match event.text.starts_with(SIGN) {
            true => (&mut self.of_probes, MOST_OF_PROBES),
            false => (&mut self.of_others, MOST_EVENTS),
        };
        if *kept < most {
            *kept += 1;
            self.events.push(event);
        }
    }
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
    /// Who is to be asked about it.
    pub by: Who,
}

/// Whose doing an end was, as far as it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The last chunk came: whoever made the chunks has ended the stream.
    Maker,
    /// The connection ended instead.
    Somebody,
    /// What came can't be read, so this end listens no more.
    Reader,
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
            let by = if matches!(error, Error::Malformed(_)) { Who::Reader } else { Who::Somebody };
            self.end(&error.to_string(), by);
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
            (true, true) => self.end("FIN", Who::Somebody),
            (true, false) => self.end("its last chunk", Who::Maker),
            (false, _) => {}
        }
        Ok(())
    }

    fn take(&mut self, data: &[u8], after: Duration) -> Result<(), String> {
        self.events.push(data)?;
        while let Some(item) = self.events.next_item() {
            let Item::Event { data, .. } = item else { continue };
            let event: Value = serde_json::from_str(&data).unwrap_or_default();
            if let (Some(at), Some(text)) = (event["at"].as_u64(), event["text"].as_str()) {
                self.heard.keep(Arrival { after, at, text: text.chars().take(MOST_TEXT).collect() });
            }
        }
        Ok(())
    }

    fn end(&mut self, how: &str, by: Who) {
        self.heard.end = Some(End { after: self.since.elapsed(), how: how.to_owned(), by });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_feed_takes_bounded_memory_and_hides_no_event_of_ours() {
        let mut heard = Heard::default();
        let event = |text: String| Arrival { after: Duration::ZERO, at: 1, text };
        (0..2 * MOST_EVENTS).for_each(|number| heard.keep(event(number.to_string())));
        heard.keep(event(format!("{SIGN}1")));
        assert_eq!(heard.events.len(), MOST_EVENTS + 1);
        assert!(heard.events.iter().any(|event| event.text.starts_with(SIGN)));
        (0..2 * MOST_OF_PROBES).for_each(|number| heard.keep(event(format!("{SIGN}{number}"))));
        assert_eq!(heard.events.len(), MOST_EVENTS + MOST_OF_PROBES);
    }
}
