//! What a request wants of the feed, read from its target and head. Pure.

use super::super::route::Transport;
use crate::protocol::head::Request;
use crate::protocol::refusal::Refusal;
use std::time::Duration;

/// How long a long poll is held when its request does not say.
const USUAL_WAIT: Duration = Duration::from_secs(25);

/// How long it is held at most. Many proxies give up on a response after 60 s.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A request to the feed. Each transport looks at what is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRequest {
    /// How it is to be answered.
    pub transport: Transport,
    /// The last event the reader has; `None`: it wants those from now on.
    pub after: Option<u64>,
    /// How long a long poll may be held.
    pub wait: Duration,
    /// Whether a long poll ends when there is news. Without, it is held to the end of its wait.
    pub events: bool,
    /// Whether a silent stream gets comments.
    pub heartbeats: bool,
    /// Whether the reader can take chunks: HTTP/1.0 has none.
    pub chunks: bool,
    /// Whether the body is held back until a `100 Continue`.
    pub expects_continue: bool,
    /// Header fields that let scripts of other origins read the answer.
    pub cors: Vec<(&'static str, String)>,
    /// The head of a request that publishes: its body may have to be refused, and a refusal shows the request.
    pub head: Vec<u8>,
}

/// Reads the parameters. Unknown ones are passed over: a page may add one against caches.
pub fn read(transport: Transport, request: &Request<'_>) -> Result<FeedRequest, Refusal> {
    let is_new = request.minor_version > 0;
    Ok(FeedRequest {
        transport,
        after: match transport {
            Transport::Publish => None,
            Transport::ShortPoll | Transport::LongPoll => after(request)?,
            Transport::Stream => last_event_id(request).transpose().unwrap_or_else(|| after(request))?,
        },
        wait: if transport == Transport::LongPoll { wait(request)? } else { Duration::ZERO },
        events: request.parameter("events") != Some("off"),
        heartbeats: request.parameter("ping") != Some("off"),
        chunks: is_new,
        // RFC 9110 s10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that
        // expectation."
        expects_continue: is_new && request.has_token("expect", "100-continue"),
        cors: Vec::new(),
        head: Vec::new(),
    })
}

/// The last event the reader has, as the target says.
pub fn after(request: &Request<'_>) -> Result<Option<u64>, Refusal> {
    only(request, "after")?.map(|text| number("after", text.as_bytes())).transpose()
}

/// A browser that reconnects a stream asks for the old address again, and says here how far it got.
fn last_event_id(request: &Request<'_>) -> Result<Option<Option<u64>>, Refusal> {
    let mut ids = request.values("last-event-id").filter(|value| !value.is_empty());
    match (ids.next(), ids.next()) {
        (Some(_), Some(_)) => Err(wrong("Last-Event-ID stands there more than once")),
        (Some(id), None) => number("Last-Event-ID", id).map(|id| Some(Some(id))),
        (None, _) => Ok(None),
    }
}

fn wait(request: &Request<'_>) -> Result<Duration, Refusal> {
    let Some(text) = only(request, "wait")? else { return Ok(USUAL_WAIT) };
    match humantime::parse_duration(text) {
        Ok(wait) if wait <= LONGEST_WAIT => Ok(wait),
        _ => {
            let shown = text.as_bytes().escape_ascii();
            Err(wrong(format!("wait=\"{shown}\" is no time from 0s to 60s; right are wait=25s and wait=500ms")))
        }
    }
}

/// A parameter that may be given once.
pub fn only<'a>(request: &Request<'a>, name: &str) -> Result<Option<&'a str>, Refusal> {
    let given = request.query().split('&').filter(|pair| pair.split('=').next() == Some(name)).count();
    if given > 1 {
        return Err(wrong(format!("{name} is given more than once, and only one can count")));
    }
    Ok(request.parameter(name))
}

/// 1*DIGIT in 64 bits: no sign, no blanks.
fn number(name: &str, digits: &[u8]) -> Result<u64, Refusal> {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits_only).ok_or_else(|| {
        let shown = digits.escape_ascii();
        wrong(format!(
            "{name} \"{shown}\" is not the number of an event; right is after=41, the last one you have, or no after \
             for those from now on"
        ))
    })
}

/// A parameter, or a field that means the same, that can't be read.
pub fn wrong(why: impl Into<String>) -> Refusal {
    Refusal::new(400, "parameter", "RFC 9110 s15.5.1", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::head::Field;

    fn ask(transport: Transport, target: &str, fields: &[(&'static str, &str)]) -> Result<FeedRequest, String> {
        let fields = fields.iter().map(|(name, value)| Field { name, value: value.as_bytes() }).collect();
        let request = Request { method: "GET", target, minor_version: 1, fields };
        read(transport, &request).map_err(|refusal| refusal.why)
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let asked = ask(Transport::LongPoll, "/feed/long-poll?_=1&ping=off", &[]).expect("right");
        assert_eq!((asked.after, asked.wait, asked.heartbeats), (None, Duration::from_secs(25), false));
        let asked = ask(Transport::LongPoll, "/feed/long-poll?wait=500ms&after=0", &[]).expect("right");
        assert_eq!((asked.after, asked.wait, asked.events), (Some(0), Duration::from_millis(500), true));
        assert!(!ask(Transport::LongPoll, "/feed/long-poll?wait=3s&events=off", &[]).expect("right").events);
    }

    #[test]
    fn last_event_id_counts_before_after_and_on_streams_only() {
        let after = |transport, fields| ask(transport, "/?after=3", fields).map(|asked| asked.after);
        assert_eq!(after(Transport::Stream, &[("last-event-id", "7")]), Ok(Some(7)));
        assert_eq!(after(Transport::Stream, &[("last-event-id", "")]), Ok(Some(3)));
        assert_eq!(after(Transport::Stream, &[]), Ok(Some(3)));
        assert_eq!(after(Transport::ShortPoll, &[("last-event-id", "x")]), Ok(Some(3)));
        assert_eq!(after(Transport::Publish, &[]), Ok(None));
        assert!(after(Transport::Stream, &[("last-event-id", "7"), ("last-event-id", "8")]).is_err());
        assert!(after(Transport::Stream, &[("last-event-id", "x")]).is_err());
    }

    #[test]
    fn wrong_values_are_answered_with_right_ones() {
        for wrong in ["after=", "after=x", "after=-1", "after=+1", "after=18446744073709551616", "after=1&after=1"] {
            assert!(ask(Transport::ShortPoll, &format!("/?{wrong}"), &[]).is_err(), "{wrong}");
        }
        for wrong in ["wait=", "wait=x", "wait=61s", "wait=25", "wait=-1s", "wait=1s&wait=2s"] {
            assert!(ask(Transport::LongPoll, &format!("/?{wrong}"), &[]).is_err(), "{wrong}");
        }
        let why = ask(Transport::Stream, "/?after=%1b", &[]).expect_err("wrong");
        assert!(why.contains("after \"%1b\"") && why.contains("after=41"), "{why}");
    }
}
