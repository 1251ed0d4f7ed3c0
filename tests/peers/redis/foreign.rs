//! Whoever has the password can write into the stream. What is no event of ours is told as a gap or handed out as text;
//! it stops nothing.

use super::readers::{Reader, events};
use super::{publish, try_publish, two_backends};
use crate::common::peer::Peer;
use crate::common::program::Program;
use crate::redis_server::{KEY, Redis};

/// Both backends go on: an event that is published now comes to all, and what they said before was a chain.
fn expect_life(readers: &[Reader], a: &Program, b: &Program) -> u64 {
    let (first, second) = (publish(a.addr, "life on A"), publish(b.addr, "life on B"));
    for reader in readers {
        let told = reader.reaches(second);
        let last: Vec<(u64, String)> =
            events(&told).iter().rev().take(2).map(|event| (event.reached(), event.text().to_owned())).collect();
        assert_eq!(last, [(second, "life on B".to_owned()), (first, "life on A".to_owned())]);
    }
    second
}

#[test]
#[ignore = "needs redis-server"]
fn entries_of_others_stop_nothing() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    let mut last = expect_life(&readers, &a, &b);
    let entries: [(&str, &[&[u8]]); 7] = [
        ("no field that we know", &[b"foo", b"bar"]),
        ("no mark", &[b"text", b"a text", b"at", b"1"]),
        ("a text that is no UTF-8", &[b"text", b"\xff\x1b[31m\0\x80", b"at", b"1", b"mark", b"0", b"prev", b"0"]),
        ("a time that is none", &[b"text", b"a", b"at", b"-1e99", b"mark", b"zz", b"prev", b""]),
        ("a loss that is none", &[b"lost", b"all of it", b"at", b"x"]),
        ("a field twice", &[b"text", b"one", b"text", b"two", b"at", b"1", b"at", b"2"]),
        ("nothing at all", &[b"", b""]),
    ];
    for (what, fields) in entries {
        eprintln!("{what}");
        let id = format!("{}-0", last + 1);
        let words = [&[b"XADD".as_slice(), KEY.as_bytes(), id.as_bytes()], fields].concat();
        redis.ask::<()>(&words);
        last = expect_life(&readers, &a, &b);
        // With a second part in its id, between two numbers.
        let id = format!("{last}-7");
        let words = [&[b"XADD".as_slice(), KEY.as_bytes(), id.as_bytes()], fields].concat();
        redis.ask::<()>(&words);
        last = expect_life(&readers, &a, &b);
    }
    // A number like 1700000000000, by Redis's clock.
    redis.ask::<()>(&[b"XADD", KEY.as_bytes(), b"*", b"foo", b"bar"]);
    expect_life(&readers, &a, &b);
    assert!(readers.iter().all(|reader| reader.ended().is_none()));
}

/// `--max-event` holds for what comes to this server; what is in the stream is handed out, or told as a gap.
#[test]
#[ignore = "needs redis-server"]
fn a_huge_text_stops_nothing() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    let last = expect_life(&readers, &a, &b);
    let (id, text) = (format!("{}-0", last + 1), "x".repeat(8 << 20));
    redis.ask::<()>(&[b"XADD", KEY.as_bytes(), id.as_bytes(), b"text", text.as_bytes(), b"at", b"1"]);
    expect_life(&readers, &a, &b);
}

/// What is taken from the middle was told already, or is a gap for who comes later.
#[test]
#[ignore = "needs redis-server"]
fn entries_that_others_take_away_are_gaps() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    let last = expect_life(&readers, &a, &b);
    redis.say::<()>(&format!("XDEL {KEY} {last}-0"));
    expect_life(&readers, &a, &b);
    redis.say::<()>(&format!("XTRIM {KEY} MAXLEN 0"));
    let last = expect_life(&readers, &a, &b);
    redis.say::<()>(&format!("XTRIM {KEY} MAXLEN 1"));
    let new = super::backend(&redis, &[]);
    for reader in Reader::all(&[new.addr], 0) {
        assert_eq!(super::readers::gaps(&reader.reaches(last)), [(1, last - 1)]);
    }
}

/// Redis knows the last number without its entry, and so does a server that starts then.
#[test]
#[ignore = "needs redis-server"]
fn numbers_whose_entries_are_all_gone_are_known_to_who_starts_later() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let last = expect_life(&[], &a, &b);
    redis.say::<()>(&format!("XTRIM {KEY} MAXLEN 0"));
    let new = super::backend(&redis, &[]);
    for reader in Reader::all(&[new.addr], 0) {
        assert_eq!(super::readers::gaps(&reader.reaches(last)), [(1, last)]);
    }
    let readers = Reader::all(&[new.addr], last);
    let next = expect_life(&readers, &a, &b);
    assert_eq!(next, last + 2);
    readers.iter().for_each(|reader| assert_eq!(super::readers::gaps(&reader.reaches(next)), []));
}

/// The last number that there can be: nothing can be published behind it, and that is said.
#[test]
#[ignore = "needs redis-server"]
fn a_number_behind_which_there_is_none_stops_no_server() {
    for id in ["9007199254740993-0", "18446744073709551614-0", "18446744073709551615-18446744073709551615"] {
        let redis = Redis::forgetful();
        let (a, b) = two_backends(&redis);
        publish(a.addr, "before");
        redis.say::<()>(&format!("XADD {KEY} {id} text end at 1"));
        for _ in 0..3 {
            for backend in [&a, &b] {
                // Whether it takes one more or none: it answers.
                let status =
                    try_publish(backend.addr, "after").map_or_else(|answer| answer.status, |_| "200 OK".to_owned());
                assert!(["200 OK", "503 Service Unavailable"].contains(&status.as_str()), "{id}: {status}");
                assert_eq!(Peer::get(backend.addr, "/healthz").status, "200 OK");
                let status = Peer::get(backend.addr, "/feed/poll?after=0").status;
                assert!(["200 OK", "204 No Content"].contains(&status.as_str()), "{id}: {status}");
            }
        }
        let panics = |backend: &Program| backend.lines().iter().any(|line| line.contains("panicked"));
        assert!(!panics(&a) && !panics(&b), "{id}");
    }
}

/// A key of another type is there, all of a sudden.
#[test]
#[ignore = "needs redis-server"]
fn a_key_of_another_type_is_told_and_forgotten_when_it_is_gone() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[a.addr, b.addr], 0);
    expect_life(&readers, &a, &b);
    redis.say::<()>(&format!("SET {KEY} x"));
    let why = super::expect_away(try_publish(a.addr, "lost"));
    assert!(why.contains("WRONGTYPE") || why.contains("wrong kind"), "{why}");
    redis.say::<()>(&format!("DEL {KEY}"));
    super::wait_until_back(&a);
    super::wait_until_back(&b);
    expect_life(&readers, &a, &b);
}
