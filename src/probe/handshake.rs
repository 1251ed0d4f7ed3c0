//! What the opening handshake looks like when it arrives: the head as sent and as the server saw it, side by side, what
//! came back, and who is to blame when that is no WebSocket.

mod culprit;
mod fields;
mod forged;
mod notes;
mod refusal;

use super::diff::{Change, Row};
use super::look::Look;
use super::{Bench, Section};
use crate::client::Error;
use serde_json::Value;

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    let (look, mut section) = (bench.look, bench.section());
    section.heads.clone_from(&look.rows);
    if !look.rows.is_empty() {
        section.fact("head", look.rows.iter().map(Row::json).collect::<Vec<Value>>());
    }
    section.saw(answer(look));
    culprit::find(bench, &mut section);
    fields::find(bench.settings, look, &mut section);
    notes::of_request(look, &mut section);
    notes::of_answer(look, &mut section);
    forged::run(bench, &mut section);
    section.verdict = verdict(look);
    section
}

/// The status line, or why there is none.
fn answer(look: &Look) -> String {
    let head = match &look.opened {
        Ok(opened) => &opened.head,
        Err(Error::Refused(refusal)) => &refusal.head,
        Err(Error::Handshake { head, .. }) => head,
        Err(error) => return error.to_string(),
    };
    format!("the answer: {}", refusal::status_line(head))
}

fn verdict(look: &Look) -> String {
    let granted = if look.is_open() { "a WebSocket was granted" } else { "no WebSocket was granted" };
    if !look.is_ws101() {
        return format!("{granted}; how the request arrived can't be seen");
    }
    let count = |wanted: Change| look.rows.iter().filter(|row| row.change == wanted).count();
    let done = [
        (count(Change::Removed), "removed"),
        (count(Change::Added), "added"),
        (count(Change::Changed), "changed"),
        (count(Change::Recased), "in other letters"),
        (look.rows.iter().filter(|row| row.moved).count(), "moved"),
    ];
    let done: Vec<String> =
        done.iter().filter(|(lines, _)| *lines > 0).map(|(lines, what)| format!("{lines} {what}")).collect();
    match done.is_empty() {
        true => format!("{granted}; the request arrived as it was sent"),
        false => format!("{granted}; lines of the request on the way: {}", done.join(", ")),
    }
}
