//! Faults in no order, while both backends are published to. None of them loses anything, so nothing may be missing.

use super::readers::{Reader, events, gaps};
use super::{backend, publish, try_publish, wait_until_back};
use crate::common::feed::Item;
use crate::common::spawn;
use crate::redis_server::Redis;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, park_timeout};
use std::time::{Duration, Instant};

/// How many faults there are.
const FAULTS: usize = 12;

/// What became of each text: its number, or none.
type Outcomes = BTreeMap<String, Option<u64>>;

/// Publishes one text after the other until it is told to end.
fn publish_on(addr: SocketAddr, name: &'static str, ends: Arc<AtomicBool>) -> JoinHandle<Outcomes> {
    spawn("posts", move || {
        let mut outcomes = Outcomes::new();
        while !ends.load(Ordering::Relaxed) {
            let text = format!("{name} {}", outcomes.len());
            let number = try_publish(addr, &text).ok();
            outcomes.insert(text, number);
            if number.is_none() {
                // Whoever is refused at once does not ask again at once.
                park_timeout(Duration::from_millis(10));
            }
        }
        outcomes
    })
}

fn pass(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        park_timeout(end.saturating_duration_since(Instant::now()));
    }
}

/// Does something bad to Redis, or to a connection with it, and makes up for it.
fn fault(redis: &mut Redis, random: &mut fastrand::Rng) {
    let time = Duration::from_millis(random.u64(0..900));
    match random.u32(0..4) {
        0 => {
            redis.freeze();
            pass(time);
            redis.thaw();
        }
        1 => {
            redis.kill();
            pass(time);
            redis.start_again();
        }
        2 => {
            redis.terminate();
            redis.start_again();
        }
        _ => redis.say::<()>("CLIENT KILL TYPE normal SKIPME yes"),
    }
}

#[test]
#[ignore = "needs redis-server"]
fn faults_in_no_order_lose_nothing_and_repeat_nothing() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut redis = Redis::lasting();
    let options = ["--feed-timeout", "400ms", "--feed-keep", "100000"];
    let (a, b) = (backend(&redis, &options), backend(&redis, &options));
    let readers = Reader::all(&[a.addr, b.addr], 0);
    let ends = Arc::new(AtomicBool::new(false));
    let publishing = [("a", a.addr), ("b", b.addr), ("c", a.addr), ("d", b.addr)];
    let publishing = publishing.map(|(name, addr)| publish_on(addr, name, Arc::clone(&ends)));
    for _ in 0..FAULTS {
        pass(Duration::from_millis(random.u64(0..300)));
        fault(&mut redis, &mut random);
    }
    [&a, &b].into_iter().for_each(wait_until_back);
    ends.store(true, Ordering::Relaxed);
    let outcomes: Outcomes = publishing.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    [&a, &b].into_iter().for_each(wait_until_back);
    let last = publish(a.addr, "the last one");

    let all: Vec<Vec<Item>> = readers.iter().map(|reader| events(&reader.reaches(last))).collect();
    for (reader, events) in readers.iter().zip(&all) {
        assert_eq!(gaps(&reader.reaches(last)), [], "seed {seed}");
        assert!(*events == all[0], "not the same for all, seed {seed}");
    }
    let told: BTreeMap<&str, u64> = all[0].iter().map(|event| (event.text(), event.reached())).collect();
    assert_eq!(told.len(), all[0].len(), "an event twice, seed {seed}");
    for (text, number) in &outcomes {
        // Who was told 503 does not know.
        assert!(number.is_none() || told.get(text.as_str()) == number.as_ref(), "{text}: {number:?}, seed {seed}");
    }
    let count = outcomes.values().flatten().count();
    eprintln!("{count} of {} were published, {} are there", outcomes.len(), told.len());
    assert!(count > 50 && count < outcomes.len(), "the test has no teeth, seed {seed}");
}
