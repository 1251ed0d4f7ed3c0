//! What one client has counted.

use super::plan::Plan;
use crate::client::{Connection, Error, Ledger};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;

/// The counts of one client, over all connections it had.
#[derive(Debug)]
pub struct Tally<'a> {
    /// The round it belongs to.
    pub plan: &'a Plan,
    /// The bytes of the connections that are closed.
    pub ledger: Ledger,
    /// TCP connections.
    pub connections: u64,
    /// HTTP requests; the opening handshake is one.
    pub requests: u64,
    /// Answers without an event.
    pub empty: u64,
    /// Answers or frames with at least one event.
    pub deliveries: u64,
    /// Bytes of the heads of such answers.
    pub heads_with_news: u64,
    /// When each of our events was there first, by its place in the round.
    pub arrivals: BTreeMap<usize, Instant>,
    /// Events of ours that came again.
    pub repeated: u64,
    /// How often the server said that its log is another one.
    pub resets: u64,
    /// Events that the server said are gone.
    pub gone: u64,
    /// Requests that had no answer yet when the round was over.
    pub held: u64,
    /// Events that somebody else published.
    pub foreign: u64,
    /// Events whose number was not above the one before.
    pub disorder: u64,
    /// Connections or answers that failed before the round was over.
    pub lost: u64,
    /// Why the first of them did.
    pub first_error: Option<String>,
    /// The number it has reached.
    pub reached: u64,
}

impl<'a> Tally<'a> {
    /// Nothing yet.
    pub fn new(plan: &'a Plan) -> Tally<'a> {
        Tally {
            plan,
            ledger: Ledger::default(),
            connections: 0,
            requests: 0,
            empty: 0,
            deliveries: 0,
            heads_with_news: 0,
            arrivals: BTreeMap::new(),
            repeated: 0,
            resets: 0,
            gone: 0,
            held: 0,
            foreign: 0,
            disorder: 0,
            lost: 0,
            first_error: None,
            reached: plan.after,
        }
    }

    /// Opens a connection to the server, and counts it.
    pub fn connect(&mut self, deadline: Instant) -> Result<Connection, Error> {
        let connection = Connection::open(&self.plan.url, deadline)?;
        self.connections += 1;
        Ok(connection)
    }

    /// Closes a connection and takes over its counts.
    pub fn close(&mut self, connection: Option<Connection>) {
        if let Some(connection) = connection {
            self.ledger += connection.close();
        }
    }

    /// All events so far.
    pub fn events(&self) -> u64 {
        self.arrivals.len() as u64 + self.foreign
    }

    /// An answer to a poll was read to its end. Its head had so many bytes.
    pub fn answered(&mut self, events_before: u64, head: u64) {
        if self.events() == events_before {
            self.empty += 1;
        } else {
            self.deliveries += 1;
            self.heads_with_news += head;
        }
    }

    /// Takes the JSON of an event or a notice that was there at this instant.
    pub fn take_json(&mut self, json: &str, at: Instant) -> Result<(), Error> {
        match serde_json::from_str(json) {
            Ok(value) => self.take(&value, at),
            Err(error) => Err(Error::Malformed(format!("what came is no event: {error}"))),
        }
    }

    /// The same, read already.
    pub fn take(&mut self, value: &Value, at: Instant) -> Result<(), Error> {
        if let (Some(id), Some(text)) = (value["id"].as_u64(), value["text"].as_str()) {
            self.take_event(id, text, at);
        } else if let (Some(from), Some(to)) = (value["gap"]["from"].as_u64(), value["gap"]["to"].as_u64()) {
            self.gone += to.saturating_sub(from).saturating_add(1);
            self.reached = to;
        } else if value["reset"].is_object() {
            self.resets += 1;
            self.reached = 0;
        } else if value["away"].is_object() || value["back"].is_object() {
            // What was published meanwhile comes later, and is late.
        } else {
            return Err(Error::Malformed("what came is neither an event nor a notice".to_owned()));
        }
        Ok(())
    }

    fn take_event(&mut self, id: u64, text: &str, at: Instant) {
        if id <= self.reached {
            // Counted, but not as received: it would be received twice.
            self.disorder += 1;
            return;
        }
        self.reached = id;
        match self.own_number(text) {
            Some(number) if self.arrivals.contains_key(&number) => {
                self.repeated += 1; // from another log: received once is received
                return;
            }
            Some(number) => drop(self.arrivals.insert(number, at)),
            None => self.foreign += 1,
        }
        self.plan.arrived();
    }

    /// The place in the round that stands in a text of ours.
    fn own_number(&self, text: &str) -> Option<usize> {
        let rest = text.strip_prefix(&self.plan.token)?.strip_prefix('-')?;
        let number = rest.split_once('-').and_then(|(number, _)| number.parse::<usize>().ok());
        // Another number would not be of this round, whatever its text says.
        number.filter(|number| (*number as u64) < self.plan.planned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Url;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicU64};

    fn plan() -> Plan {
        Plan {
            url: Url::parse("http://a").expect("a URL"),
            token: "t0".to_owned(),
            after: 7,
            planned: 3,
            goal: OnceLock::new(),
            given_up: AtomicBool::new(false),
            published: AtomicU64::new(0),
            received: AtomicU64::new(0),
        }
    }

    #[test]
    fn events_of_ours_of_others_and_notices() {
        let plan = plan();
        let mut tally = Tally::new(&plan);
        let now = Instant::now();
        for json in [
            r#"{"id":8,"at":1,"text":"t0-0-...."}"#,
            r#"{"id":9,"at":1,"text":"t0 is not ours"}"#,
            r#"{"id":9,"at":1,"text":"t0-1-"}"#,
            r#"{"gap":{"from":10,"to":11}}"#,
            r#"{"id":12,"at":1,"text":"t0-2-"}"#,
            r#"{"reset":{"after":12,"last":1}}"#,
            r#"{"id":1,"at":1,"text":"t0-3-"}"#,
            r#"{"id":2,"at":1,"text":"t0-2-"}"#,
        ] {
            tally.take_json(json, now).expect(json);
        }
        assert_eq!(tally.arrivals.keys().collect::<Vec<_>>(), [&0, &2]);
        assert_eq!((tally.foreign, tally.disorder, tally.events()), (2, 1, 4));
        assert_eq!((tally.gone, tally.resets, tally.repeated, tally.reached), (2, 1, 1, 2));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let plan = plan();
        for json in ["", "hello", "[]", "{}", "null", r#"{"id":-1,"text":"a"}"#, r#"{"id":1}"#] {
            assert!(Tally::new(&plan).take_json(json, Instant::now()).is_err(), "{json}");
        }
    }
}
