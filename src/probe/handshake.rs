//! What the opening handshake looks like when it arrives: the head as sent and as the server saw it, side by side.

use super::{Bench, Section};

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    bench.section()
}
