//! A chapter's run.

use super::bless::{Edit, merged};
use super::doors::{Doors, ports_named};
use super::listing;
use super::script::{Act, Key, What, script};
use super::server;
use super::tools;
use super::window::{Seen, Window};
use crate::common::program::Program;
use crate::pages::compare::{Ports, fault};
use crate::pages::group::Group;
use crate::pages::log::{Whose, lines_of};
use crate::pages::shell::{At, Shell};
use crate::pages::steps::Step;
use crate::pages::{PATIENCE, page};
use rustix::process::geteuid;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How long nothing comes before it is taken for all, where something is wrong already.
const QUIET: Duration = Duration::from_secs(2);

/// A chapter's run.
pub struct Run {
    shell: Shell,
    doors: Doors,
    /// Those that are compared: what the page's commands name was not drawn.
    ports: Ports,
    /// The group goes first, as long as its number is the program's.
    server: Option<(Group, Program)>,
    windows: BTreeMap<String, Window>,
    /// What commands have printed that the page shows further down.
    printed: Vec<String>,
    /// From which line on the log is looked at, and whose lines.
    mark: (usize, Whose),
    /// The window that was opened just now and has shown nothing.
    opened: Option<String>,
    /// How long something is waited for, and how long nothing may come before it is taken for all.
    patience: (Duration, Duration),
    /// What is wrong.
    pub faults: Vec<String>,
    /// What the page should say instead.
    pub edits: Vec<Edit>,
}

impl Run {
    /// A run of a page, in a directory of this name.
    pub fn new(name: &str, page: &str) -> Run {
        let mut shell = Shell::new(name, PATIENCE);
        // Where programs are found that the page's commands meet in place of others.
        shell.first.insert(0, shell.beside.join("bin"));
        if geteuid().is_root() {
            own_program(&shell, "sudo", "exec \"$@\"");
        }
        let (windows, printed, mark) = (BTreeMap::new(), Vec::new(), (0, Whose::Began));
        let (patience, faults, edits) = ((PATIENCE, PATIENCE), Vec::new(), Vec::new());
        let doors = Doors::of(page);
        link_the_tops(&shell, page);
        if let Some(port) = doors.redis() {
            own_redis(&shell, port);
        }
        if let Some(port) = doors.broken() {
            own_broken(&shell, port);
        }
        let ports = Ports::AllBut(ports_named(&script(page).0).into_iter().chain(doors.shown()).collect());
        Run { shell, doors, ports, server: None, windows, printed, mark, opened: None, patience, faults, edits }
    }

    /// The same in a hurry: what will not be right anyway is not waited for.
    pub fn hurried(self, patience: Duration) -> Run {
        Run { patience: (patience, patience.min(QUIET)), ..self }
    }

    /// Where its commands are run.
    pub fn directory(&self) -> &Path {
        &self.shell.directory
    }

    /// Does all of it.
    pub fn all(&mut self, acts: &[Act]) {
        for act in acts {
            self.act(act);
            self.opened = match &act.what {
                What::Window { name, step } if step.wanted.is_empty() => Some(name.clone()),
                _ => None,
            };
        }
        let left: Vec<_> = self.windows.iter().filter_map(|(name, window)| Some((name, window.left_over()?))).collect();
        for (name, lines) in left {
            self.faults.push(format!("the window {name:?} has said more:\n{}", lines.join("\n")));
        }
        self.windows.clear();
        self.server = None;
    }

    fn act(&mut self, Act { at, what }: &Act) {
        match what {
            What::Server(step) => self.serve(*at, step),
            What::Console(steps) => {
                self.mark(Whose::Began);
                steps.iter().for_each(|step| self.command(*at, step));
            }
            What::Folded(steps) => {
                self.mark(Whose::Began);
                self.printed = steps.iter().flat_map(|step| self.printed_by(step)).collect();
            }
            What::Prints { lines } => {
                let came = std::mem::take(&mut self.printed);
                self.judge(*at, 0, lines, fault(lines, &came, &self.ports), &came);
            }
            What::Window { name, step } => self.open(*at, name, step),
            What::Types { name, lines } => {
                // What is typed first into a window that shows nothing yet belongs to its opening.
                if self.opened.as_ref() != Some(name) {
                    self.mark(Whose::All);
                }
                self.with(*at, name, |window| window.types(lines));
            }
            What::Signal(signal) => {
                self.mark(Whose::All);
                match &self.server {
                    Some((_, server)) => server.signal(signal),
                    None => self.fault(*at, "there is no server"),
                }
            }
            What::Key { name, key } => self.key(*at, name, *key),
            What::Shows { name, lines } => self.shows(*at, name, lines),
            What::Log { level, lines } => self.log(*at, level.as_deref().unwrap_or("trace"), lines),
            What::Listing { file, item, lines } => self.listing(*at, file, item, lines),
            What::File { name, lines } => self.file(name, lines),
            What::Picture { .. } | What::Unrun { .. } => {}
        }
    }

    fn serve(&mut self, at: usize, step: &Step) {
        if let Some((_group, server)) = self.server.take() {
            server.signal("INT");
            server.ended();
        }
        match server::start(&step.command, &self.doors) {
            Ok(program) => {
                let fault = server::greeting_fault(&step.wanted, &program, &self.doors, &self.ports);
                let came = server::said(&program, 0, &self.doors);
                self.server = Some((Group::of(program.pid()), program));
                self.judge(at, step.at, &step.wanted, fault, &came);
            }
            Err(fault) => self.fault(at, &fault),
        }
        self.mark(Whose::Began);
    }

    fn command(&mut self, at: usize, step: &Step) {
        let came = self.printed_by(step);
        let fault = fault(&step.wanted, &came, &self.ports).map(|fault| format!("$ {}\n{fault}", step.command));
        self.judge(at, step.at, &step.wanted, fault, &came);
    }

    fn printed_by(&self, step: &Step) -> Vec<String> {
        let came = self.shell.run(&self.mapped(&step.command), &self.variables(), At::Screen);
        let came = came.iter().map(|line| self.doors.as_on_the_page(line));
        came.filter(|line| !is_of_the_detour(line)).collect()
    }

    fn open(&mut self, at: usize, name: &str, step: &Step) {
        self.mark(Whose::Began);
        let bash = self.shell.bash(&self.mapped(&step.command), &self.variables(), At::Screen);
        self.leave(at, name);
        self.windows.insert(name.to_owned(), Window::open(bash, self.doors.clone(), self.ports.clone()));
        if !step.wanted.is_empty() {
            self.shows(at + step.at, name, &step.wanted);
        }
    }

    /// A window of that name that was there before is closed.
    fn leave(&mut self, at: usize, name: &str) {
        if let Some(lines) = self.windows.remove(name).and_then(|window| window.left_over()) {
            self.fault(at, &format!("before, the window {name:?} has said more:\n{}", lines.join("\n")));
        }
    }

    fn shows(&mut self, at: usize, name: &str, wanted: &[String]) {
        let (patience, quiet) = self.patience;
        let Some(window) = self.windows.get_mut(name) else {
            return self.fault(at, &format!("there is no window {name:?}"));
        };
        if let Seen::No { fault, came } = window.shows(wanted, patience, quiet) {
            self.judge(at, 0, wanted, Some(format!("the window {name:?}\n{fault}")), &came);
        }
    }

    fn key(&mut self, at: usize, name: &str, key: Key) {
        let patience = self.patience.0;
        if key != Key::Ends {
            self.mark(Whose::All);
        }
        self.with(at, name, |window| match key {
            Key::CtrlC => window.ctrl_c(),
            Key::CtrlD => {
                window.ctrl_d();
                Ok(())
            }
            Key::Ends => window.ends(patience),
        });
        if key == Key::Ends {
            self.leave(at, name);
        }
    }

    /// The log may come after the answer, so it is looked at until it is right, and then once more: it must stay so.
    fn log(&mut self, at: usize, level: &str, wanted: &[String]) {
        let Some((_, server)) = &self.server else { return self.fault(at, "there is no server") };
        let (patience, quiet) = self.patience;
        let (deadline, mut since, mut length) = (Instant::now() + patience, Instant::now(), 0);
        loop {
            let mut lines = server::said(server, self.mark.0, &self.doors);
            let mut came = lines_of(&lines, self.mark.1, level);
            if fault(wanted, &came, &self.ports).is_none() {
                server.wait_until_quiet();
                lines = server::said(server, self.mark.0, &self.doors);
                came = lines_of(&lines, self.mark.1, level);
            }
            let Some(fault) = fault(wanted, &came, &self.ports) else { return };
            if lines.len() != length {
                (length, since) = (lines.len(), Instant::now());
            }
            if Instant::now() > deadline || length > 0 && since.elapsed() > quiet {
                return self.judge(at, 0, wanted, Some(format!("the log\n{fault}")), &came);
            }
            park_timeout(Duration::from_millis(20));
        }
    }

    fn listing(&mut self, at: usize, file: &str, name: &str, wanted: &[String]) {
        match listing::checked(&page(file), name, wanted) {
            Ok(None) => {}
            Ok(Some(item)) => {
                let fault = format!("{file} has this {name}:\n{}\n", item.join("\n"));
                let is_cut = wanted.iter().any(|line| line.trim() == "// ...");
                // What is left out of a listing is a person's choice.
                let came = if is_cut { wanted.to_vec() } else { item };
                self.judge(at, 0, wanted, Some(fault), &came);
            }
            Err(fault) => self.fault(at, &format!("{file} {fault}")),
        }
    }

    fn file(&mut self, name: &str, lines: &[String]) {
        let text = self.doors.mapped(&(lines.join("\n") + "\n"), None);
        fs::write(self.shell.directory.join(name), text).expect("a file");
    }

    /// From now on, the log is that of these. What was done before may still be told: a client has seen an answer
    /// before the server has said that it was sent.
    fn mark(&mut self, whose: Whose) {
        let said = |(_, server): &(Group, Program)| {
            server.wait_until_quiet();
            server.lines().len()
        };
        self.mark = (self.server.as_ref().map_or(0, said), whose);
    }

    fn with(&mut self, at: usize, name: &str, work: impl FnOnce(&mut Window) -> Result<(), String>) {
        let result = self.windows.get_mut(name).map_or_else(|| Err("it is not there".to_owned()), work);
        if let Err(fault) = result {
            self.fault(at, &format!("the window {name:?}: {fault}"));
        }
    }

    fn mapped(&self, command: &str) -> String {
        self.doors.mapped(command, self.server.as_ref().map(|(_, server)| server.pid()))
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        // Bold letters on a terminal are a matter of its own.
        let home = self.shell.curl_home("no-styled-output", &self.doors.detours());
        let lab = self.doors.lab().map(|ports| ("LAB_PORTS", ports));
        let redis = self.doors.redis().map(|port| ("LAB_REDIS", format!("127.0.0.1:{port}")));
        let program = ("WS101", env!("CARGO_BIN_EXE_ws101").to_owned());
        let envoy = tools::found("envoy").map(|envoy| ("ENVOY", envoy.display().to_string()));
        let ours = [("CURL_HOME", home.display().to_string()), program];
        ours.into_iter().chain(lab).chain(redis).chain(envoy).collect()
    }

    /// Something wrong, and what should stand `below` the line instead.
    fn judge(&mut self, at: usize, below: usize, wanted: &[String], fault: Option<String>, came: &[String]) {
        if let Some(fault) = fault {
            self.edits.push(Edit { at: at + below, count: wanted.len(), lines: merged(wanted, came, &self.ports) });
            self.fault(at + below, &fault);
        }
    }

    fn fault(&mut self, at: usize, fault: &str) {
        // What comes after it may be wrong for its sake.
        self.patience = (self.patience.0.min(PATIENCE / 3), self.patience.1.min(QUIET));
        self.faults.push(format!("line {}: {fault}", at + 1));
    }
}

/// `deploy/lab` and the files of exercises are named from the repository's top, and a page is run in a directory of its own.
fn link_the_tops(shell: &Shell, page: &str) {
    for top in
        ["deploy", "docs/answers", "walkthrough/exercises"].iter().filter(|top| page.contains(&format!(" {top}/")))
    {
        let link = shell.directory.join(top);
        fs::create_dir_all(link.parent().expect("the directory of the page")).expect("a directory");
        symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join(top), link).expect("a link");
    }
}

/// What curl says of being led from port 8080 to that of the run.
fn is_of_the_detour(line: &str) -> bool {
    line.starts_with("* Connecting to hostname: ") || line.starts_with("* Connecting to port: ")
}

/// Redis's programs, with the port of the run where the page means the usual one. They take the last word on it.
fn own_redis(shell: &Shell, port: u16) {
    if let Some(server) = tools::found("redis-server") {
        own_program(shell, "redis-server", &format!("exec '{}' \"$@\" --port {port}", server.display()));
    }
    if let Some(client) = tools::found("redis-cli") {
        own_program(shell, "redis-cli", &format!("exec '{}' -p {port} \"$@\"", client.display()));
    }
}

/// Ours, with the port of the run where a broken server would take the usual one.
fn own_broken(shell: &Shell, port: u16) {
    let ours = env!("CARGO_BIN_EXE_ws101");
    let broken =
        format!("case \"$*\" in broken*--listen*) ;; broken*) set -- \"$@\" --listen 127.0.0.1:{port} ;; esac");
    own_program(shell, "ws101", &format!("{broken}\nexec '{ours}' \"$@\""));
}

/// A program of the run's own, which is found first.
fn own_program(shell: &Shell, name: &str, command: &str) {
    let directory = shell.beside.join("bin");
    fs::create_dir_all(&directory).expect("a directory");
    let program = directory.join(name);
    fs::write(&program, format!("#!/bin/sh\n{command}\n")).expect("a file");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
}
