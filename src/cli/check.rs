//! The options of `check`, and what they mean to it.

use super::handshake::Handshake;
use super::values::{duration, profile, seed, server_url, stages};
use crate::check::memory::Process;
use crate::check::student::{self, Plan};
use crate::check::text::Call;
use crate::check::{Profile, Settings};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 check ws://localhost:9001/                        every case, and what is wrong with the server
  ws101 check --profile basic ws://localhost:9001/        what it takes until an echo works: stages 1 to 9
  ws101 check --stage 6 ws://localhost:9001/              one stage; also 1-6, or unmask
  ws101 check --only ws/5.3/1 ws://localhost:9001/        one case
  ws101 check --list                                      the addresses of all cases
  ws101 check --dry-run --stage 9                         what is sent and expected, and nothing is sent
  ws101 check --run 'python3 server.py {port}'            a program that is started for it
  ws101 check --json ws://localhost:9001/ > report.json   the same for a program

The server has to send back each message at the URL's path, and nothing else.
The report goes to stdout, progress to stderr.
Status 0: passed. 1: failed. 2: could not run, nothing matched, or wrong use.
Durations: 500ms, 10s, 2m.";

/// Options of `check`.
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// A WebSocket that echoes: ws://localhost:9001/; with --run ws://127.0.0.1:{port}/ if it is left out
    // Read in `settings`: clap repeats what it cannot read, and there may be a password in it.
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// How much is asked: basic (stages 1 to 9), full, or strict (what is only a SHOULD counts as well)
    #[arg(long, value_name = "PROFILE", default_value = "full", value_parser = profile)]
    pub profile: Profile,

    /// Stage to run, by number or name, or several as 1-6; repeatable, or a list with commas. Default: those of the profile
    #[arg(long, value_name = "STAGE", value_delimiter = ',', value_parser = stages)]
    pub stage: Vec<RangeInclusive<u8>>,

    /// Beginning of the addresses to run, as ws/5.2, whatever the profile; repeatable, or a list with commas
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Beginning of the addresses to leave out; repeatable, or a list with commas
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub exclude: Vec<String>,

    /// Print the addresses that would be run, one a line, and run nothing
    #[arg(long, conflicts_with_all = ["dry_run", "json", "junit", "points"])]
    pub list: bool,

    /// Print what would be sent and expected, and run nothing
    #[arg(long, conflicts_with_all = ["json", "junit", "points"])]
    pub dry_run: bool,

    /// What keys, payloads and cuts are drawn by: the same for the same number
    #[arg(long, value_name = "N", default_value = "0", value_parser = seed)]
    pub seed: u64,

    /// Time for each answer
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub timeout: Duration,

    /// Time for all cases together: the first that is not begun by then fails, and the rest is left out. Default: none
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,

    /// Cases to run at once
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,

    /// Leave out the stages after the first that fails, as a course grades
    #[arg(long)]
    pub stop_at_first_stage: bool,

    /// Run every case, however many have no answer
    #[arg(long)]
    pub keep_going: bool,

    /// Start this program first, wait until its port answers, and end it afterwards; {port} is the port of the URL, and in
    /// a URL a free one
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    pub run: Option<String>,

    /// Process of a server that runs on this machine already: cases of stage 13 look at its memory
    #[arg(long, value_name = "PID", conflicts_with = "run")]
    pub pid: Option<u32>,

    /// What the handshake says, and to whom.
    #[command(flatten)]
    pub handshake: Handshake,

    /// Print one JSON document instead of text
    #[arg(long, conflicts_with = "points")]
    pub json: bool,

    /// Write the results to this file as JUnit's XML as well, for a CI
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Print one line of CSV that begins with this name instead of text, for a list of grades
    #[arg(long, value_name = "NAME")]
    pub points: Option<String>,

    /// Print the line of CSV that names the columns of --points, and run nothing
    #[arg(long)]
    pub points_header: bool,
}

impl Check {
    /// What is to be done. The error says which option cannot be read, and what would be right.
    pub fn settings(&self) -> Result<Settings, String> {
        let url = server_url(&self.place()?).map_err(|error| format!("URL: {error}"))?;
        let (offer, trust) = (self.handshake.offer()?, self.handshake.trust());
        Ok(Settings {
            trust,
            offer,
            seed: self.seed,
            timeout: self.timeout,
            deadline: self.deadline,
            jobs: usize::from(self.jobs),
            stop_at_first_stage: self.stop_at_first_stage,
            keep_going: self.keep_going,
            process: self.pid.map(Process::One),
            profile: self.profile,
            stages: self.stages(),
            only: self.only.clone(),
            exclude: self.exclude.clone(),
            ..Settings::new(url)
        })
    }

    /// The URL. With a program to run it may be left out, and have a free port.
    fn place(&self) -> Result<String, String> {
        match (self.url.as_deref(), &self.run) {
            (Some(text), None) => Ok(text.to_owned()),
            (None, None) => Err("<URL> is missing: where to, as ws://localhost:9001/".to_owned()),
            (text, Some(_)) => {
                let text = text.unwrap_or(student::URL);
                let port = student::free_port().map_err(|error| format!("--run: {error}"))?;
                Ok(text.replace(student::PORT, &port.to_string()))
            }
        }
    }

    /// How this was called, for a command that does it again.
    pub fn call(&self, settings: &Settings) -> Call {
        let mut call = Call::new(settings);
        if let Some(command) = &self.run {
            // Without its password, and with another free port.
            let url = call.server.replacen(&format!(":{}", settings.url.port), &format!(":{}", student::PORT), 1);
            let is_free = self.url.as_ref().is_none_or(|url| url.contains(student::PORT));
            call.target = ["--run", command, if is_free { &url } else { &call.server }].map(str::to_owned).to_vec();
        }
        if let Some(pid) = self.pid {
            call.target.splice(0..0, ["--pid".to_owned(), pid.to_string()]);
        }
        call
    }

    /// The program that is to be started for these settings.
    pub fn plan(&self, settings: &Settings) -> Option<Plan> {
        self.run.as_ref().map(|command| Plan::new(command, &settings.url))
    }

    /// The numbers of the stages that are named.
    pub fn stages(&self) -> Vec<u8> {
        self.stage.iter().cloned().flatten().collect()
    }
}
