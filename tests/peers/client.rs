//! `ws101 connect`, with what a test needs around it: ports that are free, and an environment that says nothing.

use crate::limit::Limit;
use crate::run::{Said, to_end};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

/// Variables that change what it prints, or whom it trusts.
const QUIET: [&str; 5] = ["RUST_LOG", "RUST_LOG_STYLE", "CLICOLOR_FORCE", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// `ws101 connect` with these arguments, nothing of the tester's own environment, and no colours.
pub fn connect(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.arg("connect").args(arguments).env("NO_COLOR", "1");
    for name in QUIET {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end, with so much on its standard input.
pub fn connected(arguments: &[&str], input: &str) -> Said {
    to_end(&mut connect(arguments), input.as_bytes(), 60)
}

/// What it said on stderr.
pub fn talk(said: &Said) -> String {
    String::from_utf8_lossy(&said.err).into_owned()
}

/// A port that nobody listens on, for servers that do not take 0 for any. Nobody else in this run is given it: two that draw the
/// same one at a time would find each other's server there. It is below those that Linux gives to clients, and below those
/// that `deploy/lab` draws from.
pub fn free_port() -> u16 {
    const PORTS: Range<u16> = 10_300..20_000;
    static NEXT: OnceLock<Mutex<u16>> = OnceLock::new();
    let mut next = NEXT.get_or_init(|| Mutex::new(fastrand::u16(PORTS))).lock().expect("the next port");
    let is_free = |port: u16| ["127.0.0.1", "0.0.0.0"].iter().all(|host| TcpListener::bind((*host, port)).is_ok());
    for _ in PORTS {
        let port = *next;
        *next = if port + 1 < PORTS.end { port + 1 } else { PORTS.start };
        if is_free(port) {
            return port;
        }
    }
    panic!("no port of {PORTS:?} is free");
}

/// Waits until somebody listens there.
pub fn wait_for(port: u16) {
    let limit = Limit::seconds(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(!limit.left().is_zero(), "nobody listens on port {port}");
        thread::park_timeout(Duration::from_millis(20));
    }
}
