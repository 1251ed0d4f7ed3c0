//! Thousands of connections that end in every way there is leave nothing behind: no thread, no file, no memory.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]
#![cfg(target_os = "linux")]

mod common;

use common::peer::{Peer, frame};
use common::program::Program;
use common::{spawn, wait_until};
use std::net::SocketAddr;

const CONNECTIONS: usize = 2000;
const CLIENTS: usize = 4;

#[test]
fn thousands_of_connections_leave_nothing_behind() {
    let program = Program::start("off", &[]);
    // Once it has served somebody, all that it opens for itself is open.
    assert_eq!(Peer::get(program.addr, "/healthz").text(), "alive\n");
    wait_until("that connection is gone", || program.connection_threads() == 0);
    let files = program.files();
    // The first thousands fill what is kept and used again: the allocator's arenas, stacks of threads.
    crowd(program.addr);
    back_to(&program, files);
    let before = program.resident();
    crowd(program.addr);
    back_to(&program, files);
    let grown = program.resident().saturating_sub(before);
    assert!(grown < 1024, "{grown} KiB more after {CONNECTIONS} more connections");
}

fn back_to(program: &Program, files: usize) {
    wait_until("all threads have ended", || program.connection_threads() == 0);
    wait_until("all files are closed", || program.files() <= files);
}

fn crowd(addr: SocketAddr) {
    let client = move || (0..CONNECTIONS / CLIENTS).for_each(|number| come_and_go(addr, number));
    let clients: Vec<_> = (0..CLIENTS).map(|_| spawn("client", client)).collect();
    clients.into_iter().for_each(|client| client.join().expect("served"));
}

/// One connection, ended in one of six ways.
fn come_and_go(addr: SocketAddr, number: usize) {
    match number % 6 {
        0 => assert_eq!(Peer::get(addr, "/healthz").text(), "alive\n"),
        1 => assert_eq!(Peer::get(addr, "/nowhere").status, "404 Not Found"),
        2 => talk(addr, &[b'x'; 100]),
        // Now and then a message for which buffers must grow.
        3 => talk(addr, &vec![b'x'; if number % 60 == 3 { 300_000 } else { 3000 }]),
        4 => {
            let mut peer = Peer::open(addr, "/ws");
            peer.send(b"\x81\x85\x37\xfa");
            peer.reset();
        }
        _ => Peer::connect(addr).send("GET /ws HTTP/1.1\r\nHost: a\r\nUpgr"),
    }
}

/// A message, its echo, and a Close.
fn talk(addr: SocketAddr, message: &[u8]) {
    let mut peer = Peer::open(addr, "/ws");
    peer.send(frame(0x82, message));
    assert!(peer.payload(0x82) == message);
    peer.send(b"\x88\x82\0\0\0\0\x03\xe8");
    peer.expect(b"\x88\x02\x03\xe8");
    peer.ends();
}
