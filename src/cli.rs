//! The command line as types, and nothing else: names, defaults, help. What they do stands in [`crate::command`].

// The doc comments of the options are their help texts: an address stands there as it is typed.
#![allow(rustdoc::bare_urls)]

use crate::protocol::head::Limits;
use crate::protocol::upgrade::Policy;
use crate::server::Config;
use crate::wire::tap::Settings;
use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  ws101                                    serve http://localhost:8080
  RUST_LOG=trace ws101                     the same, every byte shown
  ws101 --listen 0.0.0.0:9000 --name A     reachable from elsewhere; says its name
  ws101 --origin https://example.org       only pages from there may connect
  RUST_LOG=trace ws101 --trace-path /ws    every byte, but of /ws only

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
}

/// Options of the server.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address to listen on; repeatable. Port 0: the system chooses
    #[arg(long, value_name = "HOST:PORT", env = "WS101_LISTEN", value_delimiter = ',', default_value = "127.0.0.1:8080", value_parser = address)]
    pub listen: Vec<String>,

    /// Greet with this name and put it before text echoes, to tell backends apart; `host`: the host's name
    #[arg(long, env = "WS101_NAME", value_parser = name)]
    pub name: Option<String>,

    /// Origin whose pages may connect, as https://example.org; repeatable. Default: any
    #[arg(long, env = "WS101_ORIGIN", value_delimiter = ',', value_parser = origin)]
    pub origin: Vec<String>,

    /// Subprotocol to accept when it is offered; repeatable
    #[arg(long, value_name = "NAME", env = "WS101_SUBPROTOCOL", value_delimiter = ',', value_parser = token)]
    pub subprotocol: Vec<String>,

    /// Most connections at a time, a thread each
    #[arg(long, value_name = "N", env = "WS101_MAX_CONNECTIONS", default_value = "10000", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,

    /// Largest message, over all its fragments
    #[arg(long, value_name = "SIZE", env = "WS101_MAX_MESSAGE", default_value = "16MiB", value_parser = size)]
    pub max_message: u64,

    /// Longest request head
    #[arg(long, value_name = "SIZE", env = "WS101_MAX_HEAD", default_value = "16KiB", value_parser = head_size)]
    pub max_head: u64,

    /// Most header fields in a request
    #[arg(long, value_name = "N", env = "WS101_MAX_FIELDS", default_value = "100", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub max_fields: u16,

    /// Largest request body
    #[arg(long, value_name = "SIZE", env = "WS101_MAX_BODY", default_value = "64KiB", value_parser = size)]
    pub max_body: u64,

    /// Time for a request head to be complete
    #[arg(long, value_name = "TIME", env = "WS101_HANDSHAKE_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub handshake_timeout: Duration,

    /// Time an HTTP connection may wait for its next request
    #[arg(long, value_name = "TIME", env = "WS101_KEEP_ALIVE_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub keep_alive_timeout: Duration,

    /// Silence after which a WebSocket is pinged; 0: never
    #[arg(long, value_name = "TIME", env = "WS101_PING_INTERVAL", default_value = "20s", value_parser = duration_or_zero)]
    pub ping_interval: Duration,

    /// Silence after a Ping that ends the connection
    #[arg(long, value_name = "TIME", env = "WS101_PING_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub ping_timeout: Duration,

    /// Time for a message to be complete
    #[arg(long, value_name = "TIME", env = "WS101_MESSAGE_TIMEOUT", default_value = "5m", value_parser = duration)]
    pub message_timeout: Duration,

    /// Time a client may take to accept what is written
    #[arg(long, value_name = "TIME", env = "WS101_WRITE_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub write_timeout: Duration,

    /// Time a client may take to end TCP once all is said
    #[arg(long, value_name = "TIME", env = "WS101_CLOSE_TIMEOUT", default_value = "5s", value_parser = duration)]
    pub close_timeout: Duration,

    /// Time to end all connections after Ctrl-C or SIGTERM; a second signal ends at once
    #[arg(long, value_name = "TIME", env = "WS101_GRACE", default_value = "10s", value_parser = duration_or_zero)]
    pub grace: Duration,

    /// Show values of Authorization, Proxy-Authorization and Cookie in the log instead of stars
    #[arg(long, env = "WS101_SHOW_SECRETS", value_parser = BoolishValueParser::new())]
    pub show_secrets: bool,

    /// Bytes of a payload shown at trace; 0: all
    #[arg(long, value_name = "N", env = "WS101_DUMP_BYTES", default_value = "256")]
    pub dump_bytes: usize,

    /// Show debug and trace lines of connections to this path only; repeatable
    #[arg(long, value_name = "PATH", env = "WS101_TRACE_PATH", value_delimiter = ',', value_parser = path)]
    pub trace_path: Vec<String>,

    /// Show debug and trace lines of connections from this address only; repeatable
    #[arg(long, value_name = "ADDR", env = "WS101_TRACE_PEER", value_delimiter = ',')]
    pub trace_peer: Vec<IpAddr>,

    /// Write the log to this file (appended to) instead of stderr
    #[arg(long, value_name = "FILE", env = "WS101_LOG_FILE")]
    pub log_file: Option<PathBuf>,
}

impl Serve {
    /// The server's configuration.
    pub fn config(&self) -> Config {
        let options = self.clone();
        Config {
            listen: options.listen,
            name: options.name,
            policy: Policy { origins: options.origin, subprotocols: options.subprotocol },
            max_connections: options.max_connections as usize,
            max_message: options.max_message,
            max_body: options.max_body,
            head: Limits { max_head: options.max_head as usize, max_fields: usize::from(options.max_fields) },
            handshake_timeout: options.handshake_timeout,
            keep_alive_timeout: options.keep_alive_timeout,
            ping_interval: options.ping_interval,
            ping_timeout: options.ping_timeout,
            message_timeout: options.message_timeout,
            write_timeout: options.write_timeout,
            close_timeout: options.close_timeout,
            tap: Settings {
                paths: options.trace_path,
                peers: options.trace_peer.iter().map(IpAddr::to_canonical).collect(),
                dump_bytes: options.dump_bytes,
                show_secrets: options.show_secrets,
            },
        }
    }
}

/// A year: longer waits are typing errors, and sums of instants stay in range.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_zero(text)? {
        Duration::ZERO => Err("must be more than 0".to_owned()),
        duration => Ok(duration),
    }
}

fn duration_or_zero(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let hint = "a duration needs a unit: 500ms, 10s, 2m";
    let duration = humantime::parse_duration(text).map_err(|error| format!("{error} ({hint})"))?;
    if duration > LONGEST { Err("longer than a year".to_owned()) } else { Ok(duration) }
}

/// `100`, `64KiB`, `16MiB`, `1GiB`; `K`, `KB` and so on mean the same powers of 1,024.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err("a size is a number with or without a unit: 100, 64KiB, 16MiB".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "a size begins with a number: 64KiB".to_owned())?;
    // A message's memory is reserved when its length is announced. More than this might not be there, and then the whole
    // process would end, not one connection.
    number.checked_mul(1 << shift).filter(|size| *size <= 1 << 30).ok_or_else(|| "larger than 1GiB".to_owned())
}

fn head_size(text: &str) -> Result<u64, String> {
    let size = size(text)?;
    if (64..=16 << 20).contains(&size) { Ok(size) } else { Err("must be from 64 bytes to 16MiB".to_owned()) }
}

fn address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err("an address is HOST:PORT, as 127.0.0.1:8080, 0.0.0.0:8080, [::1]:8080 or localhost:8080".to_owned()),
    }
}

fn name(text: &str) -> Result<String, String> {
    if text == "host" {
        return Ok(gethostname::gethostname().to_string_lossy().into_owned());
    }
    if text.is_empty() || text.len() > 64 || text.chars().any(char::is_control) {
        return Err("a name has 1 to 64 bytes and no control characters".to_owned());
    }
    Ok(text.to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let has_path = text.split_once("://").is_none_or(|(_, host)| host.is_empty() || host.contains('/'));
    if text != "null" && has_path {
        return Err("an origin is scheme://host[:port] without a path, as https://example.org".to_owned());
    }
    Ok(text.to_owned())
}

fn token(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_token) {
        return Err("a subprotocol is a token: letters, digits and !#$%&'*+-.^_`|~".to_owned());
    }
    Ok(text.to_owned())
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("a path begins with /, as /ws".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

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
    fn wrong_values_are_refused() {
        for wrong in [
            ["--listen", "8080"],
            ["--origin", "https://a/b"],
            ["--subprotocol", "a b"],
            ["--trace-path", "ws"],
            ["--max-connections", "0"],
            ["--max-head", "1"],
            ["--name", "a\u{1b}b"],
        ] {
            assert!(Cli::try_parse_from(["ws101", wrong[0], wrong[1]]).is_err(), "{wrong:?}");
        }
    }
}
