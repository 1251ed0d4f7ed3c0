//! How long and how often.

use std::fmt;
use std::time::Duration;

use crate::common::rounds::preface;

pub struct Plan {
    /// Of the rows that publish as fast as they can.
    pub rounds: usize,
    pub turn: Duration,
    /// Of the row that publishes at a steady pace.
    pub paced_rounds: usize,
    pub paced_turn: Duration,
    /// The same beside one that never reads. A turn is long enough for it to be cut off.
    pub slow_rounds: usize,
    pub slow_turn: Duration,
    /// New processes whose memory is measured.
    pub memory_rounds: usize,
}

impl Plan {
    pub fn new(quick: bool) -> Self {
        if quick {
            Self {
                rounds: 3,
                turn: Duration::from_millis(200),
                paced_rounds: 2,
                paced_turn: Duration::from_millis(500),
                slow_rounds: 1,
                slow_turn: Duration::from_millis(1600),
                memory_rounds: 1,
            }
        } else {
            Self {
                rounds: 15,
                turn: Duration::from_millis(500),
                paced_rounds: 9,
                paced_turn: Duration::from_secs(2),
                slow_rounds: 9,
                slow_turn: Duration::from_secs(3),
                memory_rounds: 3,
            }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&preface(self.rounds))
    }
}
