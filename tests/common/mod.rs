//! A client that speaks bytes, and two ways to have a server: in this process, or as the program itself.
//!
//! Every wait ends: reads and writes have the socket's timeout, and whatever else a test waits for is looked at until
//! it holds or [`PATIENCE`] is over. Nothing here sleeps for a time that is hoped to be long enough.
//!
//! Left out on purpose: any opinion about the protocol. A response and a frame are cut out of the stream, and what
//! should be in them stands in the test.

#![allow(dead_code, reason = "each test file is a program of its own and uses its own part of this")]

pub mod balancer;
pub mod client;
pub mod feed;
pub mod grant;
pub mod peer;
pub mod probe;
pub mod program;
pub mod relay;
pub mod script;
#[cfg(target_os = "linux")]
pub mod terminal;
pub mod tls;
pub mod watch;

use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::{Duration, Instant};
use ws101::server::{self, Config, Handle};

/// How long a test waits for what must happen. Nothing that works comes near it, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server in this process, on a port of its own. Dropping it stops it.
pub fn serve(config: Config) -> Handle {
    server::start(Config { listen: vec!["127.0.0.1:0".to_owned()], ..config }).expect("a server")
}

/// A stop that goes on while the test does something else. It answers how long it took.
pub struct Stop(JoinHandle<Duration>);

impl Stop {
    pub fn begin(mut server: Handle, grace: Duration) -> Stop {
        let start = Instant::now();
        Stop(spawn("stop", move || {
            server.stop(grace);
            start.elapsed()
        }))
    }

    pub fn took(self) -> Duration {
        self.0.join().expect("no panic")
    }
}

/// A thread with a name.
pub fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().name(name.to_owned()).spawn(work).expect("a thread")
}

/// Looks again and again until it holds. For what no socket tells: the end of a thread, a number in `/proc`.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "after {PATIENCE:?} still not: {what}");
        park_timeout(Duration::from_millis(5));
    }
}
