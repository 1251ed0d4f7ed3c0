//! Runs the commands of a page with bash, in a directory of their own.

use super::screen::Screen;
use super::steps::trim_end;
use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// What a command's output goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Something that is no terminal.
    Pipe,
    /// A terminal, made by `script`.
    Terminal,
    /// A terminal that nobody can type on.
    Screen,
}

/// Runs commands in a directory of their own.
pub struct Shell {
    /// Where the commands are run. Nothing is in it but what they leave there.
    pub directory: PathBuf,
    /// Beside it: what the run itself has to keep.
    pub beside: PathBuf,
    /// How long a command may take.
    pub patience: Duration,
    /// Directories in which programs are looked for first.
    pub first: Vec<PathBuf>,
}

impl Shell {
    pub fn new(name: &str, patience: Duration) -> Shell {
        let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console").join(name);
        // What an earlier run has left.
        let _ = fs::remove_dir_all(&beside);
        let directory = beside.join("work");
        fs::create_dir_all(&directory).expect("a directory");
        Shell { directory, beside, patience, first: vec![this_build()] }
    }

    /// What a command prints, on stdout and stderr, until bash ends. What it leaves running in the background is not waited
    /// for.
    pub fn run(&self, command: &str, variables: &[(&str, String)], at: At) -> Vec<String> {
        let mut bash = self.bash(command, variables, at);
        bash.stdin(Stdio::null());
        let (in_time, text) = if at == At::Screen { self.on_screen(bash) } else { self.to_file(bash) };
        let text = String::from_utf8_lossy(&text).replace("\r\n", "\n");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        trim_end(&mut lines);
        if !in_time {
            lines.push(format!("(not done after {:?})", self.patience));
        }
        lines
    }

    fn on_screen(&self, mut bash: Command) -> (bool, Vec<u8>) {
        let screen = Screen::of(&mut bash);
        let mut child = bash.spawn().expect("bash starts");
        // It has the other end of the terminal open, and would keep it so.
        drop(bash);
        (self.wait_for(&mut child), screen.all())
    }

    fn to_file(&self, mut bash: Command) -> (bool, Vec<u8>) {
        let path = self.beside.join("output");
        // Another file each time: something in the background may still write to the last one.
        let _ = fs::remove_file(&path);
        let output = OpenOptions::new().create(true).append(true).open(&path).expect("a file");
        bash.stdout(output.try_clone().expect("a file")).stderr(output);
        let mut child = bash.spawn().expect("bash starts");
        (self.wait_for(&mut child), fs::read(&path).expect("a file"))
    }

    /// A shell that will run the command, in a process group of its own.
    pub fn bash(&self, command: &str, variables: &[(&str, String)], at: At) -> Command {
        let mut bash = Command::new(if at == At::Terminal { "script" } else { "bash" });
        match at {
            At::Pipe | At::Screen => bash.args(["-c", command]),
            At::Terminal => bash.env("SHELL", "bash").args(["-q", "-e", "-c", command, "/dev/null"]),
        };
        bash.current_dir(&self.directory).process_group(0);
        bash.env("LC_ALL", "C.UTF-8").env("no_proxy", "*").env("NO_COLOR", "1").env("PATH", self.path());
        bash.env_remove("RUST_LOG").env_remove("CLICOLOR_FORCE");
        bash.envs(variables.iter().map(|(name, value)| (name, value)));
        bash
    }

    fn path(&self) -> OsString {
        let others = env::var_os("PATH").unwrap_or_default();
        env::join_paths(self.first.iter().cloned().chain(env::split_paths(&others))).expect("a path")
    }

    /// A directory with a `.curlrc` that leads from these hosts and ports to a server, and has one more line. It is written
    /// once: a curl in the background may be reading it.
    pub fn curl_home(&self, line: &str, from: &[&str], addr: SocketAddr) -> PathBuf {
        let home = self.beside.join(addr.port().to_string());
        let leads = from.iter().map(|from| format!("connect-to = \"{from}:{}:{}\"\n", addr.ip(), addr.port()));
        let curlrc = format!("{line}\n{}", leads.collect::<String>());
        if !home.exists() {
            fs::create_dir(&home).expect("a directory");
            fs::write(home.join(".curlrc"), curlrc).expect("a file");
        }
        home
    }

    /// Waits for the end, and brings it about when it does not come. Whether it came.
    fn wait_for(&self, child: &mut Child) -> bool {
        let deadline = Instant::now() + self.patience;
        while child.try_wait().expect("a child").is_none() {
            if Instant::now() > deadline {
                assert!(signal_group(child, "KILL"), "bash could not be killed");
                child.wait().expect("its end");
                return false;
            }
            park_timeout(Duration::from_millis(5));
        }
        true
    }
}

/// Sends a signal to all processes of the group that this one leads. Whether there was one.
pub fn signal_group(leader: &Child, name: &str) -> bool {
    let group = format!("-{}", leader.id());
    let kill = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
    kill.is_ok_and(|status| status.success())
}

/// Where this build's program is.
fn this_build() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_ws101")).parent().expect("a directory").to_owned()
}
