//! Streams on their way out: a decoder each, and which of their items are told.

use super::answer::Asked;
use super::decoder::{Decoder, Item};
use super::input::Label;
use super::json::Objects;
use super::text::Page;
use super::{Failure, MOST_KEPT, Outcome, Settings, Show};
use crate::protocol::inspector::Frame;
use std::collections::BTreeMap;
use std::io::{self, Write};
use tungstenite::protocol::Role;

/// How many frames with faults are shown after the frames that are shown anyway.
const FAULTY_SHOWN: u64 = 100;

/// Words are written when there are so many bytes of them, and at each part's end.
const PLENTY: usize = 64 * 1024;

/// Streams, and the words about them.
pub(super) struct Telling<'a> {
    settings: &'a Settings,
    out: &'a mut dyn Write,
    streams: BTreeMap<usize, Stream>,
    /// What came of the streams that have ended.
    outcome: Outcome,
    /// How many faults the items had so far.
    seen: u64,
    /// The stream whose title was written last.
    titled: Option<usize>,
    words: String,
    frames: u64,
    faulty_shown: u64,
}

/// One stream that goes on.
struct Stream {
    label: Label,
    decoder: Decoder,
}

impl<'a> Telling<'a> {
    pub(super) fn new(settings: &'a Settings, out: &'a mut dyn Write) -> Telling<'a> {
        let (streams, outcome) = (BTreeMap::new(), Outcome::default());
        Telling {
            settings,
            out,
            streams,
            outcome,
            seen: 0,
            titled: None,
            words: String::new(),
            frames: 0,
            faulty_shown: 0,
        }
    }

    /// The next bytes of a stream, and whose they are as far as that is known by now. Where the text says that they are the
    /// other end's than `--from` asks for, they are passed over.
    pub(super) fn take(&mut self, at: usize, label: &Label, mut part: &[u8]) -> Result<(), Failure> {
        if self.settings.from.is_some() && label.from.is_some() && self.settings.from != label.from {
            return Ok(());
        }
        let mut stream = self.streams.remove(&at).unwrap_or_else(|| self.stream(label));
        if stream.label != *label {
            stream.label = label.clone();
            label.from.into_iter().for_each(|from| stream.decoder.learn(from));
        }
        if label.from == Some(Role::Server)
            && let Some(asked) = self.request(&label.name)
        {
            stream.decoder.answers(asked);
        }
        let mut told = Ok(());
        while told.is_ok()
            && let Some(item) = stream.decoder.next(&mut part)
        {
            let whose = Whose { at, label: &stream.label, sender: stream.decoder.sender() };
            told = self.tell(&whose, &item, stream.decoder.has_extension());
        }
        self.streams.insert(at, stream);
        told
    }

    /// A stream has ended: what that has cut off, and the counts.
    pub(super) fn end(&mut self, at: usize, form: &str) -> Result<(), Failure> {
        match self.streams.remove(&at) {
            Some(stream) => self.end_of(at, stream, form, true),
            None => Ok(()),
        }
    }

    /// The end of all streams. `passed_over` is how many bytes had no stream.
    pub(super) fn finish(mut self, form: &str, summaries: bool, passed_over: u64) -> Result<Outcome, Failure> {
        while let Some((at, stream)) = self.streams.pop_first() {
            self.end_of(at, stream, form, summaries)?;
        }
        if passed_over > 0 {
            match self.settings.json {
                true => self.objects(None).passed_over(passed_over),
                false => self.page().passed_over(passed_over),
            }
        }
        self.flush()?;
        Ok(self.outcome)
    }

    fn end_of(&mut self, at: usize, stream: Stream, form: &str, with_summary: bool) -> Result<(), Failure> {
        let extension = stream.decoder.has_extension();
        let end = stream.decoder.finish();
        let whose = Whose { at, label: &stream.label, sender: end.summary.sender };
        for item in &end.items {
            self.tell(&whose, item, extension)?;
        }
        self.outcome.bytes += end.summary.bytes;
        self.outcome.faults += end.summary.faults;
        if with_summary {
            self.title(&whose);
            if self.settings.json {
                self.objects(Some(whose.label)).end(&end, form);
            } else {
                self.page().end(&end, extension, form);
            }
        }
        if self.words.len() > PLENTY { self.write() } else { Ok(()) }
    }

    /// Writes what there is, and sees to it that it is seen.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.write()?;
        self.out.flush().map_err(|error| self.failure(error))
    }

    fn write(&mut self) -> Result<(), Failure> {
        let written = self.out.write_all(self.words.as_bytes());
        self.words.clear();
        written.map_err(|error| self.failure(error))
    }

    fn failure(&self, error: io::Error) -> Failure {
        Failure::Output { error, faults: self.seen }
    }

    /// What the client of this connection has asked for, when its bytes stand in the same text.
    fn request(&self, name: &str) -> Option<&Asked> {
        let is_its = |label: &Label| label.name == name && label.from == Some(Role::Client);
        self.streams.values().find(|stream| is_its(&stream.label)).and_then(|stream| stream.decoder.asked())
    }

    fn stream(&self, label: &Label) -> Stream {
        Stream { label: label.clone(), decoder: self.decoder(label.from) }
    }

    fn decoder(&self, from: Option<Role>) -> Decoder {
        let Show { headers_only, dump_bytes, .. } = self.settings.show;
        let keep = match (headers_only, dump_bytes) {
            (true, _) => 0,
            (false, 0) => MOST_KEPT,
            // A Close and a short text are told whole, however little is dumped.
            (false, most) => most.clamp(125, MOST_KEPT),
        };
        Decoder::new(self.settings.from.or(from), keep, self.settings.max_frames == 0)
    }

    fn tell(&mut self, whose: &Whose<'_>, item: &Item, extension: bool) -> Result<(), Failure> {
        self.seen += item.faults();
        if let Item::Frame(frame) = item
            && !self.is_shown(whose, frame)
        {
            return Ok(());
        }
        self.title(whose);
        match (item, self.settings.json) {
            (Item::Head(head), true) => self.objects(Some(whose.label)).head(head),
            (Item::Head(head), false) => self.page().head(head),
            (Item::Frame(frame), true) => self.objects(Some(whose.label)).frame(frame),
            (Item::Frame(frame), false) => self.page().frame(frame, whose.sender.unwrap_or(Role::Client), extension),
            (Item::Rest(rest), true) => self.objects(Some(whose.label)).rest(*rest),
            (Item::Rest(rest), false) => self.page().rest(*rest),
        }
        if self.words.len() > PLENTY { self.write() } else { Ok(()) }
    }

    /// The first frames are shown, and then some of those with faults.
    fn is_shown(&mut self, whose: &Whose<'_>, frame: &Frame) -> bool {
        let most = self.settings.max_frames;
        self.frames += 1;
        if most == 0 || self.frames <= most {
            return true;
        }
        if self.frames == most + 1 {
            if self.settings.json { self.objects(Some(whose.label)).hidden(most) } else { self.page().hidden(most) }
        }
        self.faulty_shown += u64::from(!frame.faults.is_empty());
        !frame.faults.is_empty() && self.faulty_shown <= FAULTY_SHOWN
    }

    /// Where there are several streams, a title says whose turn it is. In JSON each object says so.
    fn title(&mut self, whose: &Whose<'_>) {
        if self.settings.json || self.titled == Some(whose.at) || *whose.label == Label::default() {
            return;
        }
        let is_first = self.titled.replace(whose.at).is_none();
        let mut page = self.page();
        if !is_first {
            page.gap();
        }
        page.title(&whose.label.name, whose.label.from);
    }

    fn page(&mut self) -> Page<'_> {
        Page { show: &self.settings.show, out: &mut self.words }
    }

    fn objects<'b>(&'b mut self, stream: Option<&'b Label>) -> Objects<'b> {
        Objects { show: &self.settings.show, stream, out: &mut self.words }
    }
}

/// Whose bytes an item is made of.
struct Whose<'a> {
    at: usize,
    label: &'a Label,
    sender: Option<Role>,
}
