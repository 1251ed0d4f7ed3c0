//! A server that a client ends: the case that did it fails, whatever its bytes said, and no other is blamed without a word.
//! And one that ends a connection the wrong way, or is silent because it reads an end without end.
//!
//! The server is a thread here, so that its sockets can be closed a while before its program is gone, as they are when an
//! error ends a program.

use super::file;
use crate::common::script::granted;
use crate::common::spawn;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;
use ws101::check::memory::Process;
use ws101::check::student::{Plan, Student, free_port};
use ws101::check::{self, Outcome, Settings, Status};
use ws101::client::Url;

/// A line without a colon is refused: best with 400, and the end of the connection is legal.
const NONSENSE: &str = "http/9112/5/2";

/// A program that works until it is told to end, and then some milliseconds more.
fn dying(told: &str) -> String {
    format!(
        "while [ ! -e {told} ]; do :; done; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo KeyError; exit 3"
    )
}

fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    String::from_utf8(head).ok()
}

/// Grants every opening handshake but that with a line "nonsense", which ends its connection and is told to this.
fn serving(mut nonsense: impl FnMut() + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("server", move || {
        for mut stream in listener.incoming().flatten() {
            match head(&mut stream) {
                Some(head) if head.contains("nonsense") => {
                    drop(stream);
                    nonsense();
                }
                Some(head) => drop(stream.write_all(granted(&head, "").as_bytes())),
                None => {}
            }
        }
    });
    addr
}

fn settings(addr: SocketAddr, only: &[&str]) -> Settings {
    let url = Url::parse(&format!("ws://{addr}/")).expect("a URL");
    Settings { only: only.iter().map(|address| (*address).to_owned()).collect(), ..Settings::new(url) }
}

fn outcomes(settings: &Settings) -> Vec<Outcome> {
    check::run(settings, &mut |_| {}).expect("a server is there").outcomes().cloned().collect()
}

fn failure(outcome: &Outcome) -> (String, String) {
    let Status::Failed(failure) = &outcome.status else { panic!("{outcome:?}") };
    (failure.came.clone(), failure.cause.clone().unwrap_or_default())
}

/// With `--run`. The case is a SHOULD, and this counts all the same.
#[test]
fn a_program_that_ends_a_moment_after_its_sockets_fails_the_case_that_ended_it() {
    let told = file("told");
    let plan = Plan { command: dying(&told), host: "127.0.0.1".to_owned(), port: free_port().expect("a port") };
    let student = Student::start(&plan).expect("it starts");
    let at = told.clone();
    let addr = serving(move || fs::write(&at, "").expect("a file"));
    let program = student.program();
    let process = Some(Process::Group(program.group()));
    let outcomes = outcomes(&Settings { program: Some(program), process, ..settings(addr, &[NONSENSE]) });
    let (came, cause) = failure(&outcomes[0]);
    assert!(came.starts_with("its end: the program exited with status 3 after "), "{came}");
    assert!(cause.starts_with("an error of one connection ends the whole program"), "{cause}");
    assert_eq!((outcomes[0].printed.as_slice(), outcomes[0].notes.len()), (&["KeyError".to_owned()][..], 0));
    fs::remove_file(told).expect("the file is there");
}

/// With `--pid`.
#[cfg(target_os = "linux")]
#[test]
fn a_process_that_ends_fails_the_case_that_ended_it() {
    let told = file("told-pid");
    let mut child = Command::new("sh").args(["-c", &dying(&told)]).stdout(Stdio::null()).spawn().expect("a shell");
    let at = told.clone();
    let addr = serving(move || fs::write(&at, "").expect("a file"));
    let process = Some(Process::One(child.id()));
    let outcomes = outcomes(&Settings { process, ..settings(addr, &[NONSENSE, "ws/5.2/1"]) });
    assert!(failure(&outcomes[0]).0.contains("no such process"), "{:?}", outcomes[0]);
    assert!(matches!(outcomes[1].status, Status::Skipped(_)), "{:?}", outcomes[1]);
    child.wait().expect("it ends");
    fs::remove_file(told).expect("the file is there");
}

/// Where nobody sees the process its port is looked at.
#[test]
fn a_port_that_is_closed_fails_the_case_that_closed_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("server", move || {
        for mut stream in listener.incoming().flatten() {
            // The connection ends behind the listener.
            let Some(head) = head(&mut stream) else { continue };
            if head.contains("nonsense") {
                drop(listener);
                return;
            }
        }
    });
    let outcomes = outcomes(&settings(addr, &[NONSENSE]));
    let (came, cause) = failure(&outcomes[0]);
    assert!(came.contains("nobody listens on port") && cause.contains("--run shows what it prints"), "{came}: {cause}");
}

#[test]
fn a_case_that_finds_nobody_names_the_one_before() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("server", move || {
        // The first is the look at the port, before all cases.
        let _ = listener.accept();
        let (mut stream, _) = listener.accept().expect("a case");
        drop(listener);
        let head = head(&mut stream).expect("a head");
        let _ = stream.write_all(granted(&head, "").as_bytes());
        let _ = stream.read(&mut [0]);
    });
    let outcomes = outcomes(&settings(addr, &["http/9112/4/1", "http/9112/2.1/1"]));
    assert_eq!(outcomes[0].status, Status::Passed);
    let cause = failure(&outcomes[1]).1;
    assert!(cause.ends_with("; it may have ended in the case before, http/9112/4/1"), "{cause}");
}

/// A reset is an error where FIN would be a read of nothing.
#[test]
fn a_server_that_a_reset_ends_fails_in_the_first_stage() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("server", move || {
        for mut stream in listener.incoming().flatten() {
            let mut read = Vec::new();
            while !read.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(0) => break,
                    Ok(_) => read.extend(byte),
                    // What nobody catches.
                    Err(_) => return drop(listener),
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let outcomes = outcomes(&settings(addr, &["course/1/1"]));
    let cause = failure(&outcomes[0]).1;
    assert!(cause.contains("a read that brings 0 bytes, or an error, ends more than that one"), "{cause}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_is_silent_and_works_is_told_to_look_for_the_end() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("an address");
    let mut child = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().expect("a shell");
    let process = Some(Process::One(child.id()));
    let timeout = Duration::from_millis(300);
    let outcomes = outcomes(&Settings { process, timeout, ..settings(addr, &["ws/5.2/1"]) });
    child.kill().and_then(|()| child.wait()).expect("it has run");
    let cause = failure(&outcomes[0]).1;
    assert!(cause.starts_with("recv has returned nothing"), "{cause}");
}

/// Grants an opening handshake, reads once, answers a Close with 1000, whatever it was, and all else with this code, and ends
/// the connection like this.
fn closing(failed: u16, end: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("server", move || {
        for mut stream in listener.incoming().flatten() {
            let Some(head) = head(&mut stream) else { continue };
            let _ = stream.write_all(granted(&head, "").as_bytes());
            let mut read = [0; 65536];
            let _ = stream.read(&mut read);
            let code = if read[0] & 0x0f == 8 { 1000 } else { failed };
            let _ = stream.write_all(&[&[0x88, 2], &code.to_be_bytes()[..]].concat());
            end(stream);
        }
    });
    addr
}

/// The level of the first is a MUST, which says "immediately" and not how long that is: a note.
#[test]
fn a_server_that_waits_for_the_clients_fin_is_not_the_first_to_end_tcp() {
    let addr = closing(1002, |mut stream| {
        stream.set_read_timeout(Some(Duration::from_millis(400))).expect("a time");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let outcomes = outcomes(&settings(addr, &["ws/5.5.1/4", "ws/7.1.1/3"]));
    assert_eq!(outcomes[0].status, Status::Passed);
    assert!(
        outcomes[0].notes.iter().any(|note| note.words.contains("client's FIN is waited for")),
        "{:?}",
        outcomes[0]
    );
    let Status::NotMet(failure) = &outcomes[1].status else { panic!("{:?}", outcomes[1]) };
    assert!(failure.cause.as_ref().is_some_and(|cause| cause.contains("client's FIN is waited for")), "{failure:?}");
}

/// All that came before its Close was in one read, so nothing was unread when it closed the socket.
#[test]
fn a_server_that_reads_nothing_behind_a_close_resets() {
    let outcomes = outcomes(&settings(closing(1002, drop), &["ws/7.1.1/2"]));
    let Status::NotMet(failure) = &outcomes[0].status else { panic!("{:?}", outcomes[0]) };
    assert!(failure.cause.as_ref().is_some_and(|cause| cause.contains("read until 0 comes")), "{failure:?}");
}

#[test]
fn a_close_that_is_wrong_and_answered_with_its_own_code_was_accepted() {
    let accepts = outcomes(&settings(closing(1002, drop), &["ws/7.1.6/2", "ws/5.5/7"]));
    let causes: Vec<String> = accepts.iter().map(|outcome| failure(outcome).1).collect();
    assert!(causes.iter().any(|cause| cause.starts_with("the reason is not looked at")), "{causes:?}");
    assert!(causes.iter().any(|cause| cause.starts_with("the frame is not looked at")), "{causes:?}");
    // Which code says what is only a SHOULD.
    let says_nothing = outcomes(&settings(closing(1000, drop), &["ws/7.1.6/2", "ws/5.5/7"]));
    assert!(says_nothing.iter().all(|outcome| outcome.status == Status::Passed), "{says_nothing:?}");
}
