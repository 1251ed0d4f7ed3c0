//! `ws101 encode`: a frame made by hand.

use crate::cli::Encode;
use std::process::ExitCode;

/// Runs it.
pub fn run(_options: &Encode) -> ExitCode {
    ExitCode::FAILURE
}
