//! Messages that grow until one fails.

use super::super::Bench;
use super::super::link::{End, Heard, Link};
use super::{amount, how, open};
use crate::client::Error;
use crate::protocol::close::TOO_BIG;
use crate::protocol::session::Message;
use std::time::{Duration, Instant};
use tungstenite::Bytes;

/// A line that carries less than so many bytes in a second is taken for one that carries none.
const SLOWEST: u64 = 1 << 20;

/// How long a Close may take that comes when a message could not be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How many messages between the last that passed and the first that did not are tried.
const HALVINGS: u32 = 3;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its echo came.
    Passed,
    /// The connection ended instead.
    Ended(End),
    /// Nothing came for so long.
    Late(Duration),
}

/// All that was tried.
#[derive(Debug)]
pub struct Rise {
    /// The largest that passed.
    pub good: u64,
    /// Those that passed, and how long their echo took.
    pub passed: Vec<(u64, Duration)>,
    /// The smallest that failed, twice.
    pub failed: Option<(u64, Outcome)>,
    /// What happened besides: a connection that ended and did not the second time.
    pub strays: Vec<String>,
}

/// Doubles the size up to `--max`, then looks between the last that passed and the first that did not.
pub fn rise(bench: &mut Bench<'_>, link: Link, first: u64) -> Rise {
    let max = bench.settings.max;
    let mut rise = Rise { good: first, passed: Vec::new(), failed: None, strays: Vec::new() };
    let mut link = Some(link);
    while rise.good < max && rise.failed.is_none() {
        let size = rise.good.saturating_mul(2).min(max);
        if rise.attempt(bench, &mut link, size).is_none() {
            return rise;
        }
    }
    for _ in 0..HALVINGS {
        match &rise.failed {
            // Each failure of this kind is waited for twice.
            None | Some((_, Outcome::Late(_))) => break,
            Some((bad, _)) => {
                let between = rise.good + (bad - rise.good) / 2;
                if between == rise.good || rise.attempt(bench, &mut link, between).is_none() {
                    break;
                }
            }
        }
    }
    if let Some(link) = link {
        link.leave();
    }
    rise
}

impl Rise {
    /// Tries one size, and once more over a new connection when it fails. `None`: there is no new connection.
    fn attempt(&mut self, bench: &mut Bench<'_>, link: &mut Option<Link>, size: u64) -> Option<()> {
        let first = self.once(bench, link, size)?;
        if first == Outcome::Passed {
            return Some(());
        }
        if is_said_by_a_reader(&first) {
            self.failed = Some((size, first));
            return Some(());
        }
        match self.once(bench, link, size)? {
            Outcome::Passed => self.strays.push(format!(
                "a message of {} passed the second time; the first time: {}",
                amount(size),
                how(&first)
            )),
            second => self.failed = Some((size, second)),
        }
        Some(())
    }

    /// Tries it over the connection that there is, or a new one. One over which a message has failed is of no more use.
    fn once(&mut self, bench: &mut Bench<'_>, link: &mut Option<Link>, size: u64) -> Option<Outcome> {
        let opened = link.take().map_or_else(|| open(bench), Ok);
        let mut open_link = opened.map_err(|why| self.strays.push(format!("before {}: {why}", amount(size)))).ok()?;
        let since = Instant::now();
        let outcome = attempt(bench, &mut open_link, size);
        if outcome == Outcome::Passed {
            self.good = size;
            self.passed.push((size, since.elapsed()));
            *link = Some(open_link);
        }
        Some(outcome)
    }
}

/// A Close 1009 says by itself that the size was the reason.
fn is_said_by_a_reader(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Ended(End::Close(close)) if close.code == Some(TOO_BIG))
}

/// Sends a binary message of this size and waits for its echo.
pub fn attempt(bench: &mut Bench<'_>, link: &mut Link, size: u64) -> Outcome {
    bench.progress(None, &format!("a message of {}", amount(size)));
    let payload = payload(size);
    let patience = bench.settings.timeout + Duration::from_secs(size / SLOWEST);
    let deadline = Instant::now() + patience;
    let message = Message::Binary(payload.clone());
    if let Err(error) = link.websocket.send(&mut link.connection, message, deadline) {
        return unwritten(link, patience, &error);
    }
    match link.find(deadline, |message| is_echo(&payload, message).then_some(())) {
        Ok(()) => Outcome::Passed,
        Err(None) => Outcome::Late(patience),
        Err(Some(end)) => Outcome::Ended(end),
    }
}

/// Who refuses a message may say so and stop reading: the Close is there before the end of the message is written.
fn unwritten(link: &mut Link, patience: Duration, error: &Error) -> Outcome {
    let deadline = Instant::now() + LAST_WORDS;
    loop {
        match link.hear(deadline) {
            Heard::Events(_) => {}
            Heard::Nothing => return Outcome::Late(patience),
            Heard::End(End::Fin) => return Outcome::Ended(End::Reset(error.to_string())),
            Heard::End(end) => return Outcome::Ended(end),
        }
    }
}

/// Bytes that no other message has, and that are not the same all along: who leaves some out is found.
fn payload(size: u64) -> Bytes {
    let mut payload = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    fastrand::fill(&mut payload);
    Bytes::from(payload)
}

/// An endpoint may put words of its own before the message.
fn is_echo(sent: &[u8], message: &Message) -> bool {
    matches!(message, Message::Binary(bytes) if bytes.ends_with(sent))
}
