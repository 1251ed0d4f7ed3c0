//! Events of our own on the feed: whoever waits for some must know that there were any.

use super::super::ask::{Asked, beside, served_by, status};
use super::super::settings::Settings;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use serde_json::Value;
use std::time::{Duration, Instant};

/// What they begin with.
pub const SIGN: &str = "ws101 probe ";

/// How long between two of them.
const INTERVAL: Duration = Duration::from_millis(300);

/// The most that are published.
pub const MOST: usize = 30;

/// One that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its text, by which it is known on the stream.
    pub text: String,
    /// When its request was written, since the section began.
    pub sent: Duration,
    /// How long the answer took, the opening of its connection included.
    pub took: Duration,
    /// Which server took it, if it says so; or why none did.
    pub by: Result<Option<String>, String>,
}

/// Publishes, one after the other, until the sender of `stop` is gone.
pub fn run(settings: &Settings, since: Instant, stop: &Receiver<()>, posted: &Sender<Posted>) {
    // Two probes of the same server must not take each other's events for their own.
    let mark = fastrand::u32(..);
    for number in 1..=MOST {
        if stop.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let text = format!("{SIGN}{mark:08x} {number}");
        let (sent, by) = (since.elapsed(), publish(settings, &text));
        let took = since.elapsed() - sent;
        if posted.send(Posted { text, sent, took, by }).is_err() {
            return;
        }
    }
}

fn publish(settings: &Settings, text: &str) -> Result<Option<String>, String> {
    let url = beside(&settings.url, "/feed", "");
    let asked = Asked::start(settings, &url, None, Some(text.as_bytes()));
    let answer = asked.and_then(|asked| asked.answer(settings.timeout)).map_err(|error| error.to_string())?;
    let event: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match answer.head.status {
        200 if event["text"] == text => Ok(served_by(&answer.head)),
        200 => Err("the answer is no event".to_owned()),
        _ => Err(status(&answer.head)),
    }
}
