//! Why an input can't be read, in words that say what to do.

use crate::wire::hex;
use std::{fmt, io};

/// Why an input can't be read.
#[derive(Debug)]
pub enum Error {
    /// The source failed.
    Io(io::Error),
    /// It is no hex, or a dump that does not add up.
    NotHex {
        /// The line, from 1.
        line: u64,
        /// The byte in its line, from 1.
        column: u64,
        /// What is wrong there and what would be right. Bytes from outside are escaped in it.
        problem: String,
        /// Whether it was only guessed to be hex, and nothing else in it looks like that.
        may_be_raw: bool,
    },
    /// Text in UTF-16, as PowerShell's `>` writes it.
    Utf16,
    /// A file of packets.
    CaptureFile,
    /// Hex of whole packets.
    Packets,
    /// A log without a byte in it.
    NoDumps,
    /// A piece of a log at `trace`, without the dumps.
    NoDumpRows,
    /// A text of C with no byte in it.
    NoBytes,
    /// A text with no row and no byte in it.
    NoRows,
    /// A list of decimal numbers.
    Decimal,
    /// Base64.
    Base64,
}

impl Error {
    pub(super) fn at(line: u64, column: usize, problem: impl Into<String>) -> Error {
        Error::NotHex { line, column: column as u64, problem: problem.into(), may_be_raw: false }
    }

    /// The same of a text that may be no hex at all.
    pub(super) fn or_raw(self) -> Error {
        match self {
            Error::NotHex { line, column, problem, .. } => Error::NotHex { line, column, problem, may_be_raw: true },
            error => error,
        }
    }
}

impl From<hex::Fault> for Error {
    fn from(fault: hex::Fault) -> Error {
        Error::NotHex { line: fault.line, column: fault.column, problem: fault.to_string(), may_be_raw: false }
    }
}

impl std::error::Error for Error {}

const FOLLOW: &str = "In Wireshark, Follow > TCP Stream shows the bytes of the connection alone (Show as: Hex Dump); \
                      so does tshark -r FILE -q -z follow,tcp,hex,0.";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => error.fmt(f),
            Error::NotHex { line, column, problem, may_be_raw } => {
                let hint = if *may_be_raw { " (--input raw takes the input as it is)" } else { "" };
                write!(f, "line {line}, column {column}: {problem}{hint}")
            }
            Error::Utf16 => write!(
                f,
                "this is text in UTF-16, as > writes it in PowerShell: save it as UTF-8 (--input raw takes it as it is)"
            ),
            Error::CaptureFile => write!(f, "this is a file of captured packets. {FOLLOW}"),
            Error::Packets => write!(
                f,
                "these are whole packets: headers of IP and TCP stand before the bytes of the connection. {FOLLOW} \
                 (--input hex reads it all the same.)"
            ),
            Error::NoDumps => {
                write!(f, "this log has no bytes in it: they are there when it is written with RUST_LOG=trace")
            }
            Error::NoDumpRows => {
                write!(f, "the rows of hex are missing: copy from `TRACE ws-1 < 11 bytes` on, the line above such rows")
            }
            Error::NoRows => write!(
                f,
                "there is no row of bytes in it: a row is an offset and bytes in hex, as 0000  81 05 (tshark has them with \
                 follow,tcp,hex)"
            ),
            Error::Decimal => {
                write!(f, "these are decimal numbers: bytes are written in hex, as 81 05 or 0x81, 0x05")
            }
            Error::Base64 => {
                write!(f, "this looks like base64: base64 -d makes bytes of it, as in base64 -d FILE | ws101 decode")
            }
            Error::NoBytes => {
                write!(f, "this looks like C, but no bytes stand in braces or in quotes, as {{ 0x81, 0x05 }}")
            }
        }
    }
}
