//! Clients that come, talk and go, some without a word: afterwards the server holds no more than before.
//!
//! A few seconds by default; `WS101_SOAK_SECONDS` makes it a real soak.

use crate::limit::Limit;
use crate::run::to_end;
use crate::server::Server;
use crate::tools::node;
use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

/// What the allocator may keep beyond what the warm-up left, whatever the length of the soak.
const KIB_KEPT: u64 = 8 * 1024;

#[test]
#[ignore = "needs node, and Linux for /proc"]
fn clients_that_left_leave_nothing_behind() {
    let seconds: u64 = env::var("WS101_SOAK_SECONDS").map_or(5, |text| text.parse().expect("whole seconds"));
    let server = Server::start(&[]);
    let files = open_files(&server);
    churn(&server, 2);
    settles(&server, files);
    let memory = memory_kib(&server);
    println!("{}", churn(&server, seconds));
    settles(&server, files);
    let grown = memory_kib(&server).saturating_sub(memory);
    println!("memory: {memory} KiB after the warm-up, {grown} KiB more after {seconds} s");
    assert!(grown < KIB_KEPT, "it grew by {grown} KiB");
    server.terminate();
    assert!(server.ended().success(), "ws101 ended well");
}

/// Clients for so many seconds; says how many there were.
fn churn(server: &Server, seconds: u64) -> String {
    let mut clients = node("soak.js", "ws");
    clients.arg(server.ws("/ws")).arg(seconds.to_string());
    let said = to_end(&mut clients, b"", seconds + 60).succeeded();
    assert!(said.text().starts_with("connections "), "{}", said.all());
    said.text()
}

/// Waits until the server has closed what the clients left. No event tells of that from outside, so it is asked
/// again and again; a request in between sets the pace.
fn settles(server: &Server, files: usize) {
    let limit = Limit::seconds(20);
    while open_files(server) > files {
        let now = open_files(server);
        assert!(!limit.left().is_zero(), "{now} files are still open; there were {files}");
        ask(server);
    }
}

fn ask(server: &Server) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
    stream.set_read_timeout(Some(Limit::seconds(10).left())).expect("a timeout");
    let request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    stream.write_all(request).expect("the request is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
}

fn open_files(server: &Server) -> usize {
    let folder = format!("/proc/{}/fd", server.pid());
    fs::read_dir(folder).expect("Linux shows a process's open files in /proc").count()
}

fn memory_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("the server's status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its resident memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}
