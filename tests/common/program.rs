//! The program itself, started as a user would start it, with its log read as it comes.

use super::peer::Peer;
use super::{PATIENCE, spawn};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{JoinHandle, panicking, park_timeout};
use std::time::{Duration, Instant};

/// A running `ws101`. Dropping it kills it; when the test has failed, the end of its log is shown.
pub struct Program {
    child: Child,
    pub addr: SocketAddr,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
}

/// Takes away what the environment of whoever runs the tests says to `ws101`.
pub fn without_options(command: &mut Command) {
    let names = env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("WS101_")) {
        command.env_remove(name);
    }
}

/// What came on stderr, and the news that more did.
#[derive(Default)]
struct Log {
    said: Mutex<Said>,
    news: Condvar,
}

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    ended: bool,
    /// Where Linux tells of the thread that listens.
    listener: Option<PathBuf>,
}

/// How long a program says nothing before it is taken for quiet.
const QUIET: Duration = Duration::from_millis(50);

/// How long one is waited for that is never quiet.
const ENOUGH: Duration = Duration::from_secs(3);

impl Program {
    /// Starts it on a port of its own and waits for its banner.
    pub fn start(rust_log: &str, options: &[&str]) -> Program {
        Program::start_in(&[("RUST_LOG", rust_log)], options)
    }

    /// The same in an environment.
    pub fn start_in(variables: &[(&str, &str)], options: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
        without_options(&mut command);
        command.args(["--listen", "127.0.0.1:0"]).args(options).envs(variables.iter().copied());
        Program::run(command)
    }

    /// Starts a command that becomes `ws101`.
    pub fn run(mut command: Command) -> Program {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("ws101 starts");
        let log = Arc::new(Log::default());
        let stderr = child.stderr.take().expect("stderr is a pipe");
        let heard = Arc::clone(&log);
        let reader = spawn("stderr", move || heard.listen(stderr));
        let mut program = Program { child, addr: SocketAddr::from(([127, 0, 0, 1], 0)), log, reader: Some(reader) };
        let banner = program.wait_for(" serves http://");
        let (_, rest) = banner.split_once("http://").expect("an address");
        // A colour may end it.
        let addr = rest.split(|c: char| !c.is_ascii_digit() && !".:[]".contains(c)).next().unwrap_or_default();
        program.addr = addr.parse().expect("an address and a port");
        program.wait_for(" lists all paths");
        program
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn connect(&self) -> Peer {
        Peer::connect(self.addr)
    }

    /// A connection whose opening handshake was granted.
    pub fn open(&self, target: &str) -> Peer {
        Peer::open(self.addr, target)
    }

    /// Waits for a line that contains this, and gives it.
    pub fn wait_for(&self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut said = self.log.said.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(line) = lines(&said.bytes).into_iter().find(|line| line.contains(part)) {
                return line;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !said.ended, "no line with {part:?}");
            said = self.log.news.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        lines(&self.log.said.lock().unwrap_or_else(PoisonError::into_inner).bytes)
    }

    /// Waits until it has nothing more to say: nothing came for a while, and, as far as the system tells, each of its
    /// threads waits for something, and so does the one that listens here. On a busy machine that is more than silence.
    pub fn wait_until_quiet(&self) {
        let deadline = Instant::now() + ENOUGH;
        let (mut length, mut since) = (self.said(), Instant::now());
        while since.elapsed() < QUIET && Instant::now() < deadline {
            park_timeout(Duration::from_millis(5));
            let now = self.said();
            if now != length || !self.is_idle() {
                (length, since) = (now, Instant::now());
            }
        }
    }

    /// How many bytes it has said.
    fn said(&self) -> usize {
        self.log.said.lock().unwrap_or_else(PoisonError::into_inner).bytes.len()
    }

    /// Whether nobody who could bring news has anything to do. Where `/proc` is not, nobody has.
    fn is_idle(&self) -> bool {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).into_iter().flatten().flatten();
        let listener = self.log.said.lock().unwrap_or_else(PoisonError::into_inner).listener.clone();
        // In this order: what the program says last makes the listener busy.
        tasks.map(|task| task.path()).chain(listener).all(|task| {
            let stat = fs::read_to_string(task.join("stat")).unwrap_or_default();
            !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['R', 'D']))
        })
    }

    /// Sends it a signal, `TERM` or `INT`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().expect("kill runs");
        assert!(sent.success(), "SIG{name} could not be sent");
    }

    /// Waits for its end: its exit status, and the lines it has said.
    pub fn ended(mut self) -> (ExitStatus, Vec<String>) {
        let deadline = Instant::now() + PATIENCE;
        let mut said = self.log.said.lock().unwrap_or_else(PoisonError::into_inner);
        while !said.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "ws101 still runs");
            said = self.log.news.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let lines = lines(&said.bytes);
        drop(said);
        (self.child.wait().expect("its exit status"), lines)
    }

    /// Kills it; every byte it has said on stderr.
    pub fn killed(mut self) -> Vec<u8> {
        self.kill();
        std::mem::take(&mut self.log.said.lock().unwrap_or_else(PoisonError::into_inner).bytes)
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            reader.join().expect("stderr was read");
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if panicking() {
            let lines = self.lines();
            eprintln!("the end of the log of ws101:");
            lines.iter().skip(lines.len().saturating_sub(40)).for_each(|line| eprintln!("    {}", line.escape_debug()));
        }
    }
}

impl Log {
    /// Takes in all that comes. Somebody must: a full pipe would stop the program.
    fn listen(&self, stderr: impl Read) {
        let thread = fs::read_link("/proc/thread-self").ok();
        self.said.lock().unwrap_or_else(PoisonError::into_inner).listener =
            thread.map(|thread| Path::new("/proc").join(thread));
        let mut stderr = BufReader::new(stderr);
        let mut line = Vec::new();
        while stderr.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            self.said.lock().unwrap_or_else(PoisonError::into_inner).bytes.append(&mut line);
            self.news.notify_all();
        }
        self.said.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.news.notify_all();
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

/// What Linux knows about the process.
#[cfg(target_os = "linux")]
impl Program {
    /// How many files it has open, sockets among them.
    pub fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("a process").count()
    }

    /// How many of its threads serve a connection: those called `ws-17`, and `courier-17` that pushes events to it.
    pub fn connection_threads(&self) -> usize {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).expect("tasks");
        // A thread may end between the two looks.
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
        tasks.flatten().filter_map(name).filter(|name| name.starts_with("ws-") || name.starts_with("courier-")).count()
    }

    /// Its memory in use, in KiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}
