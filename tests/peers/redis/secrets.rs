//! The password of Redis is in the address, or in the environment. Nobody sees it who is not Redis.

use super::readers::{Reader, Told};
use super::{expect_away, publish, try_publish, wait_until_back};
use crate::common::peer::Peer;
use crate::common::program::Program;
use crate::redis_server::Redis;
use crate::run::to_end;
use std::process::Command;

/// With characters that an address must escape.
const PASSWORD: &str = "hush/hush@me";
const ESCAPED: &str = "hush%2Fhush%40me";

/// All that a backend tells to anybody, while things go well and while they do not.
fn all_it_says(redis: &mut Redis, options: &[&str], variables: &[(&str, &str)]) -> String {
    let variables = [&[("RUST_LOG", "trace")], variables].concat();
    let backend = Program::start_in(&variables, &[&["--tick", "off"], options].concat());
    let reader = Reader::new(super::readers::Kind::Socket, backend.addr, 0);
    let number = publish(backend.addr, "an event");
    reader.reaches(number);
    let mut all = pages(&backend);
    redis.kill();
    reader.moment(&Told::Away);
    all += &expect_away(try_publish(backend.addr, "lost"));
    all += &pages(&backend);
    redis.start_again();
    wait_until_back(&backend);
    redis.say::<()>("CLIENT KILL TYPE normal SKIPME yes");
    all += &pages(&backend);
    backend.signal("TERM");
    let (status, lines) = backend.ended();
    assert!(status.success());
    assert!(lines.iter().any(|line| line.contains("TRACE")), "nothing is left out");
    all + &lines.join("\n")
}

fn pages(backend: &Program) -> String {
    let paths = ["/", "/metrics", "/readyz", "/healthz", "/connections", "/feed", "/feed/poll", "/no-such-page"];
    paths.map(|path| String::from_utf8_lossy(&Peer::get(backend.addr, path).body).into_owned()).concat()
}

fn assert_hushed(what: &str, said: &str) {
    let line = said.lines().find(|line| line.to_lowercase().contains("hush"));
    assert_eq!(line, None, "{what}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_password_is_never_told() {
    let mut redis = Redis::start(&["--requirepass", PASSWORD], &format!(":{ESCAPED}@"));
    let url = redis.url();
    let said = all_it_says(&mut redis, &["--feed", &url], &[]);
    assert_hushed("the option", &said);
    let told = said.lines().find(|line| line.contains("feed = ")).expect("a line of the log on the feed");
    assert!(told.contains(&format!("127.0.0.1:{}", redis.port)), "{told}");
    assert_hushed("the environment", &all_it_says(&mut redis, &[], &[("WS101_FEED", &url)]));
}

/// A user of Redis's access control lists, with no more rights than it takes.
#[test]
#[ignore = "needs redis-server"]
fn a_user_with_few_rights_will_do() {
    let word = format!(">{PASSWORD}");
    let commands = "+evalsha +script|load +time +exists +xadd +xinfo +xrange +xread +xrevrange +xtrim";
    let rights: Vec<&str> =
        ["--user", "feed", "on", &word, "~ws101:feed"].into_iter().chain(commands.split(' ')).collect();
    let mut redis = Redis::start(&rights, "");
    let url = format!("redis://feed:{ESCAPED}@127.0.0.1:{}", redis.port);
    let said = all_it_says(&mut redis, &["--feed", &url], &[]);
    assert_hushed("a user", &said);
}

/// clap shows what a variable holds, unless it is told not to.
#[test]
#[ignore = "needs redis-server"]
fn help_does_not_tell_what_the_variable_holds() {
    let url = format!("redis://:{ESCAPED}@127.0.0.1:1");
    for arguments in [["--help"], ["-h"], ["--no-such-option"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
        let said = to_end(command.args(arguments).env("WS101_FEED", &url), b"", 20);
        assert_hushed(arguments[0], &said.all());
    }
    // Addresses that are wrong, each in its own way.
    for url in ["redis://:hush@", "redis://:hush@[::1", "rediss://:hush@localhost", "redis://:hush@localhost/x", "hush"]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
        let said = to_end(command.args(["--listen", "127.0.0.1:0"]).env("WS101_FEED", url), b"", 20);
        assert_eq!(said.status.code(), Some(2), "{url}: {}", said.all());
        assert_hushed(url, &said.all());
    }
}
