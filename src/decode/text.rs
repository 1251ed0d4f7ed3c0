//! Items as text: the words of the log ([`crate::wire::lines`]), with the offset in the stream before each line that has
//! one.
//!
//! ```text
//! 0000  TEXT fin=1 rsv=000 mask=none len=5 "Hello"
//!       81           1... .... FIN   last frame of the message
//!       ...
//!       ! what is wrong (RFC 6455 s5.1)
//!       = what it adds up to
//! ```

use super::decoder::{self, End, KnownBy, Rest, Summary};
use super::head::{Head, Wrong};
use super::input::MAX_STREAMS;
use super::{Show, count};
use crate::protocol::header::Header;
use crate::protocol::inspector::{Fault, Frame, Message, PartialHeader};
use crate::protocol::opcode::Opcode;
use crate::protocol::rules::Violation;
use crate::wire::secrets::starred;
use crate::wire::{escape, lines};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;
use tungstenite::protocol::Role;

/// Four digits of offset and two blanks.
const INDENT: &str = "      ";

const BOLD: Style = Style::new().bold();
const WRONG: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));

/// Text in the making.
#[derive(Debug)]
pub struct Page<'a> {
    /// How much is shown.
    pub show: &'a Show,
    /// Where it is written.
    pub out: &'a mut String,
}

impl Page<'_> {
    /// A line that says whose bytes follow.
    pub fn title(&mut self, name: &str, sender: Option<Role>) {
        let name = Some(escape::text(name.as_bytes())).filter(|name| !name.is_empty());
        let words: Vec<String> = name.into_iter().chain(sender.map(|sender| from(sender).to_owned())).collect();
        let words = self.ink(BOLD, &format!("--- {} ---", words.join(", ")));
        self.line(format_args!("{words}"));
    }

    /// An empty line, before another stream's title.
    pub fn gap(&mut self) {
        self.line(format_args!(""));
    }

    /// A head, line by line, and what is to be said of it.
    pub fn head(&mut self, head: &Head) {
        let mut places = offsets(head);
        let bytes = if self.show.secrets { head.bytes.clone() } else { starred(&head.bytes) };
        for (row, words) in lines::head(&bytes).lines().enumerate() {
            let offset = places.next().unwrap_or_default();
            let words = if row == 0 { self.ink(BOLD, words) } else { words.to_owned() };
            self.line(format_args!("{offset:04x}  {words}"));
        }
        if !head.whole {
            return self.wrongs(&head.faults);
        }
        let verdict = match (head.is_handshake, head.faults.is_empty(), head.sender) {
            (false, _, Role::Client) => "= no opening handshake: it asks for no WebSocket",
            (false, _, Role::Server) => "= no opening handshake: only a 101 begins a WebSocket",
            (true, true, Role::Client) => "= a right opening handshake, if this server and path take it",
            (true, true, Role::Server) if head.is_compared => "= a right answer to the opening handshake",
            (true, true, Role::Server) => "= right in form as an answer to an opening handshake",
            (true, false, Role::Client) => "= an opening handshake that is not right",
            (true, false, Role::Server) => "= an answer to an opening handshake that is not right",
        };
        self.told(verdict);
        if self.show.headers_only {
            return self.wrongs(&head.faults);
        }
        for step in &head.steps {
            let line = format!("    {}", lines::step(step));
            self.told(&if step.met { line } else { self.ink(WRONG, &line) });
        }
        if let Some(accepted) = &head.accepted {
            lines::accept_key(&accepted.key, &accepted.accept).lines().for_each(|line| self.told(line));
        }
        self.wrongs(&head.faults);
    }

    /// A frame, and the message it completes.
    pub fn frame(&mut self, frame: &Frame, sender: Role, extension: bool) {
        if self.show.headers_only {
            let _ = writeln!(self.out, "{:04x}  {}", frame.offset, lines::facts(&frame.header));
        } else {
            let words = self.ink(BOLD, &lines::frame(&frame.header, &frame.plain()));
            let so_far = if frame.is_complete() { String::new() } else { so_far(frame) };
            self.line(format_args!("{:04x}  {words}{so_far}", frame.offset));
            let mut rows = lines::rows(&frame.header, sender, extension, &frame.payload, self.show.dump_bytes);
            if !frame.is_complete() {
                rows.pop(); // how much is left out: what has not come is said below
            }
            rows.iter().for_each(|row| self.told(row));
        }
        frame.faults.iter().for_each(|fault| self.fault(fault));
        if let Some(message) = frame.message.as_ref().filter(|message| message.frames > 1 && !self.show.headers_only) {
            self.told(&format!("= message: {}", adds_up_to(message, self.show)));
        }
    }

    /// From here on bytes are only counted.
    pub fn rest(&mut self, rest: Rest) {
        match rest {
            Rest::Tls => self.wrongs(&[decoder::tls()]),
            Rest::Body => self.told("= what follows this head is a body, not frames"),
            Rest::NoHead => self.told("= what follows is not looked at"),
            Rest::Hopeless => {
                self.told("= so many frames are wrong that these are no frames; what follows is not looked at")
            }
        }
    }

    /// Frames from here on are judged and not shown.
    pub fn hidden(&mut self, most: u64) {
        self.told(&format!(
            "= more than {}: the others are judged, and shown only where something is wrong (--max-frames 0 shows all)",
            count(most, "frame")
        ));
    }

    /// Bytes of streams for which there was no room.
    pub fn passed_over(&mut self, bytes: u64) {
        let words = count(bytes, "byte");
        self.line(format_args!(
            "= {words} of further streams are not told: more than {MAX_STREAMS} streams went on at once"
        ));
    }

    /// What the end has cut off, and the counts. `form` is what the input was read as.
    pub fn end(&mut self, end: &End, extension: bool, form: &str) {
        if let Some(head) = &end.head {
            self.head(head);
            self.missing("the empty line that ends a head has not come (RFC 9112 s2.1)");
        }
        if let Some(header) = &end.unfinished.header {
            self.partial(header);
        }
        if let Some(frame) = &end.unfinished.frame {
            self.frame(frame, end.summary.sender.unwrap_or(Role::Client), extension);
            let missing = count(frame.header.length - frame.passed, "byte");
            self.missing(&format!(
                "{missing} more needed: this payload has {} of {}",
                frame.passed, frame.header.length
            ));
        }
        if let Some(message) = &end.unfinished.message {
            let so_far = adds_up_to(message, self.show);
            let words = format!("no frame with FIN has ended the message that began at {:04x}", message.offset);
            self.missing(&format!("{words}: {so_far} so far"));
        }
        self.line(format_args!("= {}", summary(&end.summary, form)));
    }

    fn partial(&mut self, header: &PartialHeader) {
        self.line(format_args!("{:04x}  {}", header.offset, lines::hex(&header.bytes)));
        header.faults.iter().for_each(|violation| self.violation(violation, ""));
        let least = if header.bytes.len() == 1 { "at least " } else { "" };
        let missing = count(header.missing as u64, "byte");
        let there = count(header.bytes.len() as u64, "byte");
        self.missing(&format!(
            "{least}{missing} more needed: {there} of a frame header {} here",
            is(header.bytes.len())
        ));
    }

    fn fault(&mut self, fault: &Fault) {
        let place = fault.place.map_or(String::new(), |place| format!(", offset {:04x}", place.in_stream));
        self.violation(&fault.violation, &place);
    }

    fn violation(&mut self, violation: &Violation, place: &str) {
        let words = format!("! {}{place} (RFC 6455 {})", violation.why, violation.section);
        self.told(&self.ink(WRONG, &words));
    }

    fn wrongs(&mut self, faults: &[Wrong]) {
        for wrong in faults {
            self.told(&self.ink(WRONG, &format!("! {} ({})", wrong.why, wrong.section)));
        }
    }

    fn missing(&mut self, words: &str) {
        self.told(&format!("... {words}"));
    }

    /// A line below the one with the offset.
    fn told(&mut self, words: &str) {
        self.line(format_args!("{INDENT}{words}"));
    }

    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{words}");
    }

    fn ink(&self, style: Style, words: &str) -> String {
        if self.show.ink { format!("{style}{words}{style:#}") } else { words.to_owned() }
    }
}

/// Where the lines of a head begin that are not empty: [`lines::head`] leaves the others out.
fn offsets(head: &Head) -> impl Iterator<Item = u64> + '_ {
    let lines = head.bytes.split_inclusive(|byte| *byte == b'\n').scan(head.offset, |next, line| {
        let offset = *next;
        *next += line.len() as u64;
        Some((offset, line))
    });
    lines.filter(|(_, line)| !matches!(*line, b"\n" | b"\r\n")).map(|(offset, _)| offset)
}

fn so_far(frame: &Frame) -> String {
    format!(" -- {} of {} payload bytes", frame.passed, frame.header.length)
}

/// `text, 2 frames, 5 bytes "Hello"`. Text is quoted as far as payloads are shown.
fn adds_up_to(message: &Message, show: &Show) -> String {
    let (kind, frames) = (message.opcode.name().to_lowercase(), count(message.frames, "frame"));
    let facts = format!("{kind}, {frames}, {}", count(message.length, "byte"));
    let most = if show.dump_bytes == 0 { usize::MAX } else { show.dump_bytes.max(lines::SUMMARY_BYTES) };
    match message.opcode {
        _ if show.headers_only => facts,
        Opcode::Text => format!("{facts} {}", escape::quoted(&message.payload, message.length, most)),
        opcode => {
            let words = lines::payload_summary(&Header::new(opcode, message.length), &message.payload);
            format!("{facts} {words}")
        }
    }
}

fn summary(summary: &Summary, form: &str) -> String {
    let Summary { bytes, frames, messages, faults, .. } = *summary;
    let counts = [count(frames, "frame"), count(messages, "message")].join(", ");
    let faults = if faults == 0 { "no fault".to_owned() } else { count(faults, "fault") };
    let rest = match summary.rest {
        Some((Rest::Body, many)) => format!(", {} of body", count(many, "byte")),
        Some((_, many)) => format!(", {} not looked at", count(many, "byte")),
        None => String::new(),
    };
    let sender = summary.sender.map_or(String::new(), |sender| format!("; {}{}", from(sender), how(summary)));
    format!("{} ({form}), {counts}, {faults}{rest}{sender}", count(bytes, "byte"))
}

fn from(sender: Role) -> &'static str {
    match sender {
        Role::Client => "from the client",
        Role::Server => "from the server",
    }
}

fn how(summary: &Summary) -> &'static str {
    match summary.known_by {
        KnownBy::Told => " (told)",
        KnownBy::Head => " (by its head)",
        KnownBy::Guess if summary.contradicted => {
            " (guessed by the first MASK bit, which other frames contradict: if both directions are in one input, decode \
             them apart; if not, say --from)"
        }
        KnownBy::Guess => " (guessed by the first MASK bit)",
    }
}

fn is(many: usize) -> &'static str {
    if many == 1 { "is" } else { "are" }
}
