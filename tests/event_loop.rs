//! The event loop that the echo benchmark sets beside threads: what the benchmark's own client never asks of it.
//!
//! That client has little in flight and reads at once, so there no write is ever cut short and nobody is slow.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;
#[path = "../benches/echo/event_loop.rs"]
mod event_loop;

use common::{PATIENCE, spawn, wait_until};
use event_loop::{BUFFER, Loop};
use mio::Events;
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Of every socket here, so that they fill soon. The system may double it.
const SOCKET_BUFFER: usize = 64 * 1024;

/// Far more than the sockets between two ends hold.
const MUCH: usize = 8 * 1024 * 1024;

#[test]
fn a_reader_that_is_late_gets_every_byte_and_holds_nobody_up() {
    let address = start();
    let mut late = open(address);
    let much = much();
    let sent = write_until_blocked(&mut late, &much);
    assert!(sent < MUCH, "all of it was taken in before any was read");
    assert_eq!(echo(&mut open(address), b"Hello"), b"Hello");

    late.shutdown(Shutdown::Write).unwrap();
    let mut came = Vec::new();
    late.read_to_end(&mut came).unwrap();
    assert_eq!(came.len(), sent);
    assert!(came == much[..sent], "the bytes are not those that were sent");
}

/// Pass by pass: a connection that has sent much is read once in each.
#[test]
fn who_sends_much_leaves_the_others_their_turn() {
    const PASSES: usize = 8;
    let listener = listen();
    let address = listener.local_addr().unwrap();
    let mut greedy = open(address);
    greedy.write_all(&[b'*'; 2 * PASSES * BUFFER]).unwrap();
    let mut other = open(address);
    other.write_all(b"Hello").unwrap();

    let (mut all, mut events) = (Loop::new(listener).unwrap(), Events::with_capacity(16));
    for pass in 1..=PASSES {
        all.pass(&mut events).unwrap();
        let came = waiting(&greedy);
        assert!(came <= pass * BUFFER, "{came} bytes of one connection in {pass} passes");
    }
    // Not every system has them at the other end as soon as they are written.
    wait_until("both have answers", || waiting(&greedy) > 0 && waiting(&other) == 5);
}

/// Numbers are used again; what was meant for one connection must not come to the next.
#[test]
fn connections_that_end_or_are_reset_make_room_for_others() {
    let address = start();
    let mut lasting = open(address);
    for round in 0..50_u8 {
        let mut reset = open(address);
        reset.write_all(&[round; 100]).unwrap();
        SockRef::from(&reset).set_linger(Some(Duration::ZERO)).unwrap();
        drop(reset);
        let mut ended = open(address);
        ended.write_all(&[round; 10]).unwrap();
        ended.shutdown(Shutdown::Write).unwrap();
        let mut came = Vec::new();
        ended.read_to_end(&mut came).unwrap();
        assert_eq!(came, [round; 10]);
        assert_eq!(echo(&mut lasting, &[round; 5000]), [round; 5000]);
    }
}

fn start() -> SocketAddr {
    let listener = listen();
    let address = listener.local_addr().unwrap();
    spawn("loop", move || event_loop::echo(listener).map(|_| ()));
    address
}

fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    small_buffers(&SockRef::from(&listener)); // and so are those of the sockets it accepts
    listener
}

fn open(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    small_buffers(&socket);
    socket.connect(&address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn small_buffers(socket: &Socket) {
    socket.set_recv_buffer_size(SOCKET_BUFFER).unwrap();
    socket.set_send_buffer_size(SOCKET_BUFFER).unwrap();
}

fn echo(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    stream.write_all(bytes).unwrap();
    let mut came = vec![0; bytes.len()];
    stream.read_exact(&mut came).unwrap();
    came
}

/// How many bytes could be read now.
fn waiting(stream: &TcpStream) -> usize {
    stream.set_nonblocking(true).unwrap();
    stream.peek(&mut vec![0; 4 * SOCKET_BUFFER]).unwrap_or(0)
}

/// No two stretches of it are alike, so a piece that is lost, doubled or out of place is seen.
fn much() -> Vec<u8> {
    (0..MUCH as u64 / 8).flat_map(u64::to_be_bytes).collect()
}

/// Until nothing more is taken for a while. Says how much was.
fn write_until_blocked(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut sent = 0;
    while sent < bytes.len() {
        match stream.write(&bytes[sent..]) {
            Ok(written) => sent += written,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    sent
}
