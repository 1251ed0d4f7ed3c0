//! The report for programs: one JSON document. Bytes are counts, times are milliseconds.

use super::figures::{Column, Delay, Kind, Round};
use super::{Report, reading};
use crate::client::Parts;
use serde_json::{Value, json};
use std::time::Duration;

/// Everything that was asked for and measured.
pub fn document(report: &Report) -> Value {
    let settings = &report.settings;
    json!({
        "ws101": env!("CARGO_PKG_VERSION"),
        "url": report.url,
        "own_server": settings.url.is_none(),
        "settings": {
            "for_ms": milliseconds(settings.time),
            "poll_intervals_ms": settings.poll_intervals.iter().map(|time| milliseconds(*time)).collect::<Vec<_>>(),
            "rates": settings.rates.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "payload": settings.payload,
            "clients": settings.clients,
        },
        "scenarios": report.rounds.iter().map(scenario).collect::<Vec<_>>(),
    })
}

fn scenario(round: &Round) -> Value {
    json!({
        "rate": round.rate.to_string(),
        "planned": round.planned,
        "published": round.published,
        "event_bytes": round.event_bytes,
        "transports": round.columns.iter().map(transport).collect::<Vec<_>>(),
        "reading": reading::sentences(round),
    })
}

fn transport(column: &Column) -> Value {
    let interval = match column.kind {
        Kind::ShortPoll(interval) => Some(milliseconds(interval)),
        _ => None,
    };
    json!({
        "transport": column.kind.name(),
        "interval_ms": interval,
        "clients": column.clients,
        "events": column.events,
        "foreign": column.foreign,
        "missed": column.missed,
        "in_order": column.in_order,
        "requests": column.requests,
        "empty": column.empty,
        "connections": column.connections,
        "failed": column.lost,
        "first_failure": column.first_error,
        "repeated": column.repeated,
        "resets": column.resets,
        "up": bytes(column.ledger.written, &column.ledger.up),
        "down": bytes(column.ledger.read, &column.ledger.down),
        "bytes_an_event": column.bytes_an_event(),
        "delay_ms": column.delay.map(|Delay { p50, p95, max }| json!({
            "p50": milliseconds(p50),
            "p95": milliseconds(p95),
            "max": milliseconds(max),
        })),
    })
}

fn bytes(total: u64, parts: &Parts) -> Value {
    json!({ "total": total, "heads": parts.heads, "bodies": parts.bodies, "frames": parts.frames })
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
