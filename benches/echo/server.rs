//! A server as a process of its own, from its start to its end.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::Duration;

use crossbeam_channel::Sender;

use crate::client::Client;
use crate::frames::Speaks;
use crate::process::Usage;
use crate::{Failure, Outcome};

const START_DEADLINE: Duration = Duration::from_secs(10);

/// A running server. Dropping it ends the process.
pub struct Server {
    pub label: &'static str,
    pub speaks: Speaks,
    address: SocketAddr,
    child: Child,
}

impl Server {
    /// The three to compare, in the order of the tables.
    pub fn start_all() -> Outcome<Vec<Self>> {
        Ok(vec![Self::bare()?, Self::tungstenite()?, Self::ws101()?])
    }

    pub fn bare() -> Outcome<Self> {
        Self::start("bare", Speaks::Tcp, Command::new(std::env::current_exe()?).args(["--be", "bare"]))
    }

    pub fn tungstenite() -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        Self::start("tungstenite", Speaks::WebSocket, command.args(["--be", "tungstenite"]))
    }

    /// Silent: no log, no keepalive.
    pub fn ws101() -> Outcome<Self> {
        Self::start("ws101", Speaks::WebSocket, ws101_command().env("RUST_LOG", "off"))
    }

    /// With a log of this level. The label is the level: in that table all are ws101.
    pub fn ws101_logging(level: &'static str, file: &Path) -> Outcome<Self> {
        let mut command = ws101_command();
        Self::start(level, Speaks::WebSocket, command.env("RUST_LOG", level).arg("--log-file").arg(file))
    }

    fn start(label: &'static str, speaks: Speaks, command: &mut Command) -> Outcome<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let address = address_of(&mut child);
        // Built before the `?`, so that a server that said nothing is ended too.
        let mut server = Self { label, speaks, address: SocketAddr::from(([127, 0, 0, 1], 0)), child };
        server.address = address.map_err(|error| format!("{label} did not start: {error}"))?;
        Ok(server)
    }

    pub fn open(&self) -> Outcome<Client> {
        Client::open(self.address, self.speaks)
    }

    /// An error with the name of the server it came from.
    pub fn blame(&self, error: Failure) -> Failure {
        format!("{}: {error}", self.label).into()
    }

    /// None where there is no /proc.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn ws101_command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.args(["--listen", "127.0.0.1:0", "--ping-interval", "0", "--max-connections", "20000"]);
    command
}

/// All three print a line with `http://ADDRESS` on stderr once they listen.
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
