//! `ws101 connect` itself, started as a user would start it, and what it said, made comparable.

use super::{PATIENCE, spawn};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

/// A run that is prepared.
pub struct Client {
    command: Command,
}

/// A run that goes on. Dropping it kills it.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Output,
    stderr: Output,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Client {
    /// `ws101 connect`, to the path `/ws` of a server, as if nobody had set anything.
    pub fn to(server: SocketAddr) -> Client {
        Client::with(&[]).arg(format!("ws://{server}/ws"))
    }

    /// `ws101 connect` with these arguments.
    pub fn with(arguments: &[&str]) -> Client {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
        for name in ["RUST_LOG", "RUST_LOG_STYLE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        command.arg("connect").args(arguments);
        Client { command }.env("TERM", "dumb")
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Client {
        self.command.arg(argument);
        self
    }

    /// More arguments, separated by blanks.
    pub fn args(mut self, arguments: &str) -> Client {
        self.command.args(arguments.split_whitespace());
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Client {
        self.command.env(name, value);
        self
    }

    /// Starts it with a pipe that is held open.
    pub fn start(self) -> Running {
        self.start_with(Stdio::piped())
    }

    /// Runs it with `/dev/null` as its input.
    pub fn run(self) -> Finished {
        self.start_with(Stdio::null()).ended()
    }

    /// Runs it with this in its pipe.
    pub fn feed(self, input: impl AsRef<[u8]>) -> Finished {
        let mut running = self.start();
        let (mut stdin, input) = (running.stdin.take().expect("a pipe"), input.as_ref().to_vec());
        // It may have ended before it has read all of it.
        let feeding = spawn("feed", move || drop(stdin.write_all(&input)));
        let finished = running.ended();
        feeding.join().expect("no panic");
        finished
    }

    fn start_with(mut self, stdin: Stdio) -> Running {
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("ws101 starts");
        let stdout = Output::of("stdout", child.stdout.take().expect("a pipe"));
        let stderr = Output::of("stderr", child.stderr.take().expect("a pipe"));
        Running { stdin: child.stdin.take(), child, stdout, stderr }
    }

    /// Starts it with a pipe for its input, and nobody who reads what it says on stdout: that is the answer's second
    /// part.
    pub fn start_unread(mut self) -> (Running, std::process::ChildStdout) {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("ws101 starts");
        let unread = child.stdout.take().expect("a pipe");
        let stderr = Output::of("stderr", child.stderr.take().expect("a pipe"));
        let running =
            Running { stdin: child.stdin.take(), child, stdout: Output::of("nothing", std::io::empty()), stderr };
        (running, unread)
    }
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its pipe.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("a pipe that is open");
        stdin.write_all(bytes.as_ref()).and_then(|()| stdin.flush()).expect("it reads");
    }

    /// Ends its input.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// The end of its input that was not written to.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("a pipe that is open")
    }

    /// Waits until it has said this on stdout.
    pub fn wait_for(&self, part: &str) {
        self.stdout.wait_for(part);
    }

    /// Waits until it has said this on stderr.
    pub fn wait_for_talk(&self, part: &str) {
        self.stderr.wait_for(part);
    }

    /// Sends it a signal, `TERM` or `INT`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().expect("kill runs");
        assert!(sent.success(), "SIG{name} could not be sent");
    }

    /// Waits for its end.
    pub fn ended(mut self) -> Finished {
        // stdin stays as it is: who wants an end of input says so before.
        let stdout = self.stdout.rest();
        let stderr = self.stderr.rest();
        Finished { code: self.child.wait().expect("its exit status").code(), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// What came on stdout. It is text.
    pub fn data(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("UTF-8")
    }

    /// What came on stderr, with words instead of what differs from run to run. It is always text.
    pub fn talk(&self) -> String {
        tidy(&String::from_utf8(self.stderr.clone()).expect("what it tells is UTF-8"))
    }

    /// What came on stderr, as it is.
    pub fn raw_talk(&self) -> &[u8] {
        &self.stderr
    }

    /// All three at once: a test that fails shows the whole.
    #[track_caller]
    pub fn expect(&self, code: i32, stdout: &str, stderr: &str) {
        let came = (self.code, String::from_utf8_lossy(&self.stdout).into_owned(), self.talk());
        let expected = (Some(code), stdout.to_owned(), stderr.to_owned());
        assert!(came == expected, "came:\n{}\nexpected:\n{}", shown(&came), shown(&expected));
    }
}

fn shown((code, stdout, stderr): &(Option<i32>, String, String)) -> String {
    format!("status {code:?}\n--- stdout\n{stdout}--- stderr\n{stderr}---")
}

/// Addresses become ADDRESS, times that were measured TIME.
pub fn tidy(text: &str) -> String {
    let lines = text.split('\n').map(|line| with_time(&with_address(line)));
    lines.collect::<Vec<_>>().join("\n")
}

fn with_address(line: &str) -> String {
    let mut parts = line.split("127.0.0.1:");
    let mut tidied = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        tidied.push_str("ADDRESS");
        tidied.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    tidied
}

/// `after 1.2ms`, `after 0.0 s`: what stands behind the word was measured when it has a point in it.
fn with_time(line: &str) -> String {
    let mut parts = line.split("after ");
    let mut tidied = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        let rest = part[number..].trim_start_matches(' ');
        let unit = ["ns", "µs", "ms", "s"].iter().find(|unit| rest.starts_with(**unit));
        tidied.push_str("after ");
        match unit {
            Some(unit) if part[..number].contains('.') => {
                tidied.push_str("TIME");
                tidied.push_str(&rest[unit.len()..]);
            }
            _ => tidied.push_str(part),
        }
    }
    tidied
}

/// What comes from a pipe, taken in as it comes.
struct Output {
    said: Arc<Said>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Said {
    bytes: Mutex<(Vec<u8>, bool)>,
    news: Condvar,
}

impl Output {
    fn of(name: &str, mut from: impl Read + Send + 'static) -> Output {
        let said = Arc::new(Said::default());
        let heard = Arc::clone(&said);
        let reader = spawn(name, move || {
            let mut buffer = [0; 64 * 1024];
            loop {
                let count = from.read(&mut buffer).unwrap_or(0);
                let mut bytes = heard.bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.0.extend_from_slice(&buffer[..count]);
                bytes.1 = count == 0;
                heard.news.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Output { said, reader: Some(reader) }
    }

    fn wait(&self, what: &str, mut holds: impl FnMut(&[u8], bool) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut bytes = self.said.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while !holds(&bytes.0, bytes.1) {
            let left = deadline.saturating_duration_since(Instant::now());
            let so_far = String::from_utf8_lossy(&bytes.0[bytes.0.len().saturating_sub(4000)..]);
            assert!(!left.is_zero() && !bytes.1, "not in {PATIENCE:?}: {what}. It said:\n{so_far}");
            bytes = self.said.news.wait_timeout(bytes, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn wait_for(&self, part: &str) {
        self.wait(part, |bytes, _| bytes.windows(part.len()).any(|window| window == part.as_bytes()));
    }

    fn rest(&mut self) -> Vec<u8> {
        self.wait("its end", |_, ended| ended);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("it was read");
        }
        std::mem::take(&mut self.said.bytes.lock().unwrap_or_else(PoisonError::into_inner).0)
    }
}
