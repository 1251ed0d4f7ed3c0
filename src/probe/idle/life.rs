//! One connection of them: opened, held, and how it ended.

use super::super::link::{End, Heard, Link};
use super::super::settings::Settings;
use super::plan::Habit;
use crate::connect::clock::Timer;
use crate::protocol::session::Event;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The longest wait for what comes. So often a life looks whether it has been long enough.
const LOOK: Duration = Duration::from_millis(100);

/// The shortest, so that what has come is heard although a Ping is due.
const MOMENT: Duration = Duration::from_millis(1);

/// So long the silent one waits for the Pong to its only Ping.
const LAST_PONG: Duration = Duration::from_secs(3);

/// So long a Pong may be on its way.
const ON_THE_WAY: Duration = Duration::from_millis(500);

/// What all of them know.
pub struct Shared<'a> {
    settings: &'a Settings,
    since: Instant,
    hold: Mutex<Duration>,
}

impl<'a> Shared<'a> {
    /// Where to connect to, when all of it began, and the age at which a connection is let go.
    pub fn new(settings: &'a Settings, since: Instant, hold: Duration) -> Shared<'a> {
        Shared { settings, since, hold: Mutex::new(hold) }
    }

    /// Changes that age.
    pub fn hold_for(&self, hold: Duration) {
        *self.hold() = hold;
    }

    fn hold(&self) -> MutexGuard<'_, Duration> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There was none. Why.
    Unopened(String),
    /// It was ended.
    Ended(End),
    /// It was open until it was let go.
    Held,
    /// Nobody had ended it, but a last Ping brought no Pong: only a reset (what the system says), or nothing.
    Dead(Option<String>),
}

/// One connection, looked back on.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// What it did.
    pub habit: Habit,
    /// What became of it.
    pub outcome: Outcome,
    /// When it was opened, since the section began.
    pub opened: Duration,
    /// How long it was open.
    pub age: Duration,
    /// How long nothing had come when it was over.
    pub quiet: Duration,
    /// The longest silence that did not end it: something came after it.
    pub survived: Duration,
    /// How many Pings it sent.
    pub pings: u64,
    /// The number of the last of them that had a Pong.
    pub answered: u64,
    /// How many came after that one, but for one that was just sent.
    pub unanswered: u64,
    /// When the first and the last Ping of the server came, since the opening, and how many did.
    pub server_pings: Option<(Duration, Duration, u32)>,
}

impl Life {
    fn new(habit: Habit, outcome: Outcome) -> Life {
        let zero = Duration::ZERO;
        let (opened, age, quiet, survived) = (zero, zero, zero, zero);
        let (pings, answered, unanswered, server_pings) = (0, 0, 0, None);
        Life { habit, outcome, opened, age, quiet, survived, pings, answered, unanswered, server_pings }
    }

    /// One that never began.
    pub fn unopened(habit: Habit, why: String) -> Life {
        Life::new(habit, Outcome::Unopened(why))
    }

    /// When it was over, since the section began.
    pub fn moment(&self) -> Duration {
        self.opened + self.age
    }

    /// The longest that nothing came.
    pub fn longest_quiet(&self) -> Duration {
        self.quiet.max(self.survived)
    }

    /// How often the server pinged: the mean of the times between its Pings.
    pub fn server_interval(&self) -> Option<Duration> {
        let (first, last, count) = self.server_pings?;
        Some(if count > 1 { (last - first) / (count - 1) } else { first })
    }
}

/// Opens a connection and holds it.
pub fn live(shared: &Shared<'_>, habit: Habit) -> Life {
    let parameters: &[&str] = if habit == Habit::Listens { &[] } else { &["ping=off"] };
    let mut link = match Link::open_patiently(shared.settings, parameters) {
        Ok(link) => link,
        Err(why) => return Life::unopened(habit, why),
    };
    let begun = Instant::now();
    let mut held = Held { life: Life::new(habit, Outcome::Held), begun, heard: begun, pinged: None };
    held.life.opened = begun - shared.since;
    let end = held.run(&mut link, shared);
    let mut life = held.over();
    match end {
        Some(end) => life.outcome = Outcome::Ended(end),
        None => {
            if habit == Habit::Silent {
                life.outcome = wake(&mut link);
            }
            link.leave();
        }
    }
    life
}

/// A NAT or a firewall that has forgotten a connection tells neither end. It shows when one of them speaks.
fn wake(link: &mut Link) -> Outcome {
    let deadline = Instant::now() + LAST_PONG;
    if let Err(end) = link.ping(b"awake", deadline) {
        return woken(end);
    }
    match link.hear(deadline) {
        Heard::Events(_) => Outcome::Held,
        Heard::Nothing => Outcome::Dead(None),
        Heard::End(end) => woken(end),
    }
}

/// Whoever says Close or ends TCP knows the connection still.
fn woken(end: End) -> Outcome {
    match end {
        End::Reset(why) => Outcome::Dead(Some(why)),
        End::Close(_) | End::Fin | End::Broken(_) => Outcome::Held,
    }
}

/// A connection that is open.
struct Held {
    life: Life,
    begun: Instant,
    /// When something came last.
    heard: Instant,
    /// When the last Ping was sent.
    pinged: Option<Instant>,
}

impl Held {
    /// Until it is ended, or old enough.
    fn run(&mut self, link: &mut Link, shared: &Shared<'_>) -> Option<End> {
        let mut timer = match self.life.habit {
            Habit::Pings(interval) | Habit::Late(interval) => Some(Timer::new(interval, self.begun)),
            Habit::Silent | Habit::Listens => None,
        };
        loop {
            let (now, until) = (Instant::now(), self.begun + *shared.hold());
            if now >= until {
                return None;
            }
            let next = timer.as_ref().map_or(until, |timer| timer.due.min(until));
            match link.hear(next.clamp(now + MOMENT, now + LOOK)) {
                Heard::Events(events) => events.iter().for_each(|event| self.take(event)),
                Heard::Nothing => {}
                Heard::End(end) => return Some(end),
            }
            self.bytes_came(link.connection.read_at());
            // After that wait: an end that has come is heard first, since a write to what is closed makes a reset of a FIN.
            if let Some(count) = timer.as_mut().and_then(|timer| timer.tick(Instant::now()))
                && let Err(end) = self.ping(link, count, shared.settings.timeout)
            {
                return Some(end);
            }
        }
    }

    /// The Ping's payload is its number (s5.5.2 leaves it free), so that a Pong says which one it answers.
    fn ping(&mut self, link: &mut Link, count: u64, timeout: Duration) -> Result<(), End> {
        let now = Instant::now();
        link.ping(count.to_string().as_bytes(), now + timeout)?;
        (self.life.pings, self.pinged) = (count, Some(now));
        Ok(())
    }

    /// Only what is heard proves that something passes: a Ping of ours may be lost, and its Pong says that it was not.
    /// A clock on the way counts bytes: half a frame is as good as a whole one.
    fn bytes_came(&mut self, at: Instant) {
        if at > self.heard {
            self.life.survived = self.life.survived.max(at - self.heard);
            self.heard = at;
        }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Ping(_) => {
                let at = self.begun.elapsed();
                let (first, _, count) = self.life.server_pings.unwrap_or((at, at, 0));
                self.life.server_pings = Some((first, at, count + 1));
            }
            Event::Pong(payload) => {
                let number: Option<u64> = std::str::from_utf8(payload).ok().and_then(|text| text.parse().ok());
                // One that answers no Ping of ours is legal (s5.5.3), and answers none.
                let number = number.filter(|number| *number <= self.life.pings);
                self.life.answered = self.life.answered.max(number.unwrap_or(0));
            }
            Event::Message(_) | Event::Close(_) | Event::Failed(_) => {}
        }
    }

    fn over(mut self) -> Life {
        let now = Instant::now();
        (self.life.age, self.life.quiet) = (now - self.begun, now - self.heard);
        let on_the_way = u64::from(self.pinged.is_some_and(|at| now - at < ON_THE_WAY));
        self.life.unanswered = (self.life.pings - self.life.answered).saturating_sub(on_the_way);
        self.life
    }
}
