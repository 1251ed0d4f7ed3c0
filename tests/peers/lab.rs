//! The labs of deploy/, started as a reader starts them, on free ports.

use crate::limit::Limit;
use crate::run::lines;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;

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

pub fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// `deploy/lab` with these words, this program behind it, and free ports.
pub fn command(words: &[&str]) -> Command {
    let mut command = Command::new(deploy().join("lab"));
    command.args(words).env("LAB_PORTS", "0,0,0").env("WS101", env!("CARGO_BIN_EXE_ws101"));
    command.env("WS101_PEERS", crate::tools::peers()).stdin(Stdio::null());
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WS101_")) {
        if name != "WS101_PEERS" {
            command.env_remove(name);
        }
    }
    command
}

/// A running lab. Dropping it ends it as Ctrl-C does.
pub struct Lab {
    child: Child,
    said: Receiver<String>,
    heard: Vec<String>,
}

impl Lab {
    /// Starts it and waits until it is ready.
    pub fn start(proxy: &str, name: &str) -> Lab {
        let mut command = command(&[proxy, name]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("deploy/lab starts");
        let said = lines(child.stdout.take().expect("stdout is a pipe"));
        let mut lab = Lab { child, said, heard: Vec::new() };
        let limit = Limit::seconds(60);
        while !lab.heard.last().is_some_and(|line| line.starts_with("ready")) {
            match lab.said.recv_timeout(limit.left()) {
                Ok(line) => lab.heard.push(line),
                Err(why) => panic!("{proxy} {name} is not ready: {why}: {:#?}", lab.heard),
            }
        }
        lab
    }

    /// A word of the line of `proxy`, `A` or `B`: the URL, or what stands behind `pid`.
    fn fact(&self, who: &str, is_it: impl Fn(&str, &str) -> bool) -> String {
        let line = self.heard.iter().find(|line| line.split_whitespace().next() == Some(who)).expect("a line");
        let words: Vec<&str> = line.split_whitespace().collect();
        words.windows(2).find(|two| is_it(two[0], two[1])).expect("a fact")[1].to_owned()
    }

    /// Where somebody listens, as `http://localhost:8000`.
    pub fn url(&self, who: &str) -> String {
        self.fact(who, |_, word| word.contains("://"))
    }

    /// The process.
    pub fn pid(&self, who: &str) -> u32 {
        self.fact(who, |before, _| before == "pid").parse().expect("a number")
    }

    /// A path behind the proxy, for a WebSocket.
    pub fn ws(&self, path: &str) -> String {
        format!("{}{path}", self.url("proxy").replacen("http", "ws", 1))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
