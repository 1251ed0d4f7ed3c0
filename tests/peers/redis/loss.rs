//! Redis comes back without what it had, or forgets it in the middle of everything: readers are told a gap, and no number
//! is given a second time.

use super::readers::{KINDS, Reader, Told, all_reach, events, gaps};
use super::{backend, publish, try_publish, two_backends, wait_until_back};
use crate::common::feed::Item;
use crate::common::program::Program;
use crate::common::wait_until;
use crate::redis_server::{KEY, Redis};
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// Publishes so many.
fn publish_some(addr: SocketAddr, name: &str, count: usize) -> Vec<u64> {
    (0..count).map(|number| publish(addr, &format!("{name} {number}"))).collect()
}

/// Events up to this number, and readers on both backends that have them.
fn readers_with(a: &Program, b: &Program, last: usize) -> Vec<Reader> {
    let readers = Reader::all(&[a.addr, b.addr], 0);
    let numbers = publish_some(a.addr, "old", last);
    assert!(numbers.into_iter().eq(1..=last as u64));
    all_reach(&readers, last as u64);
    readers
}

/// The readers were told of a gap behind this number, and what is published now comes to all, with a number that is new.
fn expect_loss_after(readers: &[Reader], last: u64, a: &Program, b: &Program) {
    for reader in readers {
        let told = reader.wait("a gap", |told| !gaps(told).is_empty());
        assert!(gaps(&told)[0].0 > last, "{told:?}");
    }
    [a, b].into_iter().for_each(wait_until_back);
    let (first, second) = (publish(a.addr, "new on A"), publish(b.addr, "new on B"));
    assert!(last + 1 < first && first < second, "{first} and {second} after {last}");
    for reader in readers {
        let events = events(&reader.reaches(second));
        let numbers: Vec<u64> = events.iter().map(Item::reached).filter(|number| *number > last).collect();
        assert!(numbers.ends_with(&[first, second]), "{numbers:?}");
    }
    for kind in KINDS {
        for backend in [a, b] {
            let late = Reader::new(kind, backend.addr, last);
            let told = late.reaches(second);
            assert!(!gaps(&told).is_empty(), "who comes back with {last} is told: {told:?}");
            assert!(texts(&told).ends_with(&["new on A".to_owned(), "new on B".to_owned()]), "{told:?}");
        }
    }
    assert_logged(a);
    assert_logged(b);
}

/// One of them wrote the mark into the stream; each tells its log of the loss.
fn assert_logged(backend: &Program) {
    wait_until("the log tells of it", || backend.lines().iter().any(|line| line.contains("feed ! ")));
}

fn texts(told: &[Told]) -> Vec<String> {
    events(told).iter().map(|event| event.text().to_owned()).collect()
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_comes_back_empty_is_told_as_a_gap() {
    let mut redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = readers_with(&a, &b, 42);
    redis.kill();
    redis.start_again();
    // Nobody has to publish for that.
    expect_loss_after(&readers, 42, &a, &b);
    assert!(readers.iter().all(|reader| reader.ended().is_none()));
}

/// A backup of yesterday: the numbers of today are not given again.
#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_comes_back_with_an_older_log_is_told_as_a_gap() {
    let mut redis = Redis::lasting();
    let (a, b) = two_backends(&redis);
    let readers = readers_with(&a, &b, 20);
    redis.save_a_copy();
    assert_eq!(publish_some(b.addr, "lost", 22).last(), Some(&42));
    all_reach(&readers, 42);
    redis.kill();
    redis.put_the_copy_back();
    redis.start_again();
    expect_loss_after(&readers, 42, &a, &b);

    // Who starts now knows of it from the stream alone.
    let new = backend(&redis, &[]);
    let last = publish(new.addr, "new on C");
    for reader in Reader::all(&[new.addr], 0) {
        let told = reader.reaches(last);
        let numbers: Vec<u64> = events(&told).iter().map(Item::reached).collect();
        assert!(numbers[..20].iter().copied().eq(1..=20) && numbers[20] > 43, "{numbers:?}");
        assert_eq!(gaps(&told)[0].0, 21);
    }
    for reader in Reader::all(&[new.addr], 42) {
        assert!(!gaps(&reader.reaches(last)).is_empty());
    }
}

/// The connections to it stay: nothing but the stream itself shows it.
#[test]
#[ignore = "needs redis-server"]
fn a_log_that_is_flushed_is_told_as_a_gap() {
    for command in ["FLUSHALL".to_owned(), format!("DEL {KEY}")] {
        let redis = Redis::forgetful();
        let (a, b) = two_backends(&redis);
        let readers = readers_with(&a, &b, 42);
        redis.say::<()>(&command);
        let number = publish(b.addr, "shows it");
        assert!(number > 42, "{number} after {command}");
        expect_loss_after(&readers, 42, &a, &b);
        // What showed it is no victim of it.
        for reader in &readers {
            assert!(reader.events().iter().any(|event| event.text() == "shows it"), "{command}");
        }
    }
}

/// While two backends stand still, a third one fills the empty log with as many events as there were, with more or with
/// fewer, so that the numbers alone show nothing.
#[test]
#[ignore = "needs redis-server"]
fn another_log_with_the_same_numbers_is_no_continuation() {
    // The last one has trimmed its log so far that it begins with the very number that comes next.
    for (count, keep) in [(12, "1000"), (42, "1000"), (43, "1000"), (100, "1000"), (100, "58")] {
        let redis = Redis::forgetful();
        let (a, b) = two_backends(&redis);
        let readers = readers_with(&a, &b, 42);
        let stopped = [&a, &b];
        stopped.iter().for_each(|backend| backend.signal("STOP"));
        redis.say::<()>("FLUSHALL");
        let new = backend(&redis, &["--feed-keep", keep]);
        assert!(publish_some(new.addr, "of another log", count).into_iter().eq(1..=count as u64));
        stopped.iter().for_each(|backend| backend.signal("CONT"));
        // The system ends what a process waited for when it goes on: that is a connection less.
        wait_until("both publish", || stopped.iter().all(|backend| try_publish(backend.addr, "tries").is_ok()));
        let shows = publish(a.addr, "shows it");
        let last = publish(new.addr, "and the third one goes on");
        assert!(shows > 42 && last > shows, "{shows}, {last} after 42 and then {count} others");
        for reader in &readers {
            let told = reader.reaches(last);
            assert!(!gaps(&told).is_empty(), "{count}: silence: {told:?}");
            assert!(texts(&told).ends_with(&["and the third one goes on".to_owned()]), "{count}: {told:?}");
            assert!(texts(&told).contains(&"shows it".to_owned()), "{count}: {told:?}");
        }
    }
}

/// Many publish on both sides when it happens, and again, and again.
#[test]
#[ignore = "needs redis-server"]
fn a_flush_in_the_middle_of_a_burst_is_told_as_a_gap() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    let publishing: Vec<_> = [a.addr, b.addr, a.addr, b.addr]
        .into_iter()
        .enumerate()
        .map(|(who, addr)| crate::common::spawn("posts", move || publish_some(addr, &format!("by {who}"), 250)))
        .collect();
    for last in [100, 300, 500] {
        readers[0].reaches(last);
        redis.say::<()>("FLUSHALL");
    }
    let given: Vec<Vec<u64>> = publishing.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    let last = publish(b.addr, "the last one");
    for reader in &readers {
        let told = reader.reaches(last);
        assert!(!gaps(&told).is_empty(), "silence");
        let texts = texts(&told);
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "an event twice");
    }
    // What one backend has given away and Redis has forgotten before anybody read it, the other one can't know of.
    for (one, two) in [(0, 2), (1, 3)] {
        let numbers: BTreeSet<u64> = given[one].iter().chain(&given[two]).copied().collect();
        assert_eq!(numbers.len(), 500, "a backend has given a number twice");
    }
}
