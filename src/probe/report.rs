//! What was found, as values. [`super::text`] and [`super::json`] tell it.

use super::diff::Row;
use super::fault::Fault;
use super::hop::Hop;
use super::look::Look;
use super::settings::{Name, Settings};
use serde_json::{Map, Value};
use std::time::Duration;

/// All of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// The URL, without a password.
    pub url: String,
    /// The address that was connected to.
    pub address: String,
    /// The hop nearest to the client.
    pub hop: Hop,
    /// What the server is, in words: `ws101 0.1.0 named A`, or that it is another one.
    pub server: String,
    /// One for each that was run, in order.
    pub sections: Vec<Section>,
}

impl Report {
    /// Before the first section.
    pub fn new(settings: &Settings, look: &Look) -> Report {
        let server = match &look.inspected {
            Some(told) => {
                let name = told.name.as_ref().map_or(String::new(), |name| format!(" named {name}"));
                format!("ws101 {}{name}", told.ws101)
            }
            None if look.opened.is_ok() => "a WebSocket server that is no ws101".to_owned(),
            None => "a server that granted no WebSocket".to_owned(),
        };
        let (url, address) = (settings.url.to_string(), look.address.to_string());
        Report { url, address, hop: look.hop.clone(), server, sections: Vec::new() }
    }

    /// All that is to be fixed.
    pub fn faults(&self) -> impl Iterator<Item = &Found> {
        self.sections.iter().flat_map(|section| &section.faults)
    }
}

/// What one section has found.
#[derive(Debug, Clone)]
pub struct Section {
    /// Which one.
    pub name: Name,
    /// How long it took.
    pub took: Duration,
    /// What is so, in one sentence without a full stop.
    pub verdict: String,
    /// Whether it could look at all. What it says then is why not.
    pub ran: bool,
    /// A head as it was sent beside the same as it arrived, to be shown in two columns.
    pub heads: Vec<Row>,
    /// What was seen, a line each. Lines that begin with two spaces are a table and are not wrapped.
    pub evidence: Vec<String>,
    /// What is to be fixed.
    pub faults: Vec<Found>,
    /// What is worth knowing and not wrong.
    pub notes: Vec<String>,
    /// The figures for a program.
    pub facts: Map<String, Value>,
}

impl Section {
    /// One that has found nothing yet.
    pub fn new(name: Name) -> Section {
        let (verdict, took) = (String::new(), Duration::ZERO);
        let (evidence, faults, notes, facts) = (Vec::new(), Vec::new(), Vec::new(), Map::new());
        Section { name, took, verdict, ran: true, heads: Vec::new(), evidence, faults, notes, facts }
    }

    /// One that could not look.
    pub fn not_run(mut self, why: &str) -> Section {
        self.ran = false;
        self.verdict = why.to_owned();
        self
    }

    /// Says what was seen.
    pub fn saw(&mut self, line: impl Into<String>) {
        self.evidence.push(line.into());
    }

    /// Says what is worth knowing.
    pub fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// Says what is to be fixed.
    pub fn fault(&mut self, fault: Fault, says: impl Into<String>) {
        self.faults.push(Found { fault, says: says.into() });
    }

    /// Keeps a figure.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }
}

/// A time among the facts, to the millisecond. Its name ends in `_seconds`.
pub fn in_seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its kind.
    pub fault: Fault,
    /// What it does here, in one sentence without a full stop: `a silent connection is ended after 60.0 s`.
    pub says: String,
}
