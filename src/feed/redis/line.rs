//! A connection to Redis, on which every answer has a deadline, and what is asked on it.
//!
//! The scripts are beside this file. Redis runs a script as a whole, with no other client's command in between.

use super::chain::Chain;
use super::entry::{Entry, HIGHEST, entries};
use super::{STREAM, Settings, shown};
use redis::{Cmd, Connection, RedisError, Script, Value};
use std::fmt;
use std::time::Duration;

/// How long the follower waits for the next entry before it makes sure that the stream is still the same.
pub const CHECK: Duration = Duration::from_secs(1);

/// How many entries are asked for at once.
const AT_ONCE: usize = 256;

/// Why Redis could not be used. Its words are escaped.
#[derive(Debug)]
pub enum Trouble {
    /// No answer, or none in time, or the connection is gone: `why`, in its own words.
    Away(String),
    /// It answered, and said no.
    Refused(String),
}

/// What publishing gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The number of the last of the events.
    pub last: u64,
    /// When Redis took them: milliseconds since 1970 (UTC).
    pub at: u64,
}

/// A connection.
pub struct Line {
    connection: Connection,
    settings: Settings,
    publish: Script,
    resume: Script,
}

impl Line {
    /// Connects, and gives the password if there is one.
    pub fn open(settings: &Settings) -> Result<Line, Trouble> {
        let client = settings.address.client();
        let connection = client.get_connection_with_timeout(settings.timeout)?;
        connection.set_write_timeout(Some(settings.timeout))?;
        connection.set_read_timeout(Some(settings.timeout))?;
        Ok(Line {
            connection,
            settings: settings.clone(),
            publish: Script::new(concat!(include_str!("stream.lua"), include_str!("publish.lua"))),
            resume: Script::new(concat!(include_str!("stream.lua"), include_str!("resume.lua"))),
        })
    }

    /// Appends texts. `seen`: the last number that anybody here has seen.
    pub fn publish(&mut self, seen: u64, texts: impl Iterator<Item = String>) -> Result<Taken, Trouble> {
        let mut call = self.publish.key(STREAM);
        call.arg(seen).arg(random()).arg(self.settings.keep);
        for text in texts {
            call.arg(text);
        }
        let (last, at) = call.invoke(&mut self.connection)?;
        Ok(Taken { last, at })
    }

    /// Makes sure that the stream is the one that was read before. If it is not, an entry is added that says so, and the
    /// chain goes on from whatever comes. Answers the last number, and whether the stream was another.
    pub fn resume(&mut self, chain: &mut Chain) -> Result<(u64, bool), Trouble> {
        let mut call = self.resume.key(STREAM);
        call.arg(chain.last).arg(random()).arg(chain.mark.as_str());
        let (last, is_other): (u64, bool) = call.invoke(&mut self.connection)?;
        if is_other {
            chain.mark.clear();
        }
        if last > HIGHEST {
            return Err(Trouble::Refused(format!(
                "somebody wrote an entry numbered {last}, and no number is higher: DEL {STREAM}"
            )));
        }
        Ok((last, is_other))
    }

    /// The entries after the one numbered `last`, and whether these are all. Waits for the next one if there is none and
    /// `wait` is not zero.
    pub fn read(&mut self, last: u64, wait: Duration) -> Result<(Vec<Entry>, bool), Trouble> {
        let mut command = Cmd::new();
        command.arg("XREAD").arg("COUNT").arg(AT_ONCE);
        if !wait.is_zero() {
            command.arg("BLOCK").arg(wait.as_millis() as u64);
        }
        // Whoever writes ids of another form (42-1) has them passed over, and not read again and again. Redis 5 adds one to
        // the second half, so it is not the highest there is: that would become 0, and bring the last entry at once, for ever.
        command.arg("STREAMS").arg(STREAM).arg(format!("{last}-{}", u64::MAX - 1));
        self.connection.set_read_timeout(Some(self.settings.timeout + wait))?;
        let answer: Result<Value, RedisError> = command.query(&mut self.connection);
        self.connection.set_read_timeout(Some(self.settings.timeout))?;
        let mut entries = entries(&answer?, self.settings.longest).ok_or_else(|| {
            Trouble::Refused("its answer to XREAD has something else than entries of a feed".to_owned())
        })?;
        let are_all = entries.len() < AT_ONCE;
        // An entry 42-18446744073709551615 comes after that, and is read once, too.
        entries.retain(|entry| entry.number > last);
        Ok((entries, are_all))
    }
}

/// What nobody else draws.
fn random() -> String {
    format!("{:016x}", fastrand::u64(..))
}

impl From<RedisError> for Trouble {
    fn from(error: RedisError) -> Trouble {
        let words = shown(&error) + advice(&error);
        if error.is_timeout() {
            Trouble::Away("it did not answer in time (--feed-timeout)".to_owned())
        } else if error.is_io_error() {
            Trouble::Away(words)
        } else {
            Trouble::Refused(words)
        }
    }
}

impl Trouble {
    /// The same for whoever has sent something that changes the stream: Redis may have done it, and not said so.
    pub fn unsure(self) -> Trouble {
        match self {
            Trouble::Away(why) => Trouble::Away(why + ", so it is not known whether it was published"),
            refused @ Trouble::Refused(_) => refused,
        }
    }
}

/// What it means, where Redis's own words leave that open.
fn advice(error: &RedisError) -> &'static str {
    match error.code() {
        Some("NOAUTH") => " It wants a password: redis://:PASSWORD@HOST.",
        Some("WRONGTYPE") => " What it has under the key ws101:feed is no stream.",
        _ => "",
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Trouble::Away(why) | Trouble::Refused(why)) = self;
        f.write_str(why)
    }
}
