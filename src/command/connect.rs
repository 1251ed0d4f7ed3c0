//! `ws101 connect`: the client for a person.

use crate::cli::Connect;
use std::process::ExitCode;

/// Runs it.
pub fn run(_options: &Connect) -> ExitCode {
    ExitCode::FAILURE
}
