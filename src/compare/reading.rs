//! The figures in sentences. Each is worked out of what was measured: where a run says otherwise, so do they.

use super::figures::{Column, Delay, Kind, Round};
use super::words::{self, count, mean, of};
use std::cmp::Ordering;

/// What a poll and a frame are compared by: from here on, events that share an answer have made the poll as cheap.
const AS_CHEAP: f64 = 1.25;

/// From so many events in an answer on, they share its head.
const SHARED: f64 = 4.0;

/// The closing handshake of a WebSocket that gives a code: a masked Close and the answer to it.
const CLOSING: f64 = 8.0 + 4.0;

/// What each transport paid, and where polling is right. A paragraph each.
pub fn sentences(round: &Round) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    sentences.extend(extremes(round));
    sentences.extend(round.columns.iter().map(|column| paid(column, round)));
    sentences.push(held(round));
    sentences.extend(polling_is_right(round));
    sentences.extend(caveats(round));
    sentences
}

fn extremes(round: &Round) -> Option<String> {
    let costs = || round.columns.iter().filter_map(|column| Some((column.bytes_an_event()?, column.kind.label())));
    let by_cost = |a: &(f64, String), b: &(f64, String)| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal);
    let (least, most) = (costs().min_by(by_cost)?, costs().max_by(by_cost)?);
    Some(format!(
        "An event that was published for this run is {} bytes as JSON. To hear of one cost {} bytes by {}, the least, and {} \
         by {}, the most.",
        mean(round.event_bytes),
        mean(least.0),
        least.1,
        mean(most.0),
        most.1
    ))
}

/// One transport: bytes, delay, and what is its own.
fn paid(column: &Column, round: &Round) -> String {
    let label = column.kind.label();
    let Some(bytes) = column.bytes_an_event() else {
        return format!("{label}: no event arrived, for {} bytes.", count(column.ledger.total()));
    };
    // Events of others have another length.
    let factor = match column.foreign {
        0 => format!(", {} the event itself", words::times(bytes / round.event_bytes)),
        _ => String::new(),
    };
    let mut text = format!("{label}: {} bytes an event{factor}.", mean(bytes));
    if let Some(delay) = column.delay {
        text.push_str(&waited(&delay, column.missed));
    }
    text.push_str(&match column.kind {
        Kind::ShortPoll(_) => asked(column),
        Kind::LongPoll => asked_and_waited(column),
        Kind::Stream => opened(column, "The request and the head of its answer"),
        Kind::WebSocket => opened(column, "The opening handshake"),
    });
    text
}

fn waited(delay: &Delay, missed: u64) -> String {
    let (half, all) = (words::delay(delay.p50), words::delay(delay.max));
    match missed {
        0 if delay.p50 == delay.max => format!(" It was there after {all}."),
        0 => format!(" Half of them were there within {half}, all within {all}."),
        _ => format!(" Half of those that came were there within {half}, the last of them within {all}."),
    }
}

fn asked(column: &Column) -> String {
    let empty = match column.empty {
        0 => "none came back empty".to_owned(),
        empty => format!("{} came back empty", count(empty)),
    };
    let held = match column.held {
        0 => String::new(),
        held => format!(", {} had no answer yet at the end", count(held)),
    };
    let news = events_an_answer(column);
    let shared = if news > 1.05 {
        format!("; an answer with news brought {} events", mean(news))
    } else if news > 1.0 {
        "; a few answers brought more than one event".to_owned()
    } else {
        String::new()
    };
    format!(" Of {}, {empty}{held}{shared}.", of(column.requests, "request"))
}

fn asked_and_waited(column: &Column) -> String {
    let heads = (column.ledger.up.heads + column.ledger.down.heads) as f64 / column.events.max(1) as f64;
    format!(" Heads are {} of these bytes.{}", mean(heads), asked(column))
}

/// What was paid once, and what came after it. In a long silence that is more than events: comments, Pings, the Close.
fn opened(column: &Column, what: &str) -> String {
    let further = (column.ledger.down.bodies + column.ledger.down.frames) as f64 / column.events.max(1) as f64;
    let paid = match column.connections <= column.clients {
        true => "paid once".to_owned(),
        false => format!("paid {} times", count(column.connections)),
    };
    format!(
        " {what}, {} bytes, {} {paid}; what follows is {} bytes an event, all that keeps the connection alive included.",
        mean(opening(column)),
        if what.contains(" and ") { "are" } else { "is" },
        mean(further)
    )
}

/// The bytes of heads a connection.
fn opening(column: &Column) -> f64 {
    (column.ledger.up.heads + column.ledger.down.heads) as f64 / column.connections.max(1) as f64
}

fn events_an_answer(column: &Column) -> f64 {
    column.events as f64 / column.deliveries.max(1) as f64
}

/// Connections that were open all the time, and what that is at the server.
fn held(round: &Round) -> String {
    let more = |column: &&Column| column.connections > column.clients;
    let opened = |column: &Column| format!("{} opened {}", column.kind.label(), count(column.connections));
    let others: Vec<String> = round.columns.iter().filter(more).map(opened).collect();
    let who = match others.as_slice() {
        [] => "Each client kept one connection open all the time, also between its polls".to_owned(),
        others => format!("A connection was kept as long as the other side let it: {}", others.join(", ")),
    };
    format!("{who}. An open connection is a thread of ws101, and on a feed's WebSocket it is two.")
}

/// One scenario in which polling is the right choice, from the figures of this run.
fn polling_is_right(round: &Round) -> Option<String> {
    let is_poll = |column: &&Column| matches!(column.kind, Kind::ShortPoll(_)) && column.deliveries > 0;
    let cost = |column: &Column| column.bytes_an_event().unwrap_or(f64::MAX);
    let cheapest = |a: &&Column, b: &&Column| cost(a).partial_cmp(&cost(b)).unwrap_or(Ordering::Equal);
    let socket = round.columns.iter().find(|column| column.kind == Kind::WebSocket && column.events > 0)?;
    let is_shared = |column: &&Column| {
        column.missed == 0 && events_an_answer(column) >= SHARED && cost(column) <= AS_CHEAP * cost(socket)
    };
    if let Some(poll) = round.columns.iter().filter(is_poll).filter(is_shared).min_by(cheapest) {
        return Some(who_can_wait(poll, socket));
    }
    let poll = round.columns.iter().filter(is_poll).min_by(cheapest)?;
    Some(who_looks_once(round, poll, socket))
}

fn who_can_wait(poll: &Column, socket: &Column) -> String {
    let (polled, framed) = (poll.bytes_an_event().unwrap_or_default(), socket.bytes_an_event().unwrap_or_default());
    let interval = if let Kind::ShortPoll(interval) = poll.kind { words::interval(interval) } else { String::new() };
    format!(
        "Polling is right here for who can wait {interval}: {} events shared an answer, so the server wrote {} for a client \
         instead of {}. An event cost {} bytes, against {} on the WebSocket.",
        mean(events_an_answer(poll)),
        of(poll.requests / poll.clients.max(1), "answer"),
        of(socket.events / socket.clients.max(1), "frame"),
        mean(polled),
        mean(framed),
    )
}

fn who_looks_once(round: &Round, poll: &Column, socket: &Column) -> String {
    let up = poll.ledger.up.heads as f64 / poll.requests.max(1) as f64;
    let heads = up + poll.heads_with_news as f64 / poll.deliveries.max(1) as f64;
    // `[`, `]` and a line break around the event; two bytes of frame header, or four.
    let once = heads + round.event_bytes + 3.0;
    let header = if round.event_bytes < 126.0 { 2.0 } else { 4.0 };
    let framed = opening(socket) + round.event_bytes + header + CLOSING;
    let fewer = if once < framed { "So it is fewer bytes, and" } else { "It is no fewer bytes, but" };
    format!(
        "Polling is right for who looks once and leaves, as none of these clients did: a poll that brings one event is about \
         {} bytes here; a WebSocket that is opened for it and closed again is about {}. {fewer} nothing stays open.",
        mean(once),
        mean(framed),
    )
}

/// What a reader must know to trust the rest.
fn caveats(round: &Round) -> Vec<String> {
    let mut caveats = Vec::new();
    if round.rate.is_too_slow_for(round.time) {
        caveats.push(format!(
            "Mind: {} is less than one event in {}, and one was published. These figures are those of one event in {}; at \
             the rate itself each event would pay for more empty polls.",
            round.rate.words(),
            words::interval(round.time),
            words::interval(round.time)
        ));
    }
    caveats.extend(not_published(round));
    caveats.extend(round.columns.iter().flat_map(what_went_wrong));
    if let Some(foreign) = round.columns.iter().map(|column| column.foreign).max().filter(|foreign| *foreign > 0) {
        caveats.push(format!(
            "Mind: up to {} of a transport were published by others. They count as received and in the bytes, not in the \
             delays.",
            of(foreign, "event")
        ));
    }
    caveats
}

fn not_published(round: &Round) -> Option<String> {
    let fewer = round.planned.saturating_sub(round.published);
    let why = match round.refused {
        0 => "the publisher waits for each answer, and their moments had passed".to_owned(),
        refused => format!("{} had no good answer", of(refused, "POST")),
    };
    (fewer > 0)
        .then(|| format!("Mind: of {} that were to be published, {fewer} were not: {why}.", of(round.planned, "event")))
}

/// What happened to the clients of a transport that should not have.
fn what_went_wrong(column: &Column) -> Vec<String> {
    let label = column.kind.label();
    let mut said = Vec::new();
    if column.missed > 0 {
        let why = if column.gone >= column.missed {
            ": the server said that they are gone, because it keeps only so many (--feed-keep)"
        } else {
            ""
        };
        said.push(format!("Mind: {label} missed {}{why}.", of(column.missed, "event")));
    }
    if column.lost > 0 {
        let why = column.first_error.as_deref().unwrap_or("unknown");
        said.push(format!("Mind: {label} failed {}. The first time: {why}.", of(column.lost, "time")));
    }
    if column.resets > 0 {
        said.push(format!(
            "Mind: {label} was told {} that the log is another one, and got {} again: several servers behind one address, or \
             one that was started again.",
            of(column.resets, "time"),
            of(column.repeated, "event")
        ));
    }
    if !column.in_order {
        said.push(format!("Mind: {label} got events out of order."));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Rate;
    use super::*;
    use crate::client::{Ledger, Parts};
    use std::time::Duration;

    fn column(kind: Kind, events: u64, requests: u64, heads: u64, rest: u64) -> Column {
        let down = Parts { heads: heads / 2, bodies: rest, frames: 0 };
        let up = Parts { heads: heads / 2, ..Parts::default() };
        let delay = Duration::from_millis(3);
        Column {
            kind,
            clients: 1,
            events,
            foreign: 0,
            missed: 0,
            in_order: true,
            requests,
            empty: if kind == Kind::LongPoll { 0 } else { requests.saturating_sub(events) },
            deliveries: requests.min(events),
            heads_with_news: heads / 2 * requests.min(events) / requests.max(1),
            connections: 1,
            repeated: 0,
            resets: 0,
            gone: 0,
            held: u64::from(kind == Kind::LongPoll),
            lost: 0,
            first_error: None,
            ledger: Ledger { written: up.total(), read: down.total(), up, down },
            delay: (events > 0).then_some(Delay { p50: delay, p95: 2 * delay, max: 3 * delay }),
        }
    }

    fn round(events: u64, polls: u64) -> Round {
        let second = Duration::from_secs(1);
        let (all, long_poll) = (100 * events, column(Kind::LongPoll, events, events + 1, 260 * events, 103 * events));
        Round {
            rate: Rate::parse("1/s").expect("a rate"),
            time: 10 * second,
            planned: events,
            published: events,
            refused: 0,
            event_bytes: 100.0,
            columns: vec![
                column(Kind::ShortPoll(second), events, polls, 260 * polls, all + 3 * polls),
                long_poll,
                column(Kind::Stream, events, 1, 280, all + 20 * events),
                column(Kind::WebSocket, events, 1, 336, all + 2 * events),
            ],
        }
    }

    fn text(round: &Round) -> String {
        sentences(round).join("\n")
    }

    #[test]
    fn each_transport_has_its_sentence() {
        let text = text(&round(10, 11));
        for part in [
            "An event that was published for this run is 100 bytes as JSON. To hear of one cost 136 bytes by WebSocket, the least, and 389 by poll 1s, the most.",
            "poll 1s: 389 bytes an event, 3.9 times the event itself. Half of them were there within 3.00 ms, all within 9.00 ms. Of 11 requests, 1 came back empty.",
            "Heads are 260 of these bytes. Of 11 requests, none came back empty, 1 had no answer yet at the end.",
            "The opening handshake, 336 bytes, is paid once; what follows is 102 bytes an event, all that",
            "Each client kept one connection open all the time, also between its polls.",
            "a poll that brings one event is about 363 bytes here; a WebSocket that is opened for it and closed again is about 450. So it is fewer bytes, and nothing stays open.",
        ] {
            assert!(text.contains(part), "{part}\n---\n{text}");
        }
        assert!(!text.contains("Mind:"), "{text}");
    }

    #[test]
    fn connections_that_ended_are_named() {
        let mut round = round(10, 11);
        round.columns[0].connections = 11;
        let text = text(&round);
        assert!(text.contains("let it: poll 1s opened 11. An open connection"), "{text}");
    }

    #[test]
    fn events_that_share_an_answer_make_the_poll_cheap() {
        let text = text(&round(200, 10));
        let shared = "for who can wait 1s: 20 events shared an answer, so the server wrote 10 answers for a client instead of \
                      200 frames. An event cost 113 bytes, against 104 on the WebSocket.";
        assert!(text.contains(shared), "{text}");
    }

    #[test]
    fn a_poll_that_missed_events_was_not_right() {
        let mut round = round(200, 10);
        (round.columns[0].missed, round.columns[0].gone) = (3, 3);
        let text = text(&round);
        assert!(!text.contains("who can wait") && text.contains("Half of those that came"), "{text}");
        assert!(text.contains("missed 3 events: the server said that they are gone"), "{text}");
    }

    #[test]
    fn events_of_others_are_not_measured_by_ours() {
        let mut round = round(200, 10);
        round.columns[0].foreign = 3;
        assert!(text(&round).contains("poll 1s: 113 bytes an event. Half"), "{}", text(&round));
    }

    #[test]
    fn what_went_wrong_is_said() {
        let mut round = round(10, 11);
        round.rate = Rate::parse("1/m").expect("a rate");
        (round.planned, round.refused) = (12, 2);
        round.columns[0].missed = 2;
        round.columns[1].foreign = 3;
        (round.columns[2].lost, round.columns[2].first_error) = (1, Some("the answer was 503".to_owned()));
        (round.columns[3].in_order, round.columns[3].resets, round.columns[3].repeated) = (false, 4, 5);
        let text = text(&round);
        for part in [
            "one event in 10s",
            "of 12 events that were to be published, 2 were not: 2 POSTs had no good answer",
            "missed 2 events.",
            "3 events",
            "failed 1 time. The first time: the answer was 503.",
            "was told 4 times that the log is another one, and got 5 events again",
            "order",
        ] {
            assert!(text.contains(part), "{part}\n---\n{text}");
        }
    }

    #[test]
    fn a_run_without_events_has_no_quotients() {
        let mut round = round(0, 11);
        round.event_bytes = 0.0;
        let text = text(&round);
        assert!(text.contains("poll 1s: no event arrived") && !text.contains("NaN") && !text.contains("inf"), "{text}");
    }
}
