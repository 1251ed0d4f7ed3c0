//! The program under test, started on a port of its own and stopped as a service manager would stop it.

use crate::limit::Limit;
use crate::run::lines;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// How much of the log a failed test shows.
const LINES_KEPT: usize = 60;

/// The newest lines, and what is rung when there is one more.
type Log = Arc<(Mutex<VecDeque<String>>, Condvar)>;

/// A running ws101. Dropping it kills it; when the test has failed, its last log lines are printed.
pub struct Server {
    child: Child,
    port: u16,
    log: Log,
    /// Says nothing, but hangs up when the server's stderr ends.
    log_ended: Receiver<()>,
}

impl Server {
    /// Starts `ws101 --listen 127.0.0.1:0` with more arguments and waits for its banner.
    pub fn start(arguments: &[&str]) -> Server {
        Server::start_on(0, arguments)
    }

    /// The same on a port that another one had.
    pub fn start_on(port: u16, arguments: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
        command.args(["--listen", &format!("127.0.0.1:{port}")]).args(arguments).env("RUST_LOG", "info");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("ws101 starts");
        let stderr = lines(child.stderr.take().expect("stderr is a pipe"));
        let log = Log::default();
        let (found, port) = sync_channel(1);
        let log_ended = keep(stderr, Arc::clone(&log), found);
        let mut server = Server { child, port: 0, log, log_ended };
        let wait = Limit::seconds(20).left();
        server.port = port.recv_timeout(wait).expect("a banner line with http://127.0.0.1:PORT on stderr");
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn ws(&self, path: &str) -> String {
        format!("ws://127.0.0.1:{}{path}", self.port)
    }

    /// Sends it SIGTERM.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success(), "no SIGTERM could be sent to ws101");
    }

    /// Waits for a line of its log that contains `part`.
    pub fn logs(&self, part: &str) {
        let (log, bell) = &*self.log;
        let lacks = |log: &mut VecDeque<String>| !log.iter().any(|line| line.contains(part));
        let wait = Limit::seconds(20).left();
        let (_held, waited) = bell.wait_timeout_while(log.lock().expect("the log"), wait, lacks).expect("the log");
        assert!(!waited.timed_out(), "no line with {part:?} in the log");
    }

    /// Waits for its end.
    pub fn ended(mut self) -> ExitStatus {
        let wait = Limit::seconds(30).left();
        let said = self.log_ended.recv_timeout(wait);
        assert_eq!(said, Err(RecvTimeoutError::Disconnected), "ws101 still runs");
        self.child.wait().expect("its exit status")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking()
            && let Ok(log) = self.log.0.lock()
        {
            eprintln!("the end of the log of ws101:");
            log.iter().for_each(|line| eprintln!("    {line}"));
        }
    }
}

/// Publishes an event on the feed of this server.
pub fn publish(server: &Server, text: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
    stream.set_read_timeout(Some(Limit::seconds(10).left())).expect("a timeout");
    let head = format!("POST /feed HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", text.len());
    stream.write_all(format!("{head}{text}").as_bytes()).expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

/// Drains the log for as long as the server lives: a full pipe would stop it. The first banner gives the port.
fn keep(stderr: Receiver<String>, log: Log, found: SyncSender<u16>) -> Receiver<()> {
    let (alive, ended) = sync_channel::<()>(0);
    let drain = move || {
        let _alive = alive;
        for line in stderr {
            if let Some(port) = port_of(&line) {
                let _ = found.try_send(port);
            }
            remember(&log, line);
        }
    };
    thread::Builder::new().name("server-log".into()).spawn(drain).expect("a thread");
    ended
}

fn remember(log: &Log, line: String) {
    let (log, bell) = &**log;
    let Ok(mut log) = log.lock() else { return };
    if log.len() == LINES_KEPT {
        log.pop_front();
    }
    log.push_back(line);
    bell.notify_all();
}

/// The port in the banner, and nothing in any other line.
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.strip_prefix("ws101 ")?.split_once("http://127.0.0.1:")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}
