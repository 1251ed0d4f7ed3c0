//! A header of the PROXY protocol, read in two steps: the first part alone, then everything.
//!
//! Never a panic. What the first part settled, more bytes do not change, and a header is never longer than what it was read
//! from. Whatever is wrong with it is said in one line that a terminal can show.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws101::protocol::proxy::{Parsed, parse};

/// The longest header that is read.
const LONGEST: usize = 4096;

fuzz_target!(|input: &[u8]| {
    // The first byte chooses the cut, the others are the stream.
    let Some((&cut, bytes)) = input.split_first() else { return };
    let cut = usize::from(cut).min(bytes.len());
    let whole = parse(bytes);
    match parse(&bytes[..cut]) {
        Parsed::NeedMore => assert!(cut < LONGEST, "a header over its limit waits for more"),
        first => assert_eq!(first, whole, "cut at {cut}"),
    }
    match whole {
        Parsed::Complete(header) => assert!(header.len <= bytes.len() && header.len <= LONGEST),
        Parsed::Refused(refusal) => assert!(refusal.why.chars().all(|shown| !shown.is_control()), "{}", refusal.why),
        Parsed::NeedMore | Parsed::Missing => {}
    }
});
