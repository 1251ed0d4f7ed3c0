//! A request head, read in two steps: the first part alone, then everything.
//!
//! Never a panic. What the first part settled, more bytes do not change: a complete head stays the same head, and a
//! refused one stays refused. Otherwise an attacker would choose the meaning of a request by cutting it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws101::protocol::head::{Limits, Parsed, Request, parse};
use ws101::protocol::upgrade::{Policy, decide};

/// Small, so that the limits are reached too.
const LIMITS: Limits = Limits { max_head: 256, max_fields: 6 };

fuzz_target!(|input: &[u8]| {
    // The first byte chooses the cut, the others are the stream.
    let Some((&cut, bytes)) = input.split_first() else { return };
    let cut = usize::from(cut).min(bytes.len());
    let whole = parse(bytes, &LIMITS);
    match (parse(&bytes[..cut], &LIMITS), &whole) {
        (Parsed::NeedMore, _) => assert!(cut < LIMITS.max_head, "a head over its limit waits for more"),
        (Parsed::Complete(first, len), Parsed::Complete(all, all_len)) => {
            assert_eq!(len, *all_len);
            assert_eq!(told(&first), told(all));
        }
        (Parsed::Refused(_), Parsed::Refused(_)) => {}
        (first, all) => panic!("cut at {cut}: {first:?}, then {all:?}"),
    }
    if let Parsed::Complete(request, len) = &whole {
        assert!(*len <= bytes.len() && *len <= LIMITS.max_head);
        answers(request);
    }
});

fn told(request: &Request<'_>) -> String {
    format!("{request:?}")
}

/// Whatever was asked, the answer's head ends where its fields end: nothing of the request breaks out of a line.
fn answers(request: &Request<'_>) {
    let decision = decide(request, &Policy::default());
    let Ok(accepted) = decision.outcome else { return };
    let answer = accepted.response().encode(true);
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    assert_eq!(end.map(|at| at + 4), Some(answer.len()));
}
