//! A terminal that a test types at and looks at: tmux, with a server of its own and no window.

use crate::limit::Limit;
use crate::nginx::folder;
use crate::tools::program;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// What is run in it. The modes of the terminal must be the same before and after.
const SCRIPT: &str = "stty -a >before; \"$WS101\" connect \"$@\"; echo \"status $?\"; stty -a >after; \
                      cmp before after && echo same modes; exec cat";

/// A terminal of 100 columns in which `ws101 connect` runs. Dropping it ends what runs in it.
pub struct Terminal {
    folder: PathBuf,
    limit: Limit,
}

impl Terminal {
    /// Starts `ws101 connect` with these arguments in a new terminal.
    pub fn connect(name: &str, arguments: &[&str]) -> Terminal {
        Terminal::start(name, SCRIPT, arguments)
    }

    /// The same, its stdout a file.
    pub fn connect_to_file(name: &str, arguments: &[&str]) -> Terminal {
        Terminal::start(name, &SCRIPT.replacen("\"$@\"", "\"$@\" >out", 1), arguments)
    }

    fn start(name: &str, script: &str, arguments: &[&str]) -> Terminal {
        let terminal = Terminal { folder: folder(name), limit: Limit::seconds(60) };
        let mut tmux = terminal.tmux(&["new-session", "-d", "-x", "100", "-y", "50", "--", "env"]);
        // tmux puts the words of a command together for a shell: each is quoted for it.
        let program = format!("WS101={}", env!("CARGO_BIN_EXE_ws101"));
        let words = ["-u", "RUST_LOG", "NO_COLOR=1", &program, "sh", "-c", script, "sh"];
        tmux.args(words).args(arguments).current_dir(&terminal.folder);
        let started = tmux.status().expect("tmux runs");
        assert!(started.success(), "tmux started no session: {started}");
        terminal
    }

    /// Presses keys by the names that tmux has for them: Enter, Up, C-c.
    pub fn press(&self, key: &str) {
        assert!(self.tmux(&["send-keys", key]).status().is_ok_and(|status| status.success()), "{key}");
    }

    /// Types a text.
    pub fn type_in(&self, text: &str) {
        assert!(self.tmux(&["send-keys", "-l", "--", text]).status().is_ok_and(|status| status.success()), "{text}");
    }

    /// Types a line, when the prompt is there.
    pub fn enter(&self, line: &str) {
        self.until("a prompt", |screen| last(screen) == ">");
        self.type_in(line);
        self.until(line, |screen| screen.contains(line));
        self.press("Enter");
    }

    /// What stands on it, and above it where it has gone, rows that were too long put together again.
    pub fn screen(&self) -> String {
        let shown = self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]).output().expect("tmux runs");
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// Waits until it looks like that.
    pub fn until(&self, what: &str, looks: impl Fn(&str) -> bool) -> String {
        loop {
            let screen = self.screen();
            if looks(&screen) {
                return screen;
            }
            assert!(!self.limit.left().is_zero(), "no {what} on the screen:\n{screen}");
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Waits until a line stands there.
    pub fn shows(&self, line: &str) -> String {
        self.until(line, |screen| screen.lines().any(|shown| shown.contains(line)))
    }

    /// Waits for the end with this status, and for the terminal to be as it was.
    pub fn ends(&self, status: u8) -> String {
        self.shows(&format!("status {status}"));
        self.shows("same modes")
    }

    /// What was written to the file that stdout was.
    pub fn out(&self) -> String {
        fs::read_to_string(self.folder.join("out")).expect("stdout was a file")
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut tmux = program("tmux", "bash .ci/peers");
        tmux.arg("-S").arg(self.folder.join("socket")).args(["-u", "-f", "/dev/null"]).args(arguments);
        tmux
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the screen:\n{}", self.screen());
        }
        let _ = self.tmux(&["kill-server"]).status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The last line of a screen.
pub fn last(screen: &str) -> &str {
    screen.lines().next_back().unwrap_or_default()
}
