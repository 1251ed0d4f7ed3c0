//! `ws101 probe`, its section `handshake`: hops that change what passes, hops that answer themselves, servers that lie. Each
//! is named by what it did, once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

#[path = "probe/answers.rs"]
mod answers;
#[path = "probe/hops.rs"]
mod hops;
#[path = "probe/hostile.rs"]
mod hostile;
#[path = "probe/told.rs"]
mod told;

use common::probe::settings;
use common::spawn;
use std::net::{SocketAddr, TcpListener, TcpStream};
use ws101::probe::{self, Report, Section};

/// What the section says of whatever is there.
fn handshake(options: &str, server: SocketAddr) -> (Report, Section) {
    let settings = settings(&format!("--only handshake {options}"), server);
    let report = probe::run(&settings, &mut |_| {}).expect("a report");
    let section = report.sections[0].clone();
    (report, section)
}

/// A server that does this with each of its connections. It ends with the process.
fn serving(work: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("server", move || {
        for stream in listener.incoming().flatten() {
            let work = work.clone();
            spawn("connection", move || work(stream));
        }
    });
    addr
}
