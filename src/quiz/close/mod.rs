//! Questions about the end of a connection (RFC 6455 s7).

mod codes;
mod payload;
mod situations;

use super::draft::Kind;

/// What is asked at this level.
pub(super) fn kinds(level: u8) -> &'static [Kind] {
    match level {
        1 => &[("meaning", codes::meaning), ("code", codes::code), ("travel", codes::travel)],
        2 => &[
            ("read", payload::read),
            ("reason", payload::reason),
            ("write", payload::write),
            ("reply", payload::reply),
            ("legal", payload::legal),
        ],
        _ => &[
            ("situation", situations::situation),
            ("who", situations::who),
            ("limit", situations::limit),
            ("fault", situations::fault),
        ],
    }
}
