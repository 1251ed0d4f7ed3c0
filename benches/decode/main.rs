//! How fast `ws101 decode --headers-only` looks through frames: from bytes in memory to lines of text that nobody reads.
//!
//! There is nothing to compare it with, so the goal is a plain figure. All frames carry 1 KiB and are told, a line each.
//!
//! ```text
//! cargo bench --bench decode                 everything
//! cargo bench -- --quick decode              short and rough
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[allow(dead_code, reason = "this one starts no servers and opens no connections")]
#[path = "../common/mod.rs"]
mod common;

use common::Outcome;
use common::benchmark::{Benchmark, Part, Row};
use common::frames::{self, TEXT};
use common::report::{self, Figure, Goal};
use common::rounds::{Contender, Sample, Series, alternate, preface};
use std::fmt;
use std::io::{self, Cursor};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use ws101::decode::input::{Form, Input};
use ws101::decode::{self, Settings, Show};

const BINARY: u8 = 0x2;
const PAYLOAD: usize = 1024;

/// MB/s: a capture of a gigabyte takes five seconds.
const GOAL: f64 = 200.0;

const ROWS: &[Row<Plan>] = &[
    Row { name: "decode-raw", title: "decode --headers-only, frames of 1 KiB as they are", run: raw },
    Row {
        name: "decode-hex",
        title: "decode --headers-only, the same as hex, two digits and a blank a byte",
        run: hex,
    },
];

fn main() -> ExitCode {
    Benchmark { name: "decode", servers: &[], plan: Plan::new, rows: ROWS }.main()
}

struct Plan {
    rounds: usize,
    frames: usize,
}

impl Plan {
    fn new(quick: bool) -> Plan {
        if quick { Plan { rounds: 5, frames: 8 * 1024 } } else { Plan { rounds: 25, frames: 64 * 1024 } }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{} frames a turn.", preface(self.rounds), self.frames)
    }
}

/// A capture, and what it is to be read as.
struct Capture {
    label: &'static str,
    bytes: Arc<[u8]>,
    form: Form,
}

impl Contender for Capture {
    fn label(&self) -> &'static str {
        self.label
    }
}

fn captures(plan: &Plan) -> Vec<Capture> {
    let ascii = "Hello, ".repeat(PAYLOAD / 7 + 1).into_bytes();
    let greek = "κόσμε ".repeat(PAYLOAD / 11 + 1).into_bytes();
    // 94 times eleven bytes end between two characters.
    let (ascii, greek) = (&ascii[..PAYLOAD], [&greek[..93 * 11], b"x"].concat());
    let capture = |label, frame: Vec<u8>| Capture { label, bytes: frame.repeat(plan.frames).into(), form: Form::Raw };
    vec![
        capture("masked text", frames::masked(TEXT, ascii)),
        capture("unmasked text", frames::unmasked(TEXT, ascii)),
        capture("masked text, Greek", frames::masked(TEXT, &greek)),
        capture("masked binary", frames::masked(BINARY, ascii)),
        capture("unmasked binary", frames::unmasked(BINARY, ascii)),
    ]
}

fn raw(plan: &Plan) -> Outcome<Part> {
    let series = alternate("decode-raw", &mut captures(plan), plan.rounds, look_through)?;
    let figure = megabytes(&series);
    let slowest = figure.servers.iter().filter_map(|(label, _)| figure.median(label)).reduce(f64::min);
    let goals =
        vec![Goal::at_least("headers of 1 KiB frames, the slowest kind: MB/s", slowest, GOAL, report::show_count)];
    Ok(Part { table: report::table(&[figure]), goals })
}

fn hex(plan: &Plan) -> Outcome<Part> {
    let in_hex = |Capture { label, bytes, .. }| {
        let text = bytes.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
        Capture { label, bytes: text.into_bytes().into(), form: Form::Hex }
    };
    let few = Plan { rounds: plan.rounds, frames: plan.frames / 4 };
    let mut captures: Vec<Capture> = captures(&few).into_iter().map(in_hex).take(2).collect();
    let series = alternate("decode-hex", &mut captures, plan.rounds, look_through)?;
    Ok(Part { table: report::table(&[megabytes(&series)]), goals: Vec::new() })
}

/// One turn: all of a capture, once. What is counted are bytes of the capture, as they were read.
fn look_through(capture: &mut Capture) -> Outcome<Sample> {
    let show = Show { headers_only: true, ..Settings::default().show };
    let settings = Settings { show, max_frames: 0, ..Settings::default() };
    let mut input = Input::new(Box::new(Cursor::new(Arc::clone(&capture.bytes))), Some(capture.form));
    let start = Instant::now();
    let outcome = decode::run(&mut input, &settings, &mut io::sink()).map_err(|failure| format!("{failure:?}"))?;
    let elapsed = start.elapsed();
    if outcome.faults > 0 || outcome.bytes == 0 {
        return Err(format!("{outcome:?} of {}", capture.label).into());
    }
    Ok(Sample { count: capture.bytes.len() as u64, elapsed, cpu: None })
}

fn megabytes(series: &[Series]) -> Figure {
    let mut figure = report::rate("bytes", series, &[]);
    figure.title = "MB/s".into();
    // The goal is told in the same unit.
    for (_, values) in &mut figure.servers {
        values.iter_mut().flatten().for_each(|value| *value /= 1e6);
    }
    figure.show = report::show_count;
    figure
}
