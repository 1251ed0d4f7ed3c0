//! What the opening handshake looks like when it arrives: the head as sent and as the server saw it, side by side, what
//! came back, and who is to blame when that is no WebSocket.

mod culprit;
mod fields;
mod forged;
mod notes;

use super::look::Look;
use super::{Bench, Section};
use crate::client::Error;
use crate::wire::escape;
use serde_json::Value;

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    let (look, mut section) = (bench.look, bench.section());
    section.heads.clone_from(&look.rows);
    if !look.rows.is_empty() {
        section.fact("head", look.rows.iter().map(super::diff::Row::json).collect::<Vec<Value>>());
    }
    section.saw(format!("the answer: {}", answer(look)));
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
    match &look.opened {
        Ok(opened) => escape::text(opened.head.status_line().as_bytes()),
        Err(Error::Refused(refusal)) => escape::text(refusal.head.status_line().as_bytes()),
        Err(Error::Handshake { head, .. }) => escape::text(head.status_line().as_bytes()),
        Err(error) => error.to_string(),
    }
}

fn verdict(look: &Look) -> String {
    let changed = look.rows.iter().filter(|row| !row.is_same()).count();
    let arrived = match (look.is_ws101(), changed) {
        (false, _) => "how the request arrived can't be seen".to_owned(),
        (true, 0) => "the request arrived as it was sent".to_owned(),
        (true, 1) => "1 line of the request was changed on the way".to_owned(),
        (true, lines) => format!("{lines} lines of the request were changed on the way"),
    };
    match &look.opened {
        Ok(_) => format!("a WebSocket was granted, {arrived}"),
        Err(_) => format!("no WebSocket was granted, {arrived}"),
    }
}
