//! Streams on their way out: a decoder each, and which of their items are told.

use super::decoder::{Decoder, Item};
use super::input::Label;
use super::json::Objects;
use super::text::Page;
use super::{Failure, MOST_KEPT, Outcome, Settings, Show};
use crate::protocol::inspector::Frame;
use std::io::Write;
use tungstenite::protocol::Role;

/// How many frames with faults are shown after the frames that are shown anyway.
const FAULTY_SHOWN: u64 = 100;

/// Words are written when there are so many bytes of them, and at each part's end.
const PLENTY: usize = 64 * 1024;

/// Streams, and the words about them.
pub(super) struct Telling<'a> {
    settings: &'a Settings,
    out: &'a mut dyn Write,
    labels: Vec<Label>,
    decoders: Vec<Decoder>,
    /// The stream whose title was written last.
    titled: Option<usize>,
    words: String,
    frames: u64,
    faulty_shown: u64,
}

impl<'a> Telling<'a> {
    pub(super) fn new(settings: &'a Settings, out: &'a mut dyn Write) -> Telling<'a> {
        let (labels, decoders) = (Vec::new(), Vec::new());
        Telling { settings, out, labels, decoders, titled: None, words: String::new(), frames: 0, faulty_shown: 0 }
    }

    /// The next bytes of a stream. Streams are numbered from 0.
    pub(super) fn take(
        &mut self,
        at: usize,
        label: impl Fn(usize) -> Option<Label>,
        mut part: &[u8],
    ) -> Result<(), Failure> {
        while self.decoders.len() <= at {
            let label = label(self.decoders.len()).unwrap_or_default();
            self.decoders.push(self.decoder(label.from));
            self.labels.push(label);
        }
        while let Some(item) = self.decoders[at].next(&mut part) {
            let (sender, extension) = (self.decoders[at].sender(), self.decoders[at].has_extension());
            self.tell(at, &item, sender, extension)?;
        }
        self.flush()
    }

    /// The end of all streams: what it has cut off, and the counts.
    pub(super) fn finish(mut self, form: &str, summaries: bool) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::default();
        for (at, decoder) in std::mem::take(&mut self.decoders).into_iter().enumerate() {
            let extension = decoder.has_extension();
            let end = decoder.finish();
            for item in &end.items {
                self.tell(at, item, end.summary.sender, extension)?;
            }
            outcome.bytes += end.summary.bytes;
            outcome.faults += end.summary.faults;
            if summaries {
                self.title(at);
                if self.settings.json {
                    self.objects(at).end(&end, form);
                } else {
                    self.page().end(&end, extension, form);
                }
            }
        }
        self.flush()?;
        Ok(outcome)
    }

    /// Writes what there is.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.out.write_all(self.words.as_bytes()).map_err(Failure::Output)?;
        self.words.clear();
        Ok(())
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

    fn tell(&mut self, at: usize, item: &Item, sender: Option<Role>, extension: bool) -> Result<(), Failure> {
        if let Item::Frame(frame) = item
            && !self.is_shown(at, frame)
        {
            return Ok(());
        }
        self.title(at);
        match (item, self.settings.json) {
            (Item::Head(head), true) => self.objects(at).head(head),
            (Item::Head(head), false) => self.page().head(head),
            (Item::Frame(frame), true) => self.objects(at).frame(frame),
            (Item::Frame(frame), false) => self.page().frame(frame, sender.unwrap_or(Role::Client), extension),
            (Item::Rest(rest), true) => self.objects(at).rest(*rest),
            (Item::Rest(rest), false) => self.page().rest(*rest),
        }
        if self.words.len() > PLENTY { self.flush() } else { Ok(()) }
    }

    /// The first frames are shown, and then some of those with faults.
    fn is_shown(&mut self, at: usize, frame: &Frame) -> bool {
        let most = self.settings.max_frames;
        self.frames += 1;
        if most == 0 || self.frames <= most {
            return true;
        }
        if self.frames == most + 1 {
            if self.settings.json { self.objects(at).hidden(most) } else { self.page().hidden(most) }
        }
        self.faulty_shown += u64::from(!frame.faults.is_empty());
        !frame.faults.is_empty() && self.faulty_shown <= FAULTY_SHOWN
    }

    /// Where there are several streams, a title says whose turn it is. In JSON each object says so.
    fn title(&mut self, at: usize) {
        if self.settings.json || self.titled == Some(at) {
            return;
        }
        let Some(Label { name, from }) = self.labels.get(at).filter(|label| **label != Label::default()).cloned()
        else {
            return;
        };
        let is_first = self.titled.replace(at).is_none();
        let mut page = self.page();
        if !is_first {
            page.gap();
        }
        page.title(&name, from);
    }

    fn page(&mut self) -> Page<'_> {
        Page { show: &self.settings.show, out: &mut self.words }
    }

    fn objects(&mut self, at: usize) -> Objects<'_> {
        Objects { show: &self.settings.show, stream: self.labels.get(at), out: &mut self.words }
    }
}
