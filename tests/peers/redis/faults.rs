//! Redis goes away and comes back with all it had: publishing is refused meanwhile, readers stay and are told, and
//! afterwards nothing is missing and nothing is there twice.

use super::readers::{Kind, Reader, Told, all_are_told, all_reach, events};
use super::{expect_away, is_up, publish, readiness, try_publish, two_backends, wait_until_back};
use crate::common::feed::Item;
use crate::common::peer::{Peer, Response};
use crate::common::program::Program;
use crate::common::{spawn, wait_until};
use crate::redis_server::Redis;
use std::time::{Duration, Instant};

/// All that a backend says of itself while it has no Redis.
fn assert_away(backend: &Program) {
    let why = expect_away(try_publish(backend.addr, "lost"));
    assert!(why.contains("Redis"), "{why}");
    let (status, why) = readiness(backend);
    assert!(status == "503 Service Unavailable" && why.contains("Redis"), "{status} {why}");
    assert_eq!(Peer::get(backend.addr, "/healthz").status, "200 OK", "a restart would not help");
    assert_eq!(Peer::get(backend.addr, "/feed/poll?after=0").field("Feed-State"), "away");
    let metrics = Peer::get(backend.addr, "/metrics");
    assert!(metrics.text().contains("ws101_feed_source_up 0\n"));
    assert!(metrics.text().contains("ws101_refusals_total{reason=\"feed-away\"}"), "{}", metrics.text());
}

fn assert_back(backend: &Program) {
    wait_until_back(backend);
    assert_eq!(readiness(backend).0, "200 OK");
    assert_eq!(Peer::get(backend.addr, "/feed/poll?after=0").field("Feed-State"), "");
}

/// Killed or ended in order makes no difference, as long as each write is on disk.
#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_comes_back_with_its_data_goes_on_where_it_was() {
    for end in [Redis::kill, Redis::terminate] {
        let mut redis = Redis::lasting();
        let (a, b) = two_backends(&redis);
        let readers = Reader::all(&[a.addr, b.addr], 0);
        (1..=20).for_each(|number| assert_eq!(publish(a.addr, &format!("event {number}")), number));
        all_reach(&readers, 20);
        end(&mut redis);
        for backend in [&a, &b] {
            wait_until("the backend knows", || !is_up(backend));
            assert_away(backend);
        }
        all_are_told(&readers, &Told::Away);
        redis.start_again();
        [&a, &b].into_iter().for_each(assert_back);
        assert_eq!(publish(b.addr, "event 21"), 21);
        for reader in &readers {
            reader.reaches(21);
            let told = reader.was_away(1);
            let texts: Vec<String> = events(&told).iter().map(|event| event.text().to_owned()).collect();
            assert_eq!(texts, (1..=21).map(|number| format!("event {number}")).collect::<Vec<_>>());
            assert_eq!(super::readers::gaps(&told), []);
            assert_eq!(reader.ended(), None, "the same connection all the time");
        }
    }
}

/// A line of text on `/live` instead of a notice.
#[test]
#[ignore = "needs redis-server"]
fn who_gets_nothing_but_texts_is_told_in_words() {
    let mut redis = Redis::lasting();
    let (a, _b) = two_backends(&redis);
    let mut live = Peer::open(a.addr, "/live?ping=off");
    let mut next = || String::from_utf8(live.payload(0x81)).expect("UTF-8");
    publish(a.addr, "before");
    while next() != "before" {}
    redis.kill();
    let away = next();
    assert!(away.starts_with('(') && away.contains("can't be reached"), "{away}");
    redis.start_again();
    let back = next();
    assert!(back.starts_with('(') && back.contains("can be reached again"), "{back}");
    wait_until_back(&a);
    publish(a.addr, "after");
    assert_eq!(next(), "after");
}

/// Nothing is refused and nothing answers: whoever publishes is told when the time is over, however many there are.
#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_is_frozen_costs_who_publishes_the_timeout_and_no_more() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    assert_eq!(publish(a.addr, "before"), 1);
    all_reach(&readers, 1);
    redis.freeze();
    let addrs = [a.addr, b.addr];
    let publishing: Vec<_> = (0..16)
        .map(|number| {
            spawn("posts", move || {
                let start = Instant::now();
                (try_publish(addrs[number % 2], &format!("unsure {number}")), start.elapsed())
            })
        })
        .collect();
    for thread in publishing {
        let (answer, took) = thread.join().expect("no panic");
        expect_away(answer);
        // --feed-timeout is 2 s, and the machine is busy.
        assert!(took < Duration::from_secs(4), "{took:?} for all at once, or one after the other?");
    }
    for backend in [&a, &b] {
        wait_until("the backend knows", || !is_up(backend));
        let start = Instant::now();
        assert_away(backend);
        assert!(start.elapsed() < Duration::from_secs(2), "what is known is not waited for again");
    }
    all_are_told(&readers, &Told::Away);
    redis.thaw();
    [&a, &b].into_iter().for_each(assert_back);
    let last = publish(b.addr, "after");
    let all: Vec<Vec<Told>> = readers.iter().map(|reader| reader.reaches(last)).collect();
    readers.iter().for_each(|reader| drop(reader.was_away(1)));
    let first = events(&all[0]);
    assert!(all.iter().all(|told| events(told) == first));
    // Who was told 503 may have been heard all the same; but never twice.
    let mut texts: Vec<&str> = first.iter().map(Item::text).collect();
    let count = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), count, "twice: {first:?}");
    assert!(first.first().is_some_and(|event| event.text() == "before"));
    assert!(first.last().is_some_and(|event| event.text() == "after"));
}

/// Who publishes by messages has no status to look at: each text comes back as an event, or is told not to be one.
#[test]
#[ignore = "needs redis-server"]
fn messages_that_are_not_published_are_told_to_who_sent_them() {
    let mut redis = Redis::lasting();
    let (a, _b) = two_backends(&redis);
    let mut socket = Reader::new(Kind::Socket, a.addr, 0);
    socket.publish("one");
    socket.reaches(1);
    redis.kill();
    socket.moment(&Told::Away);
    (0..5).for_each(|number| socket.publish(&format!("lost {number}")));
    let count = |told: &[Told]| {
        told.iter().map(|told| if let Told::Unpublished(count) = told { *count } else { 0 }).sum::<u64>()
    };
    socket.wait("five texts are told", |told| count(told) == 5);
    redis.start_again();
    socket.was_away(1);
    socket.publish("two");
    let texts: Vec<String> = events(&socket.reaches(2)).iter().map(|event| event.text().to_owned()).collect();
    assert_eq!(texts, ["one", "two"]);
}

/// Readers are told within the time in which Redis may be silent, even if nobody publishes.
#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_is_frozen_is_noticed_without_anybody_who_publishes() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    publish(a.addr, "before");
    all_reach(&readers, 1);
    let start = Instant::now();
    redis.freeze();
    for reader in &readers {
        let after = reader.moment(&Told::Away).saturating_duration_since(start);
        assert!(after < Duration::from_secs(10), "told after {after:?}");
    }
    redis.thaw();
    publish_when_back(&a);
    readers.iter().for_each(|reader| drop(reader.was_away(1)));
    all_reach(&readers, 2);
}

fn publish_when_back(backend: &Program) {
    wait_until_back(backend);
    publish(backend.addr, "after");
}

/// Redis, or whoever stands in between, ends connections on which nothing was asked for long. Whoever publishes then
/// need not try again.
#[test]
#[ignore = "needs redis-server"]
fn a_connection_that_was_ended_in_silence_costs_no_event() {
    let redis = Redis::start(&["--appendonly", "no", "--timeout", "4"], "");
    let (a, _b) = two_backends(&redis);
    assert_eq!(publish(a.addr, "before"), 1);
    let connections = || redis.say::<String>("CLIENT LIST TYPE normal").matches("cmd=evalsha").count();
    wait_until("somebody who published", || connections() == 1);
    wait_until("Redis ends its connection", || connections() == 0);
    assert_eq!(publish(a.addr, "after"), 2);
}

/// One that reads its data answers, but with an error.
#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_still_loads_is_away() {
    let mut redis = Redis::forgetful();
    let (a, _b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr], 0);
    publish(a.addr, "before");
    redis.will_load_slowly();
    redis.kill();
    redis.start_again_slowly();
    let says_so = |answer: Result<u64, Response>| answer.is_err_and(|answer| answer.text().contains("loading"));
    wait_until("it answers that it loads", || says_so(try_publish(a.addr, "lost")));
    all_are_told(&readers, &Told::Away);
    publish_when_back(&a);
    all_reach(&readers, 2);
}

/// What is there can be read, and nothing can be added.
#[test]
#[ignore = "needs redis-server"]
fn a_replica_refuses_what_is_published_and_says_why() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    publish(a.addr, "before");
    redis.say::<()>("REPLICAOF 127.0.0.1 1");
    for backend in [&a, &b] {
        // At first it is away: whoever waits in it for something new is sent away when it becomes a replica.
        wait_until("it says why", || {
            let why = expect_away(try_publish(backend.addr, "lost"));
            why.to_lowercase().replace('-', "").contains("readonly")
        });
    }
    redis.say::<()>("REPLICAOF NO ONE");
    wait_until("it publishes", || try_publish(a.addr, "after").is_ok());
    all_reach(&readers, 2);
}
