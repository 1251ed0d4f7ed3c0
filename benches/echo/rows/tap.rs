//! What it costs to tell a person what passed: ws101 against itself, silent.
//! At `trace` every message becomes a page of text, and the disk has its say too.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::report;
use crate::common::rounds::alternate;
use crate::common::server::Server;
use crate::rounds::Plan;
use crate::switches::{self, Counted};

const SILENT: &[&str] = &["off"];

pub fn pipelined(plan: &Plan) -> Outcome<Part> {
    run("tap-pipelined", plan, super::pipelined::turn)
}

pub fn ping_pong(plan: &Plan) -> Outcome<Part> {
    run("tap-ping-pong", plan, super::ping_pong::turn)
}

fn run(name: &str, plan: &Plan, turn: fn(&Server, Duration) -> Outcome<Counted>) -> Outcome<Part> {
    let logs = Logs::create()?;
    let mut off = Server::ws101()?;
    off.label = "off";
    let info = Server::ws101_logging("info", &logs.file("info"))?;
    let trace = Server::ws101_logging("trace", &logs.file("trace"))?;
    let turns = alternate(name, &mut [off, info, trace], plan.rounds, |server| {
        let sample = turn(server, plan.turn)?;
        logs.empty()?;
        Ok(sample)
    })?;
    let series = switches::samples(&turns);
    let figures = [report::rate("messages", &series, SILENT), report::cpu("message", &series, SILENT)];
    Ok(Part { table: report::table(&figures), goals: Vec::new() })
}

/// A directory of log files, deleted when dropped.
struct Logs {
    directory: PathBuf,
}

impl Logs {
    fn create() -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("ws101-bench-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }

    fn file(&self, level: &str) -> PathBuf {
        self.directory.join(level)
    }

    /// A second of `trace` is many megabytes: no turn leaves its log to the next.
    fn empty(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            File::create(entry?.path())?;
        }
        Ok(())
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            eprintln!("{} is left: {error}", self.directory.display());
        }
    }
}
