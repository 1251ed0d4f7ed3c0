//! A backend that is behind the other: a client may come to it with a number that it has not read yet. That number is
//! right, and no other log's.

use super::readers::{Kind, Reader, Told, all_are_told, all_reach, events, gaps};
use super::{backend, publish, two_backends, wait_until_back};
use crate::common::feed::{Item, request};
use crate::common::peer::Peer;
use crate::common::program::Program;
use crate::common::{spawn, wait_until};
use crate::redis_server::Redis;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A line to Redis that can be closed for what Redis answers.
struct Gate {
    addr: SocketAddr,
    state: Arc<(Mutex<bool>, Condvar)>,
}

impl Gate {
    fn to(redis: &Redis) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::<(Mutex<bool>, Condvar)>::default();
        let (redis, gate) = (SocketAddr::from(([127, 0, 0, 1], redis.port)), Arc::clone(&state));
        spawn("gate", move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(redis).expect("Redis");
                let (up, down) = ((copy_of(&client), copy_of(&server)), (server, client));
                let gate = Arc::clone(&gate);
                spawn("up", move || pass_on(up.0, up.1, || {}));
                spawn("down", move || pass_on(down.0, down.1, || wait_at(&gate)));
            }
        });
        Gate { addr, state }
    }

    fn close(&self) {
        *self.state.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn open(&self) {
        *self.state.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.state.1.notify_all();
    }

    /// A backend behind it.
    fn backend(&self, timeout: &str) -> Program {
        let url = format!("redis://{}", self.addr);
        Program::start("info", &["--tick", "off", "--name", "A", "--feed", &url, "--feed-timeout", timeout])
    }
}

fn copy_of(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a handle")
}

fn wait_at((is_closed, changed): &(Mutex<bool>, Condvar)) {
    let is_closed = is_closed.lock().unwrap_or_else(PoisonError::into_inner);
    drop(changed.wait_while(is_closed, |is_closed| *is_closed).unwrap_or_else(PoisonError::into_inner));
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, wait: impl Fn()) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        wait();
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// What a reader with this number, which the backend does not know, has been told by the time of the next event.
fn expect_next_alone(reader: &Reader, next: u64) -> Vec<Told> {
    let told = reader.reaches(next);
    assert_eq!(events(&told).iter().map(Item::reached).collect::<Vec<_>>(), [next]);
    assert_eq!(gaps(&told), []);
    told
}

#[test]
#[ignore = "needs redis-server"]
fn a_number_that_is_on_its_way_is_waited_for() {
    let redis = Redis::forgetful();
    let gate = Gate::to(&redis);
    let (a, b) = (gate.backend("30s"), backend(&redis, &["--name", "B"]));
    all_reach(&Reader::all(&[a.addr], 0), publish(b.addr, "one"));
    gate.close();
    assert_eq!(publish(b.addr, "two"), 2);
    let readers = Reader::all(&[a.addr], 2);
    // It is asked at once, and answers nothing: that it has no such event would be wrong.
    let start = Instant::now();
    let poll = Peer::get(a.addr, "/feed/poll?after=2");
    assert_eq!((poll.status.as_str(), poll.field("Feed-Last-Id")), ("204 No Content", "2"));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    gate.open();
    let next = publish(a.addr, "three");
    for reader in &readers {
        expect_next_alone(reader, next);
    }
}

/// The same while Redis is away from one of the two for so long that it says so. Who polls is not kept waiting.
#[test]
#[ignore = "needs redis-server"]
fn a_number_that_is_on_its_way_is_waited_for_while_redis_is_away() {
    let redis = Redis::forgetful();
    let gate = Gate::to(&redis);
    let (a, b) = (gate.backend("300ms"), backend(&redis, &["--name", "B"]));
    all_reach(&Reader::all(&[a.addr], 0), publish(b.addr, "one"));
    gate.close();
    wait_until("A knows", || !super::is_up(&a));
    assert_eq!(publish(b.addr, "two"), 2);
    let readers = Reader::all(&[a.addr], 2);
    all_are_told(&readers, &Told::Away);
    let start = Instant::now();
    let poll = Peer::get(a.addr, "/feed/poll?after=2");
    let fields = ["Feed-Last-Id", "Feed-State"].map(|name| poll.field(name));
    assert_eq!((poll.status.as_str(), fields), ("204 No Content", ["2", "away"]));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    gate.open();
    wait_until_back(&a);
    let next = publish(a.addr, "three");
    for reader in &readers {
        expect_next_alone(reader, next);
        reader.was_away(1);
    }
}

/// It is told from one that is wrong, which is of another feed: soon, and with all that there is.
#[test]
#[ignore = "needs redis-server"]
fn a_number_of_another_feed_is_told_soon() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    all_reach(&Reader::all(&[a.addr], 0), publish(b.addr, "one"));
    let start = Instant::now();
    let mut socket = Peer::open(a.addr, "/feed/ws?after=99&ping=off");
    assert_eq!(socket.payload(0x81), br#"{"reset":{"after":99,"last":1}}"#);
    assert!(socket.payload(0x81).starts_with(br#"{"id":1,"#));
    for path in ["/feed/poll?after=99", "/feed/long-poll?after=99"] {
        let answer = Peer::ask(b.addr, request(path, &["Connection: close"]));
        assert!(answer.text().starts_with(r#"[{"reset":{"after":99,"last":1}},{"id":1,"#), "{path}: {}", answer.text());
    }
    // Each may take a second, and the machine is busy.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// A server that stood still comes back behind a stream that another one has trimmed.
#[test]
#[ignore = "needs redis-server"]
fn what_another_backend_has_trimmed_away_is_a_gap() {
    let redis = Redis::forgetful();
    let gate = Gate::to(&redis);
    let (a, b) = (gate.backend("30s"), backend(&redis, &["--name", "B", "--feed-keep", "10"]));
    let readers = Reader::all(&[a.addr], 0);
    all_reach(&readers, publish(b.addr, "one"));
    gate.close();
    let mut socket = Reader::new(Kind::Socket, b.addr, 1);
    (2..=50).for_each(|number| socket.publish(&number.to_string()));
    socket.reaches(50);
    gate.open();
    let last = publish(a.addr, "the last one");
    assert_eq!(last, 51);
    for reader in &readers {
        let told = reader.reaches(last);
        let numbers: Vec<u64> = events(&told).iter().map(Item::reached).collect();
        // The first one, ten of an answer that was on its way when the gate closed, the last ten, and the one behind them.
        assert!(numbers.len() <= 22 && numbers.ends_with(&[49, 50, 51]), "{told:?}");
    }
}

/// Some thousand texts that come in one piece.
#[test]
#[ignore = "needs redis-server"]
fn thousands_of_texts_in_one_piece_come_to_both_in_order() {
    let redis = Redis::forgetful();
    let (a, b) = (backend(&redis, &["--feed-keep", "9000"]), backend(&redis, &["--feed-keep", "9000"]));
    let readers = Reader::all(&[a.addr, b.addr], 0);
    let mut sender = Peer::open(a.addr, "/feed/ws?after=0&ping=off");
    let frames: Vec<u8> = (1..=5000).flat_map(|_| crate::common::peer::frame(0x81, b"x")).collect();
    spawn("sends", move || {
        sender.send(frames);
        while sender.frame().is_ok() {}
    });
    for reader in &readers {
        assert!(events(&reader.reaches(5000)).iter().map(Item::reached).eq(1..=5000));
    }
}
