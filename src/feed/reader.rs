//! A reader that waits for the next event and takes what it wants from the log: how polls and streams read.
//!
//! Its queue holds one event and serves as a bell. A reader that is slow misses nothing as long as the log has it; what
//! the log no longer has is told as a gap.

use super::hub::{Hub, Subscription, WhenFull};
use super::log::Backlog;
use crossbeam_channel::RecvTimeoutError;
use std::sync::Arc;
use std::time::Instant;

/// A place in the log, and a bell.
#[derive(Debug)]
pub struct Reader<E> {
    hub: Arc<Hub<E>>,
    bell: Subscription<E>,
    has: u64,
}

/// What a wait ended with.
#[derive(Debug)]
pub enum News<E> {
    /// Something to tell.
    Backlog(Backlog<E>),
    /// Nothing came in time.
    Nothing,
    /// The server stops: there will be no more.
    Ended,
}

impl<E> Reader<E> {
    /// A reader that has everything up to the event numbered `after`; `None`: everything there is now.
    pub fn new(hub: &Arc<Hub<E>>, after: Option<u64>) -> Reader<E> {
        let has = after.unwrap_or_else(|| hub.last());
        // The backlog is not looked at here: `wait` asks the log for what comes after `has`.
        let (bell, _) = Subscription::new(hub, None, 1, WhenFull::Skip);
        Reader { hub: Arc::clone(hub), bell, has }
    }

    /// The number it has reached.
    pub fn has(&self) -> u64 {
        self.has
    }

    /// Waits until there is something it does not have, until `deadline` at the latest.
    pub fn wait(&mut self, deadline: Instant) -> News<E> {
        loop {
            let backlog = self.hub.after(self.has);
            if !backlog.is_empty() {
                self.has = backlog.reached().unwrap_or(self.has);
                return News::Backlog(backlog);
            }
            match self.bell.queue().recv_deadline(deadline) {
                Ok(_) => {} // the bell: the log has it
                Err(RecvTimeoutError::Timeout) => return News::Nothing,
                Err(RecvTimeoutError::Disconnected) => return News::Ended,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn ids(news: News<()>) -> Vec<u64> {
        let News::Backlog(backlog) = news else { panic!("{news:?}") };
        backlog.events.iter().map(|published| published.event.id).collect()
    }

    #[test]
    fn a_slow_reader_misses_nothing_that_is_kept() {
        let hub = Arc::new(Hub::new(100, |_| ()));
        let mut reader = Reader::new(&hub, None);
        (0..70).for_each(|_| drop(hub.publish(String::new())));
        let soon = Instant::now() + Duration::from_secs(60);
        assert_eq!(ids(reader.wait(soon)), (1..=70).collect::<Vec<_>>());
        hub.publish(String::new());
        assert_eq!(ids(reader.wait(soon)), [71]);
        assert_eq!(reader.has(), 71);
        assert!(matches!(reader.wait(Instant::now()), News::Nothing));
    }

    #[test]
    fn the_end_wakes_who_waits_and_who_comes_later() {
        let hub: Arc<Hub<()>> = Arc::new(Hub::new(100, |_| ()));
        let mut reader = Reader::new(&hub, None);
        hub.end_readers();
        let late = Instant::now() + Duration::from_secs(60);
        assert!(matches!(reader.wait(late), News::Ended));
        assert!(matches!(Reader::new(&hub, None).wait(late), News::Ended));
    }
}
