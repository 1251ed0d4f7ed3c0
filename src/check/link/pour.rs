//! A client that sends much more than it reads.

use super::{End, Link};
use crate::check::record::{self, FIRST, Passed, Way};
use crate::client::ledger::Part;
use std::time::{Duration, Instant};

/// After so many writes without an answer there may be one.
const LOOK_AFTER: usize = 16;

/// How long a look takes whether there is one.
const GLANCE: Duration = Duration::from_millis(1);

impl Link {
    /// The same bytes so many times, to a server that need not take them all: as long as each write is taken within this
    /// time. Nothing is read.
    pub fn pour(&mut self, bytes: &[u8], times: usize, patience: Duration) -> usize {
        self.pour_while(bytes, times, patience, |_| true)
    }

    /// The same, and no longer than the server says nothing. How often they were taken.
    pub fn pour_until_answered(&mut self, bytes: &[u8], times: usize, patience: Duration) -> usize {
        self.pour_while(bytes, times, patience, |link| link.connection.unread().is_empty() && link.is_silent())
    }

    fn pour_while(&mut self, bytes: &[u8], times: usize, patience: Duration, goes_on: fn(&mut Link) -> bool) -> usize {
        self.heartbeat.sent_bytes();
        let mut taken = 0;
        while taken < times {
            let deadline = (Instant::now() + patience).min(self.deadline);
            self.shared.borrow_mut().sent += bytes.len();
            if self.connection.write(bytes, Part::Frames, deadline).is_err() {
                break;
            }
            taken += 1;
            if taken % LOOK_AFTER == 0 && !goes_on(self) {
                break;
            }
        }
        self.tell(Way::Sent, Passed::Bytes(record::first(bytes, FIRST), bytes.len()));
        self.tell(Way::Sent, Passed::Remark(format!("these bytes {taken} times, of {times} that were wanted")));
        taken
    }

    /// Whether there is nothing to read at this moment.
    fn is_silent(&mut self) -> bool {
        matches!(self.read_until(Instant::now() + GLANCE), Some(End::Silence(_)))
    }
}
