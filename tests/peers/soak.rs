//! Clients that come, talk and go, some without a word: afterwards the server holds no more than before.
//!
//! A few seconds by default; `WS101_SOAK_SECONDS` makes it a real soak.

use crate::common::peer::Peer;
use crate::common::program::Program;
use crate::common::wait_until;
use crate::run::to_end;
use crate::tools::node;
use std::env;

/// What the allocator may keep beyond what the warm-up left, whatever the length of the soak.
const KIB_KEPT: u64 = 8 * 1024;

#[test]
#[ignore = "needs node, and Linux for /proc"]
fn clients_that_left_leave_nothing_behind() {
    let seconds: u64 = env::var("WS101_SOAK_SECONDS").map_or(5, |text| text.parse().expect("whole seconds"));
    let program = Program::start("warn", &[]);
    // The banner comes before all that it opens for itself is open, and the first answer after that.
    assert_eq!(Peer::get(program.addr, "/healthz").text(), "alive\n");
    everybody_is_gone(&program);
    let files = program.files();
    churn(&program, 2);
    settles(&program, files);
    let memory = program.resident();
    println!("{}", churn(&program, seconds));
    settles(&program, files);
    let grown = program.resident().saturating_sub(memory);
    println!("memory: {memory} KiB after the warm-up, {grown} KiB more after {seconds} s");
    assert!(grown < KIB_KEPT, "it grew by {grown} KiB");
    program.signal("TERM");
    assert!(program.ended().0.success(), "ws101 ended well");
}

/// Clients for so many seconds; says how many there were.
fn churn(program: &Program, seconds: u64) -> String {
    let mut clients = node("soak.js", "ws");
    clients.arg(format!("ws://{}/ws", program.addr)).arg(seconds.to_string());
    let said = to_end(&mut clients, b"", seconds + 60).succeeded();
    assert!(said.text().starts_with("connections "), "{}", said.all());
    said.text()
}

fn everybody_is_gone(program: &Program) {
    wait_until("all threads have ended", || program.connection_threads() == 0);
}

/// Waits until the server has closed what the clients left.
fn settles(program: &Program, files: usize) {
    everybody_is_gone(program);
    wait_until("all files are closed", || program.files() <= files);
}
