//! What is left of many faults, and whether a fault holds up the end: nothing, and no.

use super::readers::{Reader, Told};
use super::{backend, publish, try_publish, wait_until_back};
use crate::common::program::Program;
use crate::common::{spawn, wait_until};
use crate::redis_server::Redis;
use std::fs;
use std::time::{Duration, Instant};

fn threads(backend: &Program) -> usize {
    fs::read_dir(format!("/proc/{}/task", backend.pid())).expect("a process").count()
}

/// With readers that wait, and somebody who wants to publish.
#[test]
#[ignore = "needs redis-server"]
fn a_frozen_redis_does_not_hold_up_the_end() {
    let redis = Redis::forgetful();
    let a = Program::start("debug", &["--tick", "off", "--grace", "10s", "--feed", &redis.url()]);
    let _readers = Reader::all(&[a.addr], 0);
    redis.freeze();
    let addr = a.addr;
    let publishing = spawn("posts", move || try_publish(addr, "unsure").is_err());
    a.wait_for("< POST /feed");
    let start = Instant::now();
    a.signal("TERM");
    let (status, lines) = a.ended();
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert!(status.success(), "{lines:#?}");
    assert!(publishing.join().expect("an answer, not an end without one"));
}

/// Nor does the ticker, which may wait for Redis longer than the end may last.
#[test]
#[ignore = "needs redis-server"]
fn a_frozen_redis_does_not_hold_up_the_end_of_who_publishes_by_itself() {
    let redis = Redis::forgetful();
    let options = ["--feed", &redis.url(), "--tick", "1ms..2ms", "--feed-timeout", "60s", "--grace", "1s"];
    let a = Program::start("info", &options);
    let reader = Reader::new(super::readers::Kind::Socket, a.addr, 0);
    reader.reaches(20);
    redis.freeze();
    let start = Instant::now();
    a.signal("TERM");
    let (status, lines) = a.ended();
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert!(status.success(), "{lines:#?}");
}

/// While it waits to try again, too.
#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_is_gone_does_not_hold_up_the_end() {
    let mut redis = Redis::forgetful();
    let a = backend(&redis, &[]);
    let reader = Reader::new(super::readers::Kind::Socket, a.addr, 0);
    redis.kill();
    reader.moment(&Told::Away);
    let start = Instant::now();
    a.signal("TERM");
    assert!(a.ended().0.success());
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

/// Connections are cut fifty times, and now and then Redis itself ends.
#[test]
#[ignore = "needs redis-server, and Linux for /proc"]
fn fifty_faults_leave_no_thread_and_no_file_behind() {
    let mut redis = Redis::lasting();
    let a = backend(&redis, &[]);
    let reader = Reader::new(super::readers::Kind::Socket, a.addr, 0);
    let mut last = publish(a.addr, "before");
    reader.reaches(last);
    let mut before = None;
    for fault in 1..=50 {
        if fault % 10 == 0 {
            redis.kill();
            redis.start_again();
        } else {
            // Of all but the one who asks.
            redis.say::<()>("CLIENT KILL TYPE normal SKIPME yes");
        }
        wait_until_back(&a);
        wait_until("it publishes", || try_publish(a.addr, "again").inspect(|number| last = *number).is_ok());
        if fault == 10 {
            before = Some((threads(&a), a.files()));
        }
    }
    reader.reaches(last);
    let (threads_before, files_before) = before.expect("a count");
    wait_until("it holds no more than before", || threads(&a) <= threads_before && a.files() <= files_before);
    assert_eq!(reader.ended(), None);
}
