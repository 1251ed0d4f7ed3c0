//! What to do about a fault, in the words of the proxy that has it: lines of its configuration, ready to be copied.

use super::fault::Fault;
use super::hop::Hop;

/// Lines of advice. What begins with two spaces is configuration; the rest is prose.
pub fn fix(_fault: Fault, _hop: &Hop) -> Vec<String> {
    Vec::new()
}
