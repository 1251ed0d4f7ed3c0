//! Where events come in, and who is told that there is one.
//!
//! Publishing puts the event into the log and rings a bell for each reader. It never waits for a reader: a bell that still
//! rings is enough, since what is handed out comes from the log. So a burst does no harm to a reader that is quick, and
//! one that is slow holds up nobody. A reader that comes after the log has dropped what it wants is told so.

use super::bell::{Bell, Turns};
use super::event::Event;
use super::log::{Backlog, Log, Published};
use super::source::{Away, Source};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// So many events may wait for a reader whose write does not end, if it is one of those that may be too slow.
pub const MOST_WAITING: u64 = 64;

/// The log and those who follow it. `E` is the form in which events are sent.
#[derive(Debug)]
pub struct Hub<E> {
    encode: fn(&Event) -> E,
    started: Instant,
    source: Source,
    log: RwLock<Log<E>>,
    bells: Mutex<Bells>,
    turns: Turns,
}

#[derive(Debug, Default)]
struct Bells {
    last_number: u64,
    by_number: BTreeMap<u64, Rope>,
    /// Those that are never too slow are not waited for any longer.
    ended: bool,
}

/// A reader, as the publisher sees it: a rope to its bell. Dropping it takes the bell away.
#[derive(Debug)]
struct Rope {
    /// How long one write may last while more than `MOST_WAITING` events wait. `None`: as long as it likes.
    patience: Option<Duration>,
    progress: Arc<Progress>,
}

/// What a reader and the publishers know of each other.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rings when there is news.
    pub bell: Arc<Bell>,
    /// The number of the last event the reader has taken.
    pub has: AtomicU64,
    /// When the write began in which the reader is, by the hub's clock; 0: it is in none.
    pub write_began: AtomicU64,
    /// It was too slow and is not told of events any more.
    pub too_slow: AtomicBool,
}

impl<E> Hub<E> {
    /// A hub without events, that keeps the last `keep`. `encode` is called once for each.
    pub fn new(keep: usize, source: Source, encode: fn(&Event) -> E) -> Hub<E> {
        Hub {
            encode,
            started: Instant::now(),
            source,
            log: RwLock::new(Log::new(keep)),
            bells: Mutex::default(),
            turns: Turns::default(),
        }
    }

    /// Gives `text` the next number, keeps it and tells everybody. Never waits for a reader.
    pub fn publish(&self, text: String) -> Arc<Published<E>> {
        let published = self.append(&mut self.log.write().unwrap_or_else(PoisonError::into_inner), text);
        self.ring(published.event.id);
        published
    }

    /// Publishes texts that came together, and rings once for all of them. Answers the number of the last.
    pub fn publish_all(&self, texts: Vec<String>) -> u64 {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        texts.into_iter().for_each(|text| drop(self.append(&mut log, text)));
        let last = log.last();
        drop(log);
        self.ring(last);
        last
    }

    /// Takes over what was published elsewhere, and rings once for all of it. Numbers that are missing are lost.
    pub fn take_over(&self, events: Vec<Event>) {
        let published: Vec<_> = events.into_iter().map(|event| self.published(event)).collect();
        self.change(|log| published.into_iter().for_each(|published| log.push(published)));
    }

    /// The numbers up to `last` are taken, and their events lost. Everybody is told so.
    pub fn skip_to(&self, last: u64) {
        self.change(|log| log.skip_to(last));
    }

    fn change(&self, change: impl FnOnce(&mut Log<E>)) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        let before = log.last();
        change(&mut log);
        let last = log.last();
        drop(log);
        // Nobody is woken for nothing: an empty stream is looked at every second.
        if last > before {
            self.ring(last);
        }
    }

    fn append(&self, log: &mut Log<E>, text: String) -> Arc<Published<E>> {
        let published = self.published(Event { id: log.last() + 1, at: unix_milliseconds(), text });
        log.push(Arc::clone(&published));
        published
    }

    fn published(&self, event: Event) -> Arc<Published<E>> {
        Arc::new(Published { encoded: (self.encode)(&event), event })
    }

    /// Where the log comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where the log comes from can't be reached; who is to know is told. Whether that is new.
    pub fn source_left(&self, why: String) -> bool {
        let away = Away { began: Instant::now(), since: unix_milliseconds(), why };
        let is_new = self.source.leave(away);
        if is_new {
            self.ring(self.last());
        }
        is_new
    }

    /// Where the log comes from can be reached; who was told otherwise is told. For how long it could not.
    pub fn source_came_back(&self) -> Option<Away> {
        let away = self.source.come_back()?;
        self.ring(self.last());
        Some(away)
    }

    /// The log here has all that there is where it comes from.
    pub fn is_level(&self) {
        if self.source.checked() {
            self.ring(self.last());
        }
    }

    /// Not under the lock of the log: who is woken goes there at once, and must not find it locked by who rings for others.
    fn ring(&self, last: u64) {
        let now = self.clock();
        let mut bells = self.bells();
        self.turns.ring(bells.by_number.values().map(|rope| &rope.progress.bell));
        bells.by_number.retain(|_, rope| rope.stays(last, now));
    }

    /// Milliseconds since the hub was made, and one, so that 0 is no moment.
    pub(super) fn clock(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Who wakes the readers.
    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// The number of the newest event; 0 when there was none.
    pub fn last(&self) -> u64 {
        self.log().last()
    }

    /// How many follow the log.
    pub fn readers(&self) -> usize {
        self.bells().by_number.len()
    }

    /// What came after the event numbered `after`, or the first part of it: so many bytes of text, and at least an event.
    pub fn after(&self, after: u64, most: usize) -> Backlog<E> {
        self.log().after(after, most)
    }

    /// Ends the wait of everybody that may take its time: held polls and streams.
    pub fn end_patient_readers(&self) {
        let mut bells = self.bells();
        bells.ended = true;
        bells.by_number.retain(|_, bell| bell.patience.is_some());
    }

    /// A bell for a reader that has the event numbered `has`. Its number ends it.
    pub(super) fn add_bell(&self, patience: Option<Duration>, has: u64) -> (u64, Arc<Progress>) {
        let progress = Arc::new(Progress { has: AtomicU64::new(has), ..Progress::default() });
        let mut bells = self.bells();
        bells.last_number += 1;
        let number = bells.last_number;
        let rope = Rope { patience, progress: Arc::clone(&progress) };
        if !bells.ended || patience.is_some() {
            bells.by_number.insert(number, rope);
        }
        (number, progress)
    }

    /// Takes a bell away: its reader's wait ends.
    pub(super) fn remove_bell(&self, number: u64) {
        self.bells().by_number.remove(&number);
    }

    // Log and map are whole at every moment at which a thread could panic.

    fn log(&self) -> RwLockReadGuard<'_, Log<E>> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn bells(&self) -> MutexGuard<'_, Bells> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Rope {
    fn drop(&mut self) {
        self.progress.bell.take_away();
    }
}

impl Rope {
    /// Whether the reader is quick enough for the event numbered `last`, at the moment `now`.
    fn stays(&self, last: u64, now: u64) -> bool {
        let Some(patience) = self.patience else { return true };
        let began = self.progress.write_began.load(Ordering::Acquire);
        // A reader that is in no write is not slow, however much waits: its thread has not come to it yet.
        let write_lasts = if began == 0 { 0 } else { now.saturating_sub(began) };
        // Another publisher may have been faster, so that the reader has more than this event.
        let waiting = last.saturating_sub(self.progress.has.load(Ordering::Acquire));
        let too_slow = waiting > MOST_WAITING && u128::from(write_lasts) > patience.as_millis();
        if too_slow {
            self.progress.too_slow.store(true, Ordering::Release);
        }
        !too_slow
    }
}

/// Milliseconds since 1970 (UTC): what `Date.now()` is in a browser.
fn unix_milliseconds() -> u64 {
    // A clock before 1970 is wrong, and 0 says so.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
