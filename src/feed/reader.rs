//! One who follows the log: takes what it does not have, and waits when there is nothing.
//!
//! All transports read like this. They differ in what they do when a reader is slow ([`WhenSlow`]).

use super::bell::Heard;
use super::event::Notice;
use super::hub::{Hub, Progress};
use super::log::Backlog;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What becomes of a reader that does not keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenSlow {
    /// It reads on from the log. What the log no longer has by then, it is told as a gap.
    ReadsOn,
    /// It is left out when one [write](Reader::in_write) has lasted longer than this while more than
    /// [`MOST_WAITING`](super::hub::MOST_WAITING) events wait.
    LeftOut(Duration),
}

/// A place in the log, and a bell that rings when there is more. Dropping it gives the bell back.
#[derive(Debug)]
pub struct Reader<E> {
    hub: Arc<Hub<E>>,
    number: u64,
    progress: Arc<Progress>,
    has: u64,
    /// How much it takes at once, in bytes of text.
    most: usize,
    /// When its number, if it is beyond the log's end, is sure to be of another log.
    sure_at: u64,
    /// Whether it was told that the log's source is away. `None`: it is not told such things.
    told_away: Option<bool>,
}

/// What is handed out at once. A reader that is far behind gets the log in parts, so that nobody has to hold all of it in
/// memory for each of them.
pub const PART: usize = 128 * 1024;

/// The same for one that may be too slow: a part must be small enough to be written in that time over a line that is not.
const SMALL_PART: usize = 16 * 1024;

/// What a wait ended with.
#[derive(Debug)]
pub enum News<E> {
    /// Something to tell.
    Backlog(Backlog<E>),
    /// Nothing came in time.
    Nothing,
    /// There will be no more: the server stops, or whoever reads was told to end.
    Ended,
    /// It was left out.
    TooSlow,
}

/// Ends a reader that another thread has.
#[derive(Debug)]
pub struct Ender<E> {
    hub: Arc<Hub<E>>,
    number: u64,
}

impl<E> Reader<E> {
    /// A reader that has everything up to the event numbered `after`; `None`: everything there is now.
    pub fn new(hub: &Arc<Hub<E>>, after: Option<u64>, when_slow: WhenSlow) -> Reader<E> {
        let has = after.unwrap_or_else(|| hub.last());
        let (patience, most) = match when_slow {
            WhenSlow::ReadsOn => (None, PART),
            WhenSlow::LeftOut(patience) => (Some(patience), SMALL_PART),
        };
        let (number, progress) = hub.add_bell(patience, has);
        let sure_at = hub.source().sure_at();
        Reader { hub: Arc::clone(hub), number, progress, has, most, sure_at, told_away: None }
    }

    /// The same, and it is told when the log's source goes out of reach and when it comes back.
    pub fn told_of_source(mut self) -> Reader<E> {
        self.told_away = Some(false);
        self
    }

    /// The number it has reached.
    pub fn has(&self) -> u64 {
        self.has
    }

    /// Whether there is nothing that it does not have: a wait would last.
    pub fn has_all(&self) -> bool {
        self.is_in_doubt() || self.hub.after(self.has, 1).is_empty()
    }

    /// Ends it from another thread, when dropped.
    pub fn ender(&self) -> Ender<E> {
        Ender { hub: Arc::clone(&self.hub), number: self.number }
    }

    /// Runs a write, and lets those who publish see how long it lasts.
    pub fn in_write<T>(&self, write: impl FnOnce() -> T) -> T {
        self.progress.write_began.store(self.hub.clock(), Ordering::Release);
        let written = write();
        self.progress.write_began.store(0, Ordering::Release);
        written
    }

    /// Waits until there is something it does not have, until `deadline` at the latest (`None`: there is none).
    pub fn wait(&mut self, deadline: Option<Instant>) -> News<E> {
        loop {
            if self.progress.too_slow.load(Ordering::Acquire) {
                return News::TooSlow;
            }
            // The log is asked before the bell: an event that came in between rings it.
            if let Some(backlog) = self.look() {
                return News::Backlog(backlog);
            }
            match self.progress.bell.wait(self.hub.turns(), deadline) {
                Heard::Ring => {}
                Heard::Nothing => return News::Nothing,
                Heard::Gone if self.progress.too_slow.load(Ordering::Acquire) => {}
                Heard::Gone => return News::Ended,
            }
        }
    }
}

impl<E> Reader<E> {
    /// Another process that shares the log may have handed out an event which is still on its way here.
    fn is_in_doubt(&self) -> bool {
        self.has > self.hub.last() && !self.hub.source().is_sure(self.sure_at)
    }

    /// What it does not have, if there is anything.
    fn look(&mut self) -> Option<Backlog<E>> {
        let backlog = if self.is_in_doubt() { Backlog::default() } else { self.hub.after(self.has, self.most) };
        if let Some(reached) = backlog.reached() {
            self.has = reached;
            self.progress.has.store(reached, Ordering::Release);
            return Some(backlog);
        }
        let notice = self.hub.source().notice(self.told_away?)?;
        self.told_away = Some(matches!(notice, Notice::Away { .. }));
        Some(Backlog { notices: vec![notice], events: Vec::new() })
    }
}

impl<E> Drop for Reader<E> {
    fn drop(&mut self) {
        self.hub.remove_bell(self.number);
    }
}

impl<E> Drop for Ender<E> {
    fn drop(&mut self) {
        self.hub.remove_bell(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::super::hub::MOST_WAITING;
    use super::super::source::Source;
    use super::*;

    fn hub() -> Arc<Hub<()>> {
        Arc::new(Hub::new(100, Source::here(), |_| ()))
    }

    fn publish(hub: &Hub<()>, count: u64) {
        (0..count).for_each(|_| drop(hub.publish(String::new())));
    }

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(60))
    }

    fn ids(news: News<()>) -> Vec<u64> {
        let News::Backlog(backlog) = news else { panic!("{news:?}") };
        backlog.events.iter().map(|published| published.event.id).collect()
    }

    #[test]
    fn everybody_gets_the_same_events_in_order() {
        let hub = hub();
        let mut one = Reader::new(&hub, None, WhenSlow::ReadsOn);
        let mut two = Reader::new(&hub, None, WhenSlow::LeftOut(Duration::from_secs(60)));
        publish(&hub, 70);
        let mut late = Reader::new(&hub, Some(68), WhenSlow::ReadsOn);
        assert_eq!(ids(one.wait(soon())), (1..=70).collect::<Vec<_>>());
        assert_eq!(ids(two.wait(soon())), (1..=70).collect::<Vec<_>>());
        assert_eq!(ids(late.wait(soon())), [69, 70]);
        publish(&hub, 1);
        assert_eq!(ids(one.wait(soon())), [71]);
        assert_eq!(one.has(), 71);
        assert!(matches!(one.wait(Some(Instant::now())), News::Nothing));
    }

    #[test]
    fn a_burst_leaves_nobody_out() {
        let hub = hub();
        let mut reader = Reader::new(&hub, None, WhenSlow::LeftOut(Duration::ZERO));
        publish(&hub, 100);
        assert_eq!(ids(reader.wait(soon())).len(), 100);
    }

    #[test]
    fn whose_write_does_not_end_is_left_out_and_nobody_else() {
        let hub = hub();
        let mut slow = Reader::new(&hub, None, WhenSlow::LeftOut(Duration::ZERO));
        let mut quick = Reader::new(&hub, None, WhenSlow::LeftOut(Duration::ZERO));
        let mut patient = Reader::new(&hub, None, WhenSlow::ReadsOn);
        let is_out = |reader: &Reader<()>| reader.progress.too_slow.load(Ordering::Acquire);
        slow.in_write(|| {
            // So many may wait for as long as they like.
            publish(&hub, MOST_WAITING);
            assert!(!is_out(&slow));
            while !is_out(&slow) {
                publish(&hub, 1);
            }
        });
        assert!(matches!(slow.wait(soon()), News::TooSlow));
        assert!(matches!(patient.wait(soon()), News::Backlog(_)));
        quick.in_write(|| assert!(!is_out(&quick)));
        publish(&hub, 1);
        assert!(matches!(quick.wait(soon()), News::Backlog(_)) && !is_out(&quick));
    }

    #[test]
    fn the_end_wakes_who_waits_and_who_comes_later() {
        let hub = hub();
        let mut reader = Reader::new(&hub, None, WhenSlow::ReadsOn);
        let mut pushed = Reader::new(&hub, None, WhenSlow::LeftOut(Duration::from_secs(60)));
        hub.end_patient_readers();
        assert!(matches!(reader.wait(soon()), News::Ended));
        assert!(matches!(Reader::new(&hub, None, WhenSlow::ReadsOn).wait(soon()), News::Ended));
        publish(&hub, 1);
        assert_eq!(ids(pushed.wait(soon())), [1]);
        drop(pushed.ender());
        assert!(matches!(pushed.wait(None), News::Ended));
    }

    #[test]
    fn a_number_from_elsewhere_is_waited_for_until_it_is_sure_to_be_wrong() {
        let hub: Arc<Hub<()>> = Arc::new(Hub::new(100, Source::elsewhere(), |_| ()));
        let event = |id| Event { id, at: 0, text: String::new() };
        hub.take_over(vec![event(1), event(2)]);
        let mut early = Reader::new(&hub, Some(3), WhenSlow::ReadsOn);
        let mut wrong = Reader::new(&hub, Some(9), WhenSlow::ReadsOn);
        assert!(matches!(early.wait(Some(Instant::now())), News::Nothing));
        hub.take_over(vec![event(3), event(4)]);
        assert_eq!(ids(early.wait(soon())), [4]);
        hub.is_level();
        assert!(matches!(wrong.wait(Some(Instant::now())), News::Nothing));
        hub.is_level();
        let News::Backlog(backlog) = wrong.wait(soon()) else { panic!("it waits on") };
        assert_eq!((backlog.notices[0], backlog.events.len()), (Notice::Reset { after: 9, last: 4 }, 4));
    }

    #[test]
    fn nobody_is_woken_for_nothing() {
        let hub: Arc<Hub<()>> = Arc::new(Hub::new(100, Source::elsewhere(), |_| ()));
        let reader = Reader::new(&hub, None, WhenSlow::ReadsOn);
        let hears = || reader.progress.bell.wait(hub.turns(), Some(Instant::now()));
        hub.take_over(Vec::new());
        hub.skip_to(0);
        assert_eq!(hears(), Heard::Nothing);
        hub.skip_to(1);
        assert_eq!(hears(), Heard::Ring);
    }

    #[test]
    fn who_wants_to_know_is_told_of_an_absence() {
        let hub: Arc<Hub<()>> = Arc::new(Hub::new(100, Source::elsewhere(), |_| ()));
        let mut told = Reader::new(&hub, None, WhenSlow::ReadsOn).told_of_source();
        let mut untold = Reader::new(&hub, None, WhenSlow::ReadsOn);
        hub.take_over(vec![Event { id: 1, at: 0, text: String::new() }]);
        assert!(hub.source_left("gone".to_owned()) && !hub.source_left("still".to_owned()));
        assert_eq!(ids(told.wait(soon())), [1], "what is there comes first");
        let name = |news| match news {
            News::Backlog(Backlog { notices, .. }) => notices[0].name(),
            other => panic!("{other:?}"),
        };
        assert_eq!(name(told.wait(soon())), "away");
        assert!(matches!(told.wait(Some(Instant::now())), News::Nothing), "once is enough");
        assert!(hub.source_came_back().is_some());
        assert_eq!(name(told.wait(soon())), "back");
        assert_eq!(ids(untold.wait(soon())), [1]);
        assert!(matches!(untold.wait(Some(Instant::now())), News::Nothing));
    }

    #[test]
    fn a_reader_that_is_dropped_gives_its_bell_back() {
        let hub = hub();
        drop(Reader::new(&hub, None, WhenSlow::ReadsOn));
        assert_eq!(hub.readers(), 0);
    }
}
