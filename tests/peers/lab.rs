//! The labs of `deploy`, started as a reader starts them, on free ports, and ended as Ctrl-C ends them.

use crate::client::free_port;
use crate::common::peer::Peer;
use crate::limit::Limit;
use crate::redis_server::Redis;
use crate::run::lines;
use crate::tools::peers;
use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;

/// How long each step of a lab may take, in seconds.
const PATIENCE: u64 = 60;

/// How much of each log a failed test shows.
const LINES_SHOWN: usize = 30;

/// A lab as its file describes it.
#[derive(Debug)]
pub struct Described {
    pub proxy: String,
    pub name: String,
    /// What it is, in its own words.
    pub headline: String,
    /// The fault that it states; `None`: none.
    pub fault: Option<String>,
}

impl Described {
    pub fn path(&self) -> String {
        format!("{}/{}", self.proxy, self.name)
    }
}

/// All of them, by proxy and name.
pub fn labs() -> Vec<Described> {
    let mut labs = Vec::new();
    for proxy in ["nginx", "haproxy", "envoy", "caddy"] {
        let files = fs::read_dir(deploy().join(proxy)).expect("a folder of labs").flatten().map(|entry| entry.path());
        let is_lab = |file: &PathBuf| file.extension().is_some_and(|ending| ending != "md");
        let mut files: Vec<PathBuf> = files.filter(is_lab).collect();
        files.sort();
        labs.extend(files.iter().map(|file| described(proxy, file)));
    }
    labs
}

fn described(proxy: &str, file: &Path) -> Described {
    let text = fs::read_to_string(file).expect("a configuration");
    let marked = |mark: &str| text.lines().find_map(|line| line.strip_prefix(mark)).map(|rest| rest.trim().to_owned());
    let headline = text.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a headline").to_owned();
    let fault = marked("# fault:").unwrap_or_else(|| panic!("{}: no fault, not even none", file.display()));
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    Described { proxy: proxy.to_owned(), name, headline, fault: Some(fault).filter(|fault| fault != "none") }
}

fn wants_redis(proxy: &str, name: &str) -> bool {
    let file = fs::read_dir(deploy().join(proxy)).expect("a folder of labs").flatten().map(|entry| entry.path());
    let mut files = file.filter(|file| file.file_stem().is_some_and(|stem| stem == name));
    files.any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("redis://")))
}

pub fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// `deploy/lab` with these words, this program behind it, and free ports.
pub fn command(words: &[&str]) -> Command {
    let mut command = Command::new(deploy().join("lab"));
    command.args(words).env("LAB_PORTS", "0,0,0").env("WS101", env!("CARGO_BIN_EXE_ws101")).stdin(Stdio::null());
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WS101_")) {
        command.env_remove(name);
    }
    command.env("WS101_PEERS", peers());
    command
}

/// One of the three programs of a lab, as its line tells.
#[derive(Debug, Clone)]
pub struct Part {
    /// Where it listens, as `http://localhost:8000`.
    pub url: String,
    pub addr: SocketAddr,
    pub pid: u32,
}

impl Part {
    /// Of a line such as `A      ws101      http://localhost:8081   pid 4712`.
    fn of(line: &str) -> Part {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [.., url, "pid", pid] = words[..] else { panic!("no line of a program: {line}") };
        let port = url.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).expect("a port");
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        Part { url: url.to_owned(), addr, pid: pid.parse().expect("a number") }
    }

    /// Sends it a signal, as `kill -TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.pid.to_string()]).status().expect("kill runs");
        assert!(sent.success(), "no {name} could be sent to {self:?}");
    }

    /// A WebSocket with it, or with the backend that it chooses, and that one's name.
    pub fn open(&self) -> (Peer, char) {
        let mut peer = Peer::open(self.addr, "/ws");
        let name = greeted(&mut peer);
        (peer, name)
    }
}

/// Who greets: the message begins with `[A]`.
pub fn greeted(peer: &mut Peer) -> char {
    let greeting = String::from_utf8(peer.payload(0x81)).expect("UTF-8");
    greeting.chars().nth(1).expect("a name in brackets")
}

/// A running lab. Dropping it ends it.
pub struct Lab {
    child: Child,
    said: Receiver<String>,
    pub proxy: Part,
    pub a: Part,
    pub b: Part,
    /// Its logs.
    pub folder: PathBuf,
    /// The configuration as it runs, in the same folder.
    pub configuration: PathBuf,
    /// Of a lab whose feed is kept there. It has to run before the lab, and ends after it.
    pub redis: Option<Redis>,
}

impl Lab {
    /// Starts it and waits until it is ready.
    pub fn start(proxy: &str, name: &str) -> Lab {
        Lab::start_in(proxy, name, &[])
    }

    /// The same with variables that both backends read.
    pub fn start_in(proxy: &str, name: &str, variables: &[(&str, &str)]) -> Lab {
        let mut command = command(&[proxy, name]);
        command.env("LAB_PORTS", [(); 3].map(|()| free_port().to_string()).join(","));
        command.envs(variables.iter().copied());
        let redis = wants_redis(proxy, name).then(Redis::forgetful);
        command.envs(redis.iter().map(|redis| ("LAB_REDIS", format!("127.0.0.1:{}", redis.port))));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("deploy/lab starts");
        let said = lines(child.stdout.take().expect("stdout is a pipe"));
        let heard = until_ready(&said);
        let line = |who: &str| heard.iter().find(|line| line.split_whitespace().next() == Some(who)).expect(who);
        let part = |who: &str| Part::of(line(who));
        // logs   /tmp/ws101-lab.AbCdEf: proxy.log, A.log, B.log; right.conf is the configuration
        let (folder, files) = line("logs")["logs".len()..].trim().split_once(": ").expect("a folder");
        let (_, configuration) = files.split_once("; ").expect("the configuration");
        let folder = PathBuf::from(folder);
        let configuration = folder.join(configuration.split(' ').next().expect("its name"));
        Lab { child, said, proxy: part("proxy"), a: part("A"), b: part("B"), folder, configuration, redis }
    }

    /// A path behind the proxy, for a WebSocket.
    pub fn ws(&self, path: &str) -> String {
        format!("{}{path}", self.proxy.url.replacen("http", "ws", 1))
    }

    /// A file in its folder.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// Puts a line into the running configuration, behind the one that is `behind`. It counts after a reload.
    pub fn insert(&self, behind: &str, line: &str) {
        let text = fs::read_to_string(&self.configuration).expect("the configuration");
        let (before, after) = text.split_once(&format!("\n{behind}\n")).expect("that line");
        fs::write(&self.configuration, format!("{before}\n{behind}\n{line}\n{after}")).expect("it is written");
    }

    /// Waits for a line of the lab's own.
    pub fn says(&self, part: &str) {
        let limit = Limit::seconds(PATIENCE);
        loop {
            let line = self.said.recv_timeout(limit.left()).unwrap_or_else(|why| panic!("no line {part:?}: {why}"));
            if line.contains(part) {
                return;
            }
        }
    }

    /// Ctrl-C, and how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        self.interrupt();
        self.ended()
    }

    /// How it ended. The end of its output is the end of the script.
    pub fn ended(&mut self) -> ExitStatus {
        let limit = Limit::seconds(PATIENCE);
        loop {
            match self.said.recv_timeout(limit.left()) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().expect("its exit status"),
                Err(RecvTimeoutError::Timeout) => panic!("the lab did not end"),
            }
        }
    }

    fn interrupt(&self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        if thread::panicking() {
            for name in ["A.log", "B.log", "proxy.log", "error.log"] {
                let text = self.file(name);
                let lines: Vec<&str> = text.lines().collect();
                let end = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
                eprintln!("the end of {name}:\n    {}", end.join("\n    "));
            }
        }
        self.interrupt();
        let _ = self.child.wait();
    }
}

/// What it says up to `ready`.
fn until_ready(said: &Receiver<String>) -> Vec<String> {
    let limit = Limit::seconds(PATIENCE);
    let mut heard = Vec::new();
    loop {
        match said.recv_timeout(limit.left()) {
            Ok(line) if line.starts_with("ready") => return heard,
            Ok(line) => heard.push(line),
            Err(why) => panic!("the lab is not ready: {why}; it said {heard:#?}"),
        }
    }
}
