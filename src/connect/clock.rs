//! What this end does by the clock: Pings, messages on a timer, and how long a Pong took.

use super::template::Template;
use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

/// How many Pings without a Pong are remembered.
const REMEMBERED: usize = 16;

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
    /// Payloads of Pings that are not answered, and when they were sent: the oldest first, not more than [`REMEMBERED`].
    unanswered: VecDeque<(Vec<u8>, Instant)>,
    /// A Ping by the timer was sent and nothing has come since.
    pub waiting_since: Option<Instant>,
}

impl Pings {
    /// `interval` `None`: only when asked to.
    pub fn new(interval: Option<Duration>, timeout: Duration, now: Instant) -> Pings {
        let timer = interval.map(|interval| Timer::new(interval, now));
        Pings { timer, timeout, unanswered: VecDeque::new(), waiting_since: None }
    }

    /// The payload of the Ping that is due: its number (s5.5.2 leaves it free).
    pub fn tick(&mut self, now: Instant) -> Option<Vec<u8>> {
        let count = self.timer.as_mut()?.tick(now)?;
        self.waiting_since.get_or_insert(now);
        Some(count.to_string().into_bytes())
    }

    /// A Ping was sent.
    pub fn sent(&mut self, payload: &[u8], now: Instant) {
        if self.unanswered.len() == REMEMBERED {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back((payload.to_vec(), now));
    }

    /// Bytes came. Any is a sign of life: a Pong may stand behind a large message.
    pub fn heard(&mut self) {
        self.waiting_since = None;
    }

    /// How long the Pong took, if it answers a Ping (s5.5.3: it has the same payload). Those before it will have no Pong:
    /// an endpoint "MAY elect to send a Pong frame for only the most recently processed Ping frame".
    pub fn pong(&mut self, payload: &[u8], now: Instant) -> Option<Duration> {
        let at = self.unanswered.iter().position(|(sent, _)| sent == payload)?;
        let (_, sent) = self.unanswered.drain(..=at).next_back()?;
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
    fn a_pong_answers_its_ping_and_those_before_it() {
        let now = Instant::now();
        let mut pings = Pings::new(Some(Duration::from_secs(1)), Duration::from_secs(10), now);
        pings.sent(b"1", now);
        pings.sent(b"2", now);
        pings.sent(b"3", now);
        assert_eq!(pings.pong(b"2", now + Duration::from_millis(3)), Some(Duration::from_millis(3)));
        assert_eq!(pings.pong(b"2", now), None);
        assert_eq!(pings.pong(b"1", now), None);
        assert_eq!(pings.pong(b"3", now), Some(Duration::ZERO));
        (0..100).for_each(|_| pings.sent(b"4", now));
        assert_eq!(pings.unanswered.len(), REMEMBERED);
    }
}
