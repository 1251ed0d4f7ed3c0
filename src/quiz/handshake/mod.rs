//! Questions about the opening handshake (RFC 6455 s4).

mod answer;
mod choose;
mod heads;
mod request;

use super::draft::Kind;

/// What is asked at this level.
pub(super) fn kinds(level: u8) -> &'static [Kind] {
    match level {
        1 => &[("right", request::right), ("missing", request::missing), ("status", request::status)],
        2 => &[
            ("tokens", choose::tokens),
            ("key", choose::key),
            ("subprotocol", choose::subprotocol),
            ("origin", choose::origin),
        ],
        _ => &[("go-on", answer::may_go_on), ("why-not", answer::why_not), ("agreed", answer::agreed)],
    }
}
