//! Questions about frames (RFC 6455 s5).

mod cut;
mod flaws;
mod long;
mod read;
mod wrong;

pub(super) use flaws::{CODES, Sent, with_any_code};

use super::draft::Kind;

/// What is asked at this level.
pub(super) fn kinds(level: u8) -> &'static [Kind] {
    match level {
        1 => &[
            ("kind", read::kind),
            ("length", read::length),
            ("text", read::text),
            ("sender", read::sender),
            ("all", read::all),
            ("whole", read::whole),
            ("write", read::write),
        ],
        2 => &[
            ("extended", long::extended),
            ("header", long::header),
            ("write-header", long::write_header),
            ("unmask", cut::unmask),
            ("mask", cut::mask),
            ("fragments", cut::fragments),
            ("count", cut::count),
            ("pong", cut::pong),
        ],
        _ => &[("wrong", wrong::what), ("legal", wrong::may), ("code", wrong::code), ("which", wrong::which)],
    }
}
