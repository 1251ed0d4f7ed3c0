//! One section of `ws101 probe`, run in this process, and what it has found.

use clap::Parser;
use std::net::SocketAddr;
use ws101::cli::{Cli, Command};
use ws101::probe::{self, Fault, Section, Settings};

/// What these options ask for, as the command line reads them.
pub fn settings(options: &str, server: SocketAddr) -> Settings {
    let url = format!("ws://{server}/ws");
    let words = ["ws101", "probe"].into_iter().chain(options.split_whitespace()).chain([url.as_str()]);
    match Cli::parse_from(words).command {
        Some(Command::Probe(probe)) => probe.settings().expect("settings"),
        other => panic!("{other:?}"),
    }
}

/// The last section that these options run.
pub fn section(options: &str, server: SocketAddr) -> Section {
    let report = probe::run(&settings(options, server), &mut |_| {}).expect("a report");
    report.sections.into_iter().next_back().expect("a section")
}

/// The names of what is to be fixed.
pub fn faults(section: &Section) -> Vec<Fault> {
    section.faults.iter().map(|found| found.fault).collect()
}

/// Whether something that was seen or noted has these words in it.
pub fn says(section: &Section, words: &str) -> bool {
    section.evidence.iter().chain(&section.notes).any(|line| line.contains(words))
}
