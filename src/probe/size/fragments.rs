//! A message in three fragments, with a Ping between them: how it arrives. RFC 6455 s5.4 lets a hop join fragments, or cut
//! a message anew.
//!
//! Only a ws101 tells, to who watches the connection (`?watch=TOKEN`, then `GET /watch/TOKEN`). Behind a balancer the two
//! requests may come to different servers; then the second is made again.

use super::super::ask::{Asked, beside, cookies, served_by};
use super::super::link::Link;
use super::super::{Bench, Section};
use crate::client::Error;
use crate::client::random::masking_key;
use crate::client::sse::{EventStream, Item};
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use crate::protocol::session::Message;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The fragments. Lengths that differ are known again.
const FRAGMENTS: [&str; 3] = ["three ", "fragments, ", "one message"];

/// What the Ping between the first two carries.
const PING: &str = "in between";

/// How long a server may take to tell what it has seen already.
const TELLING: Duration = Duration::from_secs(1);

/// How many servers there may be, so that the right one is found.
const TRIES: usize = 8;

/// What frames of ours can be. What a server tells is shown, so no other word is taken from it.
const OURS: [&str; 4] = ["text", "binary", "continuation", "ping"];

/// The most frames that are listened to.
const MOST_FRAMES: usize = 16;

/// A frame as it arrived: its name and how long its payload is.
type Arrived = (&'static str, u64);

/// Sends them and says how they arrived.
pub fn look(bench: &mut Bench<'_>, section: &mut Section) {
    bench.progress(None, "a message in three fragments");
    match send_and_watch(bench) {
        Ok(Some(arrived)) => tell(section, &arrived),
        Ok(None) if bench.look.is_ws101() => section.note(
            "a message in three fragments came back whole; how it arrived was not seen: the watch of the connection \
             found another server, or does not come through",
        ),
        Ok(None) => section.note("a message in three fragments came back whole; how it arrived only a ws101 tells"),
        Err(why) => section.note(format!("a message in three fragments could not be looked at: {why}")),
    }
}

fn tell(section: &mut Section, arrived: &[Arrived]) {
    let data: Vec<u64> = arrived.iter().filter(|(name, _)| *name != "ping").map(|(_, length)| *length).collect();
    let sent = FRAGMENTS.map(|fragment| fragment.len() as u64);
    let words: Vec<String> = arrived.iter().map(|(name, length)| format!("{name} of {length}")).collect();
    let kept = data == sent;
    section.fact("fragments_arrived", data.len());
    section.saw(format!(
        "a message in three fragments of {}, {} and {} bytes, with a Ping after the first, arrived as {}",
        sent[0],
        sent[1],
        sent[2],
        words.join(", ")
    ));
    if kept {
        section.verdict.push_str("; fragments stay fragments");
    } else {
        section.verdict.push_str("; fragments are joined or cut anew");
        section.note("a hop reads messages and writes frames of its own: RFC 6455 s5.4 allows it, and no server may count on frames");
    }
}

/// `None`: the echo came, and nobody told of the frames.
fn send_and_watch(bench: &Bench<'_>) -> Result<Option<Vec<Arrived>>, String> {
    let token: String = (0..4)
        .map(|_| masking_key().map(|key| format!("{:08x}", u32::from_be_bytes(key))))
        .collect::<Result<_, _>>()?;
    let parameter = format!("watch={token}");
    let parameters = if bench.look.is_ws101() { vec![parameter.as_str()] } else { Vec::new() };
    let mut link = Link::open(bench.settings, &parameters).map_err(|error| error.with_stars().to_string())?;
    let deadline = Instant::now() + bench.settings.timeout;
    send(&mut link, deadline).map_err(|error| error.to_string())?;
    echo(&mut link, deadline)?;
    let arrived = if bench.look.is_ws101() { watch(bench, &link, &token) } else { None };
    link.leave();
    Ok(arrived)
}

fn send(link: &mut Link, deadline: Instant) -> Result<(), Error> {
    let [first, second, last] = FRAGMENTS;
    let frames = [
        (Opcode::Text, false, first),
        (Opcode::Ping, true, PING),
        (Opcode::Continuation, false, second),
        (Opcode::Continuation, true, last),
    ];
    for (opcode, fin, payload) in frames {
        let mask = Some(masking_key().map_err(Error::Malformed)?);
        let frame = Handmade { fin, mask, ..Handmade::new(opcode, payload.as_bytes().to_vec()) };
        link.websocket.send_handmade(&mut link.connection, &frame, deadline)?;
    }
    Ok(())
}

fn echo(link: &mut Link, deadline: Instant) -> Result<(), String> {
    let whole = FRAGMENTS.concat();
    let is_echo = |message: &Message| message.payload().ends_with(whole.as_bytes()).then_some(());
    link.find(deadline, is_echo).map_err(|end| end.map_or("no echo of it came".to_owned(), |end| end.to_string()))
}

/// Asks for the watch until the server that has the connection answers.
fn watch(bench: &Bench<'_>, link: &Link, token: &str) -> Option<Vec<Arrived>> {
    let url = beside(&bench.settings.url, &format!("/watch/{token}"), "");
    let (name, cookie) = (served_by(&link.opened.head), cookies(&link.opened.head).join("; "));
    let cookie = (!cookie.is_empty()).then_some(cookie.as_str());
    for _ in 0..TRIES {
        let mut asked = Asked::start(bench.settings, &url, cookie, None).ok()?;
        let head = asked.exchange.head(&mut asked.connection, Instant::now() + TELLING).ok()?;
        let is_other = name.is_some() && served_by(head) != name;
        if head.status == 200
            && !is_other
            && let Some(arrived) = read(&mut asked)
        {
            return Some(arrived);
        }
    }
    None
}

/// Reads the records up to the last fragment.
fn read(asked: &mut Asked) -> Option<Vec<Arrived>> {
    let (mut events, mut arrived) = (EventStream::default(), Vec::new());
    let deadline = Instant::now() + TELLING;
    loop {
        let mut data = Vec::new();
        let is_done = asked.exchange.more(&mut asked.connection, &mut data, deadline).ok()?;
        events.push(&data).ok()?;
        while let Some(item) = events.next_item() {
            let Item::Event { data, .. } = item else { continue };
            let record: Value = serde_json::from_str(&data).ok()?;
            let Some((frame, is_last)) = frame(&record) else { continue };
            arrived.push(frame);
            if is_last || arrived.len() == MOST_FRAMES {
                return is_last.then_some(arrived);
            }
        }
        if is_done {
            return None;
        }
    }
}

/// A frame of the message or its Ping, and whether it is the last of the message. A Pong is no part of it: the server may
/// have sent a Ping of its own.
fn frame(record: &Value) -> Option<(Arrived, bool)> {
    let is_ours = record["type"] == "frame" && record["sender"] == "client";
    let name = OURS.into_iter().find(|name| record["name"] == **name)?;
    let length = record["length"].as_u64()?;
    let is_last = record["fin"] == true && record["control"] == false;
    is_ours.then_some(((name, length), is_last))
}

#[cfg(test)]
mod tests {
    use super::super::super::settings::Name;
    use super::*;

    fn told(arrived: &[Arrived]) -> Section {
        let mut section = Section::new(Name::Size);
        tell(&mut section, arrived);
        section
    }

    #[test]
    fn fragments_are_known_again() {
        let kept = told(&[("text", 6), ("ping", 10), ("continuation", 11), ("continuation", 11)]);
        assert!(kept.verdict.contains("stay fragments") && kept.notes.is_empty(), "{kept:?}");
        let joined = told(&[("ping", 10), ("text", 28)]);
        assert!(joined.verdict.contains("joined") && joined.notes[0].contains("s5.4"), "{joined:?}");
    }

    #[test]
    fn records_of_others_are_passed_over() {
        let record = |text: &str| frame(&serde_json::from_str(text).expect("JSON"));
        let text = r#"{"type":"frame","sender":"client","name":"text","length":6,"fin":false,"control":false}"#;
        assert_eq!(record(text), Some((("text", 6), false)));
        assert_eq!(record(&text.replace("client", "server")), None);
        assert!(record(&text.replace("fin\":false", "fin\":true")).is_some_and(|(_, is_last)| is_last));
        assert_eq!(record(&text.replace("\"text\"", "\"pong\"").replace("control\":false", "control\":true")), None);
        assert_eq!(record(&text.replace("\"text\"", r#""te\u001b[2Jxt""#)), None);
        assert_eq!(record(r#"{"type":"told","text":"x"}"#), None);
    }
}
