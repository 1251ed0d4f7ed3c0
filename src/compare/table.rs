//! The figures as a table: measures as rows, transports as columns, so that a screen of 80 columns is wide enough.

use super::figures::{Column, Round};
use super::words::{count, delay, mean};

/// A measure: what it is called, and how a column shows it.
type Row = (&'static str, fn(&Column) -> String);

const ROWS: [Row; 18] = [
    ("events received", |column| count(column.events)),
    ("events missed", |column| count(column.missed)),
    ("HTTP requests", |column| count(column.requests)),
    ("empty answers", |column| count(column.empty)),
    ("TCP connections", |column| count(column.connections)),
    ("bytes up", |column| count(column.ledger.written)),
    ("  heads", |column| part(column.ledger.up.heads)),
    ("  bodies", |column| part(column.ledger.up.bodies)),
    ("  frames", |column| part(column.ledger.up.frames)),
    ("bytes down", |column| count(column.ledger.read)),
    ("  heads", |column| part(column.ledger.down.heads)),
    ("  bodies", |column| part(column.ledger.down.bodies)),
    ("  frames", |column| part(column.ledger.down.frames)),
    ("bytes an event", |column| column.bytes_an_event().map_or("-".to_owned(), mean)),
    ("", |_| String::new()),
    ("delay p50", |column| column.delay.map_or("-".to_owned(), |all| delay(all.p50))),
    ("delay p95", |column| column.delay.map_or("-".to_owned(), |all| delay(all.p95))),
    ("delay max", |column| column.delay.map_or("-".to_owned(), |all| delay(all.max))),
];

/// A part of the bytes that a transport does not have is no zero.
fn part(bytes: u64) -> String {
    if bytes == 0 { "-".to_owned() } else { count(bytes) }
}

/// The table, line by line. The first line has the transports.
pub fn lines(round: &Round) -> Vec<String> {
    let labels = round.columns.iter().map(|column| column.kind.label());
    let mut rows = vec![("", labels.collect::<Vec<_>>())];
    rows.extend(ROWS.map(|(name, show)| (name, round.columns.iter().map(show).collect())));
    if round.columns.iter().all(|column| column.ledger.up.bodies == 0) {
        // Nothing here has sent a body: a row of nothing tells nothing.
        let at = rows.iter().position(|(name, _)| *name == "  bodies");
        at.map(|at| rows.remove(at));
    }
    let first = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..round.columns.len())
        .map(|at| rows.iter().map(|(_, cells)| cells[at].chars().count()).max().unwrap_or_default().max(9))
        .collect();
    let line = |(name, cells): (&str, Vec<String>)| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("   {cell:>width$}"));
        format!("{name:<first$}{}", cells.collect::<String>()).trim_end().to_owned()
    };
    rows.into_iter().map(line).collect()
}
