//! A stream in numbers, and who has sent it.

use super::decoder::Rest;
use crate::protocol::inspector::Unfinished;
use tungstenite::protocol::Role;

/// How it is known who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// It was said, by an option or by the text that the bytes stood in.
    Told,
    /// The head says it.
    Head,
    /// The MASK bit of the first frame.
    Guess,
}

/// What was in a stream, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// All bytes.
    pub bytes: u64,
    /// Whole frames.
    pub frames: u64,
    /// Whole messages.
    pub messages: u64,
    /// Rules broken, by heads and frames.
    pub faults: u64,
    /// Who sends, when anything says so.
    pub sender: Option<Role>,
    /// How that is known.
    pub known_by: KnownBy,
    /// Whether that is a guess, and the MASK bit of another frame says the opposite.
    pub contradicted: bool,
    /// Bytes that were only counted, and why.
    pub rest: Option<(Rest, u64)>,
}

impl Summary {
    /// Nothing has come yet of what `sender` sends.
    pub(super) fn new(sender: Option<Role>) -> Summary {
        let (known_by, rest) = (KnownBy::Told, None);
        Summary { bytes: 0, frames: 0, messages: 0, faults: 0, sender, known_by, contradicted: false, rest }
    }
}

/// Whether a frame with or without a mask would be the other end's (s5.1).
pub(super) fn is_against(sender: Option<Role>, masked: bool) -> bool {
    sender.is_some_and(|sender| masked != (sender == Role::Client))
}

/// The MASK bit of what the end has cut off, where it has come.
pub(super) fn masked(unfinished: &Unfinished) -> Option<bool> {
    let of_header = unfinished.header.as_ref().and_then(|header| header.bytes.get(1)).map(|second| second & 0x80 != 0);
    unfinished.frame.as_ref().map(|frame| frame.header.mask.is_some()).or(of_header)
}
