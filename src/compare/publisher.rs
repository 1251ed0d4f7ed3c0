//! The one who publishes: `POST /feed`, one after the other, on a connection of its own that is in no table.

use super::plan::{PATIENCE, Plan, Times, wait_until};
use crate::client::{Connection, Error, Exchange, Request, Url};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// After so many failures in a row the server counts as gone.
const GIVE_UP: u32 = 3;

/// Publishes over a connection that it keeps.
pub struct Publisher<'a> {
    url: &'a Url,
    token: &'a str,
    payload: usize,
    connection: Option<Connection>,
}

/// An event that the server has confirmed.
#[derive(Debug, Clone, Copy)]
pub struct Published {
    /// Its number.
    pub id: u64,
    /// The instant before its POST was written.
    pub at: Instant,
    /// How long it is as JSON.
    pub json_len: usize,
}

/// What came of a round's publishing.
#[derive(Debug, Default)]
pub struct Publications {
    /// By their place in the round.
    pub events: Vec<Option<Published>>,
    /// Events that were sent and not confirmed.
    pub failures: u64,
    /// Why it ended early, if it did.
    pub failed: Option<Error>,
}

impl Publications {
    /// Those that were confirmed.
    pub fn confirmed(&self) -> impl Iterator<Item = &Published> {
        self.events.iter().flatten()
    }
}

impl<'a> Publisher<'a> {
    /// One that has no connection yet.
    pub fn new(url: &'a Url, token: &'a str, payload: usize) -> Publisher<'a> {
        Publisher { url, token, payload, connection: None }
    }

    /// Publishes one event: `TOKEN-NUMBER-` and dots to the length that was asked for.
    pub fn publish(&mut self, number: usize) -> Result<Published, Error> {
        let text = format!("{}-{number}-", self.token);
        let text = format!("{text}{}", ".".repeat(self.payload.saturating_sub(text.len())));
        let deadline = Instant::now() + PATIENCE;
        let mut connection = match self.connection.take() {
            // A POST is not repeated, so a connection that has ended meanwhile must be noticed before.
            Some(connection) if !connection.is_stale() => connection,
            _ => Connection::open(self.url, deadline)?,
        };
        let request = Request {
            method: "POST",
            target: self.url.below("/feed"),
            fields: vec![("Content-Type", "text/plain; charset=utf-8".to_owned())],
            body: Some(text.as_bytes()),
        };
        let at = Instant::now();
        let mut exchange = Exchange::start(&mut connection, self.url, &request, deadline)?;
        let answer = exchange.answer(&mut connection, deadline)?;
        if answer.keeps_alive {
            self.connection = Some(connection);
        }
        if answer.head.status != 200 {
            return Err(Error::status(answer.head.status, &answer.body));
        }
        let event: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let id = event.as_ref().and_then(|event| event["id"].as_u64());
        let id = id.ok_or_else(|| Error::Malformed("the answer to POST /feed is no event with an id".to_owned()))?;
        Ok(Published { id, at, json_len: answer.body.trim_ascii().len() })
    }

    /// Publishes `count` events, each at a random moment of its own slot. One that is late is published at once; what is
    /// late at the end is not published any more.
    pub fn publish_all(&mut self, plan: &Plan, times: &Times, count: u64) -> Publications {
        let mut publications = Publications::default();
        let slot = (times.end - times.begin).as_secs_f64() / count as f64;
        let mut failures = 0;
        for number in 0..count {
            let moment = slot * (number as f64 + fastrand::f64());
            let moment = times.begin + std::time::Duration::from_secs_f64(moment);
            wait_until(moment.min(times.end));
            if Instant::now() >= times.end {
                break;
            }
            let published = self.publish(publications.events.len());
            match published {
                Ok(published) => {
                    failures = 0;
                    publications.events.push(Some(published));
                    plan.published.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    failures += 1;
                    publications.failures += 1;
                    publications.events.push(None);
                    if failures == GIVE_UP || matches!(error, Error::Status { .. } | Error::Malformed(_)) {
                        publications.failed = Some(error);
                        plan.given_up.store(true, Ordering::Relaxed);
                        break;
                    }
                }
            }
        }
        let last = publications.confirmed().last().map_or(plan.after, |published| published.id);
        // Nobody else sets it.
        let _ = plan.goal.set(last);
        publications
    }
}
