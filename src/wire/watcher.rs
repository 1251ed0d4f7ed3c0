//! Who watches: its place on a [`Watch`], and the bell that wakes it.

use super::ring::{Part, Record};
use super::told;
use super::watch::Watch;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::Arc;
use std::time::Instant;

/// How many may watch one connection: its own thread wakes each of them.
const MOST_WATCHERS: usize = 16;

/// Somebody who watches.
#[derive(Debug)]
pub struct Watcher {
    watch: Arc<Watch>,
    rings: Sender<()>,
    bell: Receiver<()>,
    /// The last record that was taken.
    seen: u64,
    /// What the connection is was said.
    introduced: bool,
}

/// What there is for somebody who watches.
#[derive(Debug)]
pub enum Look {
    /// No WebSocket with the token is here.
    NotHere,
    /// Nobody watched for so long that nothing is kept.
    Forgotten,
    /// JSON, each with its number if it has one.
    News(Vec<(Option<u64>, String)>),
    /// All of it was taken, and this is the last.
    End(String),
}

impl Watcher {
    /// Watches from after record `seen`; 0: from the head on. `None`: as many watch it as may.
    pub fn new(watch: Arc<Watch>, seen: u64) -> Option<Watcher> {
        let (rings, bell) = bounded(1);
        let mut state = watch.lock();
        if state.bells.len() >= MOST_WATCHERS {
            return None;
        }
        state.forget_if_unwatched();
        state.bells.push(rings.clone());
        drop(state);
        Some(Watcher { watch, rings, bell, seen, introduced: false })
    }

    /// What has come since the last look, at most about `most` bytes of it.
    pub fn look(&mut self, most: usize) -> Look {
        let state = self.watch.lock();
        let Some(connection) = &state.connection else { return Look::NotHere };
        if state.forgotten {
            return Look::Forgotten;
        }
        let mut news = Vec::new();
        if !std::mem::replace(&mut self.introduced, true) {
            news.push((None, connection.clone()));
        }
        let part = state.ring.after(self.seen, most);
        let end = state.end.clone();
        drop(state); // words take their time, and the connection does not wait for them
        self.tell(part, &mut news);
        match end {
            Some(end) if news.is_empty() => Look::End(end),
            _ => Look::News(news),
        }
    }

    fn tell(&mut self, part: Part, news: &mut Vec<(Option<u64>, String)>) {
        let Part { opening, gap, records } = part;
        self.tell_records(&opening, news);
        news.extend(gap.map(|(from, to)| (Some(to), told::gap(from, to))));
        self.tell_records(&records, news);
    }

    fn tell_records(&mut self, records: &[Record], news: &mut Vec<(Option<u64>, String)>) {
        for record in records {
            self.seen = record.mark.n;
            news.push((Some(record.mark.n), told::record(record)));
        }
    }

    /// Waits for something new, until `deadline`.
    pub fn wait(&self, deadline: Instant) {
        // Rung or not: the next look says.
        let _ = self.bell.recv_deadline(deadline);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut state = self.watch.lock();
        state.last_watched = Instant::now();
        state.bells.retain(|bell| !bell.same_channel(&self.rings));
    }
}
