//! `ws101 check` against servers that mean harm: it ends in time, keeps little, says nothing that moves a terminal, and its
//! exit status is that of a server that failed or was not there.
//!
//! The waits are short: nothing that these servers do is ever right, so a busy machine changes no verdict.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

#[path = "check_hostile/escapes.rs"]
mod escapes;
#[path = "check_hostile/floods.rs"]
mod floods;
#[path = "check_hostile/gone.rs"]
mod gone;
#[path = "check_hostile/silence.rs"]
mod silence;

use common::program::without_options;
use common::script::granted;
use common::{PATIENCE, spawn};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// Any run has to end in this time: the issue is patience, not the machine.
const IN_TIME: Duration = Duration::from_secs(30);

/// A run may keep less than this, in KiB, and is offered much more.
const LITTLE: u64 = 64 * 1024;

/// A run that has ended.
struct Run {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// The most memory it was seen with, in KiB; `None` where nobody tells.
    most: Option<u64>,
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

/// A server that grants every upgrade, and then does this.
fn upgraded(work: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    serving(move |mut stream| {
        let Some(request) = head(&mut stream) else { return };
        if stream.write_all(granted(&request, "").as_bytes()).is_ok() {
            work(stream);
        }
    })
}

/// The head of the request, byte by byte, so that nothing behind it is lost. `None`: there is none.
fn head(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 1 << 20 {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Writes this again and again until the client has gone, while what the client sends is read.
fn flood(mut stream: TcpStream, bytes: &[u8]) {
    let reader = stream.try_clone().expect("a second handle");
    spawn("reader", move || drain(reader));
    while stream.write_all(bytes).is_ok() {}
}

/// Reads until the client has gone.
fn drain(mut stream: TcpStream) {
    let mut buffer = [0; 64 * 1024];
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
}

/// A server by what it does, its URL, and the exit status of a run against it.
type Scenario = (&'static str, String, i32);

/// Runs `ws101 check` against each of them at the same time: it mostly waits.
fn all_end(scenarios: Vec<Scenario>) {
    let run =
        |(name, url, code): Scenario| (name, spawn(name, move || drop(check("--timeout 100ms", &url).held(code))));
    let runs: Vec<_> = scenarios.into_iter().map(run).collect();
    let failed: Vec<&str> = runs.into_iter().filter_map(|(name, run)| run.join().err().map(|_| name)).collect();
    assert_eq!(failed, [""; 0]);
}

/// Runs `ws101 check` with these options and waits for its end.
fn check(options: &str, url: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    without_options(&mut command);
    command.arg("check").args(options.split_whitespace()).arg(url);
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("ws101 starts");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut stderr = child.stderr.take().expect("a pipe");
    let said = spawn("stdout", move || whole(&mut stdout));
    let told = spawn("stderr", move || whole(&mut stderr));
    let (code, most) = watch(&mut child);
    Run { code, stdout: said.join().expect("no panic"), stderr: told.join().expect("no panic"), most }
}

/// Waits for its end, and looks at its memory meanwhile.
fn watch(child: &mut Child) -> (Option<i32>, Option<u64>) {
    let began = Instant::now();
    let mut most = None;
    loop {
        most = most.max(peak(child.id()));
        if let Some(status) = child.try_wait().expect("a child") {
            return (status.code(), most);
        }
        if began.elapsed() > IN_TIME {
            let _ = child.kill();
            panic!("it still runs after {IN_TIME:?}");
        }
        park_timeout(Duration::from_millis(5));
    }
}

fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn whole(pipe: &mut impl Read) -> Vec<u8> {
    let mut said = Vec::new();
    pipe.read_to_end(&mut said).expect("a pipe can be read");
    said
}

impl Run {
    /// Held against all that a run must be, whatever the server did, and against the exit status it should have.
    fn held(self, code: i32) -> Run {
        let (said, told) = (self.text(), String::from_utf8_lossy(&self.stderr).into_owned());
        assert!(!told.contains("panicked"), "{told}");
        assert_eq!(self.code, Some(code), "{said}\n{told}");
        assert!(self.most.is_none_or(|most| most < LITTLE), "{:?} KiB", self.most);
        assert!(is_tame(&self.stdout), "{said:?}");
        assert!(is_tame(&self.stderr), "{told:?}");
        self
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Whether nothing of it moves a terminal: UTF-8, and of the control characters none but the end of a line.
fn is_tame(bytes: &[u8]) -> bool {
    let is_wild = |character: char| {
        character != '\n' && (character.is_control() || ('\u{202a}'..='\u{202e}').contains(&character))
    };
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(is_wild))
}

fn ws(server: SocketAddr) -> String {
    format!("ws://{server}/")
}
