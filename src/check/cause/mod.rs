//! Likely causes: from what was sent and what came back to the line in the server that does it.
//!
//! A cause is only named when the bytes show it. Where several would fit, none is named.

mod accept;
mod close;
mod control;
mod echo;
mod head;
mod length;

pub use accept::of_accept;
pub use close::{EMPTY_CLOSE, of_announced, of_going_on, of_meaningless, of_no_close, of_no_end, of_wrong_close};
pub use control::{of_bad_text, of_pong, of_text, of_whole};
pub use echo::{first_wrong, of_echo};
pub use head::{of_answer, of_no_101, of_no_refusal};
pub use length::{of_length, of_unanswered};

use super::hear::Heard;
use super::link::End;
use crate::protocol::opcode::Opcode;

/// Of a server that echoes a Ping as it came.
pub const PING_BACK: &str =
    "the Ping is answered with a Ping: the answer has the opcode A, and not the one that came (s5.5.3)";

/// Of an answer that has nothing of what was sent: a greeting, a constant, or the answer to something else.
pub const NO_ECHO: &str =
    "this is no answer to what was sent: say nothing unasked, and send back the payload that came";

/// Of four bytes, whatever was sent.
const FOUR_BYTES: &str =
    "4 bytes came back: zip(payload, key) stops with the shorter of the two, and the key has 4: use key[i % 4] (s5.3)";

/// Of a message that is whole, with others before it.
const EARLIER: &str = "an earlier message stands before this one: begin each with nothing, on every connection (a list that is a \
                       default argument in Python is made once, for all of them) (s5.4)";

/// Why nothing came.
fn of_no_answer(heard: &Heard) -> Option<String> {
    let words = match heard {
        Heard::Wrong(frame, _) if frame.header.opcode == Opcode::Ping => PING_BACK,
        Heard::End(End::Silence(_)) => "the server still waits for something: for more bytes than there are?",
        Heard::End(End::Fin | End::Reset(_)) => "the server has ended the connection: see what it printed last",
        _ => return None,
    };
    Some(words.to_owned())
}
