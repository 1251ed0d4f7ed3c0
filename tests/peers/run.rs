//! Runs a peer with a deadline: to its end (`to_end`), or in a dialogue (`Talk`).
//!
//! The end of both its pipes is taken as the end of the program, because that is an event with a timeout;
//! `Child::wait` has none. A program that outlives its deadline is killed and fails the test.

use crate::limit::Limit;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;

/// What a program said, and how it ended.
pub struct Said {
    pub status: ExitStatus,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
}

impl Said {
    /// Its standard output as text; bytes that are not UTF-8 become replacement characters.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Everything it said, for the message of a failed assertion.
    pub fn all(&self) -> String {
        let errors = String::from_utf8_lossy(&self.err);
        format!("{}\nstdout:\n{}\nstderr:\n{errors}", self.status, self.text())
    }

    /// Asserts that it ended well.
    pub fn succeeded(self) -> Said {
        assert!(self.status.success(), "the peer failed: {}", self.all());
        self
    }
}

/// Runs a command to its end. It reads `input`, then the end of its input.
pub fn to_end(command: &mut Command, input: &[u8], seconds: u64) -> Said {
    let limit = Limit::seconds(seconds);
    let mut child = spawn(command.stderr(Stdio::piped()));
    let out = collect(child.stdout.take().expect("stdout is a pipe"));
    let err = collect(child.stderr.take().expect("stderr is a pipe"));
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    // A peer that ends without reading its input is judged by what it said, not by this write.
    let _ = stdin.write_all(input);
    drop(stdin);
    let out = out.recv_timeout(limit.left());
    let err = err.recv_timeout(limit.left());
    let (Ok(out), Ok(err)) = (out, err) else {
        end(&mut child);
        panic!("{command:?} did not end within {seconds} s");
    };
    let status = child.wait().expect("its exit status");
    Said { status, out, err }
}

/// A program that is spoken to line by line.
pub struct Talk {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    heard: Vec<String>,
    limit: Limit,
}

impl Talk {
    /// Starts it; the whole dialogue has this many seconds. What it says on stderr goes to the test's own.
    pub fn start(command: &mut Command, seconds: u64) -> Talk {
        let mut child = spawn(command.stderr(Stdio::inherit()));
        let stdin = child.stdin.take();
        let lines = lines(child.stdout.take().expect("stdout is a pipe"));
        let limit = Limit::seconds(seconds);
        Talk { child, stdin, lines, heard: Vec::new(), limit }
    }

    /// Types one line.
    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("its input is still open");
        writeln!(stdin, "{line}").expect("it reads its input");
    }

    /// Waits for a line that contains `part`.
    pub fn hear(&mut self, part: &str) -> String {
        loop {
            match self.lines.recv_timeout(self.limit.left()) {
                Ok(line) => self.heard.push(line),
                Err(why) => panic!("no line with {part:?}: {why}; heard {:#?}", self.heard),
            }
            if let Some(line) = self.heard.last().filter(|line| line.contains(part)) {
                return line.clone();
            }
        }
    }

    /// Closes its input and waits for its end.
    pub fn finish(mut self) -> ExitStatus {
        drop(self.stdin.take());
        loop {
            match self.lines.recv_timeout(self.limit.left()) {
                Ok(line) => self.heard.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it did not end; heard {:#?}", self.heard),
            }
        }
        self.child.wait().expect("its exit status")
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn spawn(command: &mut Command) -> Child {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    piped.spawn().unwrap_or_else(|why| panic!("{command:?} did not start: {why}"))
}

/// Kills it if it still runs. An error means it has ended already, which is what was wanted.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads a pipe to its end on a thread of its own, so that a full pipe never stops the peer.
fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(1);
    let read = move || {
        let mut all = Vec::new();
        let _ = pipe.read_to_end(&mut all);
        let _ = sender.send(all);
    };
    thread::Builder::new().name("peer-pipe".into()).spawn(read).expect("a thread");
    receiver
}

/// The lines of a pipe as they come. The queue is bounded: a peer that babbles waits for the test.
pub fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1024);
    let read = move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(line).is_err() {
                break;
            }
        }
    };
    thread::Builder::new().name("peer-lines".into()).spawn(read).expect("a thread");
    receiver
}
