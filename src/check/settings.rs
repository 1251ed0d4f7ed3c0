//! What a run of `check` is told to do.

use super::memory::Process;
use super::student::Program;
use crate::client::handshake::Offer;
use crate::client::tls::Trust;
use crate::client::url::Url;
use std::time::Duration;

/// How much is asked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The stages 1 to 9: what it takes until an echo works.
    Basic,
    /// All stages.
    Full,
    /// All stages, and what is only a SHOULD fails as well.
    Strict,
}

impl Profile {
    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Profile::Basic => "basic",
            Profile::Full => "full",
            Profile::Strict => "strict",
        }
    }
}

/// Everything that the command line chooses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to: the URL of a WebSocket that echoes.
    pub url: Url,
    /// Which certificates are accepted.
    pub trust: Trust,
    /// What every opening handshake says besides what it must.
    pub offer: Offer,
    /// How much is asked.
    pub profile: Profile,
    /// The stages to run; none named: all of the profile.
    pub stages: Vec<u8>,
    /// The beginnings of addresses to run; none named: all.
    pub only: Vec<String>,
    /// The beginnings of addresses to leave out.
    pub exclude: Vec<String>,
    /// Keys, payloads and cuts are drawn by it.
    pub seed: u64,
    /// For each answer.
    pub timeout: Duration,
    /// For all cases together: none is begun later.
    pub deadline: Option<Duration>,
    /// How many cases of a stage are run at once.
    pub jobs: usize,
    /// Whether the stages after the first failing one are left out.
    pub stop_at_first_stage: bool,
    /// Whether every case is run, whatever times out.
    pub keep_going: bool,
    /// The server's process, on this machine, to see its memory.
    pub process: Option<Process>,
    /// The server's program, when it was started for this run: it may end in the middle.
    pub program: Option<Program>,
}

impl Settings {
    /// A run with all defaults.
    pub fn new(url: Url) -> Settings {
        Settings {
            url,
            trust: Trust::default(),
            offer: Offer::default(),
            profile: Profile::Full,
            stages: Vec::new(),
            only: Vec::new(),
            exclude: Vec::new(),
            seed: 0,
            timeout: Duration::from_secs(2),
            deadline: None,
            jobs: 1,
            stop_at_first_stage: false,
            keep_going: false,
            process: None,
            program: None,
        }
    }
}
