//! `ws101 encode`: a frame made by hand. The frame is on stdout, what it breaks is noted on stderr.

use crate::cli::Encode;
use crate::client::random;
use crate::decode::handmade::{self, Mask};
use crate::protocol::frame::Handmade;
use crate::protocol::inspector::{Inspector, Unfinished};
use crate::protocol::rules::{self, MessageInProgress, Violation};
use crate::wire::hex;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::process::ExitCode;
use tungstenite::protocol::Role;

/// The longest payload that stdin may bring.
const MOST: usize = 64 << 20;
/// How many bytes become hex at once.
const PART: usize = 16 << 10;
/// How many rules are named.
const NOTES: usize = 8;

/// Runs it. 0: the frame was written; 1: it could not be; 2: wrong use.
pub fn run(options: &Encode) -> ExitCode {
    if options.raw && io::stdout().is_terminal() {
        return wrong_use("the bytes themselves would upset a terminal: put `| xxd` or `> FILE` behind it");
    }
    let frames = options.payload(stdin).and_then(|payload| frames(options, payload));
    let frames = match frames {
        Ok(frames) => frames,
        Err(error) => return wrong_use(&error),
    };
    let mut notes = Notes::default();
    let written = write(frames, options.raw, &mut notes);
    for note in notes.finish() {
        let _ = writeln!(anstream::stderr(), "note: {note}");
    }
    match written {
        // A reader that has gone away, as `head` does, has read what it wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(anstream::stderr(), "ws101: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn wrong_use(words: &str) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "ws101: {words}");
    ExitCode::from(2)
}

fn stdin() -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MOST as u64 + 1).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(format!("stdin: {error}")),
        Ok(_) if bytes.len() > MOST => {
            Err(format!("stdin has more than {MOST} bytes, which is the most for a payload"))
        }
        Ok(_) => Ok(bytes),
    }
}

/// The frames, each with its key.
fn frames(
    options: &Encode,
    payload: Vec<u8>,
) -> Result<impl Iterator<Item = Result<Handmade, String>> + use<>, String> {
    let mask = options.mask.unwrap_or(Mask::None);
    // A key of zeros is as long as any: the first fragment is the longest frame, and it has to fit.
    let whole = Handmade { mask: (mask != Mask::None).then_some([0; 4]), ..options.frame(payload) };
    let frames = handmade::fragments(whole, options.fragment);
    frames.clone().next().map_or(Ok(()), |first| handmade::fits(&first))?;
    Ok(frames.map(move |frame| Ok(Handmade { mask: key(mask)?, ..frame })))
}

/// s5.3: "The masking key needs to be unpredictable", and each frame has its own.
fn key(mask: Mask) -> Result<Option<[u8; 4]>, String> {
    match mask {
        Mask::None => Ok(None),
        Mask::Key(key) => Ok(Some(key)),
        Mask::Random => random::masking_key().map(Some),
    }
}

fn write(frames: impl Iterator<Item = Result<Handmade, String>>, raw: bool, notes: &mut Notes) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(PART, stdout()?);
    for frame in frames {
        let frame = frame.map_err(io::Error::other)?;
        let bytes = frame.encode();
        notes.look_at(&frame, &bytes);
        if raw {
            out.write_all(&bytes)?;
            continue;
        }
        for (number, part) in bytes.chunks(PART).enumerate() {
            out.write_all(if number > 0 { b" " } else { b"" })?;
            out.write_all(hex::pairs(part).as_bytes())?;
        }
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// stdout as it is. The one of the standard library writes up to the last `0a` and then the rest, so a frame would leave in
/// two pieces because of a byte in it, and the log of whoever gets it would show two reads.
#[cfg(unix)]
fn stdout() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().map(Into::into)
}

/// There is no other way to it here.
#[cfg(not(unix))]
fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// The rules that the frames break, each once.
#[derive(Default)]
struct Notes {
    inspector: Option<Inspector>,
    found: Vec<String>,
}

impl Notes {
    fn look_at(&mut self, frame: &Handmade, bytes: &[u8]) {
        let header = frame.header();
        let (announced, given) = (header.length, frame.payload.len() as u64);
        if announced == given {
            let inspector = self.inspector.get_or_insert_with(|| Inspector::new(None, 0, 0));
            let mut rest = bytes;
            let faults: Vec<_> =
                std::iter::from_fn(|| inspector.next(&mut rest)).flat_map(|frame| frame.faults).collect();
            faults.iter().for_each(|fault| self.note(&fault.violation));
            return;
        }
        // Where this frame ends, two readers would disagree: its header is all that can be judged.
        let receiver = if header.mask.is_some() { Role::Server } else { Role::Client };
        for violation in rules::all(&header, receiver, &MessageInProgress::default(), u64::MAX) {
            self.note(&violation);
        }
        let then = if announced > given { "the other end waits for more" } else { "the rest begins another frame" };
        self.add(format!("the length says {announced} and the payload has {given} bytes: {then}"));
    }

    fn note(&mut self, violation: &Violation) {
        self.add(format!("{} (RFC 6455 {})", violation.why, violation.section));
    }

    fn add(&mut self, note: String) {
        if self.found.len() < NOTES && !self.found.contains(&note) {
            self.found.push(note);
        }
    }

    fn finish(mut self) -> Vec<String> {
        let unfinished = self.inspector.take().map(Inspector::finish);
        if matches!(unfinished, Some(Unfinished { message: Some(_), .. })) {
            self.add("the message goes on: no frame with FIN has come (RFC 6455 s5.4)".to_owned());
        }
        self.found
    }
}
