//! Where there are no process groups, no program is started: what it leaves behind would be nobody's to end.

use std::io::{self, Read};
use std::process::ExitStatus;
use std::time::Duration;

/// There is none.
pub(super) enum Group {}

impl Group {
    pub(super) fn start(_: &str, _: u16) -> io::Result<(Group, Vec<Box<dyn Read + Send>>)> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "--run needs the process groups of Unix; start it yourself"))
    }

    pub(super) fn leader(&self) -> u32 {
        match *self {}
    }

    pub(super) fn ended(&self) -> Option<(ExitStatus, Duration)> {
        match *self {}
    }

    pub(super) fn stop(&self) {
        match *self {}
    }
}

/// How it has ended.
pub(super) fn words(status: ExitStatus) -> String {
    format!("ended: {status}")
}
