//! Who wants the next event. Each subscriber has a queue of its own with a bound, and nobody waits for another's.
//!
//! Publishing puts the event into the log and into every queue, under one lock, so that all see the same order. It never
//! blocks: a queue that is full has a fate that was chosen when it was made ([`WhenFull`]).

use super::event::Event;
use super::log::{Backlog, Log, Published};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// What happens to an event that finds a queue full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The subscriber is too slow: it gets what is in the queue, and then no more ([`Subscription::is_too_slow`]).
    LeaveOut,
    /// The event is not queued: the subscriber has a sign that there is news, and reads the log.
    Skip,
}

/// The log and those who follow it. `E` is the form in which events are sent.
#[derive(Debug)]
pub struct Hub<E> {
    encode: fn(&Event) -> E,
    inner: Mutex<Inner<E>>,
}

#[derive(Debug)]
struct Inner<E> {
    log: Log<E>,
    last_number: u64,
    subscribers: BTreeMap<u64, Subscriber<E>>,
    /// Those that read the log themselves are not waited for any longer.
    readers_ended: bool,
}

#[derive(Debug)]
struct Subscriber<E> {
    queue: Sender<Arc<Published<E>>>,
    when_full: WhenFull,
    too_slow: Arc<AtomicBool>,
}

impl<E> Hub<E> {
    /// A hub without events. `encode` is called once for each.
    pub fn new(keep: usize, encode: fn(&Event) -> E) -> Hub<E> {
        let (log, subscribers) = (Log::new(keep), BTreeMap::new());
        Hub { encode, inner: Mutex::new(Inner { log, last_number: 0, subscribers, readers_ended: false }) }
    }

    /// Gives `text` the next number and hands it to everybody. Never blocks on a subscriber.
    pub fn publish(&self, text: String) -> Arc<Published<E>> {
        let mut inner = self.lock();
        let event = Event { id: inner.log.last() + 1, at: unix_milliseconds(), text };
        let published = Arc::new(Published { encoded: (self.encode)(&event), event });
        inner.log.push(Arc::clone(&published));
        inner.subscribers.retain(|_, subscriber| subscriber.take(&published));
        published
    }

    /// The number of the newest event; 0 when there was none.
    pub fn last(&self) -> u64 {
        self.lock().log.last()
    }

    /// How many wait for the next event.
    pub fn subscribers(&self) -> usize {
        self.lock().subscribers.len()
    }

    /// What came after the event numbered `after`.
    pub fn after(&self, after: u64) -> Backlog<E> {
        self.lock().log.after(after)
    }

    /// Ends the wait of everybody that reads the log itself: they answer with what they have.
    pub fn end_readers(&self) {
        let mut inner = self.lock();
        inner.readers_ended = true;
        inner.subscribers.retain(|_, subscriber| subscriber.when_full != WhenFull::Skip);
    }

    fn lock(&self) -> MutexGuard<'_, Inner<E>> {
        // Log and map are whole at every moment at which a thread could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> Subscriber<E> {
    /// Whether it stays.
    fn take(&self, published: &Arc<Published<E>>) -> bool {
        let full = self.queue.try_send(Arc::clone(published)).is_err();
        let leaves = full && self.when_full == WhenFull::LeaveOut;
        if leaves {
            self.too_slow.store(true, Ordering::SeqCst);
        }
        !leaves
    }
}

/// A place among those who get the next event. Dropping it gives the place back and ends the queue.
#[derive(Debug)]
pub struct Subscription<E> {
    hub: Arc<Hub<E>>,
    number: u64,
    queue: Receiver<Arc<Published<E>>>,
    too_slow: Arc<AtomicBool>,
}

impl<E> Subscription<E> {
    /// Subscribes, and answers with what came after the event numbered `after` (`None`: from now on). Nothing is missed
    /// between the two and nothing comes twice. At most `bound` events are queued.
    pub fn new(
        hub: &Arc<Hub<E>>,
        after: Option<u64>,
        bound: usize,
        when_full: WhenFull,
    ) -> (Subscription<E>, Backlog<E>) {
        let (sender, queue) = bounded(bound);
        let too_slow = Arc::new(AtomicBool::new(false));
        let mut inner = hub.lock();
        inner.last_number += 1;
        let number = inner.last_number;
        if !(inner.readers_ended && when_full == WhenFull::Skip) {
            let subscriber = Subscriber { queue: sender, when_full, too_slow: Arc::clone(&too_slow) };
            inner.subscribers.insert(number, subscriber);
        }
        let backlog = inner.log.after(after.unwrap_or(inner.log.last()));
        drop(inner);
        (Subscription { hub: Arc::clone(hub), number, queue, too_slow }, backlog)
    }

    /// The events as they come. It ends when the subscription does, or when the subscriber was left out.
    pub fn queue(&self) -> &Receiver<Arc<Published<E>>> {
        &self.queue
    }

    /// Whether it was left out because its queue was full.
    pub fn too_slow(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.too_slow)
    }
}

impl<E> Drop for Subscription<E> {
    fn drop(&mut self) {
        self.hub.lock().subscribers.remove(&self.number);
    }
}

/// Milliseconds since 1970 (UTC): what `Date.now()` is in a browser.
fn unix_milliseconds() -> u64 {
    // A clock before 1970 is wrong, and 0 says so.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Arc<Hub<usize>> {
        Arc::new(Hub::new(100, |event| event.text.len()))
    }

    fn queued(subscription: &Subscription<usize>) -> Vec<u64> {
        subscription.queue().try_iter().map(|published| published.event.id).collect()
    }

    #[test]
    fn everybody_gets_every_event_in_order_and_encoded_once() {
        let hub = hub();
        let (one, _) = Subscription::new(&hub, None, 64, WhenFull::LeaveOut);
        let first = hub.publish("a".to_owned());
        let (two, backlog) = Subscription::new(&hub, Some(0), 64, WhenFull::LeaveOut);
        assert_eq!(backlog.events.len(), 1);
        hub.publish("bb".to_owned());
        assert!(Arc::ptr_eq(&one.queue().recv().expect("queued"), &first));
        assert_eq!((queued(&one), queued(&two)), (vec![2], vec![2]));
    }

    #[test]
    fn who_is_too_slow_is_left_out_and_nobody_else() {
        let hub = hub();
        let (slow, _) = Subscription::new(&hub, None, 2, WhenFull::LeaveOut);
        let (fast, _) = Subscription::new(&hub, None, 3, WhenFull::LeaveOut);
        (0..3).for_each(|_| drop(hub.publish("x".to_owned())));
        assert!(slow.too_slow().load(Ordering::SeqCst) && !fast.too_slow().load(Ordering::SeqCst));
        assert_eq!((queued(&slow), queued(&fast)), (vec![1, 2], vec![1, 2, 3]));
        assert!(slow.queue().recv().is_err(), "its queue has ended");
        hub.publish("x".to_owned());
        assert_eq!(queued(&fast), [4]);
    }

    #[test]
    fn a_subscription_that_ends_gives_its_place_back() {
        let hub = hub();
        let (subscription, _) = Subscription::new(&hub, None, 1, WhenFull::Skip);
        let queue = subscription.queue().clone();
        drop(subscription);
        assert!(queue.recv().is_err());
        assert!(hub.lock().subscribers.is_empty());
    }
}
