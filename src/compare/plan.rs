//! What the threads of one round share: where, from which event on, until when.

use crate::client::Url;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How long one step of opening or asking may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often a client that has nothing to read looks whether the round was given up.
const SELDOM: Duration = Duration::from_millis(500);

/// How often it looks whether it is over, once publishing has ended.
const OFTEN: Duration = Duration::from_millis(20);

/// One round.
#[derive(Debug)]
pub struct Plan {
    /// The server.
    pub url: Url,
    /// What the texts of this run begin with, so that nobody else's events are taken for ours.
    pub token: String,
    /// The marker's number: everybody begins behind it.
    pub after: u64,
    /// How many events are to be published.
    pub planned: u64,
    /// The last event's number, once publishing has ended.
    pub goal: OnceLock<u64>,
    /// Whether publishing has failed. There is nothing to wait for then.
    pub given_up: AtomicBool,
    /// How many were published.
    pub published: AtomicU64,
    /// How many arrived, over all clients.
    pub received: AtomicU64,
}

impl Plan {
    /// Whether a client that has reached this number is done.
    pub fn is_over(&self, times: &Times, reached: u64) -> bool {
        let now = Instant::now();
        let has_all = || self.goal.get().is_some_and(|goal| reached >= *goal);
        self.given_up.load(Ordering::Relaxed) || now >= times.latest || now >= times.end && has_all()
    }

    /// Counts for the progress that is shown.
    pub fn arrived(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }
}

/// When things happen.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// The first slot begins.
    pub begin: Instant,
    /// Publishing ends.
    pub end: Instant,
    /// Whoever waits still has missed what it waits for.
    pub latest: Instant,
}

impl Times {
    /// How long a client may wait for bytes before it asks again whether it is over.
    pub fn next_look(&self) -> Instant {
        let now = Instant::now();
        if now < self.end { (now + SELDOM).min(self.end) } else { (now + OFTEN).min(self.latest) }
    }
}

/// Waits, and for nothing else.
pub fn wait_until(moment: Instant) {
    loop {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        park_timeout(left);
    }
}
