//! The command line as types, and nothing else: names, defaults, help. What they do stands in [`crate::command`].

// The doc comments of the options are their help texts: an address stands there as it is typed.
#![allow(rustdoc::bare_urls, rustdoc::broken_intra_doc_links)]

pub mod broken;
pub mod check;
pub mod compare;
pub mod connect;
pub mod decode;
pub mod encode;
pub mod handshake;
pub mod healthcheck;
pub mod probe;
pub mod quiz;
pub mod serve;
pub mod values;

pub use broken::Broken;
pub use check::Check;
pub use compare::Compare;
pub use connect::Connect;
pub use decode::{Decode, Sender};
pub use encode::Encode;
pub use healthcheck::Healthcheck;
pub use probe::Probe;
pub use quiz::Quiz;
pub use serve::Serve;

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  ws101                                    serve http://localhost:8080
  RUST_LOG=trace ws101                     the same, every byte shown
  ws101 --listen 0.0.0.0:9000 --name A     reachable from elsewhere; says its name
  ws101 --origin https://example.org       only pages from there may connect
  RUST_LOG=trace ws101 --trace-path /ws    every byte, but of /ws only
  ws101 --tick 1s..5s --seed 7             events every few seconds, the same each time

RUST_LOG=error|warn|info|debug|trace|off chooses how much is told (default: info).
Every option has an environment variable: WS101_LISTEN, WS101_NAME, ...; lists are separated by commas.
Durations: 500ms, 10s, 2m. Sizes: 100, 64KiB, 16MiB.";

/// Shows every byte of a WebSocket and says why it is there.
#[derive(Debug, Parser)]
#[command(name = "ws101", version, about, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without it: serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `serve`, when no command is named.
    #[command(flatten)]
    pub serve: Serve,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server (also without the word)
    #[command(after_help = EXAMPLES)]
    Serve(Box<Serve>),
    /// Measure four ways to follow one feed: short poll, long poll, event stream, WebSocket
    #[command(after_help = compare::EXAMPLES)]
    Compare(Box<Compare>),
    /// Talk to a WebSocket server by hand, from a pipe or from a script
    #[command(after_help = connect::EXAMPLES, override_usage = "ws101 connect [OPTIONS] <URL>")]
    Connect(Box<Connect>),
    /// Tell what bytes are on a WebSocket, and what is wrong with them
    #[command(after_help = decode::EXAMPLES)]
    Decode(Decode),
    /// Find out what a proxy does to a WebSocket, and what to write into its configuration
    #[command(after_help = probe::EXAMPLES, override_usage = "ws101 probe [OPTIONS] <URL>")]
    Probe(Box<Probe>),
    /// Grade any WebSocket server, case by case, and tell what is wrong with it
    #[command(after_help = check::EXAMPLES, override_usage = "ws101 check [OPTIONS] <URL>\n       ws101 check [OPTIONS] --run <COMMAND> [URL]\n       ws101 check --list")]
    Check(Box<Check>),
    /// Serve echoes that break one rule, for a grader or a lab
    #[command(after_help = broken::EXAMPLES, override_usage = "ws101 broken [OPTIONS] <NAME>\n       ws101 broken --list")]
    Broken(Broken),
    /// Make a frame, legal or not, and print its bytes
    #[command(after_help = encode::EXAMPLES)]
    Encode(Encode),
    /// Ask small questions about frames, handshakes and close codes, and answer them
    #[command(after_help = quiz::EXAMPLES)]
    Quiz(Quiz),
    /// Ask a server how it is, and say it by the exit status
    #[command(after_help = healthcheck::EXAMPLES)]
    Healthcheck(Healthcheck),
}

#[cfg(test)]
mod tests {
    use super::values::{duration, duration_or_zero, feed_pace, size};
    use super::*;
    use crate::server::Config;
    use clap::CommandFactory;
    use std::time::Duration;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_defaults_of_the_command_line_are_those_of_the_library() {
        let cli = Cli::try_parse_from(["ws101"]).expect("no options are needed");
        assert_eq!(format!("{:?}", cli.serve.config()), format!("{:?}", Config::default()));
        assert_eq!(cli.serve.grace, Duration::from_secs(10));
    }

    #[test]
    fn sizes_and_durations_as_people_write_them() {
        assert_eq!(size("16MiB"), Ok(16 << 20));
        assert_eq!(size("64k"), Ok(64 << 10));
        assert_eq!(size("100"), Ok(100));
        assert!(size("MiB").is_err() && size("1.5M").is_err() && size("99999999999999999999").is_err());
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration_or_zero("0"), Ok(Duration::ZERO));
        assert!(duration("0").is_err() && duration("10").is_err() && duration("9999y").is_err());
    }

    #[test]
    fn a_pace_is_two_durations_or_one_or_off() {
        let (low, high) = (Duration::from_millis(500), Duration::from_secs(3));
        assert_eq!(feed_pace("500ms..3s"), Ok(Some(low..=high)));
        assert_eq!(feed_pace("3s"), Ok(Some(high..=high)));
        assert_eq!(feed_pace("off"), Ok(None));
        assert!(feed_pace("3s..500ms").is_err() && feed_pace("0..3s").is_err() && feed_pace("..").is_err());
    }

    #[test]
    fn wrong_values_are_refused() {
        for wrong in [
            ["--listen", "8080"],
            ["--origin", "https://a/b"],
            ["--subprotocol", "a b"],
            ["--trace-path", "ws"],
            ["--max-connections", "0"],
            ["--max-head", "1"],
            ["--name", "a\u{1b}b"],
            ["--tick", "3s..1s"],
            ["--tick", "0..1s"],
            ["--feed-keep", "0"],
            ["--allow-origin", "example.org"],
        ] {
            assert!(Cli::try_parse_from(["ws101", wrong[0], wrong[1]]).is_err(), "{wrong:?}");
        }
    }
}
