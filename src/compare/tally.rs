//! What one client has counted.

use super::plan::Plan;
use crate::client::{Connection, Error, Ledger};
use serde_json::Value;
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
    /// Our events: their places in the round, and when they were there.
    pub arrivals: Vec<(usize, Instant)>,
    /// Events that somebody else published.
    pub foreign: u64,
    /// Events whose number was not above the one before.
    pub disorder: u64,
    /// Connections that ended or failed before the round did.
    pub lost: u64,
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
            arrivals: Vec::new(),
            foreign: 0,
            disorder: 0,
            lost: 0,
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

    /// An answer was read to its end.
    pub fn answered(&mut self, events_before: u64) {
        if self.events() == events_before {
            self.empty += 1;
        } else {
            self.deliveries += 1;
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
        } else if let Some(to) = value["gap"]["to"].as_u64() {
            self.reached = to;
        } else if value["reset"].is_object() {
            self.reached = 0;
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
            Some(number) => self.arrivals.push((number, at)),
            None => self.foreign += 1,
        }
        self.plan.arrived();
    }

    /// The place in the round that stands in a text of ours.
    fn own_number(&self, text: &str) -> Option<usize> {
        let rest = text.strip_prefix(&self.plan.token)?.strip_prefix('-')?;
        rest.split_once('-').and_then(|(number, _)| number.parse().ok())
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
            r#"{"id":1,"at":1,"text":"t0-x-"}"#,
        ] {
            tally.take_json(json, now).expect(json);
        }
        assert_eq!(tally.arrivals, [(0, now), (2, now)]);
        assert_eq!((tally.foreign, tally.disorder, tally.reached, tally.events()), (2, 1, 1, 4));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let plan = plan();
        for json in ["", "hello", "[]", "{}", "null", r#"{"id":-1,"text":"a"}"#, r#"{"id":1}"#] {
            assert!(Tally::new(&plan).take_json(json, Instant::now()).is_err(), "{json}");
        }
    }
}
