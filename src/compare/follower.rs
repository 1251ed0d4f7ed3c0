//! One client: it follows the feed by its transport until the round is over, and comes back when its connection is lost.

use super::plan::{PATIENCE, Times, wait_until};
use super::tally::Tally;
use crate::client::Error;
use std::time::{Duration, Instant};

/// The pause after the first loss; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// A way to follow the feed.
pub trait Transport {
    /// Connects, behind the number that was reached, so that the next event that is published comes.
    fn open(&mut self, tally: &mut Tally<'_>, deadline: Instant) -> Result<(), Error>;

    /// The round begins.
    fn begin(&mut self, _at: Instant) {}

    /// Goes on: until something has come, or until this moment. Opens what is not open.
    fn step(&mut self, tally: &mut Tally<'_>, until: Instant) -> Result<(), Error>;

    /// Gives up what is open, after an error.
    fn abandon(&mut self, tally: &mut Tally<'_>);

    /// Ends in good order.
    fn leave(&mut self, tally: &mut Tally<'_>) {
        self.abandon(tally);
    }
}

/// Follows to the end of the round.
pub fn follow(transport: &mut dyn Transport, tally: &mut Tally<'_>, times: &Times) {
    let mut pause = FIRST_PAUSE;
    transport.begin(times.begin);
    while !tally.plan.is_over(times, tally.reached) {
        let reached = tally.reached;
        if let Err(error) = transport.step(tally, times.next_look()) {
            log::debug!("compare ! a client lost its connection: {error}");
            tally.lost += 1;
            tally.first_error.get_or_insert_with(|| error.to_string());
            transport.abandon(tally);
            // Many that are lost together should not come back together.
            let jittered = pause.mul_f64(0.5 + fastrand::f64());
            wait_until((Instant::now() + jittered).min(times.latest));
            pause = (pause * 2).min(LAST_PAUSE);
        } else if tally.reached != reached {
            pause = FIRST_PAUSE;
        }
    }
    transport.leave(tally);
}

/// The deadline of a step that must not take long.
pub fn soon() -> Instant {
    Instant::now() + PATIENCE
}
