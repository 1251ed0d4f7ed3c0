//! `ws101 decode`: bytes, told and judged.

use crate::cli::Decode;
use std::process::ExitCode;

/// Runs it.
pub fn run(_options: &Decode) -> ExitCode {
    ExitCode::FAILURE
}
