//! A Redis that can't be used is told when the server starts: soon, on stderr, with what to do, and it ends with 1.

use crate::common::program::without_options;
use crate::common::spawn;
use crate::redis_server::{KEY, Redis};
use crate::run::to_end;
use crate::server::Server;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

/// Starts a server with this feed, which does not come up: what it says on stderr.
fn fails(url: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    without_options(&mut command);
    let start = Instant::now();
    command.args(["--listen", "127.0.0.1:0", "--feed-timeout", "1s", "--feed", url]);
    let said = to_end(&mut command, b"", 20);
    let took = start.elapsed();
    let words = String::from_utf8(said.err.clone()).expect("UTF-8");
    assert_eq!(said.status.code(), Some(1), "{url}: {words}");
    assert!(took < Duration::from_secs(3), "{url}: {took:?}");
    assert!(words.lines().any(|line| line.starts_with("ws101: ")), "{url}: {words}");
    assert!(!words.contains("panicked") && !words.contains(" serves "), "{url}: {words}");
    words
}

/// All of these words are there.
fn says(url: &str, parts: &[&str]) {
    let words = fails(url);
    let lacks: Vec<_> = parts.iter().filter(|part| !words.to_lowercase().contains(&part.to_lowercase())).collect();
    assert!(lacks.is_empty(), "{url}: no {lacks:?} in {words}");
}

/// Somebody who listens there, and does this to who connects.
fn listens(mut does: impl FnMut(std::net::TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("no Redis", move || listener.incoming().flatten().for_each(&mut does));
    addr
}

#[test]
#[ignore = "needs redis-server"]
fn nobody_there() {
    let mut redis = Redis::forgetful();
    redis.kill();
    says(&redis.url(), &["refused", &format!("127.0.0.1:{}", redis.port), "redis-server"]);
    says("redis://no-such-host.invalid", &["no-such-host.invalid"]);
}

#[test]
#[ignore = "needs redis-server"]
fn somebody_else_is_there() {
    let http = Server::start(&["--tick", "off"]);
    says(&format!("redis://127.0.0.1:{}", http.port()), &["Redis"]);
    let mut held = Vec::new();
    let silent = listens(move |stream| held.push(stream));
    says(&format!("redis://{silent}"), &["Redis"]);
    let garbage = listens(|mut stream| drop(stream.write_all(&[0xff; 70_000])));
    says(&format!("redis://{garbage}"), &["Redis"]);
    let closes = listens(drop);
    says(&format!("redis://{closes}"), &["Redis"]);
    let polite = listens(|mut stream| drop(stream.write_all("-ERR \u{1b}[31mred\r\n".repeat(9).as_bytes())));
    let words = fails(&format!("redis://{polite}"));
    assert!(!words.contains('\u{1b}'), "what it says is escaped: {words:?}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_password_that_is_wrong_or_missing() {
    let redis = Redis::start(&["--requirepass", "right"], ":right@");
    says(&format!("redis://127.0.0.1:{}", redis.port), &["password"]);
    for credentials in [":secret-and-wrong@", "nobody:secret-and-wrong@"] {
        let words = fails(&format!("redis://{credentials}127.0.0.1:{}", redis.port));
        assert!(words.to_lowercase().contains("password"), "{words}");
        assert!(!words.contains("secret-and-wrong"), "{words}");
    }
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_will_not_do() {
    let redis = Redis::forgetful();
    redis.say::<()>(&format!("SET {KEY} x"));
    says(&redis.url(), &[KEY]);
    redis.say::<()>("FLUSHALL");
    says(&format!("{}/99", redis.url()), &["99"]);
    // A user who may do everything but that.
    redis.say::<()>("ACL SETUSER reader on >word ~* +@all -eval -evalsha -xadd -script");
    says(&format!("redis://reader:word@127.0.0.1:{}", redis.port), &["reader"]);
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_still_loads() {
    let mut redis = Redis::forgetful();
    redis.will_load_slowly();
    redis.kill();
    redis.start_again_slowly();
    crate::client::wait_for(redis.port);
    says(&redis.url(), &["loading"]);
}
