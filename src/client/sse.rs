//! An event stream (`text/event-stream`, WHATWG HTML s9.2): lines in, events out.
//!
//! A line is a field, as `data: {"id":42}`, or a comment, which begins with a colon. An empty line sends the event that
//! the lines before it have made.

/// The most that one event may be.
const MAX_EVENT: usize = 1 << 20;

/// What a stream has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An event.
    Event {
        /// The last `id` there was, of this event or one before it.
        id: String,
        /// The `event` field: nothing means `message`.
        name: String,
        /// The `data` lines, with line breaks between them.
        data: String,
    },
    /// A line that is there to be there: a heartbeat.
    Comment(String),
    /// How long to wait before connecting again, in milliseconds.
    Retry(u64),
}

/// A stream that is being read.
#[derive(Debug, Default)]
pub struct EventStream {
    input: Vec<u8>,
    /// How much of the input has been made lines of.
    used: usize,
    /// How much of it is known to have no line's end.
    searched: usize,
    begun: bool,
    id: String,
    name: String,
    data: Option<String>,
}

impl EventStream {
    /// Takes what has come. Ask for its items until there are none.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.input.drain(..self.used);
        self.searched = self.searched.saturating_sub(self.used);
        self.used = 0;
        self.input.extend_from_slice(bytes);
        let pending = self.data.as_ref().map_or(0, String::len);
        if self.input.len() + pending > MAX_EVENT + bytes.len() {
            return Err(format!("an event of the stream is longer than {MAX_EVENT} bytes"));
        }
        Ok(())
    }

    /// The next item, or `None` when more is needed.
    pub fn next_item(&mut self) -> Option<Item> {
        while let Some(line) = self.line() {
            if let Some(item) = self.item(&line) {
                return Some(item);
            }
        }
        None
    }

    /// A line ends with CR LF, LF or CR. A CR that is last so far may be half of the first.
    fn line(&mut self) -> Option<String> {
        let from = self.searched.max(self.used);
        let Some(found) = self.input[from..].iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            self.searched = self.input.len();
            return None;
        };
        let end = from + found;
        self.searched = end;
        let skipped = match &self.input[end..] {
            [b'\r', b'\n', ..] => 2,
            [b'\r'] => return None,
            _ => 1,
        };
        let line = String::from_utf8_lossy(&self.input[self.used..end]).into_owned();
        self.used = end + skipped;
        let is_first = !std::mem::replace(&mut self.begun, true);
        Some(match line.strip_prefix('\u{feff}').filter(|_| is_first) {
            Some(without_mark) => without_mark.to_owned(),
            None => line,
        })
    }

    fn item(&mut self, line: &str) -> Option<Item> {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            // Without data there is no event; its id counts all the same.
            return self.data.take().map(|data| Item::Event { id: self.id.clone(), name, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => return Some(Item::Comment(value.to_owned())),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            // The default type, written out.
            "event" => if value == "message" { "" } else { value }.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => return value.parse().ok().map(Item::Retry),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(parts: &[&[u8]]) -> Vec<Item> {
        let mut stream = EventStream::default();
        let mut items = Vec::new();
        for part in parts {
            stream.push(part).expect("not too much");
            items.extend(std::iter::from_fn(|| stream.next_item()));
        }
        items
    }

    fn event(id: &str, name: &str, data: &str) -> Item {
        Item::Event { id: id.to_owned(), name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn a_stream_cut_anywhere_twice_gives_the_same_items() {
        let stream = "\u{feff}retry: 1000\n\nevent: gap\nid: 41\ndata: {\"from\":1}\n\n: still here\n\r\n\
                      id: 42\r\ndata: é\rdata:two\n\ndata\n\nid: 43\n\nfoo: bar\ndata:  b\n\n";
        let stream = stream.as_bytes();
        let expected = [
            Item::Retry(1000),
            event("41", "gap", "{\"from\":1}"),
            Item::Comment("still here".to_owned()),
            event("42", "", "é\ntwo"),
            event("42", "", ""),
            event("43", "", " b"),
        ];
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let parts = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(items(&parts), expected, "{first} {second}");
            }
        }
    }

    #[test]
    fn an_endless_line_or_event_is_refused() {
        let mut stream = EventStream::default();
        assert!((0..3).any(|_| stream.push(&vec![b'a'; MAX_EVENT]).is_err()));
        let mut stream = EventStream::default();
        let line = format!("data: {}\n", "a".repeat(1 << 16));
        let refused = (0..100).any(|_| {
            let refused = stream.push(line.as_bytes()).is_err();
            while stream.next_item().is_some() {}
            refused
        });
        assert!(refused);
    }
}
