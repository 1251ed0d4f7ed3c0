//! Heads to ask about: a right request, and what can be changed in it.

use super::super::dice::Dice;
use data_encoding::BASE64;

const HOSTS: [&str; 6] =
    ["example.com", "chat.example.com", "example.net", "example.org:8080", "feed.example.org", "localhost:8080"];
const TARGETS: [&str; 6] = ["/", "/chat", "/ws", "/feed", "/live?ping=off", "/socket"];
const OTHERS: [(&str, &str); 5] = [
    ("User-Agent", "curl/8.14.1"),
    ("Origin", "https://example.com"),
    ("Cache-Control", "no-cache"),
    ("Accept-Language", "de"),
    ("DNT", "1"),
];

/// The fields without which a request is no opening handshake (s4.2.1).
pub(super) const NEEDED: [&str; 5] = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"];

/// A head as lines.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    pub(super) first: String,
    pub(super) fields: Vec<(String, String)>,
}

impl Lines {
    /// A head of fields.
    pub(super) fn new(first: impl Into<String>, fields: &[(&str, &str)]) -> Lines {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Lines { first: first.into(), fields }
    }

    /// A right opening handshake, with a key of this seed.
    pub(super) fn request(dice: &mut Dice) -> Lines {
        let (target, host, key) = (dice.one_of(&TARGETS), dice.one_of(&HOSTS), key(dice, 16));
        let values = [host, "websocket", "Upgrade", "13", &key];
        let fields: Vec<(&str, &str)> = NEEDED.into_iter().zip(values).collect();
        Lines::new(format!("GET {target} HTTP/1.1"), &fields)
    }

    /// The same with a field or two that a WebSocket does not need.
    pub(super) fn with_others(mut self, dice: &mut Dice) -> Lines {
        let mut others = OTHERS.to_vec();
        dice.shuffle(&mut others);
        others.truncate(dice.between(0, 2) as usize);
        self.fields.extend(others.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        self
    }

    /// The same in another order: that has no meaning for fields of different names (RFC 9110 s5.3).
    pub(super) fn shuffled(mut self, dice: &mut Dice) -> Lines {
        dice.shuffle(&mut self.fields);
        self
    }

    /// The same without this field.
    pub(super) fn without(mut self, name: &str) -> Lines {
        self.fields.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        self
    }

    /// The same with this field in place of those of its name, or behind all others.
    pub(super) fn with(self, name: &str, value: &str) -> Lines {
        let at = self.fields.iter().position(|(field, _)| field.eq_ignore_ascii_case(name));
        let mut changed = self.without(name);
        let at = at.unwrap_or(changed.fields.len());
        changed.fields.insert(at, (name.to_owned(), value.to_owned()));
        changed
    }

    /// The same with one more field.
    pub(super) fn and(mut self, name: &str, value: &str) -> Lines {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a field.
    pub(super) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }

    /// The bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let lines = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        format!("{}\r\n{}\r\n", self.first, lines.collect::<String>()).into_bytes()
    }
}

/// So many random bytes in base64.
pub(super) fn key(dice: &mut Dice, bytes: u64) -> String {
    BASE64.encode(&dice.bytes(bytes))
}
