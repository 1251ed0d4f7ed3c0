//! The last N events, by number. Pure.

use super::event::{Event, Notice};
use std::collections::VecDeque;
use std::sync::Arc;

/// What an event counts besides its text: number, time and names around it.
const AROUND: usize = 64;

/// An event, and the form in which it is sent. Made once, shared by all who get it.
#[derive(Debug)]
pub struct Published<E> {
    /// The event.
    pub event: Event,
    /// Made of it when it was published, whatever the server needs: the frames of a broadcast.
    pub encoded: E,
}

/// The events that are kept.
#[derive(Debug)]
pub struct Log<E> {
    keep: usize,
    last: u64,
    kept: VecDeque<Arc<Published<E>>>,
}

/// What a reader does not have, in order: notices first. It may be only the first part.
#[derive(Debug)]
pub struct Backlog<E> {
    /// What is to be told before the events.
    pub notices: Vec<Notice>,
    /// Events that are still there, the oldest first.
    pub events: Vec<Arc<Published<E>>>,
}

impl<E> Log<E> {
    /// A log that keeps the last `keep` events.
    pub fn new(keep: usize) -> Log<E> {
        Log { keep, last: 0, kept: VecDeque::new() }
    }

    /// The number of the newest event; 0 when there was none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Appends an event, and forgets the oldest when there are too many. Its number is `last() + 1`, or a higher one: those
    /// between were lost. A lower one is of another log, and is passed over.
    pub fn push(&mut self, published: Arc<Published<E>>) {
        if published.event.id <= self.last {
            return;
        }
        self.last = published.event.id;
        self.kept.push_back(published);
        if self.kept.len() > self.keep {
            self.kept.pop_front();
        }
    }

    /// The numbers up to `last` are taken, and nobody will see their events: they were lost.
    pub fn skip_to(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// What came after the event numbered `after`: all of it, or the first part, with at most `most` bytes of text and an
    /// event.
    pub fn after(&self, after: u64, most: usize) -> Backlog<E> {
        let mut notices = Vec::new();
        let mut have = after;
        if after > self.last {
            notices.push(Notice::Reset { after, last: self.last });
            have = 0;
        }
        let skip = self.kept.partition_point(|published| published.event.id <= have);
        let next = self.kept.get(skip).map_or(self.last + 1, |published| published.event.id);
        if have + 1 < next {
            notices.push(Notice::Gap { from: have + 1, to: next - 1 });
        }
        Backlog { notices, events: self.run_from(skip, most) }
    }

    /// Events from a place on, as far as no number is missing: what is missing is told before the next part.
    fn run_from(&self, skip: usize, most: usize) -> Vec<Arc<Published<E>>> {
        let (mut room, mut next) = (most, None);
        let belongs = |published: &&Arc<Published<E>>| {
            let (id, had_room) = (published.event.id, room > 0);
            room = room.saturating_sub(AROUND + published.event.text.len());
            had_room && next.replace(id + 1).is_none_or(|next| next == id)
        };
        self.kept.range(skip..).take_while(belongs).cloned().collect()
    }
}

// Not derived: that would ask the same of `E`.
impl<E> Default for Backlog<E> {
    fn default() -> Backlog<E> {
        Backlog { notices: Vec::new(), events: Vec::new() }
    }
}

impl<E> Backlog<E> {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.notices.is_empty() && self.events.is_empty()
    }

    /// The number a reader has once it has read all of this; `None`: the one it had before.
    pub fn reached(&self) -> Option<u64> {
        let notice = self.notices.last().and_then(Notice::reached);
        self.events.last().map(|published| published.event.id).or(notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 128 * 1024;

    fn log_of(count: u64, keep: usize) -> Log<()> {
        let mut log = Log::new(keep);
        for id in 1..=count {
            log.push(Arc::new(Published { event: Event { id, at: 0, text: String::new() }, encoded: () }));
        }
        log
    }

    fn after(log: &Log<()>, after: u64) -> (Vec<Notice>, Vec<u64>) {
        let Backlog { notices, events } = log.after(after, MOST);
        (notices, events.iter().map(|published| published.event.id).collect())
    }

    #[test]
    fn what_is_kept_is_given_and_the_rest_is_a_gap() {
        let log = log_of(10, 4);
        assert_eq!(after(&log, 8), (vec![], vec![9, 10]));
        assert_eq!(after(&log, 6), (vec![], vec![7, 8, 9, 10]));
        assert_eq!(after(&log, 5), (vec![Notice::Gap { from: 6, to: 6 }], vec![7, 8, 9, 10]));
        assert_eq!(after(&log, 0), (vec![Notice::Gap { from: 1, to: 6 }], vec![7, 8, 9, 10]));
        assert_eq!(after(&log, 10), (vec![], vec![]));
    }

    #[test]
    fn a_number_from_another_log_starts_anew() {
        let reset = Notice::Reset { after: 11, last: 10 };
        assert_eq!(after(&log_of(10, 20), 11).0, [reset]);
        assert_eq!(after(&log_of(10, 20), 11).1.len(), 10);
        assert_eq!(after(&log_of(10, 4), 11), (vec![reset, Notice::Gap { from: 1, to: 6 }], vec![7, 8, 9, 10]));
        assert_eq!(after(&log_of(0, 4), u64::MAX), (vec![Notice::Reset { after: u64::MAX, last: 0 }], vec![]));
    }

    #[test]
    fn numbers_that_were_lost_are_a_gap_in_their_place() {
        let mut log = log_of(3, 20);
        let push = |log: &mut Log<()>, id| {
            log.push(Arc::new(Published { event: Event { id, at: 0, text: String::new() }, encoded: () }));
        };
        log.skip_to(5);
        assert_eq!((log.last(), after(&log, 3)), (5, (vec![Notice::Gap { from: 4, to: 5 }], vec![])));
        assert_eq!(after(&log, 1), (vec![], vec![2, 3]), "what is before the hole comes first");
        push(&mut log, 6);
        push(&mut log, 9);
        push(&mut log, 2);
        assert_eq!(after(&log, 3), (vec![Notice::Gap { from: 4, to: 5 }], vec![6]));
        assert_eq!(after(&log, 4), (vec![Notice::Gap { from: 5, to: 5 }], vec![6]));
        assert_eq!(after(&log, 6), (vec![Notice::Gap { from: 7, to: 8 }], vec![9]));
        assert_eq!((log.last(), after(&log, 9)), (9, (vec![], vec![])));
    }

    #[test]
    fn an_empty_log_has_nothing() {
        let log = log_of(0, 4);
        assert_eq!(after(&log, 0), (vec![], vec![]));
        assert!(log.after(0, MOST).is_empty() && log.after(0, MOST).reached().is_none());
    }

    #[test]
    fn much_is_handed_out_in_parts() {
        let mut log = Log::new(100);
        for id in 1..=10 {
            let event = Event { id, at: 0, text: "x".repeat(MOST / 3) };
            log.push(Arc::new(Published { event, encoded: () }));
        }
        assert_eq!(after(&log, 0), (vec![], vec![1, 2, 3]));
        assert_eq!(log.after(0, MOST).reached(), Some(3));
        assert_eq!(after(&log, 3), (vec![], vec![4, 5, 6]));
        let huge = Event { id: 11, at: 0, text: "x".repeat(2 * MOST) };
        log.push(Arc::new(Published { event: huge, encoded: () }));
        assert_eq!(after(&log, 10), (vec![], vec![11]));
    }

    #[test]
    fn a_backlog_says_how_far_it_reaches() {
        assert_eq!(log_of(10, 4).after(0, MOST).reached(), Some(10));
        assert_eq!(log_of(0, 4).after(5, MOST).reached(), Some(0));
    }
}
