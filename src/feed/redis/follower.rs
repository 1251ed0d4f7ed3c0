//! The thread that copies the stream into the hub. It waits in one `XREAD`; when Redis is away it says so, tries again
//! after a while, and goes on where it was.

use super::chain::{Chain, Step};
use super::entry::Entry;
use super::line::{CHECK, Line, Trouble};
use super::{STREAM, Settings};
use crate::feed::Hub;
use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};
use log::info;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Builder;
use std::time::Duration;

/// The first wait before another attempt. Each is twice as long as the one before, and up to half of it more or less, so
/// that not all servers come back at the same moment.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What the thread owns.
#[derive(Debug)]
pub struct Follower<E> {
    hub: Arc<Hub<E>>,
    settings: Settings,
    chain: Chain,
    /// How often Redis was connected to: whoever has an older connection may have a dead one.
    connections: Arc<AtomicU64>,
}

impl<E: Send + Sync + 'static> Follower<E> {
    /// One that has read nothing.
    pub fn new(hub: Arc<Hub<E>>, settings: Settings, connections: Arc<AtomicU64>) -> Follower<E> {
        Follower { hub, settings, chain: Chain::default(), connections }
    }

    /// Reads what the stream has: the last `keep` entries, if nothing was read before. Otherwise what came since.
    pub fn catch_up(&mut self, line: &mut Line) -> Result<(), Trouble> {
        let is_first = self.chain == Chain::default();
        let (last, is_other) = line.resume(&mut self.chain)?;
        if is_other {
            info!("feed ! this is not the stream that was known here: events are lost, and readers are told so");
        }
        if is_first {
            self.chain.last = last.saturating_sub(self.settings.keep as u64);
            self.hub.skip_to(self.chain.last);
        }
        while !self.read(line, Duration::ZERO)? {}
        if self.chain.last < last {
            // The newest entries were taken away; Redis knows their numbers still.
            self.chain = Chain { last, mark: String::new() };
            self.hub.skip_to(last);
        }
        Ok(())
    }

    /// Starts the thread. It ends when `stopped` does.
    pub fn spawn(mut self, line: Line, stopped: Receiver<()>) -> io::Result<()> {
        Builder::new().name("feed-reader".to_owned()).spawn(move || {
            let mut line = Some(line);
            let mut wait = FIRST_WAIT;
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                let trouble = match self.follow(line.take(), &stopped, &mut wait) {
                    Ok(()) => return,
                    Err(trouble) => trouble,
                };
                self.tell(&trouble, wait);
                let jittered = wait.mul_f64(0.5 + fastrand::f64());
                if stopped.recv_timeout(jittered) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                wait = (2 * wait).min(LONGEST_WAIT);
            }
        })?;
        Ok(())
    }

    /// Follows until it is stopped, or something goes wrong.
    fn follow(&mut self, line: Option<Line>, stopped: &Receiver<()>, wait: &mut Duration) -> Result<(), Trouble> {
        let mut line = match line {
            Some(line) => line,
            None => self.reconnect()?,
        };
        *wait = FIRST_WAIT;
        while stopped.try_recv() == Err(TryRecvError::Empty) {
            let before = self.chain.last;
            self.read(&mut line, CHECK)?;
            if self.chain.last == before {
                self.catch_up(&mut line)?; // silence may be that of a stream that is gone
            }
        }
        Ok(())
    }

    fn reconnect(&mut self) -> Result<Line, Trouble> {
        let mut line = Line::open(&self.settings)?;
        self.connections.fetch_add(1, Ordering::AcqRel);
        // What was missed comes before the news that all is well.
        self.catch_up(&mut line)?;
        if let Some(away) = self.hub.source_came_back() {
            info!("feed = Redis is back after {:.1?}; the last event is {}", away.began.elapsed(), self.hub.last());
        }
        Ok(line)
    }

    fn tell(&self, trouble: &Trouble, wait: Duration) {
        if self.hub.source_left(trouble.to_string()) {
            info!(
                "feed ! Redis is away: {trouble}. Readers stay, publishing answers 503; the next try is in about {wait:?}"
            );
        }
    }

    /// Reads once. Whether that was all there is.
    fn read(&mut self, line: &mut Line, wait: Duration) -> Result<bool, Trouble> {
        let (entries, are_all) = line.read(self.chain.last, wait)?;
        let is_whole = self.take(entries);
        if !is_whole {
            info!(
                "feed ! what the stream {STREAM} has after {} is of another stream than was known here",
                self.chain.last
            );
            line.resume(&mut self.chain)?;
            // The last entry that is known may be there, and the next one be somebody else's: then that is read, too.
            self.chain.mark.clear();
        } else if are_all {
            self.hub.is_level();
        }
        Ok(is_whole && are_all)
    }

    /// Hands entries over to the hub, as many together as can be. Whether they followed what was read before.
    fn take(&mut self, entries: Vec<Entry>) -> bool {
        let mut events = Vec::with_capacity(entries.len());
        for entry in entries {
            match self.chain.step(entry) {
                Step::Event(event) => events.push(event),
                Step::Skip(number, why) => {
                    let why = why.unwrap_or("it marks that others were lost (the stream was begun anew)");
                    info!("feed ! entry {number} of {STREAM} is no event: {why}; readers are told a gap");
                    self.hub.take_over(std::mem::take(&mut events));
                    self.hub.skip_to(number);
                }
                Step::Broken => {
                    self.hub.take_over(events);
                    return false;
                }
            }
        }
        self.hub.take_over(events);
        true
    }
}
