//! What this end does by the clock: Pings, messages on a timer, and how long a Pong took.

use super::template::Template;
use std::time::{Duration, Instant, SystemTime};

/// Something that repeats. A tick that could not be served in time is not made up for.
#[derive(Debug)]
pub struct Timer {
    interval: Duration,
    /// When it is due.
    pub due: Instant,
    /// How often it was.
    pub count: u64,
}

impl Timer {
    /// The first time after one interval.
    pub fn new(interval: Duration, now: Instant) -> Timer {
        Timer { interval, due: now + interval, count: 0 }
    }

    /// Whether it is due, and then which time it is, from 1.
    pub fn tick(&mut self, now: Instant) -> Option<u64> {
        if now < self.due {
            return None;
        }
        self.due = if self.due + self.interval > now { self.due + self.interval } else { now + self.interval };
        self.count += 1;
        Some(self.count)
    }
}

/// Messages on a timer.
#[derive(Debug)]
pub struct Every {
    /// When.
    pub timer: Timer,
    template: Template,
}

impl Every {
    /// The first one after one interval.
    pub fn new(interval: Duration, template: Template, now: Instant) -> Every {
        Every { timer: Timer::new(interval, now), template }
    }

    /// The text that is due.
    pub fn tick(&mut self, now: Instant) -> Option<String> {
        self.timer.tick(now).map(|count| self.template.fill(count, SystemTime::now()))
    }
}

/// Pings of ours, and what answers them.
#[derive(Debug)]
pub struct Pings {
    /// When to ping by itself.
    pub timer: Option<Timer>,
    timeout: Duration,
    /// The last Ping's payload, and when it was sent.
    last: Option<(Vec<u8>, Instant)>,
    /// A Ping by the timer was sent and nothing has come since.
    pub waiting_since: Option<Instant>,
}

impl Pings {
    /// `interval` `None`: only when asked to.
    pub fn new(interval: Option<Duration>, timeout: Duration, now: Instant) -> Pings {
        let timer = interval.map(|interval| Timer::new(interval, now));
        Pings { timer, timeout, last: None, waiting_since: None }
    }

    /// The payload of the Ping that is due: its number (s5.5.2 leaves it free).
    pub fn tick(&mut self, now: Instant) -> Option<Vec<u8>> {
        let count = self.timer.as_mut()?.tick(now)?;
        self.waiting_since.get_or_insert(now);
        Some(count.to_string().into_bytes())
    }

    /// A Ping was sent.
    pub fn sent(&mut self, payload: &[u8], now: Instant) {
        self.last = Some((payload.to_vec(), now));
    }

    /// Bytes came. Any is a sign of life: a Pong may stand behind a large message.
    pub fn heard(&mut self) {
        self.waiting_since = None;
    }

    /// How long the Pong took, if it answers the last Ping (s5.5.3: it has the same payload).
    pub fn pong(&mut self, payload: &[u8], now: Instant) -> Option<Duration> {
        let (_, sent) = self.last.take_if(|(last, _)| last == payload)?;
        Some(now.duration_since(sent))
    }

    /// When the silence after a Ping has lasted too long.
    pub fn gives_up(&self) -> Option<Instant> {
        self.waiting_since.map(|since| since + self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_was_late_does_not_hurry() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut timer = Timer::new(second, start);
        assert_eq!(timer.tick(start), None);
        assert_eq!(timer.tick(start + second), Some(1));
        assert_eq!(timer.tick(start + 10 * second), Some(2));
        assert!(timer.due >= start + 10 * second);
    }

    #[test]
    fn only_the_last_ping_is_timed() {
        let now = Instant::now();
        let mut pings = Pings::new(Some(Duration::from_secs(1)), Duration::from_secs(10), now);
        pings.sent(b"1", now);
        pings.sent(b"2", now);
        assert_eq!(pings.pong(b"1", now), None);
        assert_eq!(pings.pong(b"2", now + Duration::from_millis(3)), Some(Duration::from_millis(3)));
        assert_eq!(pings.pong(b"2", now), None);
    }
}
