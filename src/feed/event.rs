//! An event, and what a reader is told instead of events that are gone.

use serde_json::Value;

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 1.
    pub id: u64,
    /// When it was published: milliseconds since 1970 (UTC).
    pub at: u64,
    /// What happened.
    pub text: String,
}

impl Event {
    /// `{"id":42,"at":1700000000000,"text":"..."}`. JSON escapes line breaks, so it is one line.
    pub fn json(&self) -> String {
        let Event { id, at, text } = self;
        format!("{{\"id\":{id},\"at\":{at},\"text\":{}}}", Value::from(text.as_str()))
    }
}

/// Something about the log that a reader must know to trust what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// These events were not read and are no longer kept.
    Gap {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// The reader has a number that this log has not reached: it is another log, because the server was started again.
    /// Reading starts from its beginning. A log that was started again and has gone past that number can't be told from
    /// the old one.
    Reset {
        /// The number that the reader named.
        after: u64,
        /// The last number there is.
        last: u64,
    },
    /// The log is kept elsewhere, and that place can't be reached: nothing is new until it can.
    Away {
        /// Since when: milliseconds since 1970 (UTC).
        since: u64,
    },
    /// The place can be reached again. What was missed follows.
    Back {
        /// For how long it could not: milliseconds.
        away: u64,
    },
}

impl Notice {
    /// `gap`, `reset`, `away` or `back`.
    pub fn name(&self) -> &'static str {
        match self {
            Notice::Gap { .. } => "gap",
            Notice::Reset { .. } => "reset",
            Notice::Away { .. } => "away",
            Notice::Back { .. } => "back",
        }
    }

    /// The facts as JSON: `{"from":1,"to":41}`.
    pub fn facts(&self) -> String {
        match self {
            Notice::Gap { from, to } => format!("{{\"from\":{from},\"to\":{to}}}"),
            Notice::Reset { after, last } => format!("{{\"after\":{after},\"last\":{last}}}"),
            Notice::Away { since } => format!("{{\"since\":{since}}}"),
            Notice::Back { away } => format!("{{\"away_ms\":{away}}}"),
        }
    }

    /// The facts under their name, to stand among events: `{"gap":{"from":1,"to":41}}`.
    pub fn json(&self) -> String {
        format!("{{\"{}\":{}}}", self.name(), self.facts())
    }

    /// The facts in words, for a reader that gets nothing but texts.
    pub fn words(&self) -> String {
        match self {
            Notice::Gap { from, to } => format!("(events {from} to {to} are gone)"),
            Notice::Reset { after, last } => format!("(there is no event {after}: the last one is {last})"),
            Notice::Away { .. } => "(the feed can't be reached: no events until it can)".to_owned(),
            Notice::Back { .. } => "(the feed can be reached again)".to_owned(),
        }
    }

    /// The number that a reader has reached with this notice; `None`: the one it had before.
    pub fn reached(&self) -> Option<u64> {
        match self {
            Notice::Gap { to, .. } => Some(*to),
            Notice::Reset { .. } => Some(0),
            Notice::Away { .. } | Notice::Back { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_one_line_whatever_the_text() {
        let event = Event { id: 7, at: 1_700_000_000_123, text: "a \"b\"\r\n\u{2028}\u{1}é".to_owned() };
        let json = event.json();
        assert_eq!(json, "{\"id\":7,\"at\":1700000000123,\"text\":\"a \\\"b\\\"\\r\\n\u{2028}\\u0001é\"}");
        assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON")["text"], event.text);
    }

    #[test]
    fn notices() {
        assert_eq!(Notice::Gap { from: 1, to: 41 }.json(), "{\"gap\":{\"from\":1,\"to\":41}}");
        assert_eq!(Notice::Reset { after: 9, last: 3 }.json(), "{\"reset\":{\"after\":9,\"last\":3}}");
        assert_eq!(Notice::Away { since: 5 }.json(), "{\"away\":{\"since\":5}}");
        assert_eq!(Notice::Back { away: 7 }.json(), "{\"back\":{\"away_ms\":7}}");
    }
}
