//! What is right and what is wrong: asked of the code that serves and that decodes. There is no second book of rules here.

use crate::decode::decoder::{Decoder, Item};
use crate::decode::head::Head;
use crate::protocol::head::{self, Limits, Parsed};
use crate::protocol::inspector::{Fault, Frame};
use crate::protocol::refusal::Refusal;
use crate::protocol::rules::Violation;
use crate::protocol::upgrade::{self, Decision, Policy};
use tungstenite::protocol::Role;

/// More than any payload of a question.
const KEPT: usize = 4096;

const LIMITS: Limits = Limits { max_head: 16 * 1024, max_fields: 100 };

/// The bytes of one direction, decoded.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The frames, the last of which may be cut off behind its header.
    pub(super) frames: Vec<Frame>,
    /// How many messages are whole.
    pub(super) messages: u64,
}

impl Judged {
    /// Whether the bytes end with a header, whose payload is not there.
    pub(super) fn is_cut(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.passed < frame.header.length)
    }

    /// The first rule that is broken, and in which frame, counted from 1.
    pub(super) fn first_fault(&self) -> Option<(u64, &Violation)> {
        let faults = |frame: &'_ Frame| frame.faults.first().cloned();
        let at = self.frames.iter().position(|frame| faults(frame).is_some())?;
        let Fault { violation, .. } = self.frames[at].faults.first()?;
        Some((at as u64 + 1, violation))
    }
}

/// Judges frames that `from` has sent, the first bytes behind an opening handshake without extensions.
pub(super) fn frames(bytes: &[u8], from: Role) -> Judged {
    let mut decoder = Decoder::new(Some(from), KEPT, true);
    let mut rest = bytes;
    let mut items: Vec<Item> = std::iter::from_fn(|| decoder.next(&mut rest)).collect();
    let end = decoder.finish();
    items.extend(end.items);
    let whole = items.into_iter().filter_map(|item| match item {
        Item::Frame(frame) => Some(frame),
        Item::Head(_) | Item::Rest(_) => None,
    });
    Judged { frames: whole.chain(end.unfinished.frame).collect(), messages: end.summary.messages }
}

/// Judges a request, or a request and the answer to it: each as the other end has to.
pub(super) fn heads(bytes: &[u8]) -> Vec<Head> {
    let mut decoder = Decoder::new(None, KEPT, true);
    let mut rest = bytes;
    let items = std::iter::from_fn(|| decoder.next(&mut rest));
    let heads = items.filter_map(|item| match item {
        Item::Head(head) => Some(head),
        Item::Frame(_) | Item::Rest(_) => None,
    });
    heads.collect()
}

/// Whether a head, which is a request for a WebSocket or the answer to one, is in order.
pub(super) fn is_right(head: Option<&Head>) -> bool {
    head.is_some_and(|head| head.is_handshake && head.faults.is_empty())
}

/// What our server says to a request, at an address that speaks WebSocket: the order is that of `server`.
pub(super) fn serve(request: &[u8], policy: &Policy) -> Result<Decision, Refusal> {
    match head::parse(request, &LIMITS) {
        Parsed::Complete(request, _) => {
            head::check_host(&request)?;
            Ok(upgrade::decide(&request, policy))
        }
        Parsed::Refused(refusal) => Err(refusal),
        Parsed::NeedMore => Err(Refusal::new(408, "timeout", "RFC 9110 s15.5.9", "the head is not complete")),
    }
}

/// The refusal in what [`serve`] says, if it is one.
pub(super) fn refusal(said: &Result<Decision, Refusal>) -> Option<&Refusal> {
    match said {
        Ok(decision) => decision.outcome.as_ref().err(),
        Err(refusal) => Some(refusal),
    }
}
