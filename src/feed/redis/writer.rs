//! The thread that publishes. Whoever has an event puts it into a queue and waits for its number; what has gathered in the
//! queue goes to Redis in one call of the script.
//!
//! The queues are those of the standard library: who waits in one sleeps at once. In crossbeam's the thread offers the
//! processor to others first, and where many want it Linux takes such an offer for milliseconds.

use super::Settings;
use super::line::{Line, Taken, Trouble};
use crate::feed::Hub;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// So many may wait for Redis. One more is told at once that it can't be published.
const QUEUE: usize = 1024;

/// So many are published in one call.
const AT_ONCE: usize = 64;

/// A connection that was silent for longer is not used again: who stands in between, or Redis itself, may have ended it,
/// and what is sent then is lost.
const SILENCE: Duration = Duration::from_secs(2);

/// The way to the thread.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: SyncSender<Request>,
    timeout: Duration,
}

/// Texts that came together, and where their answer goes.
#[derive(Debug)]
struct Request {
    texts: Vec<String>,
    /// Nobody waits for an answer any longer than this.
    deadline: Instant,
    answer: SyncSender<Result<Taken, String>>,
}

impl Writer {
    /// Starts the thread. It ends when the last `Writer` is dropped.
    pub fn start<E: Send + Sync + 'static>(
        settings: Settings,
        hub: Arc<Hub<E>>,
        connections: Arc<AtomicU64>,
    ) -> io::Result<Writer> {
        let (queue, requests) = sync_channel(QUEUE);
        let timeout = settings.timeout;
        let mut work = Work { settings, hub, connections, line: None, line_number: 0, used: Instant::now(), given: 0 };
        Builder::new().name("feed-writer".to_owned()).spawn(move || work.run(&requests))?;
        Ok(Writer { queue, timeout })
    }

    /// Publishes texts, and waits for the number of the last one. An error is why not.
    pub fn publish(&self, texts: Vec<String>) -> Result<Taken, String> {
        let deadline = Instant::now() + self.timeout;
        let (answer, answered) = sync_channel(1);
        self.queue
            .try_send(Request { texts, deadline, answer })
            .map_err(|_| format!("{QUEUE} others wait for Redis already"))?;
        answered.recv_timeout(self.timeout).unwrap_or_else(|_| {
            Err("Redis did not answer in time (--feed-timeout), so it is not known whether it was published".to_owned())
        })
    }
}

/// What the thread owns.
struct Work<E> {
    settings: Settings,
    hub: Arc<Hub<E>>,
    /// How often the follower has connected. It notices first when a connection is dead.
    connections: Arc<AtomicU64>,
    line: Option<Line>,
    line_number: u64,
    /// When it was used the last time.
    used: Instant,
    /// The last number that was given away. Its event may not have come back yet.
    given: u64,
}

impl<E> Work<E> {
    fn run(&mut self, requests: &Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            let mut batch: Vec<Request> = std::iter::once(first).chain(requests.try_iter().take(AT_ONCE - 1)).collect();
            let now = Instant::now();
            // Its sender was told that nothing is known of it. It had better not be published after that.
            batch.retain(|request| request.deadline > now);
            if !batch.is_empty() {
                self.publish(batch);
            }
        }
    }

    fn publish(&mut self, mut batch: Vec<Request>) {
        let counts: Vec<u64> = batch.iter().map(|request| request.texts.len() as u64).collect();
        let texts: Vec<String> = batch.iter_mut().flat_map(|request| std::mem::take(&mut request.texts)).collect();
        let taken = self.call(texts);
        let mut before = taken.as_ref().map_or(0, |taken| taken.last.saturating_sub(counts.iter().sum()));
        for (request, count) in batch.iter().zip(counts) {
            before += count;
            let answer = taken.as_ref().map(|taken| Taken { last: before, ..*taken });
            // Whoever has gone away does not need it.
            let _ = request.answer.try_send(answer.map_err(ToString::to_string));
        }
    }

    /// Nothing is tried twice: what was not answered may have been published.
    fn call(&mut self, texts: Vec<String>) -> Result<Taken, Trouble> {
        let newest = self.connections.load(Ordering::Acquire);
        let mut line = match self.line.take() {
            Some(line) if self.line_number == newest && self.used.elapsed() < SILENCE => line,
            _ => Line::open(&self.settings)?,
        };
        self.line_number = newest;
        let taken = line.publish(self.hub.last().max(self.given), texts.into_iter()).map_err(Trouble::unsure)?;
        self.given = taken.last;
        self.used = Instant::now();
        self.line = Some(line);
        Ok(taken)
    }
}
