//! The figures in sentences. Each is worked out of what was measured: where a run says otherwise, so do they.

use super::figures::Round;

/// What each transport paid, and where polling is right.
pub fn sentences(_round: &Round) -> Vec<String> {
    Vec::new()
}
