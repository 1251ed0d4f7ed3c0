//! How values are written on the command line: durations, sizes, addresses, names. Each says what would be right.

use crate::check::Profile;
use crate::check::stages::STAGES;
use crate::client::Url;
use crate::compare::Rate;
use crate::connect::settings::Wait;
use crate::feed::redis::Address;
use crate::feed::ticker::Pace;
use crate::probe::Name;
use crate::protocol::close;
use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A year: longer waits are typing errors, and sums of instants stay in range.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// A duration that is not zero: `10s`.
pub fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_zero(text)? {
        Duration::ZERO => Err("must be more than 0".to_owned()),
        duration => Ok(duration),
    }
}

/// A duration, or `0`.
pub fn duration_or_zero(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let hint = "a duration needs a unit: 500ms, 10s, 2m";
    let duration = humantime::parse_duration(text).map_err(|_| hint)?;
    if duration > LONGEST { Err("longer than a year".to_owned()) } else { Ok(duration) }
}

/// A number that random bytes are drawn by.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// `100`, `64KiB`, `16MiB`, `1GiB`; `K`, `KB` and so on mean the same powers of 1,024.
pub fn size(text: &str) -> Result<u64, String> {
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

/// A size that a request head may have.
pub fn head_size(text: &str) -> Result<u64, String> {
    let size = size(text)?;
    if (64..=16 << 20).contains(&size) { Ok(size) } else { Err("must be from 64 bytes to 16MiB".to_owned()) }
}

/// `HOST:PORT`.
pub fn address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err("an address is HOST:PORT, as 127.0.0.1:8080, 0.0.0.0:8080, [::1]:8080 or localhost:8080".to_owned()),
    }
}

/// A server's name; `host` stands for the machine's.
pub fn name(text: &str) -> Result<String, String> {
    if text == "host" {
        return Ok(gethostname::gethostname().to_string_lossy().into_owned());
    }
    if text.is_empty() || text.len() > 64 || text.chars().any(char::is_control) {
        return Err("a name has 1 to 64 bytes and no control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// An origin, as browsers send it, or `null`.
pub fn origin(text: &str) -> Result<String, String> {
    let has_path = text.split_once("://").is_none_or(|(_, host)| host.is_empty() || host.contains('/'));
    if text != "null" && has_path {
        return Err("an origin is scheme://host[:port] without a path, as https://example.org".to_owned());
    }
    Ok(text.to_owned())
}

/// A token (RFC 9110 s5.6.2).
pub fn token(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_token) {
        return Err("a subprotocol is a token: letters, digits and !#$%&'*+-.^_`|~".to_owned());
    }
    Ok(text.to_owned())
}

/// A path of a URL.
pub fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("a path begins with /, as /ws".to_owned()) }
}

/// How often events come by themselves: `500ms..3s`, a duration alone, or `off`.
pub fn feed_pace(text: &str) -> Result<Option<Pace>, String> {
    if text == "off" {
        return Ok(None);
    }
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let hint = |error: String| format!("{error}; as 500ms..3s, or 1s, or off");
    let (low, high) = (duration(low).map_err(hint)?, duration(high).map_err(hint)?);
    if low > high { Err("the first of the two is the shorter: 500ms..3s".to_owned()) } else { Ok(Some(low..=high)) }
}

/// Where the feed is kept: `memory`, or an address of Redis. What is wrong is a value here, for the parser of the command
/// line would repeat it, and it may hold a password.
pub fn feed(text: &str) -> Result<Feed, Infallible> {
    Ok(if text == "memory" { Ok(None) } else { Address::parse(text).map(Some) })
}

/// Where the feed is kept, if not in memory; or why that can't be told.
pub type Feed = Result<Option<Address>, String>;

/// An origin whose scripts may read answers, or `*` for any.
pub fn origin_or_any(text: &str) -> Result<String, String> {
    if text == "*" { Ok(text.to_owned()) } else { origin(text) }
}

/// A server's URL. Paths below it are asked for, so it has no query.
pub fn url(text: &str) -> Result<Url, String> {
    match Url::parse(text)? {
        Url { tls: true, .. } => {
            Err("no TLS here: what is compared are the bytes of plain sockets, so http:// and ws:// only".to_owned())
        }
        Url { userinfo: Some(_), .. } => Err("a user's name or password in the URL is not sent".to_owned()),
        Url { query: Some(_), .. } => Err("a query has no place here: /feed/poll and others are asked for".to_owned()),
        url => Ok(url),
    }
}

/// A server's URL with its path and query: what is connected to.
pub fn server_url(text: &str) -> Result<Url, String> {
    Url::parse(text)
}

/// How long to wait for answers: a duration, a number of seconds, or `forever`.
pub fn wait(text: &str) -> Result<Wait, String> {
    if text == "forever" {
        return Ok(Wait::Forever);
    }
    let with_unit = if text.bytes().all(|byte| byte.is_ascii_digit()) { format!("{text}s") } else { text.to_owned() };
    duration_or_zero(&with_unit).map(Wait::For).map_err(|error| format!("{error}; or forever"))
}

/// A code that a Close frame may carry.
pub fn close_code(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(code) if close::may_travel(code) => Ok(code),
        Ok(code) => Err(format!(
            "{code} must not be sent in a Close (RFC 6455 s7.4): 1000 to 1003, 1007 to 1014 and 3000 to 4999 may"
        )),
        Err(_) => Err(format!("a close code is a number, as 1000 or 4000, not {text:?}")),
    }
}

/// A section of `probe`.
pub fn section(text: &str) -> Result<Name, String> {
    Name::parse(text)
}

/// How much `check` asks.
pub fn profile(text: &str) -> Result<Profile, String> {
    let all = [Profile::Basic, Profile::Full, Profile::Strict];
    all.into_iter().find(|profile| profile.word() == text).ok_or_else(|| "basic, full or strict".to_owned())
}

/// A stage of `check`, `6` or `unmask`, or several, `1-6`.
pub fn stages(text: &str) -> Result<RangeInclusive<u8>, String> {
    let number = |text: &str| {
        STAGES.iter().find(|stage| stage.name == text || stage.number.to_string() == text).map(|stage| stage.number)
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err(format!("a stage is 1 to {}, or its name, as unmask; several are 1-6", STAGES.len())),
    }
}

/// How often something happens.
pub fn rate(text: &str) -> Result<Rate, String> {
    Rate::parse(text)
}

/// The time between two polls.
pub fn poll_interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    let is_usual = (Duration::from_millis(1)..=Duration::from_secs(3600)).contains(&interval);
    if is_usual { Ok(interval) } else { Err("must be from 1ms to 1h".to_owned()) }
}

/// The length of a text that has to hold its own number.
pub fn payload(text: &str) -> Result<u64, String> {
    let size = size(text)?;
    if (32..=1 << 20).contains(&size) { Ok(size) } else { Err("must be from 32 bytes to 1MiB".to_owned()) }
}
