//! What was seen of the stream and of the request that was held, in words.

use super::super::ask::{beside, served_by, status};
use super::super::report::in_seconds;
use super::super::{Bench, Fault, Section};
use super::Seen;
use super::figures::{Figures, Flow};
use super::listening::Who;
use super::long_poll::{Hold, LONGEST};
use crate::client::response::Head;
use crate::wire::secrets::starred_target;
use std::time::Duration;

/// From so many events that were taken by somebody on, silence says something.
const SEVERAL: usize = 3;

/// Tells all of it.
pub fn tell(mut section: Section, bench: &Bench<'_>, seen: &Seen) -> Section {
    let target = starred_target(&beside(&bench.settings.url, "/feed/stream", "").target());
    let first = match &seen.listener.heard.head {
        None => no_head(&mut section, seen, &target),
        Some((after, head)) if is_stream(head) => stream(&mut section, seen, &target, *after, head),
        Some((_, head)) => Err(format!("GET {target} was answered with {}", no_stream(head))),
    };
    let second = long_poll(&mut section, bench, seen);
    match (first, second) {
        (Ok(first), second) => {
            section.verdict = format!("{first}; {}", second.unwrap_or_else(|why| format!("no long poll: {why}")));
            section
        }
        // Half of the question has no answer: that is not `well`.
        (Err(first), Ok(second)) => section.not_run(&format!("no stream: {first}; {second}")),
        (Err(first), Err(_)) => section.not_run(&format!("no ws101's feed is beside the WebSocket: {first}")),
    }
}

fn is_stream(head: &Head) -> bool {
    head.status == 200 && head.value("content-type").is_some_and(|kind| kind.starts_with(b"text/event-stream"))
}

fn no_stream(head: &Head) -> String {
    let words = status(head);
    if head.status == 200 { format!("{words}, and no text/event-stream") } else { words }
}

/// Not even a head has come. A ws101 writes it at once, so somebody keeps it, or its server does not answer at all.
fn no_head(section: &mut Section, seen: &Seen, target: &str) -> Result<String, String> {
    let waited = seconds(seen.published_until);
    let taken = seen.posted.iter().filter(|post| post.by.is_ok()).count();
    if let Some(end) = &seen.listener.heard.end {
        return Err(format!("GET {target}: {}, after {}", end.how, seconds(end.after)));
    }
    if taken < SEVERAL || taken < seen.posted.len() {
        return Err(format!("GET {target}: no answer in {waited}"));
    }
    section
        .saw(format!("GET {target}: no answer in {waited}, not even a head; {taken} events were published meanwhile"));
    section.fault(
        Fault::Buffered,
        format!(
            "nothing of the event stream came in {waited}, not even its head, which a ws101 writes at once; \
             {taken} other requests were answered meanwhile"
        ),
    );
    Ok("events are kept back".to_owned())
}

fn stream(section: &mut Section, seen: &Seen, target: &str, after: Duration, head: &Head) -> Result<String, String> {
    let (heard, server) = (&seen.listener.heard, served_by(head));
    let figures = seen.figures(server.as_deref());
    let first =
        heard.first.map_or("no byte of its body".to_owned(), |first| format!("first bytes after {}", short(first)));
    let by = server.as_ref().map_or(String::new(), |name| format!(", from {name}"));
    section.saw(format!("GET {target}: {} after {}, {first}, {}{by}", status(head), short(after), framing(head)));
    section.fact("head_seconds", in_seconds(after));
    section.fact("first_bytes_seconds", heard.first.map(in_seconds));
    section.fact("framing", framing(head));
    section.fact("server", server.clone());
    tell_events(section, seen, &figures, server.as_deref());
    if head.value("x-accel-buffering").is_none() && is_of_ws101(head) {
        section.saw("X-Accel-Buffering, which a ws101 sends, did not arrive: a hop took it, as nginx does");
    }
    let words = flow(section, seen, &figures, head);
    Ok(match end(section, seen, head) {
        Some(cut) => format!("{words}, and {cut}"),
        None => words,
    })
}

/// Its streams say which number a reader has reached.
pub fn is_of_ws101(head: &Head) -> bool {
    head.value("feed-last-id").is_some()
}

fn framing(head: &Head) -> &'static str {
    match (head.has_token("transfer-encoding", "chunked"), head.value("content-length").is_some()) {
        (true, _) => "in chunks",
        (false, true) => "with a length",
        (false, false) => "to the end of the connection",
    }
}

fn tell_events(section: &mut Section, seen: &Seen, figures: &Figures, server: Option<&str>) {
    let taken = seen.posted.iter().filter(|post| post.by.is_ok()).count();
    let by_server = |post: &&super::Posted| matches!((&post.by, server), (Ok(Some(by)), Some(server)) if by == server);
    let of_server = seen.posted.iter().filter(by_server).count();
    if seen.posted.is_empty() {
        return section.saw("nothing was published: the server is not known to be a ws101");
    }
    let mut line = format!("published {taken} events");
    if let Some(name) = server {
        line.push_str(&format!(", {of_server} of them on {name}"));
    }
    line.push_str(&format!("; {} came", figures.own.len()));
    if let (Some(least), Some(most)) = (figures.own.first(), figures.own.last()) {
        let middle = figures.own[figures.own.len() / 2];
        line.push_str(&format!(", after {} to {}, half of them within {}", short(*least), short(*most), short(middle)));
        section.fact("delay_seconds", [*least, middle, *most].map(in_seconds).to_vec());
    }
    section.saw(line);
    if let Some(why) = seen.posted.iter().find_map(|post| post.by.as_ref().err()) {
        section.note(format!(
            "{} of {} events could not be published: {why}",
            seen.posted.len() - taken,
            seen.posted.len()
        ));
    }
    if let Some(delay) = figures.dawdling() {
        section.note(format!(
            "half of the events came {} or more after they were published, and a POST is answered sooner: a hop waits a \
             moment for more before it passes a part on. HAProxy in mode http does, up to 200 ms; the cure is `option \
             http-no-delay` in its frontend or backend",
            short(delay)
        ));
    }
    if let Some(most) = figures.others.iter().max() {
        let count = figures.others.len();
        section.saw(match count {
            1 => "one event of others came".to_owned(),
            _ => format!("{count} events of others came, up to {} later than the fastest of them", short(*most)),
        });
        section.fact("spread_seconds", in_seconds(*most));
    }
    section.fact("published", taken);
    section.fact("published_on_its_server", of_server);
    section.fact("own_events", figures.own.len());
    section.fact("other_events", figures.others.len());
}

fn flow(section: &mut Section, seen: &Seen, figures: &Figures, head: &Head) -> String {
    let heard = &seen.listener.heard;
    let until = heard.end.as_ref().map_or(seen.published_until, |end| end.after);
    // It writes the first lines of the stream in one piece with the head.
    if heard.first.is_none() && is_of_ws101(head) {
        let why = format!(
            "the first lines of the event stream, which a ws101 sends with its head, did not come in {}",
            seconds(until)
        );
        section.fault(Fault::Buffered, why);
        return "events are kept back".to_owned();
    }
    match figures.flow() {
        Flow::InTime => {
            let most = figures.own.last().into_iter().chain(figures.others.iter().max()).max();
            format!("events come when they happen, at most {} later", short(most.copied().unwrap_or_default()))
        }
        Flow::Unknown => "the stream is open, but no event is known to have happened on its server".to_owned(),
        Flow::Kept => {
            let late = figures.own.iter().chain(&figures.others).max().copied().unwrap_or_default();
            let why = match figures.lost {
                0 => format!("events came up to {} after they happened, several at once", short(late)),
                lost => format!("{lost} events that the stream's server had taken did not come in {}", seconds(until)),
            };
            section.fault(Fault::Buffered, why);
            "events are kept back".to_owned()
        }
    }
}

/// How the stream ended, if it did.
fn end(section: &mut Section, seen: &Seen, head: &Head) -> Option<String> {
    let end = seen.listener.heard.end.as_ref()?;
    let after = seconds(end.after);
    section.fact("ended_seconds", in_seconds(end.after));
    section.saw(format!("the stream ended after {after}: {}", end.how));
    if !is_of_ws101(head) {
        section.note(format!(
            "the stream ended after {after}: by its server or by a hop, which only a ws101's stream would tell"
        ));
        return None;
    }
    if end.by == Who::Reader {
        section.note(format!("after {after} the stream could not be read any more: {}", end.how));
        return Some(format!("could not be read after {after}"));
    }
    if end.by == Who::Maker || head.value("content-length").is_some() {
        section.note(format!("the stream was ended in order after {after}: a ws101 does that when it stops"));
        return None;
    }
    section.fault(Fault::StreamCut, format!("an event stream is ended after {after}, which its server did not do"));
    Some(format!("the stream is cut off after {after}"))
}

/// What became of the request that was held. The error says why there was none.
fn long_poll(section: &mut Section, bench: &Bench<'_>, seen: &Seen) -> Result<String, String> {
    let Some((took, hold)) = &seen.hold else { return Err("it was not tried".to_owned()) };
    let asked = bench.settings.long_poll;
    let (wait, after) = (asked.min(LONGEST), seconds(*took));
    if asked > LONGEST {
        section.note(format!("a ws101 holds a request for at most {}, not for {}", seconds(LONGEST), seconds(asked)));
    }
    if let Hold::Not(why) = hold {
        return Err(why.clone());
    }
    // Another server may do with this path what it likes.
    if !seen.is_of_ws101(bench) && *hold != Hold::Held {
        return Err(format!("the server is not known to be a ws101: {}", end_of(hold, &after)));
    }
    section.fact("long_poll_seconds", in_seconds(*took));
    let words = match hold {
        Hold::Held | Hold::Not(_) => format!("a long poll is held for its {}", seconds(wait)),
        Hold::Early(status) => {
            section.note(format!("a long poll of {} was answered with {status} after {after}", seconds(wait)));
            format!("a long poll was answered after {after}")
        }
        Hold::Cut(how) => {
            let why = format!("a long poll of {} is cut off after {after}: {how}", seconds(wait));
            section.fault(Fault::LongPollCut, why);
            format!("a long poll is cut off after {after}")
        }
        Hold::Silent => {
            let why = format!("a long poll of {} had no answer after {after}", seconds(wait));
            section.fault(Fault::LongPollCut, why);
            "a long poll is not answered".to_owned()
        }
    };
    section.saw(format!("a long poll of {}: {}", seconds(wait), end_of(hold, &after)));
    Ok(words)
}

fn end_of(hold: &Hold, after: &str) -> String {
    match hold {
        Hold::Held => format!("answered after {after}"),
        Hold::Early(how) | Hold::Cut(how) | Hold::Not(how) => format!("{how} after {after}"),
        Hold::Silent => format!("no answer in {after}"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Short times in milliseconds.
fn short(time: Duration) -> String {
    if time < Duration::from_secs(1) { format!("{:.1} ms", time.as_secs_f64() * 1000.0) } else { seconds(time) }
}
