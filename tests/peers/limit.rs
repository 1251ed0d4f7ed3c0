//! One instant that several waits share, so that many short waits cannot add up to a long one.

use std::time::{Duration, Instant};

/// When waiting ends.
#[derive(Clone, Copy)]
pub struct Limit(Instant);

impl Limit {
    /// That many seconds from now.
    pub fn seconds(seconds: u64) -> Limit {
        Limit(Instant::now() + Duration::from_secs(seconds))
    }

    /// What is left; nothing once the instant has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
