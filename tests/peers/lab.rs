//! A lab of `deploy/lab`: two backends and a proxy in front of them, ended as Ctrl-C ends it.

use crate::common::peer::Peer;
use crate::limit::Limit;
use crate::run::lines;
use crate::tools::peers;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

/// How long each step of a lab may take.
const PATIENCE: u64 = 60;

/// One of the three programs.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub addr: SocketAddr,
    pub pid: u32,
    /// TLS on that port.
    pub tls: bool,
}

impl Part {
    /// Of a line such as `A      ws101      http://localhost:8081   pid 4712`.
    fn of(line: &str) -> Part {
        let words: Vec<&str> = line.split_whitespace().collect();
        let url = words.iter().find(|word| word.contains("://localhost:")).expect("an address");
        let (scheme, port) = url.split_once("://localhost:").expect("a port");
        let pid = words.last().and_then(|word| word.parse().ok()).expect("a pid at the end");
        let port: u16 = port.parse().expect("a number");
        Part { addr: SocketAddr::from(([127, 0, 0, 1], port)), pid, tls: scheme == "https" }
    }

    /// The WebSocket that echoes.
    pub fn ws(&self) -> String {
        format!("{}://127.0.0.1:{}/ws", if self.tls { "wss" } else { "ws" }, self.addr.port())
    }

    /// Sends it a signal, as `kill -TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.pid.to_string()]).status().expect("kill runs");
        assert!(sent.success(), "no {name} could be sent to {self:?}");
    }
}

/// A running lab. Dropping it ends it.
pub struct Lab {
    child: Child,
    lines: Receiver<String>,
    pub proxy: Part,
    pub a: Part,
    pub b: Part,
    /// Logs, and the configuration as it runs.
    pub folder: PathBuf,
    /// The configuration in it.
    pub configuration: PathBuf,
}

impl Lab {
    /// Starts one on free ports, and waits until it is ready.
    pub fn start(proxy: &str, name: &str) -> Lab {
        let mut command = lab(&[proxy, name]);
        command.env("LAB_PORTS", "0,0,0").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("bash runs");
        let lines = lines(child.stdout.take().expect("stdout is a pipe"));
        let said = until_ready(&lines);
        let part = |name: &str| Part::of(said.iter().find(|line| line.starts_with(name)).expect(name));
        let logs = said.iter().find_map(|line| line.strip_prefix("logs")).expect("where the logs are");
        let folder = PathBuf::from(logs.trim().split(':').next().expect("a folder"));
        let configuration = folder.join(source(proxy, name).file_name().expect("a name"));
        Lab { child, lines, proxy: part("proxy"), a: part("A "), b: part("B "), folder, configuration }
    }

    /// A file in its folder.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// Puts a line into the running configuration, behind the one that begins so. It counts after a reload.
    pub fn insert(&self, behind: &str, line: &str) {
        let text = fs::read_to_string(&self.configuration).expect("the configuration");
        let (before, after) = text.split_once(&format!("\n{behind}")).expect("that line");
        fs::write(&self.configuration, format!("{before}\n{behind}\n{line}\n{after}")).expect("it is written");
    }

    /// Waits for a line of the lab's own.
    pub fn says(&self, part: &str) {
        let limit = Limit::seconds(PATIENCE);
        loop {
            let line = self.lines.recv_timeout(limit.left()).unwrap_or_else(|why| panic!("no line {part:?}: {why}"));
            if line.contains(part) {
                return;
            }
        }
    }

    /// Ctrl-C, and how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("INT");
        self.ended()
    }

    fn signal(&self, name: &str) {
        let _ = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
    }

    /// The end of its output is the end of the script.
    fn ended(&mut self) -> ExitStatus {
        let limit = Limit::seconds(PATIENCE);
        loop {
            match self.lines.recv_timeout(limit.left()) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().expect("its exit status"),
                Err(RecvTimeoutError::Timeout) => panic!("the lab did not end"),
            }
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        if std::thread::panicking() {
            for log in ["A.log", "B.log", "proxy.log", "error.log"] {
                eprintln!("{log}:\n{}", self.file(log));
            }
        }
        // It ends what it has started; killed, it could not.
        self.signal("TERM");
        let _ = self.child.wait();
    }
}

/// `deploy/lab` with these arguments, and the ws101 under test.
pub fn lab(arguments: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command.arg(root().join("deploy/lab")).args(arguments);
    command.env("WS101", env!("CARGO_BIN_EXE_ws101")).env("WS101_PEERS", peers()).env_remove("LAB_PORTS");
    command
}

/// All configurations of a proxy, by name.
pub fn names(proxy: &str) -> Vec<String> {
    let folder = root().join("deploy").join(proxy).read_dir().expect("its folder");
    let files = folder.map(|entry| entry.expect("an entry").path());
    let configurations = files.filter(|file| file.extension().is_some_and(|ending| ending != "md"));
    let stem = |file: PathBuf| file.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: Vec<String> = configurations.map(stem).collect();
    names.sort();
    names
}

/// The file of a configuration.
pub fn source(proxy: &str, name: &str) -> PathBuf {
    let ending = match proxy {
        "nginx" => "conf",
        "haproxy" => "cfg",
        "envoy" => "yaml",
        _ => "Caddyfile",
    };
    root().join(format!("deploy/{proxy}/{name}.{ending}"))
}

/// What `# WORD: ...` says in a configuration.
pub fn marked(proxy: &str, name: &str, word: &str) -> Option<String> {
    let text = fs::read_to_string(source(proxy, name)).expect("a configuration");
    text.lines().find_map(|line| line.strip_prefix(&format!("# {word}: ")).map(str::to_owned))
}

/// A WebSocket through the proxy, and the name of the backend at its other end.
pub fn open(proxy: Part) -> (Peer, char) {
    let mut peer = Peer::open(proxy.addr, "/ws");
    let name = greeted(&mut peer);
    (peer, name)
}

/// Who greets: the message begins with `[A]`.
pub fn greeted(peer: &mut Peer) -> char {
    let greeting = String::from_utf8(peer.payload(0x81)).expect("UTF-8");
    greeting.chars().nth(1).expect("a name in brackets")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn until_ready(lines: &Receiver<String>) -> Vec<String> {
    let limit = Limit::seconds(PATIENCE);
    let mut said = Vec::new();
    loop {
        match lines.recv_timeout(limit.left()) {
            Ok(line) if line.starts_with("ready") => return said,
            Ok(line) => said.push(line),
            Err(why) => panic!("the lab is not ready: {why}; it said {said:#?}"),
        }
    }
}
