//! The options of `connect`, and what they mean to it.

use super::handshake::Handshake;
use super::values::{close_code, duration, duration_or_zero, server_url, size, wait};
use crate::connect::command::{self, Reading};
use crate::connect::settings::{Settings, Wait};
use crate::connect::template::Template;
use crate::protocol::close::{Close, MAX_REASON, NORMAL};
use crate::wire::tap;
use clap::{ArgAction, Args};
use std::time::{Duration, SystemTime};

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 connect ws://localhost:8080/ws                 a prompt; /help tells its commands
  echo Hello | ws101 connect ws://localhost:8080/ws    a message a line, answers on stdout
  ws101 connect -1 -x Hello wss://example.org/chat     one question, one answer
  ws101 connect -vvv ws://localhost:8080/ws            every byte, and what it means
  ws101 connect -w forever --json ws://localhost:8080/feed/ws
  ws101 connect --every 10s 'still here at {time}' ws://localhost:8080/ws
  ws101 connect -H 'Authorization: Bearer abc' --origin https://example.org wss://example.org/ws

Text that comes goes to stdout, a message a line; everything else goes to stderr.
Status 0: closed cleanly (both ends said Close). 1: anything else. 2: wrong use.
Durations: 500ms, 10s, 2m. Sizes: 100, 64KiB, 16MiB.
-v, -vv and -vvv are RUST_LOG=info, debug and trace, and win over it.";

/// Options of `connect`.
#[derive(Debug, Clone, Args)]
pub struct Connect {
    /// The server, as ws://localhost:8080/ws, wss://example.org/chat, ws://user:password@example.org/
    // Read in `settings`: clap repeats what it cannot read, and there may be a password in it.
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// What the handshake says, and to whom.
    #[command(flatten)]
    pub handshake: Handshake,

    /// Time for name, TCP, TLS and opening handshake together
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub connect_timeout: Duration,

    /// Message to send, instead of lines from stdin; repeatable
    #[arg(short = 'x', long, value_name = "MESSAGE", allow_hyphen_values = true)]
    pub execute: Vec<String>,

    /// Time to wait for answers when there is nothing more to send: 10s, 10 or forever. Default: until nothing has come for 1s
    #[arg(short = 'w', long, value_name = "TIME", value_parser = wait)]
    pub wait: Option<Wait>,

    /// Print the first message that comes after a greeting, then close
    #[arg(short = '1', long)]
    pub one: bool,

    /// Send each line as a binary message
    #[arg(long, conflicts_with = "hex")]
    pub binary: bool,

    /// Read each line as hex, as 0a ff, and send it as a binary message; show binary messages in the same way
    #[arg(long)]
    pub hex: bool,

    /// Send TEXT each TIME; {time} is the time, {count} counts
    #[arg(long, num_args = 2, value_names = ["TIME", "TEXT"], allow_hyphen_values = true)]
    pub every: Vec<String>,

    /// Send every message back
    #[arg(long)]
    pub echo: bool,

    /// Send a Ping each TIME
    #[arg(long, value_name = "TIME", default_value = "0", hide_default_value = true, value_parser = duration_or_zero)]
    pub ping_interval: Duration,

    /// Silence after such a Ping that ends the connection
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub ping_timeout: Duration,

    /// What the Close says when this end closes. Default: 1000 and no reason
    #[arg(long, num_args = 2, value_names = ["CODE", "REASON"], allow_hyphen_values = true)]
    pub close: Vec<String>,

    /// Largest message to take, and longest line to read from stdin
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    pub max_message: u64,

    /// Time the server may take to accept what is written
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub write_timeout: Duration,

    /// Time to wait for the server's Close, and for its end of TCP
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub close_timeout: Duration,

    /// Print nothing but what comes, and what went wrong
    #[arg(short, long)]
    pub quiet: bool,

    /// Print one JSON object an event, on stdout
    #[arg(long)]
    pub json: bool,

    /// Tell more on stderr: -v what happens, -vv heads and frames, -vvv every byte
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Show values of Authorization, Proxy-Authorization, Cookie and Set-Cookie instead of stars
    #[arg(long)]
    pub show_secrets: bool,

    /// Bytes of a payload shown by -vvv; 0: all
    #[arg(long, value_name = "N", default_value = "256")]
    pub dump_bytes: usize,
}

impl Connect {
    /// How lines become messages.
    pub fn reading(&self) -> Reading {
        match (self.hex, self.binary) {
            (true, _) => Reading::Hex,
            (_, true) => Reading::Binary,
            _ => Reading::Text,
        }
    }

    /// The level that `-v` asks for.
    pub fn level(&self) -> &'static str {
        match self.verbose {
            0 => "warn",
            1 => "info",
            2 => "debug",
            _ => "trace",
        }
    }

    /// What is to be done. The error says which option cannot be read, and what would be right.
    pub fn settings(&self) -> Result<Settings, String> {
        let options = self.clone();
        let text = options.url.as_deref().ok_or_else(|| self.no_url())?;
        let url = server_url(text).map_err(|error| format!("URL: {error}"))?;
        let (offer, trust) = (self.handshake.offer()?, self.handshake.trust());
        for message in &options.execute {
            command::message(message.as_bytes(), self.reading()).map_err(|error| format!("--execute: {error}"))?;
        }
        Ok(Settings {
            trust,
            offer,
            connect_timeout: options.connect_timeout,
            reading: self.reading(),
            execute: options.execute,
            wait: options.wait.unwrap_or(Wait::UntilQuiet),
            one: options.one,
            echo: options.echo,
            every: every(&self.every, self.reading())?,
            ping_interval: Some(options.ping_interval).filter(|interval| !interval.is_zero()),
            ping_timeout: options.ping_timeout,
            close: close(&self.close)?,
            max_message: options.max_message,
            write_timeout: options.write_timeout,
            close_timeout: options.close_timeout,
            tap: tap::Settings {
                dump_bytes: options.dump_bytes,
                show_secrets: options.show_secrets,
                ..tap::Settings::default()
            },
            url,
        })
    }
}

impl Connect {
    /// There is no URL, or an option with two values has taken it for the second.
    fn no_url(&self) -> String {
        for (option, values, second) in [("--every", &self.every, "TEXT"), ("--close", &self.close, "REASON")] {
            if values.last().is_some_and(|value| value.contains("://")) {
                return format!("{option} takes two values and has taken the URL for {second}: '' is an empty one");
            }
        }
        "<URL> is missing: where to, as ws://localhost:8080/ws".to_owned()
    }
}

/// The two values of an option that may be given once.
fn pair<'a>(option: &str, values: &'a [String]) -> Result<Option<&'a [String; 2]>, String> {
    match values {
        [] => Ok(None),
        values => values.try_into().map(Some).map_err(|_| format!("{option} is given once, with two values")),
    }
}

fn every(values: &[String], reading: Reading) -> Result<Option<(Duration, Template)>, String> {
    let Some([time, text]) = pair("--every", values)? else { return Ok(None) };
    let name = |error: String| format!("--every: {error}");
    let (time, template) = (duration(time).map_err(name)?, Template::parse(text).map_err(name)?);
    command::message(template.fill(1, SystemTime::now()).as_bytes(), reading).map_err(name)?;
    Ok(Some((time, template)))
}

fn close(values: &[String]) -> Result<Close, String> {
    let Some([code, reason]) = pair("--close", values)? else { return Ok(Close::new(NORMAL, "")) };
    let code = close_code(code).map_err(|error| format!("--close: {error}"))?;
    if reason.len() > MAX_REASON {
        return Err(format!("--close: a reason has at most {MAX_REASON} bytes (RFC 6455 s5.5), not {}", reason.len()));
    }
    Ok(Close::new(code, reason))
}
