//! Runs the commands of a page with bash, in a directory of their own, which goes when all was right.

use super::group::{Group, has_ended, hear_interrupts};
use super::screen::Screen;
use super::steps::trim_end;
use crate::common::program::without_options;
use rustix::process::Signal;
use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::panicking;
use std::time::Duration;

/// What a reader's terminal has not set, or not like that, and would be seen in what a command does.
const NOT_OURS: [&str; 9] =
    ["RUST_LOG", "CLICOLOR_FORCE", "FORCE_COLOR", "COLUMNS", "LINES", "BASH_ENV", "ENV", "CDPATH", "POSIXLY_CORRECT"];

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
    /// What commands have left running.
    left: Mutex<Vec<Group>>,
}

impl Shell {
    pub fn new(name: &str, patience: Duration) -> Shell {
        hear_interrupts();
        // Another run of the same page, here or beside, has another directory.
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{name}-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console").join(name);
        // What an earlier one with the same numbers has left.
        let _ = fs::remove_dir_all(&beside);
        let directory = beside.join("work");
        fs::create_dir_all(&directory).expect("a directory");
        Shell { directory, beside, patience, first: vec![this_build()], left: Mutex::default() }
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
        let child = bash.spawn().expect("bash starts");
        // It has the other end of the terminal open, and would keep it so.
        drop(bash);
        (self.wait_for(child), screen.all())
    }

    fn to_file(&self, mut bash: Command) -> (bool, Vec<u8>) {
        let path = self.beside.join("output");
        // Another file each time: something in the background may still write to the last one.
        let _ = fs::remove_file(&path);
        let output = OpenOptions::new().create(true).append(true).open(&path).expect("a file");
        bash.stdout(output.try_clone().expect("a file")).stderr(output);
        let child = bash.spawn().expect("bash starts");
        (self.wait_for(child), fs::read(&path).expect("a file"))
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
        without_options(&mut bash);
        for name in NOT_OURS {
            bash.env_remove(name);
        }
        bash.envs(variables.iter().map(|(name, value)| (name, value)));
        bash
    }

    fn path(&self) -> OsString {
        let others = env::var_os("PATH").unwrap_or_default();
        env::join_paths(self.first.iter().cloned().chain(env::split_paths(&others))).expect("a path")
    }

    /// A directory with a `.curlrc` that leads from hosts and ports to servers, and has one more line. It is written once:
    /// a curl in the background may be reading it.
    pub fn curl_home(&self, line: &str, detours: &[(String, SocketAddr)]) -> PathBuf {
        let home = self.beside.join(detours.first().map_or(0, |(_, addr)| addr.port()).to_string());
        let leads = detours.iter().map(|(from, to)| format!("connect-to = \"{from}:{}:{}\"\n", to.ip(), to.port()));
        let curlrc = format!("{line}\n{}", leads.collect::<String>());
        if !home.exists() {
            fs::create_dir(&home).expect("a directory");
            fs::write(home.join(".curlrc"), curlrc).expect("a file");
        }
        home
    }

    /// Waits for the end, and brings it about when it does not come. Whether it came.
    fn wait_for(&self, mut child: Child) -> bool {
        let group = Group::of(child.id());
        let in_time = has_ended(&mut child, self.patience);
        if !in_time {
            group.signal(Signal::KILL).expect("bash can be killed");
            assert!(has_ended(&mut child, self.patience), "bash was killed and has not ended");
        }
        // What it has left in the background belongs to the page, and may be needed to its end. A group that has become
        // empty is forgotten: its number is somebody else's some day.
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.push(group);
        left.retain(Group::is_there);
        in_time
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).clear();
        // What went wrong can be looked at.
        if !panicking() {
            let _ = fs::remove_dir_all(&self.beside);
        }
    }
}

/// Where this build's program is.
fn this_build() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_ws101")).parent().expect("a directory").to_owned()
}
