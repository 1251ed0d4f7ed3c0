//! A server as a process of its own, from its start to its end.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::Outcome;
use super::process::{self, Usage};
use super::rounds::Contender;

const START_DEADLINE: Duration = Duration::from_secs(10);

const SETTLE_STEP: Duration = Duration::from_millis(200);
const SETTLE_STEPS: u32 = 50;

/// What a server expects of the bytes it is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Plain bytes, from the first one on.
    Tcp,
    /// An opening handshake, then frames.
    WebSocket,
}

/// A running server. Dropping it ends the process.
pub struct Server {
    pub label: &'static str,
    pub speaks: Speaks,
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// This benchmark again, as the server of that name.
    pub fn start_own(label: &'static str, speaks: Speaks) -> Outcome<Self> {
        Self::start(label, speaks, Command::new(std::env::current_exe()?).args(["--be", label]))
    }

    /// Starts it, and waits until it says where it listens.
    pub fn start(label: &'static str, speaks: Speaks, command: &mut Command) -> Outcome<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let address = address_of(&mut child);
        // Built before the `?`, so that a server that said nothing is ended too.
        let mut server = Self { label, speaks, address: SocketAddr::from(([127, 0, 0, 1], 0)), child };
        server.address = address.map_err(|error| format!("{label} did not start: {error}"))?;
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// None where there is no /proc.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(self.pid())
    }

    /// Where there must be a /proc.
    pub fn usage_now(&self) -> Outcome<Usage> {
        self.usage().ok_or_else(|| "its process has ended".into())
    }

    /// The usage once it no longer changes. A bare server in particular is still
    /// starting threads when the client's last connect has returned.
    pub fn settled(&self) -> Outcome<Usage> {
        let mut before = self.usage_now()?;
        for _ in 0..SETTLE_STEPS {
            process::wait(SETTLE_STEP);
            let now = self.usage_now()?;
            if now.rss == before.rss && now.cpu == before.cpu {
                break;
            }
            before = now;
        }
        Ok(before)
    }
}

impl Contender for Server {
    fn label(&self) -> &'static str {
        self.label
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Silent: no log, no keepalive, no events of its own.
pub fn ws101_command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.args(["--listen", "127.0.0.1:0", "--ping-interval", "0", "--max-connections", "20000", "--tick", "off"]);
    command.env("RUST_LOG", "off");
    command
}

/// All print a line with `http://ADDRESS` on stderr once they listen.
fn address_of(child: &mut Child) -> Outcome<SocketAddr> {
    let stderr = child.stderr.take().ok_or("no stderr")?;
    let (found, address) = crossbeam_channel::bounded(1);
    thread::Builder::new().name("stderr".into()).spawn(move || drain(stderr, &found))?;
    address.recv_timeout(START_DEADLINE).map_err(|_| "it printed no address".into())
}
/// Lines before the address may say why there will be none, so they are shown.
/// The rest is read and forgotten: a full pipe would stop the server.
fn drain(stderr: ChildStderr, found: &Sender<SocketAddr>) -> io::Result<()> {
    let mut stderr = BufReader::new(stderr);
    for line in stderr.by_ref().lines() {
        let line = line?;
        match address_in(&line) {
            None => eprintln!("{line}"),
            Some(address) => {
                // Fails only if the other end has given up waiting.
                let _sent = found.send(address);
                break;
            }
        }
    }
    io::copy(&mut stderr, &mut io::sink()).map(|_| ())
}

/// `ws101 0.1.0 listens on http://127.0.0.1:40123/ ...` -> 127.0.0.1:40123
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').parse().ok()
}
